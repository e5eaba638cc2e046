"""A packed copy of all keyframes that opens in milliseconds. Derived, checked against the store's
files (every inode, mtime and size), and safe to delete at any time.

Layout: ``RVKC``, uint32 length of the body, uint32 crc32c of the body; body: uint32 length of a
JSON header, the header, then the arrays it lists, one behind the other, little endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .codec import crc32c
from .edit import Attributes
from .files import open_plain, write_atomically
from .keyframes import Keyframes, Packed
from .kinds import Kind, kind_of_token
from .rowbytes import rows_from_bytes, rows_to_bytes
from .store import StoredEntity

_MAGIC = b"RVKC"
_HEAD = struct.Struct("<4sQI")
_VERSION = 2
_MAX_BYTES = 4 << 30


@dataclass(slots=True)
class CachedEntity:
    """An entity's place in the packed tables, good while its files have this signature."""

    signature: str
    attributes: Attributes
    index: int


@dataclass(slots=True)
class KeyframeCache:
    """What was in the store when it was last read whole."""

    entities: dict[str, CachedEntity]
    tables: dict[tuple[str, Kind], Packed]

    def changed(self, signatures: Mapping[str, str]) -> list[str] | None:
        """Entities whose files are not as they were, None when there are others than it holds."""
        if self.entities.keys() != signatures.keys():
            return None
        return [e for e, cached in self.entities.items() if signatures[e] != cached.signature]

    def entity(self, entity_id: str, signature: str) -> StoredEntity | None:
        """The entity, if its files are still as they were."""
        cached = self.entities.get(entity_id)
        if cached is None or cached.signature != signature:
            return None
        keyframes = {}
        for key, packed in self.tables.items():
            start, stop = packed.offsets[cached.index], packed.offsets[cached.index + 1]
            if stop > start:
                keyframes[key] = Keyframes(packed.frames[start:stop], packed.rows[start:stop])
        return StoredEntity(cached.attributes, keyframes)


def write_cache(
    path: Path,
    temporary: Path,
    frame_count: int,
    signatures: Mapping[str, str],
    attributes: Mapping[str, Attributes],
    tables: Mapping[tuple[str, Kind], Packed],
) -> None:
    """Write the cache; the i-th entity of ``attributes`` is the i-th of every table. Entities
    without a signature (damaged ones) are read from the store each time."""
    pieces: list[bytes | memoryview] = []
    header = {
        "version": _VERSION,
        "frame_count": frame_count,
        "entities": [
            [entity, signatures.get(entity, ""), item.to_json()]
            for entity, item in attributes.items()
        ],
        "tables": [],
    }
    for (name, kind), packed in tables.items():
        rows = rows_to_bytes(packed.rows, kind) if kind.is_text else _memory(packed.rows)
        header["tables"].append(  # type: ignore[attr-defined]
            [name, kind.token, len(packed.frames), len(rows)]
        )
        pieces += [_memory(packed.offsets), _memory(packed.frames), rows]
    head = orjson.dumps(header)
    pieces[:0] = [struct.pack("<I", len(head)), head]
    check = 0
    for piece in pieces:
        check = crc32c(piece, check)
    length = sum(map(len, pieces))
    write_atomically(path, [_HEAD.pack(_MAGIC, length, check), *pieces], temporary)


def _memory(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


class _Reader:
    """Takes arrays off a file, into memory of their own: nothing is held twice."""

    def __init__(self, file: RawIOBase, size: int) -> None:
        self._file, self._left = file, size
        self.check = 0

    def take(self, count: int) -> memoryview:
        """The next ``count`` bytes; ValueError when there are not so many."""
        if not 0 <= count <= self._left:
            raise ValueError("it ends too early")
        self._left -= count
        data = memoryview(bytearray(count))
        done = 0
        while done < count:
            got = self._file.readinto(data[done:])
            if not got:
                raise ValueError("it ends too early")
            done += got
        self.check = crc32c(data, self.check)
        return data


def read_cache(path: Path, frame_count: int) -> KeyframeCache | None:
    """The cache, or None when there is none, it is damaged, or from another version."""
    try:
        with open_plain(path, _MAX_BYTES) as file:
            return _read(file, os.fstat(file.fileno()).st_size, frame_count)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None


def _read(file: RawIOBase, size: int, frame_count: int) -> KeyframeCache | None:
    magic, length, check = _HEAD.unpack(_Reader(file, size).take(_HEAD.size))
    if magic != _MAGIC or length != size - _HEAD.size:
        return None
    reader = _Reader(file, length)
    (head_length,) = struct.unpack("<I", reader.take(4))
    header = orjson.loads(reader.take(head_length))
    if header["version"] != _VERSION or header["frame_count"] != frame_count:
        return None
    count = len(header["entities"])
    tables: dict[tuple[str, Kind], Packed] = {}
    for name, token, keyframes, rows in header["tables"]:
        kind = kind_of_token(token)
        tables[name, kind] = Packed(
            np.frombuffer(reader.take(8 * (count + 1)), "<i8"),
            np.frombuffer(reader.take(8 * keyframes), "<i8"),
            rows_from_bytes(reader.take(rows), keyframes, kind),
        )
    if reader.check != check:
        return None
    entities = {
        entity: CachedEntity(signature, Attributes.from_json(item), index)
        for index, (entity, signature, item) in enumerate(header["entities"])
    }
    return KeyframeCache(entities, tables)
