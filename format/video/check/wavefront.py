"""HEVC pictures whose rows are coded so that each can be decoded by itself (wavefronts).

A decoder with one thread reads such a picture in one go; one with several begins each row where
the slice header says that it begins. Of an intact picture both make the same. Bytes that were
changed decode to something in either way, often without a complaint, but rarely to the same.
"""

from __future__ import annotations

import zlib

import numpy as np
from av.video.frame import VideoFrame

from ..bitstream import _Bits as Bits
from ..bitstream import _payload, is_annexb, nal_units

_PPS = 34
_MOST_SETS = 64


def has_wavefronts(codec: str, extradata: bytes) -> bool:
    """Whether a stream's pictures may be decoded row by row; yes where it cannot be told."""
    if codec != "hevc":
        return False
    sets = [unit for unit in _parameter_sets(extradata) if (unit[0] >> 1) & 63 == _PPS]
    return not sets or any(_synchronises(Bits(_payload(unit)[2:])) for unit in sets)


def checksum(frame: VideoFrame) -> int:
    """Of all that is seen of a picture; never 0."""
    found = 0
    for plane in frame.planes:
        samples = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
        wide = (frame.format.components[0].bits + 7) // 8
        found = zlib.crc32(samples[:, : plane.width * wide].tobytes(), found)
    return found or 1


def _parameter_sets(extradata: bytes) -> list[memoryview]:
    """The units of an hvcC box (ISO/IEC 14496-15 8.3.3.1) or of an Annex B stream's head."""
    if is_annexb(extradata):
        return [unit for unit in nal_units(extradata, 0) if len(unit)][:_MOST_SETS]
    view, at, found = memoryview(extradata), 23, []
    for _ in range(view[22] if len(view) > 22 else 0):
        count = int.from_bytes(view[at + 1 : at + 3], "big")
        at += 3
        for _ in range(min(count, _MOST_SETS)):
            size = int.from_bytes(view[at : at + 2], "big")
            if unit := view[at + 2 : at + 2 + size]:
                found.append(unit)
            at += 2 + size
    return found[:_MOST_SETS]


def _synchronises(bits: Bits) -> bool:
    """entropy_coding_sync_enabled_flag of a picture parameter set (H.265 7.3.2.3.1)."""
    bits.golomb()
    bits.golomb()
    bits.read(7)  # dependent slices, output flag, extra bits, sign hiding, cabac_init
    for _ in range(3):  # default numbers of references, init_qp
        bits.golomb()
    bits.read(2)
    if bits.read(1):
        bits.golomb()
    bits.golomb()
    bits.golomb()
    bits.read(4)
    bits.read(1)  # tiles
    return bool(bits.read(1))
