"""What is painted is what is exported: the reason for having one engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from reviewer.webview.server import Server

from reviewer import Project
from tests.videos import make_video

from .conftest import ONTOLOGY, OpenWindow


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
