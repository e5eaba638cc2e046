"""What a check found goes with the project: kept, validated, exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from reviewer.format.interchange import export_file, import_file

from reviewer import Project
from tests.format.video_check.clips import DEMO, describe
from tests.format.video_check.plant import drop, remux

DROPPED = (40, 41, 42)


@pytest.fixture(scope="module")
def gapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's clip without three of its pictures."""
    folder = tmp_path_factory.mktemp("gapped")
    return remux(DEMO, folder / "gapped.mp4", drop(*DROPPED))


@pytest.fixture
def project(gapped: Path, tmp_path: Path) -> Any:
    with Project.create(tmp_path / "road", gapped, author="Ada") as project:
        car = project.add_entity("object", frame=0)
        car["box"][0] = (1, 2, 3, 4)
        yield project


def stored(project: Project) -> Path:
    return project.path / ".reviewer" / "video-check"


def test_nothing_is_known_before_a_check(project: Project) -> None:
    assert project.findings() is None


def test_findings_have_frames_and_flags(project: Project) -> None:
    steps: list[int] = []
    found = project.check_video(progress=lambda done, total: steps.append(done))
    assert steps == sorted(steps)
    assert steps[-1] == 1000
    assert not found.quick
    assert found.complete
    gap = next(item for item in found.items if item.code == "missing-frames")
    clip = describe(DEMO)
    lost = {int(clip.frame[at]) for at in DROPPED}
    behind = {frame - sum(one < frame for one in lost) for frame in range(len(clip.frame))
              if frame not in lost and frame - 1 in lost}  # fmt: skip
    assert {frame for first, stop in gap.frames for frame in range(first, stop)} == behind
    assert gap.severity == "warning"
    assert gap.title
    assert gap.meaning
    assert gap.remedy
    names = {name: bit for bit, name in found.flag_names.items()}
    flags = found.flags(0, project.frame_count)
    assert flags.dtype == np.uint32
    assert set(np.flatnonzero(flags & names["missing_before"]).tolist()) == behind
    some = min(behind)
    assert found.flags(some, some + 1).tolist() == [flags[some]]


def test_findings_are_found_again_by_whoever_opens_the_folder(project: Project) -> None:
    made = project.check_video(quick=True)
    with Project.open(project.path) as other:
        found = other.findings()
        assert found is not None
        assert found.quick
        assert found.items == made.items
        full = other.check_video()
    again = project.findings()
    assert again is not None, "what another process finds is seen at once"
    assert not again.quick
    assert again.items == full.items
    kept = project.check_video(quick=True)
    assert not kept.quick, "a quick look never replaces a full one"


def test_findings_are_not_versioned(project: Project) -> None:
    project.check_video(quick=True)
    ignored = (project.path / ".gitignore").read_text().split()
    assert any(line.strip("/") == ".reviewer" for line in ignored)


def test_a_check_that_is_given_up_leaves_nothing(project: Project) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int | None) -> None:
        raise Enough

    with pytest.raises(Enough):
        project.check_video(progress=stop)
    assert project.findings() is None
    assert not stored(project).exists()


def _spans(value: Any) -> Callable[[dict[str, Any]], None]:
    def change(report: dict[str, Any]) -> None:
        finding = next(item for item in report["findings"] if item["frames"])
        finding["frames"] = value
        finding["times"] = [[0, 0]] * len(value)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _spans([[-1, 2]]),
        _spans([[0, 1 << 40]]),
        _spans([[5, 6], [2, 3]]),
        _spans([[3, 3]]),
        _spans([["a", "b"]]),
        lambda report: report["video"].update(frames=1 << 60),
        lambda report: report.update(video=None),
        lambda report: report.update(video=[1]),
        lambda report: report.update(findings="all"),
        lambda report: report["findings"][0].update(code="<script>"),
        lambda report: report["findings"][0].update(severity="fatal"),
        lambda report: report["findings"][0].update(summary="x" * 100_000),
        lambda report: report["findings"][0].update(remedy={"advice": [1]}),
        lambda report: report["findings"].extend(report["findings"][:1] * 1000),
    ],
)
def test_a_forged_report_is_as_none(
    project: Project, change: Callable[[dict[str, Any]], None]
) -> None:
    project.check_video(quick=True)
    content = json.loads(stored(project).read_bytes())
    change(content["report"])
    stored(project).write_text(json.dumps(content))
    with Project.open(project.path) as other:
        assert other.findings() is None


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b'"x"', b"\xff\xfe", b"{}"])
def test_garbage_is_as_none(project: Project, content: bytes) -> None:
    stored(project).write_bytes(content)
    assert project.findings() is None


def test_a_report_on_another_video_is_as_none(project: Project) -> None:
    project.check_video(quick=True)
    content = json.loads(stored(project).read_bytes())
    for other in ("0" * 32 + " 0", f"{project.record.fingerprint} 1"):  # another of its streams
        stored(project).write_text(json.dumps({**content, "video": other}))
        assert project.findings() is None


READ = {
    "csv": pyarrow.csv.read_csv,
    "parquet": pyarrow.parquet.read_table,
    "arrow": pyarrow.feather.read_table,
}


@pytest.mark.parametrize("kind", READ)
def test_tables_say_which_frames_to_leave_out(project: Project, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    export_file(project, path, kind)
    assert "video_flags" not in READ[kind](path).column_names
    found = project.check_video(quick=True)
    export_file(project, path, kind)
    table: pa.Table = READ[kind](path)
    flags = found.flags(0, project.frame_count)
    wanted = [
        " ".join(name for bit, name in found.flag_names.items() if flags[frame] & bit) or None
        for frame in table["frame"].to_pylist()
    ]
    got = [text or None for text in table["video_flags"].to_pylist()]
    assert got == wanted
    assert any(wanted)
    assert project.video_path is not None
    with Project.create(tmp_path / "other", project.video_path) as other:
        assert import_file(other, path, kind).rows == len(table)
