"""What the outermost structure of a file tells, with no more than a few reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_BOXES = 1 << 16
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", 0x18538067


@dataclass(frozen=True)
class Outside:
    """What there is to see without demuxing."""

    kind: str = ""  # mp4, matroska, avi or ""
    missing_bytes: int = 0  # that the file's own sizes promise beyond its end
    index_missing: bool = False  # an mp4 with media data but no moov box
    fragmented: bool = False
    faststart: bool = False  # the index comes before the media data


def look(path: Path) -> Outside:
    """Look at a file from outside. Raises OSError; anything unexpected is simply not known."""
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(12)
        if head[:4] == _EBML:
            return _matroska(file, size)
        if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            return _avi(file, size)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp"):
            return _mp4(file, size)
    return Outside()


def _mp4(file: BinaryIO, size: int) -> Outside:
    at, missing = 0, 0
    names: list[bytes] = []
    for _ in range(_MAX_BOXES):
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            missing = 8 - len(header) if header else 0
            break
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:  # up to the end of the file
            length = size - at
        if length < 8:
            break
        names.append(name)
        at += length
        if at >= size:
            missing = at - size
            break
    return Outside(
        "mp4",
        missing,
        index_missing=b"moov" not in names,
        fragmented=b"moof" in names,
        faststart=b"moov" in names and (b"mdat" not in names or _first(names)),
    )


def _first(names: list[bytes]) -> bool:
    return names.index(b"moov") < names.index(b"mdat")


def _avi(file: BinaryIO, size: int) -> Outside:
    at = 0
    for _ in range(_MAX_BOXES):  # over 1 GB a file consists of several RIFF chunks
        file.seek(at)
        header = file.read(8)
        length = int.from_bytes(header[4:8], "little")
        if header[:4] != b"RIFF" or not length:
            break
        at += 8 + length + length % 2
        if at >= size:
            # A last odd chunk is often written without its padding.
            return Outside("avi", at - size if at - size > 1 else 0)
    return Outside("avi")


def _matroska(file: BinaryIO, size: int) -> Outside:
    at = 0
    for _ in range(16):
        file.seek(at)
        header = file.read(16)
        if len(header) < 2 or not header[0]:
            break
        id_length = 9 - header[0].bit_length()
        identifier = int.from_bytes(header[:id_length], "big")
        marker = header[id_length] if id_length < len(header) else 0
        if not marker:
            break
        size_length = 9 - marker.bit_length()
        raw = int.from_bytes(header[id_length : id_length + size_length], "big")
        length = raw & ((1 << (7 * size_length)) - 1)
        unknown = length == (1 << (7 * size_length)) - 1
        end = at + id_length + size_length + length
        if identifier == _SEGMENT:
            return Outside("matroska", 0 if unknown else max(0, end - size))
        at = end
    return Outside("matroska")
