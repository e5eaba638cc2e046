"""The process that looks at one file for ``check_video``, and says what it finds as JSON lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import orjson

from ...errors import VideoError
from .examine import examine
from .report import Report

_MEMORY_BYTES = 6 << 30  # of address space: a 16K picture and its references fit


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Check the file that is the first argument; the second tells which of its streams."""
    _limit_memory()
    # Whatever else prints must not get in between.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr

    def say(**message: Any) -> None:
        out.write(orjson.dumps(message) + b"\n")
        out.flush()

    def partial(found: Report) -> None:
        say(report=found.to_json())

    try:
        found = examine(
            Path(arguments[0]),
            "--quick" in arguments[2:],
            lambda done, total: say(progress=done),
            partial,
            int(arguments[1]),
        )
        partial(found)
    except VideoError as error:
        say(refused=str(error))
    except MemoryError:
        say(gave_up="It takes more memory than a check may have")
    except OSError as error:
        say(gave_up=f"The file cannot be read any further ({error.strerror or error})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
