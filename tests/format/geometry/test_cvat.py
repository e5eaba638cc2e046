"""CVAT's rules reproduce what CVAT's own code computed (tests/data/golden)."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format.geometry import Shape, cvat

from tests.format.geometry.shapes import shapes

BUNDLED = Path(__file__).resolve().parents[2] / "data" / "golden"
GOLDEN = Path(os.environ.get("REVIEWER_GOLDEN", BUNDLED))
CASES = json.loads((GOLDEN / "cvat_interpolation.json").read_text(encoding="utf-8"))["cases"]


def track_shape(given: dict[str, Any]) -> cvat.TrackShape:
    return cvat.TrackShape(
        given["frame"],
        tuple(given["points"]),
        given.get("rotation", 0.0),
        given.get("outside", False),
        given.get("keyframe", True),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_tracks_have_the_rows_that_cvat_makes(case: dict[str, Any]) -> None:
    rows = cvat.track(case["type"], list(map(track_shape, case["keyframes"])), case["end_frame"])
    expected = list(map(track_shape, case["rows"]))
    assert [(r.frame, r.outside, r.keyframe) for r in rows] == [
        (r.frame, r.outside, r.keyframe) for r in expected
    ]
    for row, wanted in zip(rows, expected, strict=True):
        np.testing.assert_allclose(row.points, wanted.points, rtol=0, atol=1e-9)
        assert row.rotation == pytest.approx(wanted.rotation, abs=1e-9)


def test_polygons_are_cvats_to_the_bit() -> None:
    pairs = json.loads(gzip.decompress((GOLDEN / "cvat_polygons_200.json.gz").read_bytes()))
    assert len(pairs) == 200
    for number, pair in enumerate(pairs):
        case = pair["case"]
        sides = [Shape.polygon([np.reshape(case[side], (-1, 2))]) for side in "ab"]
        got = cvat.between(*sides).at(case["t"])
        assert got.points.ravel().tolist() == pair["expected"], f"pair {number}"


def test_thinning_depends_on_the_order_of_additions() -> None:
    """At a quarter of the way two vertices are exactly at the threshold, and both are kept."""
    left = np.array([(0.0, 0.0), (100.0, 0.0)])
    right = np.array([(0.0, 10.0), (50.0, 30.0), (100.0, 10.0)])
    assert cvat.path(left, right, closed=False).at(0.25).tolist() == [
        [0, 2.5],
        [12.5, 7.5],
        [100, 2.5],
    ]


@pytest.mark.parametrize(
    ("left", "right", "t", "expected"),
    [
        (350, 10, 0.5, 0),
        (10, 350, 0.25, 5),
        (0, 90, 0.5, 45),
        (0, 180, 0.5, 0.5),  # the server's slip
        (180, 0, 0.5, 180.5),
        (-90, 90, 0.5, 270.5),
        (0, 179.99, 0.5, 89.995),
        (720, 30, 0.5, 15),
    ],
)
def test_rotation_is_the_servers(left: float, right: float, t: float, expected: float) -> None:
    assert cvat.rotation(left, right, t) == pytest.approx(expected, abs=1e-9)


def test_the_client_turns_by_half_a_turn() -> None:
    assert cvat.rotation(0, 180, 0.5, cvat.CLIENT_HALF_TURN_DEG) == 90
    assert cvat.turn([0.0, 10.0], [180.0, 30.0]).tolist() == [1, 20]


def test_point_sets_hold_unless_single() -> None:
    one, two = np.array([(1.0, 2.0)]), np.array([(3.0, 4.0), (5.0, 6.0)])
    assert cvat.points(one, one + 2, 0.5).tolist() == [[2, 3]]
    assert cvat.points(two, two + 2, 0.5) is two
    assert cvat.points(one, two, 0.5) is one


@pytest.mark.parametrize("kind", ["rectangle", "cuboid", "ellipse"])
def test_numbers_move_on_straight_lines(kind: cvat.CvatType) -> None:
    count = 16 if kind == "cuboid" else 4
    a = cvat.TrackShape(0, tuple(map(float, range(count))), rotation=350)
    b = cvat.TrackShape(4, tuple(map(float, range(4, 4 + count))), rotation=10)
    rows = cvat.track(kind, [a, b], 6)
    assert rows[1].points == tuple(map(float, range(1, 1 + count)))
    assert [row.rotation for row in rows] == [350, 355, 0, 5, 10, 10]


def test_a_track_begins_at_its_first_keyframe_and_stops_with_the_task() -> None:
    late = cvat.TrackShape(5, (0.0, 0.0))
    gone = cvat.TrackShape(8, (0.0, 0.0), outside=True)
    assert [row.frame for row in cvat.track("points", [late], 8)] == [5, 6, 7]
    assert [row.frame for row in cvat.track("points", [late, gone], 20)] == [5, 6, 7, 8]
    assert [row.frame for row in cvat.track("points", [late, gone], 7)] == [5, 6]
    assert cvat.track("points", [late], 3) == []


@given(st.data(), st.sampled_from(("polygon", "polyline")), st.floats(0, 1))
def test_any_two_shapes_have_something_between(data: st.DataObject, kind: str, t: float) -> None:
    left, right = data.draw(shapes(kind)), data.draw(shapes(kind))
    between = cvat.between(left, right)
    assert between.at(0) is left
    assert between.at(1) is right
    shape = between.at(t)
    assert np.isfinite(shape.points).all()
    if 0 < t < 1:
        assert [len(part) for part in shape.parts] == [len(part) for part in left.parts]
        assert all(len(ring) for ring in shape.rings)
    with pytest.raises(ValueError, match="nothing lies between"):
        cvat.between(Shape.polygon([[(0, 0)]]), Shape.polyline([(0, 0)]))
