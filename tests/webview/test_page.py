"""The page, driven as a person would drive it; what it did is read from the project."""

from __future__ import annotations

import asyncio
import re

import numpy as np
import pytest
from playwright.async_api import expect

from reviewer import Project

from .conftest import OpenWindow, Site, Window


def box_of(project: Project, entity: str, frame: int) -> list[float]:
    return [round(float(v), 6) for v in project.entity(entity)["box"].at(frame)]


async def test_drawing_makes_an_entity_of_the_class_chosen(site: Site, window: Window) -> None:
    await window.go_to(12)
    await window.page.keyboard.press("2")  # the puck's own key
    await window.drag((100, 80), (180, 140))
    await window.settled()
    entity = await window.until("reviewer.selected")
    made = site.project.entity(entity)
    assert made.class_name == "puck"
    assert made["presence"].keyframes.tolist() == [12]
    assert made["box"].keyframes.tolist() == [12]
    assert np.abs(made["box"][12] - [100, 80, 80, 60]).max() < 1.5
    assert len(site.project.evaluate(0, 12)) == 0
    await expect(window.page.get_by_role("option", name="puck_1")).to_have_attribute(
        "aria-selected", "true"
    )


async def test_a_click_is_no_box(site: Site, window: Window) -> None:
    await window.page.keyboard.press("b")
    await window.click(100, 100)
    await window.settled()
    assert len(site.project.entities) == 0


async def test_moving_and_resizing_set_keyframes_where_the_shape_was_left(
    site: Site, window: Window
) -> None:
    entity = await window.draw((100, 100), (200, 180))
    await window.go_to(30)
    await window.drag((150, 140), (250, 170))
    await window.settled()
    assert np.abs(np.subtract(box_of(site.project, entity, 30), [200, 130, 100, 80])).max() < 2
    before = box_of(site.project, entity, 30)
    right, bottom = before[0] + before[2], before[1] + before[3]
    await window.drag((right, bottom), (right + 40, bottom + 20))
    await window.settled()
    after = box_of(site.project, entity, 30)
    assert after[:2] == pytest.approx(before[:2], abs=0.01)
    assert after[2] == pytest.approx(before[2] + 40, abs=1.5)
    assert after[3] == pytest.approx(before[3] + 20, abs=1.5)
    assert site.project.entity(entity)["box"].keyframes.tolist() == [0, 30]


@pytest.mark.parametrize(
    ("handle", "by", "change"),
    [
        ((0, 0), (-10, -8), (-10, -8, 10, 8)),
        ((0.5, 0), (5, -8), (0, -8, 0, 8)),
        ((1, 0), (10, -8), (0, -8, 10, 8)),
        ((1, 0.5), (10, 5), (0, 0, 10, 0)),
        ((0.5, 1), (5, 8), (0, 0, 0, 8)),
        ((0, 1), (-10, 8), (-10, 0, 10, 8)),
        ((0, 0.5), (-10, 5), (-10, 0, 10, 0)),
        ((1, 1), (-150, -120), (-50, -40, -50, -40)),  # past the corner: it turns over
    ],
)
async def test_every_handle_moves_its_own_edges(
    site: Site,
    window: Window,
    handle: tuple[float, float],
    by: tuple[int, int],
    change: tuple[int, int, int, int],
) -> None:
    entity = await window.draw((200, 100), (300, 180))
    x, y, width, height = box_of(site.project, entity, 0)
    start = (x + handle[0] * width, y + handle[1] * height)
    await window.drag(start, (start[0] + by[0], start[1] + by[1]))
    await window.settled()
    wanted = np.add([x, y, width, height], change)
    assert np.abs(np.subtract(box_of(site.project, entity, 0), wanted)).max() < 2


async def test_the_drag_itself_is_painted_and_escape_takes_it_back(
    site: Site, window: Window
) -> None:
    await window.draw((100, 100), (200, 180))
    before = (await window.painted())["boxes"]
    await window.page.mouse.move(*await window.at(150, 140))
    await window.page.mouse.down()
    await window.page.mouse.move(*await window.at(210, 140), steps=3)
    during = (await window.painted())["boxes"]
    assert during[0] == pytest.approx(before[0] + 60, abs=1.5)
    await window.page.keyboard.press("Escape")
    assert (await window.painted())["boxes"] == before
    await window.page.mouse.up()
    await window.settled()
    assert site.project.undo_label == "Add Player"


async def test_clicking_again_reaches_the_shape_below(site: Site, window: Window) -> None:
    large = await window.draw((100, 100), (400, 300))
    small = await window.draw((180, 150), (260, 220))
    await window.page.keyboard.press("Escape")
    assert await window.js("reviewer.selected") is None
    await window.click(220, 180)
    assert await window.js("reviewer.selected") == small
    await window.click(220, 180)
    assert await window.js("reviewer.selected") == large
    await window.click(220, 180)
    assert await window.js("reviewer.selected") == small
    await window.click(20, 330)
    assert await window.js("reviewer.selected") is None


async def test_delete_undo_and_redo_say_what_they_do(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    await window.page.keyboard.press("Delete")
    await window.until("reviewer.selected === null && reviewer.painted().entities.length === 0")
    assert list(site.project.entities) == []
    undo = window.page.get_by_role("button", name="Undo: Delete player_1")
    await undo.click()
    await window.until(f"reviewer.painted().entities.includes('{entity}')")
    assert list(site.project.entities) == [entity]
    await window.page.get_by_role("button", name="Redo: Delete player_1").click()
    await window.until("reviewer.painted().entities.length === 0")
    await window.page.keyboard.press("Control+z")
    await window.until("reviewer.painted().entities.length === 1")
    await window.page.keyboard.press("Control+z")
    await window.until("reviewer.painted().entities.length === 0")
    await expect(window.page.get_by_role("button", name="Nothing to undo")).to_be_disabled()


async def test_keyframes_here_are_removed_but_never_the_last_box(
    site: Site, window: Window
) -> None:
    entity = await window.draw((100, 100), (200, 180))
    await window.go_to(20)
    await window.drag((150, 140), (180, 160))
    await window.settled()
    await window.page.keyboard.press("Shift+Delete")
    note = window.page.locator("[data-property=box] .property-note")
    await expect(note).to_have_text("since 0")
    assert site.project.entity(entity)["box"].keyframes.tolist() == [0]
    await window.go_to(0)
    await window.page.keyboard.press("Shift+Delete")
    await expect(window.page.get_by_text("These are the only keyframes")).to_be_visible()
    assert site.project.entity(entity)["box"].keyframes.tolist() == [0]


async def test_presence_holds_from_here_on(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    presence = window.page.get_by_role("group", name="Presence")
    await window.go_to(10)
    await presence.get_by_text("Occluded").click()
    await window.settled()
    await window.go_to(40)
    await window.page.keyboard.press("x")
    await window.until("reviewer.painted().entities.length === 0")
    spans = site.project.entity(entity)["presence"].spans()
    assert spans[:2] == [(0, 10, "present"), (10, 40, "occluded")]
    assert site.project.entity(entity)["presence"].at(89) == "absent"
    await window.go_to(39)
    await expect(presence.get_by_text("Occluded")).to_be_visible()
    pressed = presence.locator("[aria-pressed=true]")
    await expect(pressed).to_have_text("Occluded")
    await window.go_to(9)
    await expect(pressed).to_have_text("Present")
    await window.go_to(50)
    await expect(pressed).to_have_text("Absent")


async def test_choices_constant_and_changing(site: Site, window: Window) -> None:
    entity = site.project.entity(await window.draw((100, 100), (200, 180)))
    await window.page.keyboard.press("h")
    await window.settled()
    assert entity["team"].value == "home"
    team = window.page.get_by_role("group", name="Team").locator("[aria-pressed=true]")
    await expect(team).to_have_text("Home")
    await window.page.get_by_role("group", name="Team").get_by_text("Away").click()
    await expect(team).to_have_text("Away")
    assert entity["team"].value == "away"

    await window.page.keyboard.press("s")
    await window.go_to(30)
    await window.page.keyboard.press("u")
    await window.settled()
    assert entity["pose"].spans() == [(0, 30, "standing"), (30, 90, "running")]
    pose = window.page.get_by_role("group", name="Pose").locator("[aria-pressed=true]")
    await expect(pose).to_have_text("Running")
    await window.go_to(29)
    await expect(pose).to_have_text("Standing")


async def test_the_diamond_keeps_the_value_at_full_precision(site: Site, window: Window) -> None:
    entity = site.project.entity(await window.draw((100, 100), (200, 180)))
    await window.go_to(31)
    await window.drag((150, 140), (253, 177))
    await window.settled()
    exact = [entity["box"].at(frame).copy() for frame in range(32)]
    await window.go_to(17)
    diamond = window.page.get_by_role("button", name="Box is evaluated here")
    await diamond.click()
    remove = window.page.get_by_role("button", name="Box has a keyframe here")
    await expect(remove).to_be_visible()
    assert entity["box"].keyframes.tolist() == [0, 17, 31]
    # Making an evaluated value a keyframe changes no other frame.
    assert max(np.abs(entity["box"].at(f) - exact[f]).max() for f in range(32)) < 1e-9
    await remove.click()
    await expect(diamond).to_be_visible()
    assert entity["box"].keyframes.tolist() == [0, 31]


async def test_jumping_between_keyframes(site: Site, window: Window) -> None:
    entity = site.project.entity(await window.draw((100, 100), (200, 180)))
    entity["box"][23] = (120, 100, 100, 80)
    entity["presence"][61] = "absent"
    button = window.page.get_by_role("button", name="Next keyframe of the selection")
    await expect(window.page.get_by_title("2 keyframes").first).to_be_visible()
    await window.timeline_drawn()
    await button.click()
    await window.until("reviewer.frame === 23")
    await window.page.keyboard.press("]")
    await window.until("reviewer.frame === 61")
    await window.page.keyboard.press("]")
    await expect(window.page.get_by_text("has no later keyframe")).to_be_visible()
    await window.page.keyboard.press("[")
    await window.until("reviewer.frame === 23")
    await window.page.keyboard.press("[")
    await window.until("reviewer.frame === 0")


async def test_stepping_home_end_and_the_frame_field(window: Window) -> None:
    keyboard = window.page.keyboard
    await keyboard.press("End")
    await window.until("reviewer.frame === 89")
    await keyboard.press("ArrowRight")
    await keyboard.press(",")
    await window.until("reviewer.frame === 88")
    await keyboard.press("Shift+ArrowLeft")
    await window.until("reviewer.frame === 78")
    await keyboard.press("Home")
    await window.until("reviewer.frame === 0")
    await keyboard.press(".")
    await keyboard.press("ArrowRight")
    await window.until("reviewer.frame === 2")
    await window.go_to(45)
    await expect(window.page.get_by_text(re.compile("frame 45 of 90"))).to_be_visible()


async def test_space_plays_and_pauses(window: Window) -> None:
    await window.page.keyboard.press("Space")
    await window.until("reviewer.playing")
    await window.until("reviewer.frame > 3")
    await window.page.keyboard.press("Space")
    await window.until("!reviewer.playing")
    frame = await window.js("reviewer.frame")
    assert (await window.painted())["frame"] == frame
    await asyncio.sleep(0.3)
    assert await window.js("reviewer.frame") == frame


async def test_playing_ends_at_the_last_frame_with_its_shapes(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    await window.go_to(80)
    await window.page.keyboard.press("Space")
    await window.until("!reviewer.playing && reviewer.frame === 89")
    painted = await window.painted()
    assert (painted["frame"], painted["entities"]) == (89, [entity])


async def test_zoom_keeps_the_point_under_the_pointer_and_space_pans(window: Window) -> None:
    at = await window.at(200, 150)
    await window.page.mouse.move(*at)
    await window.page.mouse.wheel(0, -400)
    await window.until("reviewer.view.scale > 1.5")
    assert await window.at(200, 150) == pytest.approx(at, abs=1)
    frame = await window.js("reviewer.frame")
    await window.page.keyboard.down("Space")
    await window.page.mouse.down()
    await window.page.mouse.move(at[0] + 50, at[1] + 30, steps=3)
    await window.page.mouse.up()
    await window.page.keyboard.up("Space")
    assert await window.at(200, 150) == pytest.approx((at[0] + 50, at[1] + 30), abs=1)
    assert await window.js("reviewer.playing") is False
    assert await window.js("reviewer.frame") == frame
    await window.page.keyboard.press("f")
    await window.until("reviewer.view.scale < 1.5")


async def test_nudging_with_the_keyboard_is_one_edit(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    x, y, width, height = box_of(site.project, entity, 0)
    for _ in range(3):
        await window.page.keyboard.press("Alt+ArrowRight")
    await window.page.keyboard.press("Alt+Shift+ArrowDown")
    await window.settled()
    assert box_of(site.project, entity, 0) == pytest.approx([x + 3, y + 10, width, height])
    await window.page.keyboard.press("Control+z")
    await window.settled()
    assert box_of(site.project, entity, 0) == pytest.approx([x, y, width, height])


async def test_redrawing_brings_back_what_was_absent(site: Site, window: Window) -> None:
    entity = site.project.entity(await window.draw((100, 100), (200, 180)))
    entity["presence"][20] = "absent"
    await window.go_to(30)
    await window.page.keyboard.press("r")
    await window.drag((300, 200), (380, 260))
    await window.settled()
    assert entity["presence"].at(30) == "present"
    assert np.abs(entity["box"][30] - [300, 200, 80, 60]).max() < 1.5
    assert site.project.undo_label == "Redraw player_1"


async def test_renaming_in_the_list(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    await window.page.get_by_role("option", name="player_1").dblclick()
    field = window.page.get_by_role("listbox").get_by_label("Name")
    await field.fill("Gretzky")
    await field.press("Enter")
    await expect(window.page.get_by_role("option", name="Gretzky")).to_be_visible()
    assert site.project.entity(entity).name == "Gretzky"


async def test_changing_the_class(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    await window.page.get_by_label("Class", exact=True).select_option("puck")
    await window.settled()
    assert site.project.entity(entity).class_name == "puck"
    await expect(window.page.get_by_role("group", name="Team")).to_have_count(0)


async def test_filtering_ten_thousand_entities_keeps_few_elements(
    site: Site, window: Window
) -> None:
    with site.project.transaction("many"):
        for i in range(3000):
            site.project.add_entity("player", name=f"p{i:05}", frame=0)
    rows = window.page.locator(".entity-row:not([hidden])")
    await expect(window.page.get_by_role("option", name="p00000")).to_be_visible()
    assert await rows.count() < 60
    await window.page.get_by_label("Filter entities").fill("p0299")
    await expect(window.page.get_by_role("option", name="p02990")).to_be_visible()
    assert await rows.count() == 10


async def test_the_box_fields_take_numbers(site: Site, window: Window) -> None:
    entity = await window.draw((100, 100), (200, 180))
    field = window.page.get_by_label("Width", exact=True)
    await field.fill("123.25")
    await field.press("Enter")
    await window.settled()
    x, y, _, height = box_of(site.project, entity, 0)
    assert box_of(site.project, entity, 0) == [x, y, 123.25, height]


async def test_looking_at_a_field_changes_nothing(site: Site, window: Window) -> None:
    await window.draw((100.4, 100.3), (200.2, 180.7))
    revision = site.project.revision
    for label in ("X", "Y", "Width", "Height"):
        await window.page.get_by_label(label, exact=True).click()
    await window.click(500, 300)
    await window.settled()
    assert site.project.revision == revision


async def test_the_timeline_jumps_to_keyframes_and_scrubs(site: Site, window: Window) -> None:
    entity = site.project.entity(await window.draw((100, 100), (200, 180)))
    entity["box"][60] = (120, 100, 100, 80)
    await expect(window.page.get_by_title("2 keyframes").first).to_be_visible()
    area = await window.page.locator(".timeline-rows").bounding_box()
    assert area is not None
    await window.timeline_drawn()
    # The second row is the box; a few px beside the mark still mean it.
    x = area["x"] + (60.5 / 90) * area["width"] + 3
    await window.page.mouse.click(x, area["y"] + 36)
    await window.until("reviewer.frame === 60")
    await window.page.mouse.move(area["x"] + (30.5 / 90) * area["width"], area["y"] - 20)
    await window.page.mouse.down()
    await window.until("reviewer.frame === 30")
    await window.page.mouse.move(area["x"] + (15.5 / 90) * area["width"], area["y"] - 20, steps=5)
    await window.page.mouse.up()
    await window.until("reviewer.frame === 15")


async def test_markup_in_names_stays_text(site: Site, window: Window) -> None:
    hostile = (
        '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
    )
    entity = await window.draw((100, 100), (200, 180))
    site.project.entity(entity).rename(hostile)
    await expect(window.page.get_by_role("option", name="<script>")).to_be_visible()
    await window.page.keyboard.press("Delete")
    await expect(window.page.get_by_text("Deleted <img")).to_be_visible()
    assert await window.page.title() == "match · Reviewer"
    assert await window.page.locator("#app img, #app script").count() == 0


async def test_a_second_window_follows_and_shows_the_same(
    site: Site, window: Window, open_window: OpenWindow
) -> None:
    other = await open_window(site.url)
    entity = await window.draw((100, 100), (200, 180))
    await other.until(f"reviewer.painted().entities.includes('{entity}')")
    await other.click(150, 140)
    await other.drag((150, 140), (260, 200))
    await other.settled()
    wanted = (await other.painted())["bits"]
    painted = "String(new Uint32Array(reviewer.painted().boxes.slice().buffer))"
    await window.until(f"{painted} === '{','.join(map(str, wanted))}'")
    await window.page.keyboard.press("Delete")
    await other.until("reviewer.painted().entities.length === 0 && reviewer.selected === null")


async def test_edits_from_elsewhere_are_followed(site: Site, window: Window) -> None:
    entity = site.project.add_entity("player", name="from the terminal")
    entity["box"][0] = (10, 20, 30, 40)
    await window.until("reviewer.painted().entities.length === 1")
    assert (await window.painted())["boxes"] == [10, 20, 30, 40]
    await expect(window.page.get_by_role("option", name="from the terminal")).to_be_visible()
    site.project.undo()
    await window.until("reviewer.painted().entities.length === 0")


async def test_a_link_leads_to_frame_and_entity(site: Site, open_window: OpenWindow) -> None:
    entity = site.project.add_entity("player", frame=3)
    entity["box"][3] = (10, 20, 30, 40)
    window = await open_window(f"{site.url}&frame=33&entity={entity.id}")
    assert await window.js("reviewer.frame") == 33
    assert await window.js("reviewer.selected") == entity.id
    assert "token" not in await window.page.evaluate("() => location.href")
    await window.page.reload()  # the cookie is enough now
    await window.until("globalThis.reviewer && reviewer.frame === 33")


async def test_help_lists_the_keys_of_the_ontology(window: Window) -> None:
    await window.page.keyboard.press("?")
    dialog = window.page.get_by_role("dialog", name="Keys")
    await expect(dialog.get_by_text("Draw: Player")).to_be_visible()
    await expect(dialog.get_by_text("Player, Team: Home")).to_be_visible()
    await window.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_a_released_shape_never_jumps_back(site: Site, window: Window) -> None:
    await window.draw((100, 100), (200, 180))
    mouse = window.page.mouse
    await mouse.move(*await window.at(150, 140))
    await mouse.down()
    await mouse.move(*await window.at(350, 140), steps=4)
    await window.page.evaluate(
        """() => {
            globalThis.seen = [];
            const look = () => {
                globalThis.seen.push(reviewer.painted().boxes[0]);
                globalThis.looking = requestAnimationFrame(look);
            };
            look();
        }"""
    )
    await mouse.up()
    await window.settled()
    frames = await window.js("seen.length")
    await window.until(f"seen.length > {frames + 5}")
    seen = await window.page.evaluate("() => { cancelAnimationFrame(looking); return seen; }")
    assert set(seen) == {seen[-1]}
    assert seen[-1] == pytest.approx(300, abs=2)


async def test_lanes_show_who_is_there_while_nothing_is_selected(
    site: Site, window: Window
) -> None:
    for i in range(3):
        entity = site.project.add_entity("player", frame=20 * i)
        entity["box"][20 * i] = (10, 20 * i, 30, 40)
    lane = window.page.get_by_role("button", name="player_2", exact=True)
    await expect(lane).to_be_visible()
    await lane.click()
    await window.until(f"reviewer.selected === '{site.project.entity('player_2').id}'")
    await expect(lane).to_have_count(0)
    await window.page.keyboard.press("Escape")
    await expect(lane).to_be_visible()


async def test_an_entity_that_is_elsewhere_is_one_click_away(site: Site, window: Window) -> None:
    entity = site.project.add_entity("player", frame=40)
    entity["box"][40] = (10, 20, 30, 40)
    entity["presence"][60] = "absent"
    await window.page.get_by_role("option", name="player_1").click()
    await window.page.get_by_role("button", name="Go to 40").click()
    await window.until("reviewer.frame === 40 && reviewer.painted().entities.length === 1")
    await expect(window.page.get_by_text("Not on this frame")).to_be_hidden()
    await window.go_to(89)
    await window.page.get_by_role("button", name="Go to 59").click()
    await window.until("reviewer.frame === 59")
