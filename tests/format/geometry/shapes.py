"""Polygons and polylines for Hypothesis, and the distance between two outlines."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from reviewer.format.geometry import PathKind, Shape

coordinates = st.floats(-1e4, 1e4, allow_subnormal=False)
vertices = st.tuples(coordinates, coordinates)


def rings(at_least: int = 3, at_most: int = 9) -> st.SearchStrategy[list[tuple[float, float]]]:
    return st.lists(vertices, min_size=at_least, max_size=at_most)


@st.composite
def shapes(draw: st.DrawFn, kind: PathKind | None = None) -> Shape:
    """Any shape: some parts, holes, few or many vertices, also crossing and repeated ones."""
    if kind is None:
        kind = draw(st.sampled_from(("polygon", "polyline")))
    if kind == "polyline":
        return Shape.polyline(*draw(st.lists(rings(1), min_size=1, max_size=3)))
    parts = st.lists(rings(1), min_size=1, max_size=3)
    return Shape.polygon(*draw(st.lists(parts, min_size=1, max_size=3)))


@st.composite
def pairs_alike(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """Two shapes with equal vertex counts in every ring."""
    left = draw(shapes())
    layout = [[len(ring) for ring in part] for part in left.parts]
    parts = [[draw(rings(count, count)) for count in part] for part in layout]
    if left.kind == "polygon":
        return left, Shape.polygon(*parts)
    return left, Shape.polyline(*[part[0] for part in parts])


def hausdorff(a: np.ndarray, b: np.ndarray, closed: bool) -> float:
    """The distance in px between two outlines, given as vertices ``(n, 2)``."""
    return max(_farthest(a, b, closed), _farthest(b, a, closed))


def _farthest(a: np.ndarray, b: np.ndarray, closed: bool) -> float:
    """How far a point of outline a is from outline b at most (points every 1/50 of an edge)."""
    ends = np.roll(a, -1, axis=0)
    starts, ends = (a, ends) if closed else (a[:-1], ends[:-1])
    steps = np.linspace(0, 1, 51)[:, None, None]
    points = np.concatenate([(starts + steps * (ends - starts)).reshape(-1, 2), a])
    ends = np.roll(b, -1, axis=0)
    starts, ends = (b, ends) if closed or len(b) == 1 else (b[:-1], ends[:-1])
    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    t = np.clip(((points[:, None] - starts) * along).sum(axis=2) / length, 0, 1)
    nearest = starts + t[:, :, None] * along
    return float(np.sqrt(((points[:, None] - nearest) ** 2).sum(axis=2)).min(axis=1).max())
