"""Review, problems, statistics and sessions in the terminal, driven by keys as a person would."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reviewer import Project
from reviewer.app import ReviewerApp
from reviewer.demo import make_demo
from reviewer.screens.follow import ListBoard
from reviewer.screens.numbers import Sessions, Statistics
from reviewer.screens.problems import Problems
from reviewer.screens.registry import problem_places
from reviewer.screens.reviews import Reviews
from reviewer.widgets.listing import Cell, folded
from reviewer.widgets.text import cell_width

HOSTILE = "<script>[red]x\x1b[31m\u202egnp"
SIZES = [(80, 24), (120, 40), (200, 60)]
PATIENCE_S = 30  # never waited for, unless something is broken


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    make_demo(folder, None)
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Iterator[Project]:
    folder = shutil.copytree(made, tmp_path / "demo")
    with Project.open(folder, author="Ada") as opened:
        opened.sessions.record()
        yield opened


class Hand:
    """Types, and reads what the screen shows."""

    def __init__(self, app: ReviewerApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def type(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        await self.type(*("space" if c == " " else c for c in text), "enter")

    async def open(self, key: str, kind: type[ListBoard]) -> ListBoard:
        await self.type(key)
        await self.until(lambda: isinstance(self.app.screen, kind))
        board = self.app.screen
        assert isinstance(board, ListBoard)
        await self.until(lambda: "..." not in board.listing.empty or bool(board.listing.rows))
        return board

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(PATIENCE_S * 50):
            if condition():
                await self.pilot.pause()
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it never came about:\n" + self.text())

    def text(self) -> str:
        """What is on the screen."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)


@asynccontextmanager
async def hand(project: Project, size: tuple[int, int] = (120, 40)):
    app = ReviewerApp(project)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        typed = Hand(app, pilot)
        await typed.until(lambda: app.cockpit.is_mounted and app.cockpit.view.moment is not None)
        yield typed


# -- review ---------------------------------------------------------------------------------------


async def test_the_queue_is_worked_through_with_keys(project: Project) -> None:
    async with hand(project) as typed:
        board = await typed.open("R", Reviews)
        assert len(board.listing.rows) == 4
        first = board.item.entity
        await typed.type("a")
        await typed.until(lambda: len(board.listing.rows) == 3)
        second = board.item.entity
        await typed.type("w")
        await typed.write("too wide")
        await typed.until(lambda: "too wide" in typed.text())
        await typed.type("end", "home", "x")
        await typed.type("escape")  # thought better of it
        assert {i.entity: i.state for i in project.reviews.queue()}[second] == "needs-work"
        assert first not in {i.entity for i in project.reviews.queue()}
        assert "25% accepted" in typed.text() or "% accepted" in typed.text()
        (sent_back,) = project.reviews.threads(entity=second)
        assert [(e.author, e.text, e.verdict) for e in sent_back.entries] == [
            ("Ada", "too wide", "needs-work")
        ]


async def test_threads_are_begun_answered_resolved_and_given_away(project: Project) -> None:
    async with hand(project) as typed:
        await typed.type("l", "l", "l")
        board = await typed.open("R", Reviews)
        await typed.type("n")
        await typed.write("who is this")
        await typed.until(lambda: len(project.reviews.threads()) == 1)
        (thread,) = project.reviews.threads()
        assert thread.pin.frames == (3, 4)
        assert thread.pin.entity == typed.app.cockpit.selected
        await typed.type("tab")
        await typed.until(lambda: [row.key for row in board.listing.rows] == [thread.id])
        await typed.type("r")
        await typed.write("the red one")
        await typed.until(lambda: "the red one" in typed.text())
        await typed.type("A")
        await typed.write("Ben")
        await typed.until(lambda: project.reviews.thread(thread.id).assignee == "Ben")
        await typed.type("d")
        await typed.until(lambda: not board.listing.rows)
        await typed.type("tab")
        await typed.until(lambda: len(board.listing.rows) == 1)
        assert "resolved" in typed.text()
        await typed.type("d")
        await typed.until(lambda: project.reviews.thread(thread.id).is_open)
        texts = [entry.text for entry in project.reviews.thread(thread.id).entries]
        assert texts[:2] == ["who is this", "the red one"]


async def test_a_comment_is_pinned_to_whatever_is_meant(project: Project) -> None:
    """From the picture: a frame, a range, an entity, a property, a place; with keys alone."""
    async with hand(project) as typed:
        cockpit = typed.app.cockpit
        one = cockpit.selected
        assert one is not None
        property_name = next(iter(project.entity(one).properties))

        async def said(text: str) -> tuple[object, ...]:
            await typed.until(lambda: any(t.text == text for t in project.reviews.threads()))
            pin = next(t.pin for t in project.reviews.threads() if t.text == text)
            return pin.frames, pin.entity, pin.property, pin.place

        await typed.type("l", "l", "m")
        await typed.write("here")
        assert await said("here") == ((2, 3), one, None, None)
        await typed.type("M", "r")
        await typed.type("x", "enter")  # no range: it is said, and asked on
        assert "first and last frame" in typed.text()
        await typed.type("backspace")
        await typed.write("40-+10")
        await typed.write("some frames")
        assert await said("some frames") == ((12, 41), one, None, None)
        await typed.type("M", "a")
        await typed.write("all of it")
        assert await said("all of it") == (None, one, None, None)
        await typed.type("M", "o", "enter")
        await typed.write("this property")
        assert await said("this property") == ((2, 3), one, property_name, None)
        await typed.type("M", "p")
        await typed.write("640.5 20")
        await typed.write("there")
        assert await said("there") == ((2, 3), one, None, (640.5, 20.0))
        await typed.type("M", "v")
        await typed.write("everything")
        assert await said("everything") == (None, None, None, None)
        # close up, the middle of the view is a place that keys can point at
        await typed.type("full_stop", "full_stop", "6", "M", "m")
        await typed.write("the middle")
        x, y = cockpit.looked_at()
        assert await said("the middle") == ((2, 3), one, None, (round(x), round(y)))
        # in the review too
        await typed.open("R", Reviews)
        await typed.type("N", "r")
        await typed.write("5")
        await typed.write("one frame")
        assert (await said("one frame"))[0] == (5, 6)


async def test_what_others_say_appears_by_itself(project: Project) -> None:
    async with hand(project) as typed:
        board = await typed.open("R", Reviews)
        await typed.type("tab")
        with Project.open(project.path, author="Cleo") as other:
            other.reviews.open("from elsewhere", frames=(7, 9))
        await typed.until(lambda: "from elsewhere" in typed.text())
        await typed.type("enter")
        await typed.until(lambda: typed.app.screen is typed.app.cockpit)
        assert typed.app.cockpit.frame == 7
        assert board.found is not None


async def test_an_edit_elsewhere_brings_an_accepted_entity_back(project: Project) -> None:
    async with hand(project) as typed:
        entity = next(iter(project.entities.values()))
        project.reviews.verdict(entity.id, "accept")
        board = await typed.open("R", Reviews)
        await typed.until(lambda: len(board.listing.rows) == 3)
        entity["box"][int(entity["box"].keyframes[0])] = (1, 2, 30, 40)
        await typed.until(lambda: len(board.listing.rows) == 4)
        assert "changed since" in typed.text()


async def test_a_read_only_project_says_so(project: Project) -> None:
    project._core.read_only = "it lies on a CD."
    async with hand(project) as typed:
        await typed.open("R", Reviews)
        await typed.type("a")
        await typed.until(lambda: "read-only" in typed.text())
        assert project.reviews.threads() == []


# -- problems -------------------------------------------------------------------------------------


async def test_problems_are_listed_visited_and_mended(project: Project) -> None:
    entity = list(project.entities.values())[1]
    frame = int(entity["box"].keyframes[3])
    entity["box"][frame] = (900, 300, 10, 0)
    project.add_entity(entity.class_name, f"ghost {HOSTILE}", 100)
    async with hand(project) as typed:
        board = await typed.open("P", Problems)
        await typed.until(lambda: bool(board.listing.rows))
        assert board.problem.code == "no-size"
        await typed.type("enter")
        await typed.until(lambda: typed.app.screen is typed.app.cockpit)
        assert (typed.app.cockpit.frame, typed.app.cockpit.selected) == (frame, entity.id)
        board = await typed.open("P", Problems)
        await typed.until(lambda: bool(board.listing.rows))
        await typed.type("f")
        await typed.until(lambda: "no size" not in typed.text())
        assert frame not in entity["box"].keyframes
        await typed.type("F")
        await typed.until(lambda: "Mend" in typed.text() or "Delete" in typed.text())
        await typed.type("enter")
        await typed.until(lambda: "Nothing is wrong" in typed.text())
        await typed.type("u")
        await typed.until(lambda: "ghost" in typed.text())
        await typed.type("u")
        await typed.until(lambda: "no size" in typed.text())


async def test_one_sort_of_problem_can_be_looked_at(project: Project) -> None:
    entity = next(iter(project.entities.values()))
    entity["box"][int(entity["box"].keyframes[3])] = (10, 300, 10, 0)
    project.add_entity(entity.class_name, "ghost", 100)
    async with hand(project) as typed:
        board = await typed.open("P", Problems)
        await typed.until(lambda: len(board.listing.rows) > 1)
        await typed.type("s")
        place = list(dict.fromkeys(p.code for p in board.found.problems)).index("no-geometry")
        await typed.type(str(place + 1))
        await typed.until(lambda: len(board.listing.rows) == 1)
        assert board.problem.code == "no-geometry"


async def test_the_cockpit_steps_through_problems(project: Project) -> None:
    project.add_entity(next(iter(project.entities.values())).class_name, "ghost", 100)
    places = problem_places(project)
    assert [(place.frame, "ghost" in place.text) for place in places] == [(100, True)]
    async with hand(project) as typed:
        await typed.type("greater_than_sign")
        await typed.until(lambda: typed.app.cockpit.frame == 100)


# -- numbers --------------------------------------------------------------------------------------


async def test_statistics_are_shown(project: Project) -> None:
    async with hand(project) as typed:
        board = await typed.open("S", Statistics)
        await typed.until(lambda: bool(board.listing.rows))
        text = typed.text()
        for word in ("4 entities", "101 keyframes", "184 shapes", "Rear lights", "0% accepted"):
            assert word in text


async def test_a_session_is_submitted_and_its_export_is_seen(project: Project) -> None:
    async with hand(project) as typed:
        board = await typed.open("W", Sessions)
        assert "Nobody has worked here yet" in typed.text()
        await typed.type("escape")
        next(iter(project.entities.values())).rename(f"One {HOSTILE}")
        board = await typed.open("W", Sessions)
        await typed.until(lambda: len(board.listing.rows) == 1)
        await typed.type("S")
        await typed.until(lambda: "Submit Ada's session" in typed.text())
        await typed.type("enter")
        await typed.until(lambda: ": written" in typed.text())
        (session,) = project.sessions.all()
        assert (session.state, session.export.state) == ("done", "done")
        assert (project.path / session.export.file).is_file()


# -- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, (40, 10), (20, 5)])
@pytest.mark.parametrize(("key", "kind"), [
    ("R", Reviews), ("P", Problems), ("S", Statistics), ("W", Sessions),
])  # fmt: skip
async def test_hostile_texts_are_inert_at_every_size(
    project: Project, size: tuple[int, int], key: str, kind: type[ListBoard]
) -> None:
    first, second = list(project.entities.values())[:2]
    first.rename(f"One {HOSTILE}")
    first["box"][int(first["box"].keyframes[2])] = (1, 1, 0, 0)
    project.reviews.verdict(second.id, "reject", f"{HOSTILE}\n\n{HOSTILE * 40}", author=HOSTILE)
    async with hand(project, size) as typed:
        await typed.open(key, kind)
        await typed.type("tab", "down", "J", "K", "end", "home")
        text = typed.text()
        lines = text.split("\n")
        assert len(lines) == size[1]
        assert all(cell_width(line) == size[0] for line in lines)
        assert "\x1b" not in text
        assert "\u202e" not in text
        await typed.type("question_mark")
        await typed.type("escape", "escape")
        await typed.until(lambda: typed.app.screen is typed.app.cockpit)


@pytest.mark.parametrize("width", [10, 17, 40])
def test_long_lines_are_folded_and_nothing_is_lost(width: int) -> None:
    text = "    the shadow is no part of it, 光の影は車ではない and extraordinarilylongwords too"
    parts = folded([Cell(text[:20], "strong"), Cell(text[20:])], width)
    lines = ["".join(cell.text for cell in line) for line in parts]
    assert all(cell_width(line.rstrip()) <= width for line in lines)
    assert all(line.startswith("    ") for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
