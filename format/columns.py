"""The columns of an evaluated table: which properties there are, and how stored rows become what
people read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .edit import Attributes
from .kinds import BOX, PRESENCE, PRESENCE_KIND, Kind
from .ontology import Ontology, PropertyDefinition
from .values import NOBODY

_BUILT_IN = {"presence": PRESENCE_KIND, "box": BOX}


@dataclass(frozen=True, slots=True)
class Column:
    """One property of one kind. ``key`` is its name, or ``name:kind`` where classes differ in the
    kind they give a name. ``class_rows`` int32 is, for each entity, its class's row in
    ``names`` (classes, codes + 1); ``constants`` are the values of entities whose class has the
    property as a constant."""

    key: str
    name: str
    kind: Kind
    class_rows: NDArray[np.int32]
    names: NDArray[np.str_]
    constants: NDArray[np.str_] | None

    def decoded(self, values: NDArray[Any], entity_index: NDArray[np.int32]) -> NDArray[Any]:
        """``(n, columns)`` evaluated rows as people read them."""
        name = self.kind.name
        if name == "presence":
            return np.asarray(np.array((*PRESENCE, ""))[values[:, 0]])
        if name == "choice":
            return self._with_constants(
                self._choice_names(values[:, 0], entity_index), entity_index
            )
        if name.startswith("number"):
            return np.asarray(values[:, 0])
        if name == "boolean":
            return np.asarray(np.array([False, True, None], dtype=object)[values[:, 0]])
        if name in ("choices", "entities"):
            return self._lists(values[:, 0], entity_index)
        if name == "entity":
            return np.where(values[:, 0] == NOBODY, "", values[:, 0])
        if self.kind.is_text:
            return np.asarray(values[:, 0])
        return values

    def _choice_names(self, codes: NDArray[Any], entity_index: NDArray[np.int32]) -> NDArray[Any]:
        # a code the ontology does not know (any more) is no value, as in Property.at
        known = np.where(codes < self.names.shape[1] - 1, codes, -1)
        return np.asarray(self.names[self.class_rows[entity_index], known])

    def _with_constants(self, texts: NDArray[Any], entity_index: NDArray[np.int32]) -> NDArray[Any]:
        if self.constants is None:
            return texts
        return np.where(texts == "", self.constants[entity_index], texts)

    def _lists(self, texts: NDArray[Any], entity_index: NDArray[np.int32]) -> NDArray[Any]:
        out = np.empty(len(texts), dtype=object)
        for i, text in enumerate(texts):
            items = orjson.loads(text) if text else []
            if self.kind.name == "choices":
                row = self.names[self.class_rows[entity_index[i]]]
                items = [str(row[code]) for code in items if code < len(row) - 1]
            out[i] = tuple(items)
        return out


class Columns:
    """The columns for a set of entities: ``varying`` ones, and ``constants`` by name (a text for
    each entity)."""

    def __init__(
        self, ontology: Ontology, attributes: list[Attributes], asked: Iterable[str] | None
    ) -> None:
        self._attributes = attributes
        self._classes = sorted({item.class_name for item in attributes})
        definitions: dict[str, dict[str, PropertyDefinition]] = {}
        for name in self._classes:
            if (found := ontology.find_class(name)) is not None:
                for key, definition in found.properties.items():
                    definitions.setdefault(key, {})[name] = definition
        definitions.setdefault("presence", {})
        definitions.setdefault("box", {})  # always a column, also where no class has one
        if asked is not None:
            definitions = {name: definitions[name] for name in asked if name in definitions}
        self.varying: list[Column] = []
        self.constants: dict[str, NDArray[np.str_]] = {}
        for name, by_class in definitions.items():
            self._add(name, by_class)

    def _add(self, name: str, by_class: dict[str, PropertyDefinition]) -> None:
        kinds = list(dict.fromkeys(d.kind for d in by_class.values() if d.time_varying))
        if not by_class:
            kinds = [_BUILT_IN[name]]
        constant = {c: d for c, d in by_class.items() if not d.time_varying}
        texts = None
        if constant:
            texts = np.array([_constant(a, name, constant) for a in self._attributes] or [""])
        if not kinds:
            assert texts is not None
            self.constants[name] = texts
            return
        rows = [self._classes.index(item.class_name) for item in self._attributes]
        for kind in kinds:
            key = name if len(kinds) == 1 else f"{name}:{kind.token}"
            names = _names_by_code(self._classes, by_class)
            self.varying.append(Column(key, name, kind, np.array(rows, np.int32), names, texts))


def _constant(item: Attributes, name: str, by_class: dict[str, PropertyDefinition]) -> str:
    definition = by_class.get(item.class_name)
    if definition is None:
        return ""
    value = item.constants.get(name, definition.default)
    return (
        "" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()
    )


def _names_by_code(classes: list[str], by_class: dict[str, PropertyDefinition]) -> NDArray[np.str_]:
    """``(classes, codes + 1)`` names; the last column answers code -1, no value."""
    codes = [code for definition in by_class.values() for code in definition.by_code]
    out = [[""] * (max(codes, default=0) + 2) for _ in classes] or [[""]]
    for name, definition in by_class.items():
        for code, choice in definition.by_code.items():
            out[classes.index(name)][code] = choice.name
    return np.array(out, dtype=np.str_)
