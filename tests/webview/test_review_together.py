"""One review, in the terminal and in the page at once, and over two branches of git."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from reviewer.webview.server import Server
from textual.pilot import Pilot

from reviewer import Project
from reviewer.app import ReviewerApp
from reviewer.screens.reviews import Reviews

from .conftest import OpenWindow

PATIENCE_S = 30  # never waited for, unless something is broken


@asynccontextmanager
async def terminal(project: Project) -> AsyncIterator[tuple[Reviews, Pilot[None]]]:
    """The review screen of a terminal."""
    app = ReviewerApp(project)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.cockpit.is_mounted and app.cockpit.view.moment is not None)
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, Reviews) and app.screen.found is not None)
        screen = app.screen
        assert isinstance(screen, Reviews)
        yield screen, pilot


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_S * 50):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came about")


async def write(pilot: Pilot[None], text: str) -> None:
    for character in text:
        await pilot.press("space" if character == " " else character)
    await pilot.press("enter")


def shown(screen: Reviews) -> str:
    """What the review screen shows."""
    lines = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


async def test_a_review_goes_on_between_terminal_page_and_branches(
    project: Project, open_window: OpenWindow, tmp_path: Path
) -> None:
    entity = project.add_entity("player", name="One")
    entity["box"][0] = (100, 50, 80, 120)
    project.flush()
    # the page's server has the folder open for itself, as another process has
    with Project.open(project.path, author="Ben") as served:
        server = Server([served])
        server.start()
        try:
            window = await open_window(server.url)
            page = window.page
            await page.keyboard.press("Shift+R")
            async with terminal(project) as (screen, pilot):
                # begun in the terminal, seen and answered in the page
                await pilot.press("w")
                await write(pilot, "too wide")
                await window.until("document.querySelector('.thread.is-needs-work') !== null")
                await page.locator(".thread-head").click()
                assert await page.locator(".entry-text").inner_text() == "too wide"
                await page.get_by_label("Answer", exact=True).fill("narrower now")
                await page.get_by_role("button", name="Answer", exact=True).click()
                await until(lambda: "narrower now" in shown(screen))
                # begun in the page, seen and answered in the terminal
                await page.get_by_label("Comment", exact=True).fill("and this one")
                await page.get_by_role("button", name="Comment", exact=True).click()
                await pilot.press("tab")
                await until(lambda: "and this one" in shown(screen))
                await pilot.press("home", "r")
                await write(pilot, "seen")
                await window.until(
                    "[...document.querySelectorAll('.entry-text')]"
                    ".some((e) => e.textContent === 'seen')"
                )
                told = {thread.text: thread.id for thread in project.reviews.threads()}
                assert set(told) == {"too wide", "and this one"}

                # the same folder in git, and a second branch on which somebody reviews too
                here = project.path
                git(here, "init", "-q", "-b", "main")
                git(here, "add", "-A")
                git(here, "commit", "-qm", "start")
                there = tmp_path / "there" / here.name
                git(here, "clone", "-q", str(here), str(there))
                with Project.open(there, author="Cleo") as other:
                    other.reviews.reply(told["too wide"], "I say accept", verdict="accept")
                    other.reviews.open("only on the branch", frames=(5, 6))
                git(there, "add", "-A")
                git(there, "commit", "-qm", "theirs")
                served.reviews.reply(told["too wide"], "meanwhile here")
                git(here, "add", "-A")
                git(here, "commit", "-qm", "ours")
                git(here, "pull", "-q", "--no-rebase", "--no-edit", str(there), "main")
                assert git(here, "status", "--porcelain") == ""

                # both faces follow the merge, and have the same
                await window.until(
                    "document.querySelector('.review-panel').textContent"
                    ".includes('only on the branch')"
                )
                await until(lambda: "only on the branch" in shown(screen))
                said = [e.text for e in project.reviews.thread(told["too wide"]).entries]
                assert said[:2] == ["too wide", "narrower now"]
                assert sorted(said[2:]) == ["I say accept", "meanwhile here"]
                assert project.reviews.threads() == served.reviews.threads()
                assert len(project.reviews.threads()) == 3
                assert project.reviews.problems == []
        finally:
            server.stop()
