"""Masks between keyframes: exact on them, monotone in time, keeping the form of what moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from reviewer.format.geometry import Mask, mask, morph
from reviewer.format.geometry import distance as distance_module
from reviewer.format.geometry.distance import distances

pictures = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))
offsets = st.integers(-20, 20)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    return mask.from_array(draw(pictures), draw(offsets), draw(offsets))


def naive_distances(seeds: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(seeds)
    y, x = np.indices(seeds.shape)
    squares = (y[..., None] - rows) ** 2 + (x[..., None] - columns) ** 2
    return np.sqrt(squares.min(axis=-1))


def disc(x: float, y: float, radius: float) -> Mask:
    side = int(radius + 2)
    left, top = int(x) - side, int(y) - side
    rows, columns = np.indices((2 * side + 1, 2 * side + 1))
    inside = (columns + left + 0.5 - x) ** 2 + (rows + top + 0.5 - y) ** 2 < radius**2
    return mask.from_array(inside, left, top)


def contains(outer: Mask, inner: Mask) -> bool:
    return mask.intersection(outer, inner) == inner.area


@given(pictures.filter(lambda seeds: seeds.any()))
def test_distances_are_exact(seeds: np.ndarray) -> None:
    np.testing.assert_allclose(distances(seeds), naive_distances(seeds), rtol=1e-6)


@pytest.mark.parametrize("density", [0.001, 0.02, 0.5])
@pytest.mark.parametrize("shape", [(60, 41), (41, 60), (1, 70), (70, 1)])
def test_distances_are_exact_in_larger_pictures(
    shape: tuple[int, int], density: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = np.random.default_rng(7).random(shape) < density
    seeds[shape[0] // 2, shape[1] // 3] = True
    np.testing.assert_allclose(distances(seeds), naive_distances(seeds), rtol=1e-6)
    monkeypatch.setattr(distance_module, "_BLOCK_PIXELS", 256)  # rows in several blocks
    np.testing.assert_allclose(distances(seeds), naive_distances(seeds), rtol=1e-6)


def test_there_must_be_something_to_measure_to() -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        distances(np.zeros((3, 3), bool))


def test_the_outline_lies_halfway() -> None:
    pixels = np.zeros((1, 6), bool)
    pixels[0, 2:] = True
    assert morph.signed_distances(pixels).tolist() == [[-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]]


@given(masks(), masks())
def test_the_keyframes_are_returned_as_they_are(a: Mask, b: Mask) -> None:
    between = morph.between(a, b)
    assert between.at(0.0) is a
    assert between.at(1.0) is b
    if between.start is not None:
        # and what is computed arrives there by itself
        start, end = between.start > 0, between.start + between.change > 0
        assert mask.from_array(start, between.x, between.y) == a
        assert mask.from_array(end, between.x + between.dx, between.y + between.dy) == b


@given(masks(), pictures, st.floats(0, 1), st.floats(0, 1))
def test_nested_masks_grow_without_going_back(
    a: Mask, more: np.ndarray, t: float, u: float
) -> None:
    extra = mask.from_array(more, a.x, a.y)
    x, y = min(a.x, extra.x), min(a.y, extra.y)
    box = (x, y, 60, 60)
    outer = mask.from_array(mask.to_array(a, box) | mask.to_array(extra, box), x, y)
    assert contains(outer, a)
    t, u = sorted((t, u))
    growing, shrinking = morph.between(a, outer), morph.between(outer, a)
    assert contains(growing.at(u), growing.at(t))
    assert contains(shrinking.at(t), shrinking.at(u))
    if a.area:
        assert contains(growing.at(t), a)
        assert contains(outer, growing.at(t))


@given(masks(), offsets, offsets, st.floats(0, 1))
def test_what_only_moves_keeps_its_form(a: Mask, dx: int, dy: int, t: float) -> None:
    got = morph.between(a, a.moved(dx, dy)).at(t)
    if not a.area:
        assert got == a
        return
    assert got.counts.tolist() == a.counts.tolist()
    assert abs(got.x - (a.x + t * dx)) <= 0.5 + 1e-9
    assert abs(got.y - (a.y + t * dy)) <= 0.5 + 1e-9


@given(st.floats(0.05, 0.95))
@settings(max_examples=20)
def test_a_disc_that_moves_and_grows_is_a_disc(t: float) -> None:
    between = morph.between(disc(20, 30, 10), disc(90, 50, 20))
    expected = disc(20 + 70 * t, 30 + 20 * t, 10 + 10 * t)
    assert mask.iou(between.at(t), expected) > 0.88


@given(st.floats(0, 0.99))
@settings(max_examples=20)
def test_a_little_later_is_a_little_different(t: float) -> None:
    between = morph.between(disc(20, 30, 10), disc(26, 35, 14))
    a, b = between.at(t), between.at(t + 0.01)
    assert a.area * 0.85 < b.area < a.area * 1.15
    assert mask.iou(a, b) > 0.75


def test_there_is_nothing_between_something_and_nothing() -> None:
    value = disc(5, 5, 3)
    assert morph.between(value, mask.EMPTY).at(0.9) is value
    assert morph.between(mask.EMPTY, value).at(0.9) is mask.EMPTY


def test_masks_too_large_to_morph_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = disc(20, 30, 10), disc(40, 30, 12)
    monkeypatch.setattr(morph, "MAX_MORPH_PIXELS", 100)
    assert morph.between(a, b).at(0.5) is a
