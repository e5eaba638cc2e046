"""How long an edit takes from the page to its durable acknowledgement.

Bar: at most 5 times a bare append and fsync on the same disk. Run it on a quiet machine::

    python -m tests.bench.bench_edit
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

import aiohttp
import numpy as np
import orjson
from reviewer.webview.server import Server

from reviewer import Project
from tests.bench.devtools import browser
from tests.bench.machine import describe
from tests.videos import make_video
from tests.webview.conftest import ONTOLOGY

ROUNDS = 16
EDITS = 25  # in a round
PAUSE_S = 0.03  # people do not edit faster, and what an edit sets off is done by then
RECORD_BYTES = 300  # about what one box keyframe takes in the journal

# A connection of the page's own module, in a page that also shows the project and follows.
CONNECT = """async () => {
  const { Live } = await import('/static/state/live.js');
  const options = { base: "/api/0", readOnly: false };
  for (const name of ["onChanged", "onReload", "onSignedOut", "onNotice"]) options[name] = () => {};
  globalThis.live = await new Promise((resolve) => {
    options.onStatus = (status) => { if (status === 'saved') resolve(made); };
    const made = new Live(options);
  });
}"""
EDIT = """async ([entity, count, pauseMs, value]) => {
  const times = [];
  for (let i = 0; i < count; i++) {
    const box = { op: 'set', entity, property: 'box', frame: i, value: [value, 2, 30, 40] };
    const ops = entity === null ? [] : [box];  // nothing to do is refused
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const start = performance.now();
    await globalThis.live.edit('Move', ops).catch(() => {});
    times.push(performance.now() - start);
  }
  return times;
}"""


class Clock:
    """Times of one way to make an edit durable, ms."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __enter__(self) -> None:
        time.sleep(PAUSE_S)
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.times.append(1000 * (time.perf_counter() - self._start))


def bare_round(file: int, clock: Clock) -> None:
    for _ in range(EDITS):
        with clock:
            os.write(file, b"x" * RECORD_BYTES)
            os.fsync(file)


def api_round(project: Project, entity: str, clock: Clock, value: int) -> None:
    track = project.entity(entity)["box"]
    for i in range(EDITS):
        with clock:
            track[i] = (value, 1, 30, 40)


async def socket_round(
    socket: aiohttp.ClientWebSocketResponse, entity: str, clock: Clock, value: int
) -> None:
    for i in range(EDITS):
        operation = {"op": "set", "entity": entity, "property": "box", "frame": i}
        operation["value"] = [value, 3, 30, 40]
        edit = {"type": "edit", "id": f"{value}-{i}", "label": "Move", "ops": [operation]}
        text = orjson.dumps(edit).decode()
        with clock:
            await socket.send_str(text)
            while (await socket.receive_json())["type"] != "saved":
                pass


async def measure(folder: Path, project: Project, server: Server) -> dict[str, list[float]]:
    entity = project.add_entity("player")
    entity["box"][0] = (0, 0, 30, 40)
    bare, api, sockets, page, refused = Clock(), Clock(), Clock(), [], []
    file = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    headers = {"Authorization": f"Bearer {server.token}"}
    async with (
        browser() as tab,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.address}/api/0/live", headers=headers) as socket,
    ):
        await tab.open(server.url)
        await tab.until("globalThis.reviewer?.painted().loaded && reviewer.backend")
        await tab.js(f"({CONNECT})()")
        # In turns, so that what else the machine does falls on all alike.
        for i in range(ROUNDS):
            bare_round(file, bare)
            api_round(project, entity.id, api, i)
            await socket_round(socket, entity.id, sockets, i)
            pace = [EDITS, 1000 * PAUSE_S, i]
            refused += await tab.js(f"({EDIT})({json.dumps([None, *pace])})")
            page += await tab.js(f"({EDIT})({json.dumps([entity.id, *pace])})")
    os.close(file)
    return {
        "bare append and fsync": bare.times,
        "Project.apply": api.times,
        "a socket, from Python": sockets.times,
        "the page, in the browser": page,
        "the page, refused unsaved": refused,
    }


def main() -> None:
    print(describe())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_video(folder / "video.mp4", frames=90, size=(640, 360))
        with Project.create(folder / "match", folder / "video.mp4", ONTOLOGY) as project:
            server = Server([project])
            server.start()
            rows = asyncio.run(measure(folder, project, server))
            server.stop()
    print(f"{'ms':28}{'p10':>9}{'median':>9}{'p95':>9}{'of bare, by median':>20}")
    base = float(np.median(rows["bare append and fsync"]))
    for label, times in rows.items():
        low, median, high = np.percentile(times, (10, 50, 95))
        print(f"{label:28}{low:9.3f}{median:9.3f}{high:9.3f}{median / base:20.1f}")


if __name__ == "__main__":
    main()
