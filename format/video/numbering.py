"""Which packets become frames, and in which order: the meaning of a frame number.

Presentation times settle it for nearly every file. Where they cannot (AVI with B-frames, raw
streams, damaged starts), the decoder is asked: a packet is handed to it with its own position as
its time stamp, so each frame that comes out names the packet it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av.error
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from ..errors import VideoError
from .scan import NONE, Int64s, Progress, Scan, Throttle
from .source import MAX_PIXELS, Source, VideoPacket, open_source, quoted

_HEAD_PACKETS = 24
_MAX_HEAD_PACKETS = 4096
_MAX_REORDER = 64  # pictures; codecs allow 16, and fields and hidden ones may add to it
_UNSETTLED = 4  # of the head's last packets, the decoder may still have wanted a follower
Int32s = npt.NDArray[np.int32]


def decode_tagged(
    context: VideoCodecContext, packet: VideoPacket | None, position: int
) -> tuple[list[VideoFrame], bool]:
    """Decode one packet (None drains); each frame's pts is the position of its packet.

    A packet that cannot be decoded gives no frame. The second value tells whether all was well.
    """
    if packet is not None:
        packet.pts = packet.dts = position
    try:
        frames = context.decode(packet)
    except av.error.EOFError:
        return [], True
    except (av.error.FFmpegError, MemoryError):
        return [], False
    return frames, not any(frame.is_corrupt for frame in frames)


def prepare(context: VideoCodecContext, careful: bool = False) -> None:
    """Set up a decoder that was not opened yet; ``careful`` is for damaged data.

    With frame threads an error surfaces at a later packet, and frames are lost with it.
    """
    context.thread_type = "SLICE" if careful else "AUTO"
    context.options = {**context.options, "max_pixels": str(MAX_PIXELS)}


def _leave_out_pixels(context: VideoCodecContext) -> None:
    """The pictures are thrown away: skip what does not decide whether and when they come."""
    context.options = {**context.options, "skip_loop_filter": "all", "skip_idct": "all"}


@dataclass
class Head:
    """What decoding the first packets told."""

    positions: list[int]  # of the packets that became frames, as they came out
    failed: list[int]  # positions of the packets that the decoder complained about
    fed: int
    first: VideoFrame  # for its rotation, size and pixel format


@dataclass
class Numbering:
    frame: Int32s  # (packets,) frame number of each packet, -1 not shown
    position: Int32s  # (frames,) packet of each frame
    pts: Int64s  # (frames,) strictly increasing
    by_output: bool  # numbered by the order of output, because pts do not tell


def decode_head(source: Source, scan: Scan) -> Head:
    """Decode the first packets of a freshly opened source. Raises VideoError if none decodes."""
    context = source.codec_context
    prepare(context, careful=True)
    _leave_out_pixels(context)
    frames: list[VideoFrame] = []
    positions: list[int] = []
    failed: list[int] = []
    fed = 0
    # Well past the first key: at the end of its input, a decoder lets go even of pictures before
    # the key, which it otherwise withholds.
    keys = np.flatnonzero(scan.key)
    limit = min((int(keys[0]) if len(keys) else 0) + _HEAD_PACKETS, _MAX_HEAD_PACKETS)
    # No packet more than were scanned: a file that is being recorded has grown meanwhile.
    for packet in islice(_packets(source), len(scan.size)):
        came, well = decode_tagged(context, packet, fed)
        if not well:
            failed.append(fed)
        for frame in came:
            frames = frames or [frame]
            positions.append(_tag(frame))
        fed += 1
        if fed >= limit and (frames or fed >= _MAX_HEAD_PACKETS):
            break
    for frame in decode_tagged(context, None, fed)[0]:
        frames = frames or [frame]
        positions.append(_tag(frame))
    if not frames:
        raise VideoError(
            f"No frame of {quoted(source.path)} can be decoded: it is damaged or encrypted, "
            "or of a kind that FFmpeg does not know."
        )
    return Head(positions, failed, fed, frames[0])


def number_frames(
    source: Source, scan: Scan, head: Head, rate: Fraction, progress: Progress | None
) -> Numbering:
    """Number the frames of a scanned file, decoding all of it only when there is no other way."""
    shown = scan.candidate.copy()
    by_output = not (_timed(scan) and _explained(scan, head, shown))
    if not by_output:
        order = by_time(scan, shown)
        pts = scan.pts[order]
    else:
        order = _decode_all(source, len(scan.size), progress)
        pts = _output_times(scan, order, rate, source.stream.time_base)
    return number(source.path, scan, order, pts, by_output)


def number(path: Path, scan: Scan, order: Int64s, pts: Int64s, by_output: bool) -> Numbering:
    """Number frames, given their packets in order of presentation. VideoError if there is none."""
    if not len(order):
        raise VideoError(f"{quoted(path)} contains no frames: copy or convert it again.")
    frame = np.full(len(scan.size), -1, np.int32)
    frame[order] = np.arange(len(order), dtype=np.int32)
    return Numbering(frame, order.astype(np.int32), _strictly_increasing(pts), by_output)


def by_time(scan: Scan, shown: npt.NDArray[np.bool_]) -> Int64s:
    """Positions of the shown packets in order of their times."""
    positions = np.flatnonzero(shown)
    return positions[np.argsort(scan.pts[positions], kind="stable")]


def _timed(scan: Scan) -> bool:
    """Whether every shown packet has a time that can be its place in the order."""
    if scan.guessed_times or (scan.pts[scan.candidate] == NONE).any():
        return False
    # Where recordings were joined, times begin anew: sorting would shuffle them together.
    decode_times = scan.dts[scan.dts != NONE]
    if (np.diff(decode_times) < 0).any():
        return False
    places = np.searchsorted(np.flatnonzero(scan.candidate), by_time(scan, scan.candidate))
    return bool((np.abs(places - np.arange(len(places))) <= _MAX_REORDER).all())


def _explained(scan: Scan, head: Head, shown: npt.NDArray[np.bool_]) -> bool:
    """Whether times account for all that the head's decoding gave; strikes what it never gives.

    Packets before the first key, and pictures that lead the first key of an open GOP, refer to
    pictures the file does not have: decoders drop them, and so they are no frames. What does not
    come because it is damaged stays a frame, as it does further on: later ones must not slide.
    """
    keys = np.flatnonzero(scan.key)
    first = int(keys[0]) if len(keys) else 0
    came = set(head.positions)
    # The first packet is a key that is damaged: what refers to it is damaged as well, and no lead.
    spoilt_key = scan.begins_marked and 0 in head.failed and 0 not in came
    # With the whole file fed there is nothing a picture may still have waited for.
    settled = head.fed if head.fed >= len(scan.size) else head.fed - _UNSETTLED
    for position in range(settled):
        if not shown[position] or position in came:
            continue
        leading = position < first or scan.pts[position] < scan.pts[first]
        if leading and not spoilt_key:
            shown[position] = False
        elif not leading and not _reached_by_damage(position, head, keys):
            return False
    if any(not scan.candidate[position] for position in came):
        return False
    # Times that rise with every packet although the decoder reorders are decoding times in
    # disguise. Where times do go back and forth the file knows its order, and a decoder that
    # presents its first frames otherwise has merely not yet seen how deep the reordering is.
    stamps = np.diff(scan.pts[head.positions])
    return bool((stamps >= 0).all() or (np.diff(scan.pts[scan.candidate]) < 0).any())


def _reached_by_damage(position: int, head: Head, keys: npt.NDArray[np.intp]) -> bool:
    """Whether a packet failed, or one that it may refer to: one since the last key."""
    before = keys[keys <= position]
    key = int(before[-1]) if len(before) else 0
    return any(key <= failed <= position for failed in head.failed)


def _decode_all(file: Source, total: int, progress: Progress | None) -> Int64s:
    """Positions of the packets that become frames, in the order a decoder presents them."""
    report = Throttle(progress, total)
    positions, well = _decode_through(file, total, report, careful=False)
    if not well:
        positions, _ = _decode_through(file, total, report, careful=True)
    report(total, last=True)
    order = np.array(positions, np.int64)
    _, firsts = np.unique(order, return_index=True)
    order = order[np.sort(firsts)]
    return order[(order >= 0) & (order < total)]


def _decode_through(
    file: Source, total: int, report: Throttle, careful: bool
) -> tuple[list[int], bool]:
    positions: list[int] = []
    all_well = True
    with open_source(file.path, file.number) as source:
        context = source.codec_context
        prepare(context, careful)
        _leave_out_pixels(context)
        fed = 0
        for packet in _packets(source):
            frames, well = decode_tagged(context, packet, fed)
            positions += map(_tag, frames)
            all_well = all_well and well
            fed += 1
            report(min(fed, total))
        frames, well = decode_tagged(context, None, fed)
        positions += map(_tag, frames)
    return positions, all_well and well


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
    """Times for frames numbered by output."""
    times = scan.pts[order]
    if not scan.guessed_times and (times != NONE).all():
        steps = np.diff(times)
        usual = int(np.median(steps[steps > 0])) if (steps > 0).any() else 1
        # Where times begin anew, go on as before.
        steps[steps <= 0] = usual
        return np.concatenate(([times[0]], times[0] + np.cumsum(steps)))
    # Decoding times first: where presentation times are wrong, those are what the file stores.
    for stamps in (scan.dts[order], times):
        if (stamps != NONE).all() and len(np.unique(stamps)) == len(stamps):
            return np.sort(stamps)
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
