"""The pictures to encode anew: one for each frame, in order, each of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import av.error
from av.video.frame import VideoFrame

from ...errors import VideoError
from ..decode import FrameDecoder

# The lines of the second moment are made from their neighbours in space and time; pictures that
# are not interlaced pass as they are.
_FILTER, _ARGUMENTS = "bwdif", "mode=send_frame:deint=interlaced"
_TICK = Fraction(1, 1000)


class Pictures:
    """Iterates over decoded pictures of ``frames``, exactly one for each.

    Where a frame cannot be decoded the one before it comes again, None where there is none;
    ``repeated`` counts these.
    """

    def __init__(self, decoder: FrameDecoder, frames: list[int]) -> None:
        self._decoder = decoder
        self._frames = frames
        self.repeated = 0

    def __iter__(self) -> Iterator[VideoFrame | None]:
        comb: _Comb | None = None
        for frame in self._decoded():
            if frame is None:
                yield None
                continue
            if comb is not None and not comb.fits(frame):
                yield from comb.rest()
                comb = None
            if comb is None and frame.interlaced_frame:
                comb = _Comb(frame)
            if comb is None:
                yield frame
            else:
                yield from comb.push(frame)
        if comb is not None:
            yield from comb.rest()

    def _decoded(self) -> Iterator[VideoFrame | None]:
        last: VideoFrame | None = None
        for frame in self._frames:
            try:
                last = self._decoder.read(frame)
            except VideoError:
                self.repeated += 1
            yield last


class _Comb:
    """Takes the second moment out of interlaced pictures; as many come out as were put in."""

    def __init__(self, like: VideoFrame) -> None:
        self._shape = (like.width, like.height, like.format.name)
        self._held = 0
        self._number = 0
        self._graph: Any = av.filter.Graph()
        source = self._graph.add_buffer(
            width=like.width, height=like.height, format=like.format, time_base=_TICK
        )
        chain = (source, self._graph.add(_FILTER, _ARGUMENTS), self._graph.add("buffersink"))
        for one, next_one in pairwise(chain):
            one.link_to(next_one)
        self._graph.configure()

    def fits(self, frame: VideoFrame) -> bool:
        """Whether a picture has the size and format of the others."""
        return (frame.width, frame.height, frame.format.name) == self._shape

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """What comes out when a picture is put in: it may be held until the next one."""
        # The filter wants rising times, whatever the file has.
        frame.pts, frame.time_base = self._number, _TICK
        self._graph.vpush(frame)
        self._number += 1
        self._held += 1
        yield from self._pull()

    def rest(self) -> Iterator[VideoFrame]:
        """What was held back."""
        self._graph.vpush(None)
        yield from self._pull()

    def _pull(self) -> Iterator[VideoFrame]:
        while self._held:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            self._held -= 1
            yield frame
