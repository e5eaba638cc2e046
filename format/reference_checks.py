"""Whether an edit refers to entities that there are. What was referred to before, rightly or not (a
merge can leave anything), may be moved and copied: only a reference that is new can be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from .edit import Attributes, Edit
from .errors import EditError
from .kinds import Rows
from .ontology import Ontology, PropertyDefinition
from .state import State
from .values import NOBODY

REFERENCES = ("entity", "entities")


def check_references(edit: Edit, state: State, ontology: Ontology) -> None:
    """EditError when ``edit`` newly refers to an entity that there is not, that is deleted, or
    whose class the property does not allow. What undo brings back is let be."""
    if edit.undoes is not None or edit.redoes is not None:
        return
    after = {change.entity: change.new for change in edit.entities}
    seen: set[tuple[str, str, str]] = set()
    for owner, definition, target in _references(edit, state, ontology):
        key = (owner.class_name, definition.name, target)
        if key in seen:
            continue
        seen.add(key)
        found = after.get(target, state.attributes.get(target))
        problem = _problem(definition, target, found)
        if problem and target not in _mentioned(edit, state, definition.name):
            raise EditError(f"{definition.label} of {owner.name} cannot be {problem}.")


def ids_of(text: str) -> list[str]:
    """The entities that a stored row names; "nobody" is none."""
    ids = orjson.loads(text) if text.startswith("[") else [text]
    return [target for target in ids if target and target != NOBODY]


def _problem(definition: PropertyDefinition, target: str, found: Attributes | None) -> str | None:
    if found is None:
        return f'"{target:.100}": there is no such entity'
    if found.deleted:
        return f'"{found.name}" ({target}), which is deleted'
    if definition.classes and found.class_name not in definition.classes:
        return f'"{found.name}", a {found.class_name}: it is one of {", ".join(definition.classes)}'
    return None


def _references(
    edit: Edit, state: State, ontology: Ontology
) -> Iterator[tuple[Attributes, PropertyDefinition, str]]:
    after = {change.entity: change.new for change in edit.entities}
    for cell in edit.cells:
        if cell.kind.name not in REFERENCES:
            continue
        owner = after.get(cell.entity) or state.attributes.get(cell.entity)
        found = ontology.find_class(owner.class_name) if owner else None
        definition = found.properties.get(cell.property) if found else None
        if owner is not None and definition is not None:
            for target in _all_ids(cell.new):
                yield owner, definition, target
    for change in edit.entities:
        found = ontology.find_class(change.new.class_name) if change.new else None
        if change.new is None or found is None:
            continue
        before = change.old.constants if change.old else {}
        for name, value in change.new.constants.items():
            definition = found.properties.get(name)
            if definition and definition.kind.name in REFERENCES and before.get(name) != value:
                for target in _constant_ids(value):
                    yield change.new, definition, target


def _all_ids(rows: Rows) -> set[str]:
    return {target for text in set(rows[:, 0]) for target in ids_of(text)}


def _constant_ids(value: Any) -> list[str]:
    ids = value if isinstance(value, list) else [value]
    return [target for target in ids if isinstance(target, str) and target != NOBODY]


def _mentioned(edit: Edit, state: State, name: str) -> set[str]:
    """Whom properties of this name refer to without the edit, which may be in place already."""
    put = {(c.entity, c.kind): c for c in edit.cells if c.property == name}
    found: set[str] = set()
    for cell in put.values():
        if cell.kind.name in REFERENCES:
            found |= _all_ids(cell.old)
    for (other, kind), table in state.tables.items():
        if other == name and kind.name in REFERENCES:
            for number, entity in enumerate(state.ids):
                track = table.get(number)
                change = put.get((entity, kind))
                keep = slice(None) if change is None else ~np.isin(track.frames, change.frames)
                found |= _all_ids(track.rows[keep]) if len(track) else set()
    changed = {change.entity: change.old for change in edit.entities}
    for attributes in {**state.attributes, **changed}.values():
        if attributes is not None:
            found |= set(_constant_ids(attributes.constants.get(name, NOBODY)))
    return found
