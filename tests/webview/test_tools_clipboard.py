"""Copying, pasting and duplicating shapes between frames and entities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from reviewer.format.geometry import Shape

from reviewer import Project

from . import hand
from .conftest import Site, Window
from .hand import add, click_with, done, near


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "match", plain_video, hand.ONTOLOGY, author="Ada") as project:
        yield project


async def test_paste_on_another_frame_is_a_keyframe_there(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "rotated_box", (200, 150, 80, 40, 30))
    with site.project.transaction("away"):
        entity["rotated_box"][20] = (400, 150, 80, 40, 0)
        entity["presence"][40] = "absent"
    await window.click(200, 150)
    await window.page.keyboard.press("Control+c")
    await expect(window.page.get_by_text(f"Copied {entity.name}")).to_be_visible()
    await window.go_to(50)
    await window.page.keyboard.press("Control+v")
    await window.settled()
    assert entity["rotated_box"].keyframes.tolist() == [0, 20, 50]
    assert entity["rotated_box"][50].tolist() == [200, 150, 80, 40, 30]
    # It was absent there: what is pasted is to be seen.
    assert entity["presence"].at(50) == "present"
    assert entity["presence"].at(45) == "absent"
    assert site.project.undo_label == f"Paste into {entity.name}"
    assert len(site.project.entities) == 1


async def test_paste_into_another_entity(site: Site, window: Window) -> None:
    first = await add(window, site.project, "polygon", Shape.polygon([[(9, 9), (99, 9), (99, 99)]]))
    second = await add(window, site.project, "box", (300, 200, 80, 60))
    await window.click(80, 30)
    await window.page.keyboard.press("Control+c")
    await window.click(340, 230)
    await window.page.keyboard.press("Control+v")
    await window.settled()
    assert second["polygon"][0] == first["polygon"][0]
    assert second["box"][0].tolist() == [300, 200, 80, 60]
    # A class without polygons takes none.
    person = await add(window, site.project, "points", [(500 + 9 * i, 99, 2) for i in range(6)])
    await window.click(500, 99)
    assert await window.js("reviewer.selected") == person.id
    await window.page.keyboard.press("Control+v")
    await expect(window.page.get_by_text("has no such geometry")).to_be_visible()
    assert len(person["points"].keyframes) == 1


async def test_paste_with_nothing_selected_makes_a_new_entity(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "box", (100, 100, 80, 60))
    await window.click(140, 130)
    await window.page.keyboard.press("Control+c")
    await window.page.keyboard.press("Escape")
    await window.go_to(25)
    await window.page.keyboard.press("Control+v")
    made = await done(site, window)
    assert made.id != entity.id
    assert made["presence"].keyframes.tolist() == [25]
    assert made["box"][25].tolist() == [100, 100, 80, 60]


async def test_several_are_copied_and_pasted_as_new_and_into_their_own(
    site: Site, window: Window
) -> None:
    first = await add(window, site.project, "box", (100, 100, 80, 60))
    second = await add(window, site.project, "ellipse", (300, 150, 40, 30, 10))
    await window.click(140, 130)
    await click_with(window, 300, 150, "Shift")
    await window.page.keyboard.press("Control+c")
    await window.go_to(10)
    await window.page.keyboard.press("Control+v")
    await window.settled()
    assert first["box"].keyframes.tolist() == [0, 10]
    assert second["ellipse"].keyframes.tolist() == [0, 10]
    await window.page.keyboard.press("Escape")
    await window.page.keyboard.press("Control+v")
    await window.settled()
    assert len(site.project.entities) == 4
    assert site.project.undo_label == "Paste 2 shapes"
    assert len(await window.js("reviewer.selection")) == 2


async def test_duplicate_keeps_constants_and_lies_aside(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "points", [(200 + 20 * i, 150, 2) for i in range(6)])
    with site.project.transaction("more"):
        entity["box"][0] = (190, 100, 120, 100)
        entity["number"] = 7
    await window.until("reviewer.painted().entities.length === 1")
    await window.click(240, 150)
    await window.page.keyboard.press("Control+d")
    twin = await done(site, window)
    assert twin.id != entity.id
    assert near(twin["box"][0], [202, 112, 120, 100], 1e-9)
    assert near(twin["points"][0], [(212 + 20 * i, 162, 2) for i in range(6)], 1e-9)
    assert twin["points"].keyframes.tolist() == [0]
    assert twin["number"].value == 7
    assert site.project.undo_label == f"Duplicate {entity.name}"
    await window.page.keyboard.press("Control+z")
    await window.settled()
    assert list(site.project.entities) == [entity.id]


async def test_nothing_to_copy_or_to_paste_is_said(site: Site, window: Window) -> None:
    await window.page.keyboard.press("Control+v")
    await expect(window.page.get_by_text("Nothing was copied yet")).to_be_visible()
    await window.page.keyboard.press("Control+c")
    await expect(window.page.get_by_text("Select a shape to copy it")).to_be_visible()
    assert len(site.project.entities) == 0
