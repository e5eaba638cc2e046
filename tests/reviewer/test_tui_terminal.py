"""The terminal interface in a real terminal (tmux): what is really sent, and how it leaves."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from reviewer.format import Project
from textual.drivers._writer_thread import WriterThread

from reviewer.output import Forgiving
from tests.videos import make_video, read_number

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PROGRAM = """
import os, pathlib, sys
from reviewer.app import run_tui
from reviewer.format import Project
pathlib.Path(sys.argv[1] + ".pid").write_text(str(os.getpid()))
with Project.open(sys.argv[1], author="robin") as project:
    run_tui(project, "http://127.0.0.1:1/#token=t")
print("left cleanly")
"""
SGR = re.compile(r"\x1b\[([0-9;]*)m")
# Far longer than anything takes on a machine that is busy with other tests, and shorter than the
# time limit of a test: who waits in vain learns for what.
WAIT_S = 120.0


class Terminal:
    """A tmux server of its own, with one window."""

    def __init__(self, folder: Path, width: int, height: int, colors: str) -> None:
        self.socket = str(folder / "tmux")
        self.environment = {**os.environ, "COLORTERM": colors, "LANG": "C.UTF-8"}
        self.environment.pop("TMUX", None)
        self.width, self.height = width, height

    def tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *arguments],
            env=self.environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def start(self, *command: str) -> None:
        size = ("-x", str(self.width), "-y", str(self.height))
        # A shell stays behind the program, so that what it leaves can be looked at.
        window = ("env", f"COLORTERM={self.environment['COLORTERM']}", "sh", "-c",
                  '"$@"; echo "exit $?"; exec sleep 1000', "sh", *command)  # fmt: skip
        for patience in range(50, -1, -1):
            try:
                self.tmux("new-session", "-d", *size, *window)
                return
            except subprocess.CalledProcessError:  # a server just killed still holds the socket
                if not patience:
                    raise
                time.sleep(0.1)

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def text(self) -> str:
        return self.tmux("capture-pane", "-p")

    def colored(self) -> list[str]:
        return self.tmux("capture-pane", "-e", "-N", "-p").splitlines()

    def wait_for(self, pattern: str) -> str:
        """The screen once it shows `pattern`; a screen that will not is shown by the failure."""
        end = time.monotonic() + WAIT_S
        while not re.search(pattern, screen := self.text()):
            if time.monotonic() > end:
                raise TimeoutError(f"No {pattern!r} came; the terminal shows:\n{screen}")
            time.sleep(0.05)
        return screen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_video(tmp_path / "game.mp4", frames=60, size=(640, 360))
    with Project.create(tmp_path / "game", tmp_path / "game.mp4") as project:
        entity = project.add_entity("object", name="the one")
        entity["box"][0] = (300, 200, 100, 100)
    return tmp_path / "game"


@pytest.fixture
def terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    made = Terminal(tmp_path, 100, 32, getattr(request, "param", "truecolor"))
    yield made
    subprocess.run(["tmux", "-S", made.socket, "kill-server"], capture_output=True, check=False)


def pixels_of(lines: list[str], columns: int) -> np.ndarray:
    """The half-blocks of the lines' first `columns` cells: (2 * rows, columns, 3), rest black."""
    pixels = np.zeros((2 * len(lines), columns, 3), np.uint8)
    for row, line in enumerate(lines):
        fore = back = (0, 0, 0)
        at = column = 0
        while at < len(line) and column < columns:
            found = SGR.match(line, at)
            if found:
                codes = [int(code or 0) for code in found[1].split(";")]
                while codes:
                    code = codes.pop(0)
                    if code in (38, 48):
                        color = palette(codes.pop(0), codes)
                        fore, back = (color, back) if code == 38 else (fore, color)
                at = found.end()
                continue
            if line[at] == "▀":
                pixels[2 * row, column], pixels[2 * row + 1, column] = fore, back
            at, column = at + 1, column + 1
    return pixels


def palette(kind: int, codes: list[int]) -> tuple[int, ...]:
    if kind == 2:
        color = tuple(codes[:3])
        del codes[:3]
        return color
    number = codes.pop(0)
    if number >= 232:
        return (8 + (number - 232) * 10,) * 3
    number -= 16
    return tuple(0 if v == 0 else 55 + 40 * v for v in (number // 36, number // 6 % 6, number % 6))


@pytest.mark.parametrize("terminal", ["truecolor", ""], indirect=True)
def test_the_frame_that_the_terminal_shows(folder, terminal):
    terminal.start(sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("the one")
    terminal.keys("v")
    for frame in (59, 7, 33, 0):
        terminal.keys("g")
        terminal.wait_for("Go to")
        terminal.keys(str(frame), "Enter")
        terminal.wait_for(rf"‖ {frame} / 59")
        while True:  # the number follows the key at once, the picture a moment later
            lines = terminal.colored()[1:-6]
            rows = [row for row, line in enumerate(lines) if "▀" in line]
            pixels = pixels_of([lines[row] for row in rows], 62) if rows else None
            if pixels is not None and read_number(pixels) == frame:
                break
            time.sleep(0.05)


def test_an_edit_survives_and_q_leaves_a_clean_terminal(folder, terminal):
    terminal.start(sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("the one")
    terminal.keys("L", "o")
    terminal.wait_for("occluded from frame 10")
    terminal.wait_for("● saved")
    terminal.keys("q")
    screen = terminal.wait_for("exit 0")
    assert "left cleanly" in screen
    assert "▀" not in screen
    assert "Traceback" not in screen
    with Project.open(folder) as project:
        assert project.entity("the one")["presence"].at(10) == "occluded"
        assert project.entity("the one")["presence"].at(9) == "present"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP])
def test_a_signal_leaves_a_clean_terminal_and_the_edits(folder, terminal, number):
    terminal.start(sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("the one")
    terminal.keys("L", "o")
    terminal.wait_for("occluded from frame 10")
    terminal.keys("Space")
    os.kill(process_of(folder), number)
    screen = terminal.wait_for(r"exit \d+")
    assert "left cleanly" in screen
    assert "Traceback" not in screen
    assert "▀" not in screen
    # the terminal is as it was: no mouse reports, the cursor is seen, what is typed is shown
    assert terminal.tmux("display", "-p", "#{mouse_any_flag} #{cursor_flag} #{alternate_on}") == (
        "0 1 0\n"
    )
    with Project.open(folder) as project:
        assert project.entity("the one")["presence"].at(10) == "occluded"


def test_a_lost_terminal_ends_the_program_and_loses_nothing(folder, terminal):
    terminal.start(sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("the one")
    terminal.keys("L", "o")
    terminal.wait_for("● saved")
    terminal.wait_for("occluded from frame 10")
    process = process_of(folder)
    terminal.keys("Space")  # it is writing all the time when its terminal goes
    terminal.tmux("kill-server")
    while is_running(process):
        time.sleep(0.05)
    with Project.open(folder) as project:
        assert project.entity("the one")["presence"].at(10) == "occluded"


@pytest.mark.parametrize(("typing", "signals"), [(False, 0), (True, 0), (False, 3)])
def test_without_a_signal_a_lost_terminal_ends_the_program_too(folder, tmp_path, typing, signals):
    """A program that is not of the terminal's own session (under a wrapper, in a container) gets no
    SIGHUP: it reads the end of its input, or an error."""
    state = tmp_path / "state"
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 32, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "reviewer", "open", str(folder), "--no-browser"],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(state)},
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while b"saved" not in shown or "▀".encode() not in shown:
        shown += os.read(master, 1 << 16)
    if typing:
        os.write(master, b"r")
        while b"Rename" not in shown:
            shown += os.read(master, 1 << 16)
        os.write(master, b"!?")
        while b"!?" not in shown:
            shown += os.read(master, 1 << 16)
    for _ in range(signals):  # told to go on, as a terminal's hangup tells too
        process.send_signal(signal.SIGCONT)
        shown = b""
        while "▀".encode() not in shown:
            shown += os.read(master, 1 << 16)
    os.close(master)
    assert process.wait() == 0
    kept = [file.read_text() for file in state.rglob("*.txt")]
    assert kept == (["!?"] if typing else [])


def process_of(folder: Path) -> int:
    return int(folder.with_name(folder.name + ".pid").read_text())


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def started(folder: Path, terminal: Terminal, *environment: str) -> str:
    """The first screen of the program, run with more in its environment."""
    terminal.start("env", *environment, sys.executable, "-c", PROGRAM, str(folder))
    return terminal.wait_for("(?s)the one.*saved")


def test_in_ascii_everything_can_be_read_and_done(folder, terminal):
    screen = started(folder, terminal, "REVIEWER_ASCII=1")
    assert screen.isascii(), [c for c in screen if not c.isascii()]
    terminal.keys("L", "o")
    screen = terminal.wait_for("occluded from frame 10")
    for keys, wanted in (("T", "Timelines"), ("E", "Entities"), ("O", "Ontology")):
        terminal.keys(keys)
        screen = terminal.wait_for(rf"(?s){wanted}.*Esc back")
        assert screen.isascii(), [c for c in screen if not c.isascii()]
        terminal.keys("?")
        screen = terminal.wait_for("Keys: ")
        assert screen.isascii(), [c for c in screen if not c.isascii()]
        terminal.keys("Escape")
        terminal.wait_for(rf"(?s)^ {wanted}(?!.*Keys: )")
        terminal.keys("Escape")
        terminal.wait_for("(?s)the one.*saved")


def test_without_colours_the_picture_is_in_shades(folder, terminal):
    started(folder, terminal, "NO_COLOR=1")
    terminal.wait_for("[░▒▓█]")
    colors = set()
    for line in terminal.colored():
        for found in SGR.finditer(line):
            codes = [int(code or 0) for code in found[1].split(";")]
            while codes:
                if codes.pop(0) in (38, 48):
                    colors.add(palette(codes.pop(0), codes))
    assert all(len(set(color)) == 1 for color in colors), colors  # nothing but greys
    terminal.keys("L", "o")
    terminal.wait_for("occluded from frame 10")


@pytest.mark.parametrize(("kept", "title"), [("reviewer-light", "#e3e8ee"), ("\x1bx", "#1b1f26")])
def test_the_theme_that_was_chosen_is_there_again(folder, terminal, tmp_path, kept, title):
    place = tmp_path / "state" / "reviewer" / "theme"
    place.parent.mkdir(parents=True)
    place.write_text(kept)
    started(folder, terminal, f"XDG_STATE_HOME={tmp_path / 'state'}")
    red, green, blue = (int(title[at : at + 2], 16) for at in (1, 3, 5))
    assert f"48;2;{red};{green};{blue}" in terminal.colored()[0]
    terminal.keys("C-p")
    terminal.wait_for("Search for commands")
    terminal.keys("-l", "theme")
    terminal.wait_for("Change the current theme")
    terminal.keys("Enter")
    terminal.wait_for("(?s)nord.*reviewer-contrast")
    terminal.keys("-l", "reviewer-con")
    terminal.wait_for("reviewer-con(?!trast)(?s:.)*reviewer-contrast")
    terminal.keys("Enter")
    while place.read_text() != "reviewer-contrast":
        time.sleep(0.05)


def test_the_right_frame_at_random_seeks_in_a_real_terminal(folder, terminal, request):
    started(folder, terminal)
    terminal.keys("v")
    count = 100 if request.config.getoption("--full") else 8
    for frame in np.random.default_rng(11).integers(0, 60, count).tolist():
        terminal.keys("g")
        terminal.wait_for("Go to")
        terminal.keys(str(frame), "Enter")
        terminal.wait_for(rf"‖ {frame} / 59")
        while shown_number(terminal) != frame:
            time.sleep(0.02)


def shown_number(terminal: Terminal) -> int | None:
    lines = terminal.colored()[1:-6]
    rows = [row for row, line in enumerate(lines) if "▀" in line]
    return read_number(pixels_of([lines[row] for row in rows], 62)) if rows else None


def test_what_is_typed_is_kept_through_resizes_and_news(folder, terminal):
    started(folder, terminal)
    terminal.keys("r")
    terminal.wait_for("Rename")
    terminal.keys("C-u")
    terminal.keys("-l", "half a na")
    terminal.wait_for("half a na")
    for width, height in ((20, 5), (80, 24), (160, 50)):
        terminal.tmux("resize-window", "-x", str(width), "-y", str(height))
    with Project.open(folder, author="kim") as other:
        other.entity("the one")["presence"][20] = "occluded"
        (folder.parent / "game.mp4").unlink()
        other.add_entity("object", name="kim's")
    terminal.wait_for("(?s)half a na")
    terminal.wait_for("the video is gone")
    terminal.keys("-l", "me")
    terminal.keys("Enter")
    terminal.wait_for("Rename the one to half a name")
    terminal.keys("q")
    terminal.wait_for("exit 0")
    with Project.open(folder) as project:
        assert project.entity("half a name")["presence"].at(20) == "occluded"


def test_a_line_that_was_being_typed_outlives_the_connection(folder, terminal, tmp_path):
    state = f"XDG_STATE_HOME={tmp_path / 'state'}"
    started(folder, terminal, state)
    terminal.keys("r")
    terminal.wait_for("Rename")
    terminal.keys("C-u")
    terminal.keys("-l", "half a name")
    terminal.wait_for("half a name")
    os.kill(process_of(folder), signal.SIGHUP)
    terminal.wait_for(r"exit \d+")
    terminal.tmux("kill-server")
    terminal.start("env", state, sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("(?s)you were typing.*half a name")
    terminal.keys("r")
    terminal.wait_for("Rename")
    terminal.keys("C-u", "C-v", "Enter")
    terminal.wait_for("Rename the one to half a name")
    assert not list((tmp_path / "state").rglob("*.txt"))


def test_writes_to_a_terminal_that_is_gone_hold_nothing_up():
    """Textual's queue of writes is finite: with a dead writer the program would wait for ever."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8", closefd=False) as file:
        thread = WriterThread(Forgiving(file))
        thread.start()
        for _ in range(500):
            thread.write("x" * 10_000)
        thread.stop()
        assert not thread.is_alive()
        file.buffer.raw.close()


def test_resizing_keeps_the_picture_in_its_place(folder, terminal):
    terminal.start(sys.executable, "-c", PROGRAM, str(folder))
    terminal.wait_for("the one")
    for width, height in ((140, 45), (30, 8), (100, 32)):
        terminal.tmux("resize-window", "-x", str(width), "-y", str(height))
        terminal.wait_for(r"‖ 0 / 59")
    screen = terminal.wait_for(r"(?s)the one.*● saved")
    assert "Traceback" not in screen


def test_without_a_terminal_there_is_one_sentence(folder):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "ReviewerError: The terminal interface needs a terminal" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
