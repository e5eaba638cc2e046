"""The cockpit's ways of looking: closer, elsewhere, in other colours, and at other screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

from reviewer.format import Project, ReviewerError
from reviewer.frame_image import MAX_ZOOM, Fit, Look, fit
from reviewer.frame_image_graphics import Terminal
from reviewer.screens.dialogs import Item, Menu
from reviewer.screens.figures import BY_CLASS, BY_ENTITY, Figures
from reviewer.screens.help import Help
from reviewer.screens.pinning import Pinning
from reviewer.screens.registry import make_screen
from reviewer.widgets.frame_view import FrameView
from reviewer.widgets.text import inert
from reviewer.widgets.timeline import Timeline

if TYPE_CHECKING:
    from textual.app import App

# What one press moves, as a part of what is shown.
PAN_STEP = 0.25
# How much of the picture's width the selected entity takes when one goes closer to it.
CLOSE_UP = 0.5


class Looking:
    """Mixed into the cockpit: the keys that change how things are shown, and not what."""

    app: App[None]
    project: Project
    figures: Figures
    view: FrameView
    terminal: Terminal
    timeline: Timeline
    frame: int
    selected: str | None
    server_url: str
    show_labels: bool
    look: Look
    say: Callable[[str], None]
    redraw: Callable[[], None]

    # -- the picture ----------------------------------------------------------------------

    def _place(self) -> Fit | None:
        """How the picture lies as it was last wished for; it may be on its way still."""
        try:
            video = self.project.video
        except ReviewerError:
            return None
        width, height = self.view.size
        cell_px = self.terminal.cell_px
        return fit(video.width, video.height, max(1, width), max(1, height), cell_px, self.look)

    def looked_at(self) -> tuple[float, float]:
        """The middle of what is shown of the picture, in video px."""
        place = self._place()
        if place is None:
            return 0.0, 0.0
        x, y, width, height = place.shown
        return x + width / 2, y + height / 2

    def action_closer(self, factor: float) -> None:
        if (place := self._place()) is None:
            return
        x, y, width, height = place.shown
        zoom = min(max(self.look.zoom * factor, 1.0), MAX_ZOOM)
        middle = (x + width / 2, y + height / 2)
        if self.look.zoom <= 1 and (chosen := self._selected_bounds()) is not None:
            middle = ((chosen[0] + chosen[2]) / 2, (chosen[1] + chosen[3]) / 2)
        self.look = Look() if zoom <= 1 else Look(zoom, *middle)
        self.say("" if zoom <= 1 else f"{zoom:g}× closer")
        self.redraw()

    def action_pan(self, across: int, down: int) -> None:
        if (place := self._place()) is None:
            return
        if self.look.zoom <= 1:
            self.say("the whole picture is shown; . goes closer")
            return
        x, y, width, height = place.shown
        # from what is shown, not from what was wished: at the border nothing adds up unseen
        self.look = replace(
            self.look,
            x=x + width / 2 + across * width * PAN_STEP,
            y=y + height / 2 + down * height * PAN_STEP,
        )
        self.redraw()

    def action_center(self) -> None:
        """Bring the selected entity close, in the middle."""
        chosen = self._selected_bounds()
        place = self._place()
        if chosen is None or place is None:
            self.say("the selected entity has no shape in this frame")
            return
        left, top, right, bottom = chosen
        wide = max((right - left) / place.width, (bottom - top) / place.height, 1e-3)
        zoom = min(max(CLOSE_UP / wide, 2.0), MAX_ZOOM)
        self.look = Look(zoom, (left + right) / 2, (top + bottom) / 2)
        self.say(f"{zoom:.3g}× closer")
        self.redraw()

    def action_whole(self) -> None:
        self.look = Look()
        self.redraw()

    def _selected_bounds(self) -> tuple[float, float, float, float] | None:
        if self.selected is None:
            return None
        shapes = self.figures.evaluate(self.frame, self.selected).shapes
        if shapes.selected < 0:
            return None
        bounds = shapes.bounds[shapes.selected]
        if not np.isfinite(bounds).all():
            return None
        left, top, right, bottom = bounds.tolist()
        return left, top, right, bottom

    # -- colours and names ----------------------------------------------------------------

    def action_labels(self) -> None:
        self.show_labels = not self.show_labels
        self.redraw()

    def action_color_by(self) -> None:
        items = [
            Item(BY_CLASS, "Class", hotkey="c"),
            Item(BY_ENTITY, "Entity", hotkey="e"),
            *(
                Item(name, inert(definition.label or name))
                for name, definition in self.figures.choices().items()
            ),
        ]

        def answer(name: str) -> None:
            self.figures.color_by = name
            self.redraw()

        self.app.push_screen(Menu("Colour shapes by", items, answer, self.figures.color_by))

    # -- elsewhere ------------------------------------------------------------------------

    def action_zoom(self, factor: float) -> None:
        self.timeline.zoom(factor)

    def action_copy_link(self) -> None:
        if not self.server_url:
            self.say("no page is being served")
            return
        link = page_link(self.server_url, self.frame, self.selected)
        self.app.copy_to_clipboard(link)
        what = "" if self.selected is None else " and entity"
        self.say(f"a link to the page at this frame{what} is in the clipboard")

    def action_comment(self) -> None:
        Pinning(self).here()  # type: ignore[arg-type]

    def action_pin(self) -> None:
        Pinning(self).choose()  # type: ignore[arg-type]

    def action_help(self) -> None:
        self.app.push_screen(Help())

    def action_open_screen(self, name: str) -> None:
        self.app.push_screen(make_screen(name, self))  # type: ignore[arg-type]


def page_link(server_url: str, frame: int, entity: str | None) -> str:
    """The page's address with the place in its fragment, where the page looks for it."""
    fields = {"frame": str(frame)} | ({"entity": entity} if entity else {})
    head, mark, fragment = server_url.partition("#")
    return f"{head}#{fragment}{'&' if mark and fragment else ''}{urlencode(fields)}"
