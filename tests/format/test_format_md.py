"""FORMAT.md is true: its examples run, its tables are the code's, and other libraries read with it
what we write, in Python and in JavaScript."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from reviewer.format import Ontology
from reviewer.format.kinds import KINDS, MODES, points_kind

from reviewer import Project
from tests.format import stranger, whole_model
from tests.format.conftest import OpenProject

ROOT = Path(__file__).parents[2]
FORMAT = (ROOT / "format/FORMAT.md").read_text(encoding="utf-8")
LONG = 9000  # more than two chunks of 4096 frames, and a last one that is cut short

SQUARE = [(0, 0), (10, 0), (10, 10.5), (0, 10)]
VALUES: dict[str, list[Any]] = {
    "box": [(1, 2, 3, 4), (0.1, -5, 1e6, 0)],
    "rotated_box": [(1, 2, 3, 4, 5), (1, 2, 3, 4, -725.5)],
    "ellipse": [(1, 2, 3, 4, 5), (1, 2, 0, 4, 359.9)],
    "points": [
        {"head": (1, 2), "hand": (3, 4, "occluded")},
        {"head": (1.5, 2), "hand": (3, 4), "foot": (5, 6)},
    ],
    "polyline": [[(0, 0), (1, 1), (2.25, 0)], "MULTILINESTRING ((0 0, 5 5), (10 0, 10 9, 3 4))"],
    "polygon": [SQUARE, [SQUARE, [(2, 2), (3, 2), (3, 3)]]],
    "cuboid": [np.arange(16).reshape(8, 2), np.arange(16).reshape(8, 2) / 3],
    "mask": [np.eye(5, dtype=bool), np.ones((3, 70), bool)],
    "state": ["up", "down"],
    "tags": [["a", "c"], []],
    "hurt": [True, False],
    "speed": [1.5, -7],
    "zoom": [0.1, 2],
    "note": ["naïve 🏒\n<b>", "x" * 5000],
    "holder": ["other-00000001", None],
    "around": [["other-00000001", "thing-00000001"], []],
}


@pytest.fixture(scope="module")
def everything_written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with keyframes of every kind, on the edges of chunks too."""
    path = tmp_path_factory.mktemp("format") / "match"
    stranger.make_folder(path, LONG, ontology=whole_model.ONTOLOGY)
    with Project.open(path, author="Ada") as project, project.transaction("fill"):
        other = project.add_entity("other", entity_id="other-00000001")
        thing = project.add_entity("thing", name="Thing", entity_id="thing-00000001", frame=3)
        for name, values in VALUES.items():
            for frame, value in zip((0, 4095, 4096, 8999), values * 2, strict=True):
                thing[name][frame] = value
        thing["presence"][9] = "occluded"
        thing["presence"][8999] = "absent"
        thing["box"].set_rule(0, "smooth")
        thing["polygon"].set_rule(4096, "cvat")
        thing["box"].set_source(4095, "tracker", 0.875)
        thing["title"], thing["team"], thing["owner"] = "T", "away", other
        thing["friends"] = [other, thing]
    return path


def ours(path: Path) -> dict[str, list[list[Any]]]:
    """entity/property -> [frame, row] of every keyframe, as our own reader has it."""
    found: dict[str, list[list[Any]]] = {}
    with Project.open(path) as project:
        for (name, _), table in project._core.state.tables.items():
            for entity, number in project._core.state.number.items():
                track = table.get(number)
                if len(track):
                    rows = zip(track.frames.tolist(), track.rows.tolist(), strict=True)
                    found[f"{entity}/{name}"] = [[frame, row] for frame, row in rows]
    return found


def test_stock_zarr_reads_every_kind(everything_written: Path) -> None:
    read: dict[str, list[list[Any]]] = {}
    root = zarr.open_group(everything_written / "annotations.zarr", mode="r")
    for _, fan in root["entities"].groups():
        for entity_id, entity in fan.groups():
            for name, array in entity.arrays():
                data = array[:]
                is_fill = np.isnan(data) if data.dtype.kind == "f" else data == array.fill_value
                frames = np.flatnonzero(~is_fill.all(axis=1)).tolist()
                read[f"{entity_id}/{name}"] = [[frame, data[frame].tolist()] for frame in frames]
    assert read == ours(everything_written)
    names = {key.partition("/")[2] for key in read}
    assert names == {*VALUES, "presence", "box.mode", "box.source", "polygon.mode"}
    attributes = root["entities/0/thing-00000001"].attrs["properties"]
    assert attributes == {
        "title": "T",
        "team": "away",
        "owner": "other-00000001",
        "friends": ["other-00000001", "thing-00000001"],
    }


READER = """
import * as zarr from "zarrita"
import FileSystemStore from "@zarrita/storage/fs"

const [, , folder, ...paths] = process.argv
const store = zarr.root(new FileSystemStore(folder))
const group = await zarr.open(store.resolve("/"), { kind: "group" })
const found = { version: group.attrs.reviewer.format_version, arrays: {} }
for (const path of paths) {
  const array = await zarr.open(store.resolve(path), { kind: "array" })
  const { data, shape } = await zarr.get(array)
  const columns = shape[1] ?? 1
  const isFill = (value) =>
    typeof value === "number" && Number.isNaN(array.fillValue)
      ? Number.isNaN(value)
      : value === array.fillValue
  const rows = []
  for (let frame = 0; frame < shape[0]; frame++) {
    const row = Array.from({ length: columns }, (_, c) =>
      data.get ? data.get(frame * columns + c) : data[frame * columns + c])
    if (!row.every(isFill)) rows.push([frame, row])
  }
  found.arrays[path] = { kind: array.attrs.kind, rows }
}
console.log(JSON.stringify(found))
"""


@pytest.fixture(scope="module")
def zarrita(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where node finds zarrita."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("zarrita")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "zarrita@0.7"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm cannot install zarrita: {str(error.stderr or error)[-200:]}")
    (folder / "read.mjs").write_text(READER)
    return folder


def test_zarrita_reads_every_kind(everything_written: Path, zarrita: Path) -> None:
    expected = ours(everything_written)
    paths = {f"/entities/0/{key}": rows for key, rows in expected.items()}
    done = subprocess.run(
        ["node", "read.mjs", everything_written / "annotations.zarr", *paths],
        cwd=zarrita, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["version"] == 1
    assert {path: array["rows"] for path, array in found["arrays"].items()} == paths
    assert found["arrays"]["/entities/0/thing-00000001/points"]["kind"] == "points:3"


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", FORMAT, re.DOTALL)


@pytest.fixture
def hockey(tmp_path: Path) -> Path:
    """The project that the worked example speaks of, closed."""
    ontology = {
        "classes": [
            "player",
            {
                "name": "puck",
                "properties": [{"name": "holder", "kind": "entity", "time_varying": True}],
            },
        ]
    }
    folder = stranger.make_folder(tmp_path / "hockey", 120, ontology=ontology)
    with Project.open(folder) as project:
        player = project.add_entity("player", name="player_3")
        puck = project.add_entity("puck", name="puck_1")
        player["box"][0] = (100, 50, 40, 90)
        player["box"][60] = (160, 50, 40, 90)
        puck["holder"][10] = player
        puck["holder"][50] = None
    return folder


def test_the_worked_example_runs(hockey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hockey.parent)
    (example,) = code_blocks("python")
    scope: dict[str, Any] = {}
    exec(example, scope)
    assert scope["frames"].tolist() == [0, 60]
    assert scope["who"] == "player_3"
    with Project.open(hockey) as project:
        player = project.entity("player_3")
        assert scope["middle"].tolist() == player["box"].at(30).tolist() == [130, 50, 40, 90]
        assert player["box"].keyframes.tolist() == [0, 60, 90]


def test_the_javascript_example_runs(hockey: Path, zarrita: Path) -> None:
    with Project.open(hockey) as project:
        player = project.entity("player_3").id
    (example,) = code_blocks("js")
    shown = "console.log(JSON.stringify([shape, ...data.slice(240, 244)]))"
    (zarrita / "example.mjs").write_text(f"const id = {json.dumps(player)}\n{example}\n{shown}")
    shutil.copytree(hockey, zarrita / "hockey")
    done = subprocess.run(
        ["node", "example.mjs"], cwd=zarrita, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[120, 4], 160, 50, 40, 90]


def test_the_example_ontology_is_in_its_complete_form() -> None:
    (example,) = (data for block in code_blocks("json") if "classes" in (data := json.loads(block)))
    assert Ontology.parse(example).to_json() == example


def test_the_table_of_kinds_is_the_code() -> None:
    lines = re.findall(
        r"^\| (`[^|]+) \| ([^|]+) \| (\w+) \| (\S+) \| (\d+) \|", FORMAT, re.MULTILINE
    )
    told = {}
    for names, columns, dtype, fill, chunk in lines:
        for name in re.findall(r"`([^`]+)`", names):
            told[name] = (columns.strip(), dtype, fill, int(chunk))
    types = {"<f8": "float64", "|i1": "int8", "<i4": "int32", "|O": "string"}
    fills = {"<f8": "NaN", "|i1": "-1", "<i4": "-1", "|O": '`""`'}
    wanted = {
        name: (str(kind.columns), types[kind.dtype.str], fills[kind.dtype.str], kind.chunk_frames)
        for name, kind in KINDS.items()
    }
    points = points_kind(2)
    wanted["points"] = ("3 for each point", "float64", "NaN", points.chunk_frames)
    assert told == wanted


def test_the_table_of_rules_is_the_code() -> None:
    begin = FORMAT.index("| kind | own rule | others allowed |")
    rows = re.findall(
        r"^\| (`.+) \| (.+) \| (.+) \|$", FORMAT[begin:].split("\n\n")[0], re.MULTILINE
    )
    told = {}
    for names, own, others in rows:
        for name in re.findall(r"`([^`]+)`", names):
            told[name] = {own.strip("`"), *re.findall(r"`([^`]+)`", others)}
            assert (KINDS.get(name) or points_kind(1)).rule == own.strip("`")
    for name, kind in {**KINDS, "points": points_kind(1)}.items():
        assert told.get(name, {"hold"}) == set(kind.rules), name
    for code, rule in enumerate(MODES):
        assert f"{code} `{rule}`" in FORMAT.replace("\n  ", " ")


def test_the_scene_lies_where_it_says(tmp_path: Path, open_project: OpenProject) -> None:
    ontology = {"classes": ["player"], "scene": {"properties": [{"name": "venue", "kind": "text"}]}}
    project = open_project(stranger.make_folder(tmp_path / "p", ontology=ontology))
    assert not (project.path / "annotations.zarr/entities/0").exists()
    project.scene["venue"] = "Hall"
    project.flush()
    group = zarr.open_group(project.path / "annotations.zarr", mode="r")["entities/0/scene-0"]
    assert group.attrs["class"] == "scene"
    assert group["presence"][:, 0].tolist() == [1, *[-1] * 299]
