"""The plainest possible decoding, to hold the clever one to."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
import numpy as np
from reviewer.format.video import Video


@dataclass
class Picture:
    pts: int | None
    checksum: int  # of the RGB pixels as stored, before any rotation


def checksum(rgb: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(rgb).tobytes())


def decode_everything(path: Path) -> list[Picture]:
    """Every frame that PyAV presents when it decodes a file from its start to its end."""
    pictures = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        for packet in [*packets, None]:
            try:
                frames = stream.codec_context.decode(packet)
            except av.error.FFmpegError:
                continue
            for frame in frames:
                pixels = frame.to_ndarray(format="rgb24")
                pictures.append(Picture(frame.pts, checksum(pixels)))
    return pictures


def stored_checksum(video: Video, number: int) -> int:
    """Checksum of frame ``number`` turned back to how it is stored."""
    return checksum(np.rot90(video[number], video.index.rotation // 90))


def decode_unit(video: Video, unit: int) -> list[tuple[int, int]]:
    """Decode a unit as the page does: (frame, checksum) of each frame it shows, in order."""
    packets = video.unit(unit)
    # Of FFmpeg's AV1 decoders only this one needs no hardware.
    name = {"av1": "libdav1d"}.get(video.index.codec, video.index.codec)
    context = av.CodecContext.create(name, "r")
    context.extradata = video.index.extradata or None
    shown = []
    at = 0
    decoded = []
    for place, size in enumerate(packets.sizes.tolist()):
        packet = av.Packet(size)  # a packet made from bytes would lack the decoder's padding
        packet.update(packets.data[at : at + size])
        packet.pts = packet.dts = place
        at += size
        decoded += context.decode(packet)
    decoded += context.decode(None)
    assert at == len(packets.data)
    for frame in decoded:
        number = int(packets.frames[frame.pts])
        if number >= 0:
            shown.append((number, checksum(frame.to_ndarray(format="rgb24"))))
    return shown
