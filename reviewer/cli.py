"""The command line: what can be typed, and what each command's help teaches."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from . import __version__, commands
from .format import ReviewerError
from .format.interchange import FORMATS
from .format.sessions import EXPORT_FORMAT

DEFAULT_PORT = 8123
DEMO_FRAME = 200  # two cars pass each other

_OVERVIEW = """\
Annotate video frame by frame, offline, in the browser and in the terminal.

A project is a plain folder beside your video. Nothing is transcoded, nothing is uploaded, and
every edit is on disk before it is called saved.
"""

_FIRST_STEPS = """\
first steps:
  reviewer demo                           look around in a finished project
  reviewer new hockey --video game.mp4    make a project of your own
  reviewer open hockey                    annotate: terminal and browser, side by side
  reviewer export hockey --format mot -o tracks.txt
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 fine, 1 findings, 2 wrong use or bad input."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        parser.print_help()
        return 2
    try:
        return int(options.run(options))
    except ReviewerError as error:
        print(f"reviewer: {commands.inert(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        print("reviewer: There is not enough memory for this.", file=sys.stderr)
        return 2
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"reviewer: {error.strerror or error}{where}.", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, as everything else does."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {commands.inert(message)}; see {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="reviewer",
        description=_OVERVIEW,
        epilog=_FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"reviewer {__version__}")
    adding = parser.add_subparsers(title="commands", metavar="")

    def command(name: str, summary: str, more: str) -> argparse.ArgumentParser:
        added = adding.add_parser(
            name,
            help=summary,
            description=f"{summary}\n\n{more}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=getattr(commands, name.replace("import", "import_")))
        return added

    _add_demo(command)
    _add_new(command)
    _add_open(command)
    _add_serve(command)
    _add_info(command)
    _add_check(command)
    _add_restripe(command)
    _add_remap(command)
    _add_import(command)
    _add_export(command)
    _add_stats(command)
    _add_sessions(command)
    _add_submit(command)
    return parser


def _add_demo(command: commands.AddCommand) -> None:
    demo = command(
        "demo",
        "Make the demo project and open it in terminal and browser.",
        "The demo is a real clip of a road in which every car is tracked. It is made in DIR; run\n"
        "the command again to come back to it, delete the folder to begin afresh.",
    )
    demo.add_argument(
        "directory", metavar="DIR", nargs="?", default="reviewer-demo", type=Path,
        help="folder to make (default: reviewer-demo)",
    )  # fmt: skip
    demo.set_defaults(frame=DEMO_FRAME)
    _no_browser(demo)


def _add_new(command: commands.AddCommand) -> None:
    new = command(
        "new",
        "Make a project for a video.",
        "The video is indexed once and never copied or changed. Keep it in the project folder or\n"
        "beside it, so that the folder finds it on every machine.\n\n"
        "Without --ontology there is one class, object. An ontology is a JSON file:\n"
        '  {"classes": [{"name": "player", "hotkey": "1", "properties": [\n'
        '     {"name": "team", "kind": "choice", "choices": ["home", "away"]},\n'
        '     {"name": "state", "kind": "choice", "time_varying": true,\n'
        '      "choices": ["skating", "down"]}]},\n'
        '    "puck"]}',
    )
    new.add_argument("directory", metavar="DIR", type=Path, help="folder to make")
    new.add_argument("--video", metavar="FILE", type=Path, required=True, help="the video")
    new.add_argument("--ontology", metavar="FILE", type=Path, help="classes and their properties")
    _choose_stream(new)


def _add_open(command: commands.AddCommand) -> None:
    opening = command(
        "open",
        "Open a project in the terminal and in the browser.",
        "Both show the same folder and follow each other's edits. In the terminal, ? lists the\n"
        "keys and q leaves; the page is served while the terminal is open.",
    )
    opening.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    opening.add_argument(
        "--frame", metavar="N", type=_frame, default=0, help="begin at this frame, counted from 0"
    )
    _no_browser(opening)


def _add_serve(command: commands.AddCommand) -> None:
    serve = command(
        "serve",
        "Serve the page for one or more projects.",
        "Prints the link to open as its first line; the link carries the key to this server, so\n"
        "give it only to people who may edit. Ctrl-C ends it; nothing is lost however it ends.",
    )
    serve.add_argument("directories", metavar="DIR", type=Path, nargs="+", help="project folders")
    serve.add_argument(
        "--host", default="127.0.0.1",
        help="address to listen on (default: 127.0.0.1, this machine only)",
    )  # fmt: skip
    serve.add_argument(
        "--port", type=_port, default=DEFAULT_PORT,
        help=f"port to listen on; 0 takes a free one (default: {DEFAULT_PORT})",
    )  # fmt: skip
    _no_browser(serve)


def _add_info(command: commands.AddCommand) -> None:
    info = command(
        "info",
        "Say what a project or a video file holds.",
        "For a project: its video, classes, entities and keyframes, and whatever is wrong with\n"
        "it. For a video: frames, rate, codec, and what annotating it needs.",
    )
    info.add_argument("path", metavar="DIR|VIDEO", type=Path)
    info.add_argument("--json", action="store_true", help="one JSON document, for scripts")
    _choose_stream(info)


def _add_check(command: commands.AddCommand) -> None:
    check = command(
        "check",
        "Find what is wrong with a video or a project, and say what to do about it.",
        "A video: missing, repeated, damaged, frozen and black frames, wrong times, cut-off\n"
        "files, and whatever makes other tools count frames differently; each with the frames\n"
        "it concerns, what it means for labels, and a remedy.\n\n"
        "A project: damaged or missing files, values that do not fit the ontology, references to\n"
        "entities that are gone, shapes that deserve a look, a video that is another one; and\n"
        "then all of the above about its video. Nothing is ever changed.\n\n"
        "Exit code 0: fine; 1: there are warnings or errors; 2: it cannot be read.",
    )
    check.add_argument("path", metavar="VIDEO|DIR", type=Path)
    check.add_argument("--json", action="store_true", help="one JSON document, for scripts")
    check.add_argument(
        "--quick", action="store_true",
        help="look at the video's packets only and decode nothing; leave out how shapes lie",
    )  # fmt: skip
    _choose_stream(check)


def _add_restripe(command: commands.AddCommand) -> None:
    mending = command(
        "restripe",
        "Write a mended copy of a video, with even times.",
        "Pictures are copied as they are, without loss; only their times change. Repeated and\n"
        "undecodable packets are left out, and where frames are missing the rest closes up, so\n"
        "that every frame lasts equally long. VIDEO is only read. OUT ends in .mp4, .mkv, .mov,\n"
        ".webm or .ts. Beside it, OUT.mapping.json says which frame became which, for remap.\n\n"
        "Exit code 1 says that something is left which only --reencode could mend.",
    )
    mending.add_argument("video", metavar="VIDEO", type=Path, help="the video to read")
    mending.add_argument("output", metavar="OUT", type=Path, help="the new file")
    mending.add_argument(
        "--keep-gaps", action="store_true",
        help="leave pauses where frames are missing, instead of closing up",
    )  # fmt: skip
    mending.add_argument(
        "--rate", metavar="R", type=_frame_rate,
        help="frames per second, as 25 or 30000/1001 (default: measured)",
    )  # fmt: skip
    mending.add_argument(
        "--reencode", action="store_true",
        help="encode anew, as H.264, where a check advises it (looks at every frame)",
    )  # fmt: skip
    _choose_stream(mending)
    mending.add_argument("--force", action="store_true", help="replace OUT if it is there")
    mending.add_argument("--json", action="store_true", help="one JSON document, for scripts")


def _add_remap(command: commands.AddCommand) -> None:
    carrying = command(
        "remap",
        "Carry a project over to another file of its video.",
        "For a video that was mended, cut or encoded anew. Frames are told by the mapping file\n"
        "that restripe wrote, else by times that agree, else by comparing the pictures. Every\n"
        "keyframe goes with its picture. One whose frame is gone is set aside in DIR/remapped;\n"
        "a presence or a choice then takes effect at the next frame that is left. It is one\n"
        "edit: undo brings the former video and every keyframe back.\n\n"
        "Exit code 1 says that keyframes were set aside.",
    )
    carrying.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    carrying.add_argument("--video", metavar="NEW", type=Path, required=True, help="the new video")
    _choose_stream(carrying)
    carrying.add_argument(
        "--mapping", metavar="FILE", type=Path,
        help="which frame became which (default: NEW.mapping.json where it fits)",
    )  # fmt: skip
    carrying.add_argument(
        "--dry-run", action="store_true", help="say what would happen, change nothing"
    )
    carrying.add_argument("--json", action="store_true", help="one JSON document, for scripts")


def _add_import(command: commands.AddCommand) -> None:
    importing = command(
        "import",
        "Bring another tool's annotations into a project.",
        f"Formats:\n{_formats()}\n\n"
        "All of the file comes in as one edit, or none of it. Rows on every frame become\n"
        "keyframes: with --reduce 0 every number stays exactly as it is; --reduce 1 keeps only\n"
        "the keyframes needed to be within 1 pixel of the file on every frame.",
    )
    importing.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    importing.add_argument("file", metavar="FILE", type=Path, help="the file to read")
    importing.add_argument("--format", metavar="NAME", help="its format (default: by its ending)")
    importing.add_argument(
        "--class", metavar="NAME", dest="class_name",
        help="class of the new entities, where the file does not say (default: the first)",
    )  # fmt: skip
    importing.add_argument(
        "--reduce", metavar="PX", type=float, default=0.0, dest="reduce_px",
        help="drop keyframes while every edge stays within PX pixels (default: 0, exact)",
    )  # fmt: skip
    importing.add_argument(
        "--source", choices=("import", "tracker"),
        help="mark every keyframe as imported, or as a tracker's with its confidence",
    )  # fmt: skip


def _add_export(command: commands.AddCommand) -> None:
    export = command(
        "export",
        "Write a project's annotations in another format.",
        f"Formats:\n{_formats()}\n\n"
        "What is written is what page and terminal show: the engine's value on every frame.",
    )
    export.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    export.add_argument("--format", metavar="NAME", help="the format (default: by OUT's ending)")
    export.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file")
    export.add_argument(
        "--frames", metavar="A:B", type=_frame_range,
        help="only frames A to B-1, counted from 0 (default: all)",
    )  # fmt: skip


def _add_stats(command: commands.AddCommand) -> None:
    stats = command(
        "stats",
        "Say how much is annotated, by whom, and how far the review is.",
        "Entities, keyframes and values by class and property, how much of the time they cover,\n"
        "work by author, and what is accepted, sent back or not reviewed yet.",
    )
    stats.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    stats.add_argument("--json", action="store_true", help="one JSON document, for scripts")


def _add_sessions(command: commands.AddCommand) -> None:
    sessions = command(
        "sessions",
        "List who worked in a project, when, and on what.",
        "A session is what one person did in reviewer open or reviewer serve. It is closed when\n"
        "the program ends, done when it was submitted, and unfinished when it was cut off.",
    )
    sessions.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    sessions.add_argument("--json", action="store_true", help="one JSON document, for scripts")


def _add_submit(command: commands.AddCommand) -> None:
    submit = command(
        "submit",
        "Mark a session as done and start its final export.",
        "Without --session it is the last one of yours that was not submitted. The export is\n"
        "written to DIR/exports in the background, also when this command has ended; reviewer\n"
        "sessions tells how it went. The next edit begins another session.\n\n"
        "Exit code 1 says that there is nothing to submit, or that it goes on elsewhere.",
    )
    submit.add_argument("directory", metavar="DIR", type=Path, help="the project folder")
    submit.add_argument("--session", metavar="ID", help="which one, as reviewer sessions lists it")
    submit.add_argument(
        "--format", metavar="NAME", choices=sorted(FORMATS), default=EXPORT_FORMAT,
        help=f"format of the export (default: {EXPORT_FORMAT})",
    )  # fmt: skip
    submit.add_argument("--json", action="store_true", help="one JSON document, for scripts")


def _no_browser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")


def _choose_stream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stream", metavar="N", type=_number, default=0,
        help="which of the file's video streams, where it has several (default: 0, the first)",
    )  # fmt: skip


def _formats() -> str:
    return "\n".join(f"  {item.name:<9}{item.summary}" for item in FORMATS.values())


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def _frame_rate(text: str) -> Fraction:
    from .restripe_command import frame_rate

    return frame_rate(text)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 3:
        raise argparse.ArgumentTypeError(f"a stream is a number from 0, not {text!r}")
    return int(text)


def _frame(text: str) -> int:
    if not text.isdecimal() or len(text) > 12:
        raise argparse.ArgumentTypeError(f"a frame is a number from 0, not {text!r}")
    return int(text)


def _frame_range(text: str) -> tuple[int | None, int | None]:
    first, colon, stop = text.partition(":")
    if not colon or not all(part == "" or part.isdecimal() for part in (first, stop)):
        raise argparse.ArgumentTypeError(f"frames are written A:B, as in 0:250, not {text!r}")
    return (int(first) if first else None, int(stop) if stop else None)


if __name__ == "__main__":
    sys.exit(main())
