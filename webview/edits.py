"""What the page may ask to change: messages checked in shape, then done through `Project`.

Operations of one message are one transaction: one edit, one undo, all or nothing::

    {"op": "add", "entity": id, "class": name, "frame": f, "name": text?}
    {"op": "set", "entity": id, "property": name, "frame": f | null, "value": ...}   null: constant
    {"op": "unset", "entity": id, "property": name, "frame": f | null}
    {"op": "keep", "entity": id, "property": name, "frame": f}     the evaluated value: a keyframe
    {"op": "rename", "entity": id, "name": text}
    {"op": "class", "entity": id, "class": name}
    {"op": "delete", "entity": id}

Each says what is to be, so an edit that is sent again after a lost connection, its first answer
never seen, does no harm: what is already so is left as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from reviewer.format import EditError, Project, ProjectError
from reviewer.format.entity import Entity

MAX_OPERATIONS = 10_000
MAX_TEXT = 200
MAX_ID = 100


def apply_message(project: Project, message: dict[str, Any]) -> None:
    """Do the ``ops`` of an edit message as one transaction.

    Raises EditError or ProjectError, with nothing changed, when the message is malformed or the
    project does not allow it.
    """
    operations = message.get("ops")
    if not isinstance(operations, list) or not 0 < len(operations) <= MAX_OPERATIONS:
        raise EditError("The edit has no operations, or too many.")
    label = _text(message, "label")
    with project.transaction(label, edit_id=_text(message, "id", MAX_ID)):
        for operation in operations:
            if not isinstance(operation, dict):
                raise EditError("The edit is malformed: an operation is not an object.")
            perform = _OPERATIONS.get(operation.get("op", ""))
            if perform is None:
                raise EditError("The edit is malformed: it has an unknown operation.")
            perform(project, operation)


def _text(fields: dict[str, Any], name: str, limit: int = MAX_TEXT) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise EditError(f"The edit is malformed: {name} must be a text of 1 to {limit} characters.")
    return value


def _frame(fields: dict[str, Any]) -> int:
    value = fields.get("frame")
    if not isinstance(value, int) or isinstance(value, bool):
        raise EditError("The edit is malformed: frame must be a whole number.")
    return value


def _entity(project: Project, fields: dict[str, Any]) -> Entity:
    return project.entity(_text(fields, "entity", MAX_ID))


def _add(project: Project, fields: dict[str, Any]) -> None:
    entity_id = _text(fields, "entity", MAX_ID)
    name = _text(fields, "name") if fields.get("name") is not None else None
    with contextlib.suppress(ProjectError):
        project.attributes(entity_id)
        return
    project.add_entity(_text(fields, "class"), name, frame=_frame(fields), entity_id=entity_id)


def _set(project: Project, fields: dict[str, Any]) -> None:
    entity = _entity(project, fields)
    name = _text(fields, "property")
    value = fields.get("value")
    if fields.get("frame") is None:
        entity[name] = value
    else:
        entity[name][_frame(fields)] = value


def _unset(project: Project, fields: dict[str, Any]) -> None:
    entity = _entity(project, fields)
    name = _text(fields, "property")
    if fields.get("frame") is None:
        entity[name] = None
        return
    with contextlib.suppress(KeyError):
        del entity[name][_frame(fields)]


def _keep(project: Project, fields: dict[str, Any]) -> None:
    track = _entity(project, fields)[_text(fields, "property")]
    track.keep(_frame(fields))


def _rename(project: Project, fields: dict[str, Any]) -> None:
    _entity(project, fields).rename(_text(fields, "name"))


def _change_class(project: Project, fields: dict[str, Any]) -> None:
    _entity(project, fields).change_class(_text(fields, "class"))


def _delete(project: Project, fields: dict[str, Any]) -> None:
    entity_id = _text(fields, "entity", MAX_ID)
    if not project.attributes(entity_id).deleted:
        project.entity(entity_id).delete()


_OPERATIONS: dict[str, Callable[[Project, dict[str, Any]], None]] = {
    "add": _add,
    "set": _set,
    "unset": _unset,
    "keep": _keep,
    "rename": _rename,
    "class": _change_class,
    "delete": _delete,
}
