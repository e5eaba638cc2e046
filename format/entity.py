"""Entities and their properties as an API: handles on a project, without state of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import engine, provenance
from .edit import Attributes
from .errors import EditError
from .keyframes import Keyframes
from .kinds import COMPANIONS, MODES, Rows, Rule
from .ontology import SCENE_ENTITY, EntityClass, PropertyDefinition
from .provenance import Origin, Source
from .state import decode_spans
from .values import constant_of

if TYPE_CHECKING:
    from .project import Project


class Entity:
    """One entity of a project. ``entity["box"]`` is a :class:`Property`."""

    __slots__ = ("_project", "id")

    def __init__(self, project: Project, entity_id: str) -> None:
        self._project = project
        self.id = entity_id

    def __repr__(self) -> str:
        return f"<Entity {self.id} {self.name!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and other.id == self.id and other._project is self._project

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def attributes(self) -> Attributes:
        """Class, name, constants and whether it is deleted."""
        return self._project.attributes(self.id)

    @property
    def name(self) -> str:
        """The display name."""
        return self.attributes.name

    @property
    def class_name(self) -> str:
        """The name of its class in the ontology."""
        return self.attributes.class_name

    @property
    def deleted(self) -> bool:
        """Whether it was removed (its keyframes stay until the project is compacted)."""
        return self.attributes.deleted

    @property
    def entity_class(self) -> EntityClass:
        """Its class; EditError when the ontology no longer has it."""
        return self._project.ontology.entity_class(self.class_name)

    @property
    def properties(self) -> Mapping[str, PropertyDefinition]:
        """Every property it can have, by name; empty when the ontology lacks its class."""
        found = self._project.ontology.find_class(self.class_name)
        return found.properties if found else {}

    @property
    def keyframes(self) -> NDArray[np.int64]:
        """Frames where any of its properties has a keyframe, int64 ascending."""
        found = [self[name].keyframes for name, d in self.properties.items() if d.time_varying]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def __getitem__(self, name: str) -> Property:
        definition = self.properties.get(name)
        if definition is None:
            known = ", ".join(self.properties)
            raise EditError(f'"{self.name}" has no property "{name:.80}"; it has {known}.')
        return Property(self, definition)

    def __setitem__(self, name: str, value: Any) -> None:
        self[name].value = value

    def rename(self, name: str) -> None:
        """Give it another display name."""
        self._project.set_attributes(self.id, f"Rename {self.name} to {name}", name=name)

    def change_class(self, class_name: str) -> None:
        """Give it another class. Keyframes of properties that only the old class has stay stored
        and come back with it; constant properties that the new class lacks are dropped."""
        target = self._project.ontology.entity_class(class_name)
        constants = {
            name: value
            for name, value in self.attributes.constants.items()
            if (d := target.properties.get(name)) and not d.time_varying and d.takes(value)
        }
        self._project.set_attributes(
            self.id,
            f"Make {self.name} a {target.label.lower()}",
            class_name=class_name,
            constants=constants,
        )

    def delete(self) -> None:
        """Remove it. Undo brings it back with everything it had."""
        if self.id == SCENE_ENTITY:
            raise EditError("The scene cannot be deleted: remove its keyframes instead.")
        self._project.set_attributes(self.id, f"Delete {self.name}", deleted=True)


class Property:
    """One property of one entity: keyframes, and the engine's values between them."""

    __slots__ = ("_entity", "_project", "definition")

    def __init__(self, entity: Entity, definition: PropertyDefinition) -> None:
        self._entity = entity
        self._project = entity._project
        self.definition = definition

    @property
    def entity(self) -> Entity:
        """The entity whose property it is."""
        return self._entity

    @property
    def _stored(self) -> Keyframes:
        return self._project.keyframes(self._entity.id, self.definition.name, self.definition.kind)

    @property
    def keyframes(self) -> NDArray[np.int64]:
        """Frames that have a keyframe, int64 ``(n,)`` ascending, 0-based."""
        return self._stored.frames

    @property
    def rows(self) -> Rows:
        """The keyframes' rows as stored, ``(n, columns)``."""
        return self._stored.rows

    def __len__(self) -> int:
        return len(self.keyframes)

    def _needs_time(self) -> None:
        if not self.definition.time_varying:
            raise EditError(
                f'"{self.definition.name}" is constant: set it on the entity, without a frame.'
            )

    def __getitem__(self, frame: int) -> Any:
        """The keyframe's value at exactly this frame; KeyError where there is none."""
        self._needs_time()
        row = self._stored.rows_at(np.array([frame], np.int64), self.definition.kind)
        if self.definition.kind.is_fill(row)[0]:
            raise KeyError(frame)
        return self.definition.decode(row[0])  # None: a keyframe that says "nobody"

    def __setitem__(self, frame: int, value: Any) -> None:
        self._needs_time()
        row = self.definition.encode(value)
        self._write(
            self._project.check_frame(frame), row[None], f"Set {self.definition.label.lower()}"
        )

    def __delitem__(self, frame: int) -> None:
        self._needs_time()
        self[frame]  # KeyError where there is nothing to remove
        fill = self.definition.kind.empty_rows(1)
        self._write(frame, fill, f"Remove a {self.definition.label.lower()} keyframe")

    def _write(self, frame: int, rows: Rows, verb: str) -> None:
        label = f"{verb} of {self._entity.name}"
        with self._project.transaction(label) as transaction:
            transaction.put(self._entity.id, self.definition.name, [frame], rows)
            if self._companion("source", frame) is not None:  # made by hand from now on
                self._put_companion("source", frame, None)

    def _companion(self, name: str, frame: int) -> Any:
        """What a companion array has for the keyframe at ``frame``, None for the default."""
        kind = COMPANIONS[name]
        stored = self._project.keyframes(self._entity.id, f"{self.definition.name}.{name}", kind)
        if not len(stored):
            return None
        row = stored.rows_at(np.array([frame], np.int64), kind)
        return None if kind.is_fill(row)[0] else row[0, 0]

    def _put_companion(self, name: str, frame: int, value: Any) -> None:
        kind = COMPANIONS[name]
        rows = kind.empty_rows(1)
        if value is not None:
            rows[0, 0] = value
        with self._project.transaction("") as transaction:
            full_name = f"{self.definition.name}.{name}"
            transaction.put(self._entity.id, full_name, [frame], rows)

    def _needs_keyframe(self, frame: int) -> int:
        self._needs_time()
        frame = self._project.check_frame(frame)
        if frame not in self.keyframes:
            raise EditError(
                f"{self.definition.label} of {self._entity.name} has no keyframe at frame {frame}."
            )
        return frame

    def keep(self, frame: int) -> None:
        """Make the engine's value at ``frame`` a keyframe, with the rule that is in force there:
        no value changes under ``linear`` and ``hold``. EditError where there is no value."""
        self._needs_time()
        frame = self._project.check_frame(frame)
        value = self.at(frame)
        force = int(np.searchsorted(self.keyframes, frame, "right")) - 1
        if force < 0:
            raise EditError(f"{self.definition.label} has no value at frame {frame}.")
        mode = self._companion("mode", int(self.keyframes[force]))
        with self._project.transaction(
            f"Set {self.definition.label.lower()} of {self._entity.name}"
        ):
            self[frame] = value
            if mode is not None:
                self._put_companion("mode", frame, mode)

    def rule_at(self, frame: int) -> Rule | None:
        """The rule by which values follow at ``frame``: that of the last keyframe at or before it;
        None where there is none."""
        self._needs_time()
        force = int(np.searchsorted(self.keyframes, self._project.check_frame(frame), "right")) - 1
        if force < 0:
            return None
        mode = self._companion("mode", int(self.keyframes[force]))
        return self.definition.kind.rule if mode is None else MODES[mode]

    def set_rule(self, frame: int, rule: Rule | None) -> None:
        """Let values go from the keyframe at ``frame`` to the next one by this rule; None is the
        kind's own. EditError without a keyframe there, or when the kind has no such rule."""
        frame = self._needs_keyframe(frame)
        kind = self.definition.kind
        if rule is not None and rule not in kind.rules:
            rules = ", ".join(kind.rules)
            raise EditError(f"Between keyframes a {kind.name} can be {rules}, not {rule!r:.40}.")
        own = rule is None or rule == kind.rule
        what = f"{self.definition.label.lower()} of {self._entity.name}"
        with self._project.transaction(f"Set the rule of {what}"):
            self._put_companion("mode", frame, None if own else MODES.index(rule or kind.rule))

    def source(self, frame: int) -> Source:
        """Where the keyframe at ``frame`` came from; EditError when there is none."""
        text = self._companion("source", self._needs_keyframe(frame))
        try:
            return provenance.parse(text or "")
        except ValueError as error:
            raise EditError(f"The source of the keyframe at frame {frame} {error}.") from None

    def set_source(self, frame: int, by: Origin, confidence: float | None = None) -> None:
        """Say where the keyframe at ``frame`` came from. Setting its value makes it manual again.
        EditError when there is none, or the confidence is not a finite number."""
        frame = self._needs_keyframe(frame)
        text = provenance.format(Source(by, confidence))
        what = f"{self.definition.label.lower()} of {self._entity.name}"
        with self._project.transaction(f"Set the source of {what}"):
            self._put_companion("source", frame, text or None)

    def at(self, frame: int) -> Any:
        """The engine's value at ``frame``: float64 ``(4,)`` for a box, a name for presence and
        choices, None where there is no value (for a constant property, its value)."""
        if not self.definition.time_varying:
            return self.value
        frame = self._project.check_frame(frame)
        values = engine.evaluate_one(
            self._stored,
            self.definition.kind,
            frame,
            frame + 1,
            self._project.engine_times,
            self._project.modes(self._entity.id, self.definition.name),
        )
        return self.definition.decode(values[0])

    def applies_at(self, frame: int) -> bool:
        """Whether the property means anything at ``frame``: its condition ("when") is met, or it
        has none. What does not apply may still have a value, and is not missed."""
        when = self.definition.when
        return when is None or when.met(self._entity[when.property].at(frame))

    def spans(self, first: int = 0, stop: int | None = None) -> list[tuple[int, int, Any]]:
        """For presence and choices: (start, stop, value) of each run of one evaluated value."""
        stop = self._project.frame_count if stop is None else stop
        kind = self.definition.kind
        if kind.rule != "hold":
            raise EditError(f'"{self.definition.name}" changes gradually: it has no spans.')
        return decode_spans(self._stored, kind, self.definition, first, stop)

    @property
    def value(self) -> Any:
        """The value of a constant property, or its default, or None."""
        if self.definition.time_varying:
            raise EditError(f'"{self.definition.name}" changes over time: ask with .at(frame).')
        return self._entity.attributes.constants.get(self.definition.name, self.definition.default)

    @value.setter
    def value(self, value: Any) -> None:
        name = self.definition.name
        if self.definition.time_varying:
            raise EditError(f'"{name}" changes over time: set it at a frame, as in [{name!r}][0].')
        constants = dict(self._entity.attributes.constants)
        if value is None:
            constants.pop(name, None)
        else:
            # through the row, so that equal values are kept in one form
            constants[name] = constant_of(self.definition, self.definition.encode(value))
        label = f"Set {self.definition.label.lower()} of {self._entity.name}"
        self._project.set_attributes(self._entity.id, label, constants=constants)
