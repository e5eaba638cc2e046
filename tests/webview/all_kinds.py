"""A project with every kind of property in motion: what the page must show exactly as the engine
says it."""

from __future__ import annotations

from typing import Any

import numpy as np
from reviewer.format.geometry import Mask, Shape, mask

from reviewer import Entity, Project

BODY = ["head", "neck", "left_hand", "right_hand", "hip", "left_foot", "right_foot"]
EDGES = [
    ["head", "neck"], ["neck", "left_hand"], ["neck", "right_hand"], ["neck", "hip"],
    ["hip", "left_foot"], ["hip", "right_foot"],
]  # fmt: skip
GEOMETRY = ["box", "rotated_box", "ellipse", "points", "polyline", "polygon", "cuboid", "mask"]

ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "thing",
            "color": "#56b4e9",
            "geometry": [kind for kind in GEOMETRY if kind != "points"],
            "properties": [
                {"name": "state", "kind": "choice", "time_varying": True,
                 "choices": ["up", "down"]},
                {"name": "tags", "kind": "choices", "time_varying": True,
                 "choices": ["a", "b", "c"]},
                {"name": "hurt", "kind": "boolean", "time_varying": True},
                {"name": "speed", "kind": "number", "time_varying": True,
                 "interpolation": "linear"},
                {"name": "note", "kind": "text", "time_varying": True},
                {"name": "holder", "kind": "entity", "time_varying": True},
                {"name": "around", "kind": "entities", "time_varying": True},
            ],
        },
        {
            "name": "person",
            "color": "#e69f00",
            "geometry": ["box", "points"],
            "skeleton": {"points": BODY, "edges": EDGES},
        },
        {
            "name": "hand",
            "color": "#cc79a7",
            "geometry": ["points"],
            "skeleton": {"points": ["wrist", "tip"], "edges": [["wrist", "tip"]]},
        },
        {"name": "event", "geometry": [], "event": True},
    ]
}  # fmt: skip


def fill(project: Project) -> dict[str, Entity]:
    """Entities of every kind, and what varies with them; by a name for each."""
    last = project.frame_count - 1
    middle = last // 2
    made: dict[str, Entity] = {}

    def add(name: str, class_name: str = "thing", frame: int = 0) -> Entity:
        made[name] = project.add_entity(class_name, name, frame=frame)
        return made[name]

    with project.transaction("every kind"):
        box = add("box")
        box["box"][0], box["box"][last] = (20, 30, 90.25, 60), (150.5, 80, 60, 110)
        turned = add("rotated box")
        turned["rotated_box"][0] = (200, 80, 90, 40, 350)
        turned["rotated_box"][last] = (260, 120, 110, 30, 75)
        turned["presence"][middle] = "occluded"
        ellipse = add("ellipse")
        ellipse["ellipse"][0] = (420, 70, 60, 25, 10)
        ellipse["ellipse"][last] = (460.5, 110, 30, 40, 140)
        line = add("polyline")
        line["polyline"][0] = [(30, 300), (90, 250), (150, 310), (210, 260)]
        line["polyline"][last] = [(60, 330), (120, 240), (190, 300), (230, 270)]
        ring = add("polygon with a hole")
        ring["polygon"][0] = polygon(330, 250, 70)
        ring["polygon"][last] = polygon(360, 220, 60)
        several = add("polygon of parts")
        several["polygon"][0] = (
            "MULTIPOLYGON (((480 210, 560 200, 540 260, 480 210)), ((570 220,"
            + (" 630 230, 590 300, 570 220), (585 235, 600 240, 592 262, 585 235)))")
        )
        several["polygon"][middle] = [[(470, 220), (600, 200), (620, 310), (500, 330)]]
        cuboid = add("cuboid")
        cuboid["cuboid"][0] = solid(80, 150, 90, 60, 30)
        cuboid["cuboid"][last] = solid(120, 170, 70, 70, -25)
        blob = add("mask")
        blob["mask"][0] = disc(560, 60, 40)
        blob["mask"][middle] = disc(540, 90, 30)
        blob["mask"].set_rule(0, "morph")
        flat = add("held mask")
        flat["mask"][3] = mask.from_array(np.array([[1, 0, 1], [1, 1, 1]], bool), 300, 20)
        person = add("person", "person")
        person["box"][0] = (250, 150, 60, 150)
        person["points"][0] = body(280, 160)
        person["points"][last] = body(330, 190)
        hand = add("hand", "hand", 5)
        hand["points"][5] = {"wrist": (100, 100), "tip": (120, 90, "occluded")}
        hand["points"][middle] = {"wrist": (140, 120)}
        hand["presence"][last - 5] = "absent"
        add("event", "event", 10)["presence"][20] = "absent"
        add("nothing yet")  # there, and nowhere

        box["state"][2], box["state"][middle] = "up", "down"
        box["tags"][4], box["tags"][30] = ["a", "c"], []
        box["hurt"][0], box["hurt"][middle] = False, True
        box["speed"][1], box["speed"][last] = 0.1, 12.7
        box["note"][0], box["note"][40] = "<script>alert(1)</script>", "later \u202e"
        box["holder"][0], box["holder"][middle] = turned.id, None
        box["around"][6] = [turned.id, line.id]
        line["speed"][0] = -3.5
    return made


def polygon(x: float, y: float, radius: float) -> Shape:
    """A star of ten corners with a square hole."""
    angles = np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2, 0.6, 1.0) * radius
    outline = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], axis=1)
    hole = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * radius / 5 + (x, y)
    return Shape.polygon([outline, hole])


def solid(x: float, y: float, width: float, height: float, depth: float) -> list[Any]:
    """Eight corners: of the front the left ones, then the right ones, of the back the other way."""
    left, right = [(x, y), (x, y + height)], [(x + width, y), (x + width, y + height)]
    back = [(a + depth, b - abs(depth) / 2) for a, b in right + left]
    return left + right + back


def disc(x: int, y: int, radius: int) -> Mask:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return mask.from_array(rows**2 + columns**2 <= radius**2, x - radius, y - radius)


def body(x: float, y: float) -> dict[str, Any]:
    return {
        "head": (x, y), "neck": (x, y + 25), "left_hand": (x - 25, y + 60),
        "right_hand": (x + 24, y + 55, "occluded"), "hip": (x, y + 75),
        "left_foot": (x - 15, y + 130),
    }  # fmt: skip


def shape_as_sent(value: Any, kind: str) -> Any:
    """An engine's value as the page describes it in its diagnostics, in float32."""
    if kind == "mask":
        return [value.x, value.y, value.width, value.height, value.counts.tolist()]
    if kind in ("polygon", "polyline"):
        parts = [[ring.astype(np.float32).tolist() for ring in part] for part in value.parts]
        return parts if kind == "polygon" else [part[0] for part in parts]
    values = np.asarray(value, np.float32)
    if kind == "points":
        return values.reshape(-1, 3).tolist()
    return (values.reshape(8, 2) if kind == "cuboid" else values).tolist()
