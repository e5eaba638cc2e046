"""Entities that are away for a moment, or there without a shape."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .. import operations
from .problem import Fix, Problem, Severity
from .survey import Survey

if TYPE_CHECKING:
    from ..project import Project

_SHORT_FRAMES = 12


def gaps(survey: Survey) -> Iterator[Problem]:
    """Absences so short that the thing was more likely missed."""
    runs = survey.runs
    between = runs.first[1:] - runs.stop[:-1]
    short = (runs.entity[1:] == runs.entity[:-1]) & (between <= _SHORT_FRAMES)
    for i in np.flatnonzero(short).tolist():
        number, first, stop = int(runs.entity[i]), int(runs.stop[i]), int(runs.first[i + 1])
        entity, name = survey.ids[number], survey.name(number)
        how_long = f"{stop - first} frames" if stop - first > 1 else "one frame"
        yield Problem(
            "gap", Severity.NOTE, f"{name} is away for {how_long}, from frame {first}.",
            (entity,), (first, stop), "presence",
            (Fix(f"Let {name} be there at {first} to {stop - 1}",
                 partial(_fill, entity, first, stop)),),
        )  # fmt: skip


def _fill(entity: str, first: int, stop: int, project: Project) -> None:
    presence = project.entity(entity)["presence"]
    before = presence.at(first - 1)
    for frame in presence.keyframes.tolist():
        if first <= frame < stop:
            del presence[frame]
    if presence.at(first) != before:
        presence[first] = before


def no_geometry(survey: Survey) -> Iterator[Problem]:
    """Entities of classes with geometry that are there on frames before their first shape."""
    ontology = survey.project.ontology
    shaped = {name for name, each in ontology.classes.items() if each.geometry and not each.event}
    wanted = np.array([item.class_name in shaped for item in survey.attributes], bool)
    runs = survey.runs
    start = survey.first_shape[runs.entity]
    bare = wanted[runs.entity] & (runs.first < start)
    done = -1
    for i in np.flatnonzero(bare).tolist():
        number = int(runs.entity[i])
        if number == done:
            continue
        done = number
        entity, name = survey.ids[number], survey.name(number)
        first, begin = int(runs.first[i]), int(start[i])
        delete = Fix(f"Delete {name}", partial(_delete, entity))
        if begin >= survey.frame_count:
            sentence = f"{name} has no shape on any frame."
            fixes: tuple[Fix, ...] = (delete,)
            stop = int(runs.stop[i])
        else:
            sentence = f"{name} is there from frame {first}, and has a shape only from {begin}."
            trim = Fix(f"Let {name} begin at frame {begin}", partial(_begin_at, entity, begin))
            fixes, stop = (trim, delete), min(begin, int(runs.stop[i]))
        yield Problem(
            "no-geometry", Severity.WARNING, sentence, (entity,), (first, stop), None, fixes
        )


def _begin_at(entity: str, frame: int, project: Project) -> None:
    operations.trim(project, project.entity(entity), frame, project.frame_count)


def _delete(entity: str, project: Project) -> None:
    operations.delete(project, [project.entity(entity)])
