"""Operations of edit messages: what each does to the project, alone and sent again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from reviewer.format import EditError, ReviewerError
from reviewer.format.geometry import Shape
from reviewer.webview.edits import apply_message

from reviewer import Project

CHOICES = ["first", "second"]
KINDS = ("choice", "choices", "boolean", "number", "text", "entity", "entities")
GEOMETRY = [
    "box", "rotated_box", "ellipse", "polyline", "polygon", "points", "cuboid", "mask",
]  # fmt: skip
ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "thing",
            "geometry": GEOMETRY,
            "skeleton": {"points": ["head", "foot"], "edges": [["head", "foot"]]},
            "properties": [
                {
                    "name": f"{kind}_{'changes' if changes else 'constant'}",
                    "kind": kind,
                    "time_varying": changes,
                    **({"choices": CHOICES} if kind in ("choice", "choices") else {}),
                }
                for kind in KINDS
                for changes in (True, False)
            ],
        },
        {"name": "hit", "event": True, "geometry": []},
    ],
    "scene": {"properties": [{"name": "phase", "kind": "text", "time_varying": True}]},
}
A, B, NEW = "thing-aaaa1111", "thing-bbbb2222", "thing-cccc3333"
Send = Callable[..., None]


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "all", plain_video, ONTOLOGY, author="Ada") as project:
        yield project


@pytest.fixture
def send(project: Project) -> Send:
    count = 0

    def one(*ops: dict[str, Any], label: str = "Edit") -> None:
        nonlocal count
        count += 1
        # As it arrives: what JSON cannot say, the page cannot send.
        wire = orjson.loads(orjson.dumps(list(ops)))
        apply_message(project, {"id": f"edit-{count}", "label": label, "ops": wire})

    return one


@pytest.fixture
def two(project: Project, send: Send) -> None:
    """Two boxes that move to the right, on frames 0 to 40 and from 50 on."""
    for entity, at, y in ((A, 0, 10), (B, 50, 100)):
        send({"op": "add", "entity": entity, "class": "thing", "frame": at})
        for frame in (at, at + 40) if at == 0 else (50, 89):
            put(send, entity, "box", frame, [frame, y, 10, 10])
    put(send, A, "presence", 41, "absent")


def put(send: Send, entity: str, name: str, frame: int | None, value: Any) -> None:
    send({"op": "set", "entity": entity, "property": name, "frame": frame, "value": value})


def seen(project: Project, entity: str) -> list[int]:
    """Frames on which the entity is there."""
    presence = project.entity(entity)["presence"].spans()
    return [f for start, stop, value in presence if value != "absent" for f in range(start, stop)]


RING = [[10, 10], [60, 10], [60, 40.5]]
HOLE = [[20, 12], [30, 12], [25, 15]]


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("box", [1, 2, 3, 4], [1, 2, 3, 4]),
        ("rotated_box", [1, 2, 3, 4, 370.5], [1, 2, 3, 4, 370.5]),
        ("ellipse", [1, 2, 3, 4, -5], [1, 2, 3, 4, -5]),
        ("points", [[1, 2, 2], [3, 4, 1]], [[1, 2, 2], [3, 4, 1]]),
        ("cuboid", [[i, 2 * i] for i in range(8)], [[i, 2 * i] for i in range(8)]),
        ("polyline", [RING], Shape.polyline(RING)),
        ("polyline", "LINESTRING (10 10, 60 10, 60 40.5)", Shape.polyline(RING)),
        ("polygon", [[RING, HOLE], [HOLE]], Shape.polygon([RING, HOLE], [HOLE])),
        ("polygon", [[RING]], Shape.polygon([RING])),
    ],
)
def test_every_geometry_as_json(
    project: Project, send: Send, name: str, value: Any, wanted: Any
) -> None:
    send({"op": "add", "entity": A, "class": "thing", "frame": 7})
    put(send, A, name, 7, value)
    stored = project.entity(A)[name][7]
    if isinstance(wanted, Shape):
        assert stored == wanted
    else:
        assert stored.tolist() == wanted


@pytest.mark.parametrize("as_text", [False, True])
def test_a_mask_as_run_lengths(project: Project, send: Send, as_text: bool) -> None:
    send({"op": "add", "entity": A, "class": "thing", "frame": 0})
    # Two columns of three pixels: the first in from row 1 on, the second wholly.
    mask = {"size": [3, 2], "counts": [1, 5], "offset": [11, 22]}
    put(send, A, "mask", 0, orjson.dumps(mask).decode() if as_text else mask)
    stored = project.entity(A)["mask"][0]
    assert (stored.box, stored.area) == ((11, 22, 2, 3), 5)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("choice", "second", "second"),
        ("choices", ["second", "first"], ("first", "second")),
        ("boolean", False, False),
        ("number", 1.5, 1.5),
        ("text", "<b>[red]", "<b>[red]"),
        ("entity", B, B),
        ("entities", [B, A], (A, B)),
    ],
)
def test_every_other_kind(
    project: Project, send: Send, two: None, kind: str, value: Any, wanted: Any
) -> None:
    put(send, A, f"{kind}_changes", 5, value)
    put(send, A, f"{kind}_constant", None, value)
    entity = project.entity(A)
    assert entity[f"{kind}_changes"].at(30) == wanted
    constant = entity[f"{kind}_constant"].value
    assert (tuple(constant) if isinstance(constant, list) else constant) == wanted
    put(send, A, f"{kind}_constant", None, None)
    assert entity[f"{kind}_constant"].value is None


def test_the_scene_and_events(project: Project, send: Send) -> None:
    put(send, "scene-0", "phase", 12, "overtime")
    assert project.scene["phase"].at(80) == "overtime"
    send(
        {"op": "add", "entity": "hit-1", "class": "hit", "frame": 10},
        {"op": "set", "entity": "hit-1", "property": "presence", "frame": 20, "value": "absent"},
    )
    assert seen(project, "hit-1") == list(range(10, 20))


def test_several_entities_in_one_edit_are_one_undo(project: Project, send: Send, two: None) -> None:
    boxes = {e: project.entity(e)["box"].at(60).tolist() for e in (A, B)}
    send(
        *(
            {"op": "set", "entity": e, "property": "box", "frame": 60, "value": [0, 0, 5, 5]}
            for e in (A, B)
        ),
        label="Move 2 shapes",
    )
    assert project.undo_label == "Move 2 shapes"
    assert project.entity(A)["box"].at(60).tolist() == [0, 0, 5, 5]
    project.undo()
    assert {e: project.entity(e)["box"].at(60).tolist() for e in (A, B)} == boxes


def test_split(project: Project, send: Send, two: None) -> None:
    before = [project.entity(A)["box"].at(f).tolist() for f in range(41)]
    put(send, B, "entity_changes", 50, A)
    send({"op": "split", "entity": A, "frame": 20, "new": NEW}, label="Split")
    assert seen(project, A) == list(range(20))
    assert seen(project, NEW) == list(range(20, 41))
    after = [project.entity(A if f < 20 else NEW)["box"].at(f) for f in range(41)]
    assert np.abs(np.subtract(before, after)).max() < 1e-9
    assert project.entity(B)["entity_changes"].at(60) == NEW
    project.undo()
    assert seen(project, A) == list(range(41))
    with pytest.raises(EditError, match="already"):
        send({"op": "split", "entity": A, "frame": 20, "new": B})


@pytest.mark.parametrize(("wins", "y"), [("entity", 10), ("from", 100)])
def test_merge(project: Project, send: Send, two: None, wins: str, y: int) -> None:
    put(send, A, "presence", 41, "present")
    send({"op": "merge", "entity": A, "from": B, "wins": wins})
    assert list(project.entities) == [A]
    assert seen(project, A) == list(range(90))
    assert project.entity(A)["box"].at(60)[1] == y


def test_join(project: Project, send: Send, two: None) -> None:
    send({"op": "join", "entity": A, "from": B})
    assert list(project.entities) == [A]
    assert seen(project, A) == list(range(90))
    # Through the gap it moves from where the one ended to where the other begins.
    assert project.entity(A)["box"].at(45)[:2] == pytest.approx([45, 55])


def test_swap(project: Project, send: Send, two: None) -> None:
    send({"op": "swap", "entity": A, "with": B, "frame": 45})
    assert seen(project, A) == list(range(90))[:41] + list(range(50, 90))
    assert seen(project, B) == []
    assert project.entity(A)["box"].at(60)[1] == 100


def test_trim_and_shift(project: Project, send: Send, two: None) -> None:
    send({"op": "trim", "entity": A, "first": 10, "stop": 30})
    assert seen(project, A) == list(range(10, 30))
    send({"op": "shift", "entity": A, "by": 5})
    assert seen(project, A) == list(range(15, 35))
    assert project.entity(A)["box"].at(20)[0] == pytest.approx(15)
    with pytest.raises(EditError, match="outside the video"):
        send({"op": "shift", "entity": A, "by": 80})


def test_copy_whole_and_from_a_frame(project: Project, send: Send, two: None) -> None:
    send({"op": "copy", "entity": A, "new": NEW})
    assert seen(project, NEW) == seen(project, A)
    assert project.entity(NEW)["box"].keyframes.tolist() == [0, 40]
    assert project.entity(NEW).name == "thing_1 (copy)"
    here = "thing-dddd4444"
    send({"op": "copy", "entity": A, "new": here, "frame": 20, "name": "twin"})
    twin = project.entity(here)
    assert (twin.name, twin["box"].keyframes.tolist()) == ("twin", [20])
    assert twin["box"].at(80).tolist() == project.entity(A)["box"].at(20).tolist()
    assert seen(project, here) == list(range(20, 90))
    with pytest.raises(EditError, match="not there on frame 45"):
        send({"op": "copy", "entity": A, "new": "thing-eeee5555", "frame": 45})


def test_delete_lets_references_mean_nobody(project: Project, send: Send, two: None) -> None:
    put(send, A, "entity_changes", 0, B)
    put(send, A, "entities_constant", None, [A, B])
    send({"op": "delete", "entity": B})
    assert project.entity(A)["entity_changes"].at(60) is None
    assert project.entity(A)["entities_constant"].value == [A]
    send({"op": "delete", "entity": B})  # so already
    project.undo()
    assert project.entity(A)["entity_changes"].at(60) == B


def test_rules(project: Project, send: Send, two: None) -> None:
    op = {"op": "rule", "entity": A, "property": "box", "frame": 0}
    send({**op, "rule": "hold"})
    assert project.entity(A)["box"].at(20)[0] == 0
    send({**op, "rule": None})
    assert project.entity(A)["box"].at(20)[0] == 20
    with pytest.raises(EditError, match="can be linear, hold"):
        send({**op, "rule": "morph"})
    with pytest.raises(EditError, match="no keyframe"):
        send({**op, "frame": 3, "rule": "hold"})


def test_keyframes_move_and_copy_with_their_rules(project: Project, send: Send, two: None) -> None:
    send({"op": "rule", "entity": A, "property": "box", "frame": 0, "rule": "hold"})
    move = {"op": "move_keyframes", "entity": A, "property": "box", "frames": [0], "by": 5}
    send(move)
    box = project.entity(A)["box"]
    assert box.keyframes.tolist() == [5, 40]
    assert box.rule_at(10) == "hold"
    send({**move, "op": "copy_keyframes", "frames": [5, 40], "by": 35})
    assert box.keyframes.tolist() == [5, 40, 75]
    assert box.at(40).tolist() == [0, 10, 10, 10]  # put over what was there
    assert box.at(75)[0] == 40
    with pytest.raises(EditError, match="no keyframe of box of thing_1 at frame 6"):
        send({**move, "frames": [6]})
    with pytest.raises(EditError, match="outside the video"):
        send({**move, "frames": [75], "by": 15})


MALFORMED: list[dict[str, Any]] = [
    {"op": "fly"},
    {"op": ["set"]},
    {"op": None},
    {"op": "split", "entity": A, "frame": "20", "new": NEW},
    {"op": "split", "entity": A, "frame": 20, "new": "../evil"},
    {"op": "split", "entity": A, "frame": 20},
    {"op": "merge", "entity": A, "from": B, "wins": "both"},
    {"op": "merge", "entity": A, "from": A, "wins": "entity"},
    {"op": "swap", "entity": A, "with": "thing-none", "frame": 3},
    {"op": "trim", "entity": A, "first": 5, "stop": 5},
    {"op": "shift", "entity": A, "by": 1e9},
    {"op": "shift", "entity": A, "by": 10**18},
    {"op": "shift", "entity": "scene-0", "by": 1},
    {"op": "copy", "entity": A, "new": A},
    {"op": "rule", "entity": A, "property": "nothing", "frame": 0, "rule": "hold"},
    {"op": "move_keyframes", "entity": A, "property": "box", "frames": [], "by": 1},
    {"op": "move_keyframes", "entity": A, "property": "box", "frames": [0, None], "by": 1},
    {"op": "move_keyframes", "entity": A, "property": "number_constant", "frames": [0], "by": 1},
    {"op": "delete", "entity": 7},
    {"op": "set", "entity": A, "property": "box", "frame": 0, "value": [1, 2, 3]},
    {"op": "set", "entity": A, "property": "box", "frame": 0, "value": [1, 2, -3, 4]},
    {"op": "set", "entity": A, "property": "polygon", "frame": 0, "value": {"size": [1, 2]}},
    {"op": "set", "entity": A, "property": "mask", "frame": 0, "value": {"size": [9, 9]}},
    {"op": "set", "entity": A, "property": "choice_constant", "frame": None, "value": "third"},
]


@pytest.mark.parametrize("operation", MALFORMED, ids=lambda op: str(op)[:60])
def test_what_is_malformed_changes_nothing(
    project: Project, send: Send, two: None, operation: dict[str, Any]
) -> None:
    revision = project.revision
    fine = {"op": "rename", "entity": A, "name": "changed"}
    with pytest.raises(ReviewerError) as raised:
        send(fine, operation)
    assert str(raised.value).endswith(".")
    assert project.revision == revision
    assert project.entity(A).name == "thing_1"


def test_an_edit_in_place_already_is_not_done_again(project: Project, two: None) -> None:
    message = {"id": "x", "label": "Shift", "ops": [{"op": "shift", "entity": A, "by": 5}]}
    apply_message(project, message)
    assert project.has_edit("x")
    assert project.entity(A)["box"].keyframes.tolist() == [5, 45]


def hostile(rng: random.Random, depth: int) -> Any:
    atoms = [
        None, True, 0, -1, 2**63, 1e308, 0.5, "", "first", "none", A, "\x1b[31m", "[1]",
        "POLYGON ((0 0, 1 0, 1 1, 0 0))", '{"size":[2,2],"counts":[1,3]}',
    ]  # fmt: skip
    roll = rng.random()
    if depth == 0 or roll < 0.4:
        return rng.choice(atoms)
    if roll < 0.85:
        return [hostile(rng, depth - 1) for _ in range(rng.choice([0, 1, 2, 3, 4, 5, 8]))]
    keys = ["a", "size", "counts", "offset", "0"]
    return {rng.choice(keys): hostile(rng, depth - 1) for _ in range(rng.randint(0, 4))}


def test_random_values_are_taken_or_refused_in_a_sentence(
    project: Project, send: Send, two: None, pytestconfig: pytest.Config
) -> None:
    rng = random.Random(5)
    names = list(project.entity(A).properties)
    taken = longest = 0
    for _ in range(20_000 if pytestconfig.getoption("--full") else 1500):
        value = hostile(rng, rng.randint(0, 4))
        try:
            put(send, A, rng.choice(names), rng.choice([None, 0, 3, 99]), value)
            taken += 1
        except ReviewerError as error:
            longest = max(longest, len(str(error)))
    assert taken > 20
    assert longest < 1000
    project.evaluate(0, 90)
