"""A project, as everybody outside the format sees it: what it is, its values, and every change."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import attach, completeness, evolution, folder, overview
from .attach import Progress
from .author import default_author
from .completeness import Missing
from .core import Core
from .door import Door
from .edit import Attributes, Edit
from .entity import Entity
from .errors import EditError, ProjectError, ReviewerError, VideoError
from .evolution import Merged
from .keyframes import Keyframes
from .kinds import COMPANIONS, Kind
from .layout import Layout, new_entity_id
from .ontology import SCENE_ENTITY, Ontology
from .ontology_merge import merged_ontology
from .remap import perform
from .review import Reviews
from .sessions import Sessions
from .state import State, natural_key
from .table import Table
from .transaction import Change, Transaction
from .video import Video
from .video_findings import Findings, VideoCheck


class Project:
    """An open project folder. Make one with :meth:`create` or :meth:`open`; a context manager.

    Every method may be called from any thread.
    """

    def __init__(self, path: Path, author: str | None, progress: Progress | None) -> None:
        layout = Layout(path)
        perform.recover(layout)
        self._author = author
        self._core = Core(layout, progress)
        self._door = Door(self._core)
        self._door.persistence.load(progress)
        self._video_check = VideoCheck(layout)
        self.reviews = Reviews(self, layout)
        self.sessions = Sessions(self, layout)
        self._door.speaks_of = self.reviews.speaks_of
        self._door.renumberings.append(self.reviews.renumbered)
        self._door.follower.looks.append(self.reviews.notice)

    # -- opening and closing ----------------------------------------------------------------

    @classmethod
    def create(
        cls,
        path: str | Path,
        video: str | Path,
        ontology: Ontology | Mapping[str, Any] | str | Path | None = None,
        *,
        stream: int = 0,
        author: str | None = None,
        progress: Progress | None = None,
    ) -> Project:
        """Make a project folder for a video and open it. The video is indexed whole (a demux scan,
        with progress in bytes), referenced and never changed; ``stream`` chooses among several
        video streams. ReviewerError leaves nothing behind.
        """
        folder.create_folder(Path(path), Path(video), ontology, progress, stream)
        return cls.open(path, author=author, progress=progress)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        author: str | None = None,
        progress: Progress | None = None,
    ) -> Project:
        """Open a project folder; ProjectError when it is none. A missing or different video does
        not prevent it: see :attr:`video_problem`."""
        return cls(Path(path).absolute(), author, progress)

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def flush(self) -> None:
        """Bring every edit into the store's files now (they are durable in the journal anyway)."""
        self._door.persistence.flush()

    def close(self) -> None:
        """Flush, stop watching, release the files. A closed project cannot be used."""
        if self._core.closed:
            return
        self.sessions.close()
        self._core.closed = True
        self._door.follower.stop()
        self._door.persistence.close()
        self._core.close()

    # -- what it is -------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The project folder."""
        return self._core.layout.root

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._core.layout.root.name

    @property
    def author(self) -> str:
        """Who edits, unless an edit says otherwise."""
        if self._author is None:
            self._author = default_author(self._core.layout.root)
        return self._author

    @property
    def ontology(self) -> Ontology:
        """Classes, properties and rules as they are now."""
        return self._core.ontology

    @property
    def warnings(self) -> list[str]:
        """What could not be read when the project was opened, or since: a sentence each."""
        return self._core.warnings

    @property
    def read_only(self) -> str | None:
        """Why nothing can be changed, None when it can."""
        return self._core.read_only

    @property
    def revision(self) -> int:
        """How many changes there were since the project was opened."""
        return self._door.revision

    @property
    def frame_count(self) -> int:
        """How many frames the video shows."""
        return self._core.record.frame_count

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit of pts."""
        return self._core.record.time_base

    @property
    def pts(self) -> NDArray[np.int64]:
        """The presentation time of each frame in units of :attr:`time_base`, ``(frame_count,)``."""
        return self._core.pts

    @property
    def engine_times(self) -> NDArray[np.float64] | None:
        """What the engine interpolates over: each frame's pts, or None for frame numbers."""
        return self._core.engine_times

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each frame since the first, float64 ``(frame_count,)``."""
        return np.asarray((self.pts - self.pts[0]) * float(self._core.record.time_base))

    @property
    def record(self) -> attach.VideoRecord:
        """What ``video.json`` says of the video."""
        return self._core.record

    @property
    def video(self) -> Video:
        """The video; VideoError with the reason when it is missing or another file."""
        if self._core.video is None:
            raise self._core.video_error or VideoError("The project is closed.")
        return self._core.video

    @property
    def video_problem(self) -> str | None:
        """Why there is no video, or None."""
        return None if self._core.video_error is None else str(self._core.video_error)

    @property
    def video_path(self) -> Path | None:
        """Where the video is, None when it is not attached."""
        return None if self._core.video is None else Path(self._core.video.path)

    def findings(self) -> Findings | None:
        """What the last check found wrong with the video; None when none was run on this machine,
        or on another video. Never waits for a check."""
        return self._video_check.get(self._core.record)

    def check_video(self, progress: Progress | None = None, quick: bool = False) -> Findings:
        """Look for faults of the video in a process of its own, and keep them for
        :meth:`findings`. ``quick`` stays with what demuxing reveals, unless more is known already.
        ``progress`` gets thousandths; what it raises ends the check. VideoError without video."""
        video = self.video.path
        return self._video_check.run(Path(video), self._core.record, quick, progress)

    # -- reading ----------------------------------------------------------------------------

    @property
    def entities(self) -> Mapping[str, Entity]:
        """Entities that are not deleted, by id: in natural order of name, new ones last."""
        with self._core.mutex:
            ids = [self._core.state.ids[number] for number in self._core.state.live.tolist()]
        return {entity_id: Entity(self, entity_id) for entity_id in ids}

    def entity(self, id_or_name: str) -> Entity:
        """The entity of that id, else the first of that name; ProjectError when there is none."""
        with self._core.mutex:
            if (found := self._core.state.attributes.get(id_or_name)) and not found.deleted:
                return Entity(self, id_or_name)
            for number in self._core.state.live.tolist():
                entity_id = self._core.state.ids[number]
                if self._core.state.attributes[entity_id].name == id_or_name:
                    return Entity(self, entity_id)
        raise ProjectError(f'There is no entity "{id_or_name:.100}" in {self.path}.')

    def attributes(self, entity_id: str) -> Attributes:
        """What is constant about an entity (also a deleted one); ProjectError without."""
        return self._core.attributes(entity_id)

    @property
    def scene(self) -> Entity:
        """The entity that stands for the whole picture; its class holds the ontology's scene
        properties. It is made by the first write to it. EditError without scene properties."""
        if self.ontology.scene is None:
            raise EditError(
                'The ontology has no scene properties: give it a "scene" to describe the whole '
                "picture."
            )
        return Entity(self, SCENE_ENTITY)

    def id_of(self, number: int) -> str:
        """The id of the entity with that number, also of a deleted one; ProjectError without."""
        with self._core.mutex:
            if not 0 <= number < len(self._core.state.ids):
                raise ProjectError(f"There is no entity number {number} in {self.path}.")
            return self._core.state.ids[number]

    def knows(self, entity_id: str) -> bool:
        """Whether there is, or was, an entity of that id."""
        return entity_id in self._core.state.attributes

    def property_kind(self, entity_id: str, name: str) -> Kind:
        """The kind of a property of an entity, also of ``box.mode`` and ``box.source``: what the
        ontology says, else what its keyframes are; EditError when it can have no such property."""
        return self._core.property_kind(entity_id, name)

    def keyframes(self, entity_id: str, name: str, kind: Kind | None = None) -> Keyframes:
        """The stored keyframes of one property."""
        return self._core.keyframes(entity_id, name, kind)

    def modes(self, entity_id: str, name: str) -> NDArray[np.int8] | None:
        """For each keyframe the rule that overrides the kind's (an index into ``MODES``, -1 for
        none), None where no keyframe has one."""
        with self._core.mutex:
            return self._core.state.modes(entity_id, name, self.property_kind(entity_id, name))

    def number(self, entity_id: str) -> int:
        """The entity's number, stable while the project is open, never reused."""
        return self._core.state.number[entity_id]

    def has_edit(self, edit_id: str) -> bool:
        """Whether an edit of that id was made already, as far as the journal remembers: the last
        tens of thousands at least."""
        with self._core.mutex:
            return self._door.past.has(edit_id)

    def edit_ids(self) -> list[str]:
        """The ids of all edits that :meth:`has_edit` knows, the oldest first."""
        with self._core.mutex:
            return self._door.past.ids()

    def keyframe_count(self) -> int:
        """How many keyframes there are, those of deleted entities left out."""
        with self._core.mutex:
            live = self._core.state.live
            tables = self._core.state.tables.items()
            # companions say more about keyframes, and are none themselves
            return int(sum(t.counts(live).sum() for (name, _), t in tables if "." not in name))

    def check_frame(self, frame: Any) -> int:
        """``frame`` as an int; EditError unless it is one of the video's."""
        try:
            frame = operator.index(frame)
        except TypeError:
            raise EditError(f"A frame is a whole number, not {frame!r:.40}.") from None
        if not 0 <= frame < self.frame_count:
            raise EditError(
                f"Frame {frame} is outside the video: its frames are 0 to {self.frame_count - 1}."
            )
        return int(frame)

    def check_undamaged(self, entity_id: str, name: str) -> None:
        """EditError when part of a property could not be read: what is made from the rest would
        pass for all of it."""
        companions = (f"{name}.{companion}" for companion in COMPANIONS)
        if any((entity_id, each) in self._door.persistence.damaged for each in (name, *companions)):
            raise EditError(
                f'"{name}" of "{self.attributes(entity_id).name}" is damaged on disk; restore its '
                f"files from git first."
            )

    def evaluate(
        self,
        first: int,
        stop: int,
        entities: Sequence[str] | None = None,
        properties: Sequence[str] | None = None,
    ) -> Table:
        """The engine's values on frames ``[first, stop)``, where entities are present or occluded.

        EditError when the range is not within the video. ``entities`` are ids.
        """
        if not 0 <= first <= stop <= self.frame_count:
            raise EditError(
                f"Frames {first} to {stop} are not within the video's 0 to {self.frame_count}."
            )
        with self._core.mutex:
            return self._core.state.evaluate(first, stop, self.ontology, entities, properties)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[State]:
        """The state, held still: for reading everything at once, such as statistics. Short."""
        with self._core.mutex:
            yield self._core.state

    def spans(
        self, first: int = 0, stop: int | None = None, entities: Sequence[str] | None = None
    ) -> overview.Spans:
        """Where entities are there within ``[first, stop)``: of all, or of those with the given
        ids, in columns. EditError when the range is not within the video."""
        stop = self.frame_count if stop is None else stop
        if not 0 <= first <= stop <= self.frame_count:
            raise EditError(
                f"Frames {first} to {stop} are not within the video's 0 to {self.frame_count}."
            )
        with self._core.mutex:
            return overview.spans(
                self._core.state, overview.numbers_of(self._core.state, entities), first, stop
            )

    def lives(self) -> overview.Lives:
        """First and last frame and number of keyframes of every entity, in columns."""
        with self._core.mutex:
            return overview.lives(self._core.state)

    def density(self, bins: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Keyframes in each of ``bins`` equal stretches of the video (at most one for each frame),
        and how many entities are there on average: int64 and float64 ``(bins,)``."""
        with self._core.mutex:
            return overview.density(self._core.state, max(1, min(bins, self.frame_count)))

    def missing(self, entities: Sequence[str] | None = None) -> list[Missing]:
        """Required properties that have no value where their entity is there and they apply, of
        all entities or of those with the given ids."""
        with self._core.mutex:
            for entity in entities or ():
                self.attributes(entity)
            return completeness.missing(self._core.state, self.ontology, entities)

    # -- changing ---------------------------------------------------------------------------

    def transaction(
        self, label: str, author: str | None = None, edit_id: str | None = None
    ) -> AbstractContextManager[Transaction]:
        """Everything changed inside is one edit: one undo, whole or absent, durable on exit. An
        exception inside leaves the project as it was. Inside another one it becomes part of it,
        and an exception takes back that part. ``edit_id`` sent twice is applied once."""
        return self._door.transaction(label, author or self.author, edit_id)

    def apply(self, edit: Edit) -> Change:
        """Check an edit, make it durable in the journal, put it in place, tell subscribers.
        Inside a transaction it becomes part of that, and waits for its end with the rest.

        EditError when it is not allowed or cannot be written: then nothing was changed. An edit
        whose id was applied before, or that changes nothing, is acknowledged and not repeated.
        """
        return self._door.apply(edit)

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back after each change, from whatever thread made or noticed it, also those of
        other processes and of git. Returns a function that ends it."""
        return self._door.subscribe(callback)

    # -- the changes people make ------------------------------------------------------------

    def add_entity(
        self,
        class_name: str,
        name: str | None = None,
        frame: int = 0,
        entity_id: str | None = None,
    ) -> Entity:
        """A new entity, present from ``frame`` on. Its name defaults to ``class_N``."""
        frame = self.check_frame(frame)
        entity_class = self.ontology.entity_class(class_name)
        if entity_class is self.ontology.scene:
            raise EditError("There is one scene, and it is always there: use project.scene.")
        # nothing around the transaction holds the mutex: subscribers are called at its end
        with self.transaction("") as transaction:
            name = name or self._free_name(class_name)
            if not transaction.edit.label:
                transaction.edit = replace(transaction.edit, label=f"Add {name}")
            while entity_id is None:
                candidate = new_entity_id(class_name)
                entity_id = candidate if candidate not in self._core.state.attributes else None
            if entity_id in self._core.state.attributes:
                raise EditError(f'There already is an entity "{entity_id:.100}".')
            constants = entity_class.constant_defaults()
            transaction.set_attributes(entity_id, Attributes(class_name, name, constants))
            present = entity_class.properties["presence"].encode("present")
            transaction.put(entity_id, "presence", [frame], present[None])
            for definition in entity_class.declared:
                if definition.time_varying and definition.default is not None:
                    row = definition.encode(definition.default)
                    transaction.put(entity_id, definition.name, [frame], row[None])
        return Entity(self, entity_id)

    def add_event(
        self,
        class_name: str,
        first: int,
        stop: int,
        name: str | None = None,
        **properties: Any,
    ) -> Entity:
        """A new event on frames ``[first, stop)``, as one edit. ``properties`` are its values:
        those that change over time get a keyframe at ``first``."""
        if not self.ontology.entity_class(class_name).event:
            raise EditError(f"A {class_name} is no event: add it with add_entity.")
        first = self.check_frame(first)
        if not first < (stop := operator.index(stop)) <= self.frame_count:
            raise EditError(
                f"An event from frame {first} ends behind one of {first + 1} to "
                f"{self.frame_count}, not {stop}."
            )
        with self.transaction(""):
            event = self.add_entity(class_name, name, first)
            if stop < self.frame_count:
                event["presence"][stop] = "absent"
            for key, value in properties.items():
                if event[key].definition.time_varying:
                    event[key][first] = value
                else:
                    event[key] = value
        return event

    def change_ontology(
        self,
        new: Ontology | Mapping[str, Any],
        label: str | None = None,
        merged: Sequence[Merged] = (),
        *,
        base: Ontology | None = None,
    ) -> None:
        """Give the project another ontology, as one edit. What cannot stay is removed by the same
        edit, so undo restores it: ask ``evolution.cost`` first what that is. ``merged`` names
        choices whose values become those of another. ``base`` is the ontology that ``new`` was
        made from: what others changed since then stays. EditError when stored values would need
        another kind; OntologyError when ``new`` is malformed."""
        ontology = new if isinstance(new, Ontology) else Ontology.parse(dict(new))
        with self.transaction(label or "Change the ontology") as transaction:
            if base is not None:
                ontology = merged_ontology(base, ontology, self.ontology)
            transaction.add(evolution.change(self._core.state, self.ontology, ontology, merged))

    def _free_name(self, class_name: str) -> str:
        state = self._core.state
        taken = {state.attributes[state.ids[number]].name for number in state.live}
        number = 1 + max(
            (int(n.rpartition("_")[2]) for n in taken if _is_numbered(n, class_name)), default=0
        )
        return f"{class_name}_{number}"

    def set_attributes(self, entity_id: str, label: str, **changes: Any) -> None:
        """Change ``name``, ``class_name``, ``constants`` or ``deleted`` of one entity."""
        with self.transaction(label) as transaction:
            transaction.set_attributes(entity_id, replace(self.attributes(entity_id), **changes))

    def undo(
        self, author: str | None = None, edit_id: str | None = None, after: str | None = None
    ) -> Edit | None:
        """Take back the author's last edit; None when there is none. What others have changed
        since stays; EditError when nothing of the edit stands any more. ``edit_id`` is to be the
        id of the edit that does it. ``after`` is the id of the author's newest edit (undo, redo)
        when the undo was asked for: of what was done since, nothing is taken back; EditError when
        there is no such edit."""
        return self._door.revert(author or self.author, edit_id, after, redo=False)

    def redo(
        self, author: str | None = None, edit_id: str | None = None, after: str | None = None
    ) -> Edit | None:
        """Take back the author's last undo; None when there is none. Else as :meth:`undo`."""
        return self._door.revert(author or self.author, edit_id, after, redo=True)

    @property
    def last_edit_id(self) -> str | None:
        """The id of this author's newest edit, undo or redo, as far as the journal goes."""
        with self._core.mutex:
            return self._door.past.history().last(self.author)

    @property
    def undo_label(self) -> str | None:
        """What :meth:`undo` would take back, or None."""
        with self._core.mutex:
            return self._door.past.history().undo_label(self.author)

    @property
    def redo_label(self) -> str | None:
        """What :meth:`redo` would bring back, or None."""
        with self._core.mutex:
            return self._door.past.history().redo_label(self.author)


def _is_numbered(name: str, class_name: str) -> bool:
    stem, _, number = name.rpartition("_")
    return stem == class_name and number.isdecimal() and len(number) < 10


__all__ = ["Change", "Project", "ReviewerError", "Transaction", "natural_key"]
