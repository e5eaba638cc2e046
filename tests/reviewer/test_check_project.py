"""`reviewer check DIR`: what is wrong with a project, as people and scripts are told."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewer import Project
from tests.format import stranger
from tests.format.contents import versioned_files
from tests.format.test_damage import edit_json, flip
from tests.reviewer.test_cli import refused, run

ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "player",
            "geometry": ["box", "polygon"],
            "properties": [{"name": "mate", "kind": "entity", "time_varying": True}],
        }
    ]
}
ADA = "annotations.zarr/entities/1/player-1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, plain_video: Path) -> Path:
    place = tmp_path_factory.mktemp("check")
    shutil.copy(plain_video, place / "game.mp4")
    with Project.create(place / "match", place / "game.mp4", ONTOLOGY) as project:
        ada = project.add_entity("player", entity_id="player-1", name="Ada [red]\x1b[31m")
        ben = project.add_entity("player", entity_id="player-2", name="Ben")
        ada["box"][0] = (10, 20, 30, 40)
        ada["mate"][5] = ben
    return place


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "here")
    return tmp_path / "here/match"


def test_a_project_in_order_is_said_to_be(project: Path) -> None:
    done = run("check", project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The project is in order.\n\n")
    done = run("check", project, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["project"] == str(project)
    assert found["findings"] == []
    assert found["video"]["file"].endswith("game.mp4")


def dangle(folder: Path) -> None:
    # as a merge leaves it: one side deleted her, the other referred to her
    path = folder / "annotations.zarr/entities/2/player-2"
    shutil.rmtree(path)


def link_out(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / ADA / "box").rename(folder.parent / "elsewhere/box")
    (folder / ADA / "box").symlink_to(folder.parent / "elsewhere/box")


def other_times(folder: Path) -> None:
    edit_json(lambda data: data.update(pts_digest="0" * 32))(folder / "video.json")


def cross(folder: Path) -> None:
    with Project.open(folder) as project:
        project.entity("player-1")["polygon"][0] = [(0, 0), (10, 10), (10, 0), (0, 30)]


# damage -> how to make it; code, severity and place of the finding; the exit code
DAMAGE: dict[str, tuple[Callable[[Path], Any], str, str, str, int]] = {
    "a damaged chunk": (
        lambda folder: flip(folder / ADA / "box/c.0.0"),
        "chunk-damaged", "error", f"{ADA}/box/c.0.0", 1,
    ),
    "no zarr.json": (
        lambda folder: (folder / ADA / "box/zarr.json").unlink(),
        "array-unreadable", "error", f"{ADA}/box/zarr.json", 1,
    ),
    "an entity without zarr.json": (
        lambda folder: (folder / ADA / "zarr.json").unlink(),
        "entity-unreadable", "error", f"{ADA}/zarr.json", 1,
    ),
    "a dangling reference": (dangle, "reference-missing", "warning", "mate", 1),
    "other times": (other_times, "times-differ", "error", "annotations.zarr/frames/pts", 1),
    "a link out": (link_out, "link", "warning", f"{ADA}/box", 1),
    "a self-crossing polygon": (cross, "self-crossing", "note", "polygon", 0),
    "a lost video": (
        lambda folder: (folder.parent / "game.mp4").unlink(),
        "video-missing", "warning", "video.json", 1,
    ),
    "another video": (
        lambda folder: os.truncate(folder.parent / "game.mp4", 20_000),
        "video-differs", "error", "game.mp4", 1,
    ),
    "a future version": (
        lambda folder: edit_json(lambda m: m["attributes"]["reviewer"].update(format_version=9))(
            folder / "annotations.zarr/zarr.json"
        ),
        "project-unreadable", "error", "annotations.zarr/zarr.json", 2,
    ),
    "a merge conflict": (
        lambda folder: (folder / "ontology.json").write_text("<<<<<<< ours\n{}"),
        "project-unreadable", "error", "ontology.json", 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named_with_its_place_and_how_to_mend_it(project: Path, damage: str) -> None:
    apply, code, severity, where, exit_code = DAMAGE[damage]
    apply(project)
    before = versioned_files(project)
    done = run("check", project, "--json")
    assert (done.returncode, done.stderr) == (exit_code, "")
    findings = json.loads(done.stdout)["findings"]
    found = next(finding for finding in findings if finding["code"] == code)
    assert found["severity"] == severity
    assert where in found["where"]
    assert found["summary"].endswith(".")
    assert found["mend"]
    told = run("check", project)
    assert (told.returncode, told.stderr) == (exit_code, "")
    words = " ".join(told.stdout.split())
    assert f"{severity.upper()} {code}" in words
    assert f"To mend: {found['mend']}" in words
    assert "\x1b" not in told.stdout
    assert versioned_files(project) == before


def test_what_can_be_read_is_still_checked(project: Path) -> None:
    """One damaged entity hides nothing of the others."""
    flip(project / ADA / "box/c.0.0")
    dangle(project)
    with Project.open(project) as opened:
        opened.add_entity("player", name="Cleo")["box"][3] = (-5, 0, 10, 10)
    findings = json.loads(run("check", project, "--json").stdout)["findings"]
    codes = [finding["code"] for finding in findings]
    assert codes == ["chunk-damaged", "reference-missing", "beyond-picture"]


def test_quick_does_not_decode(project: Path) -> None:
    found = json.loads(run("check", project, "--json", "--quick").stdout)
    assert found["findings"] == []
    assert found["video"]["quick"] is True


def test_what_is_no_project_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "not a Reviewer project" in refused("check", tmp_path / "empty")
    assert "neither a project nor a video" in refused("check", tmp_path / "nothing", "--json")


def test_an_hour_that_never_was(tmp_path: Path) -> None:
    """Metadata that promises 10^12 frames is told, and takes no memory."""
    folder = stranger.make_folder(tmp_path / "match")
    edit_json(lambda data: data.update(frame_count=10**12))(folder / "video.json")
    done = run("check", folder, "--json")
    assert (done.returncode, done.stderr) == (2, "")
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["code"] == "project-unreadable"
    assert "video.json" in finding["where"]


def test_names_of_files_that_are_no_text(project: Path) -> None:
    odd = os.fsdecode(os.fsencode(project / "annotations.zarr") + b"/\xff\xfe")
    try:
        Path(odd).write_text("")
    except OSError:
        pytest.skip("this file system takes no such names")
    done = run("check", project, "--json")
    assert (done.returncode, done.stderr) == (1, "")
    assert [f["code"] for f in json.loads(done.stdout)["findings"]] == ["foreign-file"]
