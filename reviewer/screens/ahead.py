"""The thread that decodes the frames that are likely to be asked for next.

It stands still while a picture that somebody waits for is made and drawn: decoding takes all the
processors that it gets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Ahead:
    """Calls `warm(frame)` for the frames (0-based) last wished for, one after another."""

    def __init__(self, warm: Callable[[int], None]) -> None:
        self._warm = warm
        self._changed = threading.Condition()
        self._frames = range(0)
        self._held = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="reviewer-ahead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wish(self, frames: range) -> None:
        """These instead of those that are left of the last wish, from the next `go` on."""
        with self._changed:
            self._frames = frames

    def hold(self) -> None:
        """Begin no frame until `go`."""
        with self._changed:
            self._held = True

    def go(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while (frame := self._next()) is not None:
            self._warm(frame)

    def _next(self) -> int | None:
        with self._changed:
            while not self._closed:
                if self._frames and not self._held:
                    frame, self._frames = self._frames[0], self._frames[1:]
                    return frame
                self._changed.wait()
        return None
