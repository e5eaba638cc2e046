"""Dense tracks become few keyframes, and no frame in sight is off by more than was allowed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import EditError, engine
from reviewer.format.geometry import Shape, mask, wkt
from reviewer.format.keyframes import Keyframes
from reviewer.format.simplify import distance_px, simplify

from tests.format import every_kind, whole_model
from tests.format.contents import everything
from tests.format.whole_model import FRAMES, GEOMETRY, KIND_OF, Drawn, dense, there


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_model.make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module", autouse=True)
def unsynced() -> Iterator[None]:
    with whole_model.without_syncs():
        yield


@st.composite
def dense_tracks(draw: st.DrawFn) -> Drawn:
    """What an import leaves: a keyframe on every frame of a range, of a movement with noise."""
    name = draw(st.sampled_from(GEOMETRY))
    kind = KIND_OF[name]
    sparse = draw(every_kind.keyframes_of(kind, FRAMES, 1, one_layout=draw(st.booleans())))
    first = int(sparse.frames[0])
    values = engine.evaluate_one(sparse, kind, first, FRAMES)
    rows = every_kind.as_rows(values, kind)
    if kind.dtype.kind == "f":
        shake = draw(st.sampled_from([0.0, 0.3, 3.0]))
        noise = np.random.default_rng(draw(st.integers(0, 99))).uniform(-shake, shake, rows.shape)
        if kind.name == "points":
            noise[:, 2::3] = 0
        rows = rows + noise
        if kind.name in ("box", "rotated_box", "ellipse"):
            rows[:, 2:4] = np.abs(rows[:, 2:4])
    frames = np.arange(first, FRAMES, dtype=np.int64)
    modes = np.full(len(frames), -1, np.int8)
    for at in draw(st.sets(st.integers(0, len(frames) - 1), max_size=2)):
        modes[at] = 1  # hold
    sources = np.full(len(frames), '{"by":"import"}', dtype=object)
    return Drawn(name, kind, Keyframes(frames, rows), modes, sources)


def off_by(wanted: Any, given: Any, name: str) -> float:
    """How far one value is from another: px, or for masks what their overlap lacks."""
    if name == "mask":
        box = (0, 0, 40, 40)
        a, b = (mask.to_array(mask.parse(text[0]), box) for text in (wanted, given))
        return 1 - float((a & b).sum()) / float((a | b).sum())
    if name in ("polygon", "polyline"):
        return outlines_apart(wkt.parse(wanted[0]), wkt.parse(given[0]))
    if name == "box":
        edges = [np.concatenate([row, row[:2] + row[2:]]) for row in (wanted, given)]
        return float(np.abs(edges[0] - edges[1]).max())
    if name == "points":
        assert wanted[2::3].tolist() == given[2::3].tolist()
        seen = wanted[2::3] > 0
        apart = np.hypot(wanted[0::3] - given[0::3], wanted[1::3] - given[1::3])
        return float(apart[seen].max(initial=0.0))
    if name == "cuboid":
        return float(np.hypot(*(wanted - given).reshape(8, 2).T).max())
    return float(np.abs(outline(wanted, name) - outline(given, name)).max())


def outline(row: np.ndarray, name: str) -> np.ndarray:
    """Points of a rotated box or an ellipse, as complex numbers."""
    phi = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    flat = np.array([1 + 1j, -1 + 1j, 1 - 1j, -1 - 1j]) / 2
    if name == "ellipse":
        flat = np.cos(phi) + 1j * np.sin(phi)
    flat = flat.real * row[2] + 1j * flat.imag * row[3]
    return flat * np.exp(1j * np.radians(row[4])) + row[0] + 1j * row[1]


def outlines_apart(a: Shape, b: Shape) -> float:
    """A lower bound of the Hausdorff distance, from the vertices alone."""
    worst = 0.0
    for one, other in ((a, b), (b, a)):
        path = other.points if a.kind == "polyline" else np.vstack([other.points, other.points[:1]])
        for x in one.points:
            nearest = np.hypot(*(x - path[0]))
            for p, q in pairwise(path):
                square = (q - p) @ (q - p)
                t = min(max((x - p) @ (q - p) / square, 0), 1) if square else 0
                nearest = min(nearest, np.hypot(*(p + t * (q - p) - x)))
            worst = max(worst, float(nearest))
    return worst


@settings(max_examples=120)
@given(
    dense_tracks(),
    whole_model.presences(),
    st.sampled_from([0.0, 0.5, 5.0]),
    st.sampled_from(["frames", "pts"]),
)
def test_every_frame_in_sight_stays_within_tolerance(
    template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    drawn: Drawn,
    presence: Keyframes,
    tolerance: float,
    axis: str,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "simplify"
    with whole_model.opened(template, folder, axis) as project:
        entity = whole_model.put_entity(project, "thing-1", presence, [drawn])
        before, state = dense(project, entity), everything(project)
        revision = project.revision
        had, has = simplify(project, entity, tolerance, min_iou=0.8)
        after = dense(project, entity)
        assert (had, has) == (len(drawn.keyframes), len(entity[drawn.name]))
        kept = set(entity[drawn.name].keyframes.tolist())
        assert kept <= set(drawn.keyframes.frames.tolist())
        bound = 0.2 + 1e-12 if drawn.name == "mask" else tolerance * (1 + 1e-9)
        seen = there(before)
        seen[: drawn.keyframes.frames[0]] = False
        for frame in np.flatnonzero(seen).tolist():
            wanted, given_row = before[drawn.name][frame], after[drawn.name][frame]
            assert off_by(wanted, given_row, drawn.name) <= bound + 1e-12, frame
        assert np.array_equal(before["presence"], after["presence"])
        if project.revision > revision:
            project.undo()
        assert everything(project) == state


STEADY: dict[str, Any] = {
    "box": lambda i: (10 * i, 5 * i, 40, 80),
    "rotated_box": lambda i: (10 * i, 5, 40, 80, (7 * i) % 360),
    "ellipse": lambda i: (10, 5 * i, 40, 8, (350 + i) % 360),
    "cuboid": lambda i: np.arange(16).reshape(8, 2) + i,
    "points": lambda i: [(i, 2 * i), (3, 4, "occluded"), (0, 0, "absent")],
    "polyline": lambda i: [(i, 0), (i, 9), (2 * i, 30)],
    "polygon": lambda i: [[(i, 0), (i + 9, 9), (2 * i, 30)]],
    "mask": lambda i: np.ones((4, 5), bool),
}


@pytest.mark.parametrize("name", GEOMETRY)
def test_a_steady_movement_needs_its_two_ends(template: Path, tmp_path: Path, name: str) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        entity = project.add_entity("thing", entity_id="thing-1")
        with project.transaction("dense"):
            for frame in range(5, 30):
                entity[name][frame] = STEADY[name](frame)
        had, has = simplify(project, entity, 0.01)
        assert had == 25
        assert has <= 2
        assert entity[name].keyframes[0] == 5
        assert project.undo_label == "Simplify thing_1"


def test_shapes_drawn_with_ever_other_vertices_are_reduced_too(
    template: Path, tmp_path: Path
) -> None:
    """As segmentation models give them: one outline, its vertices elsewhere on each frame."""
    with whole_model.opened(template, tmp_path / "p") as project:
        entity = project.add_entity("thing", entity_id="thing-1")
        with project.transaction("dense"):
            for frame in range(FRAMES):
                count = 60 + frame % 3
                phi = np.linspace(0, 2 * np.pi, count, endpoint=False)
                ring = np.stack([100 + 50 * np.cos(phi) + frame, 80 + 50 * np.sin(phi)], axis=1)
                entity["polygon"][frame] = [ring]
        before = [wkt.format(entity["polygon"].at(frame)) for frame in range(FRAMES)]
        had, has = simplify(project, entity, 1.0)
        assert had == FRAMES
        assert has <= 6
        for frame, text in enumerate(before):
            assert distance_px(text, wkt.format(entity["polygon"].at(frame))) <= 1.0


def test_a_gap_is_no_reason_to_move_through_it(template: Path, tmp_path: Path) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        entity = project.add_entity("thing", entity_id="thing-1")
        with project.transaction("dense"):
            for frame in range(40):
                entity["box"][frame] = (frame if frame < 20 else 500 - frame, 0, 10, 10)
            entity["presence"][20] = "absent"
            entity["presence"][30] = "present"
        simplify(project, entity, 0.5)
        assert entity["box"].keyframes.tolist() == [0, 19, 30, 39]


def test_what_makes_no_sense_is_refused(template: Path, tmp_path: Path) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        entity = project.add_entity("thing", entity_id="thing-1")
        for arguments in ({"tolerance_px": -1}, {"tolerance_px": float("nan")}, {"min_iou": 0}):
            with pytest.raises(EditError, match="tolerance is"):
                simplify(project, entity, **arguments)  # type: ignore[arg-type]
        with pytest.raises(EditError, match='no geometry "state"'):
            simplify(project, entity, properties=("state",))
        assert simplify(project, entity) == (0, 0)


def test_outlines_apart_are_measured_safely() -> None:
    """Never less than a brute-force search along both outlines finds."""
    random = np.random.default_rng(5)
    for _ in range(30):
        rings = [random.random((random.integers(3, 8), 2)) * 100 for _ in range(2)]
        a, b = (Shape.polygon([ring]) for ring in rings)
        measured = distance_px(wkt.format(a), wkt.format(b))
        assert measured >= outlines_apart(a, b) - 1e-9 or a.same_layout(b)
