"""A share that stalls holds up pictures only, and not for ever."""

from __future__ import annotations

import threading

import aiohttp
import pytest
from reviewer.format.video import Video
from reviewer.webview import api

from .conftest import Site


async def test_a_stalled_file_is_answered_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "VIDEO_TIMEOUT_S", 0.3)
    stalled = threading.Event()
    monkeypatch.setattr(Video, "still", lambda *_: stalled.wait(60))
    try:
        async with aiohttp.ClientSession(site.server.address, headers=site.bearer) as session:
            for _ in range(3):  # more than there are threads for it
                async with session.get("/api/0/still/5.jpg") as answer:
                    assert answer.status == 404
                    assert "did not answer" in (await answer.json())["error"]
            async with session.get("/api/0/state") as answer:
                assert answer.status == 200
                assert (await answer.json())["author"] == "Ada"
    finally:
        stalled.set()
