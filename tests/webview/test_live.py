"""Edits through the socket: acknowledged when durable, done once, told to everyone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import orjson
import pytest
import pytest_asyncio
from reviewer.format.remap import RemapEdit
from reviewer.webview.server import Server

from reviewer import Project

from .conftest import Site

Socket = aiohttp.ClientWebSocketResponse


@pytest_asyncio.fixture
async def live(site: Site) -> AsyncIterator[Socket]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{site.server.address}/api/0/live", headers=site.bearer) as socket,
    ):
        assert (await socket.receive_json())["type"] == "hello"
        yield socket


async def send(socket: Socket, message: Any) -> dict[str, Any]:
    """Send and return the answer, skipping news."""
    await socket.send_str(message if isinstance(message, str) else orjson.dumps(message).decode())
    return await next_of(socket, "saved", "refused")


async def next_of(socket: Socket, *types: str) -> dict[str, Any]:
    while True:
        message = await socket.receive_json(timeout=10)
        if message["type"] in types:
            return dict(message)


def add(entity: str = "player-abc123", frame: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "type": "edit",
        "id": "edit-1",
        "label": "Add Player",
        "ops": [
            {"op": "add", "entity": entity, "class": "player", "frame": frame},
            {
                "op": "set",
                "entity": entity,
                "property": "box",
                "frame": frame,
                "value": [1, 2, 3, 4],
            },
        ],
        **more,
    }


async def test_saved_means_on_disk(site: Site, live: Socket) -> None:
    answer = await send(live, add())
    assert answer["type"] == "saved"
    # Another process opening the folder now finds it, though nobody closed or flushed the project.
    with Project.open(site.project.path) as other:
        assert other.entity("player-abc123")["box"].at(50).tolist() == [1, 2, 3, 4]


async def test_everyone_hears_of_a_change(site: Site, live: Socket) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{site.server.address}/api/0/live", headers=site.bearer) as other,
    ):
        saved = await send(live, add(frame=5))
        for socket in (live, other):
            changed = await next_of(socket, "changed")
            assert changed["revision"] == saved["revision"]
            assert changed["structure"] is True
            assert changed["entities"] == ["player-abc123"]
            assert changed["undo"] == "Add Player"
            (entity,) = changed["there"]
            assert (entity["name"], entity["class"]) == ("player_1", "player")
        edit = add(id="edit-2", label="Move", ops=[add()["ops"][1] | {"frame": 20}])
        await send(live, edit)
        changed = await next_of(other, "changed")
        assert changed["structure"] is False
        first, stop = changed["frames"]
        assert first <= 6
        assert stop == 90
        await send(live, add(id="edit-3", ops=[{"op": "delete", "entity": "player-abc123"}]))
        assert (await next_of(other, "changed"))["gone"] == ["player-abc123"]


async def test_an_edit_sent_twice_is_done_once(site: Site, live: Socket) -> None:
    first = await send(live, add())
    revision = site.project.revision
    again = await send(live, add())
    assert again == first
    assert site.project.revision == revision
    assert len(site.project.entities) == 1


async def test_a_server_that_died_takes_unacknowledged_edits_again_without_harm(
    site: Site, live: Socket, tmp_path: Path
) -> None:
    edits = [
        add(),
        add(
            id="b", ops=[{"op": "unset", "entity": "player-abc123", "property": "box", "frame": 0}]
        ),
        add(id="c", ops=[{"op": "delete", "entity": "player-abc123"}]),
    ]
    for edit in edits:
        assert (await send(live, edit))["type"] == "saved"
    # What a kill leaves behind: the folder as it is at this moment.
    left = shutil.copytree(
        site.project.path, tmp_path / "left", ignore=shutil.ignore_patterns("lock")
    )
    with Project.open(left) as project:
        server = Server([project])
        server.start()
        headers = {"Authorization": f"Bearer {server.token}"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{server.address}/api/0/live", headers=headers) as socket,
        ):
            for edit in edits:
                assert (await send(socket, edit))["type"] == "saved"
        assert list(project.entities) == []
        assert project.revision == 0
        server.stop()


async def test_undo_and_redo(site: Site, live: Socket) -> None:
    await send(live, add())
    assert (await send(live, {"type": "undo", "id": "u"}))["type"] == "saved"
    assert list(site.project.entities) == []
    assert (await send(live, {"type": "redo", "id": "r"}))["type"] == "saved"
    assert list(site.project.entities) == ["player-abc123"]
    # The same undo again, after its answer was lost, takes nothing more back.
    assert (await send(live, {"type": "undo", "id": "u"}))["type"] == "saved"
    assert list(site.project.entities) == ["player-abc123"]
    refused = await send(live, {"type": "redo", "id": "r2"})
    assert refused["reason"] == "There is nothing to redo."


async def test_an_undo_that_comes_late_takes_back_what_was_meant(site: Site, live: Socket) -> None:
    await send(live, add(id="first"))
    rename = {"op": "rename", "entity": "player-abc123"}
    for name in ("Ann", "Bob"):
        saved = await send(
            live, {"type": "edit", "id": name, "label": "L", "ops": [rename | {"name": name}]}
        )
        assert saved["last"] == name
    # Two undos of a tab that died then; another tab has gone on since.
    assert (await send(live, add(id="later", entity="player-late")))["type"] == "saved"
    await send(live, {"type": "undo", "id": "u1", "after": "Bob"})
    assert site.project.entity("player-abc123").name == "Ann"
    await send(live, {"type": "undo", "id": "u2", "after": "Bob"})
    assert site.project.entity("player-abc123").name == "player_1"
    assert not site.project.attributes("player-late").deleted
    # An edit that changed nothing is none: what came before it is meant.
    same = {"type": "edit", "id": "same", "label": "L", "ops": [rename | {"name": "player_1"}]}
    assert (await send(live, same))["last"] == "u2"
    await send(live, {"type": "undo", "id": "u3", "after": "same"})
    assert site.project.attributes("player-late").deleted
    refused = await send(live, {"type": "undo", "id": "u4", "after": "never-done"})
    assert refused["reason"] == "What it was to take back was not done, or too long ago."
    assert (await send(live, {"type": "undo", "id": "u4", "after": 7}))["type"] == "refused"
    assert (await send(live, {"type": "redo", "id": "r1", "after": "u3"}))["type"] == "saved"
    assert not site.project.attributes("player-late").deleted


MALFORMED: list[Any] = [
    "not json",
    "[]",
    "{}",
    '{"type": "edit"}',
    '{"type": "edit", "id": 7}',
    {"type": "edit", "id": "x" * 101},
    {"type": "format", "id": "m"},
    {"type": "edit", "id": "m"},
    {"type": "edit", "id": "m", "label": "L", "ops": []},
    {"type": "edit", "id": "m", "label": "L", "ops": {}},
    {"type": "edit", "id": "m", "label": "L", "ops": [7]},
    {"type": "edit", "id": "m", "label": "L", "ops": [{}]},
    {"type": "edit", "id": "m", "label": "L", "ops": [{"op": ["add"]}]},
    {"type": "edit", "id": "m", "label": "L", "ops": [{"op": "drop"}]},
    {"type": "edit", "id": "m", "label": "L" * 201, "ops": [{"op": "delete", "entity": "a"}]},
    add(id="m", label=None),
]


@pytest.mark.parametrize("message", MALFORMED)
async def test_malformed_messages_are_refused_with_a_sentence(
    site: Site, live: Socket, message: Any
) -> None:
    answer = await send(live, message)
    assert answer["type"] == "refused"
    assert answer["reason"].endswith(".")
    assert site.project.revision == 0
    assert (await send(live, add()))["type"] == "saved"  # the socket lives on


WRONG: list[dict[str, Any]] = [
    {"op": "add", "entity": "player-new", "class": "dragon", "frame": 0},
    {"op": "add", "entity": "../../etc", "class": "player", "frame": 0},
    {"op": "add", "entity": "player-new", "class": "player", "frame": 90},
    {"op": "add", "entity": "player-new", "class": "player", "frame": -1},
    {"op": "add", "entity": "player-new", "class": "player", "frame": 0.5},
    {"op": "add", "entity": "player-new", "class": "player", "frame": True},
    {"op": "add", "entity": "player-new", "class": "player", "frame": (1 << 63) - 1},
    {"op": "set", "entity": "player-none", "property": "box", "frame": 0, "value": [1, 2, 3, 4]},
    {"op": "set", "entity": "player-abc123", "property": "colour", "frame": 0, "value": "red"},
    {"op": "set", "entity": "player-abc123", "property": "box", "frame": 0, "value": [1, 2, 3]},
    {"op": "set", "entity": "player-abc123", "property": "box", "frame": 0, "value": "wide"},
    {
        "op": "set",
        "entity": "player-abc123",
        "property": "box",
        "frame": 0,
        "value": [1, 2, None, 4],
    },
    {"op": "set", "entity": "player-abc123", "property": "box", "frame": 0, "value": [1, 2, -3, 4]},
    {"op": "set", "entity": "player-abc123", "property": "box", "frame": 0, "value": None},
    {
        "op": "set",
        "entity": "player-abc123",
        "property": "box",
        "frame": 0,
        "value": [[1], 2, 3, 4],
    },
    {"op": "set", "entity": "player-abc123", "property": "presence", "frame": 0, "value": "gone"},
    {"op": "set", "entity": "player-abc123", "property": "team", "frame": None, "value": "red"},
    {"op": "set", "entity": "player-abc123", "property": "team", "frame": 3, "value": "home"},
    {
        "op": "set",
        "entity": "player-abc123",
        "property": "pose",
        "frame": None,
        "value": "standing",
    },
    {"op": "set", "entity": "player-abc123", "property": "pose", "frame": 2, "value": {"a": 1}},
    {"op": "keep", "entity": "player-abc123", "property": "pose", "frame": 2},
    {"op": "rename", "entity": "player-abc123", "name": " "},
    {"op": "class", "entity": "player-abc123", "class": "dragon"},
    {"op": "delete", "entity": "player-none"},
]


@pytest.mark.parametrize("operation", WRONG)
async def test_what_the_project_does_not_allow_changes_nothing(
    site: Site, live: Socket, operation: dict[str, Any]
) -> None:
    await send(live, add())
    revision = site.project.revision
    rename = {"op": "rename", "entity": "player-abc123", "name": "half done"}
    answer = await send(live, add(id="m", ops=[rename, operation]))
    assert answer["type"] == "refused"
    assert answer["reason"].endswith(".")
    assert "Reviewer's own" not in answer["reason"]  # a sentence about the edit, not a failure
    assert site.project.revision == revision
    assert site.project.entity("player-abc123").name == "player_1"


async def test_a_read_only_project_refuses(site: Site, live: Socket) -> None:
    site.project._core.read_only = "the folder may not be written."
    answer = await send(live, add())
    assert answer["type"] == "refused"
    assert "read-only" in answer["reason"]


async def test_a_page_of_the_former_video_is_told_and_refused(site: Site, live: Socket) -> None:
    """Its frame numbers mean other frames by now."""
    project = site.project
    partner = np.arange(project.frame_count)
    video = project.record
    remap = RemapEdit(
        label="Change the video",
        author="Ada",
        old_video=video,
        new_video=replace(video, fingerprint="00"),
        old_pts=project.pts,
        new_pts=project.pts,
        partner=partner,
    )
    project.apply(remap)
    assert (await next_of(live, "renumbered"))["type"] == "renumbered"
    answer = await send(live, add())
    assert answer["type"] == "refused"
    assert "load the page again" in answer["reason"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{site.server.address}/api/0/live", headers=site.bearer) as anew,
    ):
        assert (await send(anew, add()))["type"] == "saved"
