"""What people do to whole entities: split, merge, join, swap, trim, shift, copy, delete. Each is
one transaction, so one undo, and every frame and entity that it does not speak of keeps the value
that the engine gave there.

A value that has begun cannot end (only presence, references and lists of choices can say "none"):
where a property takes over from an entity that has no value there, the earlier value holds on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .edit import Attributes
from .entity import Entity, Property
from .errors import EditError
from .keyframes import Frames
from .kinds import ABSENT, MODE, PRESENCE_KIND, PRESENT, SOURCE, Kind, Rows
from .layout import new_entity_id
from .ontology import SCENE_ENTITY
from .references import Reference, redirect, references_to
from .tracks import Piece, Track, compose, cut

if TYPE_CHECKING:
    from .project import Project

__all__ = [
    "Reference", "copy", "delete", "join", "merge", "move_keyframes", "references_to", "shift",
    "split", "swap", "trim",
]  # fmt: skip

Winner = Literal["first", "second"]
Mask = NDArray[np.bool_]

# What says "no value" after another value, for the kinds that can.
_NOTHING = {"presence": ABSENT, "entity": "none", "entities": "[]", "choices": "[]"}
_MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class _Side:
    """One entity as an operation sees it: the tracks of its properties, and where it is there."""

    entity: Entity
    tracks: Mapping[str, Track]
    there: Mask  # (frame_count,)

    @staticmethod
    def of(project: Project, entity: Entity, verb: str) -> _Side:
        if entity.deleted:
            raise EditError(f"{entity.name} is deleted: undo that before you {verb} it.")
        if entity.id == SCENE_ENTITY:
            raise EditError(f"The scene is always there: you cannot {verb} it.")
        found = {}
        for name, definition in entity.properties.items():
            if definition.time_varying:
                project.check_undamaged(entity.id, name)
                found[name] = track_of(project, entity.id, name, definition.kind)
        codes = found["presence"].values(0, project.frame_count, None)[:, 0]
        return _Side(entity, found, np.asarray(codes > ABSENT))

    def valued(self, name: str) -> Mask:
        """Where the entity is there and the property has a value."""
        frames = self.tracks[name].frames
        out = self.there.copy()
        out[: frames[0] if len(frames) else len(out)] = False
        return out


def split(project: Project, entity: Entity, frame: int, entity_id: str | None = None) -> Entity:
    """Cut an entity in two at ``frame``: what is before keeps the identity, a new entity (of that
    id, when one is given) has what is from ``frame`` on, and is who references from there on mean.
    Returns the new one."""
    frame, count = project.check_frame(frame), project.frame_count
    with project.transaction(f"Split {entity.name} at frame {frame}"):
        side = _Side.of(project, entity, "split")
        for part, where in ((side.there[:frame], "before"), (side.there[frame:], "at or after")):
            if not part.any():
                raise EditError(
                    f"{entity.name} is not there {where} frame {frame}: nothing to cut."
                )
        second = _twin(project, entity, _free_name(project, f"{entity.name} (2)"), entity_id)
        for name, track in side.tracks.items():
            put_track(project, entity.id, name, track, _within(project, name, track, 0, frame))
            put_track(project, second.id, name, None, _within(project, name, track, frame, count))
        redirect(project, {entity.id: second.id}, frame)
    return second


def merge(project: Project, first: Entity, second: Entity, winner: Winner = "first") -> None:
    """Make one entity of two. ``first`` keeps its identity; where both have a value, ``winner``'s
    counts, also for constants. ``second`` is removed and references to it go to ``first``."""
    _same_class(first, second, "merge")
    if winner not in ("first", "second"):
        raise EditError(f"The winner of a merge is first or second, not {winner!r:.40}.")
    with project.transaction(f"Merge {second.name} into {first.name}"):
        a, b = _Side.of(project, first, "merge"), _Side.of(project, second, "merge")
        keep, lend = (a, b) if winner == "first" else (b, a)
        for name, track in keep.tracks.items():
            other = lend.tracks[name]
            owners = _owners(keep.valued(name), lend.valued(name))
            pieces = [Piece(i, j, (track, other)[owner]) for i, j, owner in owners]
            if name == "presence":
                pieces = _present_pieces(project, keep, lend)
            elif not len(track) or not len(other):
                pieces = [Piece(0, project.frame_count, track if len(track) else other)]
            merged = compose(pieces, project.engine_times, _NOTHING.get(track.kind.name))
            put_track(project, first.id, name, a.tracks[name], merged)
        _take_in(project, first, second, winner)


def join(project: Project, first: Entity, second: Entity) -> None:
    """Make one entity of two parts of it, and of the gap between them: in the gap it is present
    and moves from where the one ends to where the other begins. ``first`` keeps its identity and
    constants, whichever comes first in time; ``second`` is removed, references go to ``first``."""
    _same_class(first, second, "join")
    count, times = project.frame_count, project.engine_times
    with project.transaction(f"Join {second.name} to {first.name}"):
        a, b = _Side.of(project, first, "join"), _Side.of(project, second, "join")
        seen_a, seen_b = np.flatnonzero(a.there), np.flatnonzero(b.there)
        for side, seen in ((a, seen_a), (b, seen_b)):
            if not len(seen):
                raise EditError(f"{side.entity.name} is nowhere present: there is nothing to join.")
        early, late = (a, b) if seen_a[0] <= seen_b[0] else (b, a)
        end, begin = int(np.flatnonzero(early.there)[-1]) + 1, int(np.flatnonzero(late.there)[0])
        if end > begin:
            raise EditError(
                f"{early.entity.name} is there until frame {end - 1} and {late.entity.name} from "
                f"frame {begin} on: merge them instead."
            )
        for name, track in early.tracks.items():
            moves_on = end < begin and track.kind.rule != "hold"
            pieces = [
                Piece(0, end, track, moves_on=moves_on),
                Piece(begin, count, late.tracks[name]),
            ]
            if name == "presence" and end < begin:
                pieces.insert(1, Piece(end, begin, _constant(PRESENCE_KIND, PRESENT)))
            joined = compose(pieces, times, _NOTHING.get(track.kind.name))
            put_track(project, first.id, name, a.tracks[name], joined)
        _take_in(project, first, second, "first")


def swap(project: Project, first: Entity, second: Entity, frame: int) -> None:
    """Exchange two entities from ``frame`` on, with who is meant by references from there on: the
    cure for a tracker's identity switch. Names and constants stay where they are."""
    frame, count = project.check_frame(frame), project.frame_count
    _same_class(first, second, "swap")
    with project.transaction(f"Swap {first.name} and {second.name} from frame {frame}"):
        a, b = _Side.of(project, first, "swap"), _Side.of(project, second, "swap")
        for name, track in a.tracks.items():
            other = b.tracks[name]
            for side, head, tail in ((a, track, other), (b, other, track)):
                pieces = [Piece(0, frame, head), Piece(frame, count, tail)]
                both = compose(pieces, project.engine_times, _NOTHING.get(track.kind.name))
                put_track(project, side.entity.id, name, side.tracks[name], both)
        redirect(project, {first.id: second.id, second.id: first.id}, frame)


def trim(project: Project, entity: Entity, first: int, stop: int) -> None:
    """Make the entity absent outside ``[first, stop)``. Keyframes outside are removed, but for
    those that values inside depend on."""
    if not 0 <= first < stop <= project.frame_count:
        raise EditError(f"Frames {first}:{stop} are not within 0:{project.frame_count}.")
    with project.transaction(f"Trim {entity.name} to frames {first} to {stop - 1}"):
        side = _Side.of(project, entity, "trim")
        if not side.there[first:stop].any():
            raise EditError(f"{entity.name} is not there on frames {first} to {stop - 1}.")
        for name, track in side.tracks.items():
            kept = _within(project, name, track, first, stop)
            put_track(project, entity.id, name, track, kept)


def shift(project: Project, entity: Entity, frames: int) -> None:
    """Move every keyframe by ``frames`` in time; EditError when one would leave the video."""
    with project.transaction(f"Shift {entity.name} by {frames:+} frames"):
        for name, track in _Side.of(project, entity, "shift").tracks.items():
            moved = track.moved(frames)
            if len(moved) and (moved.frames[0] < 0 or moved.frames[-1] >= project.frame_count):
                raise EditError(
                    f"{entity.name} cannot be shifted by {frames} frames: a keyframe of its "
                    f"{name} would lie outside the video."
                )
            put_track(project, entity.id, name, track, moved)


def copy(
    project: Project,
    entity: Entity,
    name: str | None = None,
    entity_id: str | None = None,
    frame: int | None = None,
) -> Entity:
    """A second entity with the same attributes and keyframes; with ``frame``, one that has from
    there on what the first has there. Returns it."""
    if frame is not None:
        frame = project.check_frame(frame)
    with project.transaction(f"Copy {entity.name}"):
        side = _Side.of(project, entity, "copy")
        if frame is not None and not side.there[frame]:
            raise EditError(f"{entity.name} is not there on frame {frame}: nothing to copy.")
        name = name or _free_name(project, f"{entity.name} (copy)")
        twin = _twin(project, entity, name, entity_id)
        for key, track in side.tracks.items():
            if frame is not None:
                known = track.at_or_before(frame) >= 0
                here = np.array([frame] if known else [], np.int64)
                track = track.sampled(here, project.engine_times)
            put_track(project, twin.id, key, None, track)
    return twin


def move_keyframes(
    project: Project, prop: Property, frames: Sequence[int], by: int, *, keep: bool = False
) -> None:
    """Move the keyframes of a property at ``frames`` by so many frames, with their rules and
    provenance, over what is where they come to lie; with ``keep`` they also stay where they are.
    EditError when there is no keyframe at one of them, or one would leave the video."""
    entity, name = prop.entity, prop.definition.name
    what = f"{prop.definition.label.lower()} of {entity.name}"
    project.check_undamaged(entity.id, name)
    track = track_of(project, entity.id, name, prop.definition.kind)
    chosen = np.isin(track.frames, np.asarray(frames, np.int64))
    if missing := set(frames) - set(track.frames[chosen].tolist()):
        raise EditError(f"There is no keyframe of {what} at frame {min(missing)}.")
    moved = track.taken(chosen).moved(by)
    if len(moved) and (moved.frames[0] < 0 or moved.frames[-1] >= project.frame_count):
        raise EditError(f"Keyframes of {what} moved by {by:+} frames would lie outside the video.")
    with project.transaction(f"{'Copy' if keep else 'Move'} keyframes of {what}"):
        put_track(
            project, entity.id, name, track, (track if keep else track.taken(~chosen)).put(moved)
        )


def delete(project: Project, entities: Iterable[Entity]) -> list[Reference]:
    """Remove entities; references to them come to mean nobody. Returns those references, as
    :func:`references_to` lists them before."""
    doomed = list(entities)
    found: list[Reference] = []
    if not doomed:
        return found
    what = doomed[0].name if len(doomed) == 1 else f"{len(doomed)} entities"
    gone: dict[str, str | None] = {entity.id: None for entity in doomed}
    with project.transaction(f"Delete {what}"):
        for entity in doomed:
            entity.delete()
        found = references_to(project, gone)
        redirect(project, gone)
    return found


# -- pieces -------------------------------------------------------------------------------------


def track_of(project: Project, entity_id: str, name: str, kind: Kind) -> Track:
    """A property's keyframes with their rules and provenance."""
    return Track.of(
        project.keyframes(entity_id, name, kind),
        kind,
        project.keyframes(entity_id, f"{name}.mode", MODE),
        project.keyframes(entity_id, f"{name}.source", SOURCE),
    )


def _within(project: Project, name: str, track: Track, first: int, stop: int) -> Track:
    """The track where only ``[first, stop)`` is in sight; presence ends there."""
    if name != "presence":
        return cut(track, first, stop, project.engine_times)
    away = _constant(PRESENCE_KIND, ABSENT)
    pieces = [Piece(first, stop, track), Piece(stop, project.frame_count, away)]
    kept = compose(pieces, None, ABSENT)
    begins = not len(kept) or kept.rows[0, 0] > ABSENT or kept.frames[0] in track.frames
    return kept if begins else kept.taken(slice(1, None))  # absent is what it is without


def _owners(winner: Mask, other: Mask) -> list[tuple[int, int, int]]:
    """Stretches (first, stop, 0 for the winner or 1); where neither has a value, as before it."""
    owner = np.where(winner, 0, np.where(other, 1, -1)).astype(np.int8)
    known = np.flatnonzero(owner >= 0)
    if not len(known):
        return [(0, len(owner), 0)]
    last = np.searchsorted(known, np.arange(len(owner)), "right") - 1
    owner = owner[known[np.maximum(last, 0)]]
    edges = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(owner)]
    return [(i, j, int(owner[i])) for i, j in pairwise(edges) if i < j]


def _present_pieces(project: Project, keep: _Side, lend: _Side) -> list[Piece]:
    """Presence of a merged entity: the winner's where it is there, else the other's."""
    owner = np.where(~keep.there & lend.there, 1, 0)
    edges = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), project.frame_count]
    both = keep.tracks["presence"], lend.tracks["presence"]
    return [Piece(i, j, both[owner[i]]) for i, j in pairwise(edges)]


def _constant(kind: Kind, code: int) -> Track:
    row = np.array([[code]], kind.dtype)
    none = np.array([""], dtype=object)
    return Track(kind, np.zeros(1, np.int64), row, np.array([-1], np.int8), none)


# -- writing ------------------------------------------------------------------------------------


def put_track(project: Project, entity_id: str, name: str, old: Track | None, new: Track) -> None:
    """Let a property, which has ``old``, have exactly these keyframes, rules and provenance."""
    sources = new.sources[:, None]
    was_modes = old is not None and bool((old.modes >= 0).any())
    was_sources = old is not None and bool((old.sources != "").any())
    _put_rows(project, entity_id, name, old, new.frames, new.rows, new.kind)
    if was_modes or (new.modes >= 0).any():
        _put_rows(project, entity_id, f"{name}.mode", old, new.frames, new.modes[:, None], MODE)
    if was_sources or (sources != "").any():
        _put_rows(project, entity_id, f"{name}.source", old, new.frames, sources, SOURCE)


def _put_rows(
    project: Project,
    entity_id: str,
    name: str,
    old: Track | None,
    at: Frames,
    new: Rows,
    kind: Kind,
) -> None:
    frames = at if old is None else np.union1d(old.frames, at)
    if not len(frames):
        return
    rows = kind.empty_rows(len(frames))
    rows[np.searchsorted(frames, at)] = new
    with project.transaction("") as transaction:
        transaction.put(entity_id, name, frames, rows)


def _twin(project: Project, entity: Entity, name: str, entity_id: str | None) -> Entity:
    if entity_id is not None and project.knows(entity_id):
        raise EditError(f'There already is an entity "{entity_id:.100}".')
    while entity_id is None:
        candidate = new_entity_id(entity.class_name)
        entity_id = None if project.knows(candidate) else candidate
    with project.transaction("") as transaction:
        attributes = entity.attributes
        transaction.set_attributes(
            entity_id, Attributes(attributes.class_name, name, attributes.constants)
        )
    return Entity(project, entity_id)


def _free_name(project: Project, wanted: str) -> str:
    """A name like the wanted one that nobody has yet and that is not too long."""
    stem, _, mark = wanted.rpartition(" ")
    taken = {entity.name for entity in project.entities.values()}
    number = 2
    name = wanted
    while True:
        if len(name) > _MAX_NAME_CHARACTERS:
            name = f"{stem[: _MAX_NAME_CHARACTERS - len(mark) - 1].rstrip()} {mark}"
        if name not in taken:
            return name
        number += 1
        mark = f"({number})" if mark.strip("()").isdecimal() else f"(copy {number - 1})"
        name = f"{stem} {mark}"


def _take_in(project: Project, first: Entity, second: Entity, winner: Winner) -> None:
    """Give ``first`` the constants and the references of ``second``, and remove that."""
    ours, theirs = first.attributes.constants, second.attributes.constants
    constants: dict[str, Any] = {**theirs, **ours} if winner == "first" else {**ours, **theirs}
    if constants != ours:
        project.set_attributes(first.id, "", constants=constants)
    second.delete()
    redirect(project, {second.id: first.id})


def _same_class(first: Entity, second: Entity, verb: str) -> None:
    if first == second:
        raise EditError(f"You cannot {verb} an entity and itself: choose two.")
    if first.class_name != second.class_name:
        raise EditError(
            f"{first.name} is a {first.class_name} and {second.name} a {second.class_name}: give "
            f"them one class before you {verb} them."
        )
