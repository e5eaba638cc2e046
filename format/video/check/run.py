"""Checking a file in a process of its own, so that no file can take this one down with it.

A decoder that crashes, hangs or asks for all memory costs that process; what was found until then
is reported all the same.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from ...errors import VideoError
from ..scan import Progress
from ..source import check_file, quoted
from .collect import Findings
from .remedies import Subject
from .report import Report

STALL_S = 25.0  # without any progress the process is given up
_MAX_LINE = 256 << 20
_IDLE_REPORT: Progress = lambda done, total: None  # noqa: E731


def check_video(
    path: str | os.PathLike[str],
    *,
    stream: int = 0,
    quick: bool = False,
    progress: Progress | None = None,
    isolated: bool = True,
) -> Report:
    """Find everything wrong or remarkable about a video file, in ``stream`` of its video streams.

    ``quick`` stays with what demuxing reveals; otherwise every frame is decoded. ``progress(done,
    total)`` is called with thousandths of the work. The work is done in a process of its own, in
    bounded memory, and given up when it stands still; with ``isolated=False`` in this one, which
    changes FFmpeg's log level meanwhile.

    A file that cannot be read as a video gives a report that says so. Raises VideoError only if
    there is no such file, or it may not be read.
    """
    target = Path(path)
    try:
        size = check_file(path).st_size
    except VideoError as error:
        if target.is_file() and target.stat().st_size == 0:
            return _failed(target, 0, quick, "unreadable", str(error))
        raise
    if not os.access(path, os.R_OK):
        raise VideoError(f"{quoted(path)} cannot be read: check its permissions.")
    report = progress or _IDLE_REPORT
    if not isolated or not sys.executable:
        from .examine import examine

        return examine(target, quick, report, stream=stream)
    return _in_process(target, stream, size, quick, report)


def _in_process(path: Path, stream: int, size: int, quick: bool, report: Progress) -> Report:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # -P: a folder that someone is in must not lend its files to the imports.
    command = [sys.executable, "-P", "-m", f"{__package__}.worker"]
    command += [str(path.absolute()), str(stream)]
    process = subprocess.Popen(
        [*command, *(["--quick"] if quick else [])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    found: Report | None = None
    why = "The decoder crashed"
    done = 0
    try:
        for message in _messages(process):
            if message is None:
                why = f"The decoder stood still for {STALL_S:g} seconds"
                break
            if "progress" in message:
                done = int(message["progress"])
                report(done, 1000)
            elif "refused" in message:
                raise VideoError(str(message["refused"]))
            elif "gave_up" in message:
                why = str(message["gave_up"])
            elif "report" in message:
                found = replace(Report.from_json(message["report"]), file=quoted(path))
    finally:
        process.kill()
        # A process that waits for a dead network share does not even end when killed.
        threading.Thread(target=process.wait, daemon=True).start()
    if found is not None and found.complete:
        return found
    code = "decoder-failure" if found is not None else "unreadable"
    failed = _failed(path, size, quick, code, f"{why}, {done / 10:g}% of the way.")
    if found is None:
        return failed
    return replace(found, complete=False, findings=(*failed.findings, *found.findings))


def _messages(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any] | None]:
    """What the process says, line by line; None when it says nothing for too long."""
    lines: queue.Queue[bytes] = queue.Queue(maxsize=64)

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            while line := stream.readline(_MAX_LINE):
                lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=STALL_S)
        except queue.Empty:
            yield None
            return
        if not line:
            return
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:  # cut off in the middle by a crash
            return


def _failed(path: Path, size: int, quick: bool, code: str, why: str) -> Report:
    findings = Findings()
    findings.add(code, why)
    complete = code == "unreadable" and size == 0
    return Report(
        quoted(path), size, quick, complete, None, None, findings.finish(None, Subject(path))
    )
