"""``reviewer stats`` and ``reviewer sessions``, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer import Project
from reviewer.cli import main
from tests.format import stranger

HOSTILE = "<b>[red]\x1b[2J\u202e"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = stranger.make_folder(tmp_path / "match")
    with Project.open(folder, author=HOSTILE) as project:
        project.sessions.record()
        one = project.add_entity("player", name=f"One{HOSTILE}")
        one["box"][0] = (1, 2, 3, 4)
        one["presence"][100] = "absent"
        project.reviews.verdict(one.id, "accept", frames=(0, 50))
    return folder


def test_stats_tells_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "1 entities, 3 keyframes" in out
    assert "50% accepted" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert all(len(line) < 100 for line in out.splitlines())


def test_stats_tells_scripts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["annotations"] == {"there": 100, "geometry": 100}
    assert found["review"]["frames"]["unreviewed"] == 50


def test_sessions_tells_people_and_scripts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sessions", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "closed" in out
    assert "\x1b" not in out
    assert main(["sessions", str(folder), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["sessions"]
    assert (found["edits"], found["state"], found["frames"]) == (3, "closed", [[0, 1], [100, 101]])


def test_without_sessions_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stranger.make_folder(tmp_path / "match")
    assert main(["sessions", str(folder)]) == 0
    assert "Nobody has worked" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["stats", "sessions"])
def test_what_is_no_project_is_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_unreadable_files_are_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "reviews" / "0.json").write_text("{")
    (folder / "sessions" / "20260101-0.json").write_text("{")
    assert main(["stats", str(folder), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 2
    assert main(["sessions", str(folder)]) == 1
    assert "20260101-0.json" in capsys.readouterr().err
