"""The index: what it says, and what happens to it as a file."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.video import Video, VideoIndex, fingerprint

from tests.videos import make_video, uneven_times

VideoFile = Callable[[str], Path]


def equal(a: VideoIndex, b: VideoIndex) -> bool:
    return all(
        np.array_equal(getattr(a, field.name), getattr(b, field.name))
        for field in dataclasses.fields(a)
    )


def test_says_what_the_video_is(plain_video: Path) -> None:
    index = VideoIndex.build(plain_video)
    assert index.frame_count == 90
    assert (index.width, index.height) == (640, 360)
    assert index.codec == "h264"
    assert index.codec_string.startswith("avc1.64")
    assert index.rate == pytest.approx(30)
    assert not index.variable_rate
    assert index.duration == pytest.approx(3)
    assert index.pts.dtype == np.int64
    seconds = (index.pts - index.pts[0]) * float(index.time_base)
    assert seconds == pytest.approx(np.arange(90) / 30)
    assert index.start_frame.tolist() == [0, 30, 60]
    assert index.size == plain_video.stat().st_size


def test_info_is_json(plain_video: Path) -> None:
    info = json.loads(json.dumps(VideoIndex.build(plain_video).to_info()))
    assert info["frames"] == 90
    assert info["codec"] == "h264"
    assert info["time_base"] == "1/90000" or Fraction(info["time_base"]) > 0


@pytest.mark.parametrize("name", ["variable_rate.mp4", "variable_rate.mkv"])
def test_variable_rate_is_told_and_times_are_kept(name: str, video_file: VideoFile) -> None:
    index = VideoIndex.build(video_file(name))
    assert index.variable_rate
    seconds = (index.pts - index.pts[0]) * float(index.time_base)
    wanted = [uneven_times(number) / 90_000 for number in range(90)]
    assert seconds == pytest.approx(wanted, abs=0.001)  # Matroska rounds to milliseconds


@pytest.mark.parametrize("name", ["ntsc.mp4", "ntsc.mkv", "ntsc.ts", "plain.flv", "bframes.avi"])
def test_constant_rate_survives_rounding(name: str, video_file: VideoFile) -> None:
    assert not VideoIndex.build(video_file(name)).variable_rate


def test_one_missing_frame_makes_a_rate_variable(tmp_path: Path) -> None:
    def gap(number: int) -> int:
        return (number + (number >= 60)) * 3000

    path = make_video(tmp_path / "gap.mp4", frames=120, size=(160, 96), times=gap)
    assert VideoIndex.build(path).variable_rate


def test_pts_digest_depends_on_every_time(video_file: VideoFile) -> None:
    index = VideoIndex.build(video_file("ntsc.mp4"))
    pts = index.pts.copy()
    pts[50] += 1
    other = dataclasses.replace(index, pts=pts)
    assert len(index.pts_digest) == 32
    assert index.pts_digest != other.pts_digest


def test_avi_with_bframes_is_numbered_by_output(video_file: VideoFile) -> None:
    index = VideoIndex.build(video_file("bframes.avi"))
    assert index.by_output
    assert (np.diff(index.pts) > 0).all()
    assert not VideoIndex.build(video_file("mpeg4_no_bframes.avi")).by_output


def test_repeated_times_are_moved_apart(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "repeat.mkv",
        frames=40,
        size=(160, 96),
        bframes=0,
        # Less than a millisecond apart, which Matroska rounds to the same time.
        times=lambda number: number * 3000 - (2999 if number == 20 else 0),
    )
    index = VideoIndex.build(path)
    assert index.frame_count == 40
    assert (np.diff(index.packet_pts) == 0).any()
    assert (np.diff(index.pts) > 0).all()


def test_progress_ends_at_the_file_size(plain_video: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    VideoIndex.build(plain_video, lambda done, total: calls.append((done, total)))
    size = plain_video.stat().st_size
    assert calls[-1] == (size, size)
    assert all(done <= size for done, _ in calls)


def test_progress_of_a_full_decode_counts_frames(video_file: VideoFile) -> None:
    calls: list[tuple[int, int | None]] = []
    VideoIndex.build(video_file("bframes.avi"), lambda done, total: calls.append((done, total)))
    assert calls[-1] == (90, 90)


@pytest.mark.parametrize("name", ["plain.mp4", "open_gop.ts", "vp9.webm", "rotated_90.mp4"])
def test_saved_index_comes_back_equal(name: str, video_file: VideoFile, tmp_path: Path) -> None:
    path = video_file(name)
    index = VideoIndex.build(path)
    index.save(tmp_path / "deep" / "frames.idx")
    loaded = VideoIndex.load(tmp_path / "deep" / "frames.idx", path)
    assert loaded is not None
    assert equal(index, loaded)
    # No temporary file is left beside it.
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["frames.idx"]
    with Video(path, loaded) as video, Video(path) as fresh:
        assert np.array_equal(video[40], fresh[40])


def test_no_index_file_is_no_index(plain_video: Path, tmp_path: Path) -> None:
    assert VideoIndex.load(tmp_path / "absent", plain_video) is None
    assert VideoIndex.load(tmp_path, plain_video) is None


def test_index_of_a_changed_video_is_not_taken(plain_video: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(plain_video, tmp_path / "copy.mp4"))
    VideoIndex.build(copy).save(tmp_path / "idx")
    assert VideoIndex.load(tmp_path / "idx", copy) is not None
    os.utime(copy, ns=(0, copy.stat().st_mtime_ns + 1))
    assert VideoIndex.load(tmp_path / "idx", copy) is None
    assert VideoIndex.load(tmp_path / "idx", tmp_path / "gone.mp4") is None


def test_damaged_index_is_not_taken(plain_video: Path, tmp_path: Path) -> None:
    VideoIndex.build(plain_video).save(tmp_path / "idx")
    good = (tmp_path / "idx").read_bytes()
    assert VideoIndex.load(tmp_path / "idx", plain_video) is not None
    damaged = [good[:cut] for cut in (0, 3, 16, 100, len(good) // 2, len(good) - 1)]
    damaged += [good + b"\0"]
    for at in range(0, len(good), max(1, len(good) // 200)):
        damaged.append(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
    for data in damaged:
        (tmp_path / "idx").write_bytes(data)
        assert VideoIndex.load(tmp_path / "idx", plain_video) is None


def test_forged_index_is_not_taken(plain_video: Path, tmp_path: Path) -> None:
    """A checksum is easily made right: what is used as a subscript is checked for itself."""
    index = VideoIndex.build(plain_video)

    def changed(name: str, at: int, value: int) -> VideoIndex:
        array = getattr(index, name).copy()
        array[at] = value
        return dataclasses.replace(index, **{name: array})

    forged = [
        changed("frame_position", 5, 10**6),
        changed("frame_position", 5, -1),
        changed("packet_frame", 5, 10**6),
        changed("packet_frame", 5, 7),
        changed("packet_size", 5, -4),
        changed("start_position", 1, 10**6),
        changed("start_frame", 0, 3),
        changed("start_frame", 2, 1),
        changed("pts", 5, 0),
        dataclasses.replace(index, coded_width=10**6),
        dataclasses.replace(index, rotation=45),
        dataclasses.replace(index, time_base=Fraction(-1, 30)),
    ]
    for false in forged:
        false.save(tmp_path / "idx")
        assert VideoIndex.load(tmp_path / "idx", plain_video) is None


def test_index_of_another_version_is_not_taken(plain_video: Path, tmp_path: Path) -> None:
    VideoIndex.build(plain_video).save(tmp_path / "idx")
    data = bytearray((tmp_path / "idx").read_bytes())
    data[4] += 1
    (tmp_path / "idx").write_bytes(data)
    assert VideoIndex.load(tmp_path / "idx", plain_video) is None


def test_fingerprint_notices_size_and_sampled_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data"
    data = bytearray(5 << 20)
    path.write_bytes(data)
    plain = fingerprint(path)
    assert fingerprint(path) == plain
    prints = {plain}
    for at in (0, len(data) // 15, len(data) - 1):
        other = data.copy()
        other[at] = 1
        path.write_bytes(other)
        prints.add(fingerprint(path))
    path.write_bytes(data + b"\0")
    prints.add(fingerprint(path))
    assert len(prints) == 5
