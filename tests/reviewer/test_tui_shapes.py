"""Shapes of every kind in the terminal's picture, held to the engine's values."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from reviewer.format import Project
from reviewer.format.geometry import Shape, mask
from reviewer.format.ontology import Ontology

from reviewer.frame_image import Fit, Look, compose, fit, parse_color
from reviewer.frame_image_colors import ENTITY_PALETTE
from reviewer.frame_image_draw import clip_lines, mask_pixels
from reviewer.frame_image_shapes import CUBOID_EDGES, Shapes
from reviewer.screens.desk import Desk
from reviewer.screens.figures import Figures
from tests.reviewer.driving import cockpit, press, settle, shown_pixels
from tests.videos import make_video

SIZE = (640, 360)
RED = (255, 0, 0)
KINDS = ("box", "rotated_box", "ellipse", "points", "polyline", "polygon", "cuboid", "mask")
ONTOLOGY = {
    "classes": [
        {
            "name": kind,
            "geometry": [kind],
            "color": "#ff0000",
            **(
                {"skeleton": {"points": ["a", "b", "c"], "edges": [["a", "b"], ["b", "c"]]}}
                if kind == "points"
                else {}
            ),
        }
        for kind in KINDS
    ]
}
DISC = np.hypot(*np.mgrid[-40:41, -60:61] / np.array([40, 60])[:, None, None]) <= 1
VALUES = {
    "box": ((50, 60, 200, 120), (300, 200, 100, 90)),
    "rotated_box": ((200, 180, 180, 80, 10), (400, 150, 120, 60, 130)),
    "ellipse": ((200, 180, 100, 50, 0), (350, 200, 60, 120, 75)),
    "points": (
        [[100, 100, 2], [200, 150, 1], [150, 300, 2]],
        [[300, 120, 2], [420, 200, 2], [360, 330, 2]],
    ),
    "polyline": (
        Shape.polyline([[20, 300], [200, 40], [500, 200]]),
        Shape.polyline([[120, 320], [260, 90], [600, 330]]),
    ),
    "polygon": (
        Shape.polygon(
            [[[100, 60], [400, 90], [300, 300]], [[220, 110], [300, 120], [260, 180]]]
        ),
        Shape.polygon(
            [[[160, 90], [500, 60], [380, 320]], [[300, 110], [380, 120], [340, 180]]]
        ),
    ),
    "cuboid": (
        [[100, 100], [100, 250], [250, 110], [250, 260], [330, 80], [330, 220], [180, 70],
         [180, 200]],
        [[200, 120], [200, 270], [350, 130], [350, 280], [430, 100], [430, 240], [280, 90],
         [280, 220]],
    ),
    "mask": (mask.from_array(DISC, 120, 90), mask.from_array(DISC, 320, 200)),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shapes")
    make_video(root / "game.mp4", frames=31, size=SIZE, gop=10)
    with Project.create(root / "game", root / "game.mp4", ONTOLOGY) as made:
        for kind in KINDS:
            entity = made.add_entity(kind, frame=0)
            first, last = VALUES[kind]
            entity[kind][0], entity[kind][30] = first, last
    return root / "game"


@pytest.fixture
def project(folder: Path, tmp_path: Path):
    shutil.copytree(folder, tmp_path / "game")
    shutil.copy(folder.parent / "game.mp4", tmp_path / "game.mp4")
    with Project.open(tmp_path / "game") as opened:
        yield opened


def polygon_path(corners) -> np.ndarray:
    """Places close together along a closed outline."""
    ends = np.roll(corners, -1, axis=0)
    return np.concatenate([along(a, b) for a, b in zip(corners, ends, strict=True)])


def along(a, b) -> np.ndarray:
    t = np.linspace(0, 1, 600)[:, None]
    return np.asarray(a) * (1 - t) + np.asarray(b) * t


def outline(kind: str, value) -> np.ndarray:
    """Places (n, 2) in video px along what a value looks like, by its definition in FORMAT.md."""
    if kind == "box":
        x, y, w, h = value
        return polygon_path(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]))
    if kind in ("rotated_box", "ellipse"):
        x, y, a, b, degrees = value
        turn = np.radians(degrees)
        if kind == "ellipse":
            at = np.linspace(0, 2 * np.pi, 3000)
            local = np.stack([a * np.cos(at), b * np.sin(at)], axis=1)
        else:
            corners = np.array([[-a, -b], [a, -b], [a, b], [-a, b]]) / 2
            local = polygon_path(corners)
        across = np.array([np.cos(turn), np.sin(turn)])
        down = np.array([-np.sin(turn), np.cos(turn)])
        return np.array([x, y]) + local[:, :1] * across + local[:, 1:] * down
    if kind == "points":
        a, b, c = value[:, :2]
        return np.concatenate([along(a, b), along(b, c)])
    if kind == "polyline":
        points = value.rings[0]
        return np.concatenate([along(a, b) for a, b in itertools.pairwise(points)])
    if kind == "polygon":
        return np.concatenate([polygon_path(ring) for ring in value.rings])
    if kind == "cuboid":
        # faces by the names that FORMAT.md gives the corners
        front, back = [0, 2, 3, 1], [6, 4, 5, 7]
        sides = [(0, 6), (2, 4), (1, 7), (3, 5)]
        return np.concatenate(
            [polygon_path(value[front]), polygon_path(value[back])]
            + [along(value[a], value[b]) for a, b in sides]
        )
    inside = mask.to_array(value, (0, 0, *SIZE))
    padded = np.pad(inside, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    y, x = np.nonzero(inside & ~inner)
    return np.stack([x + 0.5, y + 0.5], axis=1)


def furthest(places: np.ndarray, others: np.ndarray) -> float:
    """How far the loneliest of `places` is from the nearest of `others`, on the longer axis."""
    out = 0.0
    for part in np.array_split(places, max(1, len(places) // 200)):
        apart = np.abs(part[:, None] - others[None]).max(axis=2).min(axis=1)
        out = max(out, float(apart.max()))
    return out


def red_pixels(pixels: np.ndarray) -> np.ndarray:
    lines, columns = np.nonzero((pixels == RED).all(axis=2))
    return np.stack([columns + 0.5, lines + 0.5], axis=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("look", [Look(), Look(3, 250, 180)])
def test_every_kind_lies_within_a_cell_of_the_engines_value(project, kind, look):
    place = fit(*SIZE, 120, 34, look=look)
    figures = Figures(Desk(project))
    entity = next(one for one in project.entities.values() if one.class_name == kind)
    for frame in (0, 11, 30):
        found = figures.evaluate(frame, None)
        only = project.evaluate(frame, frame + 1, [entity.id])
        shapes = Shapes.of(
            [(kind, only.values[kind], [((0, 1), (1, 2))])],
            np.array([RED], np.uint8), np.zeros(1, np.bool_), ["x"],
        )  # fmt: skip
        black = np.zeros((place.lines, place.columns, 3), np.uint8)
        picture = compose(black, place, shapes, labels=False)
        pixels = np.zeros((place.rows * 2, place.columns, 3), np.uint8)
        pixels[0::2], pixels[1::2] = picture.upper, picture.lower
        drawn = red_pixels(pixels)
        wanted = place.to_pixels(outline(kind, entity[kind].at(frame)))
        limit = np.array([place.columns, place.lines])
        seen = wanted[((wanted >= 0) & (wanted < limit)).all(axis=1)]
        assert len(drawn)
        assert len(seen)
        # a mask's edge is known to a pixel only: its centre is half of one from it
        pixel = max(place.to_pixels(np.ones((1, 2)))[0] - place.to_pixels(np.zeros((1, 2)))[0])
        within = 1.0 + (pixel / 2 if kind == "mask" else 0.0)
        assert furthest(drawn, wanted) <= within
        assert furthest(seen, drawn) <= within
        # and what the cockpit draws are the same shapes
        bounds = found.shapes.bounds[found.ids.index(entity.id)]
        assert np.allclose(bounds, shapes.bounds[0])


async def test_the_screen_shows_the_shapes_of_every_kind(project):
    async with cockpit(project, (160, 50)) as (screen, pilot):
        await press(pilot, screen, "v", "escape", "escape")
        for frame in (0, 17):
            screen.go(frame)
            await settle(pilot, screen)
            place = screen.view.moment.place
            drawn = red_pixels(shown_pixels(screen))
            wanted = np.concatenate(
                [outline(one.class_name, one[one.class_name].at(frame))
                 for one in project.entities.values()]
            )  # fmt: skip
            assert furthest(place.to_pixels(wanted), drawn) <= 1.0
            assert furthest(drawn, place.to_pixels(wanted)) <= 1.0


async def test_zooming_and_panning_by_keys_shows_that_part(project):
    async with cockpit(project, (160, 50)) as (screen, pilot):
        await press(pilot, screen, "v")
        await press(pilot, screen, "full_stop", "full_stop")
        x, y, width, height = screen.view.moment.place.shown
        assert width < SIZE[0] / 2
        await press(pilot, screen, "6", "2")
        moved = screen.view.moment.place.shown
        assert moved[0] > x
        assert moved[1] > y
        for _ in range(30):
            await press(pilot, screen, "6")
        at_the_end = screen.view.moment.place.shown
        assert at_the_end[0] + at_the_end[2] == pytest.approx(SIZE[0])
        await press(pilot, screen, "4")  # no unseen steps to take back first
        assert screen.view.moment.place.shown[0] < at_the_end[0]
        await press(pilot, screen, "5")  # close to the selected one
        found = screen.figures.evaluate(screen.frame, None)
        left, top, right, bottom = found.shapes.bounds[found.ids.index(screen.selected)]
        x, y, width, height = screen.view.moment.place.shown
        assert x <= left
        assert right <= x + width
        assert y <= top
        assert bottom <= y + height
        # what is shown there is that part of the frame, pixel for pixel of the video
        place = screen.view.moment.place
        frame = project.video[screen.frame]
        expected = place.crop(frame, place.columns, place.lines)
        shown = shown_pixels(screen)
        same = (np.abs(shown.astype(int) - expected).max(axis=2) <= 2).mean()
        assert same > 0.6  # the rest is under the shapes
        await press(pilot, screen, "Z")
        assert screen.view.moment.place.window is None
        assert height > 0


def test_lines_are_clipped_to_the_picture():
    rng = np.random.default_rng(3)
    lines = rng.uniform(-100, 200, (500, 4))
    lines[::7, 2] = lines[::7, 0]  # upright ones
    lines[3] = np.nan
    lines[4] = (1e300, 0, -1e300, 5)
    kept, parts = clip_lines(lines, 80, 40)
    assert 3 not in kept
    assert (parts >= 0).all()
    assert (parts[:, 0::2] <= 80).all()
    assert (parts[:, 1::2] <= 40).all()
    t = np.linspace(0, 1, 2001)[:, None]
    for row in range(5, 500):
        points = lines[row, :2] * (1 - t) + lines[row, 2:] * t
        inside = ((points > 0) & (points < (80, 40))).all(axis=1)
        assert inside.any() <= (row in kept)
        if row in kept and inside.any():
            part = parts[kept.tolist().index(row)].reshape(2, 2)
            assert np.abs(points[inside].min(axis=0) - part.min(axis=0)).max() < 0.2
            assert np.abs(points[inside].max(axis=0) - part.max(axis=0)).max() < 0.2


def test_masks_cover_the_cells_that_their_pixels_touch():
    rng = np.random.default_rng(5)
    pixels = rng.random((36, 64)) > 0.7
    place = Fit(64, 36, 16, 12)
    found = mask_pixels(mask.from_array(pixels, 0, 0), place, 16, 12)
    assert np.array_equal(found, pixels.reshape(12, 3, 16, 4).any(axis=(1, 3)))


def test_hostile_shapes_draw_nothing_and_break_nothing():
    far = 1e7
    shapes = Shapes.of(
        [
            ("rotated_box", np.array([[0, 0, far, far, 1e9], [np.nan] * 5]), None),
            ("cuboid", np.full((2, 16), far), None),
            ("points", np.array([[np.nan, 1, 2], [far, -far, 2]]), [((0, 0),), ()]),
            ("polygon", np.array([[Shape.polygon([[[-far, -far], [far, 0], [0, far]]])], [None]],
                                 dtype=object), None),
            ("mask", np.array([[None], [mask.from_array(np.ones((3, 3), bool), -9_000_000, 5)]],
                              dtype=object), None),
        ],
        np.array([RED, RED], np.uint8), np.array([False, True]), ["a", "b"], 0,
    )  # fmt: skip
    black = np.zeros((20, 40, 3), np.uint8)
    assert compose(black, Fit(40, 20, 40, 20), shapes).rows == 10


def test_cuboid_edges_join_what_the_specification_says():
    joined = {frozenset(edge) for edge in CUBOID_EDGES.tolist()}
    assert len(joined) == 12
    degree = np.bincount(CUBOID_EDGES.ravel(), minlength=8)
    assert (degree == 3).all()


async def test_colours_are_those_of_the_page(project):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    styles = Path(__file__).parents[2] / "webview" / "static" / "view" / "styles.js"
    program = (
        f"const {{ makePalette }} = await import({json.dumps(styles.as_uri())});"
        "const model = { choiceProperties: () => [], classes: [], classNumber: new Map() };"
        "console.log(JSON.stringify(makePalette(model, 'entity').colors));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    page = [tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in json.loads(done.stdout)]
    assert page[: len(ENTITY_PALETTE)] == list(ENTITY_PALETTE)
    async with cockpit(project, (160, 50)) as (screen, pilot):
        await press(pilot, screen, "v", "escape", "V", "e")
        shown = {tuple(pixel) for line in shown_pixels(screen).tolist() for pixel in line}
        numbers = [project.number(one) for one in project.entities]
        assert {ENTITY_PALETTE[n % 24] for n in numbers} <= shown


def test_choice_colours(project):
    new = Ontology.parse(
        {
            "classes": [
                {
                    "name": kind, "geometry": [kind],
                    **({"skeleton": {"points": ["a", "b", "c"]}} if kind == "points" else {}),
                    "properties": [{"name": "side", "kind": "choice", "time_varying": True,
                                    "choices": [{"name": "left", "color": "#00ffff"}, "right"]}],
                }
                for kind in KINDS
            ]
        }
    )  # fmt: skip
    project.change_ontology(new)
    box = next(one for one in project.entities.values() if one.class_name == "box")
    box["side"][5] = "left"
    box["side"][10] = "right"
    figures = Figures(Desk(project))
    figures.color_by = "side"
    seen = {}
    for frame in (0, 5, 10):
        found = figures.evaluate(frame, None)
        seen[frame] = tuple(found.shapes.colors[found.ids.index(box.id)].tolist())
    assert seen[5] == parse_color("#00ffff")
    assert seen[10] == ENTITY_PALETTE[1]
    assert seen[0] == (0x8B, 0x95, 0xA3)
    assert re.fullmatch(r"\w+", figures.color_by)
