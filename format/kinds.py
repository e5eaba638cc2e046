"""The kinds of property: what one keyframe row holds, how it is stored, what lies between rows.

A *row* is a NumPy array of shape ``(columns,)``. The *fill* value in every column means "no
keyframe here"; it is also the Zarr fill value of the stored array.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import EditError

Rule = Literal["linear", "hold"]
Rows = NDArray[Any]

PRESENCE = ("absent", "present", "occluded")
ABSENT, PRESENT, OCCLUDED = range(3)

# Beyond this a coordinate is a mistake, and float arithmetic between keyframes loses precision.
MAX_COORDINATE_PX = 1e7
MAX_CHOICE_CODE = 32767


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of property is stored and evaluated.

    ``columns`` is the row's length, ``dtype`` its stored type (little endian), ``fill`` the value
    that means "no keyframe", ``rule`` what the engine does between keyframes, ``chunk_frames`` the
    length in frames of the chunks of newly created arrays.
    """

    name: str
    columns: int
    dtype: np.dtype[Any]
    fill: float
    rule: Rule
    chunk_frames: int
    geometry: bool = False

    def empty_rows(self, count: int) -> Rows:
        """``(count, columns)`` rows that all mean "no keyframe"."""
        return np.full((count, self.columns), self.fill, dtype=self.dtype)

    def is_fill(self, rows: Rows) -> NDArray[np.bool_]:
        """``(n,)`` bool: which of the ``(n, columns)`` rows mean "no keyframe"."""
        if math.isnan(self.fill):
            return np.asarray(np.isnan(rows).all(axis=1))
        return np.asarray((rows == self.fill).all(axis=1))

    def check_rows(self, rows: Rows) -> str | None:
        """What is wrong with ``(n, columns)`` rows that are not fill, or None."""
        if self.name == "box":
            with np.errstate(invalid="ignore"):
                if not np.all(np.abs(rows) <= MAX_COORDINATE_PX):
                    return "has a coordinate that is not a finite number of pixels"
            if np.any(rows[:, 2:] < 0):
                return "has a negative width or height"
        elif self.name == "presence":
            if not np.all((rows >= ABSENT) & (rows <= OCCLUDED)):
                return f"must be one of {', '.join(PRESENCE)}"
        elif not np.all((rows >= 0) & (rows <= MAX_CHOICE_CODE)):
            return f"has a choice code that is not 0 to {MAX_CHOICE_CODE}"
        return None


BOX = Kind("box", 4, np.dtype("<f8"), math.nan, "linear", 4096, geometry=True)
PRESENCE_KIND = Kind("presence", 1, np.dtype("i1"), -1, "hold", 65536)
CHOICE = Kind("choice", 1, np.dtype("<i4"), -1, "hold", 65536)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (BOX, PRESENCE_KIND, CHOICE)}


def encode_box(value: Any) -> Rows:
    """``(x, y, width, height)`` in pixels as a row; EditError when it is not four numbers."""
    try:
        row = np.asarray(value, dtype="<f8")
    except (TypeError, ValueError):
        row = np.empty(0)
    if row.shape != (4,):
        raise EditError(f"A box is four numbers in pixels: x, y, width, height; not {value!r:.80}.")
    if problem := BOX.check_rows(row[None]):
        raise EditError(f"The box {value!r:.80} {problem}.")
    return row + 0.0  # one zero: -0.0 would give other bytes for the same box


def encode_presence(value: Any) -> Rows:
    """A presence name as a row; EditError when it is none of them."""
    if not isinstance(value, str) or value not in PRESENCE:
        raise EditError(f"Presence is one of {', '.join(PRESENCE)}, not {value!r:.80}.")
    return np.array([PRESENCE.index(value)], dtype="i1")
