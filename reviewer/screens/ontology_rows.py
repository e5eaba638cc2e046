"""An ontology as the lines of a list: classes and what they have, shared properties, the scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.format import Choice, EntityClass, Ontology, PropertyDefinition
from reviewer.frame_image import RGB, parse_color
from reviewer.widgets.text import inert

SCENE = "scene"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. kind: class, property, choice, skeleton, uses, shared, scene. owner: the class's
    name, "scene", or None for shared properties. name: the property's, choice: the choice's
    identifier. label, text, note: inert."""

    kind: str
    owner: str | None
    name: str = ""
    choice: str = ""
    label: str = ""
    text: str = ""
    note: str = ""
    color: RGB | None = None
    depth: int = 0

    @property
    def key(self) -> tuple[str, str | None, str, str]:
        """What it is, whatever it is called now."""
        return self.kind, self.owner, self.name, self.choice


def ontology_rows(ontology: Ontology) -> list[Row]:
    """Every line, in the order of the ontology."""
    rows: list[Row] = []
    for entity_class in ontology.classes.values():
        rows += class_rows(entity_class)
    rows.append(Row("shared", None, label="Shared properties", text="those that classes may use"))
    for definition in ontology.shared.values():
        rows += property_rows(None, definition)
    rows.append(Row("scene", SCENE, label="Scene", text="properties of the whole picture"))
    if ontology.scene:
        for definition in ontology.scene.own:
            rows += property_rows(SCENE, definition)
        for definition in ontology.scene.shared:
            rows.append(_uses_row(SCENE, definition))
    return rows


def class_rows(entity_class: EntityClass) -> Iterator[Row]:
    shapes = ", ".join(name.replace("_", " ") for name in entity_class.geometry)
    yield Row(
        "class",
        entity_class.name,
        entity_class.name,
        label=inert(entity_class.label),
        text="event" if entity_class.event else shapes or "no geometry",
        note=_note(entity_class.name, entity_class.label, entity_class.hotkey),
        color=parse_color(entity_class.color),
    )
    if entity_class.skeleton:
        points, edges = entity_class.skeleton.points, entity_class.skeleton.edges
        yield Row(
            "skeleton",
            entity_class.name,
            label="Skeleton",
            text=inert(" ".join(points)),
            note=f"{len(points)} points, {len(edges)} edges",
            depth=1,
        )
    for definition in entity_class.shared:
        yield _uses_row(entity_class.name, definition)
    for definition in entity_class.own:
        yield from property_rows(entity_class.name, definition)


def _uses_row(owner: str, definition: PropertyDefinition) -> Row:
    return Row(
        "uses",
        owner,
        definition.name,
        label=inert(definition.label),
        text=f"shared · {_facts(definition)}",
        depth=1,
    )


def property_rows(owner: str | None, definition: PropertyDefinition) -> Iterator[Row]:
    yield Row(
        "property",
        owner,
        definition.name,
        label=inert(definition.label),
        text=_facts(definition),
        note=_note(definition.name, definition.label, None),
        depth=1,
    )
    for choice in definition.choices:
        yield choice_row(owner, definition, choice)


def choice_row(owner: str | None, definition: PropertyDefinition, choice: Choice) -> Row:
    return Row(
        "choice",
        owner,
        definition.name,
        choice.name,
        label=inert(choice.label),
        note=_note(choice.name, choice.label, choice.hotkey),
        color=parse_color(choice.color) if choice.color else None,
        depth=2,
    )


def _note(name: str, label: str, hotkey: str | None) -> str:
    parts = []
    if name.casefold() != label.casefold().replace(" ", "_"):
        parts.append(f"stored as {inert(name)}")
    if hotkey:
        parts.append(f"key {inert(hotkey)}")
    return "   ".join(parts)


def _facts(definition: PropertyDefinition) -> str:
    """Kind and rules of a property in a few words."""
    name, _, rule = definition.kind.name.partition(":")
    facts = [f"{name}, {rule}" if rule else name]
    facts.append("over time" if definition.time_varying else "constant")
    if definition.required:
        facts.append("required")
    if definition.low is not None or definition.high is not None:
        low = "" if definition.low is None else f"{definition.low:g}"
        high = "" if definition.high is None else f"{definition.high:g}"
        facts.append(f"{low}…{high}")
    if definition.classes:
        facts.append("of " + ", ".join(inert(one) for one in definition.classes))
    if definition.default is not None:
        facts.append(f"default {inert(str(definition.default))}")
    if definition.when:
        values = " or ".join(inert(value) for value in definition.when.values)
        facts.append(f"only when {inert(definition.when.property)} is {values}")
    return " · ".join(facts)
