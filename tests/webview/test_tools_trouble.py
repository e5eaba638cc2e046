"""Tools where something is in the way: locks, read-only projects, hostile names, lost time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from reviewer.format.geometry import Shape
from reviewer.webview.server import Server

from reviewer import Project

from . import hand
from .conftest import OpenWindow, Site, Window
from .hand import add, clicks, done, near, take

HOSTILE = '<img src=x onerror="document.title=1">\u202e[red]'


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "match", plain_video, hand.ONTOLOGY, author="Ada") as project:
        yield project


async def test_a_locked_shape_lets_the_hand_through(site: Site, window: Window) -> None:
    above = await add(window, site.project, "box", (120, 120, 40, 40))
    below = await add(window, site.project, "box", (100, 100, 200, 150))
    await window.click(140, 140)
    assert await window.js("reviewer.selected") == above.id
    row = window.page.get_by_role("option", name=above.name)
    await row.hover()
    await row.get_by_role("button", name="Lock").click()
    await window.click(200, 200)
    await window.drag((140, 140), (180, 160))
    await window.settled()
    assert above["box"][0].tolist() == [120, 120, 40, 40]
    assert near(below["box"][0], [140, 120, 200, 150])
    # Selected in the list it has no handles, and its keys are refused.
    await row.click()
    await window.page.keyboard.press("Alt+ArrowRight")
    await expect(window.page.get_by_text("is locked")).to_be_visible()
    await window.settled()
    assert above["box"][0].tolist() == [120, 120, 40, 40]


async def test_nothing_is_changed_in_a_read_only_project(
    site: Site, open_window: OpenWindow
) -> None:
    entity = site.project.add_entity("thing")
    entity["polygon"][0] = [(100, 100), (200, 100), (200, 200)]
    site.project._core.read_only = "the disk is full."
    window = await open_window(site.url)
    for tool in ("box", "polygon", "mask"):
        button = window.page.get_by_role("group", name="Tools").locator(f"[data-kind='{tool}']")
        await expect(button).to_be_disabled()
    await window.page.keyboard.press("b")
    await expect(window.page.get_by_text("Nothing can be changed").first).to_be_visible()
    await window.click(180, 120)
    assert await window.js("reviewer.selected") == entity.id
    before = await window.js("reviewer.painted().shapes")
    await window.drag((200, 100), (300, 50))
    await window.drag((180, 120), (300, 150))
    for key in ("Alt+ArrowRight", "Tab", "Control+v"):
        await window.page.keyboard.press(key)
    assert await window.js("reviewer.painted().shapes") == before
    assert entity["polygon"][0] == Shape.polygon([[(100, 100), (200, 100), (200, 200)]])


async def test_names_are_text_wherever_tools_show_them(
    tmp_path: Path, plain_video: Path, open_window: OpenWindow
) -> None:
    ontology = {
        "classes": [
            {
                "name": "thing",
                "label": HOSTILE,
                "geometry": ["polygon", "points", "mask"],
                "skeleton": {"points": [HOSTILE, "b"], "edges": []},
            }
        ]
    }
    with Project.create(tmp_path / "hostile", plain_video, ontology) as project:
        server = Server([project])
        server.start()
        window = await open_window(server.url)
        site = Site(server, project)
        await take(window, "polygon")
        await clicks(window, (100, 100), (200, 100), (200, 200))
        await window.page.keyboard.press("Enter")
        entity = await done(site, window)
        entity.rename(HOSTILE)
        await window.page.keyboard.press("a")
        await expect(window.page.locator(".tool-what")).to_contain_text("Add to <img src=x")
        await window.page.keyboard.press("Escape")
        await take(window, "points")
        await window.drag((300, 100), (400, 200))
        await done(site, window)
        await window.page.keyboard.press("Tab")
        await expect(window.page.locator(".tool-what")).to_contain_text("<img src=x")
        assert await window.page.locator(".workspace img").count() == 0
        assert "Reviewer" in await window.page.title()
        server.stop()


async def test_a_polygon_begun_on_one_frame_is_made_where_it_ends(
    site: Site, window: Window
) -> None:
    await take(window, "polygon")
    await clicks(window, (100, 100), (200, 100))
    await window.page.keyboard.press(".")
    await window.until("reviewer.frame === 1")
    await clicks(window, (200, 200))
    await window.page.keyboard.press("Enter")
    entity = await done(site, window)
    assert entity["polygon"].keyframes.tolist() == [1]
    assert entity["presence"].keyframes.tolist() == [1]


async def test_a_shape_that_is_deleted_elsewhere_while_it_is_dragged(
    site: Site, window: Window
) -> None:
    entity = await add(window, site.project, "ellipse", (300, 150, 60, 40, 0))
    await window.click(300, 150)
    await window.page.mouse.move(*await window.at(300, 150))
    await window.page.mouse.down()
    await window.page.mouse.move(*await window.at(360, 150), steps=3)
    entity.delete()
    await window.until("reviewer.selected === null")
    await window.page.mouse.move(*await window.at(380, 150), steps=2)
    await window.page.mouse.up()
    await window.until("reviewer.status === 'saved' && reviewer.overrides === 0")
    assert await window.js("reviewer.painted().shapes.length") == 0
    assert len(site.project.entities) == 0


async def test_tools_go_on_while_the_server_is_away(site: Site, window: Window) -> None:
    entity = await add(window, site.project, "rotated_box", (300, 150, 80, 40, 0))
    await window.click(300, 150)
    await window.page.context.set_offline(True)
    await window.drag((300, 150), (350, 180))
    await window.page.keyboard.press("Alt+Shift+ArrowDown")
    shapes = await window.js("reviewer.painted().shapes")
    assert near(shapes[0]["value"], [350, 190, 80, 40, 0])
    await window.page.context.set_offline(False)
    await window.settled()
    assert near(entity["rotated_box"][0], [350, 190, 80, 40, 0])
