"""A video frame with its shapes, as half-block cells for a terminal.

Arrays in, arrays out: nothing here knows Textual, a terminal or a project. A character cell
shows two pixels, the upper in the foreground and the lower in the background colour of "▀".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reviewer.widgets.text import cell_width, shorten

RGB = tuple[int, int, int]

BACKDROP: RGB = (13, 15, 18)
MAX_LABELS = 200  # labels tried per frame; more would be unreadable and slow
MAX_LABEL_CELLS = 22


@dataclass(frozen=True, slots=True)
class Fit:
    """How a video of `width` x `height` px lies in a picture of `columns` x `lines` half-cells.

    `columns` is a number of cells; `lines` is a number of half-cells (two to a text row).
    """

    width: int
    height: int
    columns: int
    lines: int

    @property
    def rows(self) -> int:
        """Text rows that the picture takes."""
        return (self.lines + 1) // 2

    def to_picture(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Boxes (n, 4) x, y, width, height in video px -> the same in half-cells."""
        sx, sy = self.columns / self.width, self.lines / self.height
        return boxes * np.array([sx, sy, sx, sy])


def fit(
    width: int, height: int, columns: int, rows: int, cell_px: tuple[int, int] = (10, 20)
) -> Fit:
    """The largest picture of a `width` x `height` px video within `columns` x `rows` cells.

    `cell_px` is the size of a character cell in screen px; only its ratio matters.
    """
    cell_width, cell_height = cell_px
    # Height in half-cells of one column's width of picture.
    lines_per_column = (height / width) * cell_width / (cell_height / 2)
    lines = rows * 2
    fitted = min(columns, round(lines / lines_per_column))
    return Fit(
        width,
        height,
        max(1, fitted),
        max(1, min(lines, round(max(1, fitted) * lines_per_column))),
    )


@dataclass(frozen=True, slots=True)
class Shapes:
    """The boxes to draw on one frame. Rows are drawn in order, the selected one last.

    boxes: float64 (n, 4) x, y, width, height in video px. colors: uint8 (n, 3).
    dashed: bool (n,), for occluded. names: n texts, already inert. selected: row or -1.
    """

    boxes: NDArray[np.float64]
    colors: NDArray[np.uint8]
    dashed: NDArray[np.bool_]
    names: Sequence[str]
    selected: int = -1

    @classmethod
    def none(cls) -> Shapes:
        return cls(np.empty((0, 4)), np.empty((0, 3), np.uint8), np.empty(0, np.bool_), (), -1)


@dataclass(frozen=True, slots=True)
class Label:
    """A text on the picture: `width` cells from `column` of text row `row`."""

    row: int
    column: int
    width: int
    text: str
    foreground: RGB
    background: RGB
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Half-block cells. upper, lower: uint8 (rows, columns, 3), the two pixels of each cell."""

    upper: NDArray[np.uint8]
    lower: NDArray[np.uint8]
    labels: tuple[Label, ...] = ()

    @property
    def rows(self) -> int:
        return self.upper.shape[0]

    @property
    def columns(self) -> int:
        return self.upper.shape[1]


def compose(rgb: NDArray[np.uint8], place: Fit, shapes: Shapes, *, labels: bool = True) -> Picture:
    """The picture of a frame and its shapes. `rgb` is uint8 (place.lines, place.columns, 3)."""
    pixels = np.empty((place.rows * 2, place.columns, 3), np.uint8)
    pixels[: place.lines] = rgb
    pixels[place.lines :] = BACKDROP
    view = pixels[: place.lines]
    edges = edge_pixels(place.to_picture(shapes.boxes), place.columns, place.lines)
    draw_boxes(view, edges, shapes)
    placed = place_labels(edges, shapes, place.rows, place.columns) if labels else ()
    return Picture(pixels[0::2], pixels[1::2], placed)


def edge_pixels(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.int64]:
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


def draw_boxes(pixels: NDArray[np.uint8], edges: NDArray[np.int64], shapes: Shapes) -> None:
    """Draw the outlines in place; the selected box last, with bright corners. Insides stay
    as they are: people judge colours by them."""
    shown = edges[:, 2] >= edges[:, 0]
    rest = shown.copy()
    if shapes.selected >= 0:
        rest[shapes.selected] = False
    _outline(pixels, edges[rest], shapes.colors[rest], shapes.dashed[rest])
    if shapes.selected < 0 or not shown[shapes.selected]:
        return
    row = slice(shapes.selected, shapes.selected + 1)
    left, top, right, bottom = (int(v) for v in edges[shapes.selected])
    _outline(pixels, edges[row], shapes.colors[row], shapes.dashed[row])
    height, width = pixels.shape[:2]
    for x in (left, right):
        for y in (top, bottom):
            if 0 <= x < width and 0 <= y < height:
                pixels[y, x] = (255, 255, 255)


def _outline(
    pixels: NDArray[np.uint8],
    edges: NDArray[np.int64],
    colors: NDArray[np.uint8],
    dashed: NDArray[np.bool_],
) -> None:
    """All edges of all boxes in four vectorised strokes: a loop over 1,000 boxes is too slow."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = edges.T
    x0, x1 = np.maximum(left, 0), np.minimum(right, width - 1)
    y0, y1 = np.maximum(top, 0), np.minimum(bottom, height - 1)
    for y in (top, bottom):
        ok = (y >= 0) & (y < height)
        which, x = _ranges(x0[ok], x1[ok])
        _stroke(pixels, y[ok][which], x, colors[ok][which], dashed[ok][which])
    for x in (left, right):
        ok = (x >= 0) & (x < width)
        which, y = _ranges(y0[ok], y1[ok])
        _stroke(pixels, y, x[ok][which], colors[ok][which], dashed[ok][which])


def _ranges(
    first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For ranges first..last inclusive: the range each element belongs to, and its value."""
    lengths = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(first)), lengths)
    starts = np.cumsum(lengths) - lengths
    return which, np.arange(len(which)) - starts[which] + first[which]


def _stroke(
    pixels: NDArray[np.uint8],
    y: NDArray[np.int64],
    x: NDArray[np.int64],
    colors: NDArray[np.uint8],
    dashed: NDArray[np.bool_],
) -> None:
    keep = ~dashed | ((x + y) % 4 < 2)
    pixels[y[keep], x[keep]] = colors[keep]


def place_labels(
    edges: NDArray[np.int64], shapes: Shapes, rows: int, columns: int
) -> tuple[Label, ...]:
    """Names above their boxes, the selected one first; a name that would overlap is left out."""
    shown = np.flatnonzero(edges[:, 2] >= edges[:, 0])
    area = (edges[:, 2] - edges[:, 0]) * (edges[:, 3] - edges[:, 1])
    # Larger boxes are nearer to the camera as a rule, and their names more likely wanted.
    order = shown[np.argsort(-area[shown], kind="stable")][:MAX_LABELS].tolist()
    if shapes.selected in shown:
        order = [shapes.selected, *(row for row in order if row != shapes.selected)]
    taken = np.zeros((rows, columns), np.bool_)
    labels: list[Label] = []
    for index in order:
        selected = index == shapes.selected
        name = shorten(shapes.names[index], min(MAX_LABEL_CELLS, columns - 2))
        width = cell_width(name) + 2
        if width <= 2 or width > columns:
            continue
        left, top = int(edges[index, 0]), int(edges[index, 1])
        row = max(0, top // 2 - 1)
        column = min(max(left, 0), columns - width)
        if row >= rows or taken[row, column : column + width].any():
            continue
        taken[row, column : column + width] = True
        red, green, blue = (int(v) for v in shapes.colors[index])
        color = (red, green, blue)
        if selected:
            labels.append(Label(row, column, width, f" {name} ", readable_on(color), color, True))
        else:
            labels.append(Label(row, column, width, f" {name} ", brighten(color), (22, 24, 29)))
    labels.sort(key=lambda label: (label.row, label.column))
    return tuple(labels)


def luminance(color: RGB) -> float:
    """Perceived brightness, 0 to 255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def readable_on(color: RGB) -> RGB:
    """Black or white, whichever reads better on `color`."""
    return (0, 0, 0) if luminance(color) > 140 else (255, 255, 255)


def brighten(color: RGB) -> RGB:
    """`color` made light enough to be read on a dark ground."""
    light = luminance(color)
    if light >= 110:
        return color
    mix = (110 - light) / (255 - light)
    red, green, blue = (round(c + (255 - c) * mix) for c in color)
    return (red, green, blue)


def parse_color(text: str | None, default: RGB = (128, 160, 200)) -> RGB:
    """`#rrggbb` -> RGB; anything else -> `default`."""
    if text and len(text) == 7 and text[0] == "#":
        try:
            value = int(text[1:], 16)
        except ValueError:
            return default
        return (value >> 16 & 255, value >> 8 & 255, value & 255)
    return default
