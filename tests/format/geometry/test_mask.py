"""Run-length masks against a pixel-by-pixel reading of COCO's format."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from reviewer.format.geometry import Mask, mask

pictures = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9))
offsets = st.integers(-20, 20)


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    return mask.from_array(draw(pictures), draw(offsets), draw(offsets))


def naive_counts(pixels: np.ndarray) -> list[int]:
    """COCO's uncompressed counts, one pixel after the other."""
    counts, value = [0], False
    for column in range(pixels.shape[1]):
        for row in range(pixels.shape[0]):
            if bool(pixels[row, column]) != value:
                counts.append(0)
                value = not value
            counts[-1] += 1
    return counts


def naive_compress(counts: list[int]) -> str:
    """cocoapi's rleToString, character by character."""
    out = ""
    for i, count in enumerate(counts):
        x = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            c = x & 0x1F
            x >>= 5
            more = x != -1 if c & 0x10 else x != 0
            out += chr((c | 0x20 if more else c) + 48)
    return out


def pixels_of(value: Mask) -> set[tuple[int, int]]:
    rows, columns = np.nonzero(mask.to_array(value))
    return set(zip((columns + value.x).tolist(), (rows + value.y).tolist(), strict=True))


@given(pictures, offsets, offsets)
def test_a_mask_has_the_pixels_it_was_made_of(pixels: np.ndarray, x: int, y: int) -> None:
    value = mask.from_array(pixels, x, y)
    height, width = pixels.shape
    assert np.array_equal(mask.to_array(value, (x, y, width, height)), pixels)
    assert value.area == pixels.sum()
    if pixels.any():
        rows, columns = np.nonzero(pixels)
        assert value.box == (
            x + columns.min(),
            y + rows.min(),
            columns.max() - columns.min() + 1,
            rows.max() - rows.min() + 1,
        )
        assert value.counts.tolist() == naive_counts(mask.to_array(value))
    else:
        assert value == mask.EMPTY


@given(pictures, offsets, offsets)
def test_one_mask_has_one_text(pixels: np.ndarray, x: int, y: int) -> None:
    value = mask.from_array(pixels, x, y)
    text = mask.format(value)
    assert mask.parse(text) == value
    assert hash(mask.parse(text)) == hash(value)
    # whatever box it is given in, compressed or not
    size = list(pixels.shape)
    counts = naive_counts(pixels)
    for given_counts in (counts, [0, 0, *counts, 0, 0], naive_compress(counts)):
        other = json.dumps({"counts": given_counts, "offset": [x, y], "size": size})
        assert mask.format(mask.parse(other)) == text


@given(pictures)
def test_compression_is_cocos(pixels: np.ndarray) -> None:
    counts = naive_counts(pixels)
    text = naive_compress(counts)
    assert mask.compress(np.array(counts)) == text
    assert mask.decompress(text).tolist() == counts


@given(st.lists(st.integers(0, mask.MAX_PIXELS), max_size=12))
def test_large_counts_compress_as_cocos(counts: list[int]) -> None:
    text = naive_compress(counts)
    assert mask.compress(np.array(counts, np.int64)) == text
    assert mask.decompress(text).tolist() == counts


def test_the_text_is_cocos_with_an_offset() -> None:
    value = mask.from_array(np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1]], bool), 10, 20)
    assert mask.format(value) == '{"size":[2,2],"counts":"021O","offset":[11,21]}'
    assert mask.format(mask.EMPTY) == '{"size":[0,0],"counts":"","offset":[0,0]}'
    assert mask.parse('{"size":[2,2],"counts":[3,1]}').box == (1, 1, 1, 1)


@given(masks(), st.integers(0, 12), st.integers(0, 12))
def test_export_is_over_the_picture_and_cut_at_its_border(
    value: Mask, width: int, height: int
) -> None:
    counts = mask.to_coco(value, width, height)
    picture = mask.to_array(value, (0, 0, width, height))
    assert counts.tolist() == (naive_counts(picture) if picture.size else [0])
    assert mask.from_counts(counts, width, height) == mask.from_array(picture)


@given(masks(), masks())
def test_overlap_is_that_of_the_pixels(a: Mask, b: Mask) -> None:
    mine, theirs = pixels_of(a), pixels_of(b)
    assert mask.intersection(a, b) == len(mine & theirs)
    either = len(mine | theirs)
    assert mask.iou(a, b) == (len(mine & theirs) / either if either else 1.0)
    assert mask.iou(a, b) == mask.iou(b, a)
    assert mask.iou(a, a) == 1.0


@given(masks(), offsets, offsets)
def test_moving_moves_every_pixel(value: Mask, dx: int, dy: int) -> None:
    assert pixels_of(value.moved(dx, dy)) == {(x + dx, y + dy) for x, y in pixels_of(value)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        '{"size":[2,2]}',
        '{"counts":"13"}',
        '{"size":[2,2],"counts":[4],"more":1}',
        '{"size":[2],"counts":[4]}',
        '{"size":[2,-2],"counts":[]}',
        '{"size":[2,2.0],"counts":[4]}',
        '{"size":[true,4],"counts":[4]}',
        '{"size":[2,2],"counts":[3]}',
        '{"size":[2,2],"counts":[5]}',
        '{"size":[2,2],"counts":[-1,5]}',
        '{"size":[2,2],"counts":[4.0]}',
        '{"size":[2,2],"counts":[NaN]}',
        '{"size":[2,2],"counts":[true,3]}',
        '{"size":[2,2],"counts":[18446744073709551615,5]}',
        '{"size":[2,2],"counts":[9223372036854775807,9223372036854775807,6]}',
        '{"size":[2,2],"counts":4}',
        '{"size":[2,2],"counts":"4 "}',
        '{"size":[2,2],"counts":"4é"}',
        '{"size":[2,2],"counts":"4p"}',
        '{"size":[2,2],"counts":"T"}',
        '{"size":[2,2],"counts":"oooooooo0"}',
        '{"size":[1000000,1000000],"counts":[1000000000000]}',
        '{"size":[1,268435456],"counts":[0,268435456]}',
        '{"size":[2,2],"counts":[0,4],"offset":[1]}',
        '{"size":[2,2],"counts":[0,4],"offset":[0,1e3]}',
        '{"size":[2,2],"counts":[0,4],"offset":[0,10000000000]}',
    ],
)
def test_what_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        mask.parse(text)


@given(st.text(alphabet=[chr(c) for c in range(40, 120)], max_size=20))
def test_any_counts_are_a_mask_or_a_value_error(counts: str) -> None:
    try:
        value = mask.parse(json.dumps({"size": [4, 3], "counts": counts}))
    except ValueError:
        return
    assert mask.parse(mask.format(value)) == value


def test_sizes_are_bounded() -> None:
    with pytest.raises(ValueError, match="characters"):
        mask.parse(" " * (mask.MAX_TEXT_CHARS + 1))
    with pytest.raises(ValueError, match="more than"):
        mask.to_array(mask.EMPTY, (0, 0, 65_536, 65_536))
    apart = Mask(0, 0, 1, 1, np.array([0, 1])).spans()
    far = mask.Spans(
        np.append(apart.column, 60_000),
        np.append(apart.top, 60_000),
        np.append(apart.bottom, 60_001),
    )
    with pytest.raises(ValueError, match="more than"):
        far.mask()
    with pytest.raises(ValueError, match="shape"):
        mask.from_array(np.zeros(4, bool))


def test_a_mask_is_immutable() -> None:
    value = mask.from_array(np.ones((2, 2), bool))
    with pytest.raises(ValueError, match="read-only"):
        value.counts[0] = 1
    assert value != "mask"
