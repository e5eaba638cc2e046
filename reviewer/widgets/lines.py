"""The base of our widgets: rows painted on demand, as many as there are, however many there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reviewer.frame_image import RGB, brighten, darken

_MOST_KEPT = 500  # painted rows: several screens full


class Lines(ScrollView, can_focus=False, inherit_bindings=False):
    """A list that paints only the rows in sight. Subclasses give `row_count` and `paint_row`.

    `sticky` rows stay at the top while the rest scrolls; they are painted by `paint_sticky`.
    """

    DEFAULT_CSS = """
    Lines { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """

    sticky = 0
    _base: Style | None = None
    _kept: dict[Hashable, Strip]  # painted rows, by all that decides how they look

    def on_mount(self) -> None:
        self._kept = {}

    @property
    def row_count(self) -> int:
        raise NotImplementedError

    def paint_row(self, index: int, width: int) -> Iterable[Segment]:
        """The segments of row `index`, `width` cells at most."""
        raise NotImplementedError

    def row_key(self, index: int) -> Hashable:
        """All that decides how row `index` looks, but for width and theme; None when that is more
        than can be said. Rows with the same key are painted once."""
        return None

    def paint_sticky(self, index: int, width: int) -> Iterable[Segment]:
        return ()

    def rows_changed(self) -> None:
        """To be called when the number of rows may have changed."""
        self.virtual_size = Size(0, self.sticky + self.row_count)
        self.refresh()

    @property
    def rows_in_sight(self) -> range:
        """The rows that are painted."""
        top = round(self.scroll_offset.y)
        return range(top, min(self.row_count, top + max(0, self.size.height - self.sticky)))

    def reveal(self, index: int) -> None:
        """Scroll so that row `index` is in sight, if it is not. Some rows behind it come along:
        the next steps then repaint a row or two and not the whole list, which a slow line shows.
        """
        visible = max(1, self.scrollable_content_region.height - self.sticky)
        top = round(self.scroll_offset.y)
        more = visible // 4
        if index < top:
            self.scroll_to(y=max(0, index - more), animate=False, force=True)
        elif index >= top + visible:
            y = min(index + more, self.row_count - 1) - visible + 1
            self.scroll_to(y=y, animate=False, force=True)

    def row_at(self, y: int) -> int | None:
        """The row shown at line `y` of the widget, or None."""
        index = y - self.sticky + round(self.scroll_offset.y)
        return index if y >= self.sticky and 0 <= index < self.row_count else None

    def refresh_row(self, index: int) -> None:
        """Paint one row again, if it is in sight."""
        y = self.sticky + index - round(self.scroll_offset.y)
        if self.sticky <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        self._base = self.rich_style  # reckoned from all that is beneath: once for all lines
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        base = self._base or self.rich_style
        index = self.row_at(y)
        if y < self.sticky:
            return line_strip(self.paint_sticky(y, width), base, width)
        if index is None:
            return line_strip((), base, width)
        key = self.row_key(index)
        if key is None:
            return line_strip(self.paint_row(index, width), base, width)
        whole = (key, width, base, self.app.theme)
        strip = self._kept.get(whole)
        if strip is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            strip = line_strip(self.paint_row(index, width), base, width)
            self._kept[whole] = strip
        return strip

    def ink(self, color: RGB) -> Style:
        """`color` as a text colour that can be read on the theme's ground."""
        dark = self.app.current_theme.dark
        return Style(color=Color.from_rgb(*(brighten(color) if dark else darken(color))))

    def component(self, name: str) -> Style:
        """The style of a component class; its background only where the class sets one."""
        return self.get_component_rich_style(name, partial=True)


def line_strip(segments: Iterable[Segment], base: Style, width: int) -> Strip:
    """The segments over `base`, filled up or cut to `width` cells. Each strip on the way there
    would cost as much as all its segments."""
    out: list[Segment] = []
    cells = 0
    for text, style, _ in segments:
        out.append(Segment(text, base + style if style else base))
        cells += cell_len(text)
    if cells > width:
        return Strip(out, cells).crop(0, width)
    if cells < width:
        out.append(Segment(" " * (width - cells), base))
    return Strip(out, width)


def spread(left: list[Segment], right: list[Segment], width: int) -> list[Segment]:
    """`left` and `right` at the two ends of `width` cells; the left gives way."""
    right_cells = sum(cell_len(segment.text) for segment in right)
    room = max(0, width - right_cells)
    return [*line_strip(left, Style(), room), *right] if room else right
