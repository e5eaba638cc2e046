"""Processes on one folder: they follow each other live and end up with the same, as git does."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from reviewer.format import follow

from reviewer import Change, Project
from tests.format import child, stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything, keyframes_of, versioned_files

PATIENCE_S = 30  # never waited for, unless something is broken


class Follower:
    """Collects changes; waits for what should come."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.changes: list[Change] = []
        self._news = threading.Condition()
        project.subscribe(self._heard)

    def _heard(self, change: Change) -> None:
        with self._news:
            self.changes.append(change)
            self._news.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, PATIENCE_S), self.changes


EDITOR = """
    import random
    project = Project.open(sys.argv[1], author=sys.argv[2])
    random.seed(sys.argv[2])
    project.subscribe(lambda change: None)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(60):
        frame = random.randrange(300)
        entity = project.entity(random.choice(["player-1", "player-2"]))
        entity["box"][frame] = (number, frame, 1, 1)
        if number % 10 == 5:
            made = project.add_entity("player")
            with project.transaction("two at once"):
                made["box"][frame] = (1, 1, 1, 1)
                made["pose"][frame] = "down"
        if number % 17 == 3:
            project.undo()
    project.close()
    print("closed", flush=True)
"""


def test_two_processes_and_an_onlooker_end_with_the_same(
    folder: Path, open_project: OpenProject
) -> None:
    onlooker = open_project(folder, author="Onlooker")
    for entity_id in ("player-1", "player-2"):
        onlooker.add_entity("player", entity_id=entity_id)
    follower = Follower(onlooker)
    editors = [child.start(EDITOR, folder, name) for name in ("Ada", "Ben")]
    for editor in editors:
        assert editor.stdout is not None
        assert editor.stdout.readline() == "ready\n"
    for editor in editors:
        assert editor.stdin is not None
        editor.stdin.write("go\n")
        editor.stdin.flush()
    for editor in editors:
        output, _ = editor.communicate(timeout=120)
        assert (editor.returncode, output) == (0, "closed\n")
    with Project.open(folder) as fresh:
        wanted = everything(fresh)
    follower.until(lambda: everything(onlooker) == wanted)
    assert {change.origin for change in follower.changes} <= {"peer", "disk"}
    assert {change.edit.author for change in follower.changes} >= {"Ada", "Ben"}
    assert len(wanted[0]) == 2 + 2 * 6
    assert stranger.read_keyframes(folder) == keyframes_of(onlooker)


def test_an_edit_is_followed_with_what_changed(folder: Path, open_project: OpenProject) -> None:
    ada, ben = open_project(folder, author="Ada"), open_project(folder, author="Ben")
    follower = Follower(ben)
    entity = ada.add_entity("player", entity_id="player-1", name="One")
    follower.until(lambda: len(follower.changes) == 1)
    entity["box"][7] = (1, 2, 3, 4)
    follower.until(lambda: len(follower.changes) == 2)
    made, moved = follower.changes
    assert (made.origin, made.structure, made.edit.label) == ("peer", True, "Add One")
    assert (moved.origin, moved.structure, moved.frames) == ("peer", False, (7, 300))
    assert moved.edit.author == "Ada"
    assert ben.entity("One")["box"].at(9).tolist() == [1, 2, 3, 4]
    ada.flush()
    ben.add_entity("player", entity_id="player-2")
    assert [change.origin for change in follower.changes] == ["peer", "peer", "local"]


def test_flushing_by_anybody_is_no_news(folder: Path, open_project: OpenProject) -> None:
    """Files that hold what everybody knows already must not come back as a change."""
    ada, ben = open_project(folder, author="Ada"), open_project(folder, author="Ben")
    follower = Follower(ben)
    entity = ada.add_entity("player", entity_id="player-1")
    for frame in range(20):
        entity["box"][frame] = (frame, 0, 1, 1)
        ada.flush()
    follower.until(lambda: len(follower.changes) == 21)
    ben.entity("player-1")["box"][50] = (5, 5, 5, 5)
    ben.flush()
    ada.add_entity("player", entity_id="player-2")
    follower.until(lambda: len(follower.changes) == 23)
    assert [change.origin for change in follower.changes] == ["peer"] * 21 + ["local", "peer"]
    assert ada.revision == ben.revision == 23


def test_edits_of_a_peer_that_died_reach_the_store(
    folder: Path, open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_PEER_GRACE_S", 0.1)
    survivor = open_project(folder)
    follower = Follower(survivor)
    code, _ = child.run(
        """
        import os
        project = Project.open(sys.argv[1])
        project.add_entity("player", entity_id="player-1")["box"][3] = (1, 2, 3, 4)
        os._exit(9)
        """,
        folder,
    )
    assert code == 9
    follower.until(lambda: "player-1" in survivor.entities)
    chunk = folder / "annotations.zarr/entities/1/player-1/box/c.0.0"
    pause = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if chunk.exists():
            break
        pause.wait(0.05)
    assert stranger.read_keyframes(folder)["player-1", "box"] == {3: (1, 2, 3, 4)}


def test_what_another_tool_writes_is_a_change(folder: Path, open_project: OpenProject) -> None:
    project = open_project(folder)
    follower = Follower(project)
    mine = project.add_entity("player", entity_id="player-1")
    mine["box"][3] = (1, 2, 3, 4)
    project.flush()
    stranger.add_entity(folder, "player-far", {"presence": {0: 1}, "box": {5: (5, 5, 5, 5)}})
    follower.until(lambda: ("player-far", "box") in keyframes_of(project))
    import zarr

    box = zarr.open_group(folder / "annotations.zarr", mode="r+")["entities/1/player-1/box"]
    box[9] = (9, 9, 9, 9)
    follower.until(lambda: mine["box"].keyframes.tolist() == [3, 9])
    assert follower.changes[-1].origin == "disk"
    # an edit on top keeps both
    mine["box"][20] = (2, 2, 2, 2)
    project.flush()
    assert set(stranger.read_keyframes(folder)["player-1", "box"]) == {3, 9, 20}


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_checking_out_another_branch_is_a_change(folder: Path, open_project: OpenProject) -> None:
    (folder / ".gitignore").write_text("/.reviewer/\n")
    with Project.open(folder) as project:
        for number in range(1, 4):
            entity = project.add_entity("player", entity_id=f"player-{number}", name=f"P{number}")
            entity["box"][number] = (number, 0, 1, 1)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    git(folder, "checkout", "-q", "-b", "other")
    with Project.open(folder) as project:
        before = everything(project)
        one = project.entity("P1")
        one["box"][50] = (50, 0, 1, 1)
        del one["box"][1]
        project.entity("P2").rename("Deux")
        project.entity("P3").delete()
        project.add_entity("puck", entity_id="puck-9")["box"][9] = (9, 9, 9, 9)
        after = everything(project)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "other")
    files = versioned_files(folder)
    project = open_project(folder)
    follower = Follower(project)
    for branch, wanted in (("main", before), ("other", after), ("main", before)):
        git(folder, "checkout", "-q", branch)
        follower.until(lambda wanted=wanted: everything(project) == wanted)
    assert {change.origin for change in follower.changes} == {"disk"}
    git(folder, "checkout", "-q", "other")
    follower.until(lambda: everything(project) == after)
    project.close()
    assert git(folder, "status", "--porcelain") == "", "following writes nothing"
    assert versioned_files(folder) == files


def test_an_edit_after_a_checkout_is_on_top_of_it(folder: Path, open_project: OpenProject) -> None:
    """Even when made before the watcher has told of the files."""
    project = open_project(folder)
    follower = Follower(project)
    entity = project.add_entity("player", entity_id="player-1")
    entity["box"][3] = (3, 3, 3, 3)
    project.flush()
    store = folder / "annotations.zarr/entities/1/player-1"
    old = shutil.copytree(store, folder.parent / "old")
    entity["box"][4] = (4, 4, 4, 4)
    project.flush()
    for file in old.rglob("*"):
        if file.is_file():
            shutil.copyfile(file, store / file.relative_to(old))
    entity["box"][5] = (5, 5, 5, 5)
    project.flush()
    follower.until(lambda: entity["box"].keyframes.tolist() == [3, 5])
    assert set(stranger.read_keyframes(folder)["player-1", "box"]) == {3, 5}


@pytest.mark.parametrize("at_once", [1, 64])
def test_what_changed_before_anybody_looked_is_noticed(
    folder: Path, open_project: OpenProject, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_ENTITIES_AT_ONCE", at_once)
    with Project.open(folder) as project:
        project.add_entity("player", entity_id="player-1")["box"][3] = (3, 3, 3, 3)
        project.add_entity("player", entity_id="player-2")
    project = open_project(folder)
    stranger.add_entity(folder, "player-far", {"presence": {0: 1}, "box": {5: (5, 5, 5, 5)}})
    shutil.rmtree(folder / "annotations.zarr/entities/2/player-2")
    mine = project.entity("player-1")
    mine["box"][4] = (4, 4, 4, 4)
    project.flush()
    follower = Follower(project)
    follower.until(lambda: {"player-1", "player-far"} == set(project.entities))
    assert mine["box"].keyframes.tolist() == [3, 4]
    assert {change.origin for change in follower.changes} == {"disk"}


def test_a_reader_that_came_before_the_journal_follows_too(tmp_path: Path) -> None:
    """A read-only view of a folder that nobody had edited on this machine, as after git clone."""
    folder = stranger.make_folder(tmp_path / "match")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reviewer.format.folder.why_read_only", lambda _: "it is mounted read-only.")
        reader = Project.open(folder)
    assert not (folder / ".reviewer").exists()
    follower = Follower(reader)
    with Project.open(folder, author="Ada") as writer:
        entity = writer.add_entity("player", entity_id="player-1")
        entity["box"][3] = (1, 2, 3, 4)
        wanted = everything(writer)
        # by the journal alone: nothing is in the store yet
        follower.until(lambda: everything(reader) == wanted)
        entity["box"][4] = (5, 6, 7, 8)
    follower.until(lambda: reader.entity("player-1")["box"].keyframes.tolist() == [3, 4])
    with Project.open(folder, author="Ben") as writer:
        for frame in range(3):
            writer.entity("player-1")["pose"][frame] = "down"
        wanted = everything(writer)
        follower.until(lambda: everything(reader) == wanted)
    assert {change.origin for change in follower.changes} == {"peer"}
    reader.close()
