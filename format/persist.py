"""Between a project in memory and its folder: loading, the journal's edits brought into the store,
and what other processes and git do to the files."""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .attach import VideoRecord
from .cache import KeyframeCache, read_cache, write_cache
from .codec import DamagedChunk
from .edit import CellsChange, Edit, EditSummary, EntityChange, OntologyChange
from .errors import EditError, OntologyError, ProjectError, ReviewerError
from .files import AtomicBatch, Stamp, remove_abandoned, stamp_of
from .journal import CHECKPOINT, EDIT, FileLock, Journal, Position, Record, since_remap
from .keyframes import Frames, Keyframes
from .kinds import Kind
from .ontology import Ontology
from .state import State
from .store import Store, StoredEntity, stage_changed
from .watch import Watcher

if TYPE_CHECKING:
    from .attach import Progress
    from .project import Change, Project

_FLUSH_AFTER_S = 0.3
_RETRY_AFTER_S = 5.0
_PEER_GRACE_S = 3.0
# Entities read anew before the packed cache is worth writing again.
_STALE_ENTITIES = 64
_CHECKPOINT = struct.Struct("<QQ")


def checkpoint_of(record: Record) -> Position | None:
    """Through where a checkpoint says that everything is in the store."""
    if len(record.body) != _CHECKPOINT.size:
        return None
    return Position(*_CHECKPOINT.unpack(record.body))


class _NoLock:
    """Stands for the lock of a project that cannot be written."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


class Persistence:
    """Loads a project, flushes it, follows its folder."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._layout = project._layout
        self._store = Store(self._layout, project.frame_count)
        self.damaged: set[tuple[str, str]] = set()
        self._pending: list[tuple[Position, Edit]] = []
        self._stamps: dict[Path, Stamp] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._flusher: threading.Thread | None = None
        self._flushing = threading.Lock()
        self._watcher: Watcher | None = None
        self._ontology_stamp: Stamp | None = None
        self._loaded: dict[str, str] = {}  # digests of the entities' files as they were loaded
        self.problem: str | None = None
        self.lock: FileLock | _NoLock = _NoLock()
        self._store_lock: FileLock | None = None
        if project.read_only is None:
            try:
                self._open_to_write()
                return
            except OSError as error:
                project.read_only = f"{self._layout.journal} cannot be written ({error.strerror})."
        self.lock, self._store_lock = _NoLock(), None
        project._journal = Journal(self._layout.journal, writable=False)

    def _open_to_write(self) -> None:
        self.lock = FileLock(self._layout.lock)
        self._store_lock = FileLock(self._layout.lock.with_name("store-lock"))
        with self.lock:
            self._project._journal = Journal(self._layout.journal, writable=True)
        remove_abandoned(self._layout.temporary)

    # -- loading ----------------------------------------------------------------------------

    def load(self, progress: Progress | None) -> None:
        """Fill the project's state: the store, then what the journal has beyond it."""
        with self.lock:
            self._read_journal()
        self._fill(progress)

    def reload(self) -> None:
        """Fill the project's state anew after its frames were renumbered; the lock is held and the
        files are in place. Entities keep their numbers."""
        project = self._project
        known = project._state.ids
        self._pending.clear()
        self.damaged.clear()
        self._store = Store(self._layout, project.frame_count)
        project._state = State(project.frame_count, project.engine_times)
        self._fill(None, known)

    def _fill(self, progress: Progress | None, known: Sequence[str] = ()) -> None:
        project = self._project
        self._ontology_stamp = self._stamp_of_ontology()
        project.ontology = Ontology.read(self._layout.ontology)
        # The store is read after the journal: a chunk may then be newer than the edits replayed
        # on it, which set the same rows again, but never older.
        signatures, problems = self._store.scan()
        project.warnings += map(str, problems)
        self._loaded = signatures
        cache = read_cache(self._layout.keyframe_cache, project.frame_count)
        if not self._load_whole(cache, signatures, known):
            stored, stale = self._read_all(signatures, cache, progress)
            project._state.load(stored, known)
            if stale > _STALE_ENTITIES and project.read_only is None:
                self._write_cache(signatures)
        for _, edit in self._pending:
            project.put_in_place(edit)
        if self._pending:
            self.wake()

    def _load_whole(
        self, cache: KeyframeCache | None, signatures: dict[str, str], known: Sequence[str]
    ) -> bool:
        """Fill the state from the cache as it is, where only few entities have changed since: the
        keyframes are then in memory once, and nothing is taken apart."""
        changed = None if cache is None else cache.changed(signatures)
        if cache is None or changed is None or len(changed) > _STALE_ENTITIES:
            return False
        attributes = {entity: cached.attributes for entity, cached in cache.entities.items()}
        stored = {entity: self._store.read(entity) for entity in changed}
        for entity, found in stored.items():
            if found.attributes is None:
                return False
            attributes[entity] = found.attributes
        state = self._project._state
        if not state.load_packed(attributes, cache.tables, known):
            return False
        for entity, found in stored.items():
            self._note_problems(entity, found)
            state.replace_keyframes(entity, found.keyframes)
        return True

    def _read_journal(self) -> None:
        """Take note of the edits that the store may not have yet. Those that it has are not even
        read: a long day's work is tens of thousands."""
        waiting: list[Record] = []
        for record in since_remap(list(self._project._journal.read_new())):
            if record.type == EDIT:
                waiting.append(record)
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._project._seen[EditSummary.from_bytes(record.body).id] = None
            elif record.type == CHECKPOINT and (through := _checkpoint_of(record)):
                waiting = [record for record in waiting if record.end > through]
        for record in waiting:
            try:
                self._pending.append((record.end, self._project.read_edit(record.body)))
            except (ValueError, KeyError, TypeError) as error:
                self._project.warnings.append(f"An edit in the journal cannot be read ({error}).")

    def _read_all(
        self,
        signatures: dict[str, str],
        cache: KeyframeCache | None,
        progress: Progress | None,
    ) -> tuple[dict[str, StoredEntity], int]:
        stored: dict[str, StoredEntity] = {}
        stale = 0
        for done, (entity, signature) in enumerate(signatures.items()):
            found = cache.entity(entity, signature) if cache else None
            if found is None:
                found = self._store.read(entity)
                self._note_problems(entity, found)
                stale += 1
                if progress is not None and done % 64 == 0:
                    progress(done, len(signatures))
            stored[entity] = found
        if progress is not None and stale:
            progress(len(signatures), len(signatures))
        return stored, stale

    def _note_problems(self, entity: str, stored: StoredEntity) -> None:
        for problem in map(str, stored.problems):
            if problem not in self._project.warnings:
                self._project.warnings.append(problem)
        self.damaged |= {(entity, name) for name in stored.damaged}

    def _write_cache(self, signatures: dict[str, str]) -> None:
        state = self._project._state
        damaged = {entity for entity, _ in self.damaged}
        good = {e: s for e, s in signatures.items() if e not in damaged}
        tables = {key: table.packed(len(state.ids)) for key, table in state.tables.items()}
        with contextlib.suppress(OSError):  # a cache that cannot be written is no loss
            write_cache(
                self._layout.keyframe_cache,
                self._layout.temporary,
                state.frame_count,
                good,
                state.attributes,
                tables,
            )

    @property
    def store(self) -> Store:
        """The keyframe arrays on disk."""
        return self._store

    @contextlib.contextmanager
    def settled(self) -> Iterator[list[Change]]:
        """Nothing but the store knows anything: every edit is in it, and nobody writes. Yields what
        others did up to then. Never begun with the project's mutex held."""
        project = self._project
        assert self._store_lock is not None
        while True:
            self.flush()
            with self._flushing, self._store_lock, project._mutex, self.lock:
                news = project._catch_up()
                if not self._pending:
                    yield news
                    return
            project._publish(news)

    @property
    def pending(self) -> bool:
        """Whether edits wait to be brought into the store."""
        return bool(self._pending)

    # -- flushing ---------------------------------------------------------------------------

    def note(self, edit: Edit, position: Position) -> None:
        """An edit that is in the journal and not yet in the store."""
        self._pending.append((position, edit))

    def checkpointed(self, record: Record) -> None:
        """A checkpoint in the journal: everything up to it is in the store."""
        if through := checkpoint_of(record):
            self._pending = [item for item in self._pending if item[0] > through]

    def wake(self) -> None:
        """Flush soon, in the background."""
        if self._flusher is None and not self._stopping.is_set():
            self._flusher = threading.Thread(
                target=self._flush_loop, name="reviewer-flush", daemon=True
            )
            self._flusher.start()
        self._wake.set()

    def _flush_loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stopping.wait(_FLUSH_AFTER_S):
                return
            try:
                self.flush()
                self.problem = None
            except (ReviewerError, OSError) as error:
                self.problem = str(error)
                if self._stopping.wait(_RETRY_AFTER_S):
                    return
                self._wake.set()

    def flush(self) -> None:
        """Write every pending edit's chunks, then say so in the journal. ProjectError when the
        store cannot be written: the edits stay safe in the journal."""
        project = self._project
        if project.read_only is not None or self._store_lock is None:
            return
        with self._flushing, self._store_lock:
            with project._mutex, self.lock:
                news = project._catch_up()
                through = project._journal.position
                pending = [edit for _, edit in self._pending]
                work = self._rows_to_write(pending)
                attributes = {
                    c.entity: project._state.attributes[c.entity]
                    for edit in pending
                    for c in edit.entities
                }
                ontology = project.ontology if any(edit.ontology for edit in pending) else None
            project._publish(news)
            if not pending:
                return
            batch = AtomicBatch(self._layout.temporary)
            damaged: list[str] = []
            try:
                if ontology is not None:
                    stage_changed(batch, self._layout.ontology, ontology.to_bytes())
                for entity, item in attributes.items():
                    self._store.stage_attributes(batch, entity, item)
                for cells, others in work:
                    try:
                        self._store.stage_rows(
                            batch,
                            cells.entity,
                            cells.property,
                            cells.kind,
                            cells.frames,
                            cells.new,
                            others,
                        )
                    except DamagedChunk as error:
                        damaged.append(f'"{cells.property}" of {cells.entity}: {error}')
                        self.damaged.add((cells.entity, cells.property))
                self._stamps.update(batch.stamps)
                batch.commit()
            except OSError as error:
                raise ProjectError(
                    f"The edits are safe in the journal but {error.filename or self._layout.store} "
                    f"cannot be written ({error.strerror}); free some space or check the disk."
                ) from None
            finally:
                batch.discard()
            if damaged:
                raise ProjectError(
                    f"The edits are safe in the journal but a chunk is damaged and was not "
                    f"written over: {damaged[0]}. Restore it from git and open the project again."
                )
            self._checkpoint(through)

    def _rows_to_write(self, pending: list[Edit]) -> list[tuple[CellsChange, dict[Kind, Frames]]]:
        """What the state has where edits changed it; with each, the frames that were changed under
        the same name and another kind. Removals come first: another kind may take their place."""
        frames: dict[tuple[str, str, Kind], list[CellsChange]] = {}
        for edit in pending:
            for cells in edit.cells:
                frames.setdefault((cells.entity, cells.property, cells.kind), []).append(cells)
        changed = {
            key: np.unique(np.concatenate([c.frames for c in changes]))
            for key, changes in frames.items()
        }
        kinds: dict[tuple[str, str], dict[Kind, Frames]] = {}
        for (entity, name, kind), at in changed.items():
            kinds.setdefault((entity, name), {})[kind] = at
        work = []
        for (entity, name, kind), at in changed.items():
            rows = self._project._state.keyframes(entity, name, kind).rows_at(at, kind)
            others = kinds[entity, name]
            work.append((CellsChange(entity, name, kind, at, rows, rows), others))
        if any(len(others) > 1 for others in kinds.values()):
            work.sort(key=lambda item: not item[0].kind.is_fill(item[0].new).all())
        return work

    def _checkpoint(self, through: Position) -> None:
        project = self._project
        with project._mutex, self.lock:
            news = project._catch_up()
            # without it, the next opening brings the same edits into the store again
            with contextlib.suppress(OSError, EditError):
                position = project._journal.append(CHECKPOINT, _CHECKPOINT.pack(*through))
                self._pending = [item for item in self._pending if item[0] > through]
                if not self._pending and position == project._journal.position:
                    project._journal.rotate(project.edit_ids())
        project._publish(news)

    # -- following the folder ---------------------------------------------------------------

    def watch(self) -> None:
        """Begin to follow what others do to the folder."""
        if self._watcher is None and not self._stopping.is_set():
            self._watcher = Watcher(
                self._layout, self._stamps, self._poll_all, self.reread, self._look_back
            )
            self._watcher.start()

    def poll(self) -> None:
        """Take in what other processes appended to the journal, and tell subscribers."""
        project = self._project
        if not project._journal.has_news():
            return
        with project._mutex, self.lock:
            changes = project._catch_up()
        project._publish(changes)
        if changes:
            # whoever made the edit flushes it; should it have died, we do
            timer = threading.Timer(_PEER_GRACE_S, self._flush_for_peer)
            timer.daemon = True  # nobody's exit waits for it
            timer.start()

    def _look_back(self) -> None:
        """Take over what changed in the store between its loading and the watcher's beginning."""
        found, _ = self._store.scan()
        loaded, self._loaded = self._loaded, {}
        changed = sorted(e for e in {**loaded, **found} if loaded.get(e) != found.get(e))
        for begin in range(0, len(changed), _STALE_ENTITIES):
            # a few at a time: nobody is to wait for all of them
            self.reread(set(changed[begin : begin + _STALE_ENTITIES]))

    def _poll_all(self) -> None:
        self.poll()
        self._project.reviews.notice()
        stamp = self._stamp_of_ontology()
        if stamp != self._ontology_stamp:
            self._ontology_stamp = stamp
            if stamp is None or stamp != self._stamps.get(self._layout.ontology):
                self._reread_ontology()

    def _stamp_of_ontology(self) -> Stamp | None:
        try:
            return stamp_of(self._layout.ontology.stat())
        except OSError:
            return None

    def _reread_ontology(self) -> None:
        """``ontology.json`` changed, by git or an editor: take it over when it can be read."""
        project = self._project
        with project._mutex, self.lock:
            changes: list[Change] = project._catch_up()
            changes += self._take_over_ontology("disk")
        project._publish(changes)

    def _take_over_ontology(self, origin: str) -> list[Change]:
        """Make the ontology what its file says, unless an edit of it waits to be written."""
        project = self._project
        if any(edit.ontology for _, edit in self._pending):
            return []
        try:
            found = Ontology.read(self._layout.ontology)
        except OntologyError as error:
            project.warnings.append(f"{error} The ontology stays as it was.")
            return []
        rules = OntologyChange(project.ontology, found)
        edit = Edit(ontology=rules, label="Files changed")
        return [project._absorb(edit, origin, None)] if rules else []

    def _flush_for_peer(self) -> None:
        if self._pending and not self._stopping.is_set():
            self.wake()

    def reread(self, entities: set[str]) -> None:
        """Entities whose files changed, by git or another tool: take over what differs."""
        project = self._project
        with project._mutex, self.lock:
            changes: list[Change] = project._catch_up()
            changes += self._take_over(entities, "disk")
        project._publish(changes)

    def _take_over(self, entities: set[str], origin: str) -> list[Change]:
        """Make the state of these entities what their files say, pending edits left out."""
        parts = [self._difference(entity) for entity in sorted(entities)]
        edit = Edit(
            entities=tuple(c for part in parts for c in part[0]),
            cells=tuple(c for part in parts for c in part[1]),
            label="Files changed",
        )
        return [self._project._absorb(edit, origin, None)] if edit else []

    def start_over(self) -> list[Change]:
        """Others went so far that the journal between them and us is gone. It was removed only when
        all of it was in the store: read that, then what the newest journal has beyond it. The
        mutex and the lock are held."""
        project = self._project
        self._pending = []
        project._journal.start_over()
        if project.record != VideoRecord.read(self._layout.video):
            return [project._renumbered(None, "peer")]
        self._read_journal()
        beyond, self._pending = self._pending, []
        signatures, _ = self._store.scan()
        changes = self._take_over_ontology("peer")
        changes += self._take_over(signatures.keys() | set(project._state.ids), "peer")
        changes += [project._absorb(edit, "peer", position) for position, edit in beyond]
        project._history = None
        return changes

    def _difference(self, entity: str) -> tuple[list[EntityChange], list[CellsChange]]:
        """How the entity's files differ from the state, pending edits left out."""
        state = self._project._state
        stored = (
            self._store.read(entity) if self._layout.entity(entity).is_dir() else StoredEntity()
        )
        self.damaged -= {pair for pair in self.damaged if pair[0] == entity}
        self._note_problems(entity, stored)
        if stored.problems and stored.attributes is None:
            return [], []
        old = state.attributes.get(entity)
        if old is None and stored.attributes is None:
            return [], []
        waiting = {c.entity for _, e in self._pending for c in e.entities}
        entities = []
        if entity not in waiting and stored.attributes != old:
            if stored.attributes is not None or (old is not None and not old.deleted):
                entities.append(EntityChange(entity, old, stored.attributes))
        elif entity in waiting and stored.attributes is None:
            return [], []  # made a moment ago and not flushed yet
        cells = []
        keys = {key for key in (*stored.keyframes, *state.tables) if key[0] not in stored.damaged}
        for name, kind in sorted(keys, key=lambda key: (key[0], key[1].token)):
            none = Keyframes.none(kind)
            have = none if old is None else state.keyframes(entity, name, kind)
            want = stored.keyframes.get((name, kind), none)
            frames = np.union1d(have.frames, want.frames)
            for _, edit in self._pending:
                for c in edit.cells:
                    if (c.entity, c.property, c.kind) == (entity, name, kind):
                        frames = np.setdiff1d(frames, c.frames)
            change = CellsChange(
                entity, name, kind, frames, have.rows_at(frames, kind), want.rows_at(frames, kind)
            ).effective()
            if len(change.frames):
                cells.append(change)
        return entities, cells

    # -- closing ----------------------------------------------------------------------------

    def close(self) -> None:
        """Stop the threads, flush, give the files back; ProjectError when the flush failed."""
        self._stopping.set()
        self._wake.set()
        if self._watcher is not None:
            self._watcher.stop()
        if self._flusher is not None:
            self._flusher.join()
        try:
            self.flush()
        finally:
            self._project._journal.close()
            for lock in (self.lock, self._store_lock):
                if isinstance(lock, FileLock):
                    lock.close()


def _checkpoint_of(record: Record) -> Position | None:
    """Through where every edit is in the store."""
    if len(record.body) != _CHECKPOINT.size:
        return None
    return Position(*_CHECKPOINT.unpack(record.body))
