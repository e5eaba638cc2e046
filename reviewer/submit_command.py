"""``reviewer submit``: mark a session done and start its final export."""

from __future__ import annotations

import argparse
import sys

import orjson

from .format import EditError, Project, ReviewerError
from .format.sessions import Session
from .report_commands import session_json
from .widgets.text import inert


def submit(options: argparse.Namespace) -> int:
    """Submit a session. Returns 1 when there is none that could be."""
    with Project.open(options.directory) as project:
        known = project.sessions.all()
        if options.session and options.session not in {each.id for each in known}:
            raise ReviewerError(
                f'There is no session "{options.session:.60}"; reviewer sessions lists them.'
            )
        chosen = options.session or _last_of(known, project.author)
        try:
            if not chosen:
                raise EditError(
                    f"There is nothing of {project.author} to submit; reviewer sessions lists "
                    f"everybody's, and --session names one."
                )
            done = project.sessions.submit(chosen, options.format)
        except EditError as error:
            print(f"reviewer: {inert(str(error))}", file=sys.stderr)
            return 1
    _tell(done, as_json=options.json)
    return 0


def _last_of(sessions: list[Session], author: str) -> str:
    """The author's newest session that was not submitted yet, "" when there is none."""
    own = [each for each in sessions if each.author == author and each.state != "done"]
    return own[-1].id if own else ""


def _tell(session: Session, *, as_json: bool) -> None:
    if as_json:
        option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        found = {"kind": "submitted", "session": session_json(session)}
        sys.stdout.write(orjson.dumps(found, option=option).decode())
        return
    assert session.export is not None
    frames = f"{session.edits:,} edits on {session.frame_count:,} frames"
    print(f"Submitted {session.id} of {inert(session.author)}: {frames}.")
    file = inert(session.export.file)
    print(f"{file} is being written; reviewer sessions tells when it is done.")
