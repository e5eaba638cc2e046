"""Tables of every kind of property: what they say is what the engine says, and it comes back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from reviewer.format.geometry import mask, wkt
from reviewer.format.interchange import export_file, import_file

from reviewer import Project
from tests.webview import all_kinds

KINDS = ("csv", "parquet", "arrow")


@pytest.fixture
def annotated(tmp_path: Path, plain_video: Path) -> Path:
    with Project.create(tmp_path / "kinds", plain_video, all_kinds.ONTOLOGY) as project:
        all_kinds.fill(project)
    return tmp_path / "kinds"


def read(path: Path, kind: str) -> pa.Table:
    if kind == "csv":
        return pyarrow.csv.read_csv(path)
    if kind == "parquet":
        return pyarrow.parquet.read_table(path)
    return pa.ipc.open_file(io.BytesIO(path.read_bytes())).read_all()


def plain(value: Any) -> Any:
    """A value of the API as JSON would have it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_what_the_engine_says(annotated: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"rows.{kind}"
    seen = set()
    with Project.open(annotated) as project:
        export_file(project, out, kind)
        rows = read(out, kind).to_pylist()
        assert len(rows) == len(project.evaluate(0, project.frame_count))
        for row in rows[::7]:
            entity, frame = project.entity(row["entity"]), row["frame"]
            for name, definition in entity.properties.items():
                if name == "presence":
                    continue
                wanted = entity[name].at(frame)
                if definition.kind.name in ("box", "rotated_box", "ellipse"):
                    given = [v for k, v in row.items() if k.startswith(f"{name}_")]
                    given = None if given[0] is None else given
                else:
                    given = row[name]
                    if given == "":
                        given = None
                    if given is not None and definition.kind.name in (
                        "points", "cuboid", "choices", "entities",
                    ):  # fmt: skip
                        given = orjson.loads(given)
                    elif given is not None and definition.kind.name in ("polygon", "polyline"):
                        given = wkt.parse(given)
                    elif given is not None and definition.kind.name == "mask":
                        given = mask.parse(given)
                if wanted is None or plain(wanted) == []:
                    assert given is None
                    continue
                assert plain(given) == plain(wanted), (name, frame)
                seen.add(definition.kind.name.partition(":")[0])
    assert seen >= {*all_kinds.GEOMETRY, "choice", "choices", "boolean", "number", "text", "entity"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back(
    annotated: Path, tmp_path: Path, plain_video: Path, kind: str
) -> None:
    out = tmp_path / f"rows.{kind}"
    with Project.open(annotated) as project:
        export_file(project, out, kind)
        wanted = project.evaluate(0, project.frame_count)
        names = {e.id: (e.name, e.class_name) for e in project.entities.values()}
    with Project.create(tmp_path / "back", plain_video, all_kinds.ONTOLOGY) as project:
        import_file(project, out, kind)
        there = {e.id: (e.name, e.class_name) for e in project.entities.values()}
        assert there.items() <= names.items()
        given = project.evaluate(0, project.frame_count)
        assert len(given) == len(wanted)
        order, other = (np.lexsort((t.entity, t.frame)) for t in (given, wanted))
        assert set(given.columns) == set(wanted.columns)
        for name in wanted.columns:
            for a, b in zip(given[name][order], wanted[name][other], strict=True):
                same = a is b or (np.array_equal(a, b, equal_nan=True) if _numbers(a) else a == b)
                assert same, name


def _numbers(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.floating))
