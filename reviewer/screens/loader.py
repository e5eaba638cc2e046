"""The thread that turns "show frame 1234" into something to show.

Only the newest wish counts: a wish that arrives while a frame is being decoded replaces the one
that waits, so the picture never lags behind the keys by more than the frame in work. While
playing, frames are chosen by the clock against their pts, and dropped when there is no time.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from rich.color import ColorSystem
from textual.strip import Strip

from reviewer.format import ReviewerError
from reviewer.frame_image import Fit, Look, Picture, compose, fit
from reviewer.frame_image_graphics import HALF_BLOCKS, Still, Terminal, still_image
from reviewer.frame_image_shapes import Shapes
from reviewer.frame_image_strip import picture_strips
from reviewer.screens.ahead import Ahead
from reviewer.screens.figures import Figures
from reviewer.widgets.properties import PropertyRow
from reviewer.widgets.text import inert

# A terminal that does not say it has drawn a frame is not waited for longer.
ACKNOWLEDGE_WAIT_S = 1.0
# Playback that falls further behind than this slows down instead of making ever larger jumps.
MAX_LAG_S = 0.75
# As many frames as one key goes on: decoded ahead while nobody waits for anything else.
AHEAD_FRAMES = 10
# Rest after which a still is sent to a terminal that shows real pictures.
STILL_AFTER_S = 0.15


WHOLE = Look()


@dataclass(frozen=True, slots=True)
class Request:
    """What to show: a frame (0-based) in `columns` x `rows` cells. `stills`: and then as a real
    picture, if the terminal can. look: which part of it. changed: counts what was changed
    meanwhile, so that the same frame is made anew."""

    frame: int
    columns: int
    rows: int
    terminal: Terminal = HALF_BLOCKS
    selected: str | None = None
    labels: bool = True
    color_system: ColorSystem | None = ColorSystem.TRUECOLOR
    stills: bool = False
    look: Look = WHOLE
    changed: int = 0


@dataclass(frozen=True)
class Moment:
    """A frame ready to be shown. `message` stands in the place of a picture that cannot be had."""

    request: Request
    serial: int
    place: Fit | None = None
    picture: Picture | None = None
    strips: list[Strip] = field(default_factory=list)
    top: int = 0
    message: str = ""
    present: dict[str, str] = field(default_factory=dict)
    title: str = "Properties"
    properties: list[PropertyRow] = field(default_factory=list)
    playing: bool = False
    still: Still | None = None

    @property
    def frame(self) -> int:
        return self.request.frame


class FrameLoader:
    """`deliver(moment)` is called from the loader's thread."""

    def __init__(self, figures: Figures, deliver: Callable[[Moment], None]) -> None:
        self._figures = figures
        self._desk = figures.desk
        self._deliver = deliver
        self._times = np.asarray(figures.project.times, np.float64)
        self._changed = threading.Condition()
        self._wanted: Request | None = None
        self._template: Request | None = None
        self._play_from: tuple[float, float] | None = None  # monotonic s, media s
        self._played = -1
        self._serial = 0
        self._shown = 0
        self._deadline = 0.0
        self._still_due: tuple[float, Moment] | None = None
        self._prepared = 0  # the frame made last
        self._ahead = Ahead(self._warm)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="reviewer-frames", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ahead.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._ahead.close()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    # -- from the screen ------------------------------------------------------------------

    def ask(self, request: Request) -> None:
        """Show this; forget what was asked for before."""
        self._ahead.hold()
        with self._changed:
            self._template = request
            self._wanted = request
            self._still_due = None
            if self._play_from is not None:
                self._play_from = (time.monotonic(), float(self._times[request.frame]))
                self._played = request.frame
            self._changed.notify_all()

    def restyle(self, request: Request) -> None:
        """Take over everything but the frame, for the frames that playback chooses."""
        with self._changed:
            self._template = request
            self._changed.notify_all()

    def play(self, request: Request) -> None:
        """Play in real time from the frame of `request`."""
        self._ahead.hold()
        with self._changed:
            self._template = request
            self._wanted = None
            self._still_due = None
            self._play_from = (time.monotonic(), float(self._times[request.frame]))
            self._played = request.frame
            self._changed.notify_all()

    def pause(self) -> None:
        with self._changed:
            self._play_from = None
            self._changed.notify_all()

    @property
    def playing(self) -> bool:
        return self._play_from is not None

    def shown(self, serial: int) -> None:
        """The terminal has drawn moment `serial`; the next may be sent."""
        with self._changed:
            self._shown = max(self._shown, serial)
            if self._shown >= self._serial and self._wanted is None and not self.playing:
                self._ahead.go()
            self._changed.notify_all()

    # -- in the thread --------------------------------------------------------------------

    def _run(self) -> None:
        while (work := self._next()) is not None:
            if isinstance(work, Moment):
                self._send_still(work)
                continue
            # The next frame is made while the terminal still draws the one before.
            moment = self.prepare(work, playing=self._play_from is not None)
            if not self._await_turn(moment):
                continue
            with self._changed:
                self._deadline = time.monotonic() + ACKNOWLEDGE_WAIT_S
                self._serial = moment.serial
                forward = work.frame >= self._prepared
                stop = min(len(self._times), work.frame + 1 + AHEAD_FRAMES)
                self._ahead.wish(range(work.frame + 1, stop) if forward else range(0))
                self._prepared = work.frame
                if work.stills and moment.picture and not moment.playing:
                    self._still_due = (time.monotonic() + STILL_AFTER_S, moment)
            self._deliver(moment)

    def _await_turn(self, moment: Moment) -> bool:
        """Wait until the terminal has drawn what it was sent; False when `moment` is stale then."""
        with self._changed:
            while not self._closed:
                # Somebody paused, or asked for another frame, while this one was being made.
                if moment.playing and self._play_from is None:
                    return False
                left_s = self._deadline - time.monotonic()
                if self._shown >= self._serial or left_s <= 0:
                    return True
                if self._wanted is not None:
                    if moment.playing:  # played again afterwards, or the last one would be lost
                        self._played = min(self._played, moment.frame - 1)
                    return False
                self._changed.wait(left_s)
        return False

    def _next(self) -> Request | Moment | None:
        """Wait for something to do: a request, a still that is due, or None at the end."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._wanted is not None:
                    request, self._wanted = self._wanted, None
                    return request
                if self._play_from is not None and self._template is not None:
                    frame, wait_s = self._playing_frame(now)
                    if frame is not None:
                        self._played = frame
                        return replace(self._template, frame=frame)
                    self._changed.wait(wait_s)
                    continue
                if self._still_due is not None:
                    due, moment = self._still_due
                    if now >= due:
                        self._still_due = None
                        return moment
                    self._changed.wait(due - now)
                    continue
                self._changed.wait()
        return None

    def _playing_frame(self, now: float) -> tuple[int | None, float]:
        """The frame that is due, or None and the seconds until the next one is."""
        assert self._play_from is not None
        last = len(self._times) - 1
        if self._played >= last:  # whoever shows the last frame pauses: until then it is playing
            return None, ACKNOWLEDGE_WAIT_S
        started, media = self._play_from
        at = media + now - started
        lag = at - float(self._times[self._played + 1])
        if lag > MAX_LAG_S:
            self._play_from = (now, float(self._times[self._played + 1]))
            return self._played + 1, 0.0
        frame = int(np.searchsorted(self._times, at + 1e-9, side="right")) - 1
        if frame > self._played:
            return min(frame, last), 0.0
        return None, float(self._times[self._played + 1]) - at

    def prepare(self, request: Request, *, playing: bool = False) -> Moment:
        """Decode, evaluate and draw. Also what tests call to see what a frame would be."""
        project = self._desk.project
        serial = self._serial + 1
        shapes, present = Shapes.none(), {}
        message = ""
        title, properties = "Properties", []
        try:
            evaluated = self._figures.evaluate(request.frame, request.selected)
            shapes, present = evaluated.shapes, evaluated.present
            title, properties = self._desk.property_rows(request.selected, request.frame)
        except (ReviewerError, KeyError) as error:
            message = str(error)
        base = Moment(
            request, serial, present=present, title=title, properties=properties, playing=playing
        )
        if request.columns < 4 or request.rows < 2:
            return base
        try:
            video = project.video
            terminal = request.terminal
            place = fit(
                video.width,
                video.height,
                request.columns,
                request.rows,
                terminal.cell_px,
                request.look,
            )
            if place.window is None:
                rgb = video.frame(request.frame, place.columns, place.lines, passing=playing)
            else:
                rgb = place.crop(video[request.frame], place.columns, place.lines)
        except (ReviewerError, IndexError, OSError) as error:
            return replace(base, message=inert(str(error)))
        picture = compose(rgb, place, shapes, labels=request.labels)
        left = (request.columns - place.columns) // 2
        right = request.columns - place.columns - left
        strips = picture_strips(picture, left, right, request.color_system, terminal.unicode)
        top = (request.rows - place.rows) // 2
        return replace(
            base, place=place, picture=picture, strips=strips, top=top, message=inert(message)
        )

    def _warm(self, frame: int) -> None:
        with contextlib.suppress(ReviewerError, IndexError, OSError):
            self._desk.project.video.warm(frame)

    def _send_still(self, moment: Moment) -> None:
        request, place = moment.request, moment.place
        assert place is not None
        try:
            shapes = self._figures.evaluate(request.frame, request.selected).shapes
            still = still_image(
                self._desk.project.video,
                request.frame,
                place,
                request.terminal,
                shapes,
                labels=request.labels,
            )
        except (ReviewerError, IndexError, KeyError, OSError):
            return  # the half-blocks stay; what is wrong is shown with the next frame
        with self._changed:
            if self._wanted is not None or self._play_from is not None or self._closed:
                return
        self._deliver(replace(moment, still=still))
