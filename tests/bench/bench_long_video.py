"""What an hour costs the page, against a minute of the same.

- the first picture of a 4K file, from opening the project to the frame on the canvas: with no
  index yet, and with one from an earlier opening
- the browser's memory after scrubbing all over the file
- scrubbing backwards by single frames at 1080p, in GOPs of 250 frames

The long files are a short one's packets over and over. Run it on a quiet machine:

    python -m tests.bench.bench_long_video       # --minutes 3 for a quick look
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from reviewer.format.video import Video
from reviewer.webview.server import Server

from reviewer import Project
from tests.bench.machine import describe
from tests.long_video import repeat_video
from tests.videos import draw_frame, make_video
from tests.webview.large_video import make_1080p
from tests.webview.picture_server import PictureServer

HERE = Path(__file__).resolve().parent
ROUNDS = 5
SHORT_FRAMES, RATE = 60, 30
SHOWN = "() => globalThis.reviewer?.shown === 0 && reviewer.painted().loaded"


class FourK(Sequence[np.ndarray]):
    """Numbered frames of 3840 x 2160, drawn small and enlarged."""

    def __len__(self) -> int:
        return SHORT_FRAMES

    def __getitem__(self, number):  # type: ignore[no-untyped-def]
        return draw_frame(number, (480, 270)).repeat(8, axis=0).repeat(8, axis=1)


def make_4k(path: Path) -> Path:
    if not path.exists():
        half_made = path.with_name("half-" + path.name)
        make_video(half_made, frames=SHORT_FRAMES, size=(3840, 2160), gop=30, pictures=FourK())
        half_made.rename(path)
    return path


def wait_for(page: Page, condition: str, timeout_s: float = 60.0) -> None:
    stop = time.perf_counter() + timeout_s
    while not page.evaluate(condition):
        if time.perf_counter() > stop:
            raise TimeoutError(condition)
        time.sleep(0.005)


def first_picture(browser: Browser, folder: Path) -> float:
    """Seconds from opening the project to frame 0 on the canvas of a new window."""
    start = time.perf_counter()
    with Project.open(folder) as project:
        server = Server([project])
        url = server.start()
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        page.goto(url)
        wait_for(page, SHOWN)
        taken = time.perf_counter() - start
        context.close()
        server.stop()
    return taken


def memory_mb(browser: Browser) -> float:
    """What all processes of the browser take, shared pages counted once."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    total = 0
    for process in processes:
        try:
            lines = Path(f"/proc/{process['id']}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def scrubbed_memory(chromium: str | None, folder: Path, seeks: int) -> float:
    """MB of a fresh browser after seeking all over the video, and going over the timeline."""
    with sync_playwright() as playwright, Project.open(folder) as project:
        browser = playwright.chromium.launch(executable_path=chromium)
        server = Server([project])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(server.start())
        wait_for(page, SHOWN)
        chooser = np.random.default_rng(3)
        field = page.get_by_label("Frame", exact=True)
        for frame in chooser.integers(0, project.frame_count, seeks).tolist():
            field.fill(str(frame))
            field.press("Enter")
            wait_for(page, f"() => reviewer.frame === {frame} && reviewer.painted().loaded")
        page.request_gc()
        time.sleep(1.0)
        found = memory_mb(browser)
        browser.close()
        server.stop()
    return found


def bench_opening(chromium: str | None, folders: dict[str, Path]) -> None:
    print("first picture of a 4K file in the page")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for folder in folders.values():
            first_picture(browser, folder)  # the files, the page and the modules are warm
        cold = {}
        for name, folder in folders.items():
            (folder / ".reviewer" / "frame-index").unlink()
            cold[name] = first_picture(browser, folder)
        warm: dict[str, list[float]] = {name: [] for name in folders}
        for _ in range(ROUNDS):
            for name, folder in folders.items():
                warm[name].append(first_picture(browser, folder))
        browser.close()
    middle = {name: statistics.median(taken) for name, taken in warm.items()}
    for name in folders:
        print(f"  {name:12} cold index {cold[name]:6.2f} s   warm index {middle[name]:6.2f} s")
    short, long = middle.values()
    good = long <= 1.2 * short
    print(f"  warm: {long / short:.2f} of the short one's time (bar: at most 1.2)  "
          f"{'ok' if good else 'MISSED'}")  # fmt: skip


def bench_memory(chromium: str | None, folders: dict[str, Path], seeks: int) -> None:
    print(f"the browser's memory after {seeks} seeks all over")
    found = {name: scrubbed_memory(chromium, folder, seeks) for name, folder in folders.items()}
    for name, megabytes in found.items():
        print(f"  {name:12} {megabytes:6.0f} MB")
    short, long = found.values()
    good = long <= 1.2 * short
    print(f"  {long / short:.2f} of the short one's (bar: at most 1.2)  "
          f"{'ok' if good else 'MISSED'}")  # fmt: skip


# In order, as fast as the browser decodes: what no way of going back can beat.
FORWARDS = """async () => {
    const { decodeUnit } = await import('/static/protocol.js');
    const { decoderConfig } = await import('/static/frame_source/config.js');
    const { decoder_config } = await (await fetch('/long/video')).json();
    const unit = decodeUnit(await (await fetch('/long/unit/0')).arrayBuffer());
    let came = 0;
    const output = (picture) => { came++; picture.close(); };
    const decoder = new VideoDecoder({ output, error: console.error });
    decoder.configure(decoderConfig(decoder_config));
    const start = performance.now();
    let at = 0;
    for (let k = 0; k < unit.sizes.length; at += unit.sizes[k], k++) {
        const data = unit.data.subarray(at, at + unit.sizes[k]);
        decoder.decode(new EncodedVideoChunk({ type: k ? 'delta' : 'key', timestamp: k, data }));
        while (decoder.decodeQueueSize > 16) {
            await new Promise((resolve) => { decoder.ondequeue = resolve; });
        }
    }
    await decoder.flush();
    const taken = performance.now() - start;
    decoder.close();
    return came / taken * 1000;
}"""

# Each step is a task of its own, as a key press is: whatever the decoder has ready comes between.
BACKWARDS = """async (frames) => {
    let decoded = 0;
    check.watchDecoder({ onDecode: () => { decoded++; } });
    await check.open('long', { onShown: () => {} });
    const { port1, port2 } = new MessageChannel();
    const task = () => new Promise((resolve) => {
        port1.onmessage = resolve;
        port2.postMessage(null);
    });
    await source.seek(frames - 1);
    const turned = performance.now();
    await source.seek(frames - 2);
    const first = performance.now() - turned;
    decoded = 0;
    const start = performance.now();
    let slowest = 0, wrong = 0, kept = 0;
    for (let frame = frames - 3; frame >= 0; frame--) {
        const begun = performance.now();
        await source.seek(frame);
        slowest = Math.max(slowest, performance.now() - begun);
        kept = Math.max(kept, source.cached.bytes);
        if (frame % 10 === 0 && check.readNumber(canvas) !== frame) wrong++;
        await task();
    }
    const rate = (frames - 2) / (performance.now() - start) * 1000;
    source.close();
    const each = decoded / (frames - 2);
    return { rate, first, slowest, wrong, each, kept, open: check.pictures.open };
}"""


def bench_backwards(chromium: str | None, path: Path, frames: int) -> None:
    tests = HERE.parent / "webview"
    with (
        Video(path) as video,
        PictureServer({"long": video}, {"check": tests}) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(server.url)
        page.evaluate("import('/check/frame_source_check.js').then((c) => { window.check = c })")
        before = page.evaluate(FORWARDS)
        found = page.evaluate(BACKWARDS, frames)
        after = page.evaluate(FORWARDS)
        browser.close()
    good = found["rate"] >= 50 and not found["wrong"] and not found["open"]
    print(f"backwards frame by frame through {path.name}, in the page")
    print(f"  {found['rate']:6.0f} frames/s after the first (bar: at least 50)  "
          f"{'ok' if good else 'MISSED'}   wrong {found['wrong']}   "
          f"left open {found['open']}")  # fmt: skip
    print(f"  first step {found['first']:.0f} ms, the slowest of the others "
          f"{found['slowest']:.0f} ms")  # fmt: skip
    print(f"  {found['each']:6.2f} pictures decoded for each one shown, "
          f"at most {found['kept'] / 1e6:.0f} MB kept")  # fmt: skip
    print(f"  {before:6.0f} and {after:.0f} frames/s decoded in order, before and after; "
          "nothing drawn")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="length of the long file")
    parser.add_argument("--seeks", type=int, default=60)
    parser.add_argument("--frames", type=int, default=750)
    parser.add_argument("--folder", type=Path, help="where the test videos are kept")
    arguments = parser.parse_args()
    kept = arguments.folder or Path(tempfile.gettempdir()) / "reviewer-bench"
    kept.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    print(describe())
    bench_backwards(
        chromium, make_1080p(kept / f"1080p-{arguments.frames}-gop250.mp4", arguments.frames, 250),
        min(500, arguments.frames),
    )  # fmt: skip
    source = make_4k(kept / "4k-60.mp4")
    with tempfile.TemporaryDirectory(dir=kept) as place:
        folders = {}
        for minutes in (1, arguments.minutes):
            turns = minutes * 60 * RATE // SHORT_FRAMES
            video = repeat_video(source, kept / f"4k-{minutes}min.mp4", turns)
            name = f"{minutes} min"
            folders[name] = Path(place) / f"project-{minutes}"
            Project.create(folders[name], video).close()
        bench_opening(chromium, folders)
        bench_memory(chromium, folders, arguments.seeks)


if __name__ == "__main__":
    main()
