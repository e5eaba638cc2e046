"""A terminal that may go away.

Textual writes from a thread of its own. When the connection is lost a write fails, the thread dies
of it, its queue fills, and the program waits for ever to put one thing more into it. Textual's
reading thread meets the end of its input again and again, without a pause, and does nothing about
it. Most often a signal ends the program then; but only the terminal's own session gets one. Without
it the program would stay behind, busy, with the project open, when everybody has gone home.
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


def forgiving(driver_class: Any, gone: Callable[[], None]) -> Any:
    """The driver with an output that cannot fail. `gone` is called in the event loop, once or more,
    when there is no terminal behind its input any longer."""

    class ForgivingDriver(driver_class):  # type: ignore[misc]
        _watched: asyncio.AbstractEventLoop | None = None

        def start_application_mode(self) -> None:
            if not isinstance(self._file, Forgiving):
                self._file = Forgiving(self._file)
            super().start_application_mode()
            if self._watched is None and hasattr(select, "poll"):
                self._watched = asyncio.get_running_loop()
                name = "reviewer-terminal"
                threading.Thread(target=self._await_hangup, name=name, daemon=True).start()

        def _await_hangup(self) -> None:
            line = select.poll()
            line.register(self.fileno, 0)  # asks for nothing: an end and an error come anyway
            with contextlib.suppress(OSError):
                line.poll()
            self._tell()

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                self._tell()

        def _tell(self) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                if self._watched is not None:
                    self._watched.call_soon_threadsafe(gone)

    return ForgivingDriver
