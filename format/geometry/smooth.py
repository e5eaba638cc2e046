"""The rule ``smooth``: a monotone cubic through the keyframes of each column, without overshoot.

Between two keyframes a cubic Hermite piece with Fritsch and Butland's slopes (SIAM J. Sci. Stat.
Comput. 5, 1984): the weighted harmonic mean of the neighbouring differences, 0 where these change
sign. At the ends, the one-sided three-point slope limited as by Fritsch and Carlson (SIAM J.
Numer. Anal. 17, 1980); two keyframes alone make a straight line. This is widely called PCHIP.

A piece depends on one keyframe beyond each of its ends, never on more. Making a value in between
into a keyframe therefore changes its surroundings a little: law 7 is claimed for ``linear`` and
``hold``, not for ``smooth``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smooth(t: Floats, times: Floats, rows: Floats) -> Floats:
    """Values at ``t`` float64 ``(m,)``, each within a piece of its own: ``(m, columns)``.

    ``times`` float64 ``(4, m)``, in the unit of ``t``, and ``rows`` float64 ``(4, m, columns)``
    are those of the keyframe before the piece, at its two ends, and after it. A neighbour that is
    missing has NaN as its time or in its row. ``times[1] <= t <= times[2]``; a single column of
    ``(4, 1)`` and ``(4, 1, columns)`` serves many ``t`` of one piece. On the ends the result is
    the keyframe's row, bit for bit.
    """
    a, b = rows[1], rows[2]
    h = (times[2] - times[1])[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        middle = np.where(h > 0, (b - a) / h, 0.0)
        h_before = (times[1] - times[0])[:, None]
        h_after = (times[3] - times[2])[:, None]
        before = np.where(h_before > 0, (a - rows[0]) / h_before, np.nan)
        after = np.where(h_after > 0, (rows[3] - b) / h_after, np.nan)
        left = _slope(h_before, before, h, middle, h_after, after)
        right = _slope(h_after, after, h, middle, h_before, before)
        s = np.where(h > 0, (t - times[1])[:, None] / h, 0.0)
    # Hermite, written as the line plus what bends it
    bend = (1 - s) * (left - middle) - s * (right - middle)
    value = a + s * (b - a) + h * s * (1 - s) * bend
    value = np.clip(value, np.minimum(a, b), np.maximum(a, b))  # rounding must not overshoot
    value = np.where(s <= 0, a, value)
    return np.asarray(np.where(s >= 1, b, value))


def _slope(
    h_out: Floats, out: Floats, h: Floats, middle: Floats, h_far: Floats, far: Floats
) -> Floats:
    """The slope at one end: ``out`` is the difference beyond it (NaN: it is the track's end),
    ``far`` the one beyond the piece's other end."""
    w_out, w = 2 * h + h_out, h + 2 * h_out
    inner = np.where(out * middle > 0, (w_out + w) / (w_out / out + w / middle), 0.0)
    edge = ((2 * h + h_far) * middle - h * far) / (h + h_far)
    edge = np.where(edge * middle <= 0, 0.0, edge)
    steep = (far * middle <= 0) & (np.abs(edge) > 3 * np.abs(middle))
    edge = np.where(steep, 3 * middle, edge)
    edge = np.where(np.isnan(far), middle, edge)
    return np.asarray(np.where(np.isnan(out), edge, inner))
