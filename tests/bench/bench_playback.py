"""Playback of 1080p at 30 frames a second with many shapes that all move, in the whole page.

A frame is late when it came to the screen more than a frame's time after it was due, or never.
When it was due is reckoned from the frame that came earliest against the file's times, to within
the millisecond that rounding takes. Each painter plays the same stretch; `video` is the same page
without any shape, and polygons have all the names that find a place.
Run: python -m tests.bench.bench_playback [--counts 1000 10000] [--seconds 10]
"""

from __future__ import annotations

import argparse
import asyncio
import math
import shutil
import tempfile
from pathlib import Path

from reviewer.format.kinds import BOX, POLYGON
from reviewer.webview.server import Server

from reviewer import Project
from tests.bench.devtools import Tab, browser
from tests.bench.machine import describe
from tests.webview.large_video import make_1080p

HERE = Path(__file__).resolve().parent
RATE = 30
GOP = 30
CORNERS = 12
GRAIN_MS = 1  # repaints come every 16.7 ms, and two of them are not late by a rounding

RECORD = """async (seconds) => {
  const shown = new Map();
  let going = true;
  const look = (now) => {
    if (!shown.has(reviewer.frame)) shown.set(reviewer.frame, now);
    if (going) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  await new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });
  going = false;
  return { shown: [...shown], playing: reviewer.playing };
}"""


def make_project(folder: Path, video: Path, kind: str, count: int) -> Project:
    """``count`` entities, each with a keyframe at the start, in the middle and at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    ontology = {"classes": [{"name": "object", "geometry": ["box", "polygon"]}]}
    project = Project.create(folder, video, ontology)
    last = project.frame_count - 1
    with project.transaction("fill") as transaction:
        for i in range(count):
            entity = project.add_entity("object", f"player_{i}", frame=0)
            frames = [0, last // 2, last]
            places = [((i * 7919 + 97 * k) % 1800, (i * 104729 + 61 * k) % 950) for k in range(3)]
            size = 40 + (i * 31) % 80, 80 + (i * 17) % 120
            if kind == "boxes":
                rows = BOX.empty_rows(3)
                rows[:] = [(x, y, *size) for x, y in places]
                transaction.put(entity.id, "box", frames, rows)
            else:
                rows = POLYGON.empty_rows(3)
                rows[:, 0] = [star(x, y, *size) for x, y in places]
                transaction.put(entity.id, "polygon", frames, rows)
    project.close()  # all is in the store: nothing is written while the page plays
    return Project.open(folder)


def star(x: float, y: float, width: float, height: float) -> str:
    ring = []
    for k in range(CORNERS):
        turn, reach = 2 * math.pi * k / CORNERS, 0.32 if k % 2 else 0.5
        ring.append((x + width * (0.5 + reach * math.cos(turn)),
                     y + height * (0.5 + reach * math.sin(turn))))  # fmt: skip
    return f"POLYGON (({', '.join(f'{a} {b}' for a, b in [*ring, ring[0]])}))"


async def play(tab: Tab, url: str, painter: str, seconds: float, names: bool) -> dict[str, float]:
    await tab.open(url.replace("/#", f"/?painter={painter}#", 1))
    await tab.until("globalThis.reviewer?.painted().loaded && reviewer.backend")
    await asyncio.sleep(1.5)  # decoders and windows ahead are warm, as after a moment's work
    await tab.js("document.querySelector('.stage').focus()")
    if names:
        await tab.key("n")
    await tab.key(" ", "Space")
    await tab.until("reviewer.playing && reviewer.frame > 5")
    result = await tab.js(f"({RECORD})({seconds})")
    await tab.key(" ", "Space")
    shown = dict(result["shown"])
    first, last = min(shown), max(shown)
    period = 1000 / RATE
    start = min(at - (frame - first) * period for frame, at in shown.items())
    behind = [at - start - (frame - first) * period for frame, at in shown.items()]
    missed = last - first + 1 - len(shown)
    late = missed + sum(delay > period + GRAIN_MS for delay in behind)
    due = max(last - first + 1, 1)
    return {
        "late": 100 * late / due,
        "missed": 100 * missed / due,
        "rate": (last - first) / seconds,
        "behind": sorted(behind)[len(behind) * 95 // 100],
    }


async def measure(arguments: argparse.Namespace, folder: Path, video: Path) -> None:
    runs = [("video", 0), *((k, n) for k in arguments.kinds for n in arguments.counts)]
    async with browser(size=(1920, 1080)) as tab:
        for kind, count in runs:
            with make_project(folder / "project", video, kind, count) as project:
                server = Server([project])
                server.start()
                try:
                    for painter in arguments.painters if count else ["software"]:
                        names = kind == "polygons"
                        row = await play(tab, server.url, painter, arguments.seconds, names)
                        print(
                            f"{kind}:{count:<{14 - len(kind)}} {painter:9} {row['late']:7.1f} "
                            f"{row['missed']:13.1f} {row['rate']:10.1f} {row['behind']:15.0f}",
                            flush=True,
                        )
                finally:
                    server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="*", default=[1000])
    parser.add_argument("--kinds", nargs="*", default=["boxes", "polygons"])
    parser.add_argument("--painters", nargs="*", default=["software", "webgl"])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--folder", type=Path, help="where the test videos are kept")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.gettempdir()) / "reviewer-bench"
    folder.mkdir(exist_ok=True)
    frames = int(RATE * (arguments.seconds + 6))
    video = make_1080p(folder / f"playback-{frames}.mp4", frames, GOP)
    print(describe())
    print("shapes          painter    late %  never shown %  frames/s  95% at most ms behind")
    asyncio.run(measure(arguments, folder, video))


if __name__ == "__main__":
    main()
