"""Making a project folder, and reading what is in it beside the keyframes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from .attach import Progress, VideoRecord, place_of, pts_digest, remember_elsewhere
from .codec import (
    MAX_CHUNK_FRAMES,
    MAX_METADATA_BYTES,
    array_metadata,
    decompress,
    encode_pts,
    group_metadata,
)
from .errors import OntologyError, ProjectError
from .files import read_bounded, temporary_beside
from .layout import FORMAT_VERSION, Layout, is_unicode
from .ontology import Ontology
from .video import VideoIndex

_PTS_CHUNK = 65536

_GITIGNORE = b"# What belongs to one machine: journal, locks, caches.\n/.reviewer/\n"
_GITATTRIBUTES = (
    b"# Chunks of keyframes are binary: never merged or converted as text.\n"
    b"annotations.zarr/**/c.* binary\n"
    b"*.json text eol=lf\n"
)


@dataclass(frozen=True, slots=True)
class OpenedFolder:
    """What a project folder says of itself. ``pts`` is None when it could not be read."""

    ontology: Ontology
    record: VideoRecord
    pts: NDArray[np.int64] | None
    warnings: list[str]


def create_folder(
    path: Path,
    video: Path,
    ontology: Ontology | Mapping[str, Any] | str | Path | None,
    progress: Progress | None,
    stream: int = 0,
) -> None:
    """Write a new project for a stream of ``video`` at ``path``: whole, or not at all."""
    path = path.absolute()
    layout = Layout(path)
    if layout.store.exists() or layout.video.exists():
        raise ProjectError(f"{path} already is a project; open it with: reviewer open {path}")
    if path.exists() and not path.is_dir():
        raise ProjectError(f"{path} is a file; choose another name for the project's folder.")
    filled = path.is_dir() and any(path.iterdir())
    if filled and not video.resolve().is_relative_to(path.resolve()):
        raise ProjectError(
            f"{path} is not empty and the video is not in it; choose another folder."
        )
    rules = _as_ontology(ontology)
    place, found_again = place_of(video, layout)
    if not is_unicode(place):
        raise ProjectError(f"{place!r:.200} is not UTF-8, so no project can name it; rename it.")
    index = VideoIndex.build(video, progress, stream)
    staging = Layout(temporary_beside(path, ".new"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.root.mkdir()
        _write_new(staging, rules, VideoRecord.of(index, place), index)
        if not found_again:
            remember_elsewhere(video, staging)
        _sync_tree(staging.root)
        if filled:
            _move_into(staging, layout)
        else:
            staging.root.replace(path)
    except OSError as error:
        raise ProjectError(
            f"The project {path} cannot be made: {error.strerror} ({error.filename})."
        ) from None
    finally:
        shutil.rmtree(staging.root, ignore_errors=True)


def _move_into(staging: Layout, layout: Layout) -> None:
    """Add a project to the folder that holds its video. ``video.json`` comes last: without it the
    folder is no project."""
    ours = (staging.ontology, staging.store, staging.local, staging.video)
    for path in ours:
        if (layout.root / path.name).exists():
            raise ProjectError(f"{layout.root / path.name} is in the way of the new project.")
    for path in staging.root.iterdir():
        if path not in ours and not (layout.root / path.name).exists():
            path.replace(layout.root / path.name)
    moved: list[Path] = []
    try:
        for path in ours:
            path.replace(layout.root / path.name)
            moved.append(layout.root / path.name)
    except OSError:
        for path in reversed(moved):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _as_ontology(ontology: Ontology | Mapping[str, Any] | str | Path | None) -> Ontology:
    if ontology is None:
        return Ontology.default()
    if isinstance(ontology, Ontology):
        return ontology
    if isinstance(ontology, (str, Path)):
        return Ontology.read(Path(ontology))
    return Ontology.parse(dict(ontology))


def _write_new(layout: Layout, ontology: Ontology, record: VideoRecord, index: VideoIndex) -> None:
    version = {"reviewer": {"format_version": FORMAT_VERSION, "frame_count": index.frame_count}}
    chunk = min(_PTS_CHUNK, index.frame_count)
    pts_metadata = array_metadata((index.frame_count,), (chunk,), np.dtype("<i8"), 0, ["frame"], {})
    files = {
        layout.root / ".gitignore": _GITIGNORE,
        layout.root / ".gitattributes": _GITATTRIBUTES,
        layout.ontology: ontology.to_bytes(),
        layout.video: record.to_bytes(),
        layout.store / "zarr.json": group_metadata(version),
        layout.entities / "zarr.json": group_metadata({}),
        layout.pts.parent / "zarr.json": group_metadata({}),
        layout.pts / "zarr.json": pts_metadata,
    }
    for number, data in enumerate(encode_pts(index.pts, chunk)):
        files[layout.pts / f"c.{number}"] = data
    for file, data in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    layout.local.mkdir()
    index.save(layout.frame_index)


def _sync_tree(root: Path) -> None:
    for file in [path for path in root.rglob("*") if path.is_file()]:
        with open(file, "rb+") as handle:
            os.fsync(handle.fileno())


def open_folder(layout: Layout) -> OpenedFolder:
    """Read everything but the keyframes; ProjectError when this is not a project of ours."""
    root = layout.root
    if not root.exists():
        raise ProjectError(
            f"There is no project {root}; make one with: reviewer new {root} --video FILE"
        )
    if not root.is_dir():
        raise ProjectError(f"{root} is a file; a project is a folder.")
    if not (layout.store / "zarr.json").is_file() or not layout.video.is_file():
        raise ProjectError(
            f"{root} is not a Reviewer project (it has no annotations.zarr and video.json); "
            f"make one with: reviewer new DIR --video FILE"
        )
    check_version(layout)
    record = VideoRecord.read(layout.video)
    warnings: list[str] = []
    try:
        ontology = Ontology.read(layout.ontology)
    except OntologyError as error:
        raise ProjectError(f"{error} Restore it from git.") from None
    pts: NDArray[np.int64] | None = None
    try:
        pts = read_pts(layout, record.frame_count)
        if pts_digest(pts) != record.pts_digest:
            raise ValueError("they are not those that video.json was written with")
    except (OSError, ValueError, KeyError, TypeError) as error:
        warnings.append(f"The frame times in {layout.pts} cannot be used: {error}.")
        pts = None
    return OpenedFolder(ontology, record, pts, warnings)


def check_version(layout: Layout) -> None:
    """ProjectError unless the store is one of ours and of a version that we know."""
    path = layout.store / "zarr.json"
    try:
        data = orjson.loads(read_bounded(path, MAX_METADATA_BYTES))
        version = data["attributes"]["reviewer"]["format_version"]
    except OSError as error:
        raise ProjectError(f"{path} cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError):
        raise ProjectError(f"{path} is not that of a Reviewer project.") from None
    if version != FORMAT_VERSION:
        raise ProjectError(
            f"{layout.root} has format version {str(version)[:20]}; this reviewer knows "
            f"{FORMAT_VERSION}. Install a newer reviewer; nothing was changed."
        )


def read_pts(layout: Layout, frame_count: int) -> NDArray[np.int64]:
    """The stored pts of each frame; OSError, ValueError, KeyError or TypeError when damaged."""
    meta = orjson.loads(read_bounded(layout.pts / "zarr.json", MAX_METADATA_BYTES))
    (chunk,) = meta["chunk_grid"]["configuration"]["chunk_shape"]
    if meta["shape"] != [frame_count] or not 1 <= int(chunk) <= MAX_CHUNK_FRAMES:
        raise ValueError("their array has another shape")
    parts = []
    for number in range(-(-frame_count // chunk)):
        data = read_bounded(layout.pts / f"c.{number}", 8 * MAX_CHUNK_FRAMES + 1024)
        parts.append(np.frombuffer(decompress(data, 8 * chunk), "<i8"))
    return np.concatenate(parts)[:frame_count].astype(np.int64)


def why_read_only(layout: Layout) -> str | None:
    """Why nothing can be written here, or None. Makes the folder ``.reviewer`` where it can."""
    try:
        layout.local.mkdir(exist_ok=True)
        if layout.local.is_symlink():
            return f"{layout.local} is a symbolic link."
        for folder in (layout.local, layout.entities):
            if not os.access(folder, os.W_OK):
                return f"{folder} cannot be written to."
        probe = layout.local / "probe"
        try:
            probe.write_bytes(b"a full disk takes the name of a file and not its content")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return f"{layout.local} cannot be written to ({error.strerror})."
    return None
