"""Videos that many tests share: made once a session, in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.videos import make_video, uneven_times

# A busy machine is slow, not wrong.
settings.register_profile("reviewer", deadline=None)
settings.load_profile("reviewer")

SMALL: dict[str, Any] = {"size": (320, 192), "frames": 90}

# Name -> how make_video() makes it. Frame i shows number i, or i + 40 in edit_list.mp4.
VARIANTS: dict[str, dict[str, Any]] = {
    "plain.mp4": {"size": (640, 360), "frames": 90},
    "long_gop.mp4": {**SMALL, "frames": 300, "gop": 250, "bframes": 3},
    "no_bframes.mp4": {**SMALL, "bframes": 0},
    "open_gop.mp4": {**SMALL, "open_gop": True, "bframes": 3},
    "open_gop.mkv": {**SMALL, "open_gop": True, "bframes": 3},
    "open_gop.ts": {**SMALL, "open_gop": True, "bframes": 3},
    "variable_rate.mp4": {**SMALL, "times": uneven_times},
    "variable_rate.mkv": {**SMALL, "times": uneven_times},
    "ntsc.mp4": {**SMALL, "rate": Fraction(30000, 1001)},
    "ntsc.ts": {**SMALL, "rate": Fraction(30000, 1001)},
    "ntsc.mkv": {**SMALL, "rate": Fraction(30000, 1001)},
    "edit_list.mp4": {**SMALL, "trim": 40},
    "fragmented.mp4": {**SMALL, "fragmented": True},
    "with_sound.mp4": {**SMALL, "audio": True},
    "with_sound.ts": {**SMALL, "audio": True},
    "intra_refresh.mp4": {**SMALL, "intra_refresh": True, "bframes": 0},
    "rotated_90.mp4": {**SMALL, "rotation": 90},
    "rotated_180.mp4": {**SMALL, "rotation": 180},
    "rotated_270.mov": {**SMALL, "rotation": 270},
    "plain.flv": {**SMALL},
    "bframes.avi": {**SMALL},
    "vp8.webm": {**SMALL, "codec": "libvpx"},
    "vp8_altref.webm": {
        **SMALL,
        "codec": "libvpx",
        "hidden": True,
    },
    "vp9.webm": {**SMALL, "codec": "libvpx-vp9"},
    "vp9_altref.webm": {
        **SMALL,
        "codec": "libvpx-vp9",
        "options": {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "good"},
    },
    "av1.mp4": {**SMALL, "codec": "libsvtav1"},
    "hevc.mp4": {**SMALL, "codec": "libx265"},
    "hevc_open_gop.mkv": {**SMALL, "codec": "libx265", "open_gop": True},
    "hevc.ts": {**SMALL, "codec": "libx265"},
    "interlaced.mp4": {**SMALL, "options": {"flags": "+ilme+ildct"}},
    "ten_bits.mp4": {**SMALL, "pix_fmt": "yuv420p10le"},
    "chroma444.mp4": {**SMALL, "pix_fmt": "yuv444p"},
    "mpeg4.mp4": {**SMALL, "codec": "mpeg4"},
    "mpeg4.avi": {**SMALL, "codec": "mpeg4"},
    "mpeg4_no_bframes.avi": {**SMALL, "codec": "mpeg4", "bframes": 0},
    "mpeg2.mpg": {**SMALL, "codec": "mpeg2video", "gop": 12},
    "mpeg2.ts": {**SMALL, "codec": "mpeg2video", "gop": 12},
    "motion_jpeg.avi": {**SMALL, "codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "lossless.mkv": {**SMALL, "codec": "ffv1"},
    "raw.h264": {**SMALL},
    "one_frame.mp4": {**SMALL, "frames": 1},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run long campaigns at full length")


@pytest.fixture(scope="session")
def videos_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="session")
def video_file(videos_folder: Path) -> Callable[[str], Path]:
    """The path of a variant, by its name in VARIANTS; made when first asked for."""

    def get(name: str) -> Path:
        path = videos_folder / name
        if not path.exists():
            make_video(path, **VARIANTS[name])
        return path

    return get


@pytest.fixture(scope="session")
def plain_video(video_file: Callable[[str], Path]) -> Path:
    """640 x 360, 90 frames, 30 a second, H.264 with B-frames, GOP 30, mp4."""
    return video_file("plain.mp4")


@pytest.fixture(scope="session")
def material() -> Path:
    """The folder of real videos and annotations; tests that need it are skipped without."""
    folder = os.environ.get("REVIEWER_MATERIAL")
    if not folder:
        pytest.skip("REVIEWER_MATERIAL does not name the folder of real test material")
    return Path(folder)
