"""One chunk of a keyframe array, and the metadata of such an array.

Zarr v3 (https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html): regular chunks, codecs
``bytes`` (little endian), ``zstd`` level 3 with content size, ``crc32c`` (RFC 3720, appended as 4
little-endian bytes); chunk keys ``c.<time>.0``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import google_crc32c
import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from .kinds import BUILT_IN, KINDS, Kind, Rows, companion_kind, kind_of_token
from .rowbytes import rows_from_bytes, rows_to_bytes

MAX_CHUNK_FRAMES = 1 << 20
MAX_METADATA_BYTES = 1 << 20
MAX_TEXT_CHUNK_BYTES = 256 << 20

_DATA_TYPES = {"<f8": "float64", "|i1": "int8", "<i4": "int32", "<i8": "int64", "|O": "string"}
_NUMBER_CODEC = {"name": "bytes", "configuration": {"endian": "little"}}
_TEXT_CODEC = {"name": "vlen-utf8"}
_PACKING = [
    {"name": "zstd", "configuration": {"level": 3, "checksum": False}},
    {"name": "crc32c"},
]


class DamagedChunk(ValueError):
    """A chunk or its array's metadata is not what the format says; the message says why."""


def crc32c(data: bytes | memoryview, before: int = 0) -> int:
    """CRC-32C of the bytes, behind those whose CRC is ``before``."""
    if not isinstance(data, bytes):
        # the library takes the memory of an array without a copy, but not that of a memoryview
        data = np.frombuffer(data, np.uint8) if len(data) else b""  # type: ignore[assignment]
    return int(google_crc32c.extend(before, data))


def dump_json(value: Any) -> bytes:
    """Metadata as it is written: indented for diffs, one ending newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def compress(data: bytes) -> bytes:
    """zstd level 3 with content size, crc32c behind: always the same bytes for the same data."""
    packed = zstandard.ZstdCompressor(level=3).compress(data)
    return packed + crc32c(packed).to_bytes(4, "little")


def decompress(data: bytes, expected: int | None) -> bytes:
    """Undo :func:`compress`; DamagedChunk unless exactly ``expected`` bytes come out (None: any
    number up to a bound)."""
    if len(data) < 5:
        raise DamagedChunk("it is cut short")
    packed, check = data[:-4], int.from_bytes(data[-4:], "little")
    if crc32c(packed) != check:
        raise DamagedChunk("its checksum does not match")
    limit = MAX_TEXT_CHUNK_BYTES if expected is None else expected
    try:
        size = zstandard.frame_content_size(packed)
        if size > limit or (expected is not None and size not in (-1, expected)):
            raise DamagedChunk(f"it unpacks to {size} bytes and not {limit}")
        out = zstandard.ZstdDecompressor().decompress(packed, max_output_size=limit)
    except zstandard.ZstdError as error:
        raise DamagedChunk(f"it cannot be unpacked ({error})") from None
    if expected is not None and len(out) != expected:
        raise DamagedChunk(f"it unpacks to {len(out)} bytes and not {expected}")
    return out


def encode_chunk(rows: Rows, kind: Kind) -> bytes:
    """A whole chunk ``(chunk_frames, columns)`` as its file's bytes."""
    return compress(rows_to_bytes(rows, kind))


def decode_chunk(data: bytes, kind: Kind, chunk_frames: int) -> Rows:
    """The rows ``(chunk_frames, columns)`` of a chunk file; DamagedChunk says what is wrong."""
    if kind.is_text:
        raw = decompress(data, None)
    else:
        raw = decompress(data, chunk_frames * kind.columns * kind.dtype.itemsize)
    try:
        return rows_from_bytes(raw, chunk_frames, kind)
    except ValueError as error:
        raise DamagedChunk(f"it holds {error}") from None


def chunk_name(chunk: int) -> str:
    """The file of the chunk of that number along time."""
    return f"c.{chunk}.0"


def array_metadata(
    shape: tuple[int, ...],
    chunk: tuple[int, ...],
    dtype: np.dtype[Any],
    fill: Any,
    names: list[str],
    attributes: dict[str, Any],
) -> bytes:
    """``zarr.json`` of an array of our profile; dimensions are named."""
    return dump_json(
        {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(shape),
            "data_type": _DATA_TYPES[dtype.str],
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
            "fill_value": _fill_json(fill),
            "codecs": [_TEXT_CODEC if dtype.kind == "O" else _NUMBER_CODEC, *_PACKING],
            "attributes": attributes,
            "dimension_names": names,
            "storage_transformers": [],
        }
    )


def _fill_json(fill: Any) -> Any:
    return "NaN" if isinstance(fill, float) and math.isnan(fill) else fill


def keyframe_array_metadata(kind: Kind, frame_count: int) -> tuple[bytes, int]:
    """``zarr.json`` of a new keyframe array, and its chunk length in frames."""
    chunk_frames = min(kind.chunk_frames, frame_count)
    shape, chunk = (frame_count, kind.columns), (chunk_frames, kind.columns)
    named = {"kind": kind.token}
    metadata = array_metadata(shape, chunk, kind.dtype, kind.fill, ["frame", "column"], named)
    return metadata, chunk_frames


@lru_cache(maxsize=64)  # the arrays of a project have few different ones
def read_keyframe_array(data: bytes, name: str, frame_count: int) -> tuple[Kind, int]:
    """The kind and the chunk length in frames that a keyframe array's ``zarr.json`` states;
    DamagedChunk when it is not an array of our profile. The attribute ``kind`` decides; without it
    the property's name, or the data type."""
    try:
        meta = orjson.loads(data)
        chunk_frames, columns = meta["chunk_grid"]["configuration"]["chunk_shape"]
        separator = meta["chunk_key_encoding"]["configuration"]["separator"]
        codecs = [codec["name"] for codec in meta["codecs"]]
        order = meta["codecs"][0].get("configuration", {}).get("endian", "little")
        fill, shape, data_type = meta["fill_value"], meta["shape"], meta["data_type"]
        token = meta.get("attributes", {}).get("kind") or _likely_kind(name, shape, data_type)
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError):
        raise DamagedChunk("its zarr.json is not the metadata of a keyframe array") from None
    try:
        kind = kind_of_token(token) if isinstance(token, str) else kind_of_token("")
    except ValueError as error:
        raise DamagedChunk(f"its kind is unknown: {error}") from None
    ours = ["vlen-utf8" if kind.is_text else "bytes", "zstd", "crc32c"]
    for what, have, want in (
        ("shape", shape, [frame_count, kind.columns]),
        ("data type", data_type, _DATA_TYPES[kind.dtype.str]),
        ("chunk columns", columns, kind.columns),
        ("chunk key separator", separator, "."),
        ("codecs", codecs, ours),
        ("byte order", order, "little"),
        ("fill value", fill, _fill_json(kind.fill)),
    ):
        if have != want:
            raise DamagedChunk(f"its {what} is {str(have)[:80]} and not {want}")
    if not isinstance(chunk_frames, int) or not 1 <= chunk_frames <= MAX_CHUNK_FRAMES:
        raise DamagedChunk(f"its chunks of {str(chunk_frames)[:40]} frames are out of range")
    return kind, chunk_frames


def _likely_kind(name: str, shape: Any, data_type: Any) -> str:
    """What an array without the attribute is: what its name or its numbers say."""
    if (companion := companion_kind(name)) is not None:
        return companion.token
    if name in BUILT_IN and name in KINDS:
        return name
    if name == "points":
        return f"points:{int(shape[1]) // 3}"
    by_type = {"int32": "choice", "int8": "boolean", "float64": "number", "string": "text"}
    return by_type.get(data_type, "")


def group_metadata(attributes: dict[str, Any]) -> bytes:
    """``zarr.json`` of a group."""
    return dump_json({"zarr_format": 3, "node_type": "group", "attributes": attributes})


def encode_pts(pts: NDArray[np.int64], chunk: int) -> list[bytes]:
    """The chunk files of the array of all pts, the last one padded with zeros."""
    out = []
    for start in range(0, len(pts), chunk):
        part = np.zeros(chunk, "<i8")
        piece = pts[start : start + chunk]
        part[: len(piece)] = piece
        out.append(compress(part.tobytes()))
    return out
