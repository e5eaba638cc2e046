"""MOTChallenge text: equal numbers there and back, one sentence for each thing that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import InterchangeError, ReviewerError
from reviewer.format.interchange import export_file, import_file

from reviewer import Project
from tests.format import stranger
from tests.format.contents import everything

REAL = [
    "pairs/pets09_s2l1/gt/gt.txt",
    "pairs/tud-campus/gt/gt.txt",
    "pairs/tud-campus/det/det.txt",
    "pairs/tud-campus/tracker/result.txt",
    "annotations/mot15/ADL-Rundle-6/gt/gt.txt",
    "annotations/mot15/ADL-Rundle-8/gt/gt.txt",
    "annotations/mot15/ETH-Pedcross2/gt/gt.txt",
    "annotations/mot15/KITTI-17/gt/gt.txt",
]


def table_of(path: Path) -> np.ndarray:
    """frame, id, x, y, width, height of each row, sorted; read by other code than ours."""
    rows = []
    for line in path.read_text().split("\n"):
        if line.strip():
            rows.append([float(field) for field in line.split(",")[:6]])
    found = np.array(rows).reshape(-1, 6)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def there_and_back(folder: Path, source: Path, **options: Any) -> tuple[np.ndarray, Project]:
    project = Project.open(folder, author="Ada")
    import_file(project, source, "mot", **options)
    export_file(project, folder.parent / "back.txt", "mot")
    return table_of(folder.parent / "back.txt"), project


@st.composite
def mot_files(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Rows of some identities with gaps, in any order, numbers with as many digits as they like."""
    ids = draw(st.lists(st.integers(0, 2**53 - 1), max_size=5, unique=True))
    number = st.floats(-1e4, 1e4) | st.integers(-5000, 5000)
    size = st.floats(0, 1e4) | st.integers(0, 5000)
    rows = []
    for identity in ids:
        for frame in draw(st.sets(st.integers(1, 40), min_size=1, max_size=20)):
            values = (draw(number), draw(number), draw(size), draw(size))
            rows.append((frame, identity, *values))
    return draw(st.permutations(rows))


@settings(max_examples=40, deadline=None)
@given(mot_files().filter(bool), st.data())
def test_every_number_comes_back_on_every_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("mot")
    separator = data.draw(st.sampled_from([",", ", ", " ,", ";", " ", "\t"]))
    extra = data.draw(st.sampled_from([(), (1,), (1, -1, -1, -1), (0.5, 3, 2)]))
    lines = [separator.join(map(repr, (*row, *extra))) for row in rows]
    ending = data.draw(st.sampled_from(["\n", "\r\n"]))
    (place / "gt.txt").write_text(ending.join(lines) + ending, newline="")
    back, project = there_and_back(stranger.make_folder(place / "p", 40), place / "gt.txt")
    with project:
        wanted = np.array([tuple(map(float, row)) for row in rows]).reshape(-1, 6)
        wanted = wanted[np.lexsort((wanted[:, 1], wanted[:, 0]))]
        np.testing.assert_array_equal(back, wanted)
        # gaps are absences: an entity is there on its rows and nowhere else
        table = project.evaluate(0, 40)
        names = [project.entity(e).name.rpartition("_")[2] for e in table.entity]
        present = set(zip((table.frame + 1).tolist(), map(int, names), strict=True))
        assert present == {(int(row[0]), int(row[1])) for row in rows}
        assert project.undo() is not None
        assert dict(project.entities) == {}, "one import, one undo"


@pytest.mark.parametrize("name", REAL)
def test_real_files_come_back_equal_on_every_row(tmp_path: Path, material: Path, name: str) -> None:
    source = material / name
    wanted = table_of(source)
    frames = int(wanted[:, 0].max())
    back, project = there_and_back(stranger.make_folder(tmp_path / "p", frames), source)
    project.close()
    if (wanted[:, 1] == -1).all():  # detections have no identity to come back with
        order = np.lexsort(wanted[:, [5, 4, 3, 2, 0]].T)
        wanted = np.delete(wanted[order], 1, axis=1)
        back = np.delete(back[np.lexsort(back[:, [5, 4, 3, 2, 0]].T)], 1, axis=1)
    np.testing.assert_array_equal(back, wanted)


def edges(rows: np.ndarray) -> np.ndarray:
    boxes = rows[:, 2:6]
    return np.concatenate([boxes, boxes[:, :2] + boxes[:, 2:]], axis=1)


@pytest.mark.parametrize("name", [name for name in REAL if "det" not in name])
def test_reduced_real_files_stay_within_a_pixel_with_fewer_keyframes(
    tmp_path: Path, material: Path, name: str
) -> None:
    source = material / name
    wanted = table_of(source)
    folder = stranger.make_folder(tmp_path / "p", int(wanted[:, 0].max()))
    back, project = there_and_back(folder, source, reduce_px=1)
    with project:
        kept = sum(len(entity["box"]) for entity in project.entities.values())
    np.testing.assert_array_equal(back[:, :2], wanted[:, :2])
    assert np.abs(edges(back) - edges(wanted)).max() <= 1
    print(f"{name}: {kept} of {len(wanted)} keyframes kept ({kept / len(wanted):.0%})")
    assert kept < len(wanted)
    if "pets09" in name:
        assert kept < len(wanted) / 2


def test_a_real_video_and_its_ground_truth(tmp_path: Path, material: Path) -> None:
    """The whole way, with the file's own frames: as many as the ground truth says."""
    clip = next((material / "pairs/tud-campus").glob("*.[am][vpk][i4v]"))
    source = material / "pairs/tud-campus/gt/gt.txt"
    wanted = table_of(source)
    with Project.create(tmp_path / "p", clip) as project:
        assert project.frame_count == 71
        done = import_file(project, source, "mot")
        assert (done.entities, done.rows) == (8, 359)
        export_file(project, tmp_path / "back.txt", "mot")
    np.testing.assert_array_equal(table_of(tmp_path / "back.txt"), wanted)


def imported(tmp_path: Path, text: str | bytes, frames: int = 40) -> Project:
    folder = stranger.make_folder(tmp_path / "p", frames)
    path = tmp_path / "in.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    project = Project.open(folder, author="Ada")
    try:
        import_file(project, path, "mot")
    except BaseException:
        assert everything(project) == ({}, {}), "nothing of it was imported"
        assert project.revision == 0
        project.close()
        raise
    return project


def test_frames_count_from_one(tmp_path: Path) -> None:
    with imported(tmp_path, "1,7,10,20,30,40,1,-1,-1,-1\n3,7,10,20,30,40,1,-1,-1,-1\n") as project:
        (entity,) = project.entities.values()
        assert entity.name == "player_7"
        assert entity["presence"].spans() == [
            (0, 1, "present"),
            (1, 2, "absent"),
            (2, 3, "present"),
            (3, 40, "absent"),
        ]
        assert entity["box"].at(0).tolist() == [10, 20, 30, 40]


def test_a_row_on_the_last_frame_needs_no_absence_behind_it(tmp_path: Path) -> None:
    with imported(tmp_path, "40,7,10,20,30,40\n") as project:
        (entity,) = project.entities.values()
        assert entity["presence"].spans() == [(39, 40, "present")]


def test_detections_without_identity_are_objects_of_one_frame(tmp_path: Path) -> None:
    text = "1,-1,1,2,3,4,0.9\n1,-1,1,2,3,4,0.9\n2,5,9,9,9,9,1\n2,-1,8,8,8,8,0.3\n"
    with imported(tmp_path, text) as project:
        table = project.evaluate(0, 40)
        assert len(table) == 4
        assert table.frame.tolist() == [0, 0, 1, 1]
        assert sorted(e.name for e in project.entities.values()) == [
            "player_5",
            "player_6",
            "player_7",
            "player_8",
        ]


def test_a_second_import_stands_beside_the_first(tmp_path: Path) -> None:
    with imported(tmp_path, "1,1,0,0,5,5\n") as project:
        import_file(project, tmp_path / "in.txt", "mot", class_name="puck")
        import_file(project, tmp_path / "in.txt", "mot", class_name="puck")
        assert [e.name for e in project.entities.values()] == ["player_1", "puck_1", "puck_1_2"]
        export_file(project, tmp_path / "out.txt", "mot")
        assert len(set(table_of(tmp_path / "out.txt")[:, 1])) == 3, "three ids for three entities"


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    folder = stranger.make_folder(tmp_path / "p", 40)
    path = tmp_path / "in.txt"
    path.write_text("1,1,0,0,5,5,0.5,-1,-1,-1\n2,1,0,0,5,5,1,3,-1,-1\n")
    with Project.open(folder) as project:
        done = import_file(project, path, "mot")
    assert done.notes == (
        "confidence of 1 rows was not kept",
        "column 8 of 1 rows was not kept",
    )


GOOD = "1,1,0,0,5,5,1,-1,-1,-1\n\n"

MALFORMED = {
    "a word": (GOOD + "2,1,x,0,5,5,1", "line 3"),
    "too few": (GOOD + "2,1,0,0,5", "line 3"),
    "a header": ("frame,id,left,top,width,height\n" + GOOD, "line 1"),
    "frame 0": (GOOD + "0,1,0,0,5,5", "line 3.*before frame 1"),
    "a negative frame": (GOOD + "-3,1,0,0,5,5", "line 3.*before frame 1"),
    "beyond the end": (GOOD + "41,1,0,0,5,5", "line 3.*beyond the video, whose last frame is 40"),
    "half a frame": (GOOD + "1.5,1,0,0,5,5", "line 3.*not a whole number"),
    "half an id": (GOOD + "2,1.5,0,0,5,5", "line 3.*not a whole number"),
    "no number": (GOOD + "2,1,nan,0,5,5", "line 3.*not four finite numbers"),
    "infinity": (GOOD + "2,1,0,inf,5,5", "line 3.*not four finite numbers"),
    "infinite frame": (GOOD + "inf,1,0,0,5,5", "line 3"),
    "an id beyond numbers": (GOOD + "2,1e300,0,0,5,5", "line 3"),
    "negative width": (GOOD + "2,1,0,0,-5,5", "line 3.*negative width"),
    "twice": (GOOD + "1,1,0,0,6,6", "line 3.*repeats the id 1 on frame 1"),
    "huge": (GOOD + "2,1,1e9,0,5,5", "line 3.*not four finite numbers"),
    "empty": ("", "is empty"),
    "blank lines": ("\n \n\n", "is empty"),
    "not text": (b"\xff\xfe\x00\x01\x80", "is not text"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not text"),
    "markup": ("<script>alert(1)</script>\n", "line 1"),
    "a quoted number": (GOOD + '2,1,"3",0,5,5', "line 3"),
    "nothing between": (GOOD + "2,1,,0,5,5", "line 3"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_lines_are_named_and_nothing_is_imported(tmp_path: Path, what: str) -> None:
    text, complaint = MALFORMED[what]
    with pytest.raises(InterchangeError, match=complaint) as caught:
        imported(tmp_path, text)
    sentence = str(caught.value)
    assert str(tmp_path / "in.txt") in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_rows_may_be_ragged_and_separated_by_blanks(tmp_path: Path) -> None:
    text = "\ufeff1 1 0 0 5 5\n2, 1, 1, 0, 5, 5, 1, -1, -1, -1\n3;1;2;0;5;5;1\n"
    with imported(tmp_path, text) as project:
        (entity,) = project.entities.values()
        assert entity["box"].at(2).tolist() == [2, 0, 5, 5]


def test_some_frames_are_exported(tmp_path: Path) -> None:
    text = "".join(f"{frame},1,{frame},0,5,5\n" for frame in range(1, 41))
    with imported(tmp_path, text) as project:
        rows = export_file(project, tmp_path / "out.txt", "mot", frames=(10, 20))
        assert rows == 10
        assert table_of(tmp_path / "out.txt")[:, 0].tolist() == list(range(11, 21))
        assert export_file(project, tmp_path / "none.txt", "mot", frames=(5, 5)) == 0
        assert (tmp_path / "none.txt").read_bytes() == b""
        for frames in ((-1, 5), (0, 41), (9, 3)):
            with pytest.raises(InterchangeError, match="not within the video"):
                export_file(project, tmp_path / "bad.txt", "mot", frames=frames)
    assert not (tmp_path / "bad.txt").exists()


def test_entities_without_a_box_are_not_in_the_file(tmp_path: Path) -> None:
    with Project.open(stranger.make_folder(tmp_path / "p", 40)) as project:
        project.add_entity("event")
        project.add_entity("player", name="Zoë")["box"][3] = (1, 2, 3, 4)
        assert export_file(project, tmp_path / "out.txt", "mot") == 37
        assert len(set(table_of(tmp_path / "out.txt")[:, 1])) == 1


def test_a_failing_export_leaves_the_old_file_and_no_half_of_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with imported(tmp_path, "1,1,0,0,5,5\n2,1,0,0,5,5\n") as project:
        out = tmp_path / "out.txt"
        export_file(project, out, "mot")
        old = out.read_bytes()

        def failing(*_: Any, **__: Any) -> Any:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Project, "evaluate", failing)
        with pytest.raises(InterchangeError, match="No space left"):
            export_file(project, out, "mot")
        assert out.read_bytes() == old
        assert {path.name for path in tmp_path.iterdir()} == {"p", "in.txt", "out.txt"}
        with pytest.raises(InterchangeError, match="is a folder"):
            export_file(project, tmp_path, "mot")
        with pytest.raises(InterchangeError, match="No such file"):
            export_file(project, tmp_path / "nowhere" / "out.txt", "mot")
        with pytest.raises(InterchangeError, match="There is no format"):
            export_file(project, out, "xml")


@pytest.mark.parametrize("pixels", [-1, float("nan"), float("inf")])
def test_a_tolerance_is_a_number_of_pixels(tmp_path: Path, pixels: float) -> None:
    folder = stranger.make_folder(tmp_path / "p", 40)
    (tmp_path / "in.txt").write_text("1,1,0,0,5,5\n")
    with (
        Project.open(folder) as project,
        pytest.raises(ReviewerError, match="in pixels, 0 or more"),
    ):
        import_file(project, tmp_path / "in.txt", "mot", reduce_px=pixels)


def test_where_keyframes_came_from_is_kept_when_asked(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "tracker.txt"
    file.write_text("1,4,0,0,10,10,0.5\n2,4,1,0,10,10,0.25\n4,4,9,0,10,10,0.125\n3,-1,5,5,6,6,1\n")
    sources: dict[Any, Any] = {}
    for source in (None, "import", "tracker"):
        with Project.open(folder) as project:
            done = import_file(project, file, "mot", source=source)
            entity = next(e for e in project.entities.values() if len(e["box"]) == 3)
            kept = [entity["box"].source(frame) for frame in (0, 1, 3)]
            sources[source] = [(item.by, item.confidence) for item in kept]
            assert entity["presence"].source(0).by == (source or "manual")
            assert done.keyframes == 4 + 6
            confidence_lost = any("confidence" in note for note in done.notes)
            assert confidence_lost == (source != "tracker")
        arrays = {path.name for path in (folder / "annotations.zarr").rglob("*.source")}
        assert arrays >= ({"box.source", "presence.source"} if source else set())
        assert source or not arrays
        with Project.open(folder) as project:
            project.undo()
            assert not project.entities, "one edit"
    assert sources[None] == [("manual", None)] * 3
    assert sources["import"] == [("import", None)] * 3
    assert sources["tracker"] == [("tracker", 0.5), ("tracker", 0.25), ("tracker", 0.125)]


def test_a_confidence_that_is_no_number_names_its_line(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "tracker.txt"
    file.write_text("1,4,0,0,10,10,0.5\n2,4,1,0,10,10,nan\n")
    with Project.open(folder) as project:
        with pytest.raises(InterchangeError, match=r"line 2 .* has a confidence that is not"):
            import_file(project, file, "mot", source="tracker")
        assert not project.entities
        import_file(project, file, "mot")
