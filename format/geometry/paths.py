"""What lies between two polygons or two polylines under ``linear``, and under ``smooth``.

Rings with equal vertex counts move vertex by vertex, as they were drawn: no search for a better
start, so subdividing changes nothing. Rings with different counts are cut at the union of both
arc-length parameterisations, so that every corner of either side is kept and meets the point of
the other side that is as far along; the outlines change continuously, and on the keyframes
themselves the very vertices are returned. For closed rings the arc length is counted from where it
makes the movement least, and backwards on the right side if the two were drawn in opposite senses.

Parts, and holes within a part, are matched in order. Where their numbers differ the change is an
event, like a change of presence: what only the left keyframe has stays unmoved until the next
keyframe, and what only the right one has appears there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .shape import Offsets, Points, Shape, assemble, offsets_of
from .smooth import smooth

# Positions along a path are fractions of its length; closer than this they are the same.
_SAME_POSITION = 1e-12
# Samples along a ring in the search for its best start, and exact trials around what it found.
_SAMPLES = 256
_TRIALS = 16
# Relative difference of two costs below which the first start wins, whatever the rounding.
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Everything between two keyframes, prepared once for any number of moments.

    In between, the vertices are ``start + t * change`` for ``t`` from 0 (left keyframe) to 1
    (right keyframe), laid out by ``ring_offsets`` and ``part_offsets`` as in :class:`Shape`.
    ``start`` and ``change`` are float64 ``(k, 2)``, px.
    """

    left: Shape
    right: Shape
    start: Points
    change: Points
    ring_offsets: Offsets
    part_offsets: Offsets

    def at(self, t: float) -> Shape:
        """The shape at ``t``; the keyframe's own at 0 and at 1."""
        if t <= 0.0:
            return self.left
        if t >= 1.0:
            return self.right
        points = self.start + t * self.change
        return assemble(self.left.kind, points, self.ring_offsets, self.part_offsets)

    def each(self, moments: NDArray[np.float64]) -> list[Shape]:
        """As :meth:`at`, of many moments ``(m,)`` at once."""
        points = self.points(moments)
        points.flags.writeable = False
        kind, rings, parts = self.left.kind, self.ring_offsets, self.part_offsets
        return [
            self.left if t <= 0.0 else self.right if t >= 1.0 else Shape(kind, at, rings, parts)
            for t, at in zip(moments.tolist(), points, strict=True)
        ]

    def points(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """The vertices at moments ``t`` ``(m,)`` strictly between the keyframes: ``(m, k, 2)``."""
        return self.start + t[:, None, None] * self.change


def between(left: Shape, right: Shape) -> Paths:
    """Prepare what lies between two keyframes. ValueError when one is a polygon, one a polyline."""
    _require_one_kind(left, right)
    if left.same_layout(right):
        change = right.points - left.points
        return Paths(left, right, left.points, change, left.ring_offsets, left.part_offsets)
    pairs = [
        _pair(ring, partner, closed=left.kind == "polygon")
        for ring, partner in matched_rings(left, right)
    ]
    starts = [start for start, _ in pairs]
    offsets = offsets_of(starts)
    offsets.flags.writeable = False
    return Paths(
        left,
        right,
        np.concatenate(starts),
        np.concatenate([end - start for start, end in pairs]),
        offsets,
        left.part_offsets,
    )


def smooth_at(
    previous: Shape | None,
    left: Shape,
    right: Shape,
    following: Shape | None,
    times: tuple[float, float, float, float],
    t: float,
) -> Shape:
    """The shape at time ``t`` under ``smooth``: each vertex on a monotone cubic.

    ``times`` are those of the four keyframes, in the unit of ``t``. A neighbour that is missing or
    has another layout counts as missing; where left and right differ in layout, as ``linear``.
    """
    _require_one_kind(left, right)
    t0, t1 = times[1], times[2]
    if not left.same_layout(right):
        return between(left, right).at((t - t0) / (t1 - t0) if t1 > t0 else 0.0)
    if t <= t0:
        return left
    if t >= t1:
        return right
    rows = np.full((4, 1, left.points.size), np.nan)
    for row, shape in zip(rows, (previous, left, right, following), strict=True):
        if shape is not None and shape.same_layout(left):
            row[0] = shape.points.ravel()
    four = np.array(times, np.float64)[:, None]
    values = smooth(np.array([t]), four, rows).reshape(-1, 2)
    return assemble(left.kind, values, left.ring_offsets, left.part_offsets)


def matched_rings(left: Shape, right: Shape) -> Iterator[tuple[Points, Points | None]]:
    """Each ring of the left shape with the right one's in the same place, or None."""
    others = right.parts
    for number, part in enumerate(left.parts):
        other = others[number] if number < len(others) else ()
        for place, ring in enumerate(part):
            yield ring, other[place] if place < len(other) else None


def _require_one_kind(left: Shape, right: Shape) -> None:
    if left.kind != right.kind:
        raise ValueError(f"nothing lies between a {left.kind} and a {right.kind}")


def _pair(ring: Points, partner: Points | None, closed: bool) -> tuple[Points, Points]:
    """Where the vertices in between set out and where they arrive: two ``(k, 2)``."""
    if partner is None:
        return ring, ring
    if len(ring) == len(partner):
        return ring, partner
    if not closed:
        return _matched(ring, partner)
    if signed_area(ring) * signed_area(partner) < 0:
        partner = partner[::-1]
    start, end = _matched_closed(ring, partner)
    return start[:-1], end[:-1]


def positions(path: Points) -> Points:
    """How far along an open path each vertex is, from 0 to 1: ``(n,)``, ascending."""
    if len(path) == 1:
        return np.zeros(1)
    steps = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if along[-1] == 0.0:  # all vertices in one place
        return np.linspace(0.0, 1.0, len(path))
    along /= along[-1]
    return along


def signed_area(ring: Points) -> float:
    """The area of a ring in px², positive when it was drawn clockwise on the screen (y down)."""
    x, y = (ring - ring[0]).T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _matched(left: Points, right: Points) -> tuple[Points, Points]:
    return _cut(left, positions(left), right, positions(right))


def _cut(left: Points, u: Points, right: Points, v: Points) -> tuple[Points, Points]:
    """Both paths, cut at every vertex of either: two ``(k, 2)`` that go together."""
    if len(right) == 1 or len(left) == 1:  # a single point is everywhere along itself
        count = max(len(left), len(right))
        return np.repeat(left, count // len(left), 0), np.repeat(right, count // len(right), 0)
    # rounding must not part two vertices that are equally far along
    nearest = np.clip(np.searchsorted(u, v), 1, len(u) - 1)
    nearest -= v - u[nearest - 1] < u[nearest] - v
    v = np.where(np.abs(v - u[nearest]) <= _SAME_POSITION, u[nearest], v)
    both = np.union1d(u, v)
    return _points_at(left, u, both), _points_at(right, v, both)


def _points_at(path: Points, along: Points, where: Points) -> Points:
    # np.interp is exact at the vertices themselves
    return np.stack([np.interp(where, along, column) for column in path.T], axis=1)


def _closed(ring: Points) -> Points:
    return np.concatenate([ring, ring[:1]])


def _matched_closed(left: Points, right: Points) -> tuple[Points, Points]:
    """As :func:`_matched` for two rings of one sense; each result repeats its first vertex."""
    left = _closed(left)
    u = positions(left)
    best, least = _cut(left, u, right[:1], np.zeros(1)), np.inf
    if len(right) == 1:
        return best
    for offset in _offsets(left, right):
        start, end = _cut(left, u, *_begun_at(_closed(right), offset))
        cost = _movement(start, end)
        if cost < least * (1 - _TIE) - _TIE:
            best, least = (start, end), cost
    return best


def _begun_at(ring: Points, offset: float) -> tuple[Points, Points]:
    """A closed ring and its positions, counted from ``offset`` (0 to 1) along it."""
    along = positions(ring)
    corners = np.mod(along[:-1] - offset, 1.0)
    # a corner that is the start itself, up to rounding
    corners[(corners < _SAME_POSITION) | (corners > 1.0 - _SAME_POSITION)] = 0.0
    order = np.argsort(corners, kind="stable")
    points, along_new = ring[:-1][order], corners[order]
    if along_new[0] > 0.0:
        first = _points_at(ring, along, np.array([offset]))
        points, along_new = np.concatenate([first, points]), np.concatenate([[0.0], along_new])
    return _closed(points), np.concatenate([along_new, [1.0]])


def _offsets(left: Points, right: Points) -> NDArray[np.float64]:
    """Starts on the right ring worth trying, ascending: those that make a corner meet a corner.

    The mean squared distance between two outlines run through at even pace, over all starts, is a
    constant minus a circular correlation: one FFT over samples. It does not depend on where the
    shapes are, only on how they are turned. Around its best start, corners are paired exactly.
    ``left`` repeats its first vertex, ``right`` does not.
    """
    ring = _closed(right)
    u, v = positions(left), positions(ring)
    steps = np.arange(_SAMPLES) / _SAMPLES
    a = _points_at(left, u, steps) @ np.array([1, 1j])
    b = _points_at(ring, v, steps) @ np.array([1, 1j])
    a, b = a - a.mean(), b - b.mean()
    likeness = np.fft.ifft(np.fft.fft(b) * np.conj(np.fft.fft(a))).real
    slack = _TIE * max(float(np.abs(likeness).max()), 1.0)
    rough = int(np.argmax(likeness >= likeness.max() - slack)) / _SAMPLES
    # the corner of the other ring that is nearest, for each corner of either
    u, v = u[:-1], v[:-1]
    found = np.concatenate([_nearest(v, u + rough) - u, v - _nearest(u, v - rough)])
    found = np.sort(np.mod(np.append(found, rough), 1.0))
    found = found[np.diff(found, prepend=-1.0) > _SAME_POSITION]
    away = np.abs(np.mod(found - rough + 0.5, 1.0) - 0.5)
    return np.sort(found[np.argsort(away, kind="stable")[:_TRIALS]])


def _nearest(corners: Points, wanted: Points) -> Points:
    """For each wanted position on a ring (of length 1) the nearest of ascending ``corners``."""
    around = np.concatenate([corners - 1.0, corners, corners + 1.0])
    wanted = np.mod(wanted, 1.0)
    after = np.clip(np.searchsorted(around, wanted), 1, len(around) - 1)
    before = around[after - 1]
    return np.asarray(np.where(wanted - before <= around[after] - wanted, before, around[after]))


def _movement(start: Points, end: Points) -> float:
    """How much an outline moves: squared distance (px²) summed over the pieces' mean lengths."""
    moved = end - start
    a, b = moved[:-1], moved[1:]
    squares = (a * a + a * b + b * b).sum(axis=1) / 3  # the mean over a piece, exactly
    lengths = np.hypot(*np.diff(start, axis=0).T) + np.hypot(*np.diff(end, axis=0).T)
    return float(squares @ lengths)
