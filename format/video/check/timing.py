"""What is wrong with times: gaps, repeats, disorder, uneven rates, clocks that start over."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..index import VideoIndex
from ..scan import NONE, Int64s
from .codes import Severity
from .collect import Findings, count, listing, to_ranges
from .demux import Bools, Demuxed

_CLOCK_TICKS = 1 << 33  # MPEG's clock starts over after this many
_LONGEST_CYCLE = 12  # steps
# Up to this share of gaps a rate counts as constant with frames missing, above it as variable.
_GAP_SHARE = 0.25
_REGULAR_SHARE = 0.97
_WINDOW = 64  # packets among which presentation order may differ from decoding order


@dataclass(frozen=True, eq=False)
class Cadence:
    """How frames follow each other in time; arrays by frame."""

    step: float  # usual ticks from frame to frame
    missing: Int64s  # frames missing before each
    pattern: str  # "constant", "cycle", "jitter" or "irregular"
    cycle: tuple[int, ...] = ()  # of a cycle: its steps, in units of the shortest


def cadence(pts: Int64s) -> Cadence:
    """Tell constant rates, with or without gaps, from variable ones."""
    missing = np.zeros(len(pts), np.int64)
    if len(pts) < 3:
        return Cadence(float(pts[-1] - pts[0]) or 1.0, missing, "constant")
    steps = np.diff(pts).astype(np.float64)
    usual = float(np.median(steps))
    near = steps[(steps < 1.5 * usual) & (steps > 0.5 * usual)]
    usual = float(near.mean()) if len(near) else usual
    # Each time may be rounded by half a tick to either side.
    tolerance = max(0.12, 1.01 / usual)
    multiples = np.maximum(np.round(steps / usual), 1)
    regular = np.abs(steps / usual - multiples) <= tolerance * np.maximum(1, multiples / 50)
    cycle = _cycle(multiples.astype(np.int64)) if regular.mean() >= _REGULAR_SHARE else ()
    if cycle:
        return Cadence(usual, missing, "cycle", cycle)
    gaps = (multiples > 1) & (steps > usual + 1)
    constant = regular.mean() >= _REGULAR_SHARE and gaps.mean() <= _GAP_SHARE
    if constant:
        missing[1:] = np.where(gaps, multiples - 1, 0).astype(np.int64)
        return Cadence(usual, missing, "constant" if regular.all() else "jitter")
    # In a variable rate only a step far out of all proportion is a hole.
    limit = 4 * float(np.quantile(steps, 0.98))
    missing[1:] = np.where(steps > limit, multiples - 1, 0).astype(np.int64)
    return Cadence(usual, missing, "irregular")


def _cycle(multiples: Int64s) -> tuple[int, ...]:
    """The shortest cycle of steps that repeats throughout; () for none or a constant step."""
    if (multiples == multiples[0]).all():
        return ()
    for length in range(2, min(_LONGEST_CYCLE, len(multiples) // 4) + 1):
        if (multiples[length:] == multiples[:-length]).all():
            return tuple(int(step) for step in multiples[:length])
    return ()


def find_timing(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> Bools:
    """Findings about times. Returns which frames have frames missing before them."""
    rhythm = cadence(index.pts)
    numbered = _by_frame(index, demuxed.numbers.missing_before)
    if index.by_output:  # times are made up, holes in them mean nothing
        missing = numbered
    elif demuxed.numbers.told:
        missing = np.maximum(rhythm.missing, numbered)
    else:
        missing = rhythm.missing
    missing[0] = 0
    _find_missing(index, missing, rhythm.missing, findings)
    _find_variable(index, rhythm, missing, findings)
    _find_repeats(index, demuxed, findings)
    _find_disorder(index, demuxed, findings)
    _find_wrap(index, findings)
    return missing > 0


def _by_frame(index: VideoIndex, values: Int64s) -> Int64s:
    """Values by packet as values by frame."""
    return values[index.frame_position].astype(np.int64)


def _find_missing(index: VideoIndex, missing: Int64s, in_time: Int64s, findings: Findings) -> None:
    places = np.flatnonzero(missing)
    if not len(places):
        return
    total = int(missing.sum())
    hidden = int((missing[places] > in_time[places]).sum())
    restamped = (
        f"; at {count(hidden, 'place')} their times were closed up, so that only the pictures' own "
        "numbers tell"
        if hidden
        else ""
    )
    findings.add(
        "missing-frames",
        f"{count(total, 'frame is', 'frames are')} missing at {count(len(places), 'place')}, "
        f"before frame {listing(places.tolist())}{restamped}.",
        [(frame, frame + 1) for frame in places.tolist()],
        missing=missing[places].tolist(),
        total=total,
        restamped=hidden,
    )


def _find_variable(index: VideoIndex, rhythm: Cadence, missing: Int64s, findings: Findings) -> None:
    if rhythm.pattern == "constant" or index.by_output:
        return
    milliseconds = np.diff(index.pts) * float(index.time_base) * 1000
    quantiles = np.quantile(milliseconds, (0, 0.5, 1))
    shortest, middle, longest = (round(float(value), 3) for value in quantiles)
    values, counts = np.unique(np.round(milliseconds, 1), return_counts=True)
    common = np.argsort(-counts, kind="stable")[:8]
    words = {
        "cycle": f"steps of {listing(rhythm.cycle, 12)} units repeat",
        "jitter": "nearly constant, with some frames off the beat",
        "irregular": "without a pattern",
    }
    findings.add(
        "variable-rate",
        f"Frames last from {shortest:g} to {longest:g} ms, {middle:g} in the middle: "
        f"{words[rhythm.pattern]}.",
        severity=Severity.NOTE if rhythm.pattern == "jitter" else None,
        pattern=rhythm.pattern,
        cycle=list(rhythm.cycle),
        shortest_ms=shortest,
        median_ms=middle,
        longest_ms=longest,
        steps_ms=[[float(values[at]), int(counts[at])] for at in common],
    )


def _find_repeats(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    stored = index.packet_pts[index.frame_position]
    known = stored[stored != NONE]
    if len(known) == len(stored):
        if index.by_output:
            order = np.argsort(stored, kind="stable")
            equal = np.zeros(len(stored), bool)
            equal[order[1:]] = np.diff(stored[order]) == 0
        else:
            equal = np.concatenate(([False], np.diff(stored) == 0))
        if equal.any():
            frames = np.flatnonzero(equal)
            findings.add(
                "duplicate-pts",
                f"{count(len(frames), 'frame has', 'frames have')} the time of another: "
                f"{listing(frames.tolist())}.",
                to_ranges(equal),
                total=len(frames),
            )
    again = demuxed.same | demuxed.numbers.repeated
    again &= index.packet_frame >= 0
    # Where every picture stands alone, equal data is an equal picture and no mishap.
    if again.any() and index.longest_gop > 1:
        frames = np.sort(index.packet_frame[again])
        marked = np.zeros(index.frame_count, bool)
        marked[frames] = True
        findings.add(
            "duplicate-packets",
            f"The data of {count(len(frames), 'frame')} comes twice: {listing(frames.tolist())}.",
            to_ranges(marked),
            total=len(frames),
        )


def _find_disorder(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    """Times that rise in another order than decoding allows."""
    shown = np.flatnonzero(index.packet_frame >= 0)
    times = index.packet_pts[shown]
    marked = np.zeros(index.frame_count, bool)
    decode_times = index.packet_dts[shown]
    known = decode_times != NONE
    falls = np.flatnonzero(np.diff(decode_times[known]) < 0)
    for at in shown[known][falls + 1]:
        marked[index.packet_frame[at]] = True
    if (times != NONE).all() and not index.by_output:
        late = _late(times)
        if demuxed.reorders:
            # A codec's reordering is as deep everywhere; what goes beyond is not the codec's.
            allowed = max(4, 2 * int(np.quantile(late, 0.98)))
        else:
            allowed = 0
        furthest = np.maximum.accumulate(times)
        for at in np.flatnonzero(late > allowed):
            frame = int(index.packet_frame[shown[at]])
            ahead = int(np.searchsorted(index.pts, furthest[at], side="right"))
            marked[frame : max(frame + 1, ahead)] = True
    if marked.any():
        ranges = to_ranges(marked)
        findings.add(
            "non-monotonic-pts",
            f"The times of {count(int(marked.sum()), 'frame')} are out of order, around frame "
            f"{listing([first for first, _ in ranges])}.",
            ranges,
            decode_times_fall=len(falls),
        )


def _late(times: Int64s) -> Int64s:
    """For each packet, how many of those decoded shortly before it are shown after it."""
    late = np.zeros(len(times), np.int64)
    for back in range(1, min(_WINDOW, len(times))):
        late[back:] += times[:-back] > times[back:]
    return late


def _find_wrap(index: VideoIndex, findings: Findings) -> None:
    if index.container not in ("mpegts", "mpeg") or index.time_base != Fraction(1, 90_000):
        return
    # FFmpeg goes on counting across the wrap, or counts up to it from below zero.
    crossed = np.flatnonzero(np.diff(index.pts // _CLOCK_TICKS)) + 1
    decode_times = index.packet_dts[index.packet_dts != NONE]
    falls = int((np.diff(decode_times) < -_CLOCK_TICKS // 2).sum())
    if len(crossed) or falls:
        findings.add(
            "timestamp-wrap",
            f"The recording's clock starts over at {count(len(crossed) or falls, 'place')}.",
            [(int(frame), int(frame) + 1) for frame in crossed],
        )
