"""The keyframe store on disk: reading entities, writing changed rows. Pure Zarr v3, read and
written directly (tens of times faster than through a general library; tests hold it to one)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import orjson

from .codec import (
    MAX_METADATA_BYTES,
    DamagedChunk,
    chunk_name,
    decode_chunk,
    encode_chunk,
    group_metadata,
    keyframe_array_metadata,
    read_keyframe_array,
)
from .edit import Attributes
from .errors import ProjectError
from .files import AtomicBatch, read_bounded
from .keyframes import Frames, Keyframes
from .kinds import Kind, Rows
from .layout import Layout, is_entity_id
from .values import problem_of

MAX_CHUNK_BYTES = 64 << 20
_NO_OTHERS: Mapping[Kind, Frames] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be read, or does not belong: a code for programs, its place, and the
    sentence for people."""

    code: str
    path: Path
    text: str
    property: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True)
class StoredEntity:
    """One entity as the disk has it. ``damaged`` names the properties of which something could not
    be read; those must not be written to."""

    attributes: Attributes | None = None
    keyframes: dict[tuple[str, Kind], Keyframes] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


class Store:
    """The arrays under ``annotations.zarr/entities``."""

    def __init__(self, layout: Layout, frame_count: int) -> None:
        self.layout = layout
        self.frame_count = frame_count

    # -- reading ----------------------------------------------------------------------------

    def scan(self) -> tuple[dict[str, str], list[Problem]]:
        """Every entity's id with a signature of its files (names, inodes, mtimes, sizes), and what
        does not belong there. Symbolic links are never followed."""
        problems: list[Problem] = []
        return dict(self.signatures(problems)), problems

    def signatures(self, problems: list[Problem]) -> Iterator[tuple[str, str]]:
        """As `scan`, one entity after the other; `problems` grows meanwhile."""
        if not self.layout.entities.is_dir():
            return
        for fan in sorted(os.scandir(self.layout.entities), key=lambda entry: entry.name):
            if fan.is_symlink():
                text = f"{fan.path} is a symbolic link; it was left out."
                problems.append(Problem("link", Path(fan.path), text))
            elif fan.is_dir():
                for entry in os.scandir(fan.path):
                    if entry.name == "zarr.json":
                        continue
                    if entry.is_symlink() or not entry.is_dir() or not is_entity_id(entry.name):
                        code = "link" if entry.is_symlink() else "foreign-file"
                        text = f"{entry.path} is not an entity's folder; it was left out."
                        problems.append(Problem(code, Path(entry.path), text))
                    else:
                        yield entry.name, _signature(entry.path)

    def read(self, entity_id: str) -> StoredEntity:
        """One entity; whatever cannot be read is named in ``problems`` and the rest is there."""
        out = StoredEntity()
        folder = self.layout.entity(entity_id)
        metadata = f"{folder}/zarr.json"  # a Path costs more than reading the file it names
        try:
            if os.path.islink(metadata):  # noqa: PTH114
                raise ValueError("it is a symbolic link")
            data = orjson.loads(read_bounded(metadata, MAX_METADATA_BYTES))
            out.attributes = Attributes.from_json(data["attributes"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            if _is_empty(folder):
                return out
            text = (
                f'The entity "{entity_id}" was left out: {folder / "zarr.json"} cannot be read '
                f"({_reason(error)})."
            )
            out.problems.append(Problem("entity-unreadable", folder / "zarr.json", text))
            return out
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name == "zarr.json":
                continue
            if entry.is_symlink() or not entry.is_dir(follow_symlinks=False):
                out.damaged.add(entry.name)
                code = "link" if entry.is_symlink() else "foreign-file"
                text = f"{entry.path} is not an array; it was left out."
                out.problems.append(Problem(code, Path(entry.path), text, entry.name))
                continue
            keyframes = self._read_array(entry.path, entity_id, entry.name, out)
            if keyframes is not None and len(keyframes[1]):
                out.keyframes[entry.name, keyframes[0]] = keyframes[1]
        return out

    def _read_array(
        self, folder: str, entity_id: str, name: str, out: StoredEntity
    ) -> tuple[Kind, Keyframes] | None:
        try:
            metadata = read_bounded(f"{folder}/zarr.json", MAX_METADATA_BYTES)
            kind, chunk_frames = read_keyframe_array(metadata, name, self.frame_count)
        except (OSError, ValueError) as error:
            if _is_empty(folder):
                return None
            out.damaged.add(name)
            text = (
                f'"{name}" of the entity "{entity_id}" was left out: {_reason(error)} ({folder}).'
            )
            out.problems.append(Problem("array-unreadable", Path(folder) / "zarr.json", text, name))
            return None
        chunks: list[tuple[int, Frames, Rows]] = []
        for entry in os.scandir(folder):
            if entry.name == "zarr.json":
                continue
            try:
                chunk = _chunk_number(entry)
                start = chunk * chunk_frames
                if start >= self.frame_count:
                    raise DamagedChunk("it lies behind the last frame")
                rows = decode_chunk(_read_chunk(entry.path), kind, chunk_frames)
                filled = ~kind.is_fill(rows)
                filled[self.frame_count - start :] = False
                frames = np.flatnonzero(filled)
                rows = rows[frames]
                if problem := problem_of(rows, kind):
                    raise DamagedChunk(f"a keyframe in it {problem}")
                chunks.append((start, frames + start, rows))
            except (OSError, ValueError) as error:
                out.damaged.add(name)
                text = (
                    f'"{name}" of the entity "{entity_id}": the chunk {entry.path} was left out: '
                    f"{_reason(error)}."
                )
                out.problems.append(Problem("chunk-damaged", Path(entry.path), text, name))
        if not chunks:
            return None
        chunks.sort(key=lambda item: item[0])
        return kind, Keyframes(
            np.concatenate([frames for _, frames, _ in chunks]),
            np.concatenate([rows for _, _, rows in chunks]),
        )

    # -- writing ----------------------------------------------------------------------------

    def stage_attributes(self, batch: AtomicBatch, entity_id: str, attributes: Attributes) -> None:
        """Stage the entity's group, and the fan-out group above it where there is none yet."""
        folder = self.layout.entity(entity_id)
        fan = folder.parent / "zarr.json"
        if not fan.exists() and fan not in batch.stamps:
            batch.stage(fan, group_metadata({}))
        stage_changed(batch, folder / "zarr.json", group_metadata(attributes.to_json()))

    def stage_rows(
        self,
        batch: AtomicBatch,
        entity_id: str,
        name: str,
        kind: Kind,
        frames: Frames,
        rows: Rows,
        others: Mapping[Kind, Frames] = _NO_OTHERS,
    ) -> None:
        """Stage the chunks that change when ``rows`` ``(n, columns)`` are put at ``frames``; fill
        rows remove. Rows of the chunk that are not named stay as the disk has them. ``others`` are
        the frames at which keyframes of other kinds under this name have become none."""
        folder = self.layout.entity(entity_id) / name
        if folder.is_symlink():
            raise ProjectError(f"{folder} is a symbolic link; it was not written to.")
        metadata_path = folder / "zarr.json"
        is_new = not metadata_path.exists()
        if not is_new:
            metadata = read_bounded(metadata_path, MAX_METADATA_BYTES)
            stored_kind, chunk_frames = read_keyframe_array(metadata, name, self.frame_count)
            if stored_kind != kind:
                if kind.is_fill(rows).all():
                    return
                gone = others.get(stored_kind, np.empty(0, np.int64))
                self._stage_removal(batch, folder, stored_kind, chunk_frames, gone, kind)
                is_new = True
        if is_new:
            if kind.is_fill(rows).all():
                return
            metadata, chunk_frames = keyframe_array_metadata(kind, self.frame_count)
            batch.stage(metadata_path, metadata)
        numbers = frames // chunk_frames
        for chunk in np.unique(numbers).tolist():
            here = numbers == chunk
            path = folder / chunk_name(chunk)
            old = _read_chunk(path) if path.exists() and not is_new else None
            if old is None:
                content = kind.empty_rows(chunk_frames)
            else:
                content = decode_chunk(old, kind, chunk_frames).copy()
            content[frames[here] - chunk * chunk_frames] = rows[here]
            if old is None and kind.is_fill(content).all():
                continue
            new = encode_chunk(content, kind)
            if new != old:
                batch.stage(path, new)

    def _stage_removal(
        self,
        batch: AtomicBatch,
        folder: Path,
        stored: Kind,
        chunk_frames: int,
        gone: Frames,
        wanted: Kind,
    ) -> None:
        """Stage the removal of an array's chunks, so that one of another kind can take its place.
        They go before the new metadata comes: what a crash leaves is never misread."""
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name == "zarr.json":
                continue
            start = _chunk_number(entry) * chunk_frames
            rows = decode_chunk(_read_chunk(entry.path), stored, chunk_frames)
            filled = np.flatnonzero(~stored.is_fill(rows)) + start
            if not np.isin(filled, gone).all():
                raise DamagedChunk(f"it is stored as {stored.token} and not as {wanted.token}")
            batch.remove(Path(entry.path))


def stage_changed(batch: AtomicBatch, path: Path, data: bytes) -> None:
    """Stage a file unless it holds just these bytes already."""
    try:
        same = path.read_bytes() == data
    except OSError:
        same = False
    if not same:
        batch.stage(path, data)


def _is_empty(folder: str | Path) -> bool:
    """Whether nothing is in a folder: then it means nothing. A process that is just writing it, or
    died then, makes the folder first; git leaves folders that it emptied."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _read_chunk(path: str | Path) -> bytes:
    return read_bounded(path, MAX_CHUNK_BYTES)


def _chunk_number(entry: os.DirEntry[str]) -> int:
    parts = entry.name.split(".")
    number = int(parts[1]) if len(parts) == 3 and re.fullmatch("[0-9]{1,18}", parts[1]) else -1
    if number < 0 or entry.name != chunk_name(number):  # c.00.0 would be a second c.0.0
        raise DamagedChunk("its name is not that of a chunk")
    if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
        raise DamagedChunk("it is not a plain file")
    return number


def _signature(folder: str) -> str:
    """A text that changes whenever a file of the entity is replaced, changed or removed."""
    parts: list[tuple[str, str, int, int, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                with os.scandir(entry.path) as files:
                    parts += [_stamped(entry.name, file) for file in files]
            else:
                parts.append(_stamped("", entry))
    parts.sort()
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _stamped(place: str, file: os.DirEntry[str]) -> tuple[str, str, int, int, int]:
    status = file.stat(follow_symlinks=False)
    return place, file.name, status.st_ino, status.st_mtime_ns, status.st_size


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error)
