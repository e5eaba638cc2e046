"""What the ontology asks for and entities lack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ..ontology import PropertyDefinition
from .problem import Fix, Problem, Severity
from .survey import Survey

if TYPE_CHECKING:
    from ..project import Project

_OFFERED = 9


def required(survey: Survey) -> Iterator[Problem]:
    """Required properties without a value, where they apply."""
    project = survey.project
    for missing in project.missing():
        entity = project.entity(missing.entity)
        definition = entity.properties.get(missing.property)
        if definition is None:
            continue
        first, stop = missing.spans[0][0], missing.spans[-1][1]
        where = f" from frame {first}" if definition.time_varying else ""
        yield Problem(
            "required", Severity.WARNING,
            f"{entity.name} has no {definition.label.lower()}{where}, and must have one.",
            (entity.id,), (first, stop), definition.name,
            tuple(_offers(entity.id, entity.name, definition, missing.spans)),
        )  # fmt: skip


def _offers(
    entity: str, name: str, definition: PropertyDefinition, spans: tuple[tuple[int, int], ...]
) -> Iterator[Fix]:
    values: list[tuple[str, Any]] = []
    if definition.kind.name == "choice":
        values = [(choice.label or choice.name, choice.name) for choice in definition.choices]
    elif definition.kind.name == "boolean":
        values = [("yes", True), ("no", False)]
    frame = spans[0][0] if definition.time_varying else None
    for label, value in values[:_OFFERED]:
        yield Fix(
            f"Set {definition.label.lower()} of {name} to {label}",
            partial(_set, entity, definition.name, frame, value),
        )


def _set(entity: str, name: str, frame: int | None, value: Any, project: Project) -> None:
    if frame is None:
        project.entity(entity)[name] = value
    else:
        project.entity(entity)[name][frame] = value
