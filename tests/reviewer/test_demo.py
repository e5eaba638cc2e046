"""`reviewer demo`: the bundled tracks as a project, ready at once, never made twice."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from reviewer.format import ReviewerError

import reviewer.demo
from reviewer import Project
from reviewer.demo import make_demo
from tests.format import disks
from tests.format.contents import versioned_files

ROOT = Path(__file__).parents[2]
TRACKS = json.loads((Path(reviewer.demo.__file__).parent / "tracks.json").read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "cars"
    make_demo(folder)
    return folder


def test_the_demo_shows_the_bundled_tracks(demo: Path) -> None:
    with Project.open(demo) as project:
        assert project.warnings == []
        assert project.video_problem is None
        assert len(project.video) == project.frame_count == TRACKS["frame_count"]
        assert len(project.entities) == len(TRACKS["entities"])
        for track in TRACKS["entities"]:
            entity = project.entity(track["name"])
            assert entity.class_name == track["class"]
            assert entity["box"].keyframes.tolist() == [row[0] for row in track["box"]]
            assert [entity["box"][f].tolist() for f in entity["box"].keyframes.tolist()] == [
                row[1:] for row in track["box"]
            ]
            assert [[f, entity["presence"][f]] for f, _ in track["presence"]] == track["presence"]
            for name, value in track["constants"].items():
                assert entity[name].value == value
            for name, keyframes in track["choices"].items():
                assert [[f, entity[name][f]] for f, _ in keyframes] == keyframes
        table = project.evaluate(0, project.frame_count)
        assert not np.isnan(table["box"]).any(), "whoever is there has a box"


def test_the_demo_is_whole_without_the_package(demo: Path, tmp_path: Path) -> None:
    """Copied to another place, as a clone would be: the clip is inside."""
    shutil.copytree(demo, tmp_path / "copy", ignore=shutil.ignore_patterns(".reviewer"))
    with Project.open(tmp_path / "copy") as project:
        assert project.video_problem is None
        assert project.video_path == tmp_path / "copy" / "cars.mp4"


def test_the_demo_is_not_made_over_anything(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").write_text("years of work")
    (tmp_path / "file").touch()
    for place in ("full", "file"):
        with pytest.raises(ReviewerError, match="is no demo project"):
            make_demo(tmp_path / place)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_leaves_nothing_half_made(tmp_path: Path, exists: bool) -> None:
    with disks.small_disk(tmp_path / "disk", 1000) as disk:
        if exists:
            (disk / "demo").mkdir()
        with pytest.raises(ReviewerError, match="No space left"):
            make_demo(disk / "demo")
        assert list(disk.rglob("*")) == ([disk / "demo"] if exists else [])


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_the_command_makes_opens_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    """Twice in a terminal of its own, left with q; the second time nothing is made anew."""
    import fcntl
    import pty
    import struct
    import termios

    files: list[dict[str, bytes]] = []
    for _ in range(2):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "reviewer", "demo", str(tmp_path / "demo"), "--no-browser"],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)
        seen, asked = b"", False
        while process.poll() is None:
            ready, _, _ = select.select([master], [], [], 0.2)
            if ready:
                try:
                    seen += os.read(master, 65536)
                except OSError:
                    break
            elif not asked and b"car" in seen:
                os.write(master, b"q")  # the screen has come to rest
                asked = True
        assert process.wait(60) == 0, seen[-2000:]
        os.close(master)
        assert b"Traceback" not in seen
        assert b"127.0.0.1" in seen, "the page's address is on the screen"
        files.append(versioned_files(tmp_path / "demo"))
    assert files[0] == files[1]
