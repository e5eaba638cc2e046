"""Writing files so that a crash leaves the old content or the new, never half of one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import time
from collections.abc import Sequence
from io import FileIO, RawIOBase
from pathlib import Path
from typing import NamedTuple


class Stamp(NamedTuple):
    """What tells one state of a file from another without reading it."""

    inode: int
    mtime_ns: int
    size: int


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp in a ``stat`` result."""
    return Stamp(status.st_ino, status.st_mtime_ns, status.st_size)


# Above this many files one sync of everything is cheaper than one fsync for each.
_SYNC_EACH = 64
_ABANDONED_S = 3600.0
_MAKER = "[0-9a-f]{8}-[0-9]+-[0-9a-f]{16}"  # as _me() and a random part


class AtomicBatch:
    """Files written beside their place and renamed into it together by :meth:`commit`.

    ``stamps`` maps each written path to its stamp, taken before the rename, so that a watcher can
    tell its own process's writes from others'.
    """

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self._staged: list[tuple[Path | None, Path]] = []
        self.stamps: dict[Path, Stamp] = {}

    def stage(self, path: Path, *pieces: bytes | memoryview) -> None:
        """Write ``pieces``, one behind the other, to a temporary file that :meth:`commit` will
        rename to ``path``."""
        self._temporary.mkdir(parents=True, exist_ok=True)
        temporary = self._temporary / f"{_me()}-{secrets.token_hex(8)}.tmp"
        self._staged.append((temporary, path))
        with open(temporary, "xb", buffering=0) as file:
            for piece in pieces:
                _write_all(file, piece)
            if len(self._staged) <= _SYNC_EACH:
                os.fsync(file.fileno())
            self.stamps[path] = stamp_of(os.fstat(file.fileno()))

    def remove(self, path: Path) -> None:
        """Let :meth:`commit` remove a file, after what was staged before and before what is staged
        later."""
        self._staged.append((None, path))

    def commit(self) -> None:
        """Make all staged files durable at their places; OSError leaves every place whole."""
        many = len(self._staged) > _SYNC_EACH and hasattr(os, "sync")
        if many:
            os.sync()
        parents: set[Path] = set()
        for temporary, path in self._staged:
            if temporary is None:
                path.unlink(missing_ok=True)
                parents.add(path.parent)
                continue
            if not path.parent.exists():
                for parent in reversed(path.parent.parents):
                    if not parent.exists():
                        parents.add(parent.parent)
                path.parent.mkdir(parents=True, exist_ok=True)
                parents.add(path.parent.parent)
            temporary.replace(path)
            parents.add(path.parent)
        if many:
            os.sync()
        else:
            for parent in parents:
                sync_directory(parent)
        self._staged.clear()

    def discard(self) -> None:
        """Remove what was staged and not committed."""
        for temporary, _ in self._staged:
            with contextlib.suppress(OSError):
                if temporary is not None:
                    temporary.unlink()
        self._staged.clear()


def _me() -> str:
    """This machine and process, as temporary files name who writes them."""
    machine = hashlib.blake2b(platform.node().encode(), digest_size=4).hexdigest()
    return f"{machine}-{os.getpid()}"


def remove_abandoned(temporary: Path) -> None:
    """Remove temporary files of processes that have died: those of this machine at once, others
    when they are so old that nobody can still be writing them."""
    with contextlib.suppress(OSError):
        for path in temporary.iterdir():
            if path.suffix == ".tmp":
                with contextlib.suppress(OSError):
                    old = path.lstat().st_mtime < time.time() - _ABANDONED_S
                    if old or _is_of_the_dead(path.name):
                        path.unlink()


def temporary_beside(target: Path, suffix: str) -> Path:
    """A new hidden name beside ``target`` for what is to take its place. Clears away what processes
    of this machine left there under such names when they died."""
    # short enough for every file system, whatever the target's name
    stem = target.name.encode("utf-8", "ignore")[:80].decode("utf-8", "ignore")
    start = f".{stem}."
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            name = entry.name.removeprefix(start)
            ours = name != entry.name and re.fullmatch(_MAKER + re.escape(suffix), name)
            if ours and _is_of_the_dead(name):
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        Path(entry.path).unlink()
    return target.with_name(f"{start}{_me()}-{secrets.token_hex(8)}{suffix}")


def _is_of_the_dead(name: str) -> bool:
    """Whether a temporary file's name begins with a process of this machine that is no more."""
    maker, _, rest = name.partition("-")
    return maker == _me().partition("-")[0] and _is_dead(rest.partition("-")[0])


def _is_dead(process: str) -> bool:
    if os.name == "nt" or not process.isdecimal():  # asking would end it there
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _write_all(file: RawIOBase, data: bytes | memoryview) -> None:
    """A disk that is nearly full, or a very large piece, takes a part and says so in a number."""
    rest = memoryview(data)
    while len(rest):
        rest = rest[file.write(rest) or 0 :]


def write_atomically(
    path: Path, data: bytes | Sequence[bytes | memoryview], temporary: Path
) -> None:
    """One file, durable on return; ``data`` may come in pieces."""
    batch = AtomicBatch(temporary)
    try:
        batch.stage(path, *([data] if isinstance(data, bytes) else data))
        batch.commit()
    finally:
        batch.discard()


def sync_directory(path: Path) -> None:
    """Make renames in a folder durable; a no-op where folders cannot be opened (Windows)."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if os.name == "nt":
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def open_plain(path: str | Path, limit: int) -> FileIO:
    """A file open for reading, unbuffered; ValueError when it is larger than ``limit`` or not a
    plain file."""
    # a named pipe must not make us wait for whoever writes to it
    file = open(path, "rb", buffering=0, opener=_open_at_once)  # noqa: SIM115  the caller closes it
    status = os.fstat(file.fileno())
    problem = None
    if not stat.S_ISREG(status.st_mode):
        problem = f"{path} is not a plain file"
    elif status.st_size > limit:
        problem = f"{path} is {status.st_size} bytes, over the limit of {limit}"
    if problem:
        file.close()
        raise ValueError(problem)
    return file


def read_bounded(path: str | Path, limit: int) -> bytes:
    """A file's bytes; ValueError when it is larger than ``limit`` or not a plain file."""
    with open_plain(path, limit) as file:
        return file.read(os.fstat(file.fileno()).st_size + 1)
