"""Reading a video's packets from any position, certain of which packet each one is."""

from __future__ import annotations

from collections.abc import Iterator

import av.error
import numpy as np

from ..errors import VideoError
from .index import VideoIndex
from .scan import NONE
from .source import Source, VideoPacket, open_source, quoted

# Reading over a few packets is cheaper than seeking, and keeps the demuxer's buffer.
_SKIP_PACKETS = 64
# After a seek, packets whose timing was not settled yet may be unrecognisable; not so many, though.
_UNKNOWN_PACKETS = 32
# Containers whose index is by decoding time: seeking to a pts lands behind the key.
_SEEK_BY_DTS = {"mpegts", "mpeg", "flv", "live_flv"}


class PacketReader:
    """Packets in decode order from any position. Not thread-safe; owns an open file."""

    def __init__(self, index: VideoIndex, path: str) -> None:
        self._index = index
        self._path = path
        self._source: Source | None = None
        self._packets: Iterator[VideoPacket] = iter(())
        self._held: VideoPacket | None = None
        self._next = 0  # position of the packet that comes next
        self.seeks = 0

    @property
    def source(self) -> Source:
        if self._source is None:
            self._reopen()
        assert self._source is not None
        return self._source

    def close(self) -> None:
        self._packets = iter(())
        self._held = None
        if self._source is not None:
            self._source.close()
            self._source = None

    def next(self) -> tuple[int, VideoPacket] | None:
        """The next packet and its position; None at the end. Raises VideoError if it is not it."""
        if self._source is None:
            self._reopen()
        packet, self._held = self._held, None
        if packet is None:
            packet = self._read()
        position = self._next
        if packet is None or position >= len(self._index.packet_size):
            return None
        if packet.size != self._index.packet_size[position]:
            raise VideoError(
                f"{quoted(self._path)} was changed while it was open: close it and open it again."
            )
        self._next += 1
        return position, packet

    def go_to(self, position: int) -> bool:
        """Make ``position`` the packet that comes next. True if this took a seek.

        Raises VideoError if the packet cannot be found again.
        """
        if self._source is not None and 0 <= position - self._next <= _SKIP_PACKETS:
            while self._next < position and self.next() is not None:
                pass
            if self._next == position:
                return False
        self.seeks += 1
        for offset in self._offsets(position):
            if self._seek(offset, position):
                return True
        self._reopen()
        while self._next < position:
            if self.next() is None:
                raise VideoError(
                    f"{quoted(self._path)} ends earlier than when it was indexed: it was changed "
                    "or is damaged; open it again."
                )
        return True

    def _offsets(self, position: int) -> Iterator[int]:
        """Time stamps to try seeking to, the most promising first."""
        index = self._index
        by_dts = index.container in _SEEK_BY_DTS
        start = int(np.searchsorted(index.start_position, position, side="right")) - 1
        # The key itself, then earlier and earlier ones, for demuxers that land too late.
        for back in (0, 1, 2, 4, 8, 16, 32):
            if start - back < 0:
                break
            key = int(index.start_position[start - back])
            stamps = [int(index.packet_pts[key]), int(index.packet_dts[key])]
            for stamp in reversed(stamps) if by_dts else stamps:
                if stamp != NONE:
                    yield stamp

    def _seek(self, stamp: int, position: int) -> bool:
        """Seek to a time stamp, then read up to a position; False if that landed elsewhere."""
        source = self.source
        self._held = None
        try:
            source.container.seek(stamp, stream=source.stream)
        except (av.error.FFmpegError, OSError):
            return False
        self._packets = source.container.demux(source.stream)
        for _ in range(_UNKNOWN_PACKETS):
            packet = self._read()
            if packet is None:
                return False
            found = self._recognise(packet)
            if found is None:
                continue
            if found > position:
                return False
            self._held, self._next = packet, found
            while self._next < position:
                if self.next() is None:
                    return False
            return True
        return False

    def _recognise(self, packet: VideoPacket) -> int | None:
        index = self._index
        same = index.packet_size == packet.size
        if packet.pos is not None and packet.pos >= 0:
            exact = same & (index.packet_pos == packet.pos)
            found = np.flatnonzero(exact)
            if len(found) == 1:
                return int(found[0])
            same = exact if len(found) else same
        if packet.pts is not None:
            same = same & (index.packet_pts == packet.pts)
        elif packet.dts is not None:
            same = same & (index.packet_dts == packet.dts)
        else:
            return None
        found = np.flatnonzero(same)
        return int(found[0]) if len(found) == 1 else None

    def _read(self) -> VideoPacket | None:
        try:
            for packet in self._packets:
                if packet.size > 0:
                    return packet
        except (av.error.FFmpegError, OSError):
            pass
        return None

    def _reopen(self) -> None:
        self.close()
        source = open_source(self._path, self._index.stream)
        self._source = source
        self._packets = source.container.demux(source.stream)
        self._next = 0
