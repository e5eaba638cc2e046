"""From decoded pictures to upright RGB arrays and JPEG files."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from PIL import Image

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Still:
    """A picture for somebody who looks at a frame, also where the frame gives none.

    ``shown`` is the frame that the picture is of: a neighbour's where this one is lost, -1 for a
    grey one. ``damaged`` says that the decoder complained, or that the frame is lost.
    """

    jpeg: bytes
    shown: int
    damaged: bool


_local = threading.local()


def _reformatter() -> VideoReformatter:
    # Keeps swscale's tables between frames of one size; one per thread, as it is not thread-safe.
    found: VideoReformatter | None = getattr(_local, "reformatter", None)
    if found is None:
        found = _local.reformatter = VideoReformatter()
    return found


def to_rgb(frame: VideoFrame, rotation: int, width: int, height: int) -> Pixels:
    """An upright, read-only RGB array (height, width, 3) of a decoded picture.

    ``width`` and ``height`` are as displayed; scaling happens along with the conversion.
    """
    sideways = rotation in (90, 270)
    stored = (height, width) if sideways else (width, height)
    smaller = stored[0] < frame.width and stored[1] < frame.height
    converted = _reformatter().reformat(
        frame,
        *stored,
        format="rgb24",
        # Averaging is the fastest way down and the truest to the picture.
        interpolation=Interpolation.AREA if smaller else None,
    )
    pixels: Pixels = converted.to_ndarray().astype(np.uint8, copy=False)
    if rotation:
        pixels = np.ascontiguousarray(np.rot90(pixels, -rotation // 90))
    pixels.flags.writeable = False
    return pixels


def to_jpeg(pixels: Pixels, quality: int) -> bytes:
    """A JPEG file of an RGB array."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


K = TypeVar("K", bound=Hashable)


class PixelCache(Generic[K]):
    """Arrays by key, least recently used leave first; bounded in bytes. Thread-safe."""

    def __init__(self, limit_bytes: int) -> None:
        self._mutex = threading.Lock()
        self._limit = limit_bytes
        self._bytes = 0
        self._arrays: OrderedDict[K, Pixels] = OrderedDict()

    def get(self, key: K) -> Pixels | None:
        with self._mutex:
            found = self._arrays.get(key)
            if found is not None:
                self._arrays.move_to_end(key)
            return found

    def put(self, key: K, pixels: Pixels) -> None:
        with self._mutex:
            if pixels.nbytes > self._limit or key in self._arrays:
                return
            self._arrays[key] = pixels
            self._bytes += pixels.nbytes
            while self._bytes > self._limit:
                _, evicted = self._arrays.popitem(last=False)
                self._bytes -= evicted.nbytes

    def clear(self) -> None:
        with self._mutex:
            self._arrays.clear()
            self._bytes = 0
