"""What people write when they mean a frame: 120, +30, -10, 50%, 1:23.5, 12s."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

EXAMPLES = "120   +30   -10   50%   1:23.5   12s"

_CLOCK = re.compile(r"(?:(\d{1,6}):)?(\d{1,9}):(\d{1,2}(?:\.\d{0,9})?)$")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{0,9})?)s$")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{0,9})?)%$")
_FRAMES = re.compile(r"([+-]?)(\d{1,12})$")


def parse_position(text: str, frame: int, times: NDArray[np.float64]) -> int | None:
    """The frame (0-based, within the video) that `text` means seen from `frame`, or None.

    `times` are the seconds of every frame. A time means the frame shown then.
    """
    text = text.strip().replace(" ", "")
    last = len(times) - 1
    if found := _FRAMES.fullmatch(text):
        number = int(found[2])
        if found[1]:
            number = frame + number if found[1] == "+" else frame - number
        return max(0, min(last, number))
    if found := _PERCENT.fullmatch(text):
        return max(0, min(last, round(float(found[1]) / 100 * last)))
    if found := _CLOCK.fullmatch(text):
        seconds = int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3])
        return frame_at(times, seconds)
    if found := _SECONDS.fullmatch(text):
        return frame_at(times, float(found[1]))
    return None


def frame_at(times: NDArray[np.float64], seconds: float) -> int:
    """The frame on show at `seconds`: the last one that has begun."""
    # Half a microsecond: a time copied from the screen is rounded to the millisecond or finer.
    found = int(np.searchsorted(times, seconds + 5e-7, side="right")) - 1
    return max(0, min(len(times) - 1, found))


def seconds_away(times: NDArray[np.float64], frame: int, seconds: float) -> int:
    """The frame nearest to `seconds` from `frame`, and never `frame` itself if there is another."""
    last = len(times) - 1
    target = float(times[frame]) + seconds
    right = int(np.searchsorted(times, target))
    near = min(
        (max(0, min(last, place)) for place in (right - 1, right)),
        key=lambda place: abs(float(times[place]) - target),
    )
    if near == frame:
        near = frame + (1 if seconds > 0 else -1)
    return max(0, min(last, near))
