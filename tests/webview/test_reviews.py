"""Reviews and problems in the page: said, answered, judged, pinned, mended; and what the server
refuses."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from reviewer.webview import reviews as endpoints

from reviewer import Project

from .conftest import OpenWindow, Site, Window

HOSTILE = '<img src=x onerror="document.title=1">[red]\x1b[31m\u202egnp'


def player(project: Project, name: str, x: float = 100) -> str:
    entity = project.add_entity("player", name=name)
    entity["box"][0] = (x, 50, 80, 120)
    return entity.id


async def open_review(window: Window) -> None:
    await window.page.keyboard.press("Shift+R")
    await window.page.get_by_role("complementary", name="Review").wait_for()


def texts(project: Project) -> list[list[str]]:
    return [[entry.text for entry in thread.entries] for thread in project.reviews.threads()]


async def until_said(window: Window, project: Project, count: int) -> None:
    await window.until(f"document.querySelectorAll('.thread').length === {count}")


# -- as people do it ------------------------------------------------------------------------------


async def test_a_thread_is_begun_answered_and_resolved(site: Site, open_window: OpenWindow) -> None:
    one = player(site.project, "One")
    window = await open_window(site.url)
    page = window.page
    await window.go_to(12)
    await window.click(140, 110)
    await page.keyboard.press("Shift+C")
    await page.get_by_label("Comment", exact=True).fill("Who is this?\nLook at the number.")
    await page.keyboard.press("Control+Enter")
    await until_said(window, site.project, 1)
    (thread,) = site.project.reviews.threads()
    assert (thread.pin.entity, thread.pin.frames, thread.author) == (one, (12, 13), "Ada")
    assert thread.text == "Who is this?\nLook at the number."
    await page.get_by_label("Answer", exact=True).fill("Number 9.")
    await page.get_by_role("button", name="Answer", exact=True).click()
    await window.until("document.querySelectorAll('.entry').length === 2")
    await page.get_by_role("button", name="Resolve", exact=True).click()
    await window.until("document.querySelector('.thread.is-resolved') !== null")
    assert texts(site.project) == [["Who is this?\nLook at the number.", "Number 9.", ""]]
    assert site.project.reviews.threads()[0].status == "resolved"
    await page.get_by_role("button", name="Open again").click()
    await window.until("document.querySelector('.thread.is-open') !== null")


async def test_an_entity_is_judged_and_the_count_follows(
    site: Site, open_window: OpenWindow
) -> None:
    one = player(site.project, "One")
    player(site.project, "Two", 400)
    window = await open_window(site.url)
    page = window.page
    await window.click(140, 110)
    await open_review(window)
    await page.get_by_label("Comment", exact=True).fill("too wide")
    await page.locator(".review-composer").get_by_role("button", name="Needs work").click()
    await window.until("document.querySelector('.thread.is-needs-work') !== null")
    assert {i.entity: i.state for i in site.project.reviews.queue()}[one] == "needs-work"
    await page.locator(".thread-answer").get_by_role("button", name="Accept").click()
    await window.until("document.querySelector('.review-summary').textContent.startsWith('50%')")
    assert one not in {item.entity for item in site.project.reviews.queue()}
    site.project.entity(one)["box"][5] = (90, 40, 80, 120)
    await window.until("document.querySelector('.review-summary').textContent.startsWith('0%')")


async def test_a_place_is_pinned_and_found_again(site: Site, open_window: OpenWindow) -> None:
    player(site.project, "One")
    window = await open_window(site.url)
    page = window.page
    await page.keyboard.press("Shift+C")
    await page.get_by_role("button", name="Pin a place").click()
    await window.click(200, 150)
    await page.get_by_label("Comment", exact=True).fill("a reflection")
    await page.get_by_role("button", name="Comment", exact=True).click()
    await until_said(window, site.project, 1)
    (thread,) = site.project.reviews.threads()
    assert thread.pin.place == pytest.approx((200, 150), abs=1.5)
    assert await window.js("reviewer.selected") is None, "pinning selects nothing"
    await page.get_by_role("button", name="Close the review").click()
    await window.go_to(40)
    x, y = await window.at(200, 150)
    await page.mouse.click(x, y - 18)
    assert not await page.locator(".review-panel").is_visible(), "it is pinned to frame 0"
    await window.go_to(0)
    await page.mouse.click(x, y - 18)
    await window.until("document.querySelector('.thread .entry-text') !== null")
    assert await page.locator(".entry-text").inner_text() == "a reflection"


async def test_what_is_typed_survives_news_and_refusals(
    site: Site, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = site.project.reviews.open("first", author="Cleo")
    window = await open_window(site.url)
    page = window.page
    await open_review(window)
    await page.locator(".thread-head").click()
    field = page.get_by_label("Answer", exact=True)
    await field.click()
    await page.keyboard.type("half a sent")
    site.project.reviews.reply(thread.id, "meanwhile", author="Cleo")
    await window.until("document.querySelectorAll('.entry').length === 2")
    await page.keyboard.type("ence")
    assert await field.input_value() == "half a sentence"
    site.project._core.read_only = "it lies on a CD."
    await page.keyboard.press("Control+Enter")
    await page.get_by_text("The project is read-only").first.wait_for()
    assert await field.input_value() == "half a sentence"
    site.project._core.read_only = None
    await page.keyboard.press("Control+Enter")
    await window.until("document.querySelectorAll('.entry').length === 3")
    assert texts(site.project) == [["first", "meanwhile", "half a sentence"]]


async def test_hostile_texts_are_text(site: Site, open_window: OpenWindow) -> None:
    one = player(site.project, f"One {HOSTILE}")
    site.project.entity(one)["box"][5] = (1, 2, 0, 0)
    site.project.reviews.open(HOSTILE, entity=one, place=(50, 50), author=HOSTILE)
    site.project.reviews.verdict(one, "reject", HOSTILE * 50)
    window = await open_window(site.url)
    page = window.page
    await open_review(window)
    await until_said(window, site.project, 2)
    for index in range(2):
        await page.locator(".thread-head").nth(index).click()
        await window.until("document.querySelector('.entry-text') !== null")
        assert HOSTILE.split("[", 1)[0] in await page.locator(".entry-text").first.inner_text()
        await page.locator(".thread-head").nth(index).click()
    await page.keyboard.press("Shift+P")
    await window.until("document.querySelector('.problem') !== null")
    shown = await page.locator(".review-panel").inner_text()
    assert HOSTILE.split("[", 1)[0] in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert await page.locator(".review-panel img").count() == 0
    assert await page.title() != "1"


async def test_problems_are_visited_and_mended(site: Site, open_window: OpenWindow) -> None:
    one = player(site.project, "One")
    site.project.entity(one)["box"][30] = (5000, 50, 80, 120)
    window = await open_window(site.url)
    page = window.page
    await page.keyboard.press("Shift+P")
    await window.until("document.querySelector('.problem') !== null")
    row = page.locator('.problem[data-code="outside"]')
    await row.locator(".thread-head").click()
    await window.until(f"reviewer.frame === 30 && reviewer.selected === '{one}'")
    await row.get_by_role("button", name="Remove a keyframe of One").click()
    await window.until("document.querySelectorAll('.problem').length === 0")
    assert site.project.entity(one)["box"].keyframes.tolist() == [0]
    await page.keyboard.press("Control+z")
    await window.until("document.querySelectorAll('.problem').length > 0")
    assert site.project.entity(one)["box"].keyframes.tolist() == [0, 30]


# -- the server -----------------------------------------------------------------------------------


async def ask(site: Site, method: str, where: str, body: Any = None) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else None
    async with (
        aiohttp.ClientSession(headers=site.bearer) as session,
        session.request(
            method, f"{site.server.address}/api/0/{where}",
            json=None if data is not None else body, data=data,
        ) as answer,
    ):  # fmt: skip
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("where", "body"),
    [
        ("reviews", b"{"),
        ("reviews", []),
        ("reviews", {}),
        ("reviews", {"text": 5}),
        ("reviews", {"text": "x", "frames": [0]}),
        ("reviews", {"text": "x", "frames": [0, True]}),
        ("reviews", {"text": "x", "frames": [0, 10**9]}),
        ("reviews", {"text": "x", "place": ["1", 2]}),
        ("reviews", {"text": "x", "entity": "player-nobody"}),
        ("reviews", {"text": "x", "thread": "../../video"}),
        ("reviews", {"verdict": "accept"}),
        ("reviews", {"text": "x" * 20_000}),
        ("problems", {}),
        ("problems", {"code": "jump", "key": "jump|x", "label": "Mend"}),
    ],
)
async def test_what_is_malformed_is_refused_with_a_sentence(
    site: Site, where: str, body: Any
) -> None:
    status, answer = await ask(site, "POST", where, body)
    assert 400 <= status < 500
    assert answer["error"].endswith(".")
    assert site.project.reviews.threads() == []


async def test_reviews_need_the_key_and_our_own_page(site: Site) -> None:
    address = f"{site.server.address}/api/0/reviews"
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as answer:
            assert answer.status == 401
        foreign = {**site.bearer, "Origin": "http://evil.example"}
        async with session.post(address, json={"text": "x"}, headers=foreign) as answer:
            assert answer.status == 403
    assert site.project.reviews.threads() == []


async def test_what_the_page_gets_is_all_there_is(site: Site) -> None:
    one = player(site.project, "One")
    site.project.reviews.verdict(one, "needs-work", "why", frames=(3, 7))
    status, answer = await ask(site, "GET", "reviews")
    assert status == 200
    assert answer["left"] == {one: "unreviewed"}, "on the other frames"
    (thread,) = answer["threads"]
    assert thread["pin"] == {"frames": [3, 7], "entity": one}
    assert thread["entries"][0]["text"] == "why"
    assert endpoints.problems(site.project)["problems"] == []
