"""Findings about a project as people read them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .findings import Finding
from .video.check.codes import Severity

_OF_ONE_CODE = 5  # listed with their places; the rest is counted


def describe(findings: Sequence[Finding], columns: int = 80) -> str:
    """Lines for a terminal that is ``columns`` wide: a summary, then each sort of finding with its
    places and how to mend it. Names in it are as found: whoever prints it takes care of them."""
    if not findings:
        return "The project is in order."
    counts = {level: sum(f.severity == level for f in findings) for level in Severity}
    parts = [
        f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}"
        for level in reversed(Severity)
        if counts[level]
    ]
    lines = [f"{', '.join(parts)}."]
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    for code, group in by_code.items():
        lines += ["", f"{str(group[0].severity).upper()}  {code}"]
        for finding in group[:_OF_ONE_CODE]:
            lines += _wrapped(finding.summary, columns)
            lines += _wrapped(_place(finding), columns, "    ")
        if len(group) > _OF_ONE_CODE:
            lines.append(f"  and {len(group) - _OF_ONE_CODE} more of these")
        lines += _wrapped(f"To mend: {group[0].mend}", columns)
    return "\n".join(lines)


def _place(finding: Finding) -> str:
    if not finding.frames:
        return f"at {finding.where}"
    shown = ", ".join(map(str, finding.frames))
    more = ", ..." if finding.count > len(finding.frames) else ""
    return f"at {finding.where}, frame{'s' if finding.count > 1 else ''} {shown}{more}"


def _wrapped(text: str, columns: int, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, max(columns, 40), initial_indent=indent, subsequent_indent=indent + "  "
    )
