"""Who may talk to the server: the token, the session cookie, Host and Origin, and the headers.

The threat is a hostile page in the same browser, and other users of the same machine:

- Without the token (URL fragment, never sent in a URL) there is no data.
- A name that an attacker's DNS points at 127.0.0.1 is refused by its Host header.
- A page of another origin, another port of this machine included, is refused by Origin and
  Sec-Fetch-Site; cookies alone would not do, as they are shared between the ports of a host.
- What reaches the page can run no script but ours (`CONTENT_SECURITY_POLICY`).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
}

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
PUBLIC_API = frozenset({"/api/login"})


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class Guard:
    """The checks of one server; `middleware` applies them to every request, WebSockets included."""

    def __init__(self, token: str, host: str = "127.0.0.1") -> None:
        if len(token) < 16:
            raise ValueError("the token must have at least 16 characters")
        self._token = token
        # Derived, so that the cookie never holds the token and needs no table of sessions.
        self._session = hmac.new(token.encode(), b"session cookie", hashlib.sha256).hexdigest()
        self._names = LOOPBACK_NAMES | ({host.lower()} if host else set())

    def token_matches(self, token: str) -> bool:
        return _same(token, self._token)

    def cookie_name(self, request: web.Request) -> str:
        """Named with the port: browsers share cookies between the servers of one host."""
        sockname = request.transport.get_extra_info("sockname") if request.transport else None
        return f"reviewer_session_{sockname[1] if sockname else 0}"

    def log_in(self, request: web.Request, response: web.StreamResponse) -> None:
        response.set_cookie(
            self.cookie_name(request), self._session, httponly=True, samesite="Strict", path="/"
        )

    def host_allowed(self, request: web.Request) -> bool:
        """Only names that nobody else's DNS can point here: loopback, ours, the address itself.

        The port is left out: through an SSH tunnel it is another one, and it proves nothing.
        """
        host = _host_name(request.headers.get("Host", ""))
        if host is None:
            return False
        if host in self._names:
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        sockname = request.transport.get_extra_info("sockname") if request.transport else None
        return bool(sockname) and host == sockname[0]

    def origin_allowed(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc == request.headers.get("Host")

    def authenticated(self, request: web.Request) -> bool:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.token_matches(credentials.strip())
        cookie = request.cookies.get(self.cookie_name(request))
        if cookie is None or not _same(cookie, self._session):
            return False
        # A browser always names the origin of a WebSocket; without one, a cookie proves nothing.
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        return not upgrade or "Origin" in request.headers

    def refusal(self, request: web.Request) -> tuple[int, str] | None:
        """Status and sentence when the request must not be served, else None."""
        if not self.host_allowed(request):
            return 403, "This server answers only to its own address."
        if not self.origin_allowed(request):
            return 403, "Another site asked for this; only Reviewer's own page may."
        if request.path.startswith("/api/"):
            if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
                return 403, "Another site asked for this; only Reviewer's own page may."
            if request.path not in PUBLIC_API and not self.authenticated(request):
                return 401, "Open the link that Reviewer printed: it carries the key."
        return None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self.refusal(request)
        if refused is not None:
            status, sentence = refused
            return web.json_response({"error": sentence}, status=status)
        return await handler(request)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """``on_response_prepare``: every response carries them, errors and refusals too."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "reviewer"


def _host_name(header: str) -> str | None:
    """The name in a Host header, lower case, without port and brackets; None when malformed."""
    try:
        name = urlsplit(f"//{header}").hostname
    except ValueError:
        return None
    if not name or any(c in header for c in "/@?#\\ "):
        return None
    return name
