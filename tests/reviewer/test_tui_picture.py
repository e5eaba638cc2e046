"""The frame as half-blocks: geometry, shapes, labels, and the strips that carry them."""

from __future__ import annotations

import base64
import io
import re
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reviewer.format import Project
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from reviewer import frame_image_strip
from reviewer.frame_image import (
    Fit,
    Label,
    Picture,
    compose,
    fit,
    label_edges,
    place_labels,
)
from reviewer.frame_image_draw import edge_pixels
from reviewer.frame_image_graphics import (
    Graphics,
    Terminal,
    kitty_sequence,
    read_answers,
    sixel_sequence,
    still_image,
)
from reviewer.frame_image_shapes import Shapes
from reviewer.frame_image_strip import PictureStrip, _style, picture_strips, plain_strips
from reviewer.screens.dialogs import Prompt
from reviewer.widgets.beneath import JoinedStrip
from reviewer.widgets.text import inert, pad, shorten
from tests.reviewer.driving import cockpit, press
from tests.videos import make_video


def shapes_of(boxes, *, names=None, dashed=None, selected=-1, color=(255, 0, 0)):
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    count = len(boxes)
    return Shapes.of(
        [("box", boxes, None)],
        np.tile(np.array(color, np.uint8), (count, 1)),
        np.zeros(count, np.bool_) if dashed is None else np.asarray(dashed, np.bool_),
        names or [f"e{row}" for row in range(count)],
        selected,
    )


# -- geometry ---------------------------------------------------------------------------------


@given(
    st.integers(1, 8000), st.integers(1, 8000), st.integers(1, 300), st.integers(1, 100),
    st.sampled_from([(10, 20), (8, 16), (9, 20), (12, 24), (7, 15)]),
)  # fmt: skip
def test_fit_stays_inside_and_keeps_the_proportions(width, height, columns, rows, cell_px):
    place = fit(width, height, columns, rows, cell_px)
    assert 1 <= place.columns <= columns
    assert 1 <= place.rows <= rows
    # What is shown, in screen px, is as wide or as high as a cell allows and of the right shape:
    # each side is off by at most half of its unit (a column, a half-cell) from the exact value.
    shown_width, shown_height = place.columns * cell_px[0], place.lines * cell_px[1] / 2
    if 1 < place.columns < columns and place.lines > 1:
        assert abs(shown_height - shown_width * height / width) <= cell_px[1] / 4 + 1e-6 or (
            place.lines == rows * 2
        )
    assert place.columns == columns or place.lines >= rows * 2 - height / width * cell_px[0]


def test_fit_of_a_common_case():
    assert fit(1920, 1080, 160, 45) == Fit(1920, 1080, 160, 90)
    assert fit(1080, 1920, 160, 45).columns == 51


def test_shapes_lie_within_a_cell_of_their_values():
    place = fit(640, 360, 80, 40)
    rng = np.random.default_rng(1)
    for _ in range(50):
        x, y = rng.uniform(0, 500), rng.uniform(0, 250)
        width, height = rng.uniform(20, 640 - x), rng.uniform(20, 360 - y)
        rgb = np.zeros((place.lines, place.columns, 3), np.uint8)
        picture = compose(rgb, place, shapes_of([[x, y, width, height]]), labels=False)
        pixels = np.empty((place.rows * 2, place.columns, 3), np.uint8)
        pixels[0::2], pixels[1::2] = picture.upper, picture.lower
        lines, columns = np.nonzero((pixels == (255, 0, 0)).all(axis=2))
        sx, sy = place.columns / 640, place.lines / 360
        assert abs(columns.min() - x * sx) <= 1
        assert abs(columns.max() + 1 - (x + width) * sx) <= 1
        assert abs(lines.min() - y * sy) <= 1
        assert abs(lines.max() + 1 - (y + height) * sy) <= 1


def test_boxes_that_leave_the_picture_or_are_no_numbers():
    boxes = np.array(
        [
            [-50, -50, 1000, 1000],  # around everything: no edge is in sight
            [np.nan, 0, 1, 1],
            [1e300, 0, 1e300, 5],
            [-10, 5, 20, 10],  # its left edge is outside
            [3, 3, 0, 0],  # of no size: still one pixel
        ]
    )
    edges = edge_pixels(boxes, 40, 20)
    assert edges[1, 2] < edges[1, 0]
    assert edges[2, 2] < edges[2, 0]
    rgb = np.zeros((20, 40, 3), np.uint8)
    picture = compose(rgb, Fit(40, 20, 40, 20), shapes_of(boxes), labels=False)
    red = np.empty((20, 40), np.bool_)
    red[0::2] = (picture.upper == (255, 0, 0)).all(axis=2)
    red[1::2] = (picture.lower == (255, 0, 0)).all(axis=2)
    expected = np.zeros((20, 40), np.bool_)
    expected[5, :10] = expected[14, :10] = expected[5:15, 9] = True
    expected[3, 3] = True
    assert np.array_equal(red, expected)


def test_occluded_boxes_are_dashed():
    place, rgb = Fit(40, 40, 40, 40), np.zeros((40, 40, 3), np.uint8)
    whole = compose(rgb, place, shapes_of([[2, 2, 30, 30]]), labels=False)
    dashed = compose(rgb, place, shapes_of([[2, 2, 30, 30]], dashed=[True]), labels=False)
    assert 0 < (dashed.upper > 0).sum() < (whole.upper > 0).sum()


def test_labels_do_not_overlap_and_the_selected_one_is_never_left_out():
    boxes = np.tile([100.0, 100.0, 60.0, 60.0], (30, 1)) + np.arange(30)[:, None] * [3, 2, 0, 0]
    shapes = shapes_of(boxes, names=[f"name {row}" for row in range(30)], selected=17)
    place = fit(640, 360, 80, 23)
    labels = place_labels(label_edges(shapes, place), shapes, 23, 80)
    assert any("name 17" in label.text and label.bold for label in labels)
    taken = set()
    for label in labels:
        cells = {(label.row, label.column + at) for at in range(label.width)}
        assert label.column + label.width <= 80
        assert not cells & taken
        assert cell_len(label.text) == label.width
        taken |= cells


# -- strips -----------------------------------------------------------------------------------

SGR = re.compile(r"\x1b\[([0-9;]*)m")


def cells_of(ansi: str) -> list[tuple[str, str, str, bool]]:
    """(character, foreground, background, bold) of every character a terminal would show."""
    fore = back = ""
    bold = False
    out = []
    at = 0
    while at < len(ansi):
        found = SGR.match(ansi, at)
        if not found:
            assert ansi[at] != "\x1b"
            out.append((ansi[at], fore, back, bold))
            at += 1
            continue
        at = found.end()
        codes = found[1].split(";")
        while codes:
            code = codes.pop(0)
            if code in ("", "0"):
                fore, back, bold = "", "", False
            elif code == "1":
                bold = True
            elif code in ("38", "48"):
                count = 3 if codes[0] == "2" else 1
                color = ";".join(codes[: count + 1])
                del codes[: count + 1]
                fore, back = (color, back) if code == "38" else (fore, color)
            else:
                raise AssertionError(f"an unexpected SGR code {code}")
    return out


def random_picture(seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 6)), int(rng.integers(3, 30))
    if seed % 2:  # few colours: long runs, as in flat pictures
        palette = rng.integers(0, 256, (3, 3), dtype=np.uint8)
        upper, lower = (palette[rng.integers(0, 3, (rows, columns))] for _ in range(2))
    else:
        upper, lower = rng.integers(0, 256, (2, rows, columns, 3), dtype=np.uint8)
    labels = []
    for row in range(rows):
        at = 0
        while rng.random() < 0.6 and at + 3 < columns:
            column = int(rng.integers(at, columns - 3))
            text = rng.choice(["ab", "é", "選手", "[red]"])[: columns - column]
            width = cell_len(text)
            if column + width > columns:
                break
            labels.append(
                Label(row, column, width, text, (1, 2, 3), (250, 200, 9), bool(rng.random() < 0.5))
            )
            at = column + width
    return Picture(upper, lower, tuple(labels))


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("seed", range(40))
def test_fast_strips_show_exactly_what_plain_strips_show(seed, system):
    picture = random_picture(seed)
    _style.cache_clear()  # a rich style remembers its codes for the first terminal it met
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor" if system is ColorSystem.TRUECOLOR else "256",
    )
    left, right = seed % 3, seed % 2
    fast = picture_strips(picture, left, right, system)
    plain = plain_strips(picture, left, right)
    assert all(isinstance(strip, PictureStrip) for strip in fast)
    for ours, theirs in zip(fast, plain, strict=True):
        assert cells_of(ours.render(console)) == cells_of(theirs.render(console))
        assert ours.cell_length == theirs.cell_length == left + picture.columns + right
        assert list(ours) == list(theirs)


def test_fast_strips_survive_what_textual_does_to_strips():
    picture = random_picture(2)
    width = picture.columns
    fast, plain = picture_strips(picture)[0], plain_strips(picture)[0]
    assert list(fast.crop(1, width - 1)) == list(plain.crop(1, width - 1))
    cuts = [1, width - 1, width]
    assert [list(s) for s in fast.divide(cuts)] == [list(s) for s in plain.divide(cuts)]
    assert fast.divide([width])[0] is fast  # the way that playback takes
    assert list(Strip.join([fast, Strip([Segment("x")])])) == [*plain, Segment("x")]
    assert fast.text == plain.text


def test_terminals_with_few_colours_get_plain_strips():
    strips = picture_strips(random_picture(3), 0, 0, ColorSystem.STANDARD)
    assert not any(isinstance(strip, PictureStrip) for strip in strips)


def test_terminals_without_colours_get_shades():
    ramp = np.repeat(np.linspace(0, 255, 10).astype(np.uint8)[None, :, None], 3, axis=2)
    picture = Picture(ramp, ramp, (Label(0, 4, 3, "abc", (0, 0, 0), (9, 9, 9)),))
    strip = picture_strips(picture, 1, 1, None)[0]
    assert strip.text == "   ░░abc▓██ "
    assert strip.cell_length == 12
    assert not any(segment.style and segment.style.color for segment in strip)


# -- text -------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.text(st.characters(codec=None), max_size=600))
def test_inert_text_does_nothing_but_show_itself(text):
    shown = inert(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    for character in shown:
        assert character.isprintable(), f"{character!r} is not printable"


def test_inert_makes_controls_visible():
    assert inert("a\x1b[31mb\nc\x9b\u202ed\u200bz") == "a␛[31mb␊c��d�z"
    assert inert("[red]x[/red]") == "[red]x[/red]"
    assert inert("Zoë 選手") == "Zoë 選手"
    assert inert("z" + "\u0301" * 50) == "z" + "\u0301" * 3
    assert len(inert("x" * 10_000)) == 501


@given(st.text(max_size=60), st.integers(0, 30))
def test_pad_fills_exactly(text, cells):
    assert cell_len(pad(inert(text), cells)) == cells
    assert cell_len(shorten(inert(text), cells)) <= cells


# -- real pictures ----------------------------------------------------------------------------


class OneFrame:
    """A video of one picture."""

    def frame(self, i, width, height):
        assert i == 0
        return np.full((height, width, 3), (10, 200, 30), np.uint8)


def test_kitty_sequence_carries_the_picture():
    rng = np.random.default_rng(5)
    rgb = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    sequence = kitty_sequence(rgb, 20, 8)
    codes = re.findall(r"\x1b_G(.*?)\x1b\\", sequence, re.S)
    assert "".join(f"\x1b_G{code}\x1b\\" for code in codes) == sequence
    assert codes[0].startswith("a=d,d=I,")  # the one before goes first
    heads = [code.partition(";") for code in codes[1:]]
    settings_ = dict(item.split("=") for item in heads[0][0].split(","))
    assert settings_["s"] == "160"
    assert settings_["v"] == "120"
    assert settings_["c"] == "20"
    assert settings_["r"] == "8"
    assert settings_["C"] == "1"
    assert all(len(payload) <= 4096 for _, _, payload in heads)
    assert [re.search(r"m=(\d)", head)[1] for head, _, _ in heads] == ["1"] * (len(heads) - 1) + [
        "0"
    ]
    data = zlib.decompress(base64.b64decode("".join(payload for _, _, payload in heads)))
    assert data == rgb.tobytes()


def decode_sixel(sequence: str) -> np.ndarray:
    """A small sixel reader: RGB (h, w, 3)."""
    body = re.fullmatch(r"\x1bP[0-9;]*q(.*)\x1b\\", sequence, re.S)[1]
    size = re.match(r'"1;1;(\d+);(\d+)', body)
    width, height = int(size[1]), int(size[2])
    pixels = np.zeros((height, width, 3), np.uint8)
    colors, color, x, y = {}, 0, 0, 0
    for token in re.findall(r"#\d+(?:;2;\d+;\d+;\d+)?|!\d+[?-~]|[$-]|[?-~]", body[size.end() :]):
        if token[0] == "#":
            parts = [int(part) for part in token[1:].split(";")]
            color = parts[0]
            if len(parts) > 1:
                colors[color] = [round(part * 2.55) for part in parts[2:]]
        elif token == "$":
            x = 0
        elif token == "-":
            x, y = 0, y + 6
        else:
            repeat = int(token[1:-1]) if token[0] == "!" else 1
            bits = ord(token[-1]) - 63
            for row in range(6):
                if bits >> row & 1 and y + row < height:
                    pixels[y + row, x : x + repeat] = colors[color]
            x += repeat
    return pixels


def test_sixel_sequence_carries_the_picture():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20], pixels[20:, :30] = (255, 0, 0), (0, 0, 255)
    shown = decode_sixel(sixel_sequence(Image.fromarray(pixels), 6, 2))
    assert shown.shape[1] / shown.shape[0] == pytest.approx(60 / 40, rel=0.1)
    height, width = shown.shape[:2]
    assert np.abs(shown[height // 4, width // 2].astype(int) - (255, 0, 0)).max() < 30
    assert np.abs(shown[height * 3 // 4, width // 4].astype(int) - (0, 0, 255)).max() < 30


def test_a_still_shows_the_frame_with_its_boxes():
    place = fit(100, 100, 20, 10)
    shapes = shapes_of([[10, 10, 50, 50]], selected=0)
    still = still_image(OneFrame(), 0, place, Terminal(Graphics.KITTY), shapes)
    codes = re.findall(r"\x1b_G[^;]*;(.*?)\x1b\\", still.draw, re.S)
    pixels = np.frombuffer(zlib.decompress(base64.b64decode("".join(codes))), np.uint8)
    pixels = pixels.reshape(200, 200, 3)
    assert tuple(pixels[150, 190]) == (10, 200, 30)
    assert tuple(pixels[119, 70]) == (255, 0, 0)  # the last line of the box, which ends at y = 60
    assert tuple(pixels[70, 119]) == (255, 0, 0)  # and the last column


@pytest.mark.parametrize(
    ("answers", "graphics", "cell_px"),
    [
        (b"\x1b[?62;4;22c", Graphics.SIXEL, (10, 20)),
        (b"\x1b[?1;0;16S\x1b[?63;1;2;4;6;9;15;22c", Graphics.SIXEL, (10, 20)),
        (b"\x1b[6;18;9t\x1b[?1;2c", Graphics.NONE, (9, 18)),
        (b"\x1b_Gi=31;OK\x1b\\\x1b[6;40;20t\x1b[?62;c", Graphics.KITTY, (20, 40)),
        (b"\x1b_Gi=31;EINVAL:no\x1b\\\x1b[?62;c", Graphics.NONE, (10, 20)),
        (b"\x1b[6;0;0t\x1b[?64;1;2;6;9;15;18;21;22c", Graphics.NONE, (10, 20)),
        (b"", Graphics.NONE, (10, 20)),
        (b"\x1b[6;99999;99999t", Graphics.NONE, (10, 20)),
    ],
)
def test_what_terminals_answer(answers, graphics, cell_px):
    terminal = read_answers(answers)
    assert (terminal.graphics, terminal.cell_px) == (graphics, cell_px)
    assert terminal.sixel_colors == (16 if b";16S" in answers else 256)


# -- beneath a dialog -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_what_is_beneath_a_dialog_is_cut_without_becoming_segments(seed, monkeypatch):
    picture = random_picture(seed)
    left, right = seed % 3, seed % 4
    beside = Strip([Segment("side"), Segment(" panel")])
    fast = JoinedStrip([picture_strips(picture, left, right)[0], beside])
    plain = Strip.join([plain_strips(picture, left, right)[0], beside])
    width = plain.cell_length
    assert fast.cell_length == width
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    _style.cache_clear()
    for start, stop in ((0, width), (1, width - 2), (left + 1, left + 2), (width - 7, width)):
        ours, theirs = fast.crop(start, stop), plain.crop(start, stop)
        assert ours.cell_length == theirs.cell_length
        assert cells_of(ours.render(console)) == cells_of(theirs.render(console))
        assert ours.text == theirs.text
    cuts = [2, 3, width - 4, width]
    assert [one.text for one in fast.divide(cuts)] == [one.text for one in plain.divide(cuts)]


async def test_a_dialog_leaves_the_picture_beneath_it_as_it_is(tmp_path, monkeypatch):
    make_video(tmp_path / "game.mp4", frames=10, size=(320, 180))
    made = []
    with Project.create(tmp_path / "game", tmp_path / "game.mp4") as project:
        project.add_entity("object", name="one")["box"][0] = (10, 10, 50, 50)
        async with cockpit(project, (200, 60)) as (screen, pilot):
            await press(pilot, screen, "v")
            real = frame_image_strip.row_segments
            monkeypatch.setattr(
                frame_image_strip, "row_segments", lambda *rest: made.append(rest) or real(*rest)
            )
            await press(pilot, screen, "r")
            assert isinstance(pilot.app.screen, Prompt)
            lines = pilot.app.screen.render_lines(Region(0, 0, 200, 60))
            assert len(lines) == 60
            console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
            sent = "".join(line.render(console) for line in lines)
            assert sent.count("▀") > 1000
            assert not made
