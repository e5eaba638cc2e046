"""What pictures themselves show: black, standing still, grey where nothing could be decoded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from ..stills import Pixels, to_rgb
from .codes import Severity
from .collect import Findings, Range, count, to_ranges
from .demux import Bools

_SAMPLES = 1 << 16  # of each picture that are looked at, on a regular grid
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_BLACK_LEVEL = {False: 32, True: 18}  # by full range; 16 and 0 are black, the rest is noise
_BLACK_SHARE = 0.98
# Encoding a still picture again changes samples by this much at most.
_STILL_DIFFERENCE = 2
_FROZEN_S, _FROZEN_FRAMES = 0.5, 4
_GREY_SHARE = 0.08
_REPEATS_SHARE = 0.02  # fewer single repeats are chance


def luma_grid(frame: VideoFrame) -> Pixels:
    """Some 65,000 samples of brightness, evenly spread: uint8 (rows, columns)."""
    step = grid_step(frame)
    kind = frame.format
    planar = kind.name.startswith(("yuv", "nv", "gray")) and kind.name[:4] not in ("yuyv", "yuvy")
    bits = kind.components[0].bits if len(kind.components) else 0
    if planar and bits == 8:
        grid: Pixels = _plane(frame, 0, np.uint8)[::step, ::step].copy()
        return grid
    if planar and 8 < bits <= 16 and not kind.is_big_endian:
        samples = _plane(frame, 0, np.uint16)[::step, ::step]
        scaled: Pixels = (samples >> (bits - 8)).astype(np.uint8)
        return scaled
    small = to_rgb(frame, 0, max(1, frame.width // step), max(1, frame.height // step))
    return small[..., 1].copy()


def grid_step(frame: VideoFrame) -> int:
    return max(1, round(math.sqrt(frame.width * frame.height / _SAMPLES)))


def _plane(frame: VideoFrame, number: int, kind: type[np.uint8 | np.uint16]) -> npt.NDArray[Any]:
    plane = frame.planes[number]
    samples: npt.NDArray[Any] = np.frombuffer(memoryview(plane), kind)
    rows = samples.reshape(-1, plane.line_size // np.dtype(kind).itemsize)
    return rows[: plane.height, : plane.width]


def grey_share(frame: VideoFrame, luma: Pixels) -> float:
    """Share of the picture that is exactly middle grey, as decoders fill in what is missing."""
    mask = (luma >= 127) & (luma <= 129)
    share = float(mask.mean())
    name = frame.format.name
    if share < _GREY_SHARE or (not name.startswith("yuv4") and not name.startswith("yuvj4")):
        return 0.0
    if frame.format.components[0].bits != 8 or len(frame.planes) < 3:
        return 0.0
    step = grid_step(frame)
    for number in (1, 2):
        plane = _plane(frame, number, np.uint8)
        rows = np.arange(luma.shape[0]) * step * plane.shape[0] // frame.height
        columns = np.arange(luma.shape[1]) * step * plane.shape[1] // frame.width
        chroma = plane[np.ix_(rows, columns)]
        mask &= (chroma >= 127) & (chroma <= 129)
    if not mask.any():
        return 0.0
    inside = luma[mask]
    # What a camera sees is never as flat as this.
    flat = np.bincount(inside).max() / len(inside)
    return float(mask.mean()) if flat > 0.9 else 0.0


class Pictures:
    """Looks at decoded pictures in order of presentation; arrays by frame."""

    def __init__(self, frame_count: int) -> None:
        self.black = np.zeros(frame_count, bool)
        self.still = np.zeros(frame_count, bool)  # as the first of its run, within noise
        self.repeat = np.zeros(frame_count, bool)  # exactly as the frame before
        self.grey = np.zeros(frame_count, bool)
        self._anchor: Pixels | None = None
        self._before: Pixels | None = None
        self._latest = -1

    def look(self, number: int, frame: VideoFrame) -> None:
        """Look at frame ``number``."""
        luma = luma_grid(frame)
        full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
        self.black[number] = (luma <= _BLACK_LEVEL[full]).mean() >= _BLACK_SHARE
        self.grey[number] = grey_share(frame, luma) >= _GREY_SHARE
        follows = number == self._latest + 1
        self.repeat[number] = follows and _equal(luma, self._before)
        self.still[number] = follows and (self.repeat[number] or _close(luma, self._anchor))
        if not self.still[number] or self._anchor is None:
            self._anchor = luma
        self._before, self._latest = luma, number


def _equal(a: Pixels, b: Pixels | None) -> bool:
    return b is not None and a.shape == b.shape and bool((a == b).all())


def _close(a: Pixels, b: Pixels | None) -> bool:
    if b is None or a.shape != b.shape:
        return False
    return int((np.maximum(a, b) - np.minimum(a, b)).max()) <= _STILL_DIFFERENCE


def find_in_pictures(
    pictures: Pictures, rate: float, concealed: Bools, damaged: Bools, findings: Findings
) -> None:
    """Findings about pictures; ``concealed`` are those that the decoder said it patched up."""
    total = len(pictures.black)
    shortest = max(_FROZEN_FRAMES, round(_FROZEN_S * rate))
    frozen = np.zeros(total, bool)
    still_after_black = pictures.still & ~pictures.black
    for first, stop in to_ranges(still_after_black):
        first = max(0, first - 1)  # the picture that the others repeat
        if stop - first >= shortest:
            frozen[first:stop] = True
    if frozen.any():
        ranges = to_ranges(frozen)
        findings.add(
            "frozen",
            f"The picture stands still in {count(len(ranges), 'stretch', 'stretches')} of "
            f"{count(int(frozen.sum()), 'frame')} together.",
            ranges,
            total=int(frozen.sum()),
        )
    single = pictures.repeat & ~frozen & ~pictures.black
    if single.sum() > _REPEATS_SHARE * total and single.sum() > 2:
        findings.add(
            "repeated-pictures",
            f"{count(int(single.sum()), 'frame repeats', 'frames repeat')} the picture before.",
            to_ranges(single),
            total=int(single.sum()),
        )
    _find_black(to_ranges(pictures.black), total, findings)
    grey = pictures.grey & ~pictures.black
    if (grey | concealed).any():
        both = grey | concealed
        findings.add(
            "concealed",
            f"{count(int(both.sum()), 'picture is', 'pictures are')} patched up: "
            f"{int(grey.sum()):,} with flat grey, {int(concealed.sum()):,} by the decoder.",
            to_ranges(both),
            grey=int(grey.sum()),
            reported=int(concealed.sum()),
            outside_damage=int((both & ~damaged).sum()),
        )


def _find_black(ranges: list[Range], total: int, findings: Findings) -> None:
    if not ranges:
        return
    frames = sum(stop - first for first, stop in ranges)
    # Recordings that fade in or out are as their makers wanted them.
    edges_only = all(first == 0 or stop == total for first, stop in ranges) and frames < total
    findings.add(
        "black",
        f"{count(frames, 'frame is', 'frames are')} black, in "
        f"{count(len(ranges), 'stretch', 'stretches')}.",
        ranges,
        severity=Severity.NOTE if edges_only else None,
        total=frames,
    )
