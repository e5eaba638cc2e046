"""Where keyframes go when frames are renumbered, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format import engine
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import BOX, PRESENCE_KIND, Kind
from reviewer.format.remap.placing import next_survivors, place, restore
from reviewer.format.video.mapping import invert

OLD, NEW = 24, 20


@st.composite
def mappings(draw: st.DrawFn) -> np.ndarray:
    count = draw(st.integers(0, NEW))
    partner = np.full(OLD, -1, np.int64)
    old = draw(st.lists(st.integers(0, OLD - 1), min_size=count, max_size=count, unique=True))
    new = draw(st.lists(st.integers(0, NEW - 1), min_size=count, max_size=count, unique=True))
    partner[sorted(old)] = sorted(new)
    return partner


def keyframes(kind: Kind) -> st.SearchStrategy[Keyframes]:
    def build(values: dict[int, int]) -> Keyframes:
        frames = np.array(sorted(values), np.int64)
        rows = np.array([[values[f]] * kind.columns for f in frames.tolist()], kind.dtype)
        return Keyframes(frames, rows.reshape(len(frames), kind.columns))

    return st.dictionaries(st.integers(0, OLD - 1), st.integers(0, 2), max_size=12).map(build)


def values(track: Keyframes, kind: Kind, count: int) -> np.ndarray:
    return engine.evaluate_one(track, kind, 0, count, None)[:, 0]


@given(keyframes(PRESENCE_KIND), mappings())
def test_what_holds_is_the_same_on_every_frame_that_is_left(
    track: Keyframes, partner: np.ndarray
) -> None:
    placed = place(track, PRESENCE_KIND, partner, next_survivors(partner))
    left = np.flatnonzero(partner >= 0)
    before = values(track, PRESENCE_KIND, OLD)[left]
    after = values(placed.keyframes, PRESENCE_KIND, NEW)[partner[left]]
    np.testing.assert_array_equal(before, after)
    assert (np.diff(placed.keyframes.frames) > 0).all()


@pytest.mark.parametrize("kind", [BOX, PRESENCE_KIND], ids=lambda kind: kind.name)
@given(data=st.data())
def test_every_keyframe_is_placed_exactly_or_named(kind: Kind, data: st.DataObject) -> None:
    track, partner = data.draw(keyframes(kind)), data.draw(mappings())
    placed = place(track, kind, partner, next_survivors(partner))
    for frame, row in zip(track.frames.tolist(), track.rows, strict=True):
        if partner[frame] >= 0:
            at = placed.keyframes.frames.tolist().index(int(partner[frame]))
            np.testing.assert_array_equal(placed.keyframes.rows[at], row)
        else:
            at = placed.vanished.frames.tolist().index(frame)
            np.testing.assert_array_equal(placed.vanished.rows[at], row)
    counted = len(placed.keyframes) + int((placed.postponed < 0).sum())
    assert counted == len(track)


@pytest.mark.parametrize("kind", [BOX, PRESENCE_KIND], ids=lambda kind: kind.name)
@given(data=st.data())
def test_the_way_back_restores_everything(kind: Kind, data: st.DataObject) -> None:
    track, partner = data.draw(keyframes(kind)), data.draw(mappings())
    placed = place(track, kind, partner, next_survivors(partner))
    back = invert(partner, NEW)
    returned = place(placed.keyframes, kind, back, next_survivors(back))
    assert len(returned.vanished) == 0
    late = placed.postponed >= 0
    whole = restore(returned.keyframes, placed.vanished, late, next_survivors(partner))
    np.testing.assert_array_equal(whole.frames, track.frames)
    np.testing.assert_array_equal(whole.rows, track.rows)


def test_a_presence_that_begins_on_a_lost_frame_begins_on_the_next() -> None:
    partner = np.array([0, 1, -1, -1, 2, 3])
    track = Keyframes(np.array([0, 2]), np.array([[1], [0]], np.int8))
    placed = place(track, PRESENCE_KIND, partner, next_survivors(partner))
    assert placed.keyframes.frames.tolist() == [0, 2]
    assert placed.postponed.tolist() == [2]


def test_a_value_that_showed_on_lost_frames_only_is_set_aside() -> None:
    partner = np.array([0, -1, -1, 1])
    track = Keyframes(np.array([0, 1, 3]), np.array([[1], [2], [0]], np.int8))
    placed = place(track, PRESENCE_KIND, partner, next_survivors(partner))
    assert placed.keyframes.frames.tolist() == [0, 1]
    assert placed.keyframes.rows.ravel().tolist() == [1, 0]
    assert placed.postponed.tolist() == [-1]


def test_somebodys_new_value_on_a_restored_frame_stays() -> None:
    partner = np.array([0, 1, -1, 2])
    returned = Keyframes(np.array([2]), np.array([[1.0] * 4]))
    lost = Keyframes(np.array([2]), np.array([[9.0] * 4]))
    whole = restore(returned, lost, np.array([False]), next_survivors(partner))
    assert whole.rows.tolist() == [[1.0] * 4]
