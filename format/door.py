"""The one door: every change to a project goes through it, whoever makes it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from . import checks
from .core import Core
from .edit import Edit, new_edit_id
from .errors import EditError
from .follow import Follower
from .history import reversal
from .journal import CHECKPOINT, EDIT, REMAP, Journal, Position, since_remap
from .past import Past
from .persist import Persistence
from .reference_checks import check_references
from .remap import perform
from .remap.edit import RemapEdit
from .transaction import Change, Done, Transaction


class Door:
    """Checks edits, makes them durable in the journal, puts them in place, tells subscribers; takes
    in what others did to the folder. Every method may be called from any thread."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.revision = 0
        self.journal: Journal
        self.persistence = Persistence(self)
        self.follower = Follower(self)
        self.past = Past(self)
        self.renumberings: list[Callable[[], None]] = []  # called when every frame got a new number
        # Whether a review says something about a video, told by its pts digest.
        self.speaks_of: Callable[[str], bool] = lambda pts_digest: False
        self._subscribers: list[Callable[[Change], None]] = []
        self._transaction: Transaction | None = None

    # -- changing ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(
        self, label: str, author: str, edit_id: str | None = None
    ) -> Iterator[Transaction]:
        """See :meth:`Project.transaction`."""
        with self.core.mutex:
            if self._transaction is not None:
                before = len(self._transaction.parts)
                try:
                    yield self._transaction
                except BaseException:  # whoever catches it goes on without this part
                    self._take_back(self._transaction, before)
                    raise
                return
            inner = Transaction(self, label, author, edit_id or new_edit_id())
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
            known = self.core.state.attributes
            entities = tuple(replace(c, old=known.get(c.entity)) for c in part.entities)
            part = replace(part, entities=entities)
        part = self._checked(part)
        self.core.put_in_place(part)  # what is read inside the transaction sees it
        return part

    def apply(self, edit: Edit) -> Change:
        """See :meth:`Project.apply`."""
        if isinstance(edit, RemapEdit):
            return self._remap(edit)
        with self.core.mutex:
            if self._transaction is not None:
                part = self._transaction.add(edit)
                return self._change(part, "local")
            done = self._apply(edit)
        self._acknowledge(done)
        return done.changes[-1]

    def _checked(self, edit: Edit) -> Edit:
        """The edit as it takes effect on what is in place now; EditError when it may not."""
        core = self.core
        return checks.checked(edit, core.state, core.ontology, self.persistence.damaged)

    def _apply(self, edit: Edit) -> Done:
        """Journal and put in place; the mutex is held."""
        self.core.needs_writable()
        with self.persistence.lock:
            news = self.catch_up()
            if not self.past.noted(edit.id):
                edit = self._checked(edit)
                ontology = edit.ontology.new if edit.ontology else self.core.ontology
                check_references(edit, self.core.state, ontology)
                if edit:
                    position = self.journal.append(EDIT, edit.to_bytes())
                    change = self.absorb(edit, "local", position)
                    return Done(edit, position, [*news, change])
            nothing = Change(self.revision, edit, "local", frozenset(), None, False)
            return Done(edit, self.journal.position, [*news, nothing])

    def _commit(self, transaction: Transaction) -> Done:
        """End a transaction, whose parts are checked and in place; the mutex is held."""
        edit = transaction.edit
        try:
            if not edit:
                self._take_back(transaction)
                return Done(edit, self.journal.position, [])
            self.core.needs_writable()
            check_references(edit, self.core.state, self.core.ontology)
            with self.persistence.lock:
                if not self.journal.has_news() and not self.past.noted(edit.id):
                    position = self.journal.append(EDIT, edit.to_bytes())
                    change = self.absorb(edit, "local", position, in_place=True)
                    return Done(edit, position, [change])
        except BaseException:
            self._take_back(transaction)
            raise
        self._take_back(transaction)  # others were faster: check again on top of what they did
        return self._apply(edit)

    def _take_back(self, transaction: Transaction, since: int = 0) -> None:
        """Undo the parts of an open transaction from number ``since`` on."""
        parts = transaction.parts[since:]
        del transaction.parts[since:]
        for part in reversed(parts):
            self.core.put_in_place(part.invert())
            for change in part.entities:
                if change.old is None:
                    self.core.state.forget(change.entity)

    def _acknowledge(self, done: Done) -> None:
        """Make the edit durable; only then does anybody hear of it. Never with the mutex held: a
        subscriber may wait for a thread that waits for the project."""
        self.journal.sync(done.position)
        self.publish(done.changes)
        if self.persistence.pending:
            self.persistence.wake()

    # -- another video ----------------------------------------------------------------------

    def _remap(self, edit: RemapEdit) -> Change:
        """Change the video, and with it the number of every frame. Not with the mutex held."""
        self.core.needs_writable()
        with self.persistence.settled() as news:
            if self._transaction is not None:
                raise EditError("The video cannot be changed inside a transaction.")
            change = self.renumbered(perform.apply(self, edit), "local")
        self.publish([*news, change])
        return change

    def renumbered(self, edit: RemapEdit | None, origin: str) -> Change:
        """Take everything from the folder anew, in which another video is named by now."""
        perform.move_into_place(self.core.layout)  # unless whoever did it was stopped at that
        if edit is not None:
            self.past.note(edit.id)
        self.core.reopen_video()
        self.persistence.reload()
        for renumber in self.renumberings:
            renumber()
        self.past.forget_history()
        self.revision += 1
        entities = frozenset(self.core.state.ids)
        return Change(
            self.revision, edit or Edit(), origin, entities, (0, self.core.frame_count), True
        )

    # -- undo and redo ----------------------------------------------------------------------

    def revert(
        self, author: str, edit_id: str | None, after: str | None, *, redo: bool
    ) -> Edit | None:
        """Undo or redo, see :meth:`Project.undo`."""
        while True:
            with self.core.mutex, self.persistence.lock:
                if self._transaction is not None:
                    raise EditError("Nothing can be undone or redone inside a transaction.")
                news = self.catch_up()
                if not news:
                    done = self._step_back(author, edit_id or new_edit_id(), after, redo)
                    break
            self.publish(news)  # then on top of what others did meanwhile
        if done is None:
            return None
        if isinstance(done, RemapEdit):
            return self._remap(done).edit
        self._acknowledge(done)
        return done.edit

    def _step_back(
        self, author: str, edit_id: str, after: str | None, redo: bool
    ) -> Done | RemapEdit | None:
        """Undo or redo on a state that has all news; mutex and lock are held. A remap is given
        back to be done without them."""
        history = self.past.history()
        target = (history.next_redo if redo else history.next_undo)(author, after)
        if target is None:
            return None
        if isinstance(target, RemapEdit):
            back: Edit | RemapEdit = target.invert()
        else:
            back = reversal(target, self.core.state, self.core.ontology)
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
            stands = checks.checked(
                edit, self.core.state, self.core.ontology, self.persistence.damaged
            )
        except EditError:
            history.record(edit)  # step over it, or nothing older could be undone
            raise
        if not stands:
            history.record(edit)
            verb = "redone" if redo else "undone"
            raise EditError(f'"{target.label}" cannot be {verb}: it was changed since.')
        return self._apply(edit)

    # -- what others did --------------------------------------------------------------------

    def catch_up(self) -> list[Change]:
        """Take in what other processes appended; the mutex is held."""
        changes: list[Change] = []
        if not self.journal.has_news():
            return changes
        if self.journal.left_behind:
            return self.follower.start_over()
        for record in since_remap(list(self.journal.read_new())):
            if record.type == REMAP:
                changes.append(self.renumbered(checks.sound_remap(record.body), "peer"))
            elif record.type == EDIT:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    edit = checks.sound(Edit.from_bytes(record.body), self.core.frame_count)
                    changes.append(self.absorb(edit, "peer", record.end))
            elif record.type == CHECKPOINT:
                self.persistence.checkpointed(record)
        return changes

    def absorb(
        self, edit: Edit, origin: str, position: Position | None, *, in_place: bool = False
    ) -> Change:
        if not in_place:
            self.core.put_in_place(edit)
        self.revision += 1
        if position is not None:
            self.persistence.note(edit, position)
            self.past.record(edit)
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
        first, stop = self.core.frame_count, 0
        for cell in edit.cells:
            frames = self.core.state.keyframes(cell.entity, cell.property, cell.kind).frames
            before = int(frames.searchsorted(cell.frames[0])) - 1
            after = int(frames.searchsorted(cell.frames[-1], "right"))
            first = min(first, int(frames[before]) if before >= 0 else int(cell.frames[0]))
            stop = max(stop, int(frames[after]) if after < len(frames) else self.core.frame_count)
        if edit.entities or edit.ontology:
            return 0, self.core.frame_count
        return (first, stop) if first < stop else None

    # -- telling ----------------------------------------------------------------------------

    def publish(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.entities or change.structure:
                for subscriber in tuple(self._subscribers):
                    subscriber(change)

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """See :meth:`Project.subscribe`."""
        self._subscribers.append(callback)
        self.follower.watch()

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._subscribers.remove(callback)

        return unsubscribe
