"""Notices what other processes do to a project folder: edits in the journal, files of the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import watchfiles

from .files import Stamp, stamp_of
from .layout import Layout, is_entity_id

_POLL_S = 0.25
# Setting up the watches of 1,000 entities holds all threads up for a tenth of a second: whoever
# opened the project first sees it.
_BEGIN_AFTER_S = 1.0


class Watcher:
    """Calls ``poll`` when the journal grew and ``reread`` with the ids of entities whose files
    changed. ``own`` are stamps of files this process wrote: those are no news. ``ready`` is called
    once when it has begun to look: what changed before was not heard."""

    def __init__(
        self,
        layout: Layout,
        own: dict[Path, Stamp],
        poll: Callable[[], None],
        reread: Callable[[set[str]], None],
        ready: Callable[[], None],
    ) -> None:
        self._layout = layout
        self._own = own
        self._poll = poll
        self._reread = reread
        self._ready = ready
        self._is_ready = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reviewer-watch", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own: setting up a large folder takes seconds."""
        self._thread.start()

    def stop(self) -> None:
        """End and wait for the thread."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        begin = time.monotonic() + _BEGIN_AFTER_S
        while time.monotonic() < begin and not self._stop.wait(_POLL_S / 5):
            self._poll()
        if self._stop.is_set():
            return
        paths = [path for path in (self._layout.journal, self._layout.store) if path.is_dir()]
        try:
            for changes in watchfiles.watch(
                *paths,
                watch_filter=None,
                debounce=30,
                step=8,
                rust_timeout=int(_POLL_S * 1000),
                yield_on_timeout=True,
                stop_event=self._stop,
                raise_interrupt=False,
            ):
                self._heard({Path(path) for _, path in changes})
        except (OSError, RuntimeError, UnicodeEncodeError):
            # no inotify watches left, a file system without notices, or a folder whose name is no
            # text: the journal still tells what other processes of ours do
            while not self._stop.wait(_POLL_S / 5):
                self._poll()

    def _heard(self, paths: set[Path]) -> None:
        if self._stop.is_set():
            return
        self._poll()
        if not self._is_ready:
            self._is_ready = True
            self._ready()
        entities = set()
        for path in paths:
            if path.is_relative_to(self._layout.entities) and not self._is_own(path):
                entities |= self._entities_at(path)
        if entities:
            self._reread(entities)

    def _is_own(self, path: Path) -> bool:
        stamp = self._own.get(path)
        try:
            return stamp is not None and stamp == stamp_of(path.stat())
        except OSError:
            return False

    def _entities_at(self, path: Path) -> set[str]:
        """The entities a changed path belongs to; events inside a folder made a moment ago are
        lost, so a fan-out folder stands for all in it."""
        parts = path.relative_to(self._layout.entities).parts
        if len(parts) >= 2:
            return {parts[1]} if is_entity_id(parts[1]) else set()
        if len(parts) == 1 and path.is_dir():
            return {entry.name for entry in path.iterdir() if is_entity_id(entry.name)}
        return set()
