"""The local server: the page's files, the projects' data and the live sockets, on one port."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import secrets
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web
from reviewer.format import Project

from .api import Api, answer_errors
from .assets import Assets
from .checking import BackgroundCheck
from .listening import Listening, address, link, listen, new_token
from .live import LiveHub
from .security import Guard, add_headers
from .session import ProjectSession

MAX_BODY_BYTES = 64 << 10
SHUTDOWN_S = 2.0

log = logging.getLogger(__name__)


def create_app(
    projects: Sequence[Project], token: str, host: str = "127.0.0.1", *, check_videos: bool = False
) -> web.Application:
    """The application over open projects, addressed by their position. It closes none of them.
    With ``check_videos`` those whose video was never checked are, quickly, in the background."""
    guard = Guard(token, host)
    assets = Assets()
    sessions = [ProjectSession(project) for project in projects]
    instance = secrets.token_hex(8)
    hubs = [LiveHub(session, instance) for session in sessions]
    api = Api(guard, sessions, hubs)

    app = web.Application(
        middlewares=[answer_errors, guard.middleware], client_max_size=MAX_BODY_BYTES
    )
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/", assets.index)
    app.router.add_get("/static/{name:.+}", assets.file)
    api.add_routes(app.router)

    async def live(_: web.Application) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        for hub in hubs:
            hub.open(loop)
        heard = [
            hub.session.project.reviews.subscribe(lambda ids, hub=hub: hub.announce("reviews"))
            for hub in hubs
        ]
        checking = BackgroundCheck(hubs if check_videos else [])
        checking.start()
        yield
        checking.stop()
        for stop_hearing in heard:
            stop_hearing()

    async def hang_up(_: web.Application) -> None:
        for hub in hubs:
            await hub.close()
        api.close()

    app.cleanup_ctx.append(live)
    # On shutdown, not on clean-up: aiohttp waits for open requests in between, sockets included.
    app.on_shutdown.append(hang_up)
    return app


class Server:
    """A server for open projects: `open`/`close` in a running loop, `start`/`stop` in a thread.
    Port 0 takes a free one, the first project's own if it can be had."""

    def __init__(
        self,
        projects: Sequence[Project],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        check_videos: bool = False,
        listening: Listening | None = None,
    ) -> None:
        """With ``listening`` that is where it listens."""
        self.projects = list(projects)
        self.host = listening.host if listening else host
        self.port = listening.port if listening else port
        self.token = listening.token if listening else token or new_token()
        self._listening = listening
        self._check_videos = check_videos
        self._runner: web.AppRunner | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def address(self) -> str:
        """``http://host:port`` of the listening server, without the key."""
        return address(self.host, self.port)

    @property
    def url(self) -> str:
        """The link to open in a browser."""
        return link(self.host, self.port, self.token, len(self.projects))

    async def open(self) -> str:
        """Listen. Returns `url`. ReviewerError when the address cannot be had."""
        first = self.projects[0].path if self.projects else None
        listening = self._listening or listen(self.host, self.port, self.token, first)
        self._listening, self.port = None, listening.port
        app = create_app(self.projects, self.token, self.host, check_videos=self._check_videos)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        await web.SockSite(runner, listening.socket).start()
        self._runner = runner
        return self.url

    async def close(self) -> None:
        """Say goodbye to the sockets and stop listening. The projects stay open."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    def start(self) -> str:
        """Run in a thread of its own. Returns `url` when it listens; raises as `open` does."""
        ready: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="reviewer-server", daemon=True
        )
        self._thread.start()
        return ready.result()

    def stop(self) -> None:
        """Stop the thread; returns when it has ended. Harmless when it does not run."""
        thread, self._thread = self._thread, None
        loop = self._loop
        if thread is None or loop is None:
            return
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def _run(self, ready: concurrent.futures.Future[str]) -> None:
        loop = asyncio.new_event_loop()
        self._loop = loop
        try:
            ready.set_result(loop.run_until_complete(self.open()))
            loop.run_forever()
            loop.run_until_complete(self.close())
        except BaseException as error:
            if ready.done():
                log.exception("the server ended unexpectedly")
            else:
                ready.set_exception(error)
        finally:
            with contextlib.suppress(Exception):
                loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


async def serve(
    projects: Sequence[Project],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    ready: Callable[[str], None] | None = None,
    check_videos: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM (or cancellation). ``ready(url)`` is called once it listens.

    The caller opens the projects before and closes them after.
    """
    server = Server(projects, host=host, port=port, token=token, check_videos=check_videos)
    url = await server.open()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    handled = []
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not on Windows, nor outside the main thread: there, KeyboardInterrupt cancels us.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stopped.set)
            handled.append(number)
    try:
        if ready is not None:
            ready(url)
        await stopped.wait()
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
        await server.close()
