"""A real server on a real project, and a real browser that looks at it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from reviewer.webview.server import Server

from reviewer import Project
from tests.webview import all_kinds

ONTOLOGY: dict[str, Any] = {
    "classes": [
        {
            "name": "player",
            "label": "Player",
            "color": "#e6194b",
            "hotkey": "1",
            "geometry": ["box"],
            "properties": [
                {
                    "name": "team",
                    "label": "Team",
                    "kind": "choice",
                    "time_varying": False,
                    "choices": [
                        {"name": "home", "label": "Home", "hotkey": "h"},
                        {"name": "away", "label": "Away"},
                    ],
                },
                {
                    "name": "pose",
                    "label": "Pose",
                    "kind": "choice",
                    "time_varying": True,
                    "choices": [
                        {"name": "standing", "label": "Standing", "hotkey": "s"},
                        {"name": "running", "label": "Running", "hotkey": "u"},
                    ],
                },
            ],
        },
        {"name": "puck", "label": "Puck", "color": "#4363d8", "hotkey": "2", "geometry": ["box"]},
    ]
}

expect.set_options(timeout=20_000)  # ms; a busy machine is slow


@dataclass
class Site:
    """A running server and the project it shows."""

    server: Server
    project: Project

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.server.token}"}


@pytest.fixture
def project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    """An empty project on a video of 640 x 360, 90 frames."""
    with Project.create(tmp_path / "match", plain_video, ONTOLOGY, author="Ada") as project:
        yield project


@pytest.fixture
def all_kinds_project(tmp_path: Path, plain_video: Path) -> Iterator[Project]:
    """The same video with entities of every kind in motion; see all_kinds.py."""
    with Project.create(tmp_path / "kinds", plain_video, all_kinds.ONTOLOGY) as project:
        all_kinds.fill(project)
        yield project


@pytest.fixture
def site(project: Project) -> Iterator[Site]:
    server = Server([project])
    server.start()
    yield Site(server, project)
    server.stop()


def browser_path() -> str | None:
    """An installed browser; None lets playwright use its own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all tests of this folder: the browser they share is bound to it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the whole run: starting one takes longer than most tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path())
        yield browser
        await browser.close()


class Window:
    """A browser window on the page, with what tests do again and again."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def until(self, expression: str, timeout_s: float = 30.0) -> Any:
        """Wait until a JavaScript expression is true. (Playwright's own way evaluates in the page,
        which the content security policy forbids.)"""
        stop = time.monotonic() + timeout_s
        while True:
            value = await self.page.evaluate(f"() => ({expression})")
            if value:
                return value
            assert time.monotonic() < stop, f"never became true: {expression}"
            await asyncio.sleep(0.02)

    async def open(self, url: str) -> Window:
        await self.page.goto(url)
        await self.until(
            "globalThis.reviewer && reviewer.painted().loaded && reviewer.backend"
            " && reviewer.status !== 'offline'"
        )
        return self

    async def js(self, expression: str) -> Any:
        return await self.page.evaluate(f"() => ({expression})")

    async def go_to(self, frame: int) -> None:
        """By the frame field, as a person would."""
        field = self.page.get_by_label("Frame", exact=True)
        await field.fill(str(frame))
        await field.press("Enter")
        await self.until(
            f"reviewer.frame === {frame} && reviewer.painted().frame === {frame}"
            " && reviewer.painted().loaded"
        )

    async def settled(self) -> None:
        """Everything acknowledged, and the engine's answers painted."""
        await self.until("reviewer.status === 'saved' && reviewer.overrides === 0")

    async def timeline_drawn(self) -> None:
        """The timeline shows all that was saved."""
        await self.until("reviewer.timelineCurrent")

    async def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the video, in px of the window."""
        return tuple(
            await self.page.evaluate(
                """([x, y]) => {
                    const { left, top } = document.querySelector('.stage').getBoundingClientRect();
                    const { view } = reviewer;
                    return [left + x * view.scale + view.x, top + y * view.scale + view.y];
                }""",
                [x, y],
            )
        )

    async def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press, move in steps, release; points of the video."""
        mouse = self.page.mouse
        await mouse.move(*await self.at(*start))
        await mouse.down()
        await mouse.move(*await self.at(*end), steps=4)
        await mouse.up()

    async def draw(self, start: tuple[float, float], end: tuple[float, float]) -> str:
        """Draw a box for a new entity; returns its id."""
        await self.page.keyboard.press("b")
        await self.drag(start, end)
        await self.settled()
        selected = await self.until("reviewer.selected")
        await self.until(f"reviewer.painted().entities.includes('{selected}')")
        return str(selected)

    async def click(self, x: float, y: float) -> None:
        await self.page.mouse.click(*await self.at(x, y))

    async def painted(self) -> dict[str, Any]:
        """Frame, entity ids and boxes as the painter drew them."""
        return dict(
            await self.page.evaluate(
                """() => {
                    const { frame, entities, boxes } = reviewer.painted();
                    const bits = new Uint32Array(boxes.buffer, boxes.byteOffset, boxes.length);
                    return { frame, entities, boxes: Array.from(boxes), bits: Array.from(bits) };
                }"""
            )
        )


OpenWindow = Callable[..., Awaitable[Window]]


@pytest_asyncio.fixture
async def open_window(browser: Browser) -> AsyncIterator[OpenWindow]:
    """Opens windows of 1280 x 720, each a browser session of its own; none may throw an error."""
    windows: list[Window] = []

    async def open_one(url: str, **options: Any) -> Window:
        context = await browser.new_context(
            **{"viewport": {"width": 1280, "height": 720}, **options}
        )
        window = Window(await context.new_page())
        windows.append(window)
        return await window.open(url)

    yield open_one
    for window in windows:
        # Pages ask before they are left with unsaved edits; closing a context does not ask.
        await window.page.context.close()
    for window in windows:
        assert window.errors == []


@pytest_asyncio.fixture
async def window(site: Site, open_window: OpenWindow) -> Window:
    return await open_window(site.url)
