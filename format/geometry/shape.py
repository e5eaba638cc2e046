"""The value of a polygon or polyline: parts of rings of vertices, immutable, in flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Offsets = NDArray[np.int64]
PathKind = Literal["polyline", "polygon"]

# Beyond this a coordinate is a mistake, and float arithmetic between keyframes loses precision.
MAX_COORDINATE_PX = 1e7
MAX_VERTICES = 100_000
MAX_RINGS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A polygon or a polyline, in px; the origin is the top-left corner of the top-left pixel.

    ``points`` float64 ``(n, 2)``: the vertices of all rings one behind the other, in the order in
    which they were drawn; a ring does not repeat its first vertex at its end. The vertices of
    ring *r* are ``points[ring_offsets[r]:ring_offsets[r + 1]]``. The rings of part *p* are those
    from ``part_offsets[p]`` to ``part_offsets[p + 1]``: of a polygon the outline and then its
    holes, of a polyline exactly one open path. The arrays are read-only.
    """

    kind: PathKind
    points: Points
    ring_offsets: Offsets
    part_offsets: Offsets

    @staticmethod
    def polygon(*parts: Iterable[ArrayLike]) -> Shape:
        """A polygon from its parts, each an iterable of rings ``(n, 2)``: the outline, then holes.

        ValueError says what is wrong with the numbers or their layout.
        """
        return Shape._build("polygon", [[_ring(r) for r in part] for part in parts])

    @staticmethod
    def polyline(*paths: ArrayLike) -> Shape:
        """A polyline from its paths, each ``(n, 2)``; nearly always there is one."""
        return Shape._build("polyline", [[_ring(path)] for path in paths])

    @staticmethod
    def _build(kind: PathKind, parts: Sequence[Sequence[Points]]) -> Shape:
        rings = [ring for part in parts for ring in part]
        if not parts or not all(parts):
            raise ValueError(f"a {kind} has at least one part, and a part at least one ring")
        if len(rings) > MAX_RINGS:
            raise ValueError(f"has {len(rings)} rings, more than {MAX_RINGS}")
        if (vertices := sum(map(len, rings))) > MAX_VERTICES:
            raise ValueError(f"has {vertices} vertices, more than {MAX_VERTICES}")
        points = rings[0] if len(rings) == 1 else np.concatenate(rings)
        # one zero: -0.0 would give other bytes for the same shape; and never the caller's array
        return assemble(kind, points + 0.0, offsets_of(rings), offsets_of(parts))

    @property
    def parts(self) -> tuple[tuple[Points, ...], ...]:
        """Parts of rings of vertices: read-only views ``(n, 2)``."""
        rings = self.rings
        bounds = self.part_offsets.tolist()
        return tuple(rings[a:b] for a, b in pairwise(bounds))

    @property
    def rings(self) -> tuple[Points, ...]:
        """All rings, whatever part they belong to: read-only views ``(n, 2)``."""
        bounds = self.ring_offsets.tolist()
        return tuple(self.points[a:b] for a, b in pairwise(bounds))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in px."""
        left, top = self.points.min(axis=0).tolist()
        right, bottom = self.points.max(axis=0).tolist()
        return left, top, right, bottom

    def same_layout(self, other: Shape) -> bool:
        """Whether each ring of ``other`` has as many vertices as this shape's, part by part."""
        return (
            self.kind == other.kind
            and np.array_equal(self.ring_offsets, other.ring_offsets)
            and np.array_equal(self.part_offsets, other.part_offsets)
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Shape):
            return NotImplemented
        return self.same_layout(other) and np.array_equal(self.points, other.points)

    def __hash__(self) -> int:
        return hash((self.kind, self.points.tobytes(), self.ring_offsets.tobytes()))


def assemble(kind: PathKind, points: Points, rings: Offsets, parts: Offsets) -> Shape:
    """A shape from arrays that are known to be sound; they become read-only."""
    for array in (points, rings, parts):
        array.flags.writeable = False
    return Shape(kind, points, rings, parts)


def offsets_of(items: Sequence[Any]) -> Offsets:
    """``(len(items) + 1,)``: where each item begins when they stand one behind the other."""
    out = np.zeros(len(items) + 1, np.int64)
    np.cumsum([len(item) for item in items], out=out[1:])
    return out


def check_coordinates(points: Points) -> None:
    """ValueError unless every number is finite and of a size that a picture can have."""
    # one comparison also refuses NaN
    if not (points.min(initial=0.0) >= -MAX_COORDINATE_PX):
        raise ValueError("has a coordinate that is not a finite number of pixels")
    if not (points.max(initial=0.0) <= MAX_COORDINATE_PX):
        raise ValueError("has a coordinate that is not a finite number of pixels")


def _ring(value: ArrayLike) -> Points:
    try:
        ring = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("a ring is a list of (x, y) pairs of numbers") from None
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) == 0:
        raise ValueError(f"a ring is a list of (x, y) pairs, not an array of shape {ring.shape}")
    check_coordinates(ring)
    return ring
