"""From a box on every frame to few keyframes: the fewest that a greedy walk finds such that the
engine's value stays within a tolerance of every original box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import engine
from ..keyframes import Keyframes
from ..kinds import BOX
from ..walk import walk

Floats = NDArray[np.float64]


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
    keep[walk(at, _edges(boxes), max(tolerance_px, 1e-9))] = True
    first, stop = int(frames[0]), int(frames[-1]) + 1
    while True:  # the engine has the last word; what it misses becomes a keyframe
        kept = Keyframes(frames[keep], boxes[keep])
        given = engine.evaluate_one(kept, BOX, first, stop, times)
        if tolerance_px == 0:
            missed = (given != boxes).any(axis=1)
        else:
            missed = (np.abs(_edges(given) - _edges(boxes)) > tolerance_px).any(axis=1)
        if not missed.any():
            return keep
        keep |= missed


def _edges(boxes: Floats) -> Floats:
    """``(n, 6)``: x, y, width, height, right, bottom."""
    return np.concatenate([boxes, boxes[:, :2] + boxes[:, 2:]], axis=1)
