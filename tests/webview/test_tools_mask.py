"""Painting masks as a person would; every pixel of what is stored is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import expect
from reviewer.format.geometry import Shape, mask

from reviewer import Entity, Project

from . import hand
from .conftest import Site, Window
from .hand import add, clicks, done, take


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "match", plain_video, hand.ONTOLOGY, author="Ada") as project:
        yield project


def pixels(entity: Entity, frame: int = 0) -> np.ndarray:
    """The mask over the picture, bool (360, 640)."""
    return mask.to_array(entity["mask"].at(frame), (0, 0, 640, 360))


def brushed(start: tuple[float, float], end: tuple[float, float], radius: float) -> np.ndarray:
    """Signed distance of each pixel's middle to the edge of a round stroke, positive inside."""
    y, x = np.mgrid[0:360, 0:640] + 0.5
    along = np.subtract(end, start)
    length = float(along @ along) or 1.0
    share = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / length, 0, 1)
    distance = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
    return np.asarray(radius - distance)


async def paint(window: Window, *points: tuple[float, float]) -> None:
    mouse = window.page.mouse
    await mouse.move(*await window.at(*points[0]))
    await mouse.down()
    for point in points[1:]:
        await mouse.move(*await window.at(*point), steps=4)
    await mouse.up()


async def size_of_brush(window: Window) -> int:
    return int(await window.page.get_by_label("Brush size").input_value())


def agrees(found: np.ndarray, distance: np.ndarray, px: float = 1.5) -> bool:
    """Inside what is surely inside, and nothing of what is surely outside."""
    return bool(found[distance > px].all() and not found[distance < -px].any())


async def test_brush_and_eraser(site: Site, window: Window) -> None:
    await window.go_to(5)
    await take(window, "mask")
    size = await size_of_brush(window)
    await paint(window, (200, 150), (300, 150))
    entity = await done(site, window)
    stroke = brushed((200, 150), (300, 150), size / 2)
    assert entity["mask"].keyframes.tolist() == [5]
    assert agrees(pixels(entity, 5), stroke)
    # The second stroke goes on in the same mask; each stroke is one undo.
    await paint(window, (250, 100), (250, 200))
    await window.settled()
    across = brushed((250, 100), (250, 200), size / 2)
    assert agrees(pixels(entity, 5), np.maximum(stroke, across))
    await window.page.keyboard.press("e")
    await paint(window, (250, 150), (252, 150))
    await window.settled()
    hole = brushed((250, 150), (252, 150), size / 2)
    assert agrees(pixels(entity, 5), np.minimum(np.maximum(stroke, across), -hole))
    assert site.project.undo_label == f"Erase from mask of {entity.name}"
    await window.page.keyboard.press("Control+z")
    await window.settled()
    assert agrees(pixels(entity, 5), np.maximum(stroke, across))
    # On a later frame the mask there is painted, and becomes a keyframe.
    await window.go_to(30)
    await window.page.keyboard.press("b")
    await paint(window, (400, 300), (420, 300))
    await window.settled()
    assert entity["mask"].keyframes.tolist() == [5, 30]
    later = brushed((400, 300), (420, 300), size / 2)
    assert agrees(pixels(entity, 30), np.maximum(np.maximum(stroke, across), later))
    assert len(site.project.entities) == 1


async def test_alt_is_the_other_of_brush_and_eraser(site: Site, window: Window) -> None:
    await take(window, "mask")
    size = await size_of_brush(window)
    await paint(window, (200, 150), (300, 150))
    entity = await done(site, window)
    await window.page.keyboard.down("Alt")
    await paint(window, (250, 150), (250, 150))
    await window.page.keyboard.up("Alt")
    await window.settled()
    wanted = np.minimum(
        brushed((200, 150), (300, 150), size / 2), -brushed((250, 150), (250, 150), size / 2)
    )
    assert agrees(pixels(entity), wanted)


async def test_size_by_wheel_and_by_keys(site: Site, window: Window) -> None:
    await take(window, "mask")
    await window.page.mouse.move(*await window.at(300, 200))
    before = await size_of_brush(window)
    await window.page.keyboard.down("Alt")
    await window.page.mouse.wheel(0, -300)
    await window.page.keyboard.up("Alt")
    await window.until(f"Number(document.querySelector('.brush-size').value) > {before}")
    scale = await window.js("reviewer.view.scale")
    for _ in range(30):
        await window.page.keyboard.press("[")
    assert await size_of_brush(window) == 1
    assert await window.js("reviewer.frame") == 0
    await window.page.keyboard.press("]")
    assert await size_of_brush(window) == 2
    assert await window.js("reviewer.view.scale") == scale
    for _ in range(1):
        await window.page.keyboard.press("[")
    await clicks(window, (300.5, 200.5))
    entity = await done(site, window)
    assert pixels(entity).sum() in (1, 2)
    assert pixels(entity)[199:202, 299:302].any()


async def test_filling_a_closed_region(site: Site, window: Window) -> None:
    ring = np.zeros((60, 80), bool)
    ring[:8] = ring[-8:] = True
    ring[:, :8] = ring[:, -8:] = True
    entity = await add(window, site.project, "mask", mask.from_array(ring, 200, 100))
    await window.click(204, 130)
    await take(window, "mask")
    await window.page.keyboard.press("f")
    await window.click(100, 100)
    await expect(window.page.get_by_text("no closed region")).to_be_visible()
    await window.click(240, 130)
    await window.settled()
    assert entity["mask"][0].area == 60 * 80
    assert entity["mask"][0].box == (200, 100, 80, 60)


async def test_an_area_by_its_outline(site: Site, window: Window) -> None:
    await take(window, "mask")
    await window.page.keyboard.press("l")
    await clicks(window, (100, 100), (200, 100), (200, 200), (100, 200))
    await window.page.keyboard.press("Enter")
    entity = await done(site, window)
    inside = np.zeros((360, 640), bool)
    inside[100:200, 100:200] = True
    assert np.abs(np.argwhere(pixels(entity) != inside) % 100 - 50).min(initial=50) > 46
    # With Alt the area is taken away.
    await clicks(window, (120, 120), (180, 120), (180, 180))
    await window.page.keyboard.down("Alt")
    await window.page.mouse.dblclick(*await window.at(120, 180))
    await window.page.keyboard.up("Alt")
    await window.settled()
    assert not pixels(entity)[125:175, 125:175].any()
    assert pixels(entity)[105:115, 105:195].all()


async def test_a_polygon_becomes_a_mask(site: Site, window: Window) -> None:
    square = [(100, 100), (180, 100), (180, 160), (100, 160)]
    hole = [(120, 120), (140, 120), (140, 140), (120, 140)]
    far = [(300, 100), (320, 100), (320, 120), (300, 120)]
    entity = await add(window, site.project, "polygon", Shape.polygon([square, hole], [far]))
    await window.click(160, 150)
    await window.page.get_by_role("button", name="To mask").click()
    await window.settled()
    wanted = np.zeros((360, 640), bool)
    wanted[100:160, 100:180] = True
    wanted[120:140, 120:140] = False
    wanted[100:120, 300:320] = True
    assert (pixels(entity) == wanted).all()
    assert entity["polygon"].keyframes.tolist() == [0]


async def test_escape_gives_a_stroke_up(site: Site, window: Window) -> None:
    picture = np.ones((40, 40), bool)
    entity = await add(window, site.project, "mask", mask.from_array(picture, 200, 100))
    await window.click(220, 120)
    await take(window, "mask")
    revision = site.project.revision
    await window.page.mouse.move(*await window.at(220, 120))
    await window.page.mouse.down()
    await window.page.mouse.move(*await window.at(300, 120), steps=3)
    await window.page.keyboard.press("Escape")
    await window.page.mouse.up()
    await window.settled()
    assert site.project.revision == revision
    shapes = await window.js("reviewer.painted().shapes.map((shape) => shape.value)")
    assert mask.parse(shapes[0]) == entity["mask"][0]


async def test_strokes_one_after_the_other_before_the_first_is_saved(
    site: Site, window: Window
) -> None:
    await take(window, "mask")
    size = await size_of_brush(window)
    await paint(window, (200, 100), (300, 100))
    await paint(window, (200, 200), (300, 200))
    await paint(window, (200, 300), (300, 300))
    entity = await done(site, window)
    assert len(site.project.entities) == 1
    strokes = [brushed((200, y), (300, y), size / 2) for y in (100, 200, 300)]
    assert agrees(pixels(entity), np.maximum.reduce(strokes))
    # "New" begins another entity.
    await window.page.get_by_role("button", name="New", exact=True).click()
    await paint(window, (400, 100), (450, 100))
    await window.settled()
    assert len(site.project.entities) == 2
