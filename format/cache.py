"""A packed copy of all keyframes that opens in milliseconds. Derived, checked against the store's
files (every inode, mtime and size), and safe to delete at any time.

Layout: ``RVKC``, uint32 length of the body, uint32 crc32c of the body; body: uint32 length of a
JSON header, the header, then the arrays it lists, one behind the other, little endian.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from .codec import crc32c
from .edit import Attributes
from .files import read_bounded, write_atomically
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

    def entity(self, entity_id: str, signature: bytes) -> StoredEntity | None:
        """The entity, if its files are still as they were."""
        cached = self.entities.get(entity_id)
        if cached is None or cached.signature != digest(signature):
            return None
        keyframes = {}
        for key, packed in self.tables.items():
            start, stop = packed.offsets[cached.index], packed.offsets[cached.index + 1]
            if stop > start:
                keyframes[key] = Keyframes(packed.frames[start:stop], packed.rows[start:stop])
        return StoredEntity(cached.attributes, keyframes)


def digest(signature: bytes) -> str:
    """A short form of a store signature."""
    return hashlib.blake2b(signature, digest_size=16).hexdigest()


def write_cache(
    path: Path,
    temporary: Path,
    frame_count: int,
    signatures: Mapping[str, bytes],
    attributes: Mapping[str, Attributes],
    tables: Mapping[tuple[str, Kind], Packed],
) -> None:
    """Write the cache; the i-th entity of ``attributes`` is the i-th of every table. Entities
    without a signature (damaged ones) are read from the store each time."""
    arrays: list[bytes] = []
    header = {
        "version": _VERSION,
        "frame_count": frame_count,
        "entities": [
            [entity, digest(signatures[entity]) if entity in signatures else "", item.to_json()]
            for entity, item in attributes.items()
        ],
        "tables": [],
    }
    for (name, kind), packed in tables.items():
        rows = rows_to_bytes(packed.rows, kind)
        header["tables"].append(  # type: ignore[attr-defined]
            [name, kind.token, len(packed.frames), len(rows)]
        )
        arrays += [packed.offsets.tobytes(), packed.frames.tobytes(), rows]
    head = orjson.dumps(header)
    body = b"".join([struct.pack("<I", len(head)), head, *arrays])
    data = _HEAD.pack(_MAGIC, len(body), crc32c(body)) + body
    write_atomically(path, data, temporary)


def read_cache(path: Path, frame_count: int) -> KeyframeCache | None:
    """The cache, or None when there is none, it is damaged, or from another version."""
    try:
        data = read_bounded(path, _MAX_BYTES)
        magic, length, check = _HEAD.unpack_from(data)
        body = memoryview(data)[_HEAD.size :]
        if magic != _MAGIC or length != len(body) or crc32c(bytes(body)) != check:
            return None
        (head_length,) = struct.unpack_from("<I", body)
        header = orjson.loads(body[4 : 4 + head_length])
        if header["version"] != _VERSION or header["frame_count"] != frame_count:
            return None
        position = 4 + head_length
        count = len(header["entities"])
        tables: dict[tuple[str, Kind], Packed] = {}
        for name, token, keyframes, length in header["tables"]:
            kind = kind_of_token(token)
            parts = []
            for size in (8 * (count + 1), 8 * keyframes, length):
                parts.append(body[position : position + size])
                position += size
            tables[name, kind] = Packed(
                np.frombuffer(parts[0], "<i8"),
                np.frombuffer(parts[1], "<i8"),
                rows_from_bytes(parts[2], keyframes, kind),
            )
        entities = {
            entity: CachedEntity(signature, Attributes.from_json(item), index)
            for index, (entity, signature, item) in enumerate(header["entities"])
        }
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
    return KeyframeCache(entities, tables)
