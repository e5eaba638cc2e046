"""The exact Euclidean distance transform, after Felzenszwalb and Huttenlocher (Theory of Computing
8, 2012): distances within columns, then in each row the lower envelope of parabolas.

All rows go through the envelope together, so that NumPy has long vectors to work on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Pixels whose envelopes are worked on at once; bounds the scratch memory (some 40 bytes each).
_BLOCK_PIXELS = 1 << 21


def distances(seeds: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance in px from each pixel to the nearest True one: ``(height, width)``, 0 on True.

    Measured between pixel centres; exact up to float32. ValueError when there is no True pixel.
    """
    if not seeds.any():
        raise ValueError("there is nothing to measure the distance to")
    if seeds.shape[1] > seeds.shape[0]:  # the envelope loops over columns: let these be few
        return np.ascontiguousarray(distances(seeds.T).T)
    squares = _along_columns(seeds) ** 2
    out = np.empty(seeds.shape, np.float32)
    step = max(1, _BLOCK_PIXELS // max(seeds.shape[1], 1))
    for low in range(0, len(seeds), step):
        out[low : low + step] = np.sqrt(_envelope(squares[low : low + step]))
    return out


def _along_columns(seeds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance to the nearest seed in the same column; where there is none, more than any real."""
    height, width = seeds.shape
    rows = np.arange(height)[:, None]
    far = height + width
    above = np.maximum.accumulate(np.where(seeds, rows, -far), axis=0)
    below = np.minimum.accumulate(np.where(seeds, rows, far + height)[::-1], axis=0)[::-1]
    return np.asarray(np.minimum(np.minimum(rows - above, below - rows), far), np.float64)


def _envelope(f: NDArray[np.float64]) -> NDArray[np.float64]:
    """``min over q of f[row, q] + (x - q)²`` for every row and x."""
    rows, width = f.shape
    every = np.arange(rows)
    # per row a stack of parabolas, by their apex, and where each begins to be the lowest
    apex = np.zeros((width, rows), np.int32)
    begins = np.full((width + 1, rows), np.inf)
    begins[0] = -np.inf
    height = np.ascontiguousarray(f.T)
    lifted = height + np.arange(width)[:, None] ** 2.0
    top = np.zeros(rows, np.int64)
    for q in range(1, width):
        crossing = np.empty(rows)
        left = every  # rows whose stack may still have to shrink
        while len(left):
            last = apex[top[left], left]
            meets = (lifted[q, left] - lifted[last, left]) / (2.0 * (q - last))
            crossing[left] = meets
            left = left[meets <= begins[top[left], left]]
            top[left] -= 1
        top += 1
        apex[top, every] = q
        begins[top, every] = crossing
        # what stood higher on the stack is forgotten by overwriting; its end must be too
        begins[top + 1, every] = np.inf
    out = np.empty((width, rows))
    top[:] = 0
    for x in range(width):
        left = every[begins[top + 1, every] < x]
        while len(left):
            top[left] += 1
            left = left[begins[top[left] + 1, left] < x]
        nearest = apex[top, every]
        out[x] = height[nearest, every] + (x - nearest) ** 2.0
    return out.T
