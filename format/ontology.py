"""The ontology: classes, their geometry and their properties. Immutable; read from and written to
``ontology.json``, which is made for human eyes and for diffs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson

from .errors import EditError, OntologyError
from .files import read_bounded
from .kinds import (
    KINDS,
    MAX_CHOICE_CODE,
    PRESENCE,
    Kind,
    Rows,
    encode_box,
    encode_presence,
)
from .layout import is_name

ONTOLOGY_VERSION = 1
MAX_ONTOLOGY_BYTES = 16 << 20

_COLOR = re.compile(r"#[0-9a-fA-F]{6}\Z")
# Legible on dark and bright footage, and told apart by most colour-blind people (Okabe and Ito's
# palette, brightened).
PALETTE = (
    "#56b4e9", "#e69f00", "#2ed3a3", "#f0e442", "#ff7a45", "#cc79a7", "#8fd14f", "#b19cff",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice property; ``code`` is what the store holds."""

    name: str
    code: int
    label: str
    color: str | None = None
    hotkey: str | None = None


@dataclass(frozen=True)
class PropertyDefinition:
    """What an ontology says of one property."""

    name: str
    kind: Kind
    label: str
    time_varying: bool = True
    required: bool = False
    default: str | None = None
    choices: tuple[Choice, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Choice]:
        """Choices by their name."""
        return MappingProxyType({choice.name: choice for choice in self.choices})

    @cached_property
    def by_code(self) -> Mapping[int, Choice]:
        """Choices by their stored code."""
        return MappingProxyType({choice.code: choice for choice in self.choices})

    def encode(self, value: Any) -> Rows:
        """A user's value as a ``(columns,)`` row; EditError says what is wrong with it."""
        if self.kind.name == "box":
            return encode_box(value)
        if self.kind.name == "presence":
            return encode_presence(value)
        choice = self.by_name.get(value) if isinstance(value, str) else None
        if choice is None:
            names = ", ".join(self.by_name)
            raise EditError(f"{self.label} is one of {names}, not {value!r:.80}.")
        return np.array([choice.code], dtype=self.kind.dtype)

    def decode(self, row: Rows) -> Any:
        """A row as a user's value: float64 ``(4,)`` for a box, a name otherwise, None for fill."""
        if self.kind.is_fill(row[None])[0]:
            return None
        if self.kind.name == "box":
            return np.array(row, np.float64)
        code = int(row[0])
        if self.kind.name == "presence":
            return PRESENCE[code] if code < len(PRESENCE) else None
        choice = self.by_code.get(code)
        return choice.name if choice else None

    def problem(self, rows: Rows) -> str | None:
        """What makes ``(n, columns)`` non-fill rows unacceptable here, or None."""
        if found := self.kind.check_rows(rows):
            return found
        if self.kind.name == "choice" and len(rows):
            unknown = set(np.unique(rows).tolist()) - set(self.by_code)
            if unknown:
                return f"has choice codes the ontology does not know: {sorted(unknown)[:5]}"
        return None


PRESENCE_DEFINITION = PropertyDefinition("presence", KINDS["presence"], "Presence")


@dataclass(frozen=True)
class EntityClass:
    """A class of entities. ``own`` are its declared properties; ``properties`` adds presence and
    one property per allowed geometry, named after its kind."""

    name: str
    label: str
    color: str
    hotkey: str | None = None
    geometry: tuple[str, ...] = ("box",)
    own: tuple[PropertyDefinition, ...] = ()

    @cached_property
    def properties(self) -> Mapping[str, PropertyDefinition]:
        """Every property an entity of this class can have, by name."""
        found = {"presence": PRESENCE_DEFINITION}
        for name in self.geometry:
            found[name] = PropertyDefinition(name, KINDS[name], name.replace("_", " ").capitalize())
        found.update((definition.name, definition) for definition in self.own)
        return MappingProxyType(found)


@dataclass(frozen=True)
class Ontology:
    """Classes by name, in the order they are shown."""

    classes: Mapping[str, EntityClass] = field(default_factory=dict)

    @staticmethod
    def default() -> Ontology:
        """One class, ``object``, that takes every geometry."""
        return Ontology.parse({"classes": ["object"]})

    @staticmethod
    def read(path: Path) -> Ontology:
        """Read a JSON file; OntologyError names the file and what is wrong in it."""
        try:
            data = read_bounded(path, MAX_ONTOLOGY_BYTES)
        except OSError as error:
            raise OntologyError(f"The ontology {path} cannot be read: {error.strerror}.") from None
        except ValueError as error:
            raise OntologyError(f"The ontology cannot be read: {error}.") from None
        try:
            return Ontology.parse(orjson.loads(data))
        except orjson.JSONDecodeError as error:
            raise OntologyError(f"The ontology {path} is not JSON: {error}.") from None
        except OntologyError as error:
            raise OntologyError(f"In {path}: {error}") from None

    @staticmethod
    def parse(data: Any) -> Ontology:
        """Check a parsed ontology. Short forms are taken: a class or a choice may be just its name,
        and colours, labels and codes are filled in."""
        if not isinstance(data, dict) or not isinstance(data.get("classes"), list):
            raise OntologyError('An ontology is an object with a list "classes".')
        version = data.get("version", ONTOLOGY_VERSION)
        if version != ONTOLOGY_VERSION:
            raise OntologyError(
                f"The ontology has version {version!r}; this reviewer knows {ONTOLOGY_VERSION}."
            )
        classes: dict[str, EntityClass] = {}
        for position, item in enumerate(data["classes"]):
            parsed = _parse_class(item, PALETTE[position % len(PALETTE)])
            if parsed.name in classes:
                raise OntologyError(f'The class "{parsed.name}" is defined twice.')
            classes[parsed.name] = parsed
        if not classes:
            raise OntologyError("An ontology needs at least one class.")
        return Ontology(MappingProxyType(classes))

    def to_json(self) -> dict[str, Any]:
        """The complete form, ready for JSON; :meth:`parse` reads it back to an equal ontology."""
        return {
            "version": ONTOLOGY_VERSION,
            "classes": [_class_to_json(item) for item in self.classes.values()],
        }

    def to_bytes(self) -> bytes:
        """The file's bytes: indented, one ending newline."""
        return orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def entity_class(self, name: str) -> EntityClass:
        """The class of that name; EditError lists those there are."""
        found = self.classes.get(name)
        if found is None:
            known = ", ".join(self.classes)
            raise EditError(f'There is no class "{name:.80}"; the ontology has {known}.')
        return found


def _object(item: Any, where: str) -> dict[str, Any]:
    if isinstance(item, str):
        return {"name": item}
    if not isinstance(item, dict):
        raise OntologyError(f"{where} is a name or an object, not {item!r:.60}.")
    return item


def _name(item: dict[str, Any], where: str) -> str:
    name = item.get("name")
    if not isinstance(name, str) or not is_name(name):
        raise OntologyError(
            f"{where} needs a name of letters, digits and underscores that starts with a letter, "
            f"not {name!r:.80}."
        )
    return name


def _text(item: dict[str, Any], key: str, default: str, where: str) -> str:
    value = item.get(key, default)
    if not isinstance(value, str) or len(value) > 200:
        raise OntologyError(f'"{key}" of {where} is a text of at most 200 characters.')
    return value


def _color(item: dict[str, Any], default: str | None, where: str) -> str | None:
    color = item.get("color", default)
    if color is None or (isinstance(color, str) and _COLOR.match(color)):
        return color
    raise OntologyError(f'"color" of {where} is written #rrggbb, not {color!r:.40}.')


def _hotkey(item: dict[str, Any], where: str) -> str | None:
    key = item.get("hotkey")
    if key is None or (isinstance(key, str) and len(key) == 1 and key.isprintable()):
        return key
    raise OntologyError(f'"hotkey" of {where} is one character, not {key!r:.40}.')


def _flag(item: dict[str, Any], key: str, default: bool, where: str) -> bool:
    value = item.get(key, default)
    if not isinstance(value, bool):
        raise OntologyError(f'"{key}" of {where} is true or false, not {value!r:.40}.')
    return value


def _list(item: dict[str, Any], key: str, default: list[Any], where: str) -> list[Any]:
    value = item.get(key, default)
    if not isinstance(value, list) or len(value) > 10_000:
        raise OntologyError(f'"{key}" of {where} is a list.')
    return value


def _label_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _parse_class(data: Any, color: str) -> EntityClass:
    item = _object(data, "A class")
    name = _name(item, "A class")
    where = f'the class "{name}"'
    geometry = tuple(_list(item, "geometry", ["box"], where))
    for kind in geometry:
        if not isinstance(kind, str) or kind not in KINDS or not KINDS[kind].geometry:
            known = ", ".join(k.name for k in KINDS.values() if k.geometry)
            raise OntologyError(f'"geometry" of {where} takes {known}, not {kind!r:.60}.')
    own: dict[str, PropertyDefinition] = {}
    for entry in _list(item, "properties", [], where):
        definition = _parse_property(entry, where)
        if definition.name in own:
            raise OntologyError(f'{where} defines "{definition.name}" twice.')
        own[definition.name] = definition
    return EntityClass(
        name=name,
        label=_text(item, "label", _label_of(name), where),
        color=_color(item, color, where) or color,
        hotkey=_hotkey(item, where),
        geometry=geometry,
        own=tuple(own.values()),
    )


def _parse_property(data: Any, owner: str) -> PropertyDefinition:
    item = _object(data, f"A property of {owner}")
    name = _name(item, f"A property of {owner}")
    where = f'the property "{name}" of {owner}'
    if name in KINDS:
        raise OntologyError(f'{owner} cannot name a property "{name}": that is a built-in name.')
    kind = item.get("kind")
    if kind != "choice":
        raise OntologyError(f'"kind" of {where} is choice, not {kind!r:.60}.')
    choices: list[Choice] = []
    for entry in _list(item, "choices", [], where):
        choices.append(_parse_choice(entry, where, 1 + max((c.code for c in choices), default=-1)))
    if not choices:
        raise OntologyError(f"{where} needs choices.")
    for attribute in ("name", "code"):
        values = [getattr(choice, attribute) for choice in choices]
        if len(set(values)) < len(values):
            raise OntologyError(f"{where} has two choices of one {attribute}.")
    default = item.get("default")
    if default is not None and default not in [choice.name for choice in choices]:
        raise OntologyError(f'"default" of {where} is none of its choices: {default!r:.60}.')
    return PropertyDefinition(
        name=name,
        kind=KINDS["choice"],
        label=_text(item, "label", _label_of(name), where),
        time_varying=_flag(item, "time_varying", False, where),
        required=_flag(item, "required", False, where),
        default=default,
        choices=tuple(choices),
    )


def _parse_choice(data: Any, owner: str, next_code: int) -> Choice:
    item = _object(data, f"A choice of {owner}")
    name = item.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise OntologyError(f"A choice of {owner} needs a name, not {name!r:.60}.")
    where = f'the choice "{name}" of {owner}'
    code = item.get("code", next_code)
    if not isinstance(code, int) or isinstance(code, bool) or not 0 <= code <= MAX_CHOICE_CODE:
        raise OntologyError(
            f'"code" of {where} is a number from 0 to {MAX_CHOICE_CODE}, not {code!r:.40}.'
        )
    return Choice(
        name=name,
        code=code,
        label=_text(item, "label", _label_of(name), where),
        color=_color(item, None, where),
        hotkey=_hotkey(item, where),
    )


def _class_to_json(item: EntityClass) -> dict[str, Any]:
    return {
        "name": item.name,
        "label": item.label,
        "color": item.color,
        "hotkey": item.hotkey,
        "geometry": list(item.geometry),
        "properties": [
            {
                "name": definition.name,
                "label": definition.label,
                "kind": definition.kind.name,
                "time_varying": definition.time_varying,
                "required": definition.required,
                "default": definition.default,
                "choices": [
                    {
                        "name": choice.name,
                        "code": choice.code,
                        "label": choice.label,
                        "color": choice.color,
                        "hotkey": choice.hotkey,
                    }
                    for choice in definition.choices
                ],
            }
            for definition in item.own
        ],
    }
