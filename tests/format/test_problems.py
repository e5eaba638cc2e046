"""Problem checks: each finds what was planted in a real project and offers what mends it; all are
silent on what is clean."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reviewer.format import EditError, problems
from reviewer.format.interchange import import_file
from reviewer.format.kinds import BOX, CUBOID, ELLIPSE, MASK, POLYGON, ROTATED_BOX, points_kind
from reviewer.format.problems import Check, Found, Problem, Severity, find_problems, registry, twins
from reviewer.format.problems.survey import bounds_of
from reviewer.format.video_findings import Findings

from reviewer import Project
from reviewer.demo import make_demo
from tests.format import stranger
from tests.format.conftest import OpenProject

ONTOLOGY = {
    "classes": [
        {
            "name": "person",
            "geometry": ["box"],
            "properties": [
                {"name": "partner", "kind": "entity", "classes": ["person"], "time_varying": True},
                {"name": "seen_by", "kind": "entities", "time_varying": True},
                {"name": "friend", "kind": "entity"},
                {
                    "name": "shirt",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": ["striped", "checked"],
                },
                {"name": "note", "kind": "text"},
                {"name": "shout", "kind": "text", "time_varying": True},
            ],
        },
        {"name": "goal", "geometry": [], "event": True},
    ]
}


def sequence(folder: Path, material: Path, name: str) -> Path:
    """A project of one of MOTChallenge's sequences, without its pictures."""
    source = material / "annotations" / "mot15" / name
    lines = (source / "seqinfo.ini").read_text().splitlines()
    facts = dict(line.split("=") for line in lines if "=" in line)
    path = stranger.make_folder(folder / name, int(facts["seqLength"]), ontology=ONTOLOGY)
    video = json.loads((path / "video.json").read_text())
    video |= {"width": int(facts["imWidth"]), "height": int(facts["imHeight"])}
    (path / "video.json").write_text(json.dumps(video))
    with Project.open(path, author="Ada") as project:
        import_file(project, source / "gt" / "gt.txt", "mot")
    return path


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, material: Path) -> Path:
    return sequence(tmp_path_factory.mktemp("mot"), material, "ADL-Rundle-8")


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    make_demo(folder, None)
    return folder


@pytest.fixture
def real(clean: Path, tmp_path: Path, open_project: OpenProject) -> Project:
    return open_project(shutil.copytree(clean, tmp_path / "real"))


@pytest.fixture
def demo(demo_folder: Path, tmp_path: Path, open_project: OpenProject) -> Project:
    return open_project(shutil.copytree(demo_folder, tmp_path / "demo"))


def one(project: Project, code: str) -> Problem:
    """The only problem there is, which must be of this code."""
    found = find_problems(project)
    assert [problem.code for problem in found.problems] == [code]
    assert found.failed == {}
    return found.problems[0]


def longest(project: Project, rank: int = 0) -> Any:
    """The entity with the most keyframes, or one of the next."""
    entities = sorted(project.entities.values(), key=lambda e: (-len(e["box"].keyframes), e.id))
    return entities[rank]


# -- silence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ADL-Rundle-8", "ETH-Pedcross2", "KITTI-17"])
def test_real_ground_truth_is_clean(
    name: str, tmp_path: Path, material: Path, open_project: OpenProject
) -> None:
    assert find_problems(open_project(sequence(tmp_path, material, name))) == Found(())


def test_the_demo_is_clean(demo: Project) -> None:
    assert find_problems(demo) == Found(())


def test_an_empty_project_is_clean(project: Project) -> None:
    assert find_problems(project) == Found(())


# -- what is planted is found, and mended ---------------------------------------------------------


def plant_outlier(project: Project) -> None:
    box = longest(project)["box"]
    frame = int(box.keyframes[len(box.keyframes) // 2])
    x, y, width, height = box[frame]
    box[frame] = ((x + 900) % 1500, y, width, height)


def plant_leap(project: Project) -> None:
    """From half-way on, the whole track lies elsewhere."""
    box = longest(project)["box"]
    frames = box.keyframes
    half = frames[len(frames) // 2 :].tolist()
    shift = 500 if box[half[0]][0] < 900 else -500
    with project.transaction("leap"):
        for frame in half:
            x, y, width, height = box[frame]
            box[frame] = (x + shift, y, width, height)


def plant_switch(project: Project) -> None:
    first, second, frame = apart(project)
    from reviewer.format import operations

    operations.swap(project, first, second, frame)


def apart(project: Project) -> tuple[Any, Any, int]:
    """Two entities that are far from each other, in the middle of both."""
    table = project.evaluate(0, project.frame_count)
    for frame in range(project.frame_count // 3, project.frame_count - 10):
        rows = slice(int(table.offsets[frame]), int(table.offsets[frame + 1]))
        boxes, who = table["box"][rows], table.entity[rows]
        for i in range(len(who)):
            for j in range(i + 1, len(who)):
                pair = [project.entity(str(who[k])) for k in (i, j)]
                if abs(boxes[i, 0] - boxes[j, 0]) > 400 and all(
                    e["presence"].at(frame - 5) and e["presence"].at(frame + 5) == "present"
                    for e in pair
                ):
                    return pair[0], pair[1], frame
    raise AssertionError("no two entities are apart")


def plant_outside(project: Project) -> None:
    with project.transaction("out"):
        entity = project.add_entity("person", "leaver", 100)
        for number, x in enumerate((1600, 1700, 1800, 1900, 2000, 2100)):
            entity["box"][100 + 20 * number] = (x, 10, 200, 300)


def plant_no_size(project: Project) -> None:
    box = longest(project)["box"]
    with project.transaction("flat"):
        for frame in box.keyframes[20:22].tolist():
            x, y, _, height = box[frame]
            box[frame] = (x, y, 0, height)


def plant_duplicate(project: Project) -> None:
    entity = longest(project, 1)
    twin = project.add_entity("person", "twin", int(entity.keyframes[0]))
    with project.transaction("twin"):
        for frame in entity["box"].keyframes.tolist():
            twin["box"][frame] = np.add(entity["box"][frame], (1, -1, 0, 1))
        for first, stop, value in entity["presence"].spans():
            twin["presence"][first] = value
            if stop < project.frame_count:
                twin["presence"][stop] = "absent"


def plant_passing(project: Project) -> None:
    """One that is for a moment where another is, right where the checks look: no duplicate."""
    entity = longest(project, 1)
    first, stop = (int(entity["box"].keyframes[i]) for i in (5, 65))
    middle = (first + stop - 1) // 2
    x, y, width, height = entity["box"].at(middle)
    passing = project.add_entity("person", "passing", first)
    with project.transaction("passing"):
        for frame in range(first, stop):
            passing["box"][frame] = (x + 4 * (frame - middle), y, width, height)
        passing["presence"][stop] = "absent"


def plant_gap(project: Project) -> None:
    presence = longest(project)["presence"]
    frame = int(presence.keyframes[0]) + 20
    with project.transaction("gap"):
        presence[frame] = "absent"
        presence[frame + 3] = "present"


def plant_no_geometry(project: Project) -> None:
    project.add_entity("person", "ghost", 10)


def plant_late_geometry(project: Project) -> None:
    entity = longest(project)
    with project.transaction("late"):
        for frame in entity["box"].keyframes[:5].tolist():
            del entity["box"][frame]


def plant_deleted_reference(project: Project) -> None:
    first, second = longest(project), longest(project, 1)
    first["partner"][int(first.keyframes[0])] = second.id
    second.delete()


def plant_absent_reference(project: Project) -> None:
    spans = {e: e["presence"].spans()[0] for e in project.entities.values()}
    early = min(spans, key=lambda e: spans[e][1])
    late = max(spans, key=lambda e: (spans[e][0] < spans[early][1], spans[e][1]))
    late["partner"][max(spans[late][0], spans[early][0])] = early.id


def plant_twin_text(project: Project) -> None:
    entities = list(project.entities.values())
    for entity in entities[:4]:
        entity["note"] = "walks slowly"
    entities[4]["note"] = "Walks  slowly"


def plant_twin_text_in_time(project: Project) -> None:
    entity = longest(project)
    for number, frame in enumerate(entity["box"].keyframes[:3].tolist()):
        entity["shout"][frame] = "referee" if number else "refeere"


PLANTS: list[tuple[str, Callable[[Project], None]]] = [
    ("jump", plant_outlier),
    ("jump", plant_leap),
    ("identity-switch", plant_switch),
    ("outside", plant_outside),
    ("no-size", plant_no_size),
    ("duplicate", plant_duplicate),
    ("gap", plant_gap),
    ("no-geometry", plant_no_geometry),
    ("no-geometry", plant_late_geometry),
    ("reference", plant_deleted_reference),
    ("reference", plant_absent_reference),
    ("near-twin", plant_twin_text),
    ("near-twin", plant_twin_text_in_time),
]


@pytest.mark.parametrize(("code", "plant"), PLANTS, ids=[plant.__name__ for _, plant in PLANTS])
def test_what_is_planted_is_found_and_mended(
    real: Project, code: str, plant: Callable[[Project], None]
) -> None:
    plant(real)
    problem = one(real, code)
    assert all(real.knows(entity) for entity in problem.entities)
    assert problem.frames is None or 0 <= problem.frames[0] < problem.frames[1] <= real.frame_count
    before = stranger_state(real)
    for fix in problem.fixes:
        edit = fix.apply(real, author="Ada")
        assert edit.label == fix.label
        left = [each for each in find_problems(real).problems if each.key() == problem.key()]
        assert left == [], fix.label
        real.undo("Ada")
        assert stranger_state(real) == before, "one fix is one undo"
    problem.fixes[0].apply(real)
    assert find_problems(real) == Found(()), "the first offer mends it for good"


def stranger_state(project: Project) -> Any:
    return [
        (e.id, e.attributes, {n: e[n].rows.tolist() for n, d in e.properties.items()
                              if d.time_varying and len(e[n])})
        for e in project.entities.values()
    ]  # fmt: skip


def test_who_passes_another_is_no_duplicate(real: Project) -> None:
    plant_passing(real)
    assert find_problems(real, codes=["duplicate"]) == Found(())


def test_a_switch_is_put_back_as_it_was(real: Project) -> None:
    """Swapping where the switch was found gives every frame its values back."""
    wanted = real.evaluate(0, real.frame_count)["box"]
    plant_switch(real)
    one(real, "identity-switch").fixes[0].apply(real)
    assert np.allclose(real.evaluate(0, real.frame_count)["box"], wanted, equal_nan=True)


def test_required_properties_are_asked_for(demo: Project) -> None:
    data = demo.ontology.to_json()
    for each in data["classes"]:
        parked = {"name": "parked", "kind": "boolean", "required": True}
        each["properties"] = [*each.get("properties", []), parked]
    demo.change_ontology(data)
    found = find_problems(demo).problems
    assert {p.code for p in found} == {"required"}
    assert {p.entities[0] for p in found} == set(demo.entities)
    for problem in found:
        assert [fix.label.rpartition(" ")[2] for fix in problem.fixes] == ["yes", "no"]
        problem.fixes[1].apply(demo)
    assert find_problems(demo) == Found(())


def test_twin_choices_become_one(demo: Project) -> None:
    data = demo.ontology.to_json()
    used = {v for e in demo.entities.values() for v in e.attributes.constants.values()}
    found = next(p for p in data["classes"][0]["properties"] if p["name"] == "colour")
    word = max((c for c in found["choices"] if c["name"] in used), key=lambda c: len(c["label"]))
    slip = word["label"][:2] + word["label"][1:]
    found["choices"].append({"name": "slip", "label": slip, "code": 99})
    demo.change_ontology(data)
    problem = one(demo, "near-twin")
    assert problem.severity == Severity.NOTE, "nobody uses it"
    user = next(e for e in demo.entities.values() if e["colour"].value != word["name"])
    user["colour"] = "slip"
    problem = one(demo, "near-twin")
    assert (problem.severity, problem.property) == (Severity.WARNING, found["name"])
    problem.fixes[0].apply(demo)
    assert find_problems(demo) == Found(())
    assert user["colour"].value == word["name"]


def test_keyframes_on_damaged_frames(demo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    entity = max(demo.entities.values(), key=lambda e: len(e["box"].keyframes))
    frames = entity["box"].keyframes
    bad = (int(frames[2]), int(frames[4]) + 1)

    class Item:
        code, severity, frames = "decode-corruption", "error", (bad,)

    monkeypatch.setattr(demo, "findings", lambda: type("F", (), {"items": (Item,)}))
    found = [p for p in find_problems(demo).problems if p.entities[0] == entity.id]
    assert [p.code for p in found] == ["damaged-frame"]
    assert found[0].frames == (int(frames[2]), int(frames[4]) + 1)
    assert "3 keyframes" in found[0].sentence
    found[0].fixes[0].apply(demo)
    left = set(entity["box"].keyframes.tolist())
    assert left == set(frames.tolist()) - set(frames[2:5].tolist())
    Item.severity = "note"
    assert find_problems(demo) == Found(())
    assert Findings.__doc__  # what is imitated here


def test_references_of_every_sort(project: Project, open_project: OpenProject) -> None:
    path = stranger.make_folder(project.path.parent / "refs", 100, ontology=ONTOLOGY)
    mine = open_project(path)
    a, b, c = (mine.add_entity("person", name) for name in "abc")
    for entity in (a, b, c):
        entity["box"][0] = (10 + 100 * "abc".index(entity.name), 10, 20, 40)
    goal = mine.add_event("goal", 10, 20, "goal")
    a["friend"] = c.id
    a["seen_by"][0] = [b.id, c.id, goal.id]
    c.delete()
    found = find_problems(mine).problems
    sentences = sorted(p.sentence for p in found)
    assert sentences == [
        "Friend of a names c, which was deleted.",
        "Seen by of a names c, which was deleted.",
        "Seen by of a names goal, which is not there on frames 0 to 9.",
    ]
    for problem in found:
        problem.fixes[0].apply(mine)
    assert find_problems(mine) == Found(())
    assert a["seen_by"].at(50) == (b.id,)
    assert a["friend"].value is None


# -- the search -----------------------------------------------------------------------------------


def test_problems_come_worst_first_and_are_bounded(
    real: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_gap(real)
    plant_no_size(real)
    plant_outlier(real)
    severities = [problem.severity for problem in find_problems(real).problems]
    order = [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    assert severities == sorted(severities, key=order.index)
    assert set(severities) == set(order)
    monkeypatch.setattr(registry, "MAX_OF_A_CODE", 3)
    for number in range(9):
        real.add_entity("person", f"ghost {number}")
    found = find_problems(real, codes=["no-geometry"])
    assert (len(found.problems), found.left_out) == (3, {"no-geometry"})


def test_teams_bring_checks_of_their_own(real: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(survey: problems.Survey) -> list[Problem]:
        """More people than seats."""
        return [Problem("too-many", Severity.NOTE, f"There are {len(survey.live)} people.")]

    def broken(survey: problems.Survey) -> list[Problem]:
        raise RuntimeError("oops")

    class Point:
        def __init__(self, name: str, found: Any) -> None:
            self.name, self.found = name, found

        def load(self) -> Any:
            if self.found is None:
                raise ImportError("no module named theirs")
            return self.found

    points = [
        Point("broken", broken),
        Point("missing", None),
        Point("too-many", too_many),
        Point("named", Check("named", "a check", lambda survey: [])),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group else [])
    registry._from_plugins.cache_clear()
    try:
        found = find_problems(real)
        titles = [check.title for check in problems.all_checks()]
    finally:
        registry._from_plugins.cache_clear()
    assert [p.sentence for p in found.problems] == [f"There are {len(real.entities)} people."]
    assert set(found.failed) == {"broken", "missing"}
    assert titles[-3:] == ["broken", "a check", "More people than seats."]


def test_a_fix_that_came_too_late_changes_nothing(real: Project) -> None:
    plant_duplicate(real)
    problem = one(real, "duplicate")
    real.entity(problem.entities[1]).delete()
    before = stranger_state(real)
    with pytest.raises(EditError):
        problem.fixes[0].apply(real)
    assert stranger_state(real) == before


@pytest.mark.parametrize(
    ("kind", "row", "wanted"),
    [
        (BOX, (1, 2, 3, 4), (1, 2, 4, 6)),
        (ROTATED_BOX, (0, 0, 10, 4, 90), (-2, -5, 2, 5)),
        (ELLIPSE, (0, 0, 10, 4, 90), (-4, -10, 4, 10)),
        (CUBOID, tuple(range(16)), (0, 1, 14, 15)),
        (points_kind(3), (5, 6, 2, 0, 0, 0, 9, 1, 1), (5, 1, 9, 6)),
        (POLYGON, ("POLYGON ((1 2, 8 2, 8 9, 1 2))",), (1, 2, 8, 9)),
        (MASK, ('{"size":[3,5],"counts":"0?","offset":[2,1]}',), (2, 1, 7, 4)),
    ],
)
def test_every_geometry_has_its_extent(kind: Any, row: Any, wanted: Any) -> None:
    rows = kind.empty_rows(1)
    rows[0] = row
    assert np.allclose(bounds_of(rows, kind)[0], wanted)


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["striped", "Striped"], 1),
        (["face-off", "face off"], 1),
        (["striped", "stripped"], 1),
        (["striped", "stirped"], 1),
        (["striped", "checked"], 0),
        (["cat", "car"], 0),
        (["player 1", "player 2"], 0),
        (["left", "right"], 0),
        (["caf\u00e9 noir", "cafe\u0301 noir"], 1),
        (["", " "], 0),
    ],
)
def test_what_counts_as_a_slip(texts: list[str], wanted: int) -> None:
    assert len(twins.pairs(texts)) == wanted


def test_the_documentation_names_every_check_and_its_example_runs(real: Project) -> None:
    text = (Path(problems.__file__).parent / "PROBLEMS.md").read_text()
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert rows == [check.code for check in problems.CHECKS]
    example = text.rpartition("```python")[2].partition("```")[0]
    scope: dict[str, Any] = {}
    exec(compile(example, "PROBLEMS.md", "exec"), scope)
    found = list(scope["too_many"](problems.Survey(real)))
    most = np.bincount(real.evaluate(0, real.frame_count).frame).max()
    assert bool(found) == (most > 12)
