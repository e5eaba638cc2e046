"""MOTChallenge text: ``frame,id,left,top,width,height,confidence,x,y,z`` per row, frames from 1.

Format: https://motchallenge.net/instructions/ and arXiv:1603.00831, section 3. Frame 1 is our
frame 0; pixels are taken as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InterchangeError
from ..geometry.shape import MAX_COORDINATE_PX
from ..project import Project
from .tracks import Imported, Progress, Track, put_tracks

_MAX_FILE_BYTES = 4 << 30
_BLOCK_FRAMES = 1024


def import_mot(
    project: Project,
    path: Path,
    *,
    class_name: str | None = None,
    reduce_px: float = 0.0,
    confidence: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Make an entity of each identity in the file. ``reduce_px`` 0 keeps every number exactly;
    ``confidence`` keeps a tracker's with each box.

    InterchangeError names the line that is malformed; then nothing was imported.
    """
    entity_class = class_name or next(iter(project.ontology.classes))
    project.ontology.entity_class(entity_class)
    rows, lines = _read(path)
    _check(rows, lines, path, project.frame_count)
    unsure = ~np.isfinite(rows[:, 6:7]).all(axis=1)
    if confidence and unsure.any():
        where = _row(rows, lines, int(np.argmax(unsure)), path)
        raise InterchangeError(f"{where} has a confidence that is not a finite number.")
    frames, ids = rows[:, 0].astype(np.int64) - 1, rows[:, 1].astype(np.int64)
    # a detection without identity (-1) is an object of one frame
    nobody = ids < 0
    ids[nobody] = np.arange(1, nobody.sum() + 1) + max(int(ids.max(initial=0)), 0)
    order = np.lexsort((frames, ids))
    starts = np.flatnonzero(np.diff(ids[order], prepend=np.int64(-(2**62))))

    def tracks() -> Iterator[Track]:
        for part in np.split(order, starts[1:]) if len(order) else []:
            name = f"{entity_class}_{ids[part[0]]}"
            sure = rows[part, 6] if confidence and rows.shape[1] > 6 else None
            yield Track(name, entity_class, frames[part], rows[part, 2:6].copy(), confidence=sure)

    return put_tracks(
        project,
        tracks(),
        len(starts),
        f"Import {path.name}",
        reduce_px,
        progress,
        _not_kept(rows, confidence),
    )


def _read(path: Path) -> tuple[NDArray[np.float64], list[int]]:
    """All numbers, ``(rows, 6 or more)``, and the line of each, from 1; rows of differing length
    keep their first six."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise InterchangeError(f"{path} is over 4 GiB; split it.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InterchangeError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InterchangeError(f"{path} is not text: MOT files are comma-separated text.") from None
    lines = {number: line for number, line in enumerate(text.splitlines(), 1) if line.strip()}
    if not lines:
        raise InterchangeError(f"{path} is empty: a MOT file has one row for each box.")
    try:
        rows = np.loadtxt(list(lines.values()), delimiter=",", ndmin=2, comments=None)
        if rows.shape[1] >= 6:
            return rows, list(lines)
    except ValueError:
        pass
    return _read_carefully(lines, path), list(lines)


def _read_carefully(lines: dict[int, str], path: Path) -> NDArray[np.float64]:
    """Line by line: blanks may separate, rows may be ragged; names the line that is wrong."""
    rows = []
    for number, line in lines.items():
        fields = re.split(r"\s*[,;]\s*|\s+", line.strip().rstrip(",;"))
        try:
            values = [float(field) for field in fields]
        except ValueError:
            values = []
        if len(values) < 6:
            raise InterchangeError(
                f"{path}, line {number}: {line.strip()!r:.80} is not a MOT row "
                f"(frame,id,left,top,width,height,...)."
            )
        rows.append(values[:6])
    return np.array(rows, np.float64)


def _check(rows: NDArray[np.float64], lines: list[int], path: Path, frame_count: int) -> None:
    frame, identity, box = rows[:, 0], rows[:, 1], rows[:, 2:6]
    with np.errstate(invalid="ignore"):
        whole = (frame == np.floor(frame)) & (identity == np.floor(identity))
        problems = {
            "has a frame or an id that is not a whole number": ~whole | (np.abs(identity) > 2**53),
            "is before frame 1 (MOT frames count from 1)": frame < 1,
            f"is beyond the video, whose last frame is {frame_count}": frame > frame_count,
            "has a box that is not four finite numbers": ~(np.abs(box) <= MAX_COORDINATE_PX).all(1),
            "has a negative width or height": (box[:, 2:] < 0).any(axis=1),
        }
    for problem, wrong in problems.items():
        if wrong.any():
            raise InterchangeError(f"{_row(rows, lines, int(np.argmax(wrong)), path)} {problem}.")
    known = np.flatnonzero(identity >= 0)
    pairs = rows[known, :2]
    _, first, counts = np.unique(pairs, axis=0, return_index=True, return_counts=True)
    if (counts > 1).any():
        twice = pairs[first[np.argmax(counts > 1)]]
        again = known[np.flatnonzero((pairs == twice).all(axis=1))[1]]
        raise InterchangeError(
            f"{_row(rows, lines, int(again), path)} repeats the id {twice[1]:.0f} on frame "
            f"{twice[0]:.0f}."
        )


def _row(rows: NDArray[np.float64], lines: list[int], index: int, path: Path) -> str:
    return f"{path}, line {lines[index]} ({','.join(f'{value:g}' for value in rows[index][:6])})"


def _not_kept(rows: NDArray[np.float64], confidence: bool) -> tuple[str, ...]:
    """Columns that hold something this project has no property for."""
    names = ("confidence", "column 8", "column 9", "column 10")
    notes = []
    for column, name in enumerate(names, 6):
        if column < rows.shape[1] and not (confidence and column == 6):
            telling = int((rows[:, column] != (1 if column == 6 else -1)).sum())
            if telling:
                notes.append(f"{name} of {telling} rows was not kept")
    return tuple(notes)


def export_mot(
    project: Project,
    file: IO[bytes],
    first: int,
    stop: int,
    *,
    progress: Progress | None = None,
) -> int:
    """Write a row for each frame and entity with a box; returns how many. The id is the number at
    the end of the entity's name, or a free one where that is missing or taken."""
    ids = _export_ids(project)
    count = 0
    for begin in range(first, stop, _BLOCK_FRAMES):
        end = min(begin + _BLOCK_FRAMES, stop)
        table = project.evaluate(begin, end, properties=["presence", "box"])
        number = np.array([ids[e] for e in table.entities], np.int64)[table.entity_index]
        order = np.lexsort((number, table.frame))
        box = table["box"]
        order = order[~np.isnan(box[order, 0])]
        lines = [
            f"{frame + 1},{identity},{','.join(map(_text, values))},1,-1,-1,-1\n"
            for frame, identity, values in zip(
                table.frame[order].tolist(),
                number[order].tolist(),
                box[order].tolist(),
                strict=True,
            )
        ]
        file.write("".join(lines).encode())
        count += len(lines)
        if progress is not None:
            progress(end - first, stop - first)
    return count


def _text(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return str(int(value)) if value == int(value) else repr(value)


def _export_ids(project: Project) -> dict[str, int]:
    ids: dict[str, int] = {}
    used: set[int] = set()
    waiting: list[str] = []
    entities: dict[str, Any] = dict(project.entities)
    for entity_id, entity in entities.items():
        match = re.search(r"([0-9]{1,16})$", entity.name)
        number = int(match[1]) if match else -1
        if number >= 0 and number not in used:
            ids[entity_id] = number
            used.add(number)
        else:
            waiting.append(entity_id)
    free = 1
    for entity_id in waiting:
        while free in used:
            free += 1
        ids[entity_id] = free
        used.add(free)
    return ids
