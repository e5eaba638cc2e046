"""An edit is a value: it inverts, adds up, travels as bytes; undoing one leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reviewer.format import Attributes, EditError, operations
from reviewer.format.edit import CellsChange, EntityChange
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import BOX, KINDS, PRESENCE_KIND
from reviewer.format.state import State

from reviewer import Edit, Project
from tests.format import stranger
from tests.format.contents import everything, versioned_files

FRAMES = 30
IDS = [f"player-{number}" for number in range(3)]
PROPERTIES = {"box": KINDS["box"], "presence": KINDS["presence"], "pose": KINDS["choice"]}

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
attributes = st.builds(
    Attributes,
    st.just("player"),
    names.filter(str.strip),
    st.dictionaries(st.just("team"), st.sampled_from(["home", "away"])),
)


@st.composite
def rows_of(draw: st.DrawFn, name: str) -> list[float]:
    if draw(st.integers(0, 4)) == 0:
        return [PROPERTIES[name].fill] * PROPERTIES[name].columns
    if name == "box":
        return draw(st.lists(st.floats(0, 5000), min_size=4, max_size=4))
    return [draw(st.sampled_from([0, 1, 2] if name == "presence" else [0, 1, 7]))]


@st.composite
def cells(draw: st.DrawFn) -> CellsChange:
    name = draw(st.sampled_from(sorted(PROPERTIES)))
    at = sorted(draw(st.sets(st.integers(0, FRAMES - 1), min_size=1, max_size=6)))
    kind = PROPERTIES[name]
    new = np.array([draw(rows_of(name)) for _ in at], kind.dtype).reshape(len(at), kind.columns)
    frames = np.array(at, np.int64)
    entity = draw(st.sampled_from(IDS))
    return CellsChange(entity, name, kind, frames, kind.empty_rows(len(at)), new)


edits = st.builds(
    Edit,
    entities=st.lists(
        st.builds(EntityChange, st.sampled_from(IDS), st.none(), attributes), max_size=2
    ).map(tuple),
    cells=st.lists(cells(), max_size=4).map(tuple),
    label=names,
    author=st.sampled_from(["Ada", "Ben"]),
    time=st.floats(0, 4e9),
    id=st.text("0123456789abcdef", min_size=16, max_size=16),
)


def snapshot(state: State) -> dict[Any, Any]:
    """Attributes, and keyframes as comparable values."""
    found: dict[Any, Any] = dict(state.attributes)
    for (name, _), table in state.tables.items():
        for entity, number in state.number.items():
            track = table.get(number)
            if len(track):
                found[entity, name] = (track.frames.tolist(), track.rows.tolist())
    return found


def with_old(edit: Edit, state: State) -> Edit:
    """The edit with its old values as they are, as a project would record it."""
    seen = dict(state.attributes)
    entities = []
    for change in edit.entities:
        entities.append(EntityChange(change.entity, seen.get(change.entity), change.new))
        seen[change.entity] = change.new
    model = State(FRAMES, None)
    model.absorb(Edit(entities=tuple(EntityChange(e, None, a) for e, a in seen.items())))
    for (name, kind), table in state.tables.items():
        for entity, number in state.number.items():
            model.table(name, kind).set(model.number[entity], table.get(number))
    parts = []
    for cell in edit.cells:
        if cell.entity not in model.number:
            continue
        held = model.keyframes(cell.entity, cell.property, cell.kind)
        old = held.rows_at(cell.frames, cell.kind)
        part = CellsChange(cell.entity, cell.property, cell.kind, cell.frames, old, cell.new)
        model.absorb(Edit(cells=(part,)))
        parts.append(part)
    return Edit(entities=tuple(entities), cells=tuple(parts), label=edit.label, author=edit.author)


def started() -> State:
    """Three entities, so that an inverse need take no creation back."""
    state = State(FRAMES, None)
    made = tuple(EntityChange(e, None, Attributes("player", e)) for e in IDS)
    state.absorb(Edit(entities=made))
    return state


@given(st.lists(edits, max_size=3), edits)
def test_an_edit_and_its_inverse_leave_everything_as_it_was(past: list[Edit], edit: Edit) -> None:
    state = started()
    for earlier in past:
        state.absorb(earlier)
    before = snapshot(state)
    edit = with_old(edit, state).normalised()
    state.absorb(edit)
    state.absorb(edit.invert())
    assert snapshot(state) == before
    twice = edit.invert().invert()
    state.absorb(edit)
    after = snapshot(state)
    state.absorb(edit.invert())
    state.absorb(twice)
    assert snapshot(state) == after


@given(st.lists(edits, max_size=2), edits, edits)
def test_the_sum_of_two_edits_does_what_both_do(past: list[Edit], a: Edit, b: Edit) -> None:
    one_by_one, at_once = started(), started()
    for earlier in past:
        one_by_one.absorb(earlier)
        at_once.absorb(earlier)
    before = snapshot(one_by_one)
    a = with_old(a, one_by_one).normalised()
    one_by_one.absorb(a)
    b = with_old(b, one_by_one).normalised()
    one_by_one.absorb(b)
    total = a + b
    at_once.absorb(total)
    assert snapshot(at_once) == snapshot(one_by_one)
    assert (total.label, total.author, total.id) == (a.label, a.author, a.id)
    keys = [(c.entity, c.property) for c in total.cells]
    assert len(set(keys)) == len(keys)
    at_once.absorb(total.invert())
    assert snapshot(at_once) == before
    assert not (a + a.invert()), "an edit and its inverse add up to nothing"


@given(edits)
def test_bytes_carry_an_edit_whole(edit: Edit) -> None:
    read = Edit.from_bytes(edit.to_bytes())
    assert read.to_bytes() == edit.to_bytes()
    for name in ("entities", "label", "author", "time", "id", "undoes", "redoes"):
        assert getattr(read, name) == getattr(edit, name)
    for ours, theirs in zip(edit.cells, read.cells, strict=True):
        assert (ours.entity, ours.property, ours.kind) == (
            theirs.entity,
            theirs.property,
            theirs.kind,
        )
        np.testing.assert_array_equal(ours.frames, theirs.frames)
        np.testing.assert_array_equal(ours.old, theirs.old)
        np.testing.assert_array_equal(ours.new, theirs.new)


@given(edits, st.data())
def test_bytes_cut_short_or_made_up_are_refused(edit: Edit, data: st.DataObject) -> None:
    whole = edit.to_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises((ValueError, KeyError, TypeError)):
        Edit.from_bytes(whole[:cut])
    noise = data.draw(st.binary(max_size=200))
    with pytest.raises((ValueError, KeyError, TypeError)):
        Edit.from_bytes(noise)


def test_a_bomb_of_an_edit_is_refused_before_it_is_unpacked() -> None:
    import zstandard

    whole = Edit(label="x").to_bytes()
    body = zstandard.ZstdCompressor().compress(bytes(1 << 20))
    claimed = bytearray(body)
    # frame header with an 8-byte content size of 2^40 (RFC 8878, 3.1.1.1)
    claimed[4:] = b"\xe0" + (1 << 40).to_bytes(8, "little") + body[9:]
    bomb = whole[:4] + b"\x01" + whole[5:] + bytes(claimed)
    with pytest.raises(ValueError, match="over 2 GiB"):
        Edit.from_bytes(bomb)


# -- through a project --------------------------------------------------------------------------


def perform(project: Project, edit: Edit) -> Edit | None:
    """Apply what of ``edit`` the project allows; the edit as it was applied."""
    entities = tuple(
        EntityChange(c.entity, project.attributes(c.entity), c.new)
        for c in edit.entities
        if c.entity in project.entities
    )
    change = project.apply(Edit(entities, edit.cells, edit.label, edit.author))
    return change.edit if change.entities else None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(edits, min_size=1, max_size=4))
def test_undoing_leaves_every_value_and_every_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, made: list[Edit]
) -> None:
    folder = stranger.make_folder(tmp_path_factory.mktemp("undo") / "p", FRAMES)
    with Project.open(folder, author="Ada") as project:
        for entity in IDS:
            project.add_entity("player", entity_id=entity)
        project.flush()
        values, files = everything(project), versioned_files(folder)
        applied = [edit for item in made if (edit := perform(project, item))]
        project.flush()
        for edit in reversed(applied):
            project.apply(edit.invert())
        project.flush()
        assert everything(project) == values
        now = versioned_files(folder)
        assert {name: now[name] for name in files} == files
        # what is new holds no keyframe: an emptied chunk stays, as all fill
        assert stranger.read_keyframes(folder).keys() == {(e, "presence") for e in IDS}
    with Project.open(folder) as project:
        assert everything(project) == values


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_independent_edits_may_come_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(cells(), min_size=2, max_size=6))
    independent, taken = [], set()
    for cell in drawn:
        here = {(cell.entity, cell.property, frame) for frame in cell.frames.tolist()}
        if not here & taken:
            taken |= here
            independent.append(cell)
    results = []
    for order in (independent, data.draw(st.permutations(independent))):
        folder = stranger.make_folder(tmp_path_factory.mktemp("order") / "p", FRAMES)
        with Project.open(folder) as project:
            for entity in IDS:
                project.add_entity("player", entity_id=entity)
            for cell in order:
                project.apply(Edit(cells=(cell,)))
        results.append(versioned_files(folder))
    assert results[0] == results[1], "same content, same bytes"


def journal_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / ".reviewer" / "journal").iterdir())


def test_an_edit_that_changes_nothing_writes_nothing(folder: Path, project: Project) -> None:
    entity = project.add_entity("player", name="One", frame=0)
    entity["box"][5] = (1, 2, 3, 4)
    entity["team"] = "home"
    project.flush()
    heard: list[Any] = []
    project.subscribe(heard.append)
    journal, revision = journal_bytes(folder), project.revision
    stamps = {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}
    entity["box"][5] = (1.0, 2.0, 3.0, 4.0)
    entity["presence"][0] = "present"
    entity["team"] = "home"
    entity.rename("One")
    with project.transaction("there and back"):
        entity["box"][6] = (9, 9, 9, 9)
        del entity["box"][6]
    change = project.apply(Edit(label="empty"))
    assert (change.entities, change.frames, change.structure) == (frozenset(), None, False)
    project.flush()
    assert journal_bytes(folder) == journal
    assert project.revision == revision
    assert heard == []
    assert project.undo_label == "Set team of One"
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()} == stamps


@pytest.mark.parametrize(
    ("frames", "new", "complaint"),
    [
        ([300], [[1.0, 2, 3, 4]], "Frame 300 is outside the video"),
        ([-1], [[1.0, 2, 3, 4]], "Frame -1 is outside the video"),
        ([5, 5], [[1.0, 2, 3, 4], [1, 2, 3, 5]], "must ascend"),
        ([7, 5], [[1.0, 2, 3, 4], [1, 2, 3, 5]], "must ascend"),
        ([5], [[1.0, 2, -3, 4]], "negative width or height"),
        ([5], [[np.inf, 2, 3, 4]], "not a finite number"),
        ([5], [[1.0, 2, 3, np.nan]], "not a finite number"),
        ([5], [[1e8, 2, 3, 4]], "not a finite number"),
    ],
)
def test_edits_that_make_no_sense_are_refused_whole(
    project: Project, frames: list[int], new: list[list[float]], complaint: str
) -> None:
    entity = project.add_entity("player", entity_id="player-1")
    before, revision = everything(project), project.revision
    good = CellsChange(
        entity.id,
        "presence",
        PRESENCE_KIND,
        np.array([9], np.int64),
        PRESENCE_KIND.empty_rows(1),
        np.array([[2]], "i1"),
    )
    at = np.array(frames, np.int64)
    bad = CellsChange(entity.id, "box", BOX, at, BOX.empty_rows(len(at)), np.array(new))
    with pytest.raises(EditError, match=complaint):
        project.apply(Edit(cells=(good, bad)))
    assert everything(project) == before
    assert project.revision == revision


def test_values_that_make_no_sense_are_refused(project: Project) -> None:
    entity = project.add_entity("player", name="One")
    entity["pose"][3] = "down"
    before = everything(project)

    def setting(name: str, frame: Any, value: Any) -> None:
        entity[name][frame] = value

    for name, frame, value, complaint in (
        ("box", 0, "text", "four numbers"),
        ("box", 0, (1, 2, 3), "four numbers"),
        ("box", 0, None, "four numbers"),
        ("box", 0, (1, 2, 3, 10**400), "four numbers"),
        ("box", 0, (1, 2, 3, float("nan")), "not a finite number"),
        ("presence", 0, "here", "present, occluded"),
        ("presence", 0, 1, "present, occluded"),
        ("pose", 0, "flying", "standing, running, down"),
        ("pose", 0, None, "standing, running, down"),
        ("box", 1.5, (1, 2, 3, 4), "whole number"),
        ("box", 10**30, (1, 2, 3, 4), "outside the video"),
        ("box", "3", (1, 2, 3, 4), "whole number"),
        ("team", 0, "home", "constant"),
    ):
        with pytest.raises(EditError, match=complaint):
            setting(name, frame, value)
    with pytest.raises(EditError, match='no property "wings"'):
        entity["wings"]
    with pytest.raises(EditError, match="home, away"):
        entity["team"] = "nowhere"
    with pytest.raises(EditError, match="changes over time"):
        entity["pose"] = "down"
    with pytest.raises(KeyError):
        del entity["pose"][4]
    with pytest.raises(KeyError):
        entity["pose"][4]
    for name in ("", "  ", "x" * 201, "half a pair \ud800"):
        with pytest.raises(EditError, match="name"):
            entity.rename(name)
    with pytest.raises(EditError, match='no class "referee"'):
        project.add_entity("referee")
    with pytest.raises(EditError, match='no class "referee"'):
        entity.change_class("referee")
    with pytest.raises(EditError, match="not an entity id"):
        project.add_entity("player", entity_id="../../escape-1")
    with pytest.raises(EditError, match="already is an entity"):
        project.add_entity("player", entity_id=entity.id)
    assert everything(project) == before


def test_a_class_keeps_what_it_knows_and_its_keyframes_wait_for_its_return(
    project: Project,
) -> None:
    entity = project.add_entity("player", name="One")
    entity["team"] = "home"
    entity["pose"][3] = "down"
    entity.change_class("puck")
    assert "pose" not in entity.properties
    assert entity.attributes.constants == {}
    entity.change_class("player")
    assert entity["pose"].keyframes.tolist() == [3]
    project.undo()
    project.undo()
    assert entity["team"].value == "home"


@pytest.mark.parametrize(
    "name", ["²", "1²2", "٣", "<script>", "[red]x[/]", "\x1b[31m", "0" * 100, "a_٣", "\u202eabc"]
)
def test_any_name_survives_reopening(folder: Path, name: str) -> None:
    with Project.open(folder) as project:
        project.add_entity("player", name=name)
        project.add_entity("player", name="player_2")
    with Project.open(folder) as project:
        assert name in [entity.name for entity in project.entities.values()]
        project.add_entity("player")


def test_sparse_arrays_are_compact_in_the_journal(project: Project, folder: Path) -> None:
    """An import of 20,000 keyframes costs a fraction of its raw size."""
    entity = project.add_entity("player", entity_id="player-1")
    before = journal_bytes(folder)
    with project.transaction("many") as transaction:
        for number in range(70):
            key = f"player-x{number}"
            transaction.set_attributes(key, Attributes("player", key))
            transaction.put(key, "box", np.arange(300), np.tile([1.0, 2, 3, 4], (300, 1)))
    assert journal_bytes(folder) - before < 70 * 300 * 8
    assert entity.keyframes.tolist() == [0]


def test_keyframes_value_is_independent_of_the_array_given(project: Project) -> None:
    entity = project.add_entity("player")
    row = np.array([1.0, 2.0, 3.0, 4.0])
    entity["box"][0] = row
    row[:] = 99
    assert entity["box"][0].tolist() == [1, 2, 3, 4]
    stored = Keyframes(entity["box"].keyframes, entity["box"].rows)
    assert stored.rows.tolist() == [[1, 2, 3, 4]]


REFERRING = {
    "classes": [
        {
            "name": "puck",
            "properties": [
                {"name": "holder", "kind": "entity", "time_varying": True, "classes": ["player"]},
                {"name": "near", "kind": "entities", "time_varying": True},
                {"name": "owner", "kind": "entity"},
            ],
        },
        "player",
    ]
}


def test_a_reference_is_to_an_entity_that_there_is(tmp_path: Path) -> None:
    folder = stranger.make_folder(tmp_path / "match", ontology=REFERRING)
    with Project.open(folder) as project:
        puck = project.add_entity("puck", "Puck", entity_id="puck-1")
        ada = project.add_entity("player", "Ada", entity_id="player-1")
        ben = project.add_entity("player", "Ben", entity_id="player-2")
        before, revision = everything(project), project.revision
        for name, value, what in (
            ("holder", "player-9", r'Holder of Puck cannot be "player-9": there is no such entity'),
            ("near", [ada, "puck-8"], 'cannot be "puck-8": there is no such entity'),
            ("holder", puck, 'cannot be "Puck", a puck: it is one of player'),
        ):
            with pytest.raises(EditError, match=what):
                puck[name][3] = value
        with pytest.raises(EditError, match="Owner of Puck cannot be"):
            puck["owner"] = "player-9"
        assert (everything(project), project.revision) == (before, revision)
        puck["holder"][3] = ben
        puck["owner"] = ben
        with project.transaction("in any order"):  # before she is made
            puck["near"][5] = [ada, "player-3"]
            project.add_entity("player", "Cleo", entity_id="player-3")
        ben.delete()
        with pytest.raises(
            EditError, match=r'Near of Puck cannot be "Ben" \(player-2\), which is d'
        ):
            puck["near"][9] = [ada, "player-2"]
        # what dangles already does not keep anybody from working
        copied = operations.copy(project, puck, "Second")
        assert copied["holder"].keyframes.tolist() == [3]
        puck["holder"][4] = "player-2"
        del puck["holder"][4]
        project.undo()
        assert puck["holder"].keyframes.tolist() == [3, 4]
