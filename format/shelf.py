"""A folder of small JSON files that several processes and git add to: read once each, and again
only when their stamps say so."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from .errors import EditError
from .files import Stamp, read_bounded, stamp_of, write_atomically

MAX_FILES = 200_000
# A folder's time may stand still for as long as this while files are added to it.
_SAME_TICK_S = 2.0


class Shelf:
    """The plain files of one folder whose names match ``pattern``."""

    def __init__(self, folder: Path, temporary: Path, pattern: re.Pattern[str], limit: int) -> None:
        self.folder = folder
        self._temporary = temporary
        self._pattern = pattern
        self._limit = limit
        self._stamps: dict[str, Stamp] = {}
        self._seen: tuple[int, float] | None = None  # the folder's time, and when we looked
        self.overfull = False

    def changed(self) -> Iterator[tuple[str, Any]]:
        """Each file that is new, gone or other since the last call: its name, and its JSON, None
        where it is gone, or the ValueError that says why it cannot be read."""
        now = time.time()
        try:
            folder_time = self.folder.stat().st_mtime_ns
        except OSError:
            folder_time = -1
        if self._seen is not None and self._seen[0] == folder_time:
            settled = self._seen[1] - folder_time / 1e9 > _SAME_TICK_S
            if settled or folder_time < 0:
                return
        self._seen = (folder_time, now)
        found = self._scan()
        for name in [name for name in self._stamps if name not in found]:
            del self._stamps[name]
            yield name, None
        for name, stamp in found.items():
            if self._stamps.get(name) != stamp:
                self._stamps[name] = stamp
                yield name, self._read(name)

    def _scan(self) -> dict[str, Stamp]:
        found: dict[str, Stamp] = {}
        self.overfull = False
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if not self._pattern.match(entry.name):
                        continue
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    if not stat.S_ISREG(status.st_mode):
                        continue  # links are never followed
                    if len(found) >= MAX_FILES:
                        self.overfull = True
                        break
                    found[entry.name] = stamp_of(status)
        except OSError:
            return {}
        return found

    def _read(self, name: str) -> Any:
        try:
            return orjson.loads(read_bounded(self.folder / name, self._limit))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            return ValueError(f"it cannot be read ({reason})")

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Put a file in place, durable on return; EditError when it cannot be written."""
        data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        if len(data) > self._limit:
            raise EditError(f"This is too long: it can have at most {self._limit >> 10} KiB.")
        try:
            write_atomically(self.folder / name, data, self._temporary)
        except OSError as error:
            raise EditError(
                f"This was not saved: {self.folder / name} cannot be written ({error.strerror}). "
                f"Free some space or check the disk, then try again."
            ) from None
