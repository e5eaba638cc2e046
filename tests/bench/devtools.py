"""A browser that is told only what to open and what to evaluate.

Playwright has the browser report every request and every message of a socket, and handles each
report in two processes of its own: on two cores that takes longer than what is to be timed. Here
nothing is asked for but answers (https://chromedevtools.github.io/devtools-protocol/).
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.webview.conftest import browser_path

PATIENCE_S = 60.0


class Tab:
    """One page of it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command and its answer."""
        self._last += 1
        await self._socket.send_json({"id": self._last, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    async def before(self, script: str) -> None:
        """Run this in every page before its own scripts."""
        await self.send("Page.enable")
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def open(self, url: str) -> None:
        """Leave what is there, and open this."""
        await self.send("Page.navigate", url="about:blank")
        await self.send("Page.navigate", url=url)

    async def js(self, expression: str) -> Any:
        """The value of an expression, awaited if it is a promise."""
        found = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"])[:500])
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true, without asking often: each question takes processor time."""
        stop = time.monotonic() + PATIENCE_S
        while not await self.js(f"Boolean({expression})"):
            if time.monotonic() > stop:
                raise TimeoutError(f"never became true: {expression}")
            await asyncio.sleep(0.25)

    async def key(self, key: str, code: str = "", text: str = "") -> None:
        """Press a key and let it go."""
        named = {"key": key, "code": code or f"Key{key.upper()}"}
        down = {"type": "keyDown", "text": text or key}
        await self.send("Input.dispatchKeyEvent", **named, **down)
        await self.send("Input.dispatchKeyEvent", **named, type="keyUp")


@contextlib.asynccontextmanager
async def browser(size: tuple[int, int] = (1280, 800)) -> AsyncIterator[Tab]:
    """A new browser with a profile of its own, and its first page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        path = browser_path()
        if path is None:
            raise FileNotFoundError("no Chromium was found: install one")
        command = [
            path, "--headless=new", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0",
            f"--window-size={size[0]},{size[1]}", f"--user-data-dir={profile}", "about:blank",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = await _port(Path(profile) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                    tabs = await answer.json()
                address = next(t["webSocketDebuggerUrl"] for t in tabs if t["type"] == "page")
                async with session.ws_connect(address, max_msg_size=1 << 26) as socket:
                    tab = Tab(socket)
                    await tab.send(
                        "Emulation.setDeviceMetricsOverride",
                        width=size[0], height=size[1], deviceScaleFactor=1, mobile=False,
                    )  # fmt: skip
                    yield tab
        finally:
            process.terminate()
            process.wait(30)


async def _port(file: Path) -> int:
    """The port that the browser listens on: it writes it down once it does."""
    stop = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
            return int(file.read_text().splitlines()[0])
        if time.monotonic() > stop:
            raise TimeoutError("the browser did not start")
        await asyncio.sleep(0.1)
