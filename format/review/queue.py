"""What is left to review: verdicts laid over the frames where entities are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..runs import presence_runs
from .thread import Thread

if TYPE_CHECKING:
    from ..project import Project

Span = tuple[int, int]
Digest = Callable[[str, int, int], str]

# In the order they are worked on. "changed" was judged, and edited since.
STATES = ("changed", "unreviewed", "needs-work", "reject")
ACCEPTED = "accept"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An entity, and the frames where it is there and in this state (one of ``STATES``). ``thread``
    is the id of the thread with the last verdict on them, or with the assignment."""

    entity: str
    state: str
    spans: tuple[Span, ...]
    thread: str | None = None
    assignee: str = ""

    @property
    def frames(self) -> int:
        """How many frames it is about."""
        return sum(stop - first for first, stop in self.spans)


@dataclass(frozen=True, slots=True)
class Progress:
    """``frames`` and ``entities`` by state, ``accept`` among them; an entity is in the first of
    ``STATES`` that any of its frames is in."""

    frames: Mapping[str, int] = field(default_factory=dict)
    entities: Mapping[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> float:
        """Share of what is there that is accepted, 0 to 1."""
        total = sum(self.frames.values())
        return self.frames[ACCEPTED] / total if total else 0.0


@dataclass(frozen=True, slots=True)
class _Verdict:
    time: str
    span: Span
    verdict: str
    digest: str | None
    thread: str


def queue_of(
    project: Project,
    threads: Sequence[Thread],
    digest: Digest,
    entities: Iterable[str] | None = None,
) -> list[QueueItem]:
    """The items of everything that is not accepted as it is now, by state and first frame."""
    assigned = {t.pin.entity: t for t in threads if t.assignee and t.is_open and t.pin.entity}
    wanted = None if entities is None else set(entities)
    items: list[QueueItem] = []
    for entity, parts in _states(project, threads, digest, wanted):
        task = assigned.get(entity)
        for (state, thread), spans in parts.items():
            if state != ACCEPTED:
                items.append(
                    QueueItem(
                        entity, state, tuple(spans),
                        thread or (task.id if task else None), task.assignee if task else "",
                    )
                )  # fmt: skip
    items.sort(key=lambda item: (STATES.index(item.state), item.spans[0][0]))
    return items


def is_all_of(project: Project, item: QueueItem, frames: Span | None) -> bool:
    """Whether the item is everything that is there of its entity on ``frames`` (None: anywhere)."""
    first, stop = frames or (0, project.frame_count)
    with project.snapshot() as state:
        number = state.number.get(item.entity)
        runs = None if number is None else presence_runs(state, np.array([number], np.int64))
    spans = [] if runs is None else zip(runs.first.tolist(), runs.stop.tolist(), strict=True)
    return bool(item.frames == sum(max(0, min(b, stop) - max(a, first)) for a, b in spans))


def progress_of(project: Project, threads: Sequence[Thread], digest: Digest) -> Progress:
    """How much is in which state."""
    order = (*STATES, ACCEPTED)
    frames = dict.fromkeys(order, 0)
    entities = dict.fromkeys(order, 0)
    for _, parts in _states(project, threads, digest, None):
        for (state, _), spans in parts.items():
            frames[state] += sum(stop - first for first, stop in spans)
        entities[min((state for state, _ in parts), key=order.index)] += 1
    return Progress(frames, entities)


def _states(
    project: Project, threads: Sequence[Thread], digest: Digest, wanted: set[str] | None
) -> Iterable[tuple[str, dict[tuple[str, str | None], list[Span]]]]:
    """Of each entity that is there somewhere: the spans by state and thread."""
    verdicts = _verdicts(threads, project.frame_count)
    with project.snapshot() as state:
        runs = presence_runs(state)
        ids = state.ids
    for number, spans in runs.by_entity().items():
        entity = ids[number]
        if wanted is not None and entity not in wanted:
            continue
        if entity not in verdicts:
            yield entity, {("unreviewed", None): spans}
        else:
            yield entity, _judged(spans, verdicts[entity], entity, digest)


def _verdicts(threads: Sequence[Thread], frame_count: int) -> dict[str, list[_Verdict]]:
    found: dict[str, list[_Verdict]] = {}
    for thread in threads:
        first, stop = thread.pin.frames or (0, frame_count)
        stop = min(stop, frame_count)
        if thread.pin.entity is None or thread.outdated or first >= stop:
            continue
        for entry in thread.entries:
            if entry.verdict:
                found.setdefault(thread.pin.entity, []).append(
                    _Verdict(entry.time, (first, stop), entry.verdict, entry.digest, thread.id)
                )
    for given in found.values():
        given.sort(key=lambda v: (v.time, v.thread))
    return found


def _judged(
    spans: list[Span], verdicts: list[_Verdict], entity: str, digest: Digest
) -> dict[tuple[str, str | None], list[Span]]:
    """Later verdicts lie over earlier ones."""
    edges = np.unique([edge for v in verdicts for edge in v.span] + [e for s in spans for e in s])
    first, stop = edges[:-1], edges[1:]
    top = np.full(len(first), -1)
    for index, verdict in enumerate(verdicts):
        top[(first >= verdict.span[0]) & (stop <= verdict.span[1])] = index
    starts = np.array([a for a, _ in spans])
    at = np.searchsorted(starts, first, "right") - 1
    there = (at >= 0) & (first < np.array([b for _, b in spans])[np.maximum(at, 0)])
    states: list[tuple[str, str | None]] = [("unreviewed", None)]
    for v in verdicts:
        same = v.digest is None or v.digest == digest(entity, *v.span)
        states.append((v.verdict if same else "changed", v.thread))
    out: dict[tuple[str, str | None], list[Span]] = {}
    for index in np.flatnonzero(there).tolist():
        found = out.setdefault(states[int(top[index]) + 1], [])
        begin, end = int(first[index]), int(stop[index])
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return out
