"""Many entities over time at once, in columns: what lists and timelines of thousands need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import engine
from .errors import ProjectError
from .kinds import ABSENT, PRESENCE_KIND
from .state import State

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Where entities are there. Row i: the entity numbered ``entity[i]`` (see
    :meth:`Project.number`) has the presence code ``presence[i]`` (1 present, 2 occluded) on the
    frames ``[start[i], stop[i])``. Ascending by the entities asked for, then by frame; int64 and
    int8, all ``(n,)``."""

    entity: Numbers
    start: Numbers
    stop: Numbers
    presence: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Lives:
    """One row for each entity: its number, the first frame on which it is there and the frame after
    the last (both 0 where it is nowhere), and how many keyframes it has. int64 ``(n,)``."""

    entity: Numbers
    first: Numbers
    stop: Numbers
    keyframes: Numbers


def numbers_of(state: State, entities: Sequence[str] | None) -> Numbers:
    """The numbers of these entities, or of all that are not deleted."""
    if entities is None:
        return state.live
    unknown = next((entity for entity in entities if entity not in state.number), None)
    if unknown is not None:
        raise ProjectError(f'There is no entity "{unknown:.100}".')
    return np.array([state.number[entity] for entity in entities], np.int64)


def spans(state: State, numbers: Numbers, first: int, stop: int) -> Spans:
    """Presence of many entities within ``[first, stop)``."""
    packed = state.table("presence", PRESENCE_KIND).window(numbers, first, stop)
    owner, start, end, keyframe = engine.runs(packed, first, stop)
    codes = packed.rows[keyframe, 0]
    there = codes > ABSENT
    return Spans(
        numbers[owner[there]], start[there], end[there], codes[there].astype(np.int8, copy=False)
    )


def lives(state: State) -> Lives:
    """First and last of every entity that is not deleted, and how much was said of it."""
    numbers = state.live
    found = spans(state, numbers, 0, state.frame_count)
    position = np.searchsorted(numbers, found.entity)
    first = np.full(len(numbers), state.frame_count, np.int64)
    stop = np.zeros(len(numbers), np.int64)
    np.minimum.at(first, position, found.start)
    np.maximum.at(stop, position, found.stop)
    first[stop == 0] = 0
    counts = np.zeros(len(numbers), np.int64)
    for (name, _), table in state.tables.items():
        if "." not in name:  # a companion's rows belong to keyframes that are counted already
            counts += table.counts(numbers)
    return Lives(numbers, first, stop, counts)


def density(state: State, bins: int) -> tuple[Numbers, NDArray[np.float64]]:
    """For each of ``bins`` equal stretches of the video: how many keyframes lie in it, and how many
    entities are there on average."""
    count = state.frame_count
    alive = np.zeros(len(state.ids), bool)
    alive[state.live] = True
    keyframes = np.zeros(bins, np.int64)
    for (name, _), table in state.tables.items():
        if "." not in name:
            keyframes += table.density(alive, bins)
    found = spans(state, state.live, 0, count)
    change = np.bincount(found.start, minlength=count + 1)
    change -= np.bincount(found.stop, minlength=count + 1)
    present = np.cumsum(change[:-1])
    # The first frame f of bin b is the least with f * bins // count == b, as in `density` above.
    starts = np.minimum(-(-np.arange(bins) * count // bins), count - 1)
    sizes = np.diff(np.append(starts, count))
    return keyframes, np.add.reduceat(present, starts) / np.maximum(sizes, 1)
