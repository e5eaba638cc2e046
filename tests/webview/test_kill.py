"""The promise behind "saved": whatever was acknowledged survives a kill, and no half of an edit."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from reviewer import Project

from .conftest import ONTOLOGY

KILLS = 50
TOKEN = "a token for this test alone"
FRAMES = 90

SERVE = """
import asyncio, sys
from reviewer import Project
from reviewer.webview.server import serve
with Project.open(sys.argv[1], author="Ada") as project:
    asyncio.run(serve([project], token=sys.argv[2], ready=lambda url: print(url, flush=True)))
"""


async def edit_until_killed(
    server: subprocess.Popen[str], address: str, number: int, kill_after_s: float
) -> tuple[int, int]:
    """Streams numbered edits, three at a time under way; returns the last number acknowledged and
    the last one sent. Edit k puts the number k into both boxes at frame k % FRAMES."""
    saved = sent = number
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}/api/0/live", headers=headers) as socket,
    ):
        asyncio.get_running_loop().call_later(kill_after_s, server.kill)
        while True:
            while sent < saved + 3:
                sent += 1
                ops = [
                    {
                        "op": "set",
                        "entity": entity,
                        "property": "box",
                        "frame": sent % FRAMES,
                        "value": [sent, 0, 1, 1],
                    }
                    for entity in ("player-first", "puck-second")
                ]
                edit = {"type": "edit", "id": f"edit-{sent}", "label": "Both", "ops": ops}
                try:
                    await socket.send_json(edit)
                except ConnectionError:
                    return saved, sent
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                return saved, sent
            if message.json()["type"] == "saved":
                saved += 1
                assert message.json()["id"] == f"edit-{saved}"


@pytest.mark.timeout(600)
async def test_every_acknowledged_edit_survives_fifty_kills(
    tmp_path: Path, plain_video: Path
) -> None:
    path = tmp_path / "match"
    with Project.create(path, plain_video, ONTOLOGY) as project:
        for class_name, entity in (("player", "player-first"), ("puck", "puck-second")):
            project.add_entity(class_name, entity_id=entity)
    chance = random.Random(5)
    number = 0
    for _ in range(KILLS):
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(path), TOKEN], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        address = (await asyncio.to_thread(server.stdout.readline)).partition("/#")[0]
        saved, sent = await edit_until_killed(server, address, number, chance.uniform(0, 0.4))
        server.wait()
        server.stdout.close()
        with Project.open(path) as project:
            assert project.warnings == []
            first, second = (project.entity(e)["box"] for e in ("player-first", "puck-second"))
            assert first.keyframes.tolist() == second.keyframes.tolist()
            assert (first.rows == second.rows).all()
            there = {round(float(row[0])) for row in first.rows}
            # Of each frame the newest edit stands, and none is newer than the last one sent.
            acknowledged = set(range(max(1, saved - FRAMES + 1), saved + 1))
            overwritten = {n - FRAMES for n in there if n > saved}
            assert acknowledged <= there | overwritten
            assert max(there, default=0) <= sent
            number = max(there, default=0)
    assert number > KILLS
