"""What a check found, as immutable values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from .codes import CODES, Flag, Severity

SCHEMA = "reviewer-check/1"
_LEVELS = (Severity.NOTE, Severity.WARNING, Severity.ERROR)


@dataclass(frozen=True)
class Span:
    """Frames ``first`` to ``stop - 1``, shown from ``start`` to ``end`` seconds.

    Frames count from 0; the first frame of the video is at 0 seconds.
    """

    first: int
    stop: int
    start: float
    end: float


@dataclass(frozen=True)
class Remedy:
    """What to do about a finding; a command is None when there is none that helps."""

    advice: str
    ffmpeg: str | None = None
    reviewer: str | None = None


@dataclass(frozen=True)
class Finding:
    """One kind of fault or property, with every place where it was found."""

    code: str
    severity: Severity
    summary: str  # what was found, with its numbers, in a sentence
    spans: tuple[Span, ...] = ()  # ascending, disjoint; empty when the file as a whole is meant
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    remedy: Remedy | None = None

    @property
    def meaning(self) -> str:
        """What it means for labels."""
        return CODES[self.code].meaning

    @property
    def frame_count(self) -> int:
        """How many frames it concerns."""
        return sum(span.stop - span.first for span in self.spans)

    def to_json(self) -> dict[str, Any]:
        """See CHECK.md."""
        remedy = self.remedy
        return {
            "code": self.code,
            "severity": str(self.severity),
            "summary": self.summary,
            "meaning": self.meaning,
            "frames": [[span.first, span.stop] for span in self.spans],
            "times": [[round(span.start, 6), round(span.end, 6)] for span in self.spans],
            "data": dict(self.data),
            "remedy": remedy
            and {"advice": remedy.advice, "ffmpeg": remedy.ffmpeg, "reviewer": remedy.reviewer},
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Finding:
        """The inverse of to_json(). Raises KeyError, TypeError or ValueError for anything else."""
        if value["code"] not in CODES:
            raise ValueError(f"unknown code {value['code']!r}")
        spans = tuple(
            Span(int(first), int(stop), float(start), float(end))
            for (first, stop), (start, end) in zip(value["frames"], value["times"], strict=True)
        )
        remedy = None if value["remedy"] is None else Remedy(**value["remedy"])
        severity = Severity(value["severity"])
        return Finding(
            value["code"],
            severity,
            str(value["summary"]),
            spans,
            MappingProxyType(dict(value["data"])),
            remedy,
        )


@dataclass(frozen=True)
class Report:
    """Everything that a check of one file found."""

    file: str  # name as given
    size: int  # bytes
    quick: bool  # only what demuxing reveals was looked at
    complete: bool  # False when the check had to be given up on the way
    video: Mapping[str, Any] | None  # VideoIndex.to_info(); None when unreadable
    browser: Mapping[str, Any] | None  # see compatibility.py
    findings: tuple[Finding, ...]  # worst first

    @property
    def severity(self) -> Severity | None:
        """The worst finding's; None when there are none."""
        found = {finding.severity for finding in self.findings}
        return next((level for level in reversed(_LEVELS) if level in found), None)

    @property
    def readable(self) -> bool:
        """Whether the file has frames at all."""
        return self.video is not None

    @property
    def frame_count(self) -> int:
        return int(self.video["frames"]) if self.video is not None else 0

    def of(self, code: str) -> Finding | None:
        """The finding of a code, if there is one. There is at most one of each."""
        return next((finding for finding in self.findings if finding.code == code), None)

    def frame_flags(self) -> npt.NDArray[np.uint8]:
        """The faults of each frame: bits of ``Flag``, uint8 (frame_count,)."""
        flags = np.zeros(self.frame_count, np.uint8)
        for finding in self.findings:
            flag = CODES[finding.code].flag
            if flag is not None:
                for span in finding.spans:
                    flags[span.first : span.stop] |= flag
        return flags

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-able values; the schema is in CHECK.md."""
        return {
            "schema": SCHEMA,
            "file": self.file,
            "size": self.size,
            "quick": self.quick,
            "complete": self.complete,
            "severity": None if self.severity is None else str(self.severity),
            "video": None if self.video is None else dict(self.video),
            "browser": None if self.browser is None else dict(self.browser),
            "findings": [finding.to_json() for finding in self.findings],
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Report:
        """The inverse of to_json(). Raises KeyError, TypeError or ValueError for anything else."""
        if value["schema"] != SCHEMA:
            raise ValueError(f"a report of schema {value['schema']!r}, not {SCHEMA!r}")
        return Report(
            str(value["file"]),
            int(value["size"]),
            bool(value["quick"]),
            bool(value["complete"]),
            value["video"],
            value["browser"],
            tuple(Finding.from_json(item) for item in value["findings"]),
        )


def flag_names() -> dict[int, str]:
    """Names of the bits of ``Report.frame_flags()``, for columns and legends."""
    return {int(flag): str(flag.name).lower() for flag in Flag}
