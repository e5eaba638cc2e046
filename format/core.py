"""What an open project holds in memory: its entities and keyframes, its ontology, its video."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from . import attach, folder
from .attach import Progress, VideoRecord
from .edit import Attributes, Edit
from .errors import EditError, ProjectError, VideoError
from .keyframes import Keyframes
from .kinds import COMPANIONS, Kind
from .layout import Layout
from .ontology import SCENE, SCENE_ENTITY, Ontology
from .state import State
from .video import Video


class Core:
    """What everything that reads or changes a project shares. ``mutex`` guards all of it; who
    changes it is :class:`Door` alone."""

    def __init__(self, layout: Layout, progress: Progress | None) -> None:
        opened = folder.open_folder(layout)
        self.layout = layout
        self.mutex = threading.RLock()
        self.ontology: Ontology = opened.ontology
        self.warnings: list[str] = list(opened.warnings)
        self.read_only: str | None = folder.why_read_only(layout)
        self.closed = False
        self.record: VideoRecord
        self.video: Video | None
        self.video_error: VideoError | None
        self.pts: NDArray[np.int64]
        self.engine_times: NDArray[np.float64] | None
        self._take_video(opened.record, opened.pts, progress)
        self.state = State(self.frame_count, self.engine_times)

    @property
    def frame_count(self) -> int:
        """How many frames the video shows."""
        return self.record.frame_count

    # -- the video --------------------------------------------------------------------------

    def reopen_video(self) -> None:
        """Attach the video that the folder names by now, and take its frames' times."""
        opened = folder.open_folder(self.layout)
        if self.video is not None:
            self.video.close()
        self._take_video(opened.record, opened.pts, None)

    def _take_video(
        self, record: VideoRecord, stored: NDArray[np.int64] | None, progress: Progress | None
    ) -> None:
        self.record = record
        self.video = self.video_error = None
        try:
            self.video = attach.attach(record, self.layout, progress)
        except VideoError as error:
            self.video_error = error
        self.pts = self._frame_times(stored)
        over_pts = record.interpolate_over == "pts"
        self.engine_times = self.pts.astype(np.float64) if over_pts else None

    def _frame_times(self, stored: NDArray[np.int64] | None) -> NDArray[np.int64]:
        if stored is not None:
            return stored
        if self.video is not None:
            return self.video.index.pts
        if self.record.interpolate_over == "pts":
            raise ProjectError(
                f"The frame times in {self.layout.pts} cannot be used, and between keyframes "
                f"everything moves by them; restore them from git, or put the video back."
            )
        return np.arange(self.frame_count, dtype=np.int64)

    # -- entities and properties ------------------------------------------------------------

    def attributes(self, entity_id: str) -> Attributes:
        """What is constant about an entity (also a deleted one); ProjectError without."""
        with self.mutex:
            found = self.state.attributes.get(entity_id)
            if entity_id == SCENE_ENTITY:
                found = self.scene_to_make() or found
        if found is None:
            raise ProjectError(f'There is no entity "{entity_id:.100}" in {self.layout.root}.')
        return found

    def scene_to_make(self) -> Attributes | None:
        """What the scene's entity is made with, None when it is there or there can be none."""
        scene, found = self.ontology.scene, self.state.attributes.get(SCENE_ENTITY)
        if scene is None or (found is not None and not found.deleted):
            return None
        return Attributes(SCENE, scene.label, scene.constant_defaults())

    def property_kind(self, entity_id: str, name: str) -> Kind:
        """The kind of a property of an entity, also of ``box.mode`` and ``box.source``: what the
        ontology says, else what its keyframes are; EditError when it can have no such property."""
        companion = name.partition(".")[2]
        if companion in COMPANIONS:
            return COMPANIONS[companion]
        attributes = self.attributes(entity_id)
        found = self.ontology.find_class(attributes.class_name)
        if found is not None and (definition := found.properties.get(name)):
            return definition.kind
        kind = self.state.stored_kind(entity_id, name)
        if kind is None:
            raise EditError(
                f'A {attributes.class_name} has no property "{name:.80}" that changes over time.'
            )
        return kind

    def keyframes(self, entity_id: str, name: str, kind: Kind | None = None) -> Keyframes:
        """The stored keyframes of one property."""
        with self.mutex:
            self.attributes(entity_id)
            kind = kind or self.property_kind(entity_id, name)
            return self.state.keyframes(entity_id, name, kind)

    def put_in_place(self, edit: Edit) -> None:
        """Let state and ontology be as the edit leaves them; the mutex is held."""
        self.state.absorb(edit)
        if edit.ontology is not None:
            self.ontology = edit.ontology.new

    # -- the end ----------------------------------------------------------------------------

    def needs_writable(self) -> None:
        """EditError when nothing may be changed."""
        if self.read_only:
            raise EditError(f"The project is read-only: {self.read_only}")
        if self.closed:
            raise EditError("The project is closed.")

    def close(self) -> None:
        """Give the video's file back."""
        if self.video is not None:
            self.video.close()
