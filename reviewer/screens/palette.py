"""What the command palette finds besides Textual's own commands: keys, entities, frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from reviewer.screens.keys import KEYS, Key
from reviewer.screens.position import parse_position

MAX_ENTITIES = 30


class Commands(Provider):
    """The keys of the screen that the palette was opened over; over the cockpit also every
    entity by its name, and any position in the video."""

    def _keys(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        keys: Sequence[Key] = getattr(self.screen, "KEYS", KEYS)
        for key in keys:
            if key.action.startswith("app."):
                continue
            run = partial(self.app.call_later, self.screen.run_action, key.action)
            yield f"{key.text[:1].upper()}{key.text[1:]}", f"{key.group} · {key.shown}", run

    async def discover(self) -> Hits:
        for name, help_text, run in self._keys():
            yield DiscoveryHit(Text(name), run, text=name, help=help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_text, run in self._keys():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=help_text)
        cockpit = getattr(self.app, "cockpit", None)
        if cockpit is None or self.screen is not cockpit:
            return
        frame = parse_position(query, cockpit.frame, cockpit.times)
        if frame is not None:
            go = partial(cockpit.go, frame)
            yield Hit(1.0, Text(f"Go to frame {frame}"), go, text=f"Go to frame {frame}")
        found = 0
        words = query.casefold().split()
        for row in cockpit.desk.entity_rows():
            if found < MAX_ENTITIES and all(word in row.haystack for word in words):
                found += 1
                # Text, never markup: a name is whatever somebody typed
                name = f"Select {row.name}"
                select = partial(cockpit.select, row.id)
                yield Hit(0.5, Text(name), select, text=name, help=row.class_label)
