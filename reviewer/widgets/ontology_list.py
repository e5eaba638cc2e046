"""The lines of an ontology with a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.screens.ontology_rows import Row
from reviewer.widgets.lines import Lines
from reviewer.widgets.text import pad

NOTE_CELLS = 26
MAX_TEXT_CELLS = 70


class OntologyList(Lines):
    """Rows as they are given; a click is a message."""

    COMPONENT_CLASSES = {  # noqa: RUF012
        "ontology--class", "ontology--muted", "ontology--cursor", "ontology--section",
    }  # fmt: skip

    class Picked(Message):
        """A row was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()
        self.cursor = 0

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    @property
    def current(self) -> Row | None:
        return self.rows[self.cursor] if self.rows else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """The cursor stays on what it was on; where that is gone, at its place."""
        key = self.current.key if self.current else None
        self.rows = rows
        places = [place for place, row in enumerate(rows) if row.key == key]
        self.cursor = places[0] if places else max(0, min(self.cursor, len(rows) - 1))
        self.rows_changed()

    def move_to(self, place: int) -> None:
        self.cursor = max(0, min(len(self.rows) - 1, place))
        self.reveal(self.cursor)
        self.refresh()

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        row = self.rows[index]
        muted = self.component("ontology--muted")
        top = row.depth == 0
        section = row.kind in ("shared", "scene")
        style = self.component("ontology--section" if section else "ontology--class")
        ink = self.ink(row.color) if row.color else muted
        mark = "■" if row.color else " " if section else "·"
        note_cells = NOTE_CELLS if width >= 80 else 0
        indent = 1 + 3 * row.depth
        label_cells = max(8, min(28, width // 3)) - 3 * row.depth
        text_cells = max(0, width - indent - 2 - label_cells - note_cells - 1)
        text_cells = min(text_cells, MAX_TEXT_CELLS)
        line = [
            Segment(" " * indent),
            Segment(f"{mark} ", ink),
            Segment(pad(row.label, label_cells), style if top else Style()),
            Segment(f" {pad(row.text, text_cells)}", muted),
            Segment(pad(row.note, note_cells), muted),
        ]
        line.append(Segment(" " * (width - sum(len(segment.text) for segment in line))))
        if index != self.cursor:
            return line
        ground = Style(bgcolor=self.component("ontology--cursor").bgcolor)
        return [Segment(text, (style or Style()) + ground) for text, style, _ in line]

    def on_click(self, event: events.Click) -> None:
        index = self.row_at(event.y)
        if index is not None:
            self.post_message(self.Picked(index))
