"""CVAT's own rules between keyframes, number for number, so that its projects look as they did.

Written from what CVAT's server does (``TrackManager.get_interpolated_shapes`` in
``cvat/apps/dataset_manager/annotation.py``, 2024; the polygon rule of its client gives the same
bits) and held to values computed with that code (``tests/data/golden``). Law 7 does not hold under
these rules: CVAT changes a polygon's vertex count between keyframes, and with it the other frames
when one in between becomes a keyframe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .paths import matched_rings
from .shape import Points, Shape, assemble, offsets_of

CvatType = Literal["rectangle", "ellipse", "cuboid", "points", "polyline", "polygon"]

# How far a shape turns between two keyframes exactly half a turn apart. The server, whose exports
# are what others read, turns by one degree (a slip of precedence in find_angle_diff) and jumps at
# the keyframe; the client turns by 180.
SERVER_HALF_TURN_DEG = 1.0
CLIENT_HALF_TURN_DEG = 180.0


def turn(left: ArrayLike, right: ArrayLike, half_turn: float = SERVER_HALF_TURN_DEG) -> Points:
    """By how many degrees CVAT turns a shape from ``left`` to ``right``; they broadcast."""
    degrees = np.subtract(right, left, dtype=np.float64)
    degrees = np.mod(degrees + 180.0, 360.0) - 180.0
    return np.asarray(np.where(degrees <= -180.0, half_turn, degrees))


def rotation(
    left: ArrayLike, right: ArrayLike, t: ArrayLike, half_turn: float = SERVER_HALF_TURN_DEG
) -> Points:
    """CVAT's rotation in degrees, 0 up to 360, at ``t`` strictly between the keyframes."""
    degrees = np.asarray(left) + turn(left, right, half_turn) * np.asarray(t)
    return np.asarray(np.mod(degrees + 360.0, 360.0))


def blend(left: ArrayLike, right: ArrayLike, t: ArrayLike) -> Points:
    """CVAT's rectangles, ellipses and cuboids: each number on a straight line; they broadcast."""
    left = np.asarray(left, np.float64)  # float order as CVAT's: ties of the thinning depend on it
    return np.asarray(left + (np.asarray(right, np.float64) - left) * np.asarray(t))


def points(left: Points, right: Points, t: float) -> Points:
    """CVAT's point sets ``(n, 2)``: single points move, anything else holds.

    The joints of a skeleton are tracks of one point each, so they move.
    """
    return blend(left, right, t) if len(left) == len(right) == 1 else left


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One ring or open path between two keyframes, matched once for any number of moments.

    ``starts`` and ``ends`` are the matched pairs of vertices, float64 ``(k, 2)``, px. A run is
    ``(first, last, threshold)``: of the pairs ``first`` to ``last`` those are kept that are at
    least ``threshold`` px apart at the moment asked for. A lone pair is a run of one.
    """

    starts: Points
    ends: Points
    runs: tuple[tuple[int, int, float], ...]
    closed: bool

    def at(self, t: float) -> Points:
        """The vertices ``(n, 2)`` at ``t`` strictly between 0 and 1; ``n`` may depend on ``t``."""
        moved = blend(self.starts, self.ends, t)
        kept: list[list[float]] = []
        for first, last, threshold in self.runs:
            kept += _thinned(moved[first : last + 1], threshold)
        return np.array(kept[:-1] if self.closed else kept)


def path(left: Points, right: Points, closed: bool) -> Path:
    """Match two rings (``closed``) or open paths ``(n, 2)`` as CVAT does.

    Direction and first vertex are as drawn. A closed ring is a chain that ends where it begins.
    Each vertex is matched to the one of the other side that is nearest in relative arc length.
    """
    if closed:
        left, right = np.concatenate([left, left[:1]]), np.concatenate([right, right[:1]])
    matches = _matches(_relative_lengths(left), _relative_lengths(right))
    heads = np.cumsum([0, *map(len, matches)])  # where each left vertex's pairs begin
    runs: list[tuple[int, int, float]] = []
    i = 0
    while i < len(matches):
        partners = matches[i]
        last = i
        if len(partners) > 1:
            chain = right[partners[0] : partners[-1] + 1]
        else:
            while last + 1 < len(matches) and matches[last + 1] == partners:
                last += 1
            chain = left[i : last + 1]
        # the sum over this very piece: a difference of running sums flips ties at t = 1/4
        threshold = _running_lengths(chain)[-1] / (2 * len(chain))
        runs.append((int(heads[i]), int(heads[last + 1]) - 1, float(threshold)))
        i = last + 1
    from_left = np.repeat(np.arange(len(matches)), [len(partners) for partners in matches])
    to_right = [j for partners in matches for j in partners]
    return Path(left[from_left], right[to_right], tuple(runs), closed)


def _running_lengths(chain: Points) -> NDArray[np.float64]:
    dx, dy = np.diff(chain, axis=0).T
    # not hypot, which rounds differently; cumsum adds one by one, as CVAT's loop does
    return np.concatenate([[0.0], np.cumsum(np.sqrt(dx * dx + dy * dy))])


def _relative_lengths(chain: Points) -> NDArray[np.float64]:
    running = _running_lengths(chain)
    return running / running[-1] if running[-1] > 0 else running


def _matches(u: NDArray[np.float64], v: NDArray[np.float64]) -> list[list[int]]:
    """For each left vertex the right ones it moves to, ascending; the lowest wins a tie."""
    matches = [[j] for j in _nearest(u, v).tolist()]
    taken = {partners[0] for partners in matches}
    for j, i in enumerate(_nearest(v, u).tolist()):
        if j not in taken:
            matches[i].append(j)
    return [sorted(partners) for partners in matches]


def _nearest(wanted: NDArray[np.float64], among: NDArray[np.float64]) -> NDArray[np.int64]:
    """Of ascending ``among``, the first index that is nearest to each of ``wanted``."""
    after = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(wanted - among[before]) <= np.abs(wanted - among[after])
    found = np.where(nearer, among[before], among[after])
    return np.searchsorted(among, found)  # equal positions: the first


def _thinned(run: Points, threshold: float) -> list[list[float]]:
    """CVAT's minimiseCurve: the ends stay, and in between what is far enough from the last kept."""
    vertices: list[list[float]] = run.tolist()
    if len(vertices) == 1:
        return vertices
    kept = [vertices[0]]
    for vertex in vertices[1:-1]:
        if _distance(kept[-1], vertex) >= threshold:
            kept.append(vertex)
    kept.append(vertices[-1])
    if len(kept) == 2 and _distance(kept[0], kept[1]) < threshold:
        (ax, ay), (bx, by) = kept
        return [[(ax + bx) / 2, (ay + by) / 2]]
    return kept


def _distance(a: list[float], b: list[float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    return float((dx * dx + dy * dy) ** 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Two polygons or polylines and CVAT's matching of their rings."""

    left: Shape
    right: Shape
    rings: tuple[Path | Points, ...]

    def at(self, t: float) -> Shape:
        """The shape at ``t`` from 0 to 1; the keyframe's own at both ends."""
        if t <= 0.0:
            return self.left
        if t >= 1.0:
            return self.right
        rings = [ring.at(t) if isinstance(ring, Path) else ring for ring in self.rings]
        vertices = np.concatenate(rings)
        return assemble(self.left.kind, vertices, offsets_of(rings), self.left.part_offsets)


def between(left: Shape, right: Shape) -> Paths:
    """Prepare what lies between two keyframes under CVAT's rule.

    CVAT knows neither holes nor parts; each ring follows its rule by itself, and what has no
    counterpart holds, as in :func:`.paths.between`. ValueError for a polygon and a polyline.
    """
    if left.kind != right.kind:
        raise ValueError(f"nothing lies between a {left.kind} and a {right.kind}")
    closed = left.kind == "polygon"
    pairs = matched_rings(left, right)
    rings = (ring if other is None else path(ring, other, closed) for ring, other in pairs)
    return Paths(left, right, tuple(rings))


@dataclass(frozen=True, slots=True)
class TrackShape:
    """A shape of a CVAT track on one frame (task-relative): a keyframe, or what CVAT makes of them.

    ``points`` is CVAT's flat list: x1, y1, x2, y2 of a rectangle; cx, cy, cx + rx, cy - ry of an
    ellipse; else x, y, x, y ... . ``rotation`` is in degrees.
    """

    frame: int
    points: tuple[float, ...]
    rotation: float = 0.0
    outside: bool = False
    keyframe: bool = True


def track(kind: CvatType, keyframes: Sequence[TrackShape], stop: int) -> list[TrackShape]:
    """Every row that CVAT's server makes of a track, for frames before ``stop``.

    ``keyframes`` ascend by frame. A shape moves towards an outside keyframe too, which is then a
    row of its own; until the next keyframe there are none. The last keyframe's shape holds.
    """
    rows: list[TrackShape] = []
    for number, left in enumerate(keyframes):
        if left.frame >= stop:
            break
        rows.append(left)
        if left.outside:
            continue
        right = keyframes[number + 1] if number + 1 < len(keyframes) else None
        frames = range(left.frame + 1, stop if right is None else min(right.frame, stop))
        if right is None:
            rows += [TrackShape(f, left.points, left.rotation, False, False) for f in frames]
        else:
            rows += _rows_between(kind, left, right, frames)
    return rows


def _rows_between(
    kind: CvatType, left: TrackShape, right: TrackShape, frames: range
) -> list[TrackShape]:
    a, b = (np.array(side.points, np.float64).reshape(-1, 2) for side in (left, right))
    matched = path(a, b, kind == "polygon") if kind in ("polygon", "polyline") else None
    rows = []
    for frame in frames:
        t = (frame - left.frame) / (right.frame - left.frame)
        if matched is not None:
            value = matched.at(t)
        else:
            value = points(a, b, t) if kind == "points" else blend(a, b, t)
        degrees = float(rotation(left.rotation, right.rotation, t))
        rows.append(TrackShape(frame, tuple(value.ravel().tolist()), degrees, False, False))
    return rows
