"""What it costs to paint moving boxes at 1080p: each backend, and the same boxes as SVG elements.

The browser's frame rate limit is lifted, so that `frame` is what one picture costs from the
change to the screen, styling, rasterising and compositing included (`nothing` is the floor:
one background colour changes). `cpu` is the CPU time of all the browser's processes: unlike
the clock it hardly minds what else the machine is doing. Run: python tests/bench/bench_painting.py
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from machine import describe
from playwright.sync_api import Page, Route, sync_playwright

HERE = Path(__file__).resolve().parent
STATIC = HERE.parents[1] / "webview" / "static"
METHODS = ("nothing", "software", "webgl", "svg")


def serve(route: Route) -> None:
    path = route.request.url.split("127.0.0.1", 1)[1]
    if path.startswith("/static/"):
        route.fulfill(path=STATIC / path.removeprefix("/static/"), content_type="text/javascript")
    elif path == "/bench.js":
        route.fulfill(path=HERE / "bench_painting.js", content_type="text/javascript")
    else:
        route.fulfill(
            content_type="text/html",
            body="<!doctype html><body style='margin:0;background:#444'>"
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


def measure(page: Page, method: str, count: int, frames: int) -> dict[str, float | None]:
    page.evaluate("([method, count]) => bench.prepare(method, count)", [method, count])
    before = descendants_cpu_s()
    result: dict[str, float | None] = page.evaluate("(n) => bench.run(n)", frames)
    after = descendants_cpu_s()
    result["cpu"] = None
    if before is not None and after is not None:
        result["cpu"] = 1000 * (after - before) / frames
    result["pixels"] = page.evaluate("() => bench.toPixels(7)")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is printed")
    parser.add_argument("counts", type=int, nargs="*", default=[1000, 10000])
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
        chosen = page.evaluate("() => bench.prepare('auto', 1)")
        print(f"Chromium {browser.version}; auto chooses {chosen['backend']}: {chosen['reason']}\n")
        print(
            "boxes   method     call ms  to pixels ms  frame ms  cpu ms   against SVG: frame  cpu"
        )
        for count in arguments.counts:
            medians: dict[str, dict[str, float | None]] = {}
            rounds: dict[str, list[dict[str, float | None]]] = {m: [] for m in METHODS}
            # Taken in turns, so that a busy moment of the machine does not hit one method only.
            for _ in range(arguments.rounds):
                for method in METHODS:
                    frames = (8 if method == "webgl" else 60) if count > 2000 else 120
                    rounds[method].append(measure(page, method, count, frames))
            for method in METHODS:
                medians[method] = {}
                for key in ("call", "pixels", "frame", "cpu"):
                    values = sorted(r[key] for r in rounds[method] if r[key] is not None)
                    medians[method][key] = values[len(values) // 2] if values else None
            for method in METHODS:
                print_row(count, method, medians[method], medians["svg"])
        browser.close()


def print_row(
    count: int, method: str, row: dict[str, float | None], svg: dict[str, float | None]
) -> None:
    def cell(value: float | None, width: int) -> str:
        return f"{value:{width}.1f}" if value is not None else " " * (width - 1) + "-"

    def against(key: str) -> str:
        ours, theirs = row[key], svg[key]
        return f"{theirs / ours:.1f}x" if ours and theirs else "-"

    line = f"{count:<7} {method:9} {cell(row['call'], 8)} {cell(row['pixels'], 13)}"
    line += f" {cell(row['frame'], 9)} {cell(row['cpu'], 7)}"
    if method in ("software", "webgl"):
        line += f" {against('frame'):>20} {against('cpu'):>5}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
