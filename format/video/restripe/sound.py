"""Sound on its way into the new file: copied as it is, moved along with the pictures it goes with.

Where a gap between pictures was closed, the sound of the gap is left out, so that the rest stays
with its pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from ..source import open_source
from .plan import Plan, Step

# Off by less than this, sound and picture belong together for everybody; moving it more often
# would be heard.
_LEAST_MOVE_S = 0.06
_TAIL_S = 0.5  # so much sound may follow the last picture
_COMMON = {"aac", "mp3", "ac3", "eac3", "opus"}
# Which sound each kind of file holds, by its ending; None for whatever there is.
_HOLDS: dict[str, set[str] | None] = {
    ".mp4": _COMMON | {"flac", "alac", "mp2"},
    ".m4v": _COMMON | {"alac"},
    ".mov": _COMMON | {"alac", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"},
    ".mkv": None,
    ".webm": {"opus", "vorbis"},
    ".ts": _COMMON | {"mp2"},
}


@dataclass
class _Track:
    """One sound track; times in seconds."""

    stream: Any
    move: float | None = None
    end: float = 0.0
    last_pts: int = -1
    copied: int = 0
    left_out: int = 0


class Sound:
    """The sound tracks of a video, packet by packet as the pictures' times go on."""

    def __init__(self, path: Path, plan: Plan, out: Path, offset_ticks: int, wanted: bool) -> None:
        frames = plan.index.packet_frame[plan.order]
        known = frames >= 0
        base = float(plan.time_base)
        self._old = plan.index.pts[frames[known]] * float(plan.index.time_base)
        self._new = (plan.ticks[known] + offset_ticks) * base
        self._step = plan.step_ticks * base
        self._source = open_source(path)
        streams = self._source.container.streams
        holds = _HOLDS.get(out.suffix.lower(), set())
        self._chosen: list[Any] = [
            s for s in streams.audio if wanted and (holds is None or s.codec_context.name in holds)
        ]
        self._others = len(streams) - 1 - len(streams.audio)
        self._refused = len(streams.audio) - len(self._chosen)
        self._tracks: dict[int, _Track] = {}
        self._packets: Iterator[Any] = iter(())
        self._held: Any = None

    def attach(self, target: Any) -> None:
        """Add the tracks to the new file, before anything is written to it."""
        for stream in self._chosen:
            copy = target.add_stream_from_template(stream, opaque=True)
            self._tracks[stream.index] = _Track(copy)
        if self._chosen:
            self._packets = self._source.container.demux(self._chosen)

    def write_until(self, target: Any, seconds: float) -> None:
        """Write what is heard up to a time of the new file."""
        while (packet := self._held or self._next()) is not None:
            self._held = packet
            time_base = packet.time_base
            if float(packet.pts * time_base) > seconds:
                return
            target.mux(packet)
            self._held = None

    def write_rest(self, target: Any) -> None:
        """Write what is left."""
        self.write_until(target, float("inf"))

    def close(self) -> None:
        """Let go of the file."""
        self._packets = iter(())
        self._held = None
        self._source.close()

    def steps(self) -> tuple[Step, ...]:
        """What was done."""
        out = []
        count = sum(track.copied > 0 for track in self._tracks.values())
        if count:
            text = f"Copied {count} sound track{'s' if count > 1 else ''}"
            if lost := sum(track.left_out for track in self._tracks.values()):
                text += f"; {lost:,} of its packets belong to no picture and were left out"
            out.append(Step("sound", count, text + "."))
        if self._refused:
            out.append(
                Step("sound-left-out", self._refused, f"Left out {self._refused} sound "
                     f"track{'s' if self._refused > 1 else ''}: this kind of file cannot hold "
                     "them.")
            )  # fmt: skip
        if self._others > 0:
            one = self._others == 1
            out.append(
                Step("other-streams", self._others, f"Left out {self._others} other "
                     f"stream{'' if one else 's'} (text or data): only pictures and sound are "
                     "copied.")
            )  # fmt: skip
        return tuple(out)

    def _next(self) -> Any:
        """The next packet that is to be heard, with its new time; None at the end."""
        try:
            for packet in self._packets:
                track = self._tracks[packet.stream.index]
                if packet.size and packet.pts is not None and self._place(packet, track):
                    return packet
        except (av.error.FFmpegError, OSError):
            pass  # the file breaks off: what came until then is what there is
        return None

    def _place(self, packet: Any, track: _Track) -> bool:
        """Give a packet its time in the new file; False when it has none."""
        base = float(packet.time_base)
        seconds = packet.pts * base
        at = max(0, int(np.searchsorted(self._old, seconds, side="right")) - 1)
        track.left_out += 1
        if self._in_closed_gap(at, seconds):
            return False
        move = float(self._new[at] - self._old[at])
        if track.move is None or abs(move - track.move) > _LEAST_MOVE_S:
            track.move = move
        start = seconds + track.move
        pts = round(start / base)
        outside = start < -base or start > self._new[-1] + self._step + _TAIL_S
        if outside or start < track.end - _LEAST_MOVE_S / 2 or pts <= track.last_pts:
            return False
        track.left_out -= 1
        track.copied += 1
        track.end = start + (packet.duration or 0) * base
        track.last_pts = pts
        packet.stream = track.stream
        packet.pts = packet.dts = max(0, pts)
        return True

    def _in_closed_gap(self, at: int, seconds: float) -> bool:
        if at + 1 >= len(self._old) or seconds < self._old[at] + 1.25 * self._step:
            return False
        before = self._old[at + 1] - self._old[at]
        after = self._new[at + 1] - self._new[at]
        return bool(before - after > self._step / 2)
