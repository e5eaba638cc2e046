"""A report for people: a summary and a map of the damage along time. Plain text."""

from __future__ import annotations

import numpy as np

from .codes import Flag, Severity
from .report import Finding, Report

_MARKS = {
    Flag.DAMAGED: ("damaged", "█"),
    Flag.SUSPECT: ("suspect", "▒"),
    Flag.CONCEALED: ("patched up", "▓"),
    Flag.MISSING_BEFORE: ("missing", "│"),
    Flag.DUPLICATED: ("repeated", "="),
    Flag.FROZEN: ("frozen", "▬"),
    Flag.BLACK: ("black", "■"),
}
_LABEL_COLUMNS = 12
_SIGNS = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "note"}
_MAX_PLACES = 6


def damage_map(report: Report, columns: int = 60) -> list[str]:
    """One line for each kind of fault that occurs, and a scale of time; [] without faults."""
    flags = report.frame_flags()
    if not flags.any() or report.video is None:
        return []
    columns = max(10, min(columns, len(flags)))
    edges = np.arange(columns) * len(flags) // columns
    union = np.bitwise_or.reduceat(flags, edges)
    lines = []
    for flag, (name, mark) in _MARKS.items():
        if (union & flag).any():
            row = "".join(mark if cell & flag else "·" for cell in union.tolist())
            lines.append(f"{name:<{_LABEL_COLUMNS}}{row}")
    end = clock(float(report.video["duration"]))
    lines.append(" " * _LABEL_COLUMNS + "0" + end.rjust(columns - 1))
    return lines


def describe(report: Report, columns: int = 80) -> str:
    """The whole report as lines of text, ending without a newline."""
    lines = [report.file]
    if report.video is not None:
        video = report.video
        rate = "variable rate" if video["variable_rate"] else f"{video['rate']:g} per second"
        lines.append(
            f"{video['frames']:,} frames, {clock(video['duration'])}, {rate}, "
            f"{video['width']} x {video['height']}, {video['codec']}"
        )
    if report.browser is not None:
        native = report.browser["page"] == "native"
        lines.append(
            "In the page: the browser decodes it, frame by frame."
            if native
            else "In the page: exact pictures sent by the server."
        )
    lines.append(_verdict(report))
    drawn = damage_map(report, columns - _LABEL_COLUMNS - 1)
    if drawn:
        lines += ["", *drawn]
    for finding in report.findings:
        lines += ["", *_describe(finding)]
    if report.quick:
        lines += ["", "Only packets were looked at (--quick); without it, every frame is decoded."]
    return "\n".join(lines)


def _verdict(report: Report) -> str:
    counts = dict.fromkeys(Severity, 0)
    for finding in report.findings:
        counts[finding.severity] += 1
    if not report.complete:
        return "The check could not be finished."
    if report.severity in (None, Severity.NOTE):
        return "Nothing is wrong with it."
    words = [
        f"{number} {level}{'s' if number != 1 else ''}"
        for level, number in reversed(counts.items())
        if number
    ]
    return "Found: " + ", ".join(words) + "."


def _describe(finding: Finding) -> list[str]:
    lines = [f"{_SIGNS[finding.severity]:<8}{finding.code}", f"  {finding.summary}"]
    if finding.spans:
        places = [
            f"{_frames(span.first, span.stop)} ({clock(span.start)})"
            for span in finding.spans[:_MAX_PLACES]
        ]
        rest = len(finding.spans) - _MAX_PLACES
        more = f" and {rest:,} more" if rest > 0 else ""
        lines.append(f"  Frames: {', '.join(places)}{more}")
    if finding.severity is Severity.NOTE:
        return lines
    lines.append(f"  For labels: {finding.meaning}")
    if finding.remedy is not None:
        lines.append(f"  Remedy: {finding.remedy.advice}")
        lines += [
            f"    {line}" for line in (finding.remedy.reviewer, finding.remedy.ffmpeg) if line
        ]
    return lines


def _frames(first: int, stop: int) -> str:
    return f"{first:,}" if stop == first + 1 else f"{first:,}-{stop - 1:,}"


def clock(seconds: float) -> str:
    """``1:02:03.400``, ``02:03.400``."""
    whole = int(seconds)
    text = f"{whole // 60 % 60:02}:{whole % 60:02}.{int(seconds * 1000) % 1000:03}"
    return f"{whole // 3600}:{text}" if whole >= 3600 else text
