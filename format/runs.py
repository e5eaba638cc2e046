"""Stretches of frames on which entities are there, for all of them at once: what statistics, checks
and the review queue count with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .keyframes import Packed
from .kinds import ABSENT, PRESENCE_KIND, Kind
from .state import State

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Stretches ``[first, stop)``, int64 ``(n,)`` each, of the entities numbered ``entity``: by
    entity, then ascending and apart."""

    entity: Ints
    first: Ints
    stop: Ints

    def __len__(self) -> int:
        return len(self.entity)

    @property
    def frames(self) -> int:
        """How many frames in all, counted for each entity."""
        return int((self.stop - self.first).sum())

    def taken(self, which: NDArray[np.bool_]) -> Runs:
        """Only some of them."""
        return Runs(self.entity[which], self.first[which], self.stop[which])

    def since(self, start: Ints) -> Runs:
        """What lies at or behind ``start[entity]`` (an entity that begins nowhere has a start
        behind the video)."""
        first = np.maximum(self.first, start[self.entity])
        return Runs(self.entity, first, self.stop).taken(first < self.stop)

    def by_entity(self) -> dict[int, list[tuple[int, int]]]:
        """As lists of spans, for those who have any."""
        out: dict[int, list[tuple[int, int]]] = {}
        rows = zip(self.entity.tolist(), self.first.tolist(), self.stop.tolist(), strict=True)
        for entity, first, stop in rows:
            out.setdefault(entity, []).append((first, stop))
        return out

    def spans_of(self, entity: int) -> list[tuple[int, int]]:
        """The spans of one entity."""
        low, high = np.searchsorted(self.entity, [entity, entity + 1]).tolist()
        spans = zip(self.first[low:high].tolist(), self.stop[low:high].tolist(), strict=True)
        return [(first, stop) for first, stop in spans]

    def within(self, edges: Ints) -> Ints:
        """Frames in each of the bins between ascending ``edges``, int64 ``(len(edges) - 1,)``."""

        def before(at: Ints) -> Ints:  # sum of max(0, edge - at) for each edge
            at = np.sort(at)
            total = np.concatenate([[0], np.cumsum(at)])
            count = np.searchsorted(at, edges)
            return np.asarray(edges * count - total[count], np.int64)

        return np.asarray(np.diff(before(self.first) - before(self.stop)), np.int64)


def packed_keyframes(state: State, name: str, kind: Kind, numbers: Ints | None = None) -> Packed:
    """All keyframes of one property of the entities ``numbers`` (those not deleted)."""
    numbers = state.live if numbers is None else numbers
    return state.table(name, kind).window(numbers, 0, state.frame_count)


def presence_runs(state: State, numbers: Ints | None = None) -> Runs:
    """Where entities are present or occluded."""
    numbers = state.live if numbers is None else numbers
    packed = packed_keyframes(state, "presence", PRESENCE_KIND, numbers)
    counts = np.diff(packed.offsets)
    stop = np.full(len(packed.frames), state.frame_count, np.int64)
    stop[:-1] = packed.frames[1:]
    last = packed.offsets[1:][counts > 0] - 1
    stop[last] = state.frame_count
    runs = Runs(np.repeat(numbers, counts), packed.frames, stop)
    runs = runs.taken((packed.rows[:, 0] > ABSENT) & (runs.first < runs.stop))
    if not len(runs):
        return runs
    new = np.ones(len(runs), bool)  # present and then occluded is one stretch
    new[1:] = (runs.entity[1:] != runs.entity[:-1]) | (runs.first[1:] != runs.stop[:-1])
    ends = np.append(new[1:], True)
    return Runs(runs.entity[new], runs.first[new], runs.stop[ends])
