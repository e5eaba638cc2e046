"""Which frame of one video is which of another, by their pictures. Arrays in, arrays out.

The cheapest monotone matching: pairs cost the mean squared difference of their luma, and a frame
left without a partner costs half of what a pair may cost at most. Times do not enter: they are what
a repair changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .fingerprints import Fingerprints

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Column = npt.NDArray[Any]  # float64

# What re-encoding does to a picture is measured; a pair may be this many times worse than most.
_TOLERANCE = 6.0
_LEAST_LIMIT = 16.0  # squared grey levels
_SAMPLES = 256
# Up to this many multiplications every frame is compared with every other; beyond, along a band.
_MAX_PRODUCTS = 1 << 37
_MAX_CELLS = 40_000_000  # one byte each
_ANCHOR_EVERY = 50
_MARGIN = 150  # frames on both sides of the band
_BLOCK_ROWS = 64
_PIECE_BYTES = 24 << 20
_UNKNOWN_SHARE = 0.25  # of the limit: what a frame that cannot be decoded costs in a pair

_FEW = 3  # frames
# A pair this much worse than another is as good: re-encoding does as much.
_ALIKE, _ALIKE_LEVELS = 1.1, 0.5

_MATCH, _SKIP_OLD, _SKIP_NEW = 0, 1, 2


class Distances:
    """Mean squared differences of luma between old and new frames."""

    def __init__(self, old: Fingerprints, new: Fingerprints) -> None:
        self.old, self.new = old, new
        # What never changes is left out: it only costs precision.
        still = old.pictures[:: max(1, len(old) // 64)].astype(np.float32).mean(axis=0)
        self._still = still
        self._scale = 1.0 / old.pictures.shape[1]
        self.unknown_cost = 0.0
        # How many pictures are worked on at once, as floats.
        self.piece = max(16, _PIECE_BYTES // (4 * old.pictures.shape[1]))

    def block(self, first: int, stop: int, left: int, right: int) -> Floats:
        """``(stop - first, right - left)`` differences, old frames by new ones."""
        out = np.empty((stop - first, right - left), np.float32)
        a = self.old.pictures[first:stop].astype(np.float32) - self._still
        length = (a * a).sum(axis=1)[:, None]
        for start in range(left, right, self.piece):
            end = min(start + self.piece, right)
            b = self.new.pictures[start:end].astype(np.float32) - self._still
            squares = length + (b * b).sum(axis=1)[None]
            out[:, start - left : end - left] = np.maximum(squares - 2 * (a @ b.T), 0)
        out *= self._scale
        out[~self.old.known[first:stop]] = self.unknown_cost
        out[:, ~self.new.known[left:right]] = self.unknown_cost
        return out

    def pairs(self, old: Int64s, new: Int64s) -> Floats:
        """Differences of the pairs (old[k], new[k])."""
        out = np.empty(len(old), np.float32)
        for start in range(0, len(old), self.piece):
            stop = start + self.piece
            i, j = old[start:stop], new[start:stop]
            delta = self.old.pictures[i].astype(np.float32) - self.new.pictures[j]
            out[start:stop] = (delta * delta).mean(axis=1)
        out[~(self.old.known[old] & self.new.known[new])] = self.unknown_cost
        return out

    def nearest(self, new: Int64s) -> tuple[Floats, Int64s, Floats]:
        """For some new frames: the smallest difference to any old frame, which one that is, and
        the smallest to any that is not near that one."""
        best = np.full(len(new), np.inf, np.float32)
        which = np.zeros(len(new), np.int64)
        other = np.full(len(new), np.inf, np.float32)
        picked = Fingerprints(self.new.pictures[new], self.new.known[new], self.new.seconds[new])
        sample = Distances(self.old, picked)
        sample._still, sample.unknown_cost = self._still, np.inf
        for first in range(0, len(self.old), self.piece):
            stop = min(first + self.piece, len(self.old))
            block = sample.block(first, stop, 0, len(new))
            at = block.argmin(axis=0)
            least = block[at, np.arange(len(new))]
            better = least < best
            # The former best competes for second place, unless it is a neighbour.
            far = np.abs(which - (first + at)) > _ANCHOR_EVERY
            beaten = better & far
            other[beaten] = np.minimum(other[beaten], best[beaten])
            which[better], best[better] = first + at[better], least[better]
            rows = np.arange(first, stop)[:, None]
            away = np.where(np.abs(rows - which[None]) > _ANCHOR_EVERY, block, np.inf)
            other = np.minimum(other, away.min(axis=0))
        return best, which, other


def align(
    distances: Distances, progress: Callable[[int, int | None], None] | None = None
) -> tuple[Int64s, float]:
    """``partner`` int64 ``(old frames,)``, -1 none, ascending; and the limit of a pair's cost."""
    n, m = len(distances.old), len(distances.new)
    sample = np.unique(np.linspace(0, m - 1, min(m, _SAMPLES)).astype(np.int64))
    best, _, _ = distances.nearest(sample)
    usual = best[np.isfinite(best)]
    noise = float(np.percentile(usual, 90)) if len(usual) else 0.0
    limit = max(_LEAST_LIMIT, _TOLERANCE * noise)
    distances.unknown_cost = limit * _UNKNOWN_SHARE
    products = n * m * distances.old.pictures.shape[1]
    whole = n * m <= _MAX_CELLS and products <= _MAX_PRODUCTS
    left, right = _whole(n, m) if whole else _band(distances, limit)
    partner = _cheapest(distances, left, right, limit, progress)
    return _first_of_equal(_fill_gaps(partner, distances), distances), limit


def cost_of(distances: Distances, partner: Int64s, limit: float) -> float:
    """What a matching costs, in the measure that :func:`align` minimises."""
    placed = np.flatnonzero(partner >= 0)
    alone = len(distances.old) + len(distances.new) - 2 * len(placed)
    pairs = distances.pairs(placed, partner[placed])
    return float(np.minimum(pairs, 4 * limit).sum()) + alone * limit / 2


def doubtful(distances: Distances, partner: Int64s) -> int:
    """How many of the frames without a partner could as well be a neighbour that has one: whose
    new frame they resemble just as much."""
    count = 0
    n = len(partner)
    for i in np.flatnonzero(partner < 0).tolist():
        near = [k for k in (i - 1, i + 1) if 0 <= k < n and partner[k] >= 0]
        for k in near:
            j = int(partner[k])
            own, other = distances.pairs(np.array([i, k]), np.array([j, j])).tolist()
            if own < _ALIKE * other + _ALIKE_LEVELS:
                count += 1
                break
    return count


def _whole(n: int, m: int) -> tuple[Int64s, Int64s]:
    return np.zeros(n, np.int64), np.full(n, m, np.int64)


def _band(distances: Distances, limit: float) -> tuple[Int64s, Int64s]:
    """For each old frame the range of new frames that it may be, from frames that are unlike all
    others but their neighbours."""
    n, m = len(distances.old), len(distances.new)
    picked = np.arange(0, m, _ANCHOR_EVERY)
    best, which, other = distances.nearest(picked)
    clear = np.isfinite(best) & (best <= limit) & (other > 4 * best + limit)
    chain = _longest_ascending(which[clear])
    old = which[clear][chain]
    new = picked[clear][chain]
    # Between anchors anything may be missing: the band spans the rectangle between them.
    rows = np.arange(n)
    before = np.searchsorted(old, rows, side="right") - 1
    after = np.searchsorted(old, rows, side="left")
    low = np.where(before >= 0, new[np.maximum(before, 0)] if len(new) else 0, 0)
    high = np.where(after < len(old), new[np.minimum(after, len(new) - 1)] if len(new) else m, m)
    left = np.maximum(0, low - _MARGIN)
    right = np.minimum(m, high + _MARGIN + 1)
    widest = 4 * _MAX_CELLS // n
    wide = right - left > widest
    if wide.any():  # a long stretch without anchors: keep to the line between its ends
        centre = rows * (m / n)
        if len(old):  # before the first anchor and behind the last, frame by frame
            ends_old = [old[0] - new[0] - 1, *old, old[-1] + m - new[-1]]
            centre = np.interp(rows, ends_old, [-1, *new, m])
        left[wide] = np.maximum(left[wide], (centre[wide] - widest // 2).astype(np.int64))
        right[wide] = np.minimum(right[wide], left[wide] + widest)
    left = np.maximum.accumulate(left).astype(np.int64)
    right = np.maximum.accumulate(np.maximum(right, left + 1)).astype(np.int64)
    return left, np.minimum(right, m)


def _longest_ascending(values: Int64s) -> Int64s:
    """Positions of the longest strictly ascending subsequence."""
    tails: list[int] = []  # position of the smallest end of a chain of each length
    ends: list[int] = []
    before = np.full(len(values), -1, np.int64)
    for place, value in enumerate(values.tolist()):
        at = int(np.searchsorted(ends, value))
        before[place] = tails[at - 1] if at else -1
        if at == len(ends):
            ends.append(value)
            tails.append(place)
        else:
            ends[at], tails[at] = value, place
    chain = []
    place = tails[-1] if tails else -1
    while place >= 0:
        chain.append(place)
        place = int(before[place])
    return np.array(chain[::-1], np.int64)


def _cheapest(
    distances: Distances,
    left: Int64s,
    right: Int64s,
    limit: float,
    progress: Callable[[int, int | None], None] | None,
) -> Int64s:
    """Dynamic programming over rows of old frames, each within its range of new ones.

    Column j of a row means that new frames below j are dealt with.
    """
    n, m = len(left), len(distances.new)
    alone = limit / 2
    choices: list[npt.NDArray[np.uint8]] = []
    low, high = 0, int(right[0])  # columns low..high are known of the row above
    above: Column = np.arange(low, high + 1) * alone
    for first in range(0, n, _BLOCK_ROWS):
        stop = min(first + _BLOCK_ROWS, n)
        base, end = int(left[first]), int(right[stop - 1])
        block = distances.block(first, stop, base, end).astype(np.float64)
        for row in range(first, stop):
            start, last = int(left[row]), int(right[row])
            skip_old = _widened(above, low, start, last) + alone
            match = np.full(last - start + 1, np.inf)
            match[1:] = (
                _widened(above, low, start, last - 1)[: last - start]
                + (block[row - first, start - base : last - base])
            )
            choice = np.where(match <= skip_old, _MATCH, _SKIP_OLD).astype(np.uint8)
            here = np.minimum(match, skip_old)
            ramp = np.arange(len(here)) * alone
            run = np.minimum.accumulate(here - ramp) + ramp
            choice[run < here - 1e-9] = _SKIP_NEW
            above, low = np.minimum(run, here), start
            choices.append(choice)
        if progress is not None:
            progress(stop, n)
    return _trace_back(choices, left, m)


def _widened(above: Column, low: int, start: int, last: int) -> Column:
    """Columns ``start``..``last`` of the row above, whose known ones begin at ``low``."""
    out = np.full(last - start + 1, np.inf)
    begin, end = max(start, low), min(last, low + len(above) - 1)
    if begin <= end:
        out[begin - start : end - start + 1] = above[begin - low : end - low + 1]
    return out


def _trace_back(choices: list[npt.NDArray[np.uint8]], left: Int64s, m: int) -> Int64s:
    n = len(choices)
    partner = np.full(n, -1, np.int64)
    row, column = n - 1, m
    while row >= 0:
        place = column - int(left[row])
        place = min(place, len(choices[row]) - 1)
        column = place + int(left[row])
        choice = choices[row][place]
        if choice == _MATCH:
            partner[row] = column - 1
            row, column = row - 1, column - 1
        elif choice == _SKIP_OLD:
            row -= 1
        else:
            column -= 1
    return partner


def _fill_gaps(partner: Int64s, distances: Distances) -> Int64s:
    """Pair new frames left over between two pairs, or at an end, with an old one left over in the
    same place that they resemble most: they were merely encoded badly, as at a cut. (A repeated
    frame that stands in for a lost one resembles its neighbour more.)"""
    n, m = len(distances.old), len(distances.new)
    out = partner.copy()
    placed = np.flatnonzero(partner >= 0)
    old = np.concatenate(([-1], placed, [n]))
    new = np.concatenate(([-1], partner[placed], [m]))
    missing, extra = np.diff(old) - 1, np.diff(new) - 1
    for gap in np.flatnonzero((extra > 0) & (extra <= _FEW) & (missing >= extra)).tolist():
        done, stop = int(old[gap]), int(old[gap + 1])
        for j in range(int(new[gap]) + 1, int(new[gap + 1])):
            first = max(0, done + 1 - _FEW)
            near = distances.block(first, min(n, stop + _FEW), j, j + 1)[:, 0]
            best = first + int(near.argmin())
            if distances.new.known[j] and distances.old.known[best] and done < best < stop:
                out[best], done = j, best
    return out


def _first_of_equal(partner: Int64s, distances: Distances) -> Int64s:
    """Where a frame was repeated, let the first of the repetitions be the partner."""
    out = partner.copy()
    before = -1
    for i in np.flatnonzero(partner >= 0).tolist():
        j = int(out[i])
        while j - 1 > before:
            earlier, own = distances.block(i, i + 1, j - 1, j + 1)[0].tolist()
            if earlier > 1.1 * own + 0.1:
                break
            j -= 1
        out[i] = before = j
    return out
