"""The monotone cubic: through the keyframes, smooth, never beyond them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format.geometry import smooth

steps = st.lists(st.floats(0.5, 100), min_size=1, max_size=6)
values = st.floats(-1e4, 1e4, allow_subnormal=False)


@st.composite
def tracks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Times ``(n,)`` and rows ``(n, 2)`` of at least two keyframes."""
    times = np.cumsum([0.0, *draw(steps)])
    pairs = st.lists(st.tuples(values, values), min_size=len(times), max_size=len(times))
    return times, np.array(draw(pairs))


def evaluate(times: np.ndarray, rows: np.ndarray, t: np.ndarray) -> np.ndarray:
    """A whole track at ``t``: each moment in its piece, with the neighbours that there are."""
    pad = np.full((1, rows.shape[1]), np.nan)
    padded_times = np.concatenate([[np.nan], times, [np.nan]])
    padded_rows = np.concatenate([pad, rows, pad])
    piece = np.clip(np.searchsorted(times, t, "right") - 1, 0, len(times) - 2)
    four = piece + np.arange(4)[:, None]
    return smooth(t, padded_times[four], padded_rows[four])


def within(times: np.ndarray) -> np.ndarray:
    return np.unique(np.concatenate([times, np.linspace(0, times[-1], 201)]))


@given(tracks())
def test_keyframes_are_hit_to_the_bit(track: tuple[np.ndarray, np.ndarray]) -> None:
    times, rows = track
    assert np.array_equal(evaluate(times, rows, times), rows)


@given(tracks())
def test_no_overshoot_and_monotone_in_every_piece(track: tuple[np.ndarray, np.ndarray]) -> None:
    times, rows = track
    for i in range(len(times) - 1):
        t = np.linspace(times[i], times[i + 1], 50)
        got = evaluate(times, rows, t)
        low, high = np.minimum(rows[i], rows[i + 1]), np.maximum(rows[i], rows[i + 1])
        assert (got >= low).all()
        assert (got <= high).all()
        steps = np.diff(got, axis=0) * np.sign(rows[i + 1] - rows[i])
        assert (steps >= -1e-9).all()


@given(tracks())
def test_slopes_agree_where_pieces_meet(track: tuple[np.ndarray, np.ndarray]) -> None:
    times, rows = track
    if len(times) < 3:
        return
    h = 1e-5
    inner = times[1:-1]
    before = (evaluate(times, rows, inner) - evaluate(times, rows, inner - h)) / h
    after = (evaluate(times, rows, inner + h) - evaluate(times, rows, inner)) / h
    # the second derivative is bounded by the steepest chord over the shortest piece
    bend = np.abs(np.diff(rows, axis=0)).max() / np.diff(times).min() ** 2
    np.testing.assert_allclose(before, after, rtol=0, atol=40 * bend * h + 1e-5)


@given(tracks(), st.floats(-100, 100), st.floats(0.1, 10))
def test_units_of_time_and_value_do_not_matter(
    track: tuple[np.ndarray, np.ndarray], shift: float, scale: float
) -> None:
    times, rows = track
    t = within(times)
    expected = evaluate(times, rows, t) * scale + shift
    got = evaluate(times * 4, rows * scale + shift, t * 4)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6)


def test_two_keyframes_make_a_straight_line() -> None:
    times, rows = np.array([0.0, 10.0]), np.array([[0.0], [50.0]])
    assert evaluate(times, rows, np.array([0.0, 2.0, 5.0])).ravel().tolist() == [0, 10, 25]


def test_values_worked_out_by_hand() -> None:
    """Three keyframes at 0, 1, 3 with 0, 1, 5: chords 1 and 2.

    At 1: w1 = 2*2+1 = 5, w2 = 2+2*1 = 4, slope 9 / (5/1 + 4/2) = 9/7.
    At 0: ((2*1+2)*1 - 1*2) / 3 = 2/3. Hermite at 1/2: 1/2 + (2/3 - 9/7) / 8.
    """
    times, rows = np.array([0.0, 1.0, 3.0]), np.array([[0.0], [1.0], [5.0]])
    got = evaluate(times, rows, np.array([0.5]))
    np.testing.assert_allclose(got, [[0.5 + (2 / 3 - 9 / 7) / 8]], rtol=1e-14)


def test_a_turning_point_is_flat() -> None:
    times, rows = np.arange(4.0), np.array([[0.0], [1.0], [1.0], [0.0]])
    assert evaluate(times, rows, np.linspace(1, 2, 9)).ravel().tolist() == [1.0] * 9


def test_a_neighbour_at_the_same_time_counts_as_missing() -> None:
    four = np.array([[0.0], [0.0], [4.0], [4.0]])
    rows = np.array([9.0, 0.0, 8.0, -9.0]).reshape(4, 1, 1)
    assert smooth(np.array([1.0]), four, rows).tolist() == [[2.0]]
    same = np.array([[0.0], [4.0], [4.0], [5.0]])
    assert smooth(np.array([4.0]), same, rows).tolist() == [[0.0]]


def test_one_piece_serves_many_moments() -> None:
    times = np.array([0.0, 1.0, 2.0, 4.0])
    rows = np.array([[0.0, 5], [1, 5], [4, 2], [5, 9]])
    t = np.linspace(1, 2, 7)
    got = smooth(t, times[:, None], rows[:, None])
    np.testing.assert_allclose(got, evaluate(times, rows, t), rtol=0, atol=1e-12)
    assert got[[0, -1]].tolist() == rows[1:3].tolist()
