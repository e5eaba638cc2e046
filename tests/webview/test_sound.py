"""The sound beside the frames: taken out of the video once, and served piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest
from reviewer.format.errors import VideoError
from reviewer.format.sound import sound_file, sound_track
from reviewer.webview.server import Server

from reviewer import Project

from .conftest import OpenWindow


def length_s(path: Path) -> float:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame for packet in container.demux(stream) for frame in packet.decode()]
    return sum(frame.samples for frame in frames) / frames[0].sample_rate


@pytest.mark.parametrize("name", ["with_sound.mp4", "with_sound.ts"])
def test_packets_are_taken_as_they_are_and_kept(
    tmp_path: Path, video_file: Callable[[str], Path], name: str
) -> None:
    with Project.create(tmp_path / "p", video_file(name)) as project:
        track = sound_track(project)
        assert track is not None
        assert track.codec == "aac"
        assert abs(track.offset_s) < 0.1
        sound = sound_file(project)
        assert sound.media_type == "audio/mp4"
        seconds = len(project.video) / 30
        assert length_s(sound.path) == pytest.approx(seconds, abs=0.15)
        made = sound.path.stat().st_mtime_ns
        assert sound_file(project).path.stat().st_mtime_ns == made
        opus = sound_file(project, opus=True)
        assert opus.media_type == "audio/webm"
        assert length_s(opus.path) == pytest.approx(seconds, abs=0.15)
        assert list((project.path / ".reviewer" / "tmp").glob("*.sound")) == []


def test_what_browsers_do_not_play_becomes_opus_at_its_time(tmp_path: Path) -> None:
    """PCM that begins half a second after the pictures, with a second missing in the middle."""
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(40):
            picture = np.full((64, 64, 3), 5 * number, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(video.encode(None))
        for block in (*range(5, 15), *range(25, 40)):
            loud = np.full((1, 800), 8000 if block < 25 else -8000, np.int16)
            frame = av.AudioFrame.from_ndarray(loud, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8000, block * 800
            container.mux(sound.encode(frame))
    with Project.create(tmp_path / "p", path) as project:
        track = sound_track(project)
        assert track is not None
        assert track.offset_s == pytest.approx(0.5, abs=0.01)
        made = sound_file(project)
        assert length_s(made.path) == pytest.approx(3.5, abs=0.1)
        stopped = threading.Event()
        stopped.set()
        made.path.unlink()
        with pytest.raises(VideoError, match="not finished"):
            sound_file(project, stop=stopped)
        assert not made.path.exists()


def test_a_silent_video_says_so(project: Project) -> None:
    assert sound_track(project) is None
    with pytest.raises(VideoError, match="has no sound"):
        sound_file(project)


async def test_the_page_plays_it_with_the_frames_and_not_when_it_is_fast(
    tmp_path: Path, video_file: Callable[[str], Path], open_window: OpenWindow
) -> None:
    with Project.create(tmp_path / "p", video_file("with_sound.mp4")) as project:
        server = Server([project])
        server.start()
        try:
            async with aiohttp.ClientSession() as session:
                bearer = {"Authorization": f"Bearer {server.token}"}
                url = f"{server.address}/api/0/sound/track"
                async with session.get(url) as refused:
                    assert refused.status == 401
                async with session.get(url, headers={**bearer, "Range": "bytes=4-11"}) as answer:
                    assert answer.status == 206
                    assert (await answer.read())[:4] == b"ftyp"
            window = await open_window(server.url)
            button = window.page.get_by_role("button", name="Sound")
            await button.wait_for()
            await window.page.get_by_label("Speed").select_option("0.5")
            await window.page.keyboard.press("Space")
            await window.until("reviewer.frame > 5 && reviewer.sound !== null")
            heard = await window.until("reviewer.frame > 20 && reviewer.sound")
            assert heard["seconds"] == pytest.approx(heard["frame"] / 30, abs=0.2)
            await window.page.get_by_label("Speed").select_option("4")
            await window.until("reviewer.sound === null || !reviewer.playing")
            assert await window.js("reviewer.sound") is None
        finally:
            server.stop()
