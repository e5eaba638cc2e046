"""The frame index: what frame *i* is, when it is shown, and where its data lies."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from .numbering import Int32s
from .scan import Int64s, Progress


@dataclass(frozen=True, eq=False, repr=False)
class VideoIndex:
    """Everything about a video that is learnt by reading its packets once.

    Frames are numbered from 0 in the order a decoder presents them. ``pts`` are in units of
    ``time_base`` seconds, strictly increasing. ``packet_*`` describe the packets in decode order
    (n packets); ``start_*`` the places where decoding can begin (k starts).
    """

    size: int  # bytes
    mtime_ns: int
    fingerprint: str
    container: str  # FFmpeg's name, e.g. "mov,mp4,m4a,3gp,3g2,mj2"
    codec: str
    codec_string: str
    extradata: bytes
    pixel_format: str
    time_base: Fraction
    rate: float  # frames per second; a label, for no calculation
    coded_width: int
    coded_height: int
    rotation: int  # degrees clockwise that turn the decoded picture upright
    sample_aspect_ratio: Fraction  # width of a stored pixel over its height
    by_output: bool  # presentation times are missing or wrong: numbered by order of output
    pts: Int64s  # (frames,)
    frame_position: Int32s  # (frames,) packet of each frame
    packet_frame: Int32s  # (n,) frame of each packet, -1 not shown
    packet_pts: Int64s  # (n,) scan.NONE where absent
    packet_dts: Int64s  # (n,)
    packet_pos: Int64s  # (n,) byte offset in the file, -1 unknown
    packet_size: Int64s  # (n,) bytes
    start_position: Int32s  # (k,) packet
    start_frame: Int32s  # (k,) first frame that comes out right; ascending, the first is 0
    start_key: Int32s  # (k,) 1 when the packet is a key, 0 when it is merely the first
    new_parameters: bool  # the decoder's configuration changes on the way
    stream: int  # which of the file's video streams this is, from 0
    streams: int  # how many there are

    @classmethod
    def build(
        cls, path: str | os.PathLike[str], progress: Progress | None = None, stream: int = 0
    ) -> VideoIndex:
        """Read all packets of a file's video stream, chosen by its number from 0.

        Raises VideoError for whatever is not a usable video.

        ``progress(done, total)`` is called with bytes, at most 20 times a second; when the file
        has no usable presentation times everything is decoded, and it is then called with frames.
        """
        from .build import build_index

        return build_index(path, progress, stream)

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __repr__(self) -> str:
        return (
            f"<VideoIndex: {self.frame_count} frames, {self.codec}, {self.width} x {self.height}>"
        )

    @property
    def frame_count(self) -> int:
        return len(self.pts)

    @property
    def width(self) -> int:
        """Pixels, as displayed (after rotation)."""
        return self.coded_height if self.rotation in (90, 270) else self.coded_width

    @property
    def height(self) -> int:
        """Pixels, as displayed (after rotation)."""
        return self.coded_width if self.rotation in (90, 270) else self.coded_height

    @cached_property
    def pts_digest(self) -> str:
        """Hex blake2b-128 of the pts as little-endian int64."""
        return hashlib.blake2b(self.pts.astype("<i8").tobytes(), digest_size=16).hexdigest()

    @cached_property
    def variable_rate(self) -> bool:
        """Whether frames are unevenly spaced in time: a variable rate, a gap, a repeat."""
        return _is_uneven(self.pts)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last, which lasts as long as average."""
        span = int(self.pts[-1] - self.pts[0])
        ticks = span * self.frame_count / (self.frame_count - 1) if self.frame_count > 1 else 0
        return float(ticks * self.time_base) or (1 / self.rate if self.rate else 0.0)

    def start_of(self, frame: int) -> int:
        """Which start decoding has to begin at to get a frame: an index into ``start_*``."""
        return int(np.searchsorted(self.start_frame, frame, side="right")) - 1

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the index to a file, atomically. Raises OSError."""
        from .index_file import write_index

        write_index(self, file)

    @staticmethod
    def load(
        file: str | os.PathLike[str], video_path: str | os.PathLike[str], stream: int = 0
    ) -> VideoIndex | None:
        """An index saved earlier; None if absent, damaged, of another version, of another video or
        of another of its streams.

        The video must have the size and modification time that it had.
        """
        from .index_file import read_index

        index = read_index(file, video_path)
        return index if index is not None and index.stream == stream else None

    def to_info(self) -> dict[str, Any]:
        """A JSON-able summary for people and scripts."""
        return {
            "frames": self.frame_count,
            "width": self.width,
            "height": self.height,
            "rotation": self.rotation,
            "sample_aspect_ratio": str(self.sample_aspect_ratio),
            "codec": self.codec,
            "codec_string": self.codec_string,
            "pixel_format": self.pixel_format,
            "container": self.container,
            "stream": self.stream,
            "streams": self.streams,
            "rate": round(self.rate, 6),
            "variable_rate": self.variable_rate,
            "duration": round(self.duration, 6),
            "time_base": str(self.time_base),
            "first_pts": int(self.pts[0]),
            "last_pts": int(self.pts[-1]),
            "pts_digest": self.pts_digest,
            "numbered_by": "output order" if self.by_output else "presentation time",
            "keyframes": int(self.start_key.sum()),
            "longest_gop": self.longest_gop,
            "size": self.size,
            "fingerprint": self.fingerprint,
        }

    @property
    def longest_gop(self) -> int:
        """The most frames between two places where decoding can begin."""
        return int(np.diff(self.start_frame, append=self.frame_count).max())


def _is_uneven(pts: Int64s) -> bool:
    if len(pts) < 3:
        return False
    steps = np.diff(pts)
    if steps.min() == steps.max():
        return False
    step = (int(pts[-1]) - int(pts[0])) / (len(pts) - 1)
    off = np.abs(pts - pts[0] - step * np.arange(len(pts))).max()
    if step >= 4:  # ticks are finer than frames: allow rounding and a slight jitter
        return bool(off > max(1.0, step / 4))
    # Ticks are as coarse as frames: differences must be rounding.
    fraction = step % 1
    return not (off <= 0.75 and 0.05 < fraction < 0.95)
