"""The HTTP routes. Whatever may take long runs in a thread, so that edits never wait for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson
from aiohttp import web
from reviewer.format import EditError, ProjectError, ReviewerError, VideoError
from reviewer.format.sound import sound_file, sound_track

from . import reviews
from .details import describe
from .jsontext import to_json
from .live import LiveHub
from .security import Guard, Handler
from .session import MAX_STILL_WIDTH, ProjectSession
from .timelines import MAX_LANES

# Decoding the last frame of a long GOP at 4K takes a few seconds on a slow machine.
VIDEO_TIMEOUT_S = 30.0

log = logging.getLogger(__name__)
T = TypeVar("T")


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure is one JSON sentence, and none is a traceback."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _refuse(error.status, _SENTENCES.get(error.status, error.reason))
    except VideoError as error:
        return _refuse(404, str(error))
    except (ProjectError, EditError) as error:
        return _refuse(404, str(error))
    except ReviewerError as error:
        return _refuse(400, str(error))
    except ConnectionError:
        raise
    except Exception:
        log.exception("a request failed unexpectedly")
        return _refuse(500, "Reviewer failed to answer; its log says why.")


_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is too large.",
}


def _refuse(status: int, sentence: str) -> web.Response:
    return _json({"error": sentence}, status)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=to_json(value), status=status, content_type="application/json")


def _binary(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/octet-stream")


def _number(text: str | None, name: str) -> int:
    # isascii: int() would take other scripts' digits and underscores.
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ReviewerError(f"The address is malformed: {name} must be a whole number.")
    return int(text)


class Api:
    """The handlers under ``/api``."""

    def __init__(self, guard: Guard, sessions: list[ProjectSession], hubs: list[LiveHub]) -> None:
        self._guard = guard
        self._sessions = sessions
        self._hubs = hubs
        # Apart, so that a seek through a 4K video does not hold up the shapes of a frame.
        self._engine = ThreadPoolExecutor(1, thread_name_prefix="reviewer-engine")
        self._video = ThreadPoolExecutor(2, thread_name_prefix="reviewer-video")
        # What is nice to have must not wait in line before what is looked at.
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="reviewer-aside")
        # Apart again: taking the sound out of an hour of video is the work of a minute.
        self._sounds = ThreadPoolExecutor(1, thread_name_prefix="reviewer-sound")
        # Apart once more: looking for problems of a large project takes seconds.
        self._checks = ThreadPoolExecutor(2, thread_name_prefix="reviewer-checks")
        self._stopping = threading.Event()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/api/login", self.login)
        router.add_get("/api/projects", self.projects)
        project = r"/api/{project:\d{1,6}}"
        router.add_get(project + "/state", self.state)
        router.add_get(project + "/window", self.window)
        router.add_get(project + "/timeline/{entity}", self.timeline)
        router.add_get(project + "/references/{entity}", self.references)
        router.add_get(project + "/lives", self.lives)
        router.add_get(project + "/entity/{entity}", self.entity)
        router.add_get(project + "/lanes", self.lanes)
        router.add_get(project + "/overview", self.overview)
        router.add_get(project + "/findings", self.findings)
        router.add_get(project + "/times", self.times)
        router.add_get(project + "/units", self.units)
        router.add_get(project + r"/unit/{unit:\d{1,10}}", self.unit)
        router.add_get(project + "/proxy", self.proxy)
        router.add_get(project + r"/proxy/unit/{unit:\d{1,10}}", self.proxy_unit)
        router.add_get(project + r"/still/{frame:\d{1,10}}.jpg", self.still)
        router.add_get(project + "/sound", self.sound)
        router.add_get(project + "/sound/track", self.sound_track)
        router.add_get(project + r"/thumbnail/{frame:\d{1,10}}.jpg", self.thumbnail)
        router.add_get(project + "/reviews", self.reviews)
        router.add_post(project + "/reviews", self.say)
        router.add_get(project + "/problems", self.problems)
        router.add_post(project + "/problems", self.mend)
        router.add_get(project + "/live", self.live)

    def close(self) -> None:
        self._engine.shutdown(wait=False, cancel_futures=True)
        self._video.shutdown(wait=False, cancel_futures=True)
        self._checks.shutdown(wait=False, cancel_futures=True)
        self._stopping.set()
        self._sounds.shutdown(wait=True, cancel_futures=True)
        self._aside.shutdown(wait=True, cancel_futures=True)
        for session in self._sessions:
            session.thumbnails.close()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)

    async def _of_video(self, work: Callable[..., T], *arguments: Any) -> T:
        """What reads the video's file, which may lie on a share that does not answer."""
        try:
            return await asyncio.wait_for(self._in(self._video, work, *arguments), VIDEO_TIMEOUT_S)
        except TimeoutError:
            raise VideoError(
                f"The video's file did not answer for {VIDEO_TIMEOUT_S:g} seconds: check the disk "
                "or the network share it is on. Annotations can be edited meanwhile."
            ) from None

    def _session(self, request: web.Request) -> ProjectSession:
        number = int(request.match_info["project"])
        if number >= len(self._sessions):
            raise ProjectError(f"This server has no project {number}.")
        return self._sessions[number]

    async def login(self, request: web.Request) -> web.Response:
        try:
            token = orjson.loads(await request.read())["token"]
            accepted = isinstance(token, str) and self._guard.token_matches(token)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            accepted = False
        if not accepted:
            return _refuse(401, "This link's key is not valid for the server that now runs here.")
        response = _json({"ok": True})
        self._guard.log_in(request, response)
        return response

    async def projects(self, request: web.Request) -> web.Response:
        return _json([session.summary(i) for i, session in enumerate(self._sessions)])

    async def state(self, request: web.Request) -> web.Response:
        session = self._session(request)
        number = int(request.match_info["project"])
        return _json(await self._in(self._engine, session.state, number))

    async def window(self, request: web.Request) -> web.Response:
        first = _number(request.query.get("first"), "first")
        stop = _number(request.query.get("stop"), "stop")
        session = self._session(request)
        return _binary(await self._in(self._engine, session.window, first, stop))

    async def timeline(self, request: web.Request) -> web.Response:
        timelines = self._session(request).timelines
        entity = request.match_info["entity"]
        return _json(await self._in(self._engine, timelines.entity, entity))

    async def references(self, request: web.Request) -> web.Response:
        timelines = self._session(request).timelines
        entity = request.match_info["entity"]
        return _json(await self._in(self._engine, timelines.references, entity))

    async def lives(self, request: web.Request) -> web.Response:
        return _binary(await self._in(self._engine, self._session(request).timelines.lives))

    async def entity(self, request: web.Request) -> web.Response:
        frame = _number(request.query.get("frame"), "frame")
        session = self._session(request)
        entity = request.match_info["entity"]
        return _json(await self._in(self._engine, describe, session.project, entity, frame))

    async def lanes(self, request: web.Request) -> web.Response:
        first = _number(request.query.get("first"), "first")
        stop = _number(request.query.get("stop"), "stop")
        bins = _number(request.query.get("bins", "2048"), "bins")
        asked = request.query.get("entities", "").split(",", MAX_LANES)[:MAX_LANES]
        numbers = [_number(text, "entities") for text in asked if text]
        lanes = self._session(request).timelines.lanes
        return _binary(await self._in(self._engine, lanes, first, stop, bins, numbers))

    async def overview(self, request: web.Request) -> web.Response:
        bins = _number(request.query.get("bins", "1024"), "bins")
        timelines = self._session(request).timelines
        return _binary(await self._in(self._engine, timelines.overview, bins))

    async def findings(self, request: web.Request) -> web.Response:
        return _json(await self._in(self._engine, self._session(request).findings))

    async def times(self, request: web.Request) -> web.Response:
        return _binary(await self._in(self._engine, self._session(request).times))

    async def units(self, request: web.Request) -> web.Response:
        return _binary(await self._of_video(self._session(request).units))

    async def unit(self, request: web.Request) -> web.Response:
        number = int(request.match_info["unit"])
        return _binary(await self._of_video(self._session(request).unit, number))

    async def proxy(self, request: web.Request) -> web.Response:
        return _json(await self._of_video(self._session(request).proxy))

    async def proxy_unit(self, request: web.Request) -> web.Response:
        number = int(request.match_info["unit"])
        return _binary(await self._of_video(self._session(request).proxy_unit, number))

    async def still(self, request: web.Request) -> web.Response:
        frame = int(request.match_info["frame"])
        given = request.query.get("w")
        width = min(max(_number(given, "w"), 16), MAX_STILL_WIDTH) if given else None
        still = await self._of_video(self._session(request).still, frame, width)
        # The page marks a picture that is damaged, or that of another frame.
        headers = {"Reviewer-Shown": str(still.shown)} if still.damaged else {}
        return web.Response(body=still.jpeg, content_type="image/jpeg", headers=headers)

    async def thumbnail(self, request: web.Request) -> web.Response:
        width = _number(request.query.get("w", "96"), "w")
        get = self._session(request).thumbnails.get
        body = await self._in(self._aside, get, int(request.match_info["frame"]), width)
        return web.Response(body=body, content_type="image/jpeg")

    async def sound(self, request: web.Request) -> web.Response:
        project = self._session(request).project
        track = await self._in(self._aside, sound_track, project)
        if track is None:
            return _json({"available": False})
        _, media_type = track.form()
        codecs = '; codecs="mp4a.40.2"' if track.codec == "aac" else ""
        described = {"offset": track.offset_s, "type": media_type + codecs}
        return _json({"available": True, **described})

    async def sound_track(self, request: web.Request) -> web.StreamResponse:
        project = self._session(request).project
        opus = request.query.get("as") == "opus"
        found = await self._in(self._sounds, sound_file, project, opus, self._stopping)
        return web.FileResponse(found.path, headers={"Content-Type": found.media_type})

    async def reviews(self, request: web.Request) -> web.Response:
        project = self._session(request).project
        return _json(await self._in(self._checks, reviews.reviews, project))

    async def say(self, request: web.Request) -> web.Response:
        project, message = self._session(request).project, await reviews.message_of(request)
        return _json(await self._in(self._checks, reviews.say, project, message))

    async def problems(self, request: web.Request) -> web.Response:
        project = self._session(request).project
        return _json(await self._in(self._checks, reviews.problems, project))

    async def mend(self, request: web.Request) -> web.Response:
        project, message = self._session(request).project, await reviews.message_of(request)
        return _json(await self._in(self._checks, reviews.mend, project, message))

    async def live(self, request: web.Request) -> web.StreamResponse:
        self._session(request)
        return await self._hubs[int(request.match_info["project"])].handle(request)
