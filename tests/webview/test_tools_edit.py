"""Changing shapes of every kind with mouse and keyboard; the outcome is read from the project."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import expect
from reviewer.format.geometry import Shape, mask

from reviewer import Entity, Project

from . import hand
from .conftest import Site, Window
from .hand import BODY, add, click_with, done, drag_with, near

NUDGE_PAUSE_S = 0.4  # of tools/editing.js
SQUARE = [(100, 100), (200, 100), (200, 200), (100, 200)]
PICTURE = np.zeros((40, 60), bool)
PICTURE[5:35, 5:55] = True
VALUES: dict[str, Any] = {
    "box": (200, 100, 100, 80),
    "rotated_box": (250, 140, 100, 80, 20),
    "ellipse": (250, 140, 60, 40, 20),
    "polyline": Shape.polyline([(200, 100), (300, 100), (300, 180)]),
    "polygon": Shape.polygon([[(200, 100), (300, 100), (300, 180), (200, 180)]]),
    "cuboid": [(200, 120), (200, 180), (280, 120), (280, 180),
               (300, 100), (300, 160), (220, 100), (220, 160)],
    "points": [(250, 100, 2), (230, 130, 2), (270, 130, 1), (250, 150, 2), (230, 180, 2),
               (0, 0, 0)],
    "mask": mask.from_array(PICTURE, 220, 120),
}  # fmt: skip
# Where each is taken, and how many px per vertex it says it moved.
GRIPS = {
    "box": (250, 140), "rotated_box": (250, 140), "ellipse": (250, 140), "polyline": (260, 100),
    "polygon": (250, 140), "cuboid": (240, 165), "points": (250, 125), "mask": (250, 140),
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "match", plain_video, hand.ONTOLOGY, author="Ada") as project:
        yield project


def coordinates(value: Any) -> np.ndarray:
    """Of any kind, the numbers that move with it, as (n, 2)."""
    if isinstance(value, Shape):
        return value.points
    if isinstance(value, mask.Mask):
        return np.array([[value.x, value.y]], float)
    array = np.array(value, float)
    if array.shape == (len(BODY), 3):
        return array[array[:, 2] > 0, :2]
    return array if array.ndim == 2 else array[None, :2]


def points(shape: Any) -> list[list[float]]:
    return [[float(v) for v in point] for point in shape.points]


async def test_dragging_moves_every_kind_and_sets_a_keyframe(site: Site, window: Window) -> None:
    for kind, value in VALUES.items():
        await window.go_to(0)
        entity = await add(window, site.project, kind, value)
        await window.go_to(40)
        before = coordinates(entity[kind].at(40))
        x, y = GRIPS[kind]
        await window.click(x, y)
        assert await window.js("reviewer.selected") == entity.id, kind
        await window.drag((x, y), (x + 60, y + 45))
        await window.settled()
        assert entity[kind].keyframes.tolist() == [0, 40], kind
        assert near(coordinates(entity[kind][40]), np.add(before, [60, 45])), kind
        assert near(coordinates(entity[kind].at(0)), before, 1e-9), kind
        assert site.project.undo_label == f"Move {entity.name}"
        await window.page.keyboard.press("Control+z")
        await window.settled()
        assert entity[kind].keyframes.tolist() == [0], kind
        await remove(window, entity)


async def test_keys_move_and_resize_every_kind(site: Site, window: Window) -> None:
    for kind, value in VALUES.items():
        entity = await add(window, site.project, kind, value)
        before = coordinates(entity[kind].at(0)).copy()
        await window.click(*GRIPS[kind])
        for _ in range(3):
            await window.page.keyboard.press("Alt+ArrowRight")
        await window.page.keyboard.press("Alt+Shift+ArrowUp")
        await window.settled()
        assert near(coordinates(entity[kind].at(0)), np.add(before, [3, -10]), 0.011), kind
        revision = await grow_at_once(site, window)
        assert site.project.revision == revision + 1
        assert site.project.undo_label == f"Resize {entity.name}"
        if kind == "box":
            assert entity["box"].at(0).tolist() == [203, 90, 110, 81]
        if kind == "mask":
            assert entity["mask"].at(0).box == (228, 115, 60, 31)
        await remove(window, entity)


async def grow_at_once(site: Site, window: Window) -> int:
    """Wider by 10 and higher by 1, by two keys that follow each other; the revision before.

    A pause ends a run of keys, and with it the edit they make: where a busy machine made one
    between them, what they did is taken back and the keys are pressed anew.
    """
    shown = "[...reviewer.painted().boxes].join()"
    before = await window.js(shown)
    for _ in range(20):
        revision = site.project.revision
        begun = time.monotonic()
        await window.page.keyboard.press("Control+Shift+ArrowRight")
        await window.page.keyboard.press("Control+ArrowDown")
        at_once = time.monotonic() - begun < NUDGE_PAUSE_S
        await window.settled()
        if at_once:
            return revision
        for _ in range(site.project.revision - revision):
            await window.page.keyboard.press("Control+z")
            await window.settled()
        await window.until(f"{shown} === '{before}'")
    raise AssertionError("this machine never lets one key follow another")


async def painted_at(window: Window, entity: Entity, x: float, y: float) -> None:
    """Wait until an entity's box is painted there: only then does a click find it there."""
    await window.until(
        "(() => { const { entities, boxes } = reviewer.painted();"
        f" const at = 4 * entities.indexOf('{entity.id}');"
        f" return at >= 0 && boxes[at] === {x} && boxes[at + 1] === {y}; }})()"
    )


async def remove(window: Window, entity: Entity) -> None:
    entity.delete()
    await window.until(
        "reviewer.selected === null && reviewer.overrides === 0"
        " && reviewer.painted().entities.length + reviewer.painted().shapes.length === 0"
    )


async def test_arrows_step_through_time_while_no_handle_is_reached(
    site: Site, window: Window
) -> None:
    entity = await add(window, site.project, "polygon", Shape.polygon([SQUARE]))
    await window.click(150, 150)
    await window.page.keyboard.press("ArrowRight")
    await window.until("reviewer.frame === 1")
    await window.drag((200, 100), (210, 95))
    await window.settled()
    await window.page.keyboard.press("ArrowRight")
    await window.until("reviewer.frame === 2")
    assert entity["polygon"].keyframes.tolist() == [0, 1]


async def test_vertices_move_come_and_go(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "polygon", Shape.polygon([SQUARE]))
    await window.click(150, 150)
    await window.drag((200, 100), (230, 80))
    await window.settled()
    assert near(entity["polygon"][0], [(100, 100), (230, 80), (200, 200), (100, 200)])
    await window.click(150, 200)  # on its lower edge
    await window.settled()
    assert near(entity["polygon"][0], [(100, 100), (230, 80), (200, 200), (150, 200), (100, 200)])
    await window.click(100, 150)  # between the last vertex and the first
    await window.settled()
    assert near(points(entity["polygon"][0])[-1], (100, 150))
    await click_with(window, 230, 80, "Alt")
    await window.settled()
    assert near(entity["polygon"][0], [(100, 100), (200, 200), (150, 200), (100, 200), (100, 150)])
    # A click reaches a vertex, Delete takes it away, and only then the entity.
    await window.click(150, 200)
    await window.page.keyboard.press("Delete")
    await window.settled()
    assert len(entity["polygon"][0].points) == 4
    assert not entity.deleted


async def test_the_last_vertices_stay_and_rings_go_with_theirs(site: Site, window: Window) -> None:
    hole = [(140, 140), (160, 140), (150, 160)]
    entity = await add(window, site.project, "polygon", Shape.polygon([SQUARE[:3], hole]))
    await window.click(185, 120)
    await click_with(window, 140, 140, "Alt")
    await window.settled()
    assert len(entity["polygon"][0].rings) == 1
    await click_with(window, 100, 100, "Alt")
    await expect(window.page.get_by_text("keeps its last vertices")).to_be_visible()
    assert len(entity["polygon"][0].points) == 3


async def test_tab_walks_over_vertices_and_arrows_move_them(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "polyline", Shape.polyline(SQUARE[:3]))
    await window.click(150, 100)
    keyboard = window.page.keyboard
    await keyboard.press("Tab")
    await expect(window.page.get_by_text("Vertex 1 of 3")).to_be_visible()
    await keyboard.press("Tab")
    await keyboard.press("ArrowRight")
    await keyboard.press("ArrowRight")
    await keyboard.press("Shift+ArrowUp")
    await window.settled()
    assert near(entity["polyline"][0], [(100, 100), (202, 90), (200, 200)], 0.011)
    assert await window.js("reviewer.frame") == 0
    await keyboard.press("Shift+Tab")
    await keyboard.press("ArrowLeft")
    await keyboard.press("Escape")
    await window.settled()
    assert near(entity["polyline"][0], [(99, 100), (202, 90), (200, 200)], 0.011)
    await keyboard.press("ArrowRight")
    await window.until("reviewer.frame === 1")


async def test_tab_reaches_a_boxes_corners_and_a_turning_handle(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "box", (200, 100, 100, 80))
    await window.click(250, 140)
    await window.page.keyboard.press("Tab")
    await window.page.keyboard.press("Shift+ArrowLeft")
    await window.settled()
    assert entity["box"][0].tolist() == [190, 100, 110, 80]
    await window.page.keyboard.press("Escape")
    turned = await add(window, site.project, "rotated_box", (450, 140, 100, 80, 0))
    await window.click(450, 140)
    await window.page.keyboard.press("Shift+Tab")
    for _ in range(5):
        await window.page.keyboard.press("ArrowRight")
    await window.settled()
    assert turned["rotated_box"][0].tolist() == [450, 140, 100, 80, 5]


async def test_a_skeletons_points_move_and_are_seen_or_not(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "points", VALUES["points"])
    await window.click(250, 125)
    await window.drag((230, 130), (210, 120))
    await window.settled()
    assert near(entity["points"][0][1], (210, 120, 2))
    await click_with(window, 250, 100, "Alt")
    await window.settled()
    assert entity["points"][0][0, 2] == 1
    await click_with(window, 250, 100, "Alt")
    await window.settled()
    assert entity["points"][0][0].tolist() == [0, 0, 0]
    await window.click(250, 150)
    await window.page.keyboard.press("o")
    await window.settled()
    assert entity["points"][0][3, 2] == 1
    assert entity["presence"].at(0) == "present"  # the key was the point's, not the entity's
    assert site.project.undo_label == f"Make hip of {entity.name} occluded"
    # A point that is absent is offered where it usually is; Tab reaches it.
    for _ in range(2):
        await window.page.keyboard.press("Tab")
    await expect(window.page.get_by_text("right_foot (absent)")).to_be_visible()
    await window.page.keyboard.press("p")
    await window.settled()
    assert entity["points"][0][5, 2] == 2
    assert entity["points"][0][5, 0] < entity["points"][0][4, 0] + 60


async def test_several_move_and_resize_together(site: Site, window: Window) -> None:
    first = await add(window, site.project, "box", (100, 100, 50, 40))
    second = await add(window, site.project, "ellipse", (250, 200, 40, 20, 0))
    third = await add(window, site.project, "box", (400, 100, 50, 40))
    await window.click(125, 120)
    await click_with(window, 250, 200, "Shift")
    assert set(await window.js("reviewer.selection")) == {first.id, second.id}
    await window.drag((125, 120), (145, 150))
    await window.settled()
    assert near(first["box"][0], [120, 130, 50, 40])
    assert near(second["ellipse"][0], [270, 230, 40, 20, 0])
    assert site.project.undo_label == "Move 2 shapes"
    # Around them is the box (120, 130) to (310, 250); its corner is taken to twice the size.
    await window.drag((310, 250), (500, 370))
    await window.settled()
    assert near(first["box"][0], [120, 130, 100, 80], 3)
    assert near(second["ellipse"][0], [420, 330, 80, 40, 0], 4)
    assert third["box"].keyframes.tolist() == [0]
    await window.page.keyboard.press("Control+z")
    await window.page.keyboard.press("Control+z")
    await window.settled()
    assert first["box"][0].tolist() == [100, 100, 50, 40]
    assert second["ellipse"][0].tolist() == [250, 200, 40, 20, 0]
    await painted_at(window, first, 100, 100)
    await click_with(window, 125, 120, "Shift")
    assert await window.js("reviewer.selection") == [second.id]


async def test_the_marquee_and_deleting_what_it_took(site: Site, window: Window) -> None:
    boxes = [await add(window, site.project, "box", (100 + 100 * i, 100, 50, 40)) for i in range(4)]
    await window.drag((80, 80), (320, 200))
    assert set(await window.js("reviewer.selection")) == {box.id for box in boxes[:3]}
    await expect(window.page.get_by_text("3 selected")).to_be_visible()
    await drag_with(window, (390, 80), (470, 160), "Shift")
    assert len(await window.js("reviewer.selection")) == 4
    await window.page.keyboard.press("Delete")
    await window.until("reviewer.painted().entities.length === 0")
    await window.settled()
    assert len(site.project.entities) == 0
    await window.page.get_by_role("button", name="Undo: Delete 4 entities").click()
    await window.until("reviewer.painted().entities.length === 4")
    await window.page.keyboard.press("Control+a")
    await window.page.keyboard.press("Alt+Shift+ArrowDown")
    await window.settled()
    assert [box["box"][0][1] for box in boxes] == [110] * 4


async def test_alt_click_reaches_the_shape_below(site: Site, window: Window) -> None:
    large = await add(window, site.project, "polygon", Shape.polygon([SQUARE]))
    small = await add(window, site.project, "box", (120, 120, 40, 40))
    await window.click(140, 140)
    assert await window.js("reviewer.selected") == small.id
    await click_with(window, 142, 145, "Alt")
    assert await window.js("reviewer.selected") == large.id
    await click_with(window, 150, 138, "Alt")
    assert await window.js("reviewer.selected") == small.id
    # Inside a polygon's bounds but not inside it is nothing.
    await window.click(20, 20)
    assert await window.js("reviewer.selected") is None


async def test_a_shape_with_a_hole_is_not_hit_through_it(site: Site, window: Window) -> None:
    hole = [(130, 130), (170, 130), (170, 170), (130, 170)]
    entity = await add(window, site.project, "polygon", Shape.polygon([SQUARE, hole]))
    await window.click(150, 150)
    assert await window.js("reviewer.selected") is None
    await window.click(115, 150)
    assert await window.js("reviewer.selected") == entity.id


async def test_moving_snaps_to_the_edge_and_shift_keeps_the_direction(
    site: Site, window: Window
) -> None:
    entity = await add(window, site.project, "box", (60, 100, 50, 40))
    await window.click(85, 120)
    await window.drag((85, 120), (28, 118))
    await window.settled()
    left, top, _, _ = entity["box"][0]
    assert left == 0
    await drag_with(window, (25, 118), (145, 128), "Shift")
    await window.settled()
    x, y, _, _ = entity["box"][0]
    assert x == pytest.approx(120, abs=2)
    assert y == top


async def test_resizing_about_the_middle_and_in_proportion(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "box", (200, 100, 100, 50))
    await window.click(250, 125)
    await drag_with(window, (300, 125), (320, 125), "Control")
    await window.settled()
    assert near(entity["box"][0], [180, 100, 140, 50])
    await drag_with(window, (320, 150), (390, 155), "Shift")
    await window.settled()
    x, y, width, height = entity["box"][0]
    assert near([x, y, width], [180, 100, 210])
    assert width / height == pytest.approx(140 / 50, rel=0.01)


async def test_an_entity_with_two_shapes(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "points", VALUES["points"])
    with site.project.transaction("box"):
        entity["box"][0] = (215, 85, 80, 110)
    await window.until("reviewer.painted().entities.length === 1")
    # The smaller of both first, the other with a second click; each moves by itself.
    await window.click(250, 125)
    await window.click(250, 125)
    await window.drag((286, 170), (306, 180))
    await window.settled()
    moved: Entity = await done(site, window)
    assert moved.id == entity.id
    assert near(entity["box"][0], [235, 95, 80, 110])
    assert near(entity["points"][0], VALUES["points"], 1e-9)
