"""Small questions asked over a screen: a choice, a line of text, a yes after a look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input, Static

from reviewer.frame_image import RGB
from reviewer.widgets.ascii import spelled
from reviewer.widgets.beneath import lines_beneath
from reviewer.widgets.lines import Lines
from reviewer.widgets.text import cell_width, inert, pad
from reviewer.widgets.text_field import TextField

# In windows lower than this a dialog has no border and no foot.
COMPACT_BELOW_ROWS = 14


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
        self.checked: set[Any] = set()

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
        ink = self.ink(item.color) if item.color else Style()
        mark = "▸" if chosen else "✓" if item.value in self.checked else " "
        if chosen and item.value in self.checked:
            mark = "✔"
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

    def foot(self, text: str) -> Static:
        """The line that says which keys there are; `text` must be inert."""
        return Static(Text(self._keys_named(text)), classes="dialog-foot")

    def _keys_named(self, text: str) -> str:
        terminal = getattr(self.app, "terminal", None)
        return text if terminal is None or terminal.unicode else spelled(text)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < COMPACT_BELOW_ROWS, "compact")
        self.fit_rows(self.room)

    @property
    def room(self) -> int:
        """Rows that a list may take, besides the title and what stands around it."""
        height = self.app.size.height
        # nine tenths of the window, as the style sheet allows, less border, title and foot
        return max(1, height - 2 if height < COMPACT_BELOW_ROWS else height * 9 // 10 - 6)

    def fit_rows(self, room: int) -> None:
        """Make what is shown no higher than `room` rows."""

    def render_lines(self, crop: Region) -> list[Strip]:
        width, height = self.size
        lines = lines_beneath(self, width, height)
        if lines is None:
            return super().render_lines(crop)
        return [lines[y].crop(*crop.column_span) for y in crop.line_range]


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
            yield self.foot("⏎ choose   Esc leave")

    def on_mount(self) -> None:
        widest = max((cell_width(item.label) for item in self.list.items), default=0)
        dialog = self.query_one(".dialog")
        widest = max(30, widest + 12, cell_width(self._title) + 4)
        dialog.styles.width = min(96, self.app.size.width - 2, widest)
        self.fit_rows(self.room)

    def fit_rows(self, room: int) -> None:
        self.list.styles.height = max(1, min(len(self.list.items), room))

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
            yield TextField(self._value, compact=True, select_on_focus=True)
            yield self.foot(self._hint)

    @property
    def typed(self) -> str:
        """What stands in the line, "" while it is what stood there at first."""
        value = self.query_one(Input).value
        return "" if value == self._value else value

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(".dialog-foot", Static).update(
            Text(self._check(event.value) or self._keys_named(self._hint))
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value == self._value and self._value:
            self.finish(None)  # nothing typed: what was there stays, controls and all
        elif not self._check(event.value):
            self.finish(event.value)


class Picker(Dialog):
    """One or several of many, found by typing. Answers a value, or with `several` a list of them
    in the order of the items."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("down,ctrl+n", "move(1)", show=False),
        Binding("up,ctrl+p", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("tab", "check", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        items: Sequence[Item],
        answer: Callable[[Any], None],
        *,
        several: bool = False,
        checked: Iterable[Any] = (),
    ) -> None:
        super().__init__(answer)
        self._title = title
        self._items = list(items)
        self._several = several
        self.list = MenuList(self._items, 0)
        self.list.checked = set(checked)
        self.ready = asyncio.Event()

    def on_descendant_focus(self) -> None:
        self.ready.set()

    def compose(self) -> ComposeResult:
        foot = "Tab mark   ⏎ done   Esc leave" if self._several else "⏎ choose   Esc leave"
        with Vertical(classes="dialog prompt"):
            yield Static(Text(self._title), classes="dialog-title")
            yield TextField(placeholder="type to find", compact=True)
            yield self.list
            yield self.foot(foot)

    def fit_rows(self, room: int) -> None:
        self.list.styles.height = max(1, min(len(self._items), 14, room - 1))

    def on_input_changed(self, event: Input.Changed) -> None:
        words = event.value.casefold().split()
        self.list.items = [
            item for item in self._items if all(word in item.label.casefold() for word in words)
        ]
        self.list.cursor = 0
        self.list.scroll_to(y=0, animate=False, force=True)
        self.list.rows_changed()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._several:
            self.finish([item.value for item in self._items if item.value in self.list.checked])
        elif self.list.items:
            self.finish(self.list.items[self.list.cursor].value)

    def action_move(self, by: int) -> None:
        self.list.move(by)

    def action_check(self) -> None:
        if self._several and self.list.items:
            self.list.checked ^= {self.list.items[self.list.cursor].value}
            self.list.move(1)


class TextLines(Lines):
    """Lines of plain text, one of them perhaps a warning."""

    COMPONENT_CLASSES = {"text--warning"}  # noqa: RUF012

    def __init__(self, lines: Sequence[str], warning: str = "") -> None:
        super().__init__()
        self.lines = [*([warning] if warning else []), *lines]
        self._warns = bool(warning)

    @property
    def row_count(self) -> int:
        return len(self.lines)

    def on_mount(self) -> None:
        self.rows_changed()

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        style = self.component("text--warning") if self._warns and index == 0 else Style()
        yield Segment(pad(f" {self.lines[index]}", width), style)


class Preview(Dialog):
    """What will happen, line by line, and then whether it shall. `lines` must be inert. Answers
    True; nothing happens without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "cancel", show=False),
        Binding("enter,y", "agree", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        answer: Callable[[Any], None],
        *,
        warning: str = "",
        possible: bool = True,
    ) -> None:
        super().__init__(answer)
        self._title = title
        self._possible = possible
        self.lines = TextLines(lines, warning)

    def compose(self) -> ComposeResult:
        foot = "⏎ y do it   Esc leave   ↑↓ scroll" if self._possible else "Esc leave   ↑↓ scroll"
        with Vertical(classes="dialog wide"):
            yield Static(Text(self._title), classes="dialog-title")
            yield self.lines
            yield self.foot(foot)

    def fit_rows(self, room: int) -> None:
        self.lines.styles.height = max(1, min(self.lines.row_count, room))

    def action_scroll(self, by: int) -> None:
        self.lines.scroll_relative(y=by, animate=False, force=True)

    def action_agree(self) -> None:
        if self._possible:
            self.finish(True)
