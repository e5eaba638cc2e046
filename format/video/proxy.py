"""Frames as H.264 made on the fly, for browsers that cannot decode the file's own codec.

Every picture is a key frame, so frame i stays frame i and any block can be decoded alone. Nothing
is stored. At 4K this takes half the time of JPEG stills on the server, and the browser decodes it
with all its threads; at 1080p the two take the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from ..errors import VideoError
from .bitstream import nal_units
from .index import VideoIndex
from .units import Unit

_ENCODER = "libx264"
_SPS = 7
# Pixels encoded for one block: a seek waits for all of them.
_BLOCK_PIXELS = 16 << 20
_MAX_BLOCK_FRAMES = 32
_MAX_SIDE = 4096  # beyond, H.264 has no level that browsers take
_MIN_SIDE = 16
_QUALITY = "14"  # x264's CRF: no difference to be seen
_UNSPECIFIED, _BT601, _LIMITED = 2, 5, 1


def block_frames(index: VideoIndex) -> int:
    """How many frames a block holds; block b begins at frame b * block_frames."""
    pixels = index.coded_width * index.coded_height
    return max(1, min(_MAX_BLOCK_FRAMES, _BLOCK_PIXELS // pixels))


def can_encode(index: VideoIndex) -> bool:
    """Whether such blocks can be made of a video here."""
    sides = (index.coded_width, index.coded_height)
    fits = max(sides) <= _MAX_SIDE and min(sides) >= _MIN_SIDE
    return fits and _ENCODER in av.codec.codecs_available


class Encoder:
    """Turns decoded pictures of one video into key frames. Not thread-safe."""

    def __init__(self, index: VideoIndex) -> None:
        # 4:2:0 has no odd sides.
        self.width, self.height = index.coded_width & ~1, index.coded_height & ~1
        self._reformatter = VideoReformatter()
        self._context: Any = None
        self._count = 0

    def encode(self, frame: VideoFrame) -> bytes:
        """One access unit in Annex B form, with its parameter sets. Raises VideoError."""
        picture = self._reformatter.reformat(
            frame, self.width, self.height, "yuv420p", dst_color_range=_LIMITED
        )
        if self._context is None:
            self._context = self._open(frame)
        picture.pts = self._count
        picture.time_base = Fraction(1, 25)
        picture.pict_type = 0  # the encoder's choice, not the old stream's
        self._count += 1
        try:
            return b"".join(bytes(packet) for packet in self._context.encode(picture))
        except (av.error.FFmpegError, ValueError) as error:
            self._context = None
            raise VideoError(f"A frame cannot be encoded for the browser ({error}).") from None

    def _open(self, frame: VideoFrame) -> Any:
        context: Any = av.CodecContext.create(_ENCODER, "w")
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        context.time_base = Fraction(1, 25)
        context.color_range = _LIMITED
        # Said, or browsers guess by the size; unknown means what the stills take it for.
        matrix = int(frame.colorspace)
        context.colorspace = matrix if matrix != _UNSPECIFIED else _BT601
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": _QUALITY,
            "x264-params": "keyint=1:repeat-headers=1:annexb=1:log-level=-1",
        }
        return context


def codec_string(index: VideoIndex) -> str:
    """As WebCodecs names what comes out for a video. Raises VideoError when nothing does."""
    encoder = Encoder(index)
    grey = np.full((encoder.height, encoder.width, 3), 128, np.uint8)
    for unit in nal_units(encoder.encode(VideoFrame.from_ndarray(grey, format="rgb24")), 0):
        if unit[0] & 31 == _SPS:
            return f"avc1.{bytes(unit[1:4]).hex()}"
    raise VideoError("The encoder gives no parameter sets.")


def make_block(encoder: Encoder, pictures: Iterable[tuple[int, VideoFrame]]) -> Unit:
    """The given frames as a unit in which each is a key."""
    numbers, chunks = [], []
    for number, frame in pictures:
        numbers.append(number)
        chunks.append(encoder.encode(frame))
    return Unit(
        np.array(numbers, np.int32),
        np.ones(len(numbers), np.bool_),
        np.array([len(chunk) for chunk in chunks], np.int32),
        b"".join(chunks),
    )
