"""The sockets: edits in, acknowledgements and changes out.

An edit is applied on the event loop itself: the journal's fsync takes a fraction of a
millisecond, less than a hop to a thread and back. ``saved`` is sent when `Project.apply` has
returned, that is when the edit is on disk; ``changed`` goes to every socket of the project,
whoever made the change.

``undo`` and ``redo`` name the newest edit of the author that the page knew of (``after``): they may
come late, from the queue of a tab that died, and are not to touch what was done since.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import OrderedDict, deque
from typing import Any, NamedTuple

import orjson
from aiohttp import WSCloseCode, WSMsgType, web
from reviewer.format import Change, EditError, ReviewerError
from reviewer.format.remap import RemapEdit

from .edits import MAX_ID, apply_message
from .fields import text_of
from .jsontext import to_json
from .session import ProjectSession

# Room for a mask of a 4K picture, or thousands of polygons, in one edit.
MAX_MESSAGE_BYTES = 8 << 20
MAX_SOCKETS = 64
# Changes waiting for a slow socket; beyond, it is told to fetch everything anew instead.
MAX_WAITING = 256
MAX_REMEMBERED_EDITS = 10_000
# Above this many changed entities the page reloads its list rather than being told each.
MAX_DESCRIBED = 500
HEARTBEAT_S = 20.0
# Whoever waits for an acknowledgement gets it before all pages are told of the change: that would
# take the processors away from the browser that is about to read it.
_GIVE_WAY_S = 0.002

log = logging.getLogger(__name__)


class _Done(NamedTuple):
    """How the project was when a message was done."""

    revision: int
    last: str | None  # the author's newest edit


class _Client:
    """One socket and what is waiting to be sent to it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        # The video was changed since the page was loaded: its frame numbers mean other frames.
        self.outdated = False

    def post(self, text: str) -> None:
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self._waiting.put_nowait('{"type":"reload"}')

    async def pump(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self.socket.send_str(await self._waiting.get())


class LiveHub:
    """All sockets of one project."""

    def __init__(self, session: ProjectSession, instance: str) -> None:
        self.session = session
        self._instance = instance
        self._clients: set[_Client] = set()
        # What this server acknowledged: what is sent again after a lost connection is answered
        # again, not done again.
        self._done: OrderedDict[str, _Done] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = -1
        self._news: deque[Change] = deque()
        self._unsubscribe: Any = None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._loop_thread = loop, threading.get_ident()
        self._unsubscribe = self.session.project.subscribe(self._on_change)

    async def close(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        closing = [
            client.socket.close(code=WSCloseCode.GOING_AWAY, message=b"server stopped")
            for client in self._clients
        ]
        if closing:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), 1.0)

    # out

    def announce(self, kind: str) -> None:
        """Tell every page of a message type without content. From any thread, also when closed."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._post_all, f'{{"type":"{kind}"}}')

    def _post_all(self, text: str) -> None:
        for client in self._clients:
            client.post(text)

    def _on_change(self, change: Change) -> None:
        """Called by `Project` in whatever thread made the change, this one included."""
        assert self._loop is not None
        if isinstance(change.edit, RemapEdit):
            for client in tuple(self._clients):
                client.outdated = True
        self._news.append(change)
        if threading.get_ident() == self._loop_thread:
            self._loop.call_later(_GIVE_WAY_S, self._tell_news)
            return
        with contextlib.suppress(RuntimeError):  # the loop is closing: nobody is left to tell
            self._loop.call_soon_threadsafe(self._tell_news)

    def _tell_news(self) -> None:
        while self._news:
            self._broadcast(self._news.popleft())

    def _broadcast(self, change: Change) -> None:
        if not self._clients:
            return
        text = to_json(self._changed_message(change)).decode()
        for client in self._clients:
            client.post(text)
            if client.outdated:
                client.post('{"type":"renumbered"}')

    def _changed_message(self, change: Change) -> dict[str, Any]:
        project = self.session.project
        message: dict[str, Any] = {
            "type": "changed",
            "revision": change.revision,
            "frames": change.frames,
            "structure": change.structure,
            "undo": project.undo_label,
            "redo": project.redo_label,
            "last": project.last_edit_id,
        }
        if getattr(change.edit, "ontology", None):
            message["ontology"] = True
        if len(change.entities) > MAX_DESCRIBED:
            return message | {"entities": None}
        message["entities"] = sorted(change.entities)
        if change.structure:
            message["there"], message["gone"] = self.session.describe_entities(change.entities)
        return message

    # in

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if len(self._clients) >= MAX_SOCKETS:
            raise web.HTTPServiceUnavailable(text="Too many windows are open on this project.")
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=MAX_MESSAGE_BYTES, heartbeat=HEARTBEAT_S, timeout=2.0
        )
        await socket.prepare(request)
        client = _Client(socket)
        pump = asyncio.create_task(client.pump())
        project = self.session.project
        # Joined before the revision is read: a change in between is told twice, never lost.
        self._clients.add(client)
        try:
            hello = {
                "type": "hello",
                "revision": project.revision,
                "last": project.last_edit_id,
                "instance": self._instance,
            }
            await socket.send_str(orjson.dumps(hello).decode())
            async for received in socket:
                if received.type is WSMsgType.TEXT:
                    answer = self._answer(received.data, client.outdated)
                    await socket.send_str(to_json(answer).decode())
                elif received.type is WSMsgType.BINARY:
                    await socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
        except ConnectionError:
            pass
        finally:
            self._clients.discard(client)
            pump.cancel()
        return socket

    def _answer(self, text: str, outdated: bool = False) -> dict[str, Any]:
        identifier: str | None = None
        try:
            message = orjson.loads(text)
            if not isinstance(message, dict):
                raise EditError("The message is malformed: it is not an object.")
            identifier = message.get("id")
            if not isinstance(identifier, str) or not 0 < len(identifier) <= MAX_ID:
                identifier = None
                raise EditError("The message is malformed: it has no id.")
            if identifier not in self._done:
                if outdated:
                    raise EditError("The video was changed meanwhile: load the page again.")
                self._perform(message)
                self._remember(identifier)
            revision, last = self._done[identifier]
            return {"type": "saved", "id": identifier, "revision": revision, "last": last}
        except orjson.JSONDecodeError:
            reason = "The message is malformed: it is not JSON."
        except ReviewerError as error:
            reason = str(error)
        except OSError as error:
            reason = f"The change could not be written: {error.strerror or error}."
        except Exception:
            log.exception("an edit failed unexpectedly")
            reason = "The change failed for a reason of Reviewer's own; it was not saved."
        return {"type": "refused", "id": identifier, "reason": reason}

    def _perform(self, message: dict[str, Any]) -> None:
        project, identifier = self.session.project, message["id"]
        if project.has_edit(identifier):
            return  # in place already: the server was started anew before it could say so
        match message.get("type"):
            case "edit":
                apply_message(project, message)
            case "undo":
                if project.undo(edit_id=identifier, after=self._after(message)) is None:
                    raise EditError("There is nothing to undo.")
            case "redo":
                if project.redo(edit_id=identifier, after=self._after(message)) is None:
                    raise EditError("There is nothing to redo.")
            case _:
                raise EditError("The message is malformed: its type is unknown.")

    def _remember(self, identifier: str) -> None:
        project = self.session.project
        self._done[identifier] = _Done(project.revision, project.last_edit_id)
        if len(self._done) > MAX_REMEMBERED_EDITS:
            self._done.popitem(last=False)

    def _after(self, message: dict[str, Any]) -> str | None:
        if message.get("after") is None:
            return None
        after = text_of(message, "after", MAX_ID)
        if after in self._done and not self.session.project.has_edit(after):
            return self._done[after].last  # it asked for what was so already, and made no edit
        return after
