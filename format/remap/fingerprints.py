"""Small pictures of every frame, to recognise it by after cutting or encoding anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import VideoError
from ..video import Progress, Video
from ..video.scan import Throttle

# As large as memory allows: what a re-encoding leaves of a small motion shows in few pixels.
_BUDGET_BYTES = 192 << 20
_MOST_PIXELS = 192 * 108
_FEWEST_PIXELS = 32 * 18
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class Fingerprints:
    """``pictures`` uint8 ``(n, pixels)`` luma; ``known`` bool ``(n,)``: False where a frame could
    not be decoded; ``seconds`` float64 ``(n,)`` since the first frame."""

    pictures: npt.NDArray[np.uint8]
    known: npt.NDArray[np.bool_]
    seconds: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.known)


def thumbnail_size(video: Video, frames: int) -> tuple[int, int]:
    """Width and height in pixels, in the picture's proportions, for videos of so many frames."""
    most = min(_MOST_PIXELS, video.width * video.height)
    pixels = min(most, max(_FEWEST_PIXELS, _BUDGET_BYTES // max(1, frames)))
    width = max(4, round((pixels * video.width / video.height) ** 0.5))
    return width, max(4, round(pixels / width))


def seconds_of(video: Video) -> npt.NDArray[np.float64]:
    """Seconds of each frame since the first, float64 ``(n,)``."""
    return np.asarray((video.pts - video.pts[0]) * float(video.time_base))


def take_fingerprints(
    video: Video, size: tuple[int, int], progress: Progress | None
) -> Fingerprints:
    """Decode the whole video; ``size`` is (width, height) in pixels. ``progress`` in frames."""
    width, height = size
    pictures = np.zeros((len(video), width * height), np.uint8)
    known = np.zeros(len(video), np.bool_)
    report = Throttle(progress, len(video))
    for frame in range(len(video)):
        found = one_picture(video, frame, size)
        if found is not None:
            pictures[frame], known[frame] = found, True
        report(frame)
    report(len(video), last=True)
    return Fingerprints(pictures, known, seconds_of(video))


def one_picture(video: Video, frame: int, size: tuple[int, int]) -> npt.NDArray[np.uint8] | None:
    """One frame's luma, uint8 ``(pixels,)``; None when it cannot be decoded."""
    try:
        rgb = video.frame(frame, *size)
    except VideoError:
        return None
    return np.asarray(np.rint(rgb.reshape(-1, 3) @ _LUMA), np.uint8)
