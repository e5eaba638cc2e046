"""What lies between keyframes: the one rule that page, terminal and exports all show."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import engine
from reviewer.format.keyframes import Keyframes, Packed
from reviewer.format.kinds import BOX, CHOICE, Kind

from reviewer import Project
from tests.format import every_kind, stranger
from tests.format.contents import same_bits
from tests.format.every_kind import EVERY_KIND, as_rows, largest_difference
from tests.videos import TICKS, uneven_times

FRAMES = 60
keyframes_of = partial(every_kind.keyframes_of, frames=FRAMES)


@st.composite
def time_axes(draw: st.DrawFn) -> np.ndarray | None:
    """Frame numbers, or pts with steps as uneven as real files have them."""
    if draw(st.booleans()):
        return None
    steps = draw(st.lists(st.integers(1, 100_000), min_size=FRAMES, max_size=FRAMES))
    return np.cumsum(steps).astype(np.float64)


windows = st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES)).map(sorted)


@given(
    st.sampled_from(EVERY_KIND).flatmap(
        lambda kind: st.tuples(st.just(kind), keyframes_of(kind, at_least=1, one_layout=True))
    ),
    time_axes(),
    st.data(),
)
def test_subdividing_changes_nothing(
    made: tuple[Kind, Keyframes], times: np.ndarray | None, data: st.DataObject
) -> None:
    kind, track = made
    before = engine.evaluate_one(track, kind, 0, FRAMES, times)
    rows = as_rows(before, kind)
    there = np.flatnonzero(~kind.is_fill(rows))
    chosen = sorted(data.draw(st.sets(st.sampled_from(there.tolist()), min_size=1)))
    frames = np.array(chosen, np.int64)
    finer = track.replaced(frames, rows[frames], kind)
    after = engine.evaluate_one(finer, kind, 0, FRAMES, times)
    # 1e-9 of the picture's size: coordinates reach 1e4 here
    assert largest_difference(before, after, kind) <= (0 if kind.rule == "hold" else 1e-9)


@given(
    st.sampled_from(EVERY_KIND).flatmap(
        lambda kind: st.tuples(st.just(kind), st.lists(keyframes_of(kind), max_size=6))
    ),
    time_axes(),
    windows,
)
def test_a_window_is_its_frames_one_by_one_whoever_else_is_in_it(
    made: tuple[Kind, list[Keyframes]], times: np.ndarray | None, window: list[int]
) -> None:
    kind, tracks = made
    first, stop = window
    together = engine.evaluate(Packed.pack(tracks, kind), kind, first, stop, times)
    assert together.shape == (len(tracks), stop - first, kind.columns)
    for number, track in enumerate(tracks):
        alone = engine.evaluate_one(track, kind, first, stop, times)
        assert same_bits(together[number], alone)
        for frame in range(first, stop):
            single = engine.evaluate_one(track, kind, frame, frame + 1, times)
            assert same_bits(together[number, frame - first], single[0])


@given(st.lists(keyframes_of(BOX), max_size=5), time_axes(), windows)
def test_the_callers_array_is_filled_with_the_same_bits(
    tracks: list[Keyframes], times: np.ndarray | None, window: list[int]
) -> None:
    packed = Packed.pack(tracks, BOX)
    first, stop = window
    out = np.full((len(tracks), stop - first, 4), 123.0)
    given_back = engine.evaluate(packed, BOX, first, stop, times, out=out)
    assert given_back is out
    assert same_bits(out, engine.evaluate(packed, BOX, first, stop, times))


@given(keyframes_of(BOX, at_least=1), time_axes())
def test_boxes_go_straight_from_keyframe_to_keyframe(
    track: Keyframes, times: np.ndarray | None
) -> None:
    values = engine.evaluate_one(track, BOX, 0, FRAMES, times)
    first = int(track.frames[0])
    assert np.isnan(values[:first]).all(), "no value before the first keyframe"
    assert same_bits(values[track.frames], track.rows + 0.0), "exact on keyframes"
    last = int(track.frames[-1])
    assert (values[last:] == track.rows[-1]).all(), "the last one holds"
    axis = np.arange(FRAMES, dtype=np.float64) if times is None else times
    for column in range(4):
        expected = np.interp(axis[first:], axis[track.frames], track.rows[:, column])
        np.testing.assert_allclose(values[first:, column], expected, rtol=1e-12, atol=1e-8)


@given(keyframes_of(CHOICE, at_least=1), time_axes(), windows)
def test_choices_hold_until_the_next_keyframe(
    track: Keyframes, times: np.ndarray | None, window: list[int]
) -> None:
    first, stop = window
    values = engine.evaluate_one(track, CHOICE, first, stop, times)[:, 0]
    rows = dict(zip(track.frames.tolist(), track.rows[:, 0].tolist(), strict=True))
    for frame in range(first, stop):
        earlier = [at for at in rows if at <= frame]
        assert values[frame - first] == (rows[max(earlier)] if earlier else CHOICE.fill)
    runs = engine.spans(track, CHOICE, first, stop)
    painted = np.full(stop - first, CHOICE.fill)
    for begin, end, row in runs:
        assert first <= begin < end <= stop
        painted[begin - first : end - first] = row[0]
    assert (painted == values).all()
    assert all(not np.array_equal(a[2], b[2]) for a, b in pairwise(runs))


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_blocks_of_a_large_evaluation_meet_without_a_seam(seed: int) -> None:
    """More rows than the engine evaluates at once."""
    random = np.random.default_rng(seed)
    tracks = []
    for _ in range(40):
        frames = np.flatnonzero(random.random(3000) < 0.01).astype(np.int64)
        tracks.append(Keyframes(frames, random.random((len(frames), 4)) * 1000))
    together = engine.evaluate(Packed.pack(tracks, BOX), BOX, 0, 3000)
    for number, track in enumerate(tracks):
        assert same_bits(together[number], engine.evaluate_one(track, BOX, 0, 3000))


# -- the same through a project ---------------------------------------------------------------


def boxed(project: Project, entity_id: str, rows: dict[int, tuple[float, ...]]) -> None:
    entity = project.add_entity("player", entity_id=entity_id, frame=min(rows))
    for frame, row in rows.items():
        entity["box"][frame] = row


def test_rows_come_frame_by_frame_and_only_of_who_is_there(project: Project) -> None:
    boxed(project, "player-b", {5: (0, 0, 10, 10), 25: (20, 0, 10, 10)})
    boxed(project, "player-a", {10: (1, 2, 3, 4)})
    project.entity("player-b")["presence"][12] = "occluded"
    project.entity("player-b")["presence"][15] = "absent"
    project.entity("player-b")["presence"][20] = "present"
    table = project.evaluate(0, 30)
    expected = []
    for frame in range(30):
        if 5 <= frame < 15 or frame >= 20:
            expected.append((frame, "player-b", "occluded" if 12 <= frame < 15 else "present"))
        if frame >= 10:
            expected.append((frame, "player-a", "present"))
    got = zip(table.frame.tolist(), table.entity.tolist(), table["presence"], strict=True)
    assert list(got) == expected
    assert table.frame.dtype == np.int64
    assert table.entity_index.dtype == np.int32
    assert len(table.offsets) == 31
    for frame in range(30):
        rows = slice(table.offsets[frame], table.offsets[frame + 1])
        assert (table.frame[rows] == frame).all()
    of_b = table.entity == "player-b"
    expected_x = np.interp(table.frame[of_b], [5, 25], [0, 20])
    np.testing.assert_allclose(table["box"][of_b, 0], expected_x, atol=1e-12)


def test_an_entity_without_a_box_has_a_row_with_nan(project: Project) -> None:
    project.add_entity("player", name="shy", frame=3)
    table = project.evaluate(0, 5)
    assert table.frame.tolist() == [3, 4]
    assert table["box"].shape == (2, 4)
    assert np.isnan(table["box"]).all()
    assert table["team"].tolist() == ["", ""]
    assert table["pose"].tolist() == ["", ""]
    assert table.codes("pose").tolist() == [-1, -1]


def test_classes_without_geometry_have_no_box_yet_a_column(project: Project) -> None:
    project.add_entity("event", frame=0)
    assert np.isnan(project.evaluate(0, 2)["box"]).all()


def test_evaluating_nothing_gives_an_empty_table(project: Project) -> None:
    for first, stop in ((0, 0), (300, 300), (0, 300)):
        table = project.evaluate(first, stop)
        assert len(table) == 0
        assert len(table.offsets) == stop - first + 1
        assert table["box"].shape == (0, 4)
        assert table.entity.shape == (0,)


@pytest.mark.parametrize("window", [(-1, 5), (0, 301), (5, 4)])
def test_frames_outside_the_video_are_refused(project: Project, window: tuple[int, int]) -> None:
    with pytest.raises(Exception, match="not within the video") as caught:
        project.evaluate(*window)
    assert type(caught.value).__name__ == "EditError"


def test_choices_and_constants_come_as_names(project: Project) -> None:
    entity = project.add_entity("player", frame=0)
    entity["team"] = "away"
    entity["pose"][0] = "standing"
    entity["pose"][2] = "down"
    table = project.evaluate(0, 4)
    assert table["team"].tolist() == ["away"] * 4
    assert table["pose"].tolist() == ["standing", "standing", "down", "down"]
    assert table.codes("pose").tolist() == [0, 0, 7, 7]
    assert entity["pose"].at(3) == "down"
    assert entity["pose"].spans() == [(0, 2, "standing"), (2, 300, "down")]


def test_asking_for_some_gives_the_same_bits_as_asking_for_all(project: Project) -> None:
    random = np.random.default_rng(4)
    for number in range(8):
        rows = {int(f): tuple(random.random(4) * 500) for f in random.integers(0, 300, 6)}
        boxed(project, f"player-{number}", rows)
    everything = project.evaluate(0, 300)
    few = project.evaluate(100, 110, entities=["player-6", "player-2"], properties=["box"])
    assert few.columns == ("box",)
    assert few.entities == ("player-6", "player-2")
    for entity in few.entities:
        ours = few["box"][few.entity == entity]
        window = (everything.frame >= 100) & (everything.frame < 110)
        theirs = everything["box"][(everything.entity == entity) & window]
        assert same_bits(ours, theirs)
        at = [project.entity(entity)["box"].at(frame) for frame in range(100, 110)]
        at = [row for row in at if row is not None]
        assert same_bits(ours, np.array(at).reshape(-1, 4))


def test_asking_for_an_unknown_entity_is_one_sentence(project: Project) -> None:
    with pytest.raises(Exception, match='no entity "nobody-1"') as caught:
        project.evaluate(0, 5, entities=["nobody-1"])
    assert type(caught.value).__name__ == "ProjectError"


def test_in_a_variable_rate_video_things_move_in_time(
    video_file: Callable[[str], Path], tmp_path: Path
) -> None:
    with Project.create(tmp_path / "vfr", video_file("variable_rate.mp4")) as project:
        entity = project.add_entity("object", frame=0)
        entity["box"][0] = (0, 0, 10, 10)
        entity["box"][80] = (800, 0, 10, 10)
        x = project.evaluate(0, 81)["box"][:, 0]
    ticks = np.array([uneven_times(frame) for frame in range(81)]) / TICKS
    np.testing.assert_allclose(x, 800 * ticks / ticks[80], atol=1e-2)  # container rounds pts
    over_frames = 10.0 * np.arange(81)
    assert np.abs(x - over_frames).max() > 10, "steps of 1 to 5 thirtieths must show"


def test_a_constant_rate_video_is_interpolated_over_frames(
    plain_video: Path, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "cfr", plain_video) as project:
        entity = project.add_entity("object", frame=0)
        entity["box"][0] = (100, 50, 40, 90)
        entity["box"][60] = (160, 50, 40, 90)
        assert entity["box"].at(30).tolist() == [130, 50, 40, 90]
        assert entity["box"].keyframes.tolist() == [0, 60]
        assert project.record.interpolate_over == "frames"


def test_pts_of_the_folder_are_the_time_axis(tmp_path: Path) -> None:
    pts = np.array([0, 10, 20, 100, 110, 120], np.int64)
    folder = stranger.make_folder(tmp_path / "gap", 6, pts=pts, interpolate_over="pts")
    with Project.open(folder) as project:
        boxed(project, "player-1", {0: (0, 0, 1, 1), 5: (120, 0, 1, 1)})
        assert project.evaluate(0, 6)["box"][:, 0].tolist() == pts.tolist()
        assert project.pts.tolist() == pts.tolist()
