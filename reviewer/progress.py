"""A progress bar for anything that takes over a second, on standard error of a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_SHOW_AFTER_S = 0.7

Report = Callable[[int, "int | None"], None]


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yields ``report(done, total)``; the bar appears when the work turns out to be long."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    started = time.monotonic()
    task = None

    def report(done: int, total: int | None) -> None:
        nonlocal task
        if task is None:
            if not sys.stderr.isatty() or time.monotonic() - started < _SHOW_AFTER_S:
                return
            bar.start()
            task = bar.add_task(title, total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if task is not None:
            bar.stop()
