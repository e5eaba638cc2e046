"""A project in numbers: what is annotated, how much of the time, by whom, how far the review is.

Counted from keyframes and stretches of presence, never by evaluating frames, so an hour of video
costs what its keyframes cost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .kinds import PRESENCE_KIND, SOURCE
from .ontology import EntityClass, PropertyDefinition
from .provenance import parse as parse_source
from .runs import Ints, Runs, packed_keyframes, presence_runs

if TYPE_CHECKING:
    from .project import Project
    from .state import State

BINS = 60


@dataclass(frozen=True, slots=True)
class _Group:
    """The entities of one class: their numbers, ascending, and where they are there."""

    entity_class: EntityClass
    numbers: Ints
    runs: Runs


def statistics(project: Project, bins: int = BINS) -> dict[str, Any]:
    """Everything, ready for JSON.

    ``bins`` parts of the video (at most one for each frame) are what "over time" is told in:
    ``edges`` are their frames, and each ``over_time`` has the frames counted in each part.
    """
    edges = np.unique(np.linspace(0, project.frame_count, max(1, bins) + 1).astype(np.int64))
    with project.snapshot() as state:
        groups = _groups(project, state)
        classes = [_class(project, state, group, edges) for group in groups]
        keyframes = _keyframe_counts(state)
        sources = _sources(state)
    threads = project.reviews.threads()
    progress = project.reviews.progress()
    return {
        "kind": "statistics",
        "project": project.name,
        "frames": project.frame_count,
        "duration": round(float(project.times[-1]), 6),
        "entities": sum(item["entities"] for item in classes),
        "keyframes": {
            "total": sum(keyframes.values()), "by_property": dict(keyframes), "by_source": sources,
        },
        "annotations": {
            "there": sum(item["there"] for item in classes),
            "geometry": sum(
                prop["frames"] for item in classes for prop in item["properties"]
                if prop["geometry"]
            ),
        },
        "edges": edges.tolist(),
        "classes": classes,
        "authors": _authors(project),
        "review": {
            "threads": len(threads),
            "open": sum(thread.is_open for thread in threads),
            "accepted": round(progress.accepted, 6),
            "frames": dict(progress.frames),
            "entities": dict(progress.entities),
        },
    }  # fmt: skip


def _groups(project: Project, state: State) -> list[_Group]:
    by_class: dict[str, list[int]] = defaultdict(list)
    for number in state.live.tolist():
        by_class[state.attributes[state.ids[number]].class_name].append(number)
    runs = presence_runs(state)
    known = [*project.ontology.classes.values()]
    if project.ontology.scene is not None:
        known.append(project.ontology.scene)
    groups = []
    for entity_class in known:
        numbers = np.array(by_class.get(entity_class.name, []), np.int64)
        groups.append(_Group(entity_class, numbers, runs.taken(np.isin(runs.entity, numbers))))
    return groups


def _class(project: Project, state: State, group: _Group, edges: Ints) -> dict[str, Any]:
    runs = group.runs
    properties = [
        _property(state, group, definition, edges)
        for definition in group.entity_class.properties.values()
        if definition.name != "presence"
    ]
    covered = _covered(runs)
    return {
        "name": group.entity_class.name,
        "label": group.entity_class.label,
        "color": group.entity_class.color,
        "entities": len(group.numbers),
        "keyframes": sum(prop["keyframes"] for prop in properties)
        + int(state.table("presence", PRESENCE_KIND).counts(group.numbers).sum()),
        "there": runs.frames,
        "frames": covered,
        "share": round(covered / project.frame_count, 6),
        "over_time": runs.within(edges).tolist(),
        "properties": properties,
    }


def _property(
    state: State, group: _Group, definition: PropertyDefinition, edges: Ints
) -> dict[str, Any]:
    """``frames``: how many (entity, frame) pairs have a value of those where the entity is there;
    ``share`` of them. Of a constant, those of entities that have a value."""
    start = np.full(len(state.ids), state.frame_count, np.int64)
    keyframes = 0
    if definition.time_varying:
        packed = packed_keyframes(state, definition.name, definition.kind, group.numbers)
        has = np.diff(packed.offsets) > 0
        start[group.numbers[has]] = packed.frames[packed.offsets[:-1][has]]
        keyframes = len(packed.frames)
        entities = int(has.sum())
    else:
        having = [n for n in group.numbers.tolist() if _has(state, n, definition)]
        start[having] = 0
        entities = len(having)
    valued = group.runs.since(start)
    return {
        "name": definition.name,
        "label": definition.label,
        "kind": definition.kind.name,
        "geometry": bool(definition.kind.geometry),
        "required": definition.required,
        "keyframes": keyframes,
        "entities": entities,
        "frames": valued.frames,
        "share": round(valued.frames / group.runs.frames, 6) if len(group.runs) else 0.0,
        "over_time": valued.within(edges).tolist(),
    }


def _has(state: State, number: int, definition: PropertyDefinition) -> bool:
    constants = state.attributes[state.ids[number]].constants
    return definition.name in constants or definition.default is not None


def _covered(runs: Runs) -> int:
    """On how many frames at least one of them is there."""
    if not len(runs):
        return 0
    order = np.argsort(runs.first, kind="stable")
    first, stop = runs.first[order], np.maximum.accumulate(runs.stop[order])
    before = np.concatenate([[first[0]], stop[:-1]])
    return int(np.maximum(stop - np.maximum(first, before), 0).sum())


def _keyframe_counts(state: State) -> Counter[str]:
    found: Counter[str] = Counter()
    for (name, _), table in state.tables.items():
        if "." not in name:
            found[name] += int(table.counts(state.live).sum())
    return Counter({name: found[name] for name in sorted(found) if found[name]})


def _sources(state: State) -> dict[str, int]:
    """Keyframes by where they came from; made by hand where nothing is said."""
    found: Counter[str] = Counter()
    for name, kind in list(state.tables):
        if not name.endswith(".source") or kind != SOURCE:
            continue
        texts, counts = np.unique(
            packed_keyframes(state, name, kind).rows[:, 0].astype(np.str_), return_counts=True
        )
        for text, count in zip(texts.tolist(), counts.tolist(), strict=True):
            try:
                found[parse_source(text).by] += count
            except ValueError:
                continue
    total = sum(_keyframe_counts(state).values())
    found["manual"] += max(0, total - sum(found.values()))
    return {origin: count for origin, count in sorted(found.items()) if count}


def _authors(project: Project) -> list[dict[str, Any]]:
    """Work by author, the busiest first: what sessions counted, and what was said in reviews."""
    found: dict[str, dict[str, Any]] = {}

    def of(author: str) -> dict[str, Any]:
        return found.setdefault(
            author,
            {
                "author": author, "sessions": 0, "active_s": 0.0, "edits": 0, "keyframes": 0,
                "removed": 0, "created": 0, "deleted": 0, "first": "", "last": "", "said": 0,
                "verdicts": 0,
            },
        )  # fmt: skip

    def seen(row: dict[str, Any], begin: str, end: str) -> None:
        row["first"] = min(row["first"] or begin, begin)
        row["last"] = max(row["last"], end)

    for session in project.sessions.all():
        row = of(session.author)
        row["sessions"] += 1
        row["active_s"] = round(row["active_s"] + session.active_s, 1)
        for key in ("edits", "keyframes", "removed", "created", "deleted"):
            row[key] += getattr(session, key)
        seen(row, session.started, session.ended)
    for thread in project.reviews.threads():
        for entry in thread.entries:
            row = of(entry.author)
            row["said"] += 1
            row["verdicts"] += entry.verdict is not None
            seen(row, entry.time, entry.time)
    return sorted(found.values(), key=lambda row: (-row["edits"], -row["said"], row["author"]))


__all__ = ["BINS", "statistics"]
