"""The page beside the terminal: its link is there at once, its server once the terminal has its
first picture. Whoever opens the link before that waits a moment in the socket's queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from .format import Project
from .webview.listening import link, listen

if TYPE_CHECKING:
    from .webview.server import Server


class LatePage:
    """Listens from the beginning. `serve` answers, in a thread of its own; `opened` is called
    there when it does. `stop` ends it, also when it never served. ReviewerError where nothing can
    be listened to."""

    def __init__(self, project: Project, opened: Callable[[], None]) -> None:
        self._project = project
        self._opened = opened
        self._listening = listen(folder=project.path)
        self.url = link(self._listening.host, self._listening.port, self._listening.token)
        self._server: Server | None = None
        self._thread = threading.Thread(target=self._serve, name="reviewer-page", daemon=True)

    def serve(self) -> None:
        if not self._thread.ident:
            self._thread.start()

    def _serve(self) -> None:
        from .webview.server import Server

        self._server = Server([self._project], check_videos=True, listening=self._listening)
        self._server.start()
        self._opened()

    def stop(self) -> None:
        if not self._thread.ident:
            self._listening.close()
            return
        self._thread.join()
        if self._server is not None:
            self._server.stop()
