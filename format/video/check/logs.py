"""Hearing what FFmpeg complains about."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import av.logging

Line = tuple[int, str, str]  # level, who says it, what


@contextlib.contextmanager
def listening() -> Iterator[list[Line]]:
    """FFmpeg's warnings and errors, from all threads, as they come.

    Changes FFmpeg's log level for the whole process. A decoder that has threads must be flushed
    before this ends, and closed only afterwards: PyAV closes it while holding the interpreter's
    lock, and waits for ever if one of its threads wants that lock to report something.
    """
    repeats = av.logging.get_skip_repeated()
    av.logging.set_skip_repeated(False)
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_libav_level(av.logging.WARNING)
    try:
        with av.logging.Capture(False) as lines:
            yield lines
    finally:
        av.logging.set_libav_level(av.logging.PANIC)
        av.logging.set_level(None)
        av.logging.set_skip_repeated(repeats)
