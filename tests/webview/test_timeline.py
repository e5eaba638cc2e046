"""The timeline under a hand: what was dragged, pasted or played, as the project has it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect
from reviewer.format.entity import Entity
from reviewer.webview.server import Server

from reviewer import Project
from tests.videos import TICKS, make_video

from .conftest import ONTOLOGY, OpenWindow, Site, Window

EVENTS = {
    "name": "pass",
    "label": "Pass",
    "color": "#2ed3a3",
    "event": True,
    "properties": [
        {"name": "kind", "kind": "choice", "time_varying": True, "choices": ["long", "short"]}
    ],
}


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    """90 frames; a player with three boxes, and two events."""
    ontology = copy.deepcopy(ONTOLOGY)
    ontology["classes"].append(EVENTS)
    with Project.create(tmp_path / "match", plain_video, ontology, author="Ada") as project:
        player = project.add_entity("player", "player_1", frame=0)
        for frame in (0, 30, 60):
            player["box"][frame] = (100 + frame, 100, 80, 80)
        for i, (first, stop) in enumerate(((10, 25), (40, 70))):
            event = project.add_entity("pass", f"pass_{i}", frame=first)
            event["presence"][stop] = "absent"
            event["kind"][first] = "long"
        yield project


@dataclass
class Hand:
    """A hand on the timeline: frames and rows to px, as they are drawn."""

    window: Window
    project: Project

    async def at(self, frame: float, row: int, height: int = 24) -> tuple[float, float]:
        box = await self.window.page.locator(".timeline-rows").bounding_box()
        assert box is not None
        frames = self.project.frame_count
        return box["x"] + (frame + 0.5) * box["width"] / frames, box["y"] + (row + 0.5) * height

    async def event(self, edge: float) -> tuple[float, float]:
        """A point of the row of events, by the border between two frames."""
        x, y = await self.at(edge - 0.5, 0, 22)
        if await self.window.js("reviewer.selected !== null"):
            return x, y + 24 * await self.rows()
        return x, y

    async def rows(self) -> int:
        return await self.window.page.locator(".gutter-row:not(.gutter-event):visible").count()

    async def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.window.page.mouse
        await mouse.move(*start)
        await mouse.down()
        await mouse.move(*end, steps=4)
        await mouse.up()
        await self.window.settled()
        await self.window.timeline_drawn()  # what is grasped next is painted where it is now

    async def select(self, name: str) -> None:
        await self.window.page.get_by_role("option", name=name).click()
        await expect(self.window.page.locator(".gutter-row", has_text="Presence")).to_be_visible()
        await self.window.timeline_drawn()


@pytest_asyncio.fixture
async def hand(site: Site, window: Window) -> AsyncIterator[Hand]:
    await expect(window.page.locator(".gutter-event").first).to_be_visible()
    yield Hand(window, site.project)


def boxes(player: Entity) -> dict[int, float]:
    return {frame: player["box"][frame][0] for frame in player["box"].keyframes.tolist()}


async def boxes_become(player: Entity, wanted: dict[int, float]) -> None:
    """An edit may be sent only after the page has asked for what it acts on."""
    for _ in range(500):
        if boxes(player) == wanted:
            return
        await asyncio.sleep(0.02)
    assert boxes(player) == wanted


async def test_a_keyframe_is_dragged_in_time(hand: Hand) -> None:
    player = hand.project.entity("player_1")
    await hand.select("player_1")
    await hand.drag(await hand.at(30, 1), await hand.at(42, 1))
    await expect(
        hand.window.page.get_by_role("button", name="Undo: Move a keyframe")
    ).to_be_visible()
    await boxes_become(player, {0: 100, 42: 130, 60: 160})
    await hand.window.timeline_drawn()
    # It is selected still, and goes on from there; never out of the video.
    await hand.drag(await hand.at(42, 1), await hand.at(200, 1))
    await boxes_become(player, {0: 100, 60: 160, 89: 130})
    await hand.window.page.keyboard.press("Control+z")
    await boxes_become(player, {0: 100, 42: 130, 60: 160})


async def test_escape_puts_a_dragged_keyframe_back(hand: Hand) -> None:
    await hand.select("player_1")
    revision = hand.project.revision
    mouse = hand.window.page.mouse
    await mouse.move(*await hand.at(30, 1))
    await mouse.down()
    await mouse.move(*await hand.at(50, 1), steps=3)
    await hand.window.page.keyboard.press("Escape")
    await mouse.up()
    await hand.window.settled()
    assert hand.project.revision == revision


async def test_a_marquee_selects_and_delete_removes_but_never_all(hand: Hand) -> None:
    player = hand.project.entity("player_1")
    await hand.select("player_1")
    await hand.drag(await hand.at(22, 0.6), await hand.at(75, 1.4))
    await hand.window.page.keyboard.press("Delete")
    await hand.window.until("reviewer.status === 'saved'")
    await expect(
        hand.window.page.get_by_role("button", name="Undo: Remove 2 keyframes of player_1")
    ).to_be_visible()
    assert boxes(player) == {0: 100}
    await hand.drag(await hand.at(20, 1.4), await hand.at(-0.4, 0.1))
    await hand.window.page.keyboard.press("Delete")
    await expect(hand.window.page.get_by_text("would be nowhere")).to_be_visible()
    assert boxes(player) == {0: 100}
    assert player["presence"].keyframes.tolist() == [0]
    assert not player.deleted


async def test_keyframes_are_copied_to_another_frame(hand: Hand) -> None:
    player = hand.project.entity("player_1")
    await hand.select("player_1")
    keyboard = hand.window.page.keyboard
    await hand.window.page.mouse.click(*await hand.at(0, 1))
    await keyboard.down("Shift")
    await hand.window.page.mouse.click(*await hand.at(30, 1))
    await keyboard.up("Shift")
    await keyboard.press("Control+c")
    await hand.window.go_to(45)
    await hand.window.page.locator(".timeline-rows").focus()
    await keyboard.press("Control+v")
    await expect(hand.window.page.get_by_role("button", name="Undo: Paste 2 keyf")).to_be_visible()
    assert boxes(player) == {0: 100, 30: 130, 45: 100, 60: 160, 75: 130}


async def test_keys_alone_select_and_move(hand: Hand) -> None:
    player = hand.project.entity("player_1")
    await hand.select("player_1")
    await hand.window.go_to(30)
    keyboard = hand.window.page.keyboard
    await keyboard.press("Shift+K")
    await keyboard.press("Alt+.")
    await hand.window.settled()
    await keyboard.press("Alt+Shift+Comma")
    await hand.window.settled()
    await expect(hand.window.page.get_by_title("3 keyframes").first).to_be_visible()
    assert boxes(player) == {0: 100, 21: 130, 60: 160}


async def test_events_are_dragged_by_their_ends_and_as_a_whole(hand: Hand) -> None:
    event = hand.project.entity("pass_1")
    first, stop = 40, 70
    for grip, to, wanted in (
        ("stop", 80, (40, 80)),
        ("start", 33, (33, 80)),
        ("body", -7, (26, 73)),
        ("body", 100, (43, 90)),  # no further than the end of the video
        ("body", -3, (40, 87)),
        ("stop", 95, (40, 90)),  # there it never becomes absent
        ("start", 50, (50, 90)),
    ):
        grips = {"stop": (stop, 2), "start": (first, -2), "body": ((first + stop) // 2, 0)}
        at, beside = grips[grip]
        x, y = await hand.event(at)
        end_x, _ = await hand.event(at + to if grip == "body" else to)
        await hand.drag((x + beside, y), (end_x + beside, y))
        for _ in range(200):
            there = [(a, b) for a, b, value in event["presence"].spans() if value != "absent"]
            if there == [wanted]:
                break
            await asyncio.sleep(0.02)
        assert there == [wanted]
        assert event["kind"].keyframes.tolist() == [wanted[0]]
        first, stop = wanted
        await hand.window.timeline_drawn()
    assert await hand.window.js("reviewer.selected") == event.id


async def test_an_event_is_added_by_dragging_along_its_row(hand: Hand) -> None:
    await hand.drag(await hand.event(74.5), await hand.event(81.5))
    await expect(hand.window.page.get_by_role("option", name="pass_2")).to_be_visible()
    made = hand.project.entity(await hand.window.until("reviewer.selected"))
    assert made.class_name == "pass"
    spans = [(a, b) for a, b, value in made["presence"].spans() if value != "absent"]
    assert spans == [(74, 82)]
    assert hand.project.undo_label == "Add Pass"


async def test_zoom_reaches_single_frames_and_the_whole_again(hand: Hand) -> None:
    page = hand.window.page
    ruler = await page.locator(".ruler-area").bounding_box()
    assert ruler is not None
    await page.mouse.move(ruler["x"] + 300, ruler["y"] + 20)
    under = int(300 / ruler["width"] * 90)
    for _ in range(12):
        await page.mouse.wheel(0, -400)
    await page.mouse.click(ruler["x"] + 300, ruler["y"] + 20)
    await hand.window.until(f"reviewer.frame === {under}")
    await page.mouse.click(ruler["x"] + 300 + 24, ruler["y"] + 20)
    await hand.window.until(f"reviewer.frame === {under + 1}")
    await page.keyboard.press("Alt+0")
    await page.mouse.click(ruler["x"] + ruler["width"] / 2, ruler["y"] + 20)
    await hand.window.until("reviewer.frame === 45")


async def test_a_stretch_is_played_again_and_again_and_keys_set_its_ends(hand: Hand) -> None:
    window = hand.window
    await window.go_to(20)
    await window.page.keyboard.press("i")
    await window.go_to(26)
    await window.page.keyboard.press("Shift+O")
    await expect(window.page.get_by_role("button", name="Loop of frames 20 to 26")).to_be_visible()
    await window.page.evaluate(
        """() => {
            globalThis.seen = [];
            const look = () => {
                if (seen.at(-1) !== reviewer.frame) seen.push(reviewer.frame);
                globalThis.looking = requestAnimationFrame(look);
            };
            look();
        }"""
    )
    await window.page.keyboard.press("Space")
    turns = "seen.filter((frame, i) => i && frame < seen[i - 1]).length"
    await window.until(f"{turns} >= 3")
    await window.page.keyboard.press("Space")
    await window.until("!reviewer.playing")
    seen = await window.page.evaluate("() => { cancelAnimationFrame(looking); return seen; }")
    assert min(seen) == 20
    assert set(seen) <= set(range(20, 28))
    await window.page.keyboard.press("Shift+L")
    await expect(window.page.get_by_role("button", name="Loop", exact=True)).to_be_visible()
    await window.page.keyboard.press("Space")
    await window.until("reviewer.frame > 30")


async def test_the_loop_of_the_selected_entity(hand: Hand) -> None:
    await hand.window.page.get_by_role("option", name="pass_1").click()
    await hand.window.page.keyboard.press("Shift+L")
    await expect(
        hand.window.page.get_by_role("button", name="Loop of frames 40 to 69")
    ).to_be_visible()
    await hand.window.page.keyboard.press("Space")
    await hand.window.until("reviewer.playing && reviewer.frame >= 40")


async def test_speeds_by_keys_and_by_choice(hand: Hand) -> None:
    window = hand.window
    speed = window.page.get_by_label("Speed")
    await window.page.keyboard.press(">")
    await expect(speed).to_have_value("1.25")
    for _ in range(20):
        await window.page.keyboard.press("<")
    await expect(speed).to_have_value("0.1")
    await window.page.keyboard.press("Space")
    await window.until("reviewer.playing && reviewer.frame >= 1")
    await speed.select_option("4")  # while it plays
    await window.until("!reviewer.playing && reviewer.frame === 89")


async def test_jumps_to_events(hand: Hand) -> None:
    for key, frame in (("PageDown", 10), ("PageDown", 40), ("PageUp", 10)):
        await hand.window.page.keyboard.press(key)
        await hand.window.until(f"reviewer.frame === {frame}")
    await hand.window.page.keyboard.press("PageUp")
    await expect(hand.window.page.get_by_text("There is no earlier event.")).to_be_visible()


async def test_stills_appear_in_their_strip(hand: Hand) -> None:
    await hand.window.until(
        """(() => {
            const strip = document.querySelector('.strip-canvas');
            const { data } = strip.getContext('2d').getImageData(0, 0, strip.width, strip.height);
            let painted = 0;
            for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
            return painted > 0.6 * strip.width * strip.height;
        })()"""
    )


async def test_problems_of_the_video_are_a_key_away(
    tmp_path: Path, open_window: OpenWindow
) -> None:
    """Ten frames are missing between frames 39 and 40."""
    path = make_video(
        tmp_path / "gap.mp4",
        frames=80,
        size=(320, 192),
        times=lambda i: (i + (10 if i >= 40 else 0)) * TICKS // 30,
    )
    with Project.create(tmp_path / "gap", path) as project:
        project.check_video(quick=True)
        server = Server([project])
        server.start()
        try:
            window = await open_window(server.url)
            await window.page.get_by_role("button", name="Next problem").click()
            await window.until("reviewer.frame === 40")
            await window.page.keyboard.press("Shift+PageUp")
            await expect(window.page.get_by_text("There is no earlier problem.")).to_be_visible()
            assert await window.js("reviewer.frame") == 40
        finally:
            server.stop()


async def test_thousands_of_lanes_are_a_few_elements(site: Site, window: Window) -> None:
    with site.project.transaction("many"):
        for i in range(2000):
            site.project.add_entity("player", f"p{i:04}", frame=i % 80)
    lanes = window.page.locator(".gutter-lane:visible")
    await expect(lanes.filter(has_text="p0001")).to_be_visible()
    assert await lanes.count() < 30
    await window.page.locator(".timeline-body").evaluate(
        "(body) => { body.scrollTop = 18 * 1500; }"
    )
    await expect(lanes.filter(has_text="p1502")).to_be_visible()
    assert await lanes.count() < 30
    await lanes.filter(has_text="p1502").click()
    entity = site.project.entity("p1502").id
    await window.until(f"reviewer.selected === '{entity}'")


async def test_the_timeline_is_made_higher_and_stays_so(hand: Hand) -> None:
    page = hand.window.page
    edge = page.get_by_role("separator", name="Height of the timeline")
    panel = page.locator(".timeline-panel")
    before = (await panel.bounding_box() or {})["height"]
    box = await edge.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 300, box["y"] + 2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 300, box["y"] - 58, steps=3)
    await page.mouse.up()
    after = (await panel.bounding_box() or {})["height"]
    assert after == pytest.approx(before + 60, abs=3)
    await page.reload()
    await hand.window.until("globalThis.reviewer && reviewer.painted().loaded")
    assert (await panel.bounding_box() or {})["height"] == pytest.approx(after, abs=1)
