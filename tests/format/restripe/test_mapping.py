"""The mapping file: a value that survives being written, and is refused when it is not one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format.errors import VideoError
from reviewer.format.video.restripe import FrameMapping, VideoIdentity

OLD = VideoIdentity("old <script>.mp4", 10, "aa", 50, Fraction(1, 15360), "bb")
NEW = VideoIdentity("new\x1b[31m.mp4", 20, "cc", 40, Fraction(1, 1000), "dd")


@st.composite
def partners(draw: st.DrawFn) -> np.ndarray:
    placed = draw(st.integers(0, 40))
    old = sorted(draw(st.permutations(range(50)))[:placed])
    new = sorted(draw(st.permutations(range(40)))[:placed])
    out = np.full(50, -1, np.int64)
    out[old] = new
    return out


@given(partners())
def test_round_trip_and_inverse(partner: np.ndarray) -> None:
    mapping = FrameMapping(OLD, NEW, partner)
    again = FrameMapping.from_bytes(mapping.to_bytes())
    assert (again.old, again.new) == (OLD, NEW)
    np.testing.assert_array_equal(again.partner, partner)
    np.testing.assert_array_equal(mapping.inverse().inverse().partner, partner)
    assert mapping.placed + len(mapping.lost) == 50
    assert mapping.placed + len(mapping.added) == 40


def test_partners_must_ascend() -> None:
    partner = np.full(50, -1, np.int64)
    partner[[3, 4]] = [7, 7]
    with pytest.raises(ValueError, match="ascend"):
        FrameMapping(OLD, NEW, partner)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("runs", [[0, 0, 10], [5, 20, 3]]),
        ("runs", [[0, 0, 10], [20, 5, 3]]),
        ("runs", [[0, 0, 51]]),
        ("runs", [[0, 39, 2]]),
        ("runs", [[0, 0, -1]]),
        ("runs", [[0, 0]]),
        ("runs", [[0, 0, 1e300]]),
        ("runs", 7),
        ("reviewer_mapping", 2),
        ("old", None),
        ("old", {**OLD.to_json(), "frame_count": 1 << 60}),
        ("old", {**OLD.to_json(), "time_base": [1, "x"]}),
    ],
)
def test_what_is_no_mapping_is_refused_in_a_sentence(
    key: str, value: object, tmp_path: Path
) -> None:
    data = orjson.loads(FrameMapping(OLD, NEW, np.full(50, -1, np.int64)).to_bytes())
    data[key] = value
    file = tmp_path / "x.mapping.json"
    file.write_bytes(orjson.dumps(data))
    with pytest.raises(VideoError, match=r"x\.mapping\.json cannot be used"):
        FrameMapping.load(file)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\0" * 100, b'{"reviewer_mapping": 1}'])
def test_garbage_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.mapping.json"
    file.write_bytes(content)
    with pytest.raises(VideoError, match=r"x\.mapping\.json cannot be used"):
        FrameMapping.load(file)
