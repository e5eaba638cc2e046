"""What is seen around a dialog: the screen beneath it, line by line.

Textual would take the whole screen beneath apart into segments each time the dialog is painted,
a segment for every cell of the picture, which takes half a second on a large terminal. Here its
strips stay what they are. With `frame_image_strip`, the only module that leans on private names
of Textual (`_compositor`); without them the dialog is painted the ordinary way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip


class JoinedStrip(Strip):
    """Strips side by side that stay as they are; the segments are made on demand."""

    __slots__ = ("_made", "_parts")

    def __init__(self, parts: Sequence[Strip]) -> None:
        self._parts = [part for part in parts if part.cell_length]
        super().__init__((), sum(part.cell_length for part in self._parts))
        self._made: list[Segment] | None = None

    @property
    def _segments(self) -> list[Segment]:  # type: ignore[override]
        if self._made is None:
            self._made = [segment for part in self._parts for segment in part]
        return self._made

    @_segments.setter
    def _segments(self, segments: Iterable[Segment]) -> None:
        """The base class assigns an empty list."""

    def render(self, console: Console) -> str:
        return "".join(part.render(console) for part in self._parts)

    def crop(self, start: int, end: int | None = None) -> Strip:
        start = max(0, start)
        end = self.cell_length if end is None else min(self.cell_length, end)
        kept: list[Strip] = []
        at = 0
        for part in self._parts:
            low, high = max(start, at) - at, min(end, at + part.cell_length) - at
            if low < high:
                kept.append(part.crop(low, high))
            at += part.cell_length
        return kept[0] if len(kept) == 1 else JoinedStrip(kept)

    def divide(self, cuts: Iterable[int]) -> list[Strip]:
        out: list[Strip] = []
        at = 0
        for cut in cuts:
            if cut <= self.cell_length:
                out.append(self.crop(at, cut))
                at = cut
        return out


def lines_beneath(screen: Any, width: int, height: int) -> list[Strip] | None:
    """The lines of the screen below `screen` on the stack, None when they cannot be had so."""
    stack = screen.app.screen_stack
    place = stack.index(screen) if screen in stack else 0
    if place == 0:
        return None
    below = stack[place - 1]
    try:
        compositor = below._compositor
        if compositor.size != (width, height):
            return None  # on the way after a resize
        chops = compositor._render_chops(compositor.size.region, lambda y: True)
    except AttributeError:
        return None
    lines: list[Strip] = []
    for chop in chops[:height]:
        parts = [part for part in chop.values() if part is not None]
        line = JoinedStrip(parts)
        if line.cell_length != width:
            return None
        lines.append(line)
    return lines if len(lines) == height else None
