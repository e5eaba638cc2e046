"""``video.json``: which video a project annotates, and whether the file found is that one."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .codec import dump_json
from .errors import ProjectError, VideoError
from .files import read_bounded, write_atomically
from .layout import FORMAT_VERSION, Layout
from .video import Video, VideoIndex

MAX_FRAMES = 1 << 25  # 13 days at 30 a second; arrays over all frames stay below 256 MiB
MAX_STREAMS = 1 << 10
_MAX_JSON_BYTES = 1 << 20

Progress = Callable[[int, "int | None"], None]


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """What ``video.json`` says. ``file`` is relative to the folder or beside it (``../``)."""

    file: str
    size: int
    fingerprint: str
    frame_count: int
    time_base: Fraction
    codec: str
    width: int
    height: int
    rate: float
    pts_digest: str
    interpolate_over: str  # "frames" or "pts"
    stream: int = 0  # which of the file's video streams

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        return dump_json(
            {
                "version": FORMAT_VERSION,
                "file": self.file,
                "size": self.size,
                "fingerprint": self.fingerprint,
                "frame_count": self.frame_count,
                "time_base": [self.time_base.numerator, self.time_base.denominator],
                "codec": self.codec,
                "width": self.width,
                "height": self.height,
                "rate": self.rate,
                "pts_digest": self.pts_digest,
                "interpolate_over": self.interpolate_over,
                # Nearly every file has but one.
                **({"stream": self.stream} if self.stream else {}),
            }
        )

    @staticmethod
    def of(index: VideoIndex, file: str) -> VideoRecord:
        """The record of a freshly indexed video."""
        return VideoRecord(
            file=file,
            size=index.size,
            fingerprint=index.fingerprint,
            frame_count=index.frame_count,
            time_base=index.time_base,
            codec=index.codec,
            width=index.width,
            height=index.height,
            rate=round(float(index.rate), 6),
            pts_digest=index.pts_digest,
            interpolate_over="pts" if index.variable_rate else "frames",
            stream=index.stream,
        )

    @staticmethod
    def read(path: Path) -> VideoRecord:
        """Read ``video.json``; ProjectError names what is wrong."""
        try:
            data = orjson.loads(read_bounded(path, _MAX_JSON_BYTES))
        except OSError as error:
            raise ProjectError(f"{path} cannot be read ({error.strerror}).") from None
        except ValueError as error:
            raise ProjectError(f"{path} is damaged: {error}. Restore it from git.") from None
        return VideoRecord.parse(data, path)

    @staticmethod
    def parse(data: Any, path: Path) -> VideoRecord:
        """Read the form of the file; ProjectError names ``path`` and what is wrong."""
        if isinstance(data, dict) and data.get("version") != FORMAT_VERSION:
            raise ProjectError(
                f"{path} has format version {data.get('version')!r}; this reviewer knows "
                f"{FORMAT_VERSION}. Install a newer reviewer."
            )
        try:
            numerator, denominator = data["time_base"]
            record = VideoRecord(
                file=_plain_text(data["file"]),
                size=int(data["size"]),
                fingerprint=_plain_text(data["fingerprint"]),
                frame_count=int(data["frame_count"]),
                time_base=Fraction(int(numerator), int(denominator)),
                codec=_plain_text(data["codec"]),
                width=int(data["width"]),
                height=int(data["height"]),
                rate=float(data["rate"]),
                pts_digest=_plain_text(data["pts_digest"]),
                interpolate_over=_plain_text(data["interpolate_over"]),
                stream=int(data.get("stream", 0)),
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise ProjectError(f"{path} is damaged ({error}). Restore it from git.") from None
        if not 0 < record.frame_count < MAX_FRAMES or record.time_base <= 0:
            raise ProjectError(f"{path} promises {record.frame_count} frames: it is damaged.")
        if not 0 <= record.stream < MAX_STREAMS:
            raise ProjectError(f'"stream" in {path} is a number from 0, not {record.stream}.')
        if record.interpolate_over not in ("frames", "pts"):
            raise ProjectError(f'"interpolate_over" in {path} is frames or pts.')
        return record


def _plain_text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"{value!r:.40} where a text belongs")
    return value


def pts_digest(pts: NDArray[np.int64]) -> str:
    """blake2b-128 of the little-endian int64 bytes, hexadecimal."""
    return hashlib.blake2b(pts.astype("<i8").tobytes(), digest_size=16).hexdigest()


def place_of(video: Path, layout: Layout) -> tuple[str, bool]:
    """What ``video.json`` says of where the video is, and whether that alone finds it again: true
    in the folder or beside it; elsewhere only the name is recorded and the path kept locally."""
    root, video = layout.root.resolve(), video.resolve()
    if video.is_relative_to(root):
        return video.relative_to(root).as_posix(), True
    if video.parent == root.parent:
        return f"../{video.name}", True
    return f"../{video.name}", False


def remember_elsewhere(video: Path, layout: Layout) -> None:
    """Keep, on this machine only, where a video lies that is not beside the folder."""
    write_atomically(layout.video_elsewhere, os.fsencode(video.resolve()), layout.temporary)


def find(record: VideoRecord, layout: Layout) -> Path:
    """The video's path; VideoError says where it was looked for."""
    root = layout.root.resolve()
    beside = (root / record.file).resolve()
    # a cloned project is not trusted to name any file of this machine
    if (beside.is_relative_to(root) or beside.parent == root.parent) and beside.is_file():
        return beside
    try:
        elsewhere = Path(os.fsdecode(read_bounded(layout.video_elsewhere, 4096)))
        if elsewhere.is_file() and elsewhere.name == Path(record.file).name:
            return elsewhere
    except (OSError, ValueError):
        pass
    name = Path(record.file).name
    raise VideoError(
        f'The video "{name}" is missing: put it at {root / name} or {root.parent / name}. '
        f"The annotations stay readable."
    )


def attach(record: VideoRecord, layout: Layout, progress: Progress | None = None) -> Video:
    """Open the project's video; VideoError names how the file found differs from the recorded."""
    path = find(record, layout)
    size = path.stat().st_size
    if size != record.size:
        raise _other(path, f"it is {size:,} bytes and not {record.size:,}")
    index = VideoIndex.load(layout.frame_index, path, record.stream)
    if index is None:
        index = VideoIndex.build(path, progress, record.stream)
        if os.access(layout.local, os.W_OK) and not layout.local.is_symlink():
            with contextlib.suppress(OSError):  # a full disk: the next opening scans again
                index.save(layout.frame_index)
    if index.fingerprint != record.fingerprint:
        raise _other(path, "its content differs")
    if index.frame_count != record.frame_count:
        raise _other(path, f"it has {index.frame_count} frames and not {record.frame_count}")
    if index.pts_digest != record.pts_digest:
        raise _other(path, "its frames have other times")
    return Video(path, index=index)


def _other(path: Path, difference: str) -> VideoError:
    return VideoError(
        f"{path} is not the video this project was made for: {difference}. Put the original back; "
        f"the annotations stay readable meanwhile."
    )
