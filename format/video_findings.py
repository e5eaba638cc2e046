"""What a check of its video found, as a project keeps it: on this machine only, never versioned."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .attach import Progress, VideoRecord
from .errors import VideoError
from .files import Stamp, read_bounded, stamp_of, write_atomically
from .layout import Layout
from .video.check import Report, Severity, check_video
from .video.check.report import Finding as VideoFault
from .video.check.report import flag_names

_MAX_BYTES = 64 << 20
_MAX_RANGES = 1 << 20  # of one finding
_MAX_TEXT = 4000  # characters
_MAX_FINDINGS = 256
# A screen has no more places than that to draw in.
_DRAWN_RANGES = 4000


@dataclass(frozen=True, slots=True)
class VideoFinding:
    """One kind of fault, with every place where it was found.

    ``frames`` are ranges ``(first, stop)``, 0-based and half-open, ascending and disjoint; empty
    when the file as a whole is meant.
    """

    code: str
    severity: Severity  # equal to 'note', 'warning' or 'error'
    title: str  # what was found, in a sentence
    frames: tuple[tuple[int, int], ...]
    meaning: str  # for labels
    remedy: str  # what to do about it, '' when there is nothing to be done
    command: str | None  # the command that does it, where there is one


class Findings:
    """Everything that a check found, worst first. A value: a later check makes another."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.items = tuple(_finding(fault) for fault in report.findings)

    @property
    def quick(self) -> bool:
        """Only what demuxing reveals was looked at: damage inside pictures is not known."""
        return self.report.quick

    @property
    def complete(self) -> bool:
        """False when the check had to be given up on the way."""
        return self.report.complete

    @property
    def severity(self) -> Severity | None:
        """The worst finding's, None when there are none."""
        return self.report.severity

    @property
    def flag_names(self) -> Mapping[int, str]:
        """What each bit of :meth:`flags` says of a frame."""
        return flag_names()

    @cached_property
    def _flags(self) -> NDArray[np.uint32]:
        flags = self.report.frame_flags().astype(np.uint32)
        flags.flags.writeable = False
        return flags

    def flags(self, first: int, stop: int) -> NDArray[np.uint32]:
        """The faults of frames ``[first, stop)``, a bit for each: read-only, one a frame."""
        return self._flags[max(0, first) : max(0, stop)]

    def flagged(self) -> dict[str, int]:
        """How many frames have each fault, those that none has left out."""
        counts = {name: int(np.sum(self._flags & bit != 0)) for bit, name in flag_names().items()}
        return {name: number for name, number in counts.items() if number}

    def texts(self, first: int, stop: int) -> NDArray[np.str_]:
        """The names of each frame's faults with spaces between, '' without any; ``<U``."""
        values, inverse = np.unique(self.flags(first, stop), return_inverse=True)
        names = [
            " ".join(name for bit, name in flag_names().items() if value & bit)
            for value in values.tolist()
        ]
        return np.array(names, np.str_)[inverse] if len(values) else np.empty(0, "<U1")

    def to_json(self) -> dict[str, Any]:
        """For screens: where there are thousands of ranges, near ones are drawn together."""
        return {
            "quick": self.quick,
            "complete": self.complete,
            "severity": self.severity and str(self.severity),
            "flag_names": {str(bit): name for bit, name in self.flag_names.items()},
            "flagged": self.flagged(),
            "items": [
                {
                    "code": item.code,
                    "severity": str(item.severity),
                    "title": item.title,
                    "frames": _joined(item.frames, self.report.frame_count),
                    "frame_count": sum(stop - first for first, stop in item.frames),
                    "meaning": item.meaning,
                    "remedy": item.remedy,
                    "command": item.command,
                }
                for item in self.items
            ],
        }


def _finding(fault: VideoFault) -> VideoFinding:
    remedy = fault.remedy
    return VideoFinding(
        fault.code,
        fault.severity,
        fault.summary,
        tuple((span.first, span.stop) for span in fault.spans),
        fault.meaning,
        remedy.advice if remedy else "",
        (remedy.reviewer or remedy.ffmpeg) if remedy else None,
    )


def _joined(frames: tuple[tuple[int, int], ...], frame_count: int) -> list[tuple[int, int]]:
    if len(frames) <= _DRAWN_RANGES:
        return list(frames)
    near = frame_count // _DRAWN_RANGES + 1
    joined: list[tuple[int, int]] = []
    for first, stop in frames:
        if joined and first - joined[-1][1] <= near:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((first, stop))
    return joined


class VideoCheck:
    """The findings of one project: read when somebody asks, from whichever process wrote them."""

    def __init__(self, layout: Layout) -> None:
        self._file, self._temporary = layout.video_check, layout.temporary
        self._local = layout.local
        self._running = threading.Lock()
        self._known: tuple[Stamp | None, str, Findings | None] | None = None

    def get(self, record: VideoRecord) -> Findings | None:
        """What is known about that video, None when it was never checked."""
        try:
            stamp = stamp_of(self._file.stat())
        except OSError:
            stamp = None
        known = self._known
        if known is not None and known[1] == _identity(record) and known[0] == stamp:
            return known[2]
        found = self._read(record) if stamp is not None else None
        self._known = (stamp, _identity(record), found)
        return found

    def run(
        self, video: Path, record: VideoRecord, quick: bool, progress: Progress | None
    ) -> Findings:
        """Check the video and keep what is found. VideoError when it is not that video any more."""
        with self._running:
            known = self.get(record)
            if quick and known is not None and known.complete and not known.quick:
                return known  # it knows all that a quick look reveals
            report = check_video(video, stream=record.stream, quick=quick, progress=progress)
            if report.video is None or report.video["fingerprint"] != record.fingerprint:
                raise VideoError(
                    f"{video} is not the video it was when the project was opened: open it again."
                )
            found = Findings(report)
            self._keep(found, record)
            return found

    def _keep(self, found: Findings, record: VideoRecord) -> None:
        stamp = None
        content = {"video": _identity(record), "report": found.report.to_json()}
        if os.access(self._local, os.W_OK) and not self._local.is_symlink():
            with contextlib.suppress(OSError):  # a full disk: it is known while we run
                write_atomically(self._file, orjson.dumps(content), self._temporary)
                stamp = stamp_of(self._file.stat())
        self._known = (stamp, _identity(record), found)

    def _read(self, record: VideoRecord) -> Findings | None:
        try:
            content = orjson.loads(read_bounded(self._file, _MAX_BYTES))
            if content["video"] != _identity(record):
                return None
            report = Report.from_json(content["report"])
            _check_sound(report, record)
            return Findings(report)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return None  # derived: whatever is wrong with it, the next check writes it anew


def _identity(record: VideoRecord) -> str:
    return f"{record.fingerprint} {record.stream}"


def _check_sound(report: Report, record: VideoRecord) -> None:
    """ValueError or TypeError unless every number and text is one that a check can have found."""
    if report.video is None or report.video["frames"] != record.frame_count:
        raise ValueError("a report on another video")
    if len(report.findings) > _MAX_FINDINGS:
        raise ValueError("more findings than there are kinds")
    for finding in report.findings:
        remedy = finding.remedy
        texts = [finding.summary]
        if remedy is not None:
            texts += [text for text in (remedy.advice, remedy.ffmpeg, remedy.reviewer) if text]
        if any(not isinstance(text, str) or len(text) > _MAX_TEXT for text in texts):
            raise ValueError("a text that is none")
        edges = [edge for span in finding.spans for edge in (span.first, span.stop)]
        if len(edges) > 2 * _MAX_RANGES:
            raise ValueError("too many ranges")
        if edges:
            steps = np.diff(np.array([0, *edges, record.frame_count], np.int64))
            if (steps < 0).any() or (steps[1::2] < 1).any():
                raise ValueError("ranges that are not in the video, or not in order")
