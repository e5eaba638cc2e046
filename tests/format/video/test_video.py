"""Video as a sequence; how much it decodes, seeks and remembers; stills."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reviewer.format.video import Video

from tests.conftest import VARIANTS
from tests.videos import draw_frame, make_video, read_number

VideoFile = Callable[[str], Path]


@pytest.fixture
def video(plain_video: Path) -> Video:
    return Video(plain_video)


def test_is_a_sequence(video: Video) -> None:
    assert len(video) == 90
    assert video[0].dtype == np.uint8
    assert video[0].shape == (360, 640, 3)
    assert read_number(video[-1]) == 89
    assert read_number(video[-90]) == 0
    assert read_number(video[np.int64(12)]) == 12
    for outside in (90, -91, 10**12):
        with pytest.raises(IndexError, match="90 frames"):
            video[outside]
    with pytest.raises(TypeError):
        video["1"]  # type: ignore[call-overload]


def test_slices_are_lazy(video: Video) -> None:
    part = video[10:70:20]
    assert video._decoder.seeks == 0
    assert len(part) == 3
    assert [read_number(picture) for picture in part] == [10, 30, 50]
    assert read_number(part[-1]) == 50
    assert [read_number(picture) for picture in video[::-1][:2]] == [89, 88]
    assert list(part[1:].numbers) == [30, 50]
    with pytest.raises(IndexError):
        part[3]


def test_pictures_cannot_be_changed(video: Video) -> None:
    with pytest.raises(ValueError, match="read-only"):
        video[4][0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        video.frame(4, width=160)[0, 0] = 0


SEQUENTIAL = [
    "plain.mp4", "open_gop.ts", "open_gop.mkv", "vp8_altref.webm", "bframes.avi", "hevc.mp4",
    "fragmented.mp4", "with_sound.ts", "motion_jpeg.avi", "edit_list.mp4", "long_gop.mp4",
]  # fmt: skip


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_reading_in_order_never_seeks(name: str, video_file: VideoFile) -> None:
    with Video(video_file(name), cache_bytes=0) as video:
        for number in range(len(video)):
            assert read_number(video[number]) == number + VARIANTS[name].get("trim", 0)
        assert video._decoder.seeks <= 1  # to the first packet, and not at all after that


def test_small_steps_forward_do_not_seek(video: Video) -> None:
    for number in range(0, 90, 3):
        assert read_number(video[number]) == number
    assert video._decoder.seeks <= 1


def test_scrubbing_backwards_decodes_a_gop_once(video_file: VideoFile) -> None:
    with Video(video_file("long_gop.mp4")) as video:
        for number in range(240, 140, -1):
            assert read_number(video[number]) == number
        assert video._decoder.seeks <= 1


def test_scrubbing_backwards_with_a_small_cache(video_file: VideoFile) -> None:
    size = 320 * 192 * 3 // 2
    with Video(video_file("long_gop.mp4"), cache_bytes=30 * size) as video:
        for number in range(240, 140, -1):
            assert read_number(video[number]) == number
        assert video._decoder.seeks <= 100 // 15


def test_cache_is_bounded(video_file: VideoFile) -> None:
    limit = 4 << 20
    with Video(video_file("long_gop.mp4"), cache_bytes=limit) as video:
        for number in random.Random(1).sample(range(300), 60):
            video[number]
            video.frame(number, width=100)
            assert video._decoder.cache_bytes <= limit * 3 // 4


def test_threads_all_get_their_own_frames(video_file: VideoFile) -> None:
    with Video(video_file("open_gop.mkv")) as video:

        def work(seed: int) -> list[tuple[int, int]]:
            chooser = random.Random(seed)
            seen = []
            for _ in range(25):
                number = chooser.randrange(90)
                kind = chooser.randrange(3)
                if kind == 0:
                    picture = video[number]
                elif kind == 1:
                    picture = video.frame(number, width=160, height=96)
                else:
                    assert number in video.unit(video.unit_of(number)).frames
                    picture = video[number]
                seen.append((number, read_number(picture)))
            return seen

        with ThreadPoolExecutor(6) as pool:
            for seen in pool.map(work, range(6)):
                assert all(number == read for number, read in seen)


def test_what_is_decoded_does_not_wait_for_what_is_being_decoded(video: Video) -> None:
    video.warm(3)
    busy, done = threading.Event(), threading.Event()

    def decode() -> None:
        with video._lock:
            busy.set()
            assert done.wait(60)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(decode)
        assert busy.wait(60)
        assert read_number(video.frame(3, width=160)) == 3
        assert read_number(video[3]) == 3
        done.set()
        other.result()


def test_frames_are_scaled_to_exactly_what_was_asked(video: Video) -> None:
    assert video.frame(33, 161, 47).shape == (47, 161, 3)
    assert video.frame(33, width=160).shape == (90, 160, 3)
    assert video.frame(33, height=180).shape == (180, 320, 3)
    assert video.frame(33) is video[33]
    assert read_number(video.frame(33, width=160)) == 33
    assert read_number(video.frame(-1, width=160)) == 89
    with pytest.raises(ValueError, match="pixel"):
        video.frame(3, width=0)


def test_scaled_frame_looks_like_the_frame(video: Video) -> None:
    small = video.frame(20, 160, 90).astype(int)
    blocks = video[20].reshape(90, 4, 160, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - blocks).mean() < 9


@pytest.mark.parametrize("name", ["plain.mp4", "rotated_90.mp4"])
def test_jpeg_is_the_frame(name: str, video_file: VideoFile) -> None:
    with Video(video_file(name)) as video:
        picture = Image.open(io.BytesIO(video.jpeg(57)))
        assert picture.format == "JPEG"
        assert picture.size == (video.width, video.height)
        assert np.abs(np.asarray(picture).astype(int) - video[57]).mean() < 4
        small = Image.open(io.BytesIO(video.jpeg(57, max_width=160)))
        assert small.width == 160
        assert read_number(np.asarray(small)) == 57
        large = Image.open(io.BytesIO(video.jpeg(57, max_width=10**6)))
        assert large.size == picture.size


def test_units_are_told_for_every_frame(video: Video) -> None:
    table = video.units
    assert table.first_frame.dtype == table.frame_count.dtype == np.int32
    assert table.first_frame[0] == 0
    assert (np.cumsum(table.frame_count)[:-1] == table.first_frame[1:]).all()
    assert table.frame_count.sum() == 90
    assert [video.unit_of(number) for number in (0, 29, 30, 89, -1)] == [0, 0, 1, 2, 2]
    with pytest.raises(IndexError):
        video.unit(len(table))
    with pytest.raises(IndexError):
        video.unit(-1)


def test_decoder_configuration(video: Video, video_file: VideoFile) -> None:
    config = video.decoder_config
    assert config["codec"].startswith("avc1.")
    assert config["codec"][5:].lower() == config["description_hex"][2:8]
    assert (config["codedWidth"], config["codedHeight"]) == (640, 360)
    assert Video(video_file("ntsc.ts")).decoder_config["description_hex"] is None
    assert Video(video_file("ntsc.ts")).decoder_config["codec"].startswith("avc1.")
    assert Video(video_file("rotated_90.mp4")).decoder_config["rotation"] == 90


DECODABLE = {
    "plain.mp4": True, "open_gop.ts": True, "vp8.webm": True, "vp9.webm": True, "av1.mp4": True,
    "hevc.mp4": False, "mpeg4.avi": False, "ten_bits.mp4": False, "motion_jpeg.avi": False,
}  # fmt: skip


@pytest.mark.parametrize("name", DECODABLE)
def test_guess_what_browsers_decode(name: str, video_file: VideoFile) -> None:
    assert Video(video_file(name)).browser_decodable is DECODABLE[name]


STRINGS = {
    "vp8.webm": "vp8", "vp9.webm": "vp09.00.20.08", "av1.mp4": "av01.0.00M.08",
    "hevc.mp4": "hvc1.1.6.L60.90", "hevc.ts": "hev1.1.6.L60.90", "mpeg4.mp4": "",
}  # fmt: skip


@pytest.mark.parametrize("name", STRINGS)
def test_codec_strings(name: str, video_file: VideoFile) -> None:
    assert Video(video_file(name)).index.codec_string == STRINGS[name]


def test_burnt_in_numbers_read_back(tmp_path: Path) -> None:
    """The test videos' own promise: every number below 65,536 reads back, also small."""
    for number in (0, 1, 255, 21_845, 43_690, 65_535):
        picture = draw_frame(number, (320, 192))
        path = tmp_path / f"{number}.mp4"
        make_video(path, frames=1, size=(320, 192), pictures=[picture])
        with Video(path) as video:
            assert read_number(video[0]) == number
            assert read_number(video.frame(0, width=160)) == number
