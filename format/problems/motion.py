"""Tracks that move as nothing moves: jumps, and two tracks that change places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .. import operations
from .places import remove_keyframes
from .problem import Fix, Problem, Severity
from .survey import Extents, Floats, Survey

if TYPE_CHECKING:
    from ..project import Project

# A step is a jump when it is longer, by frame, than all of these.
_SIZES = 1.0  # of the thing itself
_DIAGONALS = 0.03  # of the picture
_USUAL = 8.0  # of the track's own median step
# Two tracks change places when their steps are each this much shorter once they are exchanged.
_EXCHANGED = 0.35
_SWITCH_SIZES = 0.5
_SWITCH_FRAMES = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """From keyframe ``at`` to the next one of the same stretch: length in px, and by frame."""

    at: NDArray[np.int64]
    px: Floats
    frames: NDArray[np.int64]
    size: Floats
    usual: Floats  # the median px by frame of the entity's steps

    @property
    def speed(self) -> Floats:
        return np.asarray(self.px / self.frames)


def _steps(extents: Extents) -> _Steps:
    at = np.flatnonzero(extents.run[:-1] == extents.run[1:])
    px = np.hypot(*(extents.center[at + 1] - extents.center[at]).T)
    frames = extents.frame[at + 1] - extents.frame[at]
    size = np.maximum(extents.size[at], extents.size[at + 1])
    return _Steps(at, px, frames, size, _medians(extents.entity[at], px / np.maximum(frames, 1)))


def _medians(group: NDArray[np.int64], values: Floats) -> Floats:
    """The median of each one's group, for ascending groups."""
    if not len(values):
        return values
    order = np.lexsort((values, group))
    _, starts, inverse, counts = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    return np.asarray(values[order][starts + counts // 2][inverse])


def switches(survey: Survey) -> Iterator[Problem]:
    """Two entities of one class of which each goes on where the other was."""
    for extents in survey.extents:
        for a, b in _switches(survey, extents):
            one, two = (int(extents.entity[i]) for i in (a, b))
            frame = int(extents.frame[a + 1])
            names = f"{survey.name(one)} and {survey.name(two)}"
            first, second = survey.ids[one], survey.ids[two]
            yield Problem(
                "identity-switch", Severity.WARNING,
                f"{names} change places at frame {frame}.",
                (first, second), (int(extents.frame[a]), frame + 1), extents.name,
                (Fix(f"Swap {names} from frame {frame}", partial(_swap, first, second, frame)),),
            )  # fmt: skip


def _switches(survey: Survey, extents: Extents) -> list[tuple[int, int]]:
    """Keyframes (of the one, of the other) behind which they change places."""
    steps = _steps(extents)
    far = (steps.frames <= _SWITCH_FRAMES) & (steps.px > _SWITCH_SIZES * steps.size)
    far &= steps.speed > _USUAL / 2 * steps.usual
    together: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for i in steps.at[far].tolist():
        code = int(survey.class_code[extents.entity[i]])
        together[int(extents.frame[i]), int(extents.frame[i + 1]), code].append(i)
    found = []
    for group in together.values():
        here = np.array(group[:500])
        before, after = extents.center[here], extents.center[here + 1]
        own = np.hypot(*(after - before).T)
        cross = np.hypot(*np.moveaxis(after[:, None] - before[None], -1, 0))  # to the other's place
        better = (cross < _EXCHANGED * own[:, None]) & (_EXCHANGED * own[None] > cross.T)
        for i, j in np.argwhere(np.triu(better, 1)).tolist():
            found.append((int(here[i]), int(here[j])))
    return found


def _swap(first: str, second: str, frame: int, project: Project) -> None:
    operations.swap(project, project.entity(first), project.entity(second), frame)


def jumps(survey: Survey) -> Iterator[Problem]:
    """Steps that are far for the thing, for the picture and for the track."""
    diagonal = float(np.hypot(survey.width, survey.height))
    for extents in survey.extents:
        steps = _steps(extents)
        far = steps.speed > np.maximum(_SIZES * steps.size, _DIAGONALS * diagonal)
        far &= steps.speed > _USUAL * steps.usual
        switched = {i for pair in _switches(survey, extents) for i in pair}
        jumping = [i for i in steps.at[far].tolist() if i not in switched]
        done = -1
        for place, i in enumerate(jumping):
            if i == done:
                continue
            back = place + 1 < len(jumping) and jumping[place + 1] == i + 1
            if back and _is_outlier(extents, i):
                done = i + 1
            yield _jump(survey, extents, i, alone=done == i + 1)


def _is_outlier(extents: Extents, i: int) -> bool:
    """Whether the track goes on as if the keyframe behind ``i`` were not there."""
    before, there, after = extents.center[i : i + 3]
    return float(np.hypot(*(after - before))) < 0.5 * float(np.hypot(*(there - before)))


def _jump(survey: Survey, extents: Extents, i: int, *, alone: bool) -> Problem:
    number = int(extents.entity[i])
    entity, name = survey.ids[number], survey.name(number)
    first, frame = int(extents.frame[i]), int(extents.frame[i + 1])
    px = float(np.hypot(*(extents.center[i + 1] - extents.center[i])))
    remove = Fix(
        f"Remove the keyframe of {name} at {frame}",
        remove_keyframes(entity, extents.name, [frame]),
    )
    split = Fix(f"Split {name} at frame {frame}", partial(_split, entity, frame))
    span = f"from frame {first} to {frame}"
    if alone:
        sentence = f"{name} is {px:.0f} px away for one keyframe, at frame {frame}."
    else:
        sentence = f"{name} jumps {px:.0f} px {span}."
    return Problem(
        "jump", Severity.WARNING, sentence, (entity,), (first, frame + 1), extents.name,
        (remove, split) if alone else (split, remove),
    )  # fmt: skip


def _split(entity: str, frame: int, project: Project) -> None:
    operations.split(project, project.entity(entity), frame)
