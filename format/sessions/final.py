"""The final export of a submitted session, as a process of its own:
``python -m reviewer.format.sessions.final DIR SESSION [DESCRIPTOR]``. It writes into the session's
file how it ended; the descriptor is the lock that says that it is under way."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import orjson

from ..errors import ReviewerError
from ..files import read_bounded, write_atomically
from ..interchange.registry import export_file
from ..layout import Layout
from ..project import Project
from .record import DONE, FAILED, Export, Session
from .sessions import MAX_FILE_BYTES

_SAFE = re.compile(r"[0-9]{8}-[0-9a-z]{1,32}\Z")


def run(folder: Path, session_id: str) -> int:
    """Export, and say in the session's file how it went. Returns the exit code."""
    layout = Layout(folder.absolute())
    file = layout.sessions / f"{session_id}.json"
    if not _SAFE.match(session_id):
        return 2
    session = Session.from_json(session_id, orjson.loads(read_bounded(file, MAX_FILE_BYTES)))
    if session.export is None:
        return 2
    ended = _exported(layout, session_id, session.export)
    data = replace(session, export=ended).to_json()
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    write_atomically(file, orjson.dumps(data, option=option), layout.temporary)
    return 0 if ended.state == DONE else 1


def _exported(layout: Layout, session_id: str, export: Export) -> Export:
    ending = Path(export.file).suffix  # only the ending: a file in git names no other place
    target = layout.exports / f"{session_id}{ending}"
    try:
        layout.exports.mkdir(exist_ok=True)
        ignore = layout.exports / ".gitignore"
        if not ignore.exists():
            ignore.write_text("# Made from the annotations, at any time again.\n*\n")
        with Project.open(layout.root) as project:
            rows = export_file(project, target, export.format)
        return replace(export, state=DONE, rows=rows, file=f"exports/{target.name}", error="")
    except ReviewerError as error:
        return replace(export, state=FAILED, error=str(error)[:1000])
    except (OSError, MemoryError) as error:
        return replace(export, state=FAILED, error=f"It could not be written: {error}."[:1000])


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2]))
