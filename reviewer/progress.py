"""A progress bar for anything that takes over a second, on standard error of a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_SHOW_AFTER_S = 0.7

Report = Callable[[int, "int | None"], None]


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yields ``report(done, total)``; the bar appears when the work turns out to be long."""
    started = time.monotonic()
    bar = None
    task = None

    def report(done: int, total: int | None) -> None:
        nonlocal bar, task
        if bar is None or task is None:
            if not sys.stderr.isatty() or time.monotonic() - started < _SHOW_AFTER_S:
                return
            bar = _bar()
            bar.start()
            task = bar.add_task(title, total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    # loaded when something turns out to be long: most of what is opened is not
    from rich import progress as rich
    from rich.console import Console

    return rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
