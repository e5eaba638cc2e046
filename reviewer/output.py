"""Output to a terminal that may go away.

Textual writes from a thread of its own. When the connection is lost a write fails, the thread dies
of it, its queue fills, and the program waits for ever to put one thing more into it: it would stay
behind, with the project open, when everybody has gone home.
"""

from __future__ import annotations

import contextlib
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


def forgiving(driver_class: Any) -> Any:
    """The driver with an output that cannot fail."""

    class ForgivingDriver(driver_class):  # type: ignore[misc]
        def start_application_mode(self) -> None:
            if not isinstance(self._file, Forgiving):
                self._file = Forgiving(self._file)
            super().start_application_mode()

    return ForgivingDriver
