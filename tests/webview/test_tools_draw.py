"""Drawing every kind with mouse and keyboard; what was drawn is read from the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import expect
from reviewer.webview.server import Server

from reviewer import Project

from . import hand
from .conftest import OpenWindow, Site, Window
from .hand import BODY, clicks, done, drag_with, near, take


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "match", plain_video, hand.ONTOLOGY, author="Ada") as project:
        yield project


async def test_the_toolbar_shows_what_the_ontology_allows(
    tmp_path: Path, plain_video: Path, site: Site, window: Window, open_window: OpenWindow
) -> None:
    tools = window.page.get_by_role("group", name="Tools").get_by_role("button")
    assert [await tools.nth(i).get_attribute("data-kind") for i in range(await tools.count())] == [
        "", "box", "rotated_box", "ellipse", "polygon", "polyline", "points", "cuboid", "mask",
    ]  # fmt: skip
    # Another project: boxes only. Its tool names the kind.
    few = {"classes": [{"name": "car", "geometry": ["box"]}, {"name": "hit", "geometry": []}]}
    with Project.create(tmp_path / "few", plain_video, few) as other:
        server = Server([other])
        server.start()
        second = await open_window(server.url)
        group = second.page.get_by_role("group", name="Tools")
        await expect(group.get_by_role("button")).to_have_text(["Select", "Box"])
        options = second.page.get_by_label("Class of what is drawn").locator("option")
        await expect(options).to_have_text(["Car"])
        server.stop()


async def test_box_square_and_from_the_middle(site: Site, window: Window) -> None:
    await take(window, "box")
    await drag_with(window, (100, 80), (180, 120), "Shift")
    assert near((await done(site, window))["box"][0], [100, 80, 80, 80])
    await take(window, "box")
    await drag_with(window, (400, 200), (440, 220), "Control")
    assert near((await done(site, window))["box"][0], [360, 180, 80, 40])
    await take(window, "box")
    await drag_with(window, (300, 150), (280, 160), "Control", "Shift")
    assert near((await done(site, window))["box"][0], [280, 130, 40, 40])


async def test_drawing_snaps_to_the_edges_of_the_picture(site: Site, window: Window) -> None:
    await take(window, "box")
    await window.drag((2, 3), (637, 200))
    box = (await done(site, window))["box"][0]
    assert box[:3].tolist() == [0, 0, 640]
    await window.page.keyboard.press("Shift+s")
    await take(window, "box")
    await window.drag((3, 250), (100, 300))
    assert (await done(site, window))["box"][0][0] == pytest.approx(3, abs=1)


async def test_rotated_box_and_its_turning_handle(site: Site, window: Window) -> None:
    await window.go_to(7)
    await take(window, "rotated_box")
    await window.drag((200, 150), (320, 210))
    entity = await done(site, window)
    assert near(entity["rotated_box"][7], [260, 180, 120, 60, 0])
    assert entity["presence"].keyframes.tolist() == [7]
    scale = await window.js("reviewer.view.scale")
    handle = (260, 150 - 28 / scale)
    await window.drag(handle, (260 + 80, 180 - 60))
    await window.settled()
    angle = np.degrees(np.arctan2(80, 60))
    assert near(entity["rotated_box"][7], [260, 180, 120, 60, angle], 1)
    # With Shift it keeps to steps of 15 degrees.
    middle = np.array([260, 180])
    out = 30 + 28 / scale
    at = middle + out * np.array([np.sin(np.radians(angle)), -np.cos(np.radians(angle))])
    await drag_with(window, tuple(at), (260 + 100, 180 + 9), "Shift")
    await window.settled()
    assert entity["rotated_box"][7][4] == 90
    # The far side's handle widens it along its own axis: its middle moves half as far.
    await window.drag((260, 240), (260, 270))
    await window.settled()
    assert near(entity["rotated_box"][7], [260, 195, 150, 60, 90])


async def test_ellipse_circle_and_keys(site: Site, window: Window) -> None:
    await window.page.keyboard.press("Shift+e")
    await drag_with(window, (200, 100), (280, 140), "Shift")
    entity = await done(site, window)
    assert near(entity["ellipse"][0], [240, 140, 40, 40, 0])
    # The handle in the middle of the right side sets that radius; the other side stays.
    await window.drag((280, 140), (320, 140))
    await window.settled()
    assert near(entity["ellipse"][0], [260, 140, 60, 40, 0])


async def test_polygon_closed_by_enter_backspace_and_escape(site: Site, window: Window) -> None:
    await window.page.keyboard.press("y")
    await clicks(window, (100, 100), (200, 100))
    await window.page.keyboard.press("Enter")
    await expect(window.page.get_by_text("needs 3 vertices")).to_be_visible()
    await clicks(window, (300, 300))
    await window.page.keyboard.press("Backspace")
    await clicks(window, (200, 200), (100, 200))
    await window.page.keyboard.press("Enter")
    entity = await done(site, window)
    shape = entity["polygon"][0]
    assert near(shape, [(100, 100), (200, 100), (200, 200), (100, 200)])
    assert site.project.undo_label == "Add Thing"
    # Escape gives up what was begun, and nothing is made of it.
    await window.page.keyboard.press("y")
    await clicks(window, (300, 100), (350, 100), (350, 150))
    await window.page.keyboard.press("Escape")
    await window.page.keyboard.press("Escape")
    await window.settled()
    assert len(site.project.entities) == 1


async def test_polygon_closed_by_double_click_and_on_its_first_vertex(
    site: Site, window: Window
) -> None:
    await take(window, "polygon")
    await clicks(window, (100, 100), (200, 100))
    await window.page.mouse.dblclick(*await window.at(150, 180))
    first = await done(site, window)
    assert near(first["polygon"][0], [(100, 100), (200, 100), (150, 180)])
    await take(window, "polygon")
    await clicks(window, (300, 100), (400, 100), (400, 200), (301, 101))
    second = await done(site, window)
    assert second.id != first.id
    assert near(second["polygon"][0], [(300, 100), (400, 100), (400, 200)])


async def test_polyline_with_shift_keeps_to_45_degrees(site: Site, window: Window) -> None:
    await take(window, "polyline")
    await clicks(window, (100, 100))
    await window.page.keyboard.down("Shift")
    await clicks(window, (200, 108), (270, 170))
    await window.page.keyboard.up("Shift")
    await window.page.keyboard.press("Enter")
    entity = await done(site, window)
    a, b, c = entity["polyline"][0].points
    assert near(a, (100, 100))
    assert b[1] == a[1]
    assert c[0] - b[0] == pytest.approx(c[1] - b[1], abs=0.011)
    assert near(c, (270, 170), 2)


async def test_holes_parts_and_paths_are_drawn_into_the_selection(
    site: Site, window: Window
) -> None:
    await take(window, "polygon")
    await clicks(window, (100, 100), (300, 100), (300, 300), (100, 300))
    await window.page.keyboard.press("Enter")
    entity = await done(site, window)
    await window.page.keyboard.press("a")
    await clicks(window, (150, 150), (200, 150), (200, 200))
    await window.page.keyboard.press("Enter")
    await window.settled()
    assert site.project.undo_label == f"Add a hole to {entity.name}"
    await window.page.get_by_role("button", name="+ Hole or part").click()
    await clicks(window, (400, 100), (500, 100), (500, 200))
    await window.page.keyboard.press("Enter")
    await window.settled()
    parts = entity["polygon"][0].parts
    assert [[len(ring) for ring in part] for part in parts] == [[4, 3], [3]]
    assert near(parts[0][1], [(150, 150), (200, 150), (200, 200)])
    assert near(parts[1][0], [(400, 100), (500, 100), (500, 200)])
    assert len(site.project.entities) == 1


async def test_skeleton_is_laid_into_the_box(site: Site, window: Window) -> None:
    await take(window, "points")
    # The class that has a skeleton is taken by itself.
    await expect(window.page.get_by_label("Class of what is drawn")).to_have_value("person")
    await window.drag((200, 50), (300, 250))
    entity = await done(site, window)
    points = entity["points"][0]
    assert (points[:, 2] == 2).all()
    assert near([points[:, 0].min(), points[:, 0].max()], [200, 300])
    assert near([points[:, 1].min(), points[:, 1].max()], [50, 250])
    head, left, right = (points[BODY.index(n)] for n in ("head", "left_hand", "right_hand"))
    assert head[1] < left[1]
    assert right[0] < head[0] < left[0]


async def test_cuboid_front_face_then_depth(site: Site, window: Window) -> None:
    await take(window, "cuboid")
    await window.drag((100, 150), (200, 250))
    await window.page.mouse.move(*await window.at(240, 220), steps=3)
    await window.page.mouse.down()
    await window.page.mouse.up()
    entity = await done(site, window)
    front = [(100, 150), (100, 250), (200, 150), (200, 250)]
    back = [(240, 120), (240, 220), (140, 120), (140, 220)]
    assert near(entity["cuboid"][0], front + back)
    # The front's own handle moves the face, a corner's only that corner.
    await window.drag((150, 200), (130, 210))
    await window.settled()
    assert near(entity["cuboid"][0], [(x - 20, y + 10) for x, y in front] + back)
    await window.drag((240, 120), (260, 110))
    await window.settled()
    assert near(entity["cuboid"][0][4], (260, 110))
    assert near(entity["cuboid"][0][5:], back[1:])


async def test_drawing_several_in_a_row(site: Site, window: Window) -> None:
    await take(window, "box")
    await window.page.get_by_role("button", name="Several").click()
    await window.drag((100, 100), (150, 150))
    await window.drag((200, 100), (250, 150))
    await window.page.keyboard.press("Escape")
    await window.settled()
    assert len(site.project.entities) == 2


async def test_a_further_kind_for_the_selected_entity(site: Site, window: Window) -> None:
    await window.page.keyboard.press("2")
    await window.drag((200, 100), (260, 250))
    entity = await done(site, window)
    assert entity.class_name == "person"
    # Drawing anew draws what there is; with another tool chosen, that is added to it.
    await window.go_to(30)
    await window.page.keyboard.press("r")
    await window.drag((300, 100), (360, 250))
    await window.settled()
    assert entity["box"].keyframes.tolist() == [0, 30]
    assert near(entity["box"][30], [300, 100, 60, 150])
    assert len(site.project.entities) == 1


async def test_what_was_begun_is_not_made_when_the_tool_changes(site: Site, window: Window) -> None:
    await take(window, "polygon")
    await clicks(window, (100, 100), (200, 100), (200, 200))
    await take(window, "box")
    await take(window, "polygon")
    await window.page.keyboard.press("Enter")
    await window.settled()
    assert len(site.project.entities) == 0
