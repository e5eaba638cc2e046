"""Which packets become frames, and in which order: the meaning of a frame number.

Presentation times settle it for nearly every file. Where they cannot (AVI with B-frames, raw
streams, damaged starts), the decoder is asked: a packet is handed to it with its own position as
its time stamp, so each frame that comes out names the packet it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av.error
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from ..errors import VideoError
from .scan import NONE, Int64s, Progress, Scan, Throttle
from .source import MAX_PIXELS, Source, VideoPacket, open_source, quoted

_HEAD_PACKETS = 32
_UNSETTLED = 4  # of the head's last packets, the decoder may still have wanted a follower
Int32s = npt.NDArray[np.int32]


def decode_tagged(
    context: VideoCodecContext, packet: VideoPacket | None, position: int
) -> list[VideoFrame]:
    """Decode one packet (None drains); each frame's pts is the position of its packet.

    A packet that cannot be decoded gives no frame.
    """
    if packet is not None:
        packet.pts = packet.dts = position
    try:
        return context.decode(packet)
    except av.error.EOFError:
        return []
    except (av.error.FFmpegError, MemoryError):
        return []


def prepare(context: VideoCodecContext, threads: str = "AUTO") -> None:
    """Set up a decoder that was not opened yet."""
    context.thread_type = threads
    context.options = {**context.options, "max_pixels": str(MAX_PIXELS)}


@dataclass
class Head:
    """What decoding the first packets told."""

    positions: list[int]  # of the packets that became frames, as they came out
    fed: int
    first: VideoFrame  # for its rotation, size and pixel format


@dataclass
class Numbering:
    frame: Int32s  # (packets,) frame number of each packet, -1 not shown
    position: Int32s  # (frames,) packet of each frame
    pts: Int64s  # (frames,) strictly increasing
    by_output: bool  # numbered by the order of output, because pts do not tell


def decode_head(source: Source) -> Head:
    """Decode the first packets of a freshly opened source. Raises VideoError if none decodes."""
    context = source.codec_context
    prepare(context)
    frames: list[VideoFrame] = []
    positions: list[int] = []
    fed = 0
    # A stream may begin with packets that cannot be decoded; go on to the first that can.
    limit = _HEAD_PACKETS
    for packet in _packets(source):
        for frame in decode_tagged(context, packet, fed):
            frames = frames or [frame]
            positions.append(_tag(frame))
        fed += 1
        if fed >= limit and (frames or fed >= 4096):
            break
    for frame in decode_tagged(context, None, fed):
        frames = frames or [frame]
        positions.append(_tag(frame))
    if not frames:
        raise VideoError(
            f"No frame of {quoted(source.path)} can be decoded: it is damaged or encrypted, "
            "or of a kind that FFmpeg does not know."
        )
    return Head(positions, fed, frames[0])


def number_frames(
    source: Source, scan: Scan, head: Head, rate: Fraction, progress: Progress | None
) -> Numbering:
    """Number the frames of a scanned file, decoding all of it only when there is no other way."""
    shown = scan.candidate.copy()
    timed = not scan.guessed_times and not (scan.pts[shown] == NONE).any()
    if timed and _explained(scan, head, shown):
        candidates = np.flatnonzero(shown)
        order = candidates[np.argsort(scan.pts[candidates], kind="stable")]
        pts = scan.pts[order]
        by_output = False
    else:
        order = _decode_all(source.path, len(scan.size), progress)
        pts = _output_times(scan, order, rate, source.stream.time_base)
        by_output = True
    if not len(order):
        raise VideoError(f"{quoted(source.path)} contains no frames: copy or convert it again.")
    frame = np.full(len(scan.size), -1, np.int32)
    frame[order] = np.arange(len(order), dtype=np.int32)
    return Numbering(frame, order.astype(np.int32), _strictly_increasing(pts), by_output)


def _explained(scan: Scan, head: Head, shown: npt.NDArray[np.bool_]) -> bool:
    """Whether times account for all that the head's decoding gave; strikes what it never gives.

    Packets before the first key, and pictures that lead the first key of an open GOP, refer to
    pictures the file does not have: decoders drop them, and so they are no frames.
    """
    keys = np.flatnonzero(scan.key)
    first = int(keys[0]) if len(keys) else 0
    came = set(head.positions)
    # With the whole file fed there is nothing a picture may still have waited for.
    settled = head.fed if head.fed >= len(scan.size) else head.fed - _UNSETTLED
    for position in range(settled):
        if not shown[position] or position in came:
            continue
        leading = position < first or scan.pts[position] < scan.pts[first]
        if not leading:
            return False
        shown[position] = False
    if any(not scan.candidate[position] for position in came):
        return False
    # Times that rise with every packet although the decoder reorders are decoding times in
    # disguise. Where times do go back and forth the file knows its order, and a decoder that
    # presents its first frames otherwise has merely not yet seen how deep the reordering is.
    stamps = np.diff(scan.pts[head.positions])
    return bool((stamps >= 0).all() or (np.diff(scan.pts[scan.candidate]) < 0).any())


def _decode_all(path: object, total: int, progress: Progress | None) -> Int64s:
    """Positions of the packets that become frames, in the order a decoder presents them."""
    report = Throttle(progress, total)
    positions: list[int] = []
    with open_source(str(path)) as source:
        context = source.codec_context
        prepare(context)
        # The pictures are thrown away: leave out what does not decide whether and when they come.
        context.options = {**context.options, "skip_loop_filter": "all", "skip_idct": "all"}
        fed = 0
        for packet in _packets(source):
            positions += map(_tag, decode_tagged(context, packet, fed))
            fed += 1
            report(min(fed, total))
        positions += map(_tag, decode_tagged(context, None, fed))
    report(total, last=True)
    order = np.array(positions, np.int64)
    _, firsts = np.unique(order, return_index=True)
    order = order[np.sort(firsts)]
    return order[(order >= 0) & (order < total)]


def _packets(source: Source) -> Iterator[VideoPacket]:
    """The packets that scan_packets() counts."""
    try:
        for packet in source.container.demux(source.stream):
            if packet.size > 0:
                yield packet
    except (av.error.FFmpegError, OSError):
        return


def _tag(frame: VideoFrame) -> int:
    return -1 if frame.pts is None else frame.pts


def _output_times(scan: Scan, order: Int64s, rate: Fraction, time_base: Fraction | None) -> Int64s:
    """Times for frames numbered by output: the packets' times, in ascending order."""
    times = np.where(scan.pts[order] != NONE, scan.pts[order], scan.dts[order])
    if (times != NONE).all() and len(np.unique(times)) == len(times):
        return np.sort(times)
    step = 1 / (rate * time_base) if rate and time_base else Fraction(1)
    known = times[times != NONE]
    start = int(known.min()) if len(known) else 0
    return np.array([start + round(i * step) for i in range(len(order))], np.int64)


def _strictly_increasing(pts: Int64s) -> Int64s:
    """Move repeated times on by a tick, so that later frames are later for everyone."""
    if (np.diff(pts) > 0).all():
        return pts.copy()
    ramp = np.arange(len(pts), dtype=np.int64)
    return np.maximum.accumulate(pts - ramp) + ramp
