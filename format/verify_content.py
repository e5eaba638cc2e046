"""Whether what a project holds fits its ontology, its frames and itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from . import completeness
from .attach import VideoRecord
from .edit import Attributes
from .findings import Findings
from .geometry import wkt
from .geometry.checks import inspect
from .keyframes import Keyframes
from .kinds import COMPANIONS, MODES, PRESENCE_KIND, Kind
from .ontology import Ontology, PropertyDefinition
from .reference_checks import ids_of
from .reference_cycles import Targets, cycles, cycles_in_time
from .values import NOBODY

if TYPE_CHECKING:
    from .state import State


class ContentCheck:
    """Looks at every entity that is not deleted."""

    def __init__(
        self, state: State, ontology: Ontology, record: VideoRecord, findings: Findings
    ) -> None:
        self._state = state
        self._ontology = ontology
        self._record = record
        self._findings = findings
        self._constant_references: dict[str, dict[str, list[str]]] = {}
        self._varying_references: dict[str, dict[str, Targets]] = {}

    def run(self, *, shapes: bool) -> None:
        """Everything; ``shapes`` also whether geometry lies well (the slow part)."""
        for number in self._state.live.tolist():
            self._entity(self._state.ids[number], shapes)
        for item in completeness.missing(self._state, self._ontology):
            count = sum(stop - first for first, stop in item.spans)
            first = [frame for span in item.spans[:20] for frame in range(*span)[:20]]
            what = "is required and missing"
            self._about("required-missing", item.entity, what, item.property, first, count)
        for name, graph in self._constant_references.items():
            for cycle in cycles(graph):
                what = f"leads in a circle: {self._names(cycle)}"
                self._about("reference-cycle", cycle[0], what, name)
        for name, tracks in self._varying_references.items():
            for cycle, frames in cycles_in_time(tracks):
                what = f"leads in a circle, {self._names(cycle)}, from frame {frames[0]} on"
                self._about("reference-cycle", cycle[0], what, name, frames, 0)

    def _names(self, entities: Sequence[str]) -> str:
        return ", ".join(self._state.attributes[entity].name for entity in entities)

    def _about(
        self,
        code: str,
        entity: str,
        what: str,
        prop: str = "",
        frames: Sequence[int] | NDArray[np.int64] = (),
        count: int | None = None,
    ) -> None:
        name = self._state.attributes[entity].name
        count = len(frames) if count is None else count
        subject = f'"{prop}" of {name}' if prop else name
        on = f" on {count:,} frame{'s' if count > 1 else ''}" if count else ""
        first = [int(frame) for frame in frames[:20]]
        self._findings.about(code, entity, name, f"{subject} {what}{on}.", prop, first, count)

    def _entity(self, entity: str, shapes: bool) -> None:
        attributes = self._state.attributes[entity]
        owner = self._ontology.find_class(attributes.class_name)
        if owner is None:
            name = attributes.class_name
            self._about("class-unknown", entity, f'has the class "{name}", which there is not')
            return
        if not len(self._state.keyframes(entity, "presence", PRESENCE_KIND)):
            self._about("presence-missing", entity, "is present nowhere")
        self._constants(entity, attributes, owner.properties)
        number = self._state.number[entity]
        for (name, kind), table in self._state.tables.items():
            track = table.get(number)
            if len(track):
                self._track(entity, name, kind, track, owner.properties, shapes)

    # -- constants --------------------------------------------------------------------------

    def _constants(
        self, entity: str, attributes: Attributes, properties: Mapping[str, PropertyDefinition]
    ) -> None:
        for name, value in attributes.constants.items():
            definition = properties.get(name)
            if definition is None or definition.time_varying:
                what = "is a value of no constant property of its class"
                self._about("constant-unknown", entity, what, name)
            elif not definition.takes(value):
                self._about("value-unfit", entity, f"cannot be {value!r:.60}", name)
            elif definition.kind.name in ("entity", "entities"):
                targets = [value] if isinstance(value, str) else value
                everybody = [(target, 0) for target in targets if target != NOBODY]
                self._references(entity, name, definition, everybody, constant=True)
                graph = self._constant_references.setdefault(name, {})
                graph[entity] = [target for target, _ in everybody if target != entity]

    # -- keyframes --------------------------------------------------------------------------

    def _track(
        self,
        entity: str,
        name: str,
        kind: Kind,
        track: Keyframes,
        properties: Mapping[str, PropertyDefinition],
        shapes: bool,
    ) -> None:
        base, _, companion = name.partition(".")
        definition = properties.get(base)
        if definition is None or not definition.time_varying:
            if not companion:
                what = "has keyframes, but its class no such property that changes over time"
                self._about("keyframes-hidden", entity, what, name, track.frames)
        elif companion in COMPANIONS:
            self._companion(entity, name, definition, track)
        elif definition.kind != kind:
            what = f"is stored as {kind.token}, and the ontology says {definition.kind.token}"
            self._about("kind-mismatch", entity, what, name, track.frames)
        else:
            self._values(entity, name, definition, track)
            if shapes and kind.geometry:
                self._geometry(entity, name, kind, track)

    def _companion(
        self, entity: str, name: str, definition: PropertyDefinition, track: Keyframes
    ) -> None:
        keyframes = self._state.keyframes(entity, definition.name, definition.kind).frames
        orphans = track.frames[~np.isin(track.frames, keyframes)]
        if len(orphans):
            self._about("companion-orphan", entity, "has no keyframe beside it", name, orphans)
        if name.endswith(".mode"):
            allowed = [MODES.index(rule) for rule in definition.kind.rules]
            wrong = track.frames[~np.isin(track.rows[:, 0], allowed)]
            if len(wrong):
                what = f"is a rule that a {definition.kind.name} does not have"
                self._about("rule-unfit", entity, what, name, wrong)

    def _values(
        self, entity: str, name: str, definition: PropertyDefinition, track: Keyframes
    ) -> None:
        match definition.kind.name:
            case "choice":
                codes = track.rows[:, 0]
                self._unknown_codes(entity, name, definition, codes, track.frames)
            case "choices":
                lists = [orjson.loads(text) for text in track.rows[:, 0]]
                frames = np.repeat(track.frames, [len(codes) for codes in lists])
                codes = np.array([code for codes in lists for code in codes], np.int64)
                self._unknown_codes(entity, name, definition, codes, frames)
            case "number" | "number:linear":
                low = -np.inf if definition.low is None else definition.low
                high = np.inf if definition.high is None else definition.high
                wrong = track.frames[(track.rows[:, 0] < low) | (track.rows[:, 0] > high)]
                if len(wrong):
                    what = f"is outside its range {low:g} to {high:g}"
                    self._about("out-of-range", entity, what, name, wrong)
            case "entity" | "entities":
                self._references(entity, name, definition, _targets(track))
                rows = [ids_of(text) for text in track.rows[:, 0]]
                named = [[target for target in row if target != entity] for row in rows]
                self._varying_references.setdefault(name, {})[entity] = track.frames, named

    def _unknown_codes(
        self,
        entity: str,
        name: str,
        definition: PropertyDefinition,
        codes: NDArray[Any],
        frames: NDArray[np.int64],
    ) -> None:
        for code in np.unique(codes[~np.isin(codes, list(definition.by_code))]).tolist():
            what = f"is a choice of code {code}, which there is not,"
            self._about("choice-unknown", entity, what, name, frames[codes == code])

    def _references(
        self,
        entity: str,
        name: str,
        definition: PropertyDefinition,
        targets: Iterable[tuple[str, int]],
        *,
        constant: bool = False,
    ) -> None:
        frames: dict[tuple[str, str], list[int]] = {}
        for target, frame in targets:
            if problem := self._reference_problem(entity, definition, target):
                frames.setdefault(problem, []).append(frame)
        for (code, what), at in frames.items():
            self._about(code, entity, what, name, () if constant else at)

    def _reference_problem(
        self, entity: str, definition: PropertyDefinition, target: str
    ) -> tuple[str, str] | None:
        if target == entity:
            return "reference-self", "refers to itself"
        found = self._state.attributes.get(target)
        if found is None:
            return "reference-missing", f'refers to "{target:.100}", which there is not,'
        if found.deleted:
            return "reference-deleted", f"refers to {found.name} ({target}), which is deleted,"
        if definition.classes and found.class_name not in definition.classes:
            allowed = ", ".join(definition.classes)
            what = f"refers to {found.name}, a {found.class_name} and none of {allowed},"
            return "reference-class", what
        return None

    # -- geometry ---------------------------------------------------------------------------

    def _geometry(self, entity: str, name: str, kind: Kind, track: Keyframes) -> None:
        flags: dict[str, list[int]] = {}
        if kind.name in ("polyline", "polygon"):
            for frame, text in zip(track.frames.tolist(), track.rows[:, 0], strict=True):
                for code in self._shape_flags(text):
                    flags.setdefault(code, []).append(frame)
        elif kind.name == "box":
            x, y, width, height = track.rows.T
            self._place(track.frames, x, y, x + width, y + height, flags)
            flags["degenerate"] = track.frames[(width == 0) | (height == 0)].tolist()
        elif kind.name in ("rotated_box", "ellipse"):
            # the circle around it: only what certainly lies outside is told
            x, y, width, height = track.rows.T[:4]
            radius = np.hypot(width, height) / (2 if kind.name == "rotated_box" else 1)
            outside: dict[str, list[int]] = {}
            self._place(track.frames, x - radius, y - radius, x + radius, y + radius, outside)
            flags["outside-picture"] = outside.get("outside-picture", [])
            flags["degenerate"] = track.frames[(width == 0) | (height == 0)].tolist()
        for code, frames in flags.items():
            if frames:
                self._about(code, entity, _FLAGS[code], name, frames)

    def _shape_flags(self, text: str) -> list[str]:
        found = inspect(wkt.parse(text), self._record.width, self._record.height)
        place = "outside-picture" if found.outside_picture else "beyond-picture"
        return [
            code
            for code, holds in (
                ("self-crossing", found.self_crossing),
                ("degenerate", found.degenerate),
                (place, found.beyond_picture),
            )
            if holds
        ]

    def _place(
        self,
        frames: NDArray[np.int64],
        left: NDArray[Any],
        top: NDArray[Any],
        right: NDArray[Any],
        bottom: NDArray[Any],
        flags: dict[str, list[int]],
    ) -> None:
        width, height = self._record.width, self._record.height
        outside = (right <= 0) | (bottom <= 0) | (left >= width) | (top >= height)
        beyond = (left < 0) | (top < 0) | (right > width) | (bottom > height)
        flags["outside-picture"] = frames[outside].tolist()
        flags["beyond-picture"] = frames[beyond & ~outside].tolist()


_FLAGS = {
    "self-crossing": "crosses itself",
    "degenerate": "encloses nothing",
    "beyond-picture": "reaches beyond the picture",
    "outside-picture": "lies outside the picture",
}


def _targets(track: Keyframes) -> list[tuple[str, int]]:
    """(entity id, frame) of each reference of a track, "nobody" left out."""
    return [
        (target, frame)
        for frame, text in zip(track.frames.tolist(), track.rows[:, 0], strict=True)
        for target in ids_of(text)
    ]
