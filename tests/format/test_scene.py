"""The scene, events, and properties that apply only at times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reviewer.format import EditError, ProjectError
from reviewer.format.ontology import Condition

from reviewer import Project
from tests.format import stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything, versioned_files

ONTOLOGY: dict[str, Any] = {
    "shared": [{"name": "note", "kind": "text"}],
    "classes": [
        {"name": "player", "uses": ["note"]},
        {
            "name": "pass",
            "event": True,
            "properties": [
                {"name": "from", "kind": "entity", "classes": ["player"]},
                {"name": "successful", "kind": "boolean", "default": False},
                {"name": "pressure", "kind": "number", "range": [0, 1], "time_varying": True},
            ],
        },
    ],
    "scene": {
        "properties": [
            {"name": "venue", "kind": "text"},
            {
                "name": "state",
                "kind": "choice",
                "time_varying": True,
                "choices": ["play", "pause"],
            },
            {
                "name": "possession",
                "kind": "entity",
                "time_varying": True,
                "when": {"property": "state", "is": ["play"]},
            },
        ]
    },
}


@pytest.fixture
def match(tmp_path: Path, open_project: OpenProject) -> Project:
    return open_project(stranger.make_folder(tmp_path / "match", ontology=ONTOLOGY))


def test_the_scene_is_made_by_the_first_write_to_it(match: Project) -> None:
    scene = match.scene
    assert list(match.entities) == []
    assert (scene.class_name, scene.name, scene["state"].at(9)) == ("scene", "Scene", None)
    scene["state"][20] = "play"
    assert list(match.entities) == ["scene-0"]
    assert [scene["state"].at(f) for f in (19, 20, 299)] == [None, "play", "play"]
    assert scene["presence"].spans() == [(0, 300, "present")]
    match.undo()
    assert list(match.entities) == [], "made and set by one edit"
    scene["venue"] = "Hall"
    assert match.entity("scene-0")["venue"].value == "Hall"
    assert scene["state"].keyframes.tolist() == []


def test_the_scene_survives_and_reads_like_any_entity(
    match: Project, open_project: OpenProject
) -> None:
    match.scene["state"][0] = "pause"
    match.scene["venue"] = "Hall"
    before = everything(match)
    match.close()
    assert stranger.read_keyframes(match.path)["scene-0", "presence"] == {0: (1,)}
    again = open_project(match.path)
    assert everything(again) == before
    assert again.evaluate(0, 2)["state"].tolist() == ["pause", "pause"]
    assert again.scene == again.entity("Scene")


def test_there_is_one_scene(match: Project) -> None:
    with pytest.raises(EditError, match=r"project\.scene"):
        match.add_entity("scene")
    player = match.add_entity("player")
    with pytest.raises(EditError, match="nothing else"):
        player.change_class("scene")
    with pytest.raises(EditError, match="cannot be deleted"):
        match.scene.delete()


def test_without_scene_properties_there_is_no_scene(project: Project) -> None:
    with pytest.raises(EditError, match="no scene properties"):
        _ = project.scene
    before = versioned_files(project.path)
    with pytest.raises(ProjectError), project.transaction("t") as transaction:
        transaction.put("scene-0", "presence", [0], [[1]])
    project.flush()
    assert versioned_files(project.path) == before


def set_two_states(match: Project) -> None:
    with match.transaction("both"):
        match.scene["state"][0] = "play"
        match.scene["state"][1] = "rain"


def test_a_transaction_that_fails_leaves_no_scene(match: Project) -> None:
    with pytest.raises(EditError, match="one of play, pause"):
        set_two_states(match)
    assert list(match.entities) == []
    match.scene["state"][3] = "play"
    assert match.scene["state"].keyframes.tolist() == [3]


def test_events_overlap_and_refer_to_who_takes_part(match: Project) -> None:
    one = match.add_entity("player", name="One")
    first = match.add_event("pass", 10, 40, successful=True, pressure=0.5, **{"from": one})
    second = match.add_event("pass", 30, 300, name="Long")
    assert (first.name, second.name) == ("pass_1", "Long")
    assert first["presence"].spans() == [(10, 40, "present"), (40, 300, "absent")]
    assert second["presence"].spans() == [(30, 300, "present")]
    assert (first["from"].value, first["successful"].value) == (one.id, True)
    assert (second["from"].value, second["successful"].value) == (None, False)
    assert first["pressure"].keyframes.tolist() == [10]
    table = match.evaluate(0, 300, entities=[first.id, second.id])
    assert (table.entity == first.id).sum() == 30
    assert (table.frame[table.entity == second.id] >= 30).all()
    assert match.undo_label == "Add Long"
    match.undo()
    match.undo()
    assert list(match.entities) == [one.id], "an event is one undo"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("player", 0, 5), "no event"),
        (("pass", 5, 5), "ends behind"),
        (("pass", 5, 301), "ends behind"),
        (("pass", -1, 5), "outside the video"),
        (("goal", 0, 5), "no class"),
    ],
)
def test_impossible_events_are_a_sentence(
    match: Project, arguments: tuple[Any, ...], complaint: str
) -> None:
    with pytest.raises(EditError, match=complaint):
        match.add_event(*arguments)
    with pytest.raises(EditError, match="range"):
        match.add_event("pass", 0, 5, pressure=7)
    assert list(match.entities) == []


def test_a_condition_says_when_a_property_applies(match: Project) -> None:
    scene = match.scene
    scene["state"][10] = "play"
    scene["state"][20] = "pause"
    possession = scene["possession"]
    assert [f for f in range(30) if possession.applies_at(f)] == list(range(10, 20))
    assert scene["venue"].applies_at(0)


@pytest.mark.parametrize(
    ("value", "met"),
    [
        ("a", True),
        ("c", False),
        (None, False),
        (("c", "b"), True),
        ((), False),
        (True, True),
        (False, False),
        (2.5, True),
        (2.0, False),
    ],
)
def test_what_meets_a_condition(value: Any, met: bool) -> None:
    assert Condition("other", ("a", "b", "true", "2.5")).met(value) is met


def test_shared_defaults_are_written_too(tmp_path: Path, open_project: OpenProject) -> None:
    ontology = {
        "shared": [{"name": "sure", "kind": "boolean", "default": False}],
        "classes": [
            {
                "name": "player",
                "uses": ["sure"],
                "properties": [
                    {"name": "speed", "kind": "number", "time_varying": True, "default": 0}
                ],
            }
        ],
    }
    project = open_project(stranger.make_folder(tmp_path / "p", ontology=ontology))
    player = project.add_entity("player", frame=7)
    assert dict(player.attributes.constants) == {"sure": False}
    assert player["speed"][7] == 0
