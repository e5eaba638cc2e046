"""Copying packets into a new file with new times. Nothing is decoded, so nothing is lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.bitstream import BitStreamFilterContext

from ...errors import VideoError
from ..scan import Progress, Throttle
from ..source import VideoPacket, open_source, quoted
from .plan import Plan, Step, numbered_packets
from .sound import Sound

Int64s = npt.NDArray[np.int64]

# By the new file's ending: the muxer, and the options that keep it from hiding or moving times.
_NO_EDIT_LIST = {"use_editlist": "0", "movflags": "+faststart"}
MUXERS: dict[str, tuple[str, dict[str, str]]] = {
    ".mp4": ("mp4", _NO_EDIT_LIST),
    ".m4v": ("mp4", _NO_EDIT_LIST),
    ".mov": ("mov", _NO_EDIT_LIST),
    ".mkv": ("matroska", {}),
    ".webm": ("webm", {}),
    ".ts": ("mpegts", {}),
}


def muxer_of(out: Path) -> tuple[str, dict[str, str]]:
    """FFmpeg's muxer and its options for a file name; VideoError for an ending not known."""
    found = MUXERS.get(out.suffix.lower())
    if found is not None:
        return found
    endings = ", ".join(MUXERS)
    if out.suffix.lower() == ".avi":
        raise VideoError(
            f"{quoted(out)}: AVI stores no presentation times, so they cannot be put right in it; "
            "name the new file .mkv or .mp4."
        )
    raise VideoError(f"{quoted(out)}: the new file's name must end in one of {endings}.")


def packet_times(plan: Plan) -> tuple[Int64s, Int64s]:
    """pts and dts of each packet to copy, int64 ``(packets,)`` in ticks, -1 for one left out.

    dts ascend, never exceed their pts, and begin at 0, so that no container needs an edit list.
    """
    count = len(plan.index.packet_size)
    pts = np.full(count, -1, np.int64)
    pts[plan.order] = plan.ticks
    copied = (pts >= 0) | plan.hidden
    _place_hidden(pts, plan)
    at = np.flatnonzero(copied)
    ascending = np.sort(pts[at])
    delay = int((ascending - pts[at]).max())
    dts = np.full(count, -1, np.int64)
    dts[at] = ascending - ascending[0]
    pts[at] += delay - ascending[0]
    return pts, dts


def _place_hidden(pts: Int64s, plan: Plan) -> None:
    """Hidden pictures just before the next one that is shown: their times must only ascend."""
    following: list[int] = []
    for position in [*np.flatnonzero(plan.hidden | (pts >= 0)).tolist(), -1]:
        if position >= 0 and plan.hidden[position]:
            following.append(position)
            continue
        end = int(pts[position]) if position >= 0 else int(plan.ticks[-1]) + plan.step_ticks
        for back, hidden in enumerate(reversed(following), 1):
            pts[hidden] = end - back * plan.step_ticks // (2 * len(following) + 2)
        following.clear()


def copy_packets(
    plan: Plan, path: Path, out: Path, progress: Progress | None, *, sound: bool = True
) -> tuple[Step, ...]:
    """Write ``out`` (which must not exist); returns what was done besides the plan's steps.
    VideoError when the container cannot take the codec; what was written is then left to the
    caller to remove."""
    muxer, options = muxer_of(out)
    pts, dts = packet_times(plan)
    report = Throttle(progress, len(pts))
    tracks = Sound(path, plan, out, int(pts[plan.order[0]] - plan.ticks[0]), sound)
    try:
        with (
            open_source(path, plan.index.stream) as source,
            av.open(str(out), "w", format=muxer, options=options) as target,
        ):
            stream: Any = target.add_stream_from_template(source.stream, opaque=True)
            stream.time_base = plan.time_base
            tracks.attach(target)
            unpack = BitStreamFilterContext("mpeg4_unpack_bframes", source.stream, stream) \
                if plan.packed_pictures else None  # fmt: skip
            for position, packet in numbered_packets(source):
                if position >= len(pts):
                    break
                # Also packets that are left out may hold a picture that belongs to the next.
                for piece in unpack.filter(packet) if unpack else (packet,):
                    if pts[position] >= 0:
                        _stamp(piece, stream, int(pts[position]), int(dts[position]), plan)
                        tracks.write_until(target, float(dts[position] * plan.time_base))
                        target.mux(piece)
                report(position)
            tracks.write_rest(target)
        report(len(pts), last=True)
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoError(_why(plan, out, error)) from None
    except OSError as error:
        raise VideoError(
            f"{quoted(out.parent)} cannot be written to ({error.strerror}): check disk and "
            "permissions."
        ) from None
    finally:
        tracks.close()
    return tracks.steps()


def _stamp(packet: VideoPacket, stream: Any, pts: int, dts: int, plan: Plan) -> None:
    packet.stream = stream
    packet.time_base = Fraction(plan.time_base)
    packet.pts, packet.dts, packet.duration = pts, dts, plan.step_ticks


def _why(plan: Plan, out: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in (28, 13, 30):  # full, forbidden, read-only
        return f"{quoted(out.parent)} cannot be written to ({error.strerror})."
    advice = "name the new file .mkv"
    if out.suffix.lower() == ".mkv":
        advice = "name the new file .mov, or allow --reencode"
    return (
        f"A {out.suffix.lower()} file cannot hold this {plan.index.codec} video as it is "
        f"({quoted(str(getattr(error, 'strerror', error)))}): {advice}."
    )
