"""Changing the ontology while there are annotations: counted before, whole, undone without loss."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import EditError, Ontology, OntologyError, evolution
from reviewer.format import ontology_edits as edits
from reviewer.format.edit import Edit, OntologyChange
from reviewer.format.evolution import Merged
from reviewer.format.ontology_merge import merged_ontology
from reviewer.format.verify import verify

from reviewer import Project
from tests.format import child, stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything, versioned_files
from tests.format.test_peers import PATIENCE_S, Follower, git

POSES = ["standing", "running", "down"]
ONTOLOGY: dict[str, Any] = {
    "shared": [
        {"name": "pose", "kind": "choice", "time_varying": True, "choices": POSES},
        {"name": "tags", "kind": "choices", "choices": ["a", "b", "c"]},
    ],
    "classes": [
        {
            "name": "player",
            "uses": ["pose", "tags"],
            "geometry": ["box", "points"],
            "skeleton": {"points": ["head", "hip", "foot"], "edges": [["head", "hip"]]},
            "properties": [
                {"name": "team", "kind": "choice", "choices": ["home", "away"]},
                {"name": "speed", "kind": "number", "time_varying": True},
                {
                    "name": "marks",
                    "kind": "choices",
                    "time_varying": True,
                    "choices": ["a", "b", "c"],
                },
            ],
        },
        {
            "name": "puck",
            "properties": [
                {"name": "holder", "kind": "entity", "time_varying": True},
                {"name": "seen_by", "kind": "entities", "time_varying": True},
                {"name": "owner", "kind": "entity"},
            ],
        },
    ],
    "scene": {"properties": [{"name": "score", "kind": "text", "time_varying": True}]},
}


def new_folder(path: Path) -> Path:
    stranger.make_folder(path, ontology=ONTOLOGY)
    (path / "ontology.json").write_bytes(Ontology.parse(ONTOLOGY).to_bytes())
    return path


def fill(project: Project) -> None:
    """A player with something of everything, another, a puck, a scene."""
    ada = project.add_entity("player", name="Ada", entity_id="player-1")
    ben = project.add_entity("player", name="Ben", entity_id="player-2", frame=7)
    puck = project.add_entity("puck", name="Puck", entity_id="puck-1")
    with project.transaction("fill"):
        for frame, pose in ((0, "standing"), (10, "down"), (20, "running"), (30, "down")):
            ada["pose"][frame] = pose
        ada["points"][5] = {"head": (1, 2), "hip": (3, 4), "foot": (5, 6)}
        ada["box"][0] = (1, 2, 3, 4)
        ada["speed"][0] = 3
        ada["speed"][9] = 300
        ada["marks"][0] = ["a", "c"]
        ada["team"] = "home"
        ada["tags"] = ["b", "c"]
        ben["team"] = "away"
        ben["pose"][8] = "running"
        puck["holder"][0] = ada
        puck["holder"][50] = ben
        puck["seen_by"][0] = [ada]
        puck["owner"] = ada
        project.scene["score"][0] = "0:0"


@pytest.fixture
def match(tmp_path: Path, open_project: OpenProject) -> Project:
    """Filled and flushed."""
    project = open_project(new_folder(tmp_path / "match"))
    fill(project)
    project.flush()
    return project


def changed(name: str, **changes: Any) -> Callable[[Ontology], Ontology]:
    """The ontology with fields of one property changed, wherever it is."""

    def apply(ontology: Ontology) -> Ontology:
        data = ontology.to_json()
        owners = [*data["classes"], {"properties": data.get("shared", [])}]
        for owner in owners:
            for definition in owner["properties"]:
                if definition["name"] == name:
                    definition.update(changes)
        return Ontology.parse(data)

    return apply


def skeleton(*points: str) -> Callable[[Ontology], Ontology]:
    def apply(ontology: Ontology) -> Ontology:
        data = ontology.to_json()
        data["classes"][0]["skeleton"] = {"points": list(points), "edges": []}
        return Ontology.parse(data)

    return apply


# what is changed -> deleted entities, entities, keyframes, constants lost
LOSSES: dict[str, tuple[Callable[[Ontology], Ontology], tuple[int, int, int, int]]] = {
    "relabel a class": (lambda o: edits.relabel_class(o, "player", "Skater"), (0, 0, 0, 0)),
    "relabel a choice": (
        lambda o: edits.relabel_choice(o, None, "pose", "down", "Fallen"),
        (0, 0, 0, 0),
    ),
    "relabel a property": (
        lambda o: edits.relabel_property(o, "player", "team", "Side"),
        (0, 0, 0, 0),
    ),
    "add a class": (lambda o: edits.add_class(o, "referee"), (0, 0, 0, 0)),
    "add a choice": (lambda o: edits.add_choice(o, None, "pose", "sitting"), (0, 0, 0, 0)),
    "add a property": (
        lambda o: edits.add_property(o, "puck", {"name": "spin", "kind": "number"}),
        (0, 0, 0, 0),
    ),
    # Ada: presence, box, points, 4 poses, 2 speeds, marks; Ben: presence, pose; puck: 2 holders,
    # seen by. Constants: team and tags, team, owner.
    "remove a class": (lambda o: edits.remove_class(o, "player"), (2, 3, 15, 4)),
    "remove the scene": (lambda o: edits.remove_property(o, "scene", "score"), (1, 1, 2, 0)),
    "remove a property": (lambda o: edits.remove_property(o, "player", "speed"), (0, 1, 2, 0)),
    "remove a constant": (lambda o: edits.remove_property(o, "player", "team"), (0, 2, 0, 2)),
    "remove a shared one": (lambda o: edits.remove_property(o, None, "pose"), (0, 2, 5, 0)),
    "use it no more": (lambda o: edits.remove_property(o, "player", "tags"), (0, 1, 0, 1)),
    "remove a choice": (lambda o: edits.remove_choice(o, None, "pose", "down"), (0, 1, 2, 0)),
    "remove one of several": (lambda o: edits.remove_choice(o, None, "tags", "c"), (0, 1, 0, 1)),
    "remove one that varies": (
        lambda o: edits.remove_choice(o, "player", "marks", "a"),
        (0, 1, 1, 0),
    ),
    "remove a constant's choice": (
        lambda o: edits.remove_choice(o, "player", "team", "away"),
        (0, 1, 0, 1),
    ),
    "a range": (changed("speed", range=[0, 100]), (0, 1, 1, 0)),
    "another rule": (changed("speed", interpolation="linear"), (0, 0, 0, 0)),
    "other codes": (
        changed("pose", choices=[{"name": n, "code": 9 - i} for i, n in enumerate(POSES)]),
        (0, 0, 0, 0),
    ),
    "references to fewer": (changed("seen_by", classes=["puck"]), (0, 1, 1, 0)),
    "references to others": (changed("owner", classes=["puck"]), (0, 1, 0, 1)),
    "constants that vary": (changed("team", time_varying=True), (0, 0, 0, 0)),
    "no geometry": (
        lambda o: Ontology.parse(
            {**o.to_json(), "classes": [o.to_json()["classes"][0], {"name": "puck"}]}
        ),
        (0, 1, 3, 1),
    ),
    "one point more": (skeleton("neck", "head", "hip", "foot"), (0, 0, 0, 0)),
    "one point less": (skeleton("foot", "head"), (0, 1, 1, 0)),
}


@pytest.mark.parametrize("what", LOSSES)
def test_a_change_loses_what_was_counted_and_undo_brings_it_back(
    match: Project, open_project: OpenProject, what: str
) -> None:
    make, expected = LOSSES[what]
    new = make(match.ontology)
    before, files = everything(match), versioned_files(match.path)
    before_ontology = match.ontology
    counted = evolution.cost(match, new)
    assert (counted.deleted, counted.entities, counted.keyframes, counted.constants) == expected
    assert sum(item.keyframes for item in counted.items) == counted.keyframes
    assert (str(counted) == "Nothing is lost.") == (not any(expected))
    assert everything(match) == before, "counting changes nothing"
    match.change_ontology(new, what)
    after = everything(match)
    assert match.ontology == new
    assert evolution.cost(match, new).entities == 0
    match.flush()
    assert Ontology.read(match.path / "ontology.json") == new
    match.close()
    again = open_project(match.path)
    assert (again.ontology, everything(again)) == (new, after)
    assert again.warnings == []
    assert again.undo_label == what
    again.undo()
    assert (again.ontology, everything(again)) == (before_ontology, before)
    again.flush()
    now = versioned_files(again.path)
    # arrays that came to be stay, all fill; what had been there is as it was, byte by byte
    assert {name: now[name] for name in files} == files
    again.redo()
    assert (again.ontology, everything(again)) == (new, after)
    again.close()
    assert everything(open_project(match.path)) == after


def test_names_and_codes_decide_what_a_keyframe_means(match: Project) -> None:
    match.change_ontology(LOSSES["other codes"][0](match.ontology))
    ada = match.entity("Ada")
    assert [ada["pose"].at(f) for f in (0, 10, 20, 30)] == ["standing", "down", "running", "down"]
    assert ada["pose"].rows[:, 0].tolist() == [9, 7, 8, 7]


def test_points_follow_their_names(match: Project) -> None:
    match.change_ontology(skeleton("foot", "neck", "head")(match.ontology))
    assert match.entity("Ada")["points"][5].tolist() == [[5, 6, 2], [0, 0, 0], [1, 2, 2]]
    match.undo()
    assert match.entity("Ada")["points"][5][1].tolist() == [3, 4, 2]


def test_a_constant_that_varies_begins_with_its_entity(match: Project) -> None:
    match.change_ontology(changed("team", time_varying=True)(match.ontology))
    ben = match.entity("Ben")
    assert (ben["team"].keyframes.tolist(), ben["team"].at(7)) == ([7], "away")
    assert dict(ben.attributes.constants) == {}
    ben["team"][100] = "home"


def test_references_to_removed_entities_become_nobody(match: Project) -> None:
    match.change_ontology(edits.remove_class(match.ontology, "player"))
    puck = match.entity("Puck")
    assert list(match.entities) == ["puck-1", "scene-0"]
    assert puck["holder"].rows[:, 0].tolist() == ["none", "none"]
    assert puck["seen_by"][0] == ()
    assert puck["owner"].value in (None, "none")


@pytest.mark.parametrize("kind", ["text", "choices", "boolean", "number"])
def test_a_kind_never_changes_silently(match: Project, kind: str) -> None:
    new = changed("pose", kind=kind)(match.ontology)
    counted = evolution.cost(match, new)
    (refusal,) = counted.refusals
    assert refusal.startswith('2 entities have keyframes of "pose" of player')
    with pytest.raises(EditError, match="cannot become a"):
        match.change_ontology(new)
    constant = changed("team", kind=kind)(match.ontology)
    with pytest.raises(EditError, match=r"2 entities have values of \"team\""):
        match.change_ontology(constant)
    with pytest.raises(EditError, match="cannot become constant"):
        match.change_ontology(changed("speed", time_varying=False)(match.ontology))
    assert match.ontology == Ontology.parse(ONTOLOGY)


def test_a_property_can_go_and_come_back_as_another_kind(
    match: Project, open_project: OpenProject
) -> None:
    before = everything(match)
    match.change_ontology(edits.remove_property(match.ontology, None, "pose"))
    definition = {"name": "pose", "kind": "text", "time_varying": True}
    match.change_ontology(edits.add_property(match.ontology, "player", definition))
    match.entity("Ada")["pose"][10] = "on one knee"
    match.close()
    again = open_project(match.path)
    assert again.warnings == []
    assert again.entity("Ada")["pose"].at(20) == "on one knee"
    assert stranger.read_keyframes(match.path)["player-1", "pose"] == {10: ("on one knee",)}
    for _ in range(3):
        again.undo()
    assert everything(again) == before
    again.close()
    assert everything(open_project(match.path)) == before


def test_two_choices_become_one(match: Project) -> None:
    before = everything(match)
    new = edits.merge_choices(match.ontology, None, "pose", "down", "standing")
    lost = evolution.cost(match, new)
    assert lost.keyframes == 2
    merged = [Merged(None, "pose", "down", "standing")]
    assert not evolution.cost(match, new, merged)
    match.change_ontology(new, merged=merged)
    ada = match.entity("Ada")
    assert [ada["pose"].at(f) for f in (0, 10, 20, 30)] == [
        "standing", "standing", "running", "standing",
    ]  # fmt: skip
    new = edits.merge_choices(match.ontology, None, "tags", "c", "b")
    match.change_ontology(new, merged=[Merged(None, "tags", "c", "b")])
    assert ada["tags"].value == ["b"]
    new = edits.merge_choices(match.ontology, "player", "team", "away", "home")
    match.change_ontology(new, merged=[Merged("player", "team", "away", "home")])
    assert match.entity("Ben")["team"].value == "home"
    for _ in range(3):
        match.undo()
    assert everything(match) == before


def test_merging_takes_defaults_and_conditions_along() -> None:
    ontology = Ontology.parse(
        {
            "classes": [
                {
                    "name": "player",
                    "properties": [
                        {"name": "pose", "kind": "choice", "choices": POSES, "default": "down"},
                        {"name": "why", "kind": "text", "when": {"property": "pose", "is": POSES}},
                    ],
                }
            ]
        }
    )
    new = edits.merge_choices(ontology, "player", "pose", "down", "running").classes["player"]
    assert new.properties["pose"].default == "running"
    condition = new.properties["why"].when
    assert condition is not None
    assert condition.values == ("standing", "running")


@pytest.mark.parametrize(
    "impossible",
    [
        lambda o: edits.remove_class(o, "goal"),
        lambda o: edits.remove_property(o, "player", "pose2"),
        lambda o: edits.remove_choice(o, None, "pose", "flying"),
        lambda o: edits.add_class(o, "player"),
        lambda o: edits.add_property(o, "player", {"name": "pose", "kind": "text"}),
        lambda o: edits.merge_choices(o, None, "pose", "down", "flying"),
        lambda o: edits.merge_choices(o, None, "pose", "down", "down"),
        lambda o: edits.remove_class(changed("owner", classes=["player"])(o), "player"),
        lambda o: edits.relabel_choice(o, "player", "speed", "a", "b"),
        lambda o: edits.use_shared(o, "puck", "height"),
    ],
)
def test_what_is_not_possible_is_a_sentence(impossible: Callable[[Ontology], Ontology]) -> None:
    with pytest.raises(OntologyError) as caught:
        impossible(Ontology.parse(ONTOLOGY))
    assert str(caught.value).endswith(".")


def test_undoing_keeps_what_others_changed_since(match: Project) -> None:
    match.change_ontology(edits.add_class(match.ontology, "referee"), "referees")
    with match.transaction("goals", author="Ben"):
        match.change_ontology(edits.add_class(match.ontology, "goal"))
    match.undo("Ada")
    assert set(match.ontology.classes) == {"player", "puck", "goal"}
    match.redo("Ada")
    match.add_entity("referee")
    again = Edit(
        ontology=OntologyChange(match.ontology, edits.remove_class(match.ontology, "referee"))
    )
    with pytest.raises(EditError, match="try again"):
        match.apply(again)
    assert "referee" in match.ontology.classes


def test_undoing_never_takes_what_others_made_with_it(match: Project) -> None:
    match.change_ontology(edits.add_class(match.ontology, "referee"), "referees")
    with match.transaction("one", author="Ben"):
        match.add_entity("referee", name="Zoe")
    with pytest.raises(EditError, match="such as Zoe"):
        match.undo("Ada")
    assert match.entity("Zoe").class_name == "referee"
    assert match.undo("Ada") is not None, "what is older can still be undone"


def test_an_edit_is_judged_by_its_own_ontology(match: Project) -> None:
    new = edits.add_choice(match.ontology, None, "pose", "sitting")
    with match.transaction("both"):
        match.change_ontology(new)
        match.entity("Ada")["pose"][40] = "sitting"
    edit = match.undo()
    assert edit is not None
    assert "sitting" not in match.ontology.shared["pose"].by_name
    match.apply(Edit.from_bytes(edit.invert().to_bytes()))
    assert match.entity("Ada")["pose"].at(40) == "sitting"
    assert evolution.free_code(match, match.ontology.shared["pose"]) == 4


def change_and_fail(match: Project) -> None:
    with match.transaction("no"):
        match.change_ontology(edits.add_class(match.ontology, "goal"))
        match.add_entity("goal")["height"] = 3


def test_others_follow_and_a_failed_transaction_leaves_no_trace(
    match: Project, open_project: OpenProject
) -> None:
    ben = open_project(match.path, author="Ben")
    follower = Follower(ben)
    match.change_ontology(edits.add_class(match.ontology, "referee"))
    follower.until(lambda: "referee" in ben.ontology.classes)
    assert follower.changes[-1].structure
    assert ben.add_entity("referee").class_name == "referee"
    before = match.ontology
    with pytest.raises(EditError, match="has no property"):
        change_and_fail(match)
    assert match.ontology == before


def test_an_ontology_that_only_the_journal_has_is_there_after_a_crash(
    match: Project, open_project: OpenProject
) -> None:
    path = match.path
    match.close()
    code, _ = child.run(
        """
        import os
        from reviewer.format import ontology_edits as edits
        project = Project.open(sys.argv[1])
        project.change_ontology(edits.add_class(project.ontology, "referee"))
        project.add_entity("referee", entity_id="referee-1")
        os._exit(9)
        """,
        path,
    )
    assert code == 9
    assert b"referee" not in (path / "ontology.json").read_bytes()
    again = open_project(path)
    assert "referee-1" in again.entities
    again.flush()
    assert b"referee" in (path / "ontology.json").read_bytes()


def test_git_changes_the_ontology_under_an_open_project(
    match: Project, open_project: OpenProject
) -> None:
    path = match.path
    match.close()
    (path / ".gitignore").write_text("/.reviewer/\n")
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "start")
    git(path, "checkout", "-q", "-b", "other")
    with Project.open(path) as project:
        project.change_ontology(edits.remove_choice(project.ontology, None, "pose", "down"))
        after = everything(project)
    git(path, "commit", "-qam", "other")
    project = open_project(path)
    follower = Follower(project)
    git(path, "checkout", "-q", "main")
    follower.until(lambda: "down" in project.ontology.shared["pose"].by_name)
    git(path, "checkout", "-q", "other")
    follower.until(lambda: "down" not in project.ontology.shared["pose"].by_name)
    follower.until(lambda: everything(project) == after)
    good = project.ontology
    (path / "ontology.json").write_text("{")
    pause = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if project.warnings:
            break
        pause.wait(0.05)
    assert "is not JSON" in project.warnings[0]
    assert project.ontology == good


def test_the_order_of_classes_is_a_change(match: Project) -> None:
    data = match.ontology.to_json()
    data["classes"].reverse()
    match.change_ontology(data)
    assert list(match.ontology.classes) == ["puck", "player"]
    match.close()
    on_disk = json.loads((match.path / "ontology.json").read_text())
    assert [item["name"] for item in on_disk["classes"]] == ["puck", "player"]


def test_a_class_keeps_its_constants_of_every_kind(match: Project) -> None:
    data = match.ontology.to_json()
    data["classes"].append({**data["classes"][0], "name": "goalie", "hotkey": None})
    match.change_ontology(data)
    ada = match.entity("Ada")
    ada.change_class("goalie")
    assert (ada["team"].value, ada["tags"].value) == ("home", ["b", "c"])
    ada.change_class("puck")
    assert dict(ada.attributes.constants) == {}


def test_merging_ontologies_item_by_item() -> None:
    base = Ontology.parse(ONTOLOGY)
    ours = edits.relabel_choice(edits.add_class(base, "goal"), None, "pose", "down", "Fallen")
    theirs = edits.relabel_class(edits.remove_property(base, "player", "team"), "puck", "Disc")
    theirs = edits.relabel_choice(theirs, None, "pose", "down", "Lying")
    both = merged_ontology(base, ours, theirs)
    assert set(both.classes) == {"player", "puck", "goal"}
    assert both.classes["puck"].label == "Disc"
    assert "team" not in both.classes["player"].properties
    assert both.shared["pose"].by_name["down"].label == "Fallen", "ours where both changed it"


def test_cost_reads_like_a_sentence(match: Project) -> None:
    counted = evolution.cost(match, edits.remove_class(match.ontology, "player"))
    assert str(counted) == (
        "3 entities would lose 15 keyframes and 4 values, 2 of them as a whole."
    )
    assert [item.item for item in counted.items] == [
        'the class "player"', 'references of "holder" of puck',
        'references of "seen_by" of puck', 'references of "owner" of puck',
    ]  # fmt: skip
    assert np.sum([item.entities for item in counted.items]) == 5


@settings(max_examples=20, deadline=None)
@given(names=st.lists(st.sampled_from(sorted(LOSSES)), min_size=2, max_size=5))
def test_any_changes_leave_a_project_that_fits_and_can_be_undone(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any") / "match"
    with Project.open(new_folder(folder), author="Ada") as project:
        fill(project)
        project.flush()
        before, ontology, files = everything(project), project.ontology, versioned_files(folder)
        done = 0
        for name in names:
            revision = project.revision
            try:
                project.change_ontology(LOSSES[name][0](project.ontology), name)
            except (OntologyError, EditError):  # what it would change is gone, or varies by now
                continue
            done += project.revision - revision
            project.flush()
            found = [finding.code for finding in verify(folder)]
            assert found == ["video-missing"], names
        for _ in range(done):
            project.undo()
        assert (everything(project), project.ontology) == (before, ontology)
        project.flush()
        now = versioned_files(folder)
        assert {name: now[name] for name in files} == files
