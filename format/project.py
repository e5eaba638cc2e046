"""A project: the one door through which everything is read and changed."""

from __future__ import annotations

import contextlib
import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import attach, checks, completeness, evolution, folder, overview
from .attach import Progress
from .author import default_author
from .completeness import Missing
from .edit import Attributes, Edit, new_edit_id
from .entity import Entity
from .errors import EditError, ProjectError, ReviewerError, VideoError
from .evolution import Merged
from .history import History, edit_ids_of, reversal, steps_of
from .journal import CHECKPOINT, EDIT, REMAP, Journal, Position, since_remap
from .keyframes import Keyframes
from .kinds import COMPANIONS, Kind
from .layout import Layout, new_entity_id
from .ontology import SCENE, SCENE_ENTITY, Ontology, PropertyDefinition
from .ontology_merge import merged_ontology
from .persist import Persistence
from .reference_checks import check_references
from .remap import perform
from .remap.edit import RemapEdit
from .review import Reviews
from .sessions import Sessions
from .state import State, natural_key
from .table import Table
from .transaction import Change, Done, Transaction
from .video import Video
from .video_findings import Findings, VideoCheck

_REMEMBERED_EDITS = 50_000


class Project:
    """An open project folder. Make one with :meth:`create` or :meth:`open`; a context manager.

    Every method may be called from any thread.
    """

    def __init__(self, path: Path, author: str | None, progress: Progress | None) -> None:
        self._layout = Layout(path)
        perform.recover(self._layout)
        opened = folder.open_folder(self._layout)
        self.ontology: Ontology = opened.ontology
        self._record = opened.record
        self.warnings: list[str] = list(opened.warnings)
        self.read_only: str | None = folder.why_read_only(self._layout)
        self._author = author
        self._mutex = threading.RLock()
        self._subscribers: list[Callable[[Change], None]] = []
        self._transaction: Transaction | None = None
        self._seen: dict[str, None] = {}
        self._history: History | None = None
        self._closed = False
        self.revision = 0
        self._video: Video | None = None
        self._video_error: VideoError | None = None
        self._video_check = VideoCheck(self._layout)
        self.pts: NDArray[np.int64]
        self.engine_times: NDArray[np.float64] | None
        self._take_times(opened.pts, progress)
        self._state = State(self.frame_count, self.engine_times)
        self._journal: Journal
        self._persistence = Persistence(self)
        with self._mutex:
            self._persistence.load(progress)
        self.reviews = Reviews(self, self._layout)
        self.sessions = Sessions(self, self._layout)

    # -- opening and closing ----------------------------------------------------------------

    @classmethod
    def create(
        cls,
        path: str | Path,
        video: str | Path,
        ontology: Ontology | Mapping[str, Any] | str | Path | None = None,
        *,
        author: str | None = None,
        progress: Progress | None = None,
    ) -> Project:
        """Make a project folder for a video and open it. The video is indexed whole (a demux scan,
        with progress in bytes), referenced and never changed. ReviewerError leaves nothing behind.
        """
        folder.create_folder(Path(path), Path(video), ontology, progress)
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

    def _attach(self, progress: Progress | None) -> None:
        try:
            self._video = attach.attach(self._record, self._layout, progress)
        except VideoError as error:
            self._video_error = error

    def _take_times(
        self, stored: NDArray[np.int64] | None, progress: Progress | None = None
    ) -> None:
        """Attach the video that the record names, and know when its frames are shown."""
        self._attach(progress)
        self.pts = self._frame_times(stored)
        over_pts = self._record.interpolate_over == "pts"
        self.engine_times = self.pts.astype(np.float64) if over_pts else None

    def _frame_times(self, stored: NDArray[np.int64] | None) -> NDArray[np.int64]:
        if stored is not None:
            return stored
        if self._video is not None:
            return self._video.index.pts
        if self._record.interpolate_over == "pts":
            raise ProjectError(
                f"The frame times in {self._layout.pts} cannot be used, and between keyframes "
                f"everything moves by them; restore them from git, or put the video back."
            )
        return np.arange(self.frame_count, dtype=np.int64)

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def flush(self) -> None:
        """Bring every edit into the store's files now (they are durable in the journal anyway)."""
        self._persistence.flush()

    def close(self) -> None:
        """Flush, stop watching, release the files. A closed project cannot be used."""
        if self._closed:
            return
        self.sessions.close()
        self._closed = True
        self._persistence.close()
        if self._video is not None:
            self._video.close()

    # -- what it is -------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The project folder."""
        return self._layout.root

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._layout.root.name

    @property
    def author(self) -> str:
        """Who edits, unless an edit says otherwise."""
        if self._author is None:
            self._author = default_author(self._layout.root)
        return self._author

    @property
    def frame_count(self) -> int:
        """How many frames the video shows."""
        return self._record.frame_count

    @property
    def time_base(self) -> Fraction:
        """Seconds per unit of pts."""
        return self._record.time_base

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each frame since the first, float64 ``(frame_count,)``."""
        return np.asarray((self.pts - self.pts[0]) * float(self._record.time_base))

    @property
    def record(self) -> attach.VideoRecord:
        """What ``video.json`` says of the video."""
        return self._record

    @property
    def video(self) -> Video:
        """The video; VideoError with the reason when it is missing or another file."""
        if self._video is None:
            raise self._video_error or VideoError("The project is closed.")
        return self._video

    @property
    def video_problem(self) -> str | None:
        """Why there is no video, or None."""
        return None if self._video_error is None else str(self._video_error)

    @property
    def video_path(self) -> Path | None:
        """Where the video is, None when it is not attached."""
        return None if self._video is None else Path(self._video.path)

    def findings(self) -> Findings | None:
        """What the last check found wrong with the video; None when none was run on this machine,
        or on another video. Never waits for a check."""
        return self._video_check.get(self._record)

    def check_video(self, progress: Progress | None = None, quick: bool = False) -> Findings:
        """Look for faults of the video in a process of its own, and keep them for
        :meth:`findings`. ``quick`` stays with what demuxing reveals, unless more is known already.
        ``progress`` gets thousandths; what it raises ends the check. VideoError without video."""
        video = self.video.path
        return self._video_check.run(Path(video), self._record, quick, progress)

    # -- reading ----------------------------------------------------------------------------

    @property
    def entities(self) -> Mapping[str, Entity]:
        """Entities that are not deleted, by id: in natural order of name, new ones last."""
        with self._mutex:
            ids = [self._state.ids[number] for number in self._state.live.tolist()]
        return {entity_id: Entity(self, entity_id) for entity_id in ids}

    def entity(self, id_or_name: str) -> Entity:
        """The entity of that id, else the first of that name; ProjectError when there is none."""
        with self._mutex:
            if (found := self._state.attributes.get(id_or_name)) and not found.deleted:
                return Entity(self, id_or_name)
            for number in self._state.live.tolist():
                entity_id = self._state.ids[number]
                if self._state.attributes[entity_id].name == id_or_name:
                    return Entity(self, entity_id)
        raise ProjectError(f'There is no entity "{id_or_name:.100}" in {self.path}.')

    def attributes(self, entity_id: str) -> Attributes:
        """What is constant about an entity (also a deleted one)."""
        with self._mutex:
            found = self._state.attributes.get(entity_id)
            if entity_id == SCENE_ENTITY:
                found = self.scene_to_make() or found
        if found is None:
            raise ProjectError(f'There is no entity "{entity_id:.100}" in {self.path}.')
        return found

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

    def scene_to_make(self) -> Attributes | None:
        """What the scene's entity is made with, None when it is there or there can be none."""
        scene, found = self.ontology.scene, self._state.attributes.get(SCENE_ENTITY)
        if scene is None or (found is not None and not found.deleted):
            return None
        constants = {d.name: d.default for d in scene.declared if _is_constant_default(d)}
        return Attributes(SCENE, scene.label, constants)

    def id_of(self, number: int) -> str:
        """The id of the entity with that number, also of a deleted one; ProjectError without."""
        with self._mutex:
            if not 0 <= number < len(self._state.ids):
                raise ProjectError(f"There is no entity number {number} in {self.path}.")
            return self._state.ids[number]

    def knows(self, entity_id: str) -> bool:
        """Whether there is, or was, an entity of that id."""
        return entity_id in self._state.attributes

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
        kind = self._state.stored_kind(entity_id, name)
        if kind is None:
            raise EditError(
                f'A {attributes.class_name} has no property "{name:.80}" that changes over time.'
            )
        return kind

    def keyframes(self, entity_id: str, name: str, kind: Kind | None = None) -> Keyframes:
        """The stored keyframes of one property."""
        with self._mutex:
            self.attributes(entity_id)
            kind = kind or self.property_kind(entity_id, name)
            return self._state.keyframes(entity_id, name, kind)

    def modes(self, entity_id: str, name: str) -> NDArray[np.int8] | None:
        """For each keyframe the rule that overrides the kind's (an index into ``MODES``, -1 for
        none), None where no keyframe has one."""
        with self._mutex:
            return self._state.modes(entity_id, name, self.property_kind(entity_id, name))

    def number(self, entity_id: str) -> int:
        """The entity's number, stable while the project is open, never reused."""
        return self._state.number[entity_id]

    def has_edit(self, edit_id: str) -> bool:
        """Whether an edit of that id was made already, as far as the journal remembers: the last
        tens of thousands at least."""
        with self._mutex:
            self._full_history()
            return edit_id in self._seen

    def edit_ids(self) -> list[str]:
        """The ids of all edits that :meth:`has_edit` knows, the oldest first."""
        with self._mutex:
            self._full_history()
            return list(self._seen)

    def keyframe_count(self) -> int:
        """How many keyframes there are, those of deleted entities left out."""
        with self._mutex:
            live = self._state.live
            tables = self._state.tables.items()
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
        if any((entity_id, each) in self._persistence.damaged for each in (name, *companions)):
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
        with self._mutex:
            return self._state.evaluate(first, stop, self.ontology, entities, properties)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[State]:
        """The state, held still: for reading everything at once, such as statistics. Short."""
        with self._mutex:
            yield self._state

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
        with self._mutex:
            return overview.spans(
                self._state, overview.numbers_of(self._state, entities), first, stop
            )

    def lives(self) -> overview.Lives:
        """First and last frame and number of keyframes of every entity, in columns."""
        with self._mutex:
            return overview.lives(self._state)

    def density(self, bins: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Keyframes in each of ``bins`` equal stretches of the video (at most one for each frame),
        and how many entities are there on average: int64 and float64 ``(bins,)``."""
        with self._mutex:
            return overview.density(self._state, max(1, min(bins, self.frame_count)))

    def missing(self, entities: Sequence[str] | None = None) -> list[Missing]:
        """Required properties that have no value where their entity is there and they apply, of
        all entities or of those with the given ids."""
        with self._mutex:
            for entity in entities or ():
                self.attributes(entity)
            return completeness.missing(self._state, self.ontology, entities)

    # -- changing ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(
        self, label: str, author: str | None = None, edit_id: str | None = None
    ) -> Iterator[Transaction]:
        """Everything changed inside is one edit: one undo, whole or absent, durable on exit. An
        exception inside leaves the project as it was. Inside another one it becomes part of it,
        and an exception takes back that part. ``edit_id`` sent twice is applied once."""
        with self._mutex:
            if self._transaction is not None:
                before = len(self._transaction.parts)
                try:
                    yield self._transaction
                except BaseException:  # whoever catches it goes on without this part
                    self._take_back(self._transaction, before)
                    raise
                return
            inner = Transaction(self, label, author or self.author, edit_id or new_edit_id())
            self._transaction = inner
            try:
                with inner:
                    yield inner
            except BaseException:
                self._take_back(inner)
                raise
            finally:
                self._transaction = None
            done = self._commit(inner)
            inner.edit = done.edit
        self._acknowledge(done)

    def check_in_transaction(self, part: Edit) -> Edit:
        """Check one part of an open transaction and put it in place; for :class:`Transaction`."""
        if part.entities:
            known = self._state.attributes
            entities = tuple(replace(c, old=known.get(c.entity)) for c in part.entities)
            part = replace(part, entities=entities)
        part = checks.checked(part, self._state, self.ontology, self._persistence.damaged)
        self.put_in_place(part)  # what is read inside the transaction sees it
        return part

    def put_in_place(self, edit: Edit) -> None:
        """Let the state and the ontology be as the edit leaves them; the mutex is held."""
        self._state.absorb(edit)
        if edit.ontology is not None:
            self.ontology = edit.ontology.new

    def _take_back(self, transaction: Transaction, since: int = 0) -> None:
        """Undo the parts of an open transaction from number ``since`` on."""
        parts = transaction.parts[since:]
        del transaction.parts[since:]
        for part in reversed(parts):
            self.put_in_place(part.invert())
            for change in part.entities:
                if change.old is None:
                    self._state.forget(change.entity)

    def apply(self, edit: Edit) -> Change:
        """Check an edit, make it durable in the journal, put it in place, tell subscribers.
        Inside a transaction it becomes part of that, and waits for its end with the rest.

        EditError when it is not allowed or cannot be written: then nothing was changed. An edit
        whose id was applied before, or that changes nothing, is acknowledged and not repeated.
        """
        if isinstance(edit, RemapEdit):
            return self._remap(edit)
        with self._mutex:
            if self._transaction is not None:
                part = self._transaction.add(edit)
                return self._change(part, "local")
            done = self._apply(edit)
        self._acknowledge(done)
        return done.changes[-1]

    def _remap(self, edit: RemapEdit) -> Change:
        """Change the video, and with it the number of every frame. Not with the mutex held."""
        self._needs_writable()
        with self._persistence.settled() as news:
            if self._transaction is not None:
                raise EditError("The video cannot be changed inside a transaction.")
            change = self._renumbered(perform.apply(self, edit), "local")
        self._publish([*news, change])
        return change

    def _renumbered(self, edit: RemapEdit | None, origin: str) -> Change:
        """Take everything from the folder anew, in which another video is named by now."""
        perform.move_into_place(self._layout)  # unless whoever did it was stopped at that
        if edit is not None:
            self._seen[edit.id] = None
        opened = folder.open_folder(self._layout)
        self._record = opened.record
        if self._video is not None:
            self._video.close()
        self._video = self._video_error = None
        self._take_times(opened.pts)
        self._persistence.reload()
        self.reviews.renumbered()
        self._history = None
        self.revision += 1
        entities = frozenset(self._state.ids)
        return Change(self.revision, edit or Edit(), origin, entities, (0, self.frame_count), True)

    def _apply(self, edit: Edit) -> Done:
        """Journal and put in place; the mutex is held."""
        self._needs_writable()
        with self._persistence.lock:
            news = self._catch_up()
            if edit.id not in self._seen:
                edit = checks.checked(edit, self._state, self.ontology, self._persistence.damaged)
                ontology = edit.ontology.new if edit.ontology else self.ontology
                check_references(edit, self._state, ontology)
                if edit:
                    position = self._journal.append(EDIT, edit.to_bytes())
                    change = self._absorb(edit, "local", position)
                    return Done(edit, position, [*news, change])
            nothing = Change(self.revision, edit, "local", frozenset(), None, False)
            return Done(edit, self._journal.position, [*news, nothing])

    def _commit(self, transaction: Transaction) -> Done:
        """End a transaction, whose parts are checked and in place; the mutex is held."""
        edit = transaction.edit
        try:
            if not edit:
                self._take_back(transaction)
                return Done(edit, self._journal.position, [])
            self._needs_writable()
            check_references(edit, self._state, self.ontology)
            with self._persistence.lock:
                if not self._journal.has_news() and edit.id not in self._seen:
                    position = self._journal.append(EDIT, edit.to_bytes())
                    change = self._absorb(edit, "local", position, in_place=True)
                    return Done(edit, position, [change])
        except BaseException:
            self._take_back(transaction)
            raise
        self._take_back(transaction)  # others were faster: check again on top of what they did
        return self._apply(edit)

    def _acknowledge(self, done: Done) -> None:
        """Make the edit durable; only then does anybody hear of it. Never with the mutex held: a
        subscriber may wait for a thread that waits for the project."""
        self._journal.sync(done.position)
        self._publish(done.changes)
        if self._persistence.pending:
            self._persistence.wake()

    def _needs_writable(self) -> None:
        if self.read_only:
            raise EditError(f"The project is read-only: {self.read_only}")
        if self._closed:
            raise EditError("The project is closed.")

    def _catch_up(self) -> list[Change]:
        """Take in what other processes appended; the mutex is held."""
        changes: list[Change] = []
        if not self._journal.has_news():
            return changes
        if self._journal.left_behind:
            return self._persistence.start_over()
        for record in since_remap(list(self._journal.read_new())):
            if record.type == REMAP:
                changes.append(self._renumbered(checks.sound_remap(record.body), "peer"))
            elif record.type == EDIT:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    edit = self.read_edit(record.body)
                    changes.append(self._absorb(edit, "peer", record.end))
            elif record.type == CHECKPOINT:
                self._persistence.checkpointed(record)
        return changes

    def _absorb(
        self, edit: Edit, origin: str, position: Position | None, *, in_place: bool = False
    ) -> Change:
        if not in_place:
            self.put_in_place(edit)
        self.revision += 1
        if position is not None:
            self._persistence.note(edit, position)
            self._seen[edit.id] = None
            if len(self._seen) > _REMEMBERED_EDITS:
                del self._seen[next(iter(self._seen))]
            if self._history is not None:
                self._history.record(edit)
        return self._change(edit, origin)

    def _change(self, edit: Edit, origin: str) -> Change:
        """What subscribers hear of an edit that is in place."""
        return Change(
            self.revision,
            edit,
            origin,
            edit.touched,
            self._affected(edit),
            bool(edit.entities or edit.ontology),
        )

    def _affected(self, edit: Edit) -> tuple[int, int] | None:
        """The frames whose values an edit may have changed: out to the keyframes on both sides."""
        first, stop = self.frame_count, 0
        for cell in edit.cells:
            frames = self._state.keyframes(cell.entity, cell.property, cell.kind).frames
            before = int(frames.searchsorted(cell.frames[0])) - 1
            after = int(frames.searchsorted(cell.frames[-1], "right"))
            first = min(first, int(frames[before]) if before >= 0 else int(cell.frames[0]))
            stop = max(stop, int(frames[after]) if after < len(frames) else self.frame_count)
        if edit.entities or edit.ontology:
            return 0, self.frame_count
        return (first, stop) if first < stop else None

    def _publish(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.entities or change.structure:
                for subscriber in tuple(self._subscribers):
                    subscriber(change)

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back after each change, from whatever thread made or noticed it, also those of
        other processes and of git. Returns a function that ends it."""
        self._subscribers.append(callback)
        self._persistence.watch()

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._subscribers.remove(callback)

        return unsubscribe

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
                entity_id = candidate if candidate not in self._state.attributes else None
            if entity_id in self._state.attributes:
                raise EditError(f'There already is an entity "{entity_id:.100}".')
            declared = entity_class.declared
            constants = {d.name: d.default for d in declared if _is_constant_default(d)}
            transaction.set_attributes(entity_id, Attributes(class_name, name, constants))
            present = entity_class.properties["presence"].encode("present")
            transaction.put(entity_id, "presence", [frame], present[None])
            for definition in declared:
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
            transaction.add(evolution.change(self._state, self.ontology, ontology, merged))

    def _free_name(self, class_name: str) -> str:
        taken = {self._state.attributes[self._state.ids[n]].name for n in self._state.live}
        number = 1 + max(
            (int(n.rpartition("_")[2]) for n in taken if _is_numbered(n, class_name)), default=0
        )
        return f"{class_name}_{number}"

    def set_attributes(self, entity_id: str, label: str, **changes: Any) -> None:
        """Change ``name``, ``class_name``, ``constants`` or ``deleted`` of one entity."""
        with self.transaction(label) as transaction:
            transaction.set_attributes(entity_id, replace(self.attributes(entity_id), **changes))

    def undo(self, author: str | None = None, edit_id: str | None = None) -> Edit | None:
        """Take back the author's last edit; None when there is none. What others have changed
        since stays; EditError when nothing of the edit stands any more. ``edit_id`` is to be the
        id of the edit that does it."""
        return self._revert(author, edit_id, redo=False)

    def redo(self, author: str | None = None, edit_id: str | None = None) -> Edit | None:
        """Take back the author's last undo; None when there is none."""
        return self._revert(author, edit_id, redo=True)

    def _revert(self, author: str | None, edit_id: str | None, *, redo: bool) -> Edit | None:
        author = author or self.author
        while True:
            with self._mutex, self._persistence.lock:
                if self._transaction is not None:
                    raise EditError("Nothing can be undone or redone inside a transaction.")
                news = self._catch_up()
                if not news:
                    done = self._step_back(author, edit_id or new_edit_id(), redo)
                    break
            self._publish(news)  # then on top of what others did meanwhile
        if done is None:
            return None
        if isinstance(done, RemapEdit):
            return self._remap(done).edit
        self._acknowledge(done)
        return done.edit

    def _step_back(self, author: str, edit_id: str, redo: bool) -> Done | RemapEdit | None:
        """Undo or redo on a state that has all news; mutex and lock are held. A remap is given
        back to be done without them."""
        history = self._full_history()
        target = history.next_redo(author) if redo else history.next_undo(author)
        if target is None:
            return None
        if isinstance(target, RemapEdit):
            back: Edit | RemapEdit = target.invert()
        else:
            back = reversal(target, self._state, self.ontology)
        edit = replace(
            back,
            id=edit_id,
            author=author,
            label=target.label,
            undoes=None if redo else target.id,
            redoes=target.id if redo else None,
        )
        if isinstance(edit, RemapEdit):
            return edit
        try:
            stands = checks.checked(edit, self._state, self.ontology, self._persistence.damaged)
        except EditError:
            history.record(edit)  # step over it, or nothing older could be undone
            raise
        if not stands:
            history.record(edit)
            verb = "redone" if redo else "undone"
            raise EditError(f'"{target.label}" cannot be {verb}: it was changed since.')
        return self._apply(edit)

    def _full_history(self) -> History:
        if self._history is None:
            history = History()
            with self._persistence.lock:
                records = list(self._journal.history())
                for step in steps_of(records, self.frame_count):
                    history.follow(step)
                self._remember(edit_ids_of(records))
            self._history = history
        return self._history

    def _remember(self, ids: Iterable[str]) -> None:
        """Take note of the ids of a journal, in its order; what it does not name is older."""
        found = dict.fromkeys(ids)
        older = [edit_id for edit_id in self._seen if edit_id not in found]
        known = [*older, *found]
        self._seen = dict.fromkeys(known[-_REMEMBERED_EDITS:])

    def read_edit(self, data: bytes) -> Edit:
        """An edit from the journal's bytes; ValueError, KeyError or TypeError when it is none."""
        return checks.sound(Edit.from_bytes(data), self.frame_count)

    @property
    def undo_label(self) -> str | None:
        """What :meth:`undo` would take back, or None."""
        with self._mutex:
            return self._full_history().undo_label(self.author)

    @property
    def redo_label(self) -> str | None:
        """What :meth:`redo` would bring back, or None."""
        with self._mutex:
            return self._full_history().redo_label(self.author)


def _is_constant_default(definition: PropertyDefinition) -> bool:
    return definition.default is not None and not definition.time_varying


def _is_numbered(name: str, class_name: str) -> bool:
    stem, _, number = name.rpartition("_")
    return stem == class_name and number.isdecimal() and len(number) < 10


__all__ = ["Change", "Project", "ReviewerError", "Transaction", "natural_key"]
