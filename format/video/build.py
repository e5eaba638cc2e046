"""Building an index: scan the packets, look at the first pictures, number the frames."""

from __future__ import annotations

import dataclasses
import os
from fractions import Fraction

import numpy as np

from ..errors import VideoError
from .bitstream import codec_string
from .decode import FrameDecoder
from .fingerprint import fingerprint
from .index import VideoIndex
from .numbering import Head, Int32s, Numbering, decode_head, number, number_frames
from .scan import Progress, Scan, scan_packets
from .source import Source, check_file, check_size, open_source, quoted

_TAIL_FRAMES = 64


def build_index(path: str | os.PathLike[str], progress: Progress | None, stream: int) -> VideoIndex:
    """See VideoIndex.build()."""
    status = check_file(path)
    with open_source(path, stream) as source:
        scan = scan_packets(source, progress, status.st_size)
    with open_source(path, stream) as source:
        head = decode_head(source, scan)
        check_size(head.first.width, head.first.height, quoted(source.path))
        rate = source.stream.average_rate or source.stream.guessed_rate or Fraction(0)
        numbers = number_frames(source, scan, head, rate, progress)
        index = _assemble(source, scan, head, numbers, rate, status)
    if scan.broken_end and not numbers.by_output:
        index = _without_lost_end(path, index, scan)
    return index


def _without_lost_end(path: str | os.PathLike[str], index: VideoIndex, scan: Scan) -> VideoIndex:
    """Strike what cannot be decoded at the end of a file that was cut off: it is no frame."""
    count = index.frame_count
    lost = []
    decoder = FrameDecoder(index, str(path), cache_bytes=0)
    try:
        for frame in range(max(0, count - _TAIL_FRAMES), count):
            try:
                decoder.read(frame)
            except VideoError:
                lost.append(frame)
    finally:
        decoder.close()
    if not lost:
        return index
    kept = np.delete(np.arange(count), lost)
    numbers = number(
        decoder.path, scan, index.frame_position[kept].astype(np.int64), index.pts[kept], False
    )
    position, start_frame, start_key = _find_starts(scan, numbers)
    return dataclasses.replace(
        index,
        pts=numbers.pts,
        frame_position=numbers.position,
        packet_frame=numbers.frame,
        start_position=position,
        start_frame=start_frame,
        start_key=start_key,
    )


def _assemble(
    source: Source,
    scan: Scan,
    head: Head,
    numbers: Numbering,
    rate: Fraction,
    status: os.stat_result,
) -> VideoIndex:
    name = quoted(source.path)
    context, first = source.codec_context, head.first
    codec = context.codec.canonical_name
    extradata = bytes(context.extradata or b"")
    time_base = source.stream.time_base or Fraction(1, 1000)
    position, start_frame, start_key = _find_starts(scan, numbers)
    try:
        identity = fingerprint(source.path)
    except OSError as error:
        raise VideoError(f"{name} cannot be read ({error.strerror}): check the disk.") from None
    if len(numbers.pts) > 1:
        seconds = (int(numbers.pts[-1]) - int(numbers.pts[0])) * time_base
        measured = float((len(numbers.pts) - 1) / seconds)
    else:
        measured = float(rate)
    pixel_format = first.format.name
    return VideoIndex(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        fingerprint=identity,
        container=source.container.format.name,
        codec=codec,
        codec_string=codec_string(
            codec, extradata, pixel_format, context.profile or "", (first.width, first.height)
        ),
        extradata=extradata,
        pixel_format=pixel_format,
        time_base=time_base,
        rate=measured,
        coded_width=first.width,
        coded_height=first.height,
        rotation=round(-first.rotation / 90) * 90 % 360,
        sample_aspect_ratio=context.sample_aspect_ratio or Fraction(1),
        by_output=numbers.by_output,
        pts=numbers.pts,
        frame_position=numbers.position,
        packet_frame=numbers.frame,
        packet_pts=scan.pts,
        packet_dts=scan.dts,
        packet_pos=scan.pos,
        packet_size=scan.size,
        start_position=position,
        start_frame=start_frame,
        start_key=start_key,
        new_parameters=scan.new_parameters,
        stream=source.number,
        streams=source.streams,
    )


def _find_starts(scan: Scan, numbers: Numbering) -> tuple[Int32s, Int32s, Int32s]:
    """Places where decoding can begin, and the first frame that each gets right.

    A key will do when every frame that was coded before it is also shown before it; frames coded
    after it but shown before it ("leading", open GOP) belong to the previous start.
    """
    keys = np.flatnonzero(scan.key)
    if numbers.by_output:
        keys = keys[numbers.frame[keys] >= 0]
        first = numbers.frame[keys].astype(np.int64)
    else:
        shown_pts = scan.pts[numbers.position]
        first = np.searchsorted(shown_pts, scan.pts[keys], side="left")
    last_before = np.maximum.accumulate(np.concatenate(([-1], numbers.frame[:-1])))
    clean = (last_before[keys] < first) & (first < len(numbers.pts))
    keys, first = keys[clean], first[clean]
    # Of several keys with the same first frame (all but one are cut away by an edit list) the last.
    keep = np.diff(first, append=len(numbers.pts)) > 0
    keys, first = keys[keep], first[keep]
    is_key = np.ones(len(keys), np.int32)
    if not len(keys) or first[0] != 0:
        keys, first, is_key = (
            np.concatenate(([head], rest)) for head, rest in ((0, keys), (0, first), (0, is_key))
        )
    return keys.astype(np.int32), first.astype(np.int32), is_key.astype(np.int32)
