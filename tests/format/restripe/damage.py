"""Damaging a healthy video packet by packet, without encoding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

Packets = list[Any]


def rewrite(source: Path, target: Path, change: Callable[[Packets], Packets]) -> Path:
    """Copy the video packets of ``source`` as ``change`` gives them back."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream, opaque=True)
        packets = [packet for packet in old.demux(stream) if packet.size]
        for packet in change(packets):
            packet.stream = copy
            new.mux(packet)
    return target


def again(packet: Any) -> Any:
    """The same packet once more."""
    copy = av.Packet(bytes(packet))
    copy.time_base, copy.pts, copy.dts = packet.time_base, packet.pts, packet.dts
    copy.is_keyframe = packet.is_keyframe
    return copy


def without(positions: set[int]) -> Callable[[Packets], Packets]:
    """Lose the packets at these places in decode order."""
    return lambda packets: [p for i, p in enumerate(packets) if i not in positions]


def jitter(number: int) -> int:
    """Ticks (1/90000 s) of a frame at about 30 a second: off by up to a third of a frame, as a
    phone's are."""
    return 3000 * number + (number * 7919 % 7 - 3) * 300 + 900
