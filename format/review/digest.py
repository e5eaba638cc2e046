"""What a verdict was given on, in a few bytes: when it differs, somebody has changed it since."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import orjson

from ..kinds import COMPANIONS
from ..rowbytes import rows_to_bytes

if TYPE_CHECKING:
    from ..project import Project


def digest_of(project: Project, entity_id: str, first: int, stop: int) -> str:
    """Hexadecimal blake2b, 16 bytes, over everything that decides the entity's values on frames
    ``[first, stop)``: class, constants, and of each property the keyframes inside and the nearest
    ones outside. Its name and other entities are not in it."""
    attributes = project.attributes(entity_id)
    found = hashlib.blake2b(digest_size=16)
    found.update(orjson.dumps([attributes.class_name, dict(sorted(attributes.constants.items()))]))
    owner = project.ontology.find_class(attributes.class_name)
    for name, definition in sorted(owner.properties.items()) if owner else []:
        if not definition.time_varying:
            continue
        own = project.keyframes(entity_id, name, definition.kind)
        low = max(int(np.searchsorted(own.frames, first, "right")) - 1, 0)
        high = int(np.searchsorted(own.frames, stop - 1)) + 1
        begin, end = first, stop
        if low < len(own):
            begin = int(min(own.frames[low], first))
            end = int(max(own.frames[min(high, len(own)) - 1] + 1, stop))
        for each, kind in ((name, definition.kind), (f"{name}.mode", COMPANIONS["mode"])):
            stored = project.keyframes(entity_id, each, kind)
            low, high = np.searchsorted(stored.frames, [begin, end]).tolist()
            if low < high:
                found.update(f"\0{each}\0{kind.token}\0{high - low}\0".encode())
                found.update(stored.frames[low:high].astype("<i8").tobytes())
                found.update(rows_to_bytes(stored.rows[low:high], kind))
    return found.hexdigest()
