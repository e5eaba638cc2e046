"""`reviewer check`: what is wrong with a video, or with a project and its video."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from .format import ProjectError
from .format.findings import Finding
from .format.verify import verify, video_of
from .format.verify_text import describe as describe_findings
from .format.video.check import Report, Severity, check_video, describe
from .progress import progress
from .widgets.text import inert

_WORTH_A_LOOK = (Severity.WARNING, Severity.ERROR)


def check(options: argparse.Namespace) -> int:
    """Exit code 0: fine, perhaps with notes; 1: warnings or errors; 2: not readable."""
    path: Path = options.path
    if path.is_dir() or not path.exists():
        if not path.exists():
            raise ProjectError(f"There is neither a project nor a video at {path}.")
        return _check_project(path, options)
    report = _check_file(path, options.stream, options.quick)
    if options.json:
        _write_json(report.to_json())
    else:
        _print(describe(report, _columns()))
    return exit_code(report)


def exit_code(report: Report) -> int:
    """What a script is to make of a report."""
    if not report.readable:
        return 2
    return 1 if report.severity in _WORTH_A_LOOK else 0


def _check_project(directory: Path, options: argparse.Namespace) -> int:
    """What is wrong with the folder, then with its video."""
    with progress(f"Checking {inert(directory.name)}") as advance:
        findings = verify(directory, quick=options.quick, progress=advance)
    video = video_of(directory)
    report = _check_file(*video, options.quick) if video is not None else None
    if options.json:
        _write_json(
            {
                "project": os.fsencode(directory).decode("utf-8", "replace"),
                "findings": [finding.to_json() for finding in findings],
                "video": None if report is None else report.to_json(),
            }
        )
    else:
        _print(describe_findings(findings, _columns()))
        if report is not None:
            print()
            _print(describe(report, _columns()))
    return _project_exit_code(findings, report)


def _project_exit_code(findings: Sequence[Finding], report: Report | None) -> int:
    """A project that cannot be opened is unreadable; a video that cannot be is a finding."""
    if any(finding.code == "project-unreadable" for finding in findings):
        return 2
    found = any(finding.severity in _WORTH_A_LOOK for finding in findings)
    return int(found or (report is not None and exit_code(report) > 0))


def _check_file(path: Path, stream: int, quick: bool) -> Report:
    with progress(f"Checking {inert(path.name)}") as advance:
        return check_video(path, stream=stream, quick=quick, progress=advance)


def _columns() -> int:
    return min(100, shutil.get_terminal_size((80, 24)).columns)


def _print(text: str) -> None:
    for line in text.split("\n"):
        print(inert(line))


def _write_json(value: dict[str, Any]) -> None:
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(value, option=option).decode())
