"""Decoding everything, and noting whatever does not go as it should.

With frame threads decoding is fast, but nobody can tell which packet a complaint belongs to. So
the file is decoded fast first, and the stretches in which anything was odd once more, without.
Where the pictures can be decoded in two ways, both are tried (wavefront.py).
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av.error
import av.logging
import numpy as np
from av.video.frame import VideoFrame

from ..index import VideoIndex
from ..numbering import Int32s, prepare
from ..scan import Throttle
from ..source import Source, VideoPacket, open_source
from .demux import Bools
from .logs import Line, listening
from .pictures import Pictures
from .wavefront import checksum, has_wavefronts

# Reordering and frame threads together hold back fewer packets than this.
_DELAY_PACKETS = 128
_MAX_MESSAGES = 200
_MAX_SHAPES = 64
_HARMLESS = re.compile(
    r"deprecated pixel format|Late SEI|Increasing reorder buffer|packed (xvid|B)|exceeds max \("
    r"|SEI type|Invalid UE golomb|unknown SEI|VUI|co located POCs|mmco: unref|first frame is no key"
)
# Warnings that do tell of damage.
_TELLING = re.compile(
    r"missing|conceal|damaged|corrupt|Discarding interframe|not available|invalid|truncated", re.I
)
_CONCEALING = re.compile(r"concealing (\d+) DC")
_ABOUT_REFERENCES = re.compile(r"reference|missing|gap|mmco|POC|no frame", re.I)


@dataclass(frozen=True)
class Event:
    """Something that went wrong while a packet was decoded."""

    position: int  # of the packet
    lost: bool  # no picture came of it
    about_references: bool  # what it complains about lies before it


Shape = tuple[int, int, str]  # width, height, pixel format


@dataclass
class Decoded:
    """What decoding revealed."""

    pictures: Pictures
    events: list[Event] = field(default_factory=list)
    came: Bools = field(default_factory=lambda: np.zeros(0, bool))  # by frame
    concealed: Bools = field(default_factory=lambda: np.zeros(0, bool))  # by frame
    disordered: Bools = field(default_factory=lambda: np.zeros(0, bool))  # by frame
    interlaced: Bools = field(default_factory=lambda: np.zeros(0, bool))  # by frame
    shape: Int32s = field(default_factory=lambda: np.zeros(0, np.int32))  # by frame, in shapes
    shapes: list[Shape] = field(default_factory=list)
    messages: Counter[str] = field(default_factory=Counter)


def decode(path: Path, index: VideoIndex, report: Callable[[float], None]) -> Decoded:
    """Decode all frames. ``report`` takes the share done. Raises VideoError and OSError."""
    run = _Run(path, index)
    first = 0.4 if run.two_ways else 0.8
    run.fast(lambda share: report(first * share))
    if run.two_ways:
        run.by_rows(lambda share: report(0.4 + 0.4 * share))
    if run.odd.any():
        run.careful(lambda share: report(0.8 + 0.2 * share))
    return run.result


class _Run:
    def __init__(self, path: Path, index: VideoIndex) -> None:
        self._path, self._index = path, index
        frames, packets = index.frame_count, len(index.packet_size)
        self.odd = np.zeros(packets, bool)  # packets near which something was odd
        self.two_ways = has_wavefronts(index.codec, index.extradata)
        self._sums = np.zeros(frames if self.two_ways else 0, np.uint32)  # 0: none came
        self._apart = np.zeros(frames, bool)  # what came in both ways, and differed
        self.result = Decoded(
            Pictures(frames), came=np.zeros(frames, bool), concealed=np.zeros(frames, bool),
            disordered=np.zeros(frames, bool), interlaced=np.zeros(frames, bool),
            shape=np.full(frames, -1, np.int32),
        )  # fmt: skip

    # -- fast ---------------------------------------------------------------------------------

    def fast(self, report: Callable[[float], None]) -> None:
        packets = len(self.odd)
        throttle = Throttle(lambda done, total: report(done / max(1, packets)), packets)
        latest = -1
        with self._decoder() as (source, lines):
            prepare(source.codec_context)
            for position, packet in self._packets(source):
                frames, trouble = self._decode(source, packet, position)
                if lines:
                    trouble = trouble or any(_is_telling(*line) for line in lines)
                    lines.clear()
                for frame in frames:
                    number = self._number(frame)
                    trouble = trouble or frame.is_corrupt or number <= latest
                    latest = max(latest, number)
                    self._take(frame, number)
                    if self.two_ways and number >= 0:
                        self._sums[number] = checksum(frame)
                if trouble:
                    last = min(position, packets - 1)
                    self.odd[max(0, last - _DELAY_PACKETS) : last + 1] = True
                throttle(position)
        # Silence of a frame is odd too.
        self.odd[self._index.frame_position[~self.result.came]] = True

    def by_rows(self, report: Callable[[float], None]) -> None:
        """Decode once more, with a thread for each row, and compare."""
        packets = len(self.odd)
        throttle = Throttle(lambda done, total: report(done / max(1, packets)), packets)
        with self._decoder() as (source, lines):
            prepare(source.codec_context, careful=True)
            source.codec_context.thread_count = 2  # with one there are no rows
            for position, packet in self._packets(source):
                for frame in self._decode(source, packet, position)[0]:
                    number = self._number(frame)
                    if number >= 0 and self._sums[number]:
                        self._apart[number] = checksum(frame) != self._sums[number]
                lines.clear()
                throttle(position)
        self.odd[self._index.frame_position[self._apart]] = True

    # -- careful ------------------------------------------------------------------------------

    def careful(self, report: Callable[[float], None]) -> None:
        """Decode the stretches around what was odd again, packet by packet."""
        index, packets = self._index, len(self.odd)
        wanted, warm = self._stretches()
        chosen = np.zeros(index.frame_count, bool)
        chosen[index.packet_frame[wanted & (index.packet_frame >= 0)]] = True
        for values in (self.result.came, self.result.concealed, self.result.disordered):
            values[chosen] = False  # this is to be found out again
        throttle = Throttle(lambda done, total: report(done / max(1, packets)), packets)
        latest, running = -1, False
        with self._decoder() as (source, lines):
            context = source.codec_context
            prepare(context, careful=True)
            context.thread_type = "NONE"
            context.thread_count = 1  # dav1d goes by this, and reports late otherwise
            for position, packet in self._packets(source):
                throttle(position)
                needed = position >= packets or wanted[position] or warm[position]
                if not needed:
                    if running:
                        # Let go of what is held back, and be ready for the next stretch.
                        latest = self._careful(source, None, position, wanted, latest, lines)
                        context.flush_buffers()
                    running = False
                    continue
                if packet is None and not running:
                    break
                running = True
                latest = self._careful(source, packet, position, wanted, latest, lines)
        # What never came, although its turn was over.
        told = {event.position for event in self.result.events if event.lost}
        for frame in np.flatnonzero(chosen & ~self.result.came):
            position = int(index.frame_position[frame])
            if position not in told:
                self.result.events.append(Event(position, True, False))
        for position in self._first_apart():
            self._remember(["the rows of a picture are not where it says that they begin"])
            self.result.events.append(Event(position, False, False))
        self.result.events.sort(key=lambda event: event.position)

    def _first_apart(self) -> list[int]:
        """Packets with whose pictures it began: in each GOP the first, as others build on it."""
        index = self._index
        frames = np.flatnonzero(self._apart)
        at = index.frame_position[frames]
        gop = np.searchsorted(index.start_position, at, side="right") - 1
        # What leads an open GOP's key builds on the GOP before.
        gop -= (gop > 0) & (frames < index.start_frame[np.maximum(gop, 0)])
        first: dict[int, int] = {}
        for number, position in sorted(zip(gop.tolist(), at.tolist(), strict=True)):
            first.setdefault(number, position)
        return list(first.values())

    def _stretches(self) -> tuple[Bools, Bools]:
        """Packets to decode again, and those before to decode for their sake."""
        index = self._index
        starts = index.start_position
        gop = np.searchsorted(starts, np.arange(len(self.odd)), side="right") - 1
        gop = np.maximum(gop, 0)
        chosen = np.zeros(len(starts), bool)
        chosen[np.unique(gop[self.odd])] = True
        chosen[1:] |= chosen[:-1]  # leading pictures of an open GOP belong to the one before
        warm = np.zeros(len(starts), bool)
        warm[:-1] = chosen[1:] & ~chosen[:-1]
        return chosen[gop], warm[gop]

    def _careful(
        self,
        source: Source,
        packet: VideoPacket | None,
        position: int,
        wanted: Bools,
        latest: int,
        lines: list[Line],
    ) -> int:
        lines.clear()
        disposable_messages = position < len(wanted) and not wanted[position]
        frames, failed = self._decode(source, packet, position)
        complaints = [line for line in lines if _is_telling(*line)]
        patched = any(_CONCEALING.search(text) for _, _, text in lines)
        lines.clear()
        mine = position < len(wanted) and not disposable_messages
        if mine and (complaints or failed):
            texts = [text.strip() for _, _, text in complaints]
            self._remember(texts or ["the packet was refused"])
            about = any(_ABOUT_REFERENCES.search(text) for text in texts)
            self.result.events.append(Event(position, failed, about))
            frame = int(self._index.packet_frame[position])
            if patched and frame >= 0:
                self.result.concealed[frame] = True
        for frame_out in frames:
            number = self._number(frame_out)
            if number < 0 or not wanted[self._index.frame_position[number]]:
                continue
            if number <= latest:
                self.result.disordered[number : latest + 1] = True
            latest = max(latest, number)
            if frame_out.is_corrupt:
                at = int(self._index.frame_position[number])
                self.result.events.append(Event(at, False, False))
                self._remember(["the picture is marked as damaged"])
            self._take(frame_out, number)
        return latest

    def _remember(self, texts: list[str]) -> None:
        for text in texts:
            generic = re.sub(r"-?\d+", "#", text)[:160]
            if generic in self.result.messages or len(self.result.messages) < _MAX_MESSAGES:
                self.result.messages[generic] += 1

    # -- both ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _decoder(self) -> Iterator[tuple[Source, list[Line]]]:
        with open_source(self._path, self._index.stream) as source, listening() as lines:
            try:
                yield source, lines
            finally:
                source.codec_context.flush_buffers()

    def _packets(self, source: Source) -> Iterator[tuple[int, VideoPacket | None]]:
        """Packets with their positions, and None at the end to get out what is held back."""
        position = 0
        try:
            for packet in source.container.demux(source.stream):
                if packet.size > 0:
                    if position >= len(self.odd):
                        break
                    packet.pts = packet.dts = position
                    yield position, packet
                    position += 1
        except (av.error.FFmpegError, OSError):
            pass
        yield len(self.odd), None

    def _decode(
        self, source: Source, packet: VideoPacket | None, position: int
    ) -> tuple[list[VideoFrame], bool]:
        context = source.codec_context
        try:
            return context.decode(packet), False
        except av.error.EOFError:
            return [], False
        except av.error.BlockingIOError:
            # Some decoders get stuck on damage and take nothing any more.
            context.flush_buffers()
            return [], True
        except (av.error.FFmpegError, MemoryError):
            return [], True

    def _number(self, frame: VideoFrame) -> int:
        tag = frame.pts
        if tag is None or not 0 <= tag < len(self._index.packet_frame):
            return -1
        return int(self._index.packet_frame[tag])

    def _take(self, frame: VideoFrame, number: int) -> None:
        if number < 0:
            return
        result = self.result
        result.came[number] = True
        result.pictures.look(number, frame)
        result.interlaced[number] = frame.interlaced_frame
        shape = (frame.width, frame.height, frame.format.name)
        if shape not in result.shapes:
            if len(result.shapes) == _MAX_SHAPES:
                return
            result.shapes.append(shape)
        result.shape[number] = result.shapes.index(shape)


def _is_telling(level: int, name: str, text: str) -> bool:
    """Whether a line of FFmpeg's log tells of damage."""
    if _HARMLESS.search(text):
        return False
    return level <= av.logging.ERROR or bool(_TELLING.search(text))
