"""What a change to a project looks like from outside: a transaction that collects it, the notice
that subscribers hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .edit import Attributes, CellsChange, Edit, EntityChange
from .journal import Position
from .keyframes import Frames
from .kinds import COMPANIONS, PRESENCE_KIND, PRESENT, Rows, some
from .ontology import SCENE_ENTITY

if TYPE_CHECKING:
    from .door import Door


@dataclass(frozen=True, slots=True)
class Change:
    """What subscribers hear: ``origin`` is ``local``, ``peer`` (another process, through the
    journal) or ``disk`` (files changed, as by git). ``frames`` is the half-open range of frames
    whose values may differ, None when no keyframe changed; ``structure`` says that entities were
    made, removed, renamed or given other attributes."""

    revision: int
    edit: Edit
    origin: str
    entities: frozenset[str]
    frames: tuple[int, int] | None
    structure: bool


@dataclass(frozen=True, slots=True)
class Done:
    """An edit in place: where the journal has it, and what to publish once it is durable."""

    edit: Edit
    position: Position
    changes: list[Change]


class Transaction:
    """Collects changes into one edit; see :meth:`Project.transaction`."""

    def __init__(self, door: Door, label: str, author: str, edit_id: str) -> None:
        self._door, self._core = door, door.core
        self.edit = Edit(label=label, author=author, id=edit_id)
        self.parts: list[Edit] = []

    def put(self, entity: str, name: str, frames: Sequence[int] | Frames, rows: Rows) -> None:
        """Put ``(n, columns)`` rows at ``frames`` (ascending); fill rows remove keyframes, with
        their rules and provenance."""
        self._make_scene(entity)
        kind = self._core.property_kind(entity, name)
        at = np.asarray(frames, np.int64)
        rows = np.asarray(rows, kind.dtype).reshape(len(at), kind.columns)
        removed = kind.is_fill(rows)
        # what was there is looked up when the part is checked
        self._add(self._part(cells=(CellsChange(entity, name, kind, at, rows, rows),)))
        if some(removed) and "." not in name:
            for companion, its_kind in COMPANIONS.items():
                full_name = f"{name}.{companion}"
                there = self._core.keyframes(entity, full_name, its_kind).frames
                orphans = np.intersect1d(there, at[removed])
                if len(orphans):
                    self.put(entity, full_name, orphans, its_kind.empty_rows(len(orphans)))

    def set_attributes(self, entity: str, new: Attributes) -> None:
        """Create an entity, or change what is constant about it."""
        self._make_scene(entity)
        self._add(self._part((EntityChange(entity, None, new),)))

    def add(self, part: Edit) -> Edit:
        """Make an edit part of this one; returns it as it was put in place."""
        return self._add(part)

    def _make_scene(self, entity: str) -> None:
        """The scene's entity is made by the first write to it, present from the first frame on."""
        new = self._core.scene_to_make() if entity == SCENE_ENTITY else None
        if new is None:
            return
        present = np.array([[PRESENT]], PRESENCE_KIND.dtype)
        none = PRESENCE_KIND.empty_rows(1)
        at = np.zeros(1, np.int64)
        self._add(self._part((EntityChange(entity, None, new),)))
        presence = CellsChange(entity, "presence", PRESENCE_KIND, at, none, present)
        self._add(self._part(cells=(presence,)))

    def _part(
        self, entities: tuple[EntityChange, ...] = (), cells: tuple[CellsChange, ...] = ()
    ) -> Edit:
        return Edit(entities, cells, time=self.edit.time, id=self.edit.id)

    def _add(self, part: Edit) -> Edit:
        part = self._door.check_in_transaction(part)
        self.parts.append(part)
        return part

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, *_: object) -> None:
        self.edit = Edit.joined(self.parts, self.edit)
