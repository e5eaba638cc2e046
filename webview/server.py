"""The local server: the page's files, the projects' data and the live sockets, on one port."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import errno
import hashlib
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from urllib.parse import urlencode

from aiohttp import web
from reviewer.format import Project, ReviewerError

from .api import Api, answer_errors
from .assets import Assets
from .checking import BackgroundCheck
from .live import LiveHub
from .security import Guard, add_headers, new_token
from .session import ProjectSession

MAX_BODY_BYTES = 64 << 10
# Below those that systems give to outgoing connections.
OWN_PORTS = range(20_000, 30_000)
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
    ) -> None:
        self.projects = list(projects)
        self.host = host
        self.port = port
        self.token = token or new_token()
        self._check_videos = check_videos
        self._runner: web.AppRunner | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def address(self) -> str:
        """``http://host:port`` of the listening server, without the key."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(self.host, self.host)
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        return f"http://{host}:{self.port}"

    @property
    def url(self) -> str:
        """The link to open in a browser; it carries the key, in the part that is never sent."""
        fields = {"token": self.token}
        if len(self.projects) == 1:
            fields["project"] = "0"
        return f"{self.address}/#{urlencode(fields)}"

    async def open(self) -> str:
        """Listen. Returns `url`. ReviewerError when the address cannot be had."""
        listening = self._listen()
        self.port = listening.getsockname()[1]
        app = create_app(self.projects, self.token, self.host, check_videos=self._check_videos)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        self._runner = runner
        return self.url

    def _listen(self) -> socket.socket:
        if self.port == 0 and self.projects:
            with contextlib.suppress(ReviewerError):
                return _listen(self.host, own_port(self.projects[0]))
        return _listen(self.host, self.port)

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


def own_port(project: Project) -> int:
    """The port that a folder gets, while it is free, where any will do. Browsers keep a page's
    storage for each host and port: behind the same one, a page finds the edits again that it could
    not send before the server ended."""
    digest = hashlib.blake2b(os.fsencode(project.path), digest_size=8).digest()
    return OWN_PORTS[int.from_bytes(digest) % len(OWN_PORTS)]


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


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made here so that the port is known and an error is one sentence."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
    except (OSError, OverflowError) as error:
        raise ReviewerError(
            f"Cannot listen on {host}:{port}: {error}; check --host and --port."
        ) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        code = getattr(error, "errno", None)
        if code == errno.EADDRINUSE:
            raise ReviewerError(
                f"Port {port} of {host} is in use by another program; "
                "choose another with --port, or --port 0 for any free one."
            ) from None
        if code == errno.EACCES:
            raise ReviewerError(
                f"Port {port} of {host} may not be used without more rights; "
                "choose one above 1023 with --port."
            ) from None
        raise ReviewerError(
            f"Cannot listen on {host}:{port}: {error}; check --host and --port."
        ) from None
    return listening
