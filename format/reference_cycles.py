"""Circles of references: of one to another that leads back, at one moment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# One property of one entity in time: the frames of its keyframes, and whom each of them names.
Targets = tuple[NDArray[np.int64], list[list[str]]]

# Looking at every moment of thousands of entities that all refer to each other ends somewhere.
_MOST_STEPS = 2_000_000


def cycles_in_time(tracks: Mapping[str, Targets]) -> list[tuple[list[str], list[int]]]:
    """Circles that exist at some moment, each with the first frame on which it does."""
    core = _core({e: {t for row in rows for t in row} for e, (_, rows) in tracks.items()})
    if not core:
        return []
    frames = np.unique(np.concatenate([tracks[entity][0] for entity in core]))
    frames = frames[: max(1, _MOST_STEPS // len(core))]
    now: dict[str, list[str]] = {}
    found: dict[frozenset[str], tuple[list[str], list[int]]] = {}
    changes: dict[int, list[tuple[str, list[str]]]] = {}
    for entity in core:
        at, rows = tracks[entity]
        for frame, row in zip(at.tolist(), rows, strict=True):
            changes.setdefault(frame, []).append((entity, [t for t in row if t in core]))
    for frame in frames.tolist():
        now.update(changes[frame])
        for cycle in cycles(now):
            found.setdefault(frozenset(cycle), (cycle, [frame]))
    return list(found.values())


def _core(graph: Mapping[str, set[str]]) -> set[str]:
    """The entities that can be in a circle: those that refer to such, and are referred to."""
    core = set(graph)
    while True:
        named = {target for entity in core for target in graph[entity]}
        smaller = {entity for entity in core & named if graph[entity] & core}
        if smaller == core:
            return core
        core = smaller


def cycles(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """Circles of references, one for each set of entities that can reach each other this way."""
    done: set[str] = set()
    found: list[list[str]] = []
    for start in graph:
        path: list[str] = []
        on_path: dict[str, int] = {}
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            entity, depth = stack.pop()
            for left in path[depth:]:
                del on_path[left]
            del path[depth:]
            if entity in on_path:
                found.append(path[on_path[entity] :])
                continue
            if entity in done:
                continue
            done.add(entity)
            on_path[entity] = len(path)
            path.append(entity)
            stack += [(target, len(path)) for target in graph.get(entity, ())]
    return found
