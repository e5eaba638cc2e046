"""Bytes changed in HEVC pictures, of which no decoder complains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from reviewer.format.video import VideoIndex
from reviewer.format.video.check import check_video
from reviewer.format.video.check.wavefront import has_wavefronts

from tests.conftest import SMALL
from tests.format.video_check import plant
from tests.videos import make_video


def extradata(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return bytes(container.streams.video[0].codec_context.extradata or b"")


@pytest.mark.parametrize("name", ["hevc.mp4", "hevc.ts", "hevc_open_gop.mkv"])
def test_the_encoder_says_whether_rows_stand_alone(
    name: str, video_file: Callable[[str], Path], tmp_path: Path
) -> None:
    assert has_wavefronts("hevc", extradata(video_file(name)))
    other = {**SMALL, "codec": "libx265", "options": {"x265-params": "wpp=0"}}
    path = make_video(tmp_path / f"without{Path(name).suffix}", **other)
    assert not has_wavefronts("hevc", extradata(path))
    assert not has_wavefronts("h264", b"")


@pytest.mark.parametrize(
    "data", [b"", b"\1" * 22, b"\1" * 60, b"\0\0\1", b"\0\0\1\x44", b"\xff" * 99]
)
def test_parameter_sets_of_any_bytes_are_read(data: bytes) -> None:
    assert has_wavefronts("hevc", data) in (True, False)


@pytest.mark.parametrize("name", ["hevc.mp4", "hevc_open_gop.mkv"])
def test_changed_bytes_are_found_without_a_complaint(
    name: str, video_file: Callable[[str], Path], tmp_path: Path
) -> None:
    source = video_file(name)
    healthy = check_video(source, isolated=False)
    assert "decode-corruption" not in {finding.code for finding in healthy.findings}
    position = 49
    path = tmp_path / f"changed{Path(name).suffix}"
    plant.remux(source, path, plant.flip(position, seed=1))
    index = VideoIndex.build(path)
    found = {f.code: f for f in check_video(path, isolated=False).findings}["decode-corruption"]
    frames = {frame for span in found.spans for frame in range(span.first, span.stop)}
    assert int(index.packet_frame[position]) in frames
    assert max(frames) - min(frames) < 30  # within a GOP
