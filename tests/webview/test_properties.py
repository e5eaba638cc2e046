"""The properties panel: every kind of value, by mouse and keyboard, and what is stored of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect
from reviewer.webview.server import Server

from reviewer import Project

from .conftest import OpenWindow, Site, Window

ONTOLOGY: dict[str, Any] = {
    "shared": [{"name": "checked", "kind": "boolean"}],
    "classes": [
        {
            "name": "player",
            "geometry": ["box"],
            "color": "#e6194b",
            "uses": ["checked"],
            "properties": [
                {"name": "team", "kind": "choice", "choices": ["home", "away"], "required": True},
                {
                    "name": "state",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": ["playing", {"name": "down", "label": "<b>Down</b>"}],
                },
                {
                    "name": "injury",
                    "kind": "text",
                    "time_varying": True,
                    "required": True,
                    "when": {"property": "state", "is": ["down"]},
                },
                {
                    "name": "gear",
                    "kind": "choices",
                    "time_varying": True,
                    "choices": [
                        {"name": "helmet", "hotkey": "m"},
                        {"name": "stick", "hotkey": "t"},
                        "gloves",
                    ],
                },
                {
                    "name": "speed",
                    "kind": "number",
                    "time_varying": True,
                    "interpolation": "linear",
                    "range": [0, 40],
                },
                {"name": "number", "kind": "number", "range": [1, 99]},
                {"name": "note", "kind": "text"},
                {
                    "name": "carries",
                    "kind": "entity",
                    "time_varying": True,
                    "classes": ["puck"],
                },
                {"name": "marks", "kind": "entities", "classes": ["player"]},
            ],
        },
        {"name": "puck", "geometry": ["box"], "color": "#4363d8"},
        {
            "name": "goal",
            "event": True,
            "color": "#3cb44b",
            "properties": [
                {"name": "scorer", "kind": "entity", "classes": ["player"]},
                {"name": "involved", "kind": "entities"},
            ],
        },
    ],
    "scene": {
        "properties": [
            {"name": "camera", "kind": "choice", "time_varying": True, "choices": ["wide", "close"]}
        ]
    },
}


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "match", plain_video, ONTOLOGY, author="Ada") as project:
        for name, x in (("one", 40), ("two", 240)):
            player = project.add_entity("player", name=name, entity_id=f"player-{name}")
            player["box"][0] = (x, 60, 120, 200)
            player["box"][60] = (x + 60, 60, 120, 200)
        puck = project.add_entity("puck", name="the puck", entity_id="puck-p1")
        puck["box"][0] = (500, 280, 40, 30)
        yield project


def row(window: Window, name: str) -> Locator:
    return window.page.locator(f".properties-panel [data-property={name}]")


async def choose(window: Window, entity: str) -> None:
    name = {"player-one": "one", "player-two": "two", "puck-p1": "the puck"}[entity]
    await window.page.get_by_role("option", name=name).first.click()
    await fresh(window)


async def fresh(window: Window) -> None:
    """The panel shows the engine's values of the frame shown, with every edit in them."""
    await window.until(
        "reviewer.status === 'saved'"
        " && document.querySelector('.properties-panel').dataset.frame === String(reviewer.frame)"
        " && reviewer.detailsCurrent"
    )


async def at(window: Window, frame: int) -> None:
    await window.go_to(frame)
    await fresh(window)


async def test_choices_hold_from_the_frame_where_they_are_made(site: Site, window: Window) -> None:
    player = site.project.entity("player-one")
    await choose(window, "player-one")
    team = row(window, "team")
    await expect(team.locator(".property-note")).to_have_text("required")
    await team.get_by_role("button", name="Home").click()
    await at(window, 20)
    state = row(window, "state")
    await expect(state.locator(".property-note")).to_have_text("not set")
    await state.get_by_role("button", name="<b>Down</b>").click()
    await fresh(window)
    await expect(state.locator(".property-note")).to_have_text("keyframe")
    await at(window, 30)
    await expect(state.locator(".property-note")).to_have_text("since 20")
    await expect(state.get_by_role("button", name="<b>Down</b>")).to_have_attribute(
        "aria-pressed", "true"
    )
    await state.get_by_role("button", name="is evaluated here").click()
    await fresh(window)
    assert player["team"].value == "home"
    assert player["state"].keyframes.tolist() == [20, 30]
    assert player["state"].at(25) == "down"
    await state.get_by_role("button", name="has a keyframe here").click()
    await fresh(window)
    assert player["state"].keyframes.tolist() == [20]


async def test_a_property_shows_only_where_its_condition_is_met(site: Site, window: Window) -> None:
    site.project.entity("player-one")["state"][10] = "down"
    site.project.entity("player-one")["state"][40] = "playing"
    await choose(window, "player-one")
    injury = row(window, "injury")
    await at(window, 5)
    await expect(injury.locator("textarea")).to_be_hidden()
    await expect(injury.locator(".property-note")).to_have_text("only if State is <b>Down</b>")
    await at(window, 12)
    await expect(injury.locator(".property-note")).to_have_text("required")
    await injury.locator("textarea").fill("knee <script>alert(1)</script>")
    await injury.locator("textarea").press("Enter")
    await fresh(window)
    assert site.project.entity("player-one")["injury"][12] == "knee <script>alert(1)</script>"
    await at(window, 45)
    await expect(injury.locator("textarea")).to_be_hidden()


async def test_several_choices_are_toggled_by_mouse_and_by_key(site: Site, window: Window) -> None:
    await choose(window, "player-one")
    await at(window, 8)
    gear = row(window, "gear")
    await gear.get_by_role("button", name="Gloves").click()
    await fresh(window)
    await window.page.keyboard.press("m")
    await fresh(window)
    track = site.project.entity("player-one")["gear"]
    assert list(track.at(8)) == ["helmet", "gloves"]
    await window.page.keyboard.press("m")
    await fresh(window)
    assert list(track.at(8)) == ["gloves"]
    assert track.keyframes.tolist() == [8]


async def test_numbers_keep_to_their_range_and_run_by_the_rule_of_the_keyframe(
    site: Site, window: Window
) -> None:
    await choose(window, "player-one")
    speed = row(window, "speed")
    field = speed.get_by_role("textbox")
    await field.fill("10")
    await field.press("Enter")
    await at(window, 40)
    await field.fill("900")
    await field.press("Enter")
    await expect(window.page.get_by_text("Speed is a number from 0 to 40.")).to_be_visible()
    await field.fill("30")
    await field.press("Enter")
    await at(window, 20)
    track = site.project.entity("player-one")["speed"]
    assert track.at(20) == 20
    await expect(field).to_have_value("20")
    await expect(speed.locator(".property-note")).to_have_text("0 to 40")
    await speed.get_by_label("Rule of Speed").select_option("hold")
    await fresh(window)
    assert track.at(20) == 10
    await expect(field).to_have_value("10")
    await row(window, "number").get_by_role("slider").press("ArrowRight")
    await fresh(window)
    assert site.project.entity("player-one")["number"].value == 2


async def test_what_is_typed_counts_for_the_frame_where_it_was_typed(
    site: Site, window: Window
) -> None:
    await choose(window, "player-one")
    await at(window, 10)
    await row(window, "speed").get_by_role("textbox").fill("7")
    # straight to another frame, with the mouse, while the field is still being edited
    await window.page.get_by_role("button", name="Next frame").click()
    await window.until("reviewer.frame === 11")
    await fresh(window)
    assert site.project.entity("player-one")["speed"].keyframes.tolist() == [10]


async def test_constants_can_be_given_and_taken_away(site: Site, window: Window) -> None:
    player = site.project.entity("player-one")
    await choose(window, "player-one")
    checked = row(window, "checked")
    await checked.get_by_role("button", name="Yes").click()
    await fresh(window)
    assert player["checked"].value is True
    await checked.get_by_role("button", name="Yes").click()
    await fresh(window)
    assert player["checked"].value is None
    note = row(window, "note").get_by_role("textbox")
    await note.fill("captain")
    await note.press("Enter")
    await fresh(window)
    assert player["note"].value == "captain"


async def test_a_reference_is_made_by_clicking_the_other_in_the_picture(
    site: Site, window: Window
) -> None:
    await choose(window, "player-one")
    await at(window, 15)
    carries = row(window, "carries")
    await carries.get_by_role("button", name="Pick").click()
    await expect(window.page.get_by_text("Click the Puck for Carries of one")).to_be_visible()
    await window.click(300, 160)  # a player: not what it takes
    await expect(window.page.get_by_text("Carries takes a Puck.")).to_be_visible()
    await window.click(520, 295)
    await fresh(window)
    assert await window.js("reviewer.selected") == "player-one"
    track = site.project.entity("player-one")["carries"]
    assert track.keyframes.tolist() == [15]
    assert await window.js("document.querySelector('.pick-hint').hidden")
    await expect(carries.get_by_role("button", name="the puck", exact=True)).to_be_visible()
    await carries.get_by_role("button", name="Remove the puck").click()
    await fresh(window)
    assert track.at(20) is None
    await carries.get_by_role("button", name="Pick").click()
    await window.page.keyboard.press("Escape")
    assert await window.js("document.querySelector('.pick-hint').hidden")
    assert await window.js("reviewer.selected") == "player-one"


async def test_references_are_found_by_name(site: Site, window: Window) -> None:
    await choose(window, "player-one")
    marks = row(window, "marks")
    await marks.get_by_role("button", name="Find").click()
    await window.page.get_by_role("combobox", name="Marks").fill("tw")
    await window.page.keyboard.press("Enter")
    await fresh(window)
    assert list(site.project.entity("player-one")["marks"].value) == ["player-two"]


async def test_the_scene_is_described_with_nothing_selected(site: Site, window: Window) -> None:
    await at(window, 33)
    await row(window, "camera").get_by_role("button", name="Close").click()
    await fresh(window)
    assert site.project.scene["camera"].keyframes.tolist() == [33]
    await at(window, 50)
    await expect(row(window, "camera").locator(".property-note")).to_have_text("since 33")


async def test_an_event_has_a_start_an_end_and_participants(site: Site, window: Window) -> None:
    await at(window, 20)
    await window.page.locator(".new-events").get_by_role("button", name="Goal").click()
    await window.until("reviewer.selected?.startsWith('goal-')")
    await fresh(window)
    event = site.project.entity(str(await window.js("reviewer.selected")))
    spans = [span for span in event["presence"].spans() if span[2] == "present"]
    assert spans == [(20, 50, "present")]  # a second
    await window.page.get_by_label("Start frame").fill("12")
    await window.page.get_by_label("Start frame").press("Enter")
    await fresh(window)
    await at(window, 70)
    await window.page.get_by_title("End at the frame shown").click()
    await fresh(window)
    spans = [span for span in event["presence"].spans() if span[2] == "present"]
    assert spans == [(12, 71, "present")]
    await row(window, "scorer").get_by_role("button", name="Pick").click()
    await window.page.get_by_role("option", name="two").click()
    await fresh(window)
    assert event["scorer"].value == "player-two"


async def test_provenance_is_told(site: Site, window: Window) -> None:
    player = site.project.entity("player-one")
    player["box"].set_source(0, "tracker", 0.82)
    await choose(window, "player-one")
    note = row(window, "box").locator(".property-note")
    await expect(note).to_have_text("keyframe · tracker 0.82")
    await at(window, 10)
    await expect(note).to_have_text("0 to 60 · tracker 0.82")
    await row(window, "box").get_by_label("Width", exact=True).fill("100")
    await row(window, "box").get_by_label("Width", exact=True).press("Enter")
    await fresh(window)
    await expect(note).to_have_text("keyframe")


async def test_the_panel_follows_the_ontology(site: Site, window: Window) -> None:
    await choose(window, "player-one")
    changed = site.project.ontology.to_json()
    player = changed["classes"][0]
    player["properties"].append({"name": "coach", "label": "Coach said", "kind": "text"})
    player["hotkey"] = "9"
    site.project.change_ontology(changed)
    await expect(window.page.get_by_label("Coach said")).to_be_visible()
    await window.page.keyboard.press("9")
    await expect(window.page.get_by_label("Class of what is drawn")).to_have_value("player")


async def test_a_folder_whose_name_is_no_text_opens(
    tmp_path: Path, plain_video: Path, open_window: OpenWindow
) -> None:
    folder = tmp_path / b"m\xff\xfetch".decode("utf-8", "surrogateescape")
    with Project.create(folder, plain_video, ONTOLOGY) as project:
        server = Server([project])
        server.start()
        try:
            window = await open_window(server.url)
            await expect(window.page.get_by_text("m\ufffd\ufffdtch")).to_be_visible()
        finally:
            server.stop()
