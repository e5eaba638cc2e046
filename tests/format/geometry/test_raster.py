"""Polygons as masks: the pixels whose centres are inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reviewer.format.geometry import Shape, mask, raster

WIDTH, HEIGHT = 12, 9
near = st.floats(-5, 17, allow_subnormal=False)
ring = st.lists(st.tuples(near, near), min_size=3, max_size=7)
whole = st.integers(-2, 14)


def naive(shape: Shape) -> np.ndarray:
    """Even-odd by casting a ray upwards from each pixel's centre; parts added to each other."""
    out = np.zeros((HEIGHT, WIDTH), bool)
    for part in shape.parts:
        for row in range(HEIGHT):
            for column in range(WIDTH):
                inside = False
                for outline in part:
                    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, 0), strict=True):
                        if ax > bx:
                            ax, ay, bx, by = bx, by, ax, ay
                        x = column + 0.5
                        if ax <= x < bx:
                            inside ^= ay + (x - ax) * ((by - ay) / (bx - ax)) <= row + 0.5
                out[row, column] |= inside
    return out


def picture(shape: Shape) -> np.ndarray:
    return mask.to_array(raster.polygon_mask(shape, WIDTH, HEIGHT), (0, 0, WIDTH, HEIGHT))


@given(st.lists(st.lists(ring, min_size=1, max_size=2), min_size=1, max_size=2))
def test_a_pixel_is_in_when_its_centre_is(parts: list) -> None:
    shape = Shape.polygon(*parts)
    assert np.array_equal(picture(shape), naive(shape))


@given(st.lists(st.tuples(whole, whole), min_size=3, max_size=3), st.tuples(near, near))
def test_polygons_that_share_borders_share_no_pixel(corners: list, inner: tuple) -> None:
    """A triangle cut into three around a point has each of its pixels in exactly one of them."""
    corners = [(x + 0.5, y + 0.5) for x, y in corners]  # on pixel centres: the hard case
    (ax, ay), (bx, by), (cx, cy) = corners
    assume((bx - ax) * (cy - ay) != (by - ay) * (cx - ax))
    u, v = abs(inner[0]) % 1, abs(inner[1]) % 1
    if u + v > 1:
        u, v = 1 - u, 1 - v
    point = (ax + u * (bx - ax) + v * (cx - ax), ay + u * (by - ay) + v * (cy - ay))
    pieces = [
        picture(Shape.polygon([[corners[i], corners[(i + 1) % 3], point]])).astype(int)
        for i in range(3)
    ]
    whole_triangle = picture(Shape.polygon([corners])).astype(int)
    # where rounding put the point outside the triangle, pieces overlap by a sliver
    if min(u, v, 1 - u - v) > 1e-6:
        assert np.array_equal(sum(pieces), whole_triangle)


def test_holes_parts_and_borders() -> None:
    square = [(1, 1), (7, 1), (7, 7), (1, 7)]
    hole = [(3, 3), (5, 3), (5, 5), (3, 5)]
    assert picture(Shape.polygon([square])).sum() == 36
    assert picture(Shape.polygon([square, hole])).sum() == 32
    # a part over another does not punch a hole
    assert picture(Shape.polygon([square], [hole])).sum() == 36
    assert picture(Shape.polygon([[(-5, -5), (99, -5), (99, 99), (-5, 99)]])).all()
    assert not picture(Shape.polygon([[(20, 20), (30, 20), (30, 30)]])).any()
    assert not picture(Shape.polygon([[(1, 1), (5, 5)]])).any()


def test_what_cannot_be_a_mask_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no inside"):
        raster.polygon_mask(Shape.polyline([(0, 0), (1, 1)]), WIDTH, HEIGHT)
    monkeypatch.setattr(raster, "MAX_CROSSINGS", 10)
    with pytest.raises(ValueError, match="crosses 24 columns"):
        raster.polygon_mask(Shape.polygon([[(0, 0), (12, 0), (12, 9), (0, 9)]]), WIDTH, HEIGHT)
