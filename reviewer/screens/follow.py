"""What the boards with a list share: a list, a paper about its current row, and looking at the
project in a thread so that keys never wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from reviewer.format import Change, ReviewerError
from reviewer.screens.board import PROGRAM_KEYS, Board
from reviewer.screens.keys import ENTITY, Key
from reviewer.widgets.listing import Cell, Listing, Paper
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

ROW_KEYS: tuple[Key, ...] = (
    Key(ENTITY, "down,j", "↓ j", "row(1)", "next row"),
    Key(ENTITY, "up,k", "↑ k", "row(-1)", "previous row", "↑↓ row"),
    Key(ENTITY, "pagedown", "PgDn", "page(1)", "a page down"),
    Key(ENTITY, "pageup", "PgUp", "page(-1)", "a page up"),
    Key(ENTITY, "home,0", "Home 0", "page(-100000)", "first row"),
    Key(ENTITY, "end,dollar_sign", "End $", "page(100000)", "last row"),
)
READ_KEYS: tuple[Key, ...] = (
    Key(ENTITY, "J", "J", "read(1)", "the text below: down"),
    Key(ENTITY, "K", "K", "read(-1)", "the text below: up"),
)
# Changes that follow each other are looked at together.
_PAUSE_S = 0.15
WIDE = 150

__all__ = ["PROGRAM_KEYS", "READ_KEYS", "ROW_KEYS", "ListBoard"]


class ListBoard(Board):
    """Subclasses give `listing`, `look()` (in a thread), `took(found)` and `detail()`."""

    class Looked(Message):
        """What `look` found."""

        def __init__(self, found: Any) -> None:
            super().__init__()
            self.found = found

    class News(Message):
        """Something was said or written elsewhere."""

    def __init__(self, cockpit: Cockpit, listing: Listing) -> None:
        super().__init__(cockpit)
        self.listing = listing
        self.paper = Paper(id="paper")
        self.place = Container(listing, self.paper, id="place")
        self._waiting = False
        self._leaving: list[Callable[[], None]] = []

    def body(self) -> Iterable[Widget]:
        yield self.place

    def on_mount(self) -> None:
        self.refresh_soon(0)

    def on_unmount(self) -> None:
        for leave in self._leaving:
            leave()

    def on_resize(self) -> None:
        self.place.set_class(self.app.size.width >= WIDE, "-wide")

    # -- looking --------------------------------------------------------------------------

    def look(self) -> Any:
        """Read what is to be shown; in a thread."""
        raise NotImplementedError

    def took(self, found: Any) -> None:
        """Show what was read."""
        raise NotImplementedError

    def detail(self) -> list[list[Cell]]:
        """What the paper says of the current row."""
        raise NotImplementedError

    def refresh_soon(self, pause_s: float = _PAUSE_S) -> None:
        """Look again, once, when nothing has happened for a moment."""
        if not self._waiting:
            self._waiting = True
            self.set_timer(max(pause_s, 0.001), self._look)

    def _look(self) -> None:
        self._waiting = False

        def work() -> None:
            worker = get_current_worker()
            try:
                found = self.look()
            except ReviewerError as error:
                found = error
            if not worker.is_cancelled:
                self.post_message(self.Looked(found))

        self.run_worker(work, thread=True, exclusive=True, group="look")

    def on_list_board_looked(self, message: Looked) -> None:
        if isinstance(message.found, ReviewerError):
            self.say(str(message.found))
            return
        self.took(message.found)
        self.paper.show_lines(self.detail())

    def on_list_board_news(self) -> None:
        self.refresh_soon()

    def project_changed(self, change: Change) -> None:
        self.refresh_soon()

    def on_listing_moved(self) -> None:
        self.paper.show_lines(self.detail())

    def on_listing_chosen(self) -> None:
        self.action_open()

    # -- keys -----------------------------------------------------------------------------

    def action_row(self, by: int) -> None:
        self.listing.move_to(self.listing.cursor + by)

    def action_page(self, by: int) -> None:
        self.action_row(by * self.listing.page_rows)

    def action_read(self, by: int) -> None:
        self.paper.scroll_relative(y=by * 3, animate=False, force=True)

    def action_open(self) -> None:
        """To the picture."""

    def jump(self, frame: int | None, entity: str | None) -> None:
        """Leave for the picture at a frame, with an entity selected."""
        if entity is not None and self.desk.exists(entity):
            self.cockpit.select(entity)
        if frame is not None:
            self.cockpit.go(frame)
        if self.app.screen is self:
            self.app.pop_screen()

    def entity_name(self, entity_id: str | None) -> str:
        """What an entity is called; inert."""
        row = self.desk.row(entity_id) if entity_id else None
        return row.name if row else inert(entity_id or "")

    def write(self, done: str, work: Callable[[], object]) -> None:
        """Say something into the project's files, off the event loop; `done` is then shown."""

        self.cockpit.write(done, work)
