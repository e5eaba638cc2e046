"""What a remap leaves behind: one JSON file per remap in the project's folder ``remapped/``, with
which frame became which, and the keyframes that it could not place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..codec import dump_json
from ..edit import Attributes, CellsChange
from ..errors import ProjectError
from ..files import read_bounded
from ..video.mapping import to_runs
from .edit import RemapEdit

VERSION = 1
MAX_BYTES = 256 << 20
_NAME = re.compile(r"[0-9a-z]{1,64}\.json\Z")


@dataclass(frozen=True)
class Aside:
    """One keyframe that has no frame in the present video. ``frame`` and ``seconds`` are those of
    the former video ``file``; ``row`` is as stored."""

    remap: str
    file: str
    entity: str
    name: str
    property: str
    frame: int
    seconds: float
    row: tuple[Any, ...]


def folder_of(root: Path) -> Path:
    """Where a project keeps what was set aside."""
    return root / "remapped"


def file_name(remap: RemapEdit) -> str:
    """The file of one remap."""
    return f"{remap.id}.json"


def to_bytes(
    remap: RemapEdit,
    aside: tuple[CellsChange, ...],
    attributes: Mapping[str, Attributes],
) -> bytes:
    """The file's content: which video became which, frame by frame (see
    :meth:`FrameMapping.to_bytes`), and every keyframe that was set aside."""
    old, new = remap.videos
    first = int(remap.old_pts[0])
    rows = [
        {
            "entity": cell.entity,
            "name": attributes[cell.entity].name if cell.entity in attributes else cell.entity,
            "property": cell.property,
            "frame": frame,
            "seconds": round(float((int(remap.old_pts[frame]) - first) * old.time_base), 6),
            "row": row,
        }
        for cell in aside
        for frame, row in zip(cell.frames.tolist(), cell.old.tolist(), strict=True)
    ]
    return dump_json(
        {
            "reviewer_remapped": VERSION,
            "author": remap.author.encode("utf-8", "replace").decode(),
            "time": remap.time,
            "from": {"file": old.file, "fingerprint": old.fingerprint, "pts_digest": old.pts_digest,
                     "frame_count": old.frame_count},
            "to": {"file": new.file, "fingerprint": new.fingerprint, "pts_digest": new.pts_digest,
                   "frame_count": new.frame_count},
            "runs": to_runs(remap.partner),
            "keyframes": rows,
        }
    )  # fmt: skip


def read_asides(root: Path) -> list[Aside]:
    """Every keyframe set aside in a project folder, in the order of the files' names; ProjectError
    names a file that cannot be read."""
    folder = folder_of(root)
    if folder.is_symlink() or not folder.is_dir():
        return []
    out: list[Aside] = []
    for path in sorted(folder.iterdir()):
        if not _NAME.match(path.name) or path.is_symlink():
            continue
        try:
            data = orjson.loads(read_bounded(path, MAX_BYTES))
            if data["reviewer_remapped"] != VERSION:
                raise ValueError(f"its version is {str(data['reviewer_remapped'])[:20]}")
            file = str(data["from"]["file"])
            out += [
                Aside(
                    path.stem, file, str(item["entity"]), str(item["name"]),
                    str(item["property"]), int(item["frame"]), float(item["seconds"]),
                    tuple(item["row"]),
                )
                for item in data["keyframes"]
            ]  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ProjectError(
                f"{path} cannot be read ({str(error)[:200]}). Restore it from git."
            ) from None
    return out
