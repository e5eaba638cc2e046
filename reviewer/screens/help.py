"""The help: all keys, made from the lists that the bindings are made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from reviewer.screens.dialogs import Dialog
from reviewer.screens.keys import KEYS, Key
from reviewer.widgets.lines import Lines
from reviewer.widgets.text import pad

HELP_CELLS = 124  # the width that the style sheet gives
BORDER_CELLS = 4


class Help(Dialog):
    """The keys of a screen by group."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "cancel", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, keys: Sequence[Key] = KEYS, title: str = "Keys") -> None:
        super().__init__(lambda answer: None)
        self._keys, self._title = keys, title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog help"):
            yield Static(Text(self._title), classes="dialog-title")
            yield HelpText(self._keys)
            yield Static(Text("Esc leave   ↑↓ scroll"), classes="dialog-foot")

    def fit_rows(self, room: int) -> None:
        # only as high as the keys need: a screen of its own has fewer than the cockpit
        width = min(self.app.size.width * 9 // 10, HELP_CELLS) - BORDER_CELLS
        rows = len(arranged(self._keys, columns_of(width)))
        self.query_one(HelpText).styles.height = max(1, min(rows, room))

    def action_scroll(self, by: int) -> None:
        self.query_one(HelpText).scroll_relative(y=by, animate=False, force=True)


class HelpText(Lines):
    """The keys by group, in two columns where there is room."""

    COMPONENT_CLASSES = {"help--group", "help--key", "help--text"}  # noqa: RUF012

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = keys
        self.rows: list[tuple[Key | str | None, ...]] = []

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def on_resize(self) -> None:
        self.rows = arranged(self._keys, columns_of(self.size.width))
        self.rows_changed()

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        cells = width // len(self.rows[index])
        for entry in self.rows[index]:
            if entry is None:
                yield Segment(" " * cells)
            elif isinstance(entry, str):
                yield Segment(pad(f" {entry}", cells), self.component("help--group"))
            else:
                yield Segment(f" {pad(entry.shown, 8)}", self.component("help--key"))
                yield Segment(f"{pad(entry.text, cells - 10)} ", self.component("help--text"))


def columns_of(width: int) -> int:
    """How many columns of keys have room side by side."""
    return 2 if width >= 90 else 1


def arranged(keys: Sequence[Key], columns: int) -> list[tuple[Key | str | None, ...]]:
    """The keys under the names of their groups, in columns of about equal length."""
    blocks: list[list[Key | str | None]] = []
    for group in dict.fromkeys(key.group for key in keys):
        blocks.append([group, *(key for key in keys if key.group == group), None])
    made: list[list[Key | str | None]] = [[] for _ in range(columns)]
    total = sum(len(block) for block in blocks)
    at = 0
    for block in blocks:
        # to the next column where more of the block would stand beyond an equal share
        if at + 1 < columns and len(made[at]) + len(block) / 2 > total / columns:
            at += 1
        made[at] += block
    length = max(len(column) for column in made)
    return [
        tuple(column[row] if row < len(column) else None for column in made)
        for row in range(length)
    ]
