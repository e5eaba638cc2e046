"""A greedy walk along dense numbers: which of them a path of straight lines needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FIRST_LOOK, _LAST_LOOK = 16, 4096


def walk(at: Floats, values: Floats, tolerance: float) -> list[int]:
    """Indices of the corners of a path that stays within ``tolerance`` of every value: from each
    corner to the farthest one that a straight line reaches. ``at`` float64 ``(n,)`` ascends,
    ``values`` is float64 ``(n, columns)``."""
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
