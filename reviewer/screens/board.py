"""The base of the screens that the cockpit opens: a title, a body, a status line and a key bar.

What they change, they change through the cockpit, which stays beneath with the frame and the
selected entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from reviewer.format import Change
from reviewer.screens.help import Help
from reviewer.screens.keys import MOVE, PROGRAM, Key
from reviewer.widgets.bars import Bar, KeyBar
from reviewer.widgets.lines import spread
from reviewer.widgets.text import inert, shorten

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

# Ways through time that every screen with a playhead shares with the cockpit.
TIME_KEYS: tuple[Key, ...] = (
    Key(MOVE, "right,l", "→ l", "through('step', 1)", "next frame"),
    Key(MOVE, "left,h", "← h", "through('step', -1)", "previous frame", "←→ frame"),
    Key(MOVE, "shift+right,L", "⇧→ L", "through('step', 10)", "ten frames on"),
    Key(MOVE, "shift+left,H", "⇧← H", "through('step', -10)", "ten frames back"),
    Key(MOVE, "ctrl+right,w", "^→ w", "through('seconds', 1)", "a second on"),
    Key(MOVE, "ctrl+left,b", "^← b", "through('seconds', -1)", "a second back"),
    Key(MOVE, "right_square_bracket", "]", "through('keyframe', 1)", "next keyframe"),
    Key(
        MOVE, "left_square_bracket", "[", "through('keyframe', -1)", "previous keyframe", "[] key"
    ),
    Key(MOVE, "right_curly_bracket", "}", "through('event', 1)", "next event"),
    Key(MOVE, "left_curly_bracket", "{", "through('event', -1)", "previous event"),
    Key(MOVE, "right_parenthesis", ")", "through('finding', 1)", "next finding about the video"),
    Key(MOVE, "left_parenthesis", "(", "through('finding', -1)", "previous finding"),
    Key(MOVE, "greater_than_sign", ">", "through('problem', 1)", "next problem"),
    Key(MOVE, "less_than_sign", "<", "through('problem', -1)", "previous problem"),
    Key(MOVE, "home,0", "Home 0", "through('first')", "first frame"),
    Key(MOVE, "end,dollar_sign", "End $", "through('last')", "last frame"),
    Key(MOVE, "g", "g", "through('goto')", "go to a frame or a time", "g goto"),
    Key(MOVE, "space", "Space", "through('play')", "play, pause"),
)  # fmt: skip
PROGRAM_KEYS: tuple[Key, ...] = (
    Key(PROGRAM, "u", "u", "through('undo')", "undo", "u undo"),
    Key(PROGRAM, "U,ctrl+r", "U ^r", "through('redo')", "redo"),
    Key(PROGRAM, "question_mark", "?", "help", "this help", "? help"),
    Key(PROGRAM, "ctrl+p", "^p", "app.command_palette", "command palette"),
    Key(PROGRAM, "escape,q", "Esc", "leave", "back to the picture", "Esc back"),
    Key(PROGRAM, "ctrl+c", "^c", "app.quit", "quit"),
)


class Heading(Bar):
    """The screen's name, what it is about, and a remark at the right. Texts must be inert."""

    COMPONENT_CLASSES = {"title--name", "title--muted"}  # noqa: RUF012

    def __init__(self, name: str) -> None:
        super().__init__(classes="heading")
        self._name = name
        self.about = ""
        self.remark = ""

    def show(self, about: str | None = None, remark: str | None = None) -> None:
        self.about = self.about if about is None else about
        self.remark = self.remark if remark is None else remark
        self.refresh()

    def paint(self, width: int) -> list[Segment]:
        muted = self.component("title--muted")
        remark = shorten(self.remark, max(10, width // 2))
        return spread(
            [
                Segment(f" {self._name} ", self.component("title--name")),
                Segment(f" {self.about}", muted),
            ],
            [Segment(f" {remark} ", muted)] if remark else [],
            width,
        )


class Board(Screen[None]):
    """Subclasses give TITLE_TEXT, KEYS and `body()`, and say what they are about in `heading`."""

    TITLE_TEXT: ClassVar[str] = ""
    KEYS: ClassVar[Sequence[Key]] = ()
    AUTO_FOCUS = ""

    def __init_subclass__(cls, **arguments: Any) -> None:
        cls.BINDINGS = [key.binding() for key in cls.KEYS if not key.action.startswith("app.")]
        super().__init_subclass__(**arguments)

    def __init__(self, cockpit: Cockpit) -> None:
        super().__init__()
        self.cockpit = cockpit
        self.project = cockpit.project
        self.desk = cockpit.desk
        self.heading = Heading(self.TITLE_TEXT)

    def body(self) -> Iterable[Widget]:
        """The widgets between heading and key bar."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.heading
        yield from self.body()
        hints = tuple(key.hint for key in self.KEYS if key.hint)
        order = tuple(sorted(hints, key=lambda hint: hint not in ("? help", "Esc back")))
        yield KeyBar(list(hints), order, classes="keys")

    # -- what the cockpit tells -----------------------------------------------------------

    def said(self, note: str) -> None:
        """A remark of the cockpit's (inert), such as what was saved."""
        if self.is_mounted:
            self.heading.show(remark=note)

    def moved(self, frame: int) -> None:
        """The cockpit is at another frame."""

    def project_changed(self, change: Change) -> None:
        """The project was changed, by whomever; the desk knows already."""

    # -- keys -----------------------------------------------------------------------------

    def say(self, note: str) -> None:
        self.heading.show(remark=inert(note))

    def action_through(self, name: str, *arguments: Any) -> None:
        """An action of the cockpit's."""
        getattr(self.cockpit, f"action_{name}")(*arguments)

    def action_help(self) -> None:
        self.app.push_screen(Help(self.KEYS, f"Keys: {self.TITLE_TEXT}"))

    def action_leave(self) -> None:
        if self.app.screen is self:
            self.app.pop_screen()
