"""Shapes that lie where nothing can be seen, or have nothing inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .problem import Fix, Problem, Severity
from .survey import Extents, Survey

if TYPE_CHECKING:
    from ..project import Project

_FLAT = ("box", "rotated_box", "ellipse")
# Text and tables carry two decimals; a shape thinner than that has no inside.
_THIN_PX = 0.01


def no_size(survey: Survey) -> Iterator[Problem]:
    """Boxes and ellipses without width or height."""
    for extents in survey.extents:
        if extents.name in _FLAT:
            sides = extents.box[:, 2:] - extents.box[:, :2]
            yield from _stretches(survey, extents, np.any(sides < _THIN_PX, axis=1), "no-size")


def outside(survey: Survey) -> Iterator[Problem]:
    """Shapes of which nothing lies in the picture. Between two keyframes that are in sight a linear
    move stays in sight, so keyframes are all there is to look at."""
    if survey.width <= 0 or survey.height <= 0:
        return
    for extents in survey.extents:
        left, top, right, bottom = extents.box.T
        away = (right <= 0) | (bottom <= 0) | (left >= survey.width) | (top >= survey.height)
        sides = extents.box[:, 2:] - extents.box[:, :2]
        away &= (sides >= _THIN_PX).any(axis=1)  # what has no size is told once
        yield from _stretches(survey, extents, away, "outside")


def _stretches(
    survey: Survey, extents: Extents, bad: NDArray[np.bool_], code: str
) -> Iterator[Problem]:
    """One problem for keyframes of one entity that follow each other."""
    at = np.flatnonzero(bad)
    if not len(at):
        return
    new = (np.diff(at) > 1) | (np.diff(extents.entity[at]) != 0)
    for part in np.split(at, np.flatnonzero(new) + 1):
        number = int(extents.entity[part[0]])
        frames = extents.frame[part].tolist()
        entity, name = survey.ids[number], survey.name(number)
        count = f"{len(part)} keyframes" if len(part) > 1 else "a keyframe"
        what = "has no size" if code == "no-size" else "lies outside the picture"
        fixes = [
            Fix(
                f"Remove {count} of {name} {'without size' if code == 'no-size' else 'outside'}",
                remove_keyframes(entity, extents.name, frames),
            )
        ]
        if code == "outside":
            fixes.append(Fix(f"Make {name} absent there", absent_at(entity, frames)))
        yield Problem(
            code, Severity.ERROR, f"{name} {what} ({count} of its {extents.name}).",
            (entity,), (frames[0], frames[-1] + 1), extents.name, tuple(fixes),
        )  # fmt: skip


def remove_keyframes(entity: str, name: str, frames: list[int]) -> Callable[[Project], None]:
    """A change that removes keyframes."""

    def change(project: Project) -> None:
        track = project.entity(entity)[name]
        there = set(track.keyframes.tolist())
        for frame in frames:
            if frame in there:
                del track[frame]

    return change


def absent_at(entity: str, frames: list[int]) -> Callable[[Project], None]:
    """A change that lets an entity be away on a stretch, and back after it where it was there."""

    def change(project: Project) -> None:
        presence = project.entity(entity)["presence"]
        stop = frames[-1] + 1
        after = presence.at(stop) if stop < project.frame_count else None
        keyed = set(presence.keyframes.tolist())
        for frame in sorted(keyed):
            if frames[0] < frame < stop:
                del presence[frame]
        presence[frames[0]] = "absent"
        if after is not None and stop not in keyed:
            presence[stop] = after

    return change
