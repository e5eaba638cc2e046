"""A project carried over to another file of its video: exact, undoable, whole or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.errors import EditError, ReviewerError, VideoError
from reviewer.format.remap import (
    RemapEdit,
    find_mapping,
    perform,
    read_asides,
    remap_project,
    survey,
)
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.restripe import FrameMapping, restripe

from reviewer import Project
from tests.format.contents import everything, keyframes_of, versioned_files
from tests.format.restripe.damage import rewrite, without
from tests.format.stranger import ONTOLOGY, read_keyframes
from tests.videos import draw_frame, make_video, read_number

FRAMES = 160
SIZE = (320, 192)
LOST = sorted(random.Random(4).sample(range(FRAMES), FRAMES // 20))


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """whole.mp4; cut.mp4: encoded anew without 5 % of the frames, at even times."""
    folder = tmp_path_factory.mktemp("videos")
    make_video(folder / "whole.mp4", size=SIZE, frames=FRAMES)
    left = [draw_frame(n, SIZE) for n in range(FRAMES) if n not in LOST]
    make_video(folder / "cut.mp4", size=SIZE, frames=len(left), gop=12, pictures=left,
               options={"crf": "30"})  # fmt: skip
    return folder


@pytest.fixture
def make(tmp_path: Path, videos: Path) -> Iterator[Callable[[], Project]]:
    """A project on whole.mp4 with a keyframe of every kind on every frame somewhere."""
    for name in ("whole.mp4", "cut.mp4"):
        (tmp_path / name).symlink_to(videos / name)
    opened: list[Project] = []

    def get() -> Project:
        project = Project.create(tmp_path / "p", tmp_path / "whole.mp4", ONTOLOGY, author="Ada")
        opened.append(project)
        with project.transaction("fill"):
            for k in range(4):
                player = project.add_entity("player", frame=k)
                for frame in range(k, FRAMES, 1 + 3 * k):
                    player["box"][frame] = (frame, 2 * frame + k, 10, 20)
                    player["presence"][frame] = ("present", "occluded")[frame // 3 % 2]
                for frame in range(k, FRAMES, 11):
                    player["pose"][frame] = ("standing", "running", "down")[frame % 3]
            gone = project.add_entity("puck", frame=2)
            gone["box"][LOST[0]] = (1, 1, 1, 1)
        gone.delete()
        return project

    yield get
    for project in opened:
        project.close()


def remap(project: Project, video: Path) -> FrameMapping:
    index = VideoIndex.build(video)
    with Video(video, index=index) as new:
        found = find_mapping(project.record, project.pts, project.video, new)
    remap_project(project, found.mapping, index, video, "Change the video")
    return found.mapping


def expected(before: dict, partner: np.ndarray) -> dict:
    """Where keyframes must be that still have a frame."""
    out = {
        key: {int(partner[f]): row for f, row in track.items() if partner[f] >= 0}
        for key, track in before.items()
    }
    return {key: track for key, track in out.items() if track}


def test_every_keyframe_that_still_has_a_frame_is_on_it(
    make: Callable[[], Project], tmp_path: Path
) -> None:
    project = make()
    before = keyframes_of(project)
    mapping = remap(project, tmp_path / "cut.mp4")
    assert mapping.lost.tolist() == LOST
    assert project.frame_count == FRAMES - len(LOST)
    after = keyframes_of(project)
    for key, track in expected(before, mapping.partner).items():
        boxes = key[1] == "box"
        for frame, row in track.items():
            assert after[key][frame] == row
        if boxes:
            assert after[key] == track
    for old, new in enumerate(mapping.partner.tolist()):
        if new >= 0:
            assert read_number(project.video[new]) == old
    aside = {(a.entity, a.property, a.frame): a.row for a in read_asides(project.path)}
    for (entity, name), track in before.items():
        for frame, row in track.items():
            if frame in LOST and name == "box":
                assert aside[entity, name, frame] == row
    project.close()
    assert read_keyframes(project.path).items() >= after.items()  # what stock zarr reads


def test_what_holds_is_unchanged_on_every_frame(
    make: Callable[[], Project], tmp_path: Path
) -> None:
    project = make()

    def states() -> dict[str, list]:
        count = project.frame_count
        return {
            e.name: [(e["presence"].at(f), e["pose"].at(f)) for f in range(count)]
            for e in project.entities.values()
        }  # fmt: skip

    before = states()
    partner = remap(project, tmp_path / "cut.mp4").partner
    after = states()
    for name, values in before.items():
        assert [values[f] for f in np.flatnonzero(partner >= 0)] == after[name]


def test_undo_and_redo_restore_everything(make: Callable[[], Project], tmp_path: Path) -> None:
    project = make()
    project.flush()
    contents, files = everything(project), versioned_files(project.path)
    numbers = {entity: project.number(entity) for entity in project.entities}
    remap(project, tmp_path / "cut.mp4")
    remapped, remapped_files = everything(project), versioned_files(project.path)
    assert {entity: project.number(entity) for entity in project.entities} == numbers
    assert project.undo_label == "Change the video"

    project.undo()
    assert everything(project) == contents
    assert versioned_files(project.path) == files
    assert project.video_path is not None
    assert project.video_path.name == "whole.mp4"
    assert read_asides(project.path) == []

    project.redo()
    assert everything(project) == remapped
    assert set(versioned_files(project.path)) ^ set(remapped_files) == {
        f"remapped/{read_asides(project.path)[0].remap}.json",
        *(name for name in remapped_files if name.startswith("remapped/")),
    }

    project.close()
    with Project.open(project.path, author="Ada") as again:
        assert again.warnings == []
        assert everything(again) == remapped
        again.undo()
        again.undo()  # what is older than the remap
        again.undo()
        assert len(again.entities) == 0
        again.redo()
        again.redo()
        assert everything(again) == contents


def test_older_edits_are_undone_on_the_new_frames(
    make: Callable[[], Project], tmp_path: Path
) -> None:
    project = make()
    player = project.entity("player_1")
    frame = next(f for f in range(60, FRAMES) if f not in LOST)
    former = player["box"][frame]
    with project.transaction("mine", author="Bob"):
        player["box"][frame] = (5, 6, 7, 8)
        player["box"][LOST[0]] = (1, 2, 3, 4)
    partner = remap(project, tmp_path / "cut.mp4").partner
    project.undo(author="Bob")
    np.testing.assert_array_equal(player["box"][int(partner[frame])], former)
    # Ada's undo of the remap keeps what Bob did since, and brings his lost keyframe back
    project.undo()
    np.testing.assert_array_equal(player["box"][frame], former)
    np.testing.assert_array_equal(player["box"][LOST[0]], (1, 2, 3, 4))


def test_edits_after_a_remap_survive_its_undo_where_they_have_a_frame(
    make: Callable[[], Project], tmp_path: Path
) -> None:
    project = make()
    partner = remap(project, tmp_path / "cut.mp4").partner
    frame = LOST[-1] + 1
    with project.transaction("new", author="Bob"):
        project.entity("player_2")["box"][int(partner[frame])] = (9, 9, 9, 9)
    project.undo()
    assert project.entity("player_2")["box"][frame].tolist() == [9, 9, 9, 9]


def test_other_processes_follow(make: Callable[[], Project], tmp_path: Path) -> None:
    project = make()
    with Project.open(project.path, author="Bob") as peer:
        heard = []
        peer.subscribe(heard.append)
        remap(project, tmp_path / "cut.mp4")
        player = project.entity("player_1")
        player["box"][3] = (7, 7, 7, 7)
        peer._door.follower.poll()
        assert peer.frame_count == project.frame_count
        assert everything(peer) == everything(project)
        assert any(isinstance(change.edit, RemapEdit) for change in heard)
        peer.entity("player_1")["box"][peer.frame_count - 1] = (1, 1, 1, 1)
        project._door.follower.poll()
        assert everything(peer) == everything(project)
        assert peer.warnings == []


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", ["staged", "journaled", "half moved", "moved"])
def test_a_crash_leaves_the_old_or_the_new(
    at: str, make: Callable[[], Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make()
    project.flush()
    before = everything(project)

    def die(*_: object) -> None:
        raise Died

    if at == "staged":
        monkeypatch.setattr(project._door.journal, "append", die)
        monkeypatch.setattr(perform.shutil, "rmtree", lambda *a, **k: None)
    elif at == "journaled":
        monkeypatch.setattr(perform, "move_into_place", die)
    elif at == "half moved":
        moved = []
        real = Path.replace

        def replace(self: Path, target: Path) -> Path:
            if "remap" in self.parts and "tree" in self.parts:
                moved.append(target)
                if len(moved) > 3:
                    raise Died
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)
    else:
        monkeypatch.setattr(project._door, "renumbered", die)
    with pytest.raises(Died):
        remap(project, tmp_path / "cut.mp4")
    monkeypatch.undo()
    project._core.closed = True  # as if killed: nothing is flushed
    project._door.persistence._stopping.set()
    with Project.open(project.path, author="Ada") as again:
        assert again.warnings == []
        assert again.video_problem is None
        if at == "staged":
            assert again.frame_count == FRAMES
        else:
            assert again.frame_count == FRAMES - len(LOST)
            again.undo()
        assert everything(again) == before
        assert not (project.path / ".reviewer" / "remap").exists()


def test_restriped_video_by_its_mapping(make: Callable[[], Project], tmp_path: Path) -> None:
    project = make()
    broken = rewrite(tmp_path / "whole.mp4", tmp_path / "broken.mkv", without({0}))
    done = restripe(broken, tmp_path / "fixed.mkv")
    index = VideoIndex.build(done.out)
    with Video(done.out, index=index) as new, Video(broken) as old:
        by_file = find_mapping(perform.VideoRecord.of(old.index, "broken.mkv"), old.pts, old, new)
        assert by_file.how == "mapping"
        by_picture = find_mapping(project.record, project.pts, project.video, new)
    partner = by_picture.mapping.partner
    assert partner.tolist() == [-1] * 30 + list(range(FRAMES - 30))
    effect = survey(project, by_picture.mapping, index)
    remap_project(project, by_picture.mapping, index, done.out, "Change the video")
    assert len(read_asides(project.path)) >= len(effect.lost) > 0
    live = {entity.id for entity in project.entities.values()}
    assert sum(a.entity in live for a in read_asides(project.path)) == len(effect.lost)


def test_without_the_old_video_times_must_tell(make: Callable[[], Project], tmp_path: Path) -> None:
    project = make()
    done = restripe(tmp_path / "whole.mp4", tmp_path / "same.mkv")
    done.mapping_file.unlink()
    with Video(done.out) as new:
        found = find_mapping(project.record, project.pts, None, new)
        assert found.how == "times"
        assert found.mapping.partner.tolist() == list(range(FRAMES))
        assert found.notes
    gone = make_video(tmp_path / "odd.mp4", size=SIZE, frames=50, rate=7)
    with Video(gone) as new, pytest.raises(VideoError, match="put the old video back"):
        find_mapping(project.record, project.pts, None, new)


def test_what_does_not_fit_is_refused_and_changes_nothing(
    make: Callable[[], Project], tmp_path: Path
) -> None:
    project = make()
    project.flush()
    files = versioned_files(project.path)
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (192, 320, 3), np.uint8) for _ in range(60)]
    other = make_video(tmp_path / "other.mp4", size=SIZE, frames=60, pictures=noise)
    small = make_video(tmp_path / "small.mp4", size=(160, 96), frames=FRAMES)
    for video, reason in [
        (other, "does not look like"),
        (small, "160 x 96 pixels"),
        (tmp_path / "whole.mp4", "already"),
    ]:
        with pytest.raises(VideoError, match=reason):
            remap(project, video)
    cut = VideoIndex.build(tmp_path / "cut.mp4")
    with Video(tmp_path / "cut.mp4", index=cut) as new:
        mapping = find_mapping(project.record, project.pts, project.video, new).mapping
    with project.transaction("open"), pytest.raises(ReviewerError):
        remap_project(project, mapping, cut, tmp_path / "cut.mp4", "x")
    assert versioned_files(project.path) == files
    remap_project(project, mapping, cut, tmp_path / "cut.mp4", "x")
    with pytest.raises(EditError, match="by now"):
        project.apply(
            RemapEdit(
                old_video=perform.VideoRecord.of(VideoIndex.build(tmp_path / "whole.mp4"), "w"),
                new_video=perform.VideoRecord.of(cut, "c"),
                partner=mapping.partner,
            )
        )


def test_the_journal_form_survives_and_hostile_ones_are_refused(
    make: Callable[[], Project], tmp_path: Path
) -> None:
    project = make()
    heard = []
    project.subscribe(heard.append)
    remap(project, tmp_path / "cut.mp4")
    edit = heard[-1].edit
    data = edit.to_bytes()
    again = RemapEdit.from_bytes(data)
    assert again.videos == edit.videos
    assert again.id == edit.id
    np.testing.assert_array_equal(again.partner, edit.partner)
    assert len(again.cells) == len(edit.cells)
    rng = random.Random(0)
    for _ in range(300):
        broken = bytearray(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        for _ in range(rng.randrange(1, 4)):
            if broken:
                broken[rng.randrange(min(len(broken), 900))] = rng.randrange(256)
        try:
            RemapEdit.from_bytes(bytes(broken))
        except (ValueError, KeyError, TypeError, ReviewerError):
            continue
