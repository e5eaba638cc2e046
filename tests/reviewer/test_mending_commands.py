"""``reviewer restripe`` and ``reviewer remap`` as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from reviewer import Project
from reviewer.cli import main
from reviewer.remap_command import ranges
from reviewer.restripe_command import frame_rate
from tests.format.contents import everything
from tests.format.restripe.damage import rewrite, without

VideoFile = Callable[[str], Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, video_file: VideoFile) -> Path:
    """A project, match, on clip.mkv; late.mkv is the same without its first 30 frames."""
    clip = rewrite(video_file("no_bframes.mp4"), tmp_path / "clip.mkv", lambda packets: packets)
    rewrite(clip, tmp_path / "late.mkv", without({0}))
    with Project.create(tmp_path / "match", clip, author="Ada") as project:
        thing = project.add_entity("object", name="puck \x1b[31m<script>")
        for frame in (10, 40, 80):
            thing["box"][frame] = (frame, 5, 6, 7)
    return tmp_path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_restripe_then_remap_then_undo(folder: Path, capsys: Capture) -> None:
    assert run("restripe", folder / "late.mkv", folder / "fixed.mp4") == 0
    said = capsys.readouterr().out
    assert "60 frames of 60, copied without loss" in said
    assert "before the first key frame" in said
    assert "fixed.mp4.mapping.json" in said
    with Project.open(folder / "match") as project:
        before = everything(project)

    arguments = ("remap", folder / "match", "--video", folder / "fixed.mp4")
    assert run(*arguments, "--dry-run") == 1
    said = capsys.readouterr().out
    assert "Nothing was changed" in said
    assert "30 frames are gone: 0-29" in said
    assert "\x1b" not in said
    with Project.open(folder / "match") as project:
        assert everything(project) == before

    assert run(*arguments) == 1
    said = capsys.readouterr().out
    assert "1 keyframes have no frame any more and were set aside" in said
    assert "1 values whose frame is gone take effect at the next frame" in said
    assert run("info", folder / "match", "--json") == 0
    assert json.loads(capsys.readouterr().out)["set_aside"] == 1
    assert run("info", folder / "match") == 0
    assert "set aside     1 keyframes" in capsys.readouterr().out
    with Project.open(folder / "match") as project:
        (puck,) = project.entities.values()
        assert puck["box"].keyframes.tolist() == [10, 50]
        assert puck["presence"].keyframes.tolist() == [0]
        project.undo(author=None)
        assert everything(project) == before


def test_json_is_one_document(folder: Path, capsys: Capture) -> None:
    assert run("restripe", folder / "late.mkv", folder / "a.mkv", "--json", "--rate", "29.97") == 0
    done = json.loads(capsys.readouterr().out)
    assert done["rate"] == [30000, 1001]
    assert done["lossless"] is True
    assert done["new_frames"] == 60
    assert [step["code"] for step in done["done"]][:1] == ["leading"]
    arguments = ("remap", folder / "match", "--video", folder / "a.mkv", "--json", "--dry-run")
    assert run(*arguments) == 1
    plan = json.loads(capsys.readouterr().out)
    assert plan["done"] is False
    assert plan["without_partner"] == list(range(30))
    assert [one["frame"] for one in plan["keyframes"]["set_aside"]] == [10]


def test_a_mapping_of_other_videos_is_refused(folder: Path, capsys: Capture) -> None:
    run("restripe", folder / "late.mkv", folder / "a.mkv")
    wrong = folder / "a.mkv.mapping.json"
    arguments = ("remap", folder / "match", "--video", folder / "a.mkv")
    assert run(*arguments, "--mapping", wrong) == 2
    assert "is not one between the project's video and" in capsys.readouterr().err
    assert run(*arguments, "--mapping", folder / "clip.mkv") == 2
    assert "cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("restripe", "gone.mkv", "out.mkv"),
        ("restripe", "clip.mkv", "clip.mkv"),
        ("restripe", "clip.mkv", "out.avi"),
        ("restripe", "match", "out.mkv"),
        ("remap", "match", "--video", "gone.mkv"),
        ("remap", "gone", "--video", "clip.mkv"),
        ("remap", "match", "--video", "clip.mkv"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence(
    arguments: tuple[str, ...], folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("reviewer: ")
    assert said.err.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before


def test_rates_and_ranges() -> None:
    assert frame_rate("23.976") == Fraction(24000, 1001)
    assert frame_rate("12.5") == Fraction(25, 2)
    assert ranges([3, 7, 8, 9, 20]) == "3, 7-9, 20"
    assert ranges(list(range(0, 40, 2))).endswith("14 and more")
