"""The page's files, read once: a request names a key of a table, never a path on the disk."""

from __future__ import annotations

import hashlib
import posixpath
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

CONTENT_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
}

# Static imports and re-exports of our own modules, which are always relative.
_IMPORT = re.compile(
    r"""^\s*(?:import|export|\})[^'"`;]*?['"](\.{1,2}/[^'"]+\.js)['"]""", re.MULTILINE
)


class Assets:
    """Serves the files of ``static/`` from memory, with entity tags so that reloads are cheap."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, str, str]] = {}
        self._collect(files(__package__) / "static", "")
        self._preload("index.html", "app.js")

    def _collect(self, folder: Traversable, prefix: str) -> None:
        for entry in folder.iterdir():
            if entry.is_dir():
                self._collect(entry, f"{prefix}{entry.name}/")
                continue
            content_type = CONTENT_TYPES.get("." + entry.name.rpartition(".")[2])
            if content_type is not None:
                self._put(prefix + entry.name, entry.read_bytes(), content_type)

    def _preload(self, page: str, start: str) -> None:
        """Name in the page every module that its first one leads to: the browser then asks for all
        at once, instead of finding out level by level."""
        found = dict.fromkeys([start])
        waiting = [start]
        while waiting:
            name = waiting.pop()
            for target in _IMPORT.findall(self._files[name][0].decode()):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
                if module in self._files and module not in found:
                    found[module] = None
                    waiting.append(module)
        links = "".join(f'<link rel="modulepreload" href="/static/{name}">\n' for name in found)
        body, content_type, _ = self._files[page]
        self._put(page, body.replace(b"</head>", links.encode() + b"</head>"), content_type)

    def _put(self, name: str, body: bytes, content_type: str) -> None:
        etag = hashlib.blake2b(body, digest_size=12).hexdigest()
        self._files[name] = (body, content_type, f'"{etag}"')

    async def index(self, request: web.Request) -> web.Response:
        return self._respond(request, "index.html")

    async def file(self, request: web.Request) -> web.Response:
        return self._respond(request, request.match_info["name"])

    def _respond(self, request: web.Request, name: str) -> web.Response:
        entry = self._files.get(name)
        if entry is None:
            raise web.HTTPNotFound
        body, content_type, etag = entry
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)
