"""One thing somebody said, as it lies in a file of its own: read, checked, written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..layout import is_entity_id, is_name, is_unicode

VERSION = 1
VERDICTS = ("accept", "reject", "needs-work")
STATUSES = ("open", "resolved")
MAX_TEXT_CHARACTERS = 10_000
MAX_AUTHOR_CHARACTERS = 200
_MAX_FRAMES = 1 << 25
_MAX_COORDINATE = 1e7


class UnknownVersion(ValueError):
    """The file is of a version that this reviewer does not know."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What a thread is about; anything may be left open. ``frames`` is ``[first, stop)``, 0-based;
    ``place`` is x, y in pixels of the displayed picture."""

    frames: tuple[int, int] | None = None
    entity: str | None = None
    property: str | None = None
    place: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what is given."""
        parts = {
            "frames": self.frames,
            "entity": self.entity,
            "property": self.property,
            "place": self.place,
        }
        return {key: value for key, value in parts.items() if value is not None}

    @staticmethod
    def from_json(data: Any) -> Pin:
        """ValueError when it is malformed."""
        if not isinstance(data, dict):
            raise ValueError('"pin" is no object')
        entity, name = data.get("entity"), data.get("property")
        if entity is not None and not (isinstance(entity, str) and is_entity_id(entity)):
            raise ValueError('"entity" is no id of an entity')
        if name is not None and not (isinstance(name, str) and is_name(name)):
            raise ValueError('"property" is no name of a property')
        return Pin(_frames(data.get("frames")), entity, name, _place(data.get("place")))


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``author`` said at ``time`` (UTC, RFC 3339 with milliseconds). What is None stays as it
    was in the thread: ``assignee`` "" is nobody. ``digest`` is of the values that a verdict was
    given on (:func:`digest.digest_of`)."""

    author: str
    time: str
    text: str = ""
    verdict: str | None = None
    digest: str | None = None
    status: str | None = None
    assignee: str | None = None
    id: str = ""  # the message's; "" of the one that opened the thread

    @property
    def order(self) -> tuple[bool, str, str]:
        """Sorts a thread's entries: the opening first, then by time."""
        return (self.id != "", self.time, self.id)

    def to_json(self) -> dict[str, Any]:
        """The file's form."""
        out: dict[str, Any] = {"version": VERSION, "author": self.author, "time": self.time}
        if self.text:
            out["text"] = self.text
        for key in ("verdict", "digest", "status", "assignee"):
            if (value := getattr(self, key)) is not None:
                out[key] = value
        return out

    @staticmethod
    def from_json(data: Any, entry_id: str = "") -> Entry:
        """ValueError when it is malformed, UnknownVersion when it is newer."""
        check_version(data)
        digest = _text(data, "digest", 64)
        if digest is not None and not all(c in "0123456789abcdef" for c in digest):
            raise ValueError('"digest" is not hexadecimal')
        return Entry(
            author=_text(data, "author", MAX_AUTHOR_CHARACTERS, required=True) or "",
            time=check_time(data.get("time")),
            text=_text(data, "text", MAX_TEXT_CHARACTERS) or "",
            verdict=_one_of(data, "verdict", VERDICTS),
            digest=digest,
            status=_one_of(data, "status", STATUSES),
            assignee=_text(data, "assignee", MAX_AUTHOR_CHARACTERS),
            id=entry_id,
        )


def now(after: str = "") -> str:
    """The time, later than ``after``: clocks of different machines disagree, and an answer follows
    what it answers."""
    moment = datetime.now(UTC)
    if after:
        last = datetime.fromisoformat(after)
        moment = max(moment, last + timedelta(milliseconds=1))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_time(value: Any) -> str:
    """A time as :func:`now` writes it; ValueError when it is none."""
    if isinstance(value, str) and 20 <= len(value) <= 32 and value.endswith("Z"):
        datetime.fromisoformat(value)
        return value
    raise ValueError('"time" is no time in UTC')


def check_version(data: Any) -> None:
    """UnknownVersion or ValueError unless the file is one we can read."""
    if not isinstance(data, dict) or not isinstance(version := data.get("version"), int):
        raise ValueError("it is not one of Reviewer's files")
    if version != VERSION:
        raise UnknownVersion(f"it has version {version!s:.20}, and this reviewer knows {VERSION}")


def _frames(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value):
        first, stop = value
        if 0 <= first < stop <= _MAX_FRAMES:
            return first, stop
    raise ValueError('"frames" is not [first, stop]')


def _place(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2:
        numbers = [v for v in value if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if len(numbers) == 2 and all(
            math.isfinite(v) and abs(v) <= _MAX_COORDINATE for v in numbers
        ):
            return float(numbers[0]), float(numbers[1])
    raise ValueError('"place" is not [x, y]')


def _text(data: Mapping[str, Any], key: str, limit: int, *, required: bool = False) -> str | None:
    value = data.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str) or len(value) > limit or not is_unicode(value):
        raise ValueError(f'"{key}" is no text of at most {limit} characters')
    return value


def _one_of(data: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str | None:
    value = data.get(key)
    if value is None or value in known:
        return value
    raise ValueError(f'"{key}" is none of {", ".join(known)}')
