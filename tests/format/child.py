"""Other processes: Python that runs against a project folder while a test looks on."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def start(code: str, *arguments: Any) -> subprocess.Popen[str]:
    """Run code that finds ``arguments`` in ``sys.argv[1:]``; standard output is a pipe."""
    program = "import sys\nfrom reviewer import Project\n" + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def run(code: str, *arguments: Any) -> tuple[int, str]:
    """As :func:`start`, to its end: exit code and standard output."""
    process = start(code, *arguments)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output
