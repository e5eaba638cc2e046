"""Independently decodable stretches of a video, for a decoder elsewhere (the page's WebCodecs).

Fed to a freshly configured decoder in order, a unit's packets give exactly the unit's frames,
besides those marked as not to be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bitstream import h264_has_parameter_sets, hevc_has_parameter_sets, is_annexb
from .index import VideoIndex
from .numbering import Int32s
from .packets import PacketReader
from .scan import NONE


@dataclass(frozen=True, eq=False)
class UnitTable:
    """Units in order; together they show every frame exactly once.

    ``first_frame`` and ``frame_count`` int32: the frames that unit u must show. Its packets lie
    between the positions ``first_packet`` and ``last_packet`` (inclusive), and take ``bytes``.
    """

    first_frame: Int32s
    frame_count: Int32s
    first_packet: Int32s
    last_packet: Int32s
    bytes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first_frame)

    def unit_of(self, frame: int) -> int:
        """The unit that shows a frame."""
        return int(np.searchsorted(self.first_frame, frame, side="right")) - 1


@dataclass(frozen=True, eq=False)
class Unit:
    """The packets of one unit, in decode order."""

    frames: Int32s  # (k,) the frame of each packet; -1 for one to decode but not to show
    keys: npt.NDArray[np.bool_]  # (k,) decoding could begin here; the first is True if any can
    sizes: Int32s  # (k,) bytes
    data: bytes  # the packets, one after another


def make_table(index: VideoIndex) -> UnitTable:
    count = np.diff(index.start_frame, append=index.frame_count).astype(np.int32)
    # Up to the packet that is decoded last: with an open GOP that lies behind the next key.
    last = np.maximum.reduceat(index.frame_position, index.start_frame)
    ends = np.concatenate(([0], np.cumsum(index.packet_size)))
    return UnitTable(
        first_frame=index.start_frame,
        frame_count=count,
        first_packet=index.start_position,
        last_packet=last.astype(np.int32),
        bytes=ends[last + 1] - ends[index.start_position],
    )


def packet_positions(index: VideoIndex, table: UnitTable, unit: int) -> npt.NDArray[np.int64]:
    """Positions of a unit's packets: without the pictures that lead its own key.

    Those refer to the previous unit, which shows them; WebCodecs fails on them.
    """
    first, last = int(table.first_packet[unit]), int(table.last_packet[unit])
    positions = np.arange(first, last + 1)
    if index.by_output:
        frame = index.packet_frame[positions]
        leading = (frame >= 0) & (frame < table.first_frame[unit])
    else:
        pts = index.packet_pts[positions]
        leading = (pts < pts[0]) & (pts != NONE)
    if not index.start_key[unit]:
        leading[:] = False
    leading[0] = False
    kept: npt.NDArray[np.int64] = positions[~leading]
    return kept


def read_unit(index: VideoIndex, table: UnitTable, unit: int, reader: PacketReader) -> Unit:
    """Read a unit's packets. Raises VideoError if the file no longer gives them."""
    positions = packet_positions(index, table, unit)
    frames = index.packet_frame[positions].copy()
    first, count = int(table.first_frame[unit]), int(table.frame_count[unit])
    frames[(frames < first) | (frames >= first + count)] = -1
    keys = np.isin(positions, index.start_position[index.start_key != 0])
    chunks: list[bytes] = []
    reader.go_to(int(positions[0]))
    wanted = set(positions.tolist())
    while len(chunks) < len(positions):
        item = reader.next()
        if item is None:
            break
        if item[0] in wanted:
            chunks.append(bytes(item[1]))
    if chunks and _needs_parameter_sets(index, chunks[0]):
        chunks[0] = index.extradata + chunks[0]
    got = len(chunks)
    sizes = np.array([len(chunk) for chunk in chunks], np.int32)
    return Unit(frames[:got], keys[:got], sizes, b"".join(chunks))


def _needs_parameter_sets(index: VideoIndex, packet: bytes) -> bool:
    """Whether an Annex B stream leaves out, at this key, what a fresh decoder must know."""
    if not index.extradata or not is_annexb(index.extradata):
        return False
    if index.codec == "h264":
        return not h264_has_parameter_sets(packet)
    return index.codec == "hevc" and not hevc_has_parameter_sets(packet)
