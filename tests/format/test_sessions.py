"""Sessions: what is counted, when it is written, and what is left of them however they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as parquet
import pytest
from reviewer.format import EditError
from reviewer.format.sessions import sessions as module

from reviewer import Project
from tests.format import child
from tests.format.conftest import OpenProject
from tests.format.test_reviews import git, player

PATIENCE_S = 60  # never waited for, unless something is broken


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 20):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("it never came about")


@pytest.fixture
def recorded(project: Project) -> Project:
    project.sessions.record()
    return project


def test_what_an_author_does_is_counted(recorded: Project) -> None:
    one = recorded.entity(player(recorded, "One"))
    for frame in (10, 11, 12, 200):
        one["box"][frame] = (frame, 0, 10, 10)
    del one["box"][11]
    recorded.undo()
    two = recorded.entity(player(recorded, "Two", 50))
    two.delete()
    found = recorded.sessions.current()
    assert found is not None
    assert (found.author, found.state) == ("Ada", "open")
    assert (found.created, found.deleted, found.undone) == (2, 1, 1)
    # two boxes and two presences with the entities; four boxes, one taken away and put back
    assert (found.keyframes, found.removed) == (4 + 4 + 1, 1)
    assert found.edits == 4 + 4 + 1 + 1 + 1
    assert found.frames == ((0, 1), (10, 13), (50, 51), (200, 201))
    assert found.frame_count == 6
    assert found.entities == {one.id: 8, two.id: 2}


def test_a_session_is_one_small_file_and_closing_ends_it(
    recorded: Project, open_project: OpenProject
) -> None:
    folder = recorded.path / "sessions"
    assert not folder.exists(), "looking is not working"
    one = recorded.entity(player(recorded, "One"))
    recorded.sessions.write()
    (file,) = folder.iterdir()
    assert json.loads(file.read_text())["keyframes"] == 2
    one["box"][5] = (0, 0, 1, 1)
    recorded.close()
    (file,) = folder.iterdir()
    (found,) = open_project(recorded.path).sessions.all()
    assert (found.state, found.keyframes, found.author) == ("closed", 3, "Ada")


def test_it_is_written_by_itself_and_not_by_the_editor(
    recorded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WRITE_AFTER_S", 0.05)
    writers = []
    put = recorded.sessions._shelf.write
    monkeypatch.setattr(
        recorded.sessions._shelf,
        "write",
        lambda *a: (writers.append(threading.current_thread().name), put(*a)),
    )
    player(recorded, "One")
    until(lambda: len(recorded.sessions.all()) == 1)
    assert set(writers) == {"reviewer-session"}


def test_authors_have_a_session_each(recorded: Project) -> None:
    player(recorded, "One")
    with recorded.transaction("Move", author="Ben"):
        recorded.entity("One")["box"][3] = (1, 1, 1, 1)
    recorded.sessions.write()
    assert {s.author: s.edits for s in recorded.sessions.all()} == {"Ada": 2, "Ben": 1}


def test_others_work_is_theirs(recorded: Project) -> None:
    heard = threading.Event()
    recorded.subscribe(lambda change: heard.set())
    code, _ = child.run(
        """
        with Project.open(sys.argv[1], author="Ben") as project:
            project.sessions.record()
            project.add_entity("player")
        """,
        recorded.path,
    )
    assert code == 0
    assert heard.wait(PATIENCE_S)
    assert recorded.sessions.current() is None
    assert [(s.author, s.state) for s in recorded.sessions.all()] == [("Ben", "closed")]


def test_a_session_that_was_killed_is_unfinished(project: Project) -> None:
    process = child.start(
        """
        project = Project.open(sys.argv[1], author="Ben")
        project.sessions.record()
        project.add_entity("player")
        project.sessions.write()
        print("ready", flush=True)
        sys.stdin.readline()
        """,
        project.path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert [s.state for s in project.sessions.all()] == ["open"]
    process.kill()
    process.communicate()
    assert [s.state for s in project.sessions.all()] == ["unfinished"]


def test_breaks_are_not_work(recorded: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1000.0, 1030.0, 1090.0, 9000.0, 9010.0, 9010.0])
    # this module's clock alone: other threads look at theirs meanwhile
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: next(clock)))
    entity = recorded.add_entity("player")
    for frame in range(4):
        entity["box"][frame] = (0, 0, 1, 1 + frame)
    monkeypatch.undo()
    found = recorded.sessions.current()
    assert found is not None
    assert found.active_s == 30 + 60 + 10


def test_many_scattered_frames_stay_small(recorded: Project) -> None:
    frames = range(0, 300, 2)
    entity = recorded.entity(player(recorded, "One"))
    with recorded.transaction("Many"):
        for frame in frames:
            entity["box"][frame] = (frame, 0, 1, 1)
    from reviewer.format.sessions import tally

    found = recorded.sessions.current()
    assert found is not None
    assert len(found.frames) == found.frame_count == 150
    small = tally._stretches.__globals__
    before = small["MAX_RANGES"]
    small["MAX_RANGES"] = 10
    try:
        found = recorded.sessions.current()
    finally:
        small["MAX_RANGES"] = before
    assert found is not None
    assert len(found.frames) == 10
    assert all(any(a <= frame < b for a, b in found.frames) for frame in frames)


def test_branches_never_write_the_same_session(folder: Path, open_project: OpenProject) -> None:
    """A checkout while one works puts an older file back: what follows is another session."""
    project = open_project(folder)
    project.sessions.record()
    one = player(project, "One")
    project.sessions.write()
    project.flush()
    (folder / ".gitignore").write_text("/.reviewer/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    git(folder, "checkout", "-qb", "other")
    for branch, frame in (("other", 10), ("main", 20)):
        git(folder, "checkout", "-q", branch)
        until(lambda: list(project.entity(one)["box"].keyframes) == [0])
        project.entity(one)["box"][frame] = (frame, 0, 1, 1)
        project.sessions.write()
        project.flush()
        git(folder, "add", "sessions")
        git(folder, "commit", "-qm", branch)
        git(folder, "checkout", "-q", "--", ".")
    git(folder, "merge", "-q", "--no-edit", "other")
    assert len(project.sessions.all()) == 2
    assert sum(s.edits for s in project.sessions.all()) == 4


# -- submitting -----------------------------------------------------------------------------------


def export_of(project: Project) -> Any:
    return project.sessions.all()[-1].export


def test_submitting_marks_it_done_and_exports_aside(recorded: Project) -> None:
    player(recorded, "One", 0, 100)
    submitted = recorded.sessions.submit()
    assert (submitted.state, submitted.export and submitted.export.state) == ("done", "running")
    until(lambda: export_of(recorded).state != "running")
    player(recorded, "Two")  # what follows is another session
    recorded.sessions.write()
    first, second = recorded.sessions.all()
    assert (first.state, second.state) == ("done", "open")
    assert first.export is not None
    assert (first.export.state, first.export.rows) == ("done", 100)
    table = parquet.read_table(recorded.path / first.export.file)
    assert table.num_rows == 100
    assert (recorded.path / "exports" / ".gitignore").read_text().endswith("*\n")


def test_an_export_survives_the_end_of_who_started_it(
    folder: Path, open_project: OpenProject
) -> None:
    process = child.start(
        """
        project = Project.open(sys.argv[1], author="Ben")
        project.sessions.record()
        project.add_entity("player")["box"][0] = (1, 2, 3, 4)
        project.sessions.submit()
        print("submitted", flush=True)
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        folder,
    )
    process.communicate()
    project = open_project(folder)
    until(lambda: export_of(project).state == "done")
    assert parquet.read_table(folder / export_of(project).file).num_rows == 300


def test_an_export_that_was_ended_says_so(
    recorded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def asleep(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        sleeper = [command[0], "-c", "import time; time.sleep(600)"]
        started.append(popen(sleeper, **options))
        return started[-1]

    monkeypatch.setattr(module.subprocess, "Popen", asleep)
    player(recorded, "One")
    recorded.sessions.submit()
    assert export_of(recorded).state == "running"
    with pytest.raises(EditError, match="under way already"):
        recorded.sessions.submit(recorded.sessions.all()[-1].id)
    os.kill(started[0].pid, signal.SIGKILL)
    started[0].wait()
    assert export_of(recorded).state == "unfinished"
    monkeypatch.undo()
    recorded.sessions.submit(recorded.sessions.all()[-1].id)  # and can be done again
    until(lambda: export_of(recorded).state == "done")


def test_an_export_that_fails_says_why(recorded: Project) -> None:
    player(recorded, "One")
    (recorded.path / "exports").write_text("in the way")
    recorded.sessions.submit()
    until(lambda: export_of(recorded).state == "failed")
    assert "could not be written" in export_of(recorded).error


def test_what_cannot_be_submitted_is_refused(recorded: Project, open_project: OpenProject) -> None:
    with pytest.raises(EditError, match="not edited anything"):
        recorded.sessions.submit()
    with pytest.raises(EditError, match="no session"):
        recorded.sessions.submit("20200101-x")
    player(recorded, "One")
    recorded.sessions.write()
    other = open_project(recorded.path, author="Ben")
    with pytest.raises(EditError, match="goes on elsewhere"):
        other.sessions.submit(other.sessions.all()[0].id)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"version": 1}',
        b'{"version": 2, "author": "A"}',
        b'{"version":1,"author":"A","state":"open","started":"x","ended":"x"}',
        b'{"version":1,"author":"A","state":"open","started":"2026-01-01T00:00:00Z",'
        b'"ended":"2026-01-01T00:00:00Z","edits":-1}',
        b'{"version":1,"author":"A","state":"open","started":"2026-01-01T00:00:00Z",'
        b'"ended":"2026-01-01T00:00:00Z","frames":[[1]]}',
        b"[" * 100_000,
    ],
)
def test_what_is_malformed_is_named(project: Project, content: bytes) -> None:
    folder = project.path / "sessions"
    folder.mkdir()
    (folder / "20260101-bad.json").write_bytes(content)
    assert project.sessions.all() == []
    assert len(project.sessions.problems) == 1


def test_an_export_never_leaves_its_folder(recorded: Project, tmp_path: Path) -> None:
    """What a file from elsewhere says of where to write is not followed."""
    player(recorded, "One")
    recorded.sessions.write()
    (file,) = (recorded.path / "sessions").iterdir()
    data = json.loads(file.read_text())
    export = {"state": "running", "format": "csv", "file": "../../outside.csv"}
    file.write_text(json.dumps({**data, "state": "done", "export": export}))
    code, _ = child.run(
        """
        from pathlib import Path
        from reviewer.format.sessions.final import run
        sys.exit(run(Path(sys.argv[1]), sys.argv[2]))
        """,
        recorded.path,
        file.stem,
    )
    assert code == 0
    assert [p.name for p in (recorded.path / "exports").glob("*.csv")] == [f"{file.stem}.csv"]
    assert not list(tmp_path.rglob("outside.csv"))
