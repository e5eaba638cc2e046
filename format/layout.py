"""Where everything lies in a project folder: the only module that knows the folder's layout."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

FORMAT_VERSION = 1
ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing that reads like another
ID_LENGTH = 8

ENTITY_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}-([0-9a-z]{1,32})\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")


def new_entity_id(class_name: str) -> str:
    """``<class>-<random id>``: 10^12 possibilities, so that branches never collide."""
    return f"{class_name}-{''.join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))}"


def is_entity_id(text: str) -> bool:
    """Whether this can name an entity's folder."""
    return bool(ENTITY_ID.match(text))


def is_name(text: str) -> bool:
    """Whether this can name a class or a property, and so a folder."""
    return bool(_NAME.match(text))


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: a file name that is none cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one project."""

    root: Path

    @property
    def ontology(self) -> Path:
        return self.root / "ontology.json"

    @property
    def video(self) -> Path:
        return self.root / "video.json"

    @property
    def store(self) -> Path:
        return self.root / "annotations.zarr"

    @property
    def pts(self) -> Path:
        return self.store / "frames" / "pts"

    @property
    def entities(self) -> Path:
        return self.store / "entities"

    def entity(self, entity_id: str) -> Path:
        """The group of one entity, fanned out by the first character of its random part."""
        return self.entities / entity_id.rpartition("-")[2][0] / entity_id

    @property
    def reviews(self) -> Path:
        return self.root / "reviews"

    @property
    def sessions(self) -> Path:
        return self.root / "sessions"

    @property
    def exports(self) -> Path:
        """What submitting a session writes; never versioned."""
        return self.root / "exports"

    @property
    def local(self) -> Path:
        """What belongs to this machine only and is never versioned."""
        return self.root / ".reviewer"

    @property
    def lock(self) -> Path:
        return self.local / "lock"

    @property
    def journal(self) -> Path:
        return self.local / "journal"

    @property
    def temporary(self) -> Path:
        return self.local / "tmp"

    @property
    def frame_index(self) -> Path:
        return self.local / "frame-index"

    @property
    def video_check(self) -> Path:
        """What the last check of the video found."""
        return self.local / "video-check"

    @property
    def keyframe_cache(self) -> Path:
        return self.local / "keyframes"

    def sound(self, fingerprint: str, suffix: str) -> Path:
        """The sound of the video with that fingerprint, as a file that browsers play."""
        return self.local / f"sound-{fingerprint[:32]}.{suffix}"

    @property
    def video_elsewhere(self) -> Path:
        """The video's path on this machine when it lies neither in the folder nor beside it."""
        return self.local / "video-path"
