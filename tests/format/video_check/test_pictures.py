"""Black, frozen and grey pictures, planted in real clips that are encoded anew around them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from reviewer.format.video.check import Flag, Severity, check_video

from tests.format.video_check.clips import clip
from tests.videos import make_video

FRAMES = 80
FIRST, STOP = 30, 55  # of what is planted


def real_pictures(name: str) -> list[np.ndarray]:
    path = clip(name)
    if path is None:
        pytest.skip("REVIEWER_MATERIAL does not name the folder of real test material")
    found = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            found.append(frame.to_ndarray(format="rgb24", width=320, height=192))
            if len(found) == FRAMES:
                break
    return found


def plant_still(pictures: list[np.ndarray]) -> None:
    pictures[FIRST:STOP] = [pictures[FIRST]] * (STOP - FIRST)


def plant_black(pictures: list[np.ndarray]) -> None:
    pictures[FIRST:STOP] = [np.zeros_like(pictures[0])] * (STOP - FIRST)


def plant_grey(pictures: list[np.ndarray]) -> None:
    for number in range(FIRST, STOP):
        spoilt = pictures[number].copy()
        spoilt[96:, :240] = 130  # what a decoder's middle grey is in RGB
        pictures[number] = spoilt


PLANTED = {
    "frozen": (plant_still, Flag.FROZEN),
    "black": (plant_black, Flag.BLACK),
    "concealed": (plant_grey, Flag.CONCEALED),
}
ENCODINGS = {"x.mp4": "libx264", "x.avi": "mpeg4", "x.webm": "libvpx"}


@pytest.mark.parametrize("file", ENCODINGS)
@pytest.mark.parametrize("name", ["cars", "bikes", "opossum"])
@pytest.mark.parametrize("code", PLANTED)
def test_stretches(code: str, name: str, file: str, tmp_path: Path) -> None:
    plant, flag = PLANTED[code]
    pictures = real_pictures(name)
    plant(pictures)
    path = make_video(
        tmp_path / file, frames=FRAMES, size=(320, 192), codec=ENCODINGS[file], pictures=pictures,
        bframes=0 if file == "x.avi" else 2,
    )  # fmt: skip
    report = check_video(path, isolated=False)
    found = report.of(code)
    assert found is not None
    assert found.severity is Severity.WARNING
    marked = np.flatnonzero(report.frame_flags() & flag)
    # Encoders take a few frames until a still picture stands still.
    settle = 0 if code == "black" else 9
    assert marked.min() >= FIRST - 1
    assert marked.max() == STOP - 1
    assert len(marked) >= STOP - FIRST - settle
    assert (report.frame_flags()[: FIRST - 1] & flag == 0).all()
    assert (report.frame_flags()[STOP:] & flag == 0).all()
    assert not (report.frame_flags() & Flag.DAMAGED).any()


@pytest.mark.parametrize("name", ["cars", "bikes", "opossum"])
def test_rate_conversion_by_repeats(name: str, tmp_path: Path) -> None:
    """Every fifth picture shown twice, as from 24 to 30 frames a second."""
    pictures = [p for n, p in enumerate(real_pictures(name)) for _ in range(2 if n % 4 == 3 else 1)]
    # No loss, as otherwise the encoder improves the picture with the repetition.
    path = make_video(
        tmp_path / "x.mp4", frames=len(pictures), size=(320, 192), pictures=pictures,
        options={"qp": "0"}, pix_fmt="yuv444p", bframes=0,
    )  # fmt: skip
    report = check_video(path, isolated=False)
    marked = np.flatnonzero(report.frame_flags() & Flag.DUPLICATED)
    assert marked.tolist() == list(range(4, len(pictures), 5))
    assert report.of("repeated-pictures") is not None
    assert report.of("frozen") is None


def test_fade_in_is_a_note(tmp_path: Path) -> None:
    pictures = real_pictures("cars")
    pictures[:12] = [np.zeros_like(pictures[0])] * 12
    path = make_video(tmp_path / "x.mp4", frames=FRAMES, size=(320, 192), pictures=pictures)
    found = check_video(path, isolated=False).of("black")
    assert found is not None
    assert found.severity is Severity.NOTE
    assert [(span.first, span.stop) for span in found.spans] == [(0, 12)]
