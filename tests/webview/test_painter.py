"""Both backends of the painter make the same picture, and it is the right one."""

from __future__ import annotations

import base64
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright
from reviewer.format.geometry import Shape, mask
from reviewer.format.geometry.raster import polygon_mask

from tests.assemble import SOURCES, assemble
from tests.webview.picture_server import PictureServer

BACKGROUND = (0x80, 0x88, 0x90)
# The two canvases blend translucent colours with different rounding.
ROUNDING = 3


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    here = Path(__file__).resolve().parent
    with PictureServer({}, {"check": here}) as server, sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.goto(server.url)
        page.evaluate("import('/check/painter_check.js').then((c) => { window.check = c })")
        yield page
        browser.close()


def test_the_loops_over_pixels_are_assembled_from_their_source() -> None:
    assert SOURCES.with_suffix(".wasm").read_bytes() == assemble(), "python -m tests.assemble"


def test_a_browser_that_refuses_webassembly_paints_with_webgl(page: Page) -> None:
    assert page.context.browser
    other = page.context.browser.new_page()
    other.add_init_script("WebAssembly.compile = () => Promise.reject(new Error('refused'))")
    other.goto(page.url)
    made = other.evaluate(
        "import('/static/painter.js')"
        ".then((m) => m.createPainter(document.createElement('canvas')))"
        ".then(({ backend, reason }) => ({ backend, reason }))"
    )
    other.close()
    assert (made["backend"], made["reason"]) == ("webgl", "Error: refused")


SCENE = {"count": 400, "seed": 1, "scale": 1.37, "x": 12.3, "y": -40.6}


@pytest.mark.parametrize("dpr", [1, 1.25, 2])
def test_backends_paint_the_same_pixels(page: Page, dpr: float) -> None:
    result = page.evaluate(
        "(o) => check.compare(o)",
        {"width": 640, "height": 360, "dpr": dpr, "scenes": [SCENE]},
    )
    assert result["backends"] == ["software", "webgl"]
    assert result["size"] == [640 * dpr, 360 * dpr]
    assert result["painted"] > result["total"] / 10
    assert result["worst"] <= ROUNDING


def test_backends_agree_exactly_on_opaque_outlines(page: Page) -> None:
    scene = {**SCENE, "count": 10_000, "plain": True}
    result = page.evaluate(
        "(o) => check.compare(o)", {"width": 700, "height": 500, "dpr": 1, "scenes": [scene]}
    )
    assert result["painted"] > 0
    assert result["different"] == 0


def test_backends_agree_after_many_repaints(page: Page) -> None:
    """Each paint replaces the picture before it, whatever part of it that covered."""
    scenes = [{**SCENE, "seed": seed, "count": count} for seed, count in enumerate((300, 2, 40, 3))]
    result = page.evaluate(
        "(o) => check.compare(o)", {"width": 640, "height": 360, "dpr": 1, "scenes": scenes}
    )
    assert result["painted"] > 0
    assert result["worst"] <= ROUNDING


@pytest.mark.parametrize("kinds", [["box"], ["polygon"], None], ids=["boxes", "polygons", "all"])
def test_a_picture_that_changes_little_is_still_whole(page: Page, kinds: list[str] | None) -> None:
    """One shape of many is dragged, nothing changes, the view moves, and the colours change."""
    scene = {**SCENE, "count": 120, "kinds": kinds or EVERY_KIND}
    changes: list[dict[str, Any]] = [
        {}, {"moved": 40}, {"moved": 95}, {"moved": 95}, {"moved": -300}, {"y": -40},
        {"tableSeed": 9}, {"tableSeed": 9, "moved": 10}, {"count": 119}, {"count": 0}, {"moved": 5},
    ]  # fmt: skip
    for stop in range(1, len(changes) + 1):
        scenes = [{**scene, **change} for change in changes[:stop]]
        result = page.evaluate(
            "(o) => check.compare(o)", {"width": 320, "height": 300, "dpr": 1, "scenes": scenes}
        )
        assert result["painted"] > 0 or scenes[-1]["count"] == 0
        assert result["worst"] <= ROUNDING


EVERY_KIND = [
    "mask", "polygon", "ellipse", "rotated_box", "box", "cuboid", "polyline", "points",
]  # fmt: skip


@pytest.mark.parametrize("kinds", [*([kind] for kind in EVERY_KIND), EVERY_KIND], ids="-".join)
@pytest.mark.parametrize("dpr", [1, 1.5])
def test_backends_agree_on_every_kind(page: Page, kinds: list[str], dpr: float) -> None:
    scenes = [{**SCENE, "count": 70, "seed": seed, "kinds": kinds} for seed in (2, 3)]
    result = page.evaluate(
        "(o) => check.compare(o)", {"width": 640, "height": 360, "dpr": dpr, "scenes": scenes}
    )
    assert result["painted"] > result["total"] / 50
    assert result["worst"] <= ROUNDING


def pixels_of(page: Page, backend: str, **options: Any) -> np.ndarray:
    painted = page.evaluate("([b, o]) => check.paintShapes(b, o)", [backend, options])
    flat = np.frombuffer(base64.b64decode(painted), np.uint8)
    return flat.reshape(options["height"], options["width"], 4)[..., :3].astype(int)


def is_painted(pixels: np.ndarray) -> np.ndarray:
    return np.asarray((np.abs(pixels - BACKGROUND) > ROUNDING).any(axis=2))


def as_counts(value: mask.Mask) -> str:
    """A mask as the page holds it, with its counts as a list."""
    size = [value.height, value.width]
    return json.dumps({"size": size, "counts": value.counts.tolist(), "offset": [value.x, value.y]})


FILLED = {"width": 300, "height": 200, "lineWidth": 0, "fill": [255, 0, 0, 255]}


@pytest.mark.parametrize("backend", ["software", "webgl"])
def test_the_inside_of_a_polygon_is_what_the_engine_says(page: Page, backend: str) -> None:
    """Even-odd within a part, parts added to each other, holes left out."""
    generator = np.random.default_rng(3)
    for parts in ((1, 0), (1, 2), (3, 1)):
        rings = [
            [
                generator.uniform((-40, -40), (340, 240), (count, 2))
                for count in (9, *[4] * parts[1])
            ]
            for _ in range(parts[0])
        ]
        rings = [[ring.astype(np.float32).astype(float) for ring in part] for part in rings]
        shape = Shape.polygon(*rings)
        wanted = mask.to_array(polygon_mask(shape, 300, 200), (0, 0, 300, 200))
        value = [[ring.tolist() for ring in part] for part in rings]
        painted = pixels_of(page, backend, shapes=[["polygon", value]], **FILLED)
        assert 0 < wanted.sum() < wanted.size
        assert (is_painted(painted) == wanted).mean() > 0.9999
        # a centre within rounding of an edge may fall to either side


@pytest.mark.parametrize("backend", ["software", "webgl"])
@pytest.mark.parametrize("line_width", [0, 2])
def test_a_mask_is_painted_pixel_by_pixel(page: Page, backend: str, line_width: int) -> None:
    generator = np.random.default_rng(4)
    coarse = generator.random((24, 30)) > 0.45
    pixels = np.kron(coarse, np.ones((7, 7), bool))
    value = mask.from_array(pixels, -20, 30)
    painted = pixels_of(
        page, backend, shapes=[["mask", as_counts(value)]], **FILLED | {"lineWidth": line_width}
    )
    wanted = mask.to_array(value, (0, 0, 300, 200))
    assert np.array_equal(is_painted(painted), wanted)
    zoomed = pixels_of(
        page,
        backend,
        shapes=[["mask", as_counts(value)]],
        **FILLED,
        view={"scale": 3, "x": 60, "y": -90},
    )
    rows, columns = np.mgrid[0:200, 0:300]
    wide = mask.to_array(value, (-200, -200, 800, 800))
    assert np.array_equal(
        is_painted(zoomed), wide[(rows + 90) // 3 + 200, (columns - 60) // 3 + 200]
    )


@pytest.mark.parametrize("backend", ["software", "webgl"])
@pytest.mark.parametrize("angle", [0, 30, 90, 137])
def test_turned_shapes_lie_where_they_should(page: Page, backend: str, angle: float) -> None:
    x, y, a, b = 150.3, 99.2, 90.0, 50.0
    radians = np.deg2rad(angle)
    rows, columns = np.mgrid[0:200, 0:300] + 0.5
    u = (columns - x) * np.cos(radians) + (rows - y) * np.sin(radians)
    v = (rows - y) * np.cos(radians) - (columns - x) * np.sin(radians)
    inside = {
        "rotated_box": np.maximum(np.abs(u) - a / 2, np.abs(v) - b / 2),
        "ellipse": (np.hypot(u / a, v / b) - 1) * b,
    }
    for kind, beyond in inside.items():
        painted = is_painted(
            pixels_of(page, backend, shapes=[[kind, [x, y, a, b, angle]]], **FILLED)
        )
        sure = np.abs(beyond) > 0.75
        assert np.array_equal(painted[sure], beyond[sure] < 0)


@pytest.mark.parametrize("backend", ["software", "webgl"])
@pytest.mark.parametrize("line_width", [1, 2, 3])
def test_lines_cover_what_they_should(page: Page, backend: str, line_width: int) -> None:
    generator = np.random.default_rng(line_width)
    rows, columns = np.mgrid[0:200, 0:300] + 0.5
    for _ in range(6):
        turn, length = generator.uniform(0, 2 * np.pi), generator.uniform(60, 170)
        dx, dy = length * np.cos(turn) / 2, length * np.sin(turn) / 2
        x0, y0, x1, y1 = 150 - dx, 100.3 - dy, 150 + dx, 100.3 + dy
        along = ((columns - x0) * (x1 - x0) + (rows - y0) * (y1 - y0)) / length
        across = np.abs((columns - x0) * (y1 - y0) - (rows - y0) * (x1 - x0)) / length
        picture = pixels_of(
            page, backend, width=300, height=200, lineWidth=line_width,
            shapes=[["polyline", [[x0, y0], [x1, y1]]]],
        )  # fmt: skip
        ink = (picture[..., 0] - BACKGROUND[0]) / (255 - BACKGROUND[0])
        middle = (along > 8) & (along < length - 8)
        assert (ink[middle & (across > line_width / 2 + 0.75)] == 0).all()
        assert (ink[middle & (across < line_width / 2 - 0.75)] > 0.99).all()
        # as much ink in all as the line is wide
        total = ink[middle].sum() / (length - 16)
        assert abs(total - line_width) < 0.1


@pytest.mark.parametrize("line_width", [1, 2, 3, 7])
def test_backends_agree_on_lines_no_longer_than_a_pixel(page: Page, line_width: int) -> None:
    """Both ends in one pixel, or in two; some of them at the sides of the picture."""
    generator = np.random.default_rng(line_width)
    shapes = []
    for y in range(0, 201, 20):
        for x in range(0, 301, 20):
            turn, length = generator.uniform(0, 2 * np.pi), generator.uniform(0.43, 1.5)
            start = generator.uniform(-1, 1, 2) + np.array([x, y])
            end = start + length * np.array([np.cos(turn), np.sin(turn)])
            shapes.append(["polygon", [[[start.tolist(), end.tolist()]]]])
    options = {"width": 300, "height": 200, "lineWidth": line_width, "shapes": shapes}
    ours, theirs = (pixels_of(page, backend, **options) for backend in ("software", "webgl"))
    assert is_painted(ours).sum() > len(shapes)
    assert np.abs(ours - theirs).max() <= ROUNDING


@pytest.mark.parametrize("backend", ["software", "webgl"])
def test_numbers_no_picture_has_do_no_harm(page: Page, backend: str) -> None:
    """NaN, infinite and huge coordinates, empty shapes, a hundred thousand vertices."""
    alive = page.evaluate("(b) => check.hostile(b)", backend)
    assert alive["painted"] > 100
    assert alive["after"] == alive["before"]


@pytest.mark.parametrize("backend", ["software", "webgl"])
def test_a_canvas_without_size_is_painted_later(page: Page, backend: str) -> None:
    painted = page.evaluate(
        """async (backend) => {
            const { createPainter } = await import('/static/painter.js');
            const canvas = document.createElement('canvas');
            const painter = await createPainter(canvas, { backend });
            const size = { width: 100, height: 100, scale: 1, x: 0, y: 0 };
            const scene = check.kindsScene({ count: 60, seed: 3, ...size });
            painter.resize(0, 0, 1);
            painter.paint(scene);
            painter.resize(100, 100, 1);
            painter.paint(scene);
            return check.inked(canvas);
        }""",
        backend,
    )
    assert painted > 100


def outline(picture: np.ndarray, box: list[float], color: list[int], width: int) -> None:
    """The rule: edges snap to pixel boundaries, a line lies around its boundary."""
    left, top = int(np.floor(box[0] + 0.5)), int(np.floor(box[1] + 0.5))
    right, bottom = int(np.floor(box[0] + box[2] + 0.5)), int(np.floor(box[1] + box[3] + 0.5))
    before = width // 2
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]

    def inside(grow: int, rest: int) -> np.ndarray:
        return (
            (columns >= left - grow)
            & (columns < right + rest)
            & (rows >= top - grow)
            & (rows < bottom + rest)
        )

    line = inside(before, width - before) & ~inside(before - width, -before)
    picture[line] = color


@pytest.mark.parametrize("backend", ["software", "webgl"])
@pytest.mark.parametrize("line_width", [1, 2, 5])
def test_outlines_lie_where_they_should(page: Page, backend: str, line_width: int) -> None:
    generator = random.Random(line_width)
    width, height = 320, 200
    boxes = [
        [
            generator.uniform(low, high)
            for low, high in ((-60, width), (-60, height), *[(0, 120)] * 2)
        ]
        for _ in range(40)
    ]
    boxes = np.float32(boxes).tolist()
    boxes += [[10, 10, 0, 0], [50, 50, 1, 30], [0, 0, width, height], [-1e9, 20, 2e9, 30]]
    colors = [[generator.randrange(256) for _ in range(3)] + [255] for _ in range(7)]
    expected = np.empty((height, width, 3), np.uint8)
    expected[:] = BACKGROUND
    for i, box in enumerate(boxes):
        outline(expected, box, colors[i % len(colors)][:3], line_width)
    options = {
        "width": width,
        "height": height,
        "dpr": 1,
        "boxes": boxes,
        "colors": colors,
        "lineWidth": line_width,
        "before": [[[5, 5, 300, 180]], [[100, 100, 20, 20]]],
    }
    painted = page.evaluate("([b, o]) => check.paint(b, o)", [backend, options])
    pixels = np.frombuffer(base64.b64decode(painted), np.uint8).reshape(height, width, 4)[..., :3]
    np.testing.assert_array_equal(pixels, expected)


def test_auto_takes_software_where_webgl_is_emulated(page: Page) -> None:
    chosen = page.evaluate(
        """async () => {
            const { createPainter } = await import('/static/painter.js');
            const gl = document.createElement('canvas').getContext('webgl2');
            const info = gl?.getExtension('WEBGL_debug_renderer_info');
            const name = info?.UNMASKED_RENDERER_WEBGL;
            const renderer = gl ? gl.getParameter(name ?? gl.RENDERER) : '';
            const painter = await createPainter(document.createElement('canvas'));
            return { backend: painter.backend, reason: painter.reason, renderer };
        }"""
    )
    if not chosen["renderer"] or "SwiftShader" in chosen["renderer"]:
        assert chosen["backend"] == "software"
    assert chosen["reason"]


def test_auto_times_both_where_webgl_seems_real(page: Page) -> None:
    """With the driver's name hidden nothing but the stopwatch can tell."""
    chosen = page.evaluate(
        """async () => {
            const { createPainter } = await import('/static/painter.js');
            const proto = WebGL2RenderingContext.prototype;
            const original = proto.getParameter;
            const names = [WebGL2RenderingContext.RENDERER, 0x9246];
            proto.getParameter = function (name) {
                return names.includes(name) ? 'A fine GPU' : original.call(this, name);
            };
            try {
                const painter = await createPainter(document.createElement('canvas'));
                return { backend: painter.backend, reason: painter.reason };
            } finally {
                proto.getParameter = original;
            }
        }"""
    )
    webgl_ms, software_ms = (
        float(part.split()[1]) for part in chosen["reason"].replace(" ms", "").split(",")
    )
    assert chosen["backend"] == ("webgl" if webgl_ms <= software_ms else "software")


def test_forced_backend_that_is_not_there_is_refused(page: Page) -> None:
    message = page.evaluate(
        """async () => {
            const { createPainter } = await import('/static/painter.js');
            const canvas = document.createElement('canvas');
            canvas.getContext('2d');
            try {
                await createPainter(canvas, { backend: 'webgl' });
                return 'made';
            } catch (error) {
                return error.message;
            }
        }"""
    )
    assert message == "This browser has no WebGL2."


def test_a_lost_webgl_context_is_painted_again(page: Page) -> None:
    alpha = page.evaluate(
        """async () => {
            const { createPainter } = await import('/static/painter.js');
            const canvas = document.createElement('canvas');
            const painter = await createPainter(canvas, { backend: 'webgl' });
            painter.resize(100, 100, 1);
            const size = { width: 100, height: 100, scale: 1, x: 0, y: 0 };
            painter.paint(check.kindsScene({ count: 50, seed: 3, plain: true, ...size }));
            const gl = canvas.getContext('webgl2');
            const lose = gl.getExtension('WEBGL_lose_context');
            const event = (name) => new Promise((r) => {
                canvas.addEventListener(name, r, { once: true });
            });
            const lost = event('webglcontextlost');
            lose.loseContext();
            await lost;
            // Painting goes on as if nothing had happened.
            painter.paint(check.kindsScene({ count: 50, seed: 3, plain: true, ...size }));
            // Only a later task may give it back.
            await new Promise((resolve) => { setTimeout(resolve, 50); });
            const count = (data) => data.filter((value, i) => i % 4 === 3 && value).length;
            const pixels = new Uint8Array(40000);
            const restored = event('webglcontextrestored');
            lose.restoreContext();
            await restored;
            gl.readPixels(0, 0, 100, 100, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
            return count(pixels);
        }"""
    )
    assert alpha > 100


def overlap(a: list[float], b: list[float]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def draw_labels(page: Page, **options: Any) -> dict[str, Any]:
    count = len(options["boxes"])
    defaults = {
        "text": [f"player_{i}" for i in range(count)],
        "color": ["#e6194b"] * count,
        "first": [],
        "width": 960,
        "height": 540,
        "dpr": 1,
    }
    result: dict[str, Any] = page.evaluate("(o) => check.labels(o)", {**defaults, **options})
    return result


@pytest.mark.parametrize("dpr", [1, 1.5])
def test_labels_never_pile_up(page: Page, dpr: float) -> None:
    generator = random.Random(4)
    boxes = [
        [generator.uniform(-50, 950), generator.uniform(-50, 530), 40, 60] for _ in range(1000)
    ]
    result = draw_labels(page, boxes=boxes, dpr=dpr, first=[999, 500])
    places = result["places"]
    assert 50 < len(places) == result["drawn"] < 1000
    for i, place in enumerate(places):
        assert place[0] >= 0
        assert place[1] >= 0
        assert place[0] + place[2] <= 960 * dpr + 1
        assert place[1] + place[3] <= 540 * dpr + 1
        assert not any(overlap(place, other) for other in places[:i])


def test_more_names_than_were_ever_made_are_all_there(page: Page) -> None:
    """The store of ready-made plates grows several times while one picture is drawn."""
    boxes = [[90 * column, 40 * row + 20, 80, 15] for row in range(26) for column in range(21)]
    for prefix in ("first", "other", "first"):
        names = [f"{prefix}_{i}" for i in range(len(boxes))]
        result = draw_labels(page, boxes=boxes, text=names, width=1920, height=1080)
        assert result["drawn"] == len(boxes)
        assert result["ink"] == sum(place[2] * place[3] for place in result["places"])


@pytest.mark.parametrize("dpr", [1, 1.5, 4])
def test_names_look_the_same_in_the_picture_and_on_a_canvas_above(page: Page, dpr: float) -> None:
    few = [f"player_{i}" for i in range(40)]
    more = [f"somebody with a longer name {i}" for i in range(300)]
    pictures: list[dict[str, Any]] = [
        {"names": few, "seed": 1},
        {"names": few, "seed": 1, "moved": 40},  # one shape moves, nearly all stays
        {"names": ["renamed", *few[1:]], "seed": 1, "moved": 40},
        {"names": more, "seed": 2, "count": 300},  # the store of plates grows
        {"names": [], "seed": 2, "count": 300},
        {"names": few, "seed": 1, "wide": 500},  # a canvas of another size
        {"names": more[::-1], "seed": 1, "wide": 500, "count": 300},
    ]
    result = page.evaluate(
        "(o) => check.paintedNames(o)",
        {"width": 800, "height": 500, "dpr": dpr, "pictures": pictures},
    )
    assert [picture["worst"] for picture in result] == [0] * len(pictures)
    for picture, asked in zip(result, pictures, strict=True):
        assert (picture["drawn"] > 10) == bool(asked["names"])
        assert (picture["covered"] > 1000) == bool(asked["names"])


def test_prominent_labels_come_before_all_others(page: Page) -> None:
    boxes = [[100, 100, 30, 30]] * 20
    everyone = draw_labels(page, boxes=boxes)
    assert everyone["drawn"] < 20
    only = draw_labels(page, boxes=boxes, first=[17], text=["x" * (i + 1) for i in range(20)])
    longest = draw_labels(page, boxes=boxes[:1], text=["x" * 18])
    assert only["places"][0] == longest["places"][0]


def test_labels_survive_hostile_names(page: Page) -> None:
    names = ["<script>alert(1)</script>", "\u202egnp.exe", "a" * 10_000, "\x1b[31mred", "", "名前"]
    boxes = [[50, 60 + 70 * i, 200, 30] for i in range(len(names))]
    result = draw_labels(page, boxes=boxes, text=names, color=["nonsense"] * len(names))
    assert result["drawn"] == 5
    assert all(place[2] <= 220 for place in result["places"])
    assert result["ink"] > 0


def test_nan_boxes_have_no_label(page: Page) -> None:
    boxes = [[None, 1, 2, 3], [10, 50, 20, 20]]
    result = page.evaluate(
        """(o) => check.labels({ ...o, boxes: [[NaN, 1, 2, 3], [10, 50, 20, 20]] })""",
        {
            "text": ["a", "b"],
            "color": ["#ffffff"] * len(boxes),
            "first": [],
            "width": 100,
            "height": 100,
            "dpr": 1,
        },
    )
    assert result["drawn"] == 1
