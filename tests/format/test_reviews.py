"""Reviews: threads, verdicts, the queue; live between processes, merged by git, never trusted."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reviewer.format import EditError
from reviewer.format.review import Reviews

from reviewer import Project
from tests.format import child, stranger
from tests.format.conftest import OpenProject

PATIENCE_S = 30  # never waited for, unless something is broken


class Listener:
    """Waits until the reviews are as they should be."""

    def __init__(self, project: Project) -> None:
        self.heard: list[frozenset[str]] = []
        self._news = threading.Condition()
        project.reviews.subscribe(self._take)

    def _take(self, ids: frozenset[str]) -> None:
        with self._news:
            self.heard.append(ids)
            self._news.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(condition, PATIENCE_S), self.heard


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def said(reviews: Reviews, thread_id: str) -> list[str]:
    return [entry.text for entry in reviews.thread(thread_id).entries]


def player(project: Project, name: str, first: int = 0, stop: int | None = None) -> str:
    entity = project.add_entity("player", name=name, frame=first)
    entity["box"][first] = (10, 10, 20, 40)
    if stop is not None:
        entity["presence"][stop] = "absent"
    return entity.id


# -- threads --------------------------------------------------------------------------------------


def test_a_thread_is_opened_answered_resolved_and_read_again(
    project: Project, open_project: OpenProject
) -> None:
    one = player(project, "One")
    thread = project.reviews.open(
        "The box is too wide", frames=(10, 20), entity=one, property="box", place=(12.5, 40)
    )
    assert thread.is_open
    project.reviews.reply(thread.id, "It is the stick", assignee="Ben", author="Cleo")
    project.reviews.resolve(thread.id, "Right.")
    project.close()
    again = open_project(project.path, author="Ben").reviews
    (found,) = again.threads()
    assert found == again.thread(thread.id)
    assert (found.pin.frames, found.pin.entity, found.pin.property) == ((10, 20), one, "box")
    assert found.pin.place == (12.5, 40.0)
    assert [(e.author, e.text) for e in found.entries] == [
        ("Ada", "The box is too wide"), ("Cleo", "It is the stick"), ("Ada", "Right."),
    ]  # fmt: skip
    assert (found.status, found.assignee, found.verdict) == ("resolved", "Ben", None)
    assert again.reopen(thread.id).is_open
    assert again.threads(frame=9) == again.threads(frame=20) == []
    assert len(again.threads(frame=19, entity=one, open_only=True, assignee="Ben")) == 1


def test_each_thing_said_is_a_file_of_its_own(project: Project) -> None:
    thread = project.reviews.open("a")
    before = {p: p.read_bytes() for p in (project.path / "reviews").iterdir()}
    project.reviews.reply(thread.id, "b")
    project.reviews.resolve(thread.id)
    after = {p: p.read_bytes() for p in (project.path / "reviews").iterdir()}
    assert len(before) == 1
    assert len(after) == 3
    assert before.items() <= after.items(), "what was said is never changed"
    assert not list((project.path / ".reviewer" / "tmp").iterdir())


def test_answers_follow_what_they_answer_whatever_the_clocks_say(project: Project) -> None:
    thread = project.reviews.open("first")
    file = project.path / "reviews" / f"{thread.id}.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "time": "2999-01-01T00:00:00.000Z"}))
    os.utime(file.parent)
    project.reviews.reply(thread.id, "second")
    project.reviews.reply(thread.id, "third")
    assert said(project.reviews, thread.id) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"text": ""}, "needs some text"),
        ({"text": "   "}, "needs some text"),
        ({"text": "x" * 10_001}, "at most 10000"),
        ({"text": "lone \ud800"}, "is text"),
        ({"text": "x", "frames": (5, 5)}, "not within"),
        ({"text": "x", "frames": (0, 301)}, "not within"),
        ({"text": "x", "entity": "player-nobody"}, "no entity"),
        ({"text": "x", "property": "box"}, "give the entity"),
        ({"text": "x", "place": (float("nan"), 0)}, "in pixels"),
        ({"verdict": "accept"}, "about an entity"),
        ({"text": "x", "status": "closed"}, "open or resolved"),
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(
    project: Project, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(EditError, match=reason):
        project.reviews.open(**arguments)
    assert project.reviews.threads() == []
    assert not (project.path / "reviews").exists()


def test_a_read_only_project_can_be_read_and_not_reviewed(
    project: Project, open_project: OpenProject
) -> None:
    thread = project.reviews.open("before")
    other = open_project(project.path)
    other._core.read_only = "it lies on a CD."
    assert said(other.reviews, thread.id) == ["before"]
    for say in (lambda: other.reviews.open("x"), lambda: other.reviews.resolve(thread.id)):
        with pytest.raises(EditError, match="read-only: it lies on a CD"):
            say()


# -- verdicts and the queue -----------------------------------------------------------------------


def spans_of(project: Project) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
    names = {entity.id: entity.name for entity in project.entities.values()}
    return {(names[i.entity], i.state): i.spans for i in project.reviews.queue()}


def test_the_queue_is_what_nobody_has_judged_as_it_is_now(project: Project) -> None:
    one, two = player(project, "One", 0, 100), player(project, "Two", 50)
    assert spans_of(project) == {
        ("One", "unreviewed"): ((0, 100),), ("Two", "unreviewed"): ((50, 300),),
    }  # fmt: skip
    project.reviews.verdict(one, "accept")
    project.reviews.verdict(two, "needs-work", "too wide", frames=(60, 80))
    assert spans_of(project) == {
        ("Two", "unreviewed"): ((50, 60), (80, 300)), ("Two", "needs-work"): ((60, 80),),
    }  # fmt: skip
    project.entity(two)["box"][70] = (1, 2, 3, 4)
    assert spans_of(project)["Two", "changed"] == ((60, 80),)
    project.undo()
    assert spans_of(project)["Two", "needs-work"] == ((60, 80),), "as it was when it was judged"
    project.redo()
    project.reviews.verdict(two, "accept", frames=(60, 80))
    project.reviews.verdict(two, "reject", "no player", frames=(200, 300))
    assert spans_of(project) == {
        ("Two", "unreviewed"): ((50, 60), (80, 200)), ("Two", "reject"): ((200, 300),),
    }  # fmt: skip
    progress = project.reviews.progress()
    assert progress.frames == {
        "changed": 0, "unreviewed": 130, "needs-work": 0, "reject": 100, "accept": 120,
    }  # fmt: skip
    assert progress.entities["accept"] == 1
    assert progress.accepted == pytest.approx(120 / 350)


def test_an_edit_elsewhere_leaves_a_verdict_standing(project: Project) -> None:
    one = player(project, "One")
    box = project.entity(one)["box"]
    for frame in (100, 150, 200):
        box[frame] = (frame, 0, 10, 10)
    project.reviews.verdict(one, "accept", frames=(100, 151))
    for frame, value in ((50, (0, 0, 1, 1)), (180, (0, 0, 1, 1)), (250, (0, 0, 1, 1))):
        box[frame] = value
    project.entity(one).rename("Another")
    assert ("Another", "changed") not in spans_of(project)
    box[149] = (1, 1, 1, 1)
    assert spans_of(project)["Another", "changed"] == ((100, 151),)


@pytest.mark.parametrize("frames", [None, (20, 90)])
def test_every_edit_that_shows_in_the_frames_is_noticed(
    project: Project, frames: tuple[int, int] | None
) -> None:
    """Whatever changes a value there, also through interpolation from outside, and constants."""
    one = player(project, "One")
    entity = project.entity(one)
    for frame in (0, 40, 120):
        entity["box"][frame] = (frame, 0, 10, 10)
    project.reviews.verdict(one, "accept", frames=frames)

    def changed() -> bool:
        return ("One", "changed") in spans_of(project)

    def delete() -> None:
        del entity["box"][40]

    changes: list[Callable[[], object]] = [
        lambda: entity["box"].__setitem__(0, (7, 0, 10, 10)),
        lambda: entity["box"].__setitem__(120, (7, 0, 10, 10)),
        lambda: entity["box"].set_rule(40, "hold"),
        lambda: entity["presence"].__setitem__(60, "occluded"),
        lambda: entity.__setitem__("team", "home"),
        delete,
    ]
    for change in changes:
        assert not changed()
        change()
        assert changed()
        project.undo()
    assert not changed()


def test_verdicts_of_one_place_stay_in_one_thread_until_it_is_accepted(project: Project) -> None:
    one = player(project, "One")
    first = project.reviews.verdict(one, "needs-work", "too wide", author="Cleo")
    project.reviews.reply(first.id, "better now?")
    last = project.reviews.verdict(one, "accept", "yes", author="Cleo")
    assert first.id == last.id
    assert (last.verdict, last.status) == ("accept", "resolved")
    assert project.reviews.verdict(one, "reject").id != first.id


def test_items_of_the_queue_are_judged_where_they_were_before(project: Project) -> None:
    one = player(project, "One", 10, 100)

    def judge(verdict: str) -> str:
        return project.reviews.judge(project.reviews.queue()[0], verdict).id

    first = judge("needs-work")
    assert project.reviews.thread(first).pin.frames is None
    project.entity(one)["box"][20] = (1, 1, 1, 1)
    assert judge("accept") == first, "it was changed: the same thread goes on"
    assert project.reviews.queue() == []
    assert not project.reviews.thread(first).is_open
    part = project.reviews.verdict(one, "reject", frames=(30, 40)).id
    assert judge("accept") == part
    assert len(project.reviews.threads()) == 2
    assert project.reviews.queue() == []
    project.entity(one)["box"][35] = (2, 2, 2, 2)
    (outer, inner) = sorted(project.reviews.queue(), key=lambda item: item.frames, reverse=True)
    assert (outer.spans, inner.spans) == (((10, 30), (40, 100)), ((30, 40),))
    assert project.reviews.judge(inner, "accept").id == part
    assert project.reviews.judge(outer, "accept").pin.frames == (10, 100)
    assert project.reviews.queue() == []


def test_the_queue_knows_whose_turn_it_is(project: Project) -> None:
    one, two = player(project, "One"), player(project, "Two")
    project.reviews.assign(one, "Ben")
    project.reviews.assign(two, "Ben")
    project.reviews.assign(two, "Cleo")
    assert [i.entity for i in project.reviews.queue(assignee="Ben")] == [one]
    assert [i.entity for i in project.reviews.queue(assignee="Cleo")] == [two]
    assert len(project.reviews.queue(states=["unreviewed"])) == 2
    assert project.reviews.queue(states=["reject"]) == []


def test_deleted_entities_are_not_waited_for(project: Project) -> None:
    one = player(project, "One")
    project.reviews.verdict(one, "reject", "a reflection")
    project.entity(one).delete()
    assert project.reviews.queue() == []
    with pytest.raises(EditError, match="no entity"):
        project.reviews.verdict(one, "accept")


# -- others ---------------------------------------------------------------------------------------


def test_another_process_is_heard_live(project: Project) -> None:
    listener = Listener(project)
    thread = project.reviews.open("from here")
    code, _ = child.run(
        """
        with Project.open(sys.argv[1], author="Ben") as project:
            project.reviews.reply(sys.argv[2], "from there")
            project.reviews.open("another")
        """,
        project.path,
        thread.id,
    )
    assert code == 0
    listener.until(lambda: len(project.reviews.threads()) == 2)
    assert said(project.reviews, thread.id) == ["from here", "from there"]
    assert listener.heard[0] == {thread.id}


def test_branches_that_both_reviewed_merge_without_a_conflict(
    folder: Path, open_project: OpenProject
) -> None:
    """Even in the same thread, on the same entity, at once; afterwards all have the same."""
    project = open_project(folder)
    one = player(project, "One")
    shared = project.reviews.open("Which of the two is it?", entity=one, frames=(0, 50))
    project.flush()
    (folder / ".gitignore").write_text("/.reviewer/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    there = folder.parent / "there"
    git(folder, "clone", "-q", str(folder), str(there))
    for path, author, verdict in ((folder, "Ada", "reject"), (there, "Ben", "accept")):
        mine = project if path == folder else open_project(path, author=author)
        for number in range(20):
            mine.reviews.reply(shared.id, f"{author} {number}")
        mine.reviews.verdict(one, verdict, f"{author} says so")
        mine.reviews.open(f"Another of {author}'s", frames=(3, 4))
        mine.flush()
        git(path, "add", "-A")
        git(path, "commit", "-qm", author)
    listener = Listener(project)
    git(folder, "pull", "-q", "--no-rebase", "--no-edit", str(there), "main")
    assert git(folder, "status", "--porcelain") == ""
    listener.until(lambda: len(project.reviews.threads()) == 5)
    git(there, "pull", "-q", str(folder), "main")
    both = [path.reviews for path in (project, open_project(there, author="Cleo"))]
    assert both[0].threads() == both[1].threads()
    texts = said(both[0], shared.id)
    for author in ("Ada", "Ben"):
        assert [t for t in texts if t.startswith(author)] == [f"{author} {n}" for n in range(20)]
    assert both[0].queue() == both[1].queue() == [], "the last word was Ben's"
    assert both[0].problems == []


def test_a_checkout_that_takes_reviews_away_is_noticed(
    folder: Path, open_project: OpenProject
) -> None:
    project = open_project(folder)
    (folder / ".gitignore").write_text("/.reviewer/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    git(folder, "checkout", "-qb", "review")
    thread = project.reviews.open("only here")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "review")
    listener = Listener(project)
    git(folder, "checkout", "-q", "main")
    listener.until(lambda: not project.reviews.threads())
    git(folder, "checkout", "-q", "review")
    listener.until(lambda: bool(project.reviews.threads()))
    assert said(project.reviews, thread.id) == ["only here"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "cannot be read"),
        (b"[]", "not one of Reviewer's"),
        (b"x" * (65 << 10), "over the limit"),
        (b'{"version": 2, "author": "A"}', "has version 2"),
        (b'{"version": 1, "time": "2026-01-01T00:00:00.000Z"}', "author"),
        (b'{"version": 1, "author": "A", "time": "yesterday"}', "time"),
        (b'{"version":1,"author":"A","time":"2026-01-01T00:00:00.000Z","verdict":"ok"}', "verdict"),
        (
            b'{"version":1,"author":"A","time":"2026-01-01T00:00:00.000Z","pin":{"frames":[3]}}',
            "frames",
        ),
        (
            b'{"version":1,"author":"A","time":"2026-01-01T00:00:00.000Z",'
            b'"pin":{"entity":"../../etc-passwd"}}',
            "entity",
        ),
        (
            b'{"version":1,"author":"A","time":"2026-01-01T00:00:00.000Z",'
            b'"pin":{"place":[1e999,0]}}',
            "",
        ),
        (b"[" * 60_000, "cannot be read"),
    ],
)
def test_what_is_malformed_is_named_and_the_rest_is_there(
    project: Project, content: bytes, reason: str
) -> None:
    good = project.reviews.open("good")
    (project.path / "reviews" / "0bad.json").write_bytes(content)
    assert [thread.id for thread in project.reviews.threads()] == [good.id]
    (problem,) = project.reviews.problems
    assert "0bad.json" in problem
    assert reason in problem


def test_links_pipes_and_other_files_are_left_alone(project: Project, tmp_path: Path) -> None:
    good = project.reviews.open("good")
    folder = project.path / "reviews"
    outside = tmp_path / "outside.json"
    outside.write_bytes((folder / f"{good.id}.json").read_bytes())
    (folder / "link.json").symlink_to(outside)
    os.mkfifo(folder / "pipe.json")
    (folder / "dir.json").mkdir()
    (folder / "README.md").write_text("notes")
    (folder / f"{good.id}.json~").write_text("{")
    assert [thread.id for thread in project.reviews.threads()] == [good.id]
    assert project.reviews.problems == []


def test_an_answer_to_a_thread_that_is_not_there_is_named(project: Project) -> None:
    thread = project.reviews.open("a")
    project.reviews.reply(thread.id, "b")
    (project.path / "reviews" / f"{thread.id}.json").unlink()
    assert project.reviews.threads() == []
    assert "its answers cannot be shown" in project.reviews.problems[0]


def test_hostile_texts_are_kept_as_they_are(project: Project) -> None:
    text = "<script>alert(1)</script> [red]x[/red] \x1b[2J \u202eabc\n\nnext"
    thread = project.reviews.open(text, author="\x1b]0;evil\x07")
    assert said(project.reviews, thread.id) == [text]


def test_a_full_disk_is_one_sentence_and_nothing_is_half_said(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes, temporary: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reviewer.format.shelf.write_atomically", full)
    with pytest.raises(EditError, match=r"was not saved: .*No space left on device"):
        project.reviews.open("x")
    assert project.reviews.threads() == []


def test_threads_on_another_video_say_so(folder: Path, open_project: OpenProject) -> None:
    project = open_project(folder)
    one = player(project, "One")
    thread = project.reviews.verdict(one, "accept", frames=(5, 10))
    project.close()
    file = folder / "reviews" / f"{thread.id}.json"
    data = json.loads(file.read_text())
    assert data["video"] == json.loads((folder / "video.json").read_text())["pts_digest"]
    file.write_text(json.dumps({**data, "video": "00" * 16}))
    again = open_project(folder)
    assert again.reviews.thread(thread.id).outdated
    assert [item.state for item in again.reviews.queue()] == ["unreviewed"]


def test_the_specification_reads_them_too(project: Project) -> None:
    """FORMAT.md says enough to read a review without Reviewer."""
    one = player(project, "One")
    thread = project.reviews.open("hello", entity=one, frames=(1, 2))
    project.reviews.reply(thread.id, "bye", status="resolved", assignee="")
    read = stranger.read_reviews(project.path)
    assert read == {thread.id: ({"entity": one, "frames": [1, 2]}, ["hello", "bye"], "resolved")}
