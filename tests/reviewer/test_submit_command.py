"""``reviewer submit``, as typed: the session is done, and its export is made by another process."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from reviewer import Project
from reviewer.cli import main
from tests.format import stranger

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVIEWER_AUTHOR", "Ada")
    folder = stranger.make_folder(tmp_path / "match")
    work(folder, "Ada")
    return folder


def work(folder: Path, author: str) -> None:
    with Project.open(folder, author=author) as project:
        project.sessions.record()
        one = project.add_entity("player", name=f"{author}'s")
        one["box"][0] = (1, 2, 3, 4)
        one["presence"][100] = "absent"


def finished(folder: Path) -> dict[str, object]:
    """The newest session, when its export has ended."""
    while True:
        with Project.open(folder) as project:
            session = project.sessions.all()[-1]
        if session.export is not None and session.export.state != "running":
            return {"state": session.state, "export": session.export}
        time.sleep(0.05)


def test_my_last_session_is_submitted(folder: Path, capsys: Capture) -> None:
    assert main(["submit", str(folder)]) == 0
    assert "of Ada: 3 edits on 2 frames" in capsys.readouterr().out
    found = finished(folder)
    assert found["state"] == "done"
    export = found["export"]
    assert (export.state, export.rows) == ("done", 100)
    assert pyarrow.parquet.read_table(folder / export.file).num_rows == 100
    assert main(["submit", str(folder)]) == 1  # nothing of hers is left
    assert "nothing of Ada to submit" in capsys.readouterr().err


def test_another_session_and_format_by_name(folder: Path, capsys: Capture) -> None:
    work(folder, "Bob")
    with Project.open(folder) as project:
        chosen = next(each.id for each in project.sessions.all() if each.author == "Bob")
    command = ["submit", str(folder), "--session", chosen, "--format", "csv", "--json"]
    assert main(command) == 0
    session = json.loads(capsys.readouterr().out)["session"]
    assert (session["id"], session["state"], session["author"]) == (chosen, "done", "Bob")
    assert session["export"]["file"] == f"exports/{chosen}.csv"
    while not (folder / session["export"]["file"]).exists():
        time.sleep(0.05)
    with Project.open(folder) as project:
        states = {each.author: each.state for each in project.sessions.all()}
    assert states == {"Ada": "closed", "Bob": "done"}


def test_what_cannot_be_submitted_is_one_sentence(folder: Path, capsys: Capture) -> None:
    assert main(["submit", str(folder), "--session", "\x1b[2Jnone"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b" not in said
    with Project.open(folder, author="Ada") as project:
        project.sessions.record()
        project.add_entity("player", name="more")
        project.sessions.write()
        assert main(["submit", str(folder)]) == 1  # it goes on in the program that has it open
        assert "goes on elsewhere" in capsys.readouterr().err
