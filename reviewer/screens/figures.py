"""One frame as the engine has it, ready to be drawn: shapes of every kind, and who is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewer.format import Project, PropertyDefinition, Table
from reviewer.format.kinds import GEOMETRIES, OCCLUDED
from reviewer.frame_image import RGB, parse_color
from reviewer.frame_image_colors import ENTITY_PALETTE, NO_VALUE_COLOR, entity_color
from reviewer.frame_image_shapes import Shapes
from reviewer.screens.desk import Desk

BY_CLASS, BY_ENTITY = "class", "entity"


@dataclass(frozen=True)
class Evaluated:
    """One frame as the engine has it. present: entity id -> "present" or "occluded"; ids: the
    entity of each row of `shapes`."""

    shapes: Shapes = field(default_factory=Shapes.none)
    present: dict[str, str] = field(default_factory=dict)
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Looks:
    """How the entities of a table are called and coloured, where `known`; colors uint8 (n, 3)."""

    entities: tuple[str, ...]
    version: int
    names: list[str]
    colors: NDArray[np.uint8]
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, entities: tuple[str, ...], version: int) -> _Looks:
        count = len(entities)
        return cls(
            entities,
            version,
            [""] * count,
            np.zeros((count, 3), np.uint8),
            np.zeros(count, np.bool_),
        )


class Figures:
    """Evaluates frames for the picture. May be called from any thread."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.color_by = BY_CLASS
        self._looks = _Looks.of((), -1)

    @property
    def project(self) -> Project:
        return self.desk.project

    def choices(self) -> dict[str, PropertyDefinition]:
        """The choice properties that shapes can be coloured by, by name; the first of a name."""
        found: dict[str, PropertyDefinition] = {}
        for entity_class in self.project.ontology.classes.values():
            for name, definition in entity_class.properties.items():
                if definition.kind.name == "choice":
                    found.setdefault(name, definition)
        return found

    def evaluate(self, frame: int, selected: str | None) -> Evaluated:
        """The shapes of `frame`, from the engine."""
        color_by = self.color_by
        wanted = ["presence", *GEOMETRIES]
        if color_by not in (BY_CLASS, BY_ENTITY):
            wanted.append(color_by)
        table = self.project.evaluate(frame, frame + 1, properties=wanted)
        occluded = table.codes("presence") == OCCLUDED
        looks = self._looks_of(table)
        kept = np.flatnonzero(looks.known[table.entity_index])
        whole = len(kept) == len(table)
        index = table.entity_index[kept]
        numbers = index.tolist()
        ids = [table.entities[number] for number in numbers]
        names = [looks.names[number] for number in numbers]
        if color_by == BY_CLASS:
            colors = looks.colors[index]
        elif color_by == BY_ENTITY:
            by_entity = [entity_color(self.project.number(entity_id)) for entity_id in ids]
            colors = np.array(by_entity, np.uint8).reshape(-1, 3)
        else:
            by_choice = np.array(self._choice_colors(table, color_by), np.uint8)
            colors = by_choice.reshape(-1, 3)[kept]
        geometry = [
            (key.partition(":")[0], values if whole else values[kept], None)
            for key, values in table.values.items()
            if key.partition(":")[0] in GEOMETRIES
        ]
        geometry = [
            (kind, values, self._skeletons(ids) if kind == "points" else None)
            for kind, values, _ in geometry
        ]
        dashed = occluded if whole else occluded[kept]
        shapes = Shapes.of(
            geometry,
            colors,
            dashed,
            names,
            ids.index(selected) if selected in ids else -1,
        )
        states = ("present", "occluded")
        present = {one: states[hidden] for one, hidden in zip(ids, dashed.tolist(), strict=True)}
        return Evaluated(shapes, present, tuple(ids))

    def _looks_of(self, table: Table) -> _Looks:
        """Names and class colours of all entities, made for those that are asked for. They are the
        same on every frame until something is edited."""
        looks, version = self._looks, self.desk.version
        if looks.entities is not table.entities or looks.version != version:
            looks = self._looks = _Looks.of(table.entities, version)
        for number in np.unique(table.entity_index[~looks.known[table.entity_index]]).tolist():
            row = self.desk.row(table.entities[number])
            if row is not None:  # else deleted meanwhile
                looks.names[number] = row.name
                looks.colors[number] = row.color
                looks.known[number] = True
        return looks

    def _skeletons(self, ids: list[str]) -> list[tuple[tuple[int, int], ...]]:
        """For each row, the pairs of its skeleton's points that are joined."""
        by_class: dict[str, tuple[tuple[int, int], ...]] = {}
        out = []
        for entity_id in ids:
            name = self.project.attributes(entity_id).class_name
            if name not in by_class:
                found = self.project.ontology.find_class(name)
                skeleton = found.skeleton if found else None
                place = {point: at for at, point in enumerate(skeleton.points)} if skeleton else {}
                edges = skeleton.edges if skeleton else ()
                by_class[name] = tuple((place[a], place[b]) for a, b in edges)
            out.append(by_class[name])
        return out

    def _choice_colors(self, table: Table, color_by: str) -> list[RGB]:
        """For each row of the table, the colour of the choice that the entity has there."""
        if color_by in (BY_CLASS, BY_ENTITY):
            return []
        definition = self.choices().get(color_by)
        if definition is None or color_by not in {key.partition(":")[0] for key in table.columns}:
            return [NO_VALUE_COLOR] * len(table)
        colors = choice_palette(definition)
        keys = [key for key in table.columns if key.partition(":")[0] == color_by]
        found: list[Any] = [""] * len(table)
        for key in keys:
            found = [str(new) or old for new, old in zip(table[key].tolist(), found, strict=True)]
        return [colors.get(str(value), NO_VALUE_COLOR) for value in found]


def choice_palette(definition: PropertyDefinition) -> dict[str, RGB]:
    """The colour of each choice: its own, or one of the entities' by its place, as in the page."""
    return {
        choice.name: parse_color(choice.color, ENTITY_PALETTE[place % len(ENTITY_PALETTE)])
        for place, choice in enumerate(definition.choices)
    }
