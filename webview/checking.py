"""A quick look at each video that nobody has checked yet, while people work already."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from reviewer.format import VideoError

from .live import LiveHub

log = logging.getLogger(__name__)


class _Stopped(Exception):
    """Raised from within a check, to end it."""


class BackgroundCheck:
    """Checks videos one after the other in a thread; the pages of each are told when it is done."""

    def __init__(self, hubs: Sequence[LiveHub]) -> None:
        self._hubs = list(hubs)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if self._hubs:
            self._thread = threading.Thread(
                target=self._run, name="reviewer-video-check", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End the check that runs, without waiting for it."""
        self._stopping.set()

    def _run(self) -> None:
        for hub in self._hubs:
            project = hub.session.project
            try:
                if project.findings() is None and project.video_problem is None:
                    project.check_video(self._advance, quick=True)
                    hub.announce("findings")
            except _Stopped:
                return
            except VideoError as error:
                log.info("%s could not be checked: %s", project.path, error)
            except Exception:
                log.exception("a video check failed unexpectedly")
            if self._stopping.is_set():
                return

    def _advance(self, done: int, total: int | None) -> None:
        if self._stopping.is_set():
            raise _Stopped
