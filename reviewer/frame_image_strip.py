"""Textual strips of a half-block picture, fast enough for playback.

A Segment per cell costs Textual 50 ms and more a frame at 160x45. `PictureStrip` carries the
terminal's bytes ready-made, built for the whole picture at once in numpy, and makes its segments
only when somebody asks (a dialog over the picture, a screenshot).

This is the only module that leans on a private name of Textual, `Strip._segments`; where that
does not hold, or the terminal has too few colours, `plain_strips` shows the same cells the
ordinary way. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from reviewer.frame_image import BACKDROP, Label, Picture

HALF_BLOCK = "▀"
_RESET = "\x1b[0m"


# -- the plain way ----------------------------------------------------------------------------


@lru_cache(maxsize=1 << 16)
def _style(foreground: tuple[int, ...], background: tuple[int, ...], bold: bool = False) -> Style:
    return Style(
        color=Color.from_rgb(*foreground), bgcolor=Color.from_rgb(*background), bold=bold or None
    )


def _label_segment(label: Label) -> Segment:
    return Segment(label.text, _style(label.foreground, label.background, label.bold))


def row_segments(picture: Picture, row: int, left: int, right: int) -> list[Segment]:
    """One row as segments, with `left` and `right` cells of backdrop beside it."""
    backdrop = _style(BACKDROP, BACKDROP)
    segments = [Segment(" " * left, backdrop)] if left else []
    upper, lower = picture.upper[row].tolist(), picture.lower[row].tolist()
    at = 0
    for label in [*(one for one in picture.labels if one.row == row), None]:
        stop = picture.columns if label is None else label.column
        segments.extend(
            Segment(HALF_BLOCK, _style(tuple(a), tuple(b)))
            for a, b in zip(upper[at:stop], lower[at:stop], strict=True)
        )
        if label is not None:
            segments.append(_label_segment(label))
            at = label.column + label.width
    if right:
        segments.append(Segment(" " * right, backdrop))
    return segments


def plain_strips(picture: Picture, left: int = 0, right: int = 0) -> list[Strip]:
    """The picture's rows as ordinary strips."""
    width = left + picture.columns + right
    return [Strip(row_segments(picture, row, left, right), width) for row in range(picture.rows)]


SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"


def shaded_strips(
    picture: Picture, left: int = 0, right: int = 0, shades: str = SHADES
) -> list[Strip]:
    """The picture in shades of the terminal's own ink, where there are no colours at all."""
    weights = np.array([0.299, 0.587, 0.114]) / 2
    light = picture.upper @ weights + picture.lower @ weights
    levels = np.minimum(light * len(shades) / 256, len(shades) - 1).astype(np.int64)
    strips: list[Strip] = []
    for row in range(picture.rows):
        text = "".join(shades[level] for level in levels[row].tolist())
        segments = [Segment(" " * left)]
        at = 0
        for label in (one for one in picture.labels if one.row == row):
            segments.append(Segment(text[at : label.column]))
            segments.append(Segment(label.text, Style(reverse=True, bold=label.bold or None)))
            at = label.column + label.width
        segments += [Segment(text[at:]), Segment(" " * right)]
        kept = [segment for segment in segments if segment.text]
        strips.append(Strip(kept, left + picture.columns + right))
    return strips


def whole_cell_strips(picture: Picture, left: int = 0, right: int = 0) -> list[Strip]:
    """The picture with a colour for each cell, for fonts and lines that know only ASCII."""
    mean = ((picture.upper.astype(np.uint16) + picture.lower) // 2).astype(np.uint8)
    backdrop = _style(BACKDROP, BACKDROP)
    strips: list[Strip] = []
    for row in range(picture.rows):
        cells = mean[row].tolist()
        segments = [Segment(" " * left, backdrop)] if left else []
        at = 0
        for label in [*(one for one in picture.labels if one.row == row), None]:
            stop = picture.columns if label is None else label.column
            segments += [Segment(" ", _style(tuple(c), tuple(c))) for c in cells[at:stop]]
            if label is not None:
                segments.append(_label_segment(label))
                at = label.column + label.width
        if right:
            segments.append(Segment(" " * right, backdrop))
        strips.append(Strip(segments, left + picture.columns + right))
    return strips


# -- the fast way -----------------------------------------------------------------------------

# A picture's text is put together from short pieces, each held in the eight bytes of a number. They
# are written in order, eight bytes at a time: what a shorter piece leaves behind it is covered by
# the next. No loop over cells, and no byte is looked at twice.
_PIECES = 7  # of a cell: introducer, two for each colour, what stands between, glyph


def _piece(text: bytes) -> int:
    return int.from_bytes(text.ljust(8, b"\0"), "little")


_VALUES = [b"%d" % value for value in range(256)]
_LENGTHS = np.array([len(value) for value in _VALUES], np.int64)
_LAST = np.array([_piece(value) for value in _VALUES], np.uint64)
# "r;g;" of every pair, at r * 256 + g
_ENDED = np.array([_piece(value + b";") for value in _VALUES], np.uint64)
_BEHIND = (8 * (_LENGTHS + 1)).astype(np.uint64)
_PAIRS = (_ENDED[:, None] | (_ENDED[None, :] << _BEHIND[:, None])).ravel()
_PAIR_LENGTHS = (_LENGTHS[:, None] + _LENGTHS[None, :] + 2).ravel()
_GLYPH = _piece(HALF_BLOCK.encode())
_SEMICOLON, _END = ord(";"), ord("m")


def _eight_bit(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The 256-colour palette entries that rich chooses for truecolor values."""
    value = rgb.astype(np.float64) / 255
    high, low = value.max(axis=-1), value.min(axis=-1)
    spread, total = high - low, high + low
    divisor = np.where(total <= 1.0, total, 2.0 - total)
    saturation = np.divide(spread, divisor, out=np.zeros_like(spread), where=divisor > 0)
    gray = np.rint(total / 2 * 25.0)
    gray_entry = np.where(gray == 0, 16, np.where(gray == 25, 231, 231 + gray))
    component = rgb.astype(np.float64)
    six = np.rint(np.where(component < 95, component / 95, 1 + (component - 95) / 40))
    cube_entry = 16 + 36 * six[..., 0] + 6 * six[..., 1] + six[..., 2]
    return np.where(saturation < 0.15, gray_entry, cube_entry).astype(np.uint8)


def _pieces(
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    """The two pieces of each cell's colour (rows, columns, 3 or 1), and their lengths in bytes. One
    byte is free behind the second."""
    last = colors[:, :, -1]
    if colors.shape[2] == 1:
        nothing = np.zeros(last.shape, np.int64)
        return nothing.astype(np.uint64), nothing, _LAST[last], _LENGTHS[last]
    pair = colors[:, :, 0].astype(np.intp) << 8 | colors[:, :, 1]
    return _PAIRS[pair], _PAIR_LENGTHS[pair], _LAST[last], _LENGTHS[last]


def _closed(
    pieces: NDArray[np.uint64], lengths: NDArray[np.int64], by: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Pieces with one character more."""
    return pieces | by << (lengths.astype(np.uint64) * np.uint64(8))


def encode(picture: Picture, color_system: ColorSystem) -> list[str]:
    """The terminal sequences of each row; colours are sent only where they change."""
    rows, columns = picture.upper.shape[:2]
    upper, lower = picture.upper, picture.lower
    space = b"2"
    if color_system != ColorSystem.TRUECOLOR:
        upper, lower, space = _eight_bit(upper)[..., None], _eight_bit(lower)[..., None], b"5"

    fresh = np.zeros((rows, columns), np.bool_)  # nothing known about the colours in force
    fresh[:, 0] = True
    hidden = np.zeros((rows, columns), np.bool_)
    for label in picture.labels:
        after = label.column + label.width
        hidden[label.row, label.column : after] = True
        if after < columns:
            fresh[label.row, after] = True
    new_upper, new_lower = fresh.copy(), fresh
    new_upper[:, 1:] |= (upper[:, 1:] != upper[:, :-1]).any(axis=2)
    new_lower[:, 1:] |= (lower[:, 1:] != lower[:, :-1]).any(axis=2)
    new_upper &= ~hidden
    new_lower &= ~hidden

    pieces = np.empty((rows, columns, _PIECES), np.uint64)
    lengths = np.empty((rows, columns, _PIECES), np.int64)
    both = new_upper & new_lower
    fore, back = _piece(b"\x1b[38;" + space + b";"), _piece(b"\x1b[48;" + space + b";")
    pieces[:, :, 0] = np.where(new_upper, np.uint64(fore), np.uint64(back))
    lengths[:, :, 0] = np.where(new_upper | new_lower, 7, 0)
    pair, pair_length, last, last_length = _pieces(upper)
    pieces[:, :, 1], lengths[:, :, 1] = pair, np.where(new_upper, pair_length, 0)
    closing = np.where(both, np.uint64(_SEMICOLON), np.uint64(_END))
    pieces[:, :, 2] = _closed(last, last_length, closing)
    lengths[:, :, 2] = np.where(new_upper, last_length + 1, 0)
    pieces[:, :, 3] = _piece(b"48;" + space + b";")
    lengths[:, :, 3] = np.where(both, 5, 0)
    pair, pair_length, last, last_length = _pieces(lower)
    pieces[:, :, 4], lengths[:, :, 4] = pair, np.where(new_lower, pair_length, 0)
    pieces[:, :, 5] = _closed(last, last_length, np.full(last.shape, _END, np.uint64))
    lengths[:, :, 5] = np.where(new_lower, last_length + 1, 0)
    pieces[:, :, 6] = _GLYPH
    lengths[:, :, 6] = np.where(hidden, 0, len(HALF_BLOCK.encode()))

    stops = np.cumsum(lengths.ravel())
    places = stops - lengths.ravel()
    data = bytearray(int(stops[-1]) + 8)
    # a number at every byte, each overlapping the seven after it
    view = np.ndarray(len(data) - 7, np.dtype("<u8"), data, strides=(1,))
    view[places] = pieces.ravel()
    starts = places.reshape(rows, columns, _PIECES)[:, :, 0]
    ends = stops.reshape(rows, columns, _PIECES)[:, -1, -1].tolist()
    labels: dict[int, list[Label]] = {}
    for label in picture.labels:
        labels.setdefault(label.row, []).append(label)
    out: list[str] = []
    for row in range(rows):
        at = int(starts[row, 0])
        parts: list[str] = []
        for label in labels.get(row, ()):
            here = int(starts[row, label.column])
            parts.append(data[at:here].decode())
            text, style, _ = _label_segment(label)
            parts.append(_RESET + Strip.render_style(style or Style(), text, color_system))
            at = here
        parts.append(data[at : ends[row]].decode())
        parts.append(_RESET)
        out.append("".join(parts))
    return out


class PictureStrip(Strip):
    """A picture's row whose terminal sequence is known, its segments made on demand."""

    __slots__ = ("_ansi", "_left", "_made", "_picture", "_right", "_row", "_system")

    def __init__(
        self,
        picture: Picture,
        row: int,
        left: int,
        right: int,
        ansi: str,
        system: ColorSystem,
    ) -> None:
        super().__init__((), left + picture.columns + right)
        self._picture, self._row, self._left, self._right = picture, row, left, right
        self._ansi, self._system = ansi, system
        self._made: list[Segment] | None = None

    @property
    def _segments(self) -> list[Segment]:  # type: ignore[override]
        if self._made is None:
            self._made = row_segments(self._picture, self._row, self._left, self._right)
        return self._made

    @_segments.setter
    def _segments(self, segments: Iterable[Segment]) -> None:
        """The base class assigns an empty list; the segments are made from the picture."""

    def render(self, console: Console) -> str:
        return self._ansi

    # A dialog over the picture cuts its rows: the pieces are pictures again, or a large terminal
    # would make ten thousand segments before the dialog is seen.

    def crop(self, start: int, end: int | None = None) -> Strip:
        start = max(0, start)
        end = self.cell_length if end is None else min(self.cell_length, end)
        if start == 0 and end == self.cell_length:
            return self
        return self._part(start, end) or super().crop(start, end)

    def divide(self, cuts: Iterable[int]) -> list[Strip]:
        kept = [cut for cut in cuts if cut <= self.cell_length]
        if kept == [self.cell_length]:
            return [self]
        parts: list[Strip] = []
        at = 0
        for cut in kept:
            part = self._part(at, cut)
            if part is None:
                return list(super().divide(kept))
            parts.append(part)
            at = cut
        return parts

    def _part(self, start: int, end: int) -> Strip | None:
        """The cells of [start, end) as a strip; None where a label would be cut in two."""
        if end <= start:
            return Strip([], 0)
        first = min(max(start - self._left, 0), self._picture.columns)
        stop = min(max(end - self._left, 0), self._picture.columns)
        left = max(0, min(end, self._left) - start)
        right = end - start - left - (stop - first)
        if stop <= first:
            return Strip([Segment(" " * (left + right), _style(BACKDROP, BACKDROP))], end - start)
        labels = []
        for label in self._picture.labels:
            after = label.column + label.width
            if label.row != self._row or after <= first or label.column >= stop:
                continue
            if label.column < first or after > stop:
                return None
            labels.append(replace(label, row=0, column=label.column - first))
        row = slice(self._row, self._row + 1)
        part = Picture(
            self._picture.upper[row, first:stop],
            self._picture.lower[row, first:stop],
            tuple(labels),
        )
        return _strips(part, left, right, self._system)[0]


def _strips(picture: Picture, left: int, right: int, system: ColorSystem) -> list[Strip]:
    blank = _style(BACKDROP, BACKDROP)
    before = Strip.render_style(blank, " " * left, system) if left else ""
    after = Strip.render_style(blank, " " * right, system) if right else ""
    return [
        PictureStrip(picture, row, left, right, before + ansi + after, system)
        for row, ansi in enumerate(encode(picture, system))
    ]


def encodable(color_system: ColorSystem | None) -> bool:
    """Whether `picture_strips` can serve a terminal with these colours."""
    return color_system in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)


def picture_strips(
    picture: Picture,
    left: int = 0,
    right: int = 0,
    color_system: ColorSystem | None = ColorSystem.TRUECOLOR,
    unicode: bool = True,
) -> list[Strip]:
    """The picture's rows with `left` and `right` cells of backdrop, the fast way if possible.

    `color_system` None is a terminal without colours. Without `unicode` there are no half-blocks:
    a cell shows the mean of its two pixels.
    """
    if color_system is None:
        return shaded_strips(picture, left, right, SHADES if unicode else ASCII_SHADES)
    if not unicode:
        return whole_cell_strips(picture, left, right)
    if not encodable(color_system):
        return plain_strips(picture, left, right)
    return _strips(picture, left, right, color_system)
