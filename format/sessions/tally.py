"""Counts what an author does, edit by edit."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ..edit import Edit
from ..remap.edit import RemapEdit
from .record import CLOSED, MAX_ENTITIES, MAX_RANGES, Session, Span

# A longer pause between two edits is a break.
BREAK_S = 120.0


class Tally:
    """One author's session while it goes on."""

    def __init__(self, session_id: str, author: str, video: str, started_s: float) -> None:
        self.id, self.author, self.video = session_id, author, video
        self._started_s = self._last_s = started_s
        self._active_s = 0.0
        self._frames: NDArray[np.int64] = np.empty(0, np.int64)
        self._entities: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def add(self, edits: list[tuple[float, Edit]]) -> None:
        """Edits with the time (s since 1970) of each, in order."""
        frames = [self._frames]
        for at, edit in edits:
            self._active_s += at - self._last_s if 0 < at - self._last_s < BREAK_S else 0.0
            self._last_s = max(self._last_s, at)
            self._counts["edits"] += 1
            self._counts["undone"] += edit.undoes is not None
            if isinstance(edit, RemapEdit):
                continue  # the video was changed; nobody worked on these frames
            for change in edit.entities:
                gone = change.new is None or change.new.deleted
                was = change.old is not None and not change.old.deleted
                self._counts["created"] += not was and not gone
                self._counts["deleted"] += was and gone
                self._entities[change.entity] += 0
            for cell in edit.cells:
                if "." in cell.property:
                    continue
                removed = int(cell.kind.is_fill(cell.new).sum())
                self._counts["removed"] += removed
                self._counts["keyframes"] += len(cell.frames) - removed
                self._entities[cell.entity] += len(cell.frames)
                frames.append(cell.frames)
        if len(frames) > 1:
            self._frames = np.unique(np.concatenate(frames))

    def session(self, state: str = CLOSED) -> Session:
        """As it stands."""
        return Session(
            id=self.id,
            author=self.author,
            started=utc(self._started_s),
            ended=utc(self._last_s),
            state=state,
            active_s=self._active_s,
            frame_count=len(self._frames),
            entity_count=len(self._entities),
            frames=_stretches(self._frames),
            entities=dict(self._entities.most_common(MAX_ENTITIES)),
            video=self.video,
            edits=self._counts["edits"],
            undone=self._counts["undone"],
            keyframes=self._counts["keyframes"],
            removed=self._counts["removed"],
            created=self._counts["created"],
            deleted=self._counts["deleted"],
        )


def utc(seconds: float | None = None) -> str:
    """A time as files have it."""
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stretches(frames: NDArray[np.int64]) -> tuple[Span, ...]:
    """Ascending frames as stretches; where these are too many, the smallest gaps are closed."""
    if not len(frames):
        return ()
    gaps = np.diff(frames)
    cuts = np.flatnonzero(gaps > 1)
    if len(cuts) >= MAX_RANGES:
        widest = np.argsort(gaps[cuts], kind="stable")[-(MAX_RANGES - 1) :]
        cuts = np.sort(cuts[widest])
    firsts = frames[np.concatenate([[0], cuts + 1])]
    lasts = frames[np.append(cuts, len(frames) - 1)]
    return tuple((int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True))
