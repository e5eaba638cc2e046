"""What a change would do, found out by doing it in a transaction that is taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewer.format import Attributes, Edit, Project, ReviewerError
from reviewer.widgets.text import inert

MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do: a line for each thing (inert), or the reason why it cannot be."""

    label: str
    lines: Sequence[str] = ()
    summary: str = ""
    refusal: str = ""

    @property
    def possible(self) -> bool:
        return not self.refusal and bool(self.lines)


class _TakenBack(Exception):
    """Ends a transaction that only looked."""


def plan(project: Project, label: str, change: Callable[[], Any]) -> Plan:
    """Try `change` and take it back. Everybody else sees nothing of it: no revision, no journal."""
    parts: list[Edit] = []
    try:
        with project.transaction(label) as transaction:
            change()
            parts = list(transaction.parts)
            raise _TakenBack
    except _TakenBack:
        pass
    except ReviewerError as error:
        return Plan(label, refusal=inert(str(error)))
    except KeyError:
        return Plan(label, refusal="It is not there any more: somebody else changed it.")
    if not parts:
        return Plan(label, refusal="Nothing would change.")
    edit = Edit.joined(parts, parts[0])
    lines = describe(project, edit)
    if not lines:
        return Plan(label, refusal="Nothing would change.")
    count = len(edit.touched)
    keyframes = sum(len(cell.frames) for cell in edit.cells if "." not in cell.property)
    summary = f"{count} {'entity' if count == 1 else 'entities'}"
    if keyframes:
        summary += f", {keyframes:,} {'keyframe' if keyframes == 1 else 'keyframes'}"
    return Plan(label, lines, summary)


def describe(project: Project, edit: Edit) -> list[str]:
    """The changes of an edit in words, entity by entity, at most MAX_LINES lines."""
    lines: list[str] = []
    names = {change.entity: change.new or change.old for change in edit.entities}

    def name(entity_id: str) -> str:
        made = names.get(entity_id)
        if project.knows(entity_id):
            return inert(project.attributes(entity_id).name)
        return inert(made.name) if made else inert(entity_id)

    for change in edit.entities:
        lines += _attributes(name(change.entity), change.old, change.new)
    for cell in edit.cells:
        if "." in cell.property:
            continue  # rules and provenance go along with their keyframes
        was, now = cell.kind.is_fill(cell.old), cell.kind.is_fill(cell.new)
        counts = {
            "new": int(np.sum(was & ~now)),
            "changed": int(np.sum(~was & ~now)),
            "removed": int(np.sum(~was & now)),
        }
        said = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        if not said:
            continue
        frames = cell.frames
        where = f"at frame {int(frames[0])}"
        if len(frames) > 1:
            where = f"at frames {int(frames[0])} to {int(frames[-1])}"
        keyframe = "keyframe" if len(frames) == 1 else "keyframes"
        lines.append(f"{name(cell.entity)}: {cell.property}, {said} {keyframe} {where}")
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"… and {len(lines) - MAX_LINES:,} more"]
    return lines


def _attributes(name: str, old: Attributes | None, new: Attributes | None) -> list[str]:
    if new is None or (new.deleted and not (old and old.deleted)):
        return [f"{name}: removed"]
    if old is None:
        return [f"{inert(new.name)}: new {inert(new.class_name)}"]
    lines: list[str] = []
    if old.name != new.name:
        lines.append(f"{inert(old.name)}: renamed to {inert(new.name)}")
    if old.class_name != new.class_name:
        lines.append(f"{name}: class {inert(old.class_name)} → {inert(new.class_name)}")
    for key in dict.fromkeys((*old.constants, *new.constants)):
        before, after = old.constants.get(key), new.constants.get(key)
        if before != after:
            lines.append(f"{name}: {inert(key)} {_short(before)} → {_short(after)}")
    return lines


def _short(value: Any) -> str:
    return "—" if value is None else inert(str(value))[:60]
