"""What people do to whole entities: split, merge, join, swap, trim, shift, copy, delete. Each is
one transaction, so one undo, and leaves the engine's value on every frame it does not speak of.

The tool for all of them is a *stretch*: the keyframes that give a property's values on a range of
frames and nowhere else matter. Numbers get keyframes at both ends of the range, where the engine is
asked for the value; what cannot be cut without changing it (shapes whose vertices do not
correspond) keeps the keyframes around the range instead. Presence decides what is seen of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from . import engine
from .edit import Attributes
from .entity import Entity
from .errors import EditError
from .keyframes import Keyframes
from .kinds import ABSENT, PRESENCE_KIND, PRESENT, Kind
from .layout import new_entity_id
from .ontology import PropertyDefinition

if TYPE_CHECKING:
    from .project import Project

Winner = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class _Side:
    """One entity as an operation sees it: keyframes of each of its properties."""

    entity: Entity
    tracks: dict[str, tuple[PropertyDefinition, Keyframes]]

    @staticmethod
    def of(project: Project, entity: Entity) -> _Side:
        varying = {n: d for n, d in entity.properties.items() if d.time_varying}
        return _Side(
            entity,
            {n: (d, project.keyframes(entity.id, n, d.kind)) for n, d in varying.items()},
        )


def split(project: Project, entity: Entity, frame: int) -> Entity:
    """Cut an entity in two at ``frame``: what is before keeps the identity, a new entity has what
    is from ``frame`` on. Returns the new one."""
    project.check_frame(frame)
    if frame == 0:
        raise EditError(f"{entity.name} cannot be split at frame 0: nothing would be before it.")
    with project.transaction(f"Split {entity.name} at frame {frame}"):
        side = _Side.of(project, entity)
        second = _twin(project, entity, f"{entity.name} (2)")
        for name, (definition, keyframes) in side.tracks.items():
            before = _stretch(project, definition, keyframes, 0, frame)
            after = _stretch(project, definition, keyframes, frame, project.frame_count)
            if name == "presence":
                before = _ended(before, frame)
            _replace(project, entity.id, name, definition.kind, before)
            _replace(project, second.id, name, definition.kind, after)
    return second


def merge(project: Project, first: Entity, second: Entity, winner: Winner = "first") -> None:
    """Make one entity of two. ``first`` keeps its identity and attributes; on frames where both are
    there, ``winner`` gives the values. ``second`` is removed and references to it go to ``first``.
    """
    _same_class(first, second, "merge")
    with project.transaction(f"Merge {second.name} into {first.name}"):
        a, b = _Side.of(project, first), _Side.of(project, second)
        theirs = _there(b if winner == "first" else a, project.frame_count)
        ours = _there(a if winner == "first" else b, project.frame_count)
        keep, lend = (a, b) if winner == "first" else (b, a)
        gaps = _runs(theirs & ~ours)
        for name, (definition, keyframes) in keep.tracks.items():
            lent = lend.tracks[name][1]
            merged = keyframes
            for begin, stop in gaps:
                merged = _overlaid(project, definition, merged, lent, begin, stop)
            _replace(project, first.id, name, definition.kind, merged)
        redirect(project, second.id, first.id)
        second.delete()


def join(project: Project, first: Entity, second: Entity) -> None:
    """Make one entity of two parts of it, and of the gap between them: in the gap it is present
    and moves from where the one ends to where the other begins."""
    _same_class(first, second, "join")
    count = project.frame_count
    a, b = _Side.of(project, first), _Side.of(project, second)
    seen_a, seen_b = np.flatnonzero(_there(a, count)), np.flatnonzero(_there(b, count))
    if not len(seen_a) or not len(seen_b):
        raise EditError("Both entities must be present somewhere to be joined.")
    if seen_a[0] > seen_b[0]:
        a, b, seen_a, seen_b = b, a, seen_b, seen_a
    if seen_a[-1] >= seen_b[0]:
        raise EditError(
            f"{first.name} and {second.name} overlap at frame {seen_b[0]}: merge them instead."
        )
    gap = (int(seen_a[-1]) + 1, int(seen_b[0]))
    with project.transaction(f"Join {second.name} to {first.name}"):
        for name, (definition, keyframes) in a.tracks.items():
            early = _stretch(project, definition, keyframes, 0, gap[0])
            late = _stretch(project, definition, b.tracks[name][1], gap[1], count)
            joined = early.replaced(late.frames, late.rows, definition.kind)
            if name == "presence" and gap[0] < gap[1]:
                joined = joined.replaced(np.array([gap[0]]), _presence(PRESENT), PRESENCE_KIND)
            _replace(project, first.id, name, definition.kind, joined)
        redirect(project, second.id, first.id)
        second.delete()


def swap(project: Project, first: Entity, second: Entity, frame: int) -> None:
    """Exchange two entities from ``frame`` on: the cure for a tracker's identity switch."""
    project.check_frame(frame)
    _same_class(first, second, "swap")
    with project.transaction(f"Swap {first.name} and {second.name} from frame {frame}"):
        a, b = _Side.of(project, first), _Side.of(project, second)
        for name, (definition, keyframes) in a.tracks.items():
            other = b.tracks[name][1]
            for entity, early, late in ((first, keyframes, other), (second, other, keyframes)):
                head = _stretch(project, definition, early, 0, frame)
                tail = _stretch(project, definition, late, frame, project.frame_count)
                if name == "presence":
                    head = _ended(head, frame)
                both = head.replaced(tail.frames, tail.rows, definition.kind)
                _replace(project, entity.id, name, definition.kind, both)


def trim(project: Project, entity: Entity, first: int, stop: int) -> None:
    """Make the entity absent outside ``[first, stop)``; keyframes outside are removed."""
    if not 0 <= first < stop <= project.frame_count:
        raise EditError(f"Frames {first}:{stop} are not within 0:{project.frame_count}.")
    with project.transaction(f"Trim {entity.name} to frames {first} to {stop - 1}"):
        for name, (definition, keyframes) in _Side.of(project, entity).tracks.items():
            kept = _stretch(project, definition, keyframes, first, stop)
            if name == "presence":
                kept = _ended(kept, stop) if stop < project.frame_count else kept
            _replace(project, entity.id, name, definition.kind, kept)


def shift(project: Project, entity: Entity, frames: int) -> None:
    """Move every keyframe by ``frames`` in time; EditError when one would leave the video."""
    with project.transaction(f"Shift {entity.name} by {frames:+} frames"):
        for name, (definition, keyframes) in _Side.of(project, entity).tracks.items():
            moved = keyframes.frames + frames
            if len(moved) and (moved[0] < 0 or moved[-1] >= project.frame_count):
                raise EditError(
                    f"{entity.name} cannot be shifted by {frames} frames: a keyframe of its "
                    f"{name} would lie outside the video."
                )
            _replace(project, entity.id, name, definition.kind, Keyframes(moved, keyframes.rows))


def copy(project: Project, entity: Entity, name: str | None = None) -> Entity:
    """A second entity with the same attributes and keyframes. Returns it."""
    with project.transaction(f"Copy {entity.name}"):
        twin = _twin(project, entity, name or f"{entity.name} (copy)")
        for key, (definition, keyframes) in _Side.of(project, entity).tracks.items():
            _replace(project, twin.id, key, definition.kind, keyframes)
    return twin


@dataclass(frozen=True, slots=True)
class Reference:
    """A keyframe of ``entity``'s ``property`` at ``frame`` that names another entity."""

    entity: str
    property: str
    frame: int


def references_to(project: Project, entity_id: str) -> list[Reference]:
    """Every keyframe of the project that refers to an entity."""
    found: list[Reference] = []
    for entity in project.entities.values():
        for name, definition in entity.properties.items():
            if definition.time_varying and definition.kind.name in ("entity", "entities"):
                rows = entity[name].rows
                hits = [i for i, text in enumerate(rows[:, 0]) if entity_id in _ids(text)]
                frames = entity[name].keyframes
                found += [Reference(entity.id, name, int(frames[i])) for i in hits]
    return found


def delete(project: Project, entities: Iterable[Entity]) -> list[Reference]:
    """Remove entities; references to them become "nobody". Returns those references."""
    doomed = list(entities)
    what = doomed[0].name if len(doomed) == 1 else f"{len(doomed)} entities"
    found: list[Reference] = []
    with project.transaction(f"Delete {what}"):
        for entity in doomed:
            found += references_to(project, entity.id)
            redirect(project, entity.id, None)
            entity.delete()
    return found


def redirect(project: Project, old: str, new: str | None) -> None:
    """Let every reference to ``old`` name ``new`` instead, or nobody."""
    for reference in references_to(project, old):
        target = project.entity(reference.entity)[reference.property]
        value = target[reference.frame]
        if target.definition.kind.name == "entity":
            target[reference.frame] = new
        else:
            rest = [item for item in value if item != old]
            target[reference.frame] = rest + ([new] if new and new not in rest else [])


# -- stretches ----------------------------------------------------------------------------------


def _stretch(
    project: Project, definition: PropertyDefinition, keyframes: Keyframes, first: int, stop: int
) -> Keyframes:
    """Keyframes that give the same values on ``[first, stop)`` and lie within it, or as near as
    they can (see the module's text)."""
    kind = definition.kind
    inside = (keyframes.frames >= first) & (keyframes.frames < stop)
    if kind.is_text and kind.rule != "hold":
        return _bracketed(keyframes, first, stop)
    ends = []
    if first > 0:
        ends.append(first)
    moves = kind.rule != "hold"
    if moves and stop < project.frame_count:
        ends.append(stop - 1)
    out = Keyframes(keyframes.frames[inside], keyframes.rows[inside])
    for frame in ends:
        if stop <= first or frame in out.frames:
            continue
        row = engine.evaluate_one(keyframes, kind, frame, frame + 1, project.engine_times)
        out = out.replaced(np.array([frame], np.int64), row, kind)
    return out


def _bracketed(keyframes: Keyframes, first: int, stop: int) -> Keyframes:
    begin = max(int(np.searchsorted(keyframes.frames, first, "right")) - 1, 0)
    end = int(np.searchsorted(keyframes.frames, stop - 1, "left")) + 1
    return Keyframes(keyframes.frames[begin:end], keyframes.rows[begin:end])


def _overlaid(
    project: Project,
    definition: PropertyDefinition,
    under: Keyframes,
    over: Keyframes,
    first: int,
    stop: int,
) -> Keyframes:
    """``under`` with its values on ``[first, stop)`` replaced by those of ``over``."""
    kind, count = definition.kind, project.frame_count
    head = _stretch(project, definition, under, 0, first)
    tail = _stretch(project, definition, under, stop, count) if stop < count else None
    middle = _stretch(project, definition, over, first, stop)
    out = head.replaced(middle.frames, middle.rows, kind)
    return out if tail is None else out.replaced(tail.frames, tail.rows, kind)


def _ended(presence: Keyframes, frame: int) -> Keyframes:
    """Presence that says absent from ``frame`` on, where it was there before."""
    before = Keyframes(
        presence.frames[presence.frames < frame], presence.rows[presence.frames < frame]
    )
    if len(before) == 0 or before.rows[-1, 0] == ABSENT:
        return before
    return before.replaced(np.array([frame], np.int64), _presence(ABSENT), PRESENCE_KIND)


def _presence(code: int) -> np.ndarray[tuple[int, int], np.dtype[np.int8]]:
    return np.array([[code]], dtype=np.int8)


def _there(side: _Side, frame_count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    presence = side.tracks["presence"][1]
    return np.asarray(engine.evaluate_one(presence, PRESENCE_KIND, 0, frame_count)[:, 0] > ABSENT)


def _runs(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _replace(project: Project, entity: str, name: str, kind: Kind, new: Keyframes) -> None:
    """Let a property have exactly these keyframes."""
    old = project.keyframes(entity, name, kind)
    frames = np.union1d(old.frames, new.frames)
    with project.transaction("") as transaction:
        transaction.put(entity, name, frames, new.rows_at(frames, kind))


def _twin(project: Project, entity: Entity, name: str) -> Entity:
    while project.knows(entity_id := new_entity_id(entity.class_name)):
        pass
    with project.transaction("") as transaction:
        attributes = entity.attributes
        transaction.set_attributes(
            entity_id, Attributes(attributes.class_name, name, attributes.constants)
        )
    return Entity(project, entity_id)


def _same_class(first: Entity, second: Entity, verb: str) -> None:
    if first == second:
        raise EditError(f"An entity cannot be put together with itself: choose two to {verb}.")
    if first.class_name != second.class_name:
        raise EditError(
            f"{first.name} is a {first.class_name} and {second.name} a {second.class_name}: give "
            f"them one class before you {verb} them."
        )


def _ids(text: str) -> Sequence[str]:
    import orjson

    return orjson.loads(text) if text.startswith("[") else (text,)
