"""What reviewers said follows the frames it was said about through a remap, and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewer.format.remap import find_mapping, remap_project
from reviewer.format.remap.former import FormerVideos, carry
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.mapping import to_runs

from reviewer import Project
from tests.videos import draw_frame, make_video

FRAMES, SIZE = 90, (320, 192)
LOST = [*range(10), 40, 41, 42]  # the beginning was cut off, and a little in the middle


@pytest.fixture
def project(tmp_path: Path):
    make_video(tmp_path / "whole.mp4", size=SIZE, frames=FRAMES)
    left = [draw_frame(n, SIZE) for n in range(FRAMES) if n not in LOST]
    make_video(tmp_path / "cut.mp4", size=SIZE, frames=len(left), pictures=left)
    with Project.create(tmp_path / "p", tmp_path / "whole.mp4", author="Ada") as project:
        project.add_entity("object", name="One", frame=0)["box"][20] = (10, 10, 20, 20)
        yield project


def remap(project: Project, video: Path) -> np.ndarray:
    index = VideoIndex.build(video)
    with Video(video, index=index) as new:
        found = find_mapping(project.record, project.pts, project.video, new)
    remap_project(project, found.mapping, index, video, "Change the video")
    return found.mapping.partner


def pins(project: Project) -> dict[str, tuple[tuple[int, int] | None, bool]]:
    return {one.text: (one.pin.frames, one.outdated) for one in project.reviews.threads()}


def test_pins_go_with_their_frames_and_come_back(project, tmp_path):
    one = project.entity("One").id
    reviews = project.reviews
    reviews.open("later", frames=(50, 60), entity=one, property="box", place=(3, 4))
    reviews.open("over the gap", frames=(38, 42))
    reviews.open("gone", frames=(40, 43))
    reviews.open("of all", entity=one)
    reviews.verdict(one, "accept", "good", frames=(12, 30))
    before = pins(project)
    files = {path.name: path.read_bytes() for path in (project.path / "reviews").iterdir()}
    heard: list[frozenset[str]] = []
    reviews.subscribe(heard.append)

    remap(project, tmp_path / "cut.mp4")
    after = pins(project)
    assert after["later"] == ((37, 47), False)
    assert after["over the gap"] == ((28, 30), False)
    assert after["gone"][1]
    assert after["of all"] == (None, False)
    assert after["good"] == ((2, 20), False)
    # a verdict was given on what was seen with the other video: it is to be looked at again
    assert next(item.state for item in reviews.queue()) == "changed"
    assert {p.name: p.read_bytes() for p in (project.path / "reviews").iterdir()} == files
    new = reviews.open("said since", frames=(0, 5))
    reviews.reply(new.id, "yes")

    project.undo()
    assert pins(project) == {**before, "said since": ((10, 15), False)}
    project.redo()
    assert pins(project) == {**after, "said since": ((0, 5), False)}
    with Project.open(project.path) as again:
        assert pins(again) == pins(project)


def test_what_a_branch_says_about_the_former_video_is_carried_when_it_comes(project, tmp_path):
    """Git adds a file that speaks of the former video to a project that was remapped meanwhile."""
    elsewhere = tmp_path / "branch"
    project.flush()
    shutil.copytree(project.path, elsewhere)
    with Project.open(elsewhere, author="Bob") as other:
        other.reviews.open("from afar", frames=(50, 52))
    remap(project, tmp_path / "cut.mp4")
    shutil.copytree(elsewhere / "reviews", project.path / "reviews", dirs_exist_ok=True)
    assert pins(project) == {"from afar": ((37, 39), False)}


def test_the_mapping_itself_may_come_with_git(project, tmp_path):
    project.reviews.open("here", frames=(50, 52))
    remap(project, tmp_path / "cut.mp4")
    folder = project.path / "remapped"
    kept = {file.name: file.read_bytes() for file in folder.iterdir()}
    for file in folder.iterdir():
        file.unlink()
    assert pins(project)["here"] == ((50, 52), True)
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    assert pins(project)["here"] == ((37, 39), False)


@pytest.mark.parametrize(
    "runs",
    [None, 3, "x", [[1]], [[0, 0, 0]], [[0, 0, -1]], [[-1, 0, 5]], [[0, 0, 1 << 70]],
     [[0, 0, 9], [5, 20, 3]], [[0, 0, 1 << 40]], [["a", 0, 1]], {"a": 1}],
)  # fmt: skip
def test_a_strangers_mapping_maps_nothing(tmp_path, runs):
    (tmp_path / "remapped").mkdir()
    data = {"from": {"pts_digest": "a"}, "to": {"pts_digest": "b"}, "runs": runs}
    (tmp_path / "remapped" / "x1.json").write_text(json.dumps(data))
    former = FormerVideos(tmp_path, tmp_path)
    assert former.notice()
    assert former.way("a", "b") is None


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_carried_frames_are_those_that_are_left(kept, data):
    partner = np.full(len(kept), -1)
    partner[kept] = np.arange(sum(kept))
    first = data.draw(st.integers(0, len(kept) - 1))
    stop = data.draw(st.integers(first + 1, len(kept)))
    runs = np.array(to_runs(partner), np.int64).reshape(-1, 3)
    left = partner[first:stop][partner[first:stop] >= 0]
    expected = (int(left[0]), int(left[-1]) + 1) if len(left) else None
    assert carry((first, stop), [runs]) == expected
    if expected:
        back = carry(expected, [runs[:, [1, 0, 2]]])
        assert back is not None
        assert first <= back[0] < back[1] <= stop
