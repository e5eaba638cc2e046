"""One pass over the packets: everything that can be known without decoding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
import numpy.typing as npt

from ..index import VideoIndex
from ..scan import Throttle
from ..source import open_source
from .container import Outside, look
from .continuity import Continuity, Place, continuity, reader_for
from .logs import listening

Bools = npt.NDArray[np.bool_]
_CUT_SHORT = ("partial file", "ended prematurely", "truncated")
_MAX_MESSAGES = 64


@dataclass(frozen=True, eq=False)
class Demuxed:
    """What a file says of itself, and what its packets are; arrays by packet as in the index."""

    outside: Outside
    corrupt: Bools  # the container says the packet is damaged
    discard: Bools  # an edit list says it is not to be shown
    key: Bools  # the container calls it a key
    same: Bools  # its data is that of the packet before
    numbers: Continuity
    empty_packets: int  # "show the last picture again", in AVI
    announced_frames: int  # by the stream's header; 0 when it says nothing
    announced_seconds: float | None  # by the stream's header, or by the container for all streams
    alone: bool  # there are no other streams
    reorders: bool  # presentation and decoding order may differ
    interlaced: bool
    ends_early: bool
    messages: Counter[str]


def demux(path: Path, index: VideoIndex, report: Callable[[float], None]) -> Demuxed:
    """Read all packets. ``report`` takes the share done. Raises VideoError and OSError."""
    packets = len(index.packet_size)
    throttle = Throttle(lambda done, total: report(done / max(1, packets)), packets)
    corrupt, discard, key, same = (np.zeros(packets, bool) for _ in range(4))
    places: list[Place | None] = []
    empty = 0
    before = b""
    ends_early = False
    messages: Counter[str] = Counter()
    at = -1
    with listening() as lines, open_source(path, index.stream) as source:
        stream, context = source.stream, source.codec_context
        reader = reader_for(index.codec, bytes(context.extradata or b""))
        try:
            for packet in source.container.demux(stream):
                length = packet.size
                if length <= 0:
                    empty += packet.dts is not None or packet.pts is not None
                    continue
                at += 1
                if at >= packets:
                    break
                corrupt[at], discard[at] = packet.is_corrupt, packet.is_discard
                key[at] = packet.is_keyframe
                data = bytes(packet)
                same[at] = data == before
                before = data
                if same[at] and places:  # its numbers are not to be counted on twice
                    places.append(places[-1])
                else:
                    places.append(reader.read(data) if reader is not None else None)
                throttle(at)
                if len(lines) > _MAX_MESSAGES:
                    messages.update(text for _, _, text in lines)
                    lines.clear()
        except (av.error.FFmpegError, OSError):
            ends_early = True
        announced = stream.frames or 0
        seconds = _announced_seconds(stream.duration, stream.time_base)
        container_seconds = source.container.duration
        if seconds is None and container_seconds and len(source.container.streams) == 1:
            seconds = container_seconds / 1_000_000
        alone = len(source.container.streams) == 1
        reorders = bool(context.has_b_frames)
        interlaced = int(getattr(context, "field_order", 0) or 0) > 1
        messages.update(text for _, _, text in lines)
    cut = any(word in text for text in messages for word in _CUT_SHORT)
    places += [None] * (packets - len(places))
    return Demuxed(
        outside=look(path),
        corrupt=corrupt,
        discard=discard,
        key=key,
        same=same,
        numbers=continuity(places),
        empty_packets=empty,
        announced_frames=announced,
        announced_seconds=seconds,
        alone=alone,
        reorders=reorders,
        interlaced=interlaced,
        ends_early=ends_early or cut,
        messages=messages,
    )


def _announced_seconds(duration: int | None, time_base: Fraction | None) -> float | None:
    if not duration or not time_base or duration < 0:
        return None
    return float(duration * time_base)
