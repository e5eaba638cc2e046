"""Projects whose one class has a property of every kind, and what they hold frame by frame."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from reviewer.format import journal
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import MODE, MODES, SOURCE, Kind
from reviewer.format.operations import track_of

from reviewer import Entity, Project
from tests.format import every_kind, stranger

FRAMES = 40
POINTS = ["head", "hand", "foot"]
GEOMETRY = ["box", "rotated_box", "ellipse", "points", "polyline", "polygon", "cuboid", "mask"]
VARYING: dict[str, dict[str, Any]] = {
    "state": {"kind": "choice", "choices": ["up", "down"]},
    "tags": {"kind": "choices", "choices": ["a", "b", "c"]},
    "hurt": {"kind": "boolean"},
    "speed": {"kind": "number"},
    "zoom": {"kind": "number", "interpolation": "linear"},
    "note": {"kind": "text"},
    "holder": {"kind": "entity"},
    "around": {"kind": "entities"},
}
ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "thing",
            "geometry": GEOMETRY,
            "skeleton": {"points": POINTS, "edges": []},
            "properties": [
                *({"name": name, "time_varying": True, **rest} for name, rest in VARYING.items()),
                {"name": "title", "kind": "text"},
                {"name": "team", "kind": "choice", "choices": ["home", "away"]},
                {"name": "owner", "kind": "entity"},
                {"name": "friends", "kind": "entities"},
            ],
        },
        {"name": "other", "properties": [{"name": "partner", "kind": "entity"}]},
    ]
}
PROPERTIES = [*GEOMETRY, *VARYING]
SOURCES = ["", '{"by":"import"}', '{"by":"tracker","confidence":0.25}']


def make_template(path: Path) -> Path:
    """A project over frame numbers with nothing but entities that can be referred to, and one
    beside it over uneven times."""
    stranger.make_folder(path / "frames", FRAMES, ontology=ONTOLOGY)
    steps = np.random.default_rng(1).integers(1, 900, FRAMES)
    pts = np.cumsum(steps).astype(np.int64)
    stranger.make_folder(path / "pts", FRAMES, ontology=ONTOLOGY, pts=pts, interpolate_over="pts")
    for axis in ("frames", "pts"):
        with Project.open(path / axis, author="Ada") as project:
            for entity_id in every_kind.ENTITIES:
                project.add_entity("other", entity_id, entity_id=entity_id)
        shutil.rmtree(path / axis / ".reviewer")
    return path


@contextmanager
def without_syncs() -> Iterator[None]:
    """No waiting for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        patch.setattr(os, "sync", lambda: None)
        patch.setattr(journal, "_sync_data", lambda descriptor: None)
        yield


@contextmanager
def opened(template: Path, folder: Path, axis: str = "frames") -> Iterator[Project]:
    """A fresh copy of the template, open."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template / axis, folder)
    with Project.open(folder, author="Ada") as project:
        yield project


@dataclass(frozen=True)
class Drawn:
    """Random keyframes of one property, with their rules and sources."""

    name: str
    kind: Kind
    keyframes: Keyframes
    modes: np.ndarray
    sources: np.ndarray


def kind_of(name: str) -> Kind:
    from reviewer.format import Ontology

    return Ontology.parse(ONTOLOGY).classes["thing"].properties[name].kind


KIND_OF = {name: kind_of(name) for name in ("presence", *PROPERTIES)}


@st.composite
def tracks(draw: st.DrawFn, name: str, *, at_least: int = 0, companions: bool = True) -> Drawn:
    kind = KIND_OF[name]
    track = draw(every_kind.keyframes_of(kind, FRAMES, at_least))
    count = len(track)
    allowed = [-1, -1, *(MODES.index(rule) for rule in kind.rules)] if companions else [-1]
    modes = draw(st.lists(st.sampled_from(allowed), min_size=count, max_size=count))
    sources = draw(st.lists(st.sampled_from(SOURCES), min_size=count, max_size=count))
    texts = np.empty(count, dtype=object)
    texts[:] = sources if companions else [""] * count
    return Drawn(name, kind, track, np.array(modes, np.int8), texts)


@st.composite
def presences(draw: st.DrawFn, *, somewhere: bool = True) -> Keyframes:
    """Presence keyframes, with at least one frame where the entity is there."""
    chosen = sorted(draw(st.sets(st.integers(0, FRAMES - 1), min_size=1, max_size=5)))
    codes = draw(st.lists(st.integers(0, 2), min_size=len(chosen), max_size=len(chosen)))
    if somewhere and not any(codes):
        codes[0] = 1
    return Keyframes(np.array(chosen, np.int64), np.array(codes, np.int8)[:, None])


def put_entity(project: Project, entity_id: str, presence: Keyframes, drawn: list[Drawn]) -> Entity:
    """Make an entity that has exactly these keyframes, rules and sources."""
    with project.transaction("make") as transaction:
        entity = project.add_entity("thing", entity_id=entity_id, name=entity_id)
        none = KIND_OF["presence"].empty_rows(1)
        transaction.put(entity_id, "presence", [0], none)
        transaction.put(entity_id, "presence", presence.frames, presence.rows)
        for item in drawn:
            frames = item.keyframes.frames
            if not len(frames):
                continue
            transaction.put(entity_id, item.name, frames, item.keyframes.rows)
            for companion, values, kind in (
                ("mode", item.modes, MODE),
                ("source", item.sources, SOURCE),
            ):
                rows = values[:, None]
                if not kind.is_fill(rows).all():
                    transaction.put(entity_id, f"{item.name}.{companion}", frames, rows)
    return entity


Dense = dict[str, np.ndarray]


def dense(project: Project, entity: Entity) -> Dense:
    """Each property's rows on all frames, as the engine gives them: ``(FRAMES, columns)``."""
    out = {}
    for name, definition in entity.properties.items():
        if definition.time_varying:
            track = track_of(project, entity.id, name, definition.kind)
            out[name] = track.values(0, project.frame_count, project.engine_times)
    return out


def there(values: Mapping[str, np.ndarray]) -> np.ndarray:
    return values["presence"][:, 0] > 0


def assert_same(wanted: np.ndarray, got: np.ndarray, kind: Kind, where: np.ndarray) -> None:
    """Equal on the frames that count; what has begun cannot end, so no value is wanted nowhere
    but where the kind can say "none"."""
    nothing = {"entity": "none", "entities": "[]", "choices": "[]"}.get(kind.name)
    valued = ~kind.is_fill(wanted)
    if nothing is not None:
        wanted, got = wanted.copy(), got.copy()
        wanted[~valued], got[kind.is_fill(got)] = nothing, nothing
        valued[:] = True
    where = where & valued
    numeric = kind.dtype.kind == "f" or kind.name in ("polygon", "polyline")
    left, right = parsed(wanted[where], kind), parsed(got[where], kind)
    apart = every_kind.largest_difference(left, right, kind)
    # numbers are compared relatively, and reach 1e4 here
    bound = (1e-9 if kind.geometry else 1e-5) if numeric else 0
    assert apart <= bound, (kind.name, np.flatnonzero(where), left, right)


def parsed(rows: np.ndarray, kind: Kind) -> np.ndarray:
    """Texts of shapes as shapes, so that they compare by their vertices."""
    if kind.name not in ("polygon", "polyline"):
        return rows
    from reviewer.format.geometry import wkt

    out = np.empty(rows.shape, dtype=object)
    out[:, 0] = [wkt.parse(text) if text else None for text in rows[:, 0]]
    return out
