"""Videos of any length in seconds: a short one's packets, over and over, with times moved on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av


def repeat_video(source: Path, target: Path, times: int) -> Path:
    """Write ``source`` ``times`` times in a row; made only when it is not there.

    The source begins with a key frame and no picture refers across its end. Frame i of the result
    is frame i % n of the source.
    """
    if target.exists():
        return target
    half_made = target.with_name("half-" + target.name)
    with av.open(str(source)) as old, av.open(str(half_made), "w") as new:
        template = old.streams.video[0]
        stream: Any = new.add_stream_from_template(template, opaque=True)
        pieces = [
            (bytes(p), p.pts, p.dts, p.duration or 0, p.is_keyframe)
            for p in old.demux(template)
            if p.size
        ]
        shown = sorted(pts for _, pts, *_ in pieces)
        length = shown[-1] - shown[0] + (shown[1] - shown[0])
        for turn in range(times):
            for data, pts, dts, duration, key in pieces:
                packet = av.Packet(data)
                packet.stream = stream
                packet.time_base = template.time_base
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                packet.duration = duration
                packet.is_keyframe = key
                new.mux(packet)
    half_made.rename(target)
    return target
