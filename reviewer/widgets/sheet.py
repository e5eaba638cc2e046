"""Entities as a sheet with columns, a cursor and marks, smooth at tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.widgets.entity_table import EntityRow
from reviewer.widgets.lines import Lines
from reviewer.widgets.text import pad, shorten


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row says besides name and class. first, last: frames, -1 where it is nowhere."""

    first: int = -1
    last: int = -1
    frames: int = 0
    keyframes: int = 0
    constants: str = ""


NUMBERS = (("first", 9), ("last", 9), ("frames", 9), ("keys", 7))


class Sheet(Lines):
    """Rows with facts that are asked for only of the rows in sight."""

    sticky = 1
    COMPONENT_CLASSES = {  # noqa: RUF012
        "sheet--heading", "sheet--muted", "sheet--cursor", "sheet--marked",
    }  # fmt: skip

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, facts: Callable[[str], Facts], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts = facts
        self.rows: Sequence[EntityRow] = ()
        self.marked: dict[str, None] = {}  # in the order they were marked
        self.present: frozenset[str] = frozenset()
        self.cursor = 0

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - self.sticky - 1)

    @property
    def current(self) -> EntityRow | None:
        return self.rows[self.cursor] if self.rows else None

    def show_rows(self, rows: Sequence[EntityRow], keep: str | None) -> None:
        self.rows = rows
        places = (place for place, row in enumerate(rows) if row.id == keep)
        self.cursor = next(places, max(0, min(self.cursor, len(rows) - 1)))
        self.rows_changed()
        self.reveal(self.cursor)

    def move_to(self, place: int) -> None:
        self.cursor = max(0, min(len(self.rows) - 1, place))
        self.reveal(self.cursor)
        self.refresh()

    def _widths(self, width: int) -> tuple[int, int, tuple[tuple[str, int], ...], int]:
        """Cells of name and class, the number columns that fit, cells of the constants."""
        numbers = NUMBERS if width >= 70 else NUMBERS[3:] if width >= 40 else ()
        room = width - 5 - sum(cells for _, cells in numbers)
        constants = max(0, room - 48) if room >= 64 else 0
        room -= constants
        name = max(4, room * 3 // 5)
        return name, max(0, room - name - 1), numbers, constants

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        name, class_cells, numbers, constants = self._widths(width)
        style = self.component("sheet--heading")
        text = f"    {pad('name', name)} {pad('class', class_cells)}"
        text += "".join(f"{title:>{cells}}" for title, cells in numbers)
        if constants:
            text += f"  {pad('constant properties', constants - 2)}"
        yield Segment(pad(text, width), style)

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        row = self.rows[index]
        facts = self._facts(row.id)
        name, class_cells, numbers, constants = self._widths(width)
        muted = self.component("sheet--muted")
        ink = self.ink(row.color)
        marked = row.id in self.marked
        here = row.id in self.present
        values = {
            "first": f"{facts.first}" if facts.first >= 0 else "—",
            "last": f"{facts.last}" if facts.last >= 0 else "—",
            "frames": f"{facts.frames}",
            "keys": f"{facts.keyframes}",
        }
        line = [
            Segment("✓" if marked else " ", self.component("sheet--marked")),
            Segment(" ● " if here else " · ", ink if here else muted),
            Segment(pad(row.name, name), Style(bold=True) if marked else Style()),
            Segment(f" {pad(row.class_label, class_cells)}", ink),
            *(Segment(f"{values[title]:>{cells}}", muted) for title, cells in numbers),
        ]
        if constants:
            line.append(Segment(f"  {pad(shorten(facts.constants, constants - 2), constants - 2)}"))
        if index != self.cursor:
            return line
        ground = Style(bgcolor=self.component("sheet--cursor").bgcolor)
        return [Segment(text, (style or Style()) + ground) for text, style, _ in line]

    def on_click(self, event: events.Click) -> None:
        index = self.row_at(event.y)
        if index is not None:
            self.post_message(self.Picked(index))
