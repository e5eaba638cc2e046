"""Changing the ontology while there are annotations: what a change would lose, counted before, and
the edit that makes it, with everything that is lost in it, so that undo brings all of it back.

Names are identifiers and labels are what people see, so renaming loses nothing. Keyframes of a
choice hold codes: those of a choice that keeps its name follow its code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .carry import Carry, carry_constant, carry_rows
from .edit import Attributes, CellsChange, Edit, EntityChange, OntologyChange
from .errors import EditError
from .keyframes import Keyframes
from .kinds import COMPANIONS, MAX_CHOICE_CODE, PRESENCE_KIND, Kind
from .ontology import SCENE_ENTITY, EntityClass, Ontology, PropertyDefinition

if TYPE_CHECKING:
    from .project import Project
    from .state import State


@dataclass(frozen=True, slots=True)
class Merged:
    """A choice, ``source``, whose values become those of ``target``. ``owner`` is the class, or
    None for a shared property."""

    owner: str | None
    property: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes with one item of the ontology: how many entities lose something by it, how many
    keyframes and how many constant values."""

    item: str
    entities: int
    keyframes: int
    constants: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a change of the ontology would lose. ``deleted`` entities go as a whole; ``entities``
    counts all that lose something, those included. ``refusals`` are sentences that say why it
    cannot be made at all."""

    deleted: int = 0
    entities: int = 0
    keyframes: int = 0
    constants: int = 0
    items: tuple[Loss, ...] = ()
    refusals: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entities)

    def __str__(self) -> str:
        if not self:
            return "Nothing is lost."
        keyframes, constants = _count(self.keyframes, "keyframe"), _count(self.constants, "value")
        deleted = f", {_count(self.deleted, 'of them', 'of them')} as a whole"
        return (
            f"{_count(self.entities, 'entity', 'entities')} would lose {keyframes} and {constants}"
            f"{deleted if self.deleted else ''}."
        )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cost(project: Project, new: Ontology, merged: Sequence[Merged] = ()) -> Cost:
    """What ``project.change_ontology(new)`` would lose now."""
    with project.snapshot() as state:
        return plan(state, project.ontology, new, merged).cost


def free_code(project: Project, definition: PropertyDefinition) -> int:
    """A code for a new choice that no choice of the property has and no keyframe of that name
    holds, those of deleted entities included."""
    used = {choice.code for choice in definition.choices}
    with project.snapshot() as state:
        for (name, kind), table in state.tables.items():
            if name == definition.name and kind == definition.kind:
                rows = table.window(np.arange(len(state.ids)), 0, project.frame_count).rows
                if kind.name == "choice":
                    used |= set(np.unique(rows).tolist())
                else:
                    used |= {code for text in set(rows[:, 0]) for code in orjson.loads(text)}
    if MAX_CHOICE_CODE not in used:
        return 1 + max(used, default=-1)
    return min(set(range(len(used) + 1)) - used)


def change(state: State, old: Ontology, new: Ontology, merged: Sequence[Merged] = ()) -> Edit:
    """The edit that gives a project another ontology, with all that is lost by it. EditError when
    stored values cannot follow."""
    made = plan(state, old, new, merged)
    if made.cost.refusals:
        raise EditError(made.cost.refusals[0])
    return Edit(made.entities, made.cells, ontology=OntologyChange(old, new))


def check_complete(edit: Edit, state: State, old: Ontology) -> None:
    """EditError unless an edit that changes the ontology also says what becomes of everything that
    cannot stay, as :func:`change` does: an edit that comes late must not lose what others made."""
    assert edit.ontology is not None
    needed = plan(state, old, edit.ontology.new)
    said = {change.entity for change in edit.entities}
    deleted = {c.entity for c in edit.entities if c.new is None or c.new.deleted}
    cells = {(c.entity, c.property, c.kind): c.frames for c in edit.cells}
    late = {c.entity for c in needed.entities} - said
    for cell in needed.cells:
        covered = cells.get((cell.entity, cell.property, cell.kind), np.empty(0, np.int64))
        if not np.isin(cell.frames, covered).all():
            late.add(cell.entity)
    if late := late - deleted:
        name = state.attributes[min(late)].name
        raise EditError(
            f"The ontology cannot be changed so any more: {_count(len(late), 'entity', 'entities')}"
            f" (such as {name}) would lose values set since; try again, and see what is lost."
        )


# -- planning -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change of the ontology does to the annotations, and what of that is a loss."""

    cost: Cost
    entities: tuple[EntityChange, ...]
    cells: tuple[CellsChange, ...]


@dataclass(slots=True)
class _Tally:
    """Losses by item; a set of entities and two counts each."""

    items: dict[str, tuple[set[str], list[int]]] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)

    def lost(self, item: str, entity: str, keyframes: int = 0, constants: int = 0) -> None:
        entities, counts = self.items.setdefault(item, (set(), [0, 0]))
        entities.add(entity)
        counts[0] += keyframes
        counts[1] += constants

    def refused(self, sentence: str) -> None:
        self.refusals[sentence] = self.refusals.get(sentence, 0) + 1

    def cost(self, deleted: int) -> Cost:
        entities: set[str] = set().union(*(found for found, _ in self.items.values()))
        return Cost(
            deleted=deleted,
            entities=len(entities),
            keyframes=sum(counts[0] for _, counts in self.items.values()),
            constants=sum(counts[1] for _, counts in self.items.values()),
            items=tuple(Loss(i, len(e), k, c) for i, (e, (k, c)) in self.items.items()),
            refusals=tuple(
                f"{_count(number, 'entity has', 'entities have')} {sentence}"
                for sentence, number in self.refusals.items()
            ),
        )


def plan(state: State, old: Ontology, new: Ontology, merged: Sequence[Merged] = ()) -> Plan:
    """What becomes of every entity that is not deleted. Removed entities keep what they have: they
    may come back when the ontology has too."""
    by_class: dict[str, list[str]] = {}
    for number in state.live.tolist():
        entity = state.ids[number]
        by_class.setdefault(state.attributes[entity].class_name, []).append(entity)
    gone = {name for name in by_class if old.find_class(name) and not new.find_class(name)}
    doomed = {entity for name in gone for entity in by_class[name]}
    classes = {entity: state.attributes[entity].class_name for entity in state.number}
    tally = _Tally()
    planner = _Planner(state, tally, doomed, classes)
    for name, entities in by_class.items():
        if name in gone:
            for entity in entities:
                planner.remove(entity, f'the class "{name}"')
        elif (after := new.find_class(name)) is not None:
            planner.carry(entities, old.find_class(name), after, merged)
    return Plan(tally.cost(len(doomed)), tuple(planner.entities), tuple(planner.cells))


class _Planner:
    """Collects what changes, entity by entity."""

    def __init__(
        self, state: State, tally: _Tally, doomed: set[str], classes: Mapping[str, str]
    ) -> None:
        self.state = state
        self.tally = tally
        self.doomed = doomed
        self.classes = classes
        self.entities: list[EntityChange] = []
        self.cells: list[CellsChange] = []

    def _tracks(self, entity: str) -> Iterable[tuple[str, Kind, Keyframes]]:
        number = self.state.number[entity]
        for (name, kind), table in self.state.tables.items():
            keyframes = table.get(number)
            if len(keyframes):
                yield name, kind, keyframes

    def remove(self, entity: str, item: str) -> None:
        attributes = self.state.attributes[entity]
        keyframes = 0
        for name, kind, track in list(self._tracks(entity)):
            keyframes += 0 if "." in name else len(track)
            if entity == SCENE_ENTITY:  # which comes back empty, were there scene properties again
                self._clear(entity, name, kind, track)
        self.tally.lost(item, entity, keyframes, len(attributes.constants))
        self.entities.append(EntityChange(entity, attributes, replace(attributes, deleted=True)))

    def carry(
        self,
        entities: list[str],
        before: EntityClass | None,
        after: EntityClass,
        merged: Sequence[Merged],
    ) -> None:
        """Take entities of one class over to what the class becomes."""
        old = before.properties if before else {}
        carries: dict[str, Carry] = {}
        for name in {**old, **after.properties}:
            renamed = _renamed(after, name, merged)
            carry = Carry(after.name, name, old.get(name), after.properties.get(name), renamed)
            is_reference = carry.after is not None and carry.after.kind.name.startswith("entit")
            if carry.matters or (is_reference and self.doomed):
                carries[name] = carry
        if carries:
            for entity in entities:
                self._carry_keyframes(entity, carries)
                self._carry_constants(entity, carries)

    def _allowed(self, definition: PropertyDefinition, target: str) -> bool:
        """Whether a reference may go on naming ``target``; of unknown ones nothing is said."""
        if target in self.doomed:
            return False
        known = self.classes.get(target)
        return not definition.classes or known is None or known in definition.classes

    def _carry_keyframes(self, entity: str, carries: Mapping[str, Carry]) -> None:
        for name, kind, track in list(self._tracks(entity)):
            base, _, companion = name.partition(".")
            carry = carries.get(base)
            if carry is None or companion in COMPANIONS:
                continue
            if carry.becomes_constant:
                self.tally.refused(carry.refusal(kind))
                continue
            if carry.after is None or carry.was_constant:
                self.tally.lost(carry.item, entity, len(track))
                self._clear(entity, name, kind, track)
                self._clear_companions(entity, base, None)
                continue
            carried = carry_rows(track.rows, kind, carry, self._allowed)
            if carried is None:
                self.tally.refused(carry.refusal(kind))
                continue
            for item, count in carried.lost.items():
                self.tally.lost(item, entity, count)
            target = carry.after.kind
            if target != kind:
                self._clear(entity, name, kind, track)
                old = target.empty_rows(len(track))
            else:
                old = track.rows
            self._put(entity, name, target, track.frames, old, carried.rows)
            self._clear_companions(entity, base, track.frames[target.is_fill(carried.rows)])

    def _carry_constants(self, entity: str, carries: Mapping[str, Carry]) -> None:
        attributes = self.state.attributes[entity]
        constants = dict(attributes.constants)
        for name in attributes.constants:
            carry = carries.get(name)
            if carry is None:
                continue
            if carry.after is not None and carry.after.time_varying:
                if not self._begin_to_vary(attributes, entity, carry, constants[name]):
                    self.tally.lost(carry.item, entity, constants=1)
                del constants[name]
                continue
            carried = carry_constant(constants[name], carry, self._allowed)
            if carried.refused:
                self.tally.refused(carry.refusal())
                continue
            for item, count in carried.lost.items():
                self.tally.lost(item, entity, constants=count)
            if carried.value is None:
                del constants[name]
            else:
                constants[name] = carried.value
        if constants != dict(attributes.constants):
            new = replace(attributes, constants=constants)
            self.entities.append(EntityChange(entity, attributes, new))

    def _begin_to_vary(self, attributes: Attributes, entity: str, carry: Carry, value: Any) -> bool:
        """A constant becomes a keyframe where the entity begins."""
        assert carry.after is not None
        carried = carry_constant(value, carry, self._allowed)
        if carried.refused or carried.value is None or carried.lost:
            return False
        presence = self.state.keyframes(entity, "presence", PRESENCE_KIND)
        frame = presence.frames[:1] if len(presence) else np.zeros(1, np.int64)
        row = carry.after.encode(None if carried.value == "none" else carried.value)
        kind = carry.after.kind
        self._put(entity, carry.name, kind, frame, kind.empty_rows(1), row[None])
        return True

    def _clear(self, entity: str, name: str, kind: Kind, track: Keyframes) -> None:
        self._put(entity, name, kind, track.frames, track.rows, kind.empty_rows(len(track)))

    def _clear_companions(self, entity: str, base: str, frames: NDArray[np.int64] | None) -> None:
        for companion, kind in COMPANIONS.items():
            name = f"{base}.{companion}"
            track = self.state.keyframes(entity, name, kind)
            here = np.isin(track.frames, frames) if frames is not None else slice(None)
            part = Keyframes(track.frames[here], track.rows[here])
            if len(part):
                self._clear(entity, name, kind, part)

    def _put(
        self, entity: str, name: str, kind: Kind, frames: NDArray[np.int64], old: Any, new: Any
    ) -> None:
        cell = CellsChange(entity, name, kind, frames, old, new).effective()
        if len(cell.frames):
            self.cells.append(cell)


def _renamed(after: EntityClass, name: str, merged: Sequence[Merged]) -> dict[str, str]:
    """Which choices of a property of a class become which."""
    shared = any(definition.name == name for definition in after.shared)
    owner = None if shared else after.name
    return {m.source: m.target for m in merged if m.owner == owner and m.property == name}
