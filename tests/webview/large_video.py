"""A 1080p test video in seconds rather than minutes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.videos import draw_frame, make_video


class Enlarged(Sequence[np.ndarray]):
    """Numbered frames, drawn small and enlarged: drawing at 1080p takes longer than encoding."""

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return self._frames

    def __getitem__(self, number):  # type: ignore[no-untyped-def]
        return draw_frame(number, (480, 270)).repeat(4, axis=0).repeat(4, axis=1)


def make_1080p(path: Path, frames: int, gop: int) -> Path:
    """1920 x 1080 H.264 with 3 B-frames; made only when it is not there."""
    if not path.exists():
        half_made = path.with_name("half-" + path.name)
        make_video(
            half_made,
            frames=frames,
            size=(1920, 1080),
            gop=gop,
            bframes=3,
            pictures=Enlarged(frames),
        )
        half_made.rename(path)
    return path
