"""From a box on every frame to few keyframes: the fewest that a greedy walk finds such that the
engine's value stays within a tolerance of every original box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import engine
from ..keyframes import Keyframes
from ..kinds import BOX

Floats = NDArray[np.float64]

_FIRST_LOOK, _LAST_LOOK = 16, 4096


def reduce_boxes(
    frames: NDArray[np.int64], boxes: Floats, tolerance_px: float, times: Floats | None
) -> NDArray[np.bool_]:
    """Which of the rows to keep as keyframes.

    ``frames`` int64 ``(n,)`` are consecutive frames, ``boxes`` float64 ``(n, 4)``; ``times`` is the
    engine's time of every frame of the video (None: frame numbers). On every one of these frames,
    the left, top, right and bottom edges, width and height that the engine gives from the kept rows
    are within ``tolerance_px`` of the original's; with 0 they are the very same numbers.
    """
    keep = np.zeros(len(frames), bool)
    if len(frames) == 0:
        return keep
    at = frames.astype(np.float64) if times is None else times[frames]
    keep[_walk(at, _edges(boxes), max(tolerance_px, 1e-9))] = True
    first, stop = int(frames[0]), int(frames[-1]) + 1
    while True:  # the engine has the last word; what it misses becomes a keyframe
        kept = Keyframes(frames[keep], boxes[keep])
        given = engine.evaluate_one(kept, BOX, first, stop, times)
        if tolerance_px == 0:
            missed = (given != boxes).any(axis=1)
        else:
            missed = (np.abs(_edges(given) - _edges(boxes)) > tolerance_px).any(axis=1)
        missed &= ~keep  # a number that is none is missed on its own keyframe too
        if not missed.any():
            return keep
        keep |= missed


def _edges(boxes: Floats) -> Floats:
    """``(n, 6)``: x, y, width, height, right, bottom."""
    return np.concatenate([boxes, boxes[:, :2] + boxes[:, 2:]], axis=1)


def _walk(at: Floats, values: Floats, tolerance: float) -> list[int]:
    """Indices of the corners of a path that stays within ``tolerance`` of every value: from each
    corner to the farthest one that a straight line reaches."""
    corners = [0]
    while corners[-1] < len(at) - 1:
        corners.append(_farthest(at, values, tolerance, corners[-1]))
    return corners


def _farthest(at: Floats, values: Floats, tolerance: float, start: int) -> int:
    """The last index whose line from ``start`` passes within ``tolerance`` of all between."""
    # slopes that pass every value so far: a cone that only ever narrows
    low = np.full(values.shape[1], -np.inf)
    high = np.full(values.shape[1], np.inf)
    best, begin, look = start + 1, start + 1, _FIRST_LOOK
    while begin < len(at):
        stop = min(begin + look, len(at))
        elapsed = (at[begin:stop] - at[start])[:, None]
        elapsed[elapsed <= 0] = np.inf  # frames with equal pts cannot be told apart in time
        rise = values[begin:stop] - values[start]
        slope = rise / elapsed
        lows = np.maximum.accumulate(np.vstack([low, (rise - tolerance) / elapsed]))
        highs = np.minimum.accumulate(np.vstack([high, (rise + tolerance) / elapsed]))
        reached = ((slope >= lows[:-1]) & (slope <= highs[:-1])).all(axis=1)
        open_ = (lows[:-1] <= highs[:-1]).all(axis=1)
        good = np.flatnonzero(reached & open_)
        if len(good):
            best = begin + int(good[-1])
        low, high = lows[-1], highs[-1]
        if (low > high).any():
            break
        begin, look = stop, min(look * 2, _LAST_LOOK)
    return best
