"""A project's sound: taken out of the video once, kept among what is this machine's only."""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import VideoError
from .layout import Layout
from .video.sound import SoundTrack, find_sound, write_sound

if TYPE_CHECKING:
    from .project import Project


@dataclass(frozen=True, slots=True)
class Sound:
    """A file to play, and its media type."""

    path: Path
    media_type: str


def sound_track(project: Project) -> SoundTrack | None:
    """What there is to hear, None where there is nothing. VideoError without the video."""
    return find_sound(project.video)


def sound_file(project: Project, opus: bool = False, stop: threading.Event | None = None) -> Sound:
    """The sound as a file, made when it is first asked for, which takes a while for a long video.
    VideoError when the video has none or it cannot be decoded; ``stop`` ends the work."""
    track = sound_track(project)
    if track is None:
        raise VideoError("The video has no sound.")
    layout = Layout(project.path)
    suffix, media_type = track.form(opus)
    path = layout.sound(project.video.index.fingerprint, suffix)
    if not path.exists():
        layout.temporary.mkdir(parents=True, exist_ok=True)
        temporary = layout.temporary / f"{os.getpid()}-{secrets.token_hex(8)}.sound"
        try:
            write_sound(project.video, track, temporary, opus, stop)
            for old in layout.local.glob("sound-*"):  # of a video that was there before
                if old.stem != path.stem:
                    old.unlink(missing_ok=True)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return Sound(path, media_type)
