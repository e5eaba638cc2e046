"""Where a keyframe came from: small JSON texts in the companion array ``<property>.source``. By
hand is the default and not stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import orjson

from .errors import EditError

Origin = Literal["manual", "import", "tracker"]
ORIGINS: tuple[str, ...] = get_args(Origin)


@dataclass(frozen=True, slots=True)
class Source:
    """Who made a keyframe, and how sure they were (any finite number, usually 0 to 1)."""

    by: Origin = "manual"
    confidence: float | None = None


MANUAL = Source()


def format(source: Source) -> str:  # named for its counterpart, parse
    """The one text of a source, empty for plain manual; EditError when it is none."""
    if source.by not in ORIGINS:
        raise EditError(f"A keyframe's source is {', '.join(ORIGINS)}, not {source.by!r:.40}.")
    document: dict[str, str | float] = {"by": source.by}
    if source.confidence is not None:
        try:
            confidence = float(source.confidence)
        except (TypeError, ValueError):
            confidence = math.nan
        if not math.isfinite(confidence):
            raise EditError(f"A confidence is a finite number, not {source.confidence!r:.40}.")
        document["confidence"] = confidence
    return "" if document == {"by": "manual"} else orjson.dumps(document).decode()


def parse(text: str) -> Source:
    """The source of a stored text; ValueError when it is none."""
    if not text:
        return MANUAL
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(data, dict) or set(data) - {"by", "confidence"}:
        raise ValueError('is not an object with "by" and "confidence"')
    by, confidence = data.get("by"), data.get("confidence")
    if by not in ORIGINS:
        raise ValueError(f"has a source that is none of {', '.join(ORIGINS)}")
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float, type(None))):
        raise ValueError("has a confidence that is not a number")
    return Source(by, None if confidence is None else float(confidence))
