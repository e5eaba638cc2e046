"""References between entities: who is named where, and naming somebody else instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from .entity import Entity
from .keyframes import Keyframes
from .kinds import Kind
from .ontology import PropertyDefinition
from .values import NOBODY

if TYPE_CHECKING:
    from .project import Project

_REFERENCES = ("entity", "entities")


@dataclass(frozen=True, slots=True)
class Reference:
    """A keyframe of ``entity``'s ``property`` at ``frame`` that names another entity; ``frame`` is
    None where the property is constant."""

    entity: str
    property: str
    frame: int | None


def references_to(project: Project, entity_ids: str | Collection[str]) -> list[Reference]:
    """Every place in the project that refers to one of these entities."""
    wanted = {entity_ids} if isinstance(entity_ids, str) else set(entity_ids)
    found: list[Reference] = []
    for entity, definition in _places(project):
        name = definition.name
        if definition.time_varying:
            stored = project.keyframes(entity.id, name, definition.kind)
            hits = [i for i, text in enumerate(stored.rows[:, 0]) if wanted & _ids(text)]
            found += [Reference(entity.id, name, int(stored.frames[i])) for i in hits]
        elif wanted & _constant_ids(entity.attributes.constants.get(name)):
            found.append(Reference(entity.id, name, None))
    return found


def redirect(project: Project, names: Mapping[str, str | None], first: int = 0) -> None:
    """From frame ``first`` on, let every reference to a key of ``names`` mean its value instead;
    None is nobody. From frame 0 on, constants too. An entity never comes to name itself."""
    with project.transaction("") as transaction:
        for entity, definition in list(_places(project)):
            mine = {old: None if new == entity.id else new for old, new in names.items()}
            name, kind = definition.name, definition.kind
            if definition.time_varying:
                stored = project.keyframes(entity.id, name, kind)
                frames, rows = _redirected(stored, kind, mine, first)
                if len(frames):
                    transaction.put(entity.id, name, frames, rows)
            elif first == 0:
                constants = dict(entity.attributes.constants)
                old = constants.get(name)
                if set(mine) & _constant_ids(old):
                    new = _renamed_constant(old, mine)
                    del constants[name]
                    if new is not None:
                        constants[name] = new
                    project.set_attributes(entity.id, "", constants=constants)


def _places(project: Project) -> Iterator[tuple[Entity, PropertyDefinition]]:
    """Entities that are there, with each of their properties that can name others."""
    by_class: dict[str, list[PropertyDefinition]] = {}
    for entity in project.entities.values():
        found = by_class.get(entity.class_name)
        if found is None:
            properties = entity.properties.values()
            found = [d for d in properties if d.kind.name in _REFERENCES]
            by_class[entity.class_name] = found
        for definition in found:
            yield entity, definition


def _redirected(
    stored: Keyframes, kind: Kind, names: Mapping[str, str | None], first: int
) -> tuple[Any, Any]:
    """Frames and rows that change: keyframes from ``first`` on, and one at ``first`` where what
    held there is renamed."""
    frames: list[int] = []
    texts: list[str] = []
    before = int(np.searchsorted(stored.frames, first)) - 1
    at_first = before + 1 < len(stored) and int(stored.frames[before + 1]) == first
    for i in range(len(stored)):
        text = stored.rows[i, 0]
        if i < before or (i == before and at_first) or not set(names) & _ids(text):
            continue
        frames.append(max(int(stored.frames[i]), first))
        texts.append(_renamed(text, kind, names))
    rows = kind.empty_rows(len(frames))
    rows[:, 0] = texts
    return np.array(frames, np.int64), rows


def _renamed(text: str, kind: Kind, names: Mapping[str, str | None]) -> str:
    if kind.name == "entity":
        return names.get(text, text) or NOBODY
    kept = {names.get(item, item) for item in orjson.loads(text)}
    return orjson.dumps(sorted(item for item in kept if item)).decode()


def _renamed_constant(value: Any, names: Mapping[str, str | None]) -> Any:
    if isinstance(value, list):
        return sorted({new for item in value if (new := names.get(item, item))})
    return names.get(value, value)


def _ids(text: str) -> set[str]:
    return set(orjson.loads(text)) if text.startswith("[") else {text}


def _constant_ids(value: Any) -> set[str]:
    if isinstance(value, list):
        return {item for item in value if isinstance(item, str)}
    return {value} if isinstance(value, str) else set()
