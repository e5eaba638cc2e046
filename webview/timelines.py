"""What the timeline and the entity list show: presence and keyframes over time, in bounded answers.

Nothing here goes over all entities one by one: columns come from `Project`, and what is made for
each entity is made for the rows in sight only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from reviewer.format import Project, ProjectError
from reviewer.format.references import references_to

from . import protocol

MAX_OVERVIEW_BINS = 4096
MAX_LANES = 256
MAX_MARKS = 4096
MAX_REFERENCES = 200


class Timelines:
    """The timelines of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._overview: tuple[tuple[int, int], bytes] | None = None
        self._lives: tuple[int, bytes] | None = None

    def entity(self, entity_id: str) -> dict[str, Any]:
        """Keyframes of each property that changes over time, and what holds between them."""
        revision = self.project.revision
        entity = self.project.entity(entity_id)
        properties = {}
        for name, definition in entity.properties.items():
            if not definition.time_varying:
                continue
            track = entity[name]
            properties[name] = {"keyframes": track.keyframes.tolist()}
            if definition.kind.rule == "hold" and not definition.kind.geometry:
                properties[name]["spans"] = [list(span) for span in track.spans()]
        return {"id": entity.id, "revision": revision, "properties": properties}

    def lives(self) -> bytes:
        """First and last frame and number of keyframes of every entity."""
        revision = self.project.revision
        if self._lives is None or self._lives[0] != revision:
            lives = self.project.lives()
            body = protocol.encode_lives(
                revision, lives.entity, lives.first, lives.stop, lives.keyframes
            )
            self._lives = (revision, body)
        return self._lives[1]

    def lanes(self, first: int, stop: int, bins: int, numbers: list[int]) -> bytes:
        """When these entities (at most `MAX_LANES`, by number) are there within ``[first, stop)``,
        and where they have keyframes: of those in one of ``bins`` stretches, the first."""
        project = self.project
        stop = min(stop, project.frame_count)
        if first >= stop:
            raise ProjectError(f"There are no frames from {first} on.")
        bins = max(1, min(bins, MAX_MARKS, stop - first))
        revision = project.revision
        there = self._there(numbers)
        asked, ids = np.array(list(there), np.int64), list(there.values())
        spans = project.spans(first, stop, ids)
        order = np.argsort(asked)  # rows of the answer are in the order asked for
        row = order[np.searchsorted(asked, spans.entity, sorter=order)] if len(asked) else asked
        marks = [self._marks(entity_id, first, stop, bins) for entity_id in ids]
        return protocol.encode_lanes(
            revision,
            first,
            stop,
            asked,
            np.append(0, np.cumsum(np.bincount(row, minlength=len(ids)))),
            spans.start,
            spans.stop,
            spans.presence,
            np.append(0, np.cumsum([len(m) for m in marks])),
            np.concatenate([np.empty(0, np.int64), *marks]),
        )

    def _there(self, numbers: list[int]) -> dict[int, str]:
        """The ids of those that are not deleted, by number, each once."""
        found = {}
        for number in numbers[:MAX_LANES]:
            entity_id = self.project.id_of(number)
            if not self.project.attributes(entity_id).deleted:
                found[number] = entity_id
        return found

    def _marks(self, entity_id: str, first: int, stop: int, bins: int) -> np.ndarray:
        parts = [np.empty(0, np.int64)]
        for name, definition in self.project.entity(entity_id).properties.items():
            if definition.time_varying:
                frames = self.project.keyframes(entity_id, name, definition.kind).frames
                low, high = np.searchsorted(frames, (first, stop))
                parts.append(frames[low:high])
        frames = np.unique(np.concatenate(parts))
        if len(frames) > bins:
            _, at = np.unique((frames - first) * bins // (stop - first), return_index=True)
            frames = frames[at]
        return frames

    def overview(self, bins: int) -> bytes:
        """Keyframes in each bin of the whole video, and how many entities are there on average."""
        bins = max(1, min(bins, self.project.frame_count, MAX_OVERVIEW_BINS))
        key = (self.project.revision, bins)
        if self._overview is None or self._overview[0] != key:
            keyframes, present = self.project.density(bins)
            self._overview = (key, protocol.encode_overview(key[0], keyframes, present))
        return self._overview[1]

    def references(self, entity_id: str) -> dict[str, Any]:
        """Who refers to an entity: the first `MAX_REFERENCES`, and how many there are."""
        project = self.project
        project.entity(entity_id)
        found = references_to(project, entity_id)
        listed = [
            {
                "entity": reference.entity,
                "name": project.attributes(reference.entity).name,
                "property": project.entity(reference.entity)[reference.property].definition.label,
                "frame": reference.frame,
            }
            for reference in found[:MAX_REFERENCES]
        ]
        return {"count": len(found), "references": listed}
