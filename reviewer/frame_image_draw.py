"""Shapes into the pixels of a picture: whole strokes at once in numpy, whatever their number.

Coordinates are pixels of the picture here, with the origin at the corner of the top-left one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reviewer.format.geometry import Mask
from reviewer.frame_image_shapes import Shapes

Pixels = NDArray[np.uint8]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DASH_PX = 4  # on for half of it
MASK_TINT = 0.35  # how much of its colour lies over what a mask covers
WHITE = (255, 255, 255)
# Pixels walked along all segments of a frame together; what is beyond is not drawn.
MAX_STROKE_PX = 4_000_000


class Placing(Protocol):
    """From video px to pixels of the picture."""

    def to_pixels(self, points: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Pen:
    """thickness: pixels of a line."""

    thickness: int = 1


def draw_shapes(pixels: Pixels, shapes: Shapes, place: Placing, pen: Pen | None = None) -> None:
    """Draw every outline in place; the selected entity last, with bright corners. The insides of
    outlines stay as they are: people judge colours by them. Masks, which have no outline of their
    own, are tinted and edged."""
    pen = pen or Pen()
    chosen = shapes.selected
    for last in (False, True):
        if last and chosen < 0:
            break
        for owner, mask in shapes.masks:
            if (owner == chosen) == last:
                _mask(pixels, mask, shapes.colors[owner], bool(shapes.dashed[owner]), place)
        rows = (shapes.box_owner == chosen) == last
        owners = shapes.box_owner[rows]
        edges = edge_pixels(_placed_boxes(shapes.boxes[rows], place), *pixels.shape[1::-1])
        _outline(pixels, edges, shapes.colors[owners], shapes.dashed[owners], pen)
        rows = (shapes.segment_owner == chosen) == last
        owners = shapes.segment_owner[rows]
        lines = place.to_pixels(shapes.segments[rows].reshape(-1, 2)).reshape(-1, 4)
        _lines(pixels, lines, shapes.colors[owners], shapes.dashed[owners], pen)
        rows = (shapes.dot_owner == chosen) == last
        _dots(
            pixels, place.to_pixels(shapes.dots[rows]), shapes.colors[shapes.dot_owner[rows]], pen
        )
    if chosen >= 0:
        _mark_corners(pixels, shapes, place, pen)


def _placed_boxes(boxes: Floats, place: Placing) -> Floats:
    corners = place.to_pixels(boxes[:, :2])
    return np.concatenate([corners, place.to_pixels(boxes[:, :2] + boxes[:, 2:]) - corners], axis=1)


# -- boxes ------------------------------------------------------------------------------------


def edge_pixels(boxes: Floats, width: int, height: int) -> Ints:
    """int64 (n, 4) left, top, right, bottom pixels (inclusive) of the boxes' outlines.

    A box with no value (NaN) or wholly outside gets right < left. Coordinates are kept one pixel
    outside the picture where a box leaves it, so that the edge there is not drawn.
    """
    out = np.empty((len(boxes), 4), np.int64)
    out[:] = (0, 0, -1, -1)
    finite = np.isfinite(boxes).all(axis=1)
    if not finite.any():
        return out
    good = boxes[finite]
    # Clipped as floats: a hostile 1e300 must not overflow the integers.
    left = np.clip(np.floor(good[:, 0]), -1, width)
    top = np.clip(np.floor(good[:, 1]), -1, height)
    right = np.clip(np.ceil(good[:, 0] + good[:, 2]) - 1, -1, width)
    bottom = np.clip(np.ceil(good[:, 1] + good[:, 3]) - 1, -1, height)
    right, bottom = np.maximum(right, left), np.maximum(bottom, top)
    hidden = (left >= width) | (top >= height) | (right < 0) | (bottom < 0)
    right[hidden] = left[hidden] - 1
    out[finite] = np.stack([left, top, right, bottom], axis=1).astype(np.int64)
    return out


def _outline(
    pixels: Pixels, edges: Ints, colors: Pixels, dashed: NDArray[np.bool_], pen: Pen
) -> None:
    """All edges of all boxes in four vectorised strokes: a loop over 1,000 boxes is too slow."""
    shown = edges[:, 2] >= edges[:, 0]
    edges, colors, dashed = edges[shown], colors[shown], dashed[shown]
    height, width = pixels.shape[:2]
    left, top, right, bottom = edges.T
    x0, x1 = np.maximum(left, 0), np.minimum(right, width - 1)
    y0, y1 = np.maximum(top, 0), np.minimum(bottom, height - 1)
    for inset in range(pen.thickness):
        for y in (top + inset, bottom - inset):
            ok = (y >= 0) & (y < height) & (y >= top) & (y <= bottom)
            which, x = _ranges(x0[ok], x1[ok])
            _stroke(pixels, y[ok][which], x, colors[ok][which], dashed[ok][which], pen)
        for x in (left + inset, right - inset):
            ok = (x >= 0) & (x < width) & (x >= left) & (x <= right)
            which, y = _ranges(y0[ok], y1[ok])
            _stroke(pixels, y, x[ok][which], colors[ok][which], dashed[ok][which], pen)


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """For ranges first..last inclusive: the range each element belongs to, and its value."""
    lengths = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(first)), lengths)
    starts = np.cumsum(lengths) - lengths
    return which, np.arange(len(which)) - starts[which] + first[which]


def _stroke(
    pixels: Pixels, y: Ints, x: Ints, colors: Pixels, dashed: NDArray[np.bool_], pen: Pen
) -> None:
    if dashed.any():
        period = DASH_PX * pen.thickness
        keep = ~dashed | ((x + y) % period < period // 2)
        y, x, colors = y[keep], x[keep], colors[keep]
    pixels[y, x] = colors


# -- lines ------------------------------------------------------------------------------------


def _lines(
    pixels: Pixels, lines: Floats, colors: Pixels, dashed: NDArray[np.bool_], pen: Pen
) -> None:
    """Segments (n, 4) x0, y0, x1, y1 in pixels, walked by single pixels of their long side."""
    height, width = pixels.shape[:2]
    kept, lines = clip_lines(lines, width, height)
    colors, dashed = colors[kept], dashed[kept]
    steps = np.ceil(np.abs(lines[:, 2:] - lines[:, :2]).max(axis=1, initial=0.0)).astype(np.int64)
    counts = steps + 1
    if int(counts.sum()) > MAX_STROKE_PX:
        enough = np.cumsum(counts) <= MAX_STROKE_PX
        lines, colors, dashed = lines[enough], colors[enough], dashed[enough]
        steps, counts = steps[enough], counts[enough]
    which = np.repeat(np.arange(len(lines)), counts)
    along = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    t = along / np.maximum(steps[which], 1)
    x = np.floor(lines[which, 0] + t * (lines[which, 2] - lines[which, 0])).astype(np.int64)
    y = np.floor(lines[which, 1] + t * (lines[which, 3] - lines[which, 1])).astype(np.int64)
    period = DASH_PX * pen.thickness
    # a bend's dashes go on along each segment, so that a short one is never left out as a whole
    on = ~dashed[which] | (along % period < period // 2)
    _blot(pixels, x[on], y[on], colors[which[on]], pen.thickness)


def _blot(pixels: Pixels, x: Ints, y: Ints, colors: Pixels, size: int) -> None:
    height, width = pixels.shape[:2]
    back = (size - 1) // 2
    for dy in range(-back, size - back):
        for dx in range(-back, size - back):
            at_x, at_y = x + dx, y + dy
            ok = (at_x >= 0) & (at_x < width) & (at_y >= 0) & (at_y < height)
            pixels[at_y[ok], at_x[ok]] = colors[ok]


def clip_lines(lines: Floats, width: int, height: int) -> tuple[Ints, Floats]:
    """The parts of segments within the picture: which rows remain, and what of them (Liang and
    Barsky's way, for all at once)."""
    if not len(lines):
        return np.empty(0, np.int64), lines
    start, delta = lines[:, :2], lines[:, 2:] - lines[:, :2]
    low, high = np.zeros(len(lines)), np.ones(len(lines))
    inside = np.isfinite(lines).all(axis=1)
    limit = np.array([width, height], np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis in (0, 1):
            still = delta[:, axis] == 0
            inside &= ~still | ((start[:, axis] >= 0) & (start[:, axis] <= limit[axis]))
            a = -start[:, axis] / delta[:, axis]
            b = (limit[axis] - start[:, axis]) / delta[:, axis]
            low = np.where(still, low, np.maximum(low, np.minimum(a, b)))
            high = np.where(still, high, np.minimum(high, np.maximum(a, b)))
        inside &= low <= high
    kept = np.flatnonzero(inside)
    start, delta = start[kept], delta[kept]
    begin, end = start + low[kept, None] * delta, start + high[kept, None] * delta
    # a line along the right or lower border belongs to the last pixel there
    most = np.nextafter(limit, 0)
    return kept, np.concatenate([np.clip(begin, 0, most), np.clip(end, 0, most)], axis=1)


# -- dots, masks, corners ---------------------------------------------------------------------


def _dots(pixels: Pixels, dots: Floats, colors: Pixels, pen: Pen) -> None:
    ok = np.isfinite(dots).all(axis=1)
    height, width = pixels.shape[:2]
    at = np.floor(np.clip(dots[ok], -9, [width + 9, height + 9])).astype(np.int64)
    # On a coarse picture one pixel must do, or a skeleton would be a blot.
    _blot(pixels, at[:, 0], at[:, 1], colors[ok], 1 if pen.thickness == 1 else 3 * pen.thickness)


def mask_pixels(mask: Mask, place: Placing, width: int, height: int) -> NDArray[np.bool_]:
    """bool (height, width): the pixels of the picture that the mask touches.

    By its strokes and a running sum: a mask of a 4K frame is never made into an array."""
    spans = mask.spans()
    column = spans.column.astype(np.float64)
    upper = place.to_pixels(np.stack([column, spans.top.astype(np.float64)], axis=1))
    lower = place.to_pixels(np.stack([column + 1, spans.bottom.astype(np.float64)], axis=1))
    x0 = np.clip(np.floor(upper[:, 0]), 0, width).astype(np.int64)
    x1 = np.clip(np.ceil(lower[:, 0]) - 1, -1, width - 1).astype(np.int64)
    y0 = np.clip(np.floor(upper[:, 1]), 0, height).astype(np.int64)
    y1 = np.clip(np.ceil(lower[:, 1]), 0, height).astype(np.int64)
    which, x = _ranges(x0, x1)
    top, bottom = y0[which], y1[which]
    ok = top < bottom
    change = np.zeros((height + 1, width), np.int32)
    np.add.at(change, (top[ok], x[ok]), 1)
    np.add.at(change, (bottom[ok], x[ok]), -1)
    return np.asarray(np.cumsum(change, axis=0)[:height] > 0)


def _mask(pixels: Pixels, mask: Mask, color: Pixels, dashed: bool, place: Placing) -> None:
    height, width = pixels.shape[:2]
    covered = mask_pixels(mask, place, width, height)
    if not covered.any():
        return
    inner = covered.copy()
    inner[1:] &= covered[:-1]
    inner[:-1] &= covered[1:]
    inner[:, 1:] &= covered[:, :-1]
    inner[:, :-1] &= covered[:, 1:]
    # where a mask leaves the picture there is no edge to draw
    tinted = pixels[covered] * (1 - MASK_TINT) + color * MASK_TINT
    pixels[covered] = tinted.astype(np.uint8)
    y, x = np.nonzero(covered & ~inner)
    keep = slice(None) if not dashed else (x + y) % DASH_PX < DASH_PX // 2
    pixels[y[keep], x[keep]] = color


def _mark_corners(pixels: Pixels, shapes: Shapes, place: Placing, pen: Pen) -> None:
    """Bright corners tell the selected one, whatever its colour."""
    bounds = shapes.bounds[shapes.selected : shapes.selected + 1]
    if not len(bounds) or not np.isfinite(bounds).all():
        return
    low, high = place.to_pixels(bounds[:, :2])[0], place.to_pixels(bounds[:, 2:])[0]
    height, width = pixels.shape[:2]
    box = np.array([[low[0], low[1], high[0] - low[0], high[1] - low[1]]])
    left, top, right, bottom = edge_pixels(box, width, height)[0].tolist()
    if right < left:
        return
    size = 1 if pen.thickness == 1 else 3 * pen.thickness
    corners = np.array([(x, y) for x in (left, right) for y in (top, bottom)])
    inside = (corners >= 0).all(axis=1) & (corners < [width, height]).all(axis=1)
    white = np.tile(np.array(WHITE, np.uint8), (int(inside.sum()), 1))
    _blot(pixels, corners[inside, 0], corners[inside, 1], white, size)
