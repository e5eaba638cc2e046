"""Progress of work in several stages: one bar at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from .progress import Report, progress

Titled = Callable[[str], Report]


@contextmanager
def stages() -> Iterator[Titled]:
    """Yields ``stage(title)``, which ends the bar before and gives the next one's ``report``."""
    with ExitStack() as current:

        def stage(title: str) -> Report:
            current.close()
            return current.enter_context(progress(title))

        yield stage
