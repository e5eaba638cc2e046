"""The page when something is wrong: no server, no video, no decoder, no right to write."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from reviewer.webview.server import Server

from reviewer import Project

from .conftest import ONTOLOGY, OpenWindow, Site, Window


async def test_edits_wait_while_the_server_is_away_and_are_sent_once(
    project: Project, open_window: OpenWindow
) -> None:
    server = Server([project])
    server.start()
    window = await open_window(server.url)
    entity = await window.draw((100, 100), (200, 180))
    port, token = server.port, server.token
    await asyncio.to_thread(server.stop)
    await window.until("reviewer.status === 'offline'")
    await window.drag((150, 140), (250, 200))
    await expect(window.page.get_by_text("Offline: 1 edit waiting")).to_be_visible()
    # What was drawn stays on show.
    assert (await window.painted())["boxes"][0] == pytest.approx(200, abs=2)
    assert project.entity(entity)["box"].at(0)[0] == pytest.approx(100, abs=2)

    server = Server([project], port=port, token=token)
    server.start()
    try:
        await window.settled()
        assert project.entity(entity)["box"].at(0)[0] == pytest.approx(200, abs=2)
        assert (await window.painted())["boxes"][0] == pytest.approx(200, abs=2)
        assert project.undo_label == "Move player_1"
        project.undo()
        assert project.undo_label == "Add Player"
    finally:
        server.stop()


async def test_a_server_with_a_new_key_takes_the_waiting_edits_after_its_link_is_pasted(
    project: Project, open_window: OpenWindow
) -> None:
    server = Server([project])
    server.start()
    window = await open_window(server.url)
    entity = await window.draw((100, 100), (200, 180))
    port = server.port
    await asyncio.to_thread(server.stop)
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    server = Server([project], port=port)
    server.start()
    try:
        await expect(window.page.get_by_text("paste its new link")).to_be_visible(timeout=15000)
        await window.page.evaluate("(url) => { location.href = url; }", server.url)
        await window.until("reviewer.status === 'saved'")
        assert project.entity(entity)["presence"].at(5) == "occluded"
    finally:
        server.stop()


async def test_a_refused_edit_is_said_and_taken_back(site: Site, window: Window) -> None:
    await window.draw((100, 100), (200, 180))
    before = (await window.painted())["boxes"]
    site.project._core.read_only = "the folder may not be written."
    await window.drag((150, 140), (250, 200))
    await expect(window.page.get_by_text("the folder may not be written")).to_be_visible()
    await window.until("reviewer.overrides === 0")
    assert (await window.painted())["boxes"] == before


async def test_a_read_only_project_can_be_looked_at(site: Site, open_window: OpenWindow) -> None:
    entity = site.project.add_entity("player")
    entity["box"][0] = (100, 100, 80, 60)
    site.project._core.read_only = "the folder may not be written."
    window = await open_window(site.url)
    await expect(
        window.page.get_by_text("Read-only: the folder may not be written.")
    ).to_be_visible()
    assert await window.js("reviewer.status") == "read-only"
    await window.click(140, 130)
    assert await window.js("reviewer.selected") == entity.id
    await window.drag((140, 130), (240, 200))
    await window.page.keyboard.press("Delete")
    assert (await window.painted())["boxes"] == [100, 100, 80, 60]
    await expect(window.page.get_by_role("button", name="Delete entity")).to_be_disabled()


async def test_without_its_video_a_project_can_still_be_read(
    tmp_path: Path, plain_video: Path, open_window: OpenWindow
) -> None:
    video = tmp_path / "game.mp4"
    video.write_bytes(plain_video.read_bytes())
    with Project.create(tmp_path / "match", video, ONTOLOGY) as project:
        entity = project.add_entity("player")
        entity["box"][0] = (100, 100, 80, 60)
        entity["box"][60] = (160, 100, 80, 60)
    video.unlink()
    with Project.open(tmp_path / "match") as project:
        server = Server([project])
        server.start()
        window = await open_window(server.url)
        banner = window.page.locator(".banner")
        await expect(banner).to_contain_text("game.mp4")
        assert await window.js("reviewer.mode") == "none"
        await window.go_to(30)
        assert (await window.painted())["boxes"] == [130, 100, 80, 60]
        await window.page.keyboard.press("Space")
        await window.until("reviewer.frame > 32")
        await window.page.keyboard.press("Space")
        await window.until("!reviewer.playing")
        server.stop()


async def test_another_video_than_the_one_annotated_is_not_shown(
    tmp_path: Path, video_file: Callable[[str], Path], open_window: OpenWindow
) -> None:
    video = tmp_path / "game.mp4"
    video.write_bytes(video_file("plain.mp4").read_bytes())
    Project.create(tmp_path / "match", video, ONTOLOGY).close()
    video.write_bytes(video_file("no_bframes.mp4").read_bytes())
    with Project.open(tmp_path / "match") as project:
        server = Server([project])
        server.start()
        window = await open_window(server.url)
        await expect(window.page.locator(".banner")).to_be_visible()
        assert await window.js("reviewer.mode") == "none"
        server.stop()


async def test_without_a_decoder_the_server_sends_stills(site: Site, browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    await context.add_init_script("delete globalThis.VideoDecoder")
    window = await Window(await context.new_page()).open(site.url)
    await window.until("reviewer.mode === 'stills'")  # known once the browser was asked
    await window.go_to(17)
    await expect(window.page.locator(".status-notable")).to_have_text(re.compile("still"))
    assert window.errors == []


async def test_several_projects_are_chosen_from(
    tmp_path: Path, project: Project, plain_video: Path, browser: Browser
) -> None:
    with Project.create(tmp_path / "<b>second", plain_video, ONTOLOGY) as second:
        second.add_entity("puck", name="only here")["box"][0] = (1, 2, 30, 40)
        server = Server([project, second])
        server.start()
        page = await browser.new_page()
        window = Window(page)
        await page.goto(server.url)
        await page.get_by_role("button", name="<b>second").click()
        await window.until("globalThis.reviewer && reviewer.painted().entities.length === 1")
        await expect(page.get_by_role("option", name="only here")).to_be_visible()
        await page.get_by_role("button", name="<b>second").click()
        await page.get_by_role("button", name="match").click()
        await window.until("reviewer.painted().loaded && reviewer.painted().entities.length === 0")
        assert window.errors == []
        server.stop()


async def test_without_the_key_the_page_asks_for_the_link(site: Site, browser: Browser) -> None:
    page = await browser.new_page()
    window = Window(page)
    await page.goto(site.server.address)
    field = page.get_by_label("Link or key")
    await field.fill("http://127.0.0.1/#token=wrong")
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("alert")).to_have_text(re.compile("not valid"))
    await field.fill(site.url)
    await page.get_by_role("button", name="Open").click()
    await window.until("globalThis.reviewer && reviewer.painted().loaded")
    assert window.errors == []


async def test_no_request_leaves_the_machine(site: Site, browser: Browser) -> None:
    page = await browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await Window(page).open(site.url)
    assert len(asked) > 20
    assert {url.split("/")[2] for url in asked if not url.startswith("blob:")} == {
        f"127.0.0.1:{site.server.port}"
    }
