"""What is painted is what is exported: the reason for having one engine."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from reviewer.webview import session
from reviewer.webview.server import Server
from reviewer.webview.session import ProjectSession

from reviewer import Project
from tests.videos import make_video

from .all_kinds import GEOMETRY, shape_as_sent
from .conftest import ONTOLOGY, OpenWindow, Window


@pytest.fixture(scope="module")
def full_hd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full_hd") / "full_hd.mp4"
    make_video(path, frames=60, size=(1920, 1080), bframes=2, gop=30)
    return path


def exported_boxes(project: Project, folder: Path) -> list[dict[int, np.ndarray]]:
    """What `reviewer export` writes for each frame, as float32 boxes: a table, and MOT text."""
    project.flush()
    for name in ("rows.parquet", "rows.txt"):
        command = [sys.executable, "-m", "reviewer", "export", str(project.path), "-o", name]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    columns = ["frame", "box_x", "box_y", "box_width", "box_height"]
    table = pq.read_table(folder / "rows.parquet").select(columns)
    rows = np.stack([table.column(name).to_numpy() for name in columns], axis=1)
    mot = np.loadtxt(folder / "rows.txt", delimiter=",", ndmin=2)[:, [0, 2, 3, 4, 5]]
    mot[:, 0] -= 1
    return [{int(row[0]): row[1:].astype(np.float32) for row in found} for found in (rows, mot)]


async def test_painted_boxes_equal_the_exported_ones_on_every_frame(
    tmp_path: Path, full_hd: Path, open_window: OpenWindow
) -> None:
    with Project.create(tmp_path / "match", full_hd, ONTOLOGY) as project:
        server = Server([project])
        server.start()
        try:
            window = await open_window(server.url)
            await window.go_to(7)
            entity = await window.draw((301, 207), (533, 461))
            await window.go_to(50)
            await window.drag((417, 334), (911, 517))
            await window.settled()
            assert project.entity(entity)["box"].keyframes.tolist() == [7, 50]

            table = project.evaluate(0, project.frame_count)
            exported = exported_boxes(project, tmp_path)
            moved = set()
            for frame in range(7, 60):
                if frame > 7:
                    await window.page.keyboard.press("ArrowRight")
                else:
                    await window.go_to(7)
                await window.until(
                    f"reviewer.frame === {frame} && reviewer.painted().frame === {frame}"
                    " && reviewer.painted().loaded"
                )
                painted = await window.painted()
                rows = slice(table.offsets[frame], table.offsets[frame + 1])
                assert painted["entities"] == [entity] == list(table.entity[rows])
                wanted = table["box"][rows].astype(np.float32)
                assert painted["bits"] == wanted.view(np.uint32).ravel().tolist()
                for boxes in exported:
                    assert painted["bits"] == boxes[frame].view(np.uint32).tolist()
                moved.add(tuple(painted["bits"]))
            assert len(moved) == 44  # every frame from 7 to 50 is another; then the box rests
        finally:
            server.stop()


def evaluated(project: Project, frame: int) -> dict[tuple[str, str], Any]:
    """What the engine says of each shape at a frame, by entity and property, in float32."""
    table = project.evaluate(frame, frame + 1)
    found = {}
    for column in table.values:
        name, kind = table.property_of(column)
        if not kind.geometry:
            continue
        for entity, row in zip(table.entity, table.values[column], strict=True):
            if row[0] is not None and row[0] == row[0]:
                value = row[0] if kind.is_text else row
                found[str(entity), name] = shape_as_sent(value, kind.name)
    return found


def mask_from_coco(text: str) -> list[Any]:
    value = json.loads(text)
    (height, width), (x, y) = value["size"], value["offset"]
    return [x, y, width, height, value["counts"]]


async def painted_shapes(window: Window) -> dict[tuple[str, str], Any]:
    painted = await window.js(
        "(({ boxes, ...rest }) => ({ boxes: Array.from(boxes), ...rest }))(reviewer.painted())"
    )
    boxes = np.array(painted["boxes"], np.float32).reshape(-1, 4).tolist()
    found = {(entity, "box"): box for entity, box in zip(painted["entities"], boxes, strict=True)}
    for shape in painted["shapes"]:
        value = shape["value"]
        if shape["kind"] == "mask":
            value = mask_from_coco(value)
        found[shape["entity"], shape["property"]] = value
    assert len(found) == len(painted["entities"]) + len(painted["shapes"])
    return found


async def test_every_kind_is_painted_as_the_engine_evaluates_it(
    all_kinds_project: Project, open_window: OpenWindow, request: pytest.FixtureRequest
) -> None:
    project = all_kinds_project
    count = 200 if request.config.getoption("--full") else 20
    generator = random.Random(5)
    server = Server([project])
    server.start()
    try:
        window = await open_window(server.url)
        kinds = set()
        for frame in [0, *(generator.randrange(project.frame_count) for _ in range(count - 1))]:
            await window.go_to(frame)
            wanted = evaluated(project, frame)
            assert await painted_shapes(window) == wanted, frame
            kinds |= {name for _, name in wanted}
        assert kinds == set(GEOMETRY)
    finally:
        server.stop()


async def test_frames_too_heavy_for_one_answer_come_one_by_one(
    all_kinds_project: Project, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = all_kinds_project
    monkeypatch.setattr(session, "MAX_WINDOW_BYTES", len(ProjectSession(project).window(30, 31)))
    server = Server([project])
    server.start()
    try:
        window = await open_window(server.url)
        for frame in (30, 31, 70, 69, 2):
            await window.go_to(frame)
            assert await painted_shapes(window) == evaluated(project, frame), frame
    finally:
        server.stop()


def read(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


async def test_every_other_property_is_shown_as_the_engine_evaluates_it(
    all_kinds_project: Project, open_window: OpenWindow
) -> None:
    project = all_kinds_project
    server = Server([project])
    server.start()
    try:
        window = await open_window(server.url)
        seen = set()
        for frame in (0, 1, 2, 5, 31, 44, 89):
            await window.go_to(frame)
            for entity in project.entities.values():
                shown = await window.js(f"reviewer.values('{entity.id}')")
                there = entity["presence"].at(frame) not in (None, "absent")
                assert (shown is not None) == there
                if not there:
                    continue
                wanted = {"presence": entity["presence"].at(frame)}
                for name, definition in entity.properties.items():
                    if definition.kind.geometry or not definition.time_varying:
                        continue
                    if entity[name].rule_at(frame) is not None:
                        wanted[name] = read(entity[name].at(frame))
                assert shown == wanted, (frame, entity.name)
                seen |= set(shown)
        assert seen == {
            "presence", "state", "tags", "hurt", "speed", "note", "holder", "around"
        }  # fmt: skip
    finally:
        server.stop()
