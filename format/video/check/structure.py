"""What container and stream look like: ends, edits, counts, key frames, shape of the picture."""

from __future__ import annotations

import re

import numpy as np

from ..index import VideoIndex
from .collect import Findings, count
from .demux import Demuxed

_SLOW_GOP_FRAMES = 300


def find_structure(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    """Findings that concern the file as a whole or its ends."""
    _find_truncation(index, demuxed, findings)
    _find_lead(index, demuxed, findings)
    _find_edits(index, demuxed, findings)
    _find_mismatches(index, demuxed, findings)
    _find_gops(index, demuxed, findings)
    if index.rotation:
        findings.add(
            "rotation",
            f"Pictures are stored turned; {index.rotation} degrees clockwise turn them upright.",
            degrees=index.rotation,
        )
    depth = bit_depth(index.pixel_format)
    if depth > 8:
        findings.add("bit-depth", f"Pictures have {depth} bits a sample.", bits=depth)
    if demuxed.interlaced:
        findings.add("interlaced", "The stream says that its pictures are interlaced.")


def bit_depth(pixel_format: str) -> int:
    """Bits a sample, from the name of an FFmpeg pixel format."""
    found = re.search(r"p(9|10|12|14|16)(le|be)?$", pixel_format) or re.search(
        r"(?:gray|p0|y2|xv)(9|10|12|14|16)(le|be)?$", pixel_format
    )
    return int(found[1]) if found else 8


def _find_truncation(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    absent = demuxed.outside.missing_bytes
    if not absent and not demuxed.ends_early:
        return
    packets = len(index.packet_size)
    lost = 0
    if demuxed.outside.kind in ("mp4", "avi"):
        lost = max(0, demuxed.announced_frames - index.frame_count - demuxed.empty_packets)
        lost -= int((demuxed.discard[:packets]).sum())
    size = f"{absent:,} bytes are missing at its end" if absent else "it stops in mid-picture"
    frames = (
        f"; {count(lost, 'frame')} of {demuxed.announced_frames:,} are lost" if lost > 0 else ""
    )
    last = index.frame_count - 1
    findings.add(
        "truncated",
        f"The file was cut off: {size}{frames}.",
        [(last, last + 1)],
        missing_bytes=absent,
        lost_frames=max(0, lost),
    )


def _find_lead(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    if index.start_key[0] and index.start_position[0] == 0:
        return
    if index.start_key[0]:
        before = int(index.start_position[0])
        if demuxed.discard[:before].any() or index.by_output:
            return  # an edit list cuts there, or hidden pictures come first
        shown_until = 0
        first_key = int(index.start_position[0])
    else:
        keys = np.flatnonzero(index.start_key)
        shown_until = int(index.start_frame[keys[0]]) if len(keys) else index.frame_count
        before = first_key = (
            int(index.start_position[keys[0]]) if len(keys) else len(index.packet_size)
        )
        if demuxed.key[0] and len(keys) == 0 and index.codec == "h264":
            # Intra refresh: the first picture is whole after some frames, and there are no keys.
            shown_until = 0
    time = 0.0
    if shown_until < index.frame_count:
        time = (int(index.pts[shown_until]) - int(index.pts[0])) * float(index.time_base)
    where = f"frame {shown_until:,}" if first_key < len(index.packet_size) else "nowhere"
    findings.add(
        "no-leading-key-frame",
        "The stream does not begin with a key frame: "
        f"{count(before, 'picture comes', 'pictures come')} before the first, which is at {where}.",
        [(0, shown_until)] if shown_until else [],
        pictures_before=before,
        first_key_time=round(time, 6),
    )


def _find_edits(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    discarded = int(demuxed.discard.sum())
    unread = _unread(index, demuxed, findings) if discarded else 0
    hidden = discarded + unread
    if not hidden:
        return
    shown = np.flatnonzero(index.packet_frame >= 0)
    leading = unread + (int(demuxed.discard[: shown[0]].sum()) if len(shown) else discarded)
    where = "at the beginning" if leading == hidden else "some of them at the beginning"
    if not leading:
        where = "none of them at the beginning"
    findings.add(
        "edit-list",
        f"{count(hidden, 'picture')} in the file {'is' if hidden == 1 else 'are'} not to be shown, "
        f"{where}.",
        hidden=hidden,
        hidden_at_start=leading,
    )


def _unread(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> int:
    """Pictures so far before an edit that FFmpeg does not even read them."""
    if demuxed.outside.kind != "mp4" or "truncated" in findings:
        return 0
    return max(0, demuxed.announced_frames - len(index.packet_size))


def _find_mismatches(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    held = len(index.packet_size)
    announced = demuxed.announced_frames
    explained = "truncated" in findings or "edit-list" in findings
    if announced and announced != held and not explained:
        empty = f" and {count(demuxed.empty_packets, 'empty one')}" if demuxed.empty_packets else ""
        findings.add(
            "count-mismatch",
            f"The header announces {announced:,} pictures; the file holds {held:,}{empty}.",
            announced=announced,
            held=held,
            empty=demuxed.empty_packets,
        )
    seconds = demuxed.announced_seconds
    step = index.duration / index.frame_count
    if seconds is not None and abs(seconds - index.duration) > max(0.25, 2.5 * step):
        findings.add(
            "duration-mismatch",
            f"The file says it lasts {seconds:.3f} s; its frames last {index.duration:.3f} s.",
            announced_seconds=round(seconds, 6),
            seconds=round(index.duration, 6),
        )


def _find_gops(index: VideoIndex, demuxed: Demuxed, findings: Findings) -> None:
    lengths = np.diff(index.start_frame, append=index.frame_count)
    behind = np.maximum.accumulate(index.packet_frame)
    shown = index.packet_frame >= 0
    reordered = bool((index.packet_frame[shown] < behind[shown]).any())
    # Pictures coded after a key but shown before it.
    latest = np.maximum.accumulate(index.frame_position)
    open_gops = int((latest[index.start_frame[1:] - 1] > index.start_position[1:]).sum())
    slow = int(lengths.max()) > _SLOW_GOP_FRAMES
    words = ["B-frames" if reordered else "no B-frames"]
    if open_gops:
        words.append("open GOPs")
    shortest, longest = int(lengths.min()), int(lengths.max())
    span = f"{shortest:,} to {longest:,}" if shortest < longest else f"{longest:,}"
    findings.add(
        "gop-structure",
        f"{count(len(lengths), 'GOP')} of {span} frame{'' if longest == 1 else 's'}, "
        f"{', '.join(words)}.",
        count=len(lengths),
        shortest=shortest,
        median=int(np.median(lengths)),
        longest=longest,
        b_frames=reordered,
        open_gops=open_gops,
        slow=slow,
        container_keys=int(demuxed.key.sum()),
    )
