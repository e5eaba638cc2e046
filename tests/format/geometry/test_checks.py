"""Flags on shapes that are kept as drawn but deserve a look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format.geometry import Shape, checks

from tests.format.geometry.shapes import shapes

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]
BOW_TIE = [(0, 0), (10, 10), (10, 0), (0, 10)]
small = st.integers(0, 6)


def naive_crossing(ring: list[tuple[int, int]], closed: bool) -> bool:
    """Every edge with every other one that is not its neighbour, in whole numbers."""
    edges = list(zip(ring, ring[1:] + ring[:1], strict=True))
    edges = [(p, q) for p, q in (edges if closed else edges[:-1]) if p != q]
    loop = closed or ring[0] == ring[-1]

    def side(p: tuple, q: tuple, r: tuple) -> int:
        return int(np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])))

    def boxes_meet(p: tuple, q: tuple, r: tuple, s: tuple) -> bool:
        return all(
            min(p[i], q[i]) <= max(r[i], s[i]) and min(r[i], s[i]) <= max(p[i], q[i])
            for i in (0, 1)
        )

    for i, (p, q) in enumerate(edges):
        for j in range(i + 2, len(edges)):
            if loop and i == 0 and j == len(edges) - 1:
                continue
            r, s = edges[j]
            if (
                boxes_meet(p, q, r, s)
                and side(p, q, r) * side(p, q, s) <= 0
                and side(r, s, p) * side(r, s, q) <= 0
            ):
                return True
    return False


@given(st.lists(st.tuples(small, small), min_size=1, max_size=9), st.booleans(), st.data())
def test_crossings_are_those_of_all_pairs(ring: list, closed: bool, data: st.DataObject) -> None:
    points = (np.array(ring, np.float64),)
    block = data.draw(st.sampled_from((1, 3, 1 << 18)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "_BLOCK_PAIRS", block)
        assert checks.crosses_itself(points, closed) is naive_crossing(ring, closed)


@pytest.mark.parametrize(
    ("ring", "expected"),
    [
        (SQUARE, False),
        (BOW_TIE, True),
        ([(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)], True),  # a vertex on another edge
        ([(0, 0), (5, 0), (5, 0), (10, 0), (10, 10)], False),  # a vertex twice
        ([(0, 0), (10, 0), (5, 5)], False),
        ([(0, 0), (10, 0)], False),
        ([(0, 0)], False),
    ],
)
def test_self_crossing_rings(ring: list, expected: bool) -> None:
    assert checks.crosses_itself((np.array(ring, np.float64),), closed=True) is expected
    assert checks.inspect(Shape.polygon([ring]), 100, 100).self_crossing is expected


def test_rings_of_one_part_may_touch_but_not_cross() -> None:
    touching, crossing = [(0, 0), (5, 3), (5, 6)], [(-5, 5), (5, 4), (5, 6)]
    assert checks.inspect(Shape.polygon([SQUARE, touching]), 9, 9).self_crossing is False
    assert checks.inspect(Shape.polygon([SQUARE, crossing]), 9, 9).self_crossing is True
    # parts are looked at one by one
    assert checks.inspect(Shape.polygon([SQUARE], [crossing]), 9, 9).self_crossing is False


def test_paths_may_close_but_not_cross() -> None:
    assert checks.inspect(Shape.polyline([*SQUARE, SQUARE[0]]), 9, 9).self_crossing is False
    assert checks.inspect(Shape.polyline(BOW_TIE), 9, 9).self_crossing is True
    assert checks.inspect(Shape.polyline(SQUARE), 9, 9).self_crossing is False


def test_large_rings_are_told_within_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 500
    assert checks.crosses_itself((circle,), closed=True) is False
    crossed = circle.copy()
    crossed[[100, 9000]] = crossed[[9000, 100]]
    assert checks.crosses_itself((crossed,), closed=True) is True
    monkeypatch.setattr(checks, "MAX_PAIRS", 1000)
    assert checks.crosses_itself((circle,), closed=True) is None
    both = Shape.polygon([circle], [BOW_TIE])
    assert checks.inspect(both, 9, 9).self_crossing is True  # the part that could be told


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (Shape.polygon([SQUARE]), False),
        (Shape.polygon([[(0, 0), (5, 5), (10, 10)]]), True),
        (Shape.polygon([[(0, 0), (5, 5), (0, 0), (5, 5)]]), True),
        (Shape.polygon([[(0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.7, 0.7)]]), True),
        (Shape.polygon([SQUARE, [(1, 1)]]), True),
        (Shape.polyline([(1, 1), (2, 1)]), False),
        (Shape.polyline([(1, 1), (1, 1)]), True),
        (Shape.polyline([(1, 1)]), True),
    ],
)
def test_degenerate_shapes(shape: Shape, expected: bool) -> None:
    flags = checks.inspect(shape, 100, 100)
    assert flags.degenerate is expected
    assert flags.vertices == len(shape.points)


@pytest.mark.parametrize(
    ("dx", "beyond", "outside"),
    [
        (0, False, False),
        (-1, True, False),
        (90, False, False),
        (91, True, False),
        (100, True, True),
    ],
)
def test_where_the_picture_ends(dx: float, beyond: bool, outside: bool) -> None:
    for shift in ((dx, 0), (0, dx)):
        flags = checks.inspect(Shape.polygon([np.array(SQUARE) + shift]), 100, 100)
        assert (flags.beyond_picture, flags.outside_picture) == (beyond, outside)


@given(shapes())
def test_any_shape_can_be_inspected(shape: Shape) -> None:
    flags = checks.inspect(shape, 1920, 1080)
    assert flags.vertices == len(shape.points)
    assert flags.beyond_picture or not flags.outside_picture
