"""The terminal interface as a Textual application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

from reviewer.format import Project, ReviewerError
from reviewer.frame_image_graphics import Graphics, Terminal, ask_terminal, erase
from reviewer.output import forgiving
from reviewer.remembered import remember_theme, remembered_theme
from reviewer.screens.cockpit import Cockpit
from reviewer.screens.dialogs import Menu, Picker, Prompt
from reviewer.screens.keys import KEYS
from reviewer.screens.loader import Moment
from reviewer.screens.palette import Commands
from reviewer.themes import THEMES
from reviewer.unsent import keep, take
from reviewer.widgets.ascii import Ascii
from reviewer.widgets.frame_view import FrameView
from reviewer.widgets.text import inert, shorten

# Commands of Textual's palette that say less than ours, or mean nothing here.
NOT_OURS = ("Keys", "Maximize", "Minimize")
# A terminal that has not answered a cursor report by then does not answer them at all.
REPORT_WAIT_S = 1.0
# What waits for the first picture waits no longer than this.
BEGIN_WAIT_S = 5.0
# A dialog that has no focus by then will not get it; its keys then go where they may.
PROMPT_WAIT_S = 2.0


class ReviewerApp(App[None]):
    """Shows one project. The caller opens and closes the project."""

    CSS_PATH = "app.tcss"
    TITLE = "Reviewer"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = App.COMMANDS | {Commands}
    BINDINGS = [key.binding() for key in KEYS if key.action.startswith("app.")]  # noqa: RUF012

    def __init__(
        self,
        project: Project,
        server_url: str | None = None,
        terminal: Terminal | None = None,
        when_shown: Callable[[], None] = lambda: None,
    ) -> None:
        """when_shown: called when the first picture, or what stands in its place, is on show."""
        super().__init__()
        self._when_shown: Callable[[], None] | None = when_shown
        self.project = project
        self.terminal = terminal or Terminal()
        self.cockpit = Cockpit(project, server_url, self.terminal)
        self._acknowledged = 0
        self._leaving = False
        self._reports = True
        self._reported: list[int] = []
        self._still_shown = False
        self._ascii = Ascii()

    def get_driver_class(self) -> type[Driver]:
        driver: type[Driver] = super().get_driver_class()
        # without a file to write to (headless, in a browser) there is none that could go away
        if driver.__name__ != "LinuxDriver":
            return driver
        return forgiving(driver, self._end, self._show_again, lambda: self._leaving)

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = super().get_line_filters()
        return filters if self.terminal.unicode else [*filters, self._ascii]

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        chosen = "" if self.is_headless else remembered_theme()
        self.theme = chosen if chosen in self.available_themes else "reviewer"
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        self.push_screen(self.cockpit)
        self.set_timer(BEGIN_WAIT_S, self._begun)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            # Not available in a thread or on Windows; the default action remains there.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._end)
        if text := take(self.project.path):
            self.copy_to_clipboard(text)
            said = inert(shorten(inert(text), 60))
            sentence = f"When the terminal went away you were typing “{said}”; Ctrl+V puts it in."
            self.notify(sentence, markup=False, timeout=20)

    def _remember_theme(self, theme: Theme) -> None:
        if not self.is_headless:
            remember_theme(theme.name)

    def exit(self, *arguments: Any, **options: Any) -> None:
        self._leaving = True
        super().exit(*arguments, **options)

    def _show_again(self) -> None:
        self.screen.refresh(layout=True)
        self.cockpit.redraw()

    def _end(self) -> None:
        """A signal, or the terminal is gone: keep what is being typed, and leave as after q."""
        for screen in self.screen_stack:
            if isinstance(screen, Prompt) and screen.typed:
                keep(self.project.path, screen.typed)
        self.cockpit.loader.pause()
        self.exit()

    async def action_quit(self) -> None:
        self.erase_still()
        self.cockpit.loader.pause()
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for command in super().get_system_commands(screen):
            if command.title not in NOT_OURS:
                yield command

    # -- keys ----------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Let each key have its effect before the next one is looked at.

        Textual sends a key to the screen and acts when it comes back. Of keys that arrive together
        (a quick typist, a slow line, a paste) the second would then be sent off before the first
        had opened the dialog or line it was meant for: "/D" would delete an entity.
        """
        if isinstance(event, events.Key) and not event.is_forwarded:
            screen = self.screen
            if isinstance(screen, Prompt | Picker):
                if not screen.ready.is_set():
                    # not left to what waits in our own queue behind the keys
                    with contextlib.suppress(NoMatches):
                        screen.set_focus(screen.query_one(Input))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(screen.ready.wait(), PROMPT_WAIT_S)
            elif isinstance(screen, Menu) and screen.pick(event.character):
                return
            elif self.focused is None:
                if await self._check_bindings(event.key, priority=True):
                    return
                if await self._check_bindings(event.key):
                    return
        await super().on_event(event)

    # -- pace -----------------------------------------------------------------------------
    # After each picture the terminal is asked where its cursor is. It answers when it has drawn
    # the picture, however many buffers lie between, and only then the next one is sent: over a
    # slow line playback drops frames instead of filling buffers that keys would wait behind.

    def post_display_hook(self) -> None:
        # Called by Textual from early on, when there may be no cockpit yet.
        cockpit = getattr(self, "cockpit", None)
        view = getattr(cockpit, "view", None)
        if not isinstance(view, FrameView) or view.painted <= self._acknowledged:
            return
        serial = self._acknowledged = view.painted
        if view.empty:  # made before there was room for a picture: nobody waits for that
            cockpit.loader.shown(serial)
        elif self._reports and not self.is_headless and self._driver is not None:
            self._reported.append(serial)
            self._driver.write("\x1b[6n")
            self._driver.flush()
            self.set_timer(REPORT_WAIT_S, lambda: self._give_up(serial))
        else:
            self._drawn(serial)

    def _drawn(self, serial: int) -> None:
        """The terminal has drawn that moment."""
        self.cockpit.loader.shown(serial)
        self._begun()

    def _begun(self) -> None:
        """There is something to see, or in so small a window there will be nothing."""
        if self._when_shown is not None:
            when_shown, self._when_shown = self._when_shown, None
            if not self.is_headless:
                # What is there now stays: with many entities, looking through it for garbage took
                # longer than everything else that a key brings about.
                gc.freeze()
                gc.enable()
            when_shown()

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        if self._reported:
            self._drawn(self._reported.pop(0))

    def _give_up(self, serial: int) -> None:
        if serial in self._reported:
            self._reported.clear()
            self._reports = False
            self._drawn(serial)

    # -- real pictures --------------------------------------------------------------------

    def draw_still(self, moment: Moment) -> None:
        """Draw a real picture over the half-blocks of the same frame."""
        place, still = moment.place, moment.still
        if self.screen is not self.cockpit or place is None or still is None:
            return
        region = self.cockpit.view.region
        column = region.x + (moment.request.columns - place.columns) // 2
        row = region.y + moment.top
        if self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b[{row + 1};{column + 1}H{still.draw}")
            self._driver.flush()
        self._still_shown = True

    def erase_still(self) -> None:
        """Take the real picture away, if there is one."""
        if not self._still_shown:
            return
        self._still_shown = False
        sequence = erase(self.terminal.graphics)
        if sequence and self._driver is not None and not self.is_headless:
            self._driver.write(sequence)


def run_tui(
    project: Project,
    server_url: str | None = None,
    frame: int = 0,
    when_shown: Callable[[], None] = lambda: None,
) -> None:
    """Run the terminal interface, beginning at `frame`, until the user leaves it. `when_shown` is
    called when there is something to see.

    ReviewerError when there is no terminal to run it in.
    """
    # Textual reads from standard input and draws on standard error.
    if not all(stream and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__)):
        raise ReviewerError(
            "The terminal interface needs a terminal for its input and its output; "
            "`reviewer serve` shows the page without one."
        )
    terminal = ask_terminal()
    app = ReviewerApp(project, server_url, terminal, when_shown)
    app.cockpit.frame = min(frame, app.cockpit.last)
    try:
        app.run()
    finally:
        app.cockpit.shut_down()


__all__ = ["Graphics", "ReviewerApp", "run_tui"]
