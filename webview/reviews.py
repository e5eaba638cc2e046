"""What the page asks about reviews and problems, and what it says: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
from aiohttp import web
from reviewer.format import EditError, Project, ProjectError
from reviewer.format.problems import Problem, find_problems
from reviewer.format.review import Thread

Answer = Callable[[Project, dict[str, Any]], Any]
MAX_LISTED = 2000


def reviews(project: Project) -> dict[str, Any]:
    """Every thread, the last spoken in first, what is left of the queue, and who speaks here."""
    threads = sorted(project.reviews.threads(), key=lambda each: each.updated, reverse=True)
    progress = project.reviews.progress()
    states = {item.entity: item.state for item in reversed(project.reviews.queue())}
    return {
        "me": project.author,
        "read_only": project.read_only,
        "threads": [described(thread) for thread in threads[:MAX_LISTED]],
        "more": max(0, len(threads) - MAX_LISTED),
        "accepted": progress.accepted,
        "left": states,
        "problems": project.reviews.problems,
    }


def described(thread: Thread) -> dict[str, Any]:
    """A thread as the page has it."""
    return {
        "id": thread.id,
        "pin": thread.pin.to_json(),
        "status": thread.status,
        "verdict": thread.verdict,
        "assignee": thread.assignee,
        "outdated": thread.outdated,
        "entries": [
            {
                "author": entry.author,
                "time": entry.time,
                "text": entry.text,
                "verdict": entry.verdict,
                "status": entry.status,
                "assignee": entry.assignee,
            }
            for entry in thread.entries
        ],
    }


def say(project: Project, message: dict[str, Any]) -> dict[str, Any]:
    """Begin a thread, or answer in one: ``thread`` says in which."""
    text = _text(message, "text") or ""
    verdict, status = _text(message, "verdict"), _text(message, "status")
    thread = _text(message, "thread")
    if thread is not None:
        if verdict is not None and status is None:
            status = "resolved" if verdict == "accept" else "open"
        found = project.reviews.reply(thread, text, verdict=verdict, status=status)
        return described(found)
    entity, frames = _text(message, "entity"), _pair(message, "frames", int)
    if verdict is not None:
        if entity is None:
            raise EditError("A verdict is about an entity: select one.")
        return described(project.reviews.verdict(entity, verdict, text, frames=frames))
    found = project.reviews.open(
        text,
        frames=frames,
        entity=entity,
        property=_text(message, "property"),
        place=_pair(message, "place", float),
    )
    return described(found)


def problems(project: Project) -> dict[str, Any]:
    """What the checks find, worst first, with the labels of what would mend it."""
    found = find_problems(project)
    return {
        "problems": [_problem(each) for each in found.problems[:MAX_LISTED]],
        "more": max(0, len(found.problems) - MAX_LISTED),
        "left_out": sorted(found.left_out),
        "failed": found.failed,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        **{key: value for key, value in asdict(problem).items() if key != "fixes"},
        "severity": str(problem.severity),
        "key": problem.key(),
        "fixes": [fix.label for fix in problem.fixes],
    }


def mend(project: Project, message: dict[str, Any]) -> dict[str, Any]:
    """Do what a problem offered. It is looked for again: it may be gone."""
    code, key, label = (_text(message, name) for name in ("code", "key", "label"))
    if not (code and key and label):
        raise EditError("The message is malformed: it names no problem.")
    for problem in find_problems(project, [code]).problems:
        for fix in problem.fixes:
            if problem.key() == key and fix.label == label:
                fix.apply(project)
                return {"done": label}
    raise ProjectError("This problem is not there any more.")


def _text(message: dict[str, Any], name: str) -> str | None:
    value = message.get(name)
    if value is not None and not isinstance(value, str):
        raise EditError(f"The message is malformed: {name} must be a text.")
    return value


def _pair(message: dict[str, Any], name: str, kind: type) -> Any:
    value = message.get(name)
    if value is None:
        return None
    numbers = (int,) if kind is int else (int, float)
    if isinstance(value, list) and len(value) == 2 and all(type(v) in numbers for v in value):
        return kind(value[0]), kind(value[1])
    raise EditError(f"The message is malformed: {name} must be two numbers.")


async def message_of(request: web.Request) -> dict[str, Any]:
    """The JSON object that a request carries; EditError when it is none."""
    try:
        message = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict):
        raise EditError("The message is malformed: it is not a JSON object.")
    return message
