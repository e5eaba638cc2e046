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

from reviewer.frame_image import BACKDROP, RGB, Fit, Shapes, brighten, readable_on

KITTY_IMAGE_ID = 0x5265_76  # one image, replaced by each new still
KITTY_CHUNK = 4096  # the protocol's limit on base64 in one escape code
MAX_STILL_PX = 1920  # wider than this only costs the line its bandwidth; the terminal scales
DEFAULT_CELL_PX = (10, 20)
MAX_STILL_LABELS = 200


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
    """What the terminal answered: its graphics, and the size of a cell in px."""

    graphics: Graphics = Graphics.NONE
    cell_px: tuple[int, int] = DEFAULT_CELL_PX
    sixel_colors: int = 256


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
    terminal = read_answers(answers)
    if not _CELL_SIZE.search(answers):
        terminal = replace(terminal, cell_px=_cell_px_of_driver(sink))
    if terminal.graphics is Graphics.SIXEL:
        # This package asks the terminal too when it is imported: it must not do so later.
        import textual_image.renderable.sixel  # noqa: F401
    return terminal


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
    pixels[:height] = video.frame(frame, width, height)
    image = Image.fromarray(pixels)
    scales = (width / place.width, height / place.height)
    draw_shapes(image, shapes, scales, (width, height), labels=labels)
    if terminal.graphics is Graphics.KITTY:
        draw = kitty_sequence(np.asarray(image), place.columns, place.rows)
    else:
        draw = sixel_sequence(image, place.columns, place.rows, terminal.sixel_colors)
    return Still(draw, place.columns, place.rows)


def draw_shapes(
    image: Image.Image,
    shapes: Shapes,
    scale: tuple[float, float],
    size: tuple[int, int],
    *,
    labels: bool,
) -> None:
    """Outlines and names on a picture of `size` px; shape coordinates times `scale` are its px."""
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=13)
    order = [row for row in range(len(shapes.boxes)) if row != shapes.selected]
    if shapes.selected >= 0:
        order.append(shapes.selected)
    # Clipped a little outside the picture: Pillow would walk along edges of any length.
    edge = (-8.0, -8.0, size[0] + 8.0, size[1] + 8.0)
    for place, row in enumerate(order):
        box = shapes.boxes[row]
        if not np.isfinite(box).all():
            continue
        x0, y0 = box[0] * scale[0], box[1] * scale[1]
        x1, y1 = x0 + box[2] * scale[0], y0 + box[3] * scale[1]
        if x1 < 0 or y1 < 0 or x0 > size[0] or y0 > size[1]:
            continue
        x0, y0 = max(x0, edge[0]), max(y0, edge[1])
        x1, y1 = max(x0, min(x1, edge[2])), max(y0, min(y1, edge[3]))
        red, green, blue = (int(v) for v in shapes.colors[row])
        color: RGB = (red, green, blue)
        selected = row == shapes.selected
        if shapes.dashed[row]:
            _dashed_rectangle(draw, (x0, y0, x1, y1), color)
        else:
            draw.rectangle((x0, y0, x1, y1), outline=color, width=3 if selected else 2)
        if selected:
            for x in (x0, x1):
                for y in (y0, y1):
                    draw.rectangle((x - 3, y - 3, x + 3, y + 3), fill=(255, 255, 255))
        if labels and (selected or place >= len(order) - MAX_STILL_LABELS):
            name = shapes.names[row][:32]
            left, top, right, bottom = draw.textbbox((0, 0), name, font=font)
            x = max(0.0, min(x0, size[0] - (right - left) - 6))
            y = max(0.0, y0 - (bottom - top) - 7)
            ground = color if selected else (22, 24, 29)
            draw.rectangle((x, y, x + right - left + 6, y + bottom - top + 6), fill=ground)
            ink = readable_on(color) if selected else brighten(color)
            draw.text((x + 3 - left, y + 3 - top), name, fill=ink, font=font)


def _dashed_rectangle(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], color: RGB
) -> None:
    x0, y0, x1, y1 = (int(v) for v in box)
    for x in range(x0, x1 + 1, 10):
        for y in (y0, y1):
            draw.line((x, y, min(x + 5, x1), y), fill=color, width=2)
    for y in range(y0, y1 + 1, 10):
        for x in (x0, x1):
            draw.line((x, y, x, min(y + 5, y1)), fill=color, width=2)


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
