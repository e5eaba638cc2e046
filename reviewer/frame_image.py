"""A video frame with its shapes, as half-block cells for a terminal.

Arrays in, arrays out: nothing here knows Textual, a terminal or a project. A character cell
shows two pixels, the upper in the foreground and the lower in the background colour of "▀".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reviewer.frame_image_draw import Pen, draw_shapes, edge_pixels
from reviewer.frame_image_shapes import Shapes
from reviewer.widgets.text import cell_width, shorten

RGB = tuple[int, int, int]

BACKDROP: RGB = (13, 15, 18)
MAX_LABELS = 200  # labels tried per frame; more would be unreadable and slow
MAX_LABEL_CELLS = 22
MAX_ZOOM = 64.0


@dataclass(frozen=True, slots=True)
class Look:
    """What part of the picture to look at. zoom: 1 is the whole of it; x, y: the place in video
    px that is wanted in the middle."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How a video of `width` x `height` px lies in a picture of `columns` x `lines` half-cells.

    `columns` is a number of cells; `lines` is a number of half-cells (two to a text row).
    `window` is the part of the video that is shown, x, y, width, height in px; None for all.
    """

    width: int
    height: int
    columns: int
    lines: int
    window: tuple[float, float, float, float] | None = None

    @property
    def rows(self) -> int:
        """Text rows that the picture takes."""
        return (self.lines + 1) // 2

    @property
    def shown(self) -> tuple[float, float, float, float]:
        """The part of the video that is shown: x, y, width, height in px."""
        return self.window or (0.0, 0.0, float(self.width), float(self.height))

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places (n, 2) in video px -> the same in half-cells."""
        x, y, width, height = self.shown
        scale = np.array([self.columns / width, self.lines / height])
        return np.asarray((points - np.array([x, y])) * scale)

    def to_video(self, column: float, line: float) -> tuple[float, float]:
        """A place in half-cells -> video px."""
        x, y, width, height = self.shown
        return x + column * width / self.columns, y + line * height / self.lines

    def crop(self, rgb: NDArray[np.uint8], columns: int, lines: int) -> NDArray[np.uint8]:
        """The shown part of a whole frame uint8 (height, width, 3), scaled to that many pixels."""
        x, y, width, height = self.shown
        # close up, single pixels of the video are what one zooms for
        closer = columns > 2 * width
        way = Image.Resampling.NEAREST if closer else Image.Resampling.BILINEAR
        box = (x, y, min(x + width, rgb.shape[1]), min(y + height, rgb.shape[0]))
        return np.asarray(Image.fromarray(rgb).resize((columns, lines), way, box=box))


def fit(
    width: int,
    height: int,
    columns: int,
    rows: int,
    cell_px: tuple[int, int] = (10, 20),
    look: Look | None = None,
) -> Fit:
    """The largest picture of a `width` x `height` px video within `columns` x `rows` cells.

    `cell_px` is the size of a character cell in screen px; only its ratio matters. Closer up, the
    picture fills the room that it leaves at the sides otherwise.
    """
    cell_width, cell_height = cell_px
    # Height in half-cells of one column's width of picture.
    lines_per_column = (height / width) * cell_width / (cell_height / 2)
    lines = rows * 2
    fitted = max(1, min(columns, round(lines / lines_per_column)))
    high = max(1, min(lines, round(fitted * lines_per_column)))
    if look is None or look.zoom <= 1:
        return Fit(width, height, fitted, high)
    zoom = min(look.zoom, MAX_ZOOM)
    # half-cells for each px, by the unrounded height so that circles stay round
    across, down = fitted * zoom / width, fitted * zoom / width * 2 * cell_width / cell_height
    wide = max(1, min(columns, round(width * across)))
    tall = max(1, min(lines, round(height * down)))
    window_width, window_height = min(wide / across, width), min(tall / down, height)
    x = min(max(look.x - window_width / 2, 0.0), width - window_width)
    y = min(max(look.y - window_height / 2, 0.0), height - window_height)
    return Fit(width, height, wide, tall, (x, y, window_width, window_height))


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
    draw_shapes(pixels[: place.lines], shapes, place, Pen())
    placed = place_labels(label_edges(shapes, place), shapes, place.rows, place.columns)
    return Picture(pixels[0::2], pixels[1::2], placed if labels else ())


def label_edges(shapes: Shapes, place: Fit) -> NDArray[np.int64]:
    """int64 (n, 4) left, top, right, bottom pixels around all that each entity has."""
    low, high = place.to_pixels(shapes.bounds[:, :2]), place.to_pixels(shapes.bounds[:, 2:])
    return edge_pixels(np.concatenate([low, high - low], axis=1), place.columns, place.lines)


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
    taken = [0] * rows  # bits of the cells, column 0 lowest
    lefts, tops = edges[:, 0].tolist(), edges[:, 1].tolist()
    labels: list[Label] = []
    for index in order:
        row = max(0, tops[index] // 2 - 1)
        if row >= rows:
            continue
        selected = index == shapes.selected
        name = shorten(shapes.names[index], min(MAX_LABEL_CELLS, columns - 2))
        width = cell_width(name) + 2
        if width <= 2 or width > columns:
            continue
        column = min(max(lefts[index], 0), columns - width)
        cells = ((1 << width) - 1) << column
        if taken[row] & cells:
            continue
        taken[row] |= cells
        red, green, blue = shapes.colors[index].tolist()
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


def darken(color: RGB) -> RGB:
    """`color` made dark enough to be read on a light ground."""
    light = luminance(color)
    if light <= 105:
        return color
    red, green, blue = (round(c * 105 / light) for c in color)
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
