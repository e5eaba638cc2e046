"""A damaged stretch costs one pass, not one for each frame, and whatever can be shown is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.errors import VideoError
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.decode import FrameDecoder

from tests.videos import read_number

VideoFile = Callable[[str], Path]


def zeroed(source: Path, target: Path, positions: list[int]) -> Path:
    """The same file, with zeros in the place of some packets."""
    data = bytearray(source.read_bytes())
    index = VideoIndex.build(source)
    for position in positions:
        at, size = int(index.packet_pos[position]), int(index.packet_size[position])
        # Matroska's blocks begin with a few bytes of their own.
        skip = 16 if source.suffix in (".mkv", ".webm") else 0
        data[at + skip : at + size] = bytes(size - skip)
    target.write_bytes(data)
    return target


def read_all(decoder: FrameDecoder, frames: range) -> list[int]:
    """The frames that give a picture."""
    good = []
    for frame in frames:
        try:
            decoder.read(frame)
            good.append(frame)
        except VideoError:
            pass
    return good


LOST = [70, 71, 75, 90, 91, 92, 130]


def test_lost_frames_are_passed_without_starting_over(
    video_file: VideoFile, tmp_path: Path
) -> None:
    """One GOP of 90 and more frames, no room to remember them."""
    source = video_file("long_gop.mp4")
    clean = VideoIndex.build(source)
    positions = [int(clean.frame_position[frame]) for frame in LOST]
    path = zeroed(source, tmp_path / "holes.mp4", positions)
    index = VideoIndex.build(path)
    assert index.frame_count == clean.frame_count
    decoder = FrameDecoder(index, str(path), cache_bytes=0)
    try:
        good = read_all(decoder, range(index.frame_count))
        assert sorted(set(range(index.frame_count)) - set(good)) == LOST
        # Once more from the start when the damage is noticed, and once a GOP.
        assert decoder.seeks <= 4
    finally:
        decoder.close()


def test_whichever_way_it_is_read(video_file: VideoFile, tmp_path: Path) -> None:
    source = video_file("long_gop.mp4")
    clean = VideoIndex.build(source)
    path = zeroed(source, tmp_path / "holes.mp4", [int(clean.frame_position[f]) for f in LOST])
    random = np.random.default_rng(3)
    some = random.permutation(range(60, 140)).tolist()
    for order in (range(60, 140), range(139, 59, -1), some):
        with Video(path, cache_bytes=1 << 20) as video:
            for frame in order:
                if frame in LOST:
                    with pytest.raises(VideoError, match=f"Frame {frame} of"):
                        video[frame]
                else:
                    assert video[frame].shape == (192, 320, 3)


@pytest.mark.parametrize("name", ["plain.mp4", "no_bframes.mp4", "open_gop.ts", "vp9.webm"])
@pytest.mark.parametrize("position", [0, 3, 20])
def test_damage_at_the_beginning_moves_no_number(
    name: str, position: int, video_file: VideoFile, tmp_path: Path
) -> None:
    """Labels made on the intact file keep their frames."""
    source = video_file(name)
    clean = VideoIndex.build(source)
    if name.endswith(".ts"):  # packets are cut up there: spoil what lies behind the first part
        data = bytearray(source.read_bytes())
        at = int(clean.packet_pos[position]) + 188
        data[at + 20 : at + 180] = bytes(160)
        path = tmp_path / name
        path.write_bytes(data)
    else:
        path = zeroed(source, tmp_path / name, [position])
    with Video(path) as video:
        assert len(video) == clean.frame_count
        np.testing.assert_array_equal(video.pts, clean.pts)
        for frame in range(60, 90):
            assert read_number(video[frame]) == frame
