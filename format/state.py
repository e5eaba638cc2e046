"""A project in memory: every entity's attributes and keyframes, and their evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import engine
from .columns import Columns
from .edit import Attributes, Edit
from .errors import ProjectError
from .keyframes import Keyframes, KeyframeTable, Packed
from .kinds import ABSENT, MODE, PRESENCE_KIND, Kind
from .ontology import Ontology, PropertyDefinition
from .store import StoredEntity
from .table import Table

# Cells (entity x frame) evaluated at once: bounds the memory of a long evaluation.
_BLOCK_CELLS = 1 << 21
_COLUMNS_KEPT = 16  # sets of columns: few different ones are asked for again and again


def natural_key(text: str) -> list[Any]:
    """Sorts ``player_2`` before ``player_10``."""
    return [int(t) if t.isdecimal() else t.lower() for t in re.split(r"(\d{1,18})", text)]


def _ordered(attributes: Mapping[str, Attributes], first: Sequence[str]) -> list[str]:
    """The entities ``first`` in that order, then the rest in the natural order of names."""
    before = set(first)
    rest = [entity for entity in attributes if entity not in before]
    rest.sort(key=lambda entity: (natural_key(attributes[entity].name), entity))
    return [entity for entity in first if entity in attributes] + rest


class State:
    """Entities are numbered from 0 in the order they are known; a number is never reused."""

    def __init__(self, frame_count: int, times: NDArray[np.float64] | None) -> None:
        self.frame_count = frame_count
        self.times = times
        self.attributes: dict[str, Attributes] = {}
        self.ids: list[str] = []
        self.number: dict[str, int] = {}
        self.tables: dict[tuple[str, Kind], KeyframeTable] = {}
        self._live: NDArray[np.int64] | None = None
        self._columns_of: Ontology | None = None
        self._columns: dict[tuple[str, ...] | None, tuple[tuple[str, ...], Columns]] = {}

    # -- filling ----------------------------------------------------------------------------

    def load(self, stored: Mapping[str, StoredEntity], first: Sequence[str] = ()) -> None:
        """Fill an empty state with what the store holds: the entities ``first`` in that order, then
        the rest in the natural order of names."""
        known = {e: s for e, s in stored.items() if s.attributes is not None}
        attributes = {e: s.attributes for e, s in known.items() if s.attributes is not None}
        order = _ordered(attributes, first)
        keys = {key for item in known.values() for key in item.keyframes}
        for name, kind in sorted(keys, key=lambda key: (key[0], key[1].token)):
            none = Keyframes.none(kind)
            tracks = (known[e].keyframes.get((name, kind), none) for e in order)
            table = KeyframeTable(kind, self.frame_count, Packed.pack(tracks, kind))
            self.tables[name, kind] = table
        for entity in order:
            self._set_attributes(entity, attributes[entity])

    def load_packed(
        self,
        attributes: Mapping[str, Attributes],
        tables: Mapping[tuple[str, Kind], Packed],
        first: Sequence[str] = (),
    ) -> bool:
        """As :meth:`load`, from tables whose i-th entity is the i-th of ``attributes``; they are
        taken as they are. False, and nothing done, when the entities belong in another order."""
        if list(attributes) != _ordered(attributes, first):
            return False
        for (name, kind), keyframes in tables.items():
            self.tables[name, kind] = KeyframeTable(kind, self.frame_count, keyframes)
        for entity, item in attributes.items():
            self._set_attributes(entity, item)
        return True

    def replace_keyframes(
        self, entity: str, keyframes: Mapping[tuple[str, Kind], Keyframes]
    ) -> None:
        """Let an entity have these keyframes and no others."""
        number = self.number[entity]
        for (name, kind), table in self.tables.items():
            if (name, kind) not in keyframes and len(table.get(number)):
                table.set(number, Keyframes.none(kind))
        for (name, kind), track in keyframes.items():
            self.table(name, kind).set(number, track)

    def _set_attributes(self, entity: str, attributes: Attributes | None) -> None:
        if entity not in self.number:
            self.number[entity] = len(self.ids)
            self.ids.append(entity)
        if attributes is None:  # a creation taken back: what remains is a tombstone
            old = self.attributes[entity]
            attributes = Attributes(old.class_name, old.name, old.constants, deleted=True)
        self.attributes[entity] = attributes
        self._forget_columns()

    def table(self, name: str, kind: Kind) -> KeyframeTable:
        """The keyframes of one property of one kind, made when first asked for."""
        found = self.tables.get((name, kind))
        if found is None:
            found = self.tables[name, kind] = KeyframeTable(kind, self.frame_count)
        return found

    def stored_kind(self, entity: str, name: str) -> Kind | None:
        """The kind of the keyframes that the entity has under this name, None without any."""
        number = self.number.get(entity)
        for (property_name, kind), table in self.tables.items():
            if property_name == name and number is not None and len(table.get(number)):
                return kind
        return None

    def absorb(self, edit: Edit) -> None:
        """Put the edit's new values in place (its old ones are not looked at)."""
        for change in edit.entities:
            if change.new is not None or change.entity in self.attributes:
                self._set_attributes(change.entity, change.new)
        for cell in edit.cells:
            if cell.entity not in self.number:
                continue
            table = self.table(cell.property, cell.kind)
            number = self.number[cell.entity]
            table.set(number, table.get(number).replaced(cell.frames, cell.new, cell.kind))

    def forget(self, entity: str) -> None:
        """Undo the first mention of the entity known last (a transaction that was given up)."""
        if self.ids and self.ids[-1] == entity:
            self.ids.pop()
            del self.number[entity], self.attributes[entity]
            self._forget_columns()

    # -- reading ----------------------------------------------------------------------------

    @property
    def live(self) -> NDArray[np.int64]:
        """Numbers of the entities that are not deleted, int64 ascending."""
        if self._live is None:
            alive = [i for i, e in enumerate(self.ids) if not self.attributes[e].deleted]
            self._live = np.array(alive, np.int64)
        return self._live

    def keyframes(self, entity: str, name: str, kind: Kind) -> Keyframes:
        """The keyframes of one property of one entity."""
        table, number = self.tables.get((name, kind)), self.number.get(entity)
        return Keyframes.none(kind) if table is None or number is None else table.get(number)

    def dense(
        self, name: str, kind: Kind, numbers: NDArray[np.int64], first: int, stop: int
    ) -> NDArray[Any]:
        """Evaluated ``(entities, frames, columns)`` of one property."""
        table = self.table(name, kind)
        overrides = self.tables.get((f"{name}.mode", MODE))
        # a curve looks one keyframe further than a line
        window = table.window(numbers, first, stop, 2 if overrides else 1)
        modes = _modes_of(window, overrides, numbers) if overrides else None
        return engine.evaluate(window, kind, first, stop, self.times, modes=modes)

    def modes(self, entity: str, name: str, kind: Kind) -> NDArray[np.int8] | None:
        """The rules that override the kind's, one for each keyframe, or None without any."""
        overrides = self.keyframes(entity, f"{name}.mode", MODE)
        if not len(overrides):
            return None
        frames = self.keyframes(entity, name, kind).frames
        return np.asarray(overrides.rows_at(frames, MODE)[:, 0])

    def evaluate(
        self,
        first: int,
        stop: int,
        ontology: Ontology,
        entities: Sequence[str] | None = None,
        properties: Iterable[str] | None = None,
    ) -> Table:
        """Rows (frame, entity) on ``[first, stop)``; see :class:`Table`."""
        if entities is None:
            numbers = self.live
            ids, wanted = self._all_columns(ontology, properties)
        else:
            ids = tuple(entities)
            unknown = next((entity for entity in ids if entity not in self.number), None)
            if unknown is not None:
                raise ProjectError(f'There is no entity "{unknown:.100}".')
            numbers = np.array([self.number[entity] for entity in ids], np.int64)
            wanted = Columns(ontology, [self.attributes[entity] for entity in ids], properties)
        step = max(1, _BLOCK_CELLS // max(1, len(numbers)))
        blocks = [
            self._block(numbers, begin, min(begin + step, stop), wanted)
            for begin in range(first, stop, step)
        ] or [self._block(numbers, first, first, wanted)]
        frames, index, counts, values = zip(*blocks, strict=True)
        return Table(
            first=first,
            frame=_join(frames),
            entity_index=_join(index),
            entities=ids,
            offsets=np.concatenate([[0], np.cumsum(_join(counts))]).astype(np.int64),
            values={c.key: _join([v[c.key] for v in values]) for c in wanted.varying},
            _columns={column.key: column for column in wanted.varying},
            _constants=wanted.constants,
        )

    def _all_columns(
        self, ontology: Ontology, properties: Iterable[str] | None
    ) -> tuple[tuple[str, ...], Columns]:
        """Ids and columns of everybody there is. They are asked for at every frame shown and change
        only with entities or ontology, so they are kept."""
        asked = None if properties is None else tuple(properties)
        if self._columns_of is not ontology or len(self._columns) >= _COLUMNS_KEPT:
            self._columns.clear()
            self._columns_of = ontology
        if asked not in self._columns:
            ids = tuple(self.ids[number] for number in self.live.tolist())
            columns = Columns(ontology, [self.attributes[entity] for entity in ids], asked)
            self._columns[asked] = ids, columns
        return self._columns[asked]

    def _forget_columns(self) -> None:
        self._live = None
        self._columns.clear()

    def _block(
        self, numbers: NDArray[np.int64], first: int, stop: int, wanted: Columns
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], dict[str, NDArray[Any]]]:
        begins, ends = self.table("presence", PRESENCE_KIND).lives(len(self.ids))
        near = np.flatnonzero((begins[numbers] < stop) & (ends[numbers] > first))
        presence = self.dense("presence", PRESENCE_KIND, numbers[near], first, stop)
        there = presence[:, :, 0] > ABSENT
        seen = np.flatnonzero(there.any(axis=1))  # only these cost anything from here on
        frame, local = np.nonzero(there[seen].T)
        cell = local * (stop - first) + frame  # one flat index gathers whole rows fastest
        values: dict[str, NDArray[Any]] = {}
        for column in wanted.varying:
            if column.name == "presence":
                dense = presence[seen]
            else:
                dense = self.dense(column.name, column.kind, numbers[near[seen]], first, stop)
            values[column.key] = dense.reshape(-1, dense.shape[2]).take(cell, axis=0)
        counts = there.sum(axis=0, dtype=np.int64)
        return frame + first, near[seen[local]].astype(np.int32), counts, values


def _modes_of(
    window: Packed, overrides: KeyframeTable, numbers: NDArray[np.int64]
) -> NDArray[np.int8] | None:
    """The overriding rule of each keyframe in a window, None where there is none at all."""
    if not overrides.total:
        return None
    modes = overrides.rows_on(numbers, window)[:, 0]
    return np.asarray(modes) if (modes >= 0).any() else None


def _join(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def decode_spans(
    keyframes: Keyframes, kind: Kind, definition: PropertyDefinition, first: int, stop: int
) -> list[tuple[int, int, Any]]:
    """Runs of one value of a ``hold`` property, decoded; stretches without a value are left out."""
    runs = engine.spans(keyframes, kind, first, stop)
    return [(begin, end, definition.decode(row)) for begin, end, row in runs]
