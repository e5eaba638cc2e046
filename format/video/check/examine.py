"""The check itself, in this process: findings are handed out as they become known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import VideoError
from ..index import VideoIndex
from ..source import check_file, quoted
from .collect import Findings, count, to_ranges
from .compatibility import browser_verdict, find_compatibility
from .container import Outside, look
from .damage import find_damage
from .decoding import Decoded, decode
from .demux import demux
from .pictures import find_in_pictures
from .remedies import Subject
from .report import Report
from .structure import find_structure
from .timing import find_timing

_INDEX, _DEMUX, _ALL = 40, 80, 1000  # thousandths of the work, after each part


def examine(
    path: Path,
    quick: bool,
    report: Callable[[int, int | None], None],
    partial: Callable[[Report], None] = lambda found: None,
    stream: int = 0,
) -> Report:
    """Check a video stream of a file. ``partial`` gets what demuxing revealed, before decoding.

    Changes FFmpeg's log level while it runs. Raises VideoError if there is no such file.
    """
    size = check_file(path).st_size
    demux_end = _ALL if quick else _DEMUX
    index_end = demux_end // 2

    def on_index(done: int, total: int | None) -> None:
        share = done / total if total else 0.0
        report(min(index_end, int(share * index_end)), _ALL)

    try:
        index = VideoIndex.build(path, on_index, stream)
    except VideoError as error:
        return _unreadable(path, size, quick, str(error))
    findings = Findings()
    demuxed = demux(path, index, lambda share: report(index_end + int(share * index_end), _ALL))
    gaps = find_timing(index, demuxed, findings)
    find_structure(index, demuxed, findings)
    verdict = browser_verdict(index, str(path))
    find_compatibility(verdict, findings)
    subject = Subject(path, str(gaps.rate), index.width, index.height)

    def so_far(complete: bool) -> Report:
        found = findings.finish(index, subject)
        return Report(quoted(path), size, quick, complete, index.to_info(), verdict, found)

    if quick:
        find_damage(index, demuxed, None, gaps, findings)
        report(_ALL, _ALL)
        return so_far(True)
    provisional = Findings(dict(findings.drafts))
    find_damage(index, demuxed, None, gaps, provisional)
    partial(
        Report(
            quoted(path), size, quick, False, index.to_info(), verdict,
            provisional.finish(index, subject),
        )
    )  # fmt: skip
    decoded = decode(path, index, lambda share: report(_DEMUX + int(share * (_ALL - _DEMUX)), _ALL))
    damaged = find_damage(index, demuxed, decoded, gaps, findings)
    find_in_pictures(decoded.pictures, index.rate, decoded.concealed, damaged, findings)
    _find_shapes(index, decoded, findings)
    report(_ALL, _ALL)
    return so_far(True)


def _find_shapes(index: VideoIndex, decoded: Decoded, findings: Findings) -> None:
    known = np.flatnonzero(decoded.shape >= 0)
    changes = known[1:][np.diff(decoded.shape[known]) != 0].tolist()
    if changes:
        shapes = [decoded.shapes[at] for at in decoded.shape[[known[0], *changes]]][:64]
        names = ", then ".join(f"{width} x {height} {kind}" for width, height, kind in shapes[:4])
        findings.add(
            "size-change",
            f"The picture changes its shape {count(len(changes), 'time')}: {names}.",
            [(frame, frame + 1) for frame in changes],
            shapes=[list(shape) for shape in shapes],
        )
    if decoded.interlaced.any():
        pictures = int(decoded.interlaced.sum())
        findings.add(
            "interlaced",
            f"{count(pictures, 'picture is', 'pictures are')} interlaced.",
            pictures=pictures,
        )
    if decoded.disordered.any() and not index.by_output:
        marked = decoded.disordered
        findings.add(
            "non-monotonic-pts",
            f"The decoder presents {count(int(marked.sum()), 'frame')} in another order than "
            "their times say.",
            to_ranges(marked),
        )


def _unreadable(path: Path, size: int, quick: bool, why: str) -> Report:
    findings = Findings()
    try:
        outside = look(path)
    except OSError:
        outside = Outside()
    if outside.kind == "mp4" and outside.index_missing:
        findings.add(
            "missing-moov",
            "The file has no index (its 'moov' box is missing): the recording was never finished, "
            "or its end was not copied.",
            missing_bytes=outside.missing_bytes,
        )
    if outside.missing_bytes:
        findings.add(
            "truncated",
            f"The file was cut off: {outside.missing_bytes:,} bytes are missing at its end.",
            missing_bytes=outside.missing_bytes,
            lost_frames=0,
        )
    if "missing-moov" not in findings:
        findings.add("unreadable", why)
    found = findings.finish(None, Subject(path))
    return Report(quoted(path), size, quick, True, None, None, found)
