"""A server of pictures only, to drive the page's modules without the rest of the page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from aiohttp import web
from reviewer.format.video import Video
from reviewer.webview import protocol

STATIC = Path(__file__).resolve().parents[2] / "webview" / "static"
BLANK = "<!doctype html><meta charset=utf-8><body style='margin:0;background:#333'></body>"


class PictureServer:
    """Serves ``/static``, an empty page at ``/``, and each video below ``/<name>``.

    ``requests`` lists what was asked for, in order.
    """

    def __init__(self, videos: Mapping[str, Video], folders: Mapping[str, Path] | None = None):
        self.videos = dict(videos)
        self.requests: list[str] = []
        self.findings: dict[str, Any] = {}
        self._folders = {"static": STATIC, **(folders or {})}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""

    def __enter__(self) -> PictureServer:
        self._thread.start()
        self.url = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _open(self) -> str:
        app = web.Application()
        for name, folder in self._folders.items():
            app.router.add_static(f"/{name}", folder)
        app.router.add_get("/", self._blank)
        app.router.add_get("/{video}/file", self._file)
        app.router.add_get("/{video}/video", self._video)
        app.router.add_get("/{video}/times", self._times)
        app.router.add_get("/{video}/units", self._units)
        app.router.add_get("/{video}/unit/{number}", self._unit)
        app.router.add_get("/{video}/proxy", self._proxy)
        app.router.add_get("/{video}/proxy/unit/{number}", self._proxy_unit)
        app.router.add_get("/{video}/findings", self._findings)
        app.router.add_get("/{video}/still/{number}.jpg", self._still)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{port}"

    def _of(self, request: web.Request) -> Video:
        self.requests.append(request.path)
        video = self.videos.get(request.match_info["video"])
        if video is None:
            raise web.HTTPNotFound
        return video

    async def _blank(self, request: web.Request) -> web.Response:
        return web.Response(text=BLANK, content_type="text/html")

    async def _file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(self._of(request).path)

    async def _video(self, request: web.Request) -> web.Response:
        video = self._of(request)
        info = {
            "frame_count": len(video),
            "width": video.width,
            "height": video.height,
            "decoder_config": video.decoder_config,
        }
        return web.Response(body=orjson.dumps(info), content_type="application/json")

    async def _times(self, request: web.Request) -> web.Response:
        video = self._of(request)
        seconds = (video.pts - video.pts[0]) * float(video.time_base)
        return web.Response(body=protocol.encode_times(seconds))

    async def _units(self, request: web.Request) -> web.Response:
        units = self._of(request).units
        return web.Response(body=protocol.encode_units(units.first_frame, units.frame_count))

    async def _unit(self, request: web.Request) -> web.Response:
        video = self._of(request)
        unit = await asyncio.to_thread(video.unit, int(request.match_info["number"]))
        body = protocol.encode_unit(unit.frames, unit.keys, unit.sizes, unit.data)
        return web.Response(body=body)

    async def _proxy(self, request: web.Request) -> web.Response:
        config = await asyncio.to_thread(lambda: self._of(request).proxy_config)
        return web.Response(body=orjson.dumps(config), content_type="application/json")

    async def _proxy_unit(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        unit = await asyncio.to_thread(self._of(request).proxy_block, number)
        body = protocol.encode_unit(unit.frames, unit.keys, unit.sizes, unit.data)
        return web.Response(body=body)

    async def _findings(self, request: web.Request) -> web.Response:
        found = self.findings.get(request.match_info["video"], {"checked": False})
        return web.Response(body=orjson.dumps(found), content_type="application/json")

    async def _still(self, request: web.Request) -> web.Response:
        video = self._of(request)
        still = await asyncio.to_thread(video.still, int(request.match_info["number"]))
        headers = {"Reviewer-Shown": str(still.shown)} if still.damaged else {}
        return web.Response(body=still.jpeg, content_type="image/jpeg", headers=headers)
