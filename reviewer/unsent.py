"""What somebody was typing when the terminal went away, kept for the next time.

In the person's own state folder and not in the project: half a sentence is nobody else's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from reviewer.remembered import state_folder

MAX_CHARACTERS = 20_000


def _place(project: Path) -> Path:
    name = hashlib.sha256(os.fsencode(project.absolute())).hexdigest()[:24]
    return state_folder() / "unsent" / f"{name}.txt"


def keep(project: Path, text: str) -> None:
    """Keep a text for the project in that folder; where it cannot be written, nothing is kept."""
    if not text.strip():
        return
    with contextlib.suppress(OSError):
        place = _place(project)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text[:MAX_CHARACTERS])


def take(project: Path) -> str:
    """What was kept for the project, once; "" when there is nothing."""
    with contextlib.suppress(OSError):
        place = _place(project)
        with open(place, encoding="utf-8", errors="replace") as file:
            text = file.read(MAX_CHARACTERS)
        place.unlink()
        return text
    return ""
