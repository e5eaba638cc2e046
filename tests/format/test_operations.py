"""Whole entities split, merged, joined, swapped, trimmed, shifted, copied, deleted: the values that
were asked for, everything else as it was, one undo back to the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import EditError, operations
from reviewer.format.operations import Reference, references_to

from reviewer import Entity, Project
from tests.format import every_kind, whole_model
from tests.format.contents import everything, versioned_files
from tests.format.whole_model import FRAMES, KIND_OF, PROPERTIES, Dense, assert_same, dense, there

A, B, WATCHER = "thing-aaaa1111", "thing-bbbb2222", "other-cccc3333"
frames = st.integers(0, FRAMES - 1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_model.make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module", autouse=True)
def unsynced() -> Iterator[None]:
    """What is asked here is values, thousands of times; that they last is asked elsewhere."""
    with whole_model.without_syncs():
        yield


@st.composite
def scenes(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """A time axis, and for two entities presence and keyframes of a few properties."""
    names = draw(st.lists(st.sampled_from(PROPERTIES), min_size=1, max_size=3, unique=True))
    entities = [
        (draw(whole_model.presences()), [draw(whole_model.tracks(name)) for name in names])
        for _ in range(2)
    ]
    return draw(st.sampled_from(["frames", "pts"])), entities


class Scene:
    """Two entities, and a third that never may change but for whom it names."""

    def __init__(self, project: Project, made: list[Any]) -> None:
        self.project = project
        self.a = whole_model.put_entity(project, A, *made[0])
        self.b = whole_model.put_entity(project, B, *made[1])
        self.watcher = project.add_entity("other", entity_id=WATCHER, frame=3)
        self.watcher["box"][3] = (1, 2, 3, 4)
        self.watcher["box"][30] = (31, 2, 3, 4)
        project.flush()
        self.before = {entity.id: dense(project, entity) for entity in (self.a, self.b)}
        self.watched = self.watcher["box"].at(17).tolist()
        self.everything = everything(project)
        self.files = versioned_files(project.path)
        self.revision = project.revision

    def after(self, entity: Entity) -> Dense:
        return dense(self.project, entity)

    def undo_and_check(self) -> None:
        """One undo takes it back, in memory and on disk."""
        self.project.flush()
        assert self.watcher["box"].at(17).tolist() == self.watched
        if self.project.revision == self.revision:  # it changed nothing at all
            assert versioned_files(self.project.path) == self.files
            return
        assert self.project.revision == self.revision + 1, "one edit"
        self.project.undo()
        assert everything(self.project) == self.everything
        self.project.flush()
        files = versioned_files(self.project.path)
        assert {name: files[name] for name in self.files} == self.files
        self.project.redo()
        self.project.undo()
        assert everything(self.project) == self.everything


def with_scene(template: Path, tmp: pytest.TempPathFactory, made: Any) -> Any:
    axis, entities = made
    return whole_model.opened(template, tmp.getbasetemp() / "scene", axis), entities


def check(wanted: Dense, got: Dense, where: np.ndarray) -> None:
    """Presence exactly, other properties where the entity is there."""
    for name, values in got.items():
        assert_same(wanted[name], values, KIND_OF[name], where)


def absent_outside(values: Dense, where: np.ndarray) -> Dense:
    presence = np.where(where[:, None], np.maximum(values["presence"], 0), 0)
    return {**values, "presence": presence}


def shown(values: Dense) -> np.ndarray:
    """Presence with "not yet" as absent."""
    return np.maximum(values["presence"][:, 0], 0)


FEW = settings(max_examples=40)
span = np.arange(FRAMES)


@FEW
@given(scenes(), st.integers(1, FRAMES - 1))
def test_split(
    template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any, frame: int
) -> None:
    opened, entities = with_scene(template, tmp_path_factory, made)
    with opened as project:
        scene = Scene(project, entities)
        before = scene.before[A]
        if not there(before)[:frame].any() or not there(before)[frame:].any():
            with pytest.raises(EditError, match="not there"):
                operations.split(project, scene.a, frame)
            assert everything(project) == scene.everything
            return
        second = operations.split(project, scene.a, frame)
        for part, where in ((scene.a, span < frame), (second, span >= frame)):
            got = scene.after(part)
            wanted = absent_outside(before, where)
            assert np.array_equal(shown(got), shown(wanted))
            check(wanted, got, there(wanted))
        check(scene.before[B], scene.after(scene.b), span >= 0)
        assert project.undo_label == f"Split {A} at frame {frame}"
        scene.undo_and_check()


@FEW
@given(scenes(), st.sampled_from(["first", "second"]))
def test_merge(
    template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any, winner: Any
) -> None:
    opened, entities = with_scene(template, tmp_path_factory, made)
    with opened as project:
        scene = Scene(project, entities)
        keep, lend = scene.before[A], scene.before[B]
        if winner == "second":
            keep, lend = lend, keep
        operations.merge(project, scene.a, scene.b, winner)
        got = scene.after(scene.a)
        assert np.array_equal(there(got), there(keep) | there(lend))
        assert np.array_equal(shown(got), np.where(there(keep), shown(keep), shown(lend)))
        for name in KIND_OF:
            kind = KIND_OF[name]
            ours = there(keep) & ~kind.is_fill(keep[name])
            theirs = there(lend) & ~kind.is_fill(lend[name]) & ~ours
            assert_same(keep[name], got[name], kind, ours)
            assert_same(lend[name], got[name], kind, theirs)
        assert project.entities.keys() - every_kind.ENTITIES == {A, WATCHER}
        scene.undo_and_check()


@FEW
@given(scenes(), st.data())
def test_join(
    template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any, data: st.DataObject
) -> None:
    axis, entities = made
    # one is there up to a frame, the other from a later one on
    end = data.draw(st.integers(1, FRAMES - 2))
    begin = data.draw(st.integers(end, FRAMES - 1))
    stop = data.draw(st.integers(begin + 1, FRAMES))
    first_comes_first = data.draw(st.booleans())
    early = whole_model.Keyframes(np.array([0, end]), np.array([[2], [0]], np.int8))
    late_rows = np.array([[1], [0]], np.int8)[: 2 if stop < FRAMES else 1]
    late = whole_model.Keyframes(np.array([begin, stop])[: len(late_rows)], late_rows)
    ordered = [early, late] if first_comes_first else [late, early]
    entities = [(p, drawn) for p, (_, drawn) in zip(ordered, entities, strict=True)]
    with whole_model.opened(template, tmp_path_factory.getbasetemp() / "scene", axis) as project:
        scene = Scene(project, entities)
        operations.join(project, scene.a, scene.b)
        head, tail = scene.before[A], scene.before[B]
        if not first_comes_first:
            head, tail = tail, head
        got = scene.after(scene.a)
        wanted = np.select([span < end, span < begin, span < stop], [2, 1, 1], 0)
        assert shown(got).tolist() == wanted.tolist()
        check(head, got, span < end)
        check(tail, got, (span >= begin) & (span < stop))
        scene.undo_and_check()


@FEW
@given(scenes(), frames)
def test_swap(
    template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any, frame: int
) -> None:
    opened, entities = with_scene(template, tmp_path_factory, made)
    with opened as project:
        scene = Scene(project, entities)
        operations.swap(project, scene.a, scene.b, frame)
        for entity, head, tail in ((scene.a, A, B), (scene.b, B, A)):
            got, head_was, tail_was = scene.after(entity), scene.before[head], scene.before[tail]
            for name, kind in KIND_OF.items():
                if name != "presence":
                    assert_same(head_was[name], got[name], kind, span < frame)
                    assert_same(tail_was[name], got[name], kind, span >= frame)
            wanted = np.where(span < frame, shown(head_was), shown(tail_was))
            assert np.array_equal(shown(got), wanted)
        scene.undo_and_check()


@FEW
@given(scenes(), frames, frames)
def test_trim(
    template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any, one: int, other: int
) -> None:
    opened, entities = with_scene(template, tmp_path_factory, made)
    first, stop = min(one, other), max(one, other) + 1
    where = (span >= first) & (span < stop)
    with opened as project:
        scene = Scene(project, entities)
        if not there(scene.before[A])[first:stop].any():
            with pytest.raises(EditError, match="not there"):
                operations.trim(project, scene.a, first, stop)
            assert everything(project) == scene.everything
            return
        operations.trim(project, scene.a, first, stop)
        got, wanted = scene.after(scene.a), absent_outside(scene.before[A], where)
        assert np.array_equal(shown(got), shown(wanted))
        check(wanted, got, there(wanted))
        for name in PROPERTIES:
            held = scene.a[name].keyframes
            if KIND_OF[name].rule == "hold" and KIND_OF[name].rules == ("hold",):
                assert np.all((held >= first) & (held < stop)), "nothing is left outside"
        check(scene.before[B], scene.after(scene.b), span >= 0)
        scene.undo_and_check()


@FEW
@given(scenes(), st.integers(-FRAMES, FRAMES))
def test_shift(
    template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any, by: int
) -> None:
    opened, entities = with_scene(template, tmp_path_factory, made)
    with opened as project:
        scene = Scene(project, entities)
        moments = scene.a.keyframes + by
        if moments[0] < 0 or moments[-1] >= FRAMES:
            with pytest.raises(EditError, match="outside the video"):
                operations.shift(project, scene.a, by)
            assert everything(project) == scene.everything
            return
        was = {name: stored(project, name) for name in KIND_OF}
        operations.shift(project, scene.a, by)
        for name, rows in was.items():
            assert stored(project, name) == {frame + by: row for frame, row in rows.items()}
        if by:
            scene.undo_and_check()


def stored(project: Project, name: str) -> dict[int, Any]:
    """frame -> row, rule and source of an entity's property."""
    track = operations.track_of(project, A, name, KIND_OF[name])
    parts = zip(track.rows.tolist(), track.modes.tolist(), track.sources.tolist(), strict=True)
    return dict(zip(track.frames.tolist(), parts, strict=True))


@FEW
@given(scenes())
def test_copy(template: Path, tmp_path_factory: pytest.TempPathFactory, made: Any) -> None:
    opened, entities = with_scene(template, tmp_path_factory, made)
    with opened as project:
        scene = Scene(project, entities)
        scene.a["title"] = "[red]<script>"
        twin = operations.copy(project, scene.a)
        was, got = stored_of(project, A), stored_of(project, twin.id)
        assert got == was
        assert twin.attributes.constants == scene.a.attributes.constants
        assert twin.name == f"{A} (copy)"
        assert operations.copy(project, scene.a).name == f"{A} (copy 2)"
        for _ in range(3):
            project.undo()
        assert everything(project) == scene.everything


def stored_of(project: Project, entity_id: str) -> dict[str, Any]:
    out = {}
    for name, kind in KIND_OF.items():
        track = operations.track_of(project, entity_id, name, kind)
        out[name] = [track.frames.tolist(), track.rows.tolist(), track.modes.tolist()]
        out[name].append(track.sources.tolist())
    return out


# -- references ---------------------------------------------------------------------------------


@pytest.fixture
def cast(template: Path, tmp_path: Path) -> Any:
    with whole_model.opened(template, tmp_path / "p") as project:
        for entity_id in (A, B):
            project.add_entity("thing", entity_id=entity_id, name=entity_id)
        watcher = project.add_entity("thing", entity_id="thing-wwww9999", name="watcher")
        watcher["holder"][0] = A
        watcher["holder"][10] = B
        watcher["holder"][20] = A
        watcher["around"][5] = [A, B]
        watcher["owner"] = A
        watcher["friends"] = [A, B]
        yield project


def holders(project: Project) -> list[str | None]:
    watcher = project.entity("watcher")
    return [watcher["holder"].at(frame) for frame in range(FRAMES)]


def test_references_are_listed(cast: Project) -> None:
    watcher = "thing-wwww9999"
    expected = [
        Reference(watcher, "around", 5),
        Reference(watcher, "friends", None),
        Reference(watcher, "holder", 0),
        Reference(watcher, "holder", 20),
        Reference(watcher, "owner", None),
    ]
    assert sorted(references_to(cast, A), key=lambda r: (r.property, r.frame or 0)) == expected
    assert references_to(cast, watcher) == []


def test_who_is_deleted_is_nobody_in_references(cast: Project) -> None:
    before = everything(cast)
    found = operations.delete(cast, [cast.entity(A)])
    assert len(found) == 5
    watcher = cast.entity("watcher")
    assert holders(cast) == [None] * 10 + [B] * 10 + [None] * 20
    assert watcher["around"].at(7) == (B,)
    assert watcher["friends"].value == [B]
    assert references_to(cast, A) == []
    assert A not in cast.entities
    cast.undo()
    assert everything(cast) == before
    assert cast.undo_label != f"Delete {A}"


def test_several_deleted_at_once_are_one_edit(cast: Project) -> None:
    before = everything(cast)
    found = operations.delete(cast, [cast.entity(A), cast.entity(B)])
    assert len(found) == 6
    assert holders(cast) == [None] * FRAMES
    assert cast.entity("watcher")["around"].at(7) == ()
    assert cast.undo_label == "Delete 2 entities"
    cast.undo()
    assert everything(cast) == before
    assert operations.delete(cast, []) == []


def test_merged_and_joined_entities_take_their_references_along(cast: Project) -> None:
    operations.merge(cast, cast.entity(A), cast.entity(B))
    watcher = cast.entity("watcher")
    assert holders(cast) == [A] * FRAMES
    assert watcher["around"].at(7) == (A,)
    assert watcher["friends"].value == [A]


def test_an_entity_that_is_merged_does_not_come_to_name_itself(cast: Project) -> None:
    cast.entity(A)["holder"][4] = B
    cast.entity(A)["friends"] = [B, "thing-wwww9999"]
    operations.merge(cast, cast.entity(A), cast.entity(B))
    assert cast.entity(A)["holder"].at(4) is None
    assert cast.entity(A)["friends"].value == ["thing-wwww9999"]


def test_references_follow_who_is_seen_when_identities_are_swapped(cast: Project) -> None:
    operations.swap(cast, cast.entity(A), cast.entity(B), 15)
    assert holders(cast) == [A] * 10 + [B] * 5 + [A] * 5 + [B] * 20
    assert cast.entity("watcher")["owner"].value == A, "constants have no frame to swap at"
    cast.undo()
    assert holders(cast) == [A] * 10 + [B] * 10 + [A] * 20


def test_references_follow_the_part_of_a_split_that_is_there(cast: Project) -> None:
    second = operations.split(cast, cast.entity(A), 25)
    assert holders(cast) == [A] * 10 + [B] * 10 + [A] * 5 + [second.id] * 15
    assert cast.entity("watcher")["around"].at(30) == tuple(sorted([B, second.id]))
    assert cast.entity("watcher")["around"].at(24) == (A, B)


# -- what people meet -----------------------------------------------------------------------------


def test_a_join_moves_through_the_gap(template: Path, tmp_path: Path) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        a, b = (project.add_entity("thing", entity_id=i, name=i) for i in (A, B))
        a["box"][0] = (0, 0, 10, 10)
        a["box"][8] = (80, 0, 10, 10)
        a["box"].set_rule(8, "hold")
        a["presence"][11] = "absent"
        del b["presence"][0]
        b["presence"][20] = "present"
        b["box"][20] = (180, 0, 10, 10)
        operations.join(project, a, b)
        x = [a["box"].at(frame)[0] for frame in range(25)]
        assert x[:11] == [10.0 * min(frame, 8) for frame in range(11)]
        assert x[10:20] == [80.0 + 10.0 * i for i in range(10)]
        assert x[20:] == [180.0] * 5
        assert all(a["presence"].at(frame) == "present" for frame in range(25))


@pytest.mark.parametrize("winner", ["first", "second"])
def test_constants_are_merged_too(template: Path, tmp_path: Path, winner: Any) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        a, b = (project.add_entity("thing", entity_id=i, name=i) for i in (A, B))
        a["team"], b["team"] = "home", "away"
        b["title"] = "captain"
        operations.merge(project, a, b, winner)
        assert a.name == A
        assert a["team"].value == ("home" if winner == "first" else "away")
        assert a["title"].value == "captain"


def test_shapes_with_other_vertices_keep_the_keyframes_around_a_cut(
    template: Path, tmp_path: Path
) -> None:
    """In sight values are what they were; no frame in sight had to become a keyframe for it."""
    with whole_model.opened(template, tmp_path / "p") as project:
        a = project.add_entity("thing", entity_id=A, name=A)
        a["polygon"][0] = "POLYGON ((0 0, 10 0, 10 10, 0 0))"
        a["polygon"][30] = "POLYGON ((5 5, 40 0, 40 9, 7 30, 1 22, 5 5))"
        before = [a["polygon"].at(frame) for frame in range(FRAMES)]
        second = operations.split(project, a, 13)
        assert [a["polygon"].at(frame) for frame in range(13)] == before[:13]
        assert [second["polygon"].at(frame) for frame in range(13, FRAMES)] == before[13:]
        assert len(a["polygon"]) <= 3
        assert len(second["polygon"]) <= 3


def test_names_of_parts_and_copies_are_free_and_short_enough(
    template: Path, tmp_path: Path
) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        a = project.add_entity("thing", name="x" * 200)
        names = [a.name, operations.split(project, a, 9).name]
        names += [operations.copy(project, a).name for _ in range(3)]
        assert len(set(names)) == 5
        assert all(len(name) <= 200 for name in names)


OPERATIONS: list[Callable[[Project, Entity, Entity], Any]] = [
    lambda p, a, b: operations.split(p, a, 10),
    lambda p, a, b: operations.merge(p, b, a),
    lambda p, a, b: operations.swap(p, a, b, 10),
    lambda p, a, b: operations.trim(p, a, 5, 10),
    lambda p, a, b: operations.shift(p, a, 2),
    lambda p, a, b: operations.copy(p, a),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_damaged_property_is_not_passed_on_as_whole(
    template: Path, tmp_path: Path, operation: Callable[[Project, Entity, Entity], Any]
) -> None:
    with whole_model.opened(template, tmp_path / "p") as project:
        for entity_id in (A, B):
            project.add_entity("thing", entity_id=entity_id)["box"][5] = (1, 2, 3, 4)
    (chunk,) = (tmp_path / "p").glob(f"annotations.zarr/entities/*/{A}/box/c.*")
    chunk.write_bytes(b"no chunk")
    with Project.open(tmp_path / "p") as project:
        before = everything(project)
        with pytest.raises(EditError, match="damaged on disk"):
            operation(project, project.entity(A), project.entity(B))
        assert everything(project) == before
    assert chunk.read_bytes() == b"no chunk"


def test_what_cannot_be_is_refused_in_a_sentence(cast: Project) -> None:
    a, b = cast.entity(A), cast.entity(B)
    other = cast.add_entity("other", name="other_1")
    before = everything(cast)
    refused: list[tuple[str, Callable[[], Any]]] = [
        ("choose two", lambda: operations.merge(cast, a, a)),
        ("choose two", lambda: operations.swap(cast, b, b, 3)),
        ("one class", lambda: operations.merge(cast, a, other)),
        ("first or second", lambda: operations.merge(cast, a, b, "both")),  # type: ignore[arg-type]
        ("merge them instead", lambda: operations.join(cast, a, b)),
        ("outside the video", lambda: operations.split(cast, a, FRAMES)),
        ("not there before frame 0", lambda: operations.split(cast, a, 0)),
        ("not within", lambda: operations.trim(cast, a, 9, 9)),
        ("outside the video", lambda: operations.shift(cast, a, -1)),
    ]
    for sentence, attempt in refused:
        with pytest.raises(EditError, match=sentence):
            attempt()
    assert everything(cast) == before
    b.delete()
    with pytest.raises(EditError, match="is deleted"):
        operations.merge(cast, a, b)


def test_every_kind_is_among_those_tested() -> None:
    covered = {KIND_OF[name].name for name in KIND_OF}
    companions = {"mode", "source"}
    assert covered | companions == {kind.name for kind in every_kind.EVERY_KIND}
