"""Evaluated values as a table: one row for each frame and entity that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Column
from .kinds import Kind


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows (frame, entity) where the entity is present or occluded, frame by frame.

    ``frame`` int64 ``(n,)``, 0-based. ``entity_index`` int32 ``(n,)`` into ``entities``, the ids.
    ``offsets`` int64 ``(frames + 1,)``: the rows of frame ``first + i`` are
    ``offsets[i]:offsets[i + 1]``. ``table["box"]`` is float64 ``(n, 4)``, NaN where there is none;
    ``table["presence"]`` and choices are texts, ``""`` where there is none; :meth:`codes` gives
    what the store holds.
    """

    first: int
    frame: NDArray[np.int64]
    entity_index: NDArray[np.int32]
    entities: tuple[str, ...]
    offsets: NDArray[np.int64]
    values: Mapping[str, NDArray[Any]]  # (n, columns) as the engine gave them
    _columns: Mapping[str, Column] = field(default_factory=dict)
    _constants: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)  # per entity

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def entity(self) -> NDArray[np.str_]:
        """The entity id of each row, text ``(n,)``."""
        return np.array(self.entities or ("",), dtype=np.str_)[self.entity_index]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the properties there are."""
        return (*self.values, *self._constants)

    def property_of(self, column: str) -> tuple[str, Kind]:
        """The name and the kind of the property in a column of ``values``. Columns are named after
        their property; where classes differ in the kind they give a name, each kind has one."""
        found = self._columns[column]
        return found.name, found.kind

    def codes(self, name: str) -> NDArray[Any]:
        """Stored codes of presence or of a time-varying choice, int ``(n,)``, -1 for none."""
        return np.asarray(self.values[name][:, 0])

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name in self._constants:
            return np.asarray(self._constants[name][self.entity_index])
        return self._columns[name].decoded(self.values[name], self.entity_index)
