"""Faults of the video where people meet them: `info`, exports, and the server's answer."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from reviewer.webview.server import Server

from reviewer import Project
from tests.format.video_check.clips import DEMO
from tests.format.video_check.plant import drop, remux
from tests.reviewer.test_cli import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project on a video that lacks three pictures."""
    video = remux(DEMO, tmp_path / "gapped.mp4", drop(40, 41, 42))
    with Project.create(tmp_path / "road", video, author="Ada") as project:
        project.add_entity("object", frame=0)["box"][0] = (1, 2, 3, 4)
    return tmp_path / "road"


def test_info_and_exports_tell_what_a_check_found(folder: Path, tmp_path: Path) -> None:
    before = json.loads(run("info", folder, "--json").stdout)
    assert before["findings"] is None
    assert "not checked yet" in run("info", folder).stdout
    with Project.open(folder) as project:
        found = project.check_video()
    done = run("info", folder)
    assert done.returncode == 0
    assert "missing-frames" in done.stdout
    told = json.loads(run("info", folder, "--json").stdout)["findings"]
    assert told["frames"] == found.flagged()
    assert "missing-frames" in told["codes"]
    assert told["warnings"] + told["errors"] == len(told["codes"])
    assert not told["quick"]
    done = run("export", folder, "-o", tmp_path / "out.csv")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert "video_flags" in lines[1]
    assert f"{found.flagged()['missing_before']} missing_before" in lines[1]
    assert "missing_before" in (tmp_path / "out.csv").read_text()
    assert len(run("export", folder, "-o", tmp_path / "out.txt").stdout.splitlines()) == 1


async def test_the_server_checks_the_video_and_tells_its_pages(folder: Path) -> None:
    with Project.open(folder) as project:
        server = Server([project], check_videos=True)
        key = {"Authorization": f"Bearer {server.token}"}
        async with aiohttp.ClientSession(headers=key) as session:
            server.start()
            try:
                async with session.ws_connect(f"{server.address}/api/0/live") as live:
                    while project.findings() is None:
                        message = await asyncio.wait_for(live.receive_json(), 60)
                        assert message["type"] in ("hello", "findings")
                async with session.get(f"{server.address}/api/0/findings") as answer:
                    told: dict[str, Any] = await answer.json()
            finally:
                server.stop()
        found = project.findings()
    assert found is not None
    assert told["checked"]
    assert told["quick"]
    gap = next(item for item in told["items"] if item["code"] == "missing-frames")
    same = next(item for item in found.items if item.code == "missing-frames")
    assert [tuple(one) for one in gap["frames"]] == list(same.frames)
    assert gap["severity"] == "warning"
    assert told["flag_names"] == {str(bit): name for bit, name in found.flag_names.items()}


def test_without_a_check_the_server_says_so(folder: Path) -> None:
    with Project.open(folder) as project:
        server = Server([project])
        server.start()
        try:
            request = urllib.request.Request(
                f"{server.address}/api/0/findings",
                headers={"Authorization": f"Bearer {server.token}"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert json.load(answer) == {"checked": False}
        finally:
            server.stop()
        assert project.findings() is None
