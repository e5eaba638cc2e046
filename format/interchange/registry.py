"""The formats there are, and the two calls that every screen uses: import a file, export one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import InterchangeError
from ..files import temporary_beside
from ..project import Project
from .mot import export_mot, import_mot
from .table import export_table, import_table
from .tracks import Imported, Progress


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is, how to read it, how to write it."""

    name: str
    summary: str
    read: Callable[..., Imported]
    write: Callable[..., int]


FORMATS: dict[str, Format] = {
    item.name: item
    for item in (
        Format("mot", "MOTChallenge text (frames from 1)", import_mot, export_mot),
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
    progress: Progress | None = None,
) -> Imported:
    """Read ``path`` into the project as one edit, whole or not at all.

    ``reduce_px`` is how far, in pixels, an edge may lie from the file's on any frame; 0 keeps every
    number exactly. InterchangeError says what is wrong with the file.
    """
    if not 0 <= reduce_px < 1e6:
        raise InterchangeError(
            f"The tolerance to reduce by is in pixels, 0 or more, not {reduce_px}."
        )
    return find_format(format_name).read(
        project, Path(path), class_name=class_name, reduce_px=reduce_px, progress=progress
    )


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
