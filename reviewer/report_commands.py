"""``reviewer stats`` and ``reviewer sessions``: what was done in a project, in numbers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from .format import Project
from .format.sessions import Session
from .format.statistics import statistics
from .widgets.text import cell_width, inert, pad

_MARKS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 24
STATES = {
    "accept": "accepted", "changed": "changed since", "unreviewed": "not reviewed",
    "needs-work": "needs work", "reject": "rejected",
}  # fmt: skip


def stats(options: argparse.Namespace) -> int:
    """Print a project's statistics."""
    with Project.open(options.directory) as project:
        found = statistics(project)
        problems = [*project.reviews.problems, *project.sessions.problems]
    if options.json:
        return _print_json(found, problems)
    print("\n".join(stats_lines(found)))
    return _tell(problems)


def sessions(options: argparse.Namespace) -> int:
    """Print a project's sessions."""
    with Project.open(options.directory) as project:
        found = project.sessions.all()
        problems = project.sessions.problems
        names = {entity.id: entity.name for entity in project.entities.values()}
    if options.json:
        items = [session_json(session) for session in found]
        return _print_json({"kind": "sessions", "sessions": items}, problems)
    if not found:
        print("Nobody has worked in reviewer open or reviewer serve yet.")
    else:
        rows = [session_cells(session, names) for session in found]
        print("\n".join(table_lines(SESSION_HEAD, rows)))
    return _tell(problems)


def session_json(session: Session) -> dict[str, Any]:
    """A session as ``--json`` has it."""
    return asdict(session) | {"entities": dict(session.entities)}


def _print_json(found: dict[str, Any], problems: Sequence[str]) -> int:
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps({**found, "problems": list(problems)}, option=option).decode())
    return 1 if problems else 0


def _tell(problems: Sequence[str]) -> int:
    for problem in problems:
        print(f"reviewer: {inert(problem)}", file=sys.stderr)
    return 1 if problems else 0


# -- as people read it --------------------------------------------------------------------------

SESSION_HEAD = ("session", "author", "began", "worked", "edits", "keyframes", "entities", "state")


def session_cells(session: Session, names: dict[str, str]) -> tuple[str, ...]:
    """A session as cells under ``SESSION_HEAD``; inert."""
    most = sorted(session.entities.items(), key=lambda item: -item[1])[:2]
    whom = [inert(names.get(entity, entity)) for entity, _ in most]
    more = session.entity_count - len(whom)
    on = ", ".join(whom) + (f" +{more}" if more > 0 else "")
    state = session.state
    if session.export is not None:
        state += {
            "running": ", exporting", "done": f", {session.export.file}",
            "failed": ", export failed", "unfinished": ", export unfinished",
        }[session.export.state]  # fmt: skip
    return (
        session.id,
        inert(session.author),
        session.started[:16].replace("T", " "),
        clock(session.active_s),
        f"{session.edits:,}",
        f"{session.keyframes:,}",
        on or "nothing",
        inert(state),
    )


def clock(seconds: float) -> str:
    """Hours and minutes, or seconds where there are no more."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def table_lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they need; numbers to the right."""
    cells = [list(head), *map(list, rows)]
    widths = [max(cell_width(row[i]) for row in cells) for i in range(len(head))]
    right = [all(_is_number(row[i]) for row in rows if row[i]) for i in range(len(head))]
    return [
        "  ".join(
            " " * (width - cell_width(text)) + text if to_right else pad(text, width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("%", "").strip().isdecimal()


def strip(counts: Sequence[int], columns: int = _COLUMNS) -> str:
    """Counts over time as a line of bars, the highest of them full."""
    if not counts or max(counts) == 0:
        return " " * columns
    cut = [counts[i * len(counts) // columns] for i in range(columns)]
    most = max(counts)
    return "".join(_MARKS[-(-value * (len(_MARKS) - 1) // most)] for value in cut)


def stats_lines(found: dict[str, Any]) -> list[str]:
    """The statistics for a terminal; inert."""
    keyframes, annotations = found["keyframes"], found["annotations"]
    sources = ", ".join(f"{count:,} {by}" for by, count in keyframes["by_source"].items())
    lines = [
        f"{inert(found['project'])}: {found['frames']:,} frames",
        f"{found['entities']:,} entities, {keyframes['total']:,} keyframes"
        + (f" ({sources})" if len(keyframes["by_source"]) > 1 else ""),
        f"{annotations['there']:,} times an entity on a frame, {annotations['geometry']:,} shapes",
        "",
    ]
    rows = []
    for item in found["classes"]:
        if not item["entities"]:
            continue
        rows.append(
            (
                inert(item["label"]), f"{item['entities']:,}", f"{item['keyframes']:,}",
                f"{item['there']:,}",
                percent(item["share"]), strip(item["over_time"]),
            )
        )  # fmt: skip
        for prop in item["properties"]:
            rows.append(
                (
                    f"  {inert(prop['label'])}", f"{prop['entities']:,}",
                    f"{prop['keyframes']:,}" if prop["keyframes"] else "", f"{prop['frames']:,}",
                    percent(prop["share"]), strip(prop["over_time"]),
                )
            )  # fmt: skip
    if rows:
        lines += table_lines(("", "entities", "keyframes", "values", "covered", "over time"), rows)
    unused = [inert(item["label"]) for item in found["classes"] if not item["entities"]]
    if unused:
        lines.append(f"Nothing yet: {', '.join(unused)}")
    if found["authors"]:
        head = ("author", "sessions", "worked", "edits", "keyframes", "said", "verdicts")
        people = [
            (
                inert(row["author"]), f"{row['sessions']}", clock(row["active_s"]),
                f"{row['edits']:,}", f"{row['keyframes']:,}", f"{row['said']}",
                f"{row['verdicts']}",
            )
            for row in found["authors"]
        ]  # fmt: skip
        lines += ["", *table_lines(head, people)]
    return [*lines, "", *review_lines(found["review"])]


def percent(share: float) -> str:
    """A share as people read it: never 100% while something is missing."""
    return f"{int(share * 100)}%" if share in (0, 1) or share >= 0.01 else "<1%"


def review_lines(review: dict[str, Any]) -> list[str]:
    """How far the review has come."""
    parts = [f"{count:,} {STATES[state]}" for state, count in review["entities"].items() if count]
    return [
        f"Review: {percent(review['accepted'])} accepted"
        + (f"; entities: {', '.join(parts)}" if parts else ""),
        f"{review['threads']} threads, {review['open']} open",
    ]
