"""Two screens of numbers: the statistics of the project, and who worked on it when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from reviewer.format.sessions import Session
from reviewer.format.statistics import statistics
from reviewer.report_commands import (
    clock,
    percent,
    review_lines,
    session_cells,
    strip,
    table_lines,
)
from reviewer.screens.dialogs import Preview
from reviewer.screens.follow import PROGRAM_KEYS, READ_KEYS, ROW_KEYS, ListBoard
from reviewer.screens.keys import EDIT, VIEW, Key
from reviewer.widgets.listing import Cell, Column, Listing, Row
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

STATE_LOOK = {"open": "busy", "closed": "plain", "done": "good", "unfinished": "bad"}
EXPORT_TEXT = {
    "running": "being written", "done": "written", "failed": "failed",
    "unfinished": "cut off before it was whole",
}  # fmt: skip
LOOK_AGAIN_S = 1.0


class Statistics(ListBoard):
    """How much there is, how much of the time, by whom, and how far the review is."""

    TITLE_TEXT = "Statistics"
    KEYS = (
        *ROW_KEYS,
        *READ_KEYS,
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        columns = (
            Column("class, property"),
            Column("entities", 8, right=True),
            Column("keyframes", 9, right=True, least=56),
            Column("values", 9, right=True),
            Column("covered", 7, right=True),
            Column("over time", 24, least=72),
        )
        super().__init__(cockpit, Listing(columns, "Counting ...", id="list"))
        self.found: dict[str, Any] = {}

    def look(self) -> dict[str, Any]:
        return statistics(self.project, bins=96)

    def took(self, found: dict[str, Any]) -> None:
        self.found = found
        rows = []
        for item in found["classes"]:
            if not item["entities"]:
                continue
            rows.append(self._row(item, inert(item["label"]), "strong", item["there"]))
            for prop in item["properties"]:
                label = f"  {inert(prop['label'])}"
                key = f"{item['name']}.{prop['name']}"
                rows.append(self._row(prop, label, "plain", prop["frames"], key))
        self.listing.show_rows(rows, "There is nothing to count yet.")
        keyframes, annotations = found["keyframes"], found["annotations"]
        self.heading.show(
            about=f"{found['entities']:,} entities · {keyframes['total']:,} keyframes · "
            f"{annotations['geometry']:,} shapes"
        )

    def _row(
        self, item: dict[str, Any], label: str, look: str, values: int, key: str | None = None
    ) -> Row:
        keyframes = f"{item['keyframes']:,}" if item["keyframes"] else ""
        return Row(
            key or item["name"],
            (
                Cell(label, look),
                Cell(f"{item['entities']:,}"),
                Cell(keyframes, "muted"),
                Cell(f"{values:,}"),
                Cell(percent(item["share"]), "good" if item["share"] == 1 else "plain"),
                Cell(strip(item["over_time"]), "accent" if look == "strong" else "muted"),
            ),
        )

    def detail(self) -> list[list[Cell]]:
        if not self.found:
            return []
        lines = [[Cell(line)] for line in review_lines(self.found["review"])]
        sources = self.found["keyframes"]["by_source"]
        if sources:
            made = ", ".join(f"{count:,} {by}" for by, count in sources.items())
            lines.append([Cell(f"Keyframes: {made}")])
        people = self.found["authors"]
        if people:
            head = ("author", "sessions", "worked", "edits", "keyframes", "said", "verdicts")
            rows = [
                (
                    inert(row["author"])[:24], f"{row['sessions']}", clock(row["active_s"]),
                    f"{row['edits']:,}", f"{row['keyframes']:,}", f"{row['said']}",
                    f"{row['verdicts']}",
                )
                for row in people
            ]  # fmt: skip
            table = table_lines(head, rows)
            lines += [[], [Cell(table[0], "muted")], *([Cell(line)] for line in table[1:])]
        return lines


class Sessions(ListBoard):
    """Every sitting, the last one first; submitting the one that goes on."""

    TITLE_TEXT = "Sessions"
    KEYS = (
        *ROW_KEYS,
        *READ_KEYS,
        Key(VIEW, "enter", "⏎", "open", "to the picture, where it was worked", "⏎ look"),
        Key(EDIT, "S", "S", "submit", "submit: mark it done and write the export", "S submit"),
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        columns = (
            Column("began (UTC)", 16),
            Column("author", 14),
            Column("worked", 8, right=True),
            Column("edits", 7, right=True),
            Column("keyframes", 9, right=True, least=72),
            Column("entities"),
            Column("state", 22, least=60),
        )
        super().__init__(cockpit, Listing(columns, "Looking ...", id="list"))
        self._rows: dict[str, Session] = {}

    def body(self) -> Iterable[Widget]:
        yield from super().body()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(LOOK_AGAIN_S, self.refresh_soon)  # exports end without a word

    def look(self) -> list[Session]:
        sessions = self.project.sessions
        found = {session.id: session for session in sessions.all()}
        current = sessions.current()  # newer than its file
        if current is not None:
            found[current.id] = current
        return sorted(found.values(), key=lambda session: session.started, reverse=True)

    def took(self, found: list[Session]) -> None:
        self._rows = {session.id: session for session in found}
        names = {row.id: row.name for row in self.desk.entity_rows()}
        rows = []
        for session in found:
            _, author, began, worked, edits, keys, on, state = session_cells(session, names)
            look = STATE_LOOK[session.state]
            if session.export is not None and session.export.state in ("failed", "unfinished"):
                look = "bad"
            rows.append(
                Row(
                    session.id,
                    (
                        Cell(began, "muted"), Cell(author, "strong"), Cell(worked), Cell(edits),
                        Cell(keys), Cell(on), Cell(state, look),
                    ),
                )
            )  # fmt: skip
        empty = "Nobody has worked here yet: the first edit begins a session."
        self.listing.show_rows(rows, empty)
        count = len(found)
        self.heading.show(about=f"{count} session{'s' if count != 1 else ''}")

    @property
    def session(self) -> Session | None:
        """What the cursor is on."""
        row = self.listing.current
        return self._rows.get(row.key) if row else None

    def detail(self) -> list[list[Cell]]:
        session = self.session
        if session is None:
            return []
        lines = [
            [Cell(inert(session.author), "strong"), Cell(f"  {session.id}", "muted")],
            [
                Cell(
                    f"{session.edits:,} edits ({session.undone:,} undone): "
                    f"{session.keyframes:,} keyframes set, {session.removed:,} removed; "
                    f"entities: {session.created:,} made, {session.deleted:,} deleted"
                )
            ],
        ]
        spans = ", ".join(f"{a}" if b - a == 1 else f"{a}-{b - 1}" for a, b in session.frames[:40])
        more = " ..." if len(session.frames) > 40 else ""
        if spans:
            where = f"On {session.frame_count:,} frames: "
            lines.append([Cell(where, "muted"), Cell(spans + more)])
        names = [
            f"{self.entity_name(entity)} ({count:,})"
            for entity, count in sorted(session.entities.items(), key=lambda one: -one[1])[:40]
        ]
        if names:
            whom = f"On {session.entity_count:,} entities: "
            lines.append([Cell(whom, "muted"), Cell(", ".join(names))])
        export = session.export
        if export is not None:
            look = {"done": "good", "running": "busy"}.get(export.state, "bad")
            text = f"{inert(export.file)}: {EXPORT_TEXT[export.state]}"
            rows = f", {export.rows:,} rows" if export.state == "done" else ""
            lines.append([Cell("Export ", "muted"), Cell(text + rows, look)])
            if export.error:
                lines.append([Cell(inert(export.error), "bad")])
        return lines

    def action_open(self) -> None:
        session = self.session
        if session is not None and session.frames:
            entity = max(session.entities, key=lambda one: session.entities[one], default=None)
            self.jump(min(session.frames[0][0], self.project.frame_count - 1), entity)

    def action_submit(self) -> None:
        session = self.session
        if session is None:
            self.say("there is nothing to submit")
            return
        current = self.project.sessions.current()
        own = current is not None and current.id == session.id
        lines = [
            f"{session.edits:,} edits on {session.frame_count:,} frames are marked as done.",
            "The whole project is then exported as a Parquet table, in the background.",
            "The next edit begins another session.",
        ]
        sessions = self.project.sessions
        chosen = None if own else session.id
        self.app.push_screen(
            Preview(
                f"Submit {inert(session.author)}'s session",
                lines,
                lambda yes: self.write("submitted", lambda: sessions.submit(chosen)),
            )
        )


__all__ = ["Sessions", "Statistics"]
