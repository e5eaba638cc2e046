"""What a hostile page, another program or another user may try against the server."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from playwright.async_api import expect
from reviewer.webview.live import MAX_MESSAGE_BYTES
from reviewer.webview.security import Guard
from reviewer.webview.server import Server, serve

from reviewer import Project, ReviewerError

from .conftest import OpenWindow, Site

DATA = [
    "/api/projects",
    "/api/0/state",
    "/api/0/times",
    "/api/0/units",
    "/api/0/unit/0",
    "/api/0/still/0.jpg",
    "/api/0/window?first=0&stop=1",
    "/api/0/overview",
    "/api/0/lives",
    "/api/0/lanes?first=0&stop=9&entities=0",
    "/api/0/references/x",
    "/api/0/sound",
    "/api/0/sound/track",
    "/api/0/thumbnail/0.jpg",
    "/api/0/timeline/x",
    "/api/0/entity/x?frame=0",
    "/api/0/live",
    "/api/nothing",
]


async def get(site: Site, path: str, **headers: str) -> tuple[int, bytes, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(site.server.address + path, headers=headers) as response,
    ):
        return response.status, await response.read(), response.headers


async def raw(site: Site, request: bytes) -> bytes:
    """Bytes as an attacker may send them, without a client that tidies them up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
    writer.write(request)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(65536), 5)
    finally:
        writer.close()


@pytest.mark.parametrize("path", DATA)
async def test_without_the_key_there_is_no_data(site: Site, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "reviewer_session=x"}):
        status, body, _ = await get(site, path, **headers)
        assert status == 401
        assert set(orjson.loads(body)) == {"error"}


async def test_the_key_in_the_url_opens_nothing(site: Site) -> None:
    status, _, _ = await get(site, f"/api/0/state?token={site.server.token}")
    assert status == 401


async def test_the_bearer_key_opens(site: Site) -> None:
    status, body, _ = await get(site, "/api/0/state", **site.bearer)
    assert status == 200
    assert orjson.loads(body)["name"] == "match"


async def test_login_gives_a_strict_cookie_named_with_the_port(site: Site) -> None:
    address = site.server.address
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.post(f"{address}/api/login", json={"token": "x" * 43}) as refused:
            assert refused.status == 401
            assert "Set-Cookie" not in refused.headers
        async with session.post(f"{address}/api/login", json={"token": site.server.token}) as good:
            cookie = good.headers["Set-Cookie"]
        assert cookie.startswith(f"reviewer_session_{site.server.port}=")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert site.server.token not in cookie
        async with session.get(f"{address}/api/0/state") as response:
            assert response.status == 200
        # A socket says where it comes from; with a cookie alone it might be anyone's.
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"{address}/api/0/live")
        assert refusal.value.status == 401
        async with session.ws_connect(f"{address}/api/0/live", origin=address) as live:
            assert (await live.receive_json())["type"] == "hello"


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'{"token": 3}', b'{"token": null}'])
async def test_a_malformed_login_is_refused(site: Site, body: bytes) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{site.server.address}/api/login", data=body) as response,
    ):
        assert response.status == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.7", "[::2]", "a@b"],
)
@pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/0/state", "/api/0/live"])
async def test_a_name_that_is_not_ours_is_refused(site: Site, host: str, path: str) -> None:
    headers = {**site.bearer, "Host": host}
    status, _, _ = await get(site, path, **headers)
    assert status == 403


async def test_no_host_at_all_is_refused(site: Site) -> None:
    answer = await raw(site, b"GET /api/projects HTTP/1.0\r\n\r\n")
    assert answer.split(b" ")[1] in (b"400", b"403")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:9000"])
async def test_names_of_this_machine_are_taken_whatever_the_port(site: Site, host: str) -> None:
    status, _, _ = await get(site, "/api/projects", **site.bearer, Host=host)
    assert status == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://127.0.0.1:1", "http://localhost:{port}", "null", "file://"],
)
async def test_another_origin_is_refused_on_sockets_too(site: Site, origin: str) -> None:
    origin = origin.format(port=site.server.port)  # localhost is another origin than 127.0.0.1
    status, _, _ = await get(site, "/api/0/state", **site.bearer, Origin=origin)
    assert status == 403
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(
                f"{site.server.address}/api/0/live", headers=site.bearer, origin=origin
            )
    assert refusal.value.status == 403


@pytest.mark.parametrize("kind", ["cross-site", "same-site"])
async def test_a_subresource_of_another_site_is_refused(site: Site, kind: str) -> None:
    headers = {**site.bearer, "Sec-Fetch-Site": kind}
    status, _, _ = await get(site, "/api/0/still/0.jpg", **headers)
    assert status == 403


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/0/state", "/api/nothing", "/x"])
async def test_every_answer_carries_the_protective_headers(site: Site, path: str) -> None:
    _, _, headers = await get(site, path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    # WebAssembly of our own may be compiled; neither text as code nor code in the markup may run.
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/static/..%5cserver.py",
        "/static/state/../../security.py",
        "/static/app.js%00.css",
        "/api/0/timeline/..%2f..%2fontology.json",
        "/api/0/entity/..%2f..%2fontology.json?frame=0",
        "/api/0/entity/%2e%2e%2fvideo.json?frame=0",
        "/api/1/state",
        "/api/999999/state",
        "/api/0/unit/99999",
        "/api/0/still/99999.jpg",
    ],
)
async def test_nothing_outside_is_reached(site: Site, path: str) -> None:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.server.port}\r\n"
        f"Authorization: Bearer {site.server.token}\r\nConnection: close\r\n\r\n"
    )
    answer = await raw(site, request.encode())
    assert answer.split(b" ")[1] in (b"400", b"404"), answer[:200]
    assert b"Traceback" not in answer
    assert b"def " not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize(
    "query",
    ["", "first=0", "first=-1&stop=4", "first=a&stop=b", "first=0&stop=1e9", "first=９&stop=9"],
)
async def test_malformed_windows_are_refused(site: Site, query: str) -> None:
    status, body, _ = await get(site, f"/api/0/window?{query}", **site.bearer)
    assert status == 400
    assert "must be a whole number" in orjson.loads(body)["error"]


async def test_a_window_is_bounded(site: Site) -> None:
    from reviewer.webview import protocol

    status, body, _ = await get(site, "/api/0/window?first=80&stop=4000000000", **site.bearer)
    assert status == 200
    assert protocol.decode(body, protocol.WINDOW).header["frames"] == 10
    status, body, _ = await get(site, "/api/0/window?first=90&stop=95", **site.bearer)
    assert status == 404


@pytest.mark.parametrize("frame", ["", "-1", "1e3", "x", "٣", "99999999999"])
async def test_a_malformed_frame_is_refused(site: Site, frame: str) -> None:
    entity = site.project.add_entity("player").id
    status, body, _ = await get(site, f"/api/0/entity/{entity}?frame={frame}", **site.bearer)
    assert status == 400
    assert "must be a whole number" in orjson.loads(body)["error"]


async def test_a_frame_outside_the_video_is_one_sentence(site: Site) -> None:
    entity = site.project.add_entity("player").id
    status, body, _ = await get(site, f"/api/0/entity/{entity}?frame=90", **site.bearer)
    assert status == 404
    assert orjson.loads(body)["error"].startswith("Frame 90 is outside the video")


async def test_sockets_are_bounded(site: Site) -> None:
    from reviewer.webview.live import MAX_SOCKETS

    async with aiohttp.ClientSession() as session, contextlib.AsyncExitStack() as stack:
        address = f"{site.server.address}/api/0/live"
        for _ in range(MAX_SOCKETS):
            await stack.enter_async_context(session.ws_connect(address, headers=site.bearer))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(address, headers=site.bearer)
        assert refusal.value.status == 503
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, headers=site.bearer) as live,
    ):
        assert (await live.receive_json())["type"] == "hello"


async def test_a_large_body_is_refused(site: Site) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{site.server.address}/api/login", data=b"x" * 200_000) as response,
    ):
        assert response.status == 413


async def test_a_large_message_ends_the_socket_and_changes_nothing(site: Site) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{site.server.address}/api/0/live", headers=site.bearer) as live,
    ):
        await live.receive_json()
        large = '{"type": "edit", "id": "a", "label": "' + "x" * MAX_MESSAGE_BYTES + '"}'
        with contextlib.suppress(ConnectionError):  # it may hang up before all of it was sent
            await live.send_str(large)
            received = await live.receive()
            assert received.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.ERROR)
            assert live.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    assert site.project.revision == 0


def test_a_short_token_is_not_accepted() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        Guard("short")


def test_a_port_in_use_is_one_sentence(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ReviewerError, match=rf"Port {port} of 127.0.0.1 is in use"):
            Server([project], port=port).start()


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7"])
def test_an_impossible_address_is_one_sentence(project: Project, host: str) -> None:
    with pytest.raises(ReviewerError, match="Cannot listen on"):
        Server([project], host=host).start()


def test_it_listens_on_this_machine_only(site: Site) -> None:
    assert site.url.startswith(f"http://127.0.0.1:{site.server.port}/#token=")
    assert site.server.port > 0


async def test_serve_tells_its_link_and_stops_when_cancelled(project: Project) -> None:
    links: list[str] = []
    ready = asyncio.Event()

    def tell(url: str) -> None:
        links.append(url)
        ready.set()

    task = asyncio.create_task(serve([project], ready=tell))
    await asyncio.wait_for(ready.wait(), 10)
    address = links[0].partition("/#")[0]
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as response:
            assert response.status == 200
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(address)


def test_the_policy_is_in_force_in_the_page() -> None:
    """The page's own files obey the policy: no inline script, style or handler in the markup."""
    from importlib.resources import files

    html = (files("reviewer.webview") / "static" / "index.html").read_text()
    assert "<style" not in html
    assert "style=" not in html
    assert " on" not in html.replace(" only", "")
    assert html.count("<script") == html.count('<script type="module" src="/static/')
    assert "//" not in html.replace("<!doctype html>", "")


async def test_the_page_names_all_its_modules_and_only_those(site: Site) -> None:
    """They are asked for at once; each must be there, and be a module of ours."""
    _, body, _ = await get(site, "/")
    names = re.findall(r'<link rel="modulepreload" href="(/static/[^"]+\.js)">', body.decode())
    assert "/static/app.js" in names
    assert "/static/timeline/timeline.js" in names
    assert len(names) == len(set(names)) > 50
    for name in names:
        status, _, headers = await get(site, name)
        assert (status, headers["Content-Type"].partition(";")[0]) == (200, "text/javascript")


HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    "</style>\u202e[red]"
)


def hostile_ontology() -> dict[str, Any]:
    choice = {"name": "c", "label": HOSTILE, "hotkey": "<"}
    kinds: list[dict[str, Any]] = [
        {"name": "p1", "kind": "choice", "choices": [choice], "time_varying": True},
        {"name": "p2", "kind": "choices", "choices": [choice]},
        {"name": "p3", "kind": "text", "time_varying": True},
        {"name": "p4", "kind": "entity"},
        {"name": "p5", "kind": "number", "when": {"property": "p1", "is": ["c"]}},
    ]
    properties = [{"label": HOSTILE, **kind} for kind in kinds]
    return {
        "classes": [
            {"name": "player", "label": HOSTILE, "hotkey": "9", "properties": properties},
            {"name": "goal", "label": HOSTILE, "event": True},
        ],
        "scene": {"label": HOSTILE, "properties": [properties[0]]},
    }


async def test_what_anybody_wrote_is_never_markup(
    tmp_path: Path, plain_video: Path, open_window: OpenWindow
) -> None:
    with Project.create(
        tmp_path / "<script>alert(1)<", plain_video, hostile_ontology(), author=HOSTILE
    ) as project:
        project.warnings.append(HOSTILE)
        one = project.add_entity("player", name=HOSTILE, entity_id="player-1")
        two = project.add_entity("player", name=HOSTILE + "2", entity_id="player-2")
        one["box"][0] = (100, 100, 80, 60)
        two["box"][0] = (300, 100, 80, 60)
        one["p1"][0] = "c"
        one["p3"][0] = HOSTILE
        one["p4"] = two.id
        project.add_entity("goal", name=HOSTILE, frame=0)
        server = Server([project])
        server.start()
        try:
            window = await open_window(server.url)
            page = window.page
            await page.evaluate(
                """() => {
                    window.violations = [];
                    addEventListener('securitypolicyviolation', (event) => {
                        window.violations.push(event.violatedDirective + ' ' + event.blockedURI);
                    });
                }"""
            )
            await window.click(140, 130)
            await window.until("reviewer.selected === 'player-1' && reviewer.detailsCurrent")
            painted = "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
            for keys in (["?"], ["Control+k"], ["Shift+t", "Shift+n"]):
                for key in keys:
                    await page.keyboard.press(key)
                if len(keys) == 1:
                    await expect(page.get_by_role("dialog")).to_be_visible()
                await window.js(painted)
                await page.keyboard.press("Escape")
            await window.click(140, 130)
            await window.until("reviewer.selected === 'player-1' && reviewer.detailsCurrent")
            await page.locator("[data-property=p4]").get_by_role("button", name="Find").click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            await page.keyboard.press("Escape")
            await page.locator("[data-property=p4]").get_by_role("button", name="Pick").click()
            await expect(page.locator(".pick-hint")).to_be_visible()
            assert await window.js("document.title") == "<script>alert(1)< · Reviewer"
            assert await window.js("document.querySelectorAll('img, body script').length") == 0
            assert await window.js("window.violations") == []
        finally:
            server.stop()


async def test_the_browser_runs_no_script_and_no_style_but_ours(
    site: Site, open_window: OpenWindow
) -> None:
    window = await open_window(site.url)
    await window.page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = "document.title = 'owned'";
            const holder = document.createElement('div');
            holder.innerHTML = '<img src="data:," onerror="document.title = 1">'
              + '<p id="styled" style="color: rgb(1, 2, 3)">x</p>';
            document.body.append(script, holder);
        }"""
    )
    await asyncio.sleep(0.2)
    assert await window.js("document.title") == "match · Reviewer"
    color = "getComputedStyle(document.getElementById('styled')).color"
    assert await window.js(color) != "rgb(1, 2, 3)"
