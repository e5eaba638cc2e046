"""Entities and findings as rows of a timeline. No Textual here and no drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from reviewer.format import Entity, Project, Property, PropertyDefinition
from reviewer.frame_image import RGB
from reviewer.screens.desk import Desk, shown_properties
from reviewer.screens.figures import choice_palette
from reviewer.screens.value_text import value_text
from reviewer.widgets.text import inert
from reviewer.widgets.timeline import Track, Value

# Runs of one value that are made into spans; a property that changes more often than that shows
# its keyframes only.
MAX_SPANS = 20_000

SEVERITY_COLORS: dict[str, RGB] = {
    "error": (242, 119, 122),
    "warning": (230, 169, 74),
    "note": (108, 182, 255),
}

REVIEW_COLORS: dict[str, RGB] = {
    "accept": (126, 198, 153),
    "needs-work": (230, 169, 74),
    "reject": (242, 119, 122),
    "open": (108, 182, 255),
}


def property_tracks(desk: Desk, entity_id: str | None) -> list[Track]:
    """The entity's time-varying properties over the whole video."""
    entity = desk.entity(entity_id)
    if entity is None:
        return []
    row = desk.row(entity.id)
    color = row.color if row else (140, 150, 165)
    return [
        property_track(desk, entity[name], color)
        for name, definition in shown_properties(entity).items()
        if definition.time_varying
    ]


def property_track(desk: Desk, prop: Property, color: RGB, label: str | None = None) -> Track:
    """One property: its spans of equal values where it holds, and its keyframes."""
    definition = prop.definition
    shown = inert(definition.label or definition.name) if label is None else label
    keyframes = prop.keyframes
    steady = definition.kind.rule == "hold" and not definition.kind.geometry
    if not steady or len(keyframes) > MAX_SPANS:
        return Track(shown, color, keyframes=keyframes)
    spans = prop.spans()
    if definition.kind.name == "presence":
        spans = [span for span in spans if span[2] != "absent"]
    value_of = _values(definition, color, desk.name)
    return Track(
        shown,
        color,
        np.array([span[0] for span in spans], np.int64),
        np.array([span[1] for span in spans], np.int64),
        [value_of(span[2]) for span in spans],
        keyframes,
    )


def _values(
    definition: PropertyDefinition, color: RGB, name_of: Callable[[str], str]
) -> Callable[[Any], Value]:
    if definition.kind.name == "presence":
        known = {"present": Value("", color), "occluded": Value("occluded", color, hatched=True)}
        return lambda value: known.get(value) or Value(str(value), color)
    palette = choice_palette(definition)

    def value_of(value: Any) -> Value:
        if value is None or value == ():
            return Value("none", (90, 96, 108), hatched=True)
        text, own = value_text(definition, value, name_of)
        first = value[0] if isinstance(value, tuple) else value
        return Value(text, own or palette.get(str(first)) or color)

    return value_of


def entity_track(desk: Desk, entity: Entity, show: str = "presence") -> Track:
    """One row for a whole entity: the spans of `show` (a property, else presence), and the
    keyframes of all that it has."""
    row = desk.row(entity.id)
    color = row.color if row else (140, 150, 165)
    label = row.name if row else inert(entity.name)
    definition = entity.properties.get(show)
    if definition is None or not definition.time_varying:
        show = "presence"
    if show not in entity.properties:  # a class that the ontology has no more
        return Track(label, color)
    track = property_track(desk, entity[show], color, label)
    return Track(label, color, track.starts, track.stops, track.values, entity.keyframes)


def findings_track(findings: Iterable[Any], label: str = "Video") -> Track:
    """What was found wrong with the video, a stretch for each place; the worst lie on top.

    `findings` have .code, .severity and .frames, which are half-open pairs.
    """
    order = {"error": 2, "warning": 1, "note": 0}
    spans: list[tuple[int, int, int, Value]] = []
    for finding in findings:
        severity = str(finding.severity)
        value = Value(
            inert(str(finding.code)), SEVERITY_COLORS.get(severity, SEVERITY_COLORS["note"])
        )
        spans += [
            (first, stop, order.get(severity, 0), value) for first, stop in frames_of(finding)
        ]
    return stacked_track(label, spans)


def review_tracks(project: Project) -> list[Track]:
    """What reviewers said of stretches of frames: threads and verdicts, the open ones on top; no
    row while nothing was said."""
    spans: list[tuple[int, int, int, Value]] = []
    for thread in project.reviews.threads():
        if thread.outdated or thread.pin.frames is None:
            continue
        verdict = thread.verdict
        if verdict is None and not thread.is_open:
            continue
        what = verdict or "open"
        first, stop = thread.pin.frames
        color = REVIEW_COLORS.get(what, REVIEW_COLORS["open"])
        text = inert(thread.text) if thread.is_open and thread.text else what
        rank = 2 if thread.is_open and verdict != "accept" else 1
        spans.append((first, stop, rank, Value(text, color)))
    return [stacked_track("Review", spans)] if spans else []


def frames_of(finding: Any) -> list[tuple[int, int]]:
    """The half-open stretches of frames that a finding speaks of; none when it is about the
    whole file."""
    return [(int(pair[0]), max(int(pair[1]), int(pair[0]) + 1)) for pair in finding.frames]


def stacked_track(label: str, spans: Sequence[tuple[int, int, int, Value]]) -> Track:
    """Spans (first, stop, rank, value) that may overlap as one row: the higher rank is seen."""
    if not spans:
        return Track(label)
    edges = np.unique([edge for first, stop, _, _ in spans for edge in (first, stop)])
    shown = np.full(len(edges) - 1, -1)
    for number in sorted(range(len(spans)), key=lambda one: (spans[one][2], -one)):
        first, stop = np.searchsorted(edges, spans[number][:2])
        shown[first:stop] = number
    changes = np.flatnonzero(np.diff(shown, prepend=-2))
    stops = np.append(changes[1:], len(shown))
    kept = [(a, b) for a, b in zip(changes, stops, strict=True) if shown[a] >= 0]
    return Track(
        label,
        (140, 150, 165),
        np.array([edges[a] for a, _ in kept], np.int64),
        np.array([edges[b] for _, b in kept], np.int64),
        [spans[int(shown[a])][3] for a, _ in kept],
    )
