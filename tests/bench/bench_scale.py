"""Figures at scale, each with its bar: `python -m tests.bench.bench_scale [--keep DIR]`.

The large project is made by writing through `Project.transaction`, in a temporary folder or in
DIR, where it is used again. It has an hour of video at 60 frames a second; each entity lives for
5,000 frames and has a box keyframe on every tenth of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from reviewer.format import engine
from reviewer.format.edit import Attributes
from reviewer.format.keyframes import Keyframes, Packed
from reviewer.format.kinds import BOX

from reviewer import Project
from tests.bench.machine import describe
from tests.format import stranger

FRAMES, LIFE, KEYFRAMES, BATCH = 216_000, 5_000, 500, 500
ROOT = Path(__file__).parents[2]


def report(what: str, value: str, bar: str, met: bool | None = None) -> None:
    verdict = "" if met is None else ("met" if met else "MISSED")
    print(f"{what:58}{value:>22}   {bar and f'bar {bar}':20}{verdict}", flush=True)


def best(action: Callable[[], object], times: int = 7) -> float:
    """Seconds of processor time of this thread, the least of several: others do not count."""
    taken = []
    for _ in range(times):
        began = time.thread_time()
        action()
        taken.append(time.thread_time() - began)
    return min(taken)


# -- evaluation ---------------------------------------------------------------------------------


def random_tracks(entities: int, frames: int, every: int) -> Packed:
    random = np.random.default_rng(0)
    parts = []
    for _ in range(entities):
        chosen = np.append(0, random.integers(0, frames, frames // every))
        at = np.unique(chosen).astype(np.int64)
        parts.append(Keyframes(at, random.random((len(at), 4)) * 1000))
    return Packed.pack(parts, BOX)


def loop(packed: Packed, frames: int) -> int:
    """Track by track and frame by frame, as annotation tools written in Python do."""
    rows = 0
    for entity in range(len(packed)):
        part = slice(packed.offsets[entity], packed.offsets[entity + 1])
        keys = packed.frames[part].tolist()
        boxes = packed.rows[part].tolist()
        shown = {}
        for i, start in enumerate(keys):
            end = keys[i + 1] if i + 1 < len(keys) else frames
            for frame in range(start, end):
                if i + 1 == len(keys):
                    shown[frame] = {"frame": frame, "points": list(boxes[i])}
                    continue
                t = (frame - start) / (end - start)
                points = [a + (b - a) * t for a, b in zip(boxes[i], boxes[i + 1], strict=True)]
                shown[frame] = {"frame": frame, "points": points}
        rows += len(shown)
    return rows


def evaluation() -> None:
    some = random_tracks(40, 2500, 10)
    loop_rate = 40 * 2500 / best(lambda: loop(some, 2500), 3)
    for entities, frames in ((1000, 5000), (50, 100_000), (1000, 256)):
        packed = random_tracks(entities, frames, 10)
        out = np.empty((entities, frames, 4))
        source = np.random.default_rng(1).random(out.shape)
        rows = entities * frames
        copied = rows / best(lambda out=out, source=source: np.copyto(out, source))
        rate = rows / best(
            lambda packed=packed, frames=frames, out=out: engine.evaluate(
                packed, BOX, 0, frames, out=out
            )
        )
        what = f"evaluate {entities:,} boxes on {frames:,} frames"
        report(f"{what}, rows/s", f"{rate / 1e6:.0f} M", "")
        in_cache = out.nbytes <= 16 << 20
        bar = "(fits the cache)" if in_cache else "at least 0.2"
        ratio = rate / copied
        met = None if in_cache else ratio >= 0.2
        report("   of np.copyto of the same bytes", f"{ratio:.2f}", bar, met)
        times = rate / loop_rate
        report("   of a Python loop per track", f"{times:,.0f} x", "at least 200", times >= 200)


# -- a large project ----------------------------------------------------------------------------


def make(folder: Path, entities: int) -> None:
    """Write the project, in transactions of some hundred entities."""
    stranger.make_folder(folder, FRAMES)
    random = np.random.default_rng(0)
    began = time.perf_counter()
    with Project.open(folder, author="Ada") as project:
        for base in range(0, entities, BATCH):
            with project.transaction("Import") as transaction:
                for i in range(base, min(base + BATCH, entities)):
                    start = int(random.integers(0, FRAMES - LIFE))
                    entity = f"player-{i * 7919 % 36:x}{i:05}"
                    transaction.set_attributes(entity, Attributes("player", f"player_{i}"))
                    rows = np.array([[1], [0]], np.int8)
                    transaction.put(entity, "presence", [start, start + LIFE - 1], rows)
                    steps = random.choice(LIFE - 1, KEYFRAMES - 1, replace=False) + 1
                    at = start + np.append(0, np.sort(steps))
                    walk = np.cumsum(random.normal(0, 2, (KEYFRAMES, 4)), axis=0)
                    boxes = walk + np.array([900, 500, 60, 120])
                    boxes[:, 2:] = np.abs(boxes[:, 2:]) + 1
                    transaction.put(entity, "box", at, boxes.round(2))
            project.flush()
    print(f"{'made it in':58}{time.perf_counter() - began:20.0f} s", flush=True)


OPEN = """
import sys, time
from reviewer import Project
calls = []
began, spent = time.perf_counter(), time.process_time()
project = Project.open(sys.argv[1], progress=lambda *progress: calls.append(progress))
spent = time.process_time() - spent
print(time.perf_counter() - began, len(calls), project.keyframe_count(), spent)
project.close()
"""


def opening(folder: Path) -> None:
    """In a new process each time: nothing is warm but the system's file cache."""
    cache = folder / ".reviewer/keyframes"
    cache.unlink(missing_ok=True)
    seconds, calls, keyframes, spent = run(OPEN, folder)
    what = f"open {int(keyframes):,} keyframes"
    report(f"{what}, without the cache", f"{seconds:.1f} s", "20 s", seconds <= 20)
    report("   of which processor time", f"{spent:.1f} s", "")
    report("   told of its progress", f"{calls:.0f} times", "a progress bar", calls >= 10)
    seconds = statistics.median(run(OPEN, folder)[0] for _ in range(3))
    report(f"{what}, with the cache", f"{seconds:.2f} s", "2 s", seconds < 2)
    report("   the cache", f"{cache.stat().st_size / 2**20:.0f} MiB", "")


def run(code: str, *arguments: object) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [float(word) for word in done.stdout.split()]


def windows(project: Project) -> None:
    """What a page asks for: the cost follows who is there, not who is in the project."""
    for frames in (1, 256):
        firsts = range(LIFE, FRAMES - LIFE, FRAMES // 20)
        rows = np.mean([len(project.evaluate(first, first + frames)) for first in firsts])
        spent = [best(lambda f=f, n=frames: project.evaluate(f, f + n), 3) for f in firsts]
        what = f"evaluate {frames} frames among {len(project.entities):,} entities"
        report(what, f"{1000 * statistics.median(spent):.2f} ms", f"({rows:,.0f} rows)")


def editing(folder: Path, small: Path) -> None:
    """One edit to its durable acknowledgement, in turns with a bare append and fsync."""
    stranger.make_folder(small, FRAMES)
    with Project.open(small, author="Ada") as little:
        entity = little.add_entity("player", "player_0")
        for frame in range(0, LIFE, LIFE // KEYFRAMES):
            entity["box"][frame] = (frame, 1, 2, 3)
    bare = os.open(small / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sync = getattr(os, "fdatasync", os.fsync)
    times: dict[str, list[float]] = {"bare": [], "large": [], "small": []}
    with Project.open(folder, author="Ada") as big, Project.open(small, author="Ada") as little:
        both = {"large": big, "small": little}
        boxes = {name: project.entity("player_0")["box"] for name, project in both.items()}
        frames = {name: boxes[name].keyframes.tolist() for name in both}
        windows(big)
        for turn in range(400):
            began = time.perf_counter()
            os.write(bare, bytes(300))
            sync(bare)
            times["bare"].append(time.perf_counter() - began)
            for name, track in boxes.items():
                frame = frames[name][turn % KEYFRAMES]
                began = time.perf_counter()
                track[frame] = (turn, time.perf_counter(), 2, 3)
                times[name].append(time.perf_counter() - began)
    os.close(bare)
    middle = {name: statistics.median(values) for name, values in times.items()}
    report("a bare append and sync", f"{1000 * middle['bare']:.3f} ms", "")
    for name in ("large", "small"):
        ratio = middle[name] / middle["bare"]
        value = f"{1000 * middle[name]:.3f} ms, {ratio:.1f} x"
        report(f"one edit acknowledged, {name} project", value, "5 x", ratio <= 5)
    apart = middle["large"] / middle["small"] - 1
    report("   large against small", f"{100 * apart:+.0f} %", "20 %", abs(apart) <= 0.2)


EXPORT = """
import re, resource, sys, time
from reviewer import Project
from reviewer.format.interchange import export_file
def peak():
    # what a process reports of itself begins with what its parent had (getrusage(2)): ask for this
    # program's own where the system knows it
    try:
        status = open("/proc/self/status").read()
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
began = time.perf_counter()
with Project.open(sys.argv[1]) as project:
    opened = peak()
    rows = export_file(project, sys.argv[2], sys.argv[3])
print(rows, opened, peak(), time.perf_counter() - began)
"""


def exporting(folder: Path, place: Path, kind: str) -> None:
    out = place / f"table.{kind}"
    rows, opened, peak, seconds = run(EXPORT, folder, out, kind)
    report(f"export {int(rows):,} rows as {kind}, peak memory", f"{peak:.0f} MiB", "500 MB",
           peak * 2**20 < 500e6)  # fmt: skip
    report("   of which once it was open", f"{opened:.0f} MiB", "")
    report("   time, size", f"{seconds:.0f} s, {out.stat().st_size / 2**30:.1f} GiB", "")
    out.unlink()


def on_disk(folder: Path) -> None:
    files = [path for path in (folder / "annotations.zarr/entities").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    blocks = sum(path.stat().st_blocks * 512 for path in files)
    entities = sum(1 for path in files if path.parent.name == "box" and path.name == "zarr.json")
    keyframes = entities * KEYFRAMES
    report(f"bytes of {len(files):,} files per keyframe", f"{size / keyframes:.1f}", "")
    report("   as blocks of the file system", f"{blocks / keyframes:.1f}", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="make the large project here, or use it again")
    parser.add_argument("--export", default="parquet", choices=("parquet", "csv", "arrow"))
    arguments = parser.parse_args()
    print(describe())
    evaluation()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        folder = arguments.keep or place / "large"
        if not folder.exists():
            make(folder, arguments.entities)
        on_disk(folder)
        opening(folder)
        editing(folder, place / "small")
        exporting(folder, place, arguments.export)
        shutil.rmtree(place / "small")


if __name__ == "__main__":
    main()
