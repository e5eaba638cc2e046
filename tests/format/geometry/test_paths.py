"""Polygons and polylines between keyframes: law 7, corners kept, continuous in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reviewer.format.geometry import Shape, paths

from tests.format.geometry.shapes import hausdorff, pairs_alike, rings, shapes

moments = st.floats(0, 1)
SQUARE = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], np.float64)


@given(pairs_alike(), moments, moments)
def test_subdividing_changes_nothing_where_counts_agree(
    pair: tuple[Shape, Shape], cut: float, t: float
) -> None:
    left, right = pair
    assume(1e-3 < cut < 1 - 1e-3)
    whole = paths.between(left, right)
    middle = whole.at(cut)
    if t <= cut:
        finer = paths.between(left, middle).at(t / cut)
    else:
        finer = paths.between(middle, right).at((t - cut) / (1 - cut))
    np.testing.assert_allclose(finer.points, whole.at(t).points, rtol=0, atol=1e-9)
    assert finer.same_layout(left)


@given(pairs_alike(), moments)
def test_equal_counts_move_by_vertex(pair: tuple[Shape, Shape], t: float) -> None:
    left, right = pair
    expected = left.points + t * (right.points - left.points)
    np.testing.assert_allclose(paths.between(left, right).at(t).points, expected, rtol=0, atol=1e-9)


@given(st.data(), st.sampled_from(("polygon", "polyline")))
def test_the_keyframes_are_returned_as_they_are(data: st.DataObject, kind: str) -> None:
    left, right = data.draw(shapes(kind)), data.draw(shapes(kind))
    between = paths.between(left, right)
    assert between.at(0.0) is left
    assert between.at(1.0) is right
    inside = between.at(0.5)
    assert np.isfinite(inside.points).all()
    # the layout of the left one, whatever the right one has
    assert [len(part) for part in inside.parts] == [len(part) for part in left.parts]


def one_ring(points: list[tuple[float, float]], closed: bool) -> Shape:
    return Shape.polygon([points]) if closed else Shape.polyline(points)


@given(rings(2), rings(2), st.booleans(), moments, st.floats(1e-6, 1e-2))
def test_outlines_move_continuously_also_onto_the_keyframes(
    a: list, b: list, closed: bool, t: float, dt: float
) -> None:
    assume(len(a) != len(b))
    between = paths.between(one_ring(a, closed), one_ring(b, closed))
    later = min(t + dt, 1.0)
    # no point of the outline can outrun the fastest vertex
    speed = np.hypot(*between.change.T).max()
    moved = hausdorff(between.at(t).points, between.at(later).points, closed)
    assert moved <= speed * dt + 1e-7


@given(rings(2), rings(2), st.booleans())
def test_every_corner_of_both_sides_is_kept(a: list, b: list, closed: bool) -> None:
    assume(len(a) != len(b))
    between = paths.between(one_ring(a, closed), one_ring(b, closed))
    ends = between.start + between.change
    for corners, vertices in ((between.start, a), (ends, b)):
        gaps = np.abs(corners[:, None] - np.array(vertices)).max(axis=2).min(axis=0)
        assert gaps.max() <= 1e-7
    assert len(between.start) <= len(a) + len(b)


@given(st.integers(0, 3), st.booleans(), st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
def test_a_ring_that_gained_a_vertex_does_not_turn(
    turned: int, reversed_: bool, shift: tuple[float, float]
) -> None:
    """Wherever the drawing began and in whichever sense, a moved square stays a square."""
    finer = np.insert(SQUARE, 2, (10, 4), axis=0)
    finer = np.roll(finer, turned, axis=0)[:: -1 if reversed_ else 1] + shift
    half = paths.between(Shape.polygon([SQUARE]), Shape.polygon([finer])).at(0.5)
    expected = SQUARE + np.array(shift) / 2
    assert hausdorff(half.points, expected, closed=True) < 1e-9
    assert len(half.points) == 5


def test_ties_between_starts_go_to_the_first() -> None:
    angles = np.arange(8) * np.pi / 4 + np.pi / 8
    octagon = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    between = paths.between(Shape.polygon([SQUARE - 5]), Shape.polygon([octagon]))
    again = paths.between(Shape.polygon([SQUARE - 5]), Shape.polygon([octagon + 1e-13]))
    assert len(between.start) == len(again.start)
    np.testing.assert_allclose(between.change, again.change, atol=1e-9)


def test_equal_counts_are_never_turned() -> None:
    turned = Shape.polygon([np.roll(SQUARE, 1, axis=0)])
    half = paths.between(Shape.polygon([SQUARE]), turned).at(0.5)
    assert half.points.tolist() == [[0, 5], [5, 0], [10, 5], [5, 10]]


def test_what_only_one_keyframe_has_waits_for_the_next() -> None:
    hole = SQUARE / 5 + 2
    far = SQUARE + 100
    plain, holed = Shape.polygon([SQUARE]), Shape.polygon([SQUARE + 10, hole], [far])
    closing = paths.between(holed, plain).at(0.5)
    assert [ring.tolist() for ring in closing.rings] == [
        (SQUARE + 5).tolist(),
        hole.tolist(),
        far.tolist(),
    ]
    opening = paths.between(plain, holed).at(0.5)
    assert [ring.tolist() for ring in opening.rings] == [(SQUARE + 5).tolist()]


def test_many_moments_at_once_are_the_single_ones() -> None:
    between = paths.between(Shape.polygon([SQUARE]), Shape.polygon([SQUARE[:3] + 7]))
    t = np.array([0.1, 0.5, 0.9])
    for moment, points in zip(t, between.points(t), strict=True):
        assert points.tolist() == between.at(moment).points.tolist()
    shapes = between.each(np.array([-0.5, 0.0, *t, 1.0, 2.0]))
    assert shapes == [
        *[between.left] * 2, *map(between.at, t), *[between.right] * 2,
    ]  # fmt: skip
    assert not any(shape.points.flags.writeable for shape in shapes)


def test_collapsed_paths_are_shapes_too() -> None:
    point = Shape.polyline([(3, 3)])
    line = Shape.polyline([(0, 0), (6, 0), (6, 6)])
    assert paths.between(point, line).at(0.5).points.tolist() == [
        [1.5, 1.5],
        [4.5, 1.5],
        [4.5, 4.5],
    ]
    heap = Shape.polygon([[(1, 1)] * 4])
    assert np.isfinite(paths.between(heap, Shape.polygon([SQUARE, SQUARE])).at(0.3).points).all()
    triangle = Shape.polygon([SQUARE[:3]])
    assert np.isfinite(paths.between(heap, triangle).at(0.3).points).all()
    assert np.isfinite(paths.between(triangle, heap).at(0.3).points).all()


def test_kinds_do_not_mix() -> None:
    with pytest.raises(ValueError, match="nothing lies between a polygon and a polyline"):
        paths.between(Shape.polygon([SQUARE]), Shape.polyline(SQUARE))


def test_smooth_vertices_follow_the_cubic_and_ignore_neighbours_of_another_layout() -> None:
    tracks = [Shape.polygon([SQUARE * scale]) for scale in (1, 2, 4, 4)]
    times = (0.0, 10.0, 20.0, 30.0)
    value = paths.smooth_at(*tracks, times, 15.0)
    line = paths.smooth_at(None, *tracks[1:3], None, times, 15.0)
    other = Shape.polygon([SQUARE[:3]])
    assert paths.smooth_at(other, *tracks[1:3], other, times, 15.0) == line
    np.testing.assert_allclose(line.points, SQUARE * 3)
    assert value != line
    assert paths.smooth_at(*tracks, times, 10.0) is tracks[1]
    assert paths.smooth_at(*tracks, times, 20.0) is tracks[2]
    uneven = paths.smooth_at(None, tracks[1], other, None, times, 15.0)
    assert uneven == paths.between(tracks[1], other).at(0.5)
