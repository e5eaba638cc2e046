"""Tracks over time: presence spans, choice spans and keyframe marks, decimated to columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.frame_image import RGB, brighten, readable_on
from reviewer.widgets.lines import Lines
from reviewer.widgets.text import cell_width, inert, pad, shorten

LABEL_CELLS = 14
MIN_VIEW_FRAMES = 8

GROUND: RGB = (24, 27, 33)
PLAYHEAD: RGB = (250, 204, 90)


@dataclass(frozen=True, slots=True)
class Value:
    """What a span shows: a text, a colour, and whether it is hatched (occluded)."""

    text: str
    color: RGB
    hatched: bool = False


@dataclass(frozen=True)
class Track:
    """One row. starts, stops: int64 (n,) half-open, sorted, disjoint spans; values: n of them.
    keyframes: int64, sorted. Frames are 0-based."""

    label: str
    color: RGB = (140, 150, 165)
    starts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    stops: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    values: Sequence[Value] = ()
    keyframes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Columns:
    """Frames to columns: column j shows frames edges[j] <= f < edges[j + 1]."""

    first: float
    stop: float
    width: int

    @property
    def edges(self) -> NDArray[np.float64]:
        return np.linspace(self.first, self.stop, self.width + 1)

    def of(self, frame: float) -> int:
        """The column of a frame; may lie outside 0..width-1."""
        # The tiny term undoes the division's rounding where a frame starts exactly on an edge.
        return int(np.floor((frame - self.first) * self.width / (self.stop - self.first) + 1e-9))

    def frame(self, column: int) -> int:
        """The first whole frame that column shows, or the one that covers it."""
        edge = self.first + column * (self.stop - self.first) / self.width
        return int(np.ceil(edge - 1e-9)) if self.stop - self.first >= self.width else int(edge)


def span_of_column(track: Track, columns: Columns) -> NDArray[np.int64]:
    """int64 (width,): which span each column shows, -1 for none. Later spans win a column."""
    if not len(track.starts):
        return np.full(columns.width, -1)
    edges = columns.edges
    index = np.searchsorted(track.starts, edges[1:] - 1e-9, side="right") - 1
    covered = (index >= 0) & (track.stops[np.maximum(index, 0)] > edges[:-1] + 1e-9)
    return np.where(covered, index, -1)


def keyframes_of_column(keyframes: NDArray[np.int64], columns: Columns) -> NDArray[np.int64]:
    """int64 (width,): how many keyframes start within each column."""
    if not len(keyframes):
        return np.zeros(columns.width, np.int64)
    if columns.stop - columns.first >= columns.width:
        return np.diff(np.searchsorted(keyframes, columns.edges - 1e-9))
    # Fewer frames than columns: a frame covers several, and its mark stands in the first.
    counts = np.zeros(columns.width, np.int64)
    near = keyframes[(keyframes >= columns.first) & (keyframes < columns.stop)]
    for frame in near.tolist():
        column = columns.of(frame)
        if 0 <= column < columns.width:
            counts[column] += 1
    return counts


def muted(color: RGB, amount: float = 0.45) -> RGB:
    """`color` mixed into the ground, for fills that text and marks stand on."""
    red, green, blue = (
        round(c * amount + g * (1 - amount)) for c, g in zip(color, GROUND, strict=True)
    )
    return (red, green, blue)


def paint_track(
    track: Track, columns: Columns, playhead: int, strength: float = 0.5
) -> list[Segment]:
    """One track as segments, exactly `columns.width` cells. strength: how much of its colour a
    span has."""
    width = columns.width
    spans = span_of_column(track, columns)
    marks = keyframes_of_column(track.keyframes, columns)
    glyphs = ["·" if column % 4 == 0 else " " for column in range(width)]
    fore: list[RGB] = [(52, 57, 66)] * width
    back: list[RGB] = [GROUND] * width
    if not len(track.starts) and len(track.keyframes):
        low, high = columns.of(int(track.keyframes[0])), columns.of(int(track.keyframes[-1]))
        for column in range(max(0, low), min(width, high + 1)):
            glyphs[column], fore[column] = "─", muted(track.color, 0.8)
    changes = np.flatnonzero(np.diff(spans, prepend=-2))
    for start, stop in zip(changes, np.append(changes[1:], width), strict=True):
        if spans[start] < 0:
            continue
        value = track.values[int(spans[start])]
        fill = muted(value.color, strength / 2 if value.hatched else strength)
        text = f" {inert(value.text)}" if value.text else ""
        for offset, column in enumerate(range(int(start), int(stop))):
            back[column] = fill
            glyphs[column] = "╱" if value.hatched else " "
            fore[column] = muted(value.color, 0.7)
            # Only narrow characters: a wide one would shift every column after it.
            if offset < len(text) and len(text) < stop - start and cell_width(text[offset]) == 1:
                glyphs[column] = text[offset] if text[offset] != " " else glyphs[column]
                fore[column] = brighten(value.color) if value.hatched else readable_on(fill)
    for column in np.flatnonzero(marks).tolist():
        glyphs[column] = "◆"
        fore[column] = (240, 242, 245) if spans[column] >= 0 else brighten(track.color)
    if 0 <= playhead < width:
        if glyphs[playhead] in " ·─╱":
            glyphs[playhead] = "│"
        fore[playhead] = PLAYHEAD
    return runs(glyphs, fore, back)


def runs(glyphs: Sequence[str], fore: Sequence[RGB], back: Sequence[RGB]) -> list[Segment]:
    """Cells -> segments, one for each run of equal colours."""
    segments: list[Segment] = []
    start = 0
    for column in range(1, len(glyphs) + 1):
        if column == len(glyphs) or fore[column] != fore[start] or back[column] != back[start]:
            style = Style(color=Color.from_rgb(*fore[start]), bgcolor=Color.from_rgb(*back[start]))
            segments.append(Segment("".join(glyphs[start:column]), style))
            start = column
    return segments


def nice_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... that is at least `least`."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10


def playhead_label(columns: Columns, frame: int) -> tuple[int, str]:
    """Where the playhead's number stands, and the text; the number turns left at the right end."""
    column = columns.of(frame)
    if not 0 <= column < columns.width:
        return 0, ""
    text = f"▼{frame}"
    if column + len(text) <= columns.width:
        return column, text
    text = f"{frame}▼"
    start = column - len(text) + 1
    return (start, text) if start >= 0 else (column, "▼")


def ruler(columns: Columns, frame: int) -> str:
    """Frame numbers at round places and the playhead's own, which pushes others out."""
    width = columns.width
    cells = [" "] * width
    start, text = playhead_label(columns, frame)
    cells[start : start + len(text)] = text
    step = nice_step((columns.stop - columns.first) / width * 12)
    at = int(np.ceil(columns.first / step)) * step
    while at < columns.stop:
        column = columns.of(at)
        label = f"╵{at}"
        end = column + len(label)
        free = not text or end < start or column > start + len(text)
        if free and column >= 0 and end <= width:
            cells[column:end] = label
        at += step
    return "".join(cells)


class Timeline(Lines):
    """The tracks of what is selected, under a ruler, with zoom and playhead."""

    sticky = 1
    COMPONENT_CLASSES = {"timeline--ruler", "timeline--label"}  # noqa: RUF012

    class Seek(Message):
        """A frame was pointed at."""

        def __init__(self, frame: int) -> None:
            super().__init__()
            self.frame = frame

    def __init__(self, frame_count: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.frame_count = max(1, frame_count)
        self.tracks: Sequence[Track] = ()
        self.frame = 0
        self.first = 0.0
        self.stop = float(self.frame_count)

    @property
    def row_count(self) -> int:
        return len(self.tracks)

    @property
    def label_cells(self) -> int:
        return LABEL_CELLS if self.size.width >= 60 else 9

    def columns(self, width: int | None = None) -> Columns:
        """The columns right of the labels."""
        full = self.scrollable_content_region.width if width is None else width
        return Columns(self.first, self.stop, max(1, full - self.label_cells))

    def show_tracks(self, tracks: Sequence[Track]) -> None:
        self.tracks = tracks
        self.rows_changed()

    def show_frame(self, frame: int) -> None:
        """Move the playhead; the view follows by pages when it is zoomed in."""
        self.frame = frame
        span = self.stop - self.first
        if not self.first <= frame < self.stop:
            self._look(frame - span * 0.1 if frame >= self.stop else frame - span * 0.9, span)
        self.refresh()

    def zoom(self, factor: float) -> None:
        """Show `factor` times as many frames around the playhead; 0 for the whole video."""
        span = (self.stop - self.first) * factor if factor else float(self.frame_count)
        span = min(max(span, MIN_VIEW_FRAMES), float(self.frame_count))
        self._look(self.frame - span / 2, span)
        self.refresh()

    def _look(self, first: float, span: float) -> None:
        self.first = max(0.0, min(first, self.frame_count - span))
        self.stop = self.first + span

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        columns = self.columns(width)
        label = "whole video"
        if columns.stop - columns.first < self.frame_count:
            label = f"{self.frame_count / (columns.stop - columns.first):.0f}× closer"
        style = self.component("timeline--ruler")
        text = ruler(columns, self.frame)
        start, number = playhead_label(columns, self.frame)
        stop = start + len(number)
        yield Segment(pad(f" {label}", self.label_cells), self.component("timeline--label"))
        yield Segment(text[:start], style)
        yield Segment(text[start:stop], Style(color=Color.from_rgb(*PLAYHEAD), bold=True))
        yield Segment(text[stop:], style)

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        track = self.tracks[index]
        columns = self.columns(width)
        label = shorten(inert(track.label), self.label_cells - 2)
        yield Segment(pad(f" {label}", self.label_cells), self.component("timeline--label"))
        yield from paint_track(track, columns, columns.of(self.frame))

    def on_click(self, event: events.Click) -> None:
        columns = self.columns()
        column = event.x - self.label_cells
        if 0 <= column < columns.width:
            frame = columns.frame(column)
            self.post_message(self.Seek(max(0, min(self.frame_count - 1, frame))))
