"""How the properties of an ontology become columns of a table, and come back from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InterchangeError
from ..geometry import Mask, Shape, mask, wkt
from ..kinds import BOX, Kind
from ..ontology import Ontology, PropertyDefinition
from ..table import Table
from ..values import NOBODY

# Kinds of which every number has a column of its own, named <property>_<field>.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "box": ("x", "y", "width", "height"),
    "rotated_box": ("x", "y", "width", "height", "angle"),
    "ellipse": ("x", "y", "radius_x", "radius_y", "angle"),
}


@dataclass(frozen=True, slots=True)
class PropertyColumns:
    """The columns of the property ``name``: ``names``, all of Arrow type ``type``. Lists, points
    and cuboids are JSON, paths WKT, masks their run lengths; where classes differ in the kind, all
    of it is text."""

    name: str
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    type: pa.DataType

    @property
    def fields(self) -> bool:
        """Whether each number has a column of its own."""
        return self.kinds[0].name in FIELDS

    def arrays(self, table: Table) -> list[pa.Array]:
        """What an evaluated table says, null where there is no value; one array per column."""
        if self.fields:
            if self.name not in table.values:
                return [pa.nulls(len(table), self.type)] * len(self.names)
            rows = table.values[self.name]
            return [_floats(rows[:, i]) for i in range(len(self.names))]
        keys = [key for key in table.columns if key.partition(":")[0] == self.name]
        parts = [self._array(table, key) for key in keys]
        return [pc.coalesce(*parts) if parts else pa.nulls(len(table), self.type)]

    def _array(self, table: Table, key: str) -> pa.Array:
        if key not in table.values:  # constant: a text for each entity
            texts = table[key]
            array = pa.array(texts, pa.string(), mask=(texts == "") | (texts == NOBODY))
        else:
            kind = table.property_of(key)[1]
            if kind.name.startswith("number"):
                array = _floats(table.values[key][:, 0])
            elif kind.name == "boolean":
                array = pa.array(table[key], pa.bool_())
            elif kind.name in ("choice", "text", "entity"):
                texts = table[key]
                array = pa.array(texts, pa.string(), mask=texts == "")
            elif kind.is_text and not kind.geometry:
                array = pa.array(_json_of_lists(table[key]), pa.string())
            else:
                array = pa.array(_texts(table.values[key], kind), pa.string())
        return array if array.type == self.type else array.cast(self.type)

    def values(self, columns: Mapping[str, Any], definition: PropertyDefinition) -> Any:
        """``(n,)`` object array of what the property takes, None for nothing, from ``columns`` as
        floats (fields) or texts. InterchangeError names what cannot be read."""
        if self.fields:
            rows = np.stack([columns[name] for name in self.names], axis=1)
            out = np.full(len(rows), None, dtype=object)
            for i in np.flatnonzero(~np.isnan(rows).all(axis=1)):
                out[i] = rows[i]
            return out
        texts = columns[self.names[0]]
        read = _READERS.get(definition.kind.name.partition(":")[0], str)
        out = np.full(len(texts), None, dtype=object)
        for text in dict.fromkeys(texts.tolist()):
            if text == "":
                continue
            try:
                value = read(text)
            except ValueError:
                raise InterchangeError(
                    f'The column "{self.names[0]}" has {text!r:.60}, which is no '
                    f"{definition.kind.name}."
                ) from None
            for i in np.flatnonzero(texts == text):
                out[i] = value
        return out


def columns_of(ontology: Ontology) -> list[PropertyColumns]:
    """The columns of every property but presence, the box first: it is always there."""
    kinds: dict[str, list[Kind]] = {BOX.name: [BOX]}
    classes = [*ontology.classes.values(), *([ontology.scene] if ontology.scene else [])]
    for item in classes:
        for name, definition in item.properties.items():
            known = kinds.setdefault(name, [])
            if definition.kind not in known:
                known.append(definition.kind)
    del kinds["presence"]
    return [_columns(name, tuple(found)) for name, found in kinds.items()]


def _columns(name: str, kinds: tuple[Kind, ...]) -> PropertyColumns:
    bare = {kind.name.partition(":")[0] for kind in kinds}
    if fields := FIELDS.get(kinds[0].name):
        names = tuple(f"{name}_{field}" for field in fields)
        return PropertyColumns(name, kinds, names, pa.float64())
    type_ = pa.string()
    if bare == {"number"}:
        type_ = pa.float64()
    elif bare == {"boolean"}:
        type_ = pa.bool_()
    return PropertyColumns(name, kinds, (name,), type_)


def _floats(values: Any) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), pa.float64(), from_pandas=True)


def _json_of_lists(values: Any) -> list[str | None]:
    return [orjson.dumps(list(items)).decode() if items else None for items in values]


def _texts(rows: Any, kind: Kind) -> Iterator[str | None]:
    """Geometry as text; a shape that holds over many rows is written out once."""
    last, text = None, None
    for row, empty in zip(rows, kind.is_fill(rows), strict=True):
        if empty or row[0] is None:
            yield None
        elif kind.is_text:
            if row[0] is not last:
                last, text = row[0], _shape_text(row[0])
            yield text
        else:
            yield orjson.dumps(row.reshape(-1, 3 if kind.name == "points" else 2).tolist()).decode()


def _shape_text(shape: Shape | Mask | str) -> str:
    if isinstance(shape, Shape):
        return wkt.format(shape)
    return mask.format(shape) if isinstance(shape, Mask) else shape


def _read_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _list(text: str) -> Any:
    found = orjson.loads(text)
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found


_READERS: Mapping[str, Callable[[str], Any]] = {
    "number": float,
    "boolean": _read_boolean,
    "choices": _list,
    "entities": _list,
    "points": _list,
    "cuboid": _list,
}
