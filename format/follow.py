"""Following a project's folder: what other processes append to the journal, and what git, editors
and other tools do to the files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .attach import VideoRecord
from .edit import CellsChange, Edit, EntityChange, OntologyChange
from .errors import OntologyError
from .keyframes import Keyframes
from .ontology import Ontology
from .store import StoredEntity
from .watch import Watcher

if TYPE_CHECKING:
    from .door import Door
    from .transaction import Change

_PEER_GRACE_S = 3.0
_WRITING_S = 0.05
_ENTITIES_AT_ONCE = 64
_REST = 4  # as many times as long as it worked


class Follower:
    """Takes over what others did to the folder, through the door, and tells subscribers."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._core = door.core
        self._layout = door.core.layout
        self._files = door.persistence
        self.looks: list[Callable[[], None]] = []  # what else is to look whether anything is new
        self._watcher: Watcher | None = None
        self._stopping = threading.Event()

    def watch(self) -> None:
        """Begin to follow what others do to the folder."""
        if self._watcher is None and not self._stopping.is_set():
            self._watcher = Watcher(
                self._layout, self._files.stamps, self._poll_all, self.reread, self._look_back
            )
            self._watcher.start()

    def poll(self) -> None:
        """Take in what other processes appended to the journal, and tell subscribers."""
        door, core = self._door, self._core
        if not door.journal.has_news():
            return
        with core.mutex, self._files.lock:
            changes = door.catch_up()
        door.publish(changes)
        if changes:
            # whoever made the edit flushes it; should it have died, we do
            timer = threading.Timer(_PEER_GRACE_S, self._flush_for_peer)
            timer.daemon = True  # nobody's exit waits for it
            timer.start()

    def _poll_all(self) -> None:
        self.poll()
        for look in self.looks:
            look()
        stamp = self._files.stamp_of_ontology()
        if stamp != self._files.ontology_stamp:
            self._files.ontology_stamp = stamp
            if stamp is None or stamp != self._files.stamps.get(self._layout.ontology):
                self._reread_ontology()

    def _flush_for_peer(self) -> None:
        if self._files.pending and not self._stopping.is_set():
            self._files.wake()

    def _look_back(self) -> None:
        """Take over what changed in the store between its loading and the watcher's beginning."""
        found: dict[str, str] = {}
        began = time.monotonic()
        for entity, signature in self._files.store.signatures([]):
            found[entity] = signature
            if len(found) % _ENTITIES_AT_ONCE == 0:
                # 10,000 entities take a second of this processor: most of it is left to the keys
                self._poll_all()
                if self._stopping.wait(_REST * (time.monotonic() - began)):
                    return
                began = time.monotonic()
        loaded, self._files.loaded = self._files.loaded, {}
        changed = sorted(e for e in {**loaded, **found} if loaded.get(e) != found.get(e))
        for begin in range(0, len(changed), _ENTITIES_AT_ONCE):
            # a few at a time: nobody is to wait for all of them
            self.reread(set(changed[begin : begin + _ENTITIES_AT_ONCE]))

    # -- entities ---------------------------------------------------------------------------

    def reread(self, entities: set[str]) -> None:
        """Entities whose files changed, by git or another tool: take over what differs."""
        door, core = self._door, self._core
        with core.mutex, self._files.lock:
            changes: list[Change] = door.catch_up()
            changes += self._take_over(entities, "disk")
        door.publish(changes)

    def start_over(self) -> list[Change]:
        """Others went so far that the journal between them and us is gone. It was removed only when
        all of it was in the store: read that, then what the newest journal has beyond it. The
        mutex and the lock are held."""
        door, core = self._door, self._core
        self._files.pending = []
        door.journal.start_over()
        if core.record != VideoRecord.read(self._layout.video):
            return [door.renumbered(None, "peer")]
        self._files.read_journal()
        beyond, self._files.pending = self._files.pending, []
        signatures, _ = self._files.store.scan()
        changes = self._take_over_ontology("peer")
        changes += self._take_over(signatures.keys() | set(core.state.ids), "peer")
        changes += [door.absorb(edit, "peer", position) for position, edit in beyond]
        door.past.forget_history()
        return changes

    def _take_over(self, entities: set[str], origin: str) -> list[Change]:
        """Make the state of these entities what their files say, pending edits left out."""
        parts, unclear = [], []
        for entity in sorted(entities):
            stored = self._read(entity)
            if stored.problems:
                unclear.append(entity)
            else:
                parts.append(self._difference(entity, stored))
        if unclear:
            # git and editors write files in place, and may be in the middle of one
            time.sleep(_WRITING_S)
            parts += [self._difference(entity, self._read(entity)) for entity in unclear]
        edit = Edit(
            entities=tuple(c for part in parts for c in part[0]),
            cells=tuple(c for part in parts for c in part[1]),
            label="Files changed",
        )
        return [self._door.absorb(edit, origin, None)] if edit else []

    def _read(self, entity: str) -> StoredEntity:
        there = self._layout.entity(entity).is_dir()
        return self._files.store.read(entity) if there else StoredEntity()

    def _difference(
        self, entity: str, stored: StoredEntity
    ) -> tuple[list[EntityChange], list[CellsChange]]:
        """How the entity's files differ from the state, pending edits left out."""
        state = self._core.state
        self._files.damaged -= {pair for pair in self._files.damaged if pair[0] == entity}
        self._files.note_problems(entity, stored)
        if stored.problems and stored.attributes is None:
            return [], []
        old = state.attributes.get(entity)
        if old is None and stored.attributes is None:
            return [], []
        waiting = {c.entity for _, e in self._files.pending for c in e.entities}
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
            for _, edit in self._files.pending:
                for c in edit.cells:
                    if (c.entity, c.property, c.kind) == (entity, name, kind):
                        frames = np.setdiff1d(frames, c.frames)
            change = CellsChange(
                entity, name, kind, frames, have.rows_at(frames, kind), want.rows_at(frames, kind)
            ).effective()
            if len(change.frames):
                cells.append(change)
        return entities, cells

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.stop()

    # -- the ontology -----------------------------------------------------------------------

    def _reread_ontology(self) -> None:
        """``ontology.json`` changed, by git or an editor: take it over when it can be read."""
        door, core = self._door, self._core
        with core.mutex, self._files.lock:
            changes: list[Change] = door.catch_up()
            changes += self._take_over_ontology("disk")
        door.publish(changes)

    def _take_over_ontology(self, origin: str) -> list[Change]:
        """Make the ontology what its file says, unless an edit of it waits to be written."""
        door, core = self._door, self._core
        if any(edit.ontology for _, edit in self._files.pending):
            return []
        try:
            found = Ontology.read(self._layout.ontology)
        except OntologyError as error:
            core.warnings.append(f"{error} The ontology stays as it was.")
            return []
        rules = OntologyChange(core.ontology, found)
        edit = Edit(ontology=rules, label="Files changed")
        return [door.absorb(edit, origin, None)] if rules else []
