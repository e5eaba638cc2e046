"""Files that grow, files without an end in sight, huge pictures: answers in bounded memory."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reviewer.format.errors import VideoError
from reviewer.format.video import Video, VideoIndex, video
from reviewer.format.video.check import check_video

from tests.videos import draw_frame, make_video, read_number

VideoFile = Callable[[str], Path]


@pytest.mark.parametrize("name", ["ntsc.ts", "variable_rate.mkv"])
def test_a_file_that_is_still_being_recorded(
    name: str, video_file: VideoFile, tmp_path: Path
) -> None:
    """What was there is exact and stays so; when opened again, there is more."""
    whole = video_file(name).read_bytes()
    all_pts = VideoIndex.build(video_file(name)).pts
    path = tmp_path / name
    path.write_bytes(whole[: len(whole) // 2])
    index = VideoIndex.build(path)
    index.save(tmp_path / "index")
    before = index.frame_count
    assert 20 < before < 90
    with Video(path, index) as half:
        assert read_number(half[0]) == 0
        with path.open("ab") as file:
            file.write(whole[len(whole) // 2 :])
        for frame in (10, before // 2):
            assert read_number(half[frame]) == frame
        # Where the cut fell among B-frames, what came last is a later picture than its place says.
        last = int(all_pts.searchsorted(index.pts[-1]))
        assert last - 3 <= before - 1 <= last
        with contextlib.suppress(VideoError):  # the last packet was cut, and is another one now
            assert read_number(half[before - 1]) == last
    assert VideoIndex.load(tmp_path / "index", path) is None
    with Video(path) as full:
        assert len(full) == 90
        assert read_number(full[89]) == 89


def test_a_file_that_grows_while_it_is_looked_at(video_file: VideoFile, tmp_path: Path) -> None:
    whole = video_file("ntsc.ts").read_bytes()
    path = tmp_path / "growing.ts"
    path.write_bytes(whole[:40_000])
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            for at in range(40_000, len(whole), 4000):
                if stop.is_set():
                    return
                file.write(whole[at : at + 4000])
                file.flush()
                time.sleep(0.002)

    recorder = threading.Thread(target=grow)
    recorder.start()
    try:
        while recorder.is_alive():
            index = VideoIndex.build(path)
            assert 0 < index.frame_count <= 90
            assert check_video(path, quick=True, isolated=False).frame_count <= 90
    finally:
        stop.set()
        recorder.join()
    with Video(path) as done:
        assert [read_number(picture) for picture in done] == list(range(90))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 frames after a single key."""
    path = tmp_path_factory.mktemp("endless") / "endless.mp4"
    return make_video(path, frames=2000, size=(160, 96), gop=100_000)


def test_an_endless_gop_takes_bounded_memory(endless: Path) -> None:
    limit = 2 << 20
    with Video(endless, cache_bytes=limit) as clip:
        assert clip.index.longest_gop == 2000
        for frame in (1999, 1998, 1990, 700, 699, 1500):
            assert read_number(clip[frame]) == frame
            assert clip._decoder.cache_bytes <= limit


def test_an_endless_gop_is_not_sent_whole(endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page decodes it from blocks that the server makes."""
    monkeypatch.setattr(video, "_MAX_UNIT_BYTES", 10_000)
    with Video(endless) as clip:
        assert not clip.browser_decodable
        assert clip.decoder_config["codec"] == ""
        with pytest.raises(VideoError, match="too far from a key frame"):
            clip.unit(0)
        assert clip.proxy_config is not None
        block = clip.proxy_block(3)
        size = clip.proxy_config["block_frames"]
        assert block.frames.tolist() == list(range(3 * size, 4 * size))
        assert block.keys.all()
        assert sum(block.sizes.tolist()) == len(block.data)


_LOOK = """
import re, sys
from pathlib import Path
from reviewer.format.video import Video
from reviewer.format.video.check import check_video
report = check_video(sys.argv[1], isolated=False)
assert report.complete and report.readable, report
with Video(sys.argv[1], cache_bytes=64 << 20) as video:
    for frame in (0, 2, 1):
        assert video.frame(frame, width=160).shape == (90, 160, 3)
    assert video.proxy_config is None
    assert len(video.still(1, 640).jpeg) > 500
# Not ru_maxrss: that is our parent's where it was more.
found = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(int(found[1]) // 1024)
"""


def test_a_16k_picture(tmp_path: Path, request: Any) -> None:
    if not request.config.getoption("--full") or not Path("/proc/self/status").exists():
        pytest.skip("in the long run only")
    size = (15360, 8640)
    pictures = [draw_frame(n, (480, 270)).repeat(32, axis=0).repeat(32, axis=1) for n in range(3)]
    path = make_video(
        tmp_path / "16k.mov", frames=3, size=size, codec="mjpeg", pix_fmt="yuvj420p",
        pictures=pictures,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 1500, "MB"
