"""Timelines of many entities, a row each: only the rows in sight are ever made or painted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import overload

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.frame_image import brighten
from reviewer.widgets.text import pad
from reviewer.widgets.timeline import Timeline, Track, paint_track

MAX_REMEMBERED = 2000


class LazyTracks(Sequence[Track]):
    """Tracks by row, made when first asked for and remembered by what they are of."""

    def __init__(self, ids: Sequence[str], make: Callable[[str], Track]) -> None:
        self.ids = ids
        self._make = make
        self._made: dict[str, Track] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Track: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Track]: ...
    def __getitem__(self, place: int | slice) -> Track | Sequence[Track]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        key = self.ids[place]
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MAX_REMEMBERED:
                self._made.clear()
            found = self._made[key] = self._make(key)
        return found

    def forget(self, ids: Iterable[str] | None = None) -> None:
        """Make these rows anew when they are seen next; None for all."""
        if ids is None:
            self._made.clear()
        else:
            for one in ids:
                self._made.pop(one, None)


class EntityTimeline(Timeline):
    """Lanes that stay (findings, marks), and below them a row for each entity, with a cursor."""

    COMPONENT_CLASSES = {"timeline--cursor"}  # noqa: RUF012

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, frame_count: int, *, id: str | None = None) -> None:
        super().__init__(frame_count, id=id)
        self.lanes: Sequence[Track] = ()
        self.cursor = 0

    @property
    def label_cells(self) -> int:
        width = self.size.width
        return 12 if width < 60 else 20 if width < 110 else 28

    def show_lanes(self, lanes: Sequence[Track]) -> None:
        self.lanes = lanes
        self.sticky = 1 + len(lanes)
        self.rows_changed()

    def move_to(self, place: int) -> None:
        self.cursor = max(0, min(len(self.tracks) - 1, place))
        self.reveal(self.cursor)
        self.refresh()

    @property
    def page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - self.sticky - 1)

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        if index == 0:
            yield from super().paint_sticky(index, width)
            return
        track = self.lanes[index - 1]
        columns = self.columns(width)
        yield Segment(pad(f" {track.label}", self.label_cells), self.component("timeline--ruler"))
        yield from paint_track(track, columns, columns.of(self.frame))

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        track = self.tracks[index]
        columns = self.columns(width)
        ink = Style(color=Color.from_rgb(*brighten(track.color)))
        if index == self.cursor:
            ink += Style(bgcolor=self.component("timeline--cursor").bgcolor, bold=True)
        mark = "▸" if index == self.cursor else " "
        yield Segment(f"{mark}{pad(track.label, self.label_cells - 2)} ", ink)
        # every other row is a little darker, or rows of one colour would be one block
        yield from paint_track(track, columns, columns.of(self.frame), 0.42 if index % 2 else 0.52)

    def on_click(self, event: events.Click) -> None:
        index = self.row_at(event.y)
        if index is not None:
            self.post_message(self.Picked(index))
        super().on_click(event)
