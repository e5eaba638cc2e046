"""What a project holds, in forms that tests can compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from reviewer import Project

Keyframes = dict[tuple[str, str], dict[int, tuple[float, ...]]]


def keyframes_of(project: Project) -> Keyframes:
    """(entity, property) -> frame -> row as stored, without properties that have none."""
    found: Keyframes = {}
    for entity in project.entities.values():
        for name, definition in entity.properties.items():
            if definition.time_varying and len(track := entity[name]):
                rows = track.rows.tolist()
                found[entity.id, name] = {
                    frame: tuple(row)
                    for frame, row in zip(track.keyframes.tolist(), rows, strict=True)
                }
    return found


def everything(project: Project) -> tuple[dict[str, Any], Keyframes]:
    """Names, classes and constants of the entities there are, and all their keyframes."""
    described = {
        entity.id: (entity.name, entity.class_name, dict(entity.attributes.constants))
        for entity in project.entities.values()
    }
    return described, keyframes_of(project)


def versioned_files(path: Path) -> dict[str, bytes]:
    """Every file of a project that git would see, with its bytes."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and ".reviewer" not in file.parts and ".git" not in file.parts
    }


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal shape, type and bits: NaN equals NaN, and 0.0 differs from -0.0."""
    if a.dtype == object:
        return a.shape == b.shape and a.tolist() == b.tolist()
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
