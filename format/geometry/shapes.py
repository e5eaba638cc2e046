"""Shapes and masks between keyframes: for each stretch between two of them, one object that gives
the shape at any moment of it. For the engine only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..keyframes import Packed
from ..kinds import MODES, Kind
from . import cvat, mask, morph, paths, wkt

# Keyframes parsed and pairs matched that are remembered: what a page asks for again and again.
_REMEMBERED = 16_384


@lru_cache(maxsize=_REMEMBERED)
def parsed(kind_name: str, text: str) -> Any:
    """The Shape or Mask of a stored text."""
    return mask.parse(text) if kind_name == "mask" else wkt.parse(text)


@lru_cache(maxsize=_REMEMBERED)
def _between(kind_name: str, rule: str, left: str, right: str) -> Any:
    """Something whose ``at(t)`` is the shape at ``t``, 0 to 1; None where the left one holds."""
    if rule == "hold" or left == right:
        return None
    ends = parsed(kind_name, left), parsed(kind_name, right)
    if kind_name == "mask":
        return morph.between(*ends) if rule == "morph" else None
    return cvat.between(*ends) if rule == "cvat" else paths.between(*ends)


def fill(
    packed: Packed,
    kind: Kind,
    first: int,
    stop: int,
    times: NDArray[np.float64] | None,
    lengths: NDArray[np.int64],
    out: NDArray[Any],
    modes: NDArray[np.int8] | None,
) -> None:
    """Put the shapes of every frame of ``[first, stop)`` into ``out`` ``(entities, frames, 1)``;
    ``lengths`` says how many frames of the window each keyframe decides."""
    flat = out.reshape(-1)
    texts = packed.rows[:, 0]
    last = np.zeros(len(texts), bool)
    last[packed.offsets[1:] - 1] = True
    position = 0
    for k in range(len(texts)):
        count = int(lengths[k])
        if count == 0:
            continue
        frame = first + position % (stop - first)
        run = slice(position, position + count)
        position += count
        rule = kind.rule if modes is None or modes[k] < 0 else MODES[modes[k]]
        path = None if last[k] else _between(kind.name, rule, texts[k], texts[k + 1])
        if path is None:
            flat[run] = np.full(count, parsed(kind.name, texts[k]), dtype=object)
            continue
        at = np.arange(frame, frame + count)
        clock = at.astype(np.float64) if times is None else times[at]
        begin, end = packed.frames[k], packed.frames[k + 1]
        t0, t1 = (begin, end) if times is None else (times[begin], times[end])
        span = float(t1 - t0)
        moments = (clock - t0) / span if span else np.zeros(count)
        if isinstance(path, paths.Paths):
            flat[run] = path.each(moments)
            continue
        for i, t in enumerate(moments, run.start):
            flat[i] = path.at(t)
