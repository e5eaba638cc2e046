"""The index as a file: a derived cache, cheap to read and never believed.

Layout, little-endian: magic, version, length of the JSON header, crc32c of all that follows;
the JSON header; then each array of _ARRAYS at the next multiple of 8 bytes.
"""

from __future__ import annotations

import dataclasses
import os
import struct
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import orjson

from .index import VideoIndex
from .source import MAX_PIXELS, MAX_SIDE

_MAGIC = b"RVIX"
_VERSION = 2
_HEADER = struct.Struct("<4sIII")
_MAX_BYTES = 1 << 31
_MAX_JSON = 4 << 20
_ARRAYS = {
    "pts": ("<i8", "frames"),
    "frame_position": ("<i4", "frames"),
    "packet_frame": ("<i4", "packets"),
    "packet_pts": ("<i8", "packets"),
    "packet_dts": ("<i8", "packets"),
    "packet_pos": ("<i8", "packets"),
    "packet_size": ("<i8", "packets"),
    "start_position": ("<i4", "starts"),
    "start_frame": ("<i4", "starts"),
    "start_key": ("<i4", "starts"),
}
_FRACTIONS = ("time_base", "sample_aspect_ratio")


def write_index(index: VideoIndex, file: str | os.PathLike[str]) -> None:
    meta: dict[str, Any] = {
        field.name: getattr(index, field.name)
        for field in dataclasses.fields(index)
        if field.name not in _ARRAYS
    }
    for name in _FRACTIONS:
        meta[name] = [meta[name].numerator, meta[name].denominator]
    meta["extradata"] = index.extradata.hex()
    meta["counts"] = {
        "frames": len(index.pts),
        "packets": len(index.packet_size),
        "starts": len(index.start_position),
    }
    text = orjson.dumps(meta)
    body = bytearray(text)
    for name, (kind, _) in _ARRAYS.items():
        body += bytes(-(len(body) + _HEADER.size) % 8)
        body += getattr(index, name).astype(kind).tobytes()
    head = _HEADER.pack(_MAGIC, _VERSION, len(text), google_crc32c.value(bytes(body)))
    target = Path(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=target.name, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(head)
            out.write(body)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_index(
    file: str | os.PathLike[str], video_path: str | os.PathLike[str]
) -> VideoIndex | None:
    try:
        video = Path(video_path).stat()
        with Path(file).open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > _MAX_BYTES:
                return None
            data = stream.read()
        return _parse(data, video)
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, struct.error):
        return None


def _parse(data: bytes, video: os.stat_result) -> VideoIndex | None:
    magic, version, length, crc = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION or length > _MAX_JSON:
        return None
    if google_crc32c.value(data[_HEADER.size :]) != crc:
        return None
    meta = orjson.loads(data[_HEADER.size : _HEADER.size + length])
    if meta["size"] != video.st_size or meta["mtime_ns"] != video.st_mtime_ns:
        return None
    counts = meta.pop("counts")
    at = _HEADER.size + length
    for name, (kind, dimension) in _ARRAYS.items():
        at += -at % 8
        # Raises ValueError when the file is shorter than its header claims.
        array = np.frombuffer(data, kind, counts[dimension], at)
        at += array.nbytes
        meta[name] = array
    for name in _FRACTIONS:
        meta[name] = Fraction(*meta[name])
    meta["extradata"] = bytes.fromhex(meta["extradata"])
    names = {field.name for field in dataclasses.fields(VideoIndex)}
    if set(meta) != names:
        return None
    index = VideoIndex(**meta)
    return index if at == len(data) and _is_sound(index) else None


def _is_sound(index: VideoIndex) -> bool:
    """Whether numbers that are used as subscripts and sizes are in range."""
    frames, packets = len(index.pts), len(index.packet_size)
    return bool(
        frames
        and 0 <= index.stream < index.streams
        and len(index.start_frame)
        and 0 < index.coded_width <= MAX_SIDE
        and 0 < index.coded_height <= MAX_SIDE
        and index.coded_width * index.coded_height <= MAX_PIXELS
        and index.rotation in (0, 90, 180, 270)
        and index.time_base > 0
        and (np.diff(index.pts) > 0).all()
        and index.frame_position.min() >= 0
        and index.frame_position.max() < packets
        and index.packet_frame.min() >= -1
        and index.packet_frame.max() < frames
        and (index.packet_frame[index.frame_position] == np.arange(frames)).all()
        and index.packet_size.min() > 0
        and index.start_position.min() >= 0
        and index.start_position.max() < packets
        and index.start_frame[0] == 0
        and (np.diff(index.start_frame) > 0).all()
        and index.start_frame[-1] < frames
    )
