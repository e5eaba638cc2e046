"""Between a project in memory and its files: loading them, and bringing the journal's edits into
the store."""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import checks
from .cache import KeyframeCache, read_cache, write_cache
from .codec import DamagedChunk
from .edit import CellsChange, Edit, EditSummary
from .errors import EditError, ProjectError, ReviewerError
from .files import AtomicBatch, Stamp, remove_abandoned, stamp_of
from .journal import CHECKPOINT, EDIT, FileLock, Journal, Position, Record, since_remap
from .keyframes import Frames
from .kinds import Kind
from .ontology import Ontology
from .state import State
from .store import Store, StoredEntity, stage_changed

if TYPE_CHECKING:
    from .attach import Progress
    from .door import Door
    from .transaction import Change

_FLUSH_AFTER_S = 0.3
_RETRY_AFTER_S = 5.0
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
    """Loads a project and flushes it. ``pending`` are the edits, with their place in the journal,
    that the store does not have yet; ``damaged`` the (entity, property) that could not be read."""

    def __init__(self, door: Door) -> None:
        core = door.core
        self._door, self._core = door, core
        self._layout = core.layout
        self.store = Store(self._layout, core.frame_count)
        self.damaged: set[tuple[str, str]] = set()
        self.pending: list[tuple[Position, Edit]] = []
        self.stamps: dict[Path, Stamp] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._flusher: threading.Thread | None = None
        self._flushing = threading.Lock()
        self.ontology_stamp: Stamp | None = None
        self.loaded: dict[str, str] = {}  # digests of the entities' files as they were loaded
        self.problem: str | None = None
        self.lock: FileLock | _NoLock = _NoLock()
        self._store_lock: FileLock | None = None
        if core.read_only is None:
            try:
                self._open_to_write()
                return
            except OSError as error:
                core.read_only = f"{self._layout.journal} cannot be written ({error.strerror})."
        self.lock, self._store_lock = _NoLock(), None
        door.journal = Journal(self._layout.journal, writable=False)

    def _open_to_write(self) -> None:
        self.lock = FileLock(self._layout.lock)
        self._store_lock = FileLock(self._layout.lock.with_name("store-lock"))
        with self.lock:
            self._door.journal = Journal(self._layout.journal, writable=True)
        remove_abandoned(self._layout.temporary)

    # -- loading ----------------------------------------------------------------------------

    def load(self, progress: Progress | None) -> None:
        """Fill the project's state: the store, then what the journal has beyond it."""
        with self._core.mutex:
            with self.lock:
                self.read_journal()
            self._fill(progress)

    def reload(self) -> None:
        """Fill the project's state anew after its frames were renumbered; the lock is held and the
        files are in place. Entities keep their numbers."""
        core = self._core
        known = core.state.ids
        self.pending.clear()
        self.damaged.clear()
        self.store = Store(self._layout, core.frame_count)
        core.state = State(core.frame_count, core.engine_times)
        self._fill(None, known)

    def _fill(self, progress: Progress | None, known: Sequence[str] = ()) -> None:
        core = self._core
        self.ontology_stamp = self.stamp_of_ontology()
        core.ontology = Ontology.read(self._layout.ontology)
        # The store is read after the journal: a chunk may then be newer than the edits replayed
        # on it, which set the same rows again, but never older.
        signatures, problems = self.store.scan()
        core.warnings += map(str, problems)
        self.loaded = signatures
        cache = read_cache(self._layout.keyframe_cache, core.frame_count)
        if not self._load_whole(cache, signatures, known):
            stored, stale = self._read_all(signatures, cache, progress)
            core.state.load(stored, known)
            if stale > _STALE_ENTITIES and core.read_only is None:
                self._write_cache(signatures)
        for _, edit in self.pending:
            core.put_in_place(edit)
        if self.pending:
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
        stored = {entity: self.store.read(entity) for entity in changed}
        for entity, found in stored.items():
            if found.attributes is None:
                return False
            attributes[entity] = found.attributes
        state = self._core.state
        if not state.load_packed(attributes, cache.tables, known):
            return False
        for entity, found in stored.items():
            self.note_problems(entity, found)
            state.replace_keyframes(entity, found.keyframes)
        return True

    def read_journal(self) -> None:
        """Take note of the edits that the store may not have yet. Those that it has are not even
        read: a long day's work is tens of thousands."""
        waiting: list[Record] = []
        for record in since_remap(list(self._door.journal.read_new())):
            if record.type == EDIT:
                waiting.append(record)
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._door.past.note(EditSummary.from_bytes(record.body).id)
            elif record.type == CHECKPOINT and (through := checkpoint_of(record)):
                waiting = [record for record in waiting if record.end > through]
        for record in waiting:
            try:
                self.pending.append(
                    (record.end, checks.sound(Edit.from_bytes(record.body), self._core.frame_count))
                )
            except (ValueError, KeyError, TypeError) as error:
                self._core.warnings.append(f"An edit in the journal cannot be read ({error}).")

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
                found = self.store.read(entity)
                self.note_problems(entity, found)
                stale += 1
                if progress is not None and done % 64 == 0:
                    progress(done, len(signatures))
            stored[entity] = found
        if progress is not None and stale:
            progress(len(signatures), len(signatures))
        return stored, stale

    def note_problems(self, entity: str, stored: StoredEntity) -> None:
        for problem in map(str, stored.problems):
            if problem not in self._core.warnings:
                self._core.warnings.append(problem)
        self.damaged |= {(entity, name) for name in stored.damaged}

    def _write_cache(self, signatures: dict[str, str]) -> None:
        state = self._core.state
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

    @contextlib.contextmanager
    def settled(self) -> Iterator[list[Change]]:
        """Nothing but the store knows anything: every edit is in it, and nobody writes. Yields what
        others did up to then. Never begun with the project's mutex held."""
        door, core = self._door, self._core
        assert self._store_lock is not None
        while True:
            self.flush()
            with self._flushing, self._store_lock, core.mutex, self.lock:
                news = door.catch_up()
                if not self.pending:
                    yield news
                    return
            door.publish(news)

    def stamp_of_ontology(self) -> Stamp | None:
        """Of ``ontology.json`` as it is now, None without."""
        try:
            return stamp_of(self._layout.ontology.stat())
        except OSError:
            return None

    # -- flushing ---------------------------------------------------------------------------

    def note(self, edit: Edit, position: Position) -> None:
        """An edit that is in the journal and not yet in the store."""
        self.pending.append((position, edit))

    def checkpointed(self, record: Record) -> None:
        """A checkpoint in the journal: everything up to it is in the store."""
        if through := checkpoint_of(record):
            self.pending = [item for item in self.pending if item[0] > through]

    def wake(self) -> None:
        """Flush soon, in the background."""
        if self._flusher is None and not self._stopping.is_set():
            self._flusher = threading.Thread(
                target=self._flush_loop, name="reviewer-flush", daemon=True
            )
            self._flusher.start()
        if not self._wake.is_set():  # else it is on its way, and to say so again takes longer
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
        door, core = self._door, self._core
        if core.read_only is not None or self._store_lock is None:
            return
        with self._flushing, self._store_lock:
            with core.mutex, self.lock:
                news = door.catch_up()
                through = door.journal.position
                pending = [edit for _, edit in self.pending]
                work = self._rows_to_write(pending)
                attributes = {
                    c.entity: core.state.attributes[c.entity]
                    for edit in pending
                    for c in edit.entities
                }
                ontology = core.ontology if any(edit.ontology for edit in pending) else None
            door.publish(news)
            if not pending:
                return
            batch = AtomicBatch(self._layout.temporary)
            damaged: list[str] = []
            try:
                if ontology is not None:
                    stage_changed(batch, self._layout.ontology, ontology.to_bytes())
                for entity, item in attributes.items():
                    self.store.stage_attributes(batch, entity, item)
                for cells, others in work:
                    try:
                        self.store.stage_rows(
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
                self.stamps.update(batch.stamps)
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
            rows = self._core.state.keyframes(entity, name, kind).rows_at(at, kind)
            others = kinds[entity, name]
            work.append((CellsChange(entity, name, kind, at, rows, rows), others))
        if any(len(others) > 1 for others in kinds.values()):
            work.sort(key=lambda item: not item[0].kind.is_fill(item[0].new).all())
        return work

    def _checkpoint(self, through: Position) -> None:
        door, core = self._door, self._core
        with core.mutex, self.lock:
            news = door.catch_up()
            # without it, the next opening brings the same edits into the store again
            with contextlib.suppress(OSError, EditError):
                position = door.journal.append(CHECKPOINT, _CHECKPOINT.pack(*through))
                self.pending = [item for item in self.pending if item[0] > through]
                if not self.pending and position == door.journal.position:
                    door.journal.rotate(door.past.ids())
        door.publish(news)

    # -- closing ----------------------------------------------------------------------------

    def close(self) -> None:
        """Stop the threads, flush, give the files back; ProjectError when the flush failed."""
        self._stopping.set()
        self._wake.set()
        if self._flusher is not None:
            self._flusher.join()
        try:
            self.flush()
        finally:
            self._door.journal.close()
            for lock in (self.lock, self._store_lock):
                if isinstance(lock, FileLock):
                    lock.close()
