"""Angles between keyframes: degrees clockwise on the screen, turning along the shortest arc.

What lies in between is written from 0 up to, not including, 360; a keyframe keeps the number it was
given. Two angles exactly half a turn apart are joined clockwise (+), whatever the rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Degrees = NDArray[np.float64]

# Closer than this to half a turn counts as half a turn: 180.1 - 0.1 is not 180 in floats.
_HALF_TURN_SLACK_DEG = 1e-9


def canonical(degrees: ArrayLike) -> Degrees:
    """The same directions, each from 0 up to, not including, 360; any shape, float64."""
    turned = np.mod(np.asarray(degrees, np.float64), 360.0)
    # a tiny negative angle rounds to a whole turn; adding 0 turns -0.0 into 0.0
    return np.asarray(np.where(turned >= 360.0, 0.0, turned) + 0.0)


def arc(left: ArrayLike, right: ArrayLike) -> Degrees:
    """The shortest turn from ``left`` to ``right`` in degrees, from above -180 to 180."""
    turn = np.subtract(right, left, dtype=np.float64)
    turn = 180.0 - np.mod(180.0 - turn, 360.0)
    return np.asarray(np.where(turn <= -180.0 + _HALF_TURN_SLACK_DEG, turn + 360.0, turn))


def between(left: ArrayLike, right: ArrayLike, t: ArrayLike) -> Degrees:
    """The direction at ``t`` from 0 to 1; all three broadcast. As stored where t is 0 or 1."""
    left, right, t = (np.asarray(value, np.float64) for value in (left, right, t))
    value = canonical(left + t * arc(left, right))
    return np.asarray(np.where(t <= 0, left, np.where(t >= 1, right, value)))


def unwrapped(angles: Degrees) -> Degrees:
    """``(n, ...)`` angles of successive keyframes as numbers that differ by the shortest arcs.

    Gives ``smooth`` something to run over; NaN (a missing neighbour) stays NaN. The angles at index
    1, where there are at least two, keep their numbers: the left end of a piece.
    """
    out = np.array(angles, np.float64)
    anchor = min(1, len(out) - 1)
    for i in range(anchor - 1, -1, -1):
        out[i] = out[i + 1] - arc(angles[i], angles[i + 1])
    for i in range(anchor + 1, len(out)):
        out[i] = out[i - 1] + arc(angles[i - 1], angles[i])
    return out
