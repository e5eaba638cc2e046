"""Where the server listens, and the link to it. Known before the server is loaded: who connects
meanwhile waits in the socket's queue."""

from __future__ import annotations

import errno
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import urlencode

from reviewer.format import ReviewerError


def new_token() -> str:
    """A token of 256 bits for one run of the server."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Door:
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


def open_door(host: str = "127.0.0.1", port: int = 0, token: str | None = None) -> Door:
    """Listen there, 0 being any free port. ReviewerError says in a sentence why it cannot be."""
    return Door(host, _listen(host, port), token or new_token())


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
