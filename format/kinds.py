"""The kinds of property: what one keyframe row holds, how it is stored, what lies between rows.

A *row* is a NumPy array of shape ``(columns,)``. The *fill* value in every column means "no
keyframe here"; it is also the Zarr fill value of the stored array. Kinds whose rows vary in length
have one column of text (dtype object in memory, Zarr ``string`` on disk) with fill ``""``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Rule = Literal["linear", "hold", "smooth", "cvat", "morph"]
Rows = NDArray[Any]

PRESENCE = ("absent", "present", "occluded")
ABSENT, PRESENT, OCCLUDED = range(3)
VISIBILITY = ("absent", "occluded", "visible")  # of one point of a skeleton, as in COCO

MAX_CHOICE_CODE = 32767
MAX_SKELETON_POINTS = 1024

# Codes of the companion array `<property>.mode`: the rule from this keyframe to the next.
MODES: tuple[Rule, ...] = ("linear", "hold", "smooth", "cvat", "morph")


_FEW_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of property is stored and evaluated.

    ``columns`` is the row's length, ``dtype`` its type in memory, ``fill`` the value that means "no
    keyframe", ``rule`` what the engine does between keyframes unless a keyframe says otherwise,
    ``rules`` what it may say, ``chunk_frames`` the length of the chunks of newly created arrays.
    """

    name: str
    columns: int
    dtype: np.dtype[Any]
    fill: Any
    rule: Rule
    rules: tuple[Rule, ...]
    chunk_frames: int
    geometry: bool = False

    def __hash__(self) -> int:  # kinds are part of many keys; these two tell them apart
        return hash((self.name, self.columns))

    @property
    def is_text(self) -> bool:
        """Whether rows are one text each."""
        return self.dtype.kind == "O"

    @property
    def token(self) -> str:
        """Names the kind and, where that varies, its row's length: ``box``, ``points:17``."""
        return f"points:{self.columns // 3}" if self.name == "points" else self.name

    def empty_rows(self, count: int) -> Rows:
        """``(count, columns)`` rows that all mean "no keyframe"."""
        return np.full((count, self.columns), self.fill, dtype=self.dtype)

    def is_fill(self, rows: Rows) -> NDArray[np.bool_]:
        """``(n,)`` bool: which of the ``(n, columns)`` rows mean "no keyframe"."""
        if len(rows) == 1:  # the everyday edit, for which NumPy takes long to set out
            row = rows[0].tolist()
            fill = self.fill
            return np.array([all(item == fill or item != item for item in row)])
        test = np.isnan if self.dtype.kind == "f" else self._equals_fill
        if rows.shape[1] > _FEW_COLUMNS:
            return np.asarray(test(rows).all(axis=1), dtype=bool)
        # over so short a row NumPy reduces slowly: column by column is several times faster
        out = np.asarray(test(rows[:, 0]), dtype=bool)
        for column in range(1, rows.shape[1]):
            out &= test(rows[:, column])
        return out

    def _equals_fill(self, values: Rows) -> NDArray[np.bool_]:
        return np.asarray(values == self.fill, dtype=bool)


def every(flags: NDArray[np.bool_]) -> bool:
    """As ``flags.all()`` of ``(n,)`` bool, which takes NumPy long to set out for few."""
    return int(np.count_nonzero(flags)) == len(flags)


def some(flags: NDArray[np.bool_]) -> bool:
    """As ``flags.any()``, see :func:`every`."""
    return int(np.count_nonzero(flags)) > 0


def same_rows(left: Rows, right: Rows) -> NDArray[np.bool_]:
    """``(n,)`` bool: which rows are equal, with NaN equal to NaN."""
    if len(left) == 1:
        pairs = zip(left[0].tolist(), right[0].tolist(), strict=True)
        return np.array([all(a == b or (a != a and b != b) for a, b in pairs)])
    equal = np.asarray(left == right)
    if left.dtype.kind == "f":
        equal |= np.isnan(left) & np.isnan(right)
    return np.asarray(equal.all(axis=1), dtype=bool)


_MANY, _FEW = 4096, 65536  # frames in a chunk of what has many keyframes, and of what has few
_F8, _I1, _I4, _TEXT = np.dtype("<f8"), np.dtype("i1"), np.dtype("<i4"), np.dtype("O")
_NAN = float("nan")  # one object: kinds compare equal to themselves
_HOLD: tuple[Rule, ...] = ("hold",)
_MOVING: tuple[Rule, ...] = ("linear", "hold", "smooth", "cvat")


def _geometry(name: str, columns: int) -> Kind:
    return Kind(name, columns, _F8, _NAN, "linear", _MOVING, _MANY, geometry=True)


def _text(name: str, *, chunk: int = _FEW) -> Kind:
    return Kind(name, 1, _TEXT, "", "hold", _HOLD, chunk)


BOX = _geometry("box", 4)
ROTATED_BOX = _geometry("rotated_box", 5)
ELLIPSE = _geometry("ellipse", 5)
CUBOID = _geometry("cuboid", 16)
POLYLINE = Kind("polyline", 1, _TEXT, "", "linear", ("linear", "hold", "cvat"), _MANY, True)
POLYGON = Kind("polygon", 1, _TEXT, "", "linear", ("linear", "hold", "cvat"), _MANY, True)
MASK = Kind("mask", 1, _TEXT, "", "hold", ("hold", "morph"), _MANY, True)
PRESENCE_KIND = Kind("presence", 1, _I1, -1, "hold", _HOLD, _FEW)
BOOLEAN = Kind("boolean", 1, _I1, -1, "hold", _HOLD, _FEW)
CHOICE = Kind("choice", 1, _I4, -1, "hold", _HOLD, _FEW)
CHOICES = _text("choices")
NUMBER = Kind("number", 1, _F8, _NAN, "hold", ("linear", "hold", "smooth"), _FEW)
NUMBER_LINEAR = Kind("number:linear", 1, _F8, _NAN, "linear", ("linear", "hold", "smooth"), _FEW)
TEXT = _text("text")
ENTITY = _text("entity")
ENTITIES = _text("entities")
# Companions, named `<property>.mode` and `<property>.source`.
MODE = Kind("mode", 1, _I1, -1, "hold", _HOLD, _MANY)
SOURCE = _text("source", chunk=_MANY)


@lru_cache(maxsize=MAX_SKELETON_POINTS)
def points_kind(count: int) -> Kind:
    """The kind of a skeleton of ``count`` points: x, y, visibility of each."""
    return _geometry("points", 3 * count)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        BOX, ROTATED_BOX, ELLIPSE, CUBOID, POLYLINE, POLYGON, MASK, PRESENCE_KIND, BOOLEAN, CHOICE,
        CHOICES, NUMBER, NUMBER_LINEAR, TEXT, ENTITY, ENTITIES, MODE, SOURCE,
    )
}  # fmt: skip

GEOMETRIES = (*(kind.name for kind in KINDS.values() if kind.geometry), "points")
COMPANIONS = {"mode": MODE, "source": SOURCE}
# Properties that are named after their kind; no other property can have such a name.
BUILT_IN = (*GEOMETRIES, PRESENCE_KIND.name)


def kind_of_token(token: str) -> Kind:
    """The kind of a :attr:`Kind.token`; ValueError when there is none."""
    name, _, count = token.partition(":")
    if name == "points" and count.isdecimal() and 0 < int(count) <= MAX_SKELETON_POINTS:
        return points_kind(int(count))
    if token not in KINDS:
        raise ValueError(f"{token!r:.60} is not a kind of property")
    return KINDS[token]


def companion_kind(name: str) -> Kind | None:
    """The kind of ``box.mode`` or ``box.source``, None for any other name."""
    _, dot, companion = name.rpartition(".")
    return COMPANIONS.get(companion) if dot else None
