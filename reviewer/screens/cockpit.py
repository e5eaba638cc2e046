"""The one screen a reviewer lives on: picture, entities, properties, timeline, and all the keys."""

from __future__ import annotations

import asyncio
import contextlib
import time
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
from reviewer.format.remap import RemapEdit
from reviewer.frame_image import Look
from reviewer.frame_image_graphics import Graphics, Terminal
from reviewer.screens.desk import Desk
from reviewer.screens.edits import Edits
from reviewer.screens.figures import Figures
from reviewer.screens.keys import HINT_ORDER, KEYS
from reviewer.screens.lists import Lists
from reviewer.screens.loader import FrameLoader, Moment, Request
from reviewer.screens.looking import Looking
from reviewer.screens.moving import Moving
from reviewer.screens.tracks import property_tracks
from reviewer.widgets.bars import KeyBar, Status, StatusBar, TitleBar
from reviewer.widgets.entity_table import EntityTable
from reviewer.widgets.frame_view import FrameView
from reviewer.widgets.properties import Properties
from reviewer.widgets.text import inert
from reviewer.widgets.text_field import TextField
from reviewer.widgets.timeline import Timeline

# How often the files are looked for: a file that is open can be read on after it was deleted.
FILES_EVERY_S = 5.0
# How often lists and timeline follow while the picture plays: faster, nobody could read them.
SIDES_EVERY_S = 0.1


class Cockpit(Moving, Lists, Looking, Edits, Screen[None]):
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

    class Files(Message):
        """The files were looked for. missing: what is gone, "" when all is there."""

        def __init__(self, missing: str) -> None:
            super().__init__()
            self.missing = missing

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
        self.figures = Figures(self.desk)
        self.times = np.asarray(project.times, np.float64)
        self.last = max(0, project.frame_count - 1)
        self.frame = 0
        self.look = Look()
        self.selected: str | None = None
        self.filter_text = ""
        self.present_only = False
        self.show_labels = True
        self.loader = FrameLoader(self.figures, lambda moment: self._hand_over(self.Ready(moment)))
        self._unsubscribe: Callable[[], None] = lambda: None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="reviewer-edits")
        self._redraws = 0
        self._sides_shown = 0.0
        self.saving = 0
        self.trouble = ""
        self.note = ""
        self._shut = False
        self._missing = ""
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
                yield TextField(placeholder="name or class", id="filter", compact=True)
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
        self.list_entities()
        if self.table.rows:
            self.select(self.table.rows[0].id)
        self._unchosen = True
        self._unsubscribe = self.project.subscribe(
            lambda change: self._hand_over(self.Changed(change))
        )
        self.loader.start()
        self.set_interval(FILES_EVERY_S, self._look_for_files)
        self.go(self.frame)

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
        # In a very low window the picture's row goes first to what says where we are.
        self.query_one("#title").display = height >= 8
        self.query_one("#keys").display = height >= 6
        self.timeline.display = height >= 9
        classes = self.project.ontology.classes.values()
        counts = [
            sum(1 for one in entity_class.properties.values() if one.time_varying)
            - max(0, len(entity_class.geometry) - 1)  # most have one shape
            for entity_class in classes
        ]
        # As high as the richest class needs, so that nothing jumps when another is selected.
        self.timeline.styles.height = 1 + min(max(counts, default=2), max(1, height // 5))
        rows = max((len(one.properties) - len(one.geometry) + 1 for one in classes), default=2) + 3
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
            None if self.app.no_color else console_system,
            self.terminal.graphics is not Graphics.NONE and self.app.screen is self,
            self.look,
            self._redraws,
        )

    def redraw(self) -> None:
        """The same frame again, because something about it has changed."""
        self._redraws += 1
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
        """A quiet remark in the status line; screens over the cockpit show it in theirs."""
        self.note = inert(note)
        self.show_status()
        said = getattr(self.app.screen, "said", None)
        if said is not None:
            said(self.note)

    def complain(self, sentence: str) -> None:
        """Something did not work, and why."""
        self.app.notify(inert(sentence), severity="error", markup=False, timeout=8)

    # -- news -----------------------------------------------------------------------------

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
        elif moment.frame != self.frame and self.view.frame is None:
            return
        self.app.erase_still()
        self.view.show(moment)
        self._present = moment.present
        if self._unchosen:
            self._select_present()
        if moment.playing and moment.frame == self.last:
            self.loader.pause()
            self.go(self.last)
        now = time.monotonic()
        if moment.playing and now - self._sides_shown < SIDES_EVERY_S:
            self.show_status()
            return
        self._sides_shown = now
        self._follow()
        if self.present_only:
            self.list_entities()
        self.table.show_present(moment.present)
        if moment.request.selected == self.selected:
            self.properties.show(moment.title, moment.properties)
        self.show_status()

    def _select_present(self) -> None:
        """At the beginning nobody chose an entity: better one that is in the picture."""
        self._unchosen = False
        here = next((row.id for row in self.table.rows if row.id in self._present), None)
        if here is not None and self.selected not in self._present:
            self.select(here)

    def on_cockpit_changed(self, message: Changed) -> None:
        change = message.change
        if isinstance(change.edit, RemapEdit):
            self.app.exit(message="The project's video was changed: open the project again.")
            return
        self.desk.forget(change)
        self.forget_places(change)
        if self.selected is not None and not self.desk.exists(self.selected):
            neighbour = self.table.step(1)
            if neighbour == self.selected:
                neighbour = self.table.step(-1)
            self.list_entities()
            self.select(neighbour if self.desk.exists(neighbour) else None)
        elif change.structure or change.origin == "disk":
            self.list_entities()
            if self.selected is None and self.table.rows:
                self.select(self.table.rows[0].id)
        rules = change.edit.ontology is not None or change.origin == "disk"
        if rules:  # another ontology: other properties, colours and heights
            self._arrange(*self.app.size)
            self.properties.show(*self.desk.property_rows(self.selected, self.frame))
        if rules or self.selected in change.entities:
            self.timeline.show_tracks(property_tracks(self.desk, self.selected))
        if change.origin != "local":
            author = inert(change.edit.author or "somebody") if change.edit else "somebody"
            label = inert(change.edit.label) if change.edit and change.edit.label else "a change"
            if change.origin == "disk":
                self.say("the folder was changed on disk, as git does; this is what it has now")
            else:
                self.say(f"{author}: {label}")
        self.table.refresh()
        self.redraw()
        for screen in self.app.screen_stack:
            changed = getattr(screen, "project_changed", None)
            if changed is not None:
                changed(change)

    def _look_for_files(self) -> None:
        """See whether folder and video are still there; in a thread, as a lost network drive
        makes one wait."""
        with contextlib.suppress(RuntimeError):  # on the way out
            self._writer.submit(lambda: self._hand_over(self.Files(missing_files(self.project))))

    def on_cockpit_files(self, message: Files) -> None:
        if message.missing == self._missing:
            return
        self._missing = message.missing
        title = self.query_one(TitleBar)
        title.warning = message.missing or ("read-only" if self.project.read_only else "")
        title.refresh()
        self.say(message.missing or "the files are there again")

    # -- the pointer ----------------------------------------------------------------------

    def on_entity_table_picked(self, message: EntityTable.Picked) -> None:
        self.select(message.entity_id)

    def on_properties_picked(self, message: Properties.Picked) -> None:
        self.show_pane("properties")
        self.properties.move(message.row - self.properties.cursor)

    def on_timeline_seek(self, message: Timeline.Seek) -> None:
        self.go(message.frame)

    def on_frame_view_pointed(self, message: FrameView.Pointed) -> None:
        """Select the smallest shape under the pointer."""
        found = self.figures.evaluate(self.frame, None)
        row = found.shapes.hit(message.x, message.y)
        if row is not None:
            self.select(found.ids[row])

    def on_screen_suspend(self) -> None:
        self.app.erase_still()

    def on_screen_resume(self) -> None:
        if self.is_mounted and hasattr(self, "view"):
            self.redraw()

    async def settled(self) -> None:
        """Wait until no edit is under way; for those who drive the screen by program."""
        while self.saving:
            await asyncio.sleep(0.005)


def missing_files(project: Project) -> str:
    """What of a project's files is gone, in a few words; "" when all is there."""
    if not project.path.is_dir():
        return "the project's folder is gone"
    video = project.video_path
    return "the video is gone" if video is not None and not video.exists() else ""
