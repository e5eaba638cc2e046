"""kill -9 of a serving process: what was called saved is there, and of every edit all or nothing.

Edits stream through the real socket, several in flight. Edit k puts a box at frame k of three
entities and writes k into a cell that every edit overwrites, so that what is found on reopening
tells which edits are whole and in which order they came. With ``--full``, 50 kills; else 5.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import numpy as np
import pytest

from reviewer import Project
from tests.format import stranger

ROOT = Path(__file__).parents[2]
FRAMES = 200_000
TRIO = ("player-a1", "player-b2", "player-c3")
IN_FLIGHT = 6
NEWCOMER_EVERY = 5
LONGEST_LIFE_S = 1.2  # the store is written 0.3 s after an edit: kills fall before, in and after

SERVE = "import sys; from reviewer.cli import main; sys.exit(main(sys.argv[1:]))"
# A journal that begins a new file every few edits: kills fall into that too.
SERVE_ROTATING = "import reviewer.format.journal as j; j._ROTATE_BYTES = 30_000; " + SERVE


@dataclass
class Stream:
    """What was sent and what was acknowledged over all lives of the server."""

    sent: int = 0  # edits are numbered from 1
    saved: set[int] = field(default_factory=set)

    def next_message(self) -> dict[str, Any]:
        self.sent += 1
        number = self.sent
        ops: list[dict[str, Any]] = []
        for entity in TRIO:
            for frame in (0, number):
                value = [number, frame, 1, 1]
                ops.append(setting(entity, "box", frame, value))
        ops.append(setting(TRIO[number % 3], "team", None, ("home", "away")[number % 2]))
        if number % NEWCOMER_EVERY == 0:
            newcomer = f"player-n{number}"
            ops.append({"op": "add", "entity": newcomer, "class": "player", "frame": number})
            ops.append(setting(newcomer, "box", number, [number, 0, 2, 2]))
            ops.append(setting(newcomer, "pose", number, "down"))
        return {"type": "edit", "id": f"edit-{number}", "label": f"Edit {number}", "ops": ops}


def setting(entity: str, name: str, frame: int | None, value: Any) -> dict[str, Any]:
    return {"op": "set", "entity": entity, "property": name, "frame": frame, "value": value}


async def live_and_die(folder: Path, stream: Stream, moment: random.Random, *, linger: bool) -> str:
    """One life of a server: serve, stream edits, kill right after an acknowledgement; with
    ``linger`` a moment later, when the store is written and the journal begins a new file."""
    temporary = staged(folder)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", SERVE_ROTATING if linger else SERVE),
        *("serve", str(folder), "--port", "0", "--no-browser"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        url = urlsplit((await process.stdout.readline()).decode().strip())
        token = parse_qs(url.fragment)["token"][0]
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
            session.ws_connect(f"http://{url.netloc}/api/0/live") as socket,
        ):
            acknowledged = await edit_until(socket, stream, moment.random() * LONGEST_LIFE_S)
            if linger:
                acknowledged += await rest(socket, stream)
                await asyncio.sleep(moment.uniform(0.28, 0.42))
            process.send_signal(signal.SIGKILL)  # now: no step in between
            await process.wait()
            # what was acknowledged before and is still in our socket's buffer
            async for message in socket:
                acknowledged += note(message, stream)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert process.returncode == -signal.SIGKILL
    return (
        f"after {acknowledged} acknowledgements, {stream.sent - len(stream.saved)} edits never "
        f"acknowledged so far, {where(folder, temporary)}"
    )


async def edit_until(
    socket: aiohttp.ClientWebSocketResponse, stream: Stream, seconds: float
) -> int:
    stop = time.monotonic() + seconds
    acknowledged = in_flight = 0
    while True:
        while in_flight < IN_FLIGHT:
            await socket.send_json(stream.next_message())
            in_flight += 1
        saved = note(await socket.receive(), stream)
        acknowledged += saved
        in_flight -= saved
        if saved and time.monotonic() > stop:
            return acknowledged


async def rest(socket: aiohttp.ClientWebSocketResponse, stream: Stream) -> int:
    """Wait until everything sent in this life is acknowledged."""
    acknowledged = 0
    while stream.sent not in stream.saved:
        acknowledged += note(await socket.receive(), stream)
    return acknowledged


def note(message: aiohttp.WSMessage, stream: Stream) -> int:
    """Book an acknowledgement; returns how many there were."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return 0
    answer = json.loads(message.data)
    assert answer["type"] != "refused", answer
    if answer["type"] != "saved":
        return 0
    stream.saved.add(int(answer["id"].removeprefix("edit-")))
    return 1


def staged(folder: Path) -> set[Path]:
    """Files on their way into the store."""
    temporary = folder / ".reviewer" / "tmp"
    return set(temporary.iterdir()) if temporary.is_dir() else set()


def where(folder: Path, before: set[Path]) -> str:
    """What the dead server was at, by what it left."""
    count = len(staged(folder) - before)
    at = f"writing the store ({count} files not yet in place)" if count else "not writing the store"
    log = max((folder / ".reviewer/journal").glob("*.log"))
    return f"{at}, journal {log.name} at {log.stat().st_size:,} bytes"


def check(folder: Path, stream: Stream) -> None:
    """Reopen: every acknowledged edit is there, and no half of any edit."""
    with Project.open(folder) as project:
        assert project.warnings == []
        found = [project.entity(entity)["box"].keyframes.tolist() for entity in TRIO]
        assert found[0] == found[1] == found[2], "an edit of three entities is whole"
        frames = found[0]
        assert stream.saved <= set(frames), "what was called saved is there"
        last = max(frames)
        assert set(frames) <= set(range(stream.sent + 1)), "nothing that nobody sent"
        for entity in TRIO:
            box = project.entity(entity)["box"]
            assert box[0].tolist() == [last, 0, 1, 1], "the overwritten cell is the last edit's"
            rows = box.rows[1:]
            np.testing.assert_array_equal(rows[:, 0], frames[1:])
        for number in range(NEWCOMER_EVERY, stream.sent + 1, NEWCOMER_EVERY):
            newcomer = f"player-n{number}"
            assert project.knows(newcomer) == (number in frames)
            if number in frames:
                entity = project.entity(newcomer)
                assert entity["box"].at(number).tolist() == [number, 0, 2, 2]
                assert entity["pose"].at(number) == "down"
                assert entity["presence"].at(number) == "present"
        team = project.entity(TRIO[last % 3])["team"].value
        assert team == ("home", "away")[last % 2]


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
async def test_killed_at_any_moment_nothing_saved_is_lost(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = 50 if request.config.getoption("--full") else 5
    folder = stranger.make_folder(tmp_path / "p", FRAMES)
    with Project.open(folder) as project:
        for entity in TRIO:
            project.add_entity("player", entity_id=entity)["box"][0] = (0, 0, 1, 1)
    stream, moment = Stream(), random.Random(20)
    for kill in range(1, kills + 1):
        report = await live_and_die(folder, stream, moment, linger=kill % 3 == 0)
        check(folder, stream)
        with capsys.disabled():
            print(f"\n  kill {kill}: {report}; all there", end="", flush=True)
    with capsys.disabled():
        print(f"\n  {kills} kills, {stream.sent} edits sent, {len(stream.saved)} acknowledged")
    assert len(stream.saved) >= 10 * kills
    # and the store itself, by stock zarr, is what the project says
    stored = stranger.read_keyframes(folder)
    with Project.open(folder) as project:
        for entity in TRIO:
            track = project.entity(entity)["box"]
            assert list(stored[entity, "box"]) == track.keyframes.tolist()
