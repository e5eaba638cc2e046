"""From what went wrong at a packet to the frames that show it."""

from __future__ import annotations

import numpy as np

from ..index import VideoIndex
from .collect import Findings, count, to_ranges
from .decoding import Decoded, Event
from .demux import Bools, Demuxed

# Each picture stands alone: damage never reaches another.
INTRA_ONLY = {
    "mjpeg", "prores", "dnxhd", "ffv1", "rawvideo", "png", "dvvideo", "huffyuv", "ffvhuff",
    "utvideo", "v210", "jpeg2000", "gif", "apng", "cfhd", "magicyuv", "webp",
}  # fmt: skip
# Their decoders notice when a picture that others refer to is missing.
_TELL_MISSING = {"h264", "hevc", "vvc"}
_MESSAGES = 8


class Extent:
    """Which frames damage to a packet reaches."""

    def __init__(self, index: VideoIndex, disposable: Bools) -> None:
        self._index, self._disposable = index, disposable
        self._alone = index.codec in INTRA_ONLY
        keys = index.start_key != 0
        self._positions = index.start_position[keys]
        self._firsts = index.start_frame[keys]

    def mark(self, marked: Bools, position: int, itself_only: bool = False) -> None:
        """Mark all frames that damage at a packet may reach.

        From there on in order of decoding, up to the first frame of the next start: this takes
        in the pictures that lead an open GOP's key, which refer to what is before it.
        """
        index = self._index
        if self._alone or (itself_only and self._disposable[position]):
            frame = int(index.packet_frame[position])
            if frame >= 0:
                marked[frame] = True
            return
        following = int(np.searchsorted(self._positions, position, side="right"))
        stop = index.frame_count
        if following < len(self._positions):
            stop = int(self._firsts[following])
        marked[:stop] |= index.frame_position[:stop] >= position


def find_damage(
    index: VideoIndex,
    demuxed: Demuxed,
    decoded: Decoded | None,
    missing_before: Bools,
    findings: Findings,
) -> Bools:
    """Findings of damage; returns which frames are damaged."""
    extent = Extent(index, demuxed.numbers.disposable)
    damaged = np.zeros(index.frame_count, bool)
    events = [] if decoded is None else list(decoded.events)
    unreferenced = np.flatnonzero(demuxed.numbers.lost_references)
    events += [Event(int(at), False, True) for at in unreferenced]
    torn = np.flatnonzero(demuxed.corrupt)
    for event in events:
        itself_only = not event.about_references and not event.lost
        extent.mark(damaged, event.position, itself_only)
    if len(torn):
        reached = np.zeros(index.frame_count, bool)
        for at in torn:
            extent.mark(reached, int(at))
        findings.add(
            "corrupt-packet",
            f"The container marks {count(len(torn), 'picture')} as received incompletely.",
            to_ranges(reached),
            packets=len(torn),
        )
    if events:
        lost = 0 if decoded is None else int((~decoded.came).sum())
        words = f", {count(lost, 'frame gives', 'frames give')} no picture at all" if lost else ""
        if len(unreferenced):
            words += f", {count(len(unreferenced), 'time')} a picture that others refer to is lost"
        sources = len({event.position for event in events})
        findings.add(
            "decode-corruption",
            f"{count(sources, 'picture is', 'pictures are')} damaged, which reaches "
            f"{count(int(damaged.sum()), 'frame')}{words}.",
            to_ranges(damaged),
            sources=sources,
            lost_frames=lost,
            lost_references=len(unreferenced),
            messages=[]
            if decoded is None
            else [[text, times] for text, times in decoded.messages.most_common(_MESSAGES)],
        )
    _find_suspects(index, demuxed, extent, missing_before, damaged, findings)
    return damaged


def _find_suspects(
    index: VideoIndex,
    demuxed: Demuxed,
    extent: Extent,
    missing_before: Bools,
    damaged: Bools,
    findings: Findings,
) -> None:
    """Where a picture is missing and the codec does not tell whether others refer to it."""
    if index.codec in INTRA_ONLY or index.codec in _TELL_MISSING:
        return
    suspects = np.zeros(index.frame_count, bool)
    starts = set(index.start_frame[index.start_key != 0].tolist())
    gaps = [frame for frame in np.flatnonzero(missing_before).tolist() if frame not in starts]
    for frame in gaps:
        extent.mark(suspects, int(index.frame_position[frame]))
    suspects &= ~damaged
    if suspects.any():
        findings.add(
            "suspect-after-gap",
            f"{count(int(suspects.sum()), 'frame builds', 'frames build')} on pictures around "
            f"{count(len(gaps), 'gap')}, and {index.codec} does not say whether one was lost.",
            to_ranges(suspects),
            gaps=len(gaps),
        )
