"""What each command does."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib
import os
import sys
import threading
import webbrowser
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from .format import Project, ProjectError, ReviewerError
from .format.interchange import export_file, import_file
from .format.remap import read_asides
from .format.video import VideoIndex
from .format.video_findings import Findings
from .progress import progress
from .widgets.text import inert

__all__ = [
    "check", "demo", "export", "import_", "info", "new", "open", "remap", "restripe",
    "serve", "sessions", "stats", "submit",
]  # fmt: skip

AddCommand = Callable[[str, str, str], argparse.ArgumentParser]
Command = Callable[[argparse.Namespace], int]


def _of(module: str, name: str) -> Command:
    """A command of another module, which is loaded when the command is run: what one needs is none
    of the others' time to start."""

    def run(options: argparse.Namespace) -> int:
        found: Command = getattr(importlib.import_module(f".{module}", __package__), name)
        return found(options)

    return run


check = _of("check_command", "check")
remap = _of("remap_command", "remap")
restripe = _of("restripe_command", "restripe")
sessions = _of("report_commands", "sessions")
stats = _of("report_commands", "stats")
submit = _of("submit_command", "submit")

_ENDINGS = {
    ".txt": "mot", ".csv": "csv", ".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow",
}  # fmt: skip


_TABLES = ("csv", "parquet", "arrow")


def _warm(project: Project, frame: int) -> None:
    with contextlib.suppress(ReviewerError, OSError, IndexError):
        project.video.warm(frame)


@contextlib.contextmanager
def _opened(directory: Path, *, quiet: bool = False) -> Iterator[Project]:
    """An open project; what is wrong with it is told on standard error."""
    with progress(f"Opening {inert(directory.name)}") as report:
        project = Project.open(directory, progress=report)
    with project:
        if not quiet:
            problems = [project.video_problem] if project.video_problem else []
            for problem in [*problems, *project.warnings]:
                print(f"reviewer: {inert(problem)}", file=sys.stderr)
        yield project


# -- demo, new, open, serve ---------------------------------------------------------------------


def demo(options: argparse.Namespace) -> int:
    """Make the demo project where there is none, and open it."""
    from .demo import make_demo

    if not (options.directory / "video.json").exists():
        with progress("Making the demo") as report:
            make_demo(options.directory, report)
        print(f"Made the demo project in {inert(str(options.directory))}.", file=sys.stderr)
    return open_project(options)


def new(options: argparse.Namespace) -> int:
    """Make a project."""
    title = f"Indexing {inert(options.video.name)}"
    with (
        progress(title) as report,
        Project.create(
            options.directory, options.video, options.ontology,
            stream=options.stream, progress=report,
        ) as project,
    ):  # fmt: skip
        seconds = float(project.times[-1])
        folder = inert(str(options.directory))
        print(f"Made {folder}: {project.frame_count:,} frames, {_clock(seconds)}.")
        _say_streams(project)
        print(f"Annotate it with: reviewer open {folder}")
    return 0


def _say_streams(project: Project) -> None:
    """Files with several pictures side by side are rare: say which one was taken."""
    index = project.video.index
    if index.streams > 1:
        print(
            f"The file has {index.streams} video streams; this is number {index.stream} of 0 to "
            f"{index.streams - 1}. --stream takes another."
        )


def open_project(options: argparse.Namespace) -> int:
    """Terminal and page on one folder."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise ReviewerError(
            f"This is not a terminal; serve the page alone with: reviewer serve {options.directory}"
        )
    # Textual waits for its next tick before it paints: by default up to 17 ms behind each key.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    gc.disable()  # what is made while opening is no garbage; run_tui enables it again
    with _opened(options.directory, quiet=True) as project:
        # The first picture is decoded while the interface is loaded.
        threading.Thread(target=_warm, args=(project, options.frame), daemon=True).start()
        from .app import run_tui
        from .late_page import LatePage

        project.sessions.record()
        page = LatePage(project, lambda: None if options.no_browser else _browse(link))
        link = f"{page.url}&frame={options.frame}" if options.frame else page.url
        try:
            print(f"Page: {link}", flush=True)
            run_tui(project, page.url, options.frame, page.serve)
        finally:
            page.stop()
    return 0


open = open_project


def serve(options: argparse.Namespace) -> int:
    """The page alone."""
    from .webview.server import serve as serve_projects

    with ExitStack() as stack:
        projects = [stack.enter_context(_opened(path)) for path in options.directories]
        for project in projects:
            project.sessions.record()

        def ready(url: str) -> None:
            print(url, flush=True)
            if not options.no_browser:
                _browse(url)

        asyncio.run(
            serve_projects(
                projects, host=options.host, port=options.port, ready=ready, check_videos=True
            )
        )
    return 0


def _browse(url: str) -> None:
    """Open a browser window where there is a screen; never a text browser in our terminal."""
    graphical = os.name == "nt" or sys.platform == "darwin"
    if graphical or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(url)


# -- import and export --------------------------------------------------------------------------


def import_(options: argparse.Namespace) -> int:
    """Read a file into a project."""
    format_name = options.format or _by_ending(options.file)
    if not options.file.is_file():
        raise ReviewerError(f"There is no file {options.file}.")
    with _opened(options.directory) as project:
        with progress(f"Importing {inert(options.file.name)}") as report:
            done = import_file(
                project, options.file, format_name,
                class_name=options.class_name, reduce_px=options.reduce_px,
                source=options.source, progress=report,
            )  # fmt: skip
        project.flush()
    print(
        f"Imported {_count(done.rows, 'row')} as {_count(done.entities, 'entity', 'entities')} "
        f"with {_count(done.keyframes, 'keyframe')}."
    )
    for note in done.notes:
        print(f"Note: {note}.")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a project's values to a file."""
    format_name = options.format or _by_ending(options.output)
    with _opened(options.directory) as project:
        first, stop = options.frames or (None, None)
        frames = (first or 0, project.frame_count if stop is None else stop)
        with progress(f"Writing {inert(options.output.name)}") as report:
            rows = export_file(project, options.output, format_name, frames=frames, progress=report)
        note = _flags_note(project.findings()) if format_name in _TABLES else None
    print(f"Wrote {_count(rows, 'row')} to {inert(str(options.output))}.")
    if note:
        print(note)
    return 0


def _flags_note(findings: Findings | None) -> str | None:
    if findings is None:
        return None
    counts = ", ".join(f"{number:,} {name}" for name, number in findings.flagged().items())
    seen = " (quick: damage inside pictures was not looked for)" if findings.quick else ""
    return (
        f"The column video_flags names what the check of the video{seen} found on each frame: "
        f"{counts or 'nothing'}."
    )


def _by_ending(path: Path) -> str:
    found = _ENDINGS.get(path.suffix.lower())
    if found is None:
        raise ReviewerError(f"Say which format {path.name} has, with --format NAME.")
    return found


# -- info ---------------------------------------------------------------------------------------


def info(options: argparse.Namespace) -> int:
    """What a project or a video holds. Exit code 2 when the project's video cannot be used."""
    if options.path.is_dir() or not options.path.exists():
        if not options.path.exists():
            raise ProjectError(f"There is neither a project nor a video at {options.path}.")
        with _opened(options.path, quiet=True) as project:
            found = project_info(project)
        _print_info(found, options.json, _project_lines)
        for problem in found["problems"]:
            print(f"reviewer: {inert(problem)}", file=sys.stderr)
        if found["video"]["problem"]:
            return 2
        return 1 if found["problems"] else 0
    with progress(f"Indexing {inert(options.path.name)}") as report:
        index = VideoIndex.build(options.path, report, options.stream)
    found = {"kind": "video", "path": _as_text(options.path), **index.to_info()}
    _print_info(found, options.json, _video_lines)
    return 0


def _as_text(path: Path) -> str:
    """A path for JSON, also where its bytes are no UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def project_info(project: Project) -> dict[str, Any]:
    """A project in numbers, ready for JSON."""
    entities = project.entities.values()
    keyframes: Counter[str] = Counter()
    by_class: Counter[str] = Counter()
    for entity in entities:
        by_class[entity.class_name] += 1
        for name, definition in entity.properties.items():
            if definition.time_varying:
                keyframes[name] += len(entity[name].keyframes)
    record = project.record
    problems = [project.video_problem] if project.video_problem else []
    return {
        "kind": "project",
        "path": _as_text(project.path),
        "video": {
            "file": record.file,
            "path": _as_text(project.video_path) if project.video_path else None,
            "problem": project.video_problem,
            "frames": project.frame_count,
            "duration": round(float(project.times[-1]), 6),
            "rate": record.rate,
            "width": record.width,
            "height": record.height,
            "codec": record.codec,
            "interpolate_over": record.interpolate_over,
        },
        "classes": {name: by_class[name] for name in project.ontology.classes},
        "entities": len(entities),
        "keyframes": dict(keyframes),
        "set_aside": len(read_asides(project.path)),
        "findings": _findings_info(project.findings()),
        "read_only": project.read_only,
        "problems": [*problems, *project.warnings],
    }


def _findings_info(findings: Findings | None) -> dict[str, Any] | None:
    """What a check of the video found, in numbers; None when none was run."""
    if findings is None:
        return None
    by_severity = Counter(str(item.severity) for item in findings.items)
    return {
        "quick": findings.quick,
        "complete": findings.complete,
        **{f"{level}s": by_severity[level] for level in ("error", "warning", "note")},
        "codes": [item.code for item in findings.items if item.severity != "note"],
        "frames": findings.flagged(),
    }


def _findings_line(found: dict[str, Any] | None) -> str:
    if found is None:
        return "not checked yet (reviewer check DIR)"
    counts = [
        _count(found[f"{level}s"], level) for level in ("error", "warning") if found[f"{level}s"]
    ]
    words = ", ".join(counts) + f" ({', '.join(found['codes'])})" if counts else "nothing is wrong"
    frames = ", ".join(
        f"{number:,} {name.replace('_', ' ')}" for name, number in found["frames"].items()
    )
    depth = " (only packets were looked at)" if found["quick"] else ""
    if not found["complete"]:
        depth = " (the check could not be finished)"
    return words + (f"; frames: {frames}" if frames else "") + depth


def _print_info(
    found: dict[str, Any], as_json: bool, lines: Callable[[dict[str, Any]], list[tuple[str, str]]]
) -> None:
    if as_json:
        option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        sys.stdout.write(orjson.dumps(found, option=option).decode())
        return
    for title, value in lines(found):
        print(f"{title:<14}{inert(value)}")


def _project_lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    video = found["video"]
    classes = ", ".join(f"{name} {n}" for name, n in found["classes"].items() if n)
    keyframes = ", ".join(f"{name} {n:,}" for name, n in found["keyframes"].items())
    lines = [
        ("project", found["path"]),
        ("video", video["path"] or f"{video['file']} (not attached)"),
        (
            "frames",
            f"{video['frames']:,} ({_clock(video['duration'])}, {video['rate']:g} per second)",
        ),
        ("picture", f"{video['width']} x {video['height']}, {video['codec']}"),
        ("between", f"values are interpolated over {video['interpolate_over']}"),
        ("entities", f"{found['entities']:,}" + (f" ({classes})" if classes else "")),
        ("keyframes", f"{sum(found['keyframes'].values()):,} ({keyframes})" if keyframes else "0"),
    ]
    lines.append(("video check", _findings_line(found["findings"])))
    if found["set_aside"]:
        lines.append(("set aside", f"{found['set_aside']:,} keyframes without a frame (remapped/)"))
    if found["read_only"]:
        lines.append(("read-only", found["read_only"]))
    return lines


def _video_lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    rate = f"{found['rate']:g} per second" + (", variable" if found["variable_rate"] else "")
    turned = f", turned by {found['rotation']} degrees" if found["rotation"] else ""
    several = found["streams"] > 1
    chosen = f"number {found['stream']} of 0 to {found['streams'] - 1}; --stream takes another"
    return [
        ("video", found["path"]),
        *([("stream", chosen)] if several else []),
        ("frames", f"{found['frames']:,} ({_clock(found['duration'])}, {rate})"),
        ("picture", f"{found['width']} x {found['height']}{turned}"),
        ("codec", f"{found['codec']} ({found['pixel_format']}) in {found['container']}"),
        ("seeking", f"{found['keyframes']:,} key frames, at most {found['longest_gop']:,} apart"),
        ("time base", f"{found['time_base']} s; frames are numbered by {found['numbered_by']}"),
    ]


def _clock(seconds: float) -> str:
    whole = int(seconds)
    clock = f"{whole // 60 % 60:02}:{whole % 60:02}.{int(seconds * 1000) % 1000:03}"
    return f"{whole // 3600}:{clock}" if whole >= 3600 else clock


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
