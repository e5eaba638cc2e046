"""What the ontology requires and entities do not have yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import engine
from .kinds import ABSENT, PRESENCE_KIND
from .ontology import Condition, Ontology, PropertyDefinition

if TYPE_CHECKING:
    from .state import State

Span = tuple[int, int]  # frames [first, stop)


@dataclass(frozen=True, slots=True)
class Missing:
    """A required property that an entity lacks. ``spans`` are the frames, ``[first, stop)`` each,
    where the entity is there, the property applies, and there is no value."""

    entity: str
    property: str
    spans: tuple[Span, ...]


def missing(
    state: State, ontology: Ontology, entities: Iterable[str] | None = None
) -> list[Missing]:
    """Every required property that is missing somewhere, of all entities or of some. What this
    costs grows with the keyframes looked at, not with the video."""
    found: list[Missing] = []
    ids = [state.ids[n] for n in state.live.tolist()] if entities is None else entities
    for entity in ids:
        owner = ontology.find_class(state.attributes[entity].class_name)
        required = [d for d in owner.declared if d.required] if owner else []
        if not required:
            continue
        there = _there(state, entity)
        for definition in required:
            spans = _without(there, _has_value(state, entity, definition))
            if definition.when is not None and owner is not None and spans:
                other = owner.properties[definition.when.property]
                spans = _within(spans, _met(state, entity, other, definition.when))
            if spans:
                found.append(Missing(entity, definition.name, tuple(spans)))
    return found


def _there(state: State, entity: str) -> list[Span]:
    presence = state.keyframes(entity, "presence", PRESENCE_KIND)
    runs = engine.spans(presence, PRESENCE_KIND, 0, state.frame_count)
    return _joined([(first, stop) for first, stop, row in runs if row[0] > ABSENT])


def _has_value(state: State, entity: str, definition: PropertyDefinition) -> list[Span]:
    """A value holds, or goes on changing, from the first keyframe to the end of the video."""
    if definition.time_varying:
        frames = state.keyframes(entity, definition.name, definition.kind).frames
        return [(int(frames[0]), state.frame_count)] if len(frames) else []
    constants = state.attributes[entity].constants
    has = definition.name in constants or definition.default is not None
    return [(0, state.frame_count)] if has else []


def _met(state: State, entity: str, other: PropertyDefinition, when: Condition) -> list[Span]:
    """Where the condition on another property of the entity is met."""
    whole = [(0, state.frame_count)]
    if not other.time_varying:
        value = state.attributes[entity].constants.get(other.name, other.default)
        return whole if when.met(value) else []
    keyframes = state.keyframes(entity, other.name, other.kind)
    if other.kind.rule != "hold":  # what moves is asked frame by frame
        values = engine.evaluate_one(
            keyframes, other.kind, 0, state.frame_count, state.times,
            state.modes(entity, other.name, other.kind),
        )  # fmt: skip
        frames = [i for i, row in enumerate(values) if when.met(other.decode(row))]
        return _joined([(frame, frame + 1) for frame in frames])
    runs = engine.spans(keyframes, other.kind, 0, state.frame_count)
    return _joined([(a, b) for a, b, row in runs if when.met(other.decode(row))])


# -- spans, ascending and apart -------------------------------------------------------------------


def _joined(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for first, stop in spans:
        if out and out[-1][1] >= first:
            out[-1] = (out[-1][0], stop)
        else:
            out.append((first, stop))
    return out


def _without(spans: list[Span], others: list[Span]) -> list[Span]:
    out: list[Span] = []
    for first, stop in spans:
        for begin, end in others:
            if end <= first or begin >= stop:
                continue
            if first < begin:
                out.append((first, begin))
            first = end
        if first < stop:
            out.append((first, stop))
    return out


def _within(spans: list[Span], others: list[Span]) -> list[Span]:
    pairs = ((max(a, c), min(b, d)) for a, b in spans for c, d in others)
    return sorted((first, stop) for first, stop in pairs if first < stop)
