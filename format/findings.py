"""What can be found wrong with a project, how bad it is, and how it is mended."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .video.check.codes import Severity

_NOTE, _WARNING, _ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
_FROM_GIT = "Restore the file from git, or from a copy."

# code: how bad it is, and how to mend it
CODES: dict[str, tuple[Severity, str]] = {
    # the folder
    "project-unreadable": (_ERROR, f"{_FROM_GIT} After a merge, look for conflict marks in it."),
    "frame-count": (_ERROR, "Restore video.json and annotations.zarr of one and the same commit."),
    "group-unreadable": (_WARNING, f"{_FROM_GIT} Reviewer can do without it, other readers not."),
    "foreign-file": (_WARNING, "Move it out of annotations.zarr: readers may take it for data."),
    "link": (_WARNING, "Put the files themselves in its place; links are never followed."),
    "misplaced": (_ERROR, "Move the folder to where its id says (FORMAT.md, Entities)."),
    "leftover": (_NOTE, "Delete it while no program has the project open."),
    # times and video
    "times-unreadable": (_ERROR, "Restore annotations.zarr/frames/pts from git."),
    "times-differ": (_ERROR, "Restore video.json and annotations.zarr/frames/pts of one commit."),
    "times-order": (_ERROR, "Frames must follow each other in time: restore the array from git."),
    "video-missing": (_WARNING, "Put the video into the project's folder or beside it."),
    "video-differs": (
        _ERROR,
        "Put the original back, or carry the annotations over with: reviewer remap DIR --video NEW",
    ),
    # what cannot be read
    "entity-unreadable": (_ERROR, f"{_FROM_GIT} Until then the entity is left out."),
    "array-unreadable": (_ERROR, f"{_FROM_GIT} Until then the property is left out."),
    "chunk-damaged": (_ERROR, f"{_FROM_GIT} Until then its keyframes are left out."),
    "journal-damaged": (
        _WARNING,
        "Nothing to do when a crash left it. Otherwise look for lost edits, and make them again.",
    ),
    "journal-pending": (_NOTE, "Open the project once: edits in the journal go into the store."),
    # what does not fit
    "class-unknown": (_ERROR, "Add the class to the ontology, or give the entity another one."),
    "constant-unknown": (_WARNING, "Add the property to the class, or remove the value."),
    "keyframes-hidden": (
        _NOTE,
        "Nothing to do: they come back with a class that has the property.",
    ),
    "kind-mismatch": (_ERROR, "Give the property the kind that is stored, or another name."),
    "value-unfit": (_WARNING, "Set the value again, or let the ontology allow it."),
    "choice-unknown": (_WARNING, "Add the choice to the ontology with this code, or set others."),
    "out-of-range": (_WARNING, "Correct the values, or widen the property's range."),
    "rule-unfit": (_WARNING, "Set the keyframe's rule again."),
    "companion-orphan": (_NOTE, "Nothing to do: without a keyframe it has no effect."),
    "reference-missing": (_WARNING, "Let it refer to an entity that there is, or to nobody."),
    "reference-deleted": (_WARNING, "Let it refer to another entity, or bring that one back."),
    "reference-class": (_WARNING, "Let it refer to an entity of a class that is allowed."),
    "reference-self": (_WARNING, "Let it refer to another entity, or to nobody."),
    "reference-cycle": (
        _NOTE,
        "Fine for what goes both ways, as partners do; if one is part of the other, one is wrong.",
    ),
    "presence-missing": (_WARNING, "Say from which frame on it is present: it is nowhere now."),
    "required-missing": (_WARNING, "Set the property where it is missing."),
    # what deserves a look
    "beyond-picture": (_NOTE, "Fine for what leaves the picture; otherwise correct it."),
    "outside-picture": (_NOTE, "Wholly outside nothing is seen: perhaps it is absent there."),
    "self-crossing": (_NOTE, "Draw the outline again where it crosses itself."),
    "degenerate": (_NOTE, "It encloses nothing: draw it again, or remove the keyframe."),
}

_FRAMES_LISTED = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. ``where`` is a file below the project, or an entity's name and id with the
    property; ``frames`` are the first few frames of all ``count``, 0 when frames mean nothing."""

    code: str
    summary: str
    where: str
    entity: str = ""
    property: str = ""
    frames: tuple[int, ...] = ()
    count: int = 0

    @builtins.property
    def severity(self) -> Severity:
        """How bad it is."""
        return CODES[self.code][0]

    @builtins.property
    def mend(self) -> str:
        """What to do about it."""
        return CODES[self.code][1]

    def to_json(self) -> dict[str, Any]:
        """For ``reviewer check --json``."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "summary": self.summary,
            "where": self.where,
            "entity": self.entity or None,
            "property": self.property or None,
            "frames": list(self.frames),
            "frame_count": self.count,
            "mend": self.mend,
        }


class Findings:
    """Findings on their way into a list."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def file(self, code: str, where: str, summary: str) -> None:
        """Something about a file."""
        self._found.append(Finding(code, _as_unicode(summary), _as_unicode(where)))

    def about(
        self,
        code: str,
        entity: str,
        name: str,
        summary: str,
        prop: str = "",
        frames: Sequence[int] = (),
        count: int = 0,
    ) -> None:
        """Something about an entity, or one of its properties, on ``count`` frames of which
        ``frames`` are the first."""
        where = f"{name} ({entity})" + (f', "{prop}"' if prop else "")
        first = tuple(int(frame) for frame in frames[:_FRAMES_LISTED])
        self._found.append(Finding(code, summary, where, entity, prop, first, count))

    def finish(self) -> list[Finding]:
        """Worst first, otherwise in the order found."""
        order = [_ERROR, _WARNING, _NOTE]
        return sorted(self._found, key=lambda finding: order.index(finding.severity))


def _as_unicode(text: str) -> str:
    """The text, with marks for bytes of a file's name that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()
