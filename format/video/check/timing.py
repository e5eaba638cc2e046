"""What is wrong with times: gaps, repeats, disorder, uneven rates, clocks that start over."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from ..index import VideoIndex
from ..scan import NONE, Int64s
from .codes import Severity
from .collect import Findings, count, listing, to_ranges
from .demux import Bools, Demuxed

_CLOCK_TICKS = 1 << 33  # MPEG's clock starts over after this many
_LONGEST_CYCLE = 12  # steps
_TELLING_BYTES = 256
# Up to this share of gaps a rate counts as constant with frames missing, above it as variable.
_GAP_SHARE = 0.25
_REGULAR_SHARE = 0.97
_RETURN_FRAMES = 300  # times that fall and do not come back so soon begin anew
# Containers that store no times of presentation.
_UNTIMED = {"avi", "h264", "hevc", "vvc", "m4v", "mpegvideo", "mjpeg", "obu"}
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
    repeating = _cycle(steps)
    if repeating:
        return Cadence(float(steps.mean()), missing, "cycle", repeating)
    usual = float(np.median(steps))
    near = steps[(steps < 1.5 * usual) & (steps > 0.5 * usual)]
    usual = float(near.mean()) if len(near) else usual
    # Each time may be rounded by half a tick to either side.
    tolerance = max(0.12, 1.01 / usual)
    multiples = np.maximum(np.round(steps / usual), 1)
    regular = np.abs(steps / usual - multiples) <= tolerance * np.maximum(1, multiples / 50)
    gaps = (multiples > 1) & (steps > usual + 1)
    constant = regular.mean() >= _REGULAR_SHARE and gaps.mean() <= _GAP_SHARE
    if constant:
        missing[1:] = np.where(gaps, multiples - 1, 0).astype(np.int64)
        return Cadence(usual, missing, "constant" if regular.all() else "jitter")
    # In a variable rate only a step far out of all proportion is a hole.
    limit = 4 * float(np.quantile(steps, 0.98))
    missing[1:] = np.where(steps > limit, multiples - 1, 0).astype(np.int64)
    return Cadence(usual, missing, "irregular")


def _cycle(steps: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """The shortest cycle of steps that repeats throughout, in common units; () for none."""
    if steps.max() - steps.min() <= max(2.0, 0.2 * steps.min()):
        return ()  # constant, but for rounding
    for length in range(2, min(_LONGEST_CYCLE, len(steps) // 4) + 1):
        if np.abs(steps[length:] - steps[:-length]).max() <= 2:
            cycle = steps[: len(steps) // length * length].reshape(-1, length).mean(axis=0)
            for unit in range(1, 7):
                units = cycle / cycle.min() * unit
                if np.abs(units - np.round(units)).max() <= 0.1 * unit:
                    return tuple(int(step) for step in np.round(units))
            return tuple(int(step) for step in np.round(cycle))
    return ()


@dataclass(frozen=True, eq=False)
class Gaps:
    """How many frames are missing before each; arrays by frame."""

    in_time: Int64s  # as times tell
    numbered: Int64s  # as the pictures' own numbers tell
    missing: Int64s  # both together
    rate: Fraction  # frames per second, if there were no gaps


def find_timing(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> Gaps:
    """Findings about times. Returns where frames are missing."""
    disordered = _find_disorder(index, demuxed, findings)
    rhythm = cadence(index.pts)
    in_time = rhythm.missing
    # Where times are made up or out of order, holes in them mean nothing.
    in_time[disordered | np.roll(disordered, 1) | (not _has_times(index))] = 0
    numbered = demuxed.numbers.missing_before[index.frame_position]
    missing = np.where(in_time > 0, in_time, numbered)
    missing[0] = 0
    _find_missing(missing, in_time, findings)
    if _has_times(index) and not disordered.any():
        _find_variable(index, rhythm, findings)
    _find_repeats(index, demuxed, findings)
    _find_wrap(index, findings)
    return Gaps(in_time, numbered, missing, _likely_rate(index, in_time))


def _likely_rate(index: VideoIndex, in_time: Int64s) -> Fraction:
    """The rate that was meant: whole, or a whole one slowed down for NTSC, if one is near."""
    ticks = int(index.pts[-1] - index.pts[0])
    if not ticks:
        return Fraction(index.rate).limit_denominator(1000) or Fraction(1)
    measured = (index.frame_count - 1 + int(in_time.sum())) / (ticks * index.time_base)
    whole, slowed = round(measured), round(measured * Fraction(1001, 1000))
    candidates = [Fraction(whole or 1), Fraction((slowed or 1) * 1000, 1001)]
    nearest = min(candidates, key=lambda rate: abs(rate - measured))
    tolerance = max(0.0004, 1.1 / ticks)
    if abs(nearest / measured - 1) <= tolerance:
        return nearest
    return measured.limit_denominator(1000) or Fraction(1)


def _has_times(index: VideoIndex) -> bool:
    """Whether the times of frames are from the file, and not a guess of FFmpeg's or ours."""
    if not index.by_output:
        return True
    stored = index.packet_pts[index.frame_position]
    return index.container not in _UNTIMED and bool((stored != NONE).all())


def _find_missing(missing: Int64s, in_time: Int64s, findings: Findings) -> None:
    places = np.flatnonzero(missing)
    if not len(places):
        return
    total = int(missing.sum())
    hidden = int((missing[places] > in_time[places]).sum())
    closed = hidden == len(places) and not in_time.any()
    if closed:
        words = (
            f"{count(total, 'picture was', 'pictures were')} taken out at "
            f"{count(len(places), 'place')}, before frame {listing(places.tolist())}, and the "
            "times were closed up: they are even, and only the pictures' own numbers tell."
        )
    else:
        restamped = (
            f"; at {count(hidden, 'place')} their times were closed up, so that only the "
            "pictures' own numbers tell"
            if hidden
            else ""
        )
        words = (
            f"{count(total, 'frame is', 'frames are')} missing at "
            f"{count(len(places), 'place')}, before frame {listing(places.tolist())}{restamped}."
        )
    findings.add(
        "missing-frames",
        words,
        [(frame, frame + 1) for frame in places.tolist()],
        # Frame numbers and times agree, and nothing that a remedy does could bring more back.
        severity=Severity.NOTE if closed else None,
        missing=missing[places].tolist(),
        total=total,
        restamped=hidden,
    )


def _find_variable(index: VideoIndex, rhythm: Cadence, findings: Findings) -> None:
    if rhythm.pattern == "constant":
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
    equal = np.zeros(len(stored), bool)
    if (stored != NONE).all():
        order = np.argsort(stored, kind="stable")
        equal[order[1:]] = np.diff(stored[order]) == 0
    if equal.any():
        frames = np.flatnonzero(equal)
        findings.add(
            "duplicate-pts",
            f"{count(len(frames), 'frame has', 'frames have')} the time of another: "
            f"{listing(frames.tolist())}.",
            to_ranges(equal),
            total=len(frames),
        )
    # Tiny packets may be equal by chance, as "nothing moved" takes a few bytes in any codec.
    same = demuxed.same & (index.packet_frame >= 0)
    again = np.zeros(len(stored), bool)
    again[index.packet_frame[same & (index.packet_size >= _TELLING_BYTES)]] = True
    again[index.packet_frame[same & demuxed.numbers.repeated]] = True
    again |= equal & same[index.frame_position]
    # Where every picture stands alone, equal data is an equal picture and no mishap.
    if again.any() and index.longest_gop > 1:
        frames = np.flatnonzero(again)
        findings.add(
            "duplicate-packets",
            f"The data of {count(len(frames), 'frame')} comes twice: {listing(frames.tolist())}.",
            to_ranges(again),
            total=len(frames),
        )


def _find_disorder(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> Bools:
    """Times that rise in another order than pictures do; returns the frames concerned."""
    marked = np.zeros(index.frame_count, bool)
    shown = np.flatnonzero(index.packet_frame >= 0)
    decode_times = index.packet_dts[shown]
    known = decode_times != NONE
    falls = np.flatnonzero(np.diff(decode_times[known]) < 0)
    if index.container not in _UNTIMED:
        marked[index.packet_frame[shown[known][falls + 1]]] = True
    if not _has_times(index):
        pass
    elif index.by_output:
        _mark_disorder(index.packet_pts[index.frame_position], marked)
    else:
        times = index.packet_pts[shown]
        late = _late(times)
        # A codec's reordering is as deep everywhere; what goes beyond is not the codec's.
        allowed = max(4, 2 * int(np.quantile(late, 0.98))) if demuxed.reorders else 0
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
    return marked


def _mark_disorder(times: Int64s, marked: Bools) -> None:
    """Mark frames, given in order of presentation, whose times do not rise."""
    at, total = 0, len(times)
    while at < total:
        furthest = np.maximum.accumulate(times[at:])
        low = np.flatnonzero(times[at:] < furthest)
        if not len(low):
            return
        fall = at + int(low[0])
        highest = int(furthest[low[0]])
        back = np.flatnonzero(times[fall : fall + _RETURN_FRAMES] > highest)
        if len(back):
            # Begin with the frame that is too far ahead.
            first = at + int(np.searchsorted(furthest, highest))
            at = fall + int(back[0])
            marked[first:at] = True
        else:  # the clock begins anew: recordings were joined
            marked[fall] = True
            at = fall


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
