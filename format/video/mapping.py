"""Which frame of one video is which frame of another: a value, and the file it is kept in."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from ..errors import VideoError
from .index import VideoIndex
from .scan import MAX_PACKETS
from .source import quoted

Int64s = npt.NDArray[np.int64]

VERSION = 1
MAX_BYTES = 64 << 20
MAX_FRAMES = MAX_PACKETS  # what an index can have
_MAX_TEXT = 4096


@dataclass(frozen=True)
class VideoIdentity:
    """What tells one video from another: ``file`` is only its name, for people."""

    file: str
    size: int  # bytes
    fingerprint: str
    frame_count: int
    time_base: Fraction  # seconds per unit of pts
    pts_digest: str  # hex blake2b-128 of the pts as little-endian int64

    @staticmethod
    def of(index: VideoIndex, file: str) -> VideoIdentity:
        """The identity of an indexed video."""
        return VideoIdentity(
            file, index.size, index.fingerprint, index.frame_count, index.time_base,
            index.pts_digest,
        )  # fmt: skip

    def is_video(self, fingerprint: str, pts_digest: str) -> bool:
        """Whether this is the video with that content and those times."""
        return self.fingerprint == fingerprint and self.pts_digest == pts_digest

    def to_json(self) -> dict[str, Any]:
        """The form kept in mapping files."""
        return {
            "file": self.file.encode("utf-8", "replace").decode(),
            "size": self.size,
            "fingerprint": self.fingerprint,
            "frame_count": self.frame_count,
            "time_base": [self.time_base.numerator, self.time_base.denominator],
            "pts_digest": self.pts_digest,
        }

    @staticmethod
    def from_json(data: Any) -> VideoIdentity:
        """Read :meth:`to_json`'s form; ValueError, KeyError or TypeError when malformed."""
        numerator, denominator = data["time_base"]
        found = VideoIdentity(
            _text(data["file"]), _whole(data["size"]), _text(data["fingerprint"]),
            _whole(data["frame_count"]), Fraction(_whole(numerator), _whole(denominator) or 1),
            _text(data["pts_digest"]),
        )  # fmt: skip
        if not 0 < found.frame_count < MAX_FRAMES:
            raise ValueError(f"a video of {found.frame_count} frames")
        return found


@dataclass(frozen=True, eq=False)
class FrameMapping:
    """``partner`` int64 ``(old.frame_count,)``: the new frame that shows what the old one showed,
    -1 where there is none. Partners ascend, so no new frame has two. Frames are 0-based."""

    old: VideoIdentity
    new: VideoIdentity
    partner: Int64s

    def __post_init__(self) -> None:
        check_partners(self.partner, self.old.frame_count, self.new.frame_count)
        self.partner.flags.writeable = False

    @property
    def placed(self) -> int:
        """How many old frames have a partner."""
        return int((self.partner >= 0).sum())

    @property
    def lost(self) -> Int64s:
        """Old frames without a partner, int64 ascending."""
        return np.flatnonzero(self.partner < 0)

    @property
    def added(self) -> Int64s:
        """New frames that are nobody's partner, int64 ascending."""
        return np.flatnonzero(invert(self.partner, self.new.frame_count) < 0)

    def inverse(self) -> FrameMapping:
        """The way back."""
        return FrameMapping(self.new, self.old, invert(self.partner, self.new.frame_count))

    def to_bytes(self) -> bytes:
        """The mapping file. ``runs`` lists [first old frame, first new frame, number of frames]
        of stretches that moved together; old frames in no run have no partner."""
        value = {
            "reviewer_mapping": VERSION,
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "runs": to_runs(self.partner),
        }
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)

    @staticmethod
    def from_bytes(data: bytes) -> FrameMapping:
        """Read :meth:`to_bytes`'s form; ValueError, KeyError or TypeError when malformed."""
        value = orjson.loads(data)
        if not isinstance(value, dict) or "reviewer_mapping" not in value:
            raise ValueError("it is not a mapping of frames")
        if value["reviewer_mapping"] != VERSION:
            raise ValueError(f"its version is {str(value['reviewer_mapping'])[:20]}, not {VERSION}")
        old = VideoIdentity.from_json(value["old"])
        new = VideoIdentity.from_json(value["new"])
        return FrameMapping(old, new, from_runs(value["runs"], old.frame_count, new.frame_count))

    @staticmethod
    def load(path: str | os.PathLike[str]) -> FrameMapping:
        """Read a mapping file; VideoError says what is wrong with it."""
        name = quoted(path)
        try:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise ValueError(f"it has over {MAX_BYTES >> 20} MiB")
            return FrameMapping.from_bytes(data)
        except OSError as error:
            raise VideoError(f"The mapping {name} cannot be read ({error.strerror}).") from None
        except (ValueError, KeyError, TypeError) as error:
            what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise VideoError(
                f"The mapping {name} cannot be used: {quoted(what[:200])}; make it anew with "
                f"reviewer restripe, or go without."
            ) from None

    def save(self, path: Path) -> None:
        """Write the mapping file, whole or not at all. OSError when that fails."""
        temporary = path.with_name(f".{secrets.token_hex(6)}.mapping.part")
        try:
            with open(temporary, "xb") as file:
                file.write(self.to_bytes())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def mapping_path(video: Path) -> Path:
    """Where the mapping to a video is kept: beside it."""
    return video.with_name(video.name + ".mapping.json")


def check_partners(partner: Int64s, old_count: int, new_count: int) -> None:
    """ValueError unless ``partner`` is an ascending mapping of ``old_count`` frames."""
    if partner.shape != (old_count,):
        raise ValueError(f"it maps {len(partner)} frames of {old_count}")
    placed = partner[partner >= 0]
    if len(placed) and (placed[-1] >= new_count or (np.diff(placed) <= 0).any()):
        raise ValueError("its frames do not ascend within the new video")


def invert(partner: Int64s, new_count: int) -> Int64s:
    """Old frame of each new one, int64 ``(new_count,)``, -1 where there is none."""
    out = np.full(new_count, -1, np.int64)
    placed = np.flatnonzero(partner >= 0)
    out[partner[placed]] = placed
    return out


def to_runs(partner: Int64s) -> list[list[int]]:
    """[first old, first new, count] of stretches that moved together."""
    placed = np.flatnonzero(partner >= 0)
    if not len(placed):
        return []
    there = partner[placed]
    breaks = np.flatnonzero((np.diff(placed) != 1) | (np.diff(there) != 1)) + 1
    starts = np.concatenate(([0], breaks))
    counts = np.diff(np.append(starts, len(placed)))
    return np.stack([placed[starts], there[starts], counts], axis=1).tolist()  # type: ignore[no-any-return]


def from_runs(runs: Any, old_count: int, new_count: int) -> Int64s:
    """Undo :func:`to_runs`; ValueError or TypeError when the runs are not those of a mapping."""
    out = np.full(old_count, -1, np.int64)
    old_done = new_done = 0
    for run in runs:
        first, there, count = map(_whole, run)
        if first < old_done or there < new_done or count < 1:
            raise ValueError("its runs do not ascend")
        old_done, new_done = first + count, there + count
        if old_done > old_count or new_done > new_count:
            raise ValueError("its runs go beyond the videos")
        out[first:old_done] = np.arange(there, new_done)
    return out


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 62:
        raise ValueError(f"{str(value)[:40]} where a whole number belongs")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise ValueError(f"{str(value)[:40]} where a text belongs")
    return value
