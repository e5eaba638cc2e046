"""Random keyframes of every kind of property, and how their values compare."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reviewer.format.geometry import Mask, Shape, mask, wkt
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import KINDS, Kind, points_kind

EVERY_KIND = [*KINDS.values(), points_kind(1), points_kind(3)]
coordinates = st.floats(-1e4, 1e4, allow_subnormal=False)
sizes = st.floats(0, 1e4, allow_subnormal=False)
ENTITIES = ("player-aaaa1111", "puck-bbbb2222")


def vertices(count: int) -> st.SearchStrategy[np.ndarray]:
    return arrays("f8", (count, 2), elements=coordinates)


def texts_of(kind: Kind, corners: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    """One stored text of a kind whose rows are texts; ``corners`` says how many vertices."""
    if kind.name == "polyline":
        return corners.flatmap(vertices).map(lambda ring: wkt.format(Shape.polyline(ring)))
    if kind.name == "polygon":
        return corners.flatmap(vertices).map(lambda ring: wkt.format(Shape.polygon([ring])))
    if kind.name == "mask":
        pictures = arrays(bool, (4, 5)).filter(np.any)
        return pictures.map(lambda picture: mask.format(mask.from_array(picture, 3, 2)))
    if kind.name == "choices":
        return st.sampled_from(["[]", "[0]", "[0,2]"])
    if kind.name == "entity":
        return st.sampled_from([*ENTITIES, "none"])
    if kind.name == "entities":
        return st.sampled_from(["[]", '["player-aaaa1111"]'])
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@st.composite
def rows_of(draw: st.DrawFn, kind: Kind, count: int, *, one_layout: bool = False) -> Any:
    """``(count, columns)`` rows that the kind allows; with ``one_layout`` shapes have equally many
    vertices."""
    if kind.is_text:
        corners = st.just(draw(st.integers(3, 6))) if one_layout else st.integers(3, 6)
        rows = np.empty((count, 1), dtype=object)
        rows[:, 0] = [draw(texts_of(kind, corners)) for _ in range(count)]
        return rows
    if kind.dtype.kind == "i":
        return draw(arrays(kind.dtype, (count, 1), elements=st.integers(0, 1)))
    rows = draw(arrays("f8", (count, kind.columns), elements=coordinates))
    if kind.name in ("box", "rotated_box", "ellipse"):
        rows[:, 2:4] = np.abs(rows[:, 2:4])
    if kind.name == "points":
        shape = (count, kind.columns // 3)
        rows[:, 2::3] = draw(arrays("i1", shape, elements=st.integers(0, 2)))
    return rows + 0.0


@st.composite
def keyframes_of(
    draw: st.DrawFn, kind: Kind, frames: int, at_least: int = 0, *, one_layout: bool = False
) -> Keyframes:
    chosen = sorted(draw(st.sets(st.integers(0, frames - 1), min_size=at_least, max_size=10)))
    rows = draw(rows_of(kind, len(chosen), one_layout=one_layout))
    return Keyframes(np.array(chosen, np.int64), rows)


def as_rows(values: Any, kind: Kind) -> Any:
    """Evaluated values as rows that can be stored: shapes and masks become their texts."""
    if not (kind.is_text and kind.geometry):
        return values
    rows = np.empty(values.shape, dtype=object)
    for i, value in enumerate(values.reshape(-1)):
        rows.reshape(-1)[i] = "" if value is None else text_of(value)
    return rows


def text_of(value: Shape | Mask) -> str:
    return mask.format(value) if isinstance(value, Mask) else wkt.format(value)


def largest_difference(left: Any, right: Any, kind: Kind) -> float:
    """How far apart two arrays of evaluated values are at most, angles modulo a turn; infinite
    where one has a value and the other none, or texts differ."""
    if kind.is_text:
        pairs = zip(left.reshape(-1), right.reshape(-1), strict=True)
        return max((_apart(a, b) for a, b in pairs), default=0.0)
    if not np.array_equal(kind.is_fill(left), kind.is_fill(right)):
        return float("inf")
    there = ~kind.is_fill(left)
    apart = np.abs(left[there].astype(float) - right[there].astype(float))
    if kind.name in ("rotated_box", "ellipse"):
        apart[:, 4] = np.minimum(apart[:, 4], np.abs(360 - apart[:, 4]))
    return float(apart.max(initial=0.0))


def _apart(a: Any, b: Any) -> float:
    if isinstance(a, Shape) and isinstance(b, Shape) and a.same_layout(b):
        return float(np.abs(a.points - b.points).max(initial=0.0))
    return 0.0 if a == b else float("inf")
