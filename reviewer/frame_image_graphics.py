"""Real pictures in terminals that can show them: kitty's protocol and sixel.

They serve for stills only: while playing or scrubbing the half-blocks beneath are quicker. A still
is drawn over the half-block picture at the same place, so a terminal that promised too much shows
the half-blocks and nothing worse.
"""

from __future__ import annotations

import base64
import contextlib
import enum
import io
import os
import re
import select
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console

from reviewer.frame_image import BACKDROP, RGB, Fit, brighten, label_edges, readable_on
from reviewer.frame_image_draw import Pen, draw_shapes
from reviewer.frame_image_shapes import Shapes

KITTY_IMAGE_ID = 0x5265_76  # one image, replaced by each new still
KITTY_CHUNK = 4096  # the protocol's limit on base64 in one escape code
MAX_STILL_PX = 1920  # wider than this only costs the line its bandwidth; the terminal scales
DEFAULT_CELL_PX = (10, 20)
MAX_STILL_LABELS = 200
STILL_LINE_PX = 2


class Graphics(enum.Enum):
    """How a terminal shows real pictures."""

    NONE = "half-blocks"
    KITTY = "kitty"
    SIXEL = "sixel"


@dataclass(frozen=True, slots=True)
class Still:
    """`draw` paints a picture of `columns` x `rows` cells with its corner at the cursor."""

    draw: str
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the terminal answered: its graphics, and the size of a cell in px. unicode: it shows
    more than ASCII."""

    graphics: Graphics = Graphics.NONE
    cell_px: tuple[int, int] = DEFAULT_CELL_PX
    sixel_colors: int = 256
    unicode: bool = True


HALF_BLOCKS = Terminal()


# -- asking -----------------------------------------------------------------------------------

# Kitty's graphics? Size of a cell? How many sixel colours? What are you? Every terminal answers
# the last question, so its answer ends the wait.
_QUESTIONS = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[?1;1;0S\x1b[c"
_PRIMARY_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
_CELL_SIZE = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_SIXEL_COLORS = re.compile(rb"\x1b\[\?1;0;(\d+)S")
_KITTY_OK = re.compile(rb"\x1b_Gi=31;OK\x1b\\")


def read_answers(answers: bytes) -> Terminal:
    """What a terminal's answers to our questions say."""
    cell_px = DEFAULT_CELL_PX
    if size := _CELL_SIZE.search(answers):
        height, width = int(size[1]), int(size[2])
        if 2 <= width <= 200 and 2 <= height <= 400:
            cell_px = (width, height)
    colors = 256
    if count := _SIXEL_COLORS.search(answers):
        colors = max(2, min(256, int(count[1][:6])))
    attributes = _PRIMARY_ATTRIBUTES.search(answers)
    if _KITTY_OK.search(answers):
        graphics = Graphics.KITTY
    elif attributes and b"4" in attributes[1].split(b";"):
        graphics = Graphics.SIXEL
    else:
        graphics = Graphics.NONE
    return Terminal(graphics, cell_px, colors)


def ask_terminal(timeout_s: float = 0.5) -> Terminal:
    """Ask the terminal on stdin and stdout. To be called before Textual reads from it."""
    try:
        if not (sys.__stdin__ and sys.__stdout__):
            return Terminal()
        if not (sys.__stdin__.isatty() and sys.__stdout__.isatty()):
            return Terminal()
        source, sink = sys.__stdin__.fileno(), sys.__stdout__.fileno()
        with _raw(source):
            os.write(sink, _QUESTIONS.encode())
            answers = b""
            end = time.monotonic() + timeout_s
            while not _PRIMARY_ATTRIBUTES.search(answers) and len(answers) < 4096:
                ready, _, _ = select.select([source], [], [], max(0.0, end - time.monotonic()))
                if not ready:
                    break
                answers += os.read(source, 1024)
    except (OSError, ValueError, ImportError):
        return Terminal()
    terminal = replace(read_answers(answers), unicode=shows_unicode())
    if not _CELL_SIZE.search(answers):
        terminal = replace(terminal, cell_px=_cell_px_of_driver(sink))
    if terminal.graphics is Graphics.SIXEL:
        # This package asks the terminal too when it is imported: it must not do so later.
        import textual_image.renderable.sixel  # noqa: F401
    return terminal


def shows_unicode() -> bool:
    """Whether the locale says that the terminal's characters are UTF-8. The Linux console and
    old serial lines show other things in their place. REVIEWER_ASCII=1 says no in any case."""
    if os.environ.get("REVIEWER_ASCII", "") not in ("", "0"):
        return False
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "")
    # An empty locale says nothing; "C" and "POSIX" are what minimal machines set for no reason,
    # with terminals that know UTF-8 all the same.
    if not locale or locale in ("C", "POSIX"):
        return True
    _, dot, encoding = locale.partition(".")
    return not dot or encoding.partition("@")[0].lower().replace("-", "") == "utf8"


def _cell_px_of_driver(descriptor: int) -> tuple[int, int]:
    """The size of a cell by what the terminal told its driver, if it did."""
    import fcntl
    import struct
    import termios

    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return DEFAULT_CELL_PX
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if rows and columns and 2 <= width // columns <= 200 and 2 <= height // rows <= 400:
        return (width // columns, height // rows)
    return DEFAULT_CELL_PX


@contextlib.contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


# -- drawing ----------------------------------------------------------------------------------


def still_image(
    video: Any,
    frame: int,
    place: Fit,
    terminal: Terminal,
    shapes: Shapes,
    *,
    labels: bool = True,
) -> Still:
    """Frame `frame` with its shapes at the terminal's own resolution."""
    cell_width, cell_height = terminal.cell_px
    width, height = place.columns * cell_width, round(place.lines * cell_height / 2)
    full_height = place.rows * cell_height
    if terminal.graphics is Graphics.KITTY and width > MAX_STILL_PX:
        scale = MAX_STILL_PX / width
        width, height = MAX_STILL_PX, max(1, round(height * scale))
        full_height = max(height, round(full_height * scale))
    pixels = np.empty((full_height, width, 3), np.uint8)
    pixels[:] = BACKDROP
    if place.window is None:
        pixels[:height] = video.frame(frame, width, height)
    else:
        pixels[:height] = place.crop(video[frame], width, height)
    fine = replace(place, columns=width, lines=height)
    draw_shapes(pixels[:height], shapes, fine, Pen(STILL_LINE_PX))
    image = Image.fromarray(pixels)
    if labels:
        draw_names(image, shapes, label_edges(shapes, fine))
    if terminal.graphics is Graphics.KITTY:
        draw = kitty_sequence(np.asarray(image), place.columns, place.rows)
    else:
        draw = sixel_sequence(image, place.columns, place.rows, terminal.sixel_colors)
    return Still(draw, place.columns, place.rows)


def draw_names(image: Image.Image, shapes: Shapes, edges: NDArray[np.int64]) -> None:
    """Names above what they belong to; the selected one last. `edges` are as `label_edges` has."""
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=13)
    order = [row for row in range(len(shapes)) if row != shapes.selected][-MAX_STILL_LABELS:]
    if shapes.selected >= 0:
        order.append(shapes.selected)
    for row in order:
        if edges[row, 2] < edges[row, 0]:
            continue
        red, green, blue = (int(v) for v in shapes.colors[row])
        color: RGB = (red, green, blue)
        selected = row == shapes.selected
        name = shapes.names[row][:32]
        left, top, right, bottom = draw.textbbox((0, 0), name, font=font)
        x = max(0.0, min(float(edges[row, 0]), image.width - (right - left) - 6))
        y = max(0.0, float(edges[row, 1]) - (bottom - top) - 7)
        ground = color if selected else (22, 24, 29)
        draw.rectangle((x, y, x + right - left + 6, y + bottom - top + 6), fill=ground)
        ink = readable_on(color) if selected else brighten(color)
        draw.text((x + 3 - left, y + 3 - top), name, fill=ink, font=font)


# -- sequences --------------------------------------------------------------------------------


def kitty_sequence(rgb: NDArray[np.uint8], columns: int, rows: int) -> str:
    """Show an RGB picture (h, w, 3) uint8 over `columns` x `rows` cells from the cursor on.

    The previous picture goes first. The cursor stays (C=1) and the terminal does not answer (q=2).
    """
    height, width = rgb.shape[:2]
    payload = base64.standard_b64encode(zlib.compress(np.ascontiguousarray(rgb).tobytes(), 1))
    out = [kitty_erase()]
    head = (
        f"a=T,i={KITTY_IMAGE_ID},p=1,q=2,f=24,o=z,s={width},v={height},"
        f"c={columns},r={rows},C=1,z=0,"
    )
    for at in range(0, len(payload), KITTY_CHUNK):
        more = int(at + KITTY_CHUNK < len(payload))
        chunk = payload[at : at + KITTY_CHUNK].decode()
        out.append(f"\x1b_G{head}m={more};{chunk}\x1b\\")
        head = ""
    return "".join(out)


def kitty_erase() -> str:
    """Remove our picture and free its memory in the terminal."""
    return f"\x1b_Ga=d,d=I,i={KITTY_IMAGE_ID},q=2\x1b\\"


def sixel_sequence(image: Image.Image, columns: int, rows: int, colors: int = 256) -> str:
    """Show a picture over `columns` x `rows` cells from the cursor on, in that many colours."""
    from textual_image.renderable.sixel import Image as SixelImage
    from textual_image.renderable.sixel import SixelOptions

    console = Console(file=io.StringIO(), width=columns, height=rows)
    # Median cut: the default octree turns a grey road into three shades.
    renderable = SixelImage(
        image, columns, rows, sixel_options=SixelOptions(colors=colors, quantize="adaptive")
    )
    options = console.options.update(width=columns, height=rows)
    for segment in renderable.__rich_console__(console, options):
        text = getattr(segment, "text", "")
        if text.startswith("\x1bP"):
            return str(text)
    return ""


def erase(graphics: Graphics) -> str:
    """What removes a still. Sixel pictures go when the cells beneath are written again."""
    return kitty_erase() if graphics is Graphics.KITTY else ""
