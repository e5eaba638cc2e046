"""A session as a value, and as the JSON of its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..layout import is_entity_id, is_unicode
from ..review.entry import MAX_AUTHOR_CHARACTERS, check_time, check_version

VERSION = 1
# As stored. "unfinished" is what reading makes of "open" when nobody has it open here.
OPEN, CLOSED, DONE, UNFINISHED = "open", "closed", "done", "unfinished"
RUNNING, FAILED = "running", "failed"
MAX_RANGES = 1000
MAX_ENTITIES = 5000
_COUNTS = ("edits", "undone", "keyframes", "removed", "created", "deleted")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Export:
    """The final export of a session: ``state`` is ``running``, ``done``, ``failed`` or
    ``unfinished`` (whoever wrote it was ended); ``file`` is relative to the project folder."""

    state: str
    format: str
    file: str
    rows: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """What one author did in one sitting. Times are UTC; ``active_s`` leaves out the breaks.
    ``keyframes`` were set, ``removed`` taken away; ``created`` and ``deleted`` are entities.
    ``frames`` are the stretches ``[first, stop)`` in which keyframes were edited, ``frame_count``
    on how many frames; ``entities`` says how many keyframes of whom, ``entity_count`` of how many
    (the lists are bounded, the counts not). ``video`` is the pts digest of the video then."""

    id: str
    author: str
    started: str
    ended: str
    state: str
    active_s: float = 0.0
    edits: int = 0
    undone: int = 0
    keyframes: int = 0
    removed: int = 0
    created: int = 0
    deleted: int = 0
    frame_count: int = 0
    entity_count: int = 0
    frames: tuple[Span, ...] = ()
    entities: Mapping[str, int] = field(default_factory=dict)
    video: str = ""
    export: Export | None = None

    def to_json(self) -> dict[str, Any]:
        """The file's form."""
        out: dict[str, Any] = {"version": VERSION}
        for each in fields(self):
            if each.name not in ("id", "export"):
                out[each.name] = getattr(self, each.name)
        out["active_s"] = round(self.active_s, 1)
        out["entities"] = dict(self.entities)
        if self.export is not None:
            out["export"] = {e.name: getattr(self.export, e.name) for e in fields(Export)}
        return out

    @staticmethod
    def from_json(session_id: str, data: Any) -> Session:
        """ValueError when it is malformed or of another version."""
        check_version(data)
        state, author = data.get("state"), data.get("author")
        if state not in (OPEN, CLOSED, DONE):
            raise ValueError('"state" is none of open, closed, done')
        counts = {key: _count(data.get(key, 0)) for key in (*_COUNTS, "frame_count")}
        active = data.get("active_s", 0)
        if (
            isinstance(active, bool)
            or not isinstance(active, (int, float))
            or not 0 <= active < 1e9
        ):
            raise ValueError('"active_s" is no duration')
        entities = data.get("entities", {})
        if not isinstance(entities, dict) or len(entities) > MAX_ENTITIES:
            raise ValueError('"entities" is no object')
        return Session(
            id=session_id,
            author=_text(author, MAX_AUTHOR_CHARACTERS),
            started=check_time(data.get("started")),
            ended=check_time(data.get("ended")),
            state=state,
            active_s=float(active),
            entity_count=_count(data.get("entity_count", 0)),
            frames=_spans(data.get("frames", [])),
            entities={e: _count(n) for e, n in entities.items() if is_entity_id(e)},
            video=_text(data.get("video", ""), 64),
            export=_export(data.get("export")),
            **counts,
        )

    def as_found(self, *, alive: bool, exporting: bool) -> Session:
        """What a reader may say of it: what claims to be under way may have been ended."""
        found = self
        if self.state == OPEN and not alive:
            found = replace(found, state=UNFINISHED)
        if self.export is not None and self.export.state == RUNNING and not exporting:
            found = replace(found, export=replace(self.export, state=UNFINISHED))
        return found


def _count(value: Any) -> int:
    if type(value) is int and 0 <= value < 1 << 53:
        return value
    raise ValueError("a count is a whole number")


def _text(value: Any, limit: int) -> str:
    if isinstance(value, str) and len(value) <= limit and is_unicode(value):
        return value
    raise ValueError(f"a name is text of at most {limit} characters")


def _spans(value: Any) -> tuple[Span, ...]:
    if not isinstance(value, list) or len(value) > MAX_RANGES:
        raise ValueError('"frames" is no list of stretches')
    spans = []
    for item in value:
        if not (isinstance(item, list) and len(item) == 2):
            raise ValueError('"frames" has [first, stop] pairs')
        spans.append((_count(item[0]), _count(item[1])))
    return tuple(spans)


def _export(value: Any) -> Export | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("state") not in (RUNNING, DONE, FAILED):
        raise ValueError('"export" is malformed')
    texts = {key: _text(value.get(key, ""), 1000) for key in ("format", "file", "error")}
    return Export(state=value["state"], rows=_count(value.get("rows", 0)), **texts)
