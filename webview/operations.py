"""Operations of edit messages on whole entities and whole tracks::

    {"op": "split", "entity": id, "frame": f, "new": id}         `new` has what is from f on
    {"op": "merge", "entity": id, "from": id, "wins": "entity" | "from"}      where both have values
    {"op": "join", "entity": id, "from": id}                     two parts, and the gap between them
    {"op": "swap", "entity": id, "with": id, "frame": f}         exchange identities from f on
    {"op": "trim", "entity": id, "first": f, "stop": f}          absent outside [first, stop)
    {"op": "shift", "entity": id, "by": n}                       all its keyframes, in frames
    {"op": "copy", "entity": id, "new": id, "frame": f?, "name": text?}
        with a frame: `new` has from there on what the entity has there
    {"op": "rule", "entity": id, "property": name, "frame": f, "rule": name | null}
    {"op": "move_keyframes", "entity": id, "property": name, "frames": [f, ...], "by": n}
    {"op": "copy_keyframes", ...the same}                        they also stay where they are

`merge` and `join` leave ``entity`` and remove ``from``.
"""

from __future__ import annotations

from collections.abc import Callable

from reviewer.format import EditError, Project
from reviewer.format import operations as entity_operations

from .fields import MAX_ID, Fields, entity_of, frame_of, number_of, property_of, text_of

MAX_FRAMES = 100_000


def _split(project: Project, fields: Fields) -> None:
    entity_operations.split(
        project, entity_of(project, fields), frame_of(fields), text_of(fields, "new", MAX_ID)
    )


def _merge(project: Project, fields: Fields) -> None:
    wins = fields.get("wins")
    if wins not in ("entity", "from"):
        raise EditError("The edit is malformed: wins must be entity or from.")
    entity_operations.merge(
        project,
        entity_of(project, fields),
        entity_of(project, fields, "from"),
        "first" if wins == "entity" else "second",
    )


def _join(project: Project, fields: Fields) -> None:
    entity_operations.join(project, entity_of(project, fields), entity_of(project, fields, "from"))


def _swap(project: Project, fields: Fields) -> None:
    first, second = entity_of(project, fields), entity_of(project, fields, "with")
    entity_operations.swap(project, first, second, frame_of(fields))


def _trim(project: Project, fields: Fields) -> None:
    first, stop = number_of(fields, "first"), number_of(fields, "stop")
    entity_operations.trim(project, entity_of(project, fields), first, stop)


def _shift(project: Project, fields: Fields) -> None:
    entity_operations.shift(project, entity_of(project, fields), _by(project, fields))


def _copy(project: Project, fields: Fields) -> None:
    entity_operations.copy(
        project,
        entity_of(project, fields),
        text_of(fields, "name") if fields.get("name") is not None else None,
        text_of(fields, "new", MAX_ID),
        frame_of(fields) if fields.get("frame") is not None else None,
    )


def _rule(project: Project, fields: Fields) -> None:
    rule = text_of(fields, "rule") if fields.get("rule") is not None else None
    property_of(project, fields).set_rule(frame_of(fields), rule)  # type: ignore[arg-type]


def _move_keyframes(project: Project, fields: Fields, *, keep: bool = False) -> None:
    frames = fields.get("frames")
    if not isinstance(frames, list) or not 0 < len(frames) <= MAX_FRAMES:
        raise EditError(f"The edit is malformed: frames must be a list of 1 to {MAX_FRAMES}.")
    checked = [project.check_frame(frame) for frame in frames]
    track = property_of(project, fields)
    entity_operations.move_keyframes(project, track, checked, _by(project, fields), keep=keep)


def _copy_keyframes(project: Project, fields: Fields) -> None:
    _move_keyframes(project, fields, keep=True)


def _by(project: Project, fields: Fields) -> int:
    by = number_of(fields, "by")
    if abs(by) >= project.frame_count:
        raise EditError(f"The video is shorter than {abs(by)} frames.")
    return by


PERFORM: dict[str, Callable[[Project, Fields], None]] = {
    "split": _split,
    "merge": _merge,
    "join": _join,
    "swap": _swap,
    "trim": _trim,
    "shift": _shift,
    "copy": _copy,
    "rule": _rule,
    "move_keyframes": _move_keyframes,
    "copy_keyframes": _copy_keyframes,
}
