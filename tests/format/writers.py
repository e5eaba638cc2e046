"""Processes that edit one folder until something strikes them down. Run as a program, it reads
lines of JSON: an order forks a writer and says its process id, ``{"kill": id}`` kills one of them
and ``{"gone": id}`` asks whether it still runs. Their parent, it knows them from any other process.

Each writes a line to a file of its own when an edit was acknowledged, and, just before it dies at a
call that was chosen for it, where that is.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import orjson
from reviewer.format import journal, persist

from reviewer import Project, ReviewerError
from tests.format.annotator import Annotator

# What is called on the way of an edit to the disk.
CALLS = ("pwrite", "sync_data", "fsync", "replace", "truncate")
HOWS = ("before", "after", "half", "error")


class Striker:
    """Lets the n-th call of one kind die before it, after it, in its middle, or fail."""

    def __init__(self, say: Callable[[str], None], call: str, nth: int, how: str) -> None:
        self._say, self._call, self._nth, self._how = say, call, nth, how
        self._count = 0
        self._mutex = threading.Lock()

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if name != self._call:
                return real(*arguments, **options)
            with self._mutex:
                self._count += 1
                count = self._count
            if self._how == "error" and self._nth <= count < self._nth + 3:
                self._say(f"{name} {count} failed")
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            if count != self._nth or self._how == "error":
                return real(*arguments, **options)
            if self._how == "half" and name == "pwrite":
                descriptor, data, offset = arguments
                real(descriptor, data[: len(data) // 2], offset)
            elif self._how == "after":
                real(*arguments, **options)
            self._say(f"killed {self._how} {name} {count}")
            os.kill(os.getpid(), signal.SIGKILL)

        return wrapped


def write(order: dict[str, Any]) -> None:
    """Edit until struck down, or until as many edits as were asked for are made."""
    out = os.open(order["acknowledged"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(text: str) -> None:
        os.write(out, f"{text}\n".encode())

    if strike := order.get("strike"):
        striker = Striker(say, *strike)
        os.pwrite = striker.wrap("pwrite", os.pwrite)
        os.fsync = striker.wrap("fsync", os.fsync)
        os.replace = striker.wrap("replace", os.replace)
        os.ftruncate = striker.wrap("truncate", os.ftruncate)
        journal._sync_data = striker.wrap("sync_data", journal._sync_data)
    persist._FLUSH_AFTER_S = order["flush_after_s"]
    persist._RETRY_AFTER_S = 0.05
    try:
        with Project.open(order["folder"], author=order["author"]) as project:
            project.subscribe(lambda change: None)
            annotator = Annotator(project, order["author"])
            for number in range(order["first"], order["first"] + order["count"]):
                say(f"try {number}")
                done = annotator.step(number)
                say(f"ok {number} {done}")
    except (ReviewerError, OSError) as error:
        say(f"refused: {error}")
    say("left")


def main() -> None:
    running: set[int] = set()
    for line in sys.stdin:
        order = orjson.loads(line)
        if process := order.get("kill") or order.get("gone"):
            if process in running:  # else its id may by now be somebody else's
                if "kill" in order:
                    os.kill(process, signal.SIGKILL)
                if os.waitpid(process, 0 if "kill" in order else os.WNOHANG)[0]:
                    running.remove(process)
            print(int(process not in running), flush=True)
            continue
        child = os.fork()
        if child == 0:
            try:
                write(order)
            except BaseException as error:
                path = order["acknowledged"]
                with open(path, "a", encoding="utf-8") as file:
                    file.write(f"broke: {error!r}\n")
            finally:
                os._exit(0)
        running.add(child)
        print(child, flush=True)
    for process in running:  # nobody asked for them to go on without us
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
