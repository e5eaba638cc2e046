"""The review screens in a real terminal (tmux), with keys alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer import Project
from tests.reviewer.test_tui_terminal import PROGRAM, Terminal
from tests.videos import make_video

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_video(tmp_path / "game.mp4", frames=60, size=(640, 360))
    with Project.create(tmp_path / "game", tmp_path / "game.mp4") as project:
        entity = project.add_entity("object", name="the one")
        entity["box"][0] = (300, 200, 100, 100)
        entity["box"][30] = (300, 200, 0, 100)
    return tmp_path / "game"


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    made = Terminal(tmp_path, *request.param, "truecolor")
    yield made
    subprocess.run(["tmux", "-S", made.socket, "kill-server"], capture_output=True, check=False)


def test_a_review_from_beginning_to_end(terminal: Terminal, folder: Path) -> None:
    terminal.start(sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("the one")
    terminal.keys("R")
    terminal.wait_for("not reviewed +the one")
    terminal.keys("w")
    terminal.wait_for("Send back: the one")
    terminal.keys("-l", "it vanishes")
    terminal.keys("Enter")
    terminal.wait_for("needs work +the one .*it vanishes")
    terminal.keys("Escape")
    terminal.wait_for("goto|Entities 1")
    terminal.keys("P")
    terminal.wait_for("error.*the one has no size")
    terminal.keys("f")
    terminal.wait_for("Nothing is wrong")
    terminal.keys("Escape")
    terminal.wait_for("Entities 1")
    terminal.keys("R")
    terminal.wait_for("changed since +the one")
    terminal.keys("a")
    terminal.wait_for("Nothing is left")
    terminal.keys("Escape")
    terminal.wait_for("Entities 1")
    terminal.keys("S")
    terminal.wait_for("100% accepted")
    terminal.keys("Escape")
    terminal.wait_for("Entities 1")
    terminal.keys("q")
    terminal.wait_for("left cleanly")
    with Project.open(folder, author="Cleo") as project:
        (thread,) = project.reviews.threads()
        assert [(e.author, e.verdict, e.text) for e in thread.entries] == [
            ("robin", "needs-work", "it vanishes"),
            ("robin", "accept", ""),
        ]
        assert project.reviews.queue() == []
        assert project.entity("the one")["box"].keyframes.tolist() == [0]
