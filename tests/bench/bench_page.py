"""Start and memory of the page on long projects: `python -m tests.bench.bench_page [--keep DIR]`.

An hour of 1080p at 60 frames a second (a short clip whose packets are repeated) with 500,000 and
with 5 million keyframes, against a minute of it with 5,000; the same entities are there on every
frame of each. Start: from opening the address to a video frame with its shapes on the screen, the
server warm, in the middle of the video. Memory: the JavaScript heap after scrubbing and playing for
a while (`--full` for ten minutes), garbage collected. `--minutes 2 --keyframes 100` is a trial.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.async_api import Browser, CDPSession, Page, async_playwright
from reviewer.webview.server import Server

from reviewer import Project
from tests.bench.devtools import browser
from tests.bench.machine import describe
from tests.videos import make_video
from tests.webview.conftest import browser_path
from tests.webview.large_video import Enlarged

RATE, CLIP_FRAMES = 60, 120
BATCH = 100
START_BAR_S, HEAP_BAR = 2.0, 1.2

SHOWN = """
globalThis.firstShown = null;
const look = () => {
    const canvas = document.querySelector('.video-canvas');
    const painted = globalThis.reviewer?.painted();
    if (painted?.loaded && painted.entities.length && canvas) {
        const at = [canvas.width >> 1, canvas.height >> 1, 1, 1];
        const [r, g, b] = canvas.getContext('2d').getImageData(...at).data;
        if (r + g + b > 0) {
            globalThis.firstShown = performance.now();
            return;
        }
    }
    requestAnimationFrame(look);
};
look();
"""


def report(what: str, value: str, bar: str = "", met: bool | None = None) -> None:
    verdict = "" if met is None else ("met" if met else "MISSED")
    print(f"{what:58}{value:>22}   {f'bar {bar}' if bar else '':18}{verdict}", flush=True)


def make_long(path: Path, seconds: int) -> Path:
    """A clip repeated, packet by packet: every GOP is closed, so each copy decodes by itself."""
    if path.exists():
        return path
    clip = path.with_name("clip.mp4")
    make_video(
        clip, frames=CLIP_FRAMES, size=(1920, 1080), rate=RATE, gop=60, bframes=2,
        pictures=Enlarged(CLIP_FRAMES), options={"crf": "36"},
    )  # fmt: skip
    half_made = path.with_name("half-" + path.name)
    with av.open(str(clip)) as source:
        stream = source.streams.video[0]
        packets = [p for p in source.demux(stream) if p.size]
        step = round(CLIP_FRAMES / (RATE * Fraction(stream.time_base)))
        with av.open(str(half_made), "w", options={"movflags": "+faststart"}) as target:
            out = target.add_stream_from_template(stream, opaque=True)
            for turn in range(seconds * RATE // CLIP_FRAMES):
                for packet in packets:
                    again = av.Packet(bytes(packet))
                    again.pts, again.dts = packet.pts + turn * step, packet.dts + turn * step
                    again.time_base, again.duration = packet.time_base, packet.duration
                    again.is_keyframe, again.stream = packet.is_keyframe, out
                    target.mux(again)
    clip.unlink()
    half_made.rename(path)
    return path


def make_project(folder: Path, video: Path, entities: int, keyframes: int) -> None:
    """``keyframes`` in all, over entities that are there from the first frame to the last."""
    if folder.exists():
        return
    random_numbers = np.random.default_rng(0)
    began = time.perf_counter()
    each = max(2, keyframes // entities)
    with Project.create(folder, video, {"classes": ["player"]}, author="Ada") as project:
        for base in range(0, entities, BATCH):
            with project.transaction("Import") as transaction:
                for i in range(base, min(base + BATCH, entities)):
                    player = project.add_entity("player", f"player_{i}", frame=0)
                    steps = random_numbers.choice(project.frame_count - 1, each - 1, replace=False)
                    at = np.append(0, np.sort(steps + 1))
                    boxes = random_numbers.uniform(0, 1000, (each, 4))
                    boxes[:, 2:] = 30
                    transaction.put(player.id, "box", at, boxes.round(2))
    print(f"made {folder.name} in {time.perf_counter() - began:.0f} s", flush=True)


async def open_page(launched: Browser, url: str) -> Page:
    context = await launched.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.add_init_script(SHOWN)
    await page.goto(url)
    while await page.evaluate("() => globalThis.firstShown") is None:
        await asyncio.sleep(0.02)
    return page


async def starts(url: str, times: int) -> float:
    """Median seconds of so many, each in a browser that has never been here."""
    taken = []
    for _ in range(times + 1):
        async with browser() as tab:
            await tab.before(SHOWN)
            await asyncio.sleep(1)  # it has begun by itself
            await tab.open(url)
            await tab.until("globalThis.firstShown")
            taken.append(await tab.js("firstShown") / 1000)
    return statistics.median(taken[1:])  # the first one warms the server


async def heap(session: CDPSession) -> dict[str, float]:
    """MiB in use: objects, what the page's elements hold, and the buffers of typed arrays."""
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
        await asyncio.sleep(0.3)
    usage: dict[str, Any] = await session.send("Runtime.getHeapUsage")
    names = {"usedSize": "objects", "backingStorageSize": "buffers"}
    return {name: usage.get(key, 0) / 2**20 for key, name in names.items()}


async def scrub(page: Page, seconds: float) -> int:
    """Drag over the whole video, jump, zoom the timeline, and play, as somebody looks around."""
    chance = random.Random(0)
    overview = await page.locator(".overview-area").bounding_box()
    rows = await page.locator(".timeline-rows").bounding_box()
    assert overview is not None
    assert rows is not None
    mouse, moves = page.mouse, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await mouse.move(overview["x"] + chance.random() * overview["width"], overview["y"] + 10)
        await mouse.down()
        for _ in range(6):
            x = overview["x"] + chance.random() * overview["width"]
            await mouse.move(x, overview["y"] + 10, steps=8)
            moves += 8
        await mouse.up()
        await mouse.move(rows["x"] + chance.random() * rows["width"], rows["y"] + 20)
        for _ in range(4):
            await mouse.wheel(0, chance.choice((-300, 300)))
        if chance.random() < 0.5:
            await page.keyboard.press("Space")
            await asyncio.sleep(1)
            await page.keyboard.press("Space")
        if chance.random() < 0.3:
            await page.keyboard.press("j")
    return moves


async def memory(launched: Browser, url: str, seconds: float) -> dict[str, float]:
    page = await open_page(launched, url)
    session = await page.context.new_cdp_session(page)
    before = await heap(session)
    moves = await scrub(page, seconds)
    after = await heap(session)
    await page.context.close()
    print(f"   {moves} moves; objects {before['objects']:.1f} MiB before", flush=True)
    return after


async def measure(folders: dict[str, Path], seconds: float, times: int) -> None:
    projects = {name: Project.open(folder, author="Ada") for name, folder in folders.items()}
    server = Server(list(projects.values()))
    server.start()
    link = server.url.partition("&project")[0]
    urls = {
        name: f"{link}&project={i}&frame={project.frame_count // 2}"
        for i, (name, project) in enumerate(projects.items())
    }
    try:
        taken = {name: await starts(url, times) for name, url in urls.items()}
        for name, project in projects.items():
            keyframes = project.keyframe_count()
            what = f"first painted frame, {name}, {keyframes:,} keyframes"
            barred = name == "hour"
            bar = f"{START_BAR_S:g} s" if barred else ""
            met = taken[name] < START_BAR_S if barred else None
            report(what, f"{taken[name]:.2f} s", bar, met)
        report("   hour against minute", f"{taken['hour'] / taken['minute']:.2f} x")
        async with async_playwright() as playwright:
            launched = await playwright.chromium.launch(executable_path=browser_path())
            used = {}
            for name in ("minute", "crowded hour"):
                used[name] = await memory(launched, urls[name], seconds)
                objects, buffers = used[name]["objects"], used[name]["buffers"]
                report(f"JS heap after {seconds:.0f} s of scrubbing, {name}", f"{objects:.1f} MiB")
                report("   buffers of bounded caches", f"{buffers:.1f} MiB")
            ratio = used["crowded hour"]["objects"] / used["minute"]["objects"]
            report("   hour against minute", f"{ratio:.2f} x", f"{HEAP_BAR} x", ratio <= HEAP_BAR)
            await launched.close()
    finally:
        server.stop()
        for project in projects.values():
            project.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="make the projects here, or use them again")
    parser.add_argument("--minutes", type=int, default=60, help="length of the long video")
    parser.add_argument("--entities", type=int, default=1000, help="on every frame")
    parser.add_argument("--keyframes", type=int, default=5000, help="of each in the crowded hour")
    parser.add_argument("--seconds", type=float, default=60, help="of scrubbing")
    parser.add_argument("--times", type=int, default=5, help="starts")
    parser.add_argument("--full", action="store_true", help="scrub for ten minutes")
    arguments = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as name:
        place = arguments.keep or Path(name)
        place.mkdir(parents=True, exist_ok=True)
        short = make_long(place / "minute.mp4", 60)
        long = make_long(place / f"{arguments.minutes}-minutes.mp4", arguments.minutes * 60)
        entities, most = arguments.entities, arguments.entities * arguments.keyframes
        folders = {
            "minute": (short, most // 1000), "hour": (long, most // 10),
            "crowded hour": (long, most),
        }  # fmt: skip
        made = {}
        for title, (video, keyframes) in folders.items():
            made[title] = place / f"{title.replace(' ', '-')}-{video.stem}-{entities}-{keyframes}"
            make_project(made[title], video, entities, keyframes)
        seconds = 600 if arguments.full else arguments.seconds
        asyncio.run(measure(made, seconds, arguments.times))


if __name__ == "__main__":
    main()
