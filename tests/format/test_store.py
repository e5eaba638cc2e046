"""The folder by another library's eyes: what we write stock zarr reads, and the other way round."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from reviewer.format import Ontology, OntologyError
from reviewer.format.verify import verify

from reviewer import Project
from tests.format import stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything, keyframes_of, versioned_files

# More than two chunks of boxes (4096 frames each), and a last one that is cut short.
LONG = 9000


def scattered(project: Project, entities: int = 5, seed: int = 3) -> None:
    """Random keyframes of every kind, on the edges of chunks too."""
    random = np.random.default_rng(seed)
    last = project.frame_count - 1
    edges = [f for f in (0, 1, 4095, 4096, 8191, 8192, last) if f <= last]
    for number in range(entities):
        entity = project.add_entity("player", entity_id=f"player-{number}x", frame=number)
        with project.transaction("scatter"):
            for frame in {*edges, *random.integers(0, last, 20).tolist()}:
                entity["box"][frame] = tuple(np.round(random.random(4) * 1000, 2))
            for frame in random.integers(0, last, 5).tolist():
                entity["presence"][frame] = random.choice(["present", "occluded", "absent"])
                entity["pose"][frame] = random.choice(["standing", "running", "down"])
        entity["team"] = "home"
        if number % 2:
            del entity["box"][0]


def test_stock_zarr_reads_what_we_write(tmp_path: Path, open_project: OpenProject) -> None:
    folder = stranger.make_folder(tmp_path / "p", LONG)
    project = open_project(folder)
    scattered(project)
    project.flush()
    assert stranger.read_keyframes(folder) == keyframes_of(project)
    assert len(keyframes_of(project)) == 15
    root = zarr.open_group(folder / "annotations.zarr", mode="r")
    attributes = dict(root["entities/1/player-1x"].attrs)
    assert attributes == {
        "class": "player",
        "name": "player_2",
        "properties": {"team": "home"},
        "deleted": False,
    }
    box = root["entities/1/player-1x/box"]
    assert (box.shape, box.chunks, box.dtype) == ((LONG, 4), (4096, 4), np.dtype("f8"))
    assert box.metadata.dimension_names == ("frame", "column")


def test_what_stock_zarr_writes_we_read(tmp_path: Path, open_project: OpenProject) -> None:
    folder = stranger.make_folder(tmp_path / "p", LONG)
    rows = {0: (1.5, 2, 3, 4), 4095: (5, 6, 7, 8), 4096: (9, 10, 11, 12), 8999: (1, 1, 1, 1)}
    stranger.add_entity(
        folder, "player-7f2", {"box": rows, "presence": {0: 1, 50: 2}, "pose": {3: 7}}, name="Ünï ✓"
    )
    # any chunk length is the profile's, and small chunks are what a person by hand would take
    stranger.add_entity(folder, "player-7f3", {"box": rows, "presence": {0: 1}}, chunk_frames=100)
    stranger.add_entity(folder, "player-9zz", {"presence": {0: 1}}, deleted=True)
    project = open_project(folder)
    assert project.warnings == []
    assert keyframes_of(project) == {
        key: value
        for key, value in stranger.read_keyframes(folder).items()
        if key[0] != "player-9zz"
    }
    entity = project.entity("Ünï ✓")
    assert entity["pose"].at(3) == "down"
    assert entity["box"].keyframes.tolist() == [0, 4095, 4096, 8999]
    assert list(project.entities) == ["player-7f3", "player-7f2"]
    # and edits go into the chunks as they are
    for entity_id in ("player-7f2", "player-7f3"):
        project.entity(entity_id)["box"][5000] = (2, 2, 2, 2)
    project.flush()
    for entity_id in ("player-7f2", "player-7f3"):
        stored = stranger.read_keyframes(folder)[entity_id, "box"]
        assert stored == {**rows, 5000: (2, 2, 2, 2)}


def test_the_same_content_is_the_same_bytes_by_whatever_way(tmp_path: Path) -> None:
    folders = [stranger.make_folder(tmp_path / name, LONG) for name in ("straight", "detours")]
    with Project.open(folders[0]) as project:
        scattered(project)
    with Project.open(folders[1]) as project:
        scattered(project)
        project.flush()
        entity = project.entity("player-2x")
        before = {int(frame): entity["box"][int(frame)] for frame in entity["box"].keyframes}
        for frame in before:
            del entity["box"][frame]
            project.flush()
        for frame, row in reversed(before.items()):
            entity["box"][frame] = -row if (row == 0).all() else row
        entity["team"] = "away"
        entity["team"] = "home"
    assert versioned_files(folders[0]) == versioned_files(folders[1])


def test_negative_zero_and_odd_nans_are_stored_as_one_zero_and_one_nan(
    folder: Path, project: Project
) -> None:
    entity = project.add_entity("player", entity_id="player-1")
    entity["box"][3] = (0.0, 0.0, 0.0, 0.0)
    project.flush()
    before = versioned_files(folder)
    entity["box"][3] = (-0.0, -0.0, -0.0, -0.0)
    project.flush()
    assert versioned_files(folder) == before


def test_metadata_never_changes_and_no_file_is_ever_deleted(folder: Path, project: Project) -> None:
    entity = project.add_entity("player", entity_id="player-1")
    entity["box"][3] = (1, 2, 3, 4)
    entity["pose"][3] = "down"
    project.flush()
    before = versioned_files(folder)
    entity["box"][4] = (1, 2, 3, 4)
    del entity["box"][3]
    del entity["box"][4]
    del entity["pose"][3]
    entity.rename("Other")
    entity.delete()
    project.flush()
    after = versioned_files(folder)
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    store = "annotations.zarr/entities/1/player-1"
    assert changed == {f"{store}/zarr.json", f"{store}/box/c.0.0", f"{store}/pose/c.0.0"}
    assert json.loads(after[f"{store}/zarr.json"])["attributes"]["deleted"] is True


def test_an_edit_touches_only_the_chunk_it_is_in(tmp_path: Path, open_project: OpenProject) -> None:
    folder = stranger.make_folder(tmp_path / "p", LONG)
    project = open_project(folder)
    scattered(project)
    project.flush()
    stamps = {p: p.stat().st_mtime_ns for p in (folder / "annotations.zarr").rglob("*")}
    project.entity("player-1x")["box"][5000] = (1, 2, 3, 4)
    project.flush()
    now = {p: p.stat().st_mtime_ns for p in (folder / "annotations.zarr").rglob("*")}
    box = folder / "annotations.zarr/entities/1/player-1x/box"
    assert {p for p in now if now[p] != stamps.get(p) and p.is_file()} == {box / "c.1.0"}


def test_a_property_without_keyframes_has_no_array(folder: Path, project: Project) -> None:
    project.add_entity("player", entity_id="player-1")
    project.flush()
    files = versioned_files(folder)
    assert not [name for name in files if "/box/" in name or "/pose/" in name]


def test_reopening_from_the_cache_and_without_it_gives_the_same(tmp_path: Path) -> None:
    folder = stranger.make_folder(tmp_path / "p", LONG)
    with Project.open(folder) as project:
        scattered(project, entities=80)
        wanted = everything(project)
    cache = folder / ".reviewer" / "keyframes"
    with Project.open(folder) as project:  # reads every file, writes the cache
        assert everything(project) == wanted
    assert cache.exists()
    packed = cache.read_bytes()
    with Project.open(folder) as project:
        assert everything(project) == wanted
        project.entity("player-3x")["box"][77] = (7, 7, 7, 7)
        wanted = everything(project)
    with Project.open(folder) as project:  # one entity is newer than the cache
        assert everything(project) == wanted
    random = np.random.default_rng(1)
    for turn in range(8):
        damaged = bytearray(packed)
        damaged[random.integers(len(damaged))] ^= 0xFF
        cache.write_bytes(damaged[: random.integers(len(damaged))] if turn % 2 else damaged)
        with Project.open(folder) as project:
            assert everything(project) == wanted


def test_git_sees_nothing_in_an_unchanged_project(folder: Path) -> None:
    with Project.open(folder) as project:
        scattered(project)

    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        command = ["git", *identity, *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout

    (folder / ".gitignore").write_text("/.reviewer/\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "start")
    with Project.open(folder) as project:
        project.evaluate(0, 300)
        assert project.undo_label is not None
    assert git("status", "--porcelain") == ""
    with Project.open(folder, author="Ada") as project:
        project.entity("player-1x")["box"][77] = (7, 7, 7, 7)
    assert git("status", "--porcelain").split() == [
        "M",
        "annotations.zarr/entities/1/player-1x/box/c.0.0",
    ]
    with Project.open(folder, author="Ada") as project:
        project.undo()
    assert git("status", "--porcelain") == "", "undone, and the bytes are the old ones"


@pytest.mark.parametrize("frames", [1, 2, 4096, 4097])
def test_videos_of_any_length_can_be_annotated(tmp_path: Path, frames: int) -> None:
    folder = stranger.make_folder(tmp_path / "p", frames)
    with Project.open(folder) as project:
        entity = project.add_entity("player", entity_id="player-1")
        entity["box"][frames - 1] = (1, 2, 3, 4)
    assert stranger.read_keyframes(folder)["player-1", "box"] == {frames - 1: (1, 2, 3, 4)}
    with Project.open(folder) as project:
        assert project.entity("player-1")["box"].keyframes.tolist() == [frames - 1]


def test_a_new_project_is_what_the_specification_says(tmp_path: Path, plain_video: Path) -> None:
    with Project.create(tmp_path / "new", plain_video, stranger.ONTOLOGY) as project:
        frame_count, pts = project.frame_count, project.pts
    root = zarr.open_group(tmp_path / "new" / "annotations.zarr", mode="r")
    assert dict(root.attrs) == {"reviewer": {"format_version": 1, "frame_count": frame_count}}
    assert root["frames/pts"][:].tolist() == pts.tolist()
    files = set(versioned_files(tmp_path / "new"))
    assert files == {
        ".gitattributes",
        ".gitignore",
        "ontology.json",
        "video.json",
        "annotations.zarr/zarr.json",
        "annotations.zarr/entities/zarr.json",
        "annotations.zarr/frames/zarr.json",
        "annotations.zarr/frames/pts/zarr.json",
        "annotations.zarr/frames/pts/c.0",
    }
    video = json.loads((tmp_path / "new" / "video.json").read_text())
    assert video["frame_count"] == frame_count == 90
    assert video["interpolate_over"] == "frames"


def test_properties_may_be_called_like_kinds(tmp_path: Path) -> None:
    """Only geometry and presence are built in; the rest are words that people need."""
    kinds: dict[str, dict[str, Any]] = {
        "number": {"kind": "text"},
        "text": {"kind": "number"},
        "choice": {"kind": "boolean"},
        "boolean": {"kind": "choice", "choices": ["a", "b"]},
        "choices": {"kind": "entity"},
        "entity": {"kind": "choices", "choices": ["a", "b"]},
        "entities": {"kind": "number", "interpolation": "linear"},
        "mode": {"kind": "text"},
        "source": {"kind": "entities"},
    }
    properties = [{"name": n, "time_varying": True, **rest} for n, rest in kinds.items()]
    ontology = {"classes": [{"name": "player", "properties": properties}]}
    folder = stranger.make_folder(tmp_path / "match", ontology=ontology)
    values = {
        "number": "twelve", "text": 12.5, "choice": True, "boolean": "b", "choices": "player-1",
        "entity": ["a", "b"], "entities": 3.0, "mode": "fast", "source": ["player-1"],
    }  # fmt: skip
    with Project.open(folder) as project:
        project.add_entity("player", entity_id="player-1")
        player = project.add_entity("player", entity_id="player-2")
        for name, value in values.items():
            player[name][7] = value
        player["entities"].set_rule(7, "hold")
        before = everything(project)
    assert [f for f in verify(folder) if f.code != "video-missing"] == []
    shutil.rmtree(folder / ".reviewer")
    with Project.open(folder) as project:
        assert project.warnings == []
        assert everything(project) == before
        assert project.entity("player-2")["entities"].rule_at(8) == "hold"
    array = zarr.open_group(folder / "annotations.zarr", mode="r")["entities/2/player-2/number"]
    assert array[7, 0] == "twelve"
    for name in ("box", "points", "presence"):
        rules = {"classes": [{"name": "player", "properties": [{"name": name, "kind": "text"}]}]}
        with pytest.raises(OntologyError, match="built-in name"):
            Ontology.parse(rules)


def test_what_changed_behind_the_cache_is_read_anew(tmp_path: Path) -> None:
    """Few entities: they are put over the cache; one made, removed or renamed: all in its order."""
    folder = stranger.make_folder(tmp_path / "match")
    with Project.open(folder) as project, project.transaction("many"):
        for number in range(80):
            thing = project.add_entity("player", f"player_{number}", entity_id=f"player-{number}")
            thing["box"][number] = (number, 1, 2, 3)
    with Project.open(folder):
        pass  # which writes the cache
    cache = (folder / ".reviewer/keyframes").read_bytes()

    def add_pose(project: Project) -> None:
        project.entity("player-7")["pose"][3] = "down"

    def move(project: Project) -> None:
        for number in (0, 5, 79):
            project.entity(f"player-{number}")["box"][9] = (9, 9, 9, 9)
        project.entity("player-3")["team"] = "home"

    def clear(project: Project) -> None:
        del project.entity("player-5")["box"][5]
        project.entity("player-6").delete()

    def rename(project: Project) -> None:
        project.entity("player-70").rename("player_0a")

    def add(project: Project) -> None:
        project.add_entity("player", "player_1b", entity_id="player-new1")

    for change in (add_pose, move, clear, rename, add):
        with Project.open(folder) as project:
            change(project)
        assert (folder / ".reviewer/keyframes").read_bytes() == cache, "few changes do not touch it"
        with Project.open(folder) as project:
            with_cache = everything(project), list(project.entities), project.keyframe_count()
        (folder / ".reviewer/keyframes").unlink()
        with Project.open(folder) as project:
            without = everything(project), list(project.entities), project.keyframe_count()
        assert with_cache == without, change.__name__
        (folder / ".reviewer/keyframes").write_bytes(cache)
    path = folder / "annotations.zarr/entities/8/player-8"
    (path / "box/c.0.0").write_bytes(b"damaged")
    with Project.open(folder) as project:
        assert len(project.warnings) == 1
        assert len(project.entity("player-8")["box"]) == 0
    (path / "zarr.json").write_bytes(b"damaged")
    with Project.open(folder) as project:
        assert "player-8" not in project.entities
        assert len(project.warnings) == 1
