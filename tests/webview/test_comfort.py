"""What makes eight hours bearable: zoom, look, path, keys that can be chosen, palette, guide."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from playwright.async_api import expect
from reviewer.webview.server import Server

import reviewer.demo
from reviewer import Project

from .conftest import OpenWindow, Site, Window

OVERLAY_PIXEL = """([x, y]) => {
    const canvas = document.querySelector('.overlay-canvas');
    const at = [x, y].map((each) => Math.round(each * devicePixelRatio));
    return [...canvas.getContext('2d').getImageData(...at, 1, 1).data];
}"""


async def overlay_at(window: Window, x: float, y: float) -> list[int]:
    """RGBA of the overlay at a point of the stage, in css px."""
    return list(await window.page.evaluate(OVERLAY_PIXEL, [x, y]))


async def on_stage(window: Window, x: float, y: float) -> tuple[float, float]:
    """A point of the video in px of the stage."""
    view = await window.js("reviewer.view")
    return x * view["scale"] + view["x"], y * view["scale"] + view["y"]


async def painted(window: Window) -> None:
    await window.js("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


async def press(window: Window, *keys: str) -> None:
    for key in keys:
        await window.page.keyboard.press(key)


async def test_the_video_is_shown_pixel_by_pixel_and_as_recorded(window: Window) -> None:
    await press(window, "0")
    assert await window.js("reviewer.view.scale") == 1
    for _ in range(8):
        await window.page.mouse.move(400, 250)
        await window.page.mouse.wheel(0, -200)
    assert await window.js("reviewer.view.scale") > 2
    style = "getComputedStyle(document.querySelector('.video-canvas'))"
    assert await window.js(f"{style}.imageRendering") == "pixelated"
    assert await window.js(f"{style}.filter") == "none"
    await press(window, "f")
    assert await window.js("reviewer.view.scale") < 2


async def test_the_pixel_under_the_pointer_stays_there_while_zooming(window: Window) -> None:
    before = await window.js("reviewer.view")
    await window.page.mouse.move(300, 200)
    stage = await window.page.locator(".stage").bounding_box()
    assert stage is not None
    x, y = 300 - stage["x"], 200 - stage["y"]
    await window.page.mouse.wheel(0, -400)
    await window.until(f"reviewer.view.scale > {before['scale']}")
    after = await window.js("reviewer.view")
    for at, name in ((x, "x"), (y, "y")):
        was = (at - before[name]) / before["scale"]
        assert (at - after[name]) / after["scale"] == pytest.approx(was, abs=1e-6)


async def test_brightness_contrast_and_gamma_are_kept(window: Window) -> None:
    await window.page.get_by_role("button", name="Look", exact=True).click()
    await window.page.get_by_label("Gamma").fill("1")
    await window.page.get_by_label("Brightness").fill("0.5")
    style = "getComputedStyle(document.querySelector('.video-canvas')).filter"
    assert await window.js(style) == 'url("#video-gamma") brightness(1.414)'
    assert await window.js(
        "document.querySelector('#video-gamma feFuncR').getAttribute('exponent')"
    ) == ("0.5")
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    assert await window.js(style) == 'url("#video-gamma") brightness(1.414)'
    await window.page.get_by_role("button", name="Look", exact=True).click()
    await window.page.get_by_role("button", name="As recorded").click()
    assert await window.js(style) == "none"
    await window.page.evaluate("() => localStorage.setItem('reviewer-look', '{\"gamma\": 1e9}')")
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    assert await window.js(style) == "none"


async def test_light_and_dark(window: Window) -> None:
    ground = "getComputedStyle(document.querySelector('.workspace')).backgroundColor"
    dark = await window.js(ground)
    await window.page.get_by_role("button", name="Look", exact=True).click()
    await window.page.get_by_role("button", name="Light").click()
    light = await window.js(ground)
    assert dark != light
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    assert await window.js(ground) == light


async def test_the_crosshair_crosses_the_stage(window: Window) -> None:
    await window.page.mouse.move(420, 300)
    await press(window, "Shift+h")
    await window.page.mouse.move(400, 250)
    stage = await window.page.locator(".stage").bounding_box()
    assert stage is not None
    x, y = 400 - stage["x"], 250 - stage["y"]
    await painted(window)
    assert (await overlay_at(window, x, 5))[3] > 100
    assert (await overlay_at(window, 5, y))[3] > 100
    assert (await overlay_at(window, x + 40, y + 40))[3] == 0


async def test_the_path_and_the_neighbouring_keyframes_are_the_engines(
    site: Site, window: Window
) -> None:
    player = site.project.add_entity("player", name="Target")
    player["box"][0] = (40, 100, 60, 80)
    player["box"][60] = (400, 200, 60, 80)
    await window.page.get_by_role("option", name="Target").first.click()
    await window.go_to(30)
    points = [await on_stage(window, *centre(player, frame)) for frame in (10, 50)]
    edge = await on_stage(window, 40 + 60, 100 + 13)  # right edge of the former keyframe's box
    for x, y in points:
        assert (await overlay_at(window, x, y))[3] == 0
    await press(window, "Shift+t", "Shift+n")
    await window.page.mouse.move(700, 10)
    await painted(window)
    for x, y in points:
        assert (await overlay_at(window, x, y))[3] > 60
    column = [(await overlay_at(window, edge[0], edge[1] + dy))[3] for dy in range(12)]
    assert max(column) > 60  # dashes


def centre(player: object, frame: int) -> tuple[float, float]:
    x, y, width, height = player["box"].at(frame)  # type: ignore[index]
    return x + width / 2, y + height / 2


async def test_the_minimap_shows_and_moves_what_is_seen(window: Window) -> None:
    minimap = window.page.locator(".minimap")
    await expect(minimap).to_be_hidden()
    for _ in range(10):
        await press(window, "+")
    await expect(minimap).to_be_visible()
    box = await minimap.bounding_box()
    assert box is not None
    await window.page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    view = await window.js("reviewer.view")
    stage = await window.page.locator(".stage").bounding_box()
    assert stage is not None
    assert (stage["width"] / 2 - view["x"]) / view["scale"] == pytest.approx(160, abs=4)


async def test_no_key_does_two_things(window: Window) -> None:
    commands = await window.js("reviewer.commands")
    keys = Counter(key.lower() for command in commands for key in command["keys"])
    assert len(keys) > 40
    assert [key for key, times in keys.items() if times > 1] == []


async def test_a_command_takes_another_key_and_keeps_it(window: Window) -> None:
    await press(window, "?")
    await window.page.get_by_title("Choose another key for “Next frame”").click()
    await press(window, "d")
    await window.page.get_by_role("button", name="Close").click()
    await press(window, "d")
    await window.until("reviewer.frame === 1")
    await press(window, "ArrowRight")
    assert await window.js("reviewer.target") == 1
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    frame = await window.js("reviewer.frame")
    await press(window, "d")
    await window.until(f"reviewer.frame === {frame + 1}")
    await press(window, "?")
    await window.page.get_by_role("button", name="All keys as given").click()
    await window.page.get_by_role("button", name="Close").click()
    await press(window, "ArrowRight")
    await window.until(f"reviewer.frame === {frame + 2}")


async def test_any_command_is_found_by_name(window: Window) -> None:
    await press(window, "Control+k")
    await window.page.keyboard.type("last fr")
    await press(window, "Enter")
    await window.until("reviewer.frame === 89")
    await press(window, "Control+k")
    await window.page.keyboard.type("puck")
    await press(window, "Enter")
    await expect(window.page.get_by_label("Class of what is drawn")).to_have_value("puck")


@pytest.fixture
def demo_like(tmp_path: Path, plain_video: Path) -> Project:
    (tmp_path / "demo").mkdir()
    shutil.copyfile(plain_video, tmp_path / "demo" / "cars.mp4")
    project = Project.create(tmp_path / "demo", tmp_path / "demo" / "cars.mp4", author="Ada")
    project.add_entity("object", name="car")["box"][0] = (200, 100, 200, 150)
    return project


async def test_first_time_users_are_shown_around_the_demo_once(
    demo_like: Project, open_window: OpenWindow
) -> None:
    server = Server([demo_like])
    server.start()
    try:
        window = await open_window(server.url)
        title = window.page.locator(".guide h2")
        await expect(title).to_have_text("Play")
        await press(window, "Space")
        await window.until("reviewer.playing")
        await press(window, "Space")
        await expect(title).to_have_text("Select")
        await window.click(300, 175)
        await expect(title).to_have_text("Correct")
        await press(window, "Shift+ArrowRight")
        await window.until("reviewer.painted().frame >= 10 && reviewer.painted().loaded")
        await window.drag((300, 175), (340, 190))
        await expect(title).to_have_text("Jump")
        await press(window, "[")
        await expect(title).to_have_text("Say when it is gone")
        await press(window, "o")
        await expect(title).to_have_text("Draw")
        await press(window, "b")
        await window.drag((500, 40), (600, 100))
        await expect(title).to_have_text("Take it back")
        await press(window, "Control+z")
        await expect(title).to_have_text("That is all")
        await window.page.get_by_role("button", name="Done").click()
        await window.page.reload()
        await window.until("globalThis.reviewer && reviewer.painted().loaded")
        await expect(window.page.locator(".guide")).to_have_count(0)
    finally:
        server.stop()
        demo_like.close()


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (2560, 1440)])
async def test_nothing_is_wider_than_the_window(
    site: Site, open_window: OpenWindow, size: tuple[int, int]
) -> None:
    site.project.add_entity("player", name="x" * 90)["box"][0] = (100, 100, 80, 60)
    window = await open_window(site.url, viewport={"width": size[0], "height": size[1]})
    await window.page.get_by_role("option", name="xxx").first.click()
    await window.until("reviewer.selected")
    wide = await window.js(
        """[...document.querySelectorAll('.workspace > *, .side > *, .top-bar > *')]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className)"""
    )
    assert wide == []
    assert await window.js("document.documentElement.scrollWidth <= innerWidth")


async def test_every_control_has_a_name(window: Window) -> None:
    await window.draw((100, 100), (200, 180))
    nameless = await window.js(
        """[...document.querySelectorAll('button, input, select, textarea')].filter((e) => (
            !e.textContent.trim() && !e.getAttribute('aria-label') && !e.title
            && !(e.labels?.length))).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


async def drag_edge(window: Window, name: str, dx: float, dy: float) -> None:
    """Drag an edge between panels by its middle, in px of the window."""
    box = await window.page.get_by_role("separator", name=name).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await window.page.mouse.move(x, y)
    await window.page.mouse.down()
    await window.page.mouse.move(x + dx, y + dy, steps=3)
    await window.page.mouse.up()


async def test_lists_and_properties_get_the_room_they_are_given(site: Site, window: Window) -> None:
    entity = site.project.entity(await window.draw((100, 100), (200, 180)))
    side, properties = window.page.locator(".side"), window.page.locator(".properties-panel")

    async def sizes() -> tuple[float, float]:
        around, within = await side.bounding_box(), await properties.bounding_box()
        assert around is not None
        assert within is not None
        return around["width"], within["height"]

    width, height = await sizes()
    await drag_edge(window, "Width of the lists", -60, 0)
    await drag_edge(window, "Height of the properties", 0, 80)
    assert await sizes() == (pytest.approx(width + 60, abs=2), pytest.approx(height - 80, abs=3))
    after = await sizes()
    # Where the picture is drawn on now, a drag ends where the hand is.
    await window.drag((150, 140), (250, 190))
    await window.settled()
    assert entity["box"].at(0) == pytest.approx([200, 150, 100, 80], abs=1.5)
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    await window.page.get_by_role("option", name="player_1").click()
    assert await sizes() == (pytest.approx(after[0], abs=1), pytest.approx(after[1], abs=1))
    # By keys, and back to what is usual.
    edge = window.page.get_by_role("separator", name="Width of the lists")
    await edge.focus()
    await press(window, "ArrowLeft")
    assert (await sizes())[0] == pytest.approx(after[0] + 24, abs=2)
    await edge.dblclick()
    assert (await sizes())[0] == pytest.approx(width, abs=1)


async def test_the_demo_takes_no_key_that_a_command_has(
    tmp_path: Path, plain_video: Path, open_window: OpenWindow
) -> None:
    rules = Path(reviewer.demo.__file__).with_name("ontology.json")
    with Project.create(tmp_path / "rules", plain_video, json.loads(rules.read_bytes())) as project:
        server = Server([project])
        server.start()
        try:
            window = await open_window(server.url)
            commands = await window.js("reviewer.commands")
        finally:
            server.stop()
        classes = project.ontology.classes.values()
        own = {item.hotkey for item in classes}
        own |= {choice.hotkey for item in classes for d in item.own for choice in d.choices}
    taken = {key.lower() for command in commands for key in command["keys"]}
    assert taken & {key.lower() for key in own if key} == set()


async def test_the_help_says_which_keys_the_ontology_took(
    tmp_path: Path, plain_video: Path, open_window: OpenWindow
) -> None:
    state = {"name": "state", "kind": "choice", "choices": [{"name": "fast", "hotkey": "f"}]}
    ontology = {"classes": [{"name": "player", "properties": [state]}]}
    with Project.create(tmp_path / "match", plain_video, ontology) as project:
        server = Server([project])
        server.start()
        try:
            window = await open_window(server.url)
            await press(window, "?")
            row = window.page.locator(".help-row", has_text="Fit the video")
            taken = row.locator(".is-taken")
            await expect(taken).to_have_text("F")
            said = await taken.get_attribute("title")
            assert said == "With a Player selected this key sets State: Fast"
        finally:
            server.stop()


async def test_the_bare_picture_is_a_key_away(window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    shapes = window.page.locator(".shapes-canvas")
    note = window.page.get_by_text("Shapes are out of sight")
    await press(window, "q")  # a tap
    await expect(shapes).not_to_be_visible()
    await expect(note).to_be_visible()
    await press(window, "q")
    await expect(shapes).to_be_visible()
    await window.page.keyboard.down("q")
    await expect(shapes).not_to_be_visible()
    await asyncio.sleep(0.5)  # the time is what a hold is told by
    await window.page.keyboard.up("q")
    await expect(shapes).to_be_visible()
    await expect(note).not_to_be_visible()
    # What is clicked is what is seen.
    await press(window, "q")
    await window.click(500, 300)
    await expect(shapes).to_be_visible()
    await window.click(150, 140)
    await window.until(f"reviewer.selected === '{entity}'")


async def test_the_selection_is_hidden_and_all_shown_again(site: Site, window: Window) -> None:
    # A puck: H is the key of a choice that players have.
    await press(window, "2")
    await window.drag((100, 100), (200, 180))
    await window.settled()
    entity = await window.until("reviewer.selected")
    await press(window, "h")
    await window.until(f"!reviewer.painted().entities.includes('{entity}')")
    await press(window, "Alt+h")
    await window.until(f"reviewer.painted().entities.includes('{entity}')")
    await press(window, "2")
    await window.drag((300, 200), (400, 280))
    await window.settled()
    other = await window.until("reviewer.selected")
    # From the list too, whose rows have the focus: a key means the same wherever the hand was.
    await window.page.get_by_role("listbox").first.focus()
    await press(window, "Shift+F")
    await window.until(f"!reviewer.painted().entities.includes('{entity}')")
    await window.until(f"reviewer.painted().entities.includes('{other}')")
    await press(window, "Shift+F")
    await window.until(f"reviewer.painted().entities.includes('{entity}')")
    revision = site.project.revision
    await press(window, "Control+s")
    await expect(window.page.get_by_text("all of them are on disk")).to_be_visible()
    assert site.project.revision == revision
