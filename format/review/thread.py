"""A thread: what it is pinned to and what was said, from which its state follows."""

from __future__ import annotations

from dataclasses import dataclass

from .entry import Entry, Pin


@dataclass(frozen=True, slots=True)
class Thread:
    """``entries`` in order, the opening first. ``outdated`` says that the pin's frames are those of
    another video than the project has now."""

    id: str
    pin: Pin
    entries: tuple[Entry, ...]
    outdated: bool = False

    def _last(self, field: str) -> str | None:
        for entry in reversed(self.entries):
            if (value := getattr(entry, field)) is not None:
                return str(value)
        return None

    @property
    def author(self) -> str:
        """Who opened it."""
        return self.entries[0].author

    @property
    def updated(self) -> str:
        """When the last thing was said."""
        return max(entry.time for entry in self.entries)

    @property
    def status(self) -> str:
        """``open`` or ``resolved``."""
        return self._last("status") or "open"

    @property
    def is_open(self) -> bool:
        """Whether something is left to do or to answer."""
        return self.status == "open"

    @property
    def verdict(self) -> str | None:
        """The last verdict given in it."""
        return self._last("verdict")

    @property
    def assignee(self) -> str:
        """Whose turn it is; "" when nobody's."""
        return self._last("assignee") or ""

    @property
    def text(self) -> str:
        """The first thing said in words."""
        return next((entry.text for entry in self.entries if entry.text), "")
