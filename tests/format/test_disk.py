"""Full disks and read-only folders: a sentence, nothing half-written, all is well afterwards."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from reviewer.format import EditError, ProjectError, ReviewerError
from reviewer.format.files import AtomicBatch, temporary_beside, write_atomically
from reviewer.format.interchange import export_file

from reviewer import Project
from tests.format import child, disks, stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything, versioned_files


def no_space(*_: Any) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half(descriptor: int, data: bytes, offset: int, write: Any = os.pwrite) -> int:
    """A disk that takes a few bytes and is then full."""
    if len(data) < 20:
        return no_space()
    return int(write(descriptor, data[: len(data) // 2], offset))


@pytest.mark.parametrize("fault", [no_space, half], ids=lambda fault: fault.__name__)
def test_an_edit_that_the_journal_cannot_take_did_not_happen(
    folder: Path, project: Project, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    entity = project.add_entity("player", entity_id="player-1", name="One")
    entity["box"][3] = (1, 2, 3, 4)
    project.flush()
    heard: list[Any] = []
    project.subscribe(heard.append)
    before = everything(project), project.revision, project.undo_label, versioned_files(folder)
    log = folder / ".reviewer/journal/00000001.log"
    written = log.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fault)
        with pytest.raises(EditError, match=r"not saved.*No space left.*try again"):
            entity["box"][3] = (9, 9, 9, 9)
        with pytest.raises(EditError, match="No space left"):
            project.add_entity("player", entity_id="player-2")
        with pytest.raises(EditError, match="No space left"):
            project.undo()
    project.flush()
    now = everything(project), project.revision, project.undo_label, versioned_files(folder)
    assert now == before
    assert log.read_bytes() == written
    assert heard == []
    # there is space again
    entity["box"][3] = (9, 9, 9, 9)
    project.close()
    with Project.open(folder) as again:
        assert again.entity("One")["box"][3].tolist() == [9, 9, 9, 9]


def test_a_store_that_cannot_be_written_keeps_edits_in_the_journal(
    folder: Path, open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reviewer.format import files

    project = open_project(folder)
    entity = project.add_entity("player", entity_id="player-1")
    project.flush()
    before = versioned_files(folder)
    with monkeypatch.context() as patch:
        patch.setattr(files.AtomicBatch, "commit", no_space)
        entity["box"][3] = (1, 2, 3, 4)
        with pytest.raises(ProjectError, match="safe in the journal"):
            project.flush()
        assert versioned_files(folder) == before
        assert list((folder / ".reviewer/tmp").iterdir()) == []
        assert entity["box"][3].tolist() == [1, 2, 3, 4]
    project.flush()
    assert stranger.read_keyframes(folder)["player-1", "box"] == {3: (1, 2, 3, 4)}


def test_a_sync_that_fails_is_not_an_acknowledgement(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reviewer.format import journal

    heard: list[Any] = []
    project.subscribe(heard.append)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_sync_data", no_space)
        with pytest.raises(EditError, match="may be lost"):
            project.add_entity("player")
    assert heard == []


def edit_until_full(project: Project) -> list[int]:
    """Frames that were acknowledged before the disk was full."""
    entity = project.entity("player-1")
    acknowledged: list[int] = []
    try:
        for frame in range(300):
            with project.transaction("x" * 150):
                entity["box"][frame] = (frame, 0, 1, 1)
            acknowledged.append(frame)
    except EditError as error:
        sentence = str(error)
    assert "No space left" in sentence
    return acknowledged


def test_a_disk_that_runs_full_loses_nothing_acknowledged(tmp_path: Path) -> None:
    with disks.small_disk(tmp_path / "disk", 400) as disk:
        folder = stranger.make_folder(disk / "p")
        project = Project.open(folder, author="Ada")
        project.add_entity("player", entity_id="player-1")
        project.flush()
        disks.fill(disk)
        acknowledged = edit_until_full(project)
        shown = everything(project)
        assert project.entity("player-1")["box"].keyframes.tolist() == acknowledged
        with pytest.raises(ReviewerError, match=r"safe in the journal.*No space left"):
            project.close()
        # another look, still without space
        with Project.open(folder, author="Ada") as reader:
            assert everything(reader) == shown
            assert reader.read_only is not None
            with pytest.raises(EditError, match="read-only"):
                reader.entity("player-1")["box"][299] = (1, 1, 1, 1)
        (disk / "ballast").unlink()
        with Project.open(folder, author="Ada") as project:
            assert everything(project) == shown
            project.entity("player-1")["box"][299] = (1, 1, 1, 1)
        found = stranger.read_keyframes(folder)["player-1", "box"]
        assert sorted(found) == [*acknowledged, 299]


@pytest.mark.parametrize("kilobytes", [40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 128, 160])
def test_a_project_is_made_whole_or_not_at_all(
    tmp_path: Path, plain_video: Path, kilobytes: int
) -> None:
    """On disks of every size around what a project needs."""
    with disks.small_disk(tmp_path / "disk", kilobytes) as disk:
        try:
            project = Project.create(disk / "p", plain_video)
        except ReviewerError as error:
            sentence = str(error)
            assert "No space left" in sentence
            assert list(disk.iterdir()) == [], "nothing is left behind"
            return
        with project:
            assert project.frame_count == 90
        disks.resize(disk, 4000)
        with Project.open(disk / "p") as project:
            project.add_entity("object", entity_id="object-1")
        with Project.open(disk / "p") as project:
            assert list(project.entities) == ["object-1"]


def test_a_read_only_folder_can_be_read(tmp_path: Path, plain_video: Path) -> None:
    folder = tmp_path / "p"
    with Project.create(folder, plain_video) as project:
        entity = project.add_entity("object", entity_id="object-1")
        entity["box"][3] = (1, 2, 3, 4)
        wanted = everything(project)
    for local in (True, False):
        if not local:
            shutil.rmtree(folder / ".reviewer")
        before = versioned_files(folder)
        with disks.read_only(folder), Project.open(folder) as project:
            assert everything(project) == wanted
            assert "cannot be written" in str(project.read_only)
            assert (project.video_problem is None) == local  # the video's place was local
            for change in (
                lambda p: p.add_entity("object"),
                lambda p: p.entity("object-1").delete(),
                lambda p: p.entity("object-1").rename("Other"),
            ):
                with pytest.raises(EditError, match="read-only"):
                    change(project)
            assert everything(project) == wanted
            project.flush()
        assert versioned_files(folder) == before


def test_nothing_is_made_in_a_read_only_folder(tmp_path: Path, plain_video: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with disks.read_only(place):
        with pytest.raises(ProjectError, match="Read-only file system"):
            Project.create(place / "p", plain_video)
        assert list(place.iterdir()) == []


KILLED = """
    import os, signal
    from pathlib import Path
    from reviewer.format import attach, folder
    from reviewer.format.interchange import registry
    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)
    place = Path(sys.argv[1])
    if sys.argv[2] == "new":
        folder._sync_tree = die
        Project.create(place / "match", place / "game.mp4")
    project = Project.open(place / "match")
    os.fsync = die
    registry.export_file(project, place / "out.csv", "csv")
"""


def test_what_was_killed_half_made_is_cleared_away_by_the_next(
    tmp_path: Path, plain_video: Path
) -> None:
    """`new` and `export` write beside the target under a hidden name."""
    shutil.copy(plain_video, tmp_path / "game.mp4")
    kept = tmp_path / ".match.0123.new"  # not certainly ours
    kept.mkdir()

    def hidden(suffix: str) -> list[Path]:
        found = [path for path in tmp_path.iterdir() if path.name.endswith(suffix)]
        return [path for path in found if path != kept]

    for _ in range(2):
        code, _ = child.run(KILLED, tmp_path, "new")
        assert code == -signal.SIGKILL
        assert len(hidden(".new")) == 1, "the second finds the first one's and takes it away"
    Project.create(tmp_path / "match", tmp_path / "game.mp4").close()
    assert hidden(".new") == []
    for _ in range(2):
        assert child.run(KILLED, tmp_path, "export")[0] == -signal.SIGKILL
        assert len(hidden(".tmp")) == 1
    beside = temporary_beside(tmp_path / "out.csv", ".tmp")  # somebody who still writes
    beside.write_bytes(b"")
    with Project.open(tmp_path / "match") as project:
        export_file(project, tmp_path / "out.csv", "csv")
    assert hidden(".tmp") == [beside]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == [
        "game.mp4", "match", "out.csv",
    ]  # fmt: skip
    assert kept.exists()
    # no name is too long for its own temporary
    assert len(os.fsencode(temporary_beside(tmp_path / ("ä" * 127), ".tmp").name)) < 255


def test_a_file_is_never_put_in_place_cut_short(tmp_path: Path) -> None:
    """What is left of a disk may hold part of a file: the system then writes that part, and says so
    by a number and not by an error."""
    with disks.small_disk(tmp_path / "disk", 200) as disk:
        target = disk / "chunk"
        target.write_bytes(b"old")
        data = os.urandom(400_000)
        batch = AtomicBatch(disk / "tmp")
        with pytest.raises(OSError, match="No space left"):
            batch.stage(target, data)
        batch.discard()
        assert list((disk / "tmp").iterdir()) == []
        assert target.read_bytes() == b"old"
        disks.resize(disk, 2000)
        write_atomically(target, [b"in ", b"", memoryview(b"pieces")], disk / "tmp")
        assert target.read_bytes() == b"in pieces"
