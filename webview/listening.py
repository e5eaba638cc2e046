"""Where the server listens, and the link to it. Known before the server is loaded: who connects
meanwhile waits in the socket's queue."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from reviewer.format import ReviewerError

# Below those that systems give to outgoing connections.
OWN_PORTS = range(20_000, 30_000)


def new_token() -> str:
    """A token of 256 bits for one run of the server."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Listening:
    """A listening socket and the key to what will be behind it."""

    host: str
    socket: socket.socket
    token: str

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def close(self) -> None:
        self.socket.close()


def address(host: str, port: int) -> str:
    """``http://host:port`` of a listening server, without the key."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{port}"


def link(host: str, port: int, token: str, projects: int = 1) -> str:
    """What to open in a browser; it carries the key, in the part that is never sent."""
    fields = {"token": token}
    if projects == 1:
        fields["project"] = "0"
    return f"{address(host, port)}/#{urlencode(fields)}"


def listen(
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    folder: Path | None = None,
) -> Listening:
    """Listen there. Port 0 is any free one: the own port of ``folder`` if it can be had.
    ReviewerError says in a sentence why it cannot be."""
    if port == 0 and folder is not None:
        with contextlib.suppress(ReviewerError):
            return Listening(host, _listen(host, own_port(folder)), token or new_token())
    return Listening(host, _listen(host, port), token or new_token())


def own_port(folder: Path) -> int:
    """The port that a project's folder gets, while it is free, where any will do. Browsers keep a
    page's storage for each host and port: behind the same one, a page finds the edits again that
    it could not send before the server ended."""
    digest = hashlib.blake2b(os.fsencode(folder), digest_size=8).digest()
    return OWN_PORTS[int.from_bytes(digest) % len(OWN_PORTS)]


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
