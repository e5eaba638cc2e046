"""From a dense track to few keyframes, within a tolerance of what the engine showed before.

A greedy walk keeps the keyframes that it finds necessary: for numbers, and shapes whose vertices
correspond, on straight lines; for other shapes and for masks by trying. Then the engine is asked,
and where its value is off, keyframes come back. So the tolerance holds on every frame in sight.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .entity import Entity
from .errors import EditError
from .geometry import Shape, angles, mask, wkt
from .kinds import ABSENT, PRESENCE_KIND, Kind, Rows
from .operations import put_track, track_of
from .tracks import Times, Track
from .walk import walk

if TYPE_CHECKING:
    from .project import Project

Floats = NDArray[np.float64]

# A box's corners are never further off than its edges are, times this.
_DIAGONAL = float(np.sqrt(2.0))
_MAX_SAMPLES = 4096


def simplify(
    project: Project,
    entity: Entity,
    tolerance_px: float = 1.0,
    min_iou: float = 0.95,
    properties: tuple[str, ...] | None = None,
) -> tuple[int, int]:
    """Keep only the keyframes of an entity's geometry that are needed; one edit.

    On every frame where the entity is there, no edge of a box and no vertex or outline of a shape
    is off by more than ``tolerance_px``, and a mask overlaps the one before by ``min_iou``
    (intersection over union). Keyframes with a rule of their own stay. Returns how many keyframes
    there were and are.
    """
    if not (tolerance_px >= 0 and 0 < min_iou <= 1):
        raise EditError("A tolerance is 0 px or more, and an overlap above 0 and at most 1.")
    names = [n for n, d in entity.properties.items() if d.time_varying and d.kind.geometry]
    for name in properties or ():
        if name not in names:
            raise EditError(f'{entity.name} has no geometry "{name:.80}" to simplify.')
    before = after = 0
    with project.transaction(f"Simplify {entity.name}"):
        there = _there(project, entity)
        for name in properties or names:
            project.check_undamaged(entity.id, name)
            kind = entity.properties[name].kind
            track = track_of(project, entity.id, name, kind)
            kept = simplified(track, there, project.engine_times, tolerance_px, min_iou)
            put_track(project, entity.id, name, track, kept)
            before, after = before + len(track), after + len(kept)
    return before, after


def simplified(
    track: Track, there: NDArray[np.bool_], times: Times, tolerance_px: float, min_iou: float
) -> Track:
    """The keyframes to keep; ``there`` bool ``(frame_count,)`` says which frames are in sight."""
    if len(track) < 2:
        return track
    keep = np.zeros(len(track), bool)
    visible = there.copy()
    visible[: track.frames[0]] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], visible, [False]]).astype(np.int8)))
    runs = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    own = np.flatnonzero(track.modes >= 0)
    keep[own] = True
    keep[np.minimum(own + 1, len(track) - 1)] = True
    for first, stop in runs:
        # what a run's values depend on, from the last at or before it to the first at its end
        low = track.at_or_before(first)
        high = min(int(np.searchsorted(track.frames, stop - 1)), len(track) - 1)
        keep[low], keep[high] = True, True
        keep[low : high + 1] |= _walked(track, low, high, times, tolerance_px, min_iou)
    for first, stop in runs:
        _mend(track, keep, first, stop, times, tolerance_px, min_iou)
    return track.taken(keep)


def _mend(
    track: Track,
    keep: NDArray[np.bool_],
    first: int,
    stop: int,
    times: Times,
    tolerance_px: float,
    min_iou: float,
) -> None:
    """Bring back keyframes around the frames where the engine's value is off."""
    wanted = track.values(first, stop, times)
    while True:
        given = track.taken(keep).values(first, stop, times)
        off = np.flatnonzero(~_near(wanted, given, track.kind, tolerance_px, min_iou)) + first
        if not len(off):
            return
        before = np.searchsorted(track.frames, off, "right") - 1
        fresh = np.unique(np.concatenate([before, np.minimum(before + 1, len(track) - 1)]))
        fresh = fresh[~keep[fresh]]
        if not len(fresh):  # rounding, on frames between keyframes that are all there
            return
        keep[fresh] = True


def _walked(
    track: Track, low: int, high: int, times: Times, tolerance_px: float, min_iou: float
) -> NDArray[np.bool_]:
    """Which of the keyframes ``low`` to ``high`` a greedy walk keeps."""
    keep = np.zeros(high - low + 1, bool)
    kind = track.kind
    part = track.taken(slice(low, high + 1))
    if kind.name == "mask":
        kept = part.rows[0, 0]
        for i in range(1, len(part)):
            if part.rows[i, 0] != kept and not _overlaps(kept, part.rows[i, 0], min_iou):
                keep[i], kept = True, part.rows[i, 0]
        return keep
    at = part.frames.astype(np.float64) if times is None else times[part.frames]
    layouts = _of_one_layout(part)
    for begin, end in layouts:
        keep[begin] = keep[end - 1] = True
        values = _lines(part.taken(slice(begin, end)))
        corners = walk(at[begin:end], values, max(_per_column(kind, tolerance_px), 1e-9))
        keep[begin + np.array(corners)] = True
    if kind.is_text and len(layouts) > 1:
        return _tried(part, keep, times, tolerance_px)
    return keep


def _of_one_layout(track: Track) -> list[tuple[int, int]]:
    """Runs of keyframes whose numbers correspond: of shapes those with as many vertices, of points
    those with the same ones visible."""
    if track.kind.name == "points":
        changed = (track.rows[1:, 2::3] != track.rows[:-1, 2::3]).any(axis=1)
    elif track.kind.is_text:
        shapes = [wkt.parse(text) for text in track.rows[:, 0]]
        same = [a.same_layout(b) for a, b in pairwise(shapes)]
        changed = ~np.array(same, bool)
    else:
        changed = np.zeros(len(track) - 1, bool)
    cuts = [0, *(np.flatnonzero(changed) + 1).tolist(), len(track)]
    return list(pairwise(cuts))


def _tried(
    track: Track, needed: NDArray[np.bool_], times: Times, tolerance_px: float
) -> NDArray[np.bool_]:
    """As the walk, for shapes whose vertices do not correspond: from each kept keyframe to the
    farthest one that the engine's own shapes reach within tolerance."""
    keep = np.zeros(len(track), bool)
    at = 0
    keep[0] = True
    candidates = np.flatnonzero(needed)
    while at < candidates[-1]:
        ahead = candidates[candidates > at]
        # the next one is always reached; look twice as far each time, then halve the rest
        good, bad = 0, 1
        while bad < len(ahead) and _reaches(track, at, int(ahead[bad]), times, tolerance_px):
            good, bad = bad, 2 * bad
        bad = min(bad, len(ahead))
        while bad - good > 1:
            middle = (good + bad) // 2
            if _reaches(track, at, int(ahead[middle]), times, tolerance_px):
                good = middle
            else:
                bad = middle
        at = int(ahead[good])
        keep[at] = True
    return keep


def _reaches(track: Track, start: int, end: int, times: Times, tolerance_px: float) -> bool:
    if end == start + 1:
        return True
    ends = track.taken(np.array([start, end]))
    inside = track.taken(slice(start + 1, end))
    first = int(inside.frames[0])
    given = ends.values(first, int(inside.frames[-1]) + 1, times)[inside.frames - first]
    return bool(_near(inside.rows, given, track.kind, tolerance_px, 1.0).all())


# -- how far off --------------------------------------------------------------------------------


def _lines(track: Track) -> Floats:
    """Numbers in px that go straight where the keyframes' values do: ``(n, m)``."""
    rows, kind = track.rows, track.kind
    if kind.name == "box":
        return np.concatenate([rows, rows[:, :2] + rows[:, 2:]], axis=1)
    if kind.name in ("rotated_box", "ellipse"):
        turned = rows.copy()
        radius = float(_radius(rows, kind).max())
        turns = np.concatenate([[0.0], np.cumsum(angles.arc(rows[:-1, 4], rows[1:, 4]))])
        turned[:, 4] = np.radians(turns) * radius
        return turned
    if kind.name == "points":
        return np.delete(rows, np.s_[2::3], axis=1)
    if kind.is_text:
        return np.stack([wkt.parse(text).points.reshape(-1) for text in rows[:, 0]])
    return rows


def _radius(rows: Rows, kind: Kind) -> Floats:
    """How far the edge is from the centre, px."""
    half = 0.5 if kind.name == "rotated_box" else 1.0
    return np.asarray(half * np.hypot(rows[:, 2], rows[:, 3]))


def _per_column(kind: Kind, tolerance_px: float) -> float:
    """What each number may be off so that a vertex is off by no more than the tolerance."""
    if kind.name == "box":
        return tolerance_px
    if kind.name in ("rotated_box", "ellipse"):
        return tolerance_px / 4  # the centre, the size and the turn each move the edge
    return tolerance_px / _DIAGONAL


def _near(
    wanted: Rows, given: Rows, kind: Kind, tolerance_px: float, min_iou: float
) -> NDArray[np.bool_]:
    """``(n,)`` bool: which evaluated rows are within tolerance of the wanted ones."""
    if kind.is_text:
        near = wanted[:, 0] == given[:, 0]
        for i in np.flatnonzero(~near).tolist():
            if kind.name == "mask":
                near[i] = _overlaps(wanted[i, 0], given[i, 0], min_iou)
            else:
                near[i] = distance_px(wanted[i, 0], given[i, 0], tolerance_px) <= tolerance_px
        return np.asarray(near, bool)
    if tolerance_px == 0:
        return np.asarray((wanted == given).all(axis=1))
    if kind.name == "box":
        apart = np.abs(wanted - given)
        far = np.abs(wanted[:, :2] + wanted[:, 2:] - given[:, :2] - given[:, 2:])
        return np.asarray(np.maximum(apart.max(axis=1), far.max(axis=1)) <= tolerance_px)
    if kind.name == "points":
        seen = (wanted[:, 2::3] == given[:, 2::3]).all(axis=1)
        there = wanted[:, 2::3] > 0
        off = np.hypot(wanted[:, 0::3] - given[:, 0::3], wanted[:, 1::3] - given[:, 1::3])
        return np.asarray(seen & (np.where(there, off, 0.0).max(axis=1) <= tolerance_px))
    a, b = _corners(wanted, kind), _corners(given, kind)
    return np.asarray(np.hypot(*(a - b).transpose(2, 0, 1)).max(axis=1) <= tolerance_px)


def _corners(rows: Rows, kind: Kind) -> Floats:
    """Points of the outline by which nearness is judged: ``(n, m, 2)``."""
    if kind.name == "cuboid":
        return np.asarray(rows.reshape(len(rows), 8, 2))
    theta = np.radians(rows[:, 4])
    along = np.stack([np.cos(theta), np.sin(theta)], axis=1)
    across = np.stack([-np.sin(theta), np.cos(theta)], axis=1)
    half = 0.5 if kind.name == "rotated_box" else 1.0
    u, v = along * rows[:, 2:3] * half, across * rows[:, 3:4] * half
    centre = rows[:, :2]
    # the points of an ellipse are no further off than the corners of the box around it
    return np.stack([centre + i * u + j * v for i in (-1, 1) for j in (-1, 1)], axis=1)


def _overlaps(left: str, right: str, min_iou: float) -> bool:
    if not left or not right:
        return left == right
    return mask.iou(mask.parse(left), mask.parse(right)) >= min_iou


def distance_px(left: str, right: str, tolerance_px: float = 1.0) -> float:
    """How far two shapes are apart at most: by vertex where these correspond, else between their
    outlines (Hausdorff), sampled so finely that it is never too small."""
    if not left or not right:
        return 0.0 if left == right else float("inf")
    a, b = wkt.parse(left), wkt.parse(right)
    if a.same_layout(b):
        return float(np.hypot(*(a.points - b.points).T).max(initial=0.0))
    if len(a.ring_offsets) != len(b.ring_offsets):
        return float("inf")
    step = max(tolerance_px, 1e-3) / 4
    worst = 0.0
    for ring, partner in zip(a.rings, b.rings, strict=True):
        for one, other in ((ring, partner), (partner, ring)):
            samples, spacing = _samples(one, a, step)
            worst = max(worst, _farthest(samples, _path(other, a)) + spacing / 2)
    return worst


def _path(ring: Floats, shape: Shape) -> Floats:
    return np.concatenate([ring, ring[:1]]) if shape.kind == "polygon" else ring


def _samples(ring: Floats, shape: Shape, step: float) -> tuple[Floats, float]:
    """Points along an outline, and how far apart they are at most."""
    path = _path(ring, shape)
    if len(path) == 1:
        return path, 0.0
    lengths = np.hypot(*np.diff(path, axis=0).T)
    step = max(step, float(lengths.sum()) / _MAX_SAMPLES)
    counts = np.maximum(np.ceil(lengths / step).astype(np.int64), 1)
    edge = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    t = (place / counts[edge])[:, None]
    points = path[:-1][edge] * (1 - t) + path[1:][edge] * t
    return np.concatenate([points, path[-1:]]), float((lengths / counts).max(initial=0.0))


def _farthest(points: Floats, path: Floats) -> float:
    """The largest distance from any of the points to a path."""
    if len(path) == 1:
        return float(np.hypot(*(points - path[0]).T).max())
    nearest = np.full(len(points), np.inf)
    for start, end in pairwise(path):
        along = end - start
        square = float(along @ along)
        t = np.clip((points - start) @ along / square, 0, 1) if square else np.zeros(len(points))
        nearest = np.minimum(nearest, np.hypot(*(points - start - t[:, None] * along).T))
    return float(nearest.max())


def _there(project: Project, entity: Entity) -> NDArray[np.bool_]:
    presence = track_of(project, entity.id, "presence", PRESENCE_KIND)
    return np.asarray(presence.values(0, project.frame_count, None)[:, 0] > ABSENT)
