"""A terminal that may go away.

Textual writes from a thread of its own. When the connection is lost a write fails, the thread dies
of it, its queue fills, and the program waits for ever to put one thing more into it. Textual's
reading thread meets the end of its input again and again, without a pause, and does nothing about
it. Most often a signal ends the program then; but only the terminal's own session gets one. With it
comes a second one, to go on, at which Textual begins anew, even after it has ended. The program
would stay behind, busy, with the project open, when everybody has gone home.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import threading
from collections.abc import Callable
from typing import IO, Any


class Forgiving:
    """A text file whose writes cannot fail: what does not arrive is let go."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def forgiving(
    driver_class: Any,
    gone: Callable[[], None],
    back: Callable[[], None],
    leaving: Callable[[], bool],
) -> Any:
    """The driver with an output that cannot fail. `gone` is called in the event loop, once or more,
    when there is no terminal behind its input any longer, and `back` when the terminal was begun
    with anew and shows nothing. Once `leaving` says so, nothing begins anew."""

    class ForgivingDriver(driver_class):  # type: ignore[misc]
        _watched: asyncio.AbstractEventLoop | None = None
        _active = False

        def start_application_mode(self) -> None:
            if leaving():
                return
            again = self._active
            if again:  # told to go on without having been stopped: its threads must end
                self.stop_application_mode()
                self.close()
            self._active = True
            if not isinstance(self._file, Forgiving):
                self._file = Forgiving(self._file)
            super().start_application_mode()
            if again:
                self._call(back)
            if self._watched is None:
                self._watched = asyncio.get_running_loop()
                if hasattr(select, "poll"):
                    name = "reviewer-terminal"
                    threading.Thread(target=self._await_hangup, name=name, daemon=True).start()

        def stop_application_mode(self) -> None:
            self._active = False
            super().stop_application_mode()

        def _await_hangup(self) -> None:
            line = select.poll()
            line.register(self.fileno, 0)  # asks for nothing: an end and an error come anyway
            with contextlib.suppress(OSError):
                line.poll()
            self._call(gone)

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                self._call(gone)

        def _call(self, function: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                if self._watched is not None:
                    self._watched.call_soon_threadsafe(function)

    return ForgivingDriver
