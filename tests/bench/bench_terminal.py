"""The terminal interface in figures: frames per second of playback, key to redraw, start to first
picture, CPU at rest. Run on a quiet machine: python -m tests.bench.bench_terminal [DIR]

Playback runs in tmux, which says of every frame when it has drawn it. The rest runs on a
pseudo-terminal that this process reads, so that a figure ends when the last byte of the picture
has arrived. DIR keeps what is made, for another run.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from reviewer import Project
from tests.bench.machine import describe
from tests.webview.large_video import make_1080p

ROOT = Path(__file__).parents[2]
CLIP_FRAMES = 240
HOUR_FRAMES, HOUR_ENTITIES, HOUR_KEYFRAMES = 108_000, 1_000, 500_000
MANY_ENTITIES = 10_000
KEYS = 200
ASKS_FOR_CURSOR = b"\x1b[6n"  # sent after each picture

PLAYER = """
import asyncio, json, sys, time
from reviewer.app import ReviewerApp
from reviewer.format import Project
from reviewer.frame_image_graphics import ask_terminal
folder, seconds, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]

async def drive(app):
    cockpit = app.cockpit
    while cockpit.is_mounted is False or cockpit.view.moment is None:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    cockpit.action_play()
    began, first = time.monotonic(), cockpit.loader._shown
    worst = 0.0
    while time.monotonic() - began < seconds:
        if not cockpit.loader.playing:
            cockpit.action_play()
        asked = time.monotonic()
        await asyncio.sleep(0.02)
        worst = max(worst, time.monotonic() - asked - 0.02)
    shown = cockpit.loader._shown - first
    taken = time.monotonic() - began
    width, height = cockpit.view.size
    place = cockpit.view.moment.place
    found = {"fps": shown / taken, "columns": place.columns, "rows": place.rows,
             "view": [width, height], "reports": app._reports, "stall_ms": worst * 1000}
    open(out, "w").write(json.dumps(found))
    app.exit()

with Project.open(folder) as project:
    app = ReviewerApp(project, None, ask_terminal())
    async def main():
        task = asyncio.create_task(drive(app))
        await app.run_async()
        task.cancel()  # the terminal may have gone away before it had seen anything
    asyncio.run(main())
    app.cockpit.shut_down()
"""


def report(what: str, value: str, bar: str, met: bool | None = None) -> None:
    verdict = "" if met is None else ("met" if met else "MISSED")
    print(f"{what:58}{value:>22}   bar {bar:18}{verdict}", flush=True)


# -- what is looked at --------------------------------------------------------------------------


def loop_video(clip: Path, path: Path, frames: int) -> None:
    """`clip` again and again, its packets copied, until there are `frames` frames."""
    if path.exists():
        return
    half_made = path.with_name("half-" + path.name)
    with av.open(str(clip)) as source:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        per_frame = round(float(1 / (stream.average_rate * stream.time_base)))
        length = per_frame * len(packets)
        with av.open(str(half_made), "w") as sink:
            copy = sink.add_stream_from_template(stream)
            for turn in range(-(-frames // len(packets))):
                for packet in packets[: frames - turn * len(packets)]:
                    again = av.Packet(bytes(packet))
                    again.pts = packet.pts + turn * length
                    again.dts = packet.dts + turn * length
                    again.time_base = packet.time_base
                    again.is_keyframe = packet.is_keyframe
                    again.stream = copy
                    sink.mux(again)
    half_made.rename(path)


def make_project(folder: Path, video: Path, entities: int, keyframes: int) -> Path:
    """Boxes that wander, each entity there for a tenth of the video."""
    if (folder / "video.json").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    random = np.random.default_rng(0)
    with Project.create(folder, video) as project:
        count = project.frame_count
        each = max(2, keyframes // entities)
        life = max(each, count // 10)
        for base in range(0, entities, 500):
            with project.transaction("Make entities") as transaction:
                for number in range(base, min(entities, base + 500)):
                    first = int(random.integers(0, count - life))
                    entity = project.add_entity("object", f"object {number}", first)
                    if first + life < count:
                        entity["presence"][first + life] = "absent"
                    at = np.sort(random.choice(life, each, replace=False)) + first
                    rows = random.random((each, 4)) * (1600, 800, 150, 150) + (0, 0, 10, 10)
                    transaction.put(entity.id, "box", at, rows)
    return folder


# -- a terminal ---------------------------------------------------------------------------------


class Pseudo:
    """A program on a pseudo-terminal whose every byte is read here."""

    def __init__(self, command: list[str], columns: int, rows: int) -> None:
        self.began = time.monotonic()
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor",
                       "LANG": "C.UTF-8"}  # fmt: skip
        environment.pop("NO_COLOR", None)
        # What is installed is compiled; some machines for tests keep no bytecode.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process, self.master = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(ROOT)
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.pictures = 0
        self.tail = b""

    def read(self, wait_s: float) -> bytes:
        """What comes within that time; answers what a terminal answers."""
        ready, _, _ = select.select([self.master], [], [], wait_s)
        if not ready:
            return b""
        data = os.read(self.master, 1 << 20)
        both = self.tail + data
        asked = both.count(ASKS_FOR_CURSOR) - self.tail.count(ASKS_FOR_CURSOR)
        self.tail = both[-len(ASKS_FOR_CURSOR) + 1 :]
        for _ in range(asked):
            self.pictures += 1
            os.write(self.master, b"\x1b[1;1R")
        if b"\x1b[c" in data:
            os.write(self.master, b"\x1b[?62;22c")
        return data

    def until(self, done: Callable[[bytes], bool], limit_s: float = 60.0) -> None:
        end = time.monotonic() + limit_s
        while not done(self.read(0.5)):
            if time.monotonic() > end:
                raise TimeoutError("the terminal did not show what was waited for")

    def quiet(self, for_s: float = 1.0) -> None:
        """Until nothing has come for so long."""
        last = time.monotonic()
        while time.monotonic() - last < for_s:
            if self.read(0.05):
                last = time.monotonic()

    def cpu_s(self) -> float:
        """Processor seconds that the program has used."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGTERM)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                self.read(0.05)
            if os.waitpid(self.process, os.WNOHANG)[0]:
                break
        else:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        os.close(self.master)


@contextlib.contextmanager
def opened(folder: Path, columns: int, rows: int) -> Iterator[Pseudo]:
    terminal = Pseudo(
        [sys.executable, "-m", "reviewer", "open", str(folder), "--no-browser"], columns, rows
    )
    try:
        yield terminal
    finally:
        terminal.close()


# -- figures ------------------------------------------------------------------------------------


def playback(folder: Path, columns: int, rows: int, seconds: float) -> dict[str, float]:
    """Frames per second that tmux has drawn, with the picture of at least columns x rows."""
    # beside the picture are the side panel (50), above and below six lines
    size = ("-x", str(columns + 50), "-y", str(rows + 6))
    with tempfile.TemporaryDirectory() as temporary:
        socket, out = f"{temporary}/tmux", f"{temporary}/out.json"
        tmux = ["tmux", "-S", socket, "-f", "/dev/null"]
        environment = {**os.environ, "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        environment.pop("TMUX", None)
        subprocess.run(
            [*tmux, "new-session", "-d", *size, "env", "COLORTERM=truecolor", "TEXTUAL_FPS=120",
             "sh", "-c", '"$@" 2>&1; sleep 1000', "sh",
             sys.executable, "-c", PLAYER, str(folder), str(seconds), out],
            cwd=ROOT, env=environment, check=True,
        )  # fmt: skip
        try:
            end = time.monotonic() + seconds + 60
            while not Path(out).exists():
                if time.monotonic() > end:
                    shown = subprocess.run(
                        [*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False
                    )
                    raise TimeoutError(shown.stdout)
                time.sleep(0.1)
            time.sleep(0.2)
            return dict(json.loads(Path(out).read_text()))
        finally:
            subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)


def latencies(folder: Path, keys: int) -> np.ndarray:
    """Seconds from a key to the last byte of the picture that it asked for."""
    taken = []
    with opened(folder, 160, 50) as terminal:
        terminal.until(lambda data: terminal.pictures > 0)
        terminal.quiet()
        for number in range(keys):
            # frames, and now and then another entity: both redraw the picture
            key = (b"\x1b[C", b"\x1b[C", b"j", b"L")[number % 4]
            before = terminal.pictures
            began = time.monotonic()
            os.write(terminal.master, key)
            terminal.until(lambda data, before=before: terminal.pictures > before)
            taken.append(time.monotonic() - began)
            terminal.quiet(0.02)
    return np.array(taken)


def start(folder: Path) -> float:
    """Seconds from the command to the first picture."""
    with opened(folder, 160, 50) as terminal:
        terminal.until(lambda data: terminal.pictures > 0)
        return time.monotonic() - terminal.began


def at_rest(folder: Path, seconds: float) -> float:
    """Per cent of one processor that an open project uses when nobody does anything."""
    with opened(folder, 160, 50) as terminal:
        terminal.until(lambda data: terminal.pictures > 0)
        terminal.quiet(3.0)
        before, began = terminal.cpu_s(), time.monotonic()
        while time.monotonic() - began < seconds:
            terminal.read(0.5)
        return 100 * (terminal.cpu_s() - before) / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where what is made is kept")
    parser.add_argument("--seconds", type=float, default=10.0, help="of playback and of rest")
    parser.add_argument("--keys", type=int, default=KEYS)
    arguments = parser.parse_args()
    print(describe())
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        clip = make_1080p(folder / "clip.mp4", CLIP_FRAMES, 30)
        hour = folder / "hour.mp4"
        loop_video(clip, hour, HOUR_FRAMES)
        few = make_project(folder / "few", clip, 20, 200)
        long = make_project(folder / "long", hour, HOUR_ENTITIES, HOUR_KEYFRAMES)
        # of an hour, so that the keys go on to new frames until the last of them
        many = make_project(folder / "many-hour", hour, MANY_ENTITIES, 5 * MANY_ENTITIES)

        for columns, rows, bar in ((160, 45, 24.0), (240, 67, None)):
            found = playback(few, columns, rows, arguments.seconds)
            size = f"{found['columns']}x{found['rows']}"
            what = f"playback of 1080p at {size} half-blocks in tmux"
            met = None if bar is None else found["fps"] >= bar
            report(what, f"{found['fps']:.1f} fps", f"at least {bar}" if bar else "", met)
            report("  longest wait of a key meanwhile", f"{found['stall_ms']:.0f} ms", "")
        taken = latencies(many, arguments.keys) * 1000
        p50, p95 = np.percentile(taken, [50, 95])
        what = f"key to redraw at {MANY_ENTITIES:,} entities, p50 / p95"
        report(what, f"{p50:.0f} / {p95:.0f} ms", "p95 under 50 ms", bool(p95 < 50))
        start(long)  # what it needs is in memory then
        warm = min(start(long) for _ in range(3))
        what = f"start to first picture, an hour and {HOUR_KEYFRAMES:,} keyframes, warm"
        report(what, f"{warm:.2f} s", "under 1.5 s", warm < 1.5)
        rest = at_rest(long, arguments.seconds)
        report("CPU at rest", f"{rest:.2f} %", "under 2 %", rest < 2)


if __name__ == "__main__":
    main()
