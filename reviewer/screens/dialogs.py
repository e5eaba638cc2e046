"""Small questions asked over the cockpit: a choice, a line of text, and the help."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from reviewer.frame_image import RGB, brighten
from reviewer.screens.keys import EDIT, ENTITY, KEYS, MOVE, PROGRAM, VIEW, Key
from reviewer.widgets.lines import Lines
from reviewer.widgets.text import cell_width, inert, pad


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a menu. label must be inert. hotkey picks it at once."""

    value: Any
    label: str
    color: RGB | None = None
    hotkey: str = ""


class MenuList(Lines):
    """The lines of a menu."""

    COMPONENT_CLASSES = {"menu--cursor", "menu--hotkey", "menu--muted"}  # noqa: RUF012

    def __init__(self, items: Sequence[Item], current: int) -> None:
        super().__init__()
        self.items = items
        self.cursor = current
        self.current = current

    @property
    def row_count(self) -> int:
        return len(self.items)

    def on_mount(self) -> None:
        self.rows_changed()
        self.call_after_refresh(self.reveal, self.cursor)

    def move(self, by: int) -> None:
        self.cursor = max(0, min(len(self.items) - 1, self.cursor + by))
        self.reveal(self.cursor)
        self.refresh()

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        item = self.items[index]
        chosen = index == self.cursor
        ground = self.component("menu--cursor") if chosen else Style()
        ink = Style(color=Color.from_rgb(*brighten(item.color))) if item.color else Style()
        mark = "▸" if chosen else " "
        hotkey = f"{item.hotkey} " if item.hotkey else "  "
        label_cells = max(1, width - 3 - cell_width(hotkey))
        yield Segment(f" {mark} ", ground)
        yield Segment(pad(item.label, label_cells), ink + ground)
        yield Segment(hotkey, self.component("menu--hotkey") + ground)


class Dialog(ModalScreen[None]):
    """A question. `answer` is called with what was chosen, and not at all when it was left.

    It is called at once and not through the message queue, so that a key typed meanwhile meets
    what the answer has brought about, and never the screen beneath.
    """

    def __init__(self, answer: Callable[[Any], None]) -> None:
        super().__init__()
        self._answer = answer

    def finish(self, value: Any) -> None:
        """Close, and answer with `value`; None leaves without an answer."""
        if self.app.screen is not self:
            return  # closed by the key before
        self.app.pop_screen()
        if value is not None:
            self._answer(value)

    def action_cancel(self) -> None:
        self.finish(None)


class Menu(Dialog):
    """One of several."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("enter,space", "choose", show=False),
    ]

    def __init__(
        self,
        title: str,
        items: Sequence[Item],
        answer: Callable[[Any], None],
        current: Any = None,
    ) -> None:
        super().__init__(answer)
        self._title = title
        places = [place for place, item in enumerate(items) if item.value == current]
        self.list = MenuList(items, places[0] if places and current is not None else 0)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(self._title), classes="dialog-title")
            yield self.list
            yield Static(Text("⏎ choose   Esc leave"), classes="dialog-foot")

    def on_mount(self) -> None:
        widest = max((cell_width(item.label) for item in self.list.items), default=0)
        dialog = self.query_one(".dialog")
        dialog.styles.width = min(60, max(30, widest + 12, cell_width(self._title) + 4))
        self.list.styles.height = max(1, min(len(self.list.items), self.app.size.height - 8))

    def pick(self, character: str | None) -> bool:
        """Take a hotkey of the items; whether it was one.

        The project's own hotkeys go before j, k and q: the arrows and Esc always remain.
        """
        for item in self.list.items:
            if item.hotkey and character == item.hotkey:
                self.finish(item.value)
                return True
        return False

    def on_click(self, event: events.Click) -> None:
        if event.widget is self.list:
            index = self.list.row_at(event.y)
            if index is not None:
                self.finish(self.list.items[index].value)

    def action_move(self, by: int) -> None:
        self.list.move(by)

    def action_choose(self) -> None:
        self.finish(self.list.items[self.list.cursor].value if self.list.items else None)


class Prompt(Dialog):
    """A line of text. `check` says what is wrong with it, or "" when it will do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(
        self,
        title: str,
        answer: Callable[[str], None],
        value: str = "",
        hint: str = "",
        check: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(answer)
        self._title = title
        # An Input paints what it holds as it is, so only inert text may enter it.
        self._value = inert(value)
        self._hint = hint
        self._check = check or (lambda text: "")
        self.ready = asyncio.Event()  # the line has the focus: keys may come

    def on_descendant_focus(self) -> None:
        self.ready.set()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog prompt"):
            yield Static(Text(self._title), classes="dialog-title")
            yield Input(self._value, compact=True, select_on_focus=True)
            yield Static(Text(self._hint), classes="dialog-foot")

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(".dialog-foot", Static).update(Text(self._check(event.value) or self._hint))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value == self._value and self._value:
            self.finish(None)  # nothing typed: what was there stays, controls and all
        elif not self._check(event.value):
            self.finish(event.value)


class Help(ModalScreen[None]):
    """All keys, made from the one list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "leave", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog help"):
            yield Static(Text("Keys"), classes="dialog-title")
            yield HelpText()
            yield Static(Text("Esc leave   ↑↓ scroll"), classes="dialog-foot")

    def action_scroll(self, by: int) -> None:
        self.query_one(HelpText).scroll_relative(y=by, animate=False, force=True)

    def action_leave(self) -> None:
        self.dismiss(None)


class HelpText(Lines):
    """The keys by group, in two columns where there is room."""

    COMPONENT_CLASSES = {"help--group", "help--key", "help--text"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[Key | str | None, ...]] = []

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def on_resize(self) -> None:
        sections = {group: [key for key in KEYS if key.group == group] for group in GROUPS}
        if self.size.width >= 92:
            columns = [
                _entries(sections, (MOVE, VIEW)),
                _entries(sections, (ENTITY, EDIT, PROGRAM)),
            ]
        else:
            columns = [_entries(sections, GROUPS)]
        length = max(len(column) for column in columns)
        self.rows = [
            tuple(column[row] if row < len(column) else None for column in columns)
            for row in range(length)
        ]
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
                yield Segment(pad(entry.text, cells - 9), self.component("help--text"))


GROUPS = (MOVE, ENTITY, EDIT, VIEW, PROGRAM)


def _entries(sections: dict[str, list[Key]], groups: Sequence[str]) -> list[Key | str | None]:
    entries: list[Key | str | None] = []
    for group in groups:
        if entries:
            entries.append(None)
        entries.append(group)
        entries.extend(sections[group])
    return entries
