"""Who edits, when nobody says."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path


def default_author(folder: Path) -> str:
    """``REVIEWER_AUTHOR``, else git's user name as set for this folder, else the login name."""
    if name := os.environ.get("REVIEWER_AUTHOR", "").strip():
        return name[:200]
    try:
        found = subprocess.run(
            ["git", "config", "--get", "user.name"],
            cwd=folder, capture_output=True, text=True, timeout=2, check=False,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        found = ""
    if found:
        return found[:200]
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "annotator"
