"""Keyframes in memory against the plainest model there is: a dict of dicts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from reviewer.format.keyframes import Keyframes, KeyframeTable, Packed
from reviewer.format.kinds import ABSENT, BOX, CHOICE
from reviewer.format.rowbytes import rows_to_bytes

FRAMES = 40
ENTITIES = 12

frames = st.integers(0, FRAMES - 1)
codes = st.integers(0, 5)
changes = st.dictionaries(frames, st.none() | codes, min_size=1, max_size=8)


def as_arrays(change: dict[int, int | None]) -> tuple[np.ndarray, np.ndarray]:
    at = np.array(sorted(change), np.int64)
    rows = [[CHOICE.fill if change[int(f)] is None else change[int(f)]] for f in at]
    return at, np.array(rows, CHOICE.dtype).reshape(len(at), 1)


def as_dict(keyframes: Keyframes) -> dict[int, int]:
    assert (np.diff(keyframes.frames) > 0).all(), "frames ascend"
    return dict(zip(keyframes.frames.tolist(), keyframes.rows[:, 0].tolist(), strict=True))


def updated(model: dict[int, int], change: dict[int, int | None]) -> dict[int, int]:
    merged = {**model, **change}
    return {frame: code for frame, code in merged.items() if code is not None}


def decisive(model: dict[int, int], first: int, stop: int) -> dict[int, int]:
    """What the values on [first, stop) depend on."""
    before = [f for f in model if f <= first]
    after = [f for f in model if f >= stop]
    kept = {f for f in model if first <= f < stop} | set([max(before)] if before else [])
    return {f: model[f] for f in kept | set([min(after)] if after else [])}


@given(st.lists(changes, max_size=6), st.lists(frames, max_size=5, unique=True).map(sorted))
def test_replacing_is_updating_a_dict(steps: list[dict[int, int | None]], asked: list[int]) -> None:
    keyframes, model = Keyframes.none(CHOICE), {}
    for change in steps:
        before = keyframes.frames.copy(), keyframes.rows.copy()
        finer = keyframes.replaced(*as_arrays(change), CHOICE)
        assert np.array_equal(keyframes.frames, before[0]), "the old value stays as it was"
        assert np.array_equal(keyframes.rows, before[1])
        keyframes, model = finer, updated(model, change)
        assert as_dict(keyframes) == model
    rows = keyframes.rows_at(np.array(asked, np.int64), CHOICE)[:, 0].tolist()
    assert rows == [model.get(frame, CHOICE.fill) for frame in asked]


@given(st.lists(st.tuples(*[st.floats()] * 4), min_size=1, max_size=3))
def test_a_few_rows_give_the_bytes_that_they_give_among_many(few: list[tuple[float, ...]]) -> None:
    rows = np.array(few, BOX.dtype)
    many = rows_to_bytes(np.tile(rows, (40, 1)), BOX)
    assert many == rows_to_bytes(rows, BOX) * 40


def test_a_box_row_is_a_keyframe_unless_every_column_is_nan() -> None:
    rows = np.array([[np.nan] * 4, [1, 2, 3, np.nan], [1, 2, 3, 4]])
    assert BOX.is_fill(rows).tolist() == [True, False, False]


class TableAgainstDicts(RuleBasedStateMachine):
    """Random edits and windows, with the table packing itself anew every few entities."""

    @initialize(
        limit=st.integers(0, 4),
        start=st.lists(st.dictionaries(frames, codes, max_size=6), max_size=6),
    )
    def begin(self, limit: int, start: list[dict[int, int]]) -> None:
        parts = [Keyframes(*as_arrays(dict(item))) for item in start]
        self.table = KeyframeTable(CHOICE, FRAMES, Packed.pack(parts, CHOICE))
        self.table._MAX_CHANGED = limit
        self.model = dict(enumerate(start))

    @rule(entity=st.integers(0, ENTITIES - 1), change=changes)
    def edit(self, entity: int, change: dict[int, int | None]) -> None:
        finer = self.table.get(entity).replaced(*as_arrays(change), CHOICE)
        self.table.set(entity, finer)
        self.model[entity] = updated(self.model.get(entity, {}), change)

    @rule(
        entities=st.lists(st.integers(0, ENTITIES + 2), max_size=6, unique=True),
        window=st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES)).map(sorted),
    )
    def look(self, entities: list[int], window: list[int]) -> None:
        numbers = np.array(entities, np.int64)
        packed = self.table.window(numbers, *window)
        assert len(packed) == len(entities)
        for position, entity in enumerate(entities):
            part = slice(packed.offsets[position], packed.offsets[position + 1])
            found = as_dict(Keyframes(packed.frames[part], packed.rows[part]))
            wanted = decisive(self.model.get(entity, {}), *window)
            # more than is decisive would be waste, less would be wrong
            assert found == wanted
        counts = [len(self.model.get(entity, {})) for entity in entities]
        assert self.table.counts(numbers).tolist() == counts

    @rule(count=st.integers(0, ENTITIES + 2))
    def ask_for_lives(self, count: int) -> None:
        begins, ends = self.table.lives(count)
        assert len(begins) == len(ends) == count
        for entity in range(count):
            found = sorted(self.model.get(entity, {}).items())
            begin = found[0][0] if found else FRAMES + 1
            end = 0 if not found else found[-1][0] if found[-1][1] == ABSENT else FRAMES + 1
            assert (begins[entity], ends[entity]) == (begin, end)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        if hasattr(self, "table"):
            for entity in range(ENTITIES):
                assert as_dict(self.table.get(entity)) == self.model.get(entity, {})
            assert self.table.total == sum(map(len, self.model.values()))


test_table_against_dicts = TableAgainstDicts.TestCase


@pytest.mark.parametrize("kind", [BOX, CHOICE], ids=lambda kind: kind.name)
def test_packing_keeps_every_part(kind) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(1)
    parts = []
    for count in (3, 0, 5):
        at = np.sort(random.choice(100, count, replace=False)).astype(np.int64)
        parts.append(Keyframes(at, random.integers(0, 9, (count, kind.columns)).astype(kind.dtype)))
    packed = Packed.pack(parts, kind)
    assert packed.offsets.tolist() == [0, 3, 3, 8]
    assert packed.rows.dtype == kind.dtype
    assert Packed.pack([], kind).rows.shape == (0, kind.columns)
