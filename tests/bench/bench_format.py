"""Opening a large project, evaluating it, editing it: figures with the bar beside each.

What an edit costs from the page is in bench_edit.py. Run it on a quiet machine:

    python -m tests.bench.bench_format
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from reviewer.format import Attributes, engine
from reviewer.format.kinds import BOX

from reviewer import Project
from tests.bench.machine import describe
from tests.format import stranger

ENTITIES = 1000
KEYFRAMES = 500_000
FRAMES = 20_000
WINDOW = 256
RECORD_BYTES = 300  # about what one box keyframe takes in the journal
PAUSE_S = 0.03  # people do not edit faster


def make(folder: Path) -> Path:
    """1,000 entities, 500,000 keyframes: 480 boxes, 16 poses and 4 of presence each."""
    random = np.random.default_rng(1)
    stranger.make_folder(folder, FRAMES)
    with Project.open(folder) as project, project.transaction("make") as transaction:
        for number in range(ENTITIES):
            entity = f"player-{number:04}"
            transaction.set_attributes(entity, Attributes("player", f"player_{number}"))
            for name, count in (("box", 480), ("pose", 16), ("presence", 4)):
                frames = np.sort(random.choice(FRAMES, count, replace=False)).astype(np.int64)
                if name == "box":
                    rows = np.round(np.abs(random.normal(500, 300, (count, 4))), 2)
                elif name == "pose":
                    rows = random.choice([0, 1, 7], (count, 1))
                else:
                    frames[0], rows = 0, np.array([[1], [2], [1], [1]])
                transaction.put(entity, name, frames, rows)
    return folder


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(what: str, value: str, bar: str, reached: bool | None) -> None:
    verdict = {True: "reached", False: "MISSED", None: ""}[reached]
    print(f"{what:<58}{value:>16}   {bar:<16}{verdict}")


def bench_opening(folder: Path, rounds: int) -> None:
    cache = folder / ".reviewer" / "keyframes"
    without, warm = [], []
    for _ in range(rounds):
        cache.unlink(missing_ok=True)
        without.append(open_once(folder))
        assert cache.exists()
        warm.append(open_once(folder))
    for what, times, bar in (("with", warm, 1.0), ("without", without, 4.0)):
        median = float(np.median(times))
        name = f"open {ENTITIES:,} entities, {KEYFRAMES:,} keyframes, {what} cache"
        report(name, f"{median:.3f} s", f"< {bar:.0f} s", median < bar)


def open_once(folder: Path) -> float:
    opened: list[Project] = []
    took = seconds(lambda: opened.append(Project.open(folder)))
    with opened[0] as project:
        assert project.warnings == []
        assert project.keyframe_count() == KEYFRAMES
    return took


def bench_evaluating(folder: Path, rounds: int) -> None:
    random = np.random.default_rng(2)
    with Project.open(folder) as project:
        state = project._core.state
        table, numbers = state.tables["box", BOX], state.live
        out = np.empty((ENTITIES, WINDOW, 4))
        other = np.empty_like(out)
        copies, engines, whole, rows = [], [], [], 0
        for _ in range(rounds):
            first = int(random.integers(0, FRAMES - WINDOW))
            stop = first + WINDOW
            packed = table.window(numbers, first, stop)
            engines.append(seconds(lambda p=packed, f=first, s=stop: evaluate_into(p, f, s, out)))
            copies.append(seconds(lambda: np.copyto(other, out)))
            whole.append(seconds(lambda f=first, s=stop: project.evaluate(f, s)))
            rows = len(project.evaluate(first, stop))
    copy, alone, everything = (float(np.median(times)) for times in (copies, engines, whole))
    what = f"{ENTITIES:,} entities over {WINDOW} frames"
    report(f"np.copyto of the boxes of {what}", f"{1000 * copy:.2f} ms", "", None)
    speed = copy / alone
    value = f"{1000 * alone:.2f} ms {speed:.2f}x"
    report("  the engine, of its speed", value, ">= 0.1x", speed >= 0.1)
    value = f"{1000 * everything:.2f} ms {copy / everything:.3f}x"
    report(f"  Project.evaluate, a table of {rows:,} rows", value, "", None)


def evaluate_into(packed: object, first: int, stop: int, out: np.ndarray) -> None:
    engine.evaluate(packed, BOX, first, stop, out=out)  # type: ignore[arg-type]


def bench_editing(folder: Path, rounds: int) -> None:
    """A keyframe in this large project against a bare append and fsync, in turns."""
    bare, edits = [], []
    path = folder / ".reviewer" / "bare"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Project.open(folder) as project:
        project.subscribe(lambda change: None)
        track = project.entity("player_5")["box"]
        for number in range(rounds):
            time.sleep(PAUSE_S)
            bare.append(seconds(lambda: append(file)))
            time.sleep(PAUSE_S)
            row = (number, 1, 30, 40)
            edits.append(seconds(lambda n=number, r=row: track.__setitem__(n, r)))
    os.close(file)
    path.unlink()
    base, edit = float(np.median(bare)), float(np.median(edits))
    report("a bare append and fsync", f"{1000 * base:.3f} ms", "", None)
    value = f"{1000 * edit:.3f} ms {edit / base:.1f}x"
    report("  an edit in this project, durable", value, "<= 5x", edit / base <= 5)


def append(file: int) -> None:
    os.write(file, b"x" * RECORD_BYTES)
    os.fsync(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many openings")
    rounds = parser.parse_args().rounds
    print(describe())
    with tempfile.TemporaryDirectory() as name:
        folder = make(Path(name) / "large")
        bench_opening(folder, rounds)
        bench_evaluating(folder, 12 * rounds)
        bench_editing(folder, 40 * rounds)


if __name__ == "__main__":
    main()
