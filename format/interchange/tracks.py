"""Dense rows of other tools become entities with sparse keyframes, in one edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import provenance
from ..edit import Attributes
from ..errors import InterchangeError
from ..kinds import ABSENT, BOX, PRESENT, SOURCE, Rows
from ..layout import is_entity_id, new_entity_id
from ..project import Project
from ..provenance import Source
from ..values import NOBODY
from .reduce import reduce_boxes

Progress = Callable[[int, "int | None"], None]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One object of a file: ``frames`` int64 ``(n,)`` ascending and 0-based, ``boxes`` float64
    ``(n, 4)`` or None, ``presence`` int8 ``(n,)`` codes or None for present on each of its frames.
    ``values`` maps a time-varying property to the ``(n,)`` values it takes on each frame, None for
    none; ``constants`` a constant one to its value.
    ``confidence`` float64 ``(n,)`` is a tracker's, to be kept with its boxes."""

    name: str
    class_name: str
    frames: NDArray[np.int64]
    boxes: NDArray[np.float64] | None
    presence: NDArray[np.int8] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    entity_id: str | None = None
    confidence: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. ``notes`` say what of the file was not kept."""

    entities: int
    rows: int
    keyframes: int
    notes: tuple[str, ...] = ()


def put_tracks(
    project: Project,
    tracks: Iterable[Track],
    total: int,
    label: str,
    tolerance_px: float,
    progress: Progress | None,
    notes: tuple[str, ...] = (),
) -> Imported:
    """Create an entity for each track, as one edit: all of them or none."""
    entities = rows = 0
    before = project.keyframe_count()
    taken = {entity.name for entity in project.entities.values()}
    with project.transaction(label) as transaction:
        for track in tracks:
            entity_id = track.entity_id
            if entity_id is None or not is_entity_id(entity_id) or project.knows(entity_id):
                entity_id = _new_id(project, track.class_name)
            name = _free(track.name, taken)
            taken.add(name)
            transaction.set_attributes(
                entity_id, Attributes(track.class_name, name, track.constants)
            )
            frames, codes = _presence_keyframes(track, project.frame_count)
            transaction.put(entity_id, "presence", frames, codes[:, None])
            if track.boxes is not None:
                keep = _box_keyframes(track, track.boxes, tolerance_px, project.engine_times)
                if keep.any():  # a class without geometry takes none
                    transaction.put(entity_id, BOX.name, track.frames[keep], track.boxes[keep])
                    if track.confidence is not None:
                        sure = _sources(track.confidence[keep])
                        transaction.put(entity_id, f"{BOX.name}.source", track.frames[keep], sure)
            for name, values in track.values.items():
                _put_values(project, transaction, entity_id, track, name, values)
            entities += 1
            rows += len(track.frames)
            if progress is not None:
                progress(entities, total)
    return Imported(entities, rows, project.keyframe_count() - before, notes)


def _sources(confidence: NDArray[np.float64]) -> Rows:
    rows = SOURCE.empty_rows(len(confidence))
    rows[:, 0] = [provenance.format(Source("tracker", value)) for value in confidence.tolist()]
    return rows


def _new_id(project: Project, class_name: str) -> str:
    while project.knows(entity_id := new_entity_id(class_name)):
        pass
    return entity_id


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _presence_keyframes(
    track: Track, frame_count: int
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Presence where it changes; a gap between rows is an absence, and so is what follows."""
    frames = track.frames
    codes = np.full(len(frames), PRESENT, np.int8) if track.presence is None else track.presence
    fresh = np.ones(len(frames), bool)
    fresh[1:] = np.diff(frames) > 1
    changed = fresh.copy()
    changed[1:] |= codes[1:] != codes[:-1]
    ends = frames[np.append(fresh[1:], True)[: len(frames)]] + 1
    ends = ends[ends < frame_count]
    at = np.concatenate([frames[changed], ends])
    put = np.concatenate([codes[changed], np.full(len(ends), ABSENT, np.int8)])
    order = np.argsort(at, kind="stable")
    return at[order], put[order]


def _box_keyframes(
    track: Track,
    boxes: NDArray[np.float64],
    tolerance_px: float,
    times: NDArray[np.float64] | None,
) -> NDArray[np.bool_]:
    """Rows to keep; each stretch without a gap stands by itself."""
    keep = np.zeros(len(track.frames), bool)
    there = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    cuts = np.flatnonzero(np.diff(track.frames[there]) > 1) + 1
    for part in np.split(there, cuts):
        keep[part] = reduce_boxes(track.frames[part], boxes[part], tolerance_px, times)
    return keep


def _put_values(
    project: Project, transaction: Any, entity_id: str, track: Track, name: str, values: Any
) -> None:
    """A keyframe where the value changes; what moves also has one where it stops to be the same."""
    definition = project.ontology.entity_class(track.class_name).properties.get(name)
    if definition is None:
        raise InterchangeError(
            f'A {track.class_name} has no property "{name:.80}" in the ontology; add it, or remove '
            f"the column."
        )
    given = list(values)
    first = next((i for i, value in enumerate(given) if value is not None), len(given))
    if any(value is None for value in given[first:]):
        nothing = _NOTHING.get(definition.kind.name)
        if nothing is None:
            raise InterchangeError(
                f'"{name}" of {track.name:.80} loses its value in mid-track: a value holds until '
                f"the next one."
            )
        given[first:] = [nothing if value is None else value for value in given[first:]]
    if first == len(given):
        return
    differs = [True] * (len(given) + 1)  # from the one before
    for i in range(first + 1, len(given)):
        differs[i] = not _equal(given[i], given[i - 1])
    moves = definition.kind.rule != "hold"
    at = [i for i in range(first, len(given)) if differs[i] or (moves and differs[i + 1])]
    rows = np.stack([definition.encode(given[i]) for i in at])
    transaction.put(entity_id, name, track.frames[at], rows)


# What an empty place behind a value means, for the kinds that can say so.
_NOTHING: Mapping[str, Any] = {"entity": NOBODY, "choices": (), "entities": ()}


def _equal(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(np.array_equal(a, b))
    return bool(a == b)
