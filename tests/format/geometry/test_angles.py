"""Angles take the shortest arc, whatever numbers they were written with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reviewer.format.geometry import angles

degrees = st.floats(-1e4, 1e4, allow_subnormal=False)


def apart(a: object, b: object) -> np.ndarray:
    """The angle between two directions, 0 to 180."""
    return np.abs(np.mod(np.subtract(a, b) + 180, 360) - 180)


@given(degrees, degrees, st.floats(0, 1), st.floats(0, 1))
def test_subdividing_changes_nothing(a: float, b: float, cut: float, t: float) -> None:
    assume(1e-3 < cut < 1 - 1e-3)
    middle = angles.between(a, b, cut)
    if t <= cut:
        finer = angles.between(a, middle, t / cut)
    else:
        finer = angles.between(middle, b, (t - cut) / (1 - cut))
    assert apart(finer, angles.between(a, b, t)) < 1e-9


@given(degrees, degrees, st.floats(0, 1))
def test_the_way_is_the_shortest_one(a: float, b: float, t: float) -> None:
    turn = angles.arc(a, b)
    assert -180 < turn <= 180 + 1e-8
    assert apart(a + turn, b) < 1e-8
    value = angles.between(a, b, t)
    assert apart(value, a) == pytest.approx(abs(turn) * t, abs=1e-8)
    if 0 < t < 1:
        assert 0 <= value < 360


@given(degrees, degrees)
def test_keyframes_keep_their_numbers(a: float, b: float) -> None:
    assert angles.between(a, b, [0, 1]).tolist() == [a, b]


@given(degrees)
def test_half_a_turn_goes_clockwise_whatever_the_rounding(a: float) -> None:
    assert angles.arc(a, a + 180.0) == pytest.approx(180, abs=1e-8)
    assert angles.arc(a + 180.0, a) == pytest.approx(180, abs=1e-8)
    assert apart(angles.between(a, a + 180.0, 0.5), a + 90) < 1e-8


def test_examples_over_arrays() -> None:
    left, right = np.array([350, 10, 0, -90, 725.0]), np.array([10, 350, 180, 180, 5.0])
    assert angles.between(left, right, 0.5).tolist() == [0, 0, 90, 225, 5]
    grid = angles.between(left[:, None], right[:, None], np.array([0.0, 0.25, 1.0]))
    assert grid[0].tolist() == [350, 355, 10]
    assert grid[1].tolist() == [10, 5, 350]


def test_canonical_is_from_0_below_360() -> None:
    given = [0, -0.0, 360, -1e-300, 359.5, -10, 725]
    assert angles.canonical(given).tolist() == [0, 0, 0, 0, 359.5, 350, 5]
    assert not np.signbit(angles.canonical(given)).any()


def test_unwrapping_joins_keyframes_by_shortest_arcs() -> None:
    four = np.array([[340.0], [350.0], [10.0], [200.0]])
    assert angles.unwrapped(four)[:, 0].tolist() == [340, 350, 370, 200]
    assert angles.unwrapped(np.array([10.0, -10.0, 340.0])).tolist() == [10, -10, -20]
    missing = angles.unwrapped(np.array([np.nan, 350.0, 10.0, np.nan]))
    assert missing[1:3].tolist() == [350, 370]
    assert np.isnan(missing[[0, 3]]).all()
    assert angles.unwrapped(np.array([42.0])).tolist() == [42]
