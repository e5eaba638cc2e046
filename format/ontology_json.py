"""Reading and writing ``ontology.json``, which is made for human eyes and for diffs."""

from __future__ import annotations

import math
import re
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from .errors import EditError, OntologyError
from .files import read_bounded
from .kinds import (
    BUILT_IN,
    GEOMETRIES,
    KINDS,
    MAX_CHOICE_CODE,
    MAX_SKELETON_POINTS,
    Kind,
)
from .layout import is_name
from .ontology import (
    PALETTE,
    SCENE,
    Choice,
    Condition,
    EntityClass,
    Ontology,
    PropertyDefinition,
    Skeleton,
)

ONTOLOGY_VERSION = 1
MAX_ONTOLOGY_BYTES = 16 << 20

_COLOR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_KINDS = ("choice", "choices", "boolean", "number", "text", "entity", "entities")


def read(path: Path) -> Ontology:
    """Read a JSON file; OntologyError names the file and what is wrong in it."""
    try:
        return parse(orjson.loads(read_bounded(path, MAX_ONTOLOGY_BYTES)))
    except OSError as error:
        raise OntologyError(f"The ontology {path} cannot be read: {error.strerror}.") from None
    except orjson.JSONDecodeError as error:
        raise OntologyError(f"The ontology {path} is not JSON: {error}.") from None
    except ValueError:
        limit = MAX_ONTOLOGY_BYTES >> 20
        raise OntologyError(f"{path} is over {limit} MiB: not an ontology.") from None
    except OntologyError as error:
        raise OntologyError(f"In {path}: {error}") from None


def parse(data: Any) -> Ontology:
    """Check a parsed ontology; see :meth:`Ontology.parse`."""
    if not isinstance(data, dict) or not isinstance(data.get("classes"), list):
        raise OntologyError('An ontology is an object with a list "classes".')
    version = data.get("version", ONTOLOGY_VERSION)
    if version != ONTOLOGY_VERSION:
        raise OntologyError(
            f"The ontology has version {version!r}; this reviewer knows {ONTOLOGY_VERSION}."
        )
    shared = _parse_properties(data, "shared", "the shared properties", {})
    classes: dict[str, EntityClass] = {}
    for position, item in enumerate(data["classes"]):
        parsed = _parse_class(item, PALETTE[position % len(PALETTE)], shared)
        if parsed.name in classes:
            raise OntologyError(f'The class "{parsed.name}" is defined twice.')
        classes[parsed.name] = parsed
    if not classes:
        raise OntologyError("An ontology needs at least one class.")
    scene = _parse_scene(data.get("scene"), shared)
    if scene and SCENE in classes:
        raise OntologyError(f'With scene properties no class can be named "{SCENE}".')
    ontology = Ontology(MappingProxyType(classes), MappingProxyType(shared), scene)
    _check_references(ontology)
    return ontology


def to_bytes(ontology: Ontology) -> bytes:
    """The file's bytes: indented, one ending newline."""
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(to_json(ontology), option=option)


# -- parsing ------------------------------------------------------------------------------------


def _parse_scene(data: Any, shared: dict[str, PropertyDefinition]) -> EntityClass | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise OntologyError('"scene" is an object with "properties".')
    own = tuple(_parse_properties(data, "properties", "the scene", shared).values())
    used = _parse_uses(data, "the scene", shared)
    label = _text(data, "label", "Scene", "the scene")
    return EntityClass(SCENE, label, "#9aa4b2", geometry=(), own=own, shared=used)


def _parse_class(data: Any, color: str, shared: dict[str, PropertyDefinition]) -> EntityClass:
    item = _object(data, "A class")
    name = _name(item, "A class")
    where = f'the class "{name}"'
    event = _flag(item, "event", False, where)
    geometry = tuple(_list(item, "geometry", [] if event else ["box"], where))
    for kind in geometry:
        if kind not in GEOMETRIES:
            known = ", ".join(GEOMETRIES)
            raise OntologyError(f'"geometry" of {where} takes {known}, not {kind!r:.60}.')
    if event and geometry:
        raise OntologyError(f"{where} is an event: it has no geometry.")
    if len(set(geometry)) < len(geometry):
        raise OntologyError(f'"geometry" of {where} names a kind twice.')
    skeleton = _parse_skeleton(item.get("skeleton"), where)
    if ("points" in geometry) != (skeleton is not None):
        raise OntologyError(f'{where} needs "points" in its geometry and a "skeleton", or neither.')
    return EntityClass(
        name=name,
        label=_text(item, "label", _label_of(name), where),
        color=_color(item, color, where) or color,
        hotkey=_hotkey(item, where),
        geometry=geometry,
        own=tuple(_parse_properties(item, "properties", where, shared).values()),
        shared=_parse_uses(item, where, shared),
        skeleton=skeleton,
        event=event,
    )


def _parse_uses(
    item: dict[str, Any], where: str, shared: dict[str, PropertyDefinition]
) -> tuple[PropertyDefinition, ...]:
    names = _list(item, "uses", [], where)
    for name in names:
        if name not in shared:
            raise OntologyError(f'{where} uses "{name!s:.60}", which is no shared property.')
    return tuple(shared[name] for name in dict.fromkeys(names))


def _parse_skeleton(data: Any, where: str) -> Skeleton | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise OntologyError(f'"skeleton" of {where} is an object with "points" and "edges".')
    points = _list(data, "points", [], where)
    for point in points:
        if not isinstance(point, str) or not 0 < len(point) <= 64:
            raise OntologyError(f"A point of the skeleton of {where} needs a name, not {point!r}.")
    if not 0 < len(points) <= MAX_SKELETON_POINTS or len(set(points)) < len(points):
        raise OntologyError(
            f"The skeleton of {where} has 1 to {MAX_SKELETON_POINTS} points, each named once."
        )
    edges = []
    for edge in _list(data, "edges", [], where):
        if not isinstance(edge, list) or len(edge) != 2 or not set(map(str, edge)) <= set(points):
            raise OntologyError(f"An edge of the skeleton of {where} joins two of its points.")
        edges.append((edge[0], edge[1]))
    return Skeleton(tuple(points), tuple(edges))


def _parse_properties(
    item: dict[str, Any], key: str, where: str, shared: dict[str, PropertyDefinition]
) -> dict[str, PropertyDefinition]:
    found: dict[str, PropertyDefinition] = {}
    for entry in _list(item, key, [], where):
        definition = _parse_property(entry, where)
        if definition.name in found:
            raise OntologyError(f'{where} defines "{definition.name}" twice.')
        if definition.name in shared:
            raise OntologyError(f'{where} defines "{definition.name}", which is a shared property.')
        found[definition.name] = definition
    return found


def _parse_property(data: Any, owner: str) -> PropertyDefinition:
    item = _object(data, f"A property of {owner}")
    name = _name(item, f"A property of {owner}")
    where = f'the property "{name}" of {owner}'
    if name in BUILT_IN:
        raise OntologyError(f'{owner} cannot name a property "{name}": that is a built-in name.')
    kind_name = item.get("kind")
    if kind_name not in _KINDS:
        raise OntologyError(f'"kind" of {where} is {", ".join(_KINDS)}, not {kind_name!r:.60}.')
    choices = _parse_choices(item, where) if kind_name in ("choice", "choices") else ()
    low, high = _parse_range(item, where) if kind_name == "number" else (None, None)
    definition = PropertyDefinition(
        name=name,
        kind=_kind_of_property(kind_name, item, where),
        label=_text(item, "label", _label_of(name), where),
        time_varying=_flag(item, "time_varying", False, where),
        required=_flag(item, "required", False, where),
        default=item.get("default"),
        choices=choices,
        low=low,
        high=high,
        classes=tuple(_list(item, "classes", [], where)),
        when=_parse_condition(item.get("when"), where),
    )
    if definition.default is not None:
        try:
            definition.encode(definition.default)
        except EditError as error:
            raise OntologyError(f'"default" of {where}: {error}') from None
    return definition


def _kind_of_property(name: str, item: dict[str, Any], where: str) -> Kind:
    rule = item.get("interpolation", "hold")
    if rule not in ("hold", "linear") or (rule == "linear" and name != "number"):
        raise OntologyError(f'"interpolation" of {where} is hold, or linear for a number.')
    return KINDS["number:linear" if rule == "linear" else name]


def _parse_range(item: dict[str, Any], where: str) -> tuple[float | None, float | None]:
    given = _list(item, "range", [None, None], where)
    good = len(given) == 2 and all(
        edge is None
        or (isinstance(edge, (int, float)) and not isinstance(edge, bool) and math.isfinite(edge))
        for edge in given
    )
    if not good or (None not in given and given[0] > given[1]):
        raise OntologyError(f'"range" of {where} is [lowest, highest], either may be null.')
    return given[0], given[1]


def _parse_condition(data: Any, where: str) -> Condition | None:
    if data is None:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("property"), str):
        raise OntologyError(f'"when" of {where} is {{"property": NAME, "is": [VALUES]}}.')
    values = _list(data, "is", [], where)
    if not values or not all(isinstance(value, str) for value in values):
        raise OntologyError(f'"when" of {where} needs "is": the values it applies with.')
    return Condition(data["property"], tuple(values))


def _parse_choices(item: dict[str, Any], where: str) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    for entry in _list(item, "choices", [], where):
        choices.append(_parse_choice(entry, where, 1 + max((c.code for c in choices), default=-1)))
    if not choices:
        raise OntologyError(f"{where} needs choices.")
    for attribute in ("name", "code"):
        values = [getattr(choice, attribute) for choice in choices]
        if len(set(values)) < len(values):
            raise OntologyError(f"{where} has two choices of one {attribute}.")
    return tuple(choices)


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


def _check_references(ontology: Ontology) -> None:
    """Conditions name a property beside them, references name classes that there are."""
    everyone = [*ontology.classes.values(), *([ontology.scene] if ontology.scene else [])]
    for item in everyone:
        names = [definition.name for definition in item.declared]
        if len(set(names)) < len(names):
            raise OntologyError(f'The class "{item.name}" has two properties of one name.')
        for definition in item.declared:
            where = f'the property "{definition.name}" of "{item.name}"'
            for name in definition.classes:
                if name not in ontology.classes:
                    raise OntologyError(f'"classes" of {where} names no class: {name!r:.60}.')
            if definition.when is None:
                continue
            target = item.properties.get(definition.when.property)
            if target is None or target is definition:
                raise OntologyError(
                    f'"when" of {where} names no other property of it: '
                    f"{definition.when.property!r:.60}."
                )
            unknown = set(definition.when.values) - set(target.by_name) if target.choices else set()
            if unknown:
                raise OntologyError(
                    f'"when" of {where} names no choice of "{target.name}": {min(unknown)!r:.60}.'
                )


# -- fields -------------------------------------------------------------------------------------


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


# -- writing ------------------------------------------------------------------------------------


def to_json(ontology: Ontology) -> dict[str, Any]:
    """The complete form; what an ontology does not use is left out."""
    out: dict[str, Any] = {"version": ONTOLOGY_VERSION}
    if ontology.shared:
        out["shared"] = [_property_to_json(item) for item in ontology.shared.values()]
    out["classes"] = [_class_to_json(item) for item in ontology.classes.values()]
    if ontology.scene:
        scene = ontology.scene
        out["scene"] = {"label": scene.label, **_properties_to_json(scene)}
    return out


def _class_to_json(item: EntityClass) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": item.name,
        "label": item.label,
        "color": item.color,
        "hotkey": item.hotkey,
        "geometry": list(item.geometry),
    }
    if item.event:
        out["event"] = True
    if item.skeleton:
        edges = [list(edge) for edge in item.skeleton.edges]
        out["skeleton"] = {"points": list(item.skeleton.points), "edges": edges}
    return out | _properties_to_json(item)


def _properties_to_json(item: EntityClass) -> dict[str, Any]:
    own = {"properties": [_property_to_json(definition) for definition in item.own]}
    return ({"uses": [d.name for d in item.shared]} if item.shared else {}) | own


def _property_to_json(definition: PropertyDefinition) -> dict[str, Any]:
    name, _, rule = definition.kind.name.partition(":")
    out: dict[str, Any] = {
        "name": definition.name,
        "label": definition.label,
        "kind": name,
        "time_varying": definition.time_varying,
        "required": definition.required,
        "default": definition.default,
    }
    if rule:
        out["interpolation"] = rule
    if definition.low is not None or definition.high is not None:
        out["range"] = [definition.low, definition.high]
    if definition.classes:
        out["classes"] = list(definition.classes)
    if definition.when:
        out["when"] = {"property": definition.when.property, "is": list(definition.when.values)}
    if definition.choices:
        out["choices"] = [
            {
                "name": choice.name,
                "code": choice.code,
                "label": choice.label,
                "color": choice.color,
                "hotkey": choice.hotkey,
            }
            for choice in definition.choices
        ]
    return out
