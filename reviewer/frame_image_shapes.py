"""The shapes of one frame as plain arrays, from the engine's values of every kind of geometry.

Everything that is not an upright box becomes straight segments, dots and masks here, in video px;
what comes after knows pixels only. Nothing here knows Textual, a terminal or a project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewer.format.geometry import Mask, Shape

Floats = NDArray[np.float64]
Owners = NDArray[np.int64]

# Straight pieces of an ellipse: at the size of a terminal's picture they look round.
ELLIPSE_PIECES = 48
# Which of a cuboid's corners are joined; FORMAT.md says which corner is which.
CUBOID_EDGES = np.array(
    [
        *((0, 1), (1, 3), (3, 2), (2, 0)),  # the front face
        *((4, 5), (5, 7), (7, 6), (6, 4)),  # the back face
        *((0, 6), (1, 7), (2, 4), (3, 5)),
    ]
)
_FAR_PX = 1e7  # beyond it nothing is drawn exactly; keeps arithmetic finite


def _no_rows(columns: int) -> Floats:
    return np.empty((0, columns), np.float64)


def _no_owners() -> Owners:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Shapes:
    """What to draw on one frame, of n entities. Rows are drawn in order, the selected one last.

    colors: uint8 (n, 3). dashed: bool (n,), for occluded. names: n texts, already inert.
    selected: a row or -1. bounds: float64 (n, 4) left, top, right, bottom in video px around all
    that the entity has, NaN where it has nothing. boxes: float64 (b, 4) x, y, width, height;
    segments: float64 (s, 4) x0, y0, x1, y1; dots: float64 (d, 2); each with the row that owns it.
    masks: pairs of a row and a Mask.
    """

    colors: NDArray[np.uint8]
    dashed: NDArray[np.bool_]
    names: Sequence[str]
    selected: int = -1
    bounds: Floats = field(default_factory=lambda: _no_rows(4))
    boxes: Floats = field(default_factory=lambda: _no_rows(4))
    box_owner: Owners = field(default_factory=_no_owners)
    segments: Floats = field(default_factory=lambda: _no_rows(4))
    segment_owner: Owners = field(default_factory=_no_owners)
    dots: Floats = field(default_factory=lambda: _no_rows(2))
    dot_owner: Owners = field(default_factory=_no_owners)
    masks: tuple[tuple[int, Mask], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def none(cls) -> Shapes:
        return cls(np.empty((0, 3), np.uint8), np.empty(0, np.bool_), ())

    @classmethod
    def of(
        cls,
        geometry: Sequence[tuple[str, NDArray[Any], Any]],
        colors: NDArray[np.uint8],
        dashed: NDArray[np.bool_],
        names: Sequence[str],
        selected: int = -1,
    ) -> Shapes:
        """From the engine's columns: (kind name, values (n, columns), skeletons of the n rows or
        None). A value that is missing draws nothing."""
        made = _Builder(len(names))
        for kind, values, skeletons in geometry:
            made.add(kind, values, skeletons)
        return made.shapes(colors, dashed, names, selected)

    def hit(self, x: float, y: float) -> int | None:
        """The row of the smallest shape around a place in video px, None where there is none."""
        left, top, right, bottom = self.bounds.T
        with np.errstate(invalid="ignore"):
            inside = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
        rows = np.flatnonzero(inside)
        if not len(rows):
            return None
        size = (right - left + 1) * (bottom - top + 1)
        return int(rows[np.argmin(size[rows])])


class _Builder:
    """Collects the pieces of all entities, kind by kind."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.low = np.full((count, 2), np.inf)
        self.high = np.full((count, 2), -np.inf)
        self.boxes: list[tuple[Floats, Owners]] = []
        self.segments: list[tuple[Floats, Owners]] = []
        self.dots: list[tuple[Floats, Owners]] = []
        self.masks: list[tuple[int, Mask]] = []

    def add(self, kind: str, values: NDArray[Any], skeletons: Any) -> None:
        if kind in ("polygon", "polyline", "mask"):
            for row, value in enumerate(values[:, 0].tolist()):
                if value is None:
                    continue
                if isinstance(value, Mask):
                    self._mask(row, value)
                elif isinstance(value, Shape):
                    self._path(row, value)
            return
        if kind == "points":
            self._points(values, skeletons)
            return
        rows = np.flatnonzero(np.isfinite(values).all(axis=1))
        if not len(rows):
            return
        good = np.clip(values[rows].astype(np.float64), -_FAR_PX, _FAR_PX)
        if kind == "box":
            self.boxes.append((good, rows))
            self._bound(rows, good[:, :2])
            self._bound(rows, good[:, :2] + good[:, 2:])
        elif kind == "rotated_box":
            self._ring(rows, rotated_corners(good))
        elif kind == "ellipse":
            self._ring(rows, ellipse_points(good))
        elif kind == "cuboid":
            corners = good.reshape(len(rows), 8, 2)
            self._join(rows, corners[:, CUBOID_EDGES[:, 0]], corners[:, CUBOID_EDGES[:, 1]])
            self._around(rows, corners)

    def _points(self, values: NDArray[Any], skeletons: Any) -> None:
        for row in range(self.count):
            points = np.asarray(values[row], np.float64).reshape(-1, 3)
            shown = np.isfinite(points).all(axis=1) & (points[:, 2] > 0)
            if not shown.any():
                continue
            places = np.clip(points[:, :2], -_FAR_PX, _FAR_PX)
            self.dots.append((places[shown], np.full(int(shown.sum()), row)))
            self._bound(np.array([row]), places[shown].min(axis=0)[None])
            self._bound(np.array([row]), places[shown].max(axis=0)[None])
            edges = skeletons[row] if skeletons is not None else ()
            joined = [(a, b) for a, b in edges if shown[a] and shown[b]]
            if joined:
                ends = np.array(joined)
                lines = np.concatenate([places[ends[:, 0]], places[ends[:, 1]]], axis=1)
                self.segments.append((lines, np.full(len(lines), row)))

    def _path(self, row: int, shape: Shape) -> None:
        for ring in shape.rings:
            points = np.asarray(ring, np.float64)
            if len(points) == 1:
                self.dots.append((points.copy(), np.array([row])))
                continue
            closed = shape.kind == "polygon"
            ends = np.roll(points, -1, axis=0)
            lines = np.concatenate([points, ends], axis=1)
            lines = lines if closed else lines[:-1]
            self.segments.append((lines, np.full(len(lines), row)))
        left, top, right, bottom = shape.bounds
        self._bound(np.array([row]), np.array([[left, top]]))
        self._bound(np.array([row]), np.array([[right, bottom]]))

    def _mask(self, row: int, mask: Mask) -> None:
        if not len(mask.counts):
            return
        x, y, width, height = mask.box
        self.masks.append((row, mask))
        self._bound(np.array([row]), np.array([[x, y]], np.float64))
        self._bound(np.array([row]), np.array([[x + width, y + height]], np.float64))

    def _ring(self, rows: Owners, points: Floats) -> None:
        """points: (n, k, 2), closed."""
        self._join(rows, points, np.roll(points, -1, axis=1))
        self._around(rows, points)

    def _join(self, rows: Owners, starts: Floats, ends: Floats) -> None:
        lines = np.concatenate([starts, ends], axis=2)
        self.segments.append((lines.reshape(-1, 4), np.repeat(rows, lines.shape[1])))

    def _around(self, rows: Owners, points: Floats) -> None:
        self._bound(rows, points.min(axis=1))
        self._bound(rows, points.max(axis=1))

    def _bound(self, rows: Owners, places: Floats) -> None:
        self.low[rows] = np.minimum(self.low[rows], places)
        self.high[rows] = np.maximum(self.high[rows], places)

    def shapes(
        self,
        colors: NDArray[np.uint8],
        dashed: NDArray[np.bool_],
        names: Sequence[str],
        selected: int,
    ) -> Shapes:
        bounds = np.concatenate([self.low, self.high], axis=1)
        bounds[~np.isfinite(bounds).all(axis=1)] = np.nan
        boxes, box_owner = _joined(self.boxes, 4)
        segments, segment_owner = _joined(self.segments, 4)
        dots, dot_owner = _joined(self.dots, 2)
        return Shapes(
            colors,
            dashed,
            names,
            selected,
            bounds,
            boxes,
            box_owner,
            segments,
            segment_owner,
            dots,
            dot_owner,
            tuple(self.masks),
        )


def _joined(parts: list[tuple[Floats, Owners]], columns: int) -> tuple[Floats, Owners]:
    if not parts:
        return _no_rows(columns), _no_owners()
    values, owners = zip(*parts, strict=True)
    return np.concatenate(values), np.concatenate(owners).astype(np.int64)


def rotated_corners(values: Floats) -> Floats:
    """(n, 5) centre x, y, width, height, degrees clockwise -> (n, 4, 2) corners, top left first."""
    half = values[:, None, 2:4] / 2
    signs = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
    return _turned(half * signs, values)


def ellipse_points(values: Floats, pieces: int = ELLIPSE_PIECES) -> Floats:
    """(n, 5) centre x, y, radius x, y, degrees clockwise -> (n, pieces, 2) points on it."""
    turn = np.linspace(0, 2 * np.pi, pieces, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return _turned(values[:, None, 2:4] * circle, values)


def _turned(local: Floats, values: Floats) -> Floats:
    """Points around the origin, turned by column 4 and moved to columns 0 and 1."""
    angle = np.radians(values[:, 4])[:, None]
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = local[..., 0], local[..., 1]
    # y points down, so this turns clockwise as one looks at it
    turned = np.stack([x * cos - y * sin, x * sin + y * cos], axis=2)
    return np.asarray(turned + values[:, None, :2])
