"""Random seeks in a 1080p H.264 file with B-frames: the page's frames and a <video> element.

A seek is timed until the pixels of the frame can be read. The frame number burnt into the
pictures tells whether it is the right one. Our cache of decoded pictures is kept small here, so
that no seek is answered from memory; <video> is asked for the middle of the frame's time,
where it is least often wrong. Run: python -m tests.bench.bench_seek
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from reviewer.format.video import Video

from tests.bench.machine import describe
from tests.webview.large_video import make_1080p
from tests.webview.picture_server import PictureServer

HERE = Path(__file__).resolve().parent
SMALL_CACHE_BYTES = 40 << 20
FAR_FRAMES = 20


def targets(frames: int, count: int, seed: int) -> list[int]:
    """Random frames, each far from the one before."""
    chosen = [0]
    generator = random.Random(seed)
    while len(chosen) <= count:
        frame = generator.randrange(frames)
        if abs(frame - chosen[-1]) > FAR_FRAMES:
            chosen.append(frame)
    return chosen[1:]


def open_page(browser, url: str, script: str) -> Page:  # type: ignore[no-untyped-def]
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(url)
    page.evaluate(script)
    return page


def report(name: str, results: list[dict], frames: list[int]) -> float:
    ms = sorted(result["ms"] for result in results)
    wrong = sum(result["shown"] != frame for result, frame in zip(results, frames, strict=True))
    median, p90 = ms[len(ms) // 2], ms[len(ms) * 9 // 10]
    print(f"  {name:14} median {median:6.0f} ms   p90 {p90:6.0f} ms   wrong {wrong}/{len(frames)}")
    return median


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeks", type=int, default=30)
    parser.add_argument("--frames", type=int, default=750)
    parser.add_argument("--gops", type=int, nargs="*", default=[250, 30])
    parser.add_argument("--folder", type=Path, help="where the test videos are kept")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.gettempdir()) / "reviewer-bench"
    folder.mkdir(exist_ok=True)
    files = {}
    for gop in arguments.gops:
        path = folder / f"1080p-{arguments.frames}-gop{gop}.mp4"
        if not path.exists():
            print(f"making {path} ...", file=sys.stderr)
        files[f"gop{gop}"] = make_1080p(path, arguments.frames, gop)
    print(describe())
    videos = {name: Video(path) for name, path in files.items()}
    frames = targets(arguments.frames, arguments.seeks, seed=7)
    with PictureServer(videos, {"bench": HERE}) as server, sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium)
        print(f"Chromium {browser.version}, {arguments.seeks} seeks")
        for name, path in files.items():
            print(f"{path.name}, {path.stat().st_size >> 20} MB")
            results: dict[str, list[dict]] = {"seekOurs": [], "seekVideo": []}
            prepare = "import('/bench/bench_seek.js').then((bench) => bench.{})"
            ours = f"ours('/{name}', {SMALL_CACHE_BYTES})"
            pages = {
                "seekOurs": open_page(browser, server.url, prepare.format(ours)),
                "seekVideo": open_page(
                    browser, server.url, prepare.format(f"videoElement('/{name}')")
                ),
            }
            # In turns, so that a busy moment of the machine hits both.
            for frame in frames:
                for function, page in pages.items():
                    page.bring_to_front()
                    results[function].append(page.evaluate(f"(f) => {function}(f)", frame))
            assert all(result["mode"] == "webcodecs" for result in results["seekOurs"])
            ours_ms = report("FrameSource", results["seekOurs"], frames)
            video_ms = report("<video>", results["seekVideo"], frames)
            print(f"  FrameSource takes {ours_ms / video_ms:.2f} of the time of <video>")
            for page in pages.values():
                page.close()
        browser.close()
    for video in videos.values():
        video.close()


if __name__ == "__main__":
    main()
