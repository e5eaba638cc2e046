"""Required properties: named with the frames where they are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reviewer.format import ProjectError

from reviewer import Project
from tests.format import stranger
from tests.format.conftest import OpenProject

ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "player",
            "properties": [
                {"name": "jersey", "kind": "number", "required": True},
                {"name": "sort", "kind": "text", "required": True, "default": "skater"},
                {"name": "note", "kind": "text"},
                {
                    "name": "state",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": ["play", "pause"],
                },
                {
                    "name": "speed",
                    "kind": "number",
                    "interpolation": "linear",
                    "time_varying": True,
                    "required": True,
                },
                {
                    "name": "role",
                    "kind": "text",
                    "time_varying": True,
                    "required": True,
                    "when": {"property": "state", "is": ["play"]},
                },
                {
                    "name": "why",
                    "kind": "text",
                    "required": True,
                    "when": {"property": "speed", "is": ["7"]},
                },
            ],
        }
    ]
}


@pytest.fixture
def match(tmp_path: Path, open_project: OpenProject) -> Project:
    return open_project(stranger.make_folder(tmp_path / "match", ontology=ONTOLOGY))


def found(project: Project) -> dict[str, Any]:
    return {item.property: item.spans for item in project.missing()}


def test_what_is_missing_is_named_with_its_frames(match: Project) -> None:
    player = match.add_entity("player", frame=10)
    player["presence"][20] = "absent"
    player["presence"][30] = "occluded"
    there = ((10, 20), (30, 300))
    assert found(match) == {"jersey": there, "speed": there}, "a default is a value"
    player["jersey"] = 7
    player["speed"][35] = 0.5
    assert found(match) == {"speed": ((10, 20), (30, 35))}
    player["state"][15] = "play"
    player["state"][16] = "pause"
    player["state"][40] = "play"
    assert found(match)["role"] == ((15, 16), (40, 300))
    player["role"][50] = "wing"
    player["speed"][0] = 0
    assert found(match) == {"role": ((15, 16), (40, 50))}
    player["speed"][100] = 7
    player["role"][0] = "wing"
    assert found(match) == {"why": ((100, 300),)}, "a condition on what moves, where it is just so"
    player.delete()
    assert match.missing() == []


def test_it_is_what_asking_every_frame_says(match: Project) -> None:
    random = np.random.default_rng(5)
    for _ in range(20):
        player = match.add_entity("player", frame=int(random.integers(0, 40)))
        with match.transaction("scatter"):
            for frame in random.integers(0, 300, 6).tolist():
                player["presence"][frame] = str(random.choice(["present", "absent"]))
                player["state"][frame] = str(random.choice(["play", "pause"]))
            player["role"][int(random.integers(0, 300))] = "wing"
            player["speed"][int(random.integers(0, 300))] = int(random.integers(6, 9))
            player["speed"][int(random.integers(0, 300))] = int(random.integers(6, 9))
    for player in match.entities.values():
        said = {item.property: item.spans for item in match.missing([player.id])}
        there = {f for f in range(300) if player["presence"].at(f) in ("present", "occluded")}
        for name in ("jersey", "sort", "speed", "role", "why"):
            track = player[name]
            wanted = {f for f in there if track.applies_at(f) and track.at(f) is None}
            frames = {f for first, stop in said.get(name, ()) for f in range(first, stop)}
            assert frames == wanted, (player.id, name)


def test_of_entities_that_are_not_there_nothing_is_known(match: Project) -> None:
    with pytest.raises(ProjectError):
        match.missing(["player-nobody"])
