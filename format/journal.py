"""The journal: every edit, durable before it is acknowledged, in one order for all processes.

``.reviewer/journal/00000001.log`` and so on. Each file starts with ``RVJ1``, four zero bytes; then
records: length uint32, crc32c uint32, payload. A payload is one letter and a body: ``E`` an edit,
``C`` a checkpoint (body: uint64, the offset in this file through which every edit is in the store),
``R`` a change of the video that renumbers the frames: everything before it is in the store,
``I`` ids of edits in files that may be gone (body: text, one a line), so that none is done twice.
A writer holds the exclusive lock, so a record cut short is what a crash left; it is cut off. A next
file is begun only when the last one holds 16 MiB.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from .codec import crc32c
from .errors import EditError, ProjectError
from .files import write_atomically

_MAGIC = b"RVJ1\0\0\0\0"
_HEAD = struct.Struct("<II")
_ROTATE_BYTES = 16 << 20
_KEPT_FILES = 4
# At the beginning of a file, ids of edits in former ones take at most this share of its size.
_IDS_SHARE = 16
MAX_RECORD_BYTES = (2 << 30) - 1

EDIT, CHECKPOINT, REMAP, IDS = b"E", b"C", b"R", b"I"


class Position(NamedTuple):
    """A place in the journal: file number and byte offset just behind a record."""

    file: int
    offset: int


class Record(NamedTuple):
    """One record: where it ends, its letter, its body."""

    end: Position
    type: bytes
    body: bytes


def since_remap(records: list[Record]) -> list[Record]:
    """Without what came before the last change of video: that is in the store, and speaks of
    frames by other numbers."""
    remaps = [place for place, record in enumerate(records) if record.type == REMAP]
    return records[remaps[-1] :] if remaps else records


class FileLock:
    """An exclusive lock between processes, also between the threads of this one."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "ab")  # noqa: SIM115  held for the project's life
        self._mutex = threading.RLock()
        self._depth = 0

    def __enter__(self) -> FileLock:
        self._mutex.acquire()
        self._depth += 1
        if self._depth == 1:
            _lock(self._file.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            _unlock(self._file.fileno())
        self._mutex.release()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


if os.name == "nt":
    import msvcrt

    def _lock(descriptor: int) -> None:
        while True:
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
                return

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_sync_data = getattr(os, "fdatasync", os.fsync)


def _begin_writing(descriptor: int, start: int, length: int) -> None:
    """Have a stretch of a file brought to the disk while we go on, so that a sync soon after has
    less to wait for. Linux does so when told that nobody will read it; elsewhere this says little.
    """
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):
            os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)


class Journal:
    """Reads what others append, appends, and makes appended records durable in groups."""

    def __init__(self, folder: Path, *, writable: bool) -> None:
        self._folder = folder
        self._writable = writable
        self._file = -1  # descriptor
        self._closed = False
        self._sync_lock = threading.Lock()
        self._synced = Position(0, 0)
        numbers = self.numbers()
        if not numbers and writable:
            folder.mkdir(parents=True, exist_ok=True)
            self._create(1)
            numbers = [1]
        self.position = Position(0, 0)
        if numbers:
            self._open(numbers[-1])

    def numbers(self) -> list[int]:
        """The numbers of the journal's files, ascending."""
        if not self._folder.is_dir():
            return []
        names = (path.name for path in self._folder.glob("*.log"))
        numbers = (int(n[:8]) for n in names if len(n) == 12 and n[:8].isdecimal())
        return sorted(number for number in numbers if self._exists(number))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}.log"

    def _exists(self, number: int) -> bool:
        try:
            # a power cut may keep a new file's name and lose its content
            return self._path(number).stat().st_size >= len(_MAGIC)
        except OSError:
            return False

    def _create(self, number: int) -> None:
        write_atomically(self._path(number), _MAGIC, self._folder)

    def _open(self, number: int) -> None:
        flags = (os.O_RDWR if self._writable else os.O_RDONLY) | getattr(os, "O_BINARY", 0)
        file = os.open(self._path(number), flags)
        ours = os.pread(file, len(_MAGIC), 0) == _MAGIC
        old, self._file = (self._file, file) if ours else (file, self._file)
        if old >= 0:
            os.close(old)
        if not ours:
            raise ProjectError(
                f"The journal {self._path(number)} is not one this reviewer wrote; move it away "
                f"to open the project without the edits it holds."
            )
        self.position = Position(number, len(_MAGIC))

    def read_new(self) -> Iterator[Record]:
        """Complete records behind :attr:`position`, which moves along, into newer files too."""
        if self._file < 0 and not self._closed and (numbers := self.numbers()):
            with contextlib.suppress(ProjectError, OSError):
                self._open(numbers[0])  # there was none yet when this reader came
        while self._file >= 0:
            head = os.pread(self._file, _HEAD.size, self.position.offset)
            length, check = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
            if not 1 <= length <= MAX_RECORD_BYTES:
                if not self._next_file():
                    return
                continue
            payload = os.pread(self._file, length, self.position.offset + _HEAD.size)
            if len(payload) < length or crc32c(payload) != check:
                return
            end = Position(self.position.file, self.position.offset + _HEAD.size + length)
            self.position = end
            yield Record(end, payload[:1], payload[1:])

    def _next_file(self) -> bool:
        newer = self.position.file + 1
        if os.fstat(self._file).st_size > self.position.offset or not self._exists(newer):
            return False
        self._open(newer)
        return True

    def has_news(self) -> bool:
        """Whether something lies behind :attr:`position` (cheap enough to ask often)."""
        if self._file < 0:
            return not self._closed and bool(self.numbers())
        ours = os.fstat(self._file)
        if ours.st_size > self.position.offset:
            return True
        if ours.st_nlink == 0:
            return bool(self.numbers())
        # asked for at every edit, where looking for a file would be most of what it costs
        return ours.st_size >= _ROTATE_BYTES and self._exists(self.position.file + 1)

    @property
    def left_behind(self) -> bool:
        """Whether others began so many new files that ours was removed before we read on: what
        was in between is in the store and can no longer be read here."""
        if self._file < 0:
            return self.numbers()[:1] > [1]
        return self._file >= 0 and os.fstat(self._file).st_nlink == 0 and bool(self.numbers())

    def start_over(self) -> None:
        """Go to the beginning of the newest file."""
        self._open(self.numbers()[-1])

    def append(self, kind: bytes, body: bytes) -> Position:
        """Write one record behind the last; the lock is held and all news were read.

        EditError when it cannot be written (a full disk); the journal is then as it was.
        """
        payload = kind + body
        if len(payload) > MAX_RECORD_BYTES:
            raise EditError("This change is over 2 GiB; make it in several smaller ones.")
        data = _HEAD.pack(len(payload), crc32c(payload)) + payload
        start = self.position.offset
        ours = os.fstat(self._file) if self._file >= 0 else None
        if ours is None or ours.st_nlink == 0:
            raise EditError(
                f"The change was not saved: {self._folder} was removed while the project was open. "
                f"Open the project again."
            )
        try:
            if ours.st_size > start:
                os.ftruncate(self._file, start)  # what a crashed writer left
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], start + written)
            _begin_writing(self._file, start, written)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, start)
            raise EditError(
                f"The change was not saved: {self._path(self.position.file)} cannot be written "
                f"({error.strerror}). Free some space or check the disk, then try again."
            ) from None
        self.position = Position(self.position.file, start + len(data))
        return self.position

    def sync(self, through: Position) -> None:
        """Make every record up to ``through`` durable; calls that overlap share one sync."""
        with self._sync_lock:
            if self._synced >= through:
                return
            target = self.position
            try:
                _sync_data(self._file)
            except OSError as error:
                raise EditError(
                    f"The change may be lost: {self._path(through.file)} could not be made durable "
                    f"({error.strerror}). Check the disk before going on."
                ) from None
            self._synced = target

    def rotate(self, ids: Iterable[str]) -> None:
        """Begin a new file when this one has grown large; the lock is held and every edit is in
        the store. A few old files stay, for undo; of older ones the last of ``ids``, those of all
        edits so far, are kept."""
        if self.position.offset < _ROTATE_BYTES:
            return
        known = "\n".join(ids).encode()
        if len(known) > _ROTATE_BYTES // _IDS_SHARE:
            known = known[-(_ROTATE_BYTES // _IDS_SHARE) :].partition(b"\n")[2]
        with self._sync_lock:
            _sync_data(self._file)
            self._create(self.position.file + 1)
            self._open(self.position.file + 1)
            self._synced = self.position
        with contextlib.suppress(EditError):  # a full disk: then old edits are forgotten
            self.append(IDS, known)
        for number in self.numbers()[:-_KEPT_FILES]:
            self._path(number).unlink(missing_ok=True)

    def history(self) -> Iterator[Record]:
        """All records kept, of every file, up to :attr:`position`."""
        for number in self.numbers():
            if number > self.position.file:
                return
            reader = Journal.__new__(Journal)
            reader._folder, reader._writable = self._folder, False
            reader._file, reader._closed = -1, False
            try:
                reader._open(number)
                for record in reader.read_new():
                    if record.end > self.position or record.end.file != number:
                        break
                    yield record
            finally:
                reader.close()

    def close(self) -> None:
        """Give the file back."""
        self._closed = True
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
