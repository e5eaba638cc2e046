"""The one-line bars: what is open, where we are, whether it is saved, and which keys there are."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from reviewer.widgets.ascii import spelled
from reviewer.widgets.lines import line_strip, spread
from reviewer.widgets.text import shorten


class Bar(Widget, can_focus=False):
    """A line painted from segments."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def paint(self, width: int) -> list[Segment]:
        raise NotImplementedError

    def component(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return line_strip(self.paint(width), self.rich_style, width)


class TitleBar(Bar):
    """Project, video, author, server. Texts must be inert."""

    COMPONENT_CLASSES = {"title--name", "title--muted", "title--warning"}  # noqa: RUF012

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.project = self.video = self.author = self.url = self.warning = ""

    def paint(self, width: int) -> list[Segment]:
        muted = self.component("title--muted")
        right: list[Segment] = []
        if self.warning:
            right.append(Segment(f" {self.warning} ", self.component("title--warning")))
        who = [text for text in (self.author, self.url) if text]
        if who:
            right.append(Segment(f"  {shorten('  '.join(who), max(10, width // 2))} ", muted))
        left = [
            Segment(f" {self.project} ", self.component("title--name")),
            Segment(f" {self.video}", muted),
        ]
        return spread(left, right, width)


@dataclass(frozen=True, slots=True)
class Status:
    """Where we are. time_s: seconds since the first frame. saving: edits not yet on disk."""

    frame: int = 0
    frame_count: int = 0
    time_s: float = 0.0
    duration_s: float = 0.0
    playing: bool = False
    saving: int = 0
    trouble: str = ""
    note: str = ""
    marks: tuple[str, ...] = ()


def clock(seconds: float) -> str:
    """Seconds as m:ss.mmm, or h:mm:ss.mmm from one hour on."""
    millis = round(max(0.0, seconds) * 1000)
    minutes, millis = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{millis // 1000:02d}.{millis % 1000:03d}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


class StatusBar(Bar):
    COMPONENT_CLASSES = {  # noqa: RUF012
        "status--frame",
        "status--muted",
        "status--good",
        "status--busy",
        "status--bad",
    }

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.status = Status()

    def show(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self.refresh()

    def paint(self, width: int) -> list[Segment]:
        status = self.status
        muted = self.component("status--muted")
        last = max(0, status.frame_count - 1)
        left = [
            Segment(" ▶ " if status.playing else " ‖ ", self.component("status--frame")),
            Segment(f"{status.frame}", self.component("status--frame")),
            Segment(f" / {last}", muted),
            Segment(f"   {clock(status.time_s)}"),
        ]
        if width >= 70:
            left.append(Segment(f" / {clock(status.duration_s)}", muted))
        if status.trouble:
            state = Segment(" ● not saved ", self.component("status--bad"))
        elif status.saving:
            state = Segment(" ● saving ", self.component("status--busy"))
        else:
            state = Segment(" ● saved ", self.component("status--good"))
        room = width - sum(cell_len(segment.text) for segment in left) - cell_len(state.text) - 4
        if status.note and room > 8:
            left.append(Segment(f"   {shorten(status.note, room)}", muted))
        return spread(left, [state], width)


class KeyBar(Bar):
    """As many hints as fit, in reading order; the most needed survive a narrow terminal."""

    COMPONENT_CLASSES = {"keys--key", "keys--text"}  # noqa: RUF012

    def __init__(
        self,
        hints: list[str],
        order: tuple[str, ...],
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.hints = hints
        self.order = order

    def _shown(self, hint: str) -> str:
        terminal = getattr(self.app, "terminal", None)
        return hint if terminal is None or terminal.unicode else spelled(hint)

    def fitting(self, width: int) -> list[str]:
        """The hints that fit `width` cells, in reading order."""
        rank = {hint: place for place, hint in enumerate(self.order)}
        kept: set[str] = set()
        used = 1
        for hint in sorted(self.hints, key=lambda one: rank.get(one, len(rank))):
            need = cell_len(self._shown(hint)) + 2
            if used + need <= width:
                kept.add(hint)
                used += need
        return [hint for hint in self.hints if hint in kept]

    def paint(self, width: int) -> list[Segment]:
        key, text = self.component("keys--key"), self.component("keys--text")
        segments = [Segment(" ")]
        for hint in self.fitting(width):
            head, _, tail = self._shown(hint).partition(" ")
            segments += [Segment(head, key), Segment(f" {tail}  ", text)]
        return segments
