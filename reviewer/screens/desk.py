"""What the terminal shows of a project, as plain values: rows, tracks, shapes of a frame.

No Textual here and no drawing. Everything may be called from any thread: the project locks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reviewer.format import Change, Entity, Project, PropertyDefinition, ReviewerError
from reviewer.format.kinds import OCCLUDED
from reviewer.frame_image import RGB, Shapes, parse_color
from reviewer.widgets.entity_table import EntityRow
from reviewer.widgets.properties import PropertyRow
from reviewer.widgets.text import inert
from reviewer.widgets.timeline import Track, Value

NOTHING = "—"
OCCLUDED_COLOR: RGB = (214, 170, 90)
ABSENT_COLOR: RGB = (130, 138, 150)


@dataclass(frozen=True)
class Evaluated:
    """One frame as the engine has it. present: entity id -> "present" or "occluded"."""

    shapes: Shapes
    present: dict[str, str] = field(default_factory=dict)


class Desk:
    """Reads a project for the screens."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._keyframe_counts: dict[str, int] = {}
        self._rows: dict[str, EntityRow] = {}

    def forget(self, change: Change) -> None:
        """Drop what `change` made stale."""
        if change.origin == "disk":  # files were exchanged beneath us: the ontology too, perhaps
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

    def entity_rows(self) -> list[EntityRow]:
        """All entities, in the order they were created."""
        rows = self._rows
        return [
            rows.get(entity_id) or self._row(entity)
            for entity_id, entity in self.project.entities.items()
        ]

    def _row(self, entity: Entity) -> EntityRow:
        entity_class = self.project.ontology.classes.get(entity.class_name)
        row = EntityRow(
            entity.id,
            inert(entity.name),
            inert(entity_class.label if entity_class else entity.class_name),
            parse_color(entity_class.color if entity_class else None),
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

    def evaluate(self, frame: int, selected: str | None) -> Evaluated:
        """The shapes of `frame`, from the engine."""
        table = self.project.evaluate(frame, frame + 1)
        boxes = table["box"] if "box" in table.columns else np.full((len(table), 4), np.nan)
        occluded = table.codes("presence") == OCCLUDED
        present: dict[str, str] = {}
        kept: list[int] = []
        rows: list[EntityRow] = []
        here = -1
        for place, number in enumerate(table.entity_index.tolist()):
            entity_id = table.entities[number]
            row = self.row(entity_id)
            if row is None:
                continue
            if entity_id == selected:
                here = len(rows)
            present[entity_id] = "occluded" if occluded[place] else "present"
            kept.append(place)
            rows.append(row)
        shapes = Shapes(
            np.asarray(boxes, np.float64)[kept],
            np.array([row.color for row in rows], np.uint8).reshape(-1, 3),
            occluded[kept],
            [row.name for row in rows],
            here,
        )
        return Evaluated(shapes, present)

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
        for name, definition in entity.properties.items():
            prop = entity[name]
            label = inert(definition.label or name)
            if not definition.time_varying:
                text, color = self._value_text(definition, prop.value)
                rows.append(PropertyRow(name, label, text, color, constant=True, action="choice"))
                continue
            keyframes = prop.keyframes
            place = int(np.searchsorted(keyframes, frame))
            keyed = place < len(keyframes) and int(keyframes[place]) == frame
            text, color = self._value_text(definition, prop.at(frame))
            action = {"presence": "presence", "choice": "choice"}.get(definition.kind.name, "")
            rows.append(PropertyRow(name, label, text, color, keyed=keyed, action=action))
        return f"{row.name} · {row.class_label}", rows

    def _value_text(self, definition: PropertyDefinition, value: Any) -> tuple[str, RGB | None]:
        if value is None:
            return NOTHING, None
        kind = definition.kind.name
        if kind == "box":
            x, y, width, height = (float(one) for one in value)
            if not np.isfinite([x, y, width, height]).all():
                return NOTHING, None
            return f"{x:.0f},{y:.0f} {width:.0f}×{height:.0f}", None
        if kind == "presence":
            color = {"occluded": OCCLUDED_COLOR, "absent": ABSENT_COLOR}.get(str(value))
            return str(value), color
        choice = definition.by_name.get(value)
        if choice is None:
            return inert(str(value)), None
        return inert(choice.label or choice.name), parse_color(
            choice.color
        ) if choice.color else None

    def tracks(self, entity_id: str | None) -> list[Track]:
        """The selected entity's time-varying properties over the whole video."""
        entity = self.entity(entity_id)
        if entity is None:
            return []
        row = self.row(entity.id) or self._row(entity)
        tracks: list[Track] = []
        for name, definition in entity.properties.items():
            if not definition.time_varying:
                continue
            prop = entity[name]
            if definition.kind.rule != "hold":
                tracks.append(Track(inert(definition.label), row.color, keyframes=prop.keyframes))
                continue
            spans = prop.spans()
            if definition.kind.name == "presence":
                spans = [span for span in spans if span[2] != "absent"]
                values = {
                    "present": Value("", row.color),
                    "occluded": Value("occluded", row.color, hatched=True),
                }
            else:
                values = {
                    choice.name: Value(inert(choice.label), parse_color(choice.color, row.color))
                    for choice in definition.choices
                }
            tracks.append(
                Track(
                    inert(definition.label),
                    row.color,
                    np.array([span[0] for span in spans], np.int64),
                    np.array([span[1] for span in spans], np.int64),
                    [
                        values.get(span[2]) or Value(inert(str(span[2])), row.color)
                        for span in spans
                    ],
                    prop.keyframes,
                )
            )
        return tracks

    def next_keyframe(self, entity_id: str, frame: int, direction: int) -> int | None:
        """The entity's nearest keyframe after (direction 1) or before (-1) `frame`."""
        entity = self.entity(entity_id)
        if entity is None:
            return None
        keyframes = entity.keyframes
        if direction > 0:
            place = int(np.searchsorted(keyframes, frame, side="right"))
            return int(keyframes[place]) if place < len(keyframes) else None
        place = int(np.searchsorted(keyframes, frame)) - 1
        return int(keyframes[place]) if place >= 0 else None

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
