"""One open project as the page sees it: state, evaluated windows, timelines, video.

Everything here is a view of `Project`; nothing is decided or interpolated here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from reviewer.format import Project, ProjectError, VideoError
from reviewer.format.video import Still, Video

from . import protocol
from .thumbnails import Thumbnails
from .timelines import Timelines
from .windows import window_columns

MAX_WINDOW_FRAMES = 1024
MAX_WINDOW_BYTES = 8 << 20
# Before so many rows are evaluated, one frame tells how heavy they are.
_MANY_ROWS = 100_000
# Whose first visitor is shown around.
DEMO_CLIP = "cars.mp4"
MAX_STILL_WIDTH = 8192


class ProjectSession:
    """A project, with what is remembered of it for the page."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.timelines = Timelines(project)
        self.thumbnails = Thumbnails(project)

    # entities and state

    def describe_entity(self, entity_id: str) -> dict[str, Any]:
        attributes = self.project.attributes(entity_id)
        return {
            "index": self.project.number(entity_id),
            "id": entity_id,
            "name": attributes.name,
            "class": attributes.class_name,
            "constants": {**self._defaults(attributes.class_name), **attributes.constants},
        }

    def _defaults(self, class_name: str) -> dict[str, str]:
        """What constant properties of a class are where nobody said otherwise."""
        found = self.project.ontology.classes.get(class_name)
        if found is None:
            return {}
        return {d.name: d.default for d in found.own if not d.time_varying and d.default}

    def describe_entities(self, ids: Iterable[str]) -> tuple[list[dict[str, Any]], list[str]]:
        """What is to be known of these entities, and which of them exist no more."""
        there, gone = [], []
        for entity_id in ids:
            try:
                deleted = self.project.attributes(entity_id).deleted
            except ProjectError:
                deleted = True
            if deleted:
                gone.append(entity_id)
            else:
                there.append(self.describe_entity(entity_id))
        return there, gone

    def summary(self, number: int) -> dict[str, Any]:
        project = self.project
        return {
            "project": number,
            "name": project.name,
            "path": str(project.path),
            # By this the page finds the edits again that it kept when the server went away.
            "key": hashlib.blake2b(os.fsencode(project.path), digest_size=12).hexdigest(),
            "demo": project.record.file == DEMO_CLIP,
            "frame_count": project.frame_count,
            "entities": len(project.entities),
            "read_only": project.read_only,
            "video_problem": project.video_problem,
        }

    def state(self, number: int) -> dict[str, Any]:
        project = self.project
        return {
            **self.summary(number),
            "author": project.author,
            "revision": project.revision,
            "warnings": list(project.warnings),
            "undo": project.undo_label,
            "redo": project.redo_label,
            "ontology": project.ontology.to_json(),
            "entities": [self.describe_entity(entity_id) for entity_id in project.entities],
            "video": self.describe_video(),
        }

    # what the engine says

    def window(self, first: int, stop: int) -> bytes:
        """Encoded rows of the frames ``[first, stop)``, clipped to the video; of fewer frames, at
        least one, where they are so heavy that the message would be too large."""
        first = max(0, first)
        stop = min(stop, self.project.frame_count, first + MAX_WINDOW_FRAMES)
        if stop <= first:
            raise ProjectError(f"There are no frames from {first} on.")
        count = stop - first
        if count * len(self.project.entities) > _MANY_ROWS:
            count = _fitting(count, 1, len(self._window(first, 1)))
        while True:
            body = self._window(first, count)
            if len(body) <= MAX_WINDOW_BYTES or count == 1:
                return body
            count = min(_fitting(count, count, len(body)), count // 2)

    def _window(self, first: int, frames: int) -> bytes:
        revision = self.project.revision  # before: what is evaluated is at least this new
        table = self.project.evaluate(first, first + frames, properties=self._varying())
        numbers = np.array([self.project.number(entity) for entity in table.entities], np.uint32)
        return protocol.encode_window(
            revision=revision,
            first=first,
            offsets=table.offsets,
            entity=numbers[table.entity_index],
            presence=table.codes("presence"),
            columns=window_columns(table),
        )

    def _varying(self) -> list[str]:
        """Names of the properties that change over time in some class; the page knows the
        others."""
        ontology = self.project.ontology
        classes = [*ontology.classes.values(), *([ontology.scene] if ontology.scene else [])]
        names = (d.name for c in classes for d in c.properties.values() if d.time_varying)
        return list(dict.fromkeys(("presence", *names)))

    # video

    def describe_video(self) -> dict[str, Any]:
        project = self.project
        described: dict[str, Any] = {
            "frame_count": project.frame_count,
            "problem": project.video_problem,
            "attached": False,
            "width": project.record.width,
            "height": project.record.height,
        }
        try:
            video = project.video
        except VideoError as error:
            described["problem"] = str(error)
            return described
        return described | {
            "attached": True,
            "rate": float(video.index.rate),
            "variable_rate": bool(video.index.variable_rate),
            "codec": video.index.codec,
            "decoder_config": dict(video.decoder_config),
            "browser_decodable": bool(video.browser_decodable),
        }

    def findings(self) -> dict[str, Any]:
        """What a check of the video found; ``checked`` is false when none was run."""
        findings = self.project.findings()
        if findings is None:
            return {"checked": False}
        return {"checked": True, **findings.to_json()}

    def times(self) -> bytes:
        return protocol.encode_times(self.project.times)

    def units(self) -> bytes:
        units = self.project.video.units
        return protocol.encode_units(units.first_frame, units.frame_count)

    def unit(self, number: int) -> bytes:
        video = self.project.video
        if not 0 <= number < len(video.units):
            raise VideoError(f"The video has no unit {number}.")
        unit = video.unit(number)
        return protocol.encode_unit(unit.frames, unit.keys, unit.sizes, unit.data)

    def proxy(self) -> dict[str, Any] | None:
        """How to decode what `proxy_unit` gives, None when it gives nothing."""
        return self.project.video.proxy_config

    def proxy_unit(self, number: int) -> bytes:
        """Frames encoded anew for a browser that cannot decode the file's own packets."""
        try:
            unit = self.project.video.proxy_block(number)
        except IndexError:
            raise VideoError(f"The video has no block {number}.") from None
        return protocol.encode_unit(unit.frames, unit.keys, unit.sizes, unit.data)

    def still(self, frame: int, width: int | None) -> Still:
        video: Video = self.project.video
        if not 0 <= frame < len(video):
            raise VideoError(f"The video has no frame {frame}; it has {len(video)} frames.")
        return video.still(frame, width)


def _fitting(wanted: int, frames: int, size: int) -> int:
    """How many frames of those wanted fit a message when so many made one of this size."""
    return max(1, min(wanted, frames * MAX_WINDOW_BYTES // size))
