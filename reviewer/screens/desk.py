"""What the terminal shows of a project's entities, as plain values: rows and their properties.

No Textual here and no drawing. Everything may be called from any thread: the project locks.
"""

from __future__ import annotations

import numpy as np

from reviewer.format import Change, Entity, Project, PropertyDefinition, ReviewerError
from reviewer.frame_image import parse_color
from reviewer.screens.value_text import value_text
from reviewer.widgets.entity_table import EntityRow
from reviewer.widgets.properties import PropertyRow
from reviewer.widgets.text import inert

# Kinds whose values can be set by typing or choosing; shapes are drawn in the page.
SETTABLE = ("presence", "choice", "choices", "boolean", "number", "text", "entity", "entities")


class Desk:
    """Reads a project for the screens, and remembers what it made of it until that changes."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._keyframe_counts: dict[str, int] = {}
        self._rows: dict[str, EntityRow] = {}
        self._all: list[EntityRow] | None = None
        self.version = 0  # counts what was forgotten
        self.trouble = ""  # why the project cannot be read any more, "" when it can

    def forget(self, change: Change) -> None:
        """Drop what `change` made stale."""
        self.version += 1
        if change.structure or change.origin == "disk":
            self._all = None
        if change.origin == "disk" or change.edit.ontology is not None:
            self._keyframe_counts.clear()
            self._rows.clear()
        for entity_id in change.entities:
            self._keyframe_counts.pop(entity_id, None)
            self._rows.pop(entity_id, None)

    def entity(self, entity_id: str | None) -> Entity | None:
        """The entity of that id, or None when it was deleted meanwhile."""
        if entity_id is None:
            return None
        try:
            found = self.project.entity(entity_id)
        except ReviewerError:
            return None
        return found if found.id == entity_id else None  # else one whose *name* is that id

    def exists(self, entity_id: str | None) -> bool:
        return self.entity(entity_id) is not None

    def name(self, entity_id: str) -> str:
        """Its name (not inert), or its id where nobody has it."""
        try:
            return self.project.attributes(entity_id).name
        except ReviewerError:
            return entity_id

    def entity_rows(self) -> list[EntityRow]:
        """All entities, in the order they were created."""
        found = self._all
        if found is None:
            rows = self._rows
            found = [
                rows.get(entity_id) or self._row(entity)
                for entity_id, entity in self.project.entities.items()
            ]
            self._all = found
        return list(found)

    def _row(self, entity: Entity) -> EntityRow:
        attributes = entity.attributes
        entity_class = self.project.ontology.find_class(attributes.class_name)
        row = EntityRow(
            entity.id,
            inert(attributes.name),
            inert(entity_class.label if entity_class else attributes.class_name),
            parse_color(entity_class.color if entity_class else None),
            event=bool(entity_class and entity_class.event),
        )
        self._rows[entity.id] = row
        return row

    def row(self, entity_id: str) -> EntityRow | None:
        """How the entity is listed, or None when it was deleted meanwhile."""
        if found := self._rows.get(entity_id):
            return found
        entity = self.entity(entity_id)
        return None if entity is None else self._row(entity)

    def keyframe_count(self, entity_id: str) -> int:
        """Frames on which any property of the entity has a keyframe."""
        count = self._keyframe_counts.get(entity_id)
        if count is None:
            entity = self.entity(entity_id)
            if entity is None:
                return 0
            count = len(entity.keyframes)
            self._keyframe_counts[entity_id] = count
        return count

    def property_rows(self, entity_id: str | None, frame: int) -> tuple[str, list[PropertyRow]]:
        """Heading and rows of the selected entity's properties on `frame`."""
        entity = self.entity(entity_id)
        if entity is None:
            return "Properties", []
        row = self.row(entity.id) or self._row(entity)
        rows = [
            PropertyRow("", "Name", row.name, constant=True, action="rename"),
            PropertyRow("", "Class", row.class_label, row.color, constant=True, action="class"),
        ]
        for name, definition in shown_properties(entity).items():
            prop = entity[name]
            label = inert(definition.label or name)
            kind = definition.kind.name.partition(":")[0]
            action = ""
            if kind in SETTABLE:
                action = "presence" if kind == "presence" else "value"
            if not definition.time_varying:
                text, color = value_text(definition, prop.value, self.name)
                rows.append(PropertyRow(name, label, text, color, constant=True, action=action))
                continue
            keyframes = prop.keyframes
            place = int(np.searchsorted(keyframes, frame))
            keyed = place < len(keyframes) and int(keyframes[place]) == frame
            text, color = value_text(definition, prop.at(frame), self.name)
            rows.append(PropertyRow(name, label, text, color, keyed=keyed, action=action))
        return f"{row.name} · {row.class_label}", rows

    def next_keyframe(self, entity_id: str, frame: int, direction: int) -> int | None:
        """The entity's nearest keyframe after (direction 1) or before (-1) `frame`."""
        entity = self.entity(entity_id)
        if entity is None:
            return None
        return beside(entity.keyframes, frame, direction)

    def keyed_here(self, entity_id: str, frame: int) -> list[tuple[str, str]]:
        """(name, label) of the properties with a keyframe exactly on `frame`."""
        entity = self.entity(entity_id)
        if entity is None:
            return []
        return [
            (name, inert(definition.label or name))
            for name, definition in entity.properties.items()
            if definition.time_varying and frame in entity[name].keyframes
        ]


def shown_properties(entity: Entity) -> dict[str, PropertyDefinition]:
    """What an entity's rows are made of. A class may allow many shapes: those that nobody drew are
    left out, but for the first where there is none."""
    properties = entity.properties
    shapes = [name for name, definition in properties.items() if definition.kind.geometry]
    drawn = [name for name in shapes if len(entity[name])] or shapes[:1]
    return {
        name: definition
        for name, definition in properties.items()
        if not definition.kind.geometry or name in drawn
    }


def beside(frames: np.ndarray, frame: int, direction: int) -> int | None:
    """Of ascending `frames` the nearest after (direction 1) or before (-1) `frame`, or None."""
    if direction > 0:
        place = int(np.searchsorted(frames, frame, side="right"))
        return int(frames[place]) if place < len(frames) else None
    place = int(np.searchsorted(frames, frame)) - 1
    return int(frames[place]) if place >= 0 else None
