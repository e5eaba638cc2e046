"""Rows as bytes and back: little-endian numbers, or texts in Zarr's ``vlen-utf8`` layout (uint32
count, then for each text its uint32 length and its UTF-8 bytes). Used by chunks, journal and cache.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import numpy as np

from .kinds import Kind, Rows

_U32 = struct.Struct("<I")
_F8 = np.dtype("<f8")
_NAN = float("nan")
_FEW_NUMBERS = 64
_NOT_ZERO = re.compile(rb"[^\0]")


def rows_to_bytes(rows: Rows, kind: Kind) -> bytes:
    """``(n, columns)`` rows as bytes: the same rows always give the same bytes."""
    if kind.is_text:
        return _texts_to_bytes(rows[:, 0])
    if rows.size <= _FEW_NUMBERS and kind.dtype == _F8:  # an edit by hand, too few for NumPy
        numbers = rows.ravel().tolist()
        return struct.pack(f"<{rows.size}d", *[x + 0.0 if x == x else _NAN for x in numbers])
    if rows.dtype.kind == "f":
        rows = np.where(np.isnan(rows), np.nan, rows + 0.0)  # one NaN and one zero
    return np.ascontiguousarray(rows, kind.dtype).tobytes()


def rows_from_bytes(data: bytes | memoryview, count: int, kind: Kind) -> Rows:
    """Undo :func:`rows_to_bytes` for ``count`` rows; ValueError unless the bytes are just those."""
    if kind.is_text:
        return _texts_from_bytes(bytes(data), count)
    if len(data) != count * kind.columns * kind.dtype.itemsize:
        raise ValueError(f"{len(data)} bytes are not {count} rows")
    return np.frombuffer(data, kind.dtype).reshape(count, kind.columns)


def _texts_to_bytes(texts: Any) -> bytes:
    parts = [_U32.pack(len(texts))]
    done = 0
    for index in np.flatnonzero(texts != "").tolist():
        encoded = texts[index].encode()
        parts += [bytes(4 * (index - done)), _U32.pack(len(encoded)), encoded]
        done = index + 1
    parts.append(bytes(4 * (len(texts) - done)))
    return b"".join(parts)


def _texts_from_bytes(data: bytes, count: int) -> Rows:
    rows = np.full((count, 1), "", dtype=object)
    if len(data) < 4 or _U32.unpack_from(data)[0] != count:
        raise ValueError("a wrong number of texts")
    position, index = 4, 0
    while index < count:
        # most are empty, four zero bytes each: go to the next that is not
        hit = _NOT_ZERO.search(data, position)
        empty = count - index if hit is None else min((hit.start() - position) // 4, count - index)
        position, index = position + 4 * empty, index + empty
        if index == count:
            break
        (length,) = _U32.unpack_from(data, position)
        stop = position + 4 + length
        if stop > len(data):
            raise ValueError("a text that ends too early")
        rows[index, 0] = data[position + 4 : stop].decode()
        position, index = stop, index + 1
    if position != len(data):
        raise ValueError("bytes behind the last text")
    return rows
