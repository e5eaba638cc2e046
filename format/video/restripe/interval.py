"""How far apart frames are meant to be, learnt from where they are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]

# Frames per second that cameras and encoders use; a measured rate this close to one is that one.
_USUAL_RATES: tuple[Fraction, ...] = tuple(
    Fraction(*rate)
    for rate in (
        (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1),
        (60000, 1001), (60, 1), (120000, 1001), (120, 1), (240, 1),
        *((n, 1) for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 20, 90, 100, 200)),
        (25, 2), (15, 2),
    )
)  # fmt: skip
# Below this share of single steps, steps are a variable rate and not a steady one with gaps.
_STEADY = 0.6
# A step may be off its whole number of intervals by this share of one; so many steps have to fit.
_SLACK = 0.3
_FITTING = 0.9
# A stated rate is believed when the measured one is this close, relatively.
_STATED = 5e-4
_MAX_RATE = 10_000


@dataclass(frozen=True)
class Spacing:
    """Frame i stands in the ``slots[i]``-th interval since the first, of which there are
    ``slot_rate`` a second: a difference of 3 between neighbours means two frames are missing.
    ``rate`` is how many frames a second are meant: the same where the spacing is ``steady``,
    the average where it varies."""

    rate: Fraction
    slots: Int64s
    slot_rate: Fraction
    steady: bool

    @property
    def missing(self) -> int:
        """Intervals without a frame between the first frame and the last."""
        return int(self.slots[-1]) + 1 - len(self.slots) if len(self.slots) else 0


def measure_spacing(
    pts: Int64s, time_base: Fraction, label: Fraction | None, rate: Fraction | None = None
) -> Spacing:
    """The spacing of ascending ``pts``. ``label`` is the rate that the container states, believed
    only where the frames bear it out; ``rate`` overrides all estimating."""
    count = len(pts)
    if count < 2:
        found = rate or _plausible(label) or Fraction(25)
        return Spacing(found, np.zeros(count, np.int64), found, True)
    steps = np.diff(pts).astype(np.float64)
    if rate is not None:
        return Spacing(rate, _slots(steps, float(1 / (rate * time_base))), rate, True)
    usual = _usual_step(steps)
    slots = _slots(steps, usual)
    seconds = Fraction(int(pts[-1]) - int(pts[0])) * time_base
    # Over the whole length the rounding of times to ticks hardly counts.
    tolerance = max(2e-4, 1.5 / max(1.0, float(pts[-1] - pts[0])))
    slot_rate = _known(Fraction(int(slots[-1])) / seconds, tolerance, label)
    taken = np.diff(slots)
    fits = np.abs(steps / usual - taken) <= np.maximum(_SLACK, 1 / usual)
    if (taken == 1).mean() >= _STEADY and fits.mean() >= _FITTING:
        return Spacing(slot_rate, slots, slot_rate, True)
    average = _known(Fraction(count - 1) / seconds, 5e-3, label)
    return Spacing(average, slots, slot_rate, False)


def _usual_step(steps: npt.NDArray[np.float64]) -> float:
    """The typical step in ticks, finer than a tick where ticks are coarse."""
    median = float(np.median(steps))
    near = steps[np.abs(steps - median) <= max(1.0, 0.25 * median)]
    return float(near.mean())


def _slots(steps: npt.NDArray[np.float64], usual: float) -> Int64s:
    taken = np.maximum(1, np.rint(steps / usual)).astype(np.int64)
    return np.concatenate(([0], np.cumsum(taken)))


def _plausible(label: Fraction | None) -> Fraction | None:
    return label if label and 0 < label <= _MAX_RATE else None


def _known(measured: Fraction, tolerance: float, label: Fraction | None) -> Fraction:
    """The rate people call it, when the measured one is within a relative ``tolerance``."""
    near = [r for r in _USUAL_RATES if abs(float(measured) / float(r) - 1) <= tolerance]
    stated = _plausible(label)
    if stated and abs(float(measured) / float(stated) - 1) <= min(tolerance, _STATED):
        return stated
    if near:
        return min(near, key=lambda r: abs(float(measured) - float(r)))
    return measured.limit_denominator(1001)
