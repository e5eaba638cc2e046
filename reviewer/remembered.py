"""What a person chose for every project, kept in their own state folder: the colour theme."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MAX_CHARACTERS = 100


def state_folder() -> Path:
    """Where this program keeps what is one person's and not a project's."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home else Path.home() / ".local" / "state") / "reviewer"


def remember_theme(name: str) -> None:
    """Keep a theme's name; where it cannot be written, nothing is kept."""
    with contextlib.suppress(OSError, RuntimeError):
        folder = state_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "theme").write_text(name[:MAX_CHARACTERS], encoding="utf-8")


def remembered_theme() -> str:
    """The name that was kept, "" when there is none."""
    try:
        with open(state_folder() / "theme", encoding="utf-8", errors="replace") as file:
            return file.read(MAX_CHARACTERS).strip()
    except (OSError, RuntimeError):
        return ""
