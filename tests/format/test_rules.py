"""Rules and provenance of single keyframes: set, read, kept with their keyframe, gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format import EditError, provenance
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import MODE, SOURCE
from reviewer.format.provenance import MANUAL, Source

from reviewer import Entity, Project
from tests.format import stranger, whole_model


@pytest.fixture
def thing(tmp_path: Path) -> Iterator[Entity]:
    folder = stranger.make_folder(tmp_path / "p", whole_model.FRAMES, ontology=whole_model.ONTOLOGY)
    with Project.open(folder, author="Ada") as project:
        entity = project.add_entity("thing", entity_id="thing-1")
        entity["box"][0] = (0, 0, 10, 10)
        entity["box"][10] = (100, 0, 10, 10)
        entity["box"][20] = (100, 50, 10, 10)
        yield entity


def companions(entity: Entity) -> tuple[list[int], list[int]]:
    project = entity._project
    return (
        project.keyframes(entity.id, "box.mode", MODE).frames.tolist(),
        project.keyframes(entity.id, "box.source", SOURCE).frames.tolist(),
    )


def test_a_rule_decides_what_follows_its_keyframe(thing: Entity) -> None:
    box = thing["box"]
    assert [box.rule_at(frame) for frame in (0, 5, 39)] == ["linear"] * 3
    box.set_rule(0, "hold")
    assert [box.rule_at(frame) for frame in (0, 9, 10)] == ["hold", "hold", "linear"]
    assert box.at(9).tolist() == [0, 0, 10, 10]
    assert box.at(15).tolist() == [100, 25, 10, 10]
    table = thing._project.evaluate(9, 10)
    assert table["box"].tolist() == [[0, 0, 10, 10]], "in tables as by itself"
    box.set_rule(0, None)
    assert box.at(5).tolist() == [50, 0, 10, 10]
    assert companions(thing) == ([], []), "nothing is stored for the default"
    box.set_rule(0, "linear")
    assert companions(thing) == ([], [])
    assert thing["speed"].rule_at(5) is None


def test_rules_survive_a_restart_and_are_undone(thing: Entity) -> None:
    project = thing._project
    thing["box"].set_rule(10, "smooth")
    curve = [thing["box"].at(frame).tolist() for frame in range(40)]
    assert project.undo_label == "Set the rule of box of thing_1"
    project.close()
    with Project.open(project.path, author="Ada") as again:
        box = again.entity("thing-1")["box"]
        assert box.rule_at(15) == "smooth"
        assert [box.at(frame).tolist() for frame in range(40)] == curve
        again.undo()
        assert box.rule_at(15) == "linear"


def test_provenance_is_kept_and_manual_is_the_default(thing: Entity) -> None:
    box = thing["box"]
    assert box.source(0) == MANUAL == Source("manual", None)
    box.set_source(0, "tracker", 0.5)
    box.set_source(10, "import")
    assert box.source(0) == Source("tracker", 0.5)
    assert box.source(10) == Source("import")
    rows = thing._project.keyframes("thing-1", "box.source", SOURCE).rows
    assert rows[:, 0].tolist() == ['{"by":"tracker","confidence":0.5}', '{"by":"import"}']
    box[0] = (1, 1, 10, 10)
    assert box.source(0) == MANUAL, "who sets a value by hand made it"
    box.set_source(10, "manual")
    assert companions(thing) == ([], [])


def test_a_removed_keyframe_takes_rule_and_source_along_in_one_edit(thing: Entity) -> None:
    box, project = thing["box"], thing._project
    box.set_rule(10, "hold")
    box.set_source(10, "tracker", 0.5)
    revision = project.revision
    del box[10]
    assert project.revision == revision + 1
    assert companions(thing) == ([], [])
    project.undo()
    assert (box.rule_at(10), box.source(10)) == ("hold", Source("tracker", 0.5))
    # a rule set again on a new keyframe is not that of the old one
    del box[10]
    box[10] = (5, 5, 5, 5)
    assert (box.rule_at(10), box.source(10)) == ("linear", MANUAL)


@pytest.mark.parametrize("rule", ["linear", "hold"])
def test_keeping_a_value_changes_none(thing: Entity, rule: Any) -> None:
    """Also where the keyframe before holds: the new one has its rule."""
    box = thing["box"]
    box.set_rule(0, rule)
    before = [box.at(frame).tolist() for frame in range(40)]
    box.keep(4)
    assert box.keyframes.tolist() == [0, 4, 10, 20]
    assert [box.at(frame).tolist() for frame in range(40)] == before
    with pytest.raises(EditError, match="no value at frame 3"):
        thing["ellipse"].keep(3)


def test_what_cannot_be_is_refused(thing: Entity) -> None:
    box, project = thing["box"], thing._project
    revision = project.revision
    thing["mask"][0] = [[True]]
    thing["mask"].set_rule(0, "morph")
    attempts = [
        ("no keyframe at frame 5", lambda: box.set_rule(5, "hold")),
        ("no keyframe at frame 5", lambda: box.source(5)),
        ("can be linear, hold, smooth, cvat, not 'morph'", lambda: box.set_rule(0, "morph")),
        ("can be hold, morph, not 'linear'", lambda: thing["mask"].set_rule(0, "linear")),
        ("manual, import, tracker, not 'guess'", lambda: box.set_source(0, "guess")),  # type: ignore[arg-type]
        ("finite number", lambda: box.set_source(0, "tracker", float("nan"))),
        ("outside the video", lambda: box.set_rule(400, "hold")),
        ("constant", lambda: thing["team"].set_rule(0, "hold")),
    ]
    for sentence, attempt in attempts:
        with pytest.raises(EditError, match=sentence):
            attempt()
    with (
        pytest.raises(EditError, match="Box of thing_1 has a source that is none of"),
        project.transaction("by another door") as transaction,
    ):
        transaction.put("thing-1", "box.source", [0], SOURCE.empty_rows(1) + '{"by":"x"}')
    assert project.revision == revision + 2


@given(
    st.sampled_from(provenance.ORIGINS),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_sources_are_read_as_they_were_written(by: Any, confidence: float | None) -> None:
    source = Source(by, confidence)
    assert provenance.parse(provenance.format(source)) == source


MALFORMED = [
    "x",
    "[]",
    "{}",
    '{"by":"me"}',
    '{"by":"import","confidence":"1"}',
    '{"by":"import","x":1}',
]


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_source_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|has a"):
        provenance.parse(text)


def test_a_keyframe_that_says_nobody_is_a_keyframe(thing: Entity) -> None:
    holder = thing["holder"]
    holder[3] = thing
    holder[5] = None
    assert holder[5] is None
    assert [holder.at(frame) for frame in (2, 3, 5)] == [None, "thing-1", None]
    del holder[5]
    assert holder.at(5) == "thing-1"
    with pytest.raises(KeyError):
        holder[5]


@pytest.mark.parametrize("mode", [0, 1, 2, 3, 4])
def test_no_rule_in_a_file_can_break_the_evaluation(thing: Entity, mode: int) -> None:
    """Companions that no edit would write, as another tool may."""
    project = thing._project
    thing["state"][3] = "up"
    thing["note"][3] = "<b>"
    thing["zoom"][3] = 4.0
    thing["mask"][3] = [[True]]
    before = project.evaluate(0, 40)
    table = project._core.state.table
    number = project.number("thing-1")
    for name in whole_model.KIND_OF:
        modes = table(f"{name}.mode", MODE)
        all_frames = np.arange(40, dtype=np.int64)
        modes.set(number, Keyframes(all_frames, np.full((40, 1), mode, np.int8)))
    after = project.evaluate(0, 40)
    for name in ("state", "note", "presence"):
        assert after[name].tolist() == before[name].tolist()
