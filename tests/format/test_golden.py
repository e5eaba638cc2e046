"""Under the rule `cvat` a project's values are those that CVAT's own code computed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reviewer.format import engine
from reviewer.format.geometry import wkt
from reviewer.format.keyframes import Keyframes
from reviewer.format.kinds import KINDS, MODES

from reviewer import Project
from tests.format import stranger, whole_model
from tests.format.geometry.test_cvat import CASES, GOLDEN

KIND_OF = {
    "rectangle": "box",
    "ellipse": "ellipse",
    "points": "points",
    "polyline": "polyline",
    "polygon": "polygon",
}


def value_of(kind: str, shape: dict[str, Any]) -> Any:
    """CVAT's points and rotation as a project takes them."""
    points, turn = np.array(shape["points"], float), shape.get("rotation", 0.0)
    if kind == "box":
        return [*points[:2], *(points[2:] - points[:2])]
    if kind == "ellipse":
        centre, corner = points[:2], points[2:]
        return [*centre, corner[0] - centre[0], centre[1] - corner[1], turn]
    if kind == "points":
        return {"point": tuple(points)}
    return points.reshape(-1, 2)


def numbers(kind: str, value: Any) -> np.ndarray:
    """All numbers of a value that a project gave."""
    if kind in ("polyline", "polygon"):
        return np.asarray(value.points).ravel()
    return np.reshape(value, -1)[:2] if kind == "points" else value


def cvat_numbers(kind: str, shape: dict[str, Any]) -> np.ndarray:
    """The same of what CVAT gave."""
    value = value_of(kind, shape)
    return np.reshape(value["point"] if kind == "points" else value, -1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_project_shows_what_cvat_shows(tmp_path: Path, case: dict[str, Any]) -> None:
    kind = KIND_OF[case["type"]]
    thing_class: dict[str, Any] = {"name": "thing", "geometry": [kind]}
    if kind == "points":
        thing_class["skeleton"] = {"points": ["point"]}
    ontology = {"classes": [thing_class]}
    stranger.make_folder(tmp_path / "match", case["end_frame"], ontology=ontology)
    shown = {row["frame"]: row for row in case["rows"] if not row.get("outside")}
    with whole_model.without_syncs(), Project.open(tmp_path / "match") as project:
        thing = project.add_entity("thing", frame=case["keyframes"][0]["frame"])
        for keyframe in case["keyframes"]:
            frame = keyframe["frame"]
            thing[kind][frame] = value_of(kind, keyframe)
            thing[kind].set_rule(frame, "cvat")
            thing["presence"][frame] = "absent" if keyframe.get("outside") else "present"
        table = project.evaluate(0, case["end_frame"])
        assert table.frame.tolist() == sorted(shown)
        for place, frame in enumerate(table.frame.tolist()):
            wanted = cvat_numbers(kind, shown[frame])
            for value in (thing[kind].at(frame), table[kind][place]):
                np.testing.assert_allclose(numbers(kind, value), wanted, rtol=0, atol=1e-9)


def test_all_polygon_pairs_through_the_engine() -> None:
    pairs = json.loads(gzip.decompress((GOLDEN / "cvat_polygons_200.json.gz").read_bytes()))
    assert len(pairs) == 200
    kind, mode = KINDS["polygon"], MODES.index("cvat")
    for number, pair in enumerate(pairs):
        case = pair["case"]
        rows = kind.empty_rows(2)
        for place, side in enumerate("ab"):
            corners = np.reshape(case[side], (-1, 2))
            ring = ", ".join(f"{x!r} {y!r}" for x, y in [*corners.tolist(), corners[0].tolist()])
            rows[place, 0] = wkt.format(wkt.parse(f"POLYGON (({ring}))"))
        keyframes = Keyframes(np.array([0, 2]), rows)
        # the moment between is a frame of its own, in a video whose frames are not evenly spaced
        times = np.array([0.0, case["t"], 1.0])
        modes = np.array([mode, mode], np.int8)
        value = engine.evaluate_one(keyframes, kind, 1, 2, times, modes)[0, 0]
        np.testing.assert_allclose(
            value.points.ravel(), pair["expected"], rtol=0, atol=1e-9, err_msg=f"pair {number}"
        )
