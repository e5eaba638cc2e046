"""Shapes as text: one shape, one text; what is malformed is refused, whatever its size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format.geometry import Shape, wkt
from reviewer.format.geometry.shape import MAX_RINGS, MAX_VERTICES

from tests.format.geometry.shapes import shapes

SQUARE = [(0, 0), (4, 0), (4, 4), (0, 4)]
HOLE = [(1, 1), (2, 1), (1, 2.5)]


@given(shapes())
def test_a_shape_comes_back_bit_for_bit(shape: Shape) -> None:
    text = wkt.format(shape)
    back = wkt.parse(text)
    assert back == shape
    assert back.points.tobytes() == shape.points.tobytes()
    assert wkt.format(back) == text


@given(shapes(), st.sampled_from((" ", "\n", "\t \r\n")))
def test_spaces_and_case_do_not_matter(shape: Shape, space: str) -> None:
    text = wkt.format(shape).lower().replace("(", f"{space}({space}").replace(",", f"{space},")
    assert wkt.parse(text.replace("e+", "E+")) == shape


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (Shape.polygon([SQUARE]), "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))"),
        (
            Shape.polygon([SQUARE, HOLE]),
            "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 1 2.5, 1 1))",
        ),
        (
            Shape.polygon([HOLE], [SQUARE]),
            "MULTIPOLYGON (((1 1, 2 1, 1 2.5, 1 1)), ((0 0, 4 0, 4 4, 0 4, 0 0)))",
        ),
        (Shape.polyline([(-0.0, 0.1), (1e7, -1e-7)]), "LINESTRING (0 0.1, 10000000 -1e-07)"),
        (
            Shape.polyline([(0, 100), (10.0, 20)], [(1, 2)]),
            "MULTILINESTRING ((0 100, 10 20), (1 2))",
        ),
    ],
)
def test_the_text_is_well_known(shape: Shape, text: str) -> None:
    assert wkt.format(shape) == text
    assert wkt.parse(text, shape.kind) == shape


def test_a_ring_that_ends_at_its_start_keeps_that_vertex() -> None:
    shape = Shape.polygon([[*SQUARE, SQUARE[0]]])
    assert len(wkt.parse(wkt.format(shape)).points) == 5


@pytest.mark.parametrize("text", ["MULTIPOLYGON (((0 0, 4 0, 4 4, 0 4, 0 0)))"])
def test_one_part_is_written_without_multi(text: str) -> None:
    assert wkt.format(wkt.parse(text)) == "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POINT (1 2)",
        "POLYGON",
        "POLYGON EMPTY",
        "POLYGON ()",
        "POLYGON (())",
        "POLYGON ((0 0, 1 0, 1 1))",
        "POLYGON ((0 0))",
        "POLYGON ((0 0, 1 0, 1 1, 0 0)",
        "POLYGON ((0 0, 1 0, 1 1, 0 0)))",
        "POLYGON ((0 0, 1 0, 1 1, 0 0),)",
        "POLYGON (0 0, 1 0, 1 1, 0 0)",
        "POLYGON ((0 0 0, 1 0 0, 1 1 0, 0 0 0))",
        "MULTIPOLYGON ((0 0, 1 0, 1 1, 0 0))",
        "LINESTRING Z (0 0 0, 1 1 1)",
        "LINESTRING (0 0, 1 1) 2",
        "LINESTRING (0 0 1 1)",
        "LINESTRING (0, 0 1 1, 2)",
        "LINESTRING (0 0, nan 1)",
        "LINESTRING (0 0, inf 1)",
        "LINESTRING (0 0, 1e400 1)",
        "LINESTRING (0 0, 1e8 1)",
        "LINESTRING (0 0, 1_0 1)",
        "LINESTRING (0 0, 0x1 1)",
        "LINESTRING (0 0, \u0661 1)",
        "LINESTRING (0\x1c0, 1 1)",
        "LINESTRING (0 0, 1 1)\x00",
        "<script>",
        "(" * 100_000,
    ],
)
def test_what_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"has|is|begins|goes|lacks"):
        wkt.parse(text)


def test_the_other_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="is a polyline, not a polygon"):
        wkt.parse("LINESTRING (0 0, 1 1)", "polygon")


def test_sizes_are_bounded() -> None:
    path = ", ".join(["1 2"] * (MAX_VERTICES + 1))
    with pytest.raises(ValueError, match=f"more than {MAX_VERTICES} vertices"):
        wkt.parse(f"LINESTRING ({path})")
    with pytest.raises(ValueError, match=f"more than {MAX_RINGS} rings"):
        wkt.parse(f"MULTILINESTRING ({', '.join(['(1 2)'] * (MAX_RINGS + 1))})")
    with pytest.raises(ValueError, match="characters"):
        wkt.parse("LINESTRING (" + " " * wkt.MAX_TEXT_CHARS)
    with pytest.raises(ValueError, match="vertices"):
        Shape.polyline(np.zeros((MAX_VERTICES + 1, 2)))
    with pytest.raises(ValueError, match="rings"):
        Shape.polygon([[(1, 2)]] * (MAX_RINGS + 1))


@given(st.text(alphabet="POLYGNMUTI LESR(),.0123456789eE+-nanif\n", max_size=60))
def test_any_text_is_a_shape_or_a_value_error(text: str) -> None:
    for start in ("", "POLYGON ((", "LINESTRING ("):
        try:
            shape = wkt.parse(start + text)
        except ValueError:
            continue
        assert wkt.parse(wkt.format(shape)) == shape


@pytest.mark.parametrize(
    "parts", [[], [[]], [[[]]], [[[(1, 2, 3)]]], [[[1, 2]]], [[[("a", "b")]]], [[[(1, np.nan)]]]]
)
def test_arrays_that_are_no_rings_are_refused(parts: list) -> None:
    with pytest.raises(ValueError, match=r"ring|pixels"):
        Shape.polygon(*parts)


def test_a_shape_is_immutable_and_its_own() -> None:
    ring = np.array(SQUARE, np.float64)
    shape = Shape.polygon([ring])
    ring[0] = 99
    assert shape.points[0].tolist() == [0, 0]
    with pytest.raises(ValueError, match="read-only"):
        shape.points[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        shape.parts[0][0][0] = 1
    assert len({shape, Shape.polygon([SQUARE])}) == 1
    assert shape != Shape.polyline(SQUARE)
    assert shape != "POLYGON"
    assert shape.bounds == (0, 0, 4, 4)
