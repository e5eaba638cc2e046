"""One entity at one frame, for the properties panel: each value as the engine evaluates it, whether
it is a keyframe, by which rule it follows and where it came from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from reviewer.format import EditError, Project
from reviewer.format.entity import Entity, Property

SCENE_ENTITY = "scene-0"
# Geometry of more numbers than these is painted, not read: the panel only counts its keyframes.
MAX_NUMBERS = 5
MAX_TEXT = 4000
MAX_ITEMS = 200


def describe(project: Project, entity_id: str, frame: int) -> dict[str, Any]:
    """JSON of the entity's properties at ``frame``, by name. ProjectError when there is no such
    entity, EditError when the video has no such frame."""
    frame = project.check_frame(frame)
    revision = project.revision  # before: what is evaluated is at least this new
    entity = project.scene if entity_id == SCENE_ENTITY else project.entity(entity_id)
    described: dict[str, Any] = {"id": entity_id, "frame": frame, "revision": revision}
    described["properties"] = {name: _property(entity[name], frame) for name in entity.properties}
    if "presence" in entity.properties:
        spans = [s for s in entity["presence"].spans() if s[2] in ("present", "occluded")]
        described["first"] = spans[0][0] if spans else None
        described["stop"] = spans[-1][1] if spans else None
        described["presence_keyframes"] = entity["presence"].keyframes[:MAX_ITEMS].tolist()
    return described


def _property(track: Property, frame: int) -> dict[str, Any]:
    definition = track.definition
    found: dict[str, Any] = {"value": _value(track.at(frame)), "applies": track.applies_at(frame)}
    if not definition.time_varying:
        return found
    frames = track.keyframes
    force = int(np.searchsorted(frames, frame, "right")) - 1
    found |= {
        "keyframes": len(frames),
        "keyframe": bool(force >= 0 and frames[force] == frame),
        "since": int(frames[force]) if force >= 0 else None,
        "until": int(frames[force + 1]) if force + 1 < len(frames) else None,
        "rule": track.rule_at(frame),
        "rules": list(definition.kind.rules),
        "source": _source(track, int(frames[force])) if force >= 0 else None,
    }
    return found


def _source(track: Property, frame: int) -> dict[str, Any]:
    try:
        source = track.source(frame)
    except EditError as error:
        return {"by": "unknown", "problem": str(error)}
    return {"by": source.by, "confidence": source.confidence}


def _value(value: Any) -> Any:
    """As JSON, cut to what a panel can show; None for shapes, which are painted."""
    if isinstance(value, Entity):
        return value.id
    if isinstance(value, np.ndarray):
        plain = value.ndim == 1 and value.size <= MAX_NUMBERS and bool(np.isfinite(value).all())
        return value.tolist() if plain else None
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, (list, tuple)):
        items = [_value(item) for item in value[:MAX_ITEMS]]
        return items if all(isinstance(item, str) for item in items) else None
    if isinstance(value, (bool, int)) or value is None:
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return None
