"""The formats there are, and the two calls that every screen uses: import a file, export one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from .. import provenance
from ..errors import InterchangeError
from ..files import temporary_beside
from ..kinds import SOURCE
from ..project import Project
from ..provenance import Origin, Source
from ..transaction import Transaction
from .mot import export_mot, import_mot
from .tracks import Imported, Progress

# The tables' library takes a good part of a program's start: loaded when a table is asked for.


def import_table(project: Project, path: Path, **options: Any) -> Imported:
    from . import table

    return table.import_table(project, path, **options)


def export_table(project: Project, file: IO[bytes], first: int, stop: int, **options: Any) -> int:
    from . import table

    return table.export_table(project, file, first, stop, **options)


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is, how to read it, how to write it."""

    name: str
    summary: str
    read: Callable[..., Imported]
    write: Callable[..., int]
    has_confidence: bool = False  # one for each box, which read(confidence=True) keeps


FORMATS: dict[str, Format] = {
    item.name: item
    for item in (
        Format("mot", "MOTChallenge text (frames from 1)", import_mot, export_mot, True),
        *(
            Format(
                kind,
                f"{title} table, one row for each frame and entity (frames from 0)",
                partial(import_table, kind=kind),
                partial(export_table, kind=kind),
            )
            for kind, title in (("csv", "CSV"), ("parquet", "Parquet"), ("arrow", "Arrow IPC"))
        ),
    )
}


def find_format(name: str) -> Format:
    """The format of that name; InterchangeError lists those there are."""
    found = FORMATS.get(name)
    if found is None:
        raise InterchangeError(f'There is no format "{name:.60}"; there are {", ".join(FORMATS)}.')
    return found


def import_file(
    project: Project,
    path: str | Path,
    format_name: str,
    *,
    class_name: str | None = None,
    reduce_px: float = 0.0,
    source: Origin | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Read ``path`` into the project as one edit, whole or not at all.

    ``reduce_px`` is how far, in pixels, an edge may lie from the file's on any frame; 0 keeps every
    number exactly. With a ``source`` every keyframe is marked as coming from there, a tracker's
    with its confidence where the file has one; without, as made by hand, which takes no space.
    InterchangeError says what is wrong with the file.
    """
    if not 0 <= reduce_px < 1e6:
        raise InterchangeError(
            f"The tolerance to reduce by is in pixels, 0 or more, not {reduce_px}."
        )
    found, path = find_format(format_name), Path(path)
    text = "" if source is None else provenance.format(Source(source))
    more: dict[str, Any] = (
        {"confidence": True} if found.has_confidence and source == "tracker" else {}
    )
    options = {"class_name": class_name, "reduce_px": reduce_px, "progress": progress, **more}
    if not text:
        return found.read(project, path, **options)
    with project.transaction(f"Import {path.name}") as transaction:
        done = found.read(project, path, **options)
        _mark(transaction, text)
    return done


def _mark(transaction: Transaction, source: str) -> None:
    """Give every keyframe put so far a source, where it has none."""
    cells = [cell for part in transaction.parts for cell in part.cells]
    marked = {(cell.entity, cell.property) for cell in cells if "." in cell.property}
    for cell in cells:
        name = f"{cell.property}.source"
        there = ~cell.kind.is_fill(cell.new)
        if "." in cell.property or (cell.entity, name) in marked or not there.any():
            continue
        rows = SOURCE.empty_rows(int(there.sum()))
        rows[:] = source
        transaction.put(cell.entity, name, cell.frames[there], rows)


def export_file(
    project: Project,
    path: str | Path,
    format_name: str,
    *,
    frames: tuple[int, int] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write frames ``[first, stop)`` (all, unless given) to ``path``; returns the number of rows.
    The file appears when it is whole; an older one is replaced only then."""
    found = find_format(format_name)
    first, stop = frames or (0, project.frame_count)
    if not 0 <= first <= stop <= project.frame_count:
        raise InterchangeError(
            f"Frames {first}:{stop} are not within the video's 0:{project.frame_count}."
        )
    target = Path(path).absolute()
    if target.is_dir():
        raise InterchangeError(f"{target} is a folder; name a file to write.")
    temporary = temporary_beside(target, ".tmp")
    try:
        with open(temporary, "xb") as file:
            rows = found.write(project, file, first, stop, progress=progress)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise InterchangeError(f"{target} cannot be written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return rows
