"""A list of rows in columns with a cursor, and a sheet of lines to read: what review, problems and
sessions are shown with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from reviewer.widgets.lines import Lines
from reviewer.widgets.text import cell_width, pad

LOOKS = ("plain", "muted", "strong", "good", "busy", "bad", "accent")


@dataclass(frozen=True, slots=True)
class Column:
    """cells: how wide, 0 takes what is left (one column does). least: the list's width from which
    on it is shown."""

    title: str
    cells: int = 0
    right: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """text must be inert. look is one of LOOKS."""

    text: str
    look: str = "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """key finds the row again after the list was made anew."""

    key: str
    cells: tuple[Cell, ...]


class Looks(Lines):
    """Knows how the looks look."""

    COMPONENT_CLASSES = {f"list--{look}" for look in LOOKS} | {
        "list--heading", "list--cursor",
    }  # fmt: skip

    def look(self, name: str) -> Style:
        return self.component(f"list--{name}")


class Listing(Looks):
    """Rows under a heading; the one under the cursor is `current`."""

    sticky = 1

    class Moved(Message):
        """The cursor is on another row."""

    class Chosen(Message):
        """A row was clicked twice."""

    def __init__(self, columns: Sequence[Column], empty: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.empty = empty
        self.rows: Sequence[Row] = ()
        self.cursor = 0

    @property
    def row_count(self) -> int:
        return max(1, len(self.rows))

    @property
    def page_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - self.sticky - 1)

    @property
    def current(self) -> Row | None:
        return self.rows[self.cursor] if self.rows else None

    def show_rows(self, rows: Sequence[Row], empty: str | None = None) -> None:
        """Put other rows in place; the cursor stays on its row where that is still there."""
        kept = self.current.key if self.current else None
        self.rows = rows
        self.empty = self.empty if empty is None else empty
        places = {row.key: place for place, row in enumerate(rows)}
        self.cursor = places.get(kept or "", max(0, min(self.cursor, len(rows) - 1)))
        self.rows_changed()
        self.reveal(self.cursor)
        self.post_message(self.Moved())

    def move_to(self, place: int) -> None:
        self.cursor = max(0, min(len(self.rows) - 1, place))
        self.reveal(self.cursor)
        self.refresh()
        self.post_message(self.Moved())

    def _widths(self, width: int) -> list[int]:
        """Cells of each column, 0 where it is left out."""
        cells = [one.cells if width >= one.least else 0 for one in self.columns]
        shown = sum(1 for one in cells if one) + 1
        rest = max(4, width - 2 - sum(cells) - shown + 1)
        return [rest if one.cells == 0 else n for one, n in zip(self.columns, cells, strict=True)]

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        titles = [Cell(column.title) for column in self.columns]
        yield Segment(f" {self._line(titles, width)}", self.component("list--heading"))

    def _line(self, cells: Sequence[Cell], width: int) -> str:
        return " ".join(text for text, _ in self._parts(cells, width))

    def _parts(self, cells: Sequence[Cell], width: int) -> Iterable[tuple[str, str]]:
        widths = self._widths(width)
        for cell, column, room in zip(cells, self.columns, widths, strict=True):
            if room:
                lead = max(0, room - cell_width(cell.text)) if column.right else 0
                yield " " * lead + pad(cell.text, room - lead), cell.look

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        if not self.rows:
            yield Segment(f" {pad(self.empty, width - 1)}", self.look("muted"))
            return
        ground = Style()
        if index == self.cursor:
            ground = Style(bgcolor=self.component("list--cursor").bgcolor, bold=True)
        yield Segment("▸" if index == self.cursor else " ", self.look("accent") + ground)
        for text, look in self._parts(self.rows[index].cells, width):
            yield Segment(text, self.look(look) + ground)
            yield Segment(" ", ground)

    def on_click(self, event: events.Click) -> None:
        index = self.row_at(event.y)
        if index is not None and self.rows:
            self.move_to(index)
            if event.chain == 2:
                self.post_message(self.Chosen())


class Paper(Looks):
    """Lines to read, each of cells one behind the other; long ones are folded."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._source: Sequence[Sequence[Cell]] = ()
        self.lines: list[list[Cell]] = []

    @property
    def row_count(self) -> int:
        return len(self.lines)

    def show_lines(self, lines: Sequence[Sequence[Cell]]) -> None:
        """Put other lines in place and begin at the top."""
        if lines == self._source:
            return
        self._source = lines
        self._fold()
        self.scroll_to(y=0, animate=False, force=True)

    def on_resize(self) -> None:
        self._fold()

    def _fold(self) -> None:
        width = max(10, self.scrollable_content_region.width - 2)
        self.lines = [part for line in self._source for part in folded(line, width)]
        self.rows_changed()

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        yield Segment(" ")
        for cell in self.lines[index]:
            yield Segment(cell.text, self.look(cell.look))


def folded(line: Sequence[Cell], width: int) -> list[list[Cell]]:
    """A line in several of at most `width` cells, broken between words where that is possible; what
    follows a line's indent keeps it."""
    text = "".join(cell.text for cell in line)
    if cell_width(text) <= width:
        return [list(line)]
    indent = len(text) - len(text.lstrip())
    out: list[list[Cell]] = [[]]
    used = 0
    for cell in line:
        for word in _words(cell.text):
            while word:
                need = cell_width(word.rstrip())
                if used + need <= width:
                    out[-1].append(Cell(word, cell.look))
                    used += cell_width(word)
                    break
                if used > indent:
                    out.append([Cell(" " * indent)])
                    used = indent
                    continue
                cut = chop_cells(word, max(2, width - used))[0]
                out[-1].append(Cell(cut, cell.look))
                word = word[len(cut) :]
                out.append([Cell(" " * indent)])
                used = indent
    return out


def _words(text: str) -> list[str]:
    """Words with the spaces behind them."""
    found: list[str] = []
    start = 0
    for place in range(1, len(text)):
        if text[place - 1] == " " and text[place] != " ":
            found.append(text[start:place])
            start = place
    return [*found, text[start:]] if text else []
