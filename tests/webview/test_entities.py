"""The entity list and its menu: found, hidden, locked, and what becomes of whole entities."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from reviewer import Project

from .conftest import ONTOLOGY, Site, Window

PASS = {
    "name": "pass",
    "label": "Pass",
    "event": True,
    "properties": [{"name": "by", "kind": "entity", "time_varying": True}],
}


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    """Four players side by side, from frames 0, 10, 20 and 30 on; one puck; a pass of player_2."""
    ontology = copy.deepcopy(ONTOLOGY)
    ontology["classes"].append(PASS)
    with Project.create(tmp_path / "match", plain_video, ontology, author="Ada") as project:
        for i in range(4):
            player = project.add_entity("player", f"player_{i}", frame=10 * i)
            for frame in range(10 * i, 90, 5 * (i + 2)):
                player["box"][frame] = (20 + 150 * i, 100, 100, 100)
            player["team"] = "home" if i % 2 else "away"
            player["pose"][10 * i] = "standing"
            player["pose"][60] = "running" if i == 1 else "standing"
        puck = project.add_entity("puck", "puck_0", frame=0)
        puck["box"][0] = (300, 20, 20, 20)
        project.add_entity("pass", "pass_0", frame=50)["by"][50] = project.entity("player_2").id
        yield project


@pytest_asyncio.fixture
async def names(window: Window) -> Locator:
    await expect(window.page.get_by_role("option", name="pass_0")).to_be_visible()
    return window.page.locator(".entity-row:visible .entity-name")


async def open_menu(window: Window, name: str) -> None:
    row = window.page.locator(".entity-row:visible", has_text=name)
    await row.click(button="right")
    await expect(window.page.get_by_role("menu")).to_be_visible()


async def choose(window: Window, name: str, item: str) -> None:
    await open_menu(window, name)
    await window.page.get_by_role("menuitem", name=item).click()


async def test_filters_add_up_and_alternatives_do_not(window: Window, names: Locator) -> None:
    add = window.page.get_by_label("Add a filter")
    await add.select_option(label="Team: Away")
    await expect(names).to_have_text(["player_0", "player_2"])
    await add.select_option(label="Team: Home")
    await expect(names).to_have_text(["player_0", "player_1", "player_2", "player_3"])
    await window.page.get_by_label("Remove filter Team: Away").click()
    await expect(names).to_have_text(["player_1", "player_3"])
    await window.page.get_by_label("Filter entities").fill("_3")
    await expect(names).to_have_text(["player_3"])
    await window.page.get_by_label("Filter entities").fill("")
    await window.page.get_by_label("Remove filter Team: Home").click()
    await add.select_option(label="Puck")
    await expect(names).to_have_text(["puck_0"])


async def test_filters_by_what_is_so_on_the_frame_shown(window: Window, names: Locator) -> None:
    await window.page.get_by_role("button", name="On frame").click()
    await expect(names).to_have_text(["player_0", "puck_0"])
    await window.go_to(25)
    await expect(names).to_have_text(["player_0", "player_1", "player_2", "puck_0"])
    await window.page.get_by_label("Add a filter").select_option(label="Pose: Running")
    await expect(names).to_have_count(0)
    await window.go_to(70)
    await expect(names).to_have_text(["player_1"])


async def test_orders(window: Window, names: Locator) -> None:
    order = window.page.get_by_label("Order")
    await order.select_option("keyframes")
    await expect(names).to_have_text(
        ["player_0", "player_1", "player_2", "player_3", "puck_0", "pass_0"]
    )
    await order.select_option("first")
    await expect(names.first).to_have_text("player_0")
    await expect(names.last).to_have_text("pass_0")
    await order.select_option("name")
    await expect(names).to_have_text(
        ["pass_0", "player_0", "player_1", "player_2", "player_3", "puck_0"]
    )
    await order.select_option("class")
    await expect(names.nth(4)).to_have_text("puck_0")


async def test_hidden_is_not_painted_nor_picked_and_is_kept(
    site: Site, window: Window, names: Locator
) -> None:
    await window.go_to(80)
    ids = {name: site.project.entity(name).id for name in ("player_0", "player_1", "puck_0")}
    row = window.page.locator(".entity-row:visible", has_text="player_1")
    await row.hover()
    await window.page.get_by_label("Hide player_1").click()
    await window.until(f"!reviewer.painted().entities.includes('{ids['player_1']}')")
    await window.click(220, 150)
    assert await window.js("reviewer.selected") is None
    revision = site.project.revision
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    await window.go_to(80)
    assert ids["player_1"] not in (await window.painted())["entities"]
    await open_menu(window, "puck_0")
    await window.page.get_by_role("menuitemcheckbox", name="Shown alone").click()
    await window.until(f"reviewer.painted().entities.join() === '{ids['puck_0']}'")
    await window.page.get_by_role("button", name="Show all").click()  # no longer alone
    await window.until("reviewer.painted().entities.length === 4")
    await window.page.get_by_role("button", name="Show all").click()
    await window.until("reviewer.painted().entities.length === 5")
    assert site.project.revision == revision


async def test_what_is_locked_is_not_picked_and_not_changed(
    site: Site, window: Window, names: Locator
) -> None:
    await window.go_to(80)
    await window.page.locator(".entity-row:visible", has_text="player_1").hover()
    await window.page.get_by_label("Lock player_1").click()
    await window.click(220, 150)
    assert await window.js("reviewer.selected") is None
    await window.page.get_by_role("option", name="player_1").click()
    await window.until("reviewer.selected")
    revision = site.project.revision
    await window.page.keyboard.press("x")
    await expect(window.page.get_by_text("player_1 is locked").first).to_be_visible()
    await window.page.keyboard.press("Delete")
    await open_menu(window, "player_1")
    await expect(window.page.get_by_role("menuitem", name="Merge with")).to_be_disabled()
    assert site.project.revision == revision
    await window.page.get_by_role("menuitemcheckbox", name="Locked").click()
    await window.page.keyboard.press("x")
    await window.until("reviewer.status === 'saved' && reviewer.painted().entities.length === 4")


async def test_merging_by_keys_alone(site: Site, window: Window, names: Locator) -> None:
    first, second = (site.project.entity(name) for name in ("player_1", "player_3"))
    boxes = {int(f): second["box"][int(f)].tolist() for f in second["box"].keyframes}
    keyboard = window.page.keyboard
    await window.page.get_by_label("Filter entities").fill("player_1")
    await keyboard.press("ArrowDown")
    await window.until("reviewer.selected")
    await keyboard.press("Shift+F10")
    await keyboard.press("m")
    await keyboard.press("Enter")
    dialog = window.page.get_by_role("dialog", name="Merge with player_1")
    await expect(dialog).to_be_visible()
    await keyboard.type("er_3")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await dialog.get_by_label("player_3 counts").check()
    await keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await window.settled()
    assert second.deleted
    assert site.project.undo_label == "Merge player_3 into player_1"
    for frame, box in boxes.items():
        assert first["box"].at(frame).tolist() == box
    assert first["box"].at(15).tolist() == [170, 100, 100, 100]
    await expect(names).to_have_text(["player_1"])


async def test_operations_at_the_frame_shown(site: Site, window: Window, names: Locator) -> None:
    project = site.project
    await window.go_to(40)
    await choose(window, "player_0", "Split at frame 40")
    await window.settled()
    second = await window.until(
        f"reviewer.selected !== '{project.entity('player_0').id}' && reviewer.selected"
    )
    assert [project.entity("player_0")["presence"].at(f) for f in (39, 40)] == ["present", "absent"]
    assert project.entity(second)["presence"].keyframes[0] == 40
    await choose(window, "player_1", "Begin at frame 40")
    await window.settled()
    await choose(window, "player_2", "End at frame 40")
    await window.settled()
    assert project.entity("player_1")["presence"].at(39) in (None, "absent")
    assert [project.entity("player_2")["presence"].at(f) for f in (40, 41)] == ["present", "absent"]
    await choose(window, "player_2", "Copy")
    await window.settled()
    twin = project.entity(await window.until("reviewer.selected"))
    assert twin["box"].keyframes.tolist() == project.entity("player_2")["box"].keyframes.tolist()


async def test_swapping_joining_and_shifting(site: Site, window: Window, names: Locator) -> None:
    project = site.project
    a, b = project.entity("player_0"), project.entity("player_1")
    await window.go_to(45)
    await choose(window, "player_0", "Swap from here on with")
    await window.page.get_by_role("dialog").get_by_role("option", name="player_1").click()
    await window.page.get_by_role("button", name="Swap", exact=True).click()
    await window.settled()
    assert [a["box"].at(f)[0] for f in (44, 45)] == [20, 170]
    assert [b["box"].at(f)[0] for f in (44, 45)] == [170, 20]
    a["presence"][30] = "absent"
    b["presence"][0] = "absent"
    b["presence"][10] = "absent"
    b["presence"][50] = "present"
    await choose(window, "player_0", "Join with")
    await window.page.get_by_role("dialog").get_by_role("option", name="player_1").click()
    await window.page.get_by_role("button", name="Join", exact=True).click()
    await window.settled()
    assert b.deleted
    assert a["presence"].at(40) == "present"
    # The rows below have moved up once this one is gone.
    await expect(names.filter(has_text="player_1")).to_have_count(0)
    keyframes = project.entity("puck_0")["box"].keyframes
    await choose(window, "puck_0", "Shift in time")
    field = window.page.get_by_role("dialog").get_by_label("Frames")
    await field.fill("-3")
    await expect(window.page.get_by_text("begin outside the video")).to_be_visible()
    await field.fill("7")
    await field.press("Enter")
    await window.settled()
    assert project.entity("puck_0")["box"].keyframes.tolist() == (keyframes + 7).tolist()


async def test_deleting_lists_who_refers_to_it(site: Site, window: Window, names: Locator) -> None:
    player, event = (site.project.entity(name) for name in ("player_2", "pass_0"))
    await choose(window, "player_2", "Delete")
    dialog = window.page.get_by_role("dialog", name="Delete player_2")
    await expect(dialog.get_by_text("pass_0")).to_be_visible()
    await expect(dialog.get_by_text("frame 50")).to_be_visible()
    await dialog.get_by_role("button", name="Cancel").click()
    assert not player.deleted
    await window.page.keyboard.press("Delete")
    await dialog.get_by_role("button", name="Delete").click()
    await window.settled()
    await expect(window.page.get_by_role("option", name="player_2")).to_have_count(0)
    assert player.deleted
    assert event["by"].at(60) is None
    await choose(window, "player_3", "Delete")  # nobody refers to it: no question
    await expect(window.page.get_by_role("option", name="player_3")).to_have_count(0)


async def test_what_reviews_say_is_a_filter_once_there_are_any(
    site: Site, window: Window, names: Locator
) -> None:
    add = window.page.get_by_label("Add a filter")
    await expect(add.locator("option", has_text="Accepted")).to_have_count(0)
    await window.page.get_by_role("option", name="player_1").click()
    await window.page.get_by_role("button", name="Review").first.click()
    await window.page.get_by_role("button", name="Accept").first.click()
    await expect(add.locator("option", has_text="Accepted")).to_have_count(1)
    await add.select_option(label="Accepted")
    await expect(names).to_have_text(["player_1"])
    await window.page.get_by_label("Remove filter Accepted").click()
    await add.select_option(label="Not reviewed")
    await expect(names).to_have_text(["player_0", "player_2", "player_3", "puck_0", "pass_0"])


async def test_several_are_picked_in_the_list_and_set_at_once(
    site: Site, window: Window, names: Locator
) -> None:
    def row(name: str) -> Locator:
        return window.page.locator(".entity-row:visible", has_text=name)

    await window.go_to(35)
    await row("player_0").click()
    await row("player_2").click(modifiers=["Shift"])
    assert len(await window.js("reviewer.selection")) == 3
    await row("player_1").click(modifiers=["Control"])
    await row("puck_0").click(modifiers=["Control"])
    ids = [site.project.entity(name).id for name in ("player_0", "player_2", "puck_0")]
    assert await window.js("reviewer.selection") == ids
    for name in ("player_0", "player_2", "puck_0"):
        await expect(row(name)).to_have_attribute("aria-selected", "true")
    await expect(row("player_1")).to_have_attribute("aria-selected", "false")
    panel = window.page.locator(".properties-panel")
    await expect(panel.get_by_text("sets all 3")).to_be_visible()
    undo = site.project.undo_label

    await window.page.keyboard.press("o")
    await window.settled()
    for name in ("player_0", "player_2", "puck_0"):
        assert site.project.entity(name)["presence"].at(35) == "occluded"
    assert site.project.entity("player_1")["presence"].at(35) == "present"
    # A puck has no pose: those that have one get it.
    await row("puck_0").click(modifiers=["Control"])
    await panel.get_by_role("button", name="Running").click()
    await window.settled()
    running = [site.project.entity(f"player_{i}")["pose"].at(35) for i in range(4)]
    assert running == ["running", "standing", "running", "standing"]
    # Each was one edit.
    button = window.page.get_by_role("button", name="Undo: Pose of 2 entities: Running")
    await button.click()
    await window.settled()
    await window.page.keyboard.press("Control+z")
    await window.settled()
    assert site.project.undo_label == undo
    assert site.project.entity("player_2")["presence"].at(35) == "present"


async def test_shift_and_the_arrows_pick_a_range_in_the_list(
    site: Site, window: Window, names: Locator
) -> None:
    await window.page.locator(".entity-row:visible", has_text="player_1").click()
    entities = window.page.get_by_role("listbox", name="Entities")
    await entities.focus()
    for _ in range(2):
        await window.page.keyboard.press("Shift+ArrowDown")
    ids = [site.project.entity(f"player_{i}").id for i in (1, 2, 3)]
    assert await window.js("reviewer.selection") == ids
    await window.page.keyboard.press("Shift+ArrowUp")
    assert await window.js("reviewer.selection") == ids[:2]
    assert site.project.entity("player_2")["team"].value == "away"
    await window.page.keyboard.press("h")  # Home, in this ontology: here as in the picture
    await window.settled()
    assert site.project.entity("player_2")["team"].value == "home"
    await window.page.keyboard.press("Control+k")
    await window.page.keyboard.type("hide the sel")
    await window.page.keyboard.press("Enter")
    struck = window.page.locator(".entity-row.is-hidden")
    await expect(struck).to_have_count(2)
    await entities.focus()
    await window.page.keyboard.press("ArrowUp")
    assert await window.js("reviewer.selection") == [site.project.entity("player_1").id]


async def test_whole_entities_are_worked_on_by_keys(
    site: Site, window: Window, names: Locator
) -> None:
    page, project = window.page, site.project
    player = project.entity("player_1")
    await window.go_to(40)
    await page.locator(".entity-row:visible", has_text="player_1").click()
    await page.keyboard.press("Shift+x")
    await window.settled()
    later = project.entity(
        await window.until(f"reviewer.selected !== '{player.id}' && reviewer.selected")
    )
    assert later.class_name == "player"
    assert [player["presence"].at(frame) for frame in (39, 40)] == ["present", "absent"]
    assert later["presence"].at(40) == "present"
    await page.keyboard.press("Control+z")
    await window.settled()
    await expect(names).to_have_count(6)
    await page.locator(".entity-row:visible", has_text="player_1").click()
    await page.keyboard.press("}")
    await window.settled()
    assert [player["presence"].at(frame) for frame in (40, 41)] == ["present", "absent"]
    await page.keyboard.press("Control+z")
    await window.settled()
    # Of two that are selected, the one picked last stays.
    await page.locator(".entity-row:visible", has_text="player_3").click(modifiers=["Control"])
    await page.locator(".entity-row:visible", has_text="player_1").click(modifiers=["Control"])
    await page.locator(".entity-row:visible", has_text="player_1").click(modifiers=["Control"])
    await page.keyboard.press("Shift+u")
    dialog = page.get_by_role("dialog", name="Merge with player_1")
    chosen = dialog.locator(".candidate[aria-selected='true']")
    await expect(chosen).to_contain_text("player_3")
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await window.settled()
    assert [entity.name for entity in map(project.entity, project.entities)].count("player_3") == 0
    assert project.entity("player_1").id == player.id
