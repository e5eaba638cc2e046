"""One chunk of a keyframe array, and the metadata of such an array.

Zarr v3 (https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html): regular chunks, codecs
``bytes`` (little endian), ``zstd`` level 3 with content size, ``crc32c`` (RFC 3720, appended as 4
little-endian bytes); chunk keys ``c.<time>.0``.
"""

from __future__ import annotations

import math
from typing import Any

import google_crc32c
import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from .kinds import Kind, Rows

MAX_CHUNK_FRAMES = 1 << 20
MAX_METADATA_BYTES = 1 << 20

_DATA_TYPES = {"<f8": "float64", "|i1": "int8", "<i4": "int32", "<i8": "int64"}
_CODECS = [
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "zstd", "configuration": {"level": 3, "checksum": False}},
    {"name": "crc32c"},
]


class DamagedChunk(ValueError):
    """A chunk or its array's metadata is not what the format says; the message says why."""


def crc32c(data: bytes) -> int:
    """CRC-32C of the bytes."""
    return int(google_crc32c.value(data))


def dump_json(value: Any) -> bytes:
    """Metadata as it is written: indented for diffs, one ending newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def compress(data: bytes) -> bytes:
    """zstd level 3 with content size, crc32c behind: always the same bytes for the same data."""
    packed = zstandard.ZstdCompressor(level=3).compress(data)
    return packed + crc32c(packed).to_bytes(4, "little")


def decompress(data: bytes, expected: int) -> bytes:
    """Undo :func:`compress`; DamagedChunk unless exactly ``expected`` bytes come out."""
    if len(data) < 5:
        raise DamagedChunk("it is cut short")
    packed, check = data[:-4], int.from_bytes(data[-4:], "little")
    if crc32c(packed) != check:
        raise DamagedChunk("its checksum does not match")
    try:
        size = zstandard.frame_content_size(packed)
        if size not in (-1, expected):
            raise DamagedChunk(f"it unpacks to {size} bytes and not {expected}")
        out = zstandard.ZstdDecompressor().decompress(packed, max_output_size=expected)
    except zstandard.ZstdError as error:
        raise DamagedChunk(f"it cannot be unpacked ({error})") from None
    if len(out) != expected:
        raise DamagedChunk(f"it unpacks to {len(out)} bytes and not {expected}")
    return out


def encode_chunk(rows: Rows) -> bytes:
    """A whole chunk ``(chunk_frames, columns)`` as its file's bytes."""
    if rows.dtype.kind == "f":
        rows = np.where(np.isnan(rows), np.nan, rows + 0.0)  # one NaN and one zero
    return compress(np.ascontiguousarray(rows).tobytes())


def decode_chunk(data: bytes, kind: Kind, chunk_frames: int) -> Rows:
    """The rows ``(chunk_frames, columns)`` of a chunk file; DamagedChunk says what is wrong."""
    raw = decompress(data, chunk_frames * kind.columns * kind.dtype.itemsize)
    return np.frombuffer(raw, kind.dtype).reshape(chunk_frames, kind.columns)


def chunk_name(chunk: int) -> str:
    """The file of the chunk of that number along time."""
    return f"c.{chunk}.0"


def array_metadata(
    shape: tuple[int, ...],
    chunk: tuple[int, ...],
    dtype: np.dtype[Any],
    fill: float,
    names: list[str],
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
            "fill_value": "NaN" if math.isnan(fill) else int(fill),
            "codecs": _CODECS,
            "attributes": {},
            "dimension_names": names,
            "storage_transformers": [],
        }
    )


def keyframe_array_metadata(kind: Kind, frame_count: int) -> tuple[bytes, int]:
    """``zarr.json`` of a new keyframe array, and its chunk length in frames."""
    chunk_frames = min(kind.chunk_frames, frame_count)
    shape, chunk = (frame_count, kind.columns), (chunk_frames, kind.columns)
    return (
        array_metadata(shape, chunk, kind.dtype, kind.fill, ["frame", "column"]),
        chunk_frames,
    )


def check_keyframe_array(data: bytes, kind: Kind, frame_count: int) -> int:
    """The chunk length in frames that a keyframe array's ``zarr.json`` states; DamagedChunk when
    it is not an array of our profile."""
    try:
        meta = orjson.loads(data)
        chunk_frames, columns = meta["chunk_grid"]["configuration"]["chunk_shape"]
        separator = meta["chunk_key_encoding"]["configuration"]["separator"]
        codecs = [codec["name"] for codec in meta["codecs"]]
        order = meta["codecs"][0].get("configuration", {}).get("endian", "little")
        fill = meta["fill_value"]
        found = (meta["shape"], meta["data_type"], columns, separator, codecs, order)
    except (orjson.JSONDecodeError, AttributeError, LookupError, TypeError, ValueError):
        raise DamagedChunk("its zarr.json is not the metadata of a keyframe array") from None
    data_type = _DATA_TYPES[kind.dtype.str]
    shape, ours = [frame_count, kind.columns], ["bytes", "zstd", "crc32c"]
    wanted = (shape, data_type, kind.columns, ".", ours, "little")
    for name, have, want in zip(
        ("shape", "data type", "chunk columns", "chunk key separator", "codecs", "byte order"),
        found,
        wanted,
        strict=True,
    ):
        if have != want:
            raise DamagedChunk(f"its {name} is {str(have)[:80]} and not {want}")
    if fill != ("NaN" if math.isnan(kind.fill) else int(kind.fill)):
        raise DamagedChunk(f"its fill value is {str(fill)[:40]} and not {kind.fill}")
    if not isinstance(chunk_frames, int) or not 1 <= chunk_frames <= MAX_CHUNK_FRAMES:
        raise DamagedChunk(f"its chunks of {str(chunk_frames)[:40]} frames are out of range")
    return chunk_frames


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
