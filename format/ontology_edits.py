"""Changes of an ontology, one at a time. Each function returns a new ontology and leaves the old as
it was; OntologyError says why a change is not possible.

``owner`` is the name of a class, ``"scene"``, or None for the shared properties. What a change
would lose of a project's annotations is counted by ``evolution.cost``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import OntologyError
from .ontology import SCENE, Ontology

Json = dict[str, Any]


def relabel_class(ontology: Ontology, name: str, label: str) -> Ontology:
    """Rename a class in the eyes of people; its identifier stays."""
    data = ontology.to_json()
    _class(data, name)["label"] = label
    return Ontology.parse(data)


def relabel_property(ontology: Ontology, owner: str | None, name: str, label: str) -> Ontology:
    """Rename a property in the eyes of people."""
    data = ontology.to_json()
    _property(data, owner, name)["label"] = label
    return Ontology.parse(data)


def relabel_choice(
    ontology: Ontology, owner: str | None, name: str, choice: str, label: str
) -> Ontology:
    """Rename a choice in the eyes of people."""
    data = ontology.to_json()
    _choice(_property(data, owner, name), choice)["label"] = label
    return Ontology.parse(data)


def set_class(ontology: Ontology, name: str, **fields: Any) -> Ontology:
    """Give fields of a class, named as in ``ontology.json``, other values; None leaves one out.
    Several that depend on each other (``geometry`` and ``skeleton``) go together."""
    data = ontology.to_json()
    _set(_class(data, name), fields)
    return Ontology.parse(data)


def set_property(ontology: Ontology, owner: str | None, name: str, **fields: Any) -> Ontology:
    """Give fields of a property other values, as :func:`set_class` does for a class."""
    data = ontology.to_json()
    _set(_property(data, owner, name), fields)
    return Ontology.parse(data)


def set_choice(
    ontology: Ontology, owner: str | None, name: str, choice: str, **fields: Any
) -> Ontology:
    """Give fields of a choice other values, as :func:`set_class` does for a class."""
    data = ontology.to_json()
    _set(_choice(_property(data, owner, name), choice), fields)
    return Ontology.parse(data)


def move_class(ontology: Ontology, name: str, by: int) -> Ontology:
    """Show a class ``by`` places further down, or up where it is negative."""
    data = ontology.to_json()
    _move(data["classes"], _class(data, name), by)
    return Ontology.parse(data)


def move_property(ontology: Ontology, owner: str | None, name: str, by: int) -> Ontology:
    """Show a property further down, or up, among those beside it."""
    data = ontology.to_json()
    _move(_properties(data, owner), _property(data, owner, name), by)
    return Ontology.parse(data)


def move_choice(ontology: Ontology, owner: str | None, name: str, choice: str, by: int) -> Ontology:
    """Show a choice further down, or up; its code stays."""
    data = ontology.to_json()
    definition = _property(data, owner, name)
    _move(definition["choices"], _choice(definition, choice), by)
    return Ontology.parse(data)


def add_class(ontology: Ontology, definition: Mapping[str, Any] | str) -> Ontology:
    """Add a class, in the form that ``ontology.json`` has it."""
    data = ontology.to_json()
    data["classes"].append(definition if isinstance(definition, str) else dict(definition))
    return Ontology.parse(data)


def remove_class(ontology: Ontology, name: str) -> Ontology:
    """Remove a class; references that could name its entities among others no longer can."""
    data = ontology.to_json()
    data["classes"].remove(_class(data, name))
    for definition in _every_property(data):
        classes = definition.get("classes", [])
        if name in classes:
            classes.remove(name)
            if not classes:  # an empty list would allow every class
                raise OntologyError(
                    f'"{definition["name"]}" can refer to a {name} and nothing else: remove that '
                    f"property first."
                )
    return Ontology.parse(data)


def add_property(ontology: Ontology, owner: str | None, definition: Mapping[str, Any]) -> Ontology:
    """Add a property to a class, to the scene, or (None) to those that classes share."""
    data = ontology.to_json()
    if owner == SCENE and ontology.scene is None and SCENE not in ontology.classes:
        data["scene"] = {"properties": []}
    _properties(data, owner).append(dict(definition))
    return Ontology.parse(data)


def use_shared(ontology: Ontology, owner: str, name: str) -> Ontology:
    """Let a class, or the scene, have a shared property."""
    data = ontology.to_json()
    _owner(data, owner).setdefault("uses", []).append(name)
    return Ontology.parse(data)


def remove_property(ontology: Ontology, owner: str | None, name: str) -> Ontology:
    """Remove a property. A shared one goes from every class when ``owner`` is None, else from that
    class alone."""
    data = ontology.to_json()
    if owner is not None and name in _owner(data, owner).get("uses", []):
        _owner(data, owner)["uses"].remove(name)
        return Ontology.parse(data)
    _properties(data, owner).remove(_property(data, owner, name))
    if owner is None:
        for item in [*data["classes"], data.get("scene", {})]:
            item["uses"] = [used for used in item.get("uses", []) if used != name]
    scene = data.get("scene")
    if scene is not None and not scene["properties"] and not scene.get("uses"):
        del data["scene"]
    return Ontology.parse(data)


def add_choice(
    ontology: Ontology, owner: str | None, name: str, choice: Mapping[str, Any] | str
) -> Ontology:
    """Add a choice. Its code, unless given, follows the highest there is. Where a choice was
    removed before, give one that ``evolution.free_code`` says is unused."""
    data = ontology.to_json()
    choices = _property(data, owner, name).setdefault("choices", [])
    item = {"name": choice} if isinstance(choice, str) else dict(choice)
    choices.append(item)
    return Ontology.parse(data)


def remove_choice(ontology: Ontology, owner: str | None, name: str, choice: str) -> Ontology:
    """Remove a choice."""
    data = ontology.to_json()
    definition = _property(data, owner, name)
    definition["choices"].remove(_choice(definition, choice))
    return Ontology.parse(data)


def merge_choices(
    ontology: Ontology, owner: str | None, name: str, source: str, target: str
) -> Ontology:
    """Remove the choice ``source`` where ``target`` takes its place, in defaults and conditions
    too. Give ``change_ontology`` the same as a ``Merged``, or its values would be lost."""
    data = ontology.to_json()
    definition = _property(data, owner, name)
    _choice(definition, target)
    definition["choices"].remove(_choice(definition, source))
    if source == target:
        raise OntologyError("A choice cannot be merged with itself.")
    default = definition.get("default")
    if isinstance(default, list):
        definition["default"] = [target if item == source else item for item in default]
    elif default == source:
        definition["default"] = target
    for item in _users(data, owner, name):
        for other in [*item["properties"], *_used(data, item)]:
            when = other.get("when")
            if when and when["property"] == name:
                renamed = [target if value == source else value for value in when["is"]]
                when["is"] = list(dict.fromkeys(renamed))
    return Ontology.parse(data)


def _set(item: Json, fields: Mapping[str, Any]) -> None:
    for key, value in fields.items():
        if value is None:
            item.pop(key, None)
        else:
            item[key] = value


def _move(items: list[Json], item: Json, by: int) -> None:
    place = items.index(item)
    items.insert(max(0, min(len(items) - 1, place + by)), items.pop(place))


# -- finding ------------------------------------------------------------------------------------


def _class(data: Json, name: str) -> Json:
    for item in data["classes"]:
        if item["name"] == name:
            return _object(item)
    raise OntologyError(f'There is no class "{name:.80}".')


def _owner(data: Json, owner: str) -> Json:
    return _object(data["scene"]) if owner == SCENE and "scene" in data else _class(data, owner)


def _properties(data: Json, owner: str | None) -> list[Json]:
    found: list[Json]
    found = data.setdefault("shared", []) if owner is None else _owner(data, owner)["properties"]
    return found


def _property(data: Json, owner: str | None, name: str) -> Json:
    for item in _properties(data, owner):
        if item["name"] == name:
            return item
    where = "shared property" if owner is None else f"property of {owner:.80}"
    raise OntologyError(f'There is no {where} "{name:.80}".')


def _choice(definition: Json, name: str) -> Json:
    for item in definition.get("choices", []):
        if item["name"] == name:
            return _object(item)
    raise OntologyError(f'"{definition["name"]}" has no choice "{name:.80}".')


def _every_property(data: Json) -> list[Json]:
    owners = [*data["classes"], data.get("scene", {})]
    return [*data.get("shared", []), *(d for item in owners for d in item.get("properties", []))]


def _users(data: Json, owner: str | None, name: str) -> list[Json]:
    """The classes that have the property."""
    if owner is not None:
        return [_owner(data, owner)]
    owners = [*data["classes"], *([data["scene"]] if "scene" in data else [])]
    return [item for item in owners if name in item.get("uses", [])]


def _used(data: Json, item: Json) -> list[Json]:
    return [d for d in data.get("shared", []) if d["name"] in item.get("uses", [])]


def _object(item: Any) -> Json:
    assert isinstance(item, dict)
    return item
