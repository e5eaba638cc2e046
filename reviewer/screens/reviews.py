"""The review: what is left to look at, what was said, and saying more; with keys alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.format.review import VERDICTS, Progress, QueueItem, Thread
from reviewer.screens.dialogs import Prompt
from reviewer.screens.follow import PROGRAM_KEYS, READ_KEYS, ROW_KEYS, ListBoard
from reviewer.screens.keys import EDIT, VIEW, Key
from reviewer.screens.pinning import Pinning
from reviewer.widgets.listing import Cell, Column, Listing, Row
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

VIEWS = ("queue", "open", "all")
VIEW_TEXT = {"queue": "left to review", "open": "open threads", "all": "all threads"}
STATE_LOOK = {
    "changed": "busy", "unreviewed": "plain", "needs-work": "bad", "reject": "bad",
    "accept": "good", "open": "busy", "resolved": "muted",
}  # fmt: skip
STATE_TEXT = {
    "changed": "changed since", "unreviewed": "not reviewed", "needs-work": "needs work",
    "reject": "rejected", "accept": "accepted", "open": "open", "resolved": "resolved",
}  # fmt: skip
ASKED = {"accept": "Accept", "reject": "Reject", "needs-work": "Send back"}
MAX_SPANS = 3


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything the screen shows, read at one moment."""

    queue: list[QueueItem]
    threads: list[Thread]
    progress: Progress
    problems: list[str]


class Reviews(ListBoard):
    """Queue and threads in one list; Tab changes which."""

    TITLE_TEXT = "Review"
    KEYS = (
        *ROW_KEYS,
        *READ_KEYS,
        Key(VIEW, "tab", "Tab", "view(1)", "left to review, open threads, all threads", "⇥ view"),
        Key(VIEW, "shift+tab", "⇧Tab", "view(-1)", "the other way round"),
        Key(VIEW, "m", "m", "mine", "only what is mine to do"),
        Key(VIEW, "enter", "⏎", "open", "to the picture, at this place", "⏎ look"),
        Key(EDIT, "a", "a", "verdict('accept')", "accept", "a accept"),
        Key(EDIT, "w", "w", "verdict('needs-work')", "needs work", "w needs work"),
        Key(EDIT, "x", "x", "verdict('reject')", "reject", "x reject"),
        Key(EDIT, "r", "r", "reply", "answer, or begin a thread here", "r answer"),
        Key(EDIT, "n", "n", "comment", "comment on the frame and entity in the picture", "n new"),
        Key(EDIT, "N", "N", "pin", "comment on a range, a property, a place ..."),
        Key(EDIT, "d", "d", "done", "resolve the thread, or open it again", "d done"),
        Key(EDIT, "A", "A", "assign", "say whose turn it is"),
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        columns = (
            Column("state", 13),
            Column("entity", 16),
            Column("frames", 12),
            Column("what was said"),
            Column("by", 12, least=84),
            Column("turn", 10, least=110),
        )
        super().__init__(cockpit, Listing(columns, "Looking ...", id="list"))
        self.view = "queue"
        self.only_mine = False
        self.found: Looked | None = None
        self._rows: dict[str, QueueItem | Thread] = {}

    def on_mount(self) -> None:
        super().on_mount()
        reviews = self.project.reviews
        self._leaving.append(reviews.subscribe(lambda ids: self.post_message(self.News())))

    # -- looking --------------------------------------------------------------------------

    def look(self) -> Looked:
        reviews = self.project.reviews
        queue = reviews.queue()
        progress = reviews.progress()
        threads = sorted(reviews.threads(), key=lambda thread: thread.updated, reverse=True)
        return Looked(queue, threads, progress, reviews.problems)

    def took(self, found: Looked) -> None:
        self.found = found
        me = self.project.author
        items: list[QueueItem | Thread] = []
        if self.view == "queue":
            items += [i for i in found.queue if not self.only_mine or i.assignee == me]
        else:
            items += [
                t
                for t in found.threads
                if (self.view == "all" or t.is_open) and (not self.only_mine or t.assignee == me)
            ]
        threads = {thread.id: thread for thread in found.threads}
        rows = [
            self._queue_row(item, threads.get(item.thread or ""))
            if isinstance(item, QueueItem)
            else self._thread_row(item)
            for item in items
        ]
        self._rows = {row.key: item for row, item in zip(rows, items, strict=True)}
        empty = {
            "queue": "Nothing is left: everything is accepted as it is now.",
            "open": "No thread is open. n comments on what is in the picture.",
            "all": "Nothing was said yet. n comments on what is in the picture.",
        }[self.view]
        self.listing.show_rows(rows, "Nothing here is yours." if self.only_mine else empty)
        notes = [VIEW_TEXT[self.view], f"{len(rows)}"]
        notes += ["mine"] if self.only_mine else []
        share = int(found.progress.accepted * 100)
        self.heading.show(about=" · ".join([*notes, f"{share}% accepted"]))
        if found.problems:
            more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
            self.say(found.problems[0] + more)

    def _queue_row(self, item: QueueItem, thread: Thread | None) -> Row:
        last = thread.entries[-1] if thread else None
        said = next((e.text for e in reversed(thread.entries) if e.text), "") if thread else ""
        return Row(
            f"{item.entity}|{item.state}|{item.thread}",
            (
                Cell(STATE_TEXT[item.state], STATE_LOOK[item.state]),
                Cell(self.entity_name(item.entity), "strong"),
                Cell(spans_text(item.spans)),
                Cell(one_line(said)),
                Cell(inert(last.author) if last else "", "muted"),
                Cell(inert(item.assignee), "accent"),
            ),
        )

    def _thread_row(self, thread: Thread) -> Row:
        state = thread.verdict if thread.verdict and thread.is_open else thread.status
        frames = "another video" if thread.outdated else ""
        if thread.pin.frames and not thread.outdated:
            frames = spans_text((thread.pin.frames,))
        answers = len(thread.entries) - 1
        return Row(
            thread.id,
            (
                Cell(STATE_TEXT[state], STATE_LOOK[state]),
                Cell(self.entity_name(thread.pin.entity) or "—", "strong"),
                Cell(frames or "all"),
                Cell(one_line(thread.text) + (f"  +{answers}" if answers else "")),
                Cell(inert(thread.author), "muted"),
                Cell(inert(thread.assignee), "accent"),
            ),
        )

    @property
    def item(self) -> QueueItem | Thread | None:
        """What the cursor is on."""
        row = self.listing.current
        return self._rows.get(row.key) if row else None

    def _threads_here(self) -> list[Thread]:
        item = self.item
        if isinstance(item, Thread):
            return [item]
        if item is None or self.found is None:
            return []
        mine = [t for t in self.found.threads if t.pin.entity == item.entity]
        return sorted(mine, key=lambda t: t.id != item.thread)

    def detail(self) -> list[list[Cell]]:
        item = self.item
        if item is None:
            return []
        lines: list[list[Cell]] = []
        if isinstance(item, QueueItem):
            lines.append([
                Cell(self.entity_name(item.entity), "strong"),
                Cell(f"  {item.frames} frames {STATE_TEXT[item.state]}: ", "muted"),
                Cell(spans_text(item.spans, 12)),
            ])  # fmt: skip
        for thread in self._threads_here():
            lines += [*([[]] if lines else []), *self._thread_lines(thread)]
        if not self._threads_here():
            lines.append([Cell("Nobody has said anything about it.", "muted")])
        return lines

    def _thread_lines(self, thread: Thread) -> list[list[Cell]]:
        pin = thread.pin
        about = [self.entity_name(pin.entity)] if pin.entity else []
        if pin.property:
            about.append(inert(pin.property))
        if pin.frames:
            about.append(f"frames {spans_text((pin.frames,))}")
        if pin.place:
            about.append(f"at {pin.place[0]:.0f}, {pin.place[1]:.0f} px")
        head = [Cell(STATE_TEXT[thread.status], STATE_LOOK[thread.status])]
        head.append(Cell(f"  {' · '.join(about) or 'the whole video'}", "accent"))
        if thread.assignee:
            head.append(Cell(f"  {inert(thread.assignee)}'s turn", "busy"))
        if thread.outdated:
            head.append(Cell("  about another video", "bad"))
        lines = [head]
        for entry in thread.entries:
            when = entry.time[:16].replace("T", " ")
            line = [Cell(f"  {inert(entry.author)}", "strong"), Cell(f"  {when}", "muted")]
            if entry.verdict:
                line.append(Cell(f"  {STATE_TEXT[entry.verdict]}", STATE_LOOK[entry.verdict]))
            if entry.status == "resolved" and entry.verdict != "accept":
                line.append(Cell("  resolved", "muted"))
            if entry.assignee:
                line.append(Cell(f"  to {inert(entry.assignee)}", "busy"))
            lines.append(line)
            lines += [[Cell(f"    {inert(part)}")] for part in entry.text.splitlines() if part]
        return lines

    # -- keys -----------------------------------------------------------------------------

    def action_view(self, by: int) -> None:
        self.view = VIEWS[(VIEWS.index(self.view) + by) % len(VIEWS)]
        self._show_again()

    def action_mine(self) -> None:
        self.only_mine = not self.only_mine
        self._show_again()

    def _show_again(self) -> None:
        if self.found is not None:
            self.listing.cursor = 0
            self.took(self.found)
            self.paper.show_lines(self.detail())

    def action_open(self) -> None:
        item = self.item
        if isinstance(item, QueueItem):
            self.jump(item.spans[0][0], item.entity)
        elif item is not None:
            frames = None if item.outdated else item.pin.frames
            last = self.project.frame_count - 1
            self.jump(min(frames[0], last) if frames else None, item.pin.entity)

    def _ask(self, title: str, answer: Callable[[str], None], hint: str) -> None:
        self.app.push_screen(Prompt(title, answer, hint=hint))

    def action_verdict(self, verdict: str) -> None:
        item = self.item
        if item is None or verdict not in VERDICTS:
            self.say("there is nothing here to judge")
            return
        if isinstance(item, Thread) and item.pin.entity is None:
            self.say("a verdict is about an entity; d resolves the thread")
            return
        entity = item.entity if isinstance(item, QueueItem) else item.pin.entity
        name = self.entity_name(entity)
        done = f"{name}: {STATE_TEXT[verdict]}"

        def answer(reason: str) -> None:
            self.write(done, lambda: self._judge(item, verdict, reason.strip()))

        hint = "a reason, or none   ⏎ done   Esc leave"
        if verdict == "accept":
            answer("")  # the everyday key: a comment can still be given with r
        else:
            self._ask(f"{ASKED[verdict]}: {name}", answer, hint)

    def _judge(self, item: QueueItem | Thread, verdict: str, reason: str) -> None:
        reviews = self.project.reviews
        status = "resolved" if verdict == "accept" else "open"
        if isinstance(item, Thread):
            reviews.reply(item.id, reason, verdict=verdict, status=status)
            return
        reviews.judge(item, verdict, reason)

    def action_reply(self) -> None:
        item = self.item
        if item is None:
            self.action_comment()
            return
        threads = self._threads_here()
        if threads:
            thread = threads[0]
            title = f"Answer {inert(thread.entries[-1].author)}"
            reply = self.project.reviews.reply
            self._ask_text(title, "answered", lambda text: reply(thread.id, text))
        else:
            assert isinstance(item, QueueItem)
            frames = (item.spans[0][0], item.spans[-1][1])
            begin = self.project.reviews.open
            self._ask_text(
                f"Comment on {self.entity_name(item.entity)}",
                "commented",
                lambda text: begin(text, entity=item.entity, frames=frames),
            )

    def action_comment(self) -> None:
        Pinning(self.cockpit).here()

    def action_pin(self) -> None:
        Pinning(self.cockpit).choose()

    def _ask_text(self, title: str, done: str, say: Callable[[str], object]) -> None:
        def answer(text: str) -> None:
            if text.strip():
                self.write(done, lambda: say(text.strip()))

        self._ask(title, answer, "⏎ say it   Esc leave")

    def action_done(self) -> None:
        threads = self._threads_here()
        if not threads:
            self.say("there is no thread here")
            return
        thread, reviews = threads[0], self.project.reviews
        if thread.is_open:
            self.write("resolved", lambda: reviews.resolve(thread.id))
        else:
            self.write("open again", lambda: reviews.reopen(thread.id))

    def action_assign(self) -> None:
        item = self.item
        if item is None:
            self.say("there is nothing here to assign")
            return
        reviews = self.project.reviews

        def answer(name: str) -> None:
            name = name.strip()
            if isinstance(item, Thread):
                work = lambda: reviews.reply(item.id, assignee=name)  # noqa: E731
            else:
                work = lambda: reviews.assign(item.entity, name)  # noqa: E731
            self.write(f"it is {inert(name)}'s turn" if name else "it is nobody's turn", work)

        people = sorted({e.author for t in (self.found.threads if self.found else ())
                         for e in t.entries} | {self.project.author})  # fmt: skip
        hint = "known: " + ", ".join(inert(name) for name in people[:6])
        self._ask("Whose turn is it?", answer, hint)


def one_line(text: str) -> str:
    """The words of a text, inert."""
    return inert(" ".join(text.split()))


def spans_text(spans: tuple[tuple[int, int], ...], most: int = 1) -> str:
    """Frames as people read them: the last one is included."""
    shown = [f"{a}" if b - a == 1 else f"{a}-{b - 1}" for a, b in spans[:most]]
    more = len(spans) - most
    return ", ".join(shown) + (f" +{more}" if more > 0 else "")
