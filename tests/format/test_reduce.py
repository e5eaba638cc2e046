"""From a box on every frame to few keyframes: within the tolerance everywhere, exact at zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reviewer.format import engine
from reviewer.format.interchange.reduce import reduce_boxes
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import BOX

VIDEO = 200


@st.composite
def tracks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Consecutive frames, and boxes that move the way things do: straight, jumpy, still, noisy."""
    first = draw(st.integers(0, VIDEO - 2))
    count = draw(st.integers(1, min(60, VIDEO - first)))
    boxes = draw(arrays("f8", (count, 4), elements=st.floats(-3000, 3000)))
    if draw(st.booleans()):  # straight pieces
        corners = sorted({0, count - 1, *draw(st.sets(st.integers(0, count - 1), max_size=4))})
        at = np.arange(count)
        boxes = np.stack([np.interp(at, corners, boxes[corners, i]) for i in range(4)], axis=1)
        boxes = np.round(boxes, draw(st.sampled_from([0, 2, 12])))
    boxes[:, 2:] = np.abs(boxes[:, 2:])
    return np.arange(first, first + count, dtype=np.int64), boxes


@st.composite
def axes(draw: st.DrawFn) -> np.ndarray | None:
    if draw(st.booleans()):
        return None
    # steps of 0: files do have frames of equal pts
    steps = draw(arrays("i8", VIDEO, elements=st.integers(0, 5)))
    return np.cumsum(steps).astype(np.float64)


def edges(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes, boxes[:, :2] + boxes[:, 2:]], axis=1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=200, deadline=None)
@given(tracks(), axes(), st.sampled_from([0.0, 1e-6, 0.5, 1.0, 20.0]))
def test_every_edge_stays_within_the_tolerance(
    track: tuple[np.ndarray, np.ndarray], times: np.ndarray | None, tolerance: float
) -> None:
    frames, boxes = track
    keep = reduce_boxes(frames, boxes, tolerance, times)
    assert keep.shape == frames.shape
    assert keep[0]
    kept = Keyframes(frames[keep], boxes[keep])
    given_back = engine.evaluate_one(kept, BOX, int(frames[0]), int(frames[-1]) + 1, times)
    if tolerance == 0:
        assert (given_back == boxes).all()
    else:
        assert np.abs(edges(given_back) - edges(boxes)).max() <= tolerance


def test_a_straight_path_needs_its_ends_and_a_still_one_its_beginning() -> None:
    frames = np.arange(100, dtype=np.int64)
    straight = np.stack([frames * 3.0, frames * -1.0, frames * 0.0 + 5, frames * 0.0 + 5], axis=1)
    assert np.flatnonzero(reduce_boxes(frames, straight, 0, None)).tolist() == [0, 99]
    still = np.tile([1.0, 2.0, 3.0, 4.0], (100, 1))
    assert reduce_boxes(frames, still, 0, None).sum() <= 2
    assert reduce_boxes(frames[:1], still[:1], 0, None).tolist() == [True]
    assert len(reduce_boxes(frames[:0], still[:0], 0, None)) == 0


def test_a_larger_tolerance_keeps_fewer() -> None:
    random = np.random.default_rng(2)
    frames = np.arange(3000, dtype=np.int64)
    boxes = np.cumsum(random.normal(0, 1, (3000, 4)), axis=0) + 500
    kept = [reduce_boxes(frames, boxes, t, None).sum() for t in (0, 0.5, 1, 2, 8, 32)]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == 3000
    assert kept[-1] < 300


@pytest.mark.timeout(30)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("value", [np.inf, np.nan, 1e308])
@pytest.mark.parametrize("tolerance", [0.0, 1.0])
def test_numbers_that_are_none_end(value: float, tolerance: float) -> None:
    """Importers refuse them; the walk must come to an end all the same."""
    boxes = np.tile([1.0, 2.0, 3.0, 4.0], (10, 1))
    boxes[5, 0] = value
    boxes[6, 0] = -value
    assert reduce_boxes(np.arange(10, dtype=np.int64), boxes, tolerance, None)[5]
