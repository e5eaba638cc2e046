"""What a user can do wrong, and what a hostile file may try."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from reviewer.format.errors import VideoError
from reviewer.format.video import Video, VideoIndex

from tests.videos import make_video

VideoFile = Callable[[str], Path]


def message_for(path: Path) -> str:
    """The sentence that a path is refused with; it must name the file."""
    with pytest.raises(VideoError) as caught:
        VideoIndex.build(path)
    text = str(caught.value)
    assert path.name in text
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_missing_file(tmp_path: Path) -> None:
    assert "no file" in message_for(tmp_path / "gone.mp4")


def test_folder(tmp_path: Path) -> None:
    assert "folder" in message_for(tmp_path)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert "empty" in message_for(tmp_path / "empty.mp4")


def test_pipe_is_refused_without_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not a regular file" in message_for(tmp_path / "pipe.mp4")


def test_text_file(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("These are notes about a game.\n" * 50)
    assert "text file" in message_for(tmp_path / "notes.mp4")


def test_random_bytes(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(100_000))
    message_for(tmp_path / "noise.mp4")


def test_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        for block in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.int16), "s16", "stereo")
            frame.sample_rate, frame.pts = 48_000, block * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert "no video" in message_for(path)


def test_mp4_cut_off_before_its_index(plain_video: Path, tmp_path: Path) -> None:
    path = tmp_path / "part.mp4"
    data = plain_video.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "cut short" in message_for(path)


def test_permission_denied(plain_video: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(plain_video.read_bytes())
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert "permissions" in message_for(path)


def test_no_frames(video_file: VideoFile, tmp_path: Path) -> None:
    path = tmp_path / "none.mp4"
    with av.open(str(video_file("fragmented.mp4"))) as source, av.open(str(path), "w") as target:
        target.add_stream_from_template(source.streams.video[0])
        target.start_encoding()
    message_for(path)


def test_frames_that_cannot_be_decoded(plain_video: Path, tmp_path: Path) -> None:
    path = tmp_path / "zeros.mp4"
    data = bytearray(plain_video.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov")
    data[start : end - 4] = bytes(end - 4 - start)
    path.write_bytes(data)
    assert "decoded" in message_for(path)


def test_name_with_escape_codes_is_shown_harmless(tmp_path: Path) -> None:
    with pytest.raises(VideoError) as caught:
        VideoIndex.build(tmp_path / "a\x1b[31mred\x07.mp4")
    assert "\x1b" not in str(caught.value)
    assert "red" in str(caught.value)


@pytest.mark.parametrize("name", ["http:x.mp4", "concat:a.mp4", "a%03d.mp4", "-i.mp4", "ü #?.mp4"])
def test_names_are_only_names(
    name: str, plain_video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(plain_video.read_bytes())
    monkeypatch.chdir(tmp_path)
    with Video(name) as video:
        assert len(video) == 90
        assert video[3].shape == (360, 640, 3)


PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:3.0,\n{}\n#EXT-X-ENDLIST\n",
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:3.0,\n{}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "list.avi": "ffconcat version 1.0\nfile '{}'\n",
    "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
    '<AdaptationSet mimeType="video/mp4"><Representation id="1"><BaseURL>{}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_playlists_are_not_followed(name: str, video_file: VideoFile, tmp_path: Path) -> None:
    target = tmp_path / "target.ts"
    target.write_bytes(video_file("ntsc.ts").read_bytes())
    (tmp_path / name).write_text(PLAYLISTS[name].format(target))
    message_for(tmp_path / name)


def test_absurd_dimensions_are_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "huge.mkv", frames=2, size=(320, 288), codec="ffv1")
    data = path.read_bytes()
    # PixelWidth and PixelHeight of the Matroska track.
    width, height = b"\xb0\x82\x01\x40", b"\xba\x82\x01\x20"
    assert data.count(width) == data.count(height) == 1
    data = data.replace(width, b"\xb0\x82\x7f\xff").replace(height, b"\xba\x82\x7f\xff")
    path.write_bytes(data)
    message_for(path)


def test_pictures_beyond_the_limit_are_refused(
    plain_video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewer.format.video.source.MAX_PIXELS", 640 * 360 - 1)
    assert "640 x 360 pixels" in message_for(plain_video)
    monkeypatch.setattr("reviewer.format.video.source.MAX_PIXELS", 640 * 360)
    assert VideoIndex.build(plain_video).frame_count == 90


def test_dimensions_that_grow_later_do_not_grow_the_picture(
    video_file: VideoFile, tmp_path: Path
) -> None:
    """Recordings joined byte by byte may change size; frames keep that of the video."""
    other = make_video(tmp_path / "other.ts", size=(480, 272), frames=30)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(video_file("ntsc.ts").read_bytes() + other.read_bytes())
    with Video(joined) as video:
        assert len(video) == 120
        assert video[100].shape == (192, 320, 3)


def test_file_that_changes_while_open(video_file: VideoFile, tmp_path: Path) -> None:
    path = tmp_path / "changing.ts"
    data = video_file("ntsc.ts").read_bytes()
    path.write_bytes(data)
    with Video(path) as video:
        video[0]
        path.write_bytes(video_file("open_gop.ts").read_bytes()[: len(data) // 2])
        with pytest.raises(VideoError):
            video[89]


def test_file_that_vanishes_while_open(plain_video: Path, tmp_path: Path) -> None:
    path = tmp_path / "vanishing.mp4"
    path.write_bytes(plain_video.read_bytes())
    index = VideoIndex.build(path)
    path.unlink()
    with Video(path, index) as video, pytest.raises(VideoError, match="no file"):
        video[0]


def test_closed_video(plain_video: Path) -> None:
    video = Video(plain_video)
    kept = video[5]
    video.close()
    video.close()
    with pytest.raises(VideoError, match="closed"):
        video[5]
    with pytest.raises(VideoError, match="closed"):
        video.unit(0)
    assert kept.shape == (360, 640, 3)


def test_ffmpeg_prints_nothing(plain_video: Path, tmp_path: Path) -> None:
    """Its lines would garble the terminal: in a process of its own, whose stderr can be read."""
    damaged = tmp_path / "damaged.mp4"
    data = bytearray(plain_video.read_bytes())
    for at in range(data.index(b"mdat") + 20_000, len(data) * 3 // 4, 5_000):
        data[at] ^= 0x55
    damaged.write_bytes(data)
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 100)
    code = """
import sys
from reviewer.format.video import Video
from reviewer.format.errors import VideoError
for path in sys.argv[1:]:
    try:
        video = Video(path)
        for number in range(len(video)):
            try:
                video.jpeg(number)
            except VideoError:
                pass
    except VideoError:
        pass
print("done")
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(damaged), str(tmp_path / "noise.mp4")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "done\n"
    assert run.stderr == ""
