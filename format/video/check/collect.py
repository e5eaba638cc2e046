"""Gathering findings while the file is looked at, then giving them times and remedies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ..index import VideoIndex
from .codes import CODES, Severity
from .remedies import Subject, remedy
from .report import Finding, Span

Range = tuple[int, int]
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass
class _Draft:
    code: str
    summary: str
    ranges: list[Range]
    severity: Severity
    data: dict[str, Any]


@dataclass
class Findings:
    """Findings on their way into a report; at most one of each code."""

    drafts: dict[str, _Draft] = field(default_factory=dict)

    def add(
        self,
        code: str,
        summary: str,
        ranges: Iterable[Range] = (),
        severity: Severity | None = None,
        **data: Any,
    ) -> None:
        """Note a finding. ``ranges`` are (first, stop) in frames, ascending and disjoint."""
        usual = CODES[code].severity
        self.drafts[code] = _Draft(code, summary, list(ranges), severity or usual, data)

    def __contains__(self, code: str) -> bool:
        return code in self.drafts

    def finish(self, index: VideoIndex | None, subject: Subject) -> tuple[Finding, ...]:
        """The findings with their times, worst first."""
        drafts = sorted(self.drafts.values(), key=lambda draft: _ORDER[draft.severity])
        return tuple(
            Finding(
                draft.code,
                draft.severity,
                draft.summary,
                tuple(_span(index, one) for one in draft.ranges) if index is not None else (),
                MappingProxyType(draft.data),
                remedy(draft.code, subject, draft.data),
            )
            for draft in drafts
        )


def _span(index: VideoIndex, frames: Range) -> Span:
    first, stop = frames
    base = float(index.time_base)
    start = (int(index.pts[first]) - int(index.pts[0])) * base
    if stop < index.frame_count:
        end = (int(index.pts[stop]) - int(index.pts[0])) * base
    else:
        end = index.duration
    return Span(first, stop, start, max(start, end))


def to_ranges(chosen: npt.NDArray[np.bool_]) -> list[Range]:
    """Runs of True as (first, stop)."""
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 frame``, ``1,200 frames``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listing(numbers: Iterable[int], limit: int = 5) -> str:
    """``12, 40 and 3 more``."""
    numbers = list(numbers)
    shown = ", ".join(f"{number:,}" for number in numbers[:limit])
    rest = len(numbers) - limit
    return f"{shown} and {rest:,} more" if rest > 0 else shown
