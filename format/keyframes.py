"""Keyframes in memory: sparse in time, packed over entities so that a window is a few array ops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kinds import ABSENT, Kind, Rows

Frames = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Keyframes:
    """One property of one entity: ``frames`` int64 ``(n,)``, ascending and 0-based, and
    ``rows`` ``(n, columns)`` in the kind's dtype, none of them fill."""

    frames: Frames
    rows: Rows

    @staticmethod
    @cache
    def none(kind: Kind) -> Keyframes:
        """No keyframe at all; always the same one."""
        return Keyframes(np.empty(0, np.int64), kind.empty_rows(0))

    def __len__(self) -> int:
        return len(self.frames)

    def rows_at(self, frames: Frames, kind: Kind) -> Rows:
        """``(m, columns)`` rows at exactly these frames, fill where there is no keyframe."""
        if len(frames) == 1:  # the everyday edit
            place = int(self.frames.searchsorted(frames[0]))
            there = place < len(self.frames) and self.frames[place] == frames[0]
            return self.rows[place : place + 1].copy() if there else kind.empty_rows(1)
        out = kind.empty_rows(len(frames))
        if len(self.frames):
            at = np.minimum(np.searchsorted(self.frames, frames), len(self.frames) - 1)
            hit = self.frames[at] == frames
            out[hit] = self.rows[at[hit]]
        return out

    def replaced(self, frames: Frames, rows: Rows, kind: Kind) -> Keyframes:
        """These keyframes with ``rows`` put at ``frames`` (ascending); fill rows remove."""
        removed = kind.is_fill(rows)
        if len(frames) == 1:
            return self._replaced_one(frames, rows, not removed[0])
        put = ~removed
        if len(self.frames) == 0 or (len(frames) and frames[0] > self.frames[-1]):
            return Keyframes(
                np.concatenate([self.frames, frames[put]]),
                np.concatenate([self.rows, rows[put]]),
            )
        keep = np.isin(self.frames, frames, assume_unique=True, invert=True)
        all_frames = np.concatenate([self.frames[keep], frames[put]])
        order = np.argsort(all_frames, kind="stable")
        return Keyframes(all_frames[order], np.concatenate([self.rows[keep], rows[put]])[order])

    def _replaced_one(self, frames: Frames, rows: Rows, put: bool) -> Keyframes:
        """The everyday edit, without the sorting that many frames need."""
        at = int(self.frames.searchsorted(frames[0]))
        after = at + 1 if at < len(self.frames) and self.frames[at] == frames[0] else at
        if not put:
            frames, rows = frames[:0], rows[:0]
        return Keyframes(
            np.concatenate([self.frames[:at], frames, self.frames[after:]]),
            np.concatenate([self.rows[:at], rows, self.rows[after:]]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Keyframes of many entities in one piece: those of the i-th entity are
    ``frames[offsets[i]:offsets[i + 1]]`` with their ``rows``; ``offsets`` is int64 ``(n + 1,)``."""

    offsets: NDArray[np.int64]
    frames: Frames
    rows: Rows

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @staticmethod
    def pack(items: Iterable[Keyframes], kind: Kind) -> Packed:
        """Put keyframes of several entities one behind the other."""
        parts = list(items)
        counts = np.fromiter((len(part) for part in parts), np.int64, len(parts))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        if not parts:
            return Packed(offsets, np.empty(0, np.int64), kind.empty_rows(0))
        return Packed(
            offsets,
            np.concatenate([part.frames for part in parts]),
            np.concatenate([part.rows for part in parts]),
        )


def _ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers of every range ``[start, start + count)``, one behind the other."""
    total = int(counts.sum())
    shift = np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return np.asarray(np.arange(total, dtype=np.int64) + shift)


class KeyframeTable:
    """All keyframes of one property name, for entities numbered from 0.

    A large packed *base* and the few entities *changed* since it was packed; when those grow many
    they are packed in. So an edit costs what its entity holds, not what the project holds.
    """

    _MAX_CHANGED = 512

    def __init__(self, kind: Kind, frame_count: int, base: Packed | None = None) -> None:
        self.kind = kind
        self._stride = frame_count + 1
        self._changed: dict[int, Keyframes] = {}
        self._lives: tuple[Frames, Frames] | None = None
        self._set_base(base or Packed.pack([], kind))

    def _set_base(self, base: Packed) -> None:
        self._base = base
        # entity-major, ascending: one searchsorted finds a frame in every entity at once
        begins = np.arange(len(base), dtype=np.int64) * self._stride
        self._keys = np.repeat(begins, np.diff(base.offsets))
        self._keys += base.frames
        self._binned: NDArray[np.int64] | None = None

    def get(self, entity: int) -> Keyframes:
        """The keyframes of one entity (possibly none)."""
        found = self._changed.get(entity)
        if found is not None:
            return found
        if entity >= len(self._base):
            return Keyframes.none(self.kind)
        start, stop = self._base.offsets[entity], self._base.offsets[entity + 1]
        return Keyframes(self._base.frames[start:stop], self._base.rows[start:stop])

    def set(self, entity: int, keyframes: Keyframes) -> None:
        """Replace the keyframes of one entity."""
        self._changed[entity] = keyframes
        if self._lives is not None and entity < len(self._lives[0]):
            for ends, end in zip(self._lives, self._life(keyframes), strict=True):
                ends[entity] = end
        elif self._lives is not None:
            self._lives = None
        if len(self._changed) > max(self._MAX_CHANGED, len(self._base) // 8):
            self._consolidate()

    def _consolidate(self) -> None:
        count = max(len(self._base), max(self._changed) + 1)
        self._set_base(Packed.pack((self.get(entity) for entity in range(count)), self.kind))
        self._changed.clear()

    @property
    def total(self) -> int:
        """How many keyframes there are over all entities."""
        replaced = sum(len(self._base_slice(entity)) for entity in self._changed)
        return len(self._base.frames) - replaced + sum(map(len, self._changed.values()))

    def _base_slice(self, entity: int) -> Frames:
        if entity >= len(self._base):
            return np.empty(0, np.int64)
        return self._base.frames[self._base.offsets[entity] : self._base.offsets[entity + 1]]

    def counts(self, entities: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keyframes per entity, int64 ``(n,)``."""
        out = np.zeros(len(entities), np.int64)
        inside = entities < len(self._base)
        out[inside] = np.diff(self._base.offsets)[entities[inside]]
        for position in self._changed_positions(entities):
            out[position] = len(self._changed[int(entities[position])])
        return out

    def density(self, alive: NDArray[np.bool_], bins: int) -> NDArray[np.int64]:
        """How many keyframes of the entities for which ``alive`` is true lie in each of ``bins``
        equal stretches of the video, int64 ``(bins,)``; an entity beyond ``alive`` is not."""
        if self._binned is None or len(self._binned) != bins:
            self._binned = self._bin(self._base.frames, bins)
        out = self._binned.copy()
        size = len(self._base)
        counted = np.zeros(size, bool)
        counted[: len(alive)] = alive[:size]
        changed = np.fromiter(self._changed, np.int64, len(self._changed))
        counted[changed[changed < size]] = False
        gone = np.flatnonzero(~counted)
        lengths = self._base.offsets[gone + 1] - self._base.offsets[gone]
        out -= self._bin(self._base.frames[_ranges(self._base.offsets[gone], lengths)], bins)
        for entity, keyframes in self._changed.items():
            if entity < len(alive) and alive[entity]:
                out += self._bin(keyframes.frames, bins)
        return out

    def _bin(self, frames: Frames, bins: int) -> NDArray[np.int64]:
        return np.bincount(frames * bins // (self._stride - 1), minlength=bins)

    def _changed_positions(self, entities: NDArray[np.int64]) -> list[int]:
        if not self._changed:
            return []
        changed = np.fromiter(self._changed, np.int64, len(self._changed))
        return [int(p) for p in np.flatnonzero(np.isin(entities, changed))]

    def window(self, entities: NDArray[np.int64], first: int, stop: int, margin: int = 1) -> Packed:
        """What decides the values of ``entities`` on frames ``[first, stop)``: per entity the
        keyframes inside, the last ``margin`` at or before ``first``, and the first ``margin`` at or
        after ``stop``."""
        base = self._base
        if not self._changed and not len(base.frames):  # most of what there may be is nowhere
            return Packed(np.zeros(len(entities) + 1, np.int64), base.frames, base.rows)
        starts = np.zeros(len(entities), np.int64)
        counts = np.zeros(len(entities), np.int64)
        inside = np.flatnonzero(entities < len(base))
        numbers = entities[inside]
        low, high = base.offsets[numbers], base.offsets[numbers + 1]
        begin = np.searchsorted(self._keys, numbers * self._stride + first, "right") - margin
        end = np.searchsorted(self._keys, numbers * self._stride + stop, "left") + margin
        begin, end = np.maximum(begin, low), np.minimum(end, high)
        starts[inside] = begin
        counts[inside] = np.maximum(end - begin, 0)
        changed = self._changed_positions(entities)
        if not changed:
            return self._gather(starts, counts)
        counts[changed] = 0
        parts = {p: _cut(self._changed[int(entities[p])], first, stop, margin) for p in changed}
        return self._interleave(self._gather(starts, counts), parts)

    def packed(self, count: int) -> Packed:
        """All keyframes of the entities numbered below ``count``; nothing is copied where the base
        is just that."""
        if not self._changed and len(self._base) == count:
            return self._base
        return self.window(np.arange(count, dtype=np.int64), 0, self._stride - 1)

    def lives(self, count: int) -> tuple[Frames, Frames]:
        """Of presence: from where to where, int64 ``(count,)`` each, an entity can be there at all.
        Most are nowhere near a window: whoever asks who is there need not look at those."""
        if self._lives is None or len(self._lives[0]) < count:
            offsets = self._base.offsets
            room = max(count, len(self._base), *(1 + n for n in self._changed)) + self._MAX_CHANGED
            begins, ends = np.full(room, self._stride), np.zeros(room, np.int64)
            filled = np.flatnonzero(np.diff(offsets))
            begins[filled] = self._base.frames[offsets[filled]]
            last = offsets[filled + 1] - 1
            gone = self._base.rows[last, 0] == ABSENT
            ends[filled] = np.where(gone, self._base.frames[last], self._stride)
            for entity, keyframes in self._changed.items():
                begins[entity], ends[entity] = self._life(keyframes)
            self._lives = begins, ends
        return self._lives[0][:count], self._lives[1][:count]

    def _life(self, keyframes: Keyframes) -> tuple[int, int]:
        if not len(keyframes):
            return self._stride, 0
        gone = keyframes.rows[-1, 0] == ABSENT
        return int(keyframes.frames[0]), int(keyframes.frames[-1]) if gone else self._stride

    def rows_on(self, entities: NDArray[np.int64], window: Packed) -> Rows:
        """For each keyframe of a window of the same entities the row here, fill where there is
        none."""
        out = self.kind.empty_rows(len(window.frames))
        keys = np.repeat(entities, np.diff(window.offsets)) * self._stride + window.frames
        if len(self._keys):
            at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            hit = self._keys[at] == keys
            out[hit] = self._base.rows[at[hit]]
        for position in self._changed_positions(entities):
            part = slice(window.offsets[position], window.offsets[position + 1])
            changed = self._changed[int(entities[position])]
            out[part] = changed.rows_at(window.frames[part], self.kind)
        return out

    def _gather(self, starts: NDArray[np.int64], counts: NDArray[np.int64]) -> Packed:
        source = _ranges(starts, counts)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Packed(offsets, self._base.frames[source], self._base.rows[source])

    def _interleave(self, packed: Packed, parts: dict[int, Keyframes]) -> Packed:
        counts = np.diff(packed.offsets)
        frames: list[Any] = []
        rows: list[Any] = []
        done = 0
        for position in sorted(parts):
            cut = packed.offsets[position]
            frames += [packed.frames[done:cut], parts[position].frames]
            rows += [packed.rows[done:cut], parts[position].rows]
            counts[position] = len(parts[position])
            done = int(cut)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Packed(
            offsets,
            np.concatenate([*frames, packed.frames[done:]]),
            np.concatenate([*rows, packed.rows[done:]]),
        )


def _cut(keyframes: Keyframes, first: int, stop: int, margin: int) -> Keyframes:
    begin = max(int(np.searchsorted(keyframes.frames, first, "right")) - margin, 0)
    end = int(np.searchsorted(keyframes.frames, stop, "left")) + margin
    return Keyframes(keyframes.frames[begin:end], keyframes.rows[begin:end])
