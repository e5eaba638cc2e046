"""The engine: the only code that knows what lies between keyframes.

Pure functions over packed keyframes. Every value that a screen shows or an export writes was
returned by this module.

Between two keyframes at times ``t0 < t1`` with rows ``a`` and ``b``, ``linear`` gives
``a + (t - t0) * ((b - a) / (t1 - t0))`` and ``hold`` gives ``a``. Before the first keyframe there
is no value; after the last one its row holds. Time is the frame number, or the pts where a file's
frames are not evenly spaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .geometry import angles, cvat, shapes
from .geometry.smooth import smooth
from .keyframes import Keyframes, Packed
from .kinds import MODES, Kind, Rows

Modes = NDArray[np.int8]

_HOLD, _SMOOTH, _CVAT = (MODES.index(rule) for rule in ("hold", "smooth", "cvat"))
TURNING = ("rotated_box", "ellipse")
ANGLE = 4  # the column of their angle

# Rows evaluated at once: the block and its scratch stay in the second-level cache.
_BLOCK_ROWS = 32_768


def evaluate(
    packed: Packed,
    kind: Kind,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None = None,
    out: Rows | None = None,
    modes: Modes | None = None,
) -> Rows:
    """The values of every packed entity on every frame of ``[first, stop)``.

    ``times`` float64 ``(frame_count,)`` is the time of each frame; None means the frame number.
    ``modes`` int8, one for each keyframe, overrides the kind's rule up to the next keyframe (an
    index into ``MODES``, -1 for none). ``out`` is an array to fill instead of a new one.

    Returns ``(entities, stop - first, columns)`` in the kind's dtype, fill where there is no value.
    Polylines, polygons and masks come as objects: Shape, Mask, or None.
    """
    count = max(stop - first, 0)
    if kind.rules == ("hold",):
        modes = None  # whatever a file says: there is no other rule, and nothing to compute with
    filled = np.flatnonzero(np.diff(packed.offsets))
    if len(filled) < len(packed):  # entities without keyframes have no value anywhere
        out = _ready(out, packed, count, kind)
        out[:] = _nothing(kind)
        if len(filled):
            offsets = np.append(packed.offsets[filled], packed.offsets[-1])
            some = Packed(offsets, packed.frames, packed.rows)
            out[filled] = evaluate(some, kind, first, stop, times, modes=modes)
        return out
    out = _ready(out, packed, count, kind)
    if out.size == 0:
        return out
    begin = np.clip(packed.frames, first, stop)
    lead = begin[packed.offsets[:-1]] - first  # frames before the first keyframe
    begin[packed.offsets[:-1]] = first
    lengths = np.empty_like(begin)  # frames of the window that each keyframe decides
    np.subtract(begin[1:], begin[:-1], out=lengths[:-1])
    lengths[packed.offsets[1:] - 1] = stop - begin[packed.offsets[1:] - 1]
    if kind.is_text and kind.geometry:
        shapes.fill(packed, kind, first, stop, times, lengths, out, modes)
    elif kind.rule == "hold" and modes is None:
        # a flat repeat is several times faster than one of rows
        flat = packed.rows[:, 0] if kind.columns == 1 else packed.rows
        out[:] = np.repeat(flat, lengths, axis=0).reshape(out.shape)
    else:
        _linear(packed, kind, first, stop, times, lengths, out, modes)
    late = np.flatnonzero(lead)
    if len(late):
        before = np.arange(count) < lead[late, None]
        out[late] = np.where(before[:, :, None], _nothing(kind), out[late])
    return out


def _nothing(kind: Kind) -> Any:
    if kind.is_text and kind.geometry:
        return None
    return kind.fill if kind.is_text else kind.dtype.type(kind.fill)


def _linear(
    packed: Packed,
    kind: Kind,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None,
    lengths: NDArray[np.int64],
    out: Rows,
    modes: Modes | None,
) -> None:
    at = packed.frames.astype(np.float64) if times is None else times[packed.frames]
    window = np.arange(first, stop, dtype=np.float64) if times is None else times[first:stop]
    # As wide as a row: flat operations on whole rows are several times faster here than
    # broadcasting one number over each short row.
    wide_window = np.repeat(window, kind.columns)
    flat_out = out.reshape(-1, kind.columns)
    final = np.zeros(len(at), bool)  # the last keyframe of each entity
    final[packed.offsets[1:] - 1] = True
    for low, high, run, counts in _blocks(packed.offsets, lengths, len(window)):
        whole = high - low > len(window)  # several whole entities
        begin = 0 if whole else low % len(window)
        begins = at[run]
        if times is None:
            # Frame numbers are all alike: the first ones, which are in the cache, serve for any
            # block when what is subtracted from them is moved by as much. Whole numbers: exact.
            begins, begin = begins - begin, 0
        starts = np.repeat(begins, kind.columns).reshape(-1, kind.columns)
        elapsed = np.repeat(starts, counts, axis=0)
        if whole:
            grid = elapsed.reshape(-1, len(wide_window))
            np.subtract(wide_window, grid, out=grid)
        else:
            part = wide_window[begin * kind.columns :][: elapsed.size]
            np.subtract(part, elapsed.reshape(-1), out=elapsed.reshape(-1))
        elapsed *= np.repeat(_slopes(packed, kind, at, final, run, modes), counts, axis=0)
        block = flat_out[low:high]
        np.add(np.repeat(packed.rows[run], counts, axis=0), elapsed, out=block)
        if kind.name in TURNING:
            moved = elapsed[:, ANGLE] != 0
            block[moved, ANGLE] = angles.canonical(block[moved, ANGLE])
    if modes is not None:
        _bend(packed, kind, at, window, lengths, out, modes)


def _ready(out: Rows | None, packed: Packed, count: int, kind: Kind) -> Rows:
    return np.empty((len(packed), count, kind.columns), kind.dtype) if out is None else out


def _blocks(
    offsets: NDArray[np.int64], lengths: NDArray[np.int64], frames: int
) -> Iterator[tuple[int, int, slice, NDArray[np.int64]]]:
    """Rows to evaluate at once, of whole entities or part of one: their range, the keyframes that
    decide them, and how many rows each of these decides there."""
    entities = len(offsets) - 1
    if frames <= _BLOCK_ROWS:
        step = _BLOCK_ROWS // frames
        for begin in range(0, entities, step):
            end = min(begin + step, entities)
            run = slice(int(offsets[begin]), int(offsets[end]))
            yield begin * frames, end * frames, run, lengths[run]
        return
    for entity in range(entities):
        base, start = entity * frames, int(offsets[entity])
        ends = np.cumsum(lengths[start : int(offsets[entity + 1])])
        for low in range(0, frames, _BLOCK_ROWS):
            high = min(low + _BLOCK_ROWS, frames)
            begin, end = np.searchsorted(ends, (low, high - 1), "right").tolist()
            edges = np.clip(ends[begin : end + 1], low, high)
            run = slice(start + begin, start + end + 1)
            yield base + low, base + high, run, np.diff(edges, prepend=low)


def _slopes(
    packed: Packed,
    kind: Kind,
    at: NDArray[np.float64],
    final: NDArray[np.bool_],
    run: slice,
    modes: Modes | None,
) -> NDArray[np.float64]:
    """Change per unit of time from each keyframe of ``run`` to the next, as wide as a row; 0 after
    an entity's last, and where a keyframe holds."""
    more = slice(run.start, run.stop + 1)
    rows, count = packed.rows[more], run.stop - run.start
    slopes = np.zeros((count, kind.columns), np.float64)
    change = np.diff(rows, axis=0)
    known = len(change)  # one less than there are where the very last keyframe is among them
    if kind.name in TURNING:
        change[:, ANGLE] = angles.arc(rows[:-1, ANGLE], rows[1:, ANGLE])
        if modes is not None:
            cvat_turns = modes[run][:known] == _CVAT
            turns = cvat.turn(rows[:-1, ANGLE], rows[1:, ANGLE])
            change[cvat_turns, ANGLE] = turns[cvat_turns]
    elif kind.name == "points":
        # visibility holds, and a point that is absent at either end has nowhere to go
        gone = (rows[:-1, 2::3] == 0) | (rows[1:, 2::3] == 0)
        for column in (0, 1):
            change[:, column::3][gone] = 0.0
        change[:, 2::3] = 0.0
    gaps = np.diff(at[more])
    gaps[gaps == 0] = np.inf  # frames with equal pts
    np.divide(change, np.repeat(gaps, kind.columns).reshape(change.shape), out=slopes[:known])
    slopes[final[run]] = 0.0
    if modes is not None:
        slopes[modes[run] == _HOLD] = 0.0
        if kind.rule == "hold":
            slopes[modes[run] < 0] = 0.0
        if kind.name == "points" and kind.columns > 3:
            slopes[modes[run] == _CVAT] = 0.0  # CVAT moves single points only
    return slopes


def _bend(
    packed: Packed,
    kind: Kind,
    at: NDArray[np.float64],
    window: NDArray[np.float64],
    lengths: NDArray[np.int64],
    out: Rows,
    modes: Modes,
) -> None:
    """Replace the line by a monotone curve behind the keyframes that ask for it."""
    owner = np.repeat(np.arange(len(packed)), np.diff(packed.offsets))
    filled = np.cumsum(lengths) - owner * len(window)  # where each run ends in its entity
    for k in np.flatnonzero((modes == _SMOOTH) & (lengths > 0)).tolist():
        low, high = packed.offsets[owner[k]], packed.offsets[owner[k] + 1]
        if k + 1 >= high:
            continue
        around = np.array([k - 1, k, k + 1, k + 2])
        inside = (around >= low) & (around < high)
        four_times = np.where(inside, at[np.clip(around, low, high - 1)], np.nan)[:, None]
        four_rows = packed.rows[np.clip(around, low, high - 1)].astype(np.float64)
        four_rows[~inside] = np.nan
        still = _still_columns(kind, four_rows)
        if kind.name in TURNING:
            four_rows[:, ANGLE] = angles.unwrapped(four_rows[:, ANGLE])
        run = slice(int(filled[k] - lengths[k]), int(filled[k]))
        t = window[run]
        value = smooth(t, four_times, four_rows[:, None, :])
        if kind.name in TURNING:
            moved = (t > at[k]) & (value[:, ANGLE] != four_rows[1, ANGLE])
            value[moved, ANGLE] = angles.canonical(value[moved, ANGLE])
        target = out[owner[k], run]
        target[:, ~still] = value[:, ~still]


def _still_columns(kind: Kind, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Columns that a curve leaves as the line has them: a skeleton's visibility, absent points."""
    still = np.zeros(kind.columns, bool)
    if kind.name == "points":
        gone = (rows[1, 2::3] == 0) | (rows[2, 2::3] == 0)
        still[2::3] = True
        still[0::3], still[1::3] = gone, gone
    return still


def evaluate_one(
    keyframes: Keyframes,
    kind: Kind,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None = None,
    modes: Modes | None = None,
) -> Rows:
    """As :func:`evaluate` for a single entity: ``(stop - first, columns)``."""
    packed = Packed(np.array([0, len(keyframes)], np.int64), keyframes.frames, keyframes.rows)
    return np.asarray(evaluate(packed, kind, first, stop, times, modes=modes)[0])


def spans(keyframes: Keyframes, kind: Kind, first: int, stop: int) -> list[tuple[int, int, Rows]]:
    """Runs of one value of a ``hold`` property within ``[first, stop)``: (start, stop, row)."""
    out: list[tuple[int, int, Rows]] = []
    frames = keyframes.frames
    for i in range(len(frames)):
        begin = max(int(frames[i]), first)
        end = min(int(frames[i + 1]) if i + 1 < len(frames) else stop, stop)
        if begin >= end:
            continue
        if out and out[-1][1] == begin and np.array_equal(out[-1][2], keyframes.rows[i]):
            out[-1] = (out[-1][0], end, keyframes.rows[i])
        else:
            out.append((begin, end, keyframes.rows[i]))
    return out


def runs(
    packed: Packed, first: int, stop: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """As :func:`spans` for many entities of a ``hold`` kind with one column at once.

    Returns int64 ``(n,)`` each: which packed entity, first frame, frame after the last, and which
    packed keyframe has the value; ascending by entity, then by frame.
    """
    owner = np.repeat(np.arange(len(packed), dtype=np.int64), np.diff(packed.offsets))
    begin = np.clip(packed.frames, first, stop)
    end = np.full(len(begin), stop, np.int64)
    same = owner[1:] == owner[:-1]
    end[:-1][same] = begin[1:][same]
    seen = np.flatnonzero(begin < end)
    values, owners = packed.rows[seen, 0], owner[seen]
    new = np.ones(len(seen), bool)
    new[1:] = (owners[1:] != owners[:-1]) | (values[1:] != values[:-1])
    heads = np.flatnonzero(new)
    lasts = np.append(heads[1:], len(seen))[: len(heads)] - 1
    return owners[heads], begin[seen[heads]], end[seen[lasts]], seen[heads]
