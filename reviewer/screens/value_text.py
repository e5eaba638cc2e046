"""Values of every kind as a few words for a line of the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reviewer.format import PropertyDefinition
from reviewer.format.geometry import Mask, Shape
from reviewer.frame_image import RGB, parse_color
from reviewer.widgets.text import inert

NOTHING = "—"
OCCLUDED_COLOR: RGB = (214, 170, 90)
ABSENT_COLOR: RGB = (130, 138, 150)


def value_text(
    definition: PropertyDefinition, value: Any, name_of: Callable[[str], str]
) -> tuple[str, RGB | None]:
    """A value as the engine decoded it, in words (inert), and its colour if it has one.

    `name_of` gives the name of the entity with an id.
    """
    kind = definition.kind.name.partition(":")[0]
    if value is None:
        return NOTHING, None
    if definition.kind.geometry:
        return geometry_text(kind, value), None
    if kind == "presence":
        color = {"occluded": OCCLUDED_COLOR, "absent": ABSENT_COLOR}.get(str(value))
        return str(value), color
    if kind == "boolean":
        return ("yes" if value else "no"), None
    if kind == "number":
        return f"{float(value):g}", None
    if kind == "choice":
        return _choice_text(definition, value)
    if kind == "choices":
        texts = [_choice_text(definition, one) for one in value]
        color = next((found for _, found in texts if found), None)
        return ", ".join(text for text, _ in texts) or "none", color
    if kind == "entity":
        return (inert(name_of(value)) if value else "nobody"), None
    if kind == "entities":
        return ", ".join(inert(name_of(one)) for one in value) or "nobody", None
    return inert(str(value)), None


def _choice_text(definition: PropertyDefinition, value: Any) -> tuple[str, RGB | None]:
    choice = definition.by_name.get(str(value))
    if choice is None:
        return inert(str(value)), None
    return inert(choice.label or choice.name), parse_color(choice.color) if choice.color else None


def geometry_text(kind: str, value: Any) -> str:
    """Where a shape is and how large."""
    if isinstance(value, Mask):
        return f"{value.area:,} px"
    if isinstance(value, Shape):
        left, top, _, _ = value.bounds
        return f"{len(value.points)} vertices at {left:.0f},{top:.0f}"
    row = np.asarray(value, np.float64)
    if kind == "points":
        points = row.reshape(-1, 3)
        return f"{int((np.nan_to_num(points[:, 2]) > 0).sum())} of {len(points)} points"
    if not np.isfinite(row).all():
        return NOTHING
    if kind == "cuboid":
        corners = row.reshape(-1, 2)
        x, y = corners.min(axis=0)
        width, height = corners.max(axis=0) - (x, y)
        return f"{x:.0f},{y:.0f} {width:.0f}×{height:.0f}"
    x, y, width, height = row[:4]
    if kind == "ellipse":
        return f"{x:.0f},{y:.0f} r {width:.0f}×{height:.0f} {row[4]:.0f}°"
    turn = f" {row[4]:.0f}°" if kind == "rotated_box" else ""
    return f"{x:.0f},{y:.0f} {width:.0f}×{height:.0f}{turn}"
