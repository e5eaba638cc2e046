"""The one screen a reviewer lives on: picture, entities, properties, timeline, and all the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from reviewer.format import Change, Project, ReviewerError
from reviewer.frame_image_graphics import Graphics, Terminal
from reviewer.screens.desk import Desk
from reviewer.screens.dialogs import Help, Prompt
from reviewer.screens.edits import Edits
from reviewer.screens.keys import HINT_ORDER, KEYS
from reviewer.screens.loader import FrameLoader, Moment, Request
from reviewer.screens.position import EXAMPLES, parse_position, seconds_away
from reviewer.widgets.bars import KeyBar, Status, StatusBar, TitleBar
from reviewer.widgets.entity_table import EntityTable, matches
from reviewer.widgets.frame_view import FrameView
from reviewer.widgets.properties import Properties
from reviewer.widgets.text import inert
from reviewer.widgets.timeline import Timeline


class Cockpit(Edits, Screen[None]):
    """Holds where we are (frame, selected entity) and sends keys to what they mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key.binding() for key in KEYS if not key.action.startswith("app.")
    ]
    AUTO_FOCUS = ""

    class Ready(Message):
        """A moment came from the loader's thread."""

        def __init__(self, moment: Moment) -> None:
            super().__init__()
            self.moment = moment

    class Changed(Message):
        """The project was changed, by whomever."""

        def __init__(self, change: Change) -> None:
            super().__init__()
            self.change = change

    def __init__(
        self, project: Project, server_url: str | None = None, terminal: Terminal | None = None
    ) -> None:
        super().__init__()
        self.project = project
        self.server_url = server_url or ""
        self.terminal = terminal or Terminal()
        self.desk = Desk(project)
        self.times = np.asarray(project.times, np.float64)
        self.last = max(0, project.frame_count - 1)
        self.frame = 0
        self.selected: str | None = None
        self.filter_text = ""
        self.present_only = False
        self.show_labels = True
        self.loader = FrameLoader(self.desk, lambda moment: self._hand_over(self.Ready(moment)))
        self._unsubscribe: Callable[[], None] = lambda: None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="reviewer-edits")
        self.saving = 0
        self.trouble = ""
        self.note = ""
        self._shut = False
        self._present: dict[str, str] = {}

    def _hand_over(self, message: Message) -> None:
        """Post from any thread; nothing to do once the screen is going away."""
        if not self._shut:
            self.post_message(message)

    # -- building -------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield TitleBar(id="title")
        with Horizontal(id="middle"):
            yield FrameView(id="frame")
            with Vertical(id="side"):
                yield EntityTable(self.desk.keyframe_count, id="entities")
                yield Input(placeholder="name or class", id="filter", compact=True)
                yield Properties(id="properties")
        yield StatusBar(id="status")
        yield Timeline(self.project.frame_count, id="timeline")
        yield KeyBar([key.hint for key in KEYS if key.hint], HINT_ORDER, id="keys")

    def on_mount(self) -> None:
        self.view = self.query_one(FrameView)
        self.table = self.query_one(EntityTable)
        self.properties = self.query_one(Properties)
        self.timeline = self.query_one(Timeline)
        self.status = self.query_one(StatusBar)
        self.filter_input = self.query_one("#filter", Input)
        self._name_things()
        self._arrange(*self.app.size)
        self._list_entities()
        if self.table.rows:
            self.select(self.table.rows[0].id)
        self._unsubscribe = self.project.subscribe(
            lambda change: self._hand_over(self.Changed(change))
        )
        self.loader.start()
        self.go(0)

    def on_unmount(self) -> None:
        self.shut_down()

    def shut_down(self) -> None:
        """Stop the threads; edits under way are finished first."""
        if self._shut:
            return
        self._shut = True
        self._unsubscribe()
        self.loader.close()
        self._writer.shutdown(wait=True)

    def _name_things(self) -> None:
        title = self.query_one(TitleBar)
        title.project = inert(self.project.name)
        title.author = inert(self.project.author or "")
        # Without the token: a screen is shared more easily than meant. "y" copies the whole.
        title.url = inert(self.server_url.partition("#")[0])
        title.warning = "read-only" if self.project.read_only else ""
        if self.project.warnings:
            more = len(self.project.warnings) - 1
            self.say(self.project.warnings[0] + (f" (and {more} more)" if more else ""))
        if self.project.read_only:
            self.say(str(self.project.read_only))
        try:
            video = self.project.video
            index = video.index
            name = inert(video.path.name)
            title.video = (
                f"{name} · {video.width}×{video.height} · {index.rate:.4g} fps · {index.codec}"
            )
        except (ReviewerError, OSError):
            title.video = f"{self.project.frame_count} frames · no video"

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(*event.size)

    def _arrange(self, width: int, height: int) -> None:
        if not self.is_mounted:
            return
        side = 28 if width < 96 else 38 if width < 150 else 50
        self.query_one("#side").styles.width = side if width >= 56 else 0
        classes = self.project.ontology.classes.values()
        counts = [
            sum(1 for one in entity_class.properties.values() if one.time_varying)
            for entity_class in classes
        ]
        # As high as the richest class needs, so that nothing jumps when another is selected.
        self.timeline.styles.height = 1 + min(max(counts, default=2), max(1, height // 5))
        rows = max((len(one.properties) for one in classes), default=2) + 3
        self.properties.styles.height = min(rows, max(4, height // 3))

    # -- where we are ---------------------------------------------------------------------

    def _request(self, frame: int) -> Request:
        width, height = self.view.size
        console_system = self.app.console._color_system  # rich has no public name for it
        return Request(
            frame,
            width,
            height,
            self.terminal,
            self.selected,
            self.show_labels,
            console_system,
            self.terminal.graphics is not Graphics.NONE and self.app.screen is self,
        )

    def go(self, frame: int) -> None:
        """Show `frame`, or the nearest there is."""
        self.frame = max(0, min(self.last, frame))
        self.loader.ask(self._request(self.frame))
        self.timeline.show_frame(self.frame)
        self.show_status()

    def redraw(self) -> None:
        """The same frame again, because something about it has changed."""
        if self.loader.playing:
            self.loader.restyle(self._request(self.frame))
        else:
            self.loader.ask(self._request(self.frame))

    def show_status(self) -> None:
        self.status.show(
            Status(
                frame=self.frame,
                frame_count=self.project.frame_count,
                time_s=float(self.times[self.frame]) if len(self.times) else 0.0,
                duration_s=float(self.times[-1]) if len(self.times) else 0.0,
                playing=self.loader.playing,
                saving=self.saving,
                trouble=self.trouble,
                note=self.note,
            )
        )

    def say(self, note: str) -> None:
        """A quiet remark in the status line."""
        self.note = inert(note)
        self.show_status()

    def complain(self, sentence: str) -> None:
        """Something did not work, and why."""
        self.app.notify(inert(sentence), severity="error", markup=False, timeout=8)

    def on_frame_view_resized(self) -> None:
        self.redraw()

    def on_cockpit_ready(self, message: Ready) -> None:
        moment = message.moment
        if moment.still is not None:
            if self.view.moment is not None and self.view.moment.serial == moment.serial:
                self.app.draw_still(moment)
            return
        if moment.playing:
            if not self.loader.playing:
                return
            self.frame = moment.frame
            self.timeline.show_frame(self.frame)
        elif moment.frame != self.frame and self.view.frame is None:
            return
        self.app.erase_still()
        self.view.show(moment)
        self._present = moment.present
        if self.present_only:
            self._list_entities()
        self.table.show_present(moment.present)
        if moment.request.selected == self.selected:
            self.properties.show(moment.title, moment.properties)
        if moment.playing and moment.frame == self.last:
            self.loader.pause()
        self.show_status()

    def on_cockpit_changed(self, message: Changed) -> None:
        change = message.change
        self.desk.forget(change)
        if self.selected is not None and not self.desk.exists(self.selected):
            neighbour = self.table.step(1)
            if neighbour == self.selected:
                neighbour = self.table.step(-1)
            self._list_entities()
            self.select(neighbour if self.desk.exists(neighbour) else None)
        elif change.structure or change.origin == "disk":
            self._list_entities()
            if self.selected is None and self.table.rows:
                self.select(self.table.rows[0].id)
        if self.selected in change.entities:
            self.timeline.show_tracks(self.desk.tracks(self.selected))
        if change.origin != "local":
            author = inert(change.edit.author or "somebody") if change.edit else "somebody"
            label = inert(change.edit.label) if change.edit and change.edit.label else "a change"
            self.say(f"{author}: {label}")
        self.table.refresh()
        self.redraw()

    # -- entities -------------------------------------------------------------------------

    def _list_entities(self) -> None:
        everything = self.desk.entity_rows()
        rows = matches(everything, self.filter_text)
        notes = [f"“{inert(self.filter_text)}”"] if self.filter_text else []
        if self.present_only:
            rows = [row for row in rows if row.id in self._present]
            notes.append("here")
        if (
            [row.id for row in rows] != [row.id for row in self.table.rows]
            or rows != list(self.table.rows)
            or len(everything) != self.table.total
            or ", ".join(notes) != self.table.note
        ):
            self.table.show_rows(rows, len(everything), ", ".join(notes))

    def select(self, entity_id: str | None) -> None:
        self.selected = entity_id
        self.table.select(entity_id)
        self.timeline.show_tracks(self.desk.tracks(entity_id))
        self.properties.show(*self.desk.property_rows(entity_id, self.frame))
        self.redraw()

    def on_entity_table_picked(self, message: EntityTable.Picked) -> None:
        self.select(message.entity_id)

    def on_properties_picked(self, message: Properties.Picked) -> None:
        self._pane("properties")
        self.properties.move(message.row - self.properties.cursor)

    def on_timeline_seek(self, message: Timeline.Seek) -> None:
        self.go(message.frame)

    def on_frame_view_pointed(self, message: FrameView.Pointed) -> None:
        """Select the smallest box under the pointer."""
        table = self.project.evaluate(self.frame, self.frame + 1)
        boxes = table["box"]
        with np.errstate(invalid="ignore"):
            hit = (
                (boxes[:, 0] <= message.x)
                & (message.x <= boxes[:, 0] + boxes[:, 2])
                & (boxes[:, 1] <= message.y)
                & (message.y <= boxes[:, 1] + boxes[:, 3])
            )
        rows = np.flatnonzero(hit)
        if len(rows):
            row = rows[np.argmin(boxes[rows, 2] * boxes[rows, 3])]
            self.select(table.entities[int(table.entity_index[row])])

    # -- keys: moving ---------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        self.go(self.frame + by)

    def action_seconds(self, by: int) -> None:
        self.go(seconds_away(self.times, self.frame, by))

    def action_first(self) -> None:
        self.go(0)

    def action_last(self) -> None:
        self.go(self.last)

    def action_keyframe(self, direction: int) -> None:
        if self.selected is None or not self.desk.exists(self.selected):
            self.say("select an entity first")
            return
        frame = self.desk.next_keyframe(self.selected, self.frame, direction)
        if frame is None:
            self.say("no keyframe after this" if direction > 0 else "no keyframe before this")
        else:
            self.go(frame)

    def action_play(self) -> None:
        if self.loader.playing:
            self.loader.pause()
            self.go(self.frame)
        else:
            if self.frame >= self.last:
                self.go(0)
            self.loader.play(self._request(self.frame))
            self.show_status()

    def action_goto(self) -> None:
        def check(text: str) -> str:
            known = not text or parse_position(text, self.frame, self.times) is not None
            return "" if known else f"not a frame or a time; try {EXAMPLES}"

        def answer(text: str) -> None:
            frame = parse_position(text, self.frame, self.times)
            if frame is not None:
                self.go(frame)

        self.app.push_screen(Prompt("Go to", answer, hint=EXAMPLES, check=check))

    # -- keys: lists ----------------------------------------------------------------------

    def _pane(self, name: str) -> None:
        self.properties.show_active(name == "properties")
        self.table.show_active(name == "entities")

    def action_pane(self) -> None:
        self._pane("entities" if self.properties.active else "properties")

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
        self._list_entities()

    def action_filter(self) -> None:
        self.filter_input.display = True
        # Not filter_input.focus(), which takes its time: the next key must not be a command.
        self.set_focus(self.filter_input)

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.filter_input:
            self.filter_text = event.value
            self._list_entities()

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
            self._list_entities()
        elif self.present_only:
            self.action_only_present()
        elif self.properties.active:
            self.action_pane()
        elif self.note:
            self.say("")
        else:
            self.select(None)

    # -- keys: view -----------------------------------------------------------------------

    def action_labels(self) -> None:
        self.show_labels = not self.show_labels
        self.redraw()

    def action_zoom(self, factor: float) -> None:
        self.timeline.zoom(factor)

    def action_copy_link(self) -> None:
        if self.server_url:
            self.app.copy_to_clipboard(self.server_url)
            self.say("the page's link is in the clipboard")
        else:
            self.say("no page is being served")

    def action_help(self) -> None:
        self.app.push_screen(Help())

    def on_screen_suspend(self) -> None:
        self.app.erase_still()

    def on_screen_resume(self) -> None:
        if self.is_mounted and hasattr(self, "view"):
            self.redraw()

    async def settled(self) -> None:
        """Wait until no edit is under way; for those who drive the screen by program."""
        while self.saving:
            await asyncio.sleep(0.005)
