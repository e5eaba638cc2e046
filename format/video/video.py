"""A video as a lazy sequence of frames."""

from __future__ import annotations

import contextlib
import operator
import os
import threading
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, SupportsIndex, overload

import numpy as np
from av.video.frame import VideoFrame

from ..errors import VideoError
from .bitstream import is_annexb
from .decode import FrameDecoder, UndecodableError
from .index import VideoIndex
from .packets import PacketReader
from .proxy import Encoder, block_frames, can_encode, codec_string, make_block
from .scan import Int64s
from .source import quoted
from .stills import PixelCache, Pixels, Still, to_jpeg, to_rgb
from .units import Unit, UnitTable, make_table, read_unit

_SCALED_CACHE_BYTES = 16 << 20
# Where a frame gives no picture, that of the nearest one that does; few are decoded to find it.
_NEIGHBOURS = 300
_TRIED_NEIGHBOURS = 4
# A stretch the page would have to load whole before it can show its last frame.
_MAX_UNIT_BYTES = 256 << 20
_BROWSER_FORMATS = {
    "h264": {"yuv420p", "yuvj420p"},
    "vp8": {"yuv420p"},
    "vp9": {"yuv420p", "yuv422p", "yuv440p", "yuv444p", "gbrp", "yuv420p10le", "yuv420p12le"},
    "av1": {"yuv420p", "yuvj420p", "yuv420p10le", "gray", "gray10le"},
}


class Video:
    """The frames of a video file: ``video[i]`` is frame i (0-based) as decoders present it.

    ``len(video)``, iteration, negative numbers and slices work as for a list, and nothing is
    decoded before it is asked for. Thread-safe. Memory is bounded by about ``cache_bytes``
    whatever the length of the video. Raises VideoError if the file is not a usable video, and
    IndexError outside.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        index: VideoIndex | None = None,
        cache_bytes: int = 256 << 20,
    ) -> None:
        self.path = Path(path).absolute()
        self.index = VideoIndex.build(path) if index is None else index
        self._lock = threading.RLock()
        self._closed = False
        self._decoder = FrameDecoder(self.index, str(self.path), cache_bytes * 3 // 4)
        # Packets for the page are read apart, so that they do not move the decoder's place.
        self._unit_lock = threading.Lock()
        self._unit_reader = PacketReader(self.index, str(self.path))
        self._proxy_lock = threading.Lock()
        self._proxy_encoder: Encoder | None = None
        self._full: PixelCache[int] = PixelCache(cache_bytes // 4)
        self._scaled: PixelCache[tuple[int, int, int]] = PixelCache(_SCALED_CACHE_BYTES)

    @property
    def pts(self) -> Int64s:
        """Presentation time of each frame, in units of ``time_base`` seconds; int64 (n,)."""
        return self.index.pts

    @property
    def time_base(self) -> Fraction:
        return self.index.time_base

    @property
    def width(self) -> int:
        return self.index.width

    @property
    def height(self) -> int:
        return self.index.height

    def __len__(self) -> int:
        return self.index.frame_count

    def __iter__(self) -> Iterator[Pixels]:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        return f"<Video {self.path.name!r}: {len(self)} frames, {self.width} x {self.height}>"

    @overload
    def __getitem__(self, key: SupportsIndex) -> Pixels: ...
    @overload
    def __getitem__(self, key: slice) -> FrameSlice: ...
    def __getitem__(self, key: SupportsIndex | slice) -> Pixels | FrameSlice:
        """A frame as a read-only array (height, width, 3) of uint8 RGB, or a lazy sequence."""
        if isinstance(key, slice):
            return FrameSlice(self, range(len(self))[key])
        number = self._number(key)
        pixels = self._full.get(number)
        if pixels is None:
            pixels = self._convert(number, self.width, self.height)
            self._full.put(number, pixels)
        return pixels

    def frame(
        self,
        i: SupportsIndex,
        width: int | None = None,
        height: int | None = None,
        *,
        passing: bool = False,
    ) -> Pixels:
        """Frame i scaled to exactly width x height pixels; one alone keeps the proportions.

        Cheaper than scaling ``video[i]``; cheaper still for somebody ``passing`` who leaves frames
        out and will not go back. Read-only uint8 RGB (height, width, 3).
        """
        if width is None and height is None:
            return self[i]
        if width is None:
            assert height is not None
            width = max(1, round(height * self.width / self.height))
        if height is None:
            height = max(1, round(width * self.height / self.width))
        if width < 1 or height < 1:
            raise ValueError("a picture needs at least one pixel each way")
        key = (self._number(i), width, height)
        pixels = self._scaled.get(key)
        if pixels is None:
            pixels = self._convert(*key, passing)
            self._scaled.put(key, pixels)
        return pixels

    def warm(self, i: SupportsIndex) -> None:
        """Decode frame i ahead, for somebody who goes on from the frame asked for last. Nothing
        happens where it gives no picture."""
        number = self._number(i)
        with contextlib.suppress(VideoError), self._lock:
            if not self._closed:
                self._decoder.warm(number)

    def jpeg(self, i: SupportsIndex, max_width: int | None = None, quality: int = 90) -> bytes:
        """Frame i as a JPEG file, scaled down to at most ``max_width`` pixels."""
        if max_width is not None and 0 < max_width < self.width:
            pixels = self.frame(i, width=max_width)
        else:
            pixels = self[i]
        return to_jpeg(pixels, quality)

    def still(self, i: SupportsIndex, max_width: int | None = None) -> Still:
        """Frame i as a JPEG file for somebody who looks: where it cannot be decoded, the picture
        shown before it, or after it, marked as what it is."""
        number = self._number(i)
        tried = 0
        for shown in self._nearest(number):
            if self._decoder.is_lost(shown):
                continue
            if tried == _TRIED_NEIGHBOURS:
                break
            tried += 1
            with contextlib.suppress(UndecodableError), self._lock:
                jpeg = self.jpeg(shown, max_width)
                damaged = shown != number or bool(self._decoder.read(number).is_corrupt)
                return Still(jpeg, shown, damaged)
        width = min(max_width or self.width, self.width)
        height = max(1, round(width * self.height / self.width))
        return Still(to_jpeg(np.full((height, width, 3), 128, np.uint8), 50), -1, True)

    def _nearest(self, number: int) -> Iterator[int]:
        yield number
        yield from range(number - 1, max(-1, number - _NEIGHBOURS), -1)
        yield from range(number + 1, min(len(self), number + _NEIGHBOURS))

    def _convert(self, number: int, width: int, height: int, passing: bool = False) -> Pixels:
        # Who wants what is decoded already does not wait for others' decoding.
        picture = self._decoder.at_hand(number)
        if picture is None:
            with self._lock:
                if self._closed:
                    raise VideoError(f"{quoted(self.path)} was closed: open it again.")
                picture = self._decoder.read(number, passing=passing)
        return to_rgb(picture, self.index.rotation, width, height)

    def _number(self, i: SupportsIndex) -> int:
        number = operator.index(i)
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(f"frame {operator.index(i)} of a video of {len(self)} frames")
        return number

    @cached_property
    def units(self) -> UnitTable:
        """Independently decodable stretches; together they show every frame once."""
        return make_table(self.index)

    def unit_of(self, i: SupportsIndex) -> int:
        """The unit that shows frame i."""
        return self.units.unit_of(self._number(i))

    def unit(self, u: int) -> Unit:
        """The packets of unit u, to feed a fresh decoder with. Raises IndexError outside."""
        if not 0 <= u < len(self.units):
            raise IndexError(f"unit {u} of {len(self.units)}")
        with self._unit_lock:
            if self._closed:
                raise VideoError(f"{quoted(self.path)} was closed: open it again.")
            if self.units.bytes[u] > _MAX_UNIT_BYTES:
                raise VideoError(
                    f"Frames {self.units.first_frame[u]} and on of {quoted(self.path)} are too far "
                    "from a key frame to be sent whole: the page shows them in another way."
                )
            return read_unit(self.index, self.units, u, self._unit_reader)

    @property
    def decoder_config(self) -> dict[str, Any]:
        """What WebCodecs wants to know; ``description_hex`` is None for in-band parameters.
        ``codec`` is '' when no browser should try: a stretch between key frames is too long."""
        index = self.index
        bounded = int(self.units.bytes.max()) <= _MAX_UNIT_BYTES
        description = None
        if index.codec in ("h264", "hevc") and not is_annexb(index.extradata):
            description = index.extradata.hex()
        return {
            "codec": index.codec_string if bounded else "",
            "description_hex": description,
            "codedWidth": index.coded_width,
            "codedHeight": index.coded_height,
            "rotation": index.rotation,
        }

    @property
    def browser_decodable(self) -> bool:
        """Whether browsers can be expected to decode it; only the browser knows for certain."""
        index = self.index
        return (
            index.pixel_format in _BROWSER_FORMATS.get(index.codec, ())
            and bool(index.codec_string)
            and bool(index.start_key.all())
            and not index.new_parameters
            and int(self.units.bytes.max()) <= _MAX_UNIT_BYTES
        )

    @cached_property
    def proxy_config(self) -> dict[str, Any] | None:
        """How a browser that cannot decode the video can decode blocks of it: a decoder
        configuration and ``block_frames``. None when no such blocks can be made here."""
        if not can_encode(self.index):
            return None
        try:
            codec = codec_string(self.index)
        except VideoError:
            return None
        return {
            "codec": codec,
            "description_hex": None,
            "codedWidth": self.index.coded_width & ~1,
            "codedHeight": self.index.coded_height & ~1,
            "rotation": self.index.rotation,
            "block_frames": block_frames(self.index),
        }

    def proxy_block(self, b: int) -> Unit:
        """Block b, encoded on the fly as key frames only. Damaged frames are left out: a still
        says more of them. Raises IndexError outside."""
        size = block_frames(self.index)
        if not 0 <= b * size < len(self):
            raise IndexError(f"block {b} of a video of {len(self)} frames")
        frames = range(b * size, min((b + 1) * size, len(self)))
        with self._proxy_lock:
            encoder = self._proxy_encoder = self._proxy_encoder or Encoder(self.index)
            return make_block(encoder, self._intact(frames))

    def _intact(self, frames: range) -> Iterator[tuple[int, VideoFrame]]:
        for number in frames:
            with contextlib.suppress(UndecodableError):
                with self._lock:
                    if self._closed:
                        raise VideoError(f"{quoted(self.path)} was closed: open it again.")
                    picture = self._decoder.read(number)
                if not picture.is_corrupt:
                    yield number, picture

    def close(self) -> None:
        """Let go of the file and all memory. Frames given out stay valid."""
        with self._lock, self._unit_lock:
            self._closed = True
            self._decoder.close()
            self._unit_reader.close()
            self._full.clear()
            self._scaled.clear()

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class FrameSlice(Sequence[Pixels]):
    """Some frames of a video, decoded when asked for."""

    def __init__(self, video: Video, numbers: range) -> None:
        self._video = video
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, key: SupportsIndex) -> Pixels: ...
    @overload
    def __getitem__(self, key: slice) -> FrameSlice: ...
    def __getitem__(self, key: SupportsIndex | slice) -> Pixels | FrameSlice:
        if isinstance(key, slice):
            return FrameSlice(self._video, self.numbers[key])
        return self._video[self.numbers[operator.index(key)]]

    def __iter__(self) -> Iterator[Pixels]:
        return (self._video[number] for number in self.numbers)
