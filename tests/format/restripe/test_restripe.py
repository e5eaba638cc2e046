"""A restriped video shows the same pictures, frame by frame as the mapping says, at even times."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.errors import VideoError
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.check import Severity, check_video
from reviewer.format.video.restripe import FrameMapping, Restriped, mapping_path, restripe

from tests.format.restripe.damage import again, jitter, rewrite, without
from tests.videos import make_video, read_number

VideoFile = Callable[[str], Path]


def same_pictures(old: Path, done: Restriped) -> None:
    """Every old frame with a partner is, bit by bit, that partner."""
    with Video(old) as before, Video(done.out) as after:
        assert len(before) == len(done.mapping.partner)
        for frame, there in enumerate(done.mapping.partner.tolist()):
            if there >= 0:
                np.testing.assert_array_equal(before[frame], after[there])


def evenly_spaced(path: Path, rate: Fraction) -> None:
    """Every frame stands where the rate says, as exactly as the container's ticks allow."""
    index = VideoIndex.build(path)
    wanted = np.arange(index.frame_count) * float(1 / rate)
    have = (index.pts - index.pts[0]) * float(index.time_base)
    assert np.abs(have - wanted).max() <= float(index.time_base)
    assert not index.variable_rate


def faults_of(path: Path) -> list[str]:
    """Codes of the warnings and errors of ``check``."""
    return [f.code for f in check_video(path).findings if f.severity is not Severity.NOTE]


# name, new ending, frames of the old video and of the new one
CASES = [
    ("open_gop.ts", ".mp4", 90, 90),
    ("open_gop.mp4", ".mkv", 90, 90),
    ("variable_rate.mp4", ".mp4", 90, 90),
    ("ntsc.mkv", ".ts", 90, 90),
    ("edit_list.mp4", ".mp4", 50, 60),
    ("rotated_90.mp4", ".mkv", 90, 90),
    ("intra_refresh.mp4", ".mp4", 90, 90),
    ("bframes.avi", ".mp4", 90, 90),
    ("vp8_altref.webm", ".webm", 90, 90),
    ("vp9_altref.webm", ".mp4", 90, 90),
    ("av1.mp4", ".mkv", 90, 90),
    ("hevc_open_gop.mkv", ".mp4", 90, 90),
    ("mpeg4.avi", ".mkv", 90, 90),
    ("mpeg2.ts", ".ts", 90, 90),
    ("raw.h264", ".mp4", 90, 90),
    ("one_frame.mp4", ".mkv", 1, 1),
]


@pytest.mark.parametrize(("name", "ending", "before", "after"), CASES)
def test_pictures_stay_and_times_become_even(
    name: str, ending: str, before: int, after: int, video_file: VideoFile, tmp_path: Path
) -> None:
    done = restripe(video_file(name), tmp_path / f"out{ending}")
    assert (done.mapping.old.frame_count, done.mapping.new.frame_count) == (before, after)
    assert not done.reencoded
    assert len(done.mapping.lost) == 0
    same_pictures(video_file(name), done)
    evenly_spaced(done.out, done.rate)
    written = FrameMapping.load(mapping_path(done.out))
    assert (written.old, written.new) == (done.mapping.old, done.mapping.new)
    np.testing.assert_array_equal(written.partner, done.mapping.partner)
    if ending == ".mp4":
        assert b"elst" not in done.out.read_bytes()


def test_rates_are_those_that_were_meant(video_file: VideoFile, tmp_path: Path) -> None:
    rates = {
        "ntsc.mkv": Fraction(30000, 1001),
        "ntsc.ts": Fraction(30000, 1001),
        "plain.mp4": Fraction(30),
        "variable_rate.mkv": Fraction(25, 2),  # 12 thirtieths for 5 frames
    }
    for name, rate in rates.items():
        assert restripe(video_file(name), tmp_path / f"{name}.mkv").rate == rate


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 frames with B-frames that nothing refers to, key frames 40 apart."""
    path = tmp_path_factory.mktemp("healthy") / "healthy.mkv"
    return make_video(
        path, size=(320, 192), frames=200, gop=40, options={"x264-params":
        "bframes=2:b-pyramid=none:keyint=40:min-keyint=25:scenecut=0:log-level=-1"},
    )  # fmt: skip


def leaf_pictures(path: Path, every: int) -> set[int]:
    """Packets of B-frames: shown before what was coded before them."""
    pts = VideoIndex.build(path).packet_pts
    return set([i for i in range(1, len(pts)) if pts[i] < pts[i - 1]][::every])


@pytest.mark.parametrize("ending", [".mkv", ".mp4"])
def test_gaps_are_closed_unless_told_otherwise(ending: str, healthy: Path, tmp_path: Path) -> None:
    lost = leaf_pictures(healthy, every=6)
    holes = rewrite(healthy, tmp_path / f"holes{ending}", without(lost))
    assert len(lost) > 9
    assert "missing-frames" in faults_of(holes)
    done = restripe(holes, tmp_path / f"even{ending}")
    assert [s.frames for s in done.steps if s.code == "gaps-closed"] == [len(lost)]
    same_pictures(holes, done)
    evenly_spaced(done.out, Fraction(30))
    assert faults_of(done.out) == []

    kept = restripe(holes, tmp_path / f"kept{ending}", keep_gaps=True)
    index = VideoIndex.build(kept.out)
    slots = np.rint((index.pts - index.pts[0]) * float(index.time_base) * 30).astype(int)
    with Video(kept.out) as video:
        first = read_number(video[0])
        assert [read_number(picture) - first for picture in video] == slots.tolist()


def test_repeated_packets_are_left_out(healthy: Path, tmp_path: Path) -> None:
    repeated = {50, 51, 120}
    twice = rewrite(
        healthy,
        tmp_path / "twice.mkv",
        lambda ps: [
            q for i, p in enumerate(ps) for q in ([again(p), again(p)] if i in repeated else [p])
        ],
    )
    done = restripe(twice, tmp_path / "once.mp4")
    assert [s.frames for s in done.steps if s.code == "repeated"] == [3]
    with Video(done.out) as video:
        assert [read_number(picture) for picture in video] == list(range(200))
    assert faults_of(done.out) == []


def test_jitter_is_smoothed(tmp_path: Path) -> None:
    shaky = make_video(tmp_path / "shaky.mkv", size=(320, 192), frames=120, times=jitter)
    assert VideoIndex.build(shaky).variable_rate
    done = restripe(shaky, tmp_path / "even.mp4")
    assert done.rate == 30
    same_pictures(shaky, done)
    evenly_spaced(done.out, done.rate)
    assert faults_of(done.out) == []


@pytest.mark.parametrize("ending", [".mkv", ".ts"])
def test_begins_at_a_key_frame(ending: str, healthy: Path, tmp_path: Path) -> None:
    headless = rewrite(healthy, tmp_path / f"headless{ending}", without({0}))
    done = restripe(headless, tmp_path / "out.mkv")
    with Video(done.out) as video:
        assert bool(video.index.start_key[0])
        assert [read_number(picture) for picture in video] == list(range(40, 200))
    assert faults_of(done.out) == []


@pytest.mark.parametrize("ending", [".mkv", ".flv"])
def test_ends_where_the_file_breaks_off(ending: str, healthy: Path, tmp_path: Path) -> None:
    whole = rewrite(healthy, tmp_path / f"whole{ending}", lambda packets: packets)
    broken = tmp_path / f"broken{ending}"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    done = restripe(broken, tmp_path / "out.mp4")
    assert done.mapping.new.frame_count > 100
    same_pictures(broken, done)
    assert faults_of(done.out) == []


def test_encodes_anew_only_when_asked_and_needed(video_file: VideoFile, tmp_path: Path) -> None:
    healthy = restripe(video_file("plain.mp4"), tmp_path / "a.mp4", reencode=True)
    assert not healthy.reencoded
    source = video_file("edit_list.mp4")
    copied = restripe(source, tmp_path / "b.mp4")
    assert copied.left
    done = restripe(source, tmp_path / "c.mp4", reencode=True)
    assert done.reencoded
    assert not done.left
    with Video(done.out) as video:
        assert [read_number(picture) for picture in video] == list(range(40, 90))
    turned = restripe(video_file("hevc.mp4"), tmp_path / "d.mp4", reencode=True)
    with Video(turned.out) as video:
        assert video.index.codec == "h264"
        assert video.browser_decodable
        assert [read_number(picture) for picture in video] == list(range(90))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("interlaced.mp4", "interlaced"),
        ("rotated_90.mp4", "rotation"),
        ("ten_bits.mp4", "bit-depth"),
        ("hevc.mp4", "browser-codec"),
    ],
)
def test_the_remedy_that_a_check_names_works(
    name: str, code: str, video_file: VideoFile, tmp_path: Path
) -> None:
    source = video_file(name)
    found = check_video(source, isolated=False).of(code)
    assert found is not None
    assert found.remedy is not None
    assert "restripe --reencode" in str(found.remedy.reviewer)
    done = restripe(source, tmp_path / "out.mp4", reencode=True)
    assert done.reencoded
    report = check_video(done.out, isolated=False)
    assert report.of(code) is None
    assert report.severity == "note"
    with Video(source) as old, Video(done.out) as video:
        assert video.browser_decodable
        assert [read_number(picture) for picture in video] == list(map(read_number, old))


def test_a_frame_without_picture_keeps_its_number(video_file: VideoFile, tmp_path: Path) -> None:
    source = video_file("no_bframes.mp4")
    data = bytearray(source.read_bytes())
    index = VideoIndex.build(source)
    at, size = int(index.packet_pos[40]), int(index.packet_size[40])
    data[at : at + size] = bytes(size)
    broken = tmp_path / "hole.mp4"
    broken.write_bytes(data)
    done = restripe(broken, tmp_path / "out.mp4", reencode=True)
    assert done.mapping.placed == done.mapping.new.frame_count == 90
    with Video(done.out) as video:
        assert read_number(video[39]) == read_number(video[40]) == 39
        assert read_number(video[70]) == 70


def test_the_original_is_only_read_and_nothing_half_is_left(
    video_file: VideoFile, tmp_path: Path
) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(video_file("rotated_90.mp4").read_bytes())
    before = source.read_bytes()
    (tmp_path / "taken.mkv").write_bytes(b"mine")
    refusals: list[tuple[str, str]] = [
        ("source.mp4", "never changed"),
        ("taken.mkv", "exists already"),
        ("out.avi", "AVI stores no"),
        ("out.xyz", "must end in"),
        ("out.ts", "how the picture is turned"),
        ("out.webm", "cannot hold"),
        ("no/out.mkv", "no folder"),
    ]
    for name, reason in refusals:
        with pytest.raises(VideoError, match=reason):
            restripe(source, tmp_path / name)
    (tmp_path / "link.mkv").symlink_to(source)
    with pytest.raises(VideoError, match="never changed"):
        restripe(source, tmp_path / "link.mkv", replace=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["link.mkv", "source.mp4", "taken.mkv"]
    assert source.read_bytes() == before
    restripe(source, tmp_path / "taken.mkv", replace=True)
    assert source.read_bytes() == before
    assert (tmp_path / "taken.mkv").read_bytes() != b"mine"


def test_real_recordings(material: Path, tmp_path: Path) -> None:
    """Copied without loss, on samples of frames; every container and codec there is."""
    names = [
        "odd/opencv_Megamind_bframes.avi", "odd/moviepy_fire2_vfr_rot180.mp4",
        "odd/openshot_interlaced_test1.mp4", "pairs/pets09_s2l1/vtest.avi",
        "videos/imageio_realshort.mp4", "videos/torchcodec_h264_10bits.mp4",
        "videos/torchcodec_av1_video.mkv", "videos/pysot_bag.avi",
    ]  # fmt: skip
    for name in names:
        done = restripe(material / name, tmp_path / "out.mkv", replace=True)
        with Video(material / name) as before, Video(done.out) as after:
            assert len(before) == len(after), name
            for frame in {0, len(before) // 3, len(before) // 2, len(before) - 1}:
                np.testing.assert_array_equal(before[frame], after[frame], name)
        evenly_spaced(done.out, done.rate)
