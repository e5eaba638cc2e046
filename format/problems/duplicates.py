"""Two entities of one class whose shapes lie over each other as long as both are there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .. import operations
from ..kinds import Kind
from ..runs import Ints, Runs
from .problem import Fix, Problem, Severity
from .survey import Floats, Survey, bounds_of

if TYPE_CHECKING:
    from ..project import Project

# Frames looked at: spread over the video, and the middle of stretches of presence.
_SPREAD, _MIDDLES = 256, 512
_OVERLAP = 0.85  # intersection over union
_OF_THE_TIME = 0.8  # of the frames looked at on which both are there
_LOOKED_AT = 16  # frames, once more, of a pair that was found
_NEIGHBOURS = 64  # in the order of their centres

_KINDS = ("box", "rotated_box", "ellipse", "points", "cuboid")


def duplicates(survey: Survey) -> Iterator[Problem]:
    """Pairs that overlap nearly always."""
    for name in _KINDS:
        found: dict[tuple[int, int], list[int]] = {}
        present: dict[int, list[int]] = {}
        kinds = survey.kinds_of(name)
        if len(kinds) != 1:  # skeletons of several lengths have no column of one name
            continue
        entities, _, _ = survey.keyframes(name, kinds[0])
        runs = survey.runs.taken(np.isin(survey.runs.entity, np.unique(entities)))
        for frame in _frames(survey, runs):
            here = runs.entity[(runs.first <= frame) & (runs.stop > frame)]
            if len(here) > 1:  # only who is there is evaluated
                for pair in _overlapping(survey, name, kinds[0], frame, here, present):
                    found.setdefault(pair, []).append(frame)
        for (one, two), where in sorted(found.items()):
            both = np.intersect1d(present[one], present[two], assume_unique=True)
            if len(where) >= _OF_THE_TIME * len(both) and _holds(survey, name, kinds[0], one, two):
                yield _problem(survey, name, one, two, where)


def _holds(survey: Survey, name: str, kind: Kind, one: int, two: int) -> bool:
    """Whether a pair that overlapped where we looked does so as long as both are there."""
    spans = survey.runs.spans_of(one), survey.runs.spans_of(two)
    both = [np.arange(max(a, c), min(b, d)) for a, b in spans[0] for c, d in spans[1]]
    frames = np.concatenate(both)
    frames = frames[np.linspace(0, len(frames) - 1, min(_LOOKED_AT, len(frames))).astype(np.int64)]
    here = np.array([one, two], np.int64)
    hits = sum(
        bool(list(_overlapping(survey, name, kind, int(frame), here, {}))) for frame in frames
    )
    return hits >= _OF_THE_TIME * len(frames)


def _frames(survey: Survey, runs: Runs) -> list[int]:
    spread = np.linspace(0, survey.frame_count - 1, min(_SPREAD, survey.frame_count))
    middles = np.unique((runs.first + runs.stop - 1) // 2)
    if len(middles) > _MIDDLES:
        middles = middles[np.linspace(0, len(middles) - 1, _MIDDLES).astype(np.int64)]
    return [int(f) for f in np.union1d(spread.astype(np.int64), middles)]


def _overlapping(
    survey: Survey, name: str, kind: Kind, frame: int, here: Ints, present: dict[int, list[int]]
) -> Iterator[tuple[int, int]]:
    ids = [survey.ids[number] for number in here.tolist()]
    table = survey.project.evaluate(frame, frame + 1, ids, (name,))
    if name not in table.values or not len(table):
        return
    boxes = bounds_of(table.values[name], kind)
    numbers = np.array([survey.number.get(each, -1) for each in table.entities], np.int64)
    there = numbers[table.entity_index]
    keep = np.isfinite(boxes).all(axis=1) & (there >= 0)
    boxes, there = boxes[keep], there[keep]
    for number in there.tolist():
        present.setdefault(number, []).append(frame)
    order = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    boxes, there = boxes[order], there[order]
    codes = survey.class_code[there]
    centers = (boxes[:, 0] + boxes[:, 2]) / 2
    widest = float((boxes[:, 2] - boxes[:, 0]).max(initial=0.0))
    for step in range(1, min(_NEIGHBOURS, len(boxes) - 1) + 1):
        near = centers[step:] - centers[:-step] <= widest * (1 - _OVERLAP)
        if not near.any():
            return
        near &= codes[step:] == codes[:-step]
        at = np.flatnonzero(near)
        over = at[_iou(boxes[at], boxes[at + step]) > _OVERLAP]
        for i in over.tolist():
            one, two = sorted((int(there[i]), int(there[i + step])))
            yield one, two


def _iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes in pairs, ``(n,)``."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=1)
    union = np.prod(a[:, 2:] - a[:, :2], axis=1) + np.prod(b[:, 2:] - b[:, :2], axis=1) - common
    return np.asarray(common / np.maximum(union, 1e-12))


def _problem(survey: Survey, name: str, one: int, two: int, where: list[int]) -> Problem:
    first, second = survey.ids[one], survey.ids[two]
    a, b = survey.name(one), survey.name(two)
    return Problem(
        "duplicate", Severity.WARNING,
        f"{a} and {b} lie over each other wherever both are there.",
        (first, second), (where[0], where[-1] + 1), name,
        (
            Fix(f"Merge {b} into {a}", partial(_merge, first, second)),
            Fix(f"Delete {b}", partial(_delete, second)),
            Fix(f"Delete {a}", partial(_delete, first)),
        ),
    )  # fmt: skip


def _merge(first: str, second: str, project: Project) -> None:
    operations.merge(project, project.entity(first), project.entity(second))


def _delete(entity: str, project: Project) -> None:
    operations.delete(project, [project.entity(entity)])
