"""Whole or absent: what is changed together is one edit, one undo, one message."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from reviewer.format import EditError, ontology_edits

from reviewer import Change, Edit, Project
from tests.format.conftest import OpenProject
from tests.format.contents import everything, versioned_files


def journal_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / ".reviewer" / "journal").iterdir())


class Changed(Exception):
    pass


@pytest.mark.parametrize("error", [Changed, EditError, KeyboardInterrupt])
def test_an_exception_leaves_everything_as_it_was(
    folder: Path, project: Project, error: type[BaseException]
) -> None:
    old = project.add_entity("player", entity_id="player-1", name="One")
    old["box"][3] = (1, 2, 3, 4)
    old["team"] = "home"
    gone = project.add_entity("player", entity_id="player-2")
    project.flush()
    heard: list[Change] = []
    project.subscribe(heard.append)
    before = (
        everything(project),
        project.revision,
        journal_bytes(folder),
        versioned_files(folder),
        project.undo_label,
        project.number("player-2"),
        project.keyframe_count(),
    )

    def attempt() -> None:
        with project.transaction("attempt"):
            new = project.add_entity("player", entity_id="player-3", frame=7)
            new["box"][7] = (1, 1, 1, 1)
            another = project.add_entity("puck", entity_id="puck-4")
            another.rename("Disc")
            another.delete()
            old["box"][3] = (9, 9, 9, 9)
            del old["box"][3]
            old["box"][5] = (5, 5, 5, 5)
            old["team"] = "away"
            old.rename("Uno")
            gone.delete()
            raise error("no")

    with pytest.raises(error):
        attempt()
    project.flush()
    assert before == (
        everything(project),
        project.revision,
        journal_bytes(folder),
        versioned_files(folder),
        project.undo_label,
        project.number("player-2"),
        project.keyframe_count(),
    )
    assert heard == []
    assert not project.knows("player-3")
    assert len(project.evaluate(0, 300)) == 600
    # and the ids are free again
    assert project.add_entity("player", entity_id="player-3")["box"].keyframes.tolist() == []


def test_what_is_read_inside_sees_the_changes(project: Project) -> None:
    with project.transaction("one"):
        entity = project.add_entity("player", entity_id="player-1", name="One")
        entity["box"][0] = (0, 0, 1, 1)
        entity["box"][10] = (100, 0, 1, 1)
        assert entity["box"].at(5).tolist() == [50, 0, 1, 1]
        assert project.evaluate(5, 6)["box"].tolist() == [[50, 0, 1, 1]]
        assert project.entity("One") == entity
        assert list(project.entities) == ["player-1"]
        del entity["box"][10]
        assert entity["box"].at(5).tolist() == [0, 0, 1, 1]
    assert entity["box"].keyframes.tolist() == [0]


def test_one_transaction_is_one_edit_one_message_one_undo(project: Project) -> None:
    heard: list[Change] = []
    project.subscribe(heard.append)
    with project.transaction("all of it", author="Ben") as transaction:
        entity = project.add_entity("player", entity_id="player-1")
        for frame in range(10, 20):
            entity["box"][frame] = (frame, 0, 1, 1)
            entity["box"][frame] = (frame, 1, 1, 1)
        with project.transaction("nested: becomes part of the other"):
            entity["pose"][12] = "down"
    (change,) = heard
    assert change.edit.label == "all of it"
    assert change.edit.author == "Ben"
    assert change.edit.id == transaction.edit.id
    assert change.origin == "local"
    assert change.structure is True
    assert change.entities == {"player-1"}
    assert change.revision == project.revision == 1
    assert sorted(cell.property for cell in change.edit.cells) == ["box", "pose", "presence"]
    assert project.undo(author="Ben") is not None
    assert dict(project.entities) == {}
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("frames", "edited", "affected"),
    [
        ([], 50, (50, 300)),
        ([10, 90], 50, (10, 90)),
        ([10], 50, (10, 300)),
        ([50, 90], 50, (50, 90)),
    ],
)
def test_a_change_says_which_frames_to_look_at_again(
    project: Project, frames: list[int], edited: int, affected: tuple[int, int]
) -> None:
    entity = project.add_entity("player", entity_id="player-1")
    for frame in frames:
        entity["box"][frame] = (frame, 0, 1, 1)
    before = project.evaluate(0, 300)["box"]
    heard: list[Change] = []
    project.subscribe(heard.append)
    entity["box"][edited] = (999, 0, 1, 1)
    (change,) = heard
    assert change.frames == affected
    assert change.structure is False
    after = project.evaluate(0, 300)["box"]
    differ = [i for i in range(300) if before[i].tobytes() != after[i].tobytes()]
    assert min(differ) >= affected[0]
    assert max(differ) < affected[1]


def test_an_edit_is_durable_before_anybody_hears_of_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reviewer.format import journal

    order: list[str] = []
    sync = journal._sync_data

    def noting(descriptor: int) -> None:
        sync(descriptor)
        order.append("durable")

    monkeypatch.setattr(journal, "_sync_data", noting)
    project.subscribe(lambda _: order.append("heard"))
    project.add_entity("player")
    order.append("returned")
    assert order == ["durable", "heard", "returned"]


def test_an_ended_subscription_is_silent(project: Project) -> None:
    heard: list[Change] = []
    end = project.subscribe(heard.append)
    project.add_entity("player")
    end()
    end()
    project.add_entity("player")
    assert len(heard) == 1


def test_a_subscriber_may_edit_and_ask(project: Project) -> None:
    """Nothing is held while subscribers run: they may come back in, from other threads too."""
    counted: list[int] = []

    def follow(change: Change) -> None:
        if change.structure:
            project.entity("player-1")["box"][1] = (1, 2, 3, 4)
            asking = threading.Thread(target=lambda: counted.append(len(project.evaluate(0, 9))))
            asking.start()
            asking.join(10)

    project.subscribe(follow)
    project.add_entity("player", entity_id="player-1")
    assert project.entity("player-1")["box"].keyframes.tolist() == [1]
    assert counted == [9]


def add_while_another_does(ada: Project, ben: Project) -> None:
    with ada.transaction("clash"):
        ada.add_entity("player", entity_id="player-3")
        ben.add_entity("player", entity_id="player-3")


def test_two_projects_in_one_process_merge_their_transactions(
    folder: Path, open_project: OpenProject
) -> None:
    """Somebody else commits while a transaction is open: both are whole in the end."""
    ada, ben = open_project(folder, author="Ada"), open_project(folder, author="Ben")
    entity = ada.add_entity("player", entity_id="player-1")
    with ada.transaction("Ada's"):
        entity["box"][1] = (1, 1, 1, 1)
        ben.add_entity("player", entity_id="player-2")["box"][2] = (2, 2, 2, 2)
        entity["box"][3] = (3, 3, 3, 3)
        assert list(ada.entities) == ["player-1"], "not before the transaction ends"
    assert list(ada.entities) == ["player-1", "player-2"]
    assert entity["box"].keyframes.tolist() == [1, 3]
    with pytest.raises(EditError, match="already is an entity"):
        add_while_another_does(ada, ben)
    ada.entity("player-1")["box"][5] = (5, 5, 5, 5)
    ben.entity("player-2")["box"][5] = (5, 5, 5, 5)
    ada.undo()
    ben.apply(Edit())  # whoever does not subscribe catches up with the next change
    assert everything(ada) == everything(ben)
    assert ada.entity("player-2")["box"].keyframes.tolist() == [2, 5]
    assert ben.entity("player-1")["box"].keyframes.tolist() == [1, 3]


def test_what_a_peer_changed_of_the_same_entity_stays(
    folder: Path, open_project: OpenProject
) -> None:
    """Neither has heard of the other: each field is as whoever changed it last wanted it."""
    one, other = open_project(folder), open_project(folder)
    entity = one.add_entity("player", "Ada").id
    other.flush()  # hears of her
    one.entity(entity).rename("Adele")
    other.entity(entity)["team"] = "home"
    one.flush()
    for project in (one, other):
        assert project.entity(entity).name == "Adele"
        assert project.entity(entity)["team"].value == "home"


def test_what_a_peer_changed_of_the_ontology_stays(folder: Path, open_project: OpenProject) -> None:
    one, other = open_project(folder), open_project(folder)
    base = other.ontology
    one.change_ontology(ontology_edits.relabel_class(base, "player", "Skater"))
    # on a state that is old, and with a dialogue that was opened before the news came
    other.change_ontology(ontology_edits.relabel_class(base, "puck", "Disc"))
    mine = ontology_edits.relabel_class(base, "event", "Happening")
    one.change_ontology(mine, base=base)
    other.flush()
    for project in (one, other):
        labels = {name: found.label for name, found in project.ontology.classes.items()}
        assert labels == {"player": "Skater", "puck": "Disc", "event": "Happening"}


def test_changes_of_the_ontology_that_do_not_fit_together_are_refused(
    folder: Path, open_project: OpenProject
) -> None:
    one, other = open_project(folder), open_project(folder)
    base = other.ontology
    one.change_ontology(ontology_edits.remove_class(base, "puck"))
    holds = {"name": "holds", "kind": "entity", "classes": ["puck"]}
    with pytest.raises(EditError, match="changed by somebody else"):
        other.change_ontology(ontology_edits.add_property(base, "player", holds))
    assert "holds" not in other.ontology.classes["player"].properties
    assert "puck" not in other.ontology.classes


def apply_in_vain(project: Project, edit: Edit) -> None:
    with project.transaction("several"):
        change = project.apply(edit)
        assert (change.entities, change.frames) == (frozenset(["player-1"]), (3, 300))
        assert project.entity("player-1")["pose"].at(3) == "down"
        raise Changed


def fail_inside(project: Project) -> None:
    with project.transaction("inner"):
        project.add_entity("player", entity_id="player-2")["box"][2] = (2, 2, 2, 2)
        project.entity("player-1")["box"][1] = (9, 9, 9, 9)
        project.entity("player-1")["box"][300] = (3, 3, 3, 3)


def test_an_edit_applied_inside_is_part_of_the_transaction(folder: Path, project: Project) -> None:
    one = project.add_entity("player", entity_id="player-1")
    one["box"][3] = (1, 2, 3, 4)
    before, size = everything(project), journal_bytes(folder)
    heard: list[Change] = []
    project.subscribe(heard.append)
    with Project.open(folder) as other:  # whose edit is to be made here too
        other.entity("player-1")["pose"][3] = "down"
        edit = other._door.past.history().next_undo(other.author)
        assert edit is not None
        other.undo()
    project.apply(Edit())
    before, size = everything(project), journal_bytes(folder)
    heard.clear()
    again = Edit(cells=edit.cells, label="elsewhere")
    with pytest.raises(Changed):
        apply_in_vain(project, again)
    assert (everything(project), journal_bytes(folder), heard) == (before, size, [])
    with project.transaction("several"):
        project.apply(again)
        one["box"][9] = (5, 6, 7, 8)
    assert [change.edit.label for change in heard] == ["several"]
    project.undo()
    assert everything(project) == before


def test_a_part_that_fails_takes_back_itself_and_nothing_else(project: Project) -> None:
    one = project.add_entity("player", entity_id="player-1")
    with project.transaction("outer"):
        one["box"][1] = (1, 1, 1, 1)
        with pytest.raises(EditError, match="outside the video"):
            fail_inside(project)
        assert list(project.entities) == ["player-1"]
        assert one["box"][1].tolist() == [1, 1, 1, 1]
        one["box"][4] = (4, 4, 4, 4)
    assert one["box"].keyframes.tolist() == [1, 4]
    assert not project.knows("player-2")
    with Project.open(project.path) as again:
        assert everything(again) == everything(project)


def test_nothing_is_undone_inside_a_transaction(project: Project) -> None:
    one = project.add_entity("player")
    one["box"][1] = (1, 1, 1, 1)
    with project.transaction("more"):
        one["box"][2] = (2, 2, 2, 2)
        with pytest.raises(EditError, match="inside a transaction"):
            project.undo()
    assert one["box"].keyframes.tolist() == [1, 2]
    project.undo()
    assert one["box"].keyframes.tolist() == [1]
