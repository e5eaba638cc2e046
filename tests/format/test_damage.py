"""Damaged and hostile folders: named in a sentence, the rest opens, nothing is written over."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import EditError, ProjectError
from reviewer.format.errors import OntologyError
from reviewer.format.ontology import Ontology

from reviewer import Project
from tests.format import stranger
from tests.format.conftest import OpenProject
from tests.format.contents import keyframes_of, versioned_files

ENTITY = "annotations.zarr/entities/h/player-hurt"
GOOD = {0: (1, 2, 3, 4), 250: (5, 6, 7, 8)}


@pytest.fixture
def damaged_folder(tmp_path: Path) -> Path:
    """Two entities, of which one will be hurt; boxes in chunks of 100 frames."""
    folder = stranger.make_folder(tmp_path / "p")
    for entity_id in ("player-hurt", "player-safe"):
        stranger.add_entity(
            folder,
            entity_id,
            {"box": GOOD, "presence": {0: 1}, "pose": {0: 1}},
            chunk_frames=100,
        )
    return folder


def packed(data: bytes) -> bytes:
    body = zstandard.ZstdCompressor(level=3).compress(data)
    return body + google_crc32c.value(body).to_bytes(4, "little")


def bomb() -> bytes:
    """16 GiB of zeros in a valid frame of half a megabyte, its size not stated."""
    compressor = zstandard.ZstdCompressor(level=3, write_content_size=False).compressobj()
    block = compressor.compress(bytes(1 << 20)) + compressor.flush(
        zstandard.COMPRESSOBJ_FLUSH_BLOCK
    )
    # one-byte repeated blocks (RFC 8878, 3.1.1.2: RLE blocks) of 128 KiB each
    rle = ((128 << 10) << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    header = block[:6]
    body = header + rle * ((16 << 30) // (128 << 10)) + b"\x01\0\0"
    return body + google_crc32c.value(body).to_bytes(4, "little")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


CHUNK_DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a flipped bit": flip,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "empty": lambda path: path.write_bytes(b""),
    "two bytes": lambda path: path.write_bytes(b"ab"),
    "another size": lambda path: path.write_bytes(packed(bytes(99 * 4 * 8))),
    "not zstd": lambda path: path.write_bytes(
        b"x" * 50 + google_crc32c.value(b"x" * 50).to_bytes(4, "little")
    ),
    "a bomb": lambda path: path.write_bytes(bomb()),
    "a bomb that says so": lambda path: path.write_bytes(packed(bytes(300 << 20))),
    "a box with infinity": lambda path: path.write_bytes(
        packed(np.full((100, 4), np.inf).tobytes())
    ),
    "half a box": lambda path: path.write_bytes(
        packed(np.tile([1.0, 2.0, np.nan, np.nan], (100, 1)).tobytes())
    ),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "larger than any chunk": lambda path: os.truncate(path, 65 << 20),
}


def set_both(project: Project) -> None:
    with project.transaction("both"):
        project.entity("player-safe")["box"][10] = (1, 1, 1, 1)
        project.entity("player-hurt")["box"][0] = (1, 1, 1, 1)


@pytest.mark.parametrize("damage", CHUNK_DAMAGE)
def test_a_damaged_chunk_is_named_and_nothing_is_written_over_it(
    damaged_folder: Path, open_project: OpenProject, damage: str
) -> None:
    chunk = damaged_folder / ENTITY / "box" / "c.2.0"
    CHUNK_DAMAGE[damage](chunk)
    before = chunk.read_bytes() if chunk.is_file() else None
    project = open_project(damaged_folder)
    (warning,) = project.warnings
    assert '"box" of the entity "player-hurt"' in warning
    assert str(chunk) in warning
    # what can be read is there
    assert project.entity("player-hurt")["box"].keyframes.tolist() == [0]
    assert project.entity("player-hurt")["pose"].at(5) == "running"
    assert project.entity("player-safe")["box"].keyframes.tolist() == [0, 250]
    # and only what is damaged refuses edits
    with pytest.raises(EditError, match="damaged on disk"):
        project.entity("player-hurt")["box"][10] = (1, 1, 1, 1)
    with pytest.raises(EditError, match="damaged on disk"):
        set_both(project)
    assert project.entity("player-safe")["box"].keyframes.tolist() == [0, 250]
    project.entity("player-hurt")["pose"][20] = "down"
    project.entity("player-safe")["box"][20] = (1, 1, 1, 1)
    project.flush()
    assert (chunk.read_bytes() if chunk.is_file() else None) == before


def edit_json(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))

    return apply


ARRAY_DAMAGE: dict[str, Callable[[Path], Any]] = {
    "gone": Path.unlink,
    "not JSON": lambda path: path.write_text("{"),
    "a list": lambda path: path.write_text("[]"),
    "very deep": lambda path: path.write_text("[" * 100_000),
    "huge": lambda path: path.write_text(" " * (2 << 20)),
    "another length": edit_json(lambda meta: meta.update(shape=[10**12, 4])),
    "another type": edit_json(lambda meta: meta.update(data_type="float32")),
    "no codec": edit_json(lambda meta: meta.update(codecs=meta["codecs"][:1])),
    "other codecs": edit_json(lambda meta: meta["codecs"][1].update(name="blosc")),
    "big endian": edit_json(lambda meta: meta["codecs"][0].update(configuration={"endian": "big"})),
    "another fill": edit_json(lambda meta: meta.update(fill_value=0)),
    "huge chunks": edit_json(
        lambda meta: meta["chunk_grid"].update(configuration={"chunk_shape": [10**12, 4]})
    ),
    "chunks of nothing": edit_json(
        lambda meta: meta["chunk_grid"].update(configuration={"chunk_shape": [0, 4]})
    ),
    "other keys": edit_json(
        lambda meta: meta["chunk_key_encoding"].update(configuration={"separator": "/"})
    ),
}


@pytest.mark.parametrize("damage", ARRAY_DAMAGE)
def test_an_array_that_is_not_ours_is_named_and_left_alone(
    damaged_folder: Path, open_project: OpenProject, damage: str
) -> None:
    array = damaged_folder / ENTITY / "box"
    ARRAY_DAMAGE[damage](array / "zarr.json")
    before = versioned_files(array)
    project = open_project(damaged_folder)
    (warning,) = project.warnings
    assert '"box" of the entity "player-hurt" was left out' in warning
    assert len(project.entity("player-hurt")["box"].keyframes) == 0
    assert project.entity("player-safe")["box"].keyframes.tolist() == [0, 250]
    with pytest.raises(EditError, match="damaged on disk"):
        project.entity("player-hurt")["box"][10] = (1, 1, 1, 1)
    project.flush()
    assert versioned_files(array) == before


GROUP_DAMAGE: dict[str, Callable[[Path], Any]] = {
    "gone": Path.unlink,
    "not JSON": lambda path: path.write_bytes(b"\xff\xfe"),
    "no attributes": lambda path: path.write_text("{}"),
    "another class of value": edit_json(lambda meta: meta["attributes"].update(name=["x"])),
    "deleted perhaps": edit_json(lambda meta: meta["attributes"].update(deleted="perhaps")),
    "objects for choices": edit_json(
        lambda meta: meta["attributes"].update(properties={"team": {"a": 1}})
    ),
    "an endless name": edit_json(lambda meta: meta["attributes"].update(name="x" * 5000)),
}


@pytest.mark.parametrize("damage", GROUP_DAMAGE)
def test_an_entity_without_readable_attributes_is_left_out_and_named(
    damaged_folder: Path, open_project: OpenProject, damage: str
) -> None:
    GROUP_DAMAGE[damage](damaged_folder / ENTITY / "zarr.json")
    before = versioned_files(damaged_folder)
    project = open_project(damaged_folder)
    (warning,) = project.warnings
    assert 'The entity "player-hurt" was left out' in warning
    assert list(project.entities) == ["player-safe"]
    project.close()
    assert versioned_files(damaged_folder) == before


def test_choices_the_ontology_does_not_know_are_no_value(
    damaged_folder: Path, open_project: OpenProject
) -> None:
    stranger.add_entity(damaged_folder, "player-odd", {"presence": {0: 1}, "pose": {0: 500}})
    stranger.add_entity(damaged_folder, "ghost-odd", {"presence": {0: 1}, "box": GOOD})
    project = open_project(damaged_folder)
    table = project.evaluate(0, 2)
    assert dict(zip(table.entity, table["pose"], strict=True))["player-odd"] == ""
    assert project.entity("player-odd")["pose"].at(0) is None
    # a class that the ontology lost: its boxes are still there to be seen
    ghost = table.entity == "ghost-odd"
    assert table["box"][ghost].tolist()[0] == [1, 2, 3, 4]
    assert dict(project.entity("ghost-odd").properties) == {}


def test_codes_beyond_any_ontology_are_damage(
    damaged_folder: Path, open_project: OpenProject
) -> None:
    stranger.add_entity(damaged_folder, "player-odd", {"presence": {0: 3}, "pose": {0: 40000}})
    project = open_project(damaged_folder)
    assert len(project.warnings) == 2
    assert len(project.evaluate(0, 1)) == 2


def test_a_chunk_under_two_names_is_read_once(
    damaged_folder: Path, open_project: OpenProject
) -> None:
    box = damaged_folder / ENTITY / "box"
    for name in ("c.00.0", "c.+0.0", "c.٠.0", "c.99999999999999999999999.0", "notes.txt"):
        (box / name).write_bytes((box / "c.0.0").read_bytes())
    project = open_project(damaged_folder)
    assert len(project.warnings) == 5
    assert project.entity("player-hurt")["box"].keyframes.tolist() == [0, 250]


def test_symbolic_links_are_not_followed(tmp_path: Path, open_project: OpenProject) -> None:
    outside = stranger.make_folder(tmp_path / "outside")
    stranger.add_entity(outside, "player-far", {"presence": {0: 1}, "box": GOOD})
    folder = stranger.make_folder(tmp_path / "p")
    for entity_id in ("player-hurt", "player-hit"):
        stranger.add_entity(folder, entity_id, {"presence": {0: 1}, "box": GOOD, "pose": {0: 1}})
    entities = folder / "annotations.zarr/entities"
    far = outside / "annotations.zarr/entities/f"
    (entities / "f").symlink_to(far)
    (entities / "h/player-hot").symlink_to(far / "player-far")
    chunk = folder / ENTITY / "box/c.0.0"
    chunk.unlink()
    chunk.symlink_to(far / "player-far/box/c.0.0")
    (folder / ENTITY / "pose").rename(tmp_path / "pose")
    (folder / ENTITY / "pose").symlink_to(tmp_path / "pose")
    secret = tmp_path / "secret"
    secret.write_text((folder / ENTITY / "zarr.json").read_text())
    hit = folder / "annotations.zarr/entities/h/player-hit/zarr.json"
    hit.unlink()
    hit.symlink_to(secret)
    before = versioned_files(outside), versioned_files(tmp_path / "pose"), secret.read_bytes()
    project = open_project(folder)
    assert list(project.entities) == ["player-hurt"]
    assert keyframes_of(project) == {("player-hurt", "presence"): {0: (1,)}}
    assert len(project.warnings) == 5
    with pytest.raises(EditError, match="damaged on disk"):
        project.entity("player-hurt")["box"][7] = (1, 1, 1, 1)
    with pytest.raises(EditError, match="damaged on disk"):
        project.entity("player-hurt")["pose"][7] = "down"
    project.close()
    assert (
        versioned_files(outside),
        versioned_files(tmp_path / "pose"),
        secret.read_bytes(),
    ) == before


def test_a_local_folder_that_leads_elsewhere_is_never_written_to(
    tmp_path: Path, plain_video: Path
) -> None:
    video = Path(shutil.copy(plain_video, tmp_path))
    with Project.create(tmp_path / "p", video):
        pass
    local = tmp_path / "p/.reviewer"
    local.rename(tmp_path / "elsewhere")
    for file in (tmp_path / "elsewhere").rglob("*"):
        if file.is_file():
            file.unlink()
    local.symlink_to(tmp_path / "elsewhere")
    with Project.open(tmp_path / "p") as project:
        assert "symbolic link" in str(project.read_only)
        with pytest.raises(EditError, match="read-only"):
            project.add_entity("object")
        assert list(project.entities) == []
        assert len(project.video) == 90
    assert [file for file in (tmp_path / "elsewhere").rglob("*") if file.is_file()] == []


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["ontology.json", "video.json", "annotations.zarr/zarr.json"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_a_file_does_not_hang(
    folder: Path, open_project: OpenProject, name: str
) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(ProjectError):
        open_project(folder)


FOLDER_DAMAGE: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "future store": (
        "annotations.zarr/zarr.json",
        edit_json(lambda meta: meta["attributes"]["reviewer"].update(format_version=2)),
        "format version 2.*newer reviewer",
    ),
    "no version": (
        "annotations.zarr/zarr.json",
        edit_json(lambda meta: meta.update(attributes={})),
        "not that of a Reviewer project",
    ),
    "store cut short": (
        "annotations.zarr/zarr.json",
        lambda path: path.write_text("{"),
        "not that of a Reviewer project",
    ),
    "future video": (
        "video.json",
        edit_json(lambda data: data.update(version=2)),
        "format version 2.*newer reviewer",
    ),
    "no video.json": ("video.json", Path.unlink, "not a Reviewer project"),
    "video.json cut": ("video.json", lambda path: path.write_text('{"version": 1,'), "damaged"),
    "video.json a list": ("video.json", lambda path: path.write_text("[]"), "damaged"),
    "a million million frames": (
        "video.json",
        edit_json(lambda data: data.update(frame_count=10**12)),
        "promises 1000000000000 frames",
    ),
    "as many as memory does not hold": (
        "video.json",
        edit_json(lambda data: data.update(frame_count=2**31 - 1)),
        "promises 2147483647 frames",
    ),
    "no frames": (
        "video.json",
        edit_json(lambda data: data.update(frame_count=0)),
        "promises 0 frames",
    ),
    "no time": ("video.json", edit_json(lambda data: data.update(time_base=[1, 0])), "damaged"),
    "huge time": (
        "video.json",
        lambda path: path.write_text(path.read_text().replace("30.0", "1e999")),
        "damaged",
    ),
    "odd axis": (
        "video.json",
        edit_json(lambda data: data.update(interpolate_over="moon phase")),
        "frames or pts",
    ),
    "no ontology": ("ontology.json", Path.unlink, "cannot be read"),
    "ontology cut": ("ontology.json", lambda path: path.write_text("{"), "not JSON"),
    "ontology of another kind": ("ontology.json", lambda path: path.write_text("7"), "classes"),
    "ontology of the future": (
        "ontology.json",
        edit_json(lambda data: data.update(version=9)),
        "version 9",
    ),
}


@pytest.mark.parametrize("damage", FOLDER_DAMAGE)
def test_a_folder_that_cannot_be_opened_is_one_sentence(folder: Path, damage: str) -> None:
    name, change, complaint = FOLDER_DAMAGE[damage]
    change(folder / name)
    before = versioned_files(folder)
    with pytest.raises(ProjectError, match=complaint) as caught:
        Project.open(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert versioned_files(folder) == before


def test_times_that_cannot_be_read_are_a_warning(folder: Path, open_project: OpenProject) -> None:
    stranger.add_entity(folder, "player-1", {"presence": {0: 1}, "box": GOOD})
    flip(folder / "annotations.zarr/frames/pts/c.0")
    project = open_project(folder)
    assert [w for w in project.warnings if "frame times" in w.lower()] == project.warnings
    assert len(project.warnings) == 1
    assert len(project.evaluate(0, 300)) == 300


def test_frames_that_move_in_unknown_times_are_not_guessed(
    tmp_path: Path, open_project: OpenProject
) -> None:
    """Interpolation over pts needs them: without any, values would silently be others."""
    pts = np.array([0, 10, 20, 100, 110, 120], np.int64)
    folder = stranger.make_folder(tmp_path / "p", 6, pts=pts, interpolate_over="pts")
    stranger.add_entity(folder, "player-1", {"presence": {0: 1}, "box": {0: GOOD[0]}})
    flip(folder / "annotations.zarr/frames/pts/c.0")
    with pytest.raises(ProjectError, match="times"):
        open_project(folder)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)
keys = ["name", "label", "color", "hotkey", "geometry", "properties", "choices", "kind", "code"]


@st.composite
def almost_ontologies(draw: st.DrawFn) -> Any:
    """A good ontology with a few values anywhere replaced by anything."""
    data = json.loads(json.dumps(stranger.ONTOLOGY))
    for _ in range(draw(st.integers(1, 3))):
        node = data
        while True:
            choices = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = draw(st.sampled_from([*choices, *keys] if isinstance(node, dict) else choices))
            inner = node.get(key) if isinstance(node, dict) else node[key]
            if isinstance(inner, (dict, list)) and inner and draw(st.booleans()):
                node = inner
                continue
            node[key] = draw(json_values)
            break
    return data


@settings(max_examples=300)
@given(almost_ontologies() | json_values)
def test_any_ontology_is_understood_or_refused_in_a_sentence(data: Any) -> None:
    try:
        ontology = Ontology.parse(data)
    except OntologyError as error:
        sentence = str(error)
    else:
        assert Ontology.parse(json.loads(ontology.to_bytes())) == ontology
        return
    assert sentence.endswith(".")
    assert "\n" not in sentence


json_objects = st.dictionaries(
    st.sampled_from(["version", "file", "size", "frame_count", "time_base", "rate", "pts_digest"]),
    json_values,
)


@settings(max_examples=30, deadline=None)
@given(json_objects)
def test_any_video_json_is_understood_or_refused(
    tmp_path_factory: pytest.TempPathFactory, change: dict[str, Any]
) -> None:
    folder = stranger.make_folder(tmp_path_factory.mktemp("any") / "p", 3)
    path = folder / "video.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    try:
        Project.open(folder).close()
    except ProjectError as error:
        sentence = str(error)
    else:
        return
    assert str(path) in sentence
