"""Cheap flags for polygons and polylines: what is kept as drawn, but deserves a look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .paths import signed_area
from .shape import Points, Shape

# Pairs of edges compared before giving up: a hostile outline can overlap itself everywhere.
MAX_PAIRS = 20_000_000
_BLOCK_PAIRS = 1 << 18
# An outline this thin, relative to its length, encloses nothing.
_THIN = 1e-9


@dataclass(frozen=True, slots=True)
class Flags:
    """What was noticed about one shape. ``self_crossing`` is None when it was too much to tell."""

    vertices: int
    degenerate: bool
    self_crossing: bool | None
    beyond_picture: bool  # some of it lies outside
    outside_picture: bool  # all of it does


def inspect(shape: Shape, width: float, height: float) -> Flags:
    """Look at a shape in a picture of ``width`` x ``height`` px."""
    left, top, right, bottom = shape.bounds
    closed = shape.kind == "polygon"
    beyond = left < 0 or top < 0 or right > width or bottom > height
    return Flags(
        vertices=len(shape.points),
        degenerate=any(map(is_flat if closed else _is_point, shape.rings)),
        self_crossing=_any_crossing(shape, closed),
        beyond_picture=beyond,
        outside_picture=beyond and (right <= 0 or bottom <= 0 or left >= width or top >= height),
    )


def is_flat(ring: Points) -> bool:
    """Whether a ring ``(n, 2)`` encloses nothing: too few vertices, or all in one line."""
    if len(np.unique(ring, axis=0)) < 3:
        return True
    around = np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum()
    return bool(abs(signed_area(ring)) <= _THIN * around**2)


def crosses_itself(rings: tuple[Points, ...], closed: bool) -> bool | None:
    """Whether edges of rings or paths ``(n, 2)`` meet anywhere but at the vertex they share.

    Within a ring touching counts; two rings may touch, but not cross. None when telling would take
    more than MAX_PAIRS comparisons.
    """
    edges = _edges(rings, closed)
    best = min((_overlaps(edges, axis) for axis in (0, 1)), key=lambda found: int(found[1].sum()))
    order, counts = best
    if int(counts.sum()) > MAX_PAIRS:
        return None
    before = np.append(0, np.cumsum(counts))
    low = 0
    while low < len(order):
        high = max(int(np.searchsorted(before, before[low] + _BLOCK_PAIRS, "right")) - 1, low + 1)
        first = np.repeat(np.arange(low, high), counts[low:high])
        second = first + 1 + np.arange(len(first)) - (before[first] - before[low])
        if edges.meet(order[first], order[second]).any():
            return True
        low = high
    return False


def _any_crossing(shape: Shape, closed: bool) -> bool | None:
    found = [crosses_itself(rings, closed) for rings in shape.parts]
    return True if True in found else None if None in found else False


def _is_point(path: Points) -> bool:
    return bool((path == path[0]).all())


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Edges with a length, of all rings: ``(n, 2)`` starts and ends, ``(n,)`` the number of the
    ring, the place in it, and the place of the edge that precedes the first (-1: none)."""

    starts: Points
    ends: Points
    ring: NDArray[np.int64]
    place: NDArray[np.int64]
    wraps: NDArray[np.int64]

    def meet(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether edges a and b, ``(m,)`` each, have a point in common that they should not."""
        one_ring = self.ring[a] == self.ring[b]
        apart = np.abs(self.place[a] - self.place[b])
        neighbours = one_ring & ((apart == 1) | (apart == self.wraps[a]))
        boxes = ~neighbours
        for axis in (0, 1):
            p, q, r, s = (x[:, axis] for x in self._ends(a, b))
            boxes &= (np.minimum(p, q) <= np.maximum(r, s)) & (np.minimum(r, s) <= np.maximum(p, q))
        a, b, one_ring = a[boxes], b[boxes], one_ring[boxes]
        p, q, r, s = self._ends(a, b)
        ab, cd = _side(p, q, r) * _side(p, q, s), _side(r, s, p) * _side(r, s, q)
        touch, cross = (ab <= 0) & (cd <= 0), (ab < 0) & (cd < 0)
        return np.asarray(np.where(one_ring, touch, cross))

    def _ends(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[Points, ...]:
        return self.starts[a], self.ends[a], self.starts[b], self.ends[b]


def _edges(rings: tuple[Points, ...], closed: bool) -> _Edges:
    starts, ends, numbers, places, wraps = [], [], [], [], []
    for number, ring in enumerate(rings):
        following = np.roll(ring, -1, axis=0)
        start, end = (ring, following) if closed else (ring[:-1], following[:-1])
        real = (start != end).any(axis=1)
        count = int(real.sum())
        loop = closed or bool((ring[0] == ring[-1]).all())
        starts.append(start[real])
        ends.append(end[real])
        numbers.append(np.full(count, number))
        places.append(np.arange(count))
        wraps.append(np.full(count, count - 1 if loop else -1))
    return _Edges(*map(np.concatenate, (starts, ends, numbers, places, wraps)))


def _overlaps(edges: _Edges, axis: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges in order along an axis, and with how many that follow each of them overlaps on it."""
    low = np.minimum(edges.starts[:, axis], edges.ends[:, axis])
    high = np.maximum(edges.starts[:, axis], edges.ends[:, axis])
    order = np.argsort(low, kind="stable")
    counts = np.searchsorted(low[order], high[order], "right") - np.arange(len(order)) - 1
    return order, counts


def _side(p: Points, q: Points, r: Points) -> Points:
    """On which side of the line pq the points r are: -1, 0 or 1."""
    (px, py), (qx, qy), (rx, ry) = p.T, q.T, r.T
    return np.asarray(np.sign((qx - px) * (ry - py) - (qy - py) * (rx - px)))
