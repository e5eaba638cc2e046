"""What files say of themselves; and that healthy ones are not accused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from reviewer.format.video.check import Flag, Report, Severity, check_video

from tests.conftest import VARIANTS
from tests.videos import make_video, uneven_times

VideoFile = Callable[[str], Path]
BAD = int(Flag.DAMAGED | Flag.SUSPECT | Flag.MISSING_BEFORE | Flag.CONCEALED)


def codes(report: Report, *severities: Severity) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity in severities}


# What is to be said about a variant, besides notes.
WORTH = {
    "edit_list.mp4": {"edit-list"},
    "bframes.avi": {"count-mismatch"},  # FFmpeg's AVI writer counts ticks
    "variable_rate.mp4": {"variable-rate"},
    "variable_rate.mkv": {"variable-rate"},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_healthy_variants(name: str, video_file: VideoFile) -> None:
    report = check_video(video_file(name), isolated=False)
    assert report.complete
    assert codes(report, Severity.WARNING, Severity.ERROR) == WORTH.get(name, set())
    assert not (report.frame_flags() & BAD).any()


SLOW = {"20190128_113421.120s.mp4", "clip.mp4", "opossum_snow.mp4"}


def test_healthy_material(material: Path, request: pytest.FixtureRequest) -> None:
    """No real, intact file is said to be broken."""
    kinds = {".mp4", ".mov", ".avi", ".mkv", ".webm"}
    files = [path for path in sorted(material.rglob("*")) if path.suffix in kinds]
    assert len(files) > 30
    for path in files:
        if path.name in SLOW and not request.config.getoption("--full"):
            continue
        report = check_video(path, isolated=False)
        assert report.complete
        assert codes(report, Severity.ERROR) == set(), path.name
        assert not (report.frame_flags() & BAD).any(), path.name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rotated_90.mp4", "rotation"),
        ("rotated_270.mov", "rotation"),
        ("ten_bits.mp4", "bit-depth"),
        ("ten_bits.mp4", "browser-codec"),
        ("chroma444.mp4", "browser-codec"),
        ("hevc.mp4", "browser-codec"),
        ("mpeg4.avi", "browser-codec"),
    ],
)
@pytest.mark.parametrize("quick", [False, True])
def test_notes(name: str, code: str, quick: bool, video_file: VideoFile) -> None:
    found = check_video(video_file(name), quick=quick, isolated=False).of(code)
    assert found is not None
    assert found.severity is Severity.NOTE


def test_browser_verdict(video_file: VideoFile) -> None:
    def verdict(name: str) -> str:
        browser = check_video(video_file(name), quick=True, isolated=False).browser
        assert browser is not None
        assert (browser["page"] == "native") == (not browser["reasons"])
        return str(browser["page"])

    assert verdict("plain.mp4") == "native"
    assert verdict("vp9.webm") == "native"
    assert verdict("hevc.mp4") == "server"
    assert verdict("chroma444.mp4") == "server"


def test_edit_list_counts_what_is_hidden(video_file: VideoFile) -> None:
    found = check_video(video_file("edit_list.mp4"), quick=True, isolated=False).of("edit-list")
    assert found is not None
    assert found.data["hidden"] == found.data["hidden_at_start"] == 40


def test_gops(video_file: VideoFile) -> None:
    closed = check_video(video_file("plain.mp4"), quick=True, isolated=False).of("gop-structure")
    assert closed is not None
    assert (closed.data["count"], closed.data["longest"]) == (3, 30)
    assert closed.data["b_frames"]
    assert closed.data["open_gops"] == 0
    opened = check_video(video_file("open_gop.mkv"), quick=True, isolated=False)
    found = opened.of("gop-structure")
    assert found is not None
    assert found.data["open_gops"] >= 1
    plain = check_video(video_file("no_bframes.mp4"), quick=True, isolated=False)
    found = plain.of("gop-structure")
    assert found is not None
    assert not found.data["b_frames"]


def test_pattern_of_a_variable_rate(video_file: VideoFile) -> None:
    found = check_video(video_file("variable_rate.mp4"), quick=True, isolated=False).of(
        "variable-rate"
    )
    assert found is not None
    assert found.data["pattern"] == "cycle"
    assert found.data["cycle"] == [1, 1, 3, 2, 5]


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(30000, 1001), Fraction(60), Fraction(12)])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_gaps_in_time(rate: Fraction, suffix: str, tmp_path: Path) -> None:
    """Frames that never came to the encoder, so that nothing but times tells."""
    lost = {20: 1, 50: 4, 51: 2}

    def times(number: int) -> int:
        gaps = sum(missing for frame, missing in lost.items() if frame <= number)
        return round((number + gaps) * 90_000 / rate)

    path = make_video(tmp_path / f"x.{suffix}", frames=80, size=(160, 96), rate=rate, times=times)
    report = check_video(path, isolated=False)
    found = report.of("missing-frames")
    assert found is not None
    assert [(span.first, span.stop) for span in found.spans] == [(20, 21), (50, 51), (51, 52)]
    assert found.data["missing"] == [1, 4, 2]
    assert found.data["total"] == 7
    assert report.of("variable-rate") is None
    assert codes(report, Severity.ERROR) == set()
    assert not (report.frame_flags() & (Flag.SUSPECT | Flag.DAMAGED)).any()
    step = float(1 / rate)
    assert found.spans[0].start == pytest.approx(21 * step, abs=0.002)
    assert str(rate) in str(found.remedy and found.remedy.ffmpeg)


def test_size_that_changes(tmp_path: Path) -> None:
    small = make_video(tmp_path / "small.ts", frames=40, size=(160, 96)).read_bytes()
    large = make_video(tmp_path / "large.ts", frames=40, size=(320, 192)).read_bytes()
    path = tmp_path / "both.ts"
    path.write_bytes(small + large)
    report = check_video(path, isolated=False)
    found = report.of("size-change")
    assert found is not None
    assert [(span.first, span.stop) for span in found.spans] == [(40, 41)]


def test_interlaced(material: Path) -> None:
    report = check_video(material / "odd" / "openshot_interlaced_test1.mp4", isolated=False)
    found = report.of("interlaced")
    assert found is not None
    assert found.data["pictures"] == 21


def test_header_that_lies(material: Path) -> None:
    found = check_video(material / "videos" / "opencv_tree.avi", quick=True, isolated=False).of(
        "count-mismatch"
    )
    assert found is not None
    assert (found.data["announced"], found.data["held"]) == (444, 68)


def test_irregular_rate(tmp_path: Path) -> None:
    def times(number: int) -> int:
        return uneven_times(number) + number * number % 977

    path = make_video(tmp_path / "x.mp4", frames=60, size=(160, 96), times=times)
    found = check_video(path, quick=True, isolated=False).of("variable-rate")
    assert found is not None
    assert found.data["pattern"] == "irregular"
