"""The selected entity's properties on the current frame, one to a line, with a cursor."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.frame_image import RGB
from reviewer.widgets.lines import Lines, spread
from reviewer.widgets.text import pad, shorten


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """name: the property's identifier ("" for name and class). value: as shown, inert.
    keyed: a keyframe stands on this very frame. constant: one value for all of time."""

    name: str
    label: str
    value: str
    color: RGB | None = None
    keyed: bool = False
    constant: bool = False
    action: str = ""


class Properties(Lines):
    """Label, value, and ◆ where this frame is a keyframe."""

    sticky = 1
    COMPONENT_CLASSES = {  # noqa: RUF012
        "properties--heading",
        "properties--heading-active",
        "properties--muted",
        "properties--key",
        "properties--cursor",
    }

    class Picked(Message):
        """A row was clicked: its place."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = ""
        self.rows: Sequence[PropertyRow] = ()
        self.cursor = 0
        self.active = False

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def show(self, title: str, rows: Sequence[PropertyRow]) -> None:
        """`title` must be inert."""
        if (title, rows) == (self.title, self.rows):
            return
        changed = len(rows) != len(self.rows)
        self.title, self.rows = title, rows
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        if changed:
            self.rows_changed()
        self.refresh()

    def show_active(self, active: bool) -> None:
        self.active = active
        self.refresh()

    def move(self, by: int) -> None:
        self.cursor = max(0, min(len(self.rows) - 1, self.cursor + by))
        self.reveal(self.cursor)
        self.refresh()

    @property
    def current(self) -> PropertyRow | None:
        return self.rows[self.cursor] if self.rows else None

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        style = self.component(
            "properties--heading-active" if self.active else "properties--heading"
        )
        title = shorten(self.title, max(1, width - 3))
        return spread([Segment(f" {title} ", style)], [], width)

    def row_key(self, index: int) -> Hashable:
        return self.rows[index], self.active and index == self.cursor

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        row = self.rows[index]
        muted = self.component("properties--muted")
        label_cells = max(6, min(14, width // 3))
        value_cells = max(1, width - label_cells - 4)
        value_style = Style()
        if row.color is not None:
            value_style = self.ink(row.color)
        if row.value == "—":
            value_style = muted
        mark = "◆" if row.keyed else " "
        line = [
            Segment(f" {pad(row.label, label_cells)} ", muted),
            Segment(pad(row.value, value_cells), value_style),
            Segment(f"{mark} ", self.component("properties--key") if row.keyed else muted),
        ]
        if not self.active or index != self.cursor:
            return line
        ground = Style(bgcolor=self.component("properties--cursor").bgcolor)
        return [Segment(text, (style or Style()) + ground) for text, style, _ in line]

    def on_click(self, event: events.Click) -> None:
        index = self.row_at(event.y)
        if index is not None:
            self.post_message(self.Picked(index))
