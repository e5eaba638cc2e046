"""Which edits were made, as far as the journal remembers, and what each author can take back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .edit import Edit
from .history import History, edit_ids_of, steps_of

if TYPE_CHECKING:
    from .door import Door

_REMEMBERED_EDITS = 50_000


class Past:
    """Read from the journal only when somebody asks: a long day's work is tens of thousands."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._ids: dict[str, None] = {}
        self._history: History | None = None

    def record(self, edit: Edit) -> None:
        """Follow an edit that is in the journal, in its order."""
        self.note(edit.id)
        if self._history is not None:
            self._history.record(edit)

    def note(self, edit_id: str) -> None:
        """As :meth:`record`, where only the id is known or of interest."""
        self._ids[edit_id] = None
        if len(self._ids) > _REMEMBERED_EDITS:
            del self._ids[next(iter(self._ids))]

    def forget_history(self) -> None:
        """What can be taken back is to be read from the journal anew."""
        self._history = None

    def noted(self, edit_id: str) -> bool:
        """Whether an edit of that id came by since the project was opened."""
        return edit_id in self._ids

    def has(self, edit_id: str) -> bool:
        """Whether an edit of that id was made already, as far as the journal remembers: the last
        tens of thousands at least. The mutex is held."""
        self.history()
        return edit_id in self._ids

    def ids(self) -> list[str]:
        """The ids of all edits that :meth:`has` knows, the oldest first. The mutex is held."""
        self.history()
        return list(self._ids)

    def history(self) -> History:
        """What each author can take back; the mutex is held."""
        if self._history is None:
            door, history = self._door, History()
            with door.persistence.lock:
                records = list(door.journal.history())
                for step in steps_of(records, door.core.frame_count):
                    history.follow(step)
                self._remember(edit_ids_of(records))
            self._history = history
        return self._history

    def _remember(self, ids: Iterable[str]) -> None:
        """Take note of the ids of a journal, in its order; what it does not name is older."""
        found = dict.fromkeys(ids)
        older = [edit_id for edit_id in self._ids if edit_id not in found]
        known = [*older, *found]
        self._ids = dict.fromkeys(known[-_REMEMBERED_EDITS:])
