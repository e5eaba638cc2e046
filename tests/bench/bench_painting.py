"""What it costs to paint moving shapes at 1080p: each backend, the same shapes as SVG elements, and
Konva (data/konva.min.js).

Boxes, and polygons of 12 corners that are filled and named. The browser's frame rate limit is
lifted, so that `frame` is what one picture costs from the change to the screen, styling,
rasterising and compositing included (`nothing` is the floor: one background colour changes), and
`+video` the same with a new 1080p video picture below it each time. `cpu` is the CPU time of all
the browser's processes: unlike the clock it hardly minds what else the machine is doing.
Run: python -m tests.bench.bench_painting [boxes:1000 boxes:10000 polygons:1000]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from tests.bench.machine import describe

HERE = Path(__file__).resolve().parent
STATIC = HERE.parents[1] / "webview" / "static"
METHODS = ("nothing", "software", "webgl", "svg", "konva")
KEYS = ("call", "pixels", "frame", "cpu", "video")


def serve(route: Route) -> None:
    path = route.request.url.split("127.0.0.1", 1)[1]
    if path.endswith(".wasm"):
        route.fulfill(path=STATIC / path.removeprefix("/static/"), content_type="application/wasm")
    elif path.startswith("/static/"):
        route.fulfill(path=STATIC / path.removeprefix("/static/"), content_type="text/javascript")
    elif path == "/bench.js":
        route.fulfill(path=HERE / "bench_painting.js", content_type="text/javascript")
    elif path == "/konva.js":
        route.fulfill(path=HERE / "data" / "konva.min.js", content_type="text/javascript")
    else:
        route.fulfill(
            content_type="text/html",
            body="<!doctype html><body style='margin:0;background:#444'>"
            "<script src=/konva.js></script>"
            "<script type=module>import * as bench from '/bench.js'; window.bench = bench"
            "</script>",
        )


def descendants_cpu_s() -> float | None:
    """CPU seconds used so far by this process's children and theirs; None where unknown."""
    if not Path("/proc/self/stat").exists():
        return None
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = int(fields[11]) + int(fields[12])

    def ours(pid: int) -> bool:
        while pid > 1:
            pid = parents.get(pid, 0)
            if pid == os.getpid():
                return True
        return False

    return sum(used for pid, used in ticks.items() if ours(pid)) / os.sysconf("SC_CLK_TCK")


def measure(page: Page, method: str, kind: str, count: int, frames: int) -> dict[str, float | None]:
    prepare = "([method, kind, count, video]) => bench.prepare(method, kind, count, video)"
    page.evaluate(prepare, [method, kind, count, False])
    before = descendants_cpu_s()
    result: dict[str, float | None] = page.evaluate("(n) => bench.run(n)", frames)
    after = descendants_cpu_s()
    result["cpu"] = None
    if before is not None and after is not None:
        result["cpu"] = 1000 * (after - before) / frames
    result["pixels"] = page.evaluate("() => bench.toPixels(7)")
    page.evaluate(prepare, [method, kind, count, True])
    result["video"] = page.evaluate("(n) => bench.run(n).then(({ frame }) => frame)", frames)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is printed")
    parser.add_argument("--methods", nargs="*", default=METHODS, choices=METHODS)
    parser.add_argument("--frames", type=int, default=0, help="so many each, not what seems right")
    parser.add_argument("scenes", nargs="*", default=["boxes:1000", "boxes:10000", "polygons:1000"])
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    print(describe())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--disable-frame-rate-limit", "--disable-gpu-vsync"],
        )
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.on("pageerror", lambda error: sys.exit(f"page error: {error}"))
        page.route("**/*", serve)
        page.goto("http://127.0.0.1/")
        page.wait_for_function("() => window.bench")
        chosen = page.evaluate("() => bench.prepare('auto', 'boxes', 1)")
        print(f"Chromium {browser.version}; auto chooses {chosen['backend']}: {chosen['reason']}\n")
        print(
            "ms              method      call  to pixels   frame     cpu  +video"
            "   against SVG: frame   cpu   against Konva: frame   cpu"
        )
        for scene in arguments.scenes:
            kind, _, number = scene.partition(":")
            count = int(number)
            rounds: dict[str, list[dict[str, float | None]]] = {m: [] for m in arguments.methods}
            # Taken in turns, so that a busy moment of the machine does not hit one method only.
            for _ in range(arguments.rounds):
                for method in arguments.methods:
                    slow = method == "webgl" or (method in ("svg", "konva") and count > 2000)
                    frames = arguments.frames or (12 if slow else 60 if count > 2000 else 120)
                    rounds[method].append(measure(page, method, kind, count, frames))
            medians = {m: {key: middle(r[key] for r in rounds[m]) for key in KEYS} for m in rounds}
            for method, row in medians.items():
                print_row(scene, method, row, medians)
        browser.close()


def middle(values: Iterable[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return known[len(known) // 2] if known else None


def print_row(
    scene: str,
    method: str,
    row: dict[str, float | None],
    rows: dict[str, dict[str, float | None]],
) -> None:
    def cell(value: float | None, width: int) -> str:
        return f"{value:{width}.1f}" if value is not None else " " * (width - 1) + "-"

    def against(other: str, key: str) -> str:
        ours, theirs = row[key], rows.get(other, {}).get(key)
        return f"{theirs / ours:.1f}x" if ours and theirs else "-"

    widths = (8, 10, 7, 7, 7)
    line = f"{scene:<15} {method:9} "
    line += " ".join(cell(row[key], width) for key, width in zip(KEYS, widths, strict=True))
    if method in ("software", "webgl"):
        line += f" {against('svg', 'frame'):>19} {against('svg', 'cpu'):>5}"
        line += f" {against('konva', 'frame'):>22} {against('konva', 'cpu'):>5}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
