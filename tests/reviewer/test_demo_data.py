"""The bundled demo: its tracks are well formed, fit its ontology, and lie on the cars."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from reviewer.format.ontology import Ontology

import reviewer.demo

DEMO = Path(reviewer.demo.__file__).parent
CLIP = DEMO / "cars.mp4"
WIDTH, HEIGHT = 768, 432
BLOCK = 16  # px; divides both sides of the picture
EMPTY_FRAME = 150  # no vehicle in the picture

TRACKS = json.loads((DEMO / "tracks.json").read_text(encoding="utf-8"))
FRAME_COUNT: int = TRACKS["frame_count"]
ENTITIES: list[dict[str, Any]] = TRACKS["entities"]
each_entity = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity["name"])


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.read(DEMO / "ontology.json")


@pytest.fixture(scope="module")
def blocks() -> np.ndarray:
    """Every frame's mean colour per block: float32 (frames, rows, columns, 3)."""
    found = []
    with av.open(str(CLIP)) as container:
        for frame in container.decode(video=0):
            rgb = frame.to_ndarray(format="rgb24").astype(np.float32)
            assert rgb.shape == (HEIGHT, WIDTH, 3)
            tiles = rgb.reshape(HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK, 3)
            found.append(tiles.mean(axis=(1, 3)))
    return np.stack(found)


def frames_of(keyframes: list[list[Any]]) -> list[int]:
    return [row[0] for row in keyframes]


def span(entity: dict[str, Any]) -> range:
    """The frames in which the entity is in the picture."""
    return range(entity["presence"][0][0], entity["presence"][-1][0])


def box_at(entity: dict[str, Any], frame: int) -> np.ndarray:
    rows = np.array(entity["box"], np.float64)
    return np.array([np.interp(frame, rows[:, 0], rows[:, i]) for i in range(1, 5)])


def test_the_clip_is_the_credited_file_unchanged() -> None:
    digest = hashlib.sha256(CLIP.read_bytes()).hexdigest()
    assert digest == "d31e0ebf194cc16e50eea784e7c3b0b1bb7976a4fb9b3fec26cb92a6704cca34"
    credits = (DEMO / "CREDITS.md").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/" in credits
    assert "Intel" in credits


def test_the_frame_count_is_what_the_clip_decodes_to(blocks: np.ndarray) -> None:
    assert len(blocks) == FRAME_COUNT
    assert TRACKS["video"] == CLIP.name


def test_names_are_unique() -> None:
    names = [entity["name"] for entity in ENTITIES]
    assert len(set(names)) == len(names) > 0


@each_entity
def test_keyframes_are_inside_the_clip_and_increase(entity: dict[str, Any]) -> None:
    for keyframes in (entity["box"], entity["presence"], *entity["choices"].values()):
        frames = frames_of(keyframes)
        assert all(isinstance(frame, int) for frame in frames)
        assert frames
        assert frames[0] >= 0
        assert frames[-1] < FRAME_COUNT
        assert all(a < b for a, b in pairwise(frames))


@each_entity
def test_boxes_are_inside_the_picture(entity: dict[str, Any]) -> None:
    for _, x, y, width, height in entity["box"]:
        assert width > 0
        assert height > 0
        assert x >= 0
        assert y >= 0
        # One decimal each in position and size: their sum may carry binary dust.
        assert x + width <= WIDTH + 1e-9
        assert y + height <= HEIGHT + 1e-9


@each_entity
def test_presence_frames_the_boxes(entity: dict[str, Any]) -> None:
    presence, boxes = entity["presence"], frames_of(entity["box"])
    assert {value for _, value in presence} <= {"present", "occluded", "absent"}
    assert presence[0][1] == "present"
    assert presence[0][0] <= boxes[0]
    assert presence[-1][1] == "absent"
    assert boxes[-1] == presence[-1][0] - 1
    for keyframes in entity["choices"].values():
        assert keyframes[0][0] == presence[0][0]
        assert keyframes[-1][0] in span(entity)


@each_entity
def test_values_are_in_the_ontology(entity: dict[str, Any], ontology: Ontology) -> None:
    own = {item.name: item for item in ontology.entity_class(entity["class"]).own}
    constant = {name for name, item in own.items() if not item.time_varying}
    assert set(entity["constants"]) == constant
    assert set(entity["choices"]) == set(own) - constant
    for name, value in entity["constants"].items():
        assert value in own[name].by_name
    for name, keyframes in entity["choices"].items():
        values = [value for _, value in keyframes]
        assert set(values) <= set(own[name].by_name)
        assert all(a != b for a, b in pairwise(values)), "a needless keyframe"


def test_the_ontology_file_is_complete(ontology: Ontology) -> None:
    assert (DEMO / "ontology.json").read_bytes() == ontology.to_bytes()
    for attribute in ("color", "hotkey"):
        values = [getattr(item, attribute) for item in ontology.classes.values()]
        assert None not in values
        assert len(set(values)) == len(values)
    for item in ontology.classes.values():
        own = [choice for definition in item.own for choice in definition.choices]
        keys = [choice.hotkey for choice in own if choice.hotkey is not None]
        assert len(set(keys)) == len(keys)


def test_keyframes_are_sparse() -> None:
    keyframes = sum(len(entity["box"]) for entity in ENTITIES)
    rows = sum(len(span(entity)) for entity in ENTITIES)
    assert keyframes < 0.4 * rows


def test_framing_says_where_the_box_is() -> None:
    for entity in ENTITIES:
        framing = entity["choices"]["framing"]
        for frame in span(entity):
            value = [name for start, name in framing if start <= frame][-1]
            _, y, _, height = box_at(entity, frame)
            cut = y <= 0 or y + height >= HEIGHT
            # Between two keyframes a box that touches the edge may stand off by what the
            # reduction to keyframes allows.
            near = y <= 2.5 or y + height >= HEIGHT - 2.5
            assert near if value != "whole" else not cut, (entity["name"], frame)


def test_what_stands_out_of_the_empty_road_is_inside_a_box_and_fills_it(
    blocks: np.ndarray,
) -> None:
    empty = blocks[EMPTY_FRAME]
    for frame in range(FRAME_COUNT):
        # The camera adapts its exposure to a white car: compare after matching the road.
        gain = np.median(blocks[frame] / empty)
        difference = blocks[frame] - empty * gain
        bright = difference.mean(axis=2) > 45
        red = difference[..., 0] - difference[..., 1:].mean(axis=2) > 35
        stands_out = bright | red
        # The white arrow at the right edge: bright, and shifted by the camera's sway.
        stands_out[:, -1] = False
        boxes = [box_at(entity, frame) for entity in ENTITIES if frame in span(entity)]
        covered = np.zeros_like(stands_out)
        for x, y, width, height in boxes:
            right, bottom = x + width, y + height
            covered[
                int(y // BLOCK) : int(-(-bottom // BLOCK)),
                int(x // BLOCK) : int(-(-right // BLOCK)),
            ] = True
            inner = stands_out[
                int(-(-y // BLOCK)) : int(bottom // BLOCK),
                int(-(-x // BLOCK)) : int(right // BLOCK),
            ]
            if height >= 3 * BLOCK:
                # A car seen from above fills most of its box; a late or stray box it would not.
                assert inner.mean() > 0.45, (frame, inner.mean())
        assert not (stands_out & ~covered).any(), (frame, np.argwhere(stands_out & ~covered))
