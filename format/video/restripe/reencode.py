"""Encoding anew what copying cannot mend: only when asked, and every frame exactly once."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from ...errors import VideoError
from ..check import Flag, check_video
from ..decode import FrameDecoder
from ..index import VideoIndex
from ..scan import Progress, Throttle
from ..source import quoted
from ..video import Video
from .pictures import Pictures
from .plan import Plan, Step
from .remux import muxer_of
from .sound import Sound

_KEY_EVERY = 60  # frames: short enough to scrub, long enough to stay small
_QUALITY = "16"  # x264's CRF: no difference to be seen
# Of H.264's many pixel formats those that every browser decodes.
_FORMATS = {"yuv420p", "yuvj420p"}
# What a check says of healthy videos that only new pictures change, and why one may want that.
_WANTED = {
    "interlaced": "pictures are made of two moments each",
    "rotation": "pictures are stored turned",
    "bit-depth": "pictures have more than 8 bits",
}


def faults_of(path: Path, index: VideoIndex, progress: Progress | None) -> tuple[str, ...]:
    """What decoding every frame reveals that only new pictures mend."""
    out: list[str] = []
    with Video(path, index=index, cache_bytes=0) as video:
        if not video.browser_decodable and index.start_key[0] and not index.new_parameters:
            out.append(f"browsers cannot decode {index.codec} ({index.pixel_format})")
    # The decoder alone does not tell: with a reference picture missing it goes on as if it knew.
    report = check_video(path, stream=index.stream, progress=progress)
    bad = int((report.frame_flags() & Flag.DAMAGED != 0).sum())
    if bad:
        out.append(f"{bad:,} frame{'' if bad == 1 else 's'} cannot be decoded cleanly")
    out += [reason for code, reason in _WANTED.items() if report.of(code)]
    gops = report.of("gop-structure")
    if gops is not None and gops.data["slow"]:
        out.append(f"key frames are up to {gops.data['longest']:,} frames apart")
    return tuple(out)


def encode(
    plan: Plan, path: Path, out: Path, progress: Progress | None, *, sound: bool = True
) -> tuple[Plan, tuple[Step, ...]]:
    """Write ``out`` as H.264, upright, with exactly the frames that the old file shows, and give
    the plan as it was carried out. A frame that cannot be decoded repeats the one before it: its
    number and its labels stay."""
    index = plan.index
    frames = np.flatnonzero(plan.partner >= 0)
    slots = plan.ticks[plan.partner[frames]]
    ticks = slots - slots[0]
    if len(frames) < len(plan.order) and (np.diff(plan.ticks) == plan.step_ticks).all():
        ticks = np.arange(len(frames), dtype=np.int64) * plan.step_ticks
    partner = np.full(index.frame_count, -1, np.int64)
    partner[frames] = np.arange(len(frames))
    done = replace(plan, order=index.frame_position[frames].astype(np.int64), ticks=ticks,
                   partner=partner)  # fmt: skip
    tracks = Sound(path, done, out, -int(ticks[0]), sound)
    try:
        repeated = _encode_frames(done, frames.tolist(), path, out, tracks, progress)
    finally:
        tracks.close()
    steps = [Step("reencoded", len(frames), f"Encoded all {len(frames):,} frames anew (H.264).")]
    if repeated:
        steps.append(
            Step("concealed", repeated, f"{repeated:,} of them could not be decoded and repeat "
                 "their neighbour.")
        )  # fmt: skip
    return done, (*steps, *tracks.steps())


def _encode_frames(
    plan: Plan,
    frames: list[int],
    path: Path,
    out: Path,
    tracks: Sound,
    progress: Progress | None,
) -> int:
    muxer, options = muxer_of(out)
    if muxer == "webm":
        raise VideoError("A .webm file cannot hold H.264: name the new file .mp4 or .mkv.")
    index = plan.index
    pixel_format = index.pixel_format
    if index.codec != "h264" or pixel_format not in _FORMATS:
        pixel_format = "yuv420p"
    width, height = index.width & ~1, index.height & ~1
    report = Throttle(progress, len(frames))
    decoder = FrameDecoder(index, str(path), cache_bytes=0)
    upright = VideoReformatter()
    pictures = Pictures(decoder, frames)
    try:
        with av.open(str(out), "w", format=muxer, options=options) as target:
            stream: Any = target.add_stream("libx264", rate=plan.rate)
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            stream.codec_context.time_base = plan.time_base
            stream.time_base = plan.time_base
            stream.options = {
                "crf": _QUALITY, "preset": "veryfast",
                "x264-params": f"keyint={_KEY_EVERY}:bframes=0:scenecut=0:log-level=-1",
            }  # fmt: skip
            tracks.attach(target)
            for number, decoded in enumerate(pictures):
                if decoded is None:
                    picture = _grey(width, height, pixel_format)
                else:
                    picture = _turned(decoded, index, upright, pixel_format)
                picture.pts = int(plan.ticks[number])
                picture.time_base = Fraction(plan.time_base)
                picture.pict_type = 0  # the encoder's choice, not the old stream's
                tracks.write_until(target, float(plan.ticks[number] * plan.time_base))
                for packet in stream.encode(picture):
                    target.mux(packet)
                report(number)
            for packet in stream.encode(None):
                target.mux(packet)
            tracks.write_rest(target)
        report(len(frames), last=True)
    except (av.error.FFmpegError, ValueError) as error:
        reason = quoted(str(getattr(error, "strerror", error)))
        raise VideoError(f"{quoted(path)} cannot be encoded anew ({reason}).") from None
    finally:
        decoder.close()
    return pictures.repeated


def _turned(
    frame: VideoFrame, index: VideoIndex, upright: VideoReformatter, pixel_format: str
) -> VideoFrame:
    """The picture as displayed, in the encoder's pixel format and with even sides."""
    if not index.rotation:
        width, height = index.width & ~1, index.height & ~1
        return upright.reformat(frame, width, height, pixel_format)
    pixels = frame.to_ndarray(format="rgb24")
    # np.rot90 turns counter-clockwise.
    turned = np.ascontiguousarray(np.rot90(pixels, -index.rotation // 90))
    even = np.ascontiguousarray(turned[: index.height & ~1, : index.width & ~1])
    return VideoFrame.from_ndarray(even, format="rgb24").reformat(format=pixel_format)


def _grey(width: int, height: int, pixel_format: str) -> VideoFrame:
    grey = np.full((height, width, 3), 128, np.uint8)
    return VideoFrame.from_ndarray(grey, format="rgb24").reformat(format=pixel_format)
