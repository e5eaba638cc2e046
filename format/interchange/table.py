"""A table, one row for each frame and entity that is there: CSV, Parquet or Arrow IPC.

Columns: frame (0-based), pts, time (seconds since the first frame), entity (id), name, class,
presence, box_x, box_y, box_width, box_height (px), then those of every other property of the
ontology (see `property_columns`): geometry in pixels, choices by name, references as entity ids.
Where the video was checked there is also video_flags: what is wrong with the frame, as words with
spaces between (damaged, missing_before, frozen ...), empty for a good one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ..errors import InterchangeError
from ..geometry.shape import MAX_COORDINATE_PX
from ..kinds import ABSENT, BOX, PRESENCE
from ..project import Project
from ..table import Table
from ..values import constant_of
from .property_columns import PropertyColumns, columns_of
from .tracks import Imported, Progress, Track, put_tracks

BOX_COLUMNS = ("box_x", "box_y", "box_width", "box_height")
VIDEO_FLAGS = "video_flags"
_TEXTS = ("entity", "name", "class", "presence")
_FIXED = ("frame", "pts", "time", *_TEXTS, VIDEO_FLAGS)
_BLOCK_ROWS = 1 << 18
_MAX_FILE_BYTES = 8 << 30


def export_table(
    project: Project,
    file: IO[bytes],
    first: int,
    stop: int,
    *,
    kind: str,
    progress: Progress | None = None,
) -> int:
    """Write the evaluated rows of frames ``[first, stop)`` as ``kind`` (csv, parquet, arrow);
    returns how many. Memory is bounded by one block of rows."""
    properties = _used(_properties(project), project)
    findings = project.findings()
    schema = pa.schema(
        [
            ("frame", pa.int64()),
            ("pts", pa.int64()),
            ("time", pa.float64()),
            *[(name, pa.string()) for name in _TEXTS],
            *[(name, item.type) for item in properties for name in item.names],
            *([(VIDEO_FLAGS, pa.string())] if findings is not None else []),
        ]
    )
    times = project.times
    count = 0
    waiting: list[Any] = []
    step = max(1, _BLOCK_ROWS // max(1, len(project.entities)))
    with _writer(file, schema, kind) as writer:
        for begin in range(first, stop, step):
            end = min(begin + step, stop)
            table = project.evaluate(begin, end)
            columns = _columns(project, table, properties, times)
            if findings is not None:
                flags = findings.texts(begin, end)[table.frame - begin]
                columns.append(pa.array(flags, pa.string(), mask=flags == ""))
            waiting.append(pa.record_batch(columns, schema=schema))
            count += len(table)
            # each write is a row group of its own, whose description Parquet keeps to the end
            if end == stop or sum(batch.num_rows for batch in waiting) >= _BLOCK_ROWS:
                writer.write_table(pa.Table.from_batches(waiting, schema))
                waiting.clear()
            if progress is not None:
                progress(end - first, stop - first)
    return count


def _properties(project: Project) -> list[PropertyColumns]:
    properties = columns_of(project.ontology)
    taken = set(_FIXED)
    for item in properties:
        if clash := taken.intersection(item.names):
            raise InterchangeError(
                f'The property "{item.name}" has the name of a column of the table '
                f"({min(clash)}); rename it."
            )
        taken.update(item.names)
    return properties


def _used(properties: list[PropertyColumns], project: Project) -> list[PropertyColumns]:
    """Without geometry that nothing has: a class may allow more kinds than anybody draws."""
    with project.snapshot() as state:
        used = {name for (name, _), table in state.tables.items() if table.counts(state.live).any()}
    return [
        item
        for item in properties
        if item.name in used or item.name == BOX.name or not item.kinds[0].geometry
    ]


def _columns(
    project: Project, table: Table, properties: list[PropertyColumns], times: Any
) -> list[Any]:
    entities = [project.attributes(entity) for entity in table.entities]
    index = table.entity_index

    def per_entity(values: list[str]) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(index), pa.array(values, pa.string())).cast(
            pa.string()
        )

    return [
        table.frame,
        project.pts[table.frame],
        times[table.frame],
        per_entity(list(table.entities)),
        per_entity([item.name for item in entities]),
        per_entity([item.class_name for item in entities]),
        table["presence"],
        *[array for item in properties for array in item.arrays(table)],
    ]


def _writer(file: IO[bytes], schema: Any, kind: str) -> Any:
    if kind == "csv":
        return pa.csv.CSVWriter(file, schema)
    if kind == "parquet":
        return pa.parquet.ParquetWriter(file, schema, compression="zstd")
    return pa.ipc.new_file(file, schema)


def import_table(
    project: Project,
    path: Path,
    *,
    kind: str,
    class_name: str | None = None,
    reduce_px: float = 0.0,
    progress: Progress | None = None,
) -> Imported:
    """Read such a table back: an entity for each value of ``entity`` (or ``name``). Needed are
    ``frame``, ``entity`` or ``name``, and the four box columns; the rest is optional.

    InterchangeError names the column or row that is wrong; then nothing was imported.
    """
    properties = _properties(project)
    table = _read(path, kind, [n for p in properties if p.type == pa.string() for n in p.names])
    doubled = [name for name in table.column_names if table.column_names.count(name) > 1]
    if doubled:
        raise InterchangeError(f"{path} has two columns {doubled[0]!r:.60}.")
    by = next((name for name in ("entity", "name") if name in table.column_names), None)
    missing = [name for name in ("frame", *BOX_COLUMNS) if name not in table.column_names]
    if by is None or missing:
        raise InterchangeError(
            f"{path} lacks the column {missing[0] if missing else 'entity'}; it has "
            f"{', '.join(table.column_names)[:300]}."
        )
    frames = _numbers(table, "frame", np.int64, path)
    outside = (frames < 0) | (frames >= project.frame_count)
    if outside.any():
        row = int(np.argmax(outside))
        raise InterchangeError(
            f"{path}, row {row + 1}: frame {frames[row]} is outside the video, whose frames are 0 "
            f"to {project.frame_count - 1}."
        )
    keys = _texts(table, by, path)
    order = np.lexsort((frames, keys))
    starts = np.flatnonzero(np.append(True, keys[order][1:] != keys[order][:-1]))
    parts = np.split(order, starts[1:]) if len(order) else []
    for part in parts:
        twice = np.flatnonzero(np.diff(frames[part]) == 0)
        if len(twice):
            row = part[twice[0] + 1]
            raise InterchangeError(
                f"{path}, row {row + 1} repeats {by} {keys[row]!r:.80} on frame {frames[row]}."
            )
    tracks = _tracks(project, properties, table, parts, frames, class_name, path)
    return put_tracks(project, tracks, len(parts), f"Import {path.name}", reduce_px, progress)


def _read(path: Path, kind: str, own: list[str]) -> Any:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise InterchangeError(f"{path} is over 8 GiB; split it.")
        if kind == "csv":
            # never guessed: a choice may be called 01, true or NA
            texts = (*_TEXTS, *own)
            options = pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in texts}, null_values=["", "nan", "NaN"]
            )
            return pa.csv.read_csv(path, convert_options=options)
        if kind == "parquet":
            table = pa.parquet.ParquetFile(path).read()
        else:
            with pa.OSFile(str(path)) as source:
                table = pa.ipc.open_file(source).read_all()
        table.validate(full=True)  # offsets of a damaged file may lead out of memory
        return table
    except OSError as error:
        raise InterchangeError(f"{path} cannot be read: {error.strerror or error}.") from None
    except pa.ArrowException as error:
        first_line = str(error).splitlines()[0][:200]
        raise InterchangeError(f"{path} is not a {kind} table: {first_line}.") from None


def _numbers(table: Any, name: str, dtype: Any, path: Path) -> Any:
    try:
        column = table.column(name).cast(pa.int64() if dtype is np.int64 else pa.float64())
    except pa.ArrowException:
        raise InterchangeError(f'The column "{name}" of {path} is not all numbers.') from None
    if dtype is np.int64 and column.null_count:
        raise InterchangeError(f'The column "{name}" of {path} has empty places.')
    return column.to_numpy().astype(dtype)


def _texts(table: Any, name: str, path: Path) -> Any:
    try:
        column = table.column(name).cast(pa.string()).fill_null("")
    except pa.ArrowException:
        raise InterchangeError(f'The column "{name:.60}" of {path} is not all text.') from None
    return np.array(column.to_pylist(), dtype=object)


def _check_boxes(boxes: Any, path: Path) -> None:
    """A box is four numbers within bounds, or there is none: four empty places."""
    with np.errstate(invalid="ignore"):
        none = np.isnan(boxes).all(axis=1)
        good = (np.abs(boxes) <= MAX_COORDINATE_PX).all(axis=1) & (boxes[:, 2:] >= 0).all(axis=1)
    wrong = np.flatnonzero(~(none | good))
    if len(wrong):
        values = ", ".join(f"{value:g}" for value in boxes[wrong[0]])
        raise InterchangeError(f"{path}, row {wrong[0] + 1}: {values} is not a box in pixels.")


def _tracks(
    project: Project,
    properties: list[PropertyColumns],
    table: Any,
    parts: Any,
    frames: Any,
    class_name: str | None,
    path: Path,
) -> Iterator[Track]:
    names = table.column_names
    boxes = np.stack([_numbers(table, name, np.float64, path) for name in BOX_COLUMNS], axis=1)
    _check_boxes(boxes, path)
    texts = {n: _texts(table, n, path) for n in names if n in _TEXTS}
    codes = _presence_codes(texts["presence"], path) if "presence" in texts else None
    others = [p for p in properties if p.name != BOX.name and set(p.names) <= set(names)]
    data = {p.name: _data_of(p, table, path) for p in others}
    known = {*_FIXED, *BOX_COLUMNS, *(n for p in others for n in p.names)}
    strangers = {n: _texts(table, n, path) for n in names if n not in known}
    default_class = class_name or next(iter(project.ontology.classes))
    for number, part in enumerate(parts, 1):
        entity_class = str(texts["class"][part[0]]) if "class" in texts else default_class
        definitions = project.ontology.entity_class(entity_class).properties
        constants: dict[str, Any] = {}
        # a column that nothing in the ontology explains is named when it has something in it
        values = {name: v[part] for name, v in strangers.items() if _has_something(v[part])}
        for item in others:
            rows = {name: column[part] for name, column in data[item.name].items()}
            definition = definitions.get(item.name)
            if definition is None:
                if any(_has_something(column) for column in rows.values()):
                    values[item.name] = rows[item.names[0]]
                continue
            found = item.values(rows, definition)
            if definition.time_varying:
                if any(value is not None for value in found):
                    values[item.name] = found
            elif found[0] is not None:
                constants[item.name] = constant_of(definition, definition.encode(found[0]))
        there = slice(None) if codes is None else codes[part] > ABSENT
        yield Track(
            name=str(texts["name"][part[0]]) if "name" in texts else f"{entity_class}_{number}",
            class_name=entity_class,
            frames=frames[part][there],
            boxes=boxes[part][there],
            presence=None if codes is None else codes[part][there],
            constants=constants,
            values={name: column[there] for name, column in values.items()},
            entity_id=str(texts["entity"][part[0]]) if "entity" in texts else None,
        )


def _data_of(item: PropertyColumns, table: Any, path: Path) -> dict[str, Any]:
    """The columns of a property, as floats where it has several and as texts where it has one."""
    if item.fields:
        return {name: _numbers(table, name, np.float64, path) for name in item.names}
    return {name: _texts(table, name, path) for name in item.names}


def _has_something(column: Any) -> bool:
    return bool((column != "").any() if column.dtype == object else (~np.isnan(column)).any())


def _presence_codes(texts: Any, path: Path) -> Any:
    known = {name: code for code, name in enumerate(PRESENCE)} | {"": 1}
    unknown = sorted({str(t) for t in set(texts.tolist()) - set(known)})
    if unknown:
        raise InterchangeError(
            f'The column "presence" of {path} takes {", ".join(PRESENCE)}, not {unknown[0]!r:.60}.'
        )
    return np.array([known[text] for text in texts], np.int8)
