"""What holds of every project and every kind of property, whatever is in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import MODE, MODES, SOURCE

from reviewer import Project, Table
from tests.format import every_kind, whole_model
from tests.format.contents import everything, same_bits, versioned_files
from tests.format.every_kind import EVERY_KIND
from tests.format.whole_model import FRAMES, KIND_OF, PROPERTIES, Drawn, put_entity

IDS = ("thing-aaaa1111", "thing-bbbb2222")
OFTEN = settings(max_examples=60)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_model.make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("law") / "p"


@pytest.fixture(scope="module", autouse=True)
def unsynced() -> Iterator[None]:
    with whole_model.without_syncs():
        yield


axes = st.sampled_from(["frames", "pts"])


@st.composite
def drawn_entities(draw: st.DrawFn) -> list[Any]:
    """Presence and a few properties of two entities, whatever the texts in them."""
    made = []
    for _ in IDS:
        names = draw(st.lists(st.sampled_from(PROPERTIES), max_size=4, unique=True))
        tracks = [draw(whole_model.tracks(name)) for name in names]
        made.append((draw(whole_model.presences(somewhere=False)), tracks))
    return made


def put_all(project: Project, made: list[Any]) -> None:
    for entity_id, (presence, tracks) in zip(IDS, made, strict=True):
        put_entity(project, entity_id, presence, tracks)


def rows_of(table: Table) -> dict[str, np.ndarray]:
    """Every column, as it is stored and as people read it."""
    out = {"frame": table.frame, "entity": table.entity}
    for name in table.columns:
        out[f"as read: {name}"] = table[name]
    return {**out, **table.values}


def same_columns(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return left.keys() == right.keys() and all(same_bits(left[k], right[k]) for k in left)


def companions(project: Project) -> dict[str, Any]:
    """Rules and sources of all keyframes."""
    found = {}
    for entity_id in project.entities:
        for name in PROPERTIES:
            for companion, kind in (("mode", MODE), ("source", SOURCE)):
                stored = project.keyframes(entity_id, f"{name}.{companion}", kind)
                found[f"{entity_id} {name}.{companion}"] = (
                    stored.frames.tolist(),
                    stored.rows.tolist(),
                )
    return found


@OFTEN
@given(drawn_entities(), axes, st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES)))
def test_a_range_is_its_single_frames_put_together(
    template: Path, place: Path, made: list[Any], axis: str, ends: tuple[int, int]
) -> None:
    first, stop = sorted(ends)
    with whole_model.opened(template, place, axis) as project:
        put_all(project, made)
        whole = rows_of(project.evaluate(first, stop))
        frames = [rows_of(project.evaluate(f, f + 1)) for f in range(first, stop)]
        if frames:
            joined = {key: np.concatenate([part[key] for part in frames]) for key in whole}
            for key in whole:
                assert whole[key].tolist() == joined[key].tolist() or same_bits(
                    whole[key], joined[key]
                )
        for entity_id in IDS:
            entity = project.entity(entity_id)
            mine = whole["entity"] == entity_id
            for row in np.flatnonzero(mine).tolist():
                frame = int(whole["frame"][row])
                for name in KIND_OF:
                    at, value = entity[name].at(frame), whole[f"as read: {name}"][row]
                    assert as_read(at, name) == comparable(value)


def as_read(value: Any, name: str) -> Any:
    """What :meth:`Property.at` gives, as a table shows it."""
    kind = KIND_OF[name]
    if value is None:
        nothing: dict[str, Any] = {"choices": (), "entities": (), "boolean": None}
        if kind.geometry and kind.is_text:
            return None
        if kind.dtype.kind == "f":
            return comparable(np.full(kind.columns, np.nan)) if kind.columns > 1 else "nan"
        return nothing.get(kind.name, "")
    if isinstance(value, np.ndarray):
        return comparable(value.reshape(-1))
    return comparable(value)


def comparable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return repr(value.tolist())
    if isinstance(value, (float, np.floating)):
        return "nan" if np.isnan(value) else float(value)
    if isinstance(value, (str, np.str_)):
        return str(value)
    return value


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, Drawn]:
    """New keyframes over whatever is there."""
    name = draw(st.sampled_from(PROPERTIES))
    return draw(st.sampled_from(IDS)), draw(whole_model.tracks(name, at_least=1))


def make_change(project: Project, change: tuple[str, Drawn]) -> None:
    entity_id, drawn = change
    frames = drawn.keyframes.frames
    with project.transaction(f"Set {drawn.name}") as transaction:
        transaction.put(entity_id, drawn.name, frames, drawn.keyframes.rows)
        transaction.put(entity_id, f"{drawn.name}.mode", frames, drawn.modes[:, None])
        transaction.put(entity_id, f"{drawn.name}.source", frames, drawn.sources[:, None])


@OFTEN
@given(drawn_entities(), changes(), axes)
def test_an_edit_and_its_inverse_leave_nothing_behind(
    template: Path, place: Path, made: list[Any], change: Any, axis: str
) -> None:
    with whole_model.opened(template, place, axis) as project:
        put_all(project, made)
        project.flush()
        before = rows_of(project.evaluate(0, FRAMES))
        stored, rules = everything(project), companions(project)
        files = versioned_files(place)
        heard: list[Any] = []
        project.subscribe(heard.append)
        make_change(project, change)
        project.flush()
        if not heard:
            return
        changed = everything(project), companions(project)
        project.apply(heard[0].edit.invert())
        project.flush()
        assert same_columns(before, rows_of(project.evaluate(0, FRAMES)))
        assert (everything(project), companions(project)) == (stored, rules)
        after = versioned_files(place)
        assert {name: after[name] for name in files} == files
        # and by undo, through the journal, of an edit made again
        project.apply(heard[0].edit.invert().invert())
        assert (everything(project), companions(project)) == changed
        project.undo()
        project.flush()
        assert (everything(project), companions(project)) == (stored, rules)
        after = versioned_files(place)
        assert {name: after[name] for name in files} == files


@OFTEN
@given(drawn_entities(), st.text(min_size=1, max_size=30), axes, st.booleans())
def test_what_is_written_is_read_again(
    template: Path, place: Path, made: list[Any], text: str, axis: str, forget: bool
) -> None:
    """From the files alone, or with what this machine keeps beside them."""
    with whole_model.opened(template, place, axis) as project:
        put_all(project, made)
        hostile = text.strip() and not any(0xD800 <= ord(c) < 0xE000 for c in text)
        if hostile:
            project.entity(IDS[0]).rename(text)
            project.entity(IDS[0])["title"] = text
            project.entity(IDS[1])["note"][7] = text
        table = rows_of(project.evaluate(0, FRAMES))
        stored, rules = everything(project), companions(project)
        order = list(project.entities)
    if forget:
        shutil.rmtree(place / ".reviewer")
    with Project.open(place) as again:
        assert again.warnings == []
        assert (everything(again), companions(again)) == (stored, rules)
        mine = again.evaluate(0, FRAMES, entities=order)
        assert same_columns(table, rows_of(mine))


@OFTEN
@given(drawn_entities(), st.lists(changes(), min_size=2, max_size=4), st.randoms())
def test_the_order_of_independent_edits_does_not_matter(
    template: Path, place: Path, made: list[Any], several: list[Any], dice: Any
) -> None:
    independent = list({(e, d.name): (e, d) for e, d in several}.values())
    shuffled = dice.sample(independent, len(independent))
    found = []
    for order in (independent, shuffled):
        with whole_model.opened(template, place) as project:
            put_all(project, made)
            for change in order:
                make_change(project, change)
            project.flush()
            values = rows_of(project.evaluate(0, FRAMES))
            found.append((everything(project), companions(project), versioned_files(place)))
            found.append(values)
    assert found[0] == found[2]
    assert same_columns(found[1], found[3])


@st.composite
def divisible(draw: st.DrawFn) -> Drawn:
    """Keyframes under `linear` and `hold`, all shapes with equally many vertices."""
    name = draw(st.sampled_from(PROPERTIES))
    kind = KIND_OF[name]
    track = every_kind.keyframes_of(kind, FRAMES, 2, one_layout=True)
    keyframes = draw(track)
    rules = [-1, *(MODES.index(rule) for rule in kind.rules if rule in ("linear", "hold"))]
    count = len(keyframes)
    modes = draw(st.lists(st.sampled_from(rules), min_size=count, max_size=count))
    sources = np.full(count, "", dtype=object)
    return Drawn(name, kind, keyframes, np.array(modes, np.int8), sources)


@settings(max_examples=80)
@given(divisible(), st.lists(st.integers(0, FRAMES - 1), min_size=1, max_size=6), axes)
def test_making_a_value_a_keyframe_changes_no_other(
    template: Path, place: Path, drawn: Drawn, frames: list[int], axis: str
) -> None:
    presence = Keyframes(np.array([0], np.int64), np.array([[1]], np.int8))
    with whole_model.opened(template, place, axis) as project:
        entity = put_entity(project, IDS[0], presence, [drawn])
        before = whole_model.dense(project, entity)[drawn.name]
        first = int(drawn.keyframes.frames[0])
        for frame in frames:
            entity[drawn.name].keep(max(frame, first))
        after = whole_model.dense(project, entity)[drawn.name]
        assert set(entity[drawn.name].keyframes.tolist()) >= {max(f, first) for f in frames}
        everywhere = np.ones(FRAMES, bool)
        whole_model.assert_same(before, after, drawn.kind, everywhere)
        nothing = drawn.kind.is_fill(before)
        assert np.array_equal(drawn.kind.is_fill(after), nothing)


def test_every_kind_takes_part() -> None:
    companion_kinds = {"mode", "source"}
    assert {k.name for k in EVERY_KIND} == {k.name for k in KIND_OF.values()} | companion_kinds
