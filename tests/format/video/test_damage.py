"""Recordings that begin or end in the middle, were joined, or are damaged inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from reviewer.format.errors import VideoError
from reviewer.format.video import Video, VideoIndex

from tests.format.video.reference import decode_everything, stored_checksum
from tests.videos import make_video, read_number

VideoFile = Callable[[str], Path]


def same_as_plain_decoding(path: Path) -> Video:
    reference = decode_everything(path)
    video = Video(path)
    assert len(video) == len(reference)
    for number in [*range(len(video) - 1, -1, -7), *range(len(video))]:
        assert stored_checksum(video, number) == reference[number].checksum
    return video


@pytest.mark.parametrize("name", ["open_gop.ts", "hevc.ts", "mpeg2.ts"])
@pytest.mark.parametrize("cut", [0.2, 0.4, 0.55])
def test_recording_that_begins_in_the_middle(
    name: str, cut: float, video_file: VideoFile, tmp_path: Path
) -> None:
    data = video_file(name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[188 * int(len(data) * cut / 188) :])
    with same_as_plain_decoding(path) as video:
        assert 0 < len(video) < 90
        assert read_number(video[0]) > 0
        assert read_number(video[len(video) - 1]) == 89


@pytest.mark.parametrize("name", ["open_gop.mkv", "fragmented.mp4", "plain.flv", "vp8.webm"])
def test_recording_that_ends_in_the_middle(
    name: str, video_file: VideoFile, tmp_path: Path
) -> None:
    """What the broken end does not give is no frame: every frame there is can be shown."""
    data = video_file(name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) * 2 // 3])
    reference = decode_everything(path)
    with Video(path) as video:
        assert len(video) == len(reference)
        for number in range(len(video) - 3):
            assert read_number(video[number]) == number
        for number in range(len(video)):
            assert video[number].shape == (192, 320, 3)


def test_joined_recordings_are_shown_one_after_the_other(
    video_file: VideoFile, tmp_path: Path
) -> None:
    """Their times begin anew in the middle."""
    path = tmp_path / "joined.ts"
    path.write_bytes(video_file("ntsc.ts").read_bytes() + video_file("open_gop.ts").read_bytes())
    with same_as_plain_decoding(path) as video:
        numbers = [read_number(picture) for picture in video]
        assert numbers == [*range(90), *range(90)]
        assert (np.diff(video.pts) > 0).all()


def test_frame_that_cannot_be_decoded_keeps_its_number(
    video_file: VideoFile, tmp_path: Path
) -> None:
    """Later frames must not slide: their annotations are by number."""
    path = tmp_path / "hole.mp4"
    data = bytearray(video_file("no_bframes.mp4").read_bytes())
    index = VideoIndex.build(video_file("no_bframes.mp4"))
    at, size = int(index.packet_pos[40]), int(index.packet_size[40])
    data[at : at + size] = bytes(size)
    path.write_bytes(data)
    with Video(path) as video:
        assert len(video) == 90
        for _ in range(2):
            with pytest.raises(VideoError, match=r"Frame 40 of .*hole\.mp4"):
                video[40]
        assert read_number(video[39]) == 39
        assert read_number(video[60]) == 60
        assert read_number(video[35]) == 35


def test_times_stored_for_decoding_only(video_file: VideoFile, tmp_path: Path) -> None:
    """Matroska made from AVI keeps only decoding times (the VfW compatibility mode)."""
    path = tmp_path / "vfw.mkv"
    with av.open(str(video_file("mpeg4.avi"))) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    with same_as_plain_decoding(path) as video:
        assert [read_number(picture) for picture in video] == list(range(90))


def test_recovery_without_keys(tmp_path: Path) -> None:
    """Intra refresh, begun in the middle: no key at all, pictures come once they are whole."""
    whole = make_video(
        tmp_path / "whole.ts", size=(320, 192), frames=200, intra_refresh=True, bframes=0
    ).read_bytes()
    path = tmp_path / "part.ts"
    path.write_bytes(whole[188 * (len(whole) // 376) :])
    with same_as_plain_decoding(path) as video:
        assert len(video) > 20
        assert not video.browser_decodable


def test_cover_art_is_not_the_video(plain_video: Path, tmp_path: Path) -> None:
    path = tmp_path / "cover.mp4"
    with av.open(str(plain_video)) as source, av.open(str(path), "w") as target:
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = target.add_stream_from_template(source.streams.video[0], opaque=True)
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        for packet in [*cover.encode(picture), *cover.encode(None)]:
            target.mux(packet)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    with av.open(str(path)) as container:
        art = [s.disposition & av.stream.Disposition.attached_pic for s in container.streams.video]
    assert any(art), "the file has no cover art"
    with Video(path) as video:
        assert len(video) == 90
        assert read_number(video[33]) == 33
