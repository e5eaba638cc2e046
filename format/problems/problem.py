"""A problem as a value, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edit import Edit
from ..errors import EditError, ProjectError
from ..video.check.codes import Severity

if TYPE_CHECKING:
    from ..project import Project

__all__ = ["Fix", "Problem", "Severity"]


@dataclass(frozen=True, slots=True)
class Fix:
    """An offer. ``change`` edits the project by its ordinary operations."""

    label: str
    change: Callable[[Project], object]

    def apply(self, project: Project, author: str | None = None) -> Edit:
        """Do it, as one edit, one undo. EditError when it can no longer be done."""
        with project.transaction(self.label, author) as transaction:
            try:
                self.change(project)
            except ProjectError as error:  # somebody deleted what it is about
                raise EditError(f"This cannot be done any more: {error}") from None
        return transaction.edit


@dataclass(frozen=True, slots=True)
class Problem:
    """``entities`` are ids, the one it is about first. ``frames`` is ``[first, stop)``, where to
    look; None where it is about no frame. ``sentence`` says what is wrong; names in it are as
    found, so whoever shows it takes care of them."""

    code: str
    severity: Severity
    sentence: str
    entities: tuple[str, ...] = ()
    frames: tuple[int, int] | None = None
    property: str | None = None
    fixes: tuple[Fix, ...] = ()

    def key(self) -> str:
        """The same for the same problem when it is looked for again."""
        first = "" if self.frames is None else str(self.frames[0])
        return "|".join((self.code, *self.entities, self.property or "", first))
