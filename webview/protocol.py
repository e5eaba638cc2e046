"""Binary messages to the page: one container, a function for each message on each side.

Layout, little-endian, every array at a multiple of 8 bytes so that the page only lays
typed-array views over the buffer (``static/protocol.js`` is the other side)::

    0   4 bytes   magic: which message this is
    4   uint16    version of the layout
    6   uint16    number of arrays, n
    8   uint32    length of the JSON header in bytes
    12  uint32    length of the whole message in bytes
    16  n times   uint32 element type, uint32 element count
    ..            JSON header, then the arrays, each padded with zeros to 8 bytes
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

VERSION = 2
TIMES = b"RVTM"
UNITS = b"RVUT"
UNIT = b"RVUP"
WINDOW = b"RVWN"
OVERVIEW = b"RVOV"
LIVES = b"RVLV"
LANES = b"RVLN"

_HEADER = struct.Struct("<4sHHII")
_ENTRY = struct.Struct("<II")
_TYPES = {1: "<u1", 2: "<i2", 3: "<u2", 4: "<i4", 5: "<u4", 6: "<f4", 7: "<f8"}
_CODES = {np.dtype(name): code for code, name in _TYPES.items()}


@dataclass(frozen=True)
class Message:
    """A decoded message: ``arrays`` are read-only views of the buffer it came from."""

    magic: bytes
    header: dict[str, Any]
    arrays: list[np.ndarray]


@dataclass(frozen=True)
class WindowColumn:
    """One property in a window: what the page must know of it, and its arrays by name; see
    ``windows.py``."""

    header: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


def _pad(length: int) -> int:
    return -length % 8


def encode(magic: bytes, header: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> bytes:
    """One message. The arrays are flattened; their dtypes must be among the seven of the layout."""
    meta = orjson.dumps(header)
    entries: list[bytes] = []
    parts: list[bytes | memoryview] = [meta, bytes(_pad(len(meta)))]
    for array in arrays:
        flat = np.ascontiguousarray(array).reshape(-1)
        flat = flat.astype(flat.dtype.newbyteorder("<"), copy=False)
        entries.append(_ENTRY.pack(_CODES[flat.dtype], flat.size))
        parts.append(flat.view(np.uint8).data)
        parts.append(bytes(_pad(flat.nbytes)))
    total = _HEADER.size + _ENTRY.size * len(entries) + sum(len(part) for part in parts)
    head = _HEADER.pack(magic, VERSION, len(entries), len(meta), total)
    return b"".join([head, *entries, *parts])


def decode(data: bytes, magic: bytes) -> Message:
    """The inverse of `encode`. ValueError when the message is another one, cut or malformed."""
    if len(data) < _HEADER.size:
        raise ValueError("message shorter than its header")
    found, version, count, meta_length, total = _HEADER.unpack_from(data)
    if found != magic or version != VERSION:
        raise ValueError(f"expected {magic!r} version {VERSION}, got {found!r} version {version}")
    if total != len(data):
        raise ValueError(f"message says {total} bytes but has {len(data)}")
    at = _HEADER.size + _ENTRY.size * count
    header = orjson.loads(data[at : at + meta_length])
    at += meta_length + _pad(meta_length)
    arrays = []
    for i in range(count):
        code, size = _ENTRY.unpack_from(data, _HEADER.size + _ENTRY.size * i)
        array = np.frombuffer(data, dtype=_TYPES[code], count=size, offset=at)
        arrays.append(array)
        at += array.nbytes + _pad(array.nbytes)
    return Message(magic, header, arrays)


def encode_times(seconds: np.ndarray) -> bytes:
    """float64 seconds of each frame, the first frame at 0."""
    return encode(TIMES, {}, [np.asarray(seconds, np.float64)])


def encode_units(first_frame: np.ndarray, frame_count: np.ndarray) -> bytes:
    """Where each unit's own frames start and how many it must show, int32."""
    return encode(UNITS, {}, [first_frame.astype(np.int32), frame_count.astype(np.int32)])


def encode_unit(
    frames: np.ndarray, keys: np.ndarray, sizes: np.ndarray, data: bytes | memoryview
) -> bytes:
    """Packets in decode order: frame index int32 (-1 = decode, do not show), key flag, size."""
    return encode(
        UNIT,
        {},
        [
            frames.astype(np.int32),
            keys.astype(np.uint8),
            sizes.astype(np.uint32),
            np.frombuffer(data, np.uint8),
        ],
    )


def encode_window(
    *,
    revision: int,
    first: int,
    offsets: np.ndarray,
    entity: np.ndarray,
    presence: np.ndarray,
    columns: Sequence[WindowColumn],
) -> bytes:
    """The engine's values for the frames ``first .. first + len(offsets) - 2``.

    ``offsets`` (frames+1) gives each frame's range of rows; ``entity`` is the page's entity
    index; ``presence`` the store's codes (1 present, 2 occluded).
    """
    described: list[dict[str, Any]] = []
    arrays = [offsets.astype(np.uint32), entity.astype(np.uint32), presence.astype(np.uint8)]
    for column in columns:
        names = list(column.arrays)
        described.append({**column.header, "arrays": names})
        arrays += [column.arrays[name] for name in names]
    header = {
        "revision": revision,
        "first": first,
        "frames": len(offsets) - 1,
        "rows": len(entity),
        "columns": described,
    }
    return encode(WINDOW, header, arrays)


def encode_overview(revision: int, keyframes: np.ndarray, present: np.ndarray) -> bytes:
    """Per bin of the whole video: number of keyframes (uint32) and of entities there (float32)."""
    return encode(
        OVERVIEW,
        {"revision": revision},
        [keyframes.astype(np.uint32), present.astype(np.float32)],
    )


def encode_lives(
    revision: int,
    entity: np.ndarray,
    first: np.ndarray,
    stop: np.ndarray,
    keyframes: np.ndarray,
) -> bytes:
    """For each entity (the page's index): first frame, frame after the last, keyframes; uint32."""
    columns = (entity, first, stop, keyframes)
    return encode(LIVES, {"revision": revision}, [column.astype(np.uint32) for column in columns])


def encode_lanes(
    revision: int,
    first: int,
    stop: int,
    entity: np.ndarray,
    span_offsets: np.ndarray,
    starts: np.ndarray,
    stops: np.ndarray,
    presence: np.ndarray,
    mark_offsets: np.ndarray,
    marks: np.ndarray,
) -> bytes:
    """Lanes of some entities on ``[first, stop)``: each one's range of spans and of keyframe marks,
    as in `encode_window`; frames uint32, presence as the store's codes."""
    header = {"revision": revision, "first": first, "stop": stop}
    arrays = [
        *(a.astype(np.uint32) for a in (entity, span_offsets, starts, stops)),
        presence.astype(np.uint8),
        *(a.astype(np.uint32) for a in (mark_offsets, marks)),
    ]
    return encode(LANES, header, arrays)
