"""The cockpit's ways through time: by frame, second, keyframe, event, finding and problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reviewer.format import Change, Project, ReviewerError
from reviewer.screens.desk import Desk, beside
from reviewer.screens.dialogs import Prompt
from reviewer.screens.loader import FrameLoader, Request
from reviewer.screens.position import EXAMPLES, parse_position, seconds_away
from reviewer.screens.registry import Place, problem_places
from reviewer.screens.tracks import frames_of
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from textual.app import App
    from textual.timer import Timer

    from reviewer.widgets.timeline import Timeline

# When a picture takes longer than this, what is around it says before it where we are.
FOLLOW_AFTER_S = 0.05


class Moving:
    """Mixed into the cockpit: the keys that change the frame."""

    app: App[None]
    project: Project
    desk: Desk
    loader: FrameLoader
    timeline: Timeline
    set_timer: Callable[[float, Callable[[], None]], Timer]
    frame: int
    last: int
    selected: str | None
    times: NDArray[np.float64]
    say: Callable[[str], None]
    select: Callable[[str | None], None]
    show_status: Callable[[], None]
    _request: Callable[[int], Request]
    _events: Sequence[Place] | None = None
    _problems: Sequence[Place] | None = None
    _followed = -1  # the frame that is told around the picture

    def go(self, frame: int) -> None:
        """Show `frame`, or the nearest there is."""
        self.frame = max(0, min(self.last, frame))
        self.loader.ask(self._request(self.frame))
        if self.app.screen is self:
            # With the picture, in one piece: painted twice, each key would take twice as long.
            self.set_timer(FOLLOW_AFTER_S, self._follow)
        else:
            self._follow()

    def _follow(self) -> None:
        """Let everything around the picture say where we are, once."""
        if self._followed != self.frame:
            self._followed = self.frame
            self.timeline.show_frame(self.frame)
            self.show_status()
            self._tell_moved()

    def _tell_moved(self) -> None:
        moved = getattr(self.app.screen, "moved", None)
        if moved is not None and self.app.screen is not self:
            moved(self.frame)

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

    # -- places ---------------------------------------------------------------------------

    def forget_places(self, change: Change | None = None) -> None:
        """What `change` touched may be somewhere else now."""
        self._problems = None
        if change is None or change.structure or change.origin == "disk" or change.frames:
            self._events = None

    def action_event(self, direction: int) -> None:
        if self._events is None:
            self._events = event_places(self.desk)
        self._jump(self._events, direction, "event")

    def action_finding(self, direction: int) -> None:
        places = finding_places(self.project)
        if places is None:
            self.say("the video was not checked yet; reviewer check does it")
        else:
            self._jump(places, direction, "finding")

    def action_problem(self, direction: int) -> None:
        if self._problems is None:
            try:
                self._problems = problem_places(self.project)
            except ReviewerError as error:
                self.say(str(error))
                return
        if self._problems is None:
            self.say("there are no problem checks")
        else:
            self._jump(self._problems, direction, "problem")

    def _jump(self, places: Sequence[Place], direction: int, what: str) -> None:
        """To the next frame with a place, and say what is there."""
        frames = np.array([place.frame for place in places], np.int64)
        frame = beside(np.unique(frames), self.frame, direction)
        if frame is None:
            self.say(f"no {what} {'after' if direction > 0 else 'before'} this")
            return
        here = [place for place in places if place.frame == frame]
        entity = next((place.entity for place in here if place.entity), None)
        if entity is not None and self.desk.exists(entity):
            self.select(entity)
        self.go(frame)
        more = f" (and {len(here) - 1} more)" if len(here) > 1 else ""
        self.say(here[0].text + more)


def event_places(desk: Desk) -> list[Place]:
    """Where events begin and end, in order of frames."""
    places: list[Place] = []
    for row in desk.entity_rows():
        entity = desk.entity(row.id) if row.event else None
        if entity is None:
            continue
        for first, stop, state in entity["presence"].spans():
            if state == "absent":
                continue
            places.append(Place(first, f"{row.name} begins", row.id))
            if stop < desk.project.frame_count:
                places.append(Place(stop, f"{row.name} has ended", row.id))
    return sorted(places, key=lambda place: place.frame)


def finding_places(project: Project) -> list[Place] | None:
    """Where something was found wrong with the video, in order of frames; None without a check."""
    found = findings_of(project)
    if found is None:
        return None
    places = [
        Place(first, f"{inert(str(finding.code))}: {inert(str(finding.title))}")
        for finding in found
        for first, _ in frames_of(finding)
    ]
    return sorted(places, key=lambda place: place.frame)


def findings_of(project: Project) -> Sequence[Any] | None:
    """What the last check found wrong with the video, None when there was none."""
    found = project.findings()
    return None if found is None else found.items
