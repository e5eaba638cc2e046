"""Drives the terminal interface by keys, as a person would, and reads back what it shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager

import numpy as np
from reviewer.format import Project
from rich.color import Color
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from reviewer.app import ReviewerApp
from reviewer.screens.cockpit import Cockpit


@asynccontextmanager
async def cockpit(project: Project, size: tuple[int, int] = (120, 40), url: str | None = None):
    """The running cockpit and its pilot, with the first frame on show."""
    app = ReviewerApp(project, url)
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = app.cockpit
        await until(pilot, lambda: screen.is_mounted and screen.view.moment is not None)
        await settle(pilot, screen)
        yield screen, pilot
    screen.shut_down()


async def until(pilot: Pilot, condition: Callable[[], bool]) -> None:
    """Wait for `condition`; what never comes fails the test at its time limit, not at a guess."""
    while not condition():
        await pilot.pause(0.005)


CHARACTERS = {
    "space": " ", "slash": "/", "minus": "-", "dollar_sign": "$", "question_mark": "?",
    "right_square_bracket": "]", "left_square_bracket": "[",
}  # fmt: skip


async def send(pilot: Pilot, *keys: str) -> None:
    """Keys as the terminal would send them.

    Not `pilot.press`, which waits for the whole process to be idle by its CPU time: a project's
    threads and playback never are.
    """
    for key in keys:
        character = CHARACTERS.get(key, key if len(key) == 1 else None)
        if len(key) == 1 and not key.isalnum():
            key = _character_to_key(key)
        pilot.app.post_message(events.Key(key, character))
        await turn(pilot)


async def turn(pilot: Pilot) -> None:
    """Let everything that was posted be handled: by the app, its screen, and their answers."""
    for _ in range(4):
        await pilot.pause(0)


async def settle(pilot: Pilot, screen: Cockpit) -> None:
    """Until edits are done and the picture is that of the current state."""
    await turn(pilot)
    await until(pilot, lambda: screen.saving == 0)
    await turn(pilot)
    await until(pilot, lambda: screen.view.moment.request == screen._request(screen.frame))
    await turn(pilot)


async def press(pilot: Pilot, screen: Cockpit, *keys: str) -> None:
    await send(pilot, *keys)
    await settle(pilot, screen)


def text_of(pilot: Pilot) -> str:
    """All the text on the screen, lines joined by newlines."""
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())


def shown_pixels(screen: Cockpit) -> np.ndarray:
    """The picture read back from the styles of the cells on the screen: (lines, columns, 3)."""
    view = screen.view
    place, top = view.moment.place, view.moment.top
    left = (view.size.width - place.columns) // 2
    strips = screen._compositor.render_strips()
    pixels = np.zeros((place.rows * 2, place.columns, 3), np.uint8)
    for row in range(place.rows):
        strip = strips[view.region.y + top + row]
        cells = strip.crop(view.region.x + left, view.region.x + left + place.columns)
        column = 0
        for segment in cells:
            for character in segment.text:
                if character == "▀":
                    fore, back = segment.style.color, segment.style.bgcolor
                    pixels[row * 2, column] = triplet(fore)
                    pixels[row * 2 + 1, column] = triplet(back)
                column += 1
    return pixels[: place.lines]


def triplet(color: Color) -> tuple[int, int, int]:
    return tuple(color.get_truecolor())
