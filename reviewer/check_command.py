"""`reviewer check`: what is wrong with a video, or with a project and its video."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

import orjson

from .format import Project, ProjectError
from .format.video.check import Report, Severity, check_video, describe
from .progress import progress
from .widgets.text import inert


def check(options: argparse.Namespace) -> int:
    """Exit code 0: fine, perhaps with notes; 1: warnings or errors; 2: not readable."""
    path: Path = options.path
    if path.is_dir() or not path.exists():
        if not path.exists():
            raise ProjectError(f"There is neither a project nor a video at {path}.")
        return _check_project(path, options)
    report = _check_file(path, options.quick)
    if options.json:
        _write_json(report.to_json())
    else:
        _print(report)
    return exit_code(report)


def exit_code(report: Report) -> int:
    """What a script is to make of a report."""
    if not report.readable:
        return 2
    return 1 if report.severity in (Severity.WARNING, Severity.ERROR) else 0


def _check_project(directory: Path, options: argparse.Namespace) -> int:
    """What is wrong with the folder, then with its video."""
    with (
        progress(f"Opening {inert(directory.name)}") as report_opening,
        Project.open(directory, progress=report_opening) as project,
    ):
        video, problem = project.video_path, project.video_problem
        problems = [*([problem] if problem else []), *project.warnings]
    report = _check_file(video, options.quick) if video is not None else None
    if options.json:
        found = report.to_json() if report is not None else None
        _write_json({"project": str(directory), "problems": problems, "video": found})
    else:
        for one in problems:
            print(f"Problem: {inert(one)}")
        if not problems:
            print("The project folder is in order.")
        if report is not None:
            print()
            _print(report)
    if report is None or not report.readable:
        return 2
    return max(exit_code(report), 1 if problems else 0)


def _check_file(path: Path, quick: bool) -> Report:
    with progress(f"Checking {inert(path.name)}") as advance:
        return check_video(path, quick=quick, progress=advance)


def _print(report: Report) -> None:
    columns = min(100, shutil.get_terminal_size((80, 24)).columns)
    for line in describe(report, columns).split("\n"):
        print(inert(line))


def _write_json(value: dict[str, Any]) -> None:
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(value, option=option).decode())
