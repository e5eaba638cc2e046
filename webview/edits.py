"""What the page may ask to change: messages checked in shape, then done through `Project`.

Operations of one message are one transaction: one edit, one undo, all or nothing::

    {"op": "add", "entity": id, "class": name, "frame": f, "name": text?}
    {"op": "set", "entity": id, "property": name, "frame": f | null, "value": ...}   null: constant
    {"op": "unset", "entity": id, "property": name, "frame": f | null}
    {"op": "keep", "entity": id, "property": name, "frame": f}     the evaluated value: a keyframe
    {"op": "rename", "entity": id, "name": text}
    {"op": "class", "entity": id, "class": name}
    {"op": "delete", "entity": id}                    references to it come to mean nobody

and those of `operations.py` that concern whole entities and whole tracks. The scene is the entity
``scene-0``; an event is an entity of its class, present from its first frame, absent from the one
behind its last.

A value is what `Property.__setitem__` takes, as JSON: numbers for a box, rotated_box or ellipse;
``[[x, y, visibility], ...]`` for points (visibility 0 to 2); ``[[x, y], ...]`` for a cuboid;
``[[[x, y], ...], ...]`` paths for a polyline, ``[[[[x, y], ...], ...], ...]`` parts of rings for a
polygon, or WKT for both; run lengths for a mask (``{"size", "counts", "offset"}``, or that as
text); a name, list of names, number, text, true or false; an entity's id, null for nobody.

An edit that is sent again after a lost connection, its first answer never seen, does no harm: an id
that is in place already is answered, not done again, and what these operations ask for may be so
already.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import groupby
from typing import Any

import orjson
from reviewer.format import EditError, Project, ProjectError
from reviewer.format import operations as entity_operations
from reviewer.format.entity import Entity

from . import operations
from .fields import MAX_ID, Fields, entity_of, frame_of, property_of, text_of

__all__ = ["MAX_ID", "MAX_OPERATIONS", "apply_message"]

MAX_OPERATIONS = 20_000


def apply_message(project: Project, message: dict[str, Any]) -> None:
    """Do the ``ops`` of an edit message as one transaction.

    Raises EditError or ProjectError, with nothing changed, when the message is malformed or the
    project does not allow it.
    """
    asked = message.get("ops")
    if not isinstance(asked, list) or not 0 < len(asked) <= MAX_OPERATIONS:
        raise EditError("The edit has no operations, or too many.")
    if not all(isinstance(operation, dict) for operation in asked):
        raise EditError("The edit is malformed: an operation is not an object.")
    label = text_of(message, "label")
    with project.transaction(label, edit_id=text_of(message, "id", MAX_ID)):
        for name, run in groupby(asked, key=lambda operation: operation.get("op")):
            if name == "delete":
                _delete(project, list(run))
                continue
            perform = _PERFORM.get(name) if isinstance(name, str) else None
            if perform is None:
                raise EditError("The edit is malformed: it has an unknown operation.")
            for operation in run:
                perform(project, operation)


def _add(project: Project, fields: Fields) -> None:
    entity_id = text_of(fields, "entity", MAX_ID)
    name = text_of(fields, "name") if fields.get("name") is not None else None
    with contextlib.suppress(ProjectError):
        project.attributes(entity_id)
        return
    project.add_entity(text_of(fields, "class"), name, frame=frame_of(fields), entity_id=entity_id)


def _set(project: Project, fields: Fields) -> None:
    track = property_of(project, fields)
    value = fields.get("value")
    if isinstance(value, dict) and track.definition.kind.name == "mask":
        value = orjson.dumps(value).decode()
    if fields.get("frame") is None:
        track.value = value
    else:
        track[frame_of(fields)] = value


def _unset(project: Project, fields: Fields) -> None:
    track = property_of(project, fields)
    if fields.get("frame") is None:
        track.value = None
        return
    with contextlib.suppress(KeyError):
        del track[frame_of(fields)]


def _keep(project: Project, fields: Fields) -> None:
    property_of(project, fields).keep(frame_of(fields))


def _rename(project: Project, fields: Fields) -> None:
    entity_of(project, fields).rename(text_of(fields, "name"))


def _change_class(project: Project, fields: Fields) -> None:
    entity_of(project, fields).change_class(text_of(fields, "class"))


def _delete(project: Project, several: list[Fields]) -> None:
    """All at once: who refers to them is looked for in the whole project."""
    ids = dict.fromkeys(text_of(fields, "entity", MAX_ID) for fields in several)
    there = [entity_id for entity_id in ids if not project.attributes(entity_id).deleted]
    entity_operations.delete(project, [Entity(project, entity_id) for entity_id in there])


_PERFORM: dict[str, Callable[[Project, Fields], None]] = {
    "add": _add,
    "set": _set,
    "unset": _unset,
    "keep": _keep,
    "rename": _rename,
    "class": _change_class,
    **operations.PERFORM,
}
