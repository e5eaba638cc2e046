"""Decoding any frame, exactly, with as little decoding as possible."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from pathlib import Path

from av.video.frame import VideoFrame

from ..errors import VideoError
from .index import VideoIndex
from .numbering import decode_tagged, prepare
from .packets import PacketReader
from .source import quoted

# Reordering and frame threads together hold back far fewer frames than this.
_MAX_DELAY_PACKETS = 128
# Decoding on is as cheap as seeking when it is at most this far to the next start.
_NEAR_PACKETS = 8
# On the way to a frame, pictures that no other refers to are not decoded, but for the last few.
_KEEP_FRAMES = 8
# A step this short backwards is likely to be followed by others.
_STEP_BACK_FRAMES = 8

# So many later frames come out without it: then a frame does not come at all. Codecs present up to
# 16 pictures earlier than they are decoded.
_LOST_AFTER_FRAMES = 20
_MAX_AHEAD_BYTES = 256 << 20
_MOST_SKIPPED = 10_000

_SIGNED_CODECS = {"h264", "mpeg4"}


def frame_bytes(frame: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in frame.planes)


class UndecodableError(VideoError):
    """This frame gives no picture; others may."""


class FrameCache:
    """Decoded frames by number, least recently used leave first; bounded in bytes. Thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._mutex = threading.Lock()
        self._limit = limit_bytes
        self._bytes = 0
        self._frames: OrderedDict[int, VideoFrame] = OrderedDict()

    def get(self, number: int) -> VideoFrame | None:
        with self._mutex:
            frame = self._frames.get(number)
            if frame is not None:
                self._frames.move_to_end(number)
            return frame

    def put(self, number: int, frame: VideoFrame) -> None:
        with self._mutex:
            old = self._frames.pop(number, None)
            if old is not None:
                self._bytes -= frame_bytes(old)
            self._frames[number] = frame
            self._bytes += frame_bytes(frame)
            while self._bytes > self._limit and len(self._frames) > 1:
                _, evicted = self._frames.popitem(last=False)
                self._bytes -= frame_bytes(evicted)

    @property
    def size_bytes(self) -> int:
        return self._bytes

    @property
    def room(self) -> int:
        """How many frames of the usual size fit."""
        return self._limit * len(self._frames) // self._bytes if self._bytes else 0

    def clear(self) -> None:
        with self._mutex:
            self._frames.clear()
            self._bytes = 0


class FrameDecoder:
    """Decoded pictures (not upright, in the codec's pixel format) by frame number.

    Keeps decoding where it stands while frames are asked for in order; otherwise begins at the
    start before the frame, and keeps what it passes on the way, so that scrubbing backwards
    decodes a GOP once if it fits the cache. Not thread-safe, but for `at_hand`.
    """

    def __init__(self, index: VideoIndex, path: str, cache_bytes: int) -> None:
        self._index = index
        self.path = Path(path)
        self._reader = PacketReader(index, path)
        self._cache = FrameCache(cache_bytes)
        self._pending: deque[VideoFrame] = deque()  # came out together, not yet looked at
        # What came out while a lost frame was waited for: all that did from _ahead_from on.
        self._ahead: dict[int, VideoFrame] = {}
        self._ahead_from = 0
        self._running = False
        self._drained = False
        self._floor = 0  # frames before this one come out wrong since the last start
        self._latest = -1  # the furthest frame that came out since then
        self._fed = 0  # position of the next packet to decode
        self._lost: set[int] = set()  # frames found to be undecodable
        self._skipped: set[int] = set()  # that did not come in their turn since the last start
        self._target = 0  # the frame asked for last
        self._keep_from = 0  # frames before this one need not come, unless others refer to them
        self._careful = False  # the data turned out to be damaged
        self._well = True  # nothing that came out since the last start was damaged

    @property
    def seeks(self) -> int:
        """How often the file was sought in, for tests and diagnostics."""
        return self._reader.seeks

    @property
    def cache_bytes(self) -> int:
        return self._cache.size_bytes

    def close(self) -> None:
        self._pending.clear()
        self._ahead.clear()
        self._cache.clear()
        self._running = False
        self._reader.close()

    def at_hand(self, number: int) -> VideoFrame | None:
        """The picture of a frame if it is decoded already. From any thread, also while another
        decodes."""
        frame = self._cache.get(number)
        if frame is not None:
            self._target = number
        return frame

    def read(self, number: int, *, passing: bool = False) -> VideoFrame:
        """The picture of a frame. Raises VideoError if it cannot be decoded. ``passing`` says that
        none before it will be asked for: on the way to it, what can be left out is."""
        frame = self._cache.get(number) or self._ahead.get(number)
        last, self._target = self._target, number
        if frame is not None:
            return frame
        if number in self._lost:
            raise self._damaged(number)
        start = self._index.start_of(number)
        self._aim(number, last, passing)
        waiting = bool(self._ahead) and number >= self._ahead_from
        if not waiting and not self._reachable(number, int(self._index.start_position[start])):
            self._begin(start)
        found = self._run_to(number)
        if not self._well and not self._careful:
            # With frame threads, what comes of damaged data depends on luck. Without them it is
            # what every plain decoder shows, and nothing that can be decoded is lost.
            self._careful = True
            self.close()
            self._begin(start)
            found = self._run_to(number)
        if found is None and self._floor != self._index.start_frame[start]:
            # What was damaged before may have upset the decoder: its own key may put it right.
            self._begin(start)
            found = self._run_to(number)
        if found is None:
            self._lost.add(number)
            # All of them came before what was waited for, if they came at all.
            self._lost.update(n for n in self._skipped if n < number)
            raise self._damaged(number)
        return found

    def warm(self, number: int) -> None:
        """Decode a frame that is likely to be asked for soon, if those before it stay at hand."""
        target, room = self._target, self._cache.room
        if room and number - target >= room:
            return
        try:
            self.read(number)
        finally:
            if self._target == number:
                self._target = target  # nobody went there

    def is_lost(self, number: int) -> bool:
        """Whether a frame is known to give no picture."""
        return number in self._lost

    def _aim(self, number: int, last: int, passing: bool) -> None:
        """Settle how much before a frame is decoded in full: some for a step back, and for somebody
        who goes backwards as much as can be remembered."""
        if passing:
            self._keep_from = number
            return
        back = 0 < last - number <= _STEP_BACK_FRAMES
        keep = max(_KEEP_FRAMES, self._cache.room - 1) if back else _KEEP_FRAMES
        self._keep_from = number - keep

    def _run_to(self, number: int) -> VideoFrame | None:
        """Decode on until a frame comes out; None if it does not or all is to be done again."""
        position = int(self._index.frame_position[number])
        self._ahead = {n: frame for n, frame in self._ahead.items() if n > number}
        self._ahead_from = number
        if self._came_without():
            return None
        while self._well or self._careful:
            while self._pending:
                frame = self._pending.popleft()
                found = self._number_of(frame)
                if found < self._floor:
                    continue
                if self._careful and self._latest + 1 < found <= self._latest + _MOST_SKIPPED:
                    self._skipped.update(range(self._latest + 1, found))
                self._skipped.discard(found)
                self._latest = max(self._latest, found)
                self._cache.put(found, frame)
                if found == number:
                    return frame
                if found > number:
                    self._ahead[found] = frame
                    if self._came_without():
                        self._well = False
                        return None
            if self._drained or self._fed > position + _MAX_DELAY_PACKETS:
                # Perhaps an error took it along, unseen.
                self._well = False
                return None
            self._feed()
        return None

    def _came_without(self) -> bool:
        """Whether so much has come out after the frame waited for that it will not come."""
        held = sum(frame_bytes(frame) for frame in self._ahead.values())
        return len(self._ahead) > _LOST_AFTER_FRAMES or held > _MAX_AHEAD_BYTES

    def _reachable(self, number: int, start_position: int) -> bool:
        return (
            self._running
            and number >= self._floor
            and number > self._latest
            and start_position <= self._fed + _NEAR_PACKETS
        )

    def _begin(self, start: int) -> None:
        self._pending.clear()
        self._ahead.clear()
        self._running = False
        position = int(self._index.start_position[start])
        context = self._reader.source.codec_context
        if not context.is_open:
            prepare(context, self._careful)
            self._show_encoder(position)
        self._reader.go_to(position)
        context = self._reader.source.codec_context  # another one if the file had to be reopened
        if context.is_open:
            context.flush_buffers()
        else:
            prepare(context, self._careful)
        self._fed = position
        self._skipped.clear()
        self._floor = int(self._index.start_frame[start])
        self._latest = self._floor - 1
        self._drained = False
        self._running = self._well = True

    def _show_encoder(self, position: int) -> None:
        """Let a fresh decoder see the first packet, whatever it will begin with.

        Encoders sign only that one, and FFmpeg decodes the streams of some versions of x264 (in
        4:4:4) and of Xvid and DivX differently to make up for their errors.
        """
        if position == 0 or self._index.codec not in _SIGNED_CODECS:
            return
        self._reader.go_to(0)
        item = self._reader.next()
        if item is not None:
            context = self._reader.source.codec_context
            decode_tagged(context, item[1], item[0])
            decode_tagged(context, None, 0)

    def _feed(self) -> None:
        item = self._reader.next()
        context = self._reader.source.codec_context
        if item is None:
            self._drained = True
            frames, well = decode_tagged(context, None, self._fed)
        else:
            self._fed = item[0] + 1
            frame = int(self._index.packet_frame[item[0]])
            skipped = 0 <= frame < self._keep_from and not self._careful
            context.skip_frame = "NONREF" if skipped else "DEFAULT"
            frames, well = decode_tagged(context, item[1], item[0])
        self._pending.extend(frames)
        self._well = self._well and well

    def _number_of(self, frame: VideoFrame) -> int:
        tag = frame.pts
        if tag is None or not 0 <= tag < len(self._index.packet_frame):
            return -1
        return int(self._index.packet_frame[tag])

    def _damaged(self, number: int) -> VideoError:
        return UndecodableError(
            f"Frame {number} of {quoted(self.path)} cannot be decoded because its data is "
            f"damaged: look at another frame, or get an intact copy of the file."
        )
