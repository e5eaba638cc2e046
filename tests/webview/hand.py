"""A project for the tools of the page, and what a hand does with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from reviewer.format.geometry import Shape

from reviewer import Entity, Project

from .conftest import Site, Window

BODY = ["head", "left_hand", "right_hand", "hip", "left_foot", "right_foot"]
ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "thing",
            "label": "Thing",
            "color": "#56b4e9",
            "hotkey": "1",
            "geometry": [
                "box", "rotated_box", "ellipse", "polyline", "polygon", "cuboid", "mask",
            ],
        },
        {
            "name": "person",
            "label": "Person",
            "color": "#e69f00",
            "hotkey": "2",
            "geometry": ["box", "points"],
            "skeleton": {
                "points": BODY,
                "edges": [
                    ["head", "hip"], ["hip", "left_foot"], ["hip", "right_foot"],
                    ["head", "left_hand"], ["head", "right_hand"],
                ],
            },
            "properties": [{"name": "number", "kind": "number"}],
        },
    ]
}  # fmt: skip


async def take(window: Window, tool: str) -> None:
    """Press a tool's button."""
    button = window.page.get_by_role("group", name="Tools").locator(f"[data-kind='{tool}']")
    await button.click()


async def done(site: Site, window: Window) -> Entity:
    """Everything saved and answered; the entity selected now."""
    await window.settled()
    selected = await window.until("reviewer.selected")
    return site.project.entity(str(selected))


async def add(window: Window, project: Project, kind: str, value: Any, frame: int = 0) -> Entity:
    """Another client adds a shape of the class that has its kind; the window shows it."""
    class_name = "person" if kind == "points" else "thing"
    with project.transaction("add"):
        entity = project.add_entity(class_name, frame=frame)
        entity[kind][frame] = value
    what = f"reviewer.painted().shapes.some((shape) => shape.entity === '{entity.id}')"
    if kind == "box":
        what = f"reviewer.painted().entities.includes('{entity.id}')"
    await window.until(what)
    return entity


async def clicks(window: Window, *points: tuple[float, float]) -> None:
    """Click one place after the other, unhurried: not as double clicks."""
    for x, y in points:
        await window.page.mouse.move(*await window.at(x, y))
        await window.page.mouse.down()
        await window.page.mouse.up()


async def drag_with(
    window: Window, start: tuple[float, float], end: tuple[float, float], *keys: str
) -> None:
    """Drag with keys held."""
    await window.page.mouse.move(*await window.at(*start))
    await window.page.mouse.down()
    for key in keys:
        await window.page.keyboard.down(key)
    await window.page.mouse.move(*await window.at(*end), steps=4)
    await window.page.mouse.up()
    for key in keys:
        await window.page.keyboard.up(key)


async def click_with(window: Window, x: float, y: float, key: str) -> None:
    await window.page.keyboard.down(key)
    await window.click(x, y)
    await window.page.keyboard.up(key)


def near(value: Any, wanted: Any, px: float = 1.5) -> bool:
    """Whether coordinates are where the hand was, as exactly as a screen's pixels are."""
    if isinstance(value, Shape):
        value = value.points
    found, expected = np.asarray(value, float), np.asarray(wanted, float)
    return found.shape == expected.shape and float(np.abs(found - expected).max()) <= px
