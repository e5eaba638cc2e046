"""Timelines of all entities and events: where they are there, what they are, where somebody
worked, beside what was found about the video and what reviewers said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from reviewer.format import Change, ReviewerError
from reviewer.screens.board import PROGRAM_KEYS, TIME_KEYS, Board
from reviewer.screens.dialogs import Item, Menu
from reviewer.screens.keys import ENTITY, VIEW, Key
from reviewer.screens.moving import findings_of
from reviewer.screens.registry import EXTRA_TRACKS, load
from reviewer.screens.tracks import entity_track, findings_track
from reviewer.widgets.entity_table import EntityRow, matches
from reviewer.widgets.entity_timeline import EntityTimeline, LazyTracks
from reviewer.widgets.text import inert
from reviewer.widgets.text_field import TextField
from reviewer.widgets.timeline import Timeline, Track

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

SORTS = {
    "order": "in order of creation",
    "name": "by name",
    "class": "by class",
    "start": "by first frame",
    "length": "longest first",
    "keys": "most keyframes first",
}


class Timelines(Board):
    """A row for each entity that the filter leaves."""

    TITLE_TEXT = "Timelines"
    KEYS = (
        *TIME_KEYS,
        Key(ENTITY, "down,j", "↓ j", "row(1)", "next row"),
        Key(ENTITY, "up,k", "↑ k", "row(-1)", "previous row", "↑↓ row"),
        Key(ENTITY, "pagedown", "PgDn", "page(1)", "a page down"),
        Key(ENTITY, "pageup", "PgUp", "page(-1)", "a page up"),
        Key(ENTITY, "enter", "⏎", "open", "to the picture, with this entity", "⏎ open"),
        Key(ENTITY, "slash", "/", "filter", "filter by name or class", "/ filter"),
        Key(ENTITY, "s", "s", "here", "only what is in this frame"),
        Key(ENTITY, "e", "e", "events", "only events"),
        Key(VIEW, "S", "S", "sort", "sort rows", "S sort"),
        Key(VIEW, "v", "v", "show", "show another property in the rows", "v property"),
        Key(VIEW, "plus,equals_sign", "+", "zoom(0.5)", "closer", "+- zoom"),
        Key(VIEW, "minus", "-", "zoom(2)", "wider"),
        Key(VIEW, "z", "z", "zoom(0)", "the whole video"),
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        super().__init__(cockpit)
        self.lines = EntityTimeline(self.project.frame_count, id="timelines")
        self.filter_input = TextField(placeholder="name or class", id="filter", compact=True)
        self.rows: list[EntityRow] = []
        self.sort = "order"
        self.property = "presence"
        self.only_here = self.only_events = False
        self._extents: dict[str, tuple[int, int]] = {}

    def body(self) -> Iterable[Widget]:
        yield self.filter_input
        yield self.lines

    def on_mount(self) -> None:
        self.lines.first, self.lines.stop = self.cockpit.timeline.first, self.cockpit.timeline.stop
        self._list(keep=self.cockpit.selected)
        self._show_lanes()
        self.lines.show_frame(self.cockpit.frame)
        self.moved(self.cockpit.frame)

    # -- what is shown --------------------------------------------------------------------

    def _list(self, keep: str | None) -> None:
        """Choose and sort the rows; the cursor stays on `keep` if it is among them."""
        rows = matches(self.desk.entity_rows(), self.filter_input.value)
        if self.only_events:
            rows = [row for row in rows if row.event]
        if self.only_here:
            present = self.cockpit.figures.evaluate(self.cockpit.frame, None).present
            rows = [row for row in rows if row.id in present]
        self.rows = self._sorted(rows)
        ids = [row.id for row in self.rows]
        self.lines.show_tracks(LazyTracks(ids, self._track))
        self.lines.move_to(ids.index(keep) if keep in ids else 0)
        total = len(self.desk.entity_rows())
        count = f"{len(ids)}" if len(ids) == total else f"{len(ids)} of {total}"
        notes = [f"{count} rows", SORTS[self.sort]]
        if self.property != "presence":
            notes.append(f"showing {inert(self.property)}")
        notes += ["in this frame"] * self.only_here + ["events"] * self.only_events
        self.heading.show(about=" · ".join(notes))

    def _sorted(self, rows: list[EntityRow]) -> list[EntityRow]:
        if self.sort == "name":
            return sorted(rows, key=lambda row: row.name.casefold())
        if self.sort == "class":
            return sorted(rows, key=lambda row: row.class_label.casefold())
        if self.sort == "keys":
            return sorted(rows, key=lambda row: -self.desk.keyframe_count(row.id))
        if self.sort == "start":
            return sorted(rows, key=lambda row: self._extent(row.id)[0])
        if self.sort == "length":
            return sorted(rows, key=lambda row: -self._extent(row.id)[1])
        return rows

    def _extent(self, entity_id: str) -> tuple[int, int]:
        """First frame, and on how many frames it is there."""
        found = self._extents.get(entity_id)
        if found is None:
            entity = self.desk.entity(entity_id)
            spans = [
                (first, stop)
                for first, stop, state in (entity["presence"].spans() if entity else [])
                if state != "absent"
            ]
            first = spans[0][0] if spans else self.project.frame_count
            found = first, sum(stop - start for start, stop in spans)
            self._extents[entity_id] = found
        return found

    def _track(self, entity_id: str) -> Track:
        entity = self.desk.entity(entity_id)
        if entity is None:
            return Track("")
        try:
            return entity_track(self.desk, entity, self.property)
        except (ReviewerError, KeyError):  # deleted while it was being looked at
            return Track(inert(entity_id))

    def _show_lanes(self) -> None:
        lanes: list[Track] = []
        found = findings_of(self.project)
        if found:
            lanes.append(findings_track(found))
        for where in EXTRA_TRACKS:
            lanes += load(where)(self.project)
        self.lines.show_lanes(lanes)

    @property
    def current(self) -> str | None:
        """The entity under the cursor."""
        return self.rows[self.lines.cursor].id if self.rows else None

    # -- news -----------------------------------------------------------------------------

    def moved(self, frame: int) -> None:
        self.lines.show_frame(frame)
        if self.only_here:
            self._list(self.current)
        time = float(self.cockpit.times[frame]) if len(self.cockpit.times) else 0.0
        self.say(f"frame {frame} · {time:.2f} s")

    def project_changed(self, change: Change) -> None:
        for entity_id in change.entities:
            self._extents.pop(entity_id, None)
        whole = change.structure or change.origin == "disk"
        if whole:
            self._extents.clear()
            self._list(self.current)
        elif isinstance(self.lines.tracks, LazyTracks):
            self.lines.tracks.forget(change.entities)
        self._show_lanes()
        self.lines.refresh()

    # -- keys -----------------------------------------------------------------------------

    def _select(self) -> None:
        if self.current is not None and self.current != self.cockpit.selected:
            self.cockpit.select(self.current)

    def action_row(self, by: int) -> None:
        self.lines.move_to(self.lines.cursor + by)
        self._select()

    def action_page(self, by: int) -> None:
        self.action_row(by * self.lines.page_rows)

    def action_open(self) -> None:
        self._select()
        self.action_leave()

    def action_zoom(self, factor: float) -> None:
        self.lines.zoom(factor)

    def action_here(self) -> None:
        self.only_here = not self.only_here
        self._list(self.current)

    def action_events(self) -> None:
        self.only_events = not self.only_events
        self._list(self.current)

    def action_sort(self) -> None:
        def answer(sort: str) -> None:
            self.sort = sort
            self._list(self.current)

        items = [
            Item(name, text[:1].upper() + text[1:], hotkey=str(place))
            for place, (name, text) in enumerate(SORTS.items(), start=1)
        ]
        self.app.push_screen(Menu("Sort rows", items, answer, self.sort))

    def action_show(self) -> None:
        names: dict[str, str] = {}
        for entity_class in self.project.ontology.classes.values():
            for name, definition in entity_class.properties.items():
                if definition.time_varying and not definition.kind.geometry:
                    names.setdefault(name, inert(definition.label or name))

        def answer(name: str) -> None:
            self.property = name
            self._list(self.current)

        items = [Item(name, label) for name, label in names.items()]
        self.app.push_screen(Menu("Show in the rows", items, answer, self.property))

    # -- the filter -----------------------------------------------------------------------

    def action_filter(self) -> None:
        self.filter_input.display = True
        self.set_focus(self.filter_input)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list(self.current)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.filter_input.display = bool(event.value)
        self.set_focus(None)
        self._select()

    def action_leave(self) -> None:
        if self.filter_input.has_focus or self.filter_input.value:
            self.filter_input.value = ""
            self.filter_input.display = False
            self.set_focus(None)
            self._list(self.current)
        else:
            super().action_leave()

    # -- the pointer ----------------------------------------------------------------------

    def on_timeline_seek(self, message: Timeline.Seek) -> None:
        self.cockpit.go(message.frame)

    def on_entity_timeline_picked(self, message: EntityTimeline.Picked) -> None:
        self.lines.move_to(message.place)
        self._select()
