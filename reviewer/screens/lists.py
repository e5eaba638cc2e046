"""The cockpit's list of entities: which are listed, which one is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from reviewer.format import Project
from reviewer.screens.desk import Desk
from reviewer.screens.tracks import property_tracks
from reviewer.widgets.entity_table import EntityTable, matches
from reviewer.widgets.properties import Properties, PropertyRow
from reviewer.widgets.text import inert
from reviewer.widgets.timeline import Timeline

if TYPE_CHECKING:
    from textual.app import App


class Lists:
    """Mixed into the cockpit: the keys for the entities and their properties."""

    app: App[None]
    project: Project
    desk: Desk
    frame: int
    selected: str | None
    note: str
    filter_text: str
    present_only: bool
    table: EntityTable
    properties: Properties
    timeline: Timeline
    filter_input: Input
    _present: dict[str, str]
    _unchosen = False
    say: Callable[[str], None]
    go: Callable[[int], None]
    redraw: Callable[[], None]
    set_focus: Callable[[Any], None]
    edit_row: Callable[[PropertyRow | None], None]

    def list_entities(self) -> None:
        everything = self.desk.entity_rows()
        rows = matches(everything, self.filter_text)
        notes = [f"“{inert(self.filter_text)}”"] if self.filter_text else []
        if self.present_only:
            rows = [row for row in rows if row.id in self._present]
            notes.append("here")
        note = ", ".join(notes)
        if (
            rows != self.table.rows
            or len(everything) != self.table.total
            or note != self.table.note
        ):
            self.table.show_rows(rows, len(everything), note)

    def select(self, entity_id: str | None) -> None:
        self.selected = entity_id
        self._unchosen = False
        self.table.select(entity_id)
        self.timeline.show_tracks(property_tracks(self.desk, entity_id))
        self.properties.show(*self.desk.property_rows(entity_id, self.frame))
        self.redraw()

    def show_pane(self, name: str) -> None:
        self.properties.show_active(name == "properties")
        self.table.show_active(name == "entities")

    def action_pane(self) -> None:
        self.show_pane("entities" if self.properties.active else "properties")

    def action_cursor(self, by: int) -> None:
        if self.properties.active:
            self.properties.move(by)
        else:
            entity_id = self.table.step(by)
            if entity_id is not None and entity_id != self.selected:
                self.select(entity_id)

    def action_page(self, by: int) -> None:
        if self.properties.active:
            self.properties.move(by * 5)
        else:
            self.action_cursor(by * self.table.page_rows)

    def action_visible(self, direction: int) -> None:
        rows = [row.id for row in self.table.rows if row.id in self._present]
        if not rows:
            self.say("nothing is present in this frame")
            return
        if self.selected in rows:
            self.select(rows[(rows.index(self.selected) + direction) % len(rows)])
            return
        place = self.table.places.get(self.selected or "", -1)
        after = [one for one in rows if self.table.places[one] > place]
        before = [one for one in rows if self.table.places[one] < place]
        if direction > 0:
            self.select(after[0] if after else rows[0])
        else:
            self.select(before[-1] if before else rows[-1])

    def action_enter(self) -> None:
        if self.properties.active:
            self.edit_row(self.properties.current)
        elif (entity := self.desk.entity(self.selected)) is not None:
            keyframes = entity.keyframes
            if len(keyframes):
                self.go(int(keyframes[0]))

    def action_only_present(self) -> None:
        self.present_only = not self.present_only
        self.list_entities()

    def action_filter(self) -> None:
        self.filter_input.display = True
        # Not filter_input.focus(), which takes its time: the next key must not be a command.
        self.set_focus(self.filter_input)

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.filter_input:
            self.filter_text = event.value
            self.list_entities()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.filter_input:
            self._leave_filter()
            if self.table.rows and self.selected not in self.table.places:
                self.select(self.table.rows[0].id)

    def _leave_filter(self) -> None:
        self.filter_input.display = bool(self.filter_text)
        self.set_focus(None)

    def action_escape(self) -> None:
        if self.filter_text or self.filter_input.has_focus:
            self.filter_input.value = ""
            self.filter_text = ""
            self._leave_filter()
            self.list_entities()
        elif self.present_only:
            self.action_only_present()
        elif self.properties.active:
            self.action_pane()
        elif self.note:
            self.say("")
        else:
            self.select(None)
