"""Reports as values, as JSON and as text; the process they are made in; the command."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.errors import VideoError
from reviewer.format.video import check as check_package
from reviewer.format.video.check import CODES, Flag, Report, Severity, check_video, describe, run

from reviewer import Project
from reviewer.cli import main
from tests.format.video_check import plant
from tests.format.video_check.clips import DEMO

VideoFile = Callable[[str], Path]


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bytes flipped in the key frame at 180, a reference picture missing at 126."""
    path = tmp_path_factory.mktemp("damaged") / "it's [red] $HOME.mp4"
    return plant.remux(DEMO, path, lambda pieces: plant.drop(126)(plant.flip(180)(pieces)))


@pytest.fixture(scope="module")
def report(damaged: Path) -> Report:
    return check_video(damaged)


def test_report_survives_json(report: Report) -> None:
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert report.severity is Severity.ERROR
    assert report.complete


def test_isolated_and_not_are_the_same(report: Report, damaged: Path) -> None:
    assert check_video(damaged, isolated=False) == report


@pytest.mark.parametrize("key", ["schema", "findings", "size"])
def test_other_json_is_refused(key: str, report: Report) -> None:
    value = report.to_json()
    value[key] = None
    with pytest.raises((ValueError, TypeError, KeyError)):
        Report.from_json(value)


def test_flags_are_those_of_the_findings(report: Report) -> None:
    flags = report.frame_flags()
    assert flags.shape == (376,)
    assert flags.dtype == np.uint8
    found = report.of("missing-frames")
    assert found is not None
    assert flags[found.spans[0].first] & Flag.MISSING_BEFORE
    assert flags[180] & Flag.DAMAGED
    assert not flags[:120].any()


def test_quick_decodes_nothing(damaged: Path, report: Report) -> None:
    quick = check_video(damaged, quick=True)
    assert quick.quick
    assert quick.of("missing-frames") == report.of("missing-frames")
    flags = quick.frame_flags()
    assert flags[130] & Flag.DAMAGED  # the pictures' own numbers tell of a lost reference
    assert not flags[200] & Flag.DAMAGED  # flipped bytes do not show without decoding


def test_progress_rises_to_its_total(damaged: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    check_video(damaged, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (1000, 1000)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_commands_are_safe_to_paste(report: Report, damaged: Path) -> None:
    for finding in report.findings:
        if finding.remedy is None:
            continue
        for command in (finding.remedy.ffmpeg, finding.remedy.reviewer):
            if command:
                words = shlex.split(command)
                assert str(damaged) in words
                assert words[0] in ("ffmpeg", "reviewer")


def test_text_shows_what_was_found(report: Report) -> None:
    text = describe(report, 80)
    for finding in report.findings:
        assert finding.code in text
    row = next(line for line in text.splitlines() if line.startswith("damaged "))
    assert "█" in row
    assert len(row) <= 80
    prose = [line for line in text.splitlines() if not line.startswith("    ")]
    assert all(len(line) <= 80 for line in prose[1:])


def test_every_code_is_documented() -> None:
    text = (Path(check_package.__file__).parent.parent / "CHECK.md").read_text(encoding="utf-8")
    codes = text.partition("## Codes")[2]
    documented = re.findall(r"^\| `([a-z-]+)` \|", codes, re.M)
    assert sorted(documented) == sorted(CODES)
    for flag in Flag:
        assert f"`{str(flag.name).lower()}`" in text
    for key in ("schema", "file", "size", "quick", "complete", "severity", "video", "browser",
                "findings", "code", "summary", "meaning", "frames", "times", "data", "remedy",
                "advice", "ffmpeg", "reviewer"):  # fmt: skip
        assert f"`{key}`" in text


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="There is no file"):
        check_video(tmp_path / "nothing.mp4")
    with pytest.raises(VideoError, match="folder"):
        check_video(tmp_path)


# -- the process ----------------------------------------------------------------------------------


def stand_in(folder: Path, script: str) -> str:
    """A program in Python's place."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_crash_keeps_what_was_found(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = {**check_video(DEMO, quick=True).to_json(), "complete": False}
    (tmp_path / "said").write_text(json.dumps({"report": partial}) + "\n" + '{"prog')
    script = f"cat '{tmp_path / 'said'}'; kill -SEGV $$"
    monkeypatch.setattr(run.sys, "executable", stand_in(tmp_path, script))
    found = check_video(DEMO)
    assert not found.complete
    assert found.findings[0].code == "decoder-failure"
    assert "crashed" in found.findings[0].summary
    assert found.of("gop-structure") is not None
    assert found.frame_count == 377


def test_crash_at_once_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.sys, "executable", stand_in(tmp_path, "kill -SEGV $$"))
    found = check_video(DEMO)
    assert not found.readable
    assert not found.complete
    assert found.of("unreadable") is not None


def test_standstill_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.sys, "executable", stand_in(tmp_path, "exec sleep 600"))
    monkeypatch.setattr(run, "STALL_S", 0.5)
    found = check_video(DEMO)
    assert not found.complete
    assert "stood still" in found.findings[0].summary


# -- the command ----------------------------------------------------------------------------------


def reviewer(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reviewer", *words], capture_output=True, text=True, check=False
    )


def test_command_reports(damaged: Path) -> None:
    done = reviewer("check", str(damaged))
    assert done.returncode == 1
    assert "decode-corruption" in done.stdout
    assert done.stderr == ""


def test_command_writes_one_json_document(damaged: Path, report: Report) -> None:
    done = reviewer("check", "--json", str(damaged))
    assert done.returncode == 1
    assert Report.from_json(json.loads(done.stdout)) == report


def test_exit_codes(
    video_file: VideoFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--quick", str(video_file("plain.mp4"))]) == 0
    assert main(["check", "--quick", str(video_file("rotated_90.mp4"))]) == 0  # notes only
    assert main(["check", "--quick", str(video_file("edit_list.mp4"))]) == 1
    capsys.readouterr()
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(b"no video")
    assert main(["check", "--json", str(garbage)]) == 2
    assert json.loads(capsys.readouterr().out)["findings"][0]["code"] == "unreadable"
    assert main(["check", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().out == ""


def test_project_and_its_video(
    damaged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = tmp_path / "game.mp4"
    video.write_bytes(damaged.read_bytes())
    Project.create(tmp_path / "game", video=video).close()
    assert main(["check", "--quick", str(tmp_path / "game")]) == 1
    text = capsys.readouterr().out
    assert "The project is in order." in text
    assert "missing-frames" in text
    assert main(["check", "--quick", "--json", str(tmp_path / "game")]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["findings"] == []
    assert Report.from_json(found["video"]).of("missing-frames") is not None
    video.unlink()
    assert main(["check", "--json", str(tmp_path / "game")]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["video"] is None
    assert found["findings"]


def test_hostile_names_do_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a\x1b[31m<script>\n.mp4"
    path.write_bytes(DEMO.read_bytes())
    assert main(["check", "--quick", str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out
