"""The check itself, in this process: findings are handed out as they become known."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av.logging

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
) -> Report:
    """Check a file. ``partial`` gets what demuxing revealed before decoding begins.

    Changes FFmpeg's log level while it runs. Raises VideoError if there is no such file.
    """
    size = check_file(path).st_size
    demux_end = _ALL if quick else _DEMUX
    index_end = demux_end // 2

    def on_index(done: int, total: int | None) -> None:
        share = done / total if total else 0.0
        report(min(index_end, int(share * index_end)), _ALL)

    with _listening():
        try:
            index = VideoIndex.build(path, on_index)
        except VideoError as error:
            return _unreadable(path, size, quick, str(error))
        findings = Findings()
        demuxed = demux(path, index, lambda share: report(index_end + int(share * index_end), _ALL))
        missing = find_timing(index, demuxed, findings)
        find_structure(index, demuxed, findings)
        verdict = browser_verdict(index, str(path))
        find_compatibility(verdict, findings)
        subject = _subject(path, index)

        def so_far(complete: bool) -> Report:
            found = findings.finish(index, subject)
            return Report(quoted(path), size, quick, complete, index.to_info(), verdict, found)

        if quick:
            find_damage(index, demuxed, None, missing, findings)
            report(_ALL, _ALL)
            return so_far(True)
        provisional = Findings(dict(findings.drafts))
        find_damage(index, demuxed, None, missing, provisional)
        partial(
            Report(
                quoted(path), size, quick, False, index.to_info(), verdict,
                provisional.finish(index, subject),
            )
        )  # fmt: skip
        decoded = decode(
            path, index, lambda share: report(_DEMUX + int(share * (_ALL - _DEMUX)), _ALL)
        )
        damaged = find_damage(index, demuxed, decoded, missing, findings)
        find_in_pictures(decoded.pictures, index.rate, decoded.concealed, damaged, findings)
        _find_shapes(index, decoded, findings)
        report(_ALL, _ALL)
        return so_far(True)


def _find_shapes(index: VideoIndex, decoded: Decoded, findings: Findings) -> None:
    if len(decoded.sizes) > 1:
        names = [f"{w} x {h} {kind}" for _, w, h, kind in decoded.sizes]
        starts = [frame for frame, *_ in decoded.sizes][1:]
        findings.add(
            "size-change",
            f"The picture changes its shape {count(len(starts), 'time')}: {', '.join(names[:6])}.",
            [(frame, frame + 1) for frame in sorted(set(starts))],
            shapes=[list(shape) for shape in decoded.sizes[:64]],
        )
    if decoded.interlaced:
        findings.add(
            "interlaced",
            f"{count(decoded.interlaced, 'picture is', 'pictures are')} interlaced.",
            pictures=decoded.interlaced,
        )
    if decoded.disordered.any() and not index.by_output:
        marked = decoded.disordered
        findings.add(
            "non-monotonic-pts",
            f"The decoder presents {count(int(marked.sum()), 'frame')} in another order than "
            "their times say.",
            to_ranges(marked),
        )


def _subject(path: Path, index: VideoIndex) -> Subject:
    rate = f"{index.rate:.6g}"
    return Subject(path, rate, index.width, index.height)


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


@contextlib.contextmanager
def _listening() -> Iterator[None]:
    """Let FFmpeg say what it finds wrong, to whoever captures it, and repeat itself."""
    repeats = av.logging.get_skip_repeated()
    av.logging.set_skip_repeated(False)
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_libav_level(av.logging.WARNING)
    try:
        with av.logging.Capture(False):  # what nobody else captures is not printed either
            yield
    finally:
        av.logging.set_libav_level(av.logging.PANIC)
        av.logging.set_level(None)
        av.logging.set_skip_repeated(repeats)
