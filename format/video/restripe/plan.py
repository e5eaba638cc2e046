"""What has to be done to a video: which packets to copy, in which order they show, and when.

Nothing is written here. Positions are those of the index: packets in decode order, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt

from ...errors import VideoError
from ..bitstream import mpeg4_types
from ..decode import FrameDecoder
from ..index import VideoIndex
from ..scan import NONE, Progress, Scan, scan_packets
from ..source import Source, VideoPacket, open_source, quoted
from .interval import Spacing, measure_spacing

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Repeated packets follow closely: a capture card or a lossy link sends one again.
_REPEAT_PACKETS = 32
_REORDERED = 16  # pictures at most that codecs show between one and those coded after it
_FINEST_TICKS = 10_000  # per second at least, so that no container has to rescale


@dataclass(frozen=True)
class Step:
    """One thing that is done: a ``code`` for programs, how many ``frames`` it is about, and a
    sentence for people."""

    code: str
    frames: int
    text: str


@dataclass(frozen=True, eq=False)
class Plan:
    """``order`` int64 ``(m,)``: the packet of each new frame; ``ticks`` int64 ``(m,)``: its time in
    units of ``time_base`` seconds, from 0; ``hidden`` bool ``(packets,)``: packets to copy that
    show nothing; ``partner`` int64 ``(old frames,)``: the new frame of each old one, -1 none.
    ``uncopiable`` says what copying packets cannot mend."""

    index: VideoIndex
    order: Int64s
    hidden: Bools
    ticks: Int64s
    time_base: Fraction
    step_ticks: int
    spacing: Spacing
    partner: Int64s
    packed_pictures: bool
    steps: tuple[Step, ...]
    uncopiable: tuple[str, ...]

    @property
    def rate(self) -> Fraction:
        """Frames per second of the new video, pauses left out."""
        return 1 / (self.step_ticks * self.time_base)


def make_plan(
    path: Path,
    index: VideoIndex,
    *,
    keep_gaps: bool = False,
    rate: Fraction | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Work out what to do. VideoError when nothing would be left."""
    with open_source(path, index.stream) as source:
        scan = scan_packets(source, progress, index.size)
        label = source.stream.average_rate or source.stream.guessed_rate
    if len(scan.size) != len(index.packet_size):
        raise VideoError(f"{quoted(path)} was changed meanwhile: try again.")
    steps: list[Step] = []
    hidden = ~scan.candidate & np.isin(index.codec, ("vp8", "vp9"))
    kept = _decodable(index, scan, steps)
    kept &= ~_repeated(path, index, scan, kept, steps)
    kept &= ~_cut_end(path, index, scan, kept, steps)
    order = _presentation(index, scan, kept & ~hidden)
    if not len(order):
        raise VideoError(f"Nothing in {quoted(path)} can be kept: get an intact copy of the file.")
    frames = index.packet_frame[order].astype(np.int64)
    partner = np.full(index.frame_count, -1, np.int64)
    partner[frames[frames >= 0]] = np.flatnonzero(frames >= 0)
    if uncovered := int((frames < 0).sum()):
        steps.append(
            Step("uncovered", uncovered, f"An edit list hid {_n(uncovered, 'frame')} that later "
                 "frames need for decoding; without it they show, at the beginning.")
        )  # fmt: skip
    known = index.pts[np.maximum(frames, 0)]
    times = np.where(frames >= 0, known, index.packet_pts[order])
    times = np.maximum.accumulate(times)
    spacing = measure_spacing(times, index.time_base, label, rate)
    time_base, step_ticks = _ticks_of(spacing.rate)
    if not keep_gaps:
        ticks = np.arange(len(order), dtype=np.int64) * step_ticks
    elif spacing.steady:
        ticks = spacing.slots * step_ticks
    else:  # there is no grid to put the times on
        time_base, step_ticks = index.time_base, max(1, round(1 / (spacing.rate * index.time_base)))
        ticks = times - times[0]
    steps += _timing_steps(index, times, spacing, np.asarray(ticks * float(time_base)), keep_gaps)
    return Plan(
        index, order, hidden & kept, ticks, time_base, step_ticks, spacing, partner,
        index.codec == "mpeg4" and _packs_pictures(path, index), tuple(steps),
        _uncopiable(index, uncovered),
    )  # fmt: skip


def numbered_packets(source: Source) -> Iterator[tuple[int, VideoPacket]]:
    """The packets of a freshly opened source with their positions, to where the file breaks off."""
    position = 0
    try:
        for packet in source.container.demux(source.stream):
            if packet.size > 0:
                yield position, packet
                position += 1
    except (av.error.FFmpegError, OSError):
        return


def _decodable(index: VideoIndex, scan: Scan, steps: list[Step]) -> Bools:
    """Packets that show something or that those need."""
    positions = np.arange(len(scan.size))
    shown = index.packet_frame >= 0
    kept = shown | ~scan.candidate
    if index.start_key[0]:
        first = int(index.start_position[0])
        kept &= positions >= first
        leading = scan.candidate & ~shown & ((positions < first) | _leads(index, first))
    else:
        # Without a key every packet helps to build up the picture.
        kept |= positions <= int(index.frame_position.max())
        leading = np.zeros(len(kept), np.bool_)
    if lead := int(leading.sum()):
        steps.append(
            Step("leading", lead, f"Left out {_n(lead, 'picture')} before the first key frame: "
                 "what they refer to is not in the file.")
        )  # fmt: skip
    kept &= positions <= int(index.frame_position.max())
    struck = int((scan.candidate & ~shown & ~leading & ~kept).sum())
    if struck:
        steps.append(
            Step("undecodable", struck, f"Left out {_n(struck, 'packet')} that no picture can be "
                 "decoded from.")
        )  # fmt: skip
    return np.asarray(kept)


def _leads(index: VideoIndex, first: int) -> Bools:
    """Pictures coded after the first key but shown before it (an open GOP's)."""
    if index.by_output:
        return np.zeros(len(index.packet_pts), np.bool_)
    return np.asarray(index.packet_pts < index.packet_pts[first])


def _repeated(path: Path, index: VideoIndex, scan: Scan, kept: Bools, steps: list[Step]) -> Bools:
    """Packets that are a copy of an earlier one with the same time: the same data, sent twice."""
    out = np.zeros(len(scan.size), np.bool_)
    pairs: dict[int, list[int]] = {}
    for back in range(1, min(_REPEAT_PACKETS, len(scan.size))):
        same = (scan.pts[back:] == scan.pts[:-back]) & (scan.size[back:] == scan.size[:-back])
        for at in np.flatnonzero(same & (scan.pts[back:] != NONE)).tolist():
            pairs.setdefault(at + back, []).append(at)
    if not pairs:
        return out
    wanted = set(pairs) | {first for firsts in pairs.values() for first in firsts}
    data: dict[int, bytes] = {}
    with open_source(path, index.stream) as source:
        for position, packet in numbered_packets(source):
            if position in wanted:
                data[position] = bytes(packet)
                firsts = pairs.get(position, ())
                out[position] = any(data.get(first) == data[position] for first in firsts)
            data.pop(position - _REPEAT_PACKETS, None)
    if count := int((out & kept).sum()):
        steps.append(
            Step("repeated", count, f"Left out {_n(count, 'packet')} that "
                 f"{'repeats' if count == 1 else 'repeat'} an earlier one.")
        )  # fmt: skip
    return out


def _cut_end(path: Path, index: VideoIndex, scan: Scan, kept: Bools, steps: list[Step]) -> Bools:
    """The last packets of a file that breaks off, as far as they decode to damaged pictures."""
    out = np.zeros(len(scan.size), np.bool_)
    if not scan.broken_end:
        return out
    stop = len(kept)
    decoder = FrameDecoder(index, str(path), cache_bytes=0)
    try:
        for position in np.flatnonzero(kept & (index.packet_frame >= 0))[::-1][:8].tolist():
            try:
                if not decoder.read(int(index.packet_frame[position])).is_corrupt:
                    break
            except VideoError:
                pass
            stop = position
    finally:
        decoder.close()
    out[_whole_end(index, scan, kept, stop) :] = True
    if count := int((out & kept).sum()):
        steps.append(
            Step("broken-end", count, f"Cut off {_n(count, 'frame')} at the end, where the file "
                 "breaks off: they are damaged, or pictures before them are missing.")
        )  # fmt: skip
    return out


def _whole_end(index: VideoIndex, scan: Scan, kept: Bools, stop: int) -> int:
    """Where to stop so that the last pictures follow each other without a hole: pictures shown
    late are coded early, so where a file breaks off the ones between are missing."""
    if index.by_output or index.frame_count < 3:
        return stop
    usual = float(np.median(np.diff(index.pts)))
    for end in range(stop, max(stop - _REPEAT_PACKETS, 1), -1):
        shown = np.flatnonzero(kept[:end] & (index.packet_frame[:end] >= 0))[-2 * _REPEAT_PACKETS :]
        times = np.sort(scan.pts[shown])
        # Holes further back have another cause.
        if not (np.diff(times)[-_REORDERED:] > 1.5 * usual).any():
            return end
    return stop


def _presentation(index: VideoIndex, scan: Scan, shown: Bools) -> Int64s:
    """Positions of the packets to show, in order of presentation."""
    positions = np.flatnonzero(shown)
    if index.by_output:
        positions = positions[index.packet_frame[positions] >= 0]
        return positions[np.argsort(index.packet_frame[positions], kind="stable")]
    return positions[np.argsort(scan.pts[positions], kind="stable")]


def _packs_pictures(path: Path, index: VideoIndex) -> bool:
    """Whether packets hold two pictures each, as DivX packs B-frames into AVI."""
    with open_source(path, index.stream) as source:
        for position, packet in numbered_packets(source):
            if len(mpeg4_types(bytes(packet))) > 1:
                return True
            if position > 300:
                break
    return False


def _ticks_of(rate: Fraction) -> tuple[Fraction, int]:
    """A time base and how many of its ticks one frame takes, exactly."""
    finer = 1
    while rate.numerator * finer < _FINEST_TICKS or rate.denominator * finer < 8:
        finer *= 2
    return Fraction(1, rate.numerator * finer), rate.denominator * finer


def _timing_steps(
    index: VideoIndex,
    times: Int64s,
    spacing: Spacing,
    seconds: npt.NDArray[Any],
    keep_gaps: bool,
) -> list[Step]:
    out: list[Step] = []
    if len(times) < 2:
        return out
    before = (times - times[0]) * float(index.time_base)
    moved = np.abs(seconds - before)
    apart = f"{_rate_text(spacing.rate)} frames per second"
    changed = int((moved > max(float(index.time_base), 1e-3)).sum())
    if not spacing.steady and keep_gaps:
        out.append(Step("times-kept", len(times), "The rate varies; every time was kept."))
        return out
    if not spacing.steady:
        text = f"The rate varied; frames now stand at its average, {apart}."
        out.append(Step("variable-rate", len(times), text))
    elif spacing.missing:
        gaps = int((np.diff(spacing.slots) > 1).sum())
        missing = f"{_n(spacing.missing, 'missing frame')} in {_n(gaps, 'gap')}"
        code, text = "gaps-closed", f"Closed up {missing}: what follows is shown earlier."
        if keep_gaps:
            code, text = "gaps-kept", f"Kept {missing} as pauses."
        out.append(Step(code, spacing.missing, text))
    text = f"Times are now exact: {apart}"
    if changed:
        text += f"; {_n(changed, 'frame')} moved, the furthest by {moved.max():.3f} s"
    out.append(Step("times", changed, text + "."))
    return out


def _uncopiable(index: VideoIndex, uncovered: int) -> tuple[str, ...]:
    out = []
    if uncovered:
        out.append(f"an edit list begins between key frames and hides {_n(uncovered, 'frame')}")
    if not index.start_key[0]:
        out.append("the first packet is no key frame")
    if index.new_parameters:
        out.append("the picture's format changes on the way")
    return tuple(out)


def _rate_text(rate: Fraction) -> str:
    return str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.6g} ({rate})"


def _n(count: int, one: str) -> str:
    return f"{count:,} {one}" + ("" if count == 1 else "s")
