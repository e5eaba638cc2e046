"""The timeline's columns, and what people write when they mean a frame."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.screens.position import frame_at, parse_position, seconds_away
from reviewer.widgets.bars import clock
from reviewer.widgets.timeline import (
    Columns,
    Track,
    Value,
    keyframes_of_column,
    nice_step,
    paint_track,
    ruler,
    span_of_column,
)


def int64(values):
    return np.asarray(values, np.int64)


@st.composite
def views(draw):
    """(frame count, columns) of a view somewhere within a video."""
    count = draw(st.integers(1, 5000))
    span = draw(st.floats(min(1.0, count), count))
    first = draw(st.floats(0, count - span))
    return count, Columns(first, first + span, draw(st.integers(1, 300)))


@given(views(), st.data())
def test_every_keyframe_in_sight_is_marked_and_none_elsewhere(view, data):
    count, columns = view
    keyframes = int64(sorted(data.draw(st.sets(st.integers(0, count - 1), max_size=40))))
    marks = keyframes_of_column(keyframes, columns)
    assert marks.shape == (columns.width,)
    inside = [k for k in keyframes.tolist() if columns.first <= k < columns.stop - 1e-6]
    near_edges = sum(
        abs(k - edge) < 1e-6 for k in keyframes.tolist() for edge in (columns.first, columns.stop)
    )
    assert abs(int(marks.sum()) - len(inside)) <= near_edges
    for keyframe in inside:
        column = columns.of(keyframe)
        assert marks[max(0, column - 1) : column + 2].any()


@given(views(), st.data())
def test_spans_cover_the_columns_of_their_frames(view, data):
    count, columns = view
    cuts = sorted(data.draw(st.sets(st.integers(0, count), max_size=12)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    track = Track(
        "t",
        starts=int64([a for a, _ in pairs]),
        stops=int64([b for _, b in pairs]),
        values=[Value("", (9, 9, 9))] * len(pairs),
    )
    shown = span_of_column(track, columns)
    edges = columns.edges
    for column in range(columns.width):
        low, high = edges[column], edges[column + 1]
        touching = [n for n, (a, b) in enumerate(pairs) if a < high - 1e-6 and b > low + 1e-6]
        if shown[column] >= 0:
            a, b = pairs[shown[column]]
            assert a < high + 1e-6
            assert b > low - 1e-6
        else:
            assert not touching
        if touching:
            assert shown[column] >= touching[-1]


@given(views(), st.data())
def test_a_painted_track_is_exactly_as_wide_as_its_columns(view, data):
    count, columns = view
    cuts = sorted(data.draw(st.sets(st.integers(0, count), min_size=2, max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    track = Track(
        "t",
        starts=int64([a for a, _ in pairs]),
        stops=int64([b for _, b in pairs]),
        values=[
            Value("occluded 選手", (200, 90, 9), hatched=n % 2 == 0) for n in range(len(pairs))
        ],
        keyframes=int64(cuts[:-1]),
    )
    segments = paint_track(track, columns, columns.of(data.draw(st.integers(0, count - 1))))
    assert sum(segment.cell_length for segment in segments) == columns.width
    assert len(ruler(columns, data.draw(st.integers(0, count - 1)))) == columns.width


@given(views())
def test_clicking_a_frames_column_finds_it_again(view):
    count, columns = view
    per_column = (columns.stop - columns.first) / columns.width
    for frame in range(int(np.ceil(columns.first)), min(count, int(columns.stop)), 7):
        column = columns.of(frame)
        if 0 <= column < columns.width:
            assert abs(columns.frame(column) - frame) <= max(1.0, per_column)


def test_cost_is_of_columns_not_of_keyframes():
    keyframes = np.arange(2_000_000, dtype=np.int64)
    marks = keyframes_of_column(keyframes, Columns(0, 2_000_000, 100))
    assert marks.tolist() == [20_000] * 100


def test_nice_steps():
    assert [nice_step(n) for n in (0.1, 1, 1.5, 3, 7, 11, 49, 51, 1000)] == [
        1, 1, 2, 5, 10, 20, 50, 100, 1000,
    ]  # fmt: skip


TIMES = np.arange(100) / 25


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("0", 0), ("99", 99), ("100", 99), ("+5", 45), ("-5", 35), ("-500", 0), ("50%", 50),
        ("100%", 99), ("0:01", 25), ("0:01.04", 26), ("0:01.039", 25), ("1s", 25), ("1.5s", 37),
        ("1:00:00", 99), (" 1 2 ", 12), ("", None), ("x", None), ("1:2:3:4", None), ("١", 1),
        ("--1", None), ("9" * 13, None), ("1e3", None), ("200%", 99),
    ],
)  # fmt: skip
def test_positions(text, frame):
    assert parse_position(text, 40, TIMES) == frame


@given(st.text(max_size=30))
def test_any_text_is_a_frame_or_refused(text):
    frame = parse_position(text, 40, TIMES)
    assert frame is None or 0 <= frame < 100


@given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=50), st.data())
def test_seconds_in_an_uneven_video(steps, data):
    times = np.concatenate([[0.0], np.cumsum(steps)])
    frame = data.draw(st.integers(0, len(times) - 1))
    for seconds in (1, -1):
        there = seconds_away(times, frame, seconds)
        if there != frame:
            assert (there > frame) == (seconds > 0)
        else:
            assert frame in (0, len(times) - 1)
    assert frame_at(times, float(times[frame])) == frame


def test_clock():
    assert clock(0) == "0:00.000"
    assert clock(61.0005) == "1:01.000"
    assert clock(59.9996) == "1:00.000"
    assert clock(3723.5) == "1:02:03.500"


@given(views(), st.data())
def test_numbers_on_the_ruler_are_whole_and_stand_where_they_say(view, data):
    count, columns = view
    frame = data.draw(st.integers(0, count - 1))
    text = ruler(columns, frame)
    for found in re.finditer(r"╵(\d+)", text):
        assert columns.of(int(found[1])) == found.start()
    if columns.first <= frame < columns.stop and "▼" in text:
        assert text.index("▼") == columns.of(frame)
    assert not re.search(r"(?<![╵▼\d])\d+(?![\d▼])", text)  # no half numbers left standing
