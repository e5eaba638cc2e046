"""The engine: the only code that knows what lies between keyframes.

Pure functions over packed keyframes. Every value that a screen shows or an export writes was
returned by this module.

Between two keyframes at times ``t0 < t1`` with rows ``a`` and ``b``, ``linear`` gives
``a + (t - t0) * ((b - a) / (t1 - t0))`` and ``hold`` gives ``a``. Before the first keyframe there
is no value; after the last one its row holds. Time is the frame number, or the pts where a file's
frames are not evenly spaced.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .keyframes import Keyframes, Packed
from .kinds import Kind, Rows

# Rows evaluated at once: the block and its scratch stay in the second-level cache.
_BLOCK_ROWS = 16_384


def evaluate(
    packed: Packed,
    kind: Kind,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None = None,
    out: Rows | None = None,
) -> Rows:
    """The values of every packed entity on every frame of ``[first, stop)``.

    ``times`` float64 ``(frame_count,)`` is the time of each frame; None means the frame number.
    ``out`` is an array to fill instead of a new one. Returns ``(entities, stop - first, columns)``
    in the kind's dtype, fill where there is no value.
    """
    count = max(stop - first, 0)
    filled = np.flatnonzero(np.diff(packed.offsets))
    if len(filled) < len(packed):  # entities without keyframes have no value anywhere
        out = _ready(out, packed, count, kind)
        out[:] = kind.fill
        if len(filled):
            offsets = np.append(packed.offsets[filled], packed.offsets[-1])
            some = Packed(offsets, packed.frames, packed.rows)
            out[filled] = evaluate(some, kind, first, stop, times)
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
    if kind.rule == "hold":
        # a flat repeat is several times faster than one of rows
        flat = packed.rows[:, 0] if kind.columns == 1 else packed.rows
        out[:] = np.repeat(flat, lengths, axis=0).reshape(out.shape)
    else:
        _linear(packed, first, stop, times, lengths, out)
    late = np.flatnonzero(lead)
    if len(late):
        before = np.arange(count) < lead[late, None]
        out[late] = np.where(before[:, :, None], kind.dtype.type(kind.fill), out[late])
    return out


def _linear(
    packed: Packed,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None,
    lengths: NDArray[np.int64],
    out: Rows,
) -> None:
    at = packed.frames.astype(np.float64) if times is None else times[packed.frames]
    window = np.arange(first, stop, dtype=np.float64) if times is None else times[first:stop]
    # As wide as a row: flat operations on whole rows are several times faster here than
    # broadcasting one number over each short row.
    starts = np.repeat(at, packed.rows.shape[1]).reshape(packed.rows.shape)
    slopes = _slopes(packed, starts)
    wide_window = np.repeat(window, packed.rows.shape[1])
    flat_out = out.reshape(len(packed), -1)
    # whole entities per block, so that a block's runs and its times line up
    entities = max(1, _BLOCK_ROWS // len(window))
    for low in range(0, len(packed), entities):
        high = min(low + entities, len(packed))
        run = slice(packed.offsets[low], packed.offsets[high])
        elapsed = np.repeat(starts[run], lengths[run], axis=0).reshape(high - low, -1)
        np.subtract(wide_window, elapsed, out=elapsed)
        elapsed *= np.repeat(slopes[run], lengths[run], axis=0).reshape(elapsed.shape)
        held = np.repeat(packed.rows[run], lengths[run], axis=0).reshape(elapsed.shape)
        np.add(held, elapsed, out=flat_out[low:high])


def _ready(out: Rows | None, packed: Packed, count: int, kind: Kind) -> Rows:
    return np.empty((len(packed), count, kind.columns), kind.dtype) if out is None else out


def _slopes(packed: Packed, starts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Change per unit of time from each keyframe to the next; 0 after an entity's last."""
    slopes = np.zeros(packed.rows.shape, np.float64)
    gaps = np.diff(starts, axis=0)
    gaps[gaps == 0] = np.inf  # the seam between two entities, or frames with equal pts
    np.divide(np.diff(packed.rows, axis=0), gaps, out=slopes[:-1])
    slopes[packed.offsets[1:] - 1] = 0.0
    return slopes


def evaluate_one(
    keyframes: Keyframes,
    kind: Kind,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None = None,
) -> Rows:
    """As :func:`evaluate` for a single entity: ``(stop - first, columns)``."""
    packed = Packed(np.array([0, len(keyframes)], np.int64), keyframes.frames, keyframes.rows)
    return np.asarray(evaluate(packed, kind, first, stop, times)[0])


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
