"""Statistics: counted without evaluating, and equal to what evaluating every frame would count."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from reviewer.format.statistics import statistics

from reviewer import Project
from tests.format import stranger
from tests.format.conftest import OpenProject
from tests.format.test_reviews import player


def fill(project: Project, seed: int) -> None:
    """Entities with several stretches of presence, and values that begin late or never."""
    choose = random.Random(seed)
    for number in range(12):
        first = choose.randrange(280)
        entity = project.add_entity(choose.choice(["player", "puck"]), frame=first)
        with project.transaction("fill"):
            for _ in range(choose.randrange(6)):
                frame = choose.randrange(300)
                entity["presence"][frame] = choose.choice(["present", "occluded", "absent"])
            if choose.random() < 0.8:
                entity["box"][choose.randrange(300)] = (1, 1, 5, 5)
            if entity.class_name == "player":
                if choose.random() < 0.5:
                    entity["pose"][choose.randrange(300)] = "down"
                if choose.random() < 0.5:
                    entity["team"] = "home"
        if number == 7:
            entity.delete()


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_those_of_every_frame_evaluated(project: Project, seed: int) -> None:
    fill(project, seed)
    found = statistics(project, bins=7)
    table = project.evaluate(0, project.frame_count)
    class_of = np.array([project.attributes(e).class_name for e in table.entities])
    edges = np.array(found["edges"])
    assert edges[0] == 0
    assert edges[-1] == 300
    for item in found["classes"]:
        rows = class_of[table.entity_index] == item["name"]
        assert item["there"] == rows.sum()
        assert item["frames"] == len(np.unique(table.frame[rows]))
        assert item["over_time"] == np.histogram(table.frame[rows], edges)[0].tolist()
        for prop in item["properties"]:
            values = table[prop["name"]][rows]
            valued = ~np.isnan(values).all(axis=1) if prop["geometry"] else values != ""
            assert prop["frames"] == valued.sum(), prop["name"]
            assert prop["over_time"] == np.histogram(table.frame[rows][valued], edges)[0].tolist()
    assert found["annotations"]["there"] == len(table)
    assert found["entities"] == len(project.entities)
    assert found["keyframes"]["total"] == project.keyframe_count()
    assert sum(item["keyframes"] for item in found["classes"]) == project.keyframe_count()


def test_an_empty_project_has_statistics_too(project: Project) -> None:
    found = statistics(project)
    assert found["entities"] == found["keyframes"]["total"] == found["annotations"]["there"] == 0
    assert found["authors"] == []
    assert found["review"]["accepted"] == 0


def test_there_are_never_more_bins_than_frames(open_project: OpenProject, tmp_path: Any) -> None:
    project = open_project(stranger.make_folder(tmp_path / "short", 3))
    player(project, "One", 1)
    assert statistics(project)["edges"] == [0, 1, 2, 3]
    assert statistics(project)["classes"][0]["over_time"] == [0, 1, 1]


def test_where_keyframes_came_from_is_counted(project: Project) -> None:
    one = project.entity(player(project, "One"))
    one["box"].set_source(0, "tracker", 0.5)
    one["box"][5] = (1, 1, 1, 1)
    one["box"].set_source(5, "import")
    assert statistics(project)["keyframes"]["by_source"] == {
        "import": 1, "manual": 1, "tracker": 1,
    }  # fmt: skip


def test_work_is_counted_by_author(project: Project) -> None:
    project.sessions.record()
    one = player(project, "One")
    project.reviews.verdict(one, "accept", author="Cleo")
    project.reviews.open("why?", author="Cleo")
    project.sessions.write()
    found = statistics(project)
    ada, cleo = found["authors"]
    assert (ada["author"], ada["sessions"], ada["edits"], ada["keyframes"]) == ("Ada", 1, 2, 2)
    assert (cleo["author"], cleo["sessions"], cleo["said"], cleo["verdicts"]) == ("Cleo", 0, 2, 1)
    assert found["review"]["accepted"] == 1
    assert found["review"]["entities"]["accept"] == 1
    assert (found["review"]["threads"], found["review"]["open"]) == (2, 1)
