"""Writes and reads project folders with stock zarr, from what FORMAT.md says and nothing else.

Also the cheapest way to a project of any length: no video has to be encoded for it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BytesCodec, Crc32cCodec, ZstdCodec

ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "player",
            "geometry": ["box"],
            "properties": [
                {"name": "team", "kind": "choice", "choices": ["home", "away"]},
                {
                    "name": "pose",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": ["standing", "running", {"name": "down", "code": 7}],
                },
            ],
        },
        {"name": "puck"},
        {"name": "event", "geometry": []},
    ]
}

# property -> columns, data type, fill value, chunk length (FORMAT.md, "Keyframes")
PROFILE: dict[str, tuple[int, str, float, int]] = {
    "box": (4, "float64", float("nan"), 4096),
    "presence": (1, "int8", -1, 65536),
    "pose": (1, "int32", -1, 65536),
}


def make_folder(
    path: Path,
    frame_count: int = 300,
    *,
    ontology: dict[str, Any] | None = None,
    pts: np.ndarray | None = None,
    interpolate_over: str = "frames",
) -> Path:
    """A project without entities. Its video does not exist: what needs none must work."""
    pts = np.arange(frame_count, dtype=np.int64) * 512 if pts is None else pts
    path.mkdir(parents=True)
    (path / "ontology.json").write_text(json.dumps(ontology or ONTOLOGY))
    video = {
        "version": 1,
        "file": "../gone.mp4",
        "size": 1,
        "fingerprint": "00",
        "frame_count": frame_count,
        "time_base": [1, 15360],
        "codec": "h264",
        "width": 1920,
        "height": 1080,
        "rate": 30.0,
        "pts_digest": hashlib.blake2b(pts.astype("<i8").tobytes(), digest_size=16).hexdigest(),
        "interpolate_over": interpolate_over,
    }
    (path / "video.json").write_text(json.dumps(video))
    attributes = {"reviewer": {"format_version": 1, "frame_count": frame_count}}
    root = zarr.create_group(path / "annotations.zarr", attributes=attributes)
    create_array(root.create_group("frames"), "pts", pts, min(frame_count, 65536), 0)
    root.create_group("entities")
    return path


def create_array(group: zarr.Group, name: str, data: np.ndarray, chunk: int, fill: float) -> None:
    """An array in the profile: bytes, zstd 3, crc32c, keys with dots."""
    array = group.create_array(
        name,
        shape=data.shape,
        dtype=data.dtype,
        chunks=(chunk, *data.shape[1:]),
        fill_value=fill,
        serializer=BytesCodec(endian="little"),
        compressors=[ZstdCodec(level=3, checksum=False), Crc32cCodec()],
        chunk_key_encoding={"name": "default", "separator": "."},
        dimension_names=["frame", "column"][: data.ndim],
    )
    array[:] = data


def add_entity(
    path: Path,
    entity_id: str,
    keyframes: dict[str, dict[int, Any]],
    *,
    name: str | None = None,
    constants: dict[str, str] | None = None,
    deleted: bool = False,
    chunk_frames: int | None = None,
) -> None:
    """Write an entity; ``keyframes`` maps a property to the rows at its frames."""
    frame_count = json.loads((path / "video.json").read_text())["frame_count"]
    entities = zarr.open_group(path / "annotations.zarr", mode="r+")["entities"]
    group = entities.require_group(entity_id.rpartition("-")[2][0]).create_group(entity_id)
    group.attrs.put(
        {
            "class": entity_id.rpartition("-")[0],
            "name": name or entity_id,
            "properties": constants or {},
            "deleted": deleted,
        }
    )
    for property_name, rows in keyframes.items():
        columns, dtype, fill, chunk = PROFILE[property_name]
        data = np.full((frame_count, columns), fill, dtype)
        for frame, row in rows.items():
            data[frame] = row
        create_array(group, property_name, data, min(chunk_frames or chunk, frame_count), fill)


def read_keyframes(path: Path) -> dict[tuple[str, str], dict[int, tuple[float, ...]]]:
    """Every keyframe stock zarr finds: (entity, property) -> frame -> row."""
    found: dict[tuple[str, str], dict[int, tuple[float, ...]]] = {}
    root = zarr.open_group(path / "annotations.zarr", mode="r")
    for _, fan in root["entities"].groups():
        for entity_id, entity in fan.groups():
            for property_name, array in entity.arrays():
                data = array[:]
                fill = array.fill_value
                empty = np.isnan(data) if data.dtype.kind == "f" else data == fill
                frames = np.flatnonzero(~empty.all(axis=1))
                if len(frames):
                    found[entity_id, property_name] = {
                        int(frame): tuple(data[frame].tolist()) for frame in frames
                    }
    return found


def read_reviews(folder: Path) -> dict[str, tuple[dict[str, Any], list[str], str]]:
    """Each thread's pin, texts in order, and status (FORMAT.md, "Reviews")."""
    found = {}
    for file in (folder / "reviews").glob("*.json"):
        thread, _, answer = file.stem.partition(".")
        if not answer:
            opening = json.loads(file.read_text())
            answers = [json.loads(f.read_text()) for f in file.parent.glob(f"{thread}.*.json")]
            entries = [opening, *sorted(answers, key=lambda entry: entry["time"])]
            status = [e["status"] for e in entries if "status" in e] or ["open"]
            found[thread] = (opening["pin"], [e.get("text", "") for e in entries], status[-1])
    return found
