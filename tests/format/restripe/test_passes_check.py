"""What restriping gives passes ``check``: no warning and no error, whatever was wrong before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.check import Severity, check_video
from reviewer.format.video.restripe import Restriped, restripe

from tests.format.restripe.damage import again, jitter, rewrite, without
from tests.videos import make_video

VideoFile = Callable[[str], Path]
Rows = list[tuple[str, ...]]


def faults(path: Path) -> list[str]:
    """Codes of warnings and errors."""
    found = check_video(path, isolated=False).findings
    return [one.code for one in found if one.severity is not Severity.NOTE]


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[Rows]:
    """What was wrong before and after, printed when all is done."""
    table: Rows = [("video", "restriped to", "before", "after")]
    yield table
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print()
        for row in table:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def passes(
    source: Path, target: Path, rows: Rows, *, broken: bool = True, reencode: bool = False
) -> Restriped:
    done = restripe(source, target, reencode=reencode)
    before = faults(source) if broken else []
    after = faults(done.out)
    assert bool(before) == broken
    how = target.suffix + (" anew" if done.reencoded else "")
    rows.append((source.name, how, ", ".join(before) or "-", ", ".join(after) or "-"))
    assert after == []
    return done


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("plain.mp4", ".ts"),
        ("open_gop.ts", ".mp4"),
        ("open_gop.mp4", ".mkv"),
        ("variable_rate.mp4", ".mp4"),
        ("variable_rate.mkv", ".ts"),
        ("ntsc.mkv", ".mp4"),
        ("edit_list.mp4", ".mp4"),
        ("fragmented.mp4", ".mp4"),
        ("with_sound.ts", ".mp4"),
        ("rotated_90.mp4", ".mkv"),
        ("plain.flv", ".mkv"),
        ("bframes.avi", ".mp4"),
        ("vp8_altref.webm", ".webm"),
        ("vp9_altref.webm", ".mp4"),
        ("av1.mp4", ".mkv"),
        ("hevc_open_gop.mkv", ".mp4"),
        ("hevc.ts", ".mkv"),
        ("ten_bits.mp4", ".mkv"),
        ("mpeg4.avi", ".mkv"),
        ("mpeg2.mpg", ".ts"),
        ("motion_jpeg.avi", ".mkv"),
        ("lossless.mkv", ".mkv"),
        ("raw.h264", ".mp4"),
        ("one_frame.mp4", ".mkv"),
    ],
)
def test_whatever_can_be_copied(
    name: str, ending: str, video_file: VideoFile, tmp_path: Path, rows: Rows
) -> None:
    done = passes(video_file(name), tmp_path / f"out{ending}", rows, broken=False)
    assert not done.reencoded


def test_what_has_no_key_frame_is_encoded_anew(
    video_file: VideoFile, tmp_path: Path, rows: Rows
) -> None:
    source = rewrite(video_file("intra_refresh.mp4"), tmp_path / "headless.mkv", without({0}))
    done = passes(source, tmp_path / "out.mkv", rows, reencode=True)
    assert done.reencoded


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 frames, key frames 40 apart, B-frames that nothing refers to."""
    path = tmp_path_factory.mktemp("healthy") / "healthy.mkv"
    return make_video(
        path, size=(320, 192), frames=200, gop=40, options={"x264-params":
        "bframes=2:b-pyramid=none:keyint=40:min-keyint=25:scenecut=0:log-level=-1"},
    )  # fmt: skip


def leaf_packets(path: Path, every: int) -> set[int]:
    """Packets of B-frames: shown before what was coded before them."""
    pts = VideoIndex.build(path).packet_pts
    return set(np.flatnonzero(np.diff(pts) < 0)[::every] + 1)


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("fault", ["gaps", "twice", "headless", "cut off"])
def test_faults_that_copying_mends(
    fault: str, ending: str, healthy: Path, tmp_path: Path, rows: Rows
) -> None:
    broken = tmp_path / f"{fault}.mkv"
    if fault == "gaps":
        rewrite(healthy, broken, without(leaf_packets(healthy, every=6)))
    elif fault == "twice":
        rewrite(
            healthy,
            broken,
            lambda ps: [
                q for i, p in enumerate(ps) for q in ([again(p), p] if i in (50, 90) else [p])
            ],
        )
    elif fault == "headless":
        rewrite(healthy, broken, without({0}))
    else:
        data = healthy.read_bytes()
        broken.write_bytes(data[: len(data) * 7 // 10])
    done = passes(broken, tmp_path / f"out{ending}", rows)
    assert not done.reencoded


def test_shaky_times(tmp_path: Path, rows: Rows) -> None:
    shaky = make_video(tmp_path / "shaky.mkv", size=(320, 192), frames=120, times=jitter)
    passes(shaky, tmp_path / "out.mp4", rows)


@pytest.mark.parametrize("kind", ["flipped", "zeroed", "P dropped"])
def test_damaged_pictures_are_encoded_anew_when_asked(
    kind: str, healthy: Path, tmp_path: Path, rows: Rows
) -> None:
    broken = tmp_path / f"{kind}.mkv"
    if kind == "P dropped":
        pts = VideoIndex.build(healthy).packet_pts
        ahead = next(at for at in range(60, 80) if pts[at + 1] < pts[at])
        rewrite(healthy, broken, without({ahead}))
    else:
        index = VideoIndex.build(healthy)
        data = bytearray(healthy.read_bytes())
        # Matroska's blocks begin with four bytes of their own, or so: stay well inside.
        at, size = int(index.packet_pos[45]), int(index.packet_size[45])
        for place in range(at + size // 2, at + size - 4):
            data[place] = 0 if kind == "zeroed" else data[place] ^ 0x5A
        broken.write_bytes(data)
    done = passes(broken, tmp_path / "out.mp4", rows, reencode=True)
    assert done.reencoded
    with Video(broken) as before, Video(done.out) as after:
        assert len(after) == len(before)


def test_closed_gaps_are_a_note_that_says_so(healthy: Path, tmp_path: Path) -> None:
    """What was taken out and closed up stays told, as what it is."""
    lost = leaf_packets(healthy, every=6)
    done = restripe(rewrite(healthy, tmp_path / "gaps.mkv", without(lost)), tmp_path / "out.mkv")
    found = check_video(done.out).of("missing-frames")
    assert found is not None
    assert found.severity is Severity.NOTE
    assert found.data["total"] == len(lost)
    assert "times were closed up" in found.summary
