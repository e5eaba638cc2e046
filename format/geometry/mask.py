"""Masks: run lengths over a box of pixels, as COCO writes them, tight and with an offset.

Pixels are counted down the columns, left to right, beginning with a run (perhaps of length 0) of
pixels that are not in the mask. The text is COCO's JSON, with the place of the box in the picture:
``{"size":[height,width],"counts":"...","offset":[x,y]}``. Without ``offset`` the box is the picture
itself. Compressed counts are those of ``rleToString`` in cocoapi's ``maskApi.c``. Canonical is the
mask's own smallest box, compressed: one mask, one text. Texts are untrusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Pixels = NDArray[np.bool_]

MAX_TEXT_CHARS = 1 << 24
MAX_PIXELS = 1 << 28
MAX_SIDE_PX = 1 << 16  # a mask costs a stroke per column at least
MAX_OFFSET_PX = 10_000_000
# Six bits a character, five of them value: more than this cannot be a count of MAX_PIXELS.
_MAX_COUNT_CHARS = 7


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A set of pixels: runs over the box whose top-left pixel is ``(x, y)``, in px.

    ``counts`` int64 ``(n,)``, read-only: lengths of runs that are alternately out and in, down the
    columns; they add up to ``width * height``, and only the first may be 0. The box is the smallest
    that holds the mask; an empty mask has the box ``(0, 0, 0, 0)`` and no counts.
    """

    x: int
    y: int
    width: int
    height: int
    counts: Counts

    @property
    def area(self) -> int:
        """How many pixels are in the mask."""
        return int(self.counts[1::2].sum())

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The smallest box around the mask: x, y, width, height."""
        return self.x, self.y, self.width, self.height

    def moved(self, dx: int, dy: int) -> Mask:
        """The same mask ``(dx, dy)`` px further; an empty mask has no place."""
        if not len(self.counts):
            return self
        return Mask(self.x + dx, self.y + dy, self.width, self.height, self.counts)

    def spans(self) -> Spans:
        """The mask as vertical strokes."""
        ends = np.cumsum(self.counts)
        return Spans.of_runs(ends[0::2][: len(ends) // 2], ends[1::2], self.height).moved(
            self.x, self.y
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mask):
            return NotImplemented
        return self.box == other.box and np.array_equal(self.counts, other.counts)

    def __hash__(self) -> int:
        return hash((self.box, self.counts.tobytes()))


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Vertical strokes of pixels: column ``column[i]``, rows ``top[i]`` up to, not including,
    ``bottom[i]``. All int64 ``(n,)``, px, ordered by column and row, apart from each other."""

    column: Counts
    top: Counts
    bottom: Counts

    @staticmethod
    def of_runs(starts: Counts, stops: Counts, height: int) -> Spans:
        """Runs of positions down the columns of a box of this height, cut at its columns."""
        first = starts // max(height, 1)
        pieces = (stops - 1) // max(height, 1) - first + 1
        run = np.repeat(np.arange(len(starts)), pieces)
        column = np.arange(len(run)) - np.repeat(np.cumsum(pieces) - pieces, pieces) + first[run]
        top = np.maximum(starts[run] - column * height, 0)
        return Spans(column, top, np.minimum(stops[run] - column * height, height))

    def moved(self, dx: int, dy: int) -> Spans:
        """The same strokes ``(dx, dy)`` px further."""
        return Spans(self.column + dx, self.top + dy, self.bottom + dy)

    def clipped(self, width: int, height: int) -> Spans:
        """What of them lies in a picture of this size."""
        top, bottom = np.clip(self.top, 0, height), np.clip(self.bottom, 0, height)
        kept = (self.column >= 0) & (self.column < width) & (top < bottom)
        return Spans(self.column[kept], top[kept], bottom[kept])

    def runs(self, x: int, y: int, height: int) -> tuple[Counts, Counts]:
        """Starts and stops of the runs down the columns of a box with this top-left pixel and
        height; strokes that touch across two columns are one run."""
        base = (self.column - x) * height - y
        starts, stops = base + self.top, base + self.bottom
        return _joined(starts, stops)

    def mask(self) -> Mask:
        """The mask that they make. ValueError when its box has more than MAX_PIXELS."""
        if not len(self.column):
            return EMPTY
        x, y = int(self.column[0]), int(self.top.min())
        width, height = int(self.column[-1]) + 1 - x, int(self.bottom.max()) - y
        _check_size(width, height)
        counts = _counts(*self.runs(x, y, height), width * height)
        counts.flags.writeable = False
        return Mask(x, y, width, height, counts)


EMPTY = Mask(0, 0, 0, 0, np.empty(0, np.int64))
EMPTY.counts.flags.writeable = False


def from_array(pixels: Pixels, x: int = 0, y: int = 0) -> Mask:
    """The mask of a bool array ``(height, width)`` whose top-left pixel is ``(x, y)``."""
    if pixels.ndim != 2:
        raise ValueError(f"a mask is an array (height, width), not of shape {pixels.shape}")
    height, width = pixels.shape
    _check_size(width, height)
    flat = np.asarray(pixels, np.bool_).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if len(flat) and flat[0]:
        changes = np.append(0, changes)
    if len(changes) % 2:
        changes = np.append(changes, len(flat))
    return Spans.of_runs(changes[0::2], changes[1::2], height).moved(x, y).mask()


def to_array(mask: Mask, box: tuple[int, int, int, int] | None = None) -> Pixels:
    """Bool ``(height, width)`` of a box (x, y, width, height) in px; None: the mask's own."""
    x, y, width, height = mask.box if box is None else box
    _check_size(width, height)
    starts, stops = mask.spans().moved(-x, -y).clipped(width, height).runs(0, 0, height)
    flat = np.repeat(
        np.arange(2 * len(starts) + 1) % 2 == 1, _all_counts(starts, stops, width * height)
    )
    return flat.reshape((height, width), order="F")


def parse(text: str) -> Mask:
    """The mask that a text describes, with compressed counts or a list of them.

    ValueError says what is wrong.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise ValueError(f"is a text of {len(text)} characters, more than {MAX_TEXT_CHARS}")
    try:
        value = orjson.loads(text)
    except ValueError:
        raise ValueError("is not JSON") from None
    if not isinstance(value, dict) or not {"size", "counts"} <= set(value):
        raise ValueError('is not an object with "size" and "counts"')
    if unknown := set(value) - {"size", "counts", "offset"}:
        raise ValueError(f"has the unknown key {min(unknown)[:40]!r}")
    height, width = _two_integers(value["size"], "size", 0, MAX_PIXELS)
    x, y = _two_integers(value.get("offset", [0, 0]), "offset", -MAX_OFFSET_PX, MAX_OFFSET_PX)
    return from_counts(_read_counts(value["counts"]), width, height, x, y)


def from_counts(counts: Counts, width: int, height: int, x: int = 0, y: int = 0) -> Mask:
    """The mask of COCO's uncompressed counts int64 ``(n,)`` over a box with top-left ``(x, y)``.

    ValueError when they are negative or do not add up to the box.
    """
    _check_size(width, height)
    if len(counts) and (counts.min() < 0 or counts.max() > width * height):
        raise ValueError("has a run that does not fit its size")
    ends = np.cumsum(counts)
    if (int(ends[-1]) if len(ends) else 0) != width * height:
        raise ValueError("has runs that do not add up to its size")
    starts, stops = ends[0::2][: len(ends) // 2], ends[1::2]
    # runs of no pixels join their neighbours
    some = starts < stops
    return Spans.of_runs(*_joined(starts[some], stops[some]), height).moved(x, y).mask()


def format(mask: Mask) -> str:  # named for its counterpart, parse
    """The one text of a mask."""
    document = {
        "size": [mask.height, mask.width],
        "counts": compress(mask.counts),
        "offset": [mask.x, mask.y],
    }
    return orjson.dumps(document).decode()


def to_coco(mask: Mask, width: int, height: int) -> Counts:
    """COCO's uncompressed counts over the whole picture, int64; what lies outside is cut off."""
    _check_size(width, height)
    inside = mask.spans().clipped(width, height)
    return _counts(*inside.runs(0, 0, height), width * height)


def compress(counts: Counts) -> str:
    """COCO's compressed form of counts int64 ``(n,)``."""
    values = counts.astype(np.int64)
    values[3:] -= counts[1:-2]  # each beyond the third as the difference to the one before last
    # signed, five bits a character from the lowest on; 0x20: more follow
    lengths = np.ones(len(values), np.int64)
    for k in range(1, _MAX_COUNT_CHARS):
        reach = 1 << (5 * k - 1)
        lengths += (values < -reach) | (values >= reach)
    which = np.repeat(np.arange(len(values)), lengths)
    place = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    chars = (values[which] >> (5 * place)) & 0x1F
    chars |= np.where(place + 1 < lengths[which], 0x20, 0)
    return (chars + 48).astype(np.uint8).tobytes().decode("ascii")


def decompress(text: str) -> Counts:
    """Counts int64 ``(n,)`` from COCO's compressed form. ValueError when it is none."""
    if not text.isascii():
        raise ValueError("has counts with a character that is not COCO's")
    chars = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - 48
    if not len(chars):
        return np.empty(0, np.int64)
    if chars.min() < 0 or chars.max() > 0x3F:
        raise ValueError("has counts with a character that is not COCO's")
    last = np.flatnonzero((chars & 0x20) == 0)
    if not len(last) or last[-1] != len(chars) - 1:
        raise ValueError("has counts that break off")
    first = np.append(0, last[:-1] + 1)
    lengths = last - first + 1
    if lengths.max() > _MAX_COUNT_CHARS:
        raise ValueError("has a count that is too large")
    place = np.arange(len(chars)) - np.repeat(first, lengths)
    values = np.add.reduceat((chars & 0x1F) << (5 * place), first)
    values -= np.where(chars[last] & 0x10, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def intersection(a: Mask, b: Mask) -> int:
    """How many pixels both masks have; costs what their runs cost, not their pixels."""
    if not len(a.counts) or not len(b.counts):
        return 0
    x, y = min(a.x, b.x), min(a.y, b.y)
    height = max(a.y + a.height, b.y + b.height) - y
    starts, stops = a.spans().runs(x, y, height)
    before = np.append(0, np.cumsum(stops - starts))

    def covered(positions: Counts) -> Counts:
        """How many pixels of ``a`` lie before each position."""
        run = np.searchsorted(starts, positions, "right") - 1
        part = np.minimum(positions, stops[run]) - starts[run]
        return np.asarray(np.where(run < 0, 0, before[run] + part))

    other_starts, other_stops = b.spans().runs(x, y, height)
    return int((covered(other_stops) - covered(other_starts)).sum())


def iou(a: Mask, b: Mask) -> float:
    """Intersection over union, 0 to 1; of two empty masks 1."""
    both = intersection(a, b)
    either = a.area + b.area - both
    return both / either if either else 1.0


def _joined(starts: Counts, stops: Counts) -> tuple[Counts, Counts]:
    """Runs in ascending order, those that touch made one."""
    if not len(starts):
        return starts, stops
    touching = starts[1:] == stops[:-1]
    return starts[np.append(True, ~touching)], stops[np.append(~touching, True)]


def _all_counts(starts: Counts, stops: Counts, total: int) -> Counts:
    """Lengths of the runs out, in, out ... in, out over ``total`` positions."""
    edges = np.empty(2 * len(starts) + 2, np.int64)
    edges[0], edges[1:-1:2], edges[2:-1:2], edges[-1] = 0, starts, stops, total
    return np.diff(edges)


def _counts(starts: Counts, stops: Counts, total: int) -> Counts:
    counts = _all_counts(starts, stops, total)
    return counts[:-1] if len(counts) > 1 and counts[-1] == 0 else counts


def _read_counts(value: Any) -> Counts:
    if isinstance(value, str):
        return decompress(value)
    if not isinstance(value, list) or not all(type(count) is int for count in value):
        raise ValueError("has counts that are neither a text nor a list of integers")
    if value and max(value) > MAX_PIXELS:
        raise ValueError("has a run that does not fit its size")
    return np.array(value, np.int64)


def _two_integers(value: Any, name: str, low: int, high: int) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not all(type(v) is int for v in value):
        raise ValueError(f"has a {name} that is not two integers")
    if not all(low <= v <= high for v in value):
        raise ValueError(f"has a {name} that is not from {low} to {high}")
    return value[0], value[1]


def _check_size(width: int, height: int) -> None:
    if not (0 <= width <= MAX_SIDE_PX and 0 <= height <= MAX_SIDE_PX):
        raise ValueError(f"is {width} x {height} px, with a side beyond {MAX_SIDE_PX}")
    if width * height > MAX_PIXELS:
        raise ValueError(f"has {width} x {height} pixels, more than {MAX_PIXELS}")
