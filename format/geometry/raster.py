"""Polygons as masks: a pixel is in when its centre is inside the outline and outside the holes.

Even-odd within a part, parts added to each other. Each edge is crossed with the centre lines of
the columns it spans, which gives the mask's strokes directly; the picture is never filled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .mask import EMPTY, Mask, Spans
from .shape import Points, Shape

# Crossings of edges with columns; a hostile polygon could have a million million.
MAX_CROSSINGS = 1 << 24


def polygon_mask(shape: Shape, width: int, height: int) -> Mask:
    """The mask of a polygon within a picture of this size, px; what lies outside is cut off.

    A centre exactly on an outline belongs to the mask when the inside is to its right or below, so
    polygons that share a border share no pixel. ValueError for a polyline, or when the outline
    crosses more than MAX_CROSSINGS columns.
    """
    if shape.kind != "polygon":
        raise ValueError(f"a {shape.kind} has no inside")
    parts = [_strokes(part, width, height) for part in shape.parts]
    strokes = np.concatenate(parts)
    if not len(strokes):
        return EMPTY
    starts, stops = _union(*strokes.T)
    column = starts // height
    base = column * height
    return Spans(column, starts - base, stops - base).mask()


def _strokes(rings: tuple[Points, ...], width: int, height: int) -> NDArray[np.int64]:
    """Vertical strokes of one part, as starts and stops down the columns ``(n, 2)``."""
    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    # left to right, so that an edge shared by two polygons is crossed at the same heights
    swap = start[:, 0] > end[:, 0]
    start[swap], end[swap] = end[swap], start[swap]
    # column i is crossed when start.x <= i + 0.5 < end.x
    first = np.clip(np.ceil(start[:, 0] - 0.5), 0, width).astype(np.int64)
    stop = np.clip(np.ceil(end[:, 0] - 0.5), 0, width).astype(np.int64)
    count = np.maximum(stop - first, 0)
    if (total := int(count.sum())) > MAX_CROSSINGS:
        raise ValueError(f"crosses {total} columns, more than {MAX_CROSSINGS}")
    edge = np.repeat(np.arange(len(start)), count)
    column = np.arange(total) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    slope = (end[edge, 1] - start[edge, 1]) / (end[edge, 0] - start[edge, 0])
    y = start[edge, 1] + (column + 0.5 - start[edge, 0]) * slope
    row = np.clip(np.ceil(y - 0.5), 0, height).astype(np.int64)
    # every column is crossed an even number of times: inside from odd to even
    at = np.sort(column * (height + 1) + row).reshape(-1, 2)
    column, row = np.divmod(at, height + 1)
    strokes = column * height + row
    return np.asarray(strokes[strokes[:, 0] < strokes[:, 1]])


def _union(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Strokes of several parts as strokes that are apart, ascending; none spans two columns."""
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], np.maximum.accumulate(stops[order])
    new = np.append(True, starts[1:] >= stops[:-1])
    return starts[new], stops[np.append(new[1:], True)]
