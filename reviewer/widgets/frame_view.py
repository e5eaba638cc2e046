"""The picture: strips that the loader has made ready, or a message where there is no picture."""

from __future__ import annotations

import textwrap

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from reviewer.frame_image import BACKDROP
from reviewer.frame_image_strip import PictureStrip
from reviewer.screens.loader import Moment


class FrameView(Widget, can_focus=False):
    """Shows one moment. Has no border and no padding: its strips go to the terminal as they are."""

    class Resized(Message):
        """The view has another size now; the picture must be made anew."""

        def __init__(self, size: Size) -> None:
            super().__init__()
            self.size = size

    class Pointed(Message):
        """A place in the picture was clicked, in video px."""

        def __init__(self, x: float, y: float) -> None:
            super().__init__()
            self.x, self.y = x, y

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.moment: Moment | None = None
        self.painted = 0  # serial of the newest moment that Textual has taken to draw

    def show(self, moment: Moment) -> None:
        self.moment = moment
        self.refresh()

    @property
    def frame(self) -> int | None:
        """The frame that is really on the screen, or None when there is no picture."""
        moment = self.moment
        return moment.frame if moment is not None and moment.picture is not None else None

    @property
    def empty(self) -> bool:
        """Whether there is neither a picture nor a message in its place."""
        return self.moment is None or (self.moment.picture is None and not self.moment.message)

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Resized(event.size))

    def on_click(self, event: events.Click) -> None:
        moment = self.moment
        if moment is None or moment.place is None:
            return
        place = moment.place
        column = event.x - (moment.request.columns - place.columns) // 2
        line = (event.y - moment.top) * 2 + 0.5
        if 0 <= column < place.columns and 0 <= line < place.lines:
            self.post_message(self.Pointed(*place.to_video(column + 0.5, line + 0.5)))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`.

        Not `render_line`: Textual would take each strip apart into segments to add borders that
        this widget does not have.
        """
        width, height = self.size
        lines = self._lines(width, height)
        if self.moment is not None:
            self.painted = self.moment.serial
        filters = [
            one for one in self.get_line_filters() if type(one).__name__ != "ANSIToTruecolor"
        ]
        # The picture was made for this terminal: without colours, or without half-blocks.
        ready = range(0)
        if self.moment is not None:
            ready = range(self.moment.top, self.moment.top + len(self.moment.strips))
        out: list[Strip] = []
        for y in crop.line_range:
            strip = lines[y] if y < len(lines) else _blank(width)
            for line_filter in filters if y not in ready else ():
                strip = strip.apply_filter(line_filter, self.background_colors[1])
            if crop.column_span != (0, width):
                strip = strip.crop(*crop.column_span)
            out.append(strip)
        return out

    def render_line(self, y: int) -> Strip:
        lines = self._lines(*self.size)
        return lines[y] if y < len(lines) else _blank(self.size.width)

    def _lines(self, width: int, height: int) -> list[Strip]:
        moment = self.moment
        if moment is None:
            return []
        if moment.picture is None:
            return message_lines(moment.message, width, height)
        strips = moment.strips
        if moment.request.columns != width:  # on the way after a resize
            strips = [strip.adjust_cell_length(width, _GROUND) for strip in strips]
        return [_blank(width)] * moment.top + strips

    @property
    def fast(self) -> bool:
        """Whether the strips on show carry ready-made terminal bytes."""
        return bool(self.moment and self.moment.strips) and isinstance(
            self.moment.strips[0], PictureStrip
        )


_GROUND = Style(bgcolor=Color.from_rgb(*BACKDROP))
_TEXT = Style(color=Color.from_rgb(150, 158, 170), bgcolor=Color.from_rgb(*BACKDROP))
_TITLE = Style(color=Color.from_rgb(230, 180, 80), bgcolor=Color.from_rgb(*BACKDROP), bold=True)


def _blank(width: int) -> Strip:
    return Strip.blank(width, _GROUND)


def message_lines(message: str, width: int, height: int) -> list[Strip]:
    """`message` (inert), centred in `width` x `height` cells."""
    if not message or width < 8:
        return []
    text = textwrap.wrap(message, max(8, min(width - 4, 60)))
    body = [("No picture", _TITLE), *((line, _TEXT) for line in text)]
    top = max(0, (height - len(body)) // 2)
    lines = [_blank(width)] * top
    for line, style in body:
        strip = Strip([Segment(line, style)])
        left = max(0, (width - strip.cell_length) // 2)
        lines.append(
            Strip([Segment(" " * left, _GROUND), *strip]).adjust_cell_length(width, _GROUND)
        )
    return lines[:height]
