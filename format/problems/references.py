"""References to entities that are gone, elsewhere in time, of another class, or oneself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ..ontology import PropertyDefinition
from ..values import NOBODY
from .problem import Fix, Problem, Severity
from .survey import Survey

if TYPE_CHECKING:
    from ..project import Project

_KINDS = ("entity", "entities")
Span = tuple[int, int]


def conflicting(survey: Survey) -> Iterator[Problem]:
    """Every stretch on which a reference cannot mean whom it names."""
    there = survey.runs.by_entity()
    for number in survey.live.tolist():
        owner = survey.project.ontology.find_class(survey.attributes[number].class_name)
        for definition in owner.properties.values() if owner else ():
            if definition.kind.name in _KINDS:
                for span, target in _named(survey, number, definition, there.get(number, [])):
                    yield from _judged(survey, number, definition, span, target, there)


def _named(
    survey: Survey, number: int, definition: PropertyDefinition, own: list[Span]
) -> Iterator[tuple[Span, str]]:
    """Who is named on which frames; only where the one who names is there."""
    if not definition.time_varying:
        constants = survey.attributes[number].constants
        for target in _targets(constants.get(definition.name, definition.default)):
            if own:
                yield (own[0][0], own[-1][1]), target
        return
    keyframes = survey.project.keyframes(survey.ids[number], definition.name, definition.kind)
    frames = [*keyframes.frames.tolist(), survey.frame_count]
    for (first, stop), row in zip(pairwise(frames), keyframes.rows, strict=True):
        shown = [(max(first, a), min(stop, b)) for a, b in own if a < stop and b > first]
        if shown:
            for target in _targets(row[0]):
                yield (shown[0][0], shown[-1][1]), target


def _targets(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith("["):
        try:
            value = orjson.loads(value)
        except ValueError:
            return []
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return [value] if isinstance(value, str) and value not in ("", NOBODY) else []


def _judged(
    survey: Survey, number: int, definition: PropertyDefinition, span: Span, target: str,
    there: dict[int, list[Span]],
) -> Iterator[Problem]:  # fmt: skip
    entity, name = survey.ids[number], survey.name(number)
    label = definition.label
    other = survey.number.get(target)
    severity, frames = Severity.ERROR, span
    if other is None:
        sentence = f"{label} of {name} names an entity that there never was."
    elif survey.attributes[other].deleted:
        sentence = f"{label} of {name} names {survey.name(other)}, which was deleted."
    elif other == number:
        sentence = f"{label} of {name} names {name} itself."
    elif definition.classes and survey.attributes[other].class_name not in definition.classes:
        sentence = (
            f"{label} of {name} names {survey.name(other)}, which is a "
            f"{survey.attributes[other].class_name}."
        )
    else:
        away = _away(span, there.get(other, []))
        if away is None or not definition.time_varying:
            return
        severity, frames = Severity.WARNING, away
        sentence = (
            f"{label} of {name} names {survey.name(other)}, which is not there on frames "
            f"{away[0]} to {away[1] - 1}."
        )
    frame = frames[0] if definition.time_varying else None
    fix = Fix(
        f"Let {label.lower()} of {name} no longer name it",
        partial(_unname, entity, definition.name, frame, target),
    )
    known = (entity,) if other is None else (entity, survey.ids[other])
    yield Problem("reference", severity, sentence, known, frames, definition.name, (fix,))


def _away(span: Span, runs: list[Span]) -> Span | None:
    """The first part of a span on which something is not there."""
    first, stop = span
    for begin, end in runs:
        if end <= first:
            continue
        if begin > first:
            return first, min(begin, stop)
        first = end
        if first >= stop:
            return None
    return first, stop


def _unname(entity: str, name: str, frame: int | None, target: str, project: Project) -> None:
    owner = project.entity(entity)
    kind = owner[name].definition.kind.name
    if frame is None:
        left = [item for item in _targets(owner[name].value) if item != target]
        owner[name] = (left or None) if kind == "entities" else None
        return
    row = owner[name]
    at = int(np.searchsorted(row.keyframes, frame, "right")) - 1
    value = row.rows[at, 0] if at >= 0 else ""
    left = [item for item in _targets(value) if item != target]
    row[frame] = left if kind == "entities" else None
