"""Edits flow while the server is killed, the tab dies and the connection breaks, in random order:
at the end the page, the folder and a second browser agree, and no edit is lost or done twice.

Edit n says on frame n whether the player is present or occluded, so what is found tells which edits
were done. With ``--full`` ten minutes, else everything breaks once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Error
from reviewer.format.edit import Edit
from reviewer.format.journal import EDIT, Journal

from reviewer import Project
from tests.format import stranger

from .conftest import Window
from .proxy import Proxy

ROOT = Path(__file__).parents[2]
TOKEN = "the-same-key-in-every-life-of-the-server"
PLAYER = "player-p1"
FRAMES = 20_000


class Server:
    """A process that serves the folder behind the proxy's port, and dies at once."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        self.folder, self.proxy = folder, proxy
        self.process: asyncio.subprocess.Process | None = None
        self.port = 0  # the same in every life: the browser's cookie is named after it

    @property
    def runs(self) -> bool:
        return self.process is not None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "tests.webview.serve_fixed",
                str(self.folder),
                TOKEN,
                str(self.port),
            ),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.proxy.target = self.port = int(await self.process.stdout.readline())

    async def kill(self) -> None:
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGKILL)
        await process.wait()
        self.proxy.target = None


@dataclass
class Work:
    """What the annotator did. An edit is *kept* once the page says that it would outlive it."""

    done: int = 0
    kept: set[int] = field(default_factory=set)
    maybe: set[int] = field(default_factory=set)  # the tab died in the instant of making it
    undone: set[int] = field(default_factory=set)

    @staticmethod
    def value(n: int) -> str:
        return "occluded" if n % 2 else "present"


class Annotator:
    """Somebody in one browser, whose tab may die."""

    def __init__(self, context: BrowserContext, proxy: Proxy, work: Work) -> None:
        self.context, self.proxy, self.work = context, proxy, work
        self.window: Window | None = None
        self.fresh: set[int] = set()  # made, not yet known to be kept

    async def open(self) -> Window:
        self.window = window = Window(await self.context.new_page())
        fields = {"token": TOKEN, "project": 0, "frame": self.work.done, "entity": PLAYER}
        address = f"http://127.0.0.1:{self.proxy.port}/#{urlencode(fields)}"
        while True:  # a cut connection may hit the loading of the page, as it would a person's
            with contextlib.suppress(Error):
                await window.page.goto(address)
                if await self.ready():
                    return window
            await window.page.goto("about:blank")

    async def ready(self) -> bool:
        """Whether the page came up where the work stopped."""
        assert self.window is not None
        try:
            await self.window.until(
                f"globalThis.reviewer && reviewer.selected === '{PLAYER}'"
                f" && reviewer.frame === {self.work.done}"
            )
        except AssertionError:
            return False
        return True

    async def edit(self) -> None:
        """Go to the next frame and say there what is seen."""
        assert self.window is not None
        n = self.work.done + 1
        keyboard = self.window.page.keyboard
        await keyboard.press("ArrowRight")
        await self.window.until(f"reviewer.frame === {n}")
        self.work.done = n
        self.fresh.add(n)
        await keyboard.press("o" if Work.value(n) == "occluded" else "p")

    async def look(self) -> bool:
        """Note what is kept by now."""
        assert self.window is not None
        safe = bool(await self.window.js("reviewer.safe"))
        if safe:
            self.work.kept |= self.fresh
            self.fresh.clear()
        return safe

    async def keep(self) -> None:
        while not await self.look():
            await asyncio.sleep(0.005)

    async def undo(self) -> None:
        """Make an edit and take it back."""
        assert self.window is not None
        await self.edit()
        await self.keep()
        await self.window.page.keyboard.press("Control+z")
        await self.keep()
        self.work.undone.add(self.work.done)

    async def die(self, how: str) -> None:
        """The tab crashes, is closed, or is loaded anew."""
        assert self.window is not None
        page = self.window.page
        if how == "reload":
            await self.keep()  # before, the page would ask whether to stay
            with contextlib.suppress(Error):
                await page.reload()
                if await self.ready():
                    return
        else:
            await self.look()
        self.work.maybe |= self.fresh
        self.fresh.clear()
        if how == "crash":
            session = await self.context.new_cdp_session(page)
            with contextlib.suppress(Error, TimeoutError):
                # never answered: the renderer is gone
                await asyncio.wait_for(session.send("Page.crash"), 1)
        with contextlib.suppress(Error):
            await page.close()
        self.window = None


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_whatever_dies_no_edit_is_lost_or_done_twice(
    tmp_path: Path, browser: Browser, proxy: Proxy, request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    seconds = 600 if request.config.getoption("--full") else 0
    seed = random.randrange(1 << 30)
    with capsys.disabled():
        print(f"\n  seed {seed}", end=" ", flush=True)
    folder = stranger.make_folder(tmp_path / "p", FRAMES)
    with Project.open(folder, author="Ada") as project:
        project.add_entity("player", entity_id=PLAYER)["box"][0] = (100, 100, 300, 300)
    server, work = Server(folder, proxy), Work()
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    try:
        await server.start()
        annotator = Annotator(context, proxy, work)
        events = await rampage(annotator, server, random.Random(seed), time.monotonic() + seconds)
        if not server.runs:
            await server.start()
        first = annotator.window or await annotator.open()
        await first.until(
            "reviewer.status === 'saved' && reviewer.waiting.length === 0", timeout_s=60
        )
        await annotator.keep()
        other = await browser.new_context(viewport={"width": 1280, "height": 720})
        second = await Annotator(other, proxy, Work(done=work.done)).open()
        said = [await what_is_shown(window, work) for window in (first, second)]
        await context.close()
        await other.close()
    finally:
        await server.kill()
    with capsys.disabled():
        print(f"{work.done} edits, {len(work.undone)} undone, {dict(events)}", end=" ", flush=True)
    check(folder, work, said)


EVENTS = ["cut", "kill", "start", "close", "crash", "reload", "cut, close", "kill, crash", "rest"]


async def rampage(
    annotator: Annotator, server: Server, dice: random.Random, until: float
) -> Counter[str]:
    """Edit, and after some edits break something: everything once, then until the time is over."""
    events: Counter[str] = Counter()
    while not events or time.monotonic() < until:
        for event in dice.sample(EVENTS, len(EVENTS)):
            if annotator.window is None:
                if not server.runs:
                    await server.start()
                await annotator.open()
            for _ in range(dice.randint(1, 6)):
                await annotator.edit()
                if dice.random() < 0.5:
                    await annotator.look()
            if dice.random() < 0.3:
                await annotator.undo()
            await happen(event, annotator, server, dice)
            events[event] += 1
    return events


async def happen(event: str, annotator: Annotator, server: Server, dice: random.Random) -> None:
    match event:
        case "start":
            if not server.runs:
                await server.start()
        case "rest":
            await asyncio.sleep(dice.random())
        case _:
            for part in event.split(", "):
                if part == "cut":
                    annotator.proxy.cut()
                elif part == "kill":
                    await server.kill()
                else:
                    await annotator.die(part)


async def what_is_shown(window: Window, work: Work) -> dict[int, str]:
    """Presence as the page shows it, on the last frames and on some of all."""
    frames = {
        *range(max(1, work.done - 4), work.done + 1),
        *range(1, work.done, 29 + work.done // 9),
    }
    shown = {}
    for frame in sorted(frames):
        await window.go_to(frame)
        await window.until(
            f"document.querySelector('.properties-panel').dataset.frame === '{frame}'"
        )
        shown[frame] = await window.until(
            "document.querySelector('[aria-label=Presence] [aria-pressed=true]')?.dataset.value"
        )
    return shown


def check(folder: Path, work: Work, said: list[dict[int, str]]) -> None:
    """The folder holds every kept edit, nothing else, and what both pages showed."""
    with Project.open(folder) as project:
        assert project.warnings == []
        presence = project.entity(PLAYER)["presence"]
        found = set(presence.keyframes.tolist()) - {0}
        expected = work.kept - work.undone
        assert expected - found == set(), "lost"
        assert found - expected <= work.maybe, "not taken back, or made by nobody"
        for n in found:
            assert presence.at(n) == Work.value(n)
        for shown in said:
            assert shown == {frame: presence.at(frame) for frame in shown}
    made = Counter(
        frame
        for edit in edits_of(folder)
        if edit.undoes is None
        for cells in edit.cells
        if cells.property == "presence"
        for frame in cells.frames.tolist()
    )
    assert {frame: times for frame, times in made.items() if times > 1} == {}
    undos = Counter(edit.undoes for edit in edits_of(folder) if edit.undoes is not None)
    assert len(undos) == undos.total() == len(work.undone)


def edits_of(folder: Path) -> list[Edit]:
    journal = Journal(folder / ".reviewer" / "journal", writable=False)
    list(journal.read_new())
    try:
        return [Edit.from_bytes(r.body) for r in journal.history() if r.type == EDIT]
    finally:
        journal.close()
