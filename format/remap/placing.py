"""Where the keyframes of one property go when frames are renumbered. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..keyframes import Frames, Keyframes
from ..kinds import Kind

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Placed:
    """``keyframes`` are in the new numbering. ``vanished`` are those, in the old numbering, whose
    frame has no partner; ``postponed`` int64 ``(vanished,)`` is the new frame at which such a one
    takes effect instead, -1 where it is set aside."""

    keyframes: Keyframes
    vanished: Keyframes
    postponed: Int64s


def next_survivors(partner: Int64s) -> Int64s:
    """For each old frame the first one at or after it that has a partner; int64, ``len(partner)``
    where there is none."""
    count = len(partner)
    own = np.where(partner >= 0, np.arange(count), count)
    return np.minimum.accumulate(own[::-1])[::-1].astype(np.int64)


def place(keyframes: Keyframes, kind: Kind, partner: Int64s, survivors: Int64s) -> Placed:
    """Renumber keyframes.

    A value that holds until the next keyframe (presence, a choice) and whose own frame vanished
    takes effect at the next frame that is left, unless another keyframe comes before or on it: so
    on every frame that is left, such a property has the value it had. A keyframe of what is
    interpolated is set aside: its value belongs to a picture that is gone.
    """
    frames = keyframes.frames
    there = partner[frames]
    gone = there < 0
    if not gone.any():
        return Placed(Keyframes(there, keyframes.rows), _none(keyframes), np.empty(0, np.int64))
    vanished = Keyframes(frames[gone], keyframes.rows[gone])
    postponed = np.full(len(vanished), -1, np.int64)
    if kind.rule == "hold":
        survivor = survivors[vanished.frames]
        following = np.append(frames, np.iinfo(np.int64).max)[np.flatnonzero(gone) + 1]
        effective = (survivor < len(partner)) & (survivor < following)
        postponed[effective] = partner[survivor[effective]]
    target = there.copy()
    target[gone] = postponed
    kept = target >= 0
    return Placed(Keyframes(target[kept], keyframes.rows[kept]), vanished, postponed)


def restore(
    placed: Keyframes,
    vanished: Keyframes,
    postponed: npt.NDArray[np.bool_],
    survivors: Int64s,
) -> Keyframes:
    """Bring back what :func:`place` took away, after placing the rest the other way round.

    ``survivors`` are those of the numbering that is come back to; ``postponed`` bool
    ``(vanished,)`` says which values took effect later. These go back to their own frame; what
    somebody has put in their place meanwhile stays.
    """
    free = ~np.isin(vanished.frames, placed.frames)
    back = Keyframes(vanished.frames[free], vanished.rows[free])
    late = np.flatnonzero(postponed[free])
    survivor = survivors[back.frames[late]]
    at = np.searchsorted(placed.frames, survivor)
    stands = np.zeros(len(late), np.bool_)
    inside = at < len(placed.frames)
    stands[inside] = placed.frames[at[inside]] == survivor[inside]
    same = (placed.rows[at[stands]] == back.rows[late[stands]]).all(axis=1)
    keep = np.ones(len(placed.frames), np.bool_)
    keep[at[stands][same]] = False
    frames = np.concatenate([placed.frames[keep], back.frames])
    order = np.argsort(frames, kind="stable")
    return Keyframes(frames[order], np.concatenate([placed.rows[keep], back.rows])[order])


def _none(keyframes: Keyframes) -> Keyframes:
    return Keyframes(keyframes.frames[:0], keyframes.rows[:0])


def frames_of(partner: Int64s) -> Frames:
    """Old frames that have a partner, int64 ascending."""
    return np.flatnonzero(partner >= 0).astype(np.int64)
