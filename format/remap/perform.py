"""Carrying a remap out: every keyframe array, the frames' times and ``video.json``, together.

Array metadata holds the number of frames, so all arrays are written anew: beside the store first,
in ``.reviewer/remap/tree``. The journal's record is what commits; then the files are moved into
place. Whoever finds the record and files still waiting to be moved (after a crash) moves them;
files without a record were given up and are removed. So a project is remapped whole or not at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from ..attach import VideoRecord, place_of
from ..codec import array_metadata, encode_pts, group_metadata, keyframe_array_metadata
from ..edit import CellsChange
from ..errors import EditError, ProjectError
from ..files import AtomicBatch, read_bounded, sync_directory
from ..journal import REMAP, FileLock, Journal
from ..keyframes import Keyframes, KeyframeTable
from ..kinds import Kind
from ..layout import FORMAT_VERSION, Layout
from ..store import Store
from ..video import VideoIndex
from ..video.mapping import FrameMapping
from . import aside
from .edit import Int64s, RemapEdit
from .placing import Placed, next_survivors, place, restore

if TYPE_CHECKING:
    from ..door import Door
    from ..project import Change, Project
    from ..state import State

_PTS_CHUNK = 65536
_MAX_LIST_BYTES = 256 << 20


@dataclass(frozen=True)
class _Waiting:
    """What lies in ``.reviewer/remap``: ``tree`` mirrors the project's folder, ``waiting.json``
    holds the remap's id and the files that go."""

    folder: Path

    @property
    def tree(self) -> Layout:
        return Layout(self.folder / "tree")

    @property
    def list(self) -> Path:
        return self.folder / "waiting.json"


def waiting_of(layout: Layout) -> _Waiting:
    return _Waiting(layout.local / "remap")


def remap_project(
    project: Project, mapping: FrameMapping, index: VideoIndex, video: Path, label: str
) -> Change:
    """Make ``video`` (indexed as ``index``) the project's video, as one edit. EditError when the
    project changed meanwhile, is read-only, or has damaged properties, which could not be moved."""
    place_, _ = place_of(video, Layout(project.path))
    edit = RemapEdit(
        label=label,
        author=project.author,
        old_video=project.record,
        new_video=VideoRecord.of(index, place_),
        old_pts=project.pts,
        new_pts=index.pts,
        partner=mapping.partner,
        old_path=str(project.video_path or ""),
        new_path=str(video.resolve()),
    )
    change = project.apply(edit)
    index.save(Layout(project.path).frame_index)
    return change


def tables_of(state: State) -> Iterator[tuple[str, KeyframeTable]]:
    """Every property's name and keyframes."""
    for key, table in state.tables.items():
        yield (key if isinstance(key, str) else key[0]), table


def place_all(state: State, edit: RemapEdit) -> Iterator[tuple[str, str, Kind, Placed]]:
    """(entity, property, kind, keyframes in the new numbering) of all that have any or get any."""
    survivors = next_survivors(edit.partner)
    back = next_survivors_of_new(edit)
    comes = {(c.entity, c.property, c.kind): c for c in edit.restore}
    for name, table in tables_of(state):
        for number, entity in enumerate(state.ids):
            keyframes = table.get(number)
            cell = comes.pop((entity, name, table.kind), None)
            if len(keyframes) or cell is not None:
                placed = place(keyframes, table.kind, edit.partner, survivors)
                yield entity, name, table.kind, _with(placed, cell, back)
    for (entity, name, kind), cell in comes.items():
        if entity in state.number:
            placed = place(Keyframes.none(kind), kind, edit.partner, survivors)
            yield entity, name, kind, _with(placed, cell, back)


def _with(placed: Placed, cell: CellsChange | None, survivors: Int64s) -> Placed:
    if cell is None:
        return placed
    missing, postponed = Keyframes(cell.frames, cell.old), ~cell.kind.is_fill(cell.new)
    return replace(placed, keyframes=restore(placed.keyframes, missing, postponed, survivors))


def next_survivors_of_new(edit: RemapEdit) -> Int64s:
    """For each new frame the first one at or after it that has an old partner."""
    there = np.full(len(edit.new_pts), -1, np.int64)
    placed = edit.partner[edit.partner >= 0]
    there[placed] = placed
    return next_survivors(there)


def apply(door: Door, edit: RemapEdit) -> RemapEdit:
    """Write the new files and commit; the locks are held and the store is flushed. Gives the edit
    as it was journaled, with what vanished in its cells."""
    _check(door, edit)
    layout = door.core.layout
    waiting = waiting_of(layout)
    shutil.rmtree(waiting.folder, ignore_errors=True)
    try:
        edit = _write_waiting(door, edit, waiting)
        position = door.journal.append(REMAP, edit.to_bytes())
        door.journal.sync(position)
    except BaseException:
        shutil.rmtree(waiting.folder, ignore_errors=True)
        raise
    move_into_place(layout)
    return edit


def _check(door: Door, edit: RemapEdit) -> None:
    old, _ = edit.videos
    current = door.core.record
    if (current.fingerprint, current.pts_digest, current.frame_count) != (
        old.fingerprint, old.pts_digest, old.frame_count,
    ):  # fmt: skip
        raise EditError(
            f'The project\'s video is "{current.file}" by now and not "{old.file}": try again.'
        )
    if door.persistence.damaged:
        entity, name = sorted(door.persistence.damaged)[0]
        raise EditError(
            f'"{name}" of {entity} is damaged on disk and could not be carried over; restore its '
            f"files from git first."
        )
    found, problems = door.persistence.store.scan()
    unread = sorted(set(found) - set(door.core.state.attributes))
    if unread or problems:
        what = f"The entity {unread[0]} cannot be read" if unread else problems[0]
        raise EditError(f"{what}: put that right first, or it would be left behind.")


def _write_waiting(door: Door, edit: RemapEdit, waiting: _Waiting) -> RemapEdit:
    layout, tree = door.core.layout, waiting.tree
    _, new = edit.videos
    store = Store(tree, new.frame_count)
    batch = AtomicBatch(waiting.folder / "tmp")
    vanished: list[CellsChange] = []
    set_aside: list[CellsChange] = []
    written: set[Path] = set()
    try:
        for entity, name, kind, placed in place_all(door.core.state, edit):
            gone = placed.vanished
            here = Path("annotations.zarr") / layout.entity(entity).relative_to(layout.store) / name
            if len(placed.keyframes):
                frames, rows = placed.keyframes.frames, placed.keyframes.rows
                store.stage_rows(batch, entity, name, kind, frames, rows)
            elif (layout.root / here / "zarr.json").exists():
                metadata, _ = keyframe_array_metadata(kind, new.frame_count)
                batch.stage(tree.root / here / "zarr.json", metadata)
            written.add(here)
            if len(gone):
                lost = placed.postponed < 0
                lives_on = gone.rows.copy()
                lives_on[lost] = kind.empty_rows(int(lost.sum()))
                cell = CellsChange(entity, name, kind, gone.frames, gone.rows, lives_on)
                vanished.append(cell)
                if lost.any():
                    set_aside.append(
                        replace(cell, frames=cell.frames[lost], old=cell.old[lost],
                                new=cell.new[lost])
                    )  # fmt: skip
        edit = replace(edit, cells=tuple(vanished))
        _stage_rest(batch, edit, tree)
        if edit.new_path and not place_of(Path(edit.new_path), layout)[1]:
            batch.stage(tree.video_elsewhere, os.fsencode(edit.new_path))
        # Without the mapping, what was said about the former video would be about no frame of this
        # one. Taking a remap back leads to where such things were said: few need a way there.
        speaks = door.speaks_of(edit.videos[0].pts_digest)
        if set_aside or speaks or not edit.undoes:
            data = aside.to_bytes(edit, tuple(set_aside), door.core.state.attributes)
            batch.stage(aside.folder_of(tree.root) / aside.file_name(edit), data)
        batch.commit()
        going = _emptied(layout, tree, written)
        former = edit.undoes or edit.redoes
        if former:
            going.append(f"remapped/{former}.json")
        batch.stage(waiting.list, orjson.dumps({"id": edit.id, "going": going}))
        batch.commit()
    except OSError as error:
        raise ProjectError(
            f"The project was not remapped: {error.filename} cannot be written "
            f"({error.strerror}); free some space or check the disk."
        ) from None
    finally:
        batch.discard()
    return edit


def _stage_rest(batch: AtomicBatch, edit: RemapEdit, tree: Layout) -> None:
    _, new = edit.videos
    version = {"reviewer": {"format_version": FORMAT_VERSION, "frame_count": new.frame_count}}
    chunk = min(_PTS_CHUNK, new.frame_count)
    batch.stage(tree.video, new.to_bytes())
    batch.stage(tree.store / "zarr.json", group_metadata(version))
    batch.stage(
        tree.pts / "zarr.json",
        _pts_metadata(new.frame_count, chunk),
    )
    for number, data in enumerate(encode_pts(edit.new_pts, chunk)):
        batch.stage(tree.pts / f"c.{number}", data)


def _pts_metadata(frame_count: int, chunk: int) -> bytes:
    return array_metadata((frame_count,), (chunk,), np.dtype("<i8"), 0, ["frame"], {})


def _emptied(layout: Layout, tree: Layout, arrays: set[Path]) -> list[str]:
    """Chunks of the arrays that are there and have no successor, as paths within the project."""
    out: list[str] = []
    for array in [*sorted(arrays), layout.pts.relative_to(layout.root)]:
        folder = layout.root / array
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir()):
            if file.name.startswith("c.") and not (tree.root / array / file.name).exists():
                out.append((array / file.name).as_posix())
    return out


# -- moving into place, and after a crash ---------------------------------------------------------


def move_into_place(layout: Layout) -> None:
    """Replace the project's files by those that wait, and remove those that go; again after a
    crash, as often as it takes. The lock is held and the journal has the record."""
    waiting = waiting_of(layout)
    if not waiting.list.exists():
        return
    listed = orjson.loads(read_bounded(waiting.list, _MAX_LIST_BYTES))
    parents: set[Path] = set()
    tree = waiting.tree.root
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        name = file.relative_to(tree).as_posix()
        if file.is_symlink() or not _ours(layout, name):
            continue
        target = layout.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        parents.add(target.parent)
    for name in listed["going"]:
        target = layout.root / name
        if _ours(layout, name) and target.parent.is_dir():
            target.unlink(missing_ok=True)
            parents.add(target.parent)
    for parent in parents:
        sync_directory(parent)
    waiting.list.unlink()
    shutil.rmtree(waiting.folder, ignore_errors=True)


def _ours(layout: Layout, name: str) -> bool:
    """Whether a remap may touch this file: the folder may have come from a stranger."""
    parts = Path(name).parts
    inside = parts[:1] in (("annotations.zarr",), ("remapped",))
    if ".." in parts or not (inside or name in ("video.json", ".reviewer/video-path")):
        return False
    parent = (layout.root / name).parent
    return parent.resolve().is_relative_to(layout.root.resolve())


def recover(layout: Layout) -> None:
    """Finish or give up what a crash left of a remap, before a project is opened."""
    waiting = waiting_of(layout)
    if not waiting.folder.is_dir() or not os.access(layout.local, os.W_OK):
        return
    lock = FileLock(layout.lock)
    try:
        with lock:
            if not waiting.folder.is_dir():
                return  # another process was faster
            if waiting.list.exists() and _journaled(layout, waiting):
                move_into_place(layout)
            else:
                shutil.rmtree(waiting.folder, ignore_errors=True)
    finally:
        lock.close()


def _journaled(layout: Layout, waiting: _Waiting) -> bool:
    listed = orjson.loads(read_bounded(waiting.list, _MAX_LIST_BYTES))
    journal = Journal(layout.journal, writable=False)
    try:
        for _ in journal.read_new():
            pass
        for record in journal.history():
            if record.type == REMAP and RemapEdit.from_bytes(record.body).id == listed["id"]:
                return True
    except (ValueError, KeyError, TypeError):
        pass
    finally:
        journal.close()
    return False
