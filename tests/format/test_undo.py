"""Undo and redo: per author, over restarts, and never over what somebody else has done since."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from reviewer.format import EditError

from reviewer import Edit, Project
from tests.format import stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything


def test_undo_and_redo_walk_back_and_forth(project: Project) -> None:
    states = [everything(project)]
    entity = project.add_entity("player", entity_id="player-1", name="One")
    states.append(everything(project))
    entity["box"][3] = (1, 2, 3, 4)
    states.append(everything(project))
    with project.transaction("several"):
        entity["box"][3] = (5, 5, 5, 5)
        entity["pose"][4] = "down"
        entity["team"] = "away"
        entity.rename("Uno")
    states.append(everything(project))
    entity.delete()
    states.append(everything(project))
    labels = ["Delete Uno", "several", "Set box of One", "Add One"]
    for _ in range(2):
        for label, state in zip(labels, reversed(states[:-1]), strict=True):
            assert project.undo_label == label
            undone = project.undo()
            assert undone is not None
            assert undone.undoes is not None
            assert everything(project) == state
        assert project.undo() is None
        assert project.undo_label is None
        for label, state in zip(reversed(labels), states[1:], strict=True):
            assert project.redo_label == label
            assert project.redo() is not None
            assert everything(project) == state
        assert project.redo() is None


def test_a_new_edit_ends_what_could_be_redone(project: Project) -> None:
    entity = project.add_entity("player", name="One")
    entity["box"][3] = (1, 2, 3, 4)
    project.undo()
    entity["box"][4] = (1, 2, 3, 4)
    assert project.redo() is None
    assert entity["box"].keyframes.tolist() == [4]


def test_undo_and_redo_survive_a_restart(folder: Path) -> None:
    with Project.open(folder, author="Ada") as project:
        entity = project.add_entity("player", entity_id="player-1", name="One")
        entity["box"][3] = (1, 2, 3, 4)
        entity["box"][4] = (1, 2, 3, 4)
        project.undo()
    with Project.open(folder, author="Ada") as project:
        assert (project.undo_label, project.redo_label) == ("Set box of One", "Set box of One")
        project.redo()
        assert project.entity("One")["box"].keyframes.tolist() == [3, 4]
        project.undo()
        project.undo()
        assert project.entity("One")["box"].keyframes.tolist() == []
    with Project.open(folder, author="Ada") as project:
        project.redo()
        assert project.entity("One")["box"].keyframes.tolist() == [3]
    with Project.open(folder, author="Ben") as project:
        assert project.undo() is None


def test_an_undo_asked_for_earlier_takes_back_nothing_newer(folder: Path) -> None:
    with Project.open(folder, author="Ada") as project:
        box = project.add_entity("player", entity_id="player-1", name="One")["box"]
        assert project.last_edit_id is not None
        box[3] = (1, 2, 3, 4)
        asked = project.last_edit_id
        box[4] = (1, 2, 3, 4)
        box[5] = (1, 2, 3, 4)
    with Project.open(folder, author="Ada") as project:
        box = project.entity("One")["box"]
        project.undo(edit_id="first-back", after=asked)
        assert box.keyframes.tolist() == [4, 5]
        assert project.last_edit_id == "first-back"
        project.undo(after=asked)
        assert project.attributes("player-1").deleted
        assert project.undo(after=asked) is None
        project.redo()
        project.redo(after="first-back")
        assert box.keyframes.tolist() == [3, 4, 5]
        with pytest.raises(EditError, match="was not done, or too long ago"):
            project.undo(after="unknown")
        project.undo()
        assert box.keyframes.tolist() == [4, 5]


def test_everybody_undoes_only_their_own(folder: Path, open_project: OpenProject) -> None:
    project = open_project(folder, author="Ada")
    entity = project.add_entity("player", entity_id="player-1", name="One")
    with project.transaction("Ben's", author="Ben"):
        entity["box"][3] = (1, 2, 3, 4)
    entity["box"][9] = (9, 9, 9, 9)
    assert project.undo(author="Ben") is not None
    assert entity["box"].keyframes.tolist() == [9]
    assert project.undo(author="Ben") is None
    assert project.redo(author="Ben") is not None
    project.undo()
    assert entity["box"].keyframes.tolist() == [3]
    assert project.undo_label == "Add One"


def test_what_somebody_else_changed_since_stays(folder: Path, open_project: OpenProject) -> None:
    ada, ben = open_project(folder, author="Ada"), open_project(folder, author="Ben")
    entity = ada.add_entity("player", entity_id="player-1", name="One")
    with ada.transaction("three cells"):
        for frame in (1, 2, 3):
            entity["box"][frame] = (frame, 0, 1, 1)
        entity["team"] = "home"
        entity.rename("Uno")
    ben.apply(Edit())  # a change of nothing, on top of Ada's
    theirs = ben.entity("player-1")
    theirs["box"][2] = (77, 7, 7, 7)
    theirs.rename("Eins")
    assert ada.undo() is not None
    assert entity["box"].keyframes.tolist() == [2]
    assert entity["box"][2].tolist() == [77, 7, 7, 7]
    assert entity.name == "Eins"
    assert entity["team"].value is None
    assert ada.redo() is not None
    assert entity["box"].keyframes.tolist() == [1, 2, 3]
    assert entity["box"][2].tolist() == [77, 7, 7, 7]
    assert (entity.name, entity["team"].value) == ("Eins", "home")


def test_nothing_left_to_undo_is_said_and_older_steps_remain(project: Project) -> None:
    entity = project.add_entity("player", name="One")
    entity["box"][3] = (1, 2, 3, 4)
    with project.transaction("Ben's", author="Ben"):
        entity["box"][3] = (5, 6, 7, 8)
    before = everything(project)
    with pytest.raises(EditError, match='"Set box of One" cannot be undone: it was changed since'):
        project.undo()
    assert everything(project) == before
    assert project.undo_label == "Add One"


def test_deleting_and_undoing_brings_everything_back(project: Project) -> None:
    entity = project.add_entity("player", entity_id="player-1", name="One")
    entity["box"][3] = (1, 2, 3, 4)
    entity["team"] = "home"
    before, rows = everything(project), project.evaluate(0, 300)
    entity.delete()
    assert entity.deleted
    assert dict(project.entities) == {}
    assert len(project.evaluate(0, 300)) == 0
    with pytest.raises(EditError, match="deleted"):
        entity["box"][4] = (1, 2, 3, 4)
    project.undo()
    assert everything(project) == before
    np.testing.assert_array_equal(project.evaluate(0, 300)["box"], rows["box"])


class UndoAgainstStacks(RuleBasedStateMachine):
    """One author: undo and redo are two stacks of whole states, also over restarts."""

    @initialize()
    def begin(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = stranger.make_folder(Path(self.temporary.name) / "p", 20)
        self.project = Project.open(self.folder, author="Ada")
        self.done, self.undone = [everything(self.project)], []

    def teardown(self) -> None:
        if hasattr(self, "project"):
            self.project.close()
            self.temporary.cleanup()

    def changed(self) -> None:
        now = everything(self.project)
        if now != self.done[-1]:
            self.done.append(now)
            self.undone.clear()

    @rule()
    def add(self) -> None:
        self.project.add_entity("player")
        self.changed()

    @precondition(lambda self: self.project.entities)
    @rule(
        frames=st.lists(st.integers(0, 19), min_size=1, max_size=3),
        name=st.sampled_from(["box", "pose", "presence"]),
        which=st.integers(0, 5),
        value=st.integers(0, 2),
    )
    def put(self, frames: list[int], name: str, which: int, value: int) -> None:
        entity = list(self.project.entities.values())[which % len(self.project.entities)]
        values = {
            "box": (value, 1, 2, 3),
            "pose": ("standing", "running", "down")[value],
            "presence": ("absent", "present", "occluded")[value],
        }
        with self.project.transaction("put"):
            for frame in frames:
                entity[name][frame] = values[name]
        self.changed()

    @precondition(lambda self: self.project.entities)
    @rule(which=st.integers(0, 5), how=st.sampled_from(["delete", "rename", "clear"]))
    def alter(self, which: int, how: str) -> None:
        entity = list(self.project.entities.values())[which % len(self.project.entities)]
        if how == "delete":
            entity.delete()
        elif how == "rename":
            entity.rename(f"{entity.name}'")
        else:
            with self.project.transaction("clear"):
                for frame in entity["box"].keyframes.tolist():
                    del entity["box"][frame]
        self.changed()

    @rule()
    def undo(self) -> None:
        assert (self.project.undo() is not None) == (len(self.done) > 1)
        if len(self.done) > 1:
            self.undone.append(self.done.pop())

    @rule()
    def redo(self) -> None:
        assert (self.project.redo() is not None) == bool(self.undone)
        if self.undone:
            self.done.append(self.undone.pop())

    @rule()
    def reopen(self) -> None:
        self.project.close()
        self.project = Project.open(self.folder, author="Ada")

    @invariant()
    def shows_the_state_on_top(self) -> None:
        if hasattr(self, "project"):
            assert everything(self.project) == self.done[-1]


UndoAgainstStacks.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None
)
test_undo_against_stacks = UndoAgainstStacks.TestCase
