"""The reviews of a project as an API: threads, answers, verdicts, and what is left to review."""

from __future__ import annotations

import contextlib
import math
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import EditError
from ..layout import ID_ALPHABET, ID_LENGTH, Layout, is_unicode
from ..remap.former import FormerVideos, carry
from ..shelf import Shelf
from .digest import digest_of
from .entry import (
    MAX_AUTHOR_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    STATUSES,
    VERDICTS,
    Entry,
    Pin,
    now,
)
from .queue import Progress, QueueItem, is_all_of, progress_of, queue_of
from .thread import Thread

if TYPE_CHECKING:
    from ..project import Project

MAX_FILE_BYTES = 64 << 10
_NAME = re.compile(r"([0-9a-z]{1,32})(?:\.([0-9a-z]{1,32}))?\.json\Z")

Frames = tuple[int, int]


class Reviews:
    """``project.reviews``. Every method may be called from any thread; what is said is on disk, and
    told to those who subscribed, before a method returns. EditError says why something cannot be
    said."""

    def __init__(self, project: Project, layout: Layout) -> None:
        self._project = project
        self._shelf = Shelf(layout.reviews, layout.temporary, _NAME, MAX_FILE_BYTES)
        self._former = FormerVideos(layout.root, layout.temporary)
        self._mutex = threading.RLock()
        self._openings: dict[str, tuple[Pin, Entry, str]] = {}  # with the video's pts digest
        self._answers: dict[str, dict[str, Entry]] = {}
        self._threads: dict[str, Thread] = {}
        self._unreadable: dict[str, str] = {}
        self._digests: tuple[int, dict[tuple[str, int, int], str]] = (-1, {})
        self._subscribers: list[Callable[[frozenset[str]], None]] = []

    # -- reading ----------------------------------------------------------------------------

    def threads(
        self,
        *,
        entity: str | None = None,
        frame: int | None = None,
        open_only: bool = False,
        assignee: str | None = None,
    ) -> list[Thread]:
        """Threads, in the order they were opened; of one entity, on one frame, still open, or of
        one assignee, where that is given."""
        self.notice()
        with self._mutex:
            found = sorted(self._threads.values(), key=lambda t: (t.entries[0].time, t.id))
        return [
            thread
            for thread in found
            if (entity is None or thread.pin.entity == entity)
            and (frame is None or _covers(thread.pin.frames, frame))
            and (not open_only or thread.is_open)
            and (assignee is None or thread.assignee == assignee)
        ]

    def thread(self, thread_id: str) -> Thread:
        """One thread; EditError when there is none of that id."""
        self.notice()
        with self._mutex:
            found = self._threads.get(thread_id)
        if found is None:
            raise EditError(f'There is no review thread "{thread_id:.40}".')
        return found

    @property
    def problems(self) -> list[str]:
        """What could not be read, a sentence each. Everything else is there."""
        self.notice()
        with self._mutex:
            folder = self._shelf.folder
            found = [f"{folder / name}: {why}." for name, why in sorted(self._unreadable.items())]
            lost = sorted(set(self._answers) - set(self._openings))
            found += [
                f"{folder / each}.json is missing, so its answers cannot be shown: restore it from "
                f"git."
                for each in lost
            ]
            if self._shelf.overfull:
                found.append(f"{folder} has too many files: not all of them were read.")
        return found

    # -- saying -----------------------------------------------------------------------------

    def open(
        self,
        text: str = "",
        *,
        frames: Frames | None = None,
        entity: str | None = None,
        property: str | None = None,
        place: tuple[float, float] | None = None,
        verdict: str | None = None,
        assignee: str | None = None,
        status: str | None = None,
        author: str | None = None,
    ) -> Thread:
        """Begin a thread, pinned to whatever of ``frames`` [first, stop), ``entity`` (its id),
        ``property`` and ``place`` (x, y in pixels) is given. A verdict needs an entity."""
        pin = self._checked_pin(frames, entity, property, place)
        entry = self._entry(pin, text, verdict, status, assignee, author, "")
        if not (text.strip() or verdict or assignee):
            raise EditError("A comment needs some text.")
        with self._mutex:
            while (thread_id := _new_id()) in self._openings:
                pass
        self._write(
            f"{thread_id}.json",
            {**entry.to_json(), "video": self._video, "pin": pin.to_json()},
        )
        return self.thread(thread_id)

    def reply(
        self,
        thread_id: str,
        text: str = "",
        *,
        verdict: str | None = None,
        status: str | None = None,
        assignee: str | None = None,
        author: str | None = None,
    ) -> Thread:
        """Answer in a thread, and let it be resolved, open again, somebody else's turn."""
        thread = self.thread(thread_id)
        entry = self._entry(thread.pin, text, verdict, status, assignee, author, thread.updated)
        if not (text.strip() or verdict or status or assignee is not None):
            raise EditError("An answer needs some text.")
        self._write(f"{thread_id}.{_new_id()}.json", entry.to_json())
        return self.thread(thread_id)

    def resolve(self, thread_id: str, text: str = "", *, author: str | None = None) -> Thread:
        """Say that nothing is left to do in a thread."""
        return self.reply(thread_id, text, status="resolved", author=author)

    def reopen(self, thread_id: str, text: str = "", *, author: str | None = None) -> Thread:
        """Say that there is something left after all."""
        return self.reply(thread_id, text, status="open", author=author)

    def verdict(
        self,
        entity: str,
        verdict: str,
        reason: str = "",
        *,
        frames: Frames | None = None,
        author: str | None = None,
    ) -> Thread:
        """Accept or reject an entity, or say that it needs work, on ``frames`` or all of it. It
        goes into the open thread of the same place where there is one. To accept resolves it."""
        status = "resolved" if verdict == "accept" else "open"
        pin = self._checked_pin(frames, entity, None, None)
        for thread in reversed(self.threads(entity=entity, open_only=True)):
            if thread.pin == pin and thread.verdict and not thread.outdated:
                return self.reply(thread.id, reason, verdict=verdict, status=status, author=author)
        return self.open(
            reason, entity=entity, frames=frames, verdict=verdict, status=status, author=author
        )

    def judge(self, item: QueueItem, verdict: str, reason: str = "") -> Thread:
        """Give a verdict on an item of the queue: in the thread that has the last one on just these
        frames, else in one of its own."""
        if item.thread is not None:
            thread = self.thread(item.thread)
            if thread.verdict and is_all_of(self._project, item, thread.pin.frames):
                status = "resolved" if verdict == "accept" else "open"
                return self.reply(thread.id, reason, verdict=verdict, status=status)
        whole = is_all_of(self._project, item, None)
        frames = None if whole else (item.spans[0][0], item.spans[-1][1])
        return self.verdict(item.entity, verdict, reason, frames=frames)

    def assign(
        self,
        entity: str | None,
        assignee: str,
        *,
        frames: Frames | None = None,
        text: str = "",
        author: str | None = None,
    ) -> Thread:
        """Ask ``assignee`` to look at an entity, or at frames."""
        pin = self._checked_pin(frames, entity, None, None)
        for thread in reversed(self.threads(open_only=True)):
            if thread.pin == pin and thread.assignee and not thread.outdated:
                return self.reply(thread.id, text, assignee=assignee, author=author)
        return self.open(text, entity=entity, frames=frames, assignee=assignee, author=author)

    # -- what is left -----------------------------------------------------------------------

    def queue(
        self,
        *,
        assignee: str | None = None,
        states: Sequence[str] | None = None,
        entities: Iterable[str] | None = None,
    ) -> list[QueueItem]:
        """What is left: entities on frames that nobody has judged, that were changed since, or that
        were sent back. Of one assignee, in some states, or of some entities."""
        found = queue_of(self._project, self.threads(), self.digest, entities)
        return [
            item
            for item in found
            if (states is None or item.state in states)
            and (assignee is None or item.assignee == assignee)
        ]

    def progress(self) -> Progress:
        """How far the review has come, in entities and in frames of theirs."""
        return progress_of(self._project, self.threads(), self.digest)

    def digest(self, entity: str, first: int, stop: int) -> str:
        """See :func:`digest.digest_of`; remembered until something is edited."""
        revision = self._project.revision
        with self._mutex:
            if self._digests[0] != revision:
                self._digests = (revision, {})
            known = self._digests[1]
        key = (entity, first, stop)
        if key not in known:
            known[key] = digest_of(self._project, entity, first, stop)
        return known[key]

    # -- following --------------------------------------------------------------------------

    def subscribe(self, callback: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call back with the ids of threads that changed, from whatever thread noticed it: also
        what other processes say, and git brings. Returns a function that ends it."""
        self.notice()
        self._subscribers.append(callback)
        ignore = self._project.subscribe(lambda change: None)  # that is who watches the folder

        def unsubscribe() -> None:
            ignore()
            with contextlib.suppress(ValueError):
                self._subscribers.remove(callback)

        return unsubscribe

    def notice(self) -> None:
        """Take in files that are new, changed or gone; costs two ``stat`` when there are none."""
        touched: set[str] = set()
        with self._mutex:
            if self._former.notice():
                touched.update(self._pinned_elsewhere())
            for name, data in self._shelf.changed():
                touched.add(self._take(name, data))
            for thread_id in touched:
                self._rebuild(thread_id)
        if touched:
            news = frozenset(touched)
            for subscriber in tuple(self._subscribers):
                subscriber(news)

    def _take(self, name: str, data: Any) -> str:
        match = _NAME.match(name)
        assert match is not None  # the shelf gives no others
        thread_id, entry_id = match.groups()
        self._unreadable.pop(name, None)
        if entry_id is None:
            self._openings.pop(thread_id, None)
        else:
            self._answers.get(thread_id, {}).pop(entry_id, None)
        if data is None:
            return thread_id
        try:
            if isinstance(data, ValueError):
                raise data
            entry = Entry.from_json(data, entry_id or "")
            if entry_id is not None:
                self._answers.setdefault(thread_id, {})[entry_id] = entry
            else:
                video = data.get("video")
                pin = Pin.from_json(data.get("pin", {}))
                self._openings[thread_id] = (pin, entry, video if isinstance(video, str) else "")
        except ValueError as error:
            self._unreadable[name] = str(error)
        return thread_id

    def _rebuild(self, thread_id: str) -> None:
        opening = self._openings.get(thread_id)
        answers = self._answers.get(thread_id)
        if not answers:
            self._answers.pop(thread_id, None)
        if opening is None:
            self._threads.pop(thread_id, None)
            return
        pin, first, video = opening
        entries = sorted((first, *(answers or {}).values()), key=lambda entry: entry.order)
        pin, outdated = self._carried(pin, video)
        self._threads[thread_id] = Thread(thread_id, pin, tuple(entries), outdated)

    def _carried(self, pin: Pin, video: str) -> tuple[Pin, bool]:
        """A pin in the present video's frames; or as it is, and that it speaks of another video."""
        if not video or video == self._video:
            return pin, False
        way = self._former.way(video, self._video)
        if way is None:
            return pin, True
        if pin.frames is None:
            return pin, False
        frames = carry(pin.frames, way)
        return (pin, True) if frames is None else (replace(pin, frames=frames), False)

    def _pinned_elsewhere(self) -> list[str]:
        """Threads whose pins are in the frames of another video than the project has now."""
        return [one for one, (_, _, video) in self._openings.items() if video != self._video]

    def renumbered(self) -> None:
        """The video was changed: pins that speak of the former one go with its frames."""
        with self._mutex:
            self._former.notice()
            for thread_id in list(self._openings):
                self._rebuild(thread_id)

    def speaks_of(self, video: str) -> bool:
        """Whether a thread is pinned to frames of the video with that pts digest."""
        with self._mutex:
            return any(
                pin.frames is not None and digest == video
                for pin, _, digest in self._openings.values()
            )

    # -- checking ---------------------------------------------------------------------------

    @property
    def _video(self) -> str:
        return self._project.record.pts_digest

    def _checked_pin(
        self,
        frames: Frames | None,
        entity: str | None,
        name: str | None,
        place: tuple[float, float] | None,
    ) -> Pin:
        project = self._project
        if frames is not None:
            first, stop = int(frames[0]), int(frames[1])
            if not 0 <= first < stop <= project.frame_count:
                raise EditError(
                    f"Frames {first} to {stop} are not within the video's 0 to "
                    f"{project.frame_count}."
                )
            frames = (first, stop)
        if entity is not None and (not project.knows(entity) or project.attributes(entity).deleted):
            raise EditError(f'There is no entity "{entity:.100}".')
        if name is not None:
            if entity is None:
                raise EditError("A property is that of an entity: give the entity too.")
            owner = project.ontology.find_class(project.attributes(entity).class_name)
            if owner is None or name not in owner.properties:
                raise EditError(f'{project.attributes(entity).name} has no property "{name:.80}".')
        if place is not None:
            place = (float(place[0]), float(place[1]))
            if not all(math.isfinite(v) and abs(v) <= 1e7 for v in place):
                raise EditError("A place in the picture is x, y in pixels.")
        return Pin(frames, entity, name, place)

    def _entry(
        self,
        pin: Pin,
        text: str,
        verdict: str | None,
        status: str | None,
        assignee: str | None,
        author: str | None,
        after: str,
    ) -> Entry:
        author = self._project.author if author is None else author
        for what, value, limit in (
            ("comment", text, MAX_TEXT_CHARACTERS),
            ("name", author, MAX_AUTHOR_CHARACTERS),
            ("name", assignee or "", MAX_AUTHOR_CHARACTERS),
        ):
            if len(value) > limit or not is_unicode(value):
                raise EditError(f"A {what} is text of at most {limit} characters.")
        if verdict is not None and verdict not in VERDICTS:
            raise EditError(f"A verdict is {', '.join(VERDICTS)}, not {verdict!r:.40}.")
        if status is not None and status not in STATUSES:
            raise EditError(f"A thread is {' or '.join(STATUSES)}, not {status!r:.40}.")
        digest = None
        if verdict is not None:
            if pin.entity is None:
                raise EditError("A verdict is about an entity: give its id.")
            first, stop = pin.frames or (0, self._project.frame_count)
            digest = self.digest(pin.entity, first, min(stop, self._project.frame_count))
        return Entry(author, now(after), text, verdict, digest, status, assignee)

    def _write(self, name: str, value: dict[str, Any]) -> None:
        if self._project.read_only:
            raise EditError(f"The project is read-only: {self._project.read_only}")
        self._shelf.write(name, value)
        self.notice()


def _new_id() -> str:
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def _covers(frames: Frames | None, frame: int) -> bool:
    return frames is None or frames[0] <= frame < frames[1]
