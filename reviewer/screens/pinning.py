"""Saying something about what one looks at: what it is pinned to is asked for, then the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reviewer.screens.desk import shown_properties
from reviewer.screens.dialogs import Item, Menu, Prompt
from reviewer.screens.position import parse_position
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

Pin = dict[str, Any]  # arguments of `Reviews.open`


class Pinning:
    """Begins threads for the cockpit and for the review. In words: `about` names a pin, inert."""

    def __init__(self, cockpit: Cockpit) -> None:
        self.cockpit = cockpit
        self.frame = cockpit.frame
        self.entity = cockpit.desk.entity(cockpit.selected)
        self.name = inert(self.entity.name) if self.entity else ""

    def here(self) -> None:
        """On this frame, and the selected entity where there is one."""
        self._ask_text(self._of_entity(frames=(self.frame, self.frame + 1)))

    def choose(self) -> None:
        """On what is chosen: frames, the entity, a property of it, a place in the picture."""
        of = f" of {self.name}" if self.name else ""
        x, y = (round(number) for number in self.cockpit.looked_at())
        items = [
            Item(self.here, f"Frame {self.frame}{of}", hotkey="f"),
            Item(self._frames, f"A range of frames{of}", hotkey="r"),
            Item(lambda: self._ask_place((x, y)), f"The middle of the view: {x}, {y}", hotkey="m"),
            Item(self._place, "Another place in the picture", hotkey="p"),
        ]
        if self.entity is not None:
            items += [
                Item(lambda: self._ask_text(self._of_entity()), f"All of {self.name}", hotkey="a"),
                Item(self._property, f"A property of {self.name}", hotkey="o"),
            ]
        items.append(Item(lambda: self._ask_text({}), "The whole video", hotkey="v"))
        self._push(Menu("Comment on", items, lambda chosen: chosen()))

    # -- what it is pinned to -------------------------------------------------------------

    def _of_entity(self, **pin: Any) -> Pin:
        return pin | ({"entity": self.entity.id} if self.entity else {})

    def _frames(self) -> None:
        times = self.cockpit.times

        def parsed(text: str) -> tuple[int, int] | None:
            first, dash, last = text.partition("-")
            ends = [parse_position(part, self.frame, times) for part in (first, last or first)]
            if ends[0] is None or ends[1] is None or (dash and not last):
                return None
            return min(ends[0], ends[1]), max(ends[0], ends[1]) + 1

        def check(text: str) -> str:
            return "" if not text or parsed(text) else "first and last frame, or times: 120-180"

        def answer(text: str) -> None:
            if (frames := parsed(text)) is not None:
                self._ask_text(self._of_entity(frames=frames))

        hint = "120-180   0:12-0:14.5   ⏎ next   Esc leave"
        self._push(Prompt("Which frames?", answer, hint=hint, check=check))

    def _property(self) -> None:
        assert self.entity is not None
        frames = (self.frame, self.frame + 1)
        items = [
            Item(name, inert(definition.label or name))
            for name, definition in shown_properties(self.entity).items()
        ]

        def answer(name: str) -> None:
            self._ask_text(self._of_entity(property=name, frames=frames))

        self._push(Menu(f"Which property of {self.name}?", items, answer))

    def _place(self) -> None:
        def parsed(text: str) -> tuple[float, float] | None:
            try:
                x, y = (float(part) for part in text.replace(",", " ").split())
            except ValueError:
                return None
            return (x, y) if abs(x) <= 1e6 and abs(y) <= 1e6 else None  # also no NaN

        def check(text: str) -> str:
            return "" if not text or parsed(text) else "x and y in pixels of the video: 640 360"

        def answer(text: str) -> None:
            if (place := parsed(text)) is not None:
                self._ask_place(place)

        hint = "x and y in pixels of the video: 640 360   ⏎ next   Esc leave"
        self._push(Prompt("Where?", answer, hint=hint, check=check))

    def _ask_place(self, place: tuple[float, float]) -> None:
        self._ask_text(self._of_entity(place=place, frames=(self.frame, self.frame + 1)))

    # -- the words ------------------------------------------------------------------------

    def about(self, pin: Pin) -> str:
        """What a pin speaks of; inert."""
        parts = [self.name] if "entity" in pin else []
        if "property" in pin:
            parts.append(inert(pin["property"]))
        if "frames" in pin:
            first, stop = pin["frames"]
            parts.append(f"frame {first}" if stop - first == 1 else f"frames {first}-{stop - 1}")
        if "place" in pin:
            x, y = pin["place"]
            parts.append(f"at {x:.0f}, {y:.0f} px")
        return ", ".join(parts) or "the whole video"

    def _ask_text(self, pin: Pin) -> None:
        reviews = self.cockpit.project.reviews
        about = self.about(pin)

        def answer(text: str) -> None:
            if text.strip():
                done = f"commented on {about}"
                self.cockpit.write(done, lambda: reviews.open(text.strip(), **pin))

        self._push(Prompt(f"Comment on {about}", answer, hint="⏎ say it   Esc leave"))

    def _push(self, dialog: Any) -> None:
        self.cockpit.app.push_screen(dialog)
