"""``reviewer check DIR``: everything that can be found wrong with a project folder. Only reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from . import folder
from .attach import Progress, VideoRecord, find, pts_digest
from .checks import sound
from .codec import MAX_METADATA_BYTES
from .edit import Edit
from .errors import OntologyError, ProjectError, VideoError
from .files import read_bounded
from .findings import Finding, Findings
from .journal import CHECKPOINT, EDIT, Journal, Position
from .layout import Layout, is_entity_id
from .ontology import Ontology
from .persist import checkpoint_of
from .state import State
from .store import Store
from .verify_content import ContentCheck
from .video import VideoIndex

_EVERY_ENTITIES = 64  # between two calls of progress


def verify(
    path: str | Path, *, quick: bool = False, progress: Progress | None = None
) -> list[Finding]:
    """Look at every file of a project and at what they say together; worst findings first.

    Nothing is changed, and no program that has the project open is disturbed. ``quick`` leaves out
    reading the whole video and how shapes lie. ``progress`` counts entities, then the video's
    bytes. ProjectError when there is no project at ``path``.
    """
    layout = Layout(Path(path).absolute())
    if not layout.root.is_dir():
        raise ProjectError(f"There is no project folder {layout.root}.")
    if not (layout.store / "zarr.json").is_file() or not layout.video.is_file():
        raise ProjectError(
            f"{layout.root} is not a Reviewer project (it has no annotations.zarr and video.json)."
        )
    return _Verification(layout).run(quick, progress)


def video_of(path: str | Path) -> tuple[Path, int] | None:
    """Where the video of the project at ``path`` is, and which of the file's video streams it
    annotates; None when that cannot be said."""
    layout = Layout(Path(path).absolute())
    try:
        record = VideoRecord.read(layout.video)
        return find(record, layout), record.stream
    except (ProjectError, VideoError):
        return None


@dataclass(slots=True)
class _Pending:
    """What the journal has beyond the store."""

    edits: list[tuple[Position, Edit]]

    def checkpointed(self, through: Position) -> None:
        self.edits = [item for item in self.edits if item[0] > through]


class _Verification:
    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._findings = Findings()
        self._pts: NDArray[np.int64] | None = None

    def _file(self, code: str, path: Path, summary: str) -> None:
        inside = path.is_relative_to(self._layout.root)
        where = path.relative_to(self._layout.root).as_posix() if inside else str(path)
        self._findings.file(code, where, summary)

    def run(self, quick: bool, progress: Progress | None) -> list[Finding]:
        layout = self._layout
        try:
            folder.check_version(layout)
        except ProjectError as error:
            self._file("project-unreadable", layout.store / "zarr.json", str(error))
            return self._findings.finish()  # what follows would be guesses
        record = self._record()
        ontology = self._ontology()
        frame_count = record.frame_count if record else self._stated_frame_count()
        if frame_count is None:
            return self._findings.finish()
        pending = self._journal(frame_count)
        self._strangers(frame_count)
        state = self._store(frame_count, record, progress)
        for _, edit in pending.edits:
            state.absorb(edit)
            ontology = edit.ontology.new if edit.ontology and ontology else ontology
        if record is not None:
            if ontology is not None:
                ContentCheck(state, ontology, record, self._findings).run(shapes=not quick)
            self._video(record, quick, progress)
        return self._findings.finish()

    # -- what the folder says of itself -----------------------------------------------------

    def _record(self) -> VideoRecord | None:
        try:
            record = VideoRecord.read(self._layout.video)
        except ProjectError as error:
            self._file("project-unreadable", self._layout.video, str(error))
            return None
        stated = self._stated_frame_count()
        if stated != record.frame_count:
            self._file(
                "frame-count",
                self._layout.store / "zarr.json",
                f"annotations.zarr is of {stated} frames and video.json of {record.frame_count}.",
            )
        self._times(record)
        return record

    def _stated_frame_count(self) -> int | None:
        try:
            data = orjson.loads(read_bounded(self._layout.store / "zarr.json", MAX_METADATA_BYTES))
            count = data["attributes"]["reviewer"]["frame_count"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return count if isinstance(count, int) and 0 < count < 1 << 25 else None

    def _ontology(self) -> Ontology | None:
        try:
            return Ontology.read(self._layout.ontology)
        except OntologyError as error:
            self._file("project-unreadable", self._layout.ontology, str(error))
            return None

    def _times(self, record: VideoRecord) -> None:
        try:
            pts = folder.read_pts(self._layout, record.frame_count)
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = f"The frame times cannot be read ({error})."
            self._file("times-unreadable", self._layout.pts, what)
            return
        if pts_digest(pts) != record.pts_digest:
            what = "The frame times are not those that video.json was written with."
            self._file("times-differ", self._layout.pts, what)
        if np.any(np.diff(pts) <= 0):
            frame = int(np.flatnonzero(np.diff(pts) <= 0)[0]) + 1
            what = f"Frame {frame} is not later than the one before it."
            self._file("times-order", self._layout.pts, what)
        self._pts = pts

    # -- files that do not belong -----------------------------------------------------------

    def _strangers(self, frame_count: int) -> None:
        layout = self._layout
        chunks = self._pts_chunks(frame_count)
        for directory, known in (
            (layout.store, {"frames", "entities"}),
            (layout.pts.parent, {"pts"}),
            (layout.pts, chunks),
        ):
            self._group(directory, array=directory == layout.pts)
            for entry in _entries(directory):
                if entry.name != "zarr.json" and entry.name not in known:
                    self._file("foreign-file", Path(entry.path), "It is no part of the store.")
                elif entry.is_symlink():
                    self._file("link", Path(entry.path), "It is a symbolic link.")
        self._group(layout.entities)
        for fan in _entries(layout.entities):
            if fan.is_dir(follow_symlinks=False):
                self._fan(Path(fan.path))
            elif fan.name != "zarr.json" and not fan.is_symlink():
                self._file("foreign-file", Path(fan.path), "It is no part of the store.")
        if layout.local.is_symlink():
            self._file("link", layout.local, "It is a symbolic link, and is not written to.")
        for entry in _entries(layout.temporary):
            what = "It was being written when a program ended, or is just now."
            self._file("leftover", Path(entry.path), what)

    def _fan(self, fan: Path) -> None:
        self._group(fan)
        for entry in _entries(fan):
            if is_entity_id(entry.name) and entry.name.rpartition("-")[2][0] != fan.name:
                what = "It lies where nobody looks for it, so the entity is left out."
                self._file("misplaced", Path(entry.path), what)

    def _pts_chunks(self, frame_count: int) -> set[str]:
        try:
            meta = orjson.loads(read_bounded(self._layout.pts / "zarr.json", MAX_METADATA_BYTES))
            chunk = int(meta["chunk_grid"]["configuration"]["chunk_shape"][0])
            return {f"c.{number}" for number in range(-(-frame_count // max(chunk, 1)))}
        except (OSError, ValueError, LookupError, TypeError):
            return set()

    def _group(self, directory: Path, *, array: bool = False) -> None:
        node = "array" if array else "group"
        try:
            data = orjson.loads(read_bounded(directory / "zarr.json", MAX_METADATA_BYTES))
            right = data["zarr_format"] == 3 and data["node_type"] == node
        except (OSError, ValueError, KeyError, TypeError):
            right = False
        if not right:
            what = f"It is missing, or not the metadata of a Zarr {node}."
            self._file("group-unreadable", directory / "zarr.json", what)

    # -- entities ---------------------------------------------------------------------------

    def _store(
        self, frame_count: int, record: VideoRecord | None, progress: Progress | None
    ) -> State:
        store = Store(self._layout, frame_count)
        signatures, problems = store.scan()
        for problem in problems:
            self._file(problem.code, problem.path, str(problem))
        stored = {}
        for done, entity in enumerate(signatures):
            if not self._layout.entity(entity).is_dir():
                continue  # misplaced, told already
            stored[entity] = store.read(entity)
            for problem in stored[entity].problems:
                self._file(problem.code, problem.path, str(problem))
            if progress is not None and done % _EVERY_ENTITIES == 0:
                progress(done, len(signatures))
        over_pts = record is not None and record.interpolate_over == "pts"
        times = self._pts.astype(np.float64) if over_pts and self._pts is not None else None
        state = State(frame_count, times)
        state.load(stored)
        return state

    # -- journal ----------------------------------------------------------------------------

    def _journal(self, frame_count: int) -> _Pending:
        pending = _Pending([])
        try:
            journal = Journal(self._layout.journal, writable=False)
        except (ProjectError, OSError) as error:
            self._file("journal-damaged", self._layout.journal, str(error))
            return pending
        try:
            for record in journal.read_new():
                if record.type == EDIT:
                    try:
                        edit = sound(Edit.from_bytes(record.body), frame_count)
                    except (ValueError, KeyError, TypeError) as error:
                        what = (
                            f"An edit that ends at byte {record.end.offset} is malformed: {error}."
                        )
                        self._file("journal-damaged", self._layout.journal, what)
                        continue
                    pending.edits.append((record.end, edit))
                elif record.type == CHECKPOINT and (through := checkpoint_of(record)):
                    pending.checkpointed(through)
            if journal.has_news():
                what = f"Behind byte {journal.position.offset} the newest file is cut short."
                self._file("journal-damaged", self._layout.journal, what)
        finally:
            journal.close()
        if pending.edits:
            what = f"{len(pending.edits)} edits are in the journal and not in the store yet."
            self._file("journal-pending", self._layout.journal, what)
        return pending

    # -- video ------------------------------------------------------------------------------

    def _video(self, record: VideoRecord, quick: bool, progress: Progress | None) -> None:
        try:
            path = find(record, self._layout)
        except VideoError as error:
            self._file("video-missing", self._layout.video, str(error))
            return
        size = path.stat().st_size
        if size != record.size:
            what = f"The video has {size:,} bytes and not {record.size:,}."
            self._file("video-differs", path, what)
            return
        try:
            if quick:
                index = VideoIndex.load(self._layout.frame_index, path, record.stream)
            else:
                index = VideoIndex.build(path, progress, record.stream)
        except VideoError as error:
            self._file("video-differs", path, str(error))
            return
        if index is not None:
            self._compare(record, index, path)

    def _compare(self, record: VideoRecord, index: VideoIndex, path: Path) -> None:
        if index.frame_count != record.frame_count:
            what = f"The video has {index.frame_count} frames and not {record.frame_count}."
        elif index.pts_digest != record.pts_digest:
            what = "The video's frames have other times."
        elif index.fingerprint != record.fingerprint:
            what = "The video's content differs."
        elif self._pts is not None and not np.array_equal(index.pts, self._pts):
            what = "The video's frames have other times than annotations.zarr/frames/pts says."
        elif index.time_base != record.time_base:
            what = f"The video's time base is {index.time_base} and not {record.time_base}."
        elif (index.width, index.height) != (record.width, record.height):
            what = (
                f"The video's pictures are {index.width} x {index.height} and not "
                f"{record.width} x {record.height}."
            )
        else:
            return
        self._file("video-differs", path, what)


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    if directory.is_symlink() or not directory.is_dir():
        return []
    return sorted(os.scandir(directory), key=lambda entry: entry.name)
