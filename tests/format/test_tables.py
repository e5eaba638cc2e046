"""Tables: CSV, Parquet and Arrow hold what the engine says, and come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from reviewer.format import InterchangeError, ReviewerError
from reviewer.format.interchange import export_file, import_file

from reviewer import Project
from tests.format import stranger
from tests.format.contents import everything, same_bits

KINDS = ("csv", "parquet", "arrow")

AWKWARD = {
    "classes": [
        {
            "name": "player",
            "properties": [
                {
                    "name": "team",
                    "kind": "choice",
                    "choices": ["NA", "true", "01", "a,b", 'the "reds"', "zwei\nZeilen", "null"],
                },
                {
                    "name": "pose",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": ["1", "02", "None", "nan"],
                },
            ],
        },
        {"name": "event", "geometry": []},
    ]
}
NAMES = ["NA", "null", "nan", "=1+1", "<script>", "[red]", "\x1b[31m", 'a,"b"\nc', " spaced ", "７"]


def read(path: Path, kind: str) -> pa.Table:
    """By pyarrow alone, as somebody else would."""
    if kind == "csv":
        return pyarrow.csv.read_csv(path)
    if kind == "parquet":
        return pyarrow.parquet.read_table(path)
    return pyarrow.feather.read_table(path)


def annotated(folder: Path) -> Project:
    random = np.random.default_rng(7)
    project = Project.open(folder, author="Ada")
    for number in range(6):
        entity = project.add_entity("player", frame=number * 3)
        entity["team"] = ["home", "away"][number % 2]
        for frame in sorted(random.integers(number * 3, 300, 5).tolist()):
            entity["box"][frame] = tuple(random.random(4) * 1000)
            entity["pose"][frame] = ["standing", "running", "down"][frame % 3]
        entity["presence"][200 + number] = "occluded"
        entity["presence"][250 + number] = "absent"
    project.add_entity("event", name="whistle", frame=100)
    return project


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_holds_what_the_engine_says(folder: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    with annotated(folder) as project:
        wanted = project.evaluate(0, 300)
        rows = export_file(project, path, kind)
        names = {e.id: e.name for e in project.entities.values()}
        times, pts = project.times, project.pts
    table = read(path, kind)
    assert table.column_names == [
        *("frame", "pts", "time", "entity", "name", "class", "presence"),
        *("box_x", "box_y", "box_width", "box_height", "team", "pose"),
    ]
    assert len(table) == rows == len(wanted)
    column = {name: table.column(name).to_numpy() for name in table.column_names}
    assert (column["frame"] == wanted.frame).all()
    assert (column["pts"] == pts[wanted.frame]).all()
    assert same_bits(column["time"].astype("f8"), times[wanted.frame])
    assert column["entity"].tolist() == wanted.entity.tolist()
    assert column["name"].tolist() == [names[e] for e in wanted.entity]
    assert column["presence"].tolist() == wanted["presence"].tolist()
    boxes = np.stack([column[n] for n in ("box_x", "box_y", "box_width", "box_height")], axis=1)
    np.testing.assert_array_equal(boxes.astype("f8"), wanted["box"])
    for name in ("team", "pose"):
        texts = ["" if value is None else value for value in table.column(name).to_pylist()]
        assert texts == wanted[name].tolist()


def same_rows(a: Any, b: Any) -> None:
    for table in (a, b):
        assert len(table)
    order_a, order_b = (np.lexsort((t.entity, t.frame)) for t in (a, b))
    assert (a.frame[order_a] == b.frame[order_b]).all()
    assert (a.entity[order_a] == b.entity[order_b]).all()
    for name in a.columns:
        np.testing.assert_array_equal(a[name][order_a], b[name][order_b])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reduce_px", [0, 0.5])
def test_a_table_comes_back_as_it_was(
    folder: Path, tmp_path: Path, kind: str, reduce_px: float
) -> None:
    path = tmp_path / f"out.{kind}"
    with annotated(folder) as project:
        wanted = project.evaluate(0, 300)
        described = {e.id: (e.name, e.class_name) for e in project.entities.values()}
        export_file(project, path, kind)
        keyframes = project.keyframe_count()
    with Project.open(stranger.make_folder(tmp_path / "again")) as project:
        done = import_file(project, path, kind, reduce_px=reduce_px)
        assert done.entities == len(described)
        assert {e.id: (e.name, e.class_name) for e in project.entities.values()} == described
        found = project.evaluate(0, 300)
        if reduce_px == 0:
            same_rows(found, wanted)
        else:
            assert len(found) == len(wanted)
            assert done.keyframes < 3 * keyframes, "straight pieces became straight pieces again"
        assert project.undo() is not None
        assert dict(project.entities) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_awkward_texts_survive(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"out.{kind}"
    with Project.open(stranger.make_folder(tmp_path / "p", 20, ontology=AWKWARD)) as project:
        teams = [choice["name"] if isinstance(choice, dict) else choice
                 for choice in AWKWARD["classes"][0]["properties"][0]["choices"]]  # fmt: skip
        for number, name in enumerate(NAMES):
            entity = project.add_entity("player", name=name)
            entity["team"] = teams[number % len(teams)]
            for frame, pose in enumerate(["1", "02", "None", "nan"]):
                entity["pose"][frame] = pose
        wanted, described = project.evaluate(0, 20), everything(project)[0]
        export_file(project, path, kind)
    with Project.open(stranger.make_folder(tmp_path / "again", 20, ontology=AWKWARD)) as project:
        import_file(project, path, kind)
        same_rows(project.evaluate(0, 20), wanted)
        assert everything(project)[0] == described


def test_importing_beside_what_is_there_makes_new_entities(folder: Path, tmp_path: Path) -> None:
    with annotated(folder) as project:
        before, rows = everything(project), len(project.evaluate(0, 300))
        export_file(project, tmp_path / "out.csv", "csv")
        import_file(project, tmp_path / "out.csv", "csv")
        assert len(project.entities) == 14
        assert len({e.name for e in project.entities.values()}) == 14
        assert len(project.evaluate(0, 300)) == 2 * rows
        now = everything(project)
        assert {key: now[1][key] for key in before[1]} == before[1]


def test_a_table_of_only_frames_names_and_boxes_is_enough(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(
        "name,frame,box_x,box_y,box_width,box_height\n"
        "b,5,1,2,3,4\na,9,1.5,2,3,4\na,7,1,2,3,4\na,8,,,,\n"
    )
    with Project.open(folder) as project:
        done = import_file(project, path, "csv", class_name="puck")
        assert (done.entities, done.rows) == (2, 4)
        a = project.entity("a")
        assert a.class_name == "puck"
        assert a["box"].keyframes.tolist() == [7, 9]
        assert a["presence"].spans()[0] == (7, 10, "present")
        assert project.entity("b")["box"].at(5).tolist() == [1, 2, 3, 4]


HEAD = "frame,entity,name,class,presence,box_x,box_y,box_width,box_height,pose\n"
GOOD = "3,x-1,One,player,present,1,2,3,4,down\n"

WRONG: dict[str, tuple[str, str]] = {
    "empty": ("", "not a csv table"),
    "no rows and no columns": ("\n", "csv table|lacks"),
    "no frame": ("entity,box_x,box_y,box_width,box_height\n", "lacks the column frame"),
    "no boxes": ("frame,entity\n1,a\n", "lacks the column box_x"),
    "nobody": ("frame,box_x,box_y,box_width,box_height\n1,1,1,1,1\n", "lacks the column entity"),
    "ragged": (HEAD + GOOD + "1,2\n", "not a csv table"),
    "a word for a number": (HEAD + GOOD.replace("1,2,3,4", "1,x,3,4"), '"box_y".*numbers'),
    "half a frame": (HEAD + GOOD.replace("3,x", "3.5,x"), '"frame".*numbers'),
    "no frame number": (HEAD + GOOD.replace("3,x", ",x"), '"frame".*empty places'),
    "before the video": (HEAD + GOOD.replace("3,x", "-1,x"), "row 1: frame -1 is outside"),
    "behind the video": (HEAD + GOOD + GOOD.replace("3,x", "300,x"), "row 2: frame 300"),
    "twice": (HEAD + GOOD + GOOD, "row 2 repeats entity 'x-1' on frame 3"),
    "infinity": (HEAD + GOOD.replace("1,2,3,4", "inf,2,3,4"), "row 1.*not a box"),
    "half a box": (HEAD + GOOD.replace("1,2,3,4", "1,2,,4"), "row 1.*not a box"),
    "negative": (HEAD + GOOD.replace("1,2,3,4", "1,2,-3,4"), "row 1.*not a box"),
    "beyond any picture": (HEAD + GOOD.replace("1,2,3,4", "1e300,2,3,4"), "row 1.*not a box"),
    "another class": (HEAD + GOOD.replace("player", "referee"), 'no class "referee"'),
    "odd presence": (HEAD + GOOD.replace("present", "\x1b[31mhere"), "presence.*takes absent"),
    "odd choice": (HEAD + GOOD.replace("down", "flying"), "standing, running, down"),
    "choice that ends": (HEAD + GOOD + "4,x-1,One,player,present,1,2,3,4,\n", "loses its value"),
    "unknown property": (HEAD.replace("pose", "wings") + GOOD, 'no property "wings"'),
    "no name": (HEAD + GOOD.replace("One", ""), "name has 1 to"),
    "two columns of a name": (HEAD.replace("pose", "presence") + GOOD, "two columns 'presence'"),
    "binary": ("\x00\x01\x02" * 50, "not a csv table|lacks"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("what", WRONG)
def test_malformed_tables_are_one_sentence_and_nothing_is_imported(
    folder: Path, tmp_path: Path, what: str
) -> None:
    text, complaint = WRONG[what]
    path = tmp_path / "in.csv"
    path.write_text(text)
    with Project.open(folder) as project:
        with pytest.raises(ReviewerError, match=complaint) as caught:
            import_file(project, path, "csv")
        assert "\n" not in str(caught.value)
        assert everything(project) == ({}, {})
        assert project.revision == 0


def nested(path: Path, write: Callable[[pa.Table, Path], None]) -> None:
    columns = {n: [1] for n in ("frame", "box_x", "box_y", "box_width", "box_height")}
    write(pa.table({**columns, "name": [["a", "list"]]}), path)


def test_columns_of_other_types_are_a_sentence(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    nested(path, pyarrow.parquet.write_table)
    with (
        Project.open(folder) as project,
        pytest.raises(InterchangeError, match=r'"name".*not all text'),
    ):
        import_file(project, path, "parquet")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"ARROW1\0\0" + bytes(40), b"x" * 5000])
def test_files_that_are_no_tables_are_a_sentence(
    folder: Path, tmp_path: Path, kind: str, content: bytes
) -> None:
    path = tmp_path / f"in.{kind}"
    path.write_bytes(content)
    with (
        Project.open(folder) as project,
        pytest.raises(InterchangeError, match=f"not a {kind} table|cannot be read"),
    ):
        import_file(project, path, kind)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_damaged_tables_are_a_sentence_or_a_table(folder: Path, tmp_path: Path, kind: str) -> None:
    """Cut short and flipped at many places: whatever comes, it is one of ours."""
    with annotated(folder) as project:
        export_file(project, tmp_path / "good", kind)
    whole = (tmp_path / "good").read_bytes()
    random = np.random.default_rng(5)
    refused = 0
    with Project.open(stranger.make_folder(tmp_path / "again")) as project:
        for turn in range(60):
            data = bytearray(whole)
            data[random.integers(len(data))] ^= int(random.integers(1, 256))
            if turn % 2:
                data = data[: random.integers(len(data))]
            (tmp_path / "bad").write_bytes(data)
            try:
                import_file(project, tmp_path / "bad", kind)
            except ReviewerError:
                refused += 1
    assert refused >= 30, "what is cut short is refused"


@pytest.mark.parametrize("kind", KINDS)
def test_an_entity_that_is_never_there_is_imported_as_such(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    rows = {"frame": [3], "name": ["ghost"], "presence": ["absent"]}
    table = pa.table({**rows, **{f"box_{n}": [1.0] for n in ("x", "y", "width", "height")}})
    path = tmp_path / "in"
    write = {
        "csv": pyarrow.csv.write_csv,
        "parquet": pyarrow.parquet.write_table,
        "arrow": lambda t, p: pyarrow.feather.write_feather(t, p, compression="uncompressed"),
    }[kind]
    write(table, path)
    with Project.open(folder) as project:
        import_file(project, path, kind)
        assert len(project.evaluate(0, 300)) == 0


def test_some_frames_are_exported(folder: Path, tmp_path: Path) -> None:
    with annotated(folder) as project:
        export_file(project, tmp_path / "all.parquet", "parquet")
        export_file(project, tmp_path / "some.parquet", "parquet", frames=(50, 60))
        export_file(project, tmp_path / "none.parquet", "parquet", frames=(50, 50))
    whole = pyarrow.parquet.read_table(tmp_path / "all.parquet")
    some = pyarrow.parquet.read_table(tmp_path / "some.parquet")
    frames = whole.column("frame").to_numpy()
    assert some.equals(whole.filter(pa.array((frames >= 50) & (frames < 60))))
    assert len(pyarrow.parquet.read_table(tmp_path / "none.parquet")) == 0
