"""Edits that wait outlive their page; they are sent once, by one page, in their order."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.async_api import WebSocketRoute, expect
from reviewer.webview.server import Server

from reviewer import Project

from .conftest import OpenWindow, Window


@dataclass
class Switch:
    """A server that can go away and come back behind the same link."""

    project: Project
    server: Server

    async def off(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def on(self) -> None:
        self.server = Server([self.project], port=self.server.port, token=self.server.token)
        await asyncio.to_thread(self.server.start)


@pytest.fixture
def switch(project: Project) -> Iterator[Switch]:
    server = Server([project])
    server.start()
    switch = Switch(project, server)
    yield switch
    switch.server.stop()


async def another(window: Window, url: str) -> Window:
    """Another tab of the same browser."""
    return await Window(await window.page.context.new_page()).open(url)


async def waiting(window: Window, count: int) -> None:
    await window.until(f"reviewer.waiting.length === {count} && reviewer.safe")


async def test_the_next_page_sends_what_the_last_one_could_not(
    switch: Switch, open_window: OpenWindow
) -> None:
    window = await open_window(switch.server.url)
    entity = await window.draw((100, 100), (200, 180))
    await switch.off()
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    await window.page.keyboard.press("ArrowRight")
    await window.until("reviewer.frame === 1")
    await window.page.keyboard.press("p")
    await waiting(window, 2)
    await expect(window.page.get_by_text("Offline: 2 edits waiting")).to_be_visible()
    context = window.page.context
    await window.page.close()
    await switch.on()
    revision = switch.project.revision
    window = Window(await context.new_page())
    await window.open(switch.server.url)
    await expect(window.page.get_by_text("2 edits that an earlier page could not")).to_be_visible()
    await window.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    presence = switch.project.entity(entity)["presence"]
    assert [presence.at(frame) for frame in (0, 1)] == ["occluded", "present"]
    assert switch.project.revision == revision + 2
    # and no third page sends them again: what it makes itself is the next thing to arrive
    window = await another(window, switch.server.url)
    await window.until("reviewer.status === 'saved'")
    await window.draw((300, 100), (380, 180))
    assert switch.project.revision == revision + 3


async def test_what_is_refused_then_is_told_with_its_reason(
    switch: Switch, open_window: OpenWindow
) -> None:
    window = await open_window(switch.server.url)
    entity = await window.draw((100, 100), (200, 180))
    await switch.off()
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    await waiting(window, 1)
    context = window.page.context
    await window.page.close()
    switch.project.entity(entity).delete()
    await switch.on()
    window = Window(await context.new_page())
    await window.open(switch.server.url)
    said = window.page.locator(".toast", has_text="was refused")
    await expect(said).to_contain_text("Presence of player_1: occluded")
    await window.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    # It is dropped for good.
    window = await another(window, switch.server.url)
    await window.until("reviewer.waiting.length === 0")
    await expect(window.page.locator(".toast")).to_have_count(0)


async def test_a_living_tab_keeps_its_queue_and_a_dead_one_loses_it(
    switch: Switch, open_window: OpenWindow
) -> None:
    first = await open_window(switch.server.url)
    entity = await first.draw((100, 100), (200, 180))
    second = await another(first, switch.server.url)
    await switch.off()
    await first.until("reviewer.status === 'offline'")
    await first.page.keyboard.press("o")
    await waiting(first, 1)
    revision = switch.project.revision
    await switch.on()
    for window in (first, second):
        await window.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    assert await second.page.locator(".toast").count() == 0
    assert switch.project.revision == revision + 1

    await switch.off()
    await first.until("reviewer.status === 'offline'")
    await first.page.keyboard.press("x")
    await waiting(first, 1)
    await first.page.close()
    await switch.on()
    await expect(second.page.get_by_text("An edit that an earlier page could not")).to_be_visible(
        timeout=20_000
    )
    await second.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    assert switch.project.entity(entity)["presence"].at(0) == "absent"
    assert switch.project.revision == revision + 2


async def test_an_undo_that_waits_takes_back_what_was_meant(
    switch: Switch, open_window: OpenWindow
) -> None:
    window = await open_window(switch.server.url)
    entity = await window.draw((100, 100), (200, 180))
    await switch.off()
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    await window.page.keyboard.press("Control+z")
    await waiting(window, 2)
    context = window.page.context
    await window.page.close()
    await switch.on()
    window = Window(await context.new_page())
    await window.open(switch.server.url)
    await window.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    assert switch.project.entity(entity)["presence"].at(0) == "present"
    assert switch.project.undo_label == "Add Player"
    await expect(
        window.page.get_by_role("button", name="Redo: Presence of player_1: occluded")
    ).to_be_enabled()


async def test_an_undo_of_a_tab_that_died_takes_back_nothing_newer(
    switch: Switch, open_window: OpenWindow
) -> None:
    living = await open_window(switch.server.url)
    entity = await living.draw((100, 100), (200, 180))
    dying = Window(await living.page.context.new_page())
    there = True
    sockets = []

    def connect(route: WebSocketRoute) -> None:
        sockets.append(route)
        if there:
            route.connect_to_server()

    await dying.page.route_web_socket(re.compile("/live$"), connect)
    await dying.open(switch.server.url)
    await dying.page.get_by_role("option", name="player_1").click()
    await dying.page.keyboard.press("o")
    await dying.settled()
    there = False  # for this tab only
    await sockets[-1].close()
    await dying.until("reviewer.status === 'offline'")
    await dying.page.keyboard.press("Control+z")
    await waiting(dying, 1)
    revision = switch.project.revision
    await living.page.keyboard.press("ArrowRight")
    await living.until("reviewer.frame === 1")
    await living.page.keyboard.press("x")
    await living.settled()
    presence = switch.project.entity(entity)["presence"]
    assert [presence.at(frame) for frame in (0, 1)] == ["occluded", "absent"]
    await dying.page.close()
    await expect(living.page.get_by_text("An edit that an earlier page could not")).to_be_visible()
    await living.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    assert [presence.at(frame) for frame in (0, 1)] == ["present", "absent"]
    assert switch.project.revision == revision + 2
    # What is undone next is again the newest.
    await living.page.keyboard.press("Control+z")
    await living.settled()
    assert [presence.at(frame) for frame in (0, 1)] == ["present", "present"]


async def test_an_edit_that_is_not_answered_at_once_outlives_its_page(
    switch: Switch, open_window: OpenWindow
) -> None:
    living = await open_window(switch.server.url)
    entity = await living.draw((100, 100), (200, 180))
    dying = Window(await living.page.context.new_page())
    deaf = False

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(lambda message: None if deaf else server.send(message))

    await dying.page.route_web_socket(re.compile("/live$"), connect)
    await dying.open(switch.server.url)
    await dying.page.get_by_role("option", name="player_1").click()
    deaf = True  # and nobody notices: the connection stands
    revision = switch.project.revision
    await dying.page.keyboard.press("o")
    await dying.until("reviewer.status === 'saving'")
    await waiting(dying, 1)
    await dying.page.close()
    await expect(living.page.get_by_text("An edit that an earlier page could not")).to_be_visible()
    await living.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    assert switch.project.entity(entity)["presence"].at(0) == "occluded"
    assert switch.project.revision == revision + 1


async def test_without_storage_the_page_warns_before_it_is_left(
    switch: Switch, open_window: OpenWindow
) -> None:
    window = await open_window(switch.server.url)
    await window.page.context.add_init_script("indexedDB.open = () => { throw new Error('off'); }")
    await window.page.reload()
    await window.until("globalThis.reviewer && reviewer.status === 'saved'")
    await window.draw((100, 100), (200, 180))
    await window.until("reviewer.safe")
    await switch.off()
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    await window.until("reviewer.waiting.length === 1")
    assert not await window.js("reviewer.safe")
    asked = asyncio.Event()

    async def stay(dialog: object) -> None:
        asked.set()
        await dialog.dismiss()  # type: ignore[attr-defined]

    window.page.on("dialog", stay)
    await window.page.close(run_before_unload=True)
    await asyncio.wait_for(asked.wait(), 10)
    await switch.on()
    await window.until("reviewer.status === 'saved'")


async def test_a_folder_gets_its_own_port_again(project: Project, open_window: OpenWindow) -> None:
    first = Server([project])
    first.start()
    window = await open_window(first.url)
    entity = await window.draw((100, 100), (200, 180))
    await asyncio.to_thread(first.stop)
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    await waiting(window, 1)
    context = window.page.context
    await window.page.close()
    second, beside = Server([project]), Server([project])
    second.start()
    beside.start()
    try:
        assert second.port == first.port
        assert beside.port != first.port
        window = Window(await context.new_page())
        await window.open(second.url)
        await window.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
        assert project.entity(entity)["presence"].at(0) == "occluded"
    finally:
        await asyncio.to_thread(second.stop)
        await asyncio.to_thread(beside.stop)


async def test_edits_that_wait_behind_another_port_are_told_of(
    switch: Switch, open_window: OpenWindow
) -> None:
    window = await open_window(switch.server.url)
    entity = await window.draw((100, 100), (200, 180))
    await switch.off()
    await window.until("reviewer.status === 'offline'")
    await window.page.keyboard.press("o")
    await waiting(window, 1)
    kept = window.page.get_by_text("kept in this browser, sent when the server is back")
    await expect(kept).to_contain_text(f":{switch.server.port}")
    context = window.page.context
    await window.page.close()

    async def banner_behind_another_port() -> int:
        other = Server([switch.project], port=free_port())
        other.start()
        window = Window(await context.new_page())
        await window.open(other.url)
        banner = window.page.locator(".banner", has_text="still waits in this browser")
        count = await banner.count()
        if count:
            command = f"reviewer serve {switch.project.path} --port {switch.server.port}"
            await expect(banner.locator("code")).to_have_text(command)
        await window.page.close()
        await asyncio.to_thread(other.stop)
        return count

    assert await banner_behind_another_port() == 1
    assert switch.project.entity(entity)["presence"].at(0) == "present"
    await switch.on()
    window = Window(await context.new_page())
    await window.open(switch.server.url)
    await window.until("reviewer.status === 'saved' && reviewer.waiting.length === 0")
    assert switch.project.entity(entity)["presence"].at(0) == "occluded"
    assert await banner_behind_another_port() == 0


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
