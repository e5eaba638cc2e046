"""Acknowledged is durable: crashes, torn records, many threads, journals that grow."""

from __future__ import annotations

import os
import shutil
import struct
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reviewer.format import Attributes, ProjectError, journal
from reviewer.format.edit import CellsChange, EntityChange
from reviewer.format.files import AtomicBatch
from reviewer.format.journal import CHECKPOINT, EDIT, Journal
from reviewer.format.kinds import BOX

from reviewer import Edit, Project
from tests.format import child, stranger
from tests.format.conftest import OpenProject
from tests.format.contents import everything, versioned_files

CRASH = """
    import os
    from reviewer.format import persist
    persist._FLUSH_AFTER_S = 3600  # nothing but the journal gets to the disk
    project = Project.open(sys.argv[1], author="Ada")
    one = project.add_entity("player", entity_id="player-1", name="One")
    with project.transaction("two boxes"):
        one["box"][5] = (1, 2, 3, 4)
        one["box"][9] = (5, 6, 7, 8)
    one["team"] = "home"
    two = project.add_entity("player", entity_id="player-2")
    two.delete()
    sys.stdout.write("done")
    sys.stdout.flush()
    os._exit(9)
"""


def crashed(folder: Path) -> None:
    code, output = child.run(CRASH, folder)
    assert (code, output) == (9, "done")
    assert stranger.read_keyframes(folder) == {}, "nothing had come into the store yet"


def check_replayed(project: Project) -> None:
    assert list(project.entities) == ["player-1"]
    one = project.entity("One")
    assert one["box"].keyframes.tolist() == [5, 9]
    assert one["box"].at(7).tolist() == [3, 4, 5, 6]
    assert one["team"].value == "home"


def log_file(folder: Path) -> Path:
    (path,) = (folder / ".reviewer" / "journal").iterdir()
    return path


def test_what_a_crash_left_in_the_journal_is_replayed(folder: Path) -> None:
    crashed(folder)
    with Project.open(folder) as project:
        check_replayed(project)
    assert stranger.read_keyframes(folder)["player-1", "box"] == {
        5: (1, 2, 3, 4),
        9: (5, 6, 7, 8),
    }
    with Project.open(folder) as project:
        check_replayed(project)


def test_undo_reaches_behind_a_crash(folder: Path, open_project: OpenProject) -> None:
    crashed(folder)
    project = open_project(folder)
    for _ in range(4):
        project.undo()
    assert project.entity("One")["box"].keyframes.tolist() == []
    assert project.undo_label == "Add One"


def test_a_reader_without_the_right_to_write_sees_the_crashed_edits(folder: Path) -> None:
    """A read-only mount or another user's folder: replay must not need to write."""
    crashed(folder)
    (folder / ".reviewer" / "lock").unlink()
    before = versioned_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reviewer.format.folder.why_read_only", lambda _: "it is mounted read-only.")
        with Project.open(folder) as project:
            check_replayed(project)
            assert project.read_only == "it is mounted read-only."
    assert versioned_files(folder) == before


def records(path: Path) -> list[int]:
    """Where the records of a journal file end."""
    data, position, ends = path.read_bytes(), 8, [8]
    while position < len(data):
        position += 8 + struct.unpack_from("<I", data, position)[0]
        ends.append(position)
    return ends


def test_a_transaction_is_whole_or_absent_wherever_the_journal_is_cut(tmp_path: Path) -> None:
    """Every length that a dying writer can leave, byte by byte around the records' ends."""
    original = stranger.make_folder(tmp_path / "p")
    crashed(original)
    log = log_file(original)
    data, ends = log.read_bytes(), records(log)
    assert len(ends) == 6
    random = np.random.default_rng(0)
    cuts = {end + shift for end in ends for shift in (-1, 0, 1, 7, 8, 9)}
    cuts |= set(random.integers(8, len(data), 25).tolist())
    for cut in sorted(cut for cut in cuts if 8 <= cut <= len(data)):
        log.write_bytes(data[:cut])
        for path in (original / "annotations.zarr/entities").glob("?"):
            shutil.rmtree(path)
        complete = sum(end <= cut for end in ends) - 1
        with Project.open(original, author="Ada") as project:
            ids = list(project.entities)
            assert ids == (["player-1", "player-2"][: (complete > 0) + (complete == 4)])
            if complete:
                one = project.entity("player-1")
                assert one["box"].keyframes.tolist() == ([5, 9] if complete > 1 else [])
                assert (one["team"].value == "home") == (complete > 2)
            project.add_entity("player", entity_id="player-3")
        # the torn record is gone, and what came behind it can be read
        with Project.open(original) as project:
            assert "player-3" in project.entities
            assert [*ids, "player-3"] == sorted(project.entities)
        assert log.read_bytes()[: ends[complete]] == data[: ends[complete]]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damage_in_the_last_record_never_makes_half_an_edit(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("torn") / "journal"
    writer = Journal(folder, writable=True)
    bodies = data.draw(st.lists(st.binary(max_size=50), min_size=1, max_size=4))
    for body in bodies:
        position = writer.append(EDIT, body)
    writer.sync(position)
    writer.close()
    path = folder / "00000001.log"
    content = bytearray(path.read_bytes())
    start = position.offset - len(bodies[-1]) - 9
    at = data.draw(st.integers(start, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    reader = Journal(folder, writable=True)
    read = [record.body for record in reader.read_new()]
    assert read == bodies[:-1]
    reader.append(CHECKPOINT, b"after")
    again = Journal(folder, writable=False)
    assert [(r.type, r.body) for r in again.read_new()][-1] == (CHECKPOINT, b"after")
    for opened in (reader, again):
        opened.close()


def test_a_new_journal_that_a_crash_cut_short_does_not_lock_anybody_out(folder: Path) -> None:
    """A power cut may keep a file's name and lose its content."""
    with Project.open(folder) as project:
        project.add_entity("player", entity_id="player-1")
    number = int(log_file(folder).name[:8])
    (folder / ".reviewer/journal" / f"{number + 1:08}.log").write_bytes(b"")
    with Project.open(folder) as project:
        assert list(project.entities) == ["player-1"]
        project.add_entity("player", entity_id="player-2")
    with Project.open(folder) as project:
        assert list(project.entities) == ["player-1", "player-2"]


def test_a_journal_of_another_program_is_left_alone(folder: Path) -> None:
    with Project.open(folder):
        pass
    log = log_file(folder)
    log.write_bytes(b"something else entirely")
    with pytest.raises(ProjectError, match="not one this reviewer wrote"):
        Project.open(folder)
    assert log.read_bytes() == b"something else entirely"


@pytest.mark.parametrize(
    ("entity", "name", "frame"),
    [("../../../../far-away", "box", 3), ("player-1", "../../../far", 3), ("player-1", "box", 999)],
)
def test_a_hostile_journal_writes_nowhere_else(
    folder: Path, tmp_path: Path, entity: str, name: str, frame: int
) -> None:
    """A cloned folder may bring a ``.reviewer`` of its own."""
    writer = Journal(folder / ".reviewer/journal", writable=True)
    made = Attributes("player", "One")
    at, rows = np.array([frame], np.int64), np.array([[1.0, 2, 3, 4]])
    cells = CellsChange(entity, name, BOX, at, BOX.empty_rows(1), rows)
    change = EntityChange(entity, None, made)
    writer.append(EDIT, Edit(entities=(change,), cells=(cells,)).to_bytes())
    good = EntityChange("player-2", None, made)
    writer.sync(writer.append(EDIT, Edit(entities=(good,)).to_bytes()))
    writer.close()
    with Project.open(folder) as project:
        assert len(project.warnings) == 1
        assert list(project.entities) == ["player-2"]
        project.evaluate(0, 300)
        project.add_entity("player", name="Two")
    found = {path.name for path in tmp_path.rglob("*") if "far" in path.name}
    assert found == set()
    assert [path for path in tmp_path.iterdir() if path != folder] == []


def rotated(monkeypatch: pytest.MonkeyPatch, size: int = 2000) -> None:
    monkeypatch.setattr(journal, "_ROTATE_BYTES", size)


def test_a_journal_that_has_grown_begins_a_new_file_and_forgets_old_ones(
    folder: Path, open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated(monkeypatch)
    project = open_project(folder)
    entity = project.add_entity("player", entity_id="player-1")
    for frame in range(120):
        entity["box"][frame] = (frame, 0, 1, 1)
        if frame % 4 == 0:
            project.flush()
    project.close()
    names = sorted(path.name for path in (folder / ".reviewer/journal").iterdir())
    assert len(names) == 4
    assert names[0] > "00000001.log"
    assert sum(path.stat().st_size for path in (folder / ".reviewer/journal").iterdir()) < 20_000
    project = open_project(folder)
    assert project.entity("player-1")["box"].keyframes.tolist() == list(range(120))
    # undo reaches over the files that are kept
    steps = 0
    while project.undo() is not None:
        steps += 1
    assert 12 < steps < 120
    assert project.entity("player-1")["box"].keyframes.tolist() == list(range(120 - steps))


def test_edits_are_known_by_id_when_the_files_that_held_them_are_gone(
    folder: Path, open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated(monkeypatch, 8000)
    project = open_project(folder)
    entity = project.add_entity("player", entity_id="player-1")
    for frame in range(290):
        with project.transaction("Set", edit_id=f"e{frame}"):
            entity["box"][frame] = (frame, 0, 1, 1)
        if frame % 4 == 0:
            project.flush()
    project.undo(edit_id="back")
    project.redo(edit_id="forth")
    project.flush()
    project.close()
    files = sorted((folder / ".reviewer/journal").iterdir())
    assert files[0].name > "00000001.log"
    held = b"".join(path.read_bytes() for path in files)
    assert b'"label":"Set"' in held
    project = open_project(folder)
    known = [frame for frame in range(290) if project.has_edit(f"e{frame}")]
    assert known == list(range(290 - len(known), 290))
    assert len(known) > held.count(b'"label":"Set"'), "also of edits that no file holds any more"
    assert project.has_edit("back")
    assert project.has_edit("forth")
    assert not project.has_edit("never")
    project.close()


def test_whoever_slept_through_many_journals_loses_nothing(
    folder: Path, open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated(monkeypatch)
    sleeper, busy = open_project(folder, author="Sleeper"), open_project(folder, author="Busy")
    entity = busy.add_entity("player", entity_id="player-1")
    for frame in range(200):
        entity["box"][frame] = (frame, 0, 1, 1)
        if frame % 4 == 0:
            busy.flush()
    entity["presence"][3] = "occluded"
    entity["presence"][100] = "absent"
    made = sleeper.add_entity("player", entity_id="player-2")
    made["box"][7] = (7, 7, 7, 7)
    assert len(sleeper.entity("player-1")["box"].keyframes) == 200
    busy.entity("player-1")["box"][0] = (9, 9, 9, 9)
    sleeper.entity("player-2")["box"][8] = (8, 8, 8, 8)
    assert everything(sleeper) == everything(open_project(folder))
    sleeper.close()
    busy.close()
    assert set(stranger.read_keyframes(folder)["player-2", "box"]) == {7, 8}
    assert set(stranger.read_keyframes(folder)["player-1", "box"]) == set(range(200))


def test_many_threads_get_one_order_and_every_edit_is_durable(
    folder: Path, open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = 0
    sync = os.fdatasync

    def counting(descriptor: int) -> None:
        nonlocal synced
        synced += 1
        sync(descriptor)

    monkeypatch.setattr(journal, "_sync_data", counting)
    project = open_project(folder)
    entities = [project.add_entity("player", entity_id=f"player-{n}") for n in range(8)]
    revisions: list[int] = []
    project.subscribe(lambda change: revisions.append(change.revision))
    synced = 0

    def work(number: int) -> None:
        for frame in range(40):
            entities[number]["box"][frame] = (number, frame, 1, 1)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == list(range(9, 9 + 320)), "each edit heard of once"
    assert 0 < synced <= 320
    wanted = everything(project)
    # as a crash would leave it: only the journal, without what was flushed
    log = log_file(folder)
    copy = stranger.make_folder(folder.parent / "copy")
    (copy / ".reviewer/journal").mkdir(parents=True)
    (copy / ".reviewer/journal" / log.name).write_bytes(
        b"".join(only_edits(log.read_bytes(), records(log)))
    )
    assert everything(open_project(copy)) == wanted


def only_edits(data: bytes, ends: list[int]) -> list[bytes]:
    """A journal's bytes without its checkpoints, which say what the store has."""
    spans = [data[a:b] for a, b in pairwise(ends)]
    return [data[:8], *(record for record in spans if record[8:9] == EDIT)]


def test_an_edit_sent_twice_is_applied_once(folder: Path, open_project: OpenProject) -> None:
    project = open_project(folder)
    entity = project.add_entity("player", entity_id="player-1")
    with project.transaction("first", edit_id="same"):
        entity["box"][3] = (1, 2, 3, 4)
    entity["box"][3] = (5, 6, 7, 8)
    revision = project.revision
    with project.transaction("again", edit_id="same"):
        entity["box"][3] = (1, 2, 3, 4)
    assert entity["box"][3].tolist() == [5, 6, 7, 8]
    assert project.revision == revision
    project.close()
    project = open_project(folder)
    with project.transaction("again", edit_id="same"):
        project.entity("player-1")["box"][3] = (1, 2, 3, 4)
    assert project.entity("player-1")["box"][3].tolist() == [5, 6, 7, 8]


def test_what_crashed_writers_left_is_cleared_away(folder: Path) -> None:
    temporary = folder / ".reviewer/tmp"
    temporary.mkdir(parents=True)
    for name, modified in (("old.tmp", 1), ("young.tmp", None), ("mine.txt", 1)):
        (temporary / name).write_bytes(b"half")
        if modified is not None:
            os.utime(temporary / name, (modified, modified))
    with Project.open(folder):
        assert sorted(path.name for path in temporary.iterdir()) == ["mine.txt", "young.tmp"]


def test_closing_brings_everything_into_the_store(folder: Path) -> None:
    with Project.open(folder) as project:
        project.add_entity("player", entity_id="player-1")["box"][3] = (1, 2, 3, 4)
    assert stranger.read_keyframes(folder)["player-1", "box"] == {3: (1, 2, 3, 4)}
    project.close()  # a second time does no harm
    with pytest.raises(Exception, match="closed"):
        project.entity("player-1")["box"][4] = (1, 2, 3, 4)


def test_edits_reach_the_store_by_themselves(folder: Path, open_project: OpenProject) -> None:
    project = open_project(folder)
    project.add_entity("player", entity_id="player-1")["box"][3] = (1, 2, 3, 4)
    chunk = folder / "annotations.zarr/entities/1/player-1/box/c.0.0"
    appeared = threading.Event()
    for _ in range(1000):
        if chunk.exists():
            break
        appeared.wait(0.02)
    assert stranger.read_keyframes(folder)["player-1", "box"] == {3: (1, 2, 3, 4)}


def test_what_the_dead_left_behind_is_cleared_away(folder: Path) -> None:
    with Project.open(folder):
        pass
    temporary = folder / ".reviewer/tmp"
    temporary.mkdir(exist_ok=True)
    code, name = child.run(
        """
        from pathlib import Path
        from reviewer.format.files import AtomicBatch
        batch = AtomicBatch(Path(sys.argv[1]) / ".reviewer/tmp")
        batch.stage(Path("nowhere"), b"x")
        (path,) = batch._temporary.iterdir()
        print(path.name, end="")
        """,
        folder,
    )
    assert code == 0
    assert (temporary / name).exists()
    mine = AtomicBatch(temporary)
    mine.stage(folder / "somewhere", b"mine")
    (still_written,) = {path.name for path in temporary.iterdir()} - {name}
    for other, age_s in (("old.tmp", 7200), ("new.tmp", 10), ("kept.txt", 7200)):
        (temporary / other).write_bytes(b"x")
        then = time.time() - age_s
        os.utime(temporary / other, (then, then))
    with Project.open(folder):
        left = {path.name for path in temporary.iterdir()}
    assert left == {"kept.txt", "new.tmp", still_written}
    mine.commit()
    assert (folder / "somewhere").read_bytes() == b"mine"


@pytest.mark.parametrize("empty", ["entities/2/player-2", "entities/1/player-1/pose"])
def test_a_folder_that_somebody_was_just_making_is_no_damage(folder: Path, empty: str) -> None:
    """Whoever writes an array or an entity makes its folder first, and may die then."""
    with Project.open(folder) as project:
        project.add_entity("player", entity_id="player-1")
    (folder / "annotations.zarr" / empty).mkdir(parents=True)
    with Project.open(folder) as project:
        assert project.warnings == []
        assert list(project.entities) == ["player-1"]
        project.entity("player-1")["pose"][3] = "down"
    with Project.open(folder) as project:
        assert project.entity("player-1")["pose"].at(3) == "down"
