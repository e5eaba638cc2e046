"""The sessions of a project: those that were, the one that goes on, and submitting it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..edit import Edit
from ..errors import EditError
from ..files import Stamp, stamp_of
from ..layout import ID_ALPHABET, ID_LENGTH, Layout
from ..shelf import Shelf
from . import alive
from .record import CLOSED, DONE, OPEN, RUNNING, Export, Session
from .tally import Tally

if TYPE_CHECKING:
    from ..project import Project
    from ..transaction import Change

MAX_FILE_BYTES = 1 << 20
EXPORT_FORMAT = "parquet"
_NAME = re.compile(r"([0-9]{8}-[0-9a-z]{1,32})\.json\Z")
# Edits are counted and written this long after the first of them: never while one waits for us.
_WRITE_AFTER_S = 5.0


class Sessions:
    """``project.sessions``. Nothing is recorded before :meth:`record`: a script that only reads, or
    that imports, is nobody's sitting. Every method may be called from any thread."""

    def __init__(self, project: Project, layout: Layout) -> None:
        self._project = project
        self._layout = layout
        self._shelf = Shelf(layout.sessions, layout.temporary, _NAME, MAX_FILE_BYTES)
        self._mutex = threading.RLock()
        self._stored: dict[str, Session] = {}
        self._unreadable: dict[str, str] = {}
        self._edits: deque[tuple[float, str, Edit]] = deque()
        self._tallies: dict[str, Tally] = {}  # by author
        self._unwritten: set[str] = set()  # authors whose file is behind
        self._written: dict[str, Stamp] = {}  # by session: our file, as long as it is ours
        self._locks: dict[str, int] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._ignore: Callable[[], None] = lambda: None

    # -- reading ----------------------------------------------------------------------------

    def all(self) -> list[Session]:
        """Every session of the project, the oldest first."""
        with self._mutex:
            self._refresh()
            stored = sorted(self._stored.values(), key=lambda s: (s.started, s.id))
        return [
            session.as_found(
                alive=session.id in self._locks or alive.is_held(self._lock(session.id)),
                exporting=alive.is_held(self._export_lock(session.id)),
            )
            for session in stored
        ]

    @property
    def problems(self) -> list[str]:
        """What could not be read, a sentence each."""
        with self._mutex:
            self._refresh()
            folder = self._layout.sessions
            return [f"{folder / name}: {why}." for name, why in sorted(self._unreadable.items())]

    def current(self, author: str | None = None) -> Session | None:
        """What the author has done in the session that goes on here, None before the first edit."""
        author = author or self._project.author
        with self._mutex:
            self._count()
            tally = self._tallies.get(author)
            return None if tally is None else tally.session(OPEN)

    def _refresh(self) -> None:
        for name, data in self._shelf.changed():
            session_id = name.removesuffix(".json")
            self._stored.pop(session_id, None)
            self._unreadable.pop(name, None)
            if data is None:
                continue
            try:
                if isinstance(data, ValueError):
                    raise data
                self._stored[session_id] = Session.from_json(session_id, data)
            except ValueError as error:
                self._unreadable[name] = str(error)

    # -- recording --------------------------------------------------------------------------

    def record(self) -> None:
        """Count what is edited through this project from now on, for each author. The file of a
        session is made by its first edit and written aside from the edits."""
        with self._mutex:
            if self._thread is not None or self._project.read_only:
                return
            self._ignore = self._project.subscribe(self._heard)
            self._thread = threading.Thread(target=self._run, name="reviewer-session", daemon=True)
            self._thread.start()

    def _heard(self, change: Change) -> None:
        if change.origin == "local":  # nothing more than this while the editor waits
            self._edits.append((time.time(), change.edit.author, change.edit))
            self._news.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait()
            self._stopping.wait(_WRITE_AFTER_S)
            self._news.clear()
            # a full disk must not end the counting: what is not written now is written later
            with contextlib.suppress(EditError):
                self.write()

    def write(self) -> None:
        """Bring what was counted into the sessions' files now; EditError when it cannot be."""
        with self._mutex:
            self._count()
            while self._unwritten:
                author = next(iter(self._unwritten))
                self._put(self._tallies[author].session(OPEN))
                self._unwritten.discard(author)

    def _count(self) -> None:
        by_author: dict[str, list[tuple[float, Edit]]] = {}
        while self._edits:
            at, author, edit = self._edits.popleft()
            by_author.setdefault(author, []).append((at, edit))
        for author, edits in by_author.items():
            tally = self._tallies.get(author)
            if tally is not None and not self._still_ours(tally.id):
                self._let_go(tally.id)  # a checkout took our file: branches must not both write it
                tally = None
            if tally is None:
                moment = datetime.fromtimestamp(edits[0][0], UTC)
                rest = "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
                session_id = f"{moment:%Y%m%d}-{rest}"
                video = self._project.record.pts_digest
                tally = self._tallies[author] = Tally(session_id, author, video, edits[0][0])
            tally.add(edits)
            self._unwritten.add(author)

    def _still_ours(self, session_id: str) -> bool:
        stamp = self._written.get(session_id)
        try:
            return stamp is None or stamp_of(self._file(session_id).stat()) == stamp
        except OSError:
            return False

    def _put(self, session: Session) -> None:
        if session.id not in self._locks:
            with contextlib.suppress(OSError):
                self._locks[session.id] = alive.hold(self._lock(session.id))
        self._shelf.write(f"{session.id}.json", session.to_json())
        with contextlib.suppress(OSError):
            self._written[session.id] = stamp_of(self._file(session.id).stat())

    def _let_go(self, session_id: str) -> None:
        self._written.pop(session_id, None)
        descriptor = self._locks.pop(session_id, None)
        if descriptor is not None:
            alive.release(descriptor, self._lock(session_id))

    def close(self) -> None:
        """End the sessions that go on here. Exports that were started go on by themselves."""
        self._ignore()
        self._stopping.set()
        self._news.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        with self._mutex:
            with contextlib.suppress(EditError):
                self._count()
                for tally in self._tallies.values():
                    if self._still_ours(tally.id):
                        self._put(tally.session(CLOSED))
            for tally in self._tallies.values():
                self._let_go(tally.id)
            self._tallies.clear()
            for child in self._children:
                child.poll()
                child.returncode = child.returncode or 0  # it outlives us: no warning about that

    # -- submitting -------------------------------------------------------------------------

    def submit(self, session_id: str | None = None, format: str = EXPORT_FORMAT) -> Session:
        """Mark a session done (the one that goes on here, unless its id is given) and start the
        final export in a process of its own, which goes on when this one ends. The next edit begins
        another session. EditError when there is nothing to submit."""
        from ..interchange.registry import find_format

        find_format(format)
        if self._project.read_only:
            raise EditError(f"The project is read-only: {self._project.read_only}")
        with self._mutex:
            self._count()
            session = self._to_submit(session_id)
            self._project.flush()
            ending = {"arrow": "arrow", "mot": "txt"}.get(format, format)
            export = Export(RUNNING, format, f"exports/{session.id}.{ending}")
            session = replace(session, state=DONE, export=export)
            lock = alive.hold(self._export_lock(session.id))
            self._put(session)
            self._let_go(session.id)
            for author in [a for a, t in self._tallies.items() if t.id == session.id]:
                del self._tallies[author]
                self._unwritten.discard(author)
            self._start(session, lock)
        return session

    def _to_submit(self, session_id: str | None) -> Session:
        for tally in self._tallies.values():
            if tally.id == session_id or (
                session_id is None and tally.author == self._project.author
            ):
                return tally.session(DONE)
        if session_id is None:
            raise EditError("There is nothing to submit: you have not edited anything yet.")
        found = next((each for each in self.all() if each.id == session_id), None)
        if found is None:
            raise EditError(f'There is no session "{session_id:.60}".')
        if found.state == OPEN:
            raise EditError("This session goes on elsewhere: submit it there, or close it first.")
        if found.export is not None and found.export.state == RUNNING:
            raise EditError("The export of this session is under way already.")
        return found

    def _start(self, session: Session, lock: int) -> None:
        command = [sys.executable, "-m", "reviewer.format.sessions.final"]
        command += [str(self._layout.root), session.id]
        handed: tuple[int, ...] = () if os.name == "nt" else (lock,)
        try:
            child = subprocess.Popen(
                [*command, *map(str, handed)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, pass_fds=handed, start_new_session=True,
            )  # fmt: skip
            self._children.append(child)
        except OSError as error:
            raise EditError(f"The export could not be started ({error.strerror}).") from None
        finally:
            os.close(lock)

    # -- files ------------------------------------------------------------------------------

    def _file(self, session_id: str) -> Path:
        return self._layout.sessions / f"{session_id}.json"

    def _lock(self, session_id: str) -> Path:
        return self._layout.local / "sessions" / session_id

    def _export_lock(self, session_id: str) -> Path:
        return self._layout.local / "sessions" / f"{session_id}.export"
