"""The change of a project's video as a value: the same door, journal and undo as every edit."""

from __future__ import annotations

import struct
import time as clock
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import zstandard

from ..attach import MAX_FRAMES, VideoRecord
from ..edit import CellsChange, Edit, new_edit_id
from ..video.mapping import check_partners, from_runs, invert, to_runs

Int64s = npt.NDArray[np.int64]

_HEAD = struct.Struct("<I")


def _no_frames() -> Int64s:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class RemapEdit(Edit):
    """From one video to another. ``partner`` int64 ``(old frames,)``: new frame of each old one,
    -1 none, ascending. ``cells`` are the keyframes whose frame has no partner, in the old
    numbering; their new value is fill where they were set aside, and the old one where it takes
    effect at a later frame. ``restore``, in the new numbering, is what an undo
    brings back; it is not journaled, as the next undo finds it in ``cells`` again.

    ``old_path`` and ``new_path`` are where the videos lie on this machine.
    """

    old_video: VideoRecord | None = None
    new_video: VideoRecord | None = None
    old_pts: Int64s = field(default_factory=_no_frames)
    new_pts: Int64s = field(default_factory=_no_frames)
    partner: Int64s = field(default_factory=_no_frames)
    old_path: str = ""
    new_path: str = ""
    restore: tuple[CellsChange, ...] = ()

    def __bool__(self) -> bool:
        return True

    @property
    def videos(self) -> tuple[VideoRecord, VideoRecord]:
        """The old record and the new one."""
        assert self.old_video is not None
        assert self.new_video is not None
        return self.old_video, self.new_video

    def invert(self) -> RemapEdit:
        """The way back, with everything that went missing on the way here."""
        return replace(
            self,
            old_video=self.new_video,
            new_video=self.old_video,
            old_pts=self.new_pts,
            new_pts=self.old_pts,
            partner=invert(self.partner, len(self.new_pts)),
            old_path=self.new_path,
            new_path=self.old_path,
            restore=self.cells,
            cells=(),
            id=new_edit_id(),
            time=clock.time(),
        )

    def to_bytes(self) -> bytes:
        """The journal's form: a JSON header, both pts (zstd), and the edit of the cells."""
        old, new = self.videos
        parts = [
            zstandard.ZstdCompressor(level=3).compress(self.old_pts.astype("<i8").tobytes()),
            zstandard.ZstdCompressor(level=3).compress(self.new_pts.astype("<i8").tobytes()),
            Edit.to_bytes(self),
        ]
        header = {
            "old": orjson.Fragment(old.to_bytes()),
            "new": orjson.Fragment(new.to_bytes()),
            "runs": to_runs(self.partner),
            "paths": [_printable(self.old_path), _printable(self.new_path)],
            "parts": [len(part) for part in parts],
        }
        head = orjson.dumps(header)
        return _HEAD.pack(len(head)) + head + b"".join(parts)

    @staticmethod
    def from_bytes(data: bytes) -> RemapEdit:
        """Read :meth:`to_bytes`'s form; ValueError, KeyError or TypeError when malformed."""
        if len(data) < _HEAD.size:
            raise ValueError("a record that ends too early")
        (length,) = _HEAD.unpack_from(data)
        header = orjson.loads(data[_HEAD.size : _HEAD.size + length])
        position = _HEAD.size + length
        parts: list[bytes] = []
        for size in header["parts"]:
            if size < 0 or position + size > len(data):
                raise ValueError("a record that ends too early")
            parts.append(data[position : position + size])
            position += size
        packed_old, packed_new, cells = parts
        old = VideoRecord.parse(header["old"], Path("the journal"))
        new = VideoRecord.parse(header["new"], Path("the journal"))
        inner = Edit.from_bytes(cells)
        partner = from_runs(header["runs"], old.frame_count, new.frame_count)
        check_partners(partner, old.frame_count, new.frame_count)
        old_path, new_path = header["paths"]
        return RemapEdit(
            cells=inner.cells, label=inner.label, author=inner.author, time=inner.time,
            id=inner.id, undoes=inner.undoes, redoes=inner.redoes,
            old_video=old, new_video=new, partner=partner,
            old_pts=_pts(packed_old, old.frame_count), new_pts=_pts(packed_new, new.frame_count),
            old_path=str(old_path), new_path=str(new_path),
        )  # fmt: skip


def renumbered(edit: Edit, partner: Int64s) -> Edit:
    """An edit made before the frames were renumbered, as one made after: cells of frames without
    a partner are left out."""
    cells: list[CellsChange] = []
    for cell in edit.cells:
        inside = cell.frames < len(partner)
        there = np.full(len(cell.frames), -1, np.int64)
        there[inside] = partner[cell.frames[inside]]
        kept = there >= 0
        if kept.any():
            cells.append(replace(cell, frames=there[kept], old=cell.old[kept], new=cell.new[kept]))
    return replace(edit, cells=tuple(cells))


def _pts(packed: bytes, count: int) -> Int64s:
    if not 0 < count < MAX_FRAMES:
        raise ValueError(f"a video of {count} frames")
    try:
        if zstandard.frame_content_size(packed) != 8 * count:
            raise ValueError("pts of another number of frames")
        data = zstandard.ZstdDecompressor().decompress(packed, 8 * count)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
    return np.frombuffer(data, "<i8").astype(np.int64)


def _printable(text: Any) -> str:
    return str(text).encode("utf-8", "replace").decode()
