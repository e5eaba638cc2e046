"""An evaluated table as the columns of a window: what the page paints and shows, ready to view.

Every column has a header ``{"key", "property", "kind"}`` and arrays. Those without any value in the
window are left out.

Geometry is sparse. Its *entries* are the rows that have a value: ``rows`` uint32 ``(entries,)``,
ascending, and ``offsets`` uint32 ``(frames + 1,)``, the entries of each frame; both are missing
where every row has one. Coordinates are float32 px, for painting.

box, rotated_box, ellipse, points, cuboid
    ``values`` float32 ``(entries, columns)``, as FORMAT.md lays them out.
polyline, polygon
    Each distinct shape is there once: ``which`` uint32 ``(entries,)`` names it. ``parts`` uint32
    ``(shapes + 1,)``, ``rings`` uint32 ``(parts + 1,)`` and ``vertices`` uint32 ``(rings + 1,)``
    say where the parts of a shape, the rings of a part and the vertices of a ring begin; ``values``
    float32 ``(vertices, 2)``.
mask
    ``which`` as above; ``boxes`` int32 ``(shapes, 4)``: x, y, width, height; ``runs`` uint32
    ``(shapes + 1,)`` into ``counts`` uint32, the lengths of runs that are alternately out and in,
    down the columns of the box.

Other properties have a value for each row.

choice, boolean
    ``codes`` int16 ``(rows,)``, -1 for none.
number
    ``values`` float64 ``(rows,)``, NaN for none.
choices, text, entity, entities
    ``which`` uint32 ``(rows,)`` into the header's ``texts``, 0 for none. ``cut`` in the header
    names the texts that were too long to be sent whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from reviewer.format.geometry import Mask, Shape
from reviewer.format.kinds import Kind
from reviewer.format.table import Table

from .protocol import WindowColumn

# A longer text is for reading in full elsewhere; a window holds the texts of every entity.
MAX_TEXT_CHARS = 2000


def window_columns(table: Table) -> list[WindowColumn]:
    """The columns of every property but presence that has a value somewhere in the table."""
    columns = []
    for key, values in table.values.items():
        name, kind = table.property_of(key)
        if kind.name == "presence":
            continue
        header = {"key": key, "property": name, "kind": kind.name}
        column = (
            _geometry(header, kind, values, table.offsets)
            if kind.geometry
            else _value(header, kind, values[:, 0])
        )
        if column is not None:
            columns.append(column)
    return columns


def _geometry(
    header: dict[str, Any], kind: Kind, values: np.ndarray, offsets: np.ndarray
) -> WindowColumn | None:
    if kind.is_text:
        there = np.not_equal(values[:, 0], None).astype(bool)
    else:
        there = ~np.isnan(values[:, 0])
    arrays: dict[str, np.ndarray] = {}
    if not there.all():
        rows = np.flatnonzero(there)
        if not len(rows):
            return None
        arrays["rows"] = rows.astype(np.uint32)
        arrays["offsets"] = np.searchsorted(rows, offsets).astype(np.uint32)
        values = values[rows]
    elif not len(values):
        return None
    if not kind.is_text:
        arrays["values"] = values.astype(np.float32)
        return WindowColumn({**header, "width": kind.columns}, arrays)
    which, distinct = _distinct(values[:, 0].tolist())
    arrays["which"] = which
    arrays |= _masks(distinct) if kind.name == "mask" else _paths(distinct)
    return WindowColumn(header, arrays)


def _distinct(objects: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """A number for each object, and the objects: a held shape is one object on many frames."""
    identities = list(map(id, objects))
    found = dict(zip(identities, objects, strict=True))
    if len(found) == len(objects):  # everything moves
        return np.arange(len(objects), dtype=np.uint32), objects
    numbers = dict(zip(found, range(len(found)), strict=True))
    which = np.fromiter(map(numbers.__getitem__, identities), np.uint32, len(objects))
    return which, list(found.values())


def _paths(shapes: list[Shape]) -> dict[str, np.ndarray]:
    points = [shape.points for shape in shapes]
    ring_offsets = [shape.ring_offsets for shape in shapes]
    if max(map(len, ring_offsets)) == 2:  # every shape is one ring, as nearly all are
        parts = rings = np.arange(len(shapes) + 1, dtype=np.uint32)
        ring_sizes: Sequence[int] | np.ndarray = list(map(len, points))
    else:
        part_offsets = [shape.part_offsets for shape in shapes]
        parts = _starts([len(offsets) - 1 for offsets in part_offsets])
        rings = _starts(_sizes(part_offsets))
        ring_sizes = _sizes(ring_offsets)
    return {
        "parts": parts,
        "rings": rings,
        "vertices": _starts(ring_sizes),
        "values": np.concatenate(points).astype(np.float32),
    }


def _masks(shapes: list[Mask]) -> dict[str, np.ndarray]:
    boxes = chain.from_iterable(shape.box for shape in shapes)
    return {
        "boxes": np.fromiter(boxes, np.int32, 4 * len(shapes)),
        "runs": _starts([len(shape.counts) for shape in shapes]),
        "counts": np.concatenate([shape.counts for shape in shapes]).astype(np.uint32),
    }


def _sizes(offsets: list[np.ndarray]) -> np.ndarray:
    """The lengths of all that arrays of offsets delimit, one array behind the other."""
    steps = np.diff(np.concatenate(offsets))
    lengths = np.array([len(one) for one in offsets[:-1]], np.int64)
    between = np.cumsum(lengths) - 1  # from one array to the next
    return np.delete(steps, between)


def _starts(sizes: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.append(0, np.cumsum(np.asarray(sizes, np.int64))).astype(np.uint32)


def _value(header: dict[str, Any], kind: Kind, values: np.ndarray) -> WindowColumn | None:
    if kind.is_text:
        return _texts(header, values.tolist())
    if kind.dtype.kind == "f":
        if np.isnan(values).all():
            return None
        return WindowColumn(header, {"values": values.astype(np.float64)})
    if not (values >= 0).any():
        return None
    return WindowColumn(header, {"codes": values.astype(np.int16)})


def _texts(header: dict[str, Any], values: list[str]) -> WindowColumn | None:
    numbers = {text: i + 1 for i, text in enumerate(text for text in dict.fromkeys(values) if text)}
    if not numbers:
        return None
    numbers[""] = 0
    which = np.fromiter((numbers[text] for text in values), np.uint32, len(values))
    texts = list(numbers)[:-1]
    header = {
        **header,
        "texts": ["", *(text[:MAX_TEXT_CHARS] for text in texts)],
        "cut": [i + 1 for i, text in enumerate(texts) if len(text) > MAX_TEXT_CHARS],
    }
    return WindowColumn(header, {"which": which})
