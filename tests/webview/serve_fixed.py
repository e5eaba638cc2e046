"""A serving process that can be killed and started again behind the same link:
``python -m tests.webview.serve_fixed FOLDER TOKEN PORT`` prints
its port (0: any)."""

from __future__ import annotations

import asyncio
import sys

from reviewer.webview.server import Server

from reviewer import Project


async def main(folder: str, token: str, port: str) -> None:
    server = Server([Project.open(folder, author="Ada")], token=token, port=int(port))
    await server.open()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
