"""The entities as a table that stays smooth at tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.frame_image import RGB
from reviewer.widgets.lines import Lines, spread
from reviewer.widgets.text import cell_width, pad

COUNT_CELLS = 5


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One entity: id, and name, class label and colour as they are shown (texts inert). event: it
    has no geometry."""

    id: str
    name: str
    class_label: str
    color: RGB
    event: bool = False

    @property
    def haystack(self) -> str:
        return f"{self.name}\n{self.class_label}".casefold()


def matches(rows: Sequence[EntityRow], text: str) -> list[EntityRow]:
    """The rows whose name or class contains every word of `text`."""
    words = text.casefold().split()
    if not words:
        return list(rows)
    return [row for row in rows if all(word in row.haystack for word in words)]


class EntityTable(Lines):
    """Rows with a cursor. The cockpit gives the rows and who is present; a click is a message."""

    sticky = 1
    COMPONENT_CLASSES = {  # noqa: RUF012
        "table--heading",
        "table--heading-active",
        "table--muted",
        "table--cursor",
        "table--cursor-idle",
    }

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, entity_id: str) -> None:
            super().__init__()
            self.entity_id = entity_id

    def __init__(self, keyframe_count: Callable[[str], int], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keyframe_count = keyframe_count
        self.rows: Sequence[EntityRow] = ()
        self.places: dict[str, int] = {}
        self.total = 0
        self.selected: str | None = None
        self.present: Mapping[str, str] = {}
        self.active = True
        self.note = ""

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def show_rows(self, rows: Sequence[EntityRow], total: int, note: str = "") -> None:
        """`rows` in order, of `total` entities; `note` says what leaves the others out."""
        self.rows, self.total, self.note = rows, total, note
        self.places = {row.id: place for place, row in enumerate(rows)}
        self.rows_changed()

    def show_present(self, present: Mapping[str, str]) -> None:
        """`present`: entity id -> "present" or "occluded" on the current frame."""
        before, self.present = self.present, present
        for index in self.rows_in_sight:
            entity_id = self.rows[index].id
            if before.get(entity_id) != present.get(entity_id):
                self.refresh_row(index)

    def select(self, entity_id: str | None) -> None:
        before, self.selected = self.selected, entity_id
        place = self.places.get(entity_id) if entity_id is not None else None
        if place is not None:
            self.reveal(place)
        for one in (before, entity_id):
            if one in self.places:
                self.refresh_row(self.places[one])

    def show_active(self, active: bool) -> None:
        self.active = active
        self.refresh()

    def step(self, by: int) -> str | None:
        """The id of the row `by` rows from the selected one; the nearest end beyond it."""
        if not self.rows:
            return None
        place = self.places.get(self.selected) if self.selected is not None else None
        if place is None:
            return self.rows[0 if by > 0 else -1].id
        return self.rows[max(0, min(len(self.rows) - 1, place + by))].id

    @property
    def page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - self.sticky - 1)

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        style = self.component("table--heading-active" if self.active else "table--heading")
        count = (
            f"{self.total}" if len(self.rows) == self.total else f"{len(self.rows)}/{self.total}"
        )
        note = f" · {self.note}" if self.note else ""
        return spread(
            [Segment(f" Entities {count}{note} ", style)],
            [Segment("keys ", self.component("table--muted"))],
            width,
        )

    def row_key(self, index: int) -> Hashable:
        row = self.rows[index]
        chosen = row.id == self.selected
        count = self.keyframe_count(row.id)
        return row, count, self.present.get(row.id), chosen, chosen and self.active

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        row = self.rows[index]
        color = self.ink(row.color)
        muted = self.component("table--muted")
        state = self.present.get(row.id)
        glyph = {"present": "●", "occluded": "◐"}.get(state or "", "·")
        count = f"{self.keyframe_count(row.id)}"
        class_cells = max(0, min(cell_width(row.class_label), width // 3 - 2))
        name_cells = max(1, width - 3 - class_cells - 1 - COUNT_CELLS - 1)
        name_style = Style(bold=True) if row.id == self.selected else (Style() if state else muted)
        line = [
            Segment(f" {glyph} ", color if state else muted),
            Segment(pad(row.name, name_cells), name_style),
            Segment(f" {pad(row.class_label, class_cells)}", color if state else muted),
            Segment(f"{count:>{COUNT_CELLS}} ", muted),
        ]
        if row.id != self.selected:
            return line
        cursor = self.component("table--cursor" if self.active else "table--cursor-idle")
        return [
            Segment(text, (style or Style()) + Style(bgcolor=cursor.bgcolor))
            for text, style, _ in line
        ]

    def on_click(self, event: events.Click) -> None:
        index = self.row_at(event.y)
        if index is not None:
            self.post_message(self.Picked(self.rows[index].id))
