"""One pass over the file's packets, decoding nothing."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

import av.error
import numpy as np
import numpy.typing as npt

from ..errors import VideoError
from .bitstream import (
    INSPECTED_KEYS,
    is_clean_key,
    is_hidden,
    length_size,
    mpeg2_type,
    mpeg4_types,
)
from .source import Source, VideoPacket, quoted

Progress = Callable[[int, int | None], None]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NONE = np.iinfo(np.int64).min  # stands for an absent pts or dts
MAX_PACKETS = 1 << 25  # 6 days at 60 frames a second
_REPORT_S = 0.05
_TAIL_PACKETS = 32
# Containers that store no presentation times: what FFmpeg reports there is a guess.
_UNTIMED = {"avi", "h264", "hevc", "vvc", "m4v", "mpegvideo", "mjpeg", "obu"}
_REORDERING = {"h264", "hevc", "vvc", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "wmv3", "cavs"}


@dataclass
class Scan:
    """The packets of the video stream in decode order; arrays of equal length."""

    pts: Int64s  # NONE where the file has none
    dts: Int64s
    pos: Int64s  # byte offset in the file, -1 unknown
    size: Int64s  # bytes
    key: Bools  # decoding can start here
    candidate: Bools  # expected to become a frame: neither discarded nor hidden
    guessed_times: bool  # pictures may be reordered and the container says not how
    broken_end: bool  # the file stops in the middle of a packet
    new_parameters: bool  # the decoder's configuration changes on the way
    begins_marked: bool = False  # the container calls its first packet a key


class Throttle:
    """Passes progress on at most 20 times a second."""

    def __init__(self, progress: Progress | None, total: int | None) -> None:
        self._progress, self._total, self._next = progress, total, 0.0

    def __call__(self, done: int, last: bool = False) -> None:
        if self._progress is None:
            return
        now = time.monotonic()
        if last or now >= self._next:
            self._next = now + _REPORT_S
            self._progress(done, self._total)


def scan_packets(source: Source, progress: Progress | None, file_size: int) -> Scan:
    """Demux a freshly opened source to its end. Raises VideoError when it has no packets."""
    codec = source.codec_context.codec.canonical_name
    inspect_keys = codec in INSPECTED_KEYS
    inspect_all = codec in ("vp8", "vp9")
    untimed = source.container.format.name in _UNTIMED and codec in _REORDERING
    reorders = untimed and codec not in ("mpeg4", "mpeg1video", "mpeg2video")
    inspect_types = untimed and not reorders
    extradata = bytes(source.codec_context.extradata or b"")
    prefix = length_size(codec, extradata)

    pts, dts, pos, size = array("q"), array("q"), array("q"), array("q")
    key, candidate = array("b"), array("b")
    report = Throttle(progress, file_size)
    furthest = 0
    last_corrupt = -_TAIL_PACKETS
    new_parameters = cut = begins_marked = False
    try:
        for packet in source.container.demux(source.stream):
            length = packet.size
            if length <= 0:  # a dropped frame of an AVI, or the end
                continue
            stamp, decode_stamp, offset = packet.pts, packet.dts, packet.pos
            is_key = packet.is_keyframe
            shown = not packet.is_discard
            if packet.is_corrupt:
                last_corrupt = len(size)
            if inspect_all:
                shown = shown and not is_hidden(codec, memoryview(packet))
            if not size:
                begins_marked = is_key or _is_listed_as_key(source, offset)
            if is_key and inspect_keys:
                is_key = is_clean_key(codec, bytes(packet), prefix)
                new_parameters = new_parameters or _changes_parameters(packet, extradata)
            if inspect_types and not reorders:
                data = bytes(packet)
                reorders = 2 in mpeg4_types(data) if codec == "mpeg4" else mpeg2_type(data) == 3
            pts.append(NONE if stamp is None else stamp)
            dts.append(NONE if decode_stamp is None else decode_stamp)
            pos.append(-1 if offset is None else offset)
            size.append(length)
            key.append(is_key)
            candidate.append(shown)
            if not len(size) & 255:
                furthest = max(furthest, offset or 0)
                report(min(furthest, file_size))
                if len(size) > MAX_PACKETS:
                    raise VideoError(
                        f"{quoted(source.path)} has more than {MAX_PACKETS} pictures: cut it up."
                    )
    except OSError as error:
        raise VideoError(
            f"{quoted(source.path)} cannot be read to its end ({error.strerror}): check the disk."
        ) from None
    except av.error.FFmpegError:
        cut = True  # the end is damaged or missing; what came before it is the video there is
    report(file_size, last=True)
    if not len(size):
        raise VideoError(
            f"{quoted(source.path)} contains no frames: it was cut short or never finished; "
            "copy it again."
        )
    return Scan(
        np.frombuffer(pts, np.int64),
        np.frombuffer(dts, np.int64),
        np.frombuffer(pos, np.int64),
        np.frombuffer(size, np.int64),
        np.frombuffer(key, np.int8).astype(np.bool_),
        np.frombuffer(candidate, np.int8).astype(np.bool_),
        reorders,
        cut or last_corrupt + _TAIL_PACKETS >= len(size),
        new_parameters,
        begins_marked,
    )


def _is_listed_as_key(source: Source, offset: int | None) -> bool:
    """Whether the container's own list calls a packet a key, whatever is in it by now."""
    entries = source.stream.index_entries
    if not len(entries):
        return False
    first = entries[0]
    return bool(first is not None and first.is_keyframe and first.pos == offset)


def _changes_parameters(packet: VideoPacket, extradata: bytes) -> bool:
    if not packet.has_sidedata("new_extradata"):
        return False
    return bytes(packet.get_sidedata("new_extradata")) != extradata
