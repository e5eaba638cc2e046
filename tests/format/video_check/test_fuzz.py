"""No file, however spoilt, crashes, hangs or eats the memory of who checks it.

The short form runs everywhere; `pytest --full` runs thousands of mutations. Each batch runs in a
process that is watched: one that crashes or stands still names the mutation, which is then put
to the isolated check, whose answer has to be a report.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from reviewer.format.video.check import check_video

from tests.format.video_check import plant
from tests.format.video_check.clips import DEMO, clip
from tests.format.video_check.mutate import mutate

ROOT = Path(__file__).parents[3]
LONGEST_S = 30.0
MOST_MEMORY_KB = 2 << 20
SHORT, FULL = 12, 400  # mutations of each file

# Seeds: cut-down real clips and made ones, a few hundred kB at most.
MADE = ["open_gop.ts", "fragmented.mp4", "bframes.avi", "vp8_altref.webm", "hevc.mp4", "av1.mp4",
        "mpeg2.mpg", "plain.flv"]  # fmt: skip
REAL = ["cars.mp4", "cars.ts", "cars.mkv", "bikes.mp4", "tud.avi", "flies.webm"]


def seed_file(name: str, video_file: Callable[[str], Path], folder: Path) -> Path:
    if name in MADE:
        return video_file(name)
    source = clip(name.partition(".")[0])
    if source is None:
        pytest.skip("REVIEWER_MATERIAL does not name the folder of real test material")
    return plant.remux(source, folder / f"seed_{name}", lambda pieces: pieces[:75])


@pytest.mark.parametrize("name", [*REAL, *MADE])
def test_mutated_files_are_answered(
    name: str, video_file: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    mutations = FULL if request.config.getoption("--full", default=False) else SHORT
    seed = seed_file(name, video_file, tmp_path)
    first, outcomes, slowest, peak = 0, Counter[str](), 0.0, 0
    while first < mutations:
        for line in run_batch(seed, first, mutations, tmp_path):
            if "outcome" in line:
                outcomes[line["outcome"]] += 1
                slowest = max(slowest, line["seconds"])
                peak = max(peak, line["peak_kb"])
                first = line["seed"] + 1
            elif "died" in line:
                # Not even then may whoever called be harmed, or wait for ever.
                path = tmp_path / f"killer{seed.suffix}"
                path.write_bytes(mutate(seed.read_bytes(), first))
                report = check_video(path)
                assert not report.complete
                assert report.findings
                outcomes[f"process {line['died']}"] += 1
                first += 1
    print(f"{name}: {dict(outcomes)}, slowest {slowest:.1f} s, peak {peak >> 10} MB")
    assert sum(outcomes.values()) == mutations
    assert slowest <= LONGEST_S
    assert peak <= MOST_MEMORY_KB
    assert not any(word.startswith("refused") for word in outcomes)
    assert outcomes["process crashed"] + outcomes["process hung"] <= mutations // 100


def run_batch(seed: Path, first: int, last: int, folder: Path):
    """Lines of the worker as they come; at its untimely end one that says how it died."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-m", "tests.format.video_check.fuzz_worker"]
    process = subprocess.Popen(
        [*command, str(seed), str(first), str(last), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                line = lines.get(timeout=LONGEST_S + 5)
            except queue.Empty:
                yield {"died": "hung"}
                return
            if not line:
                break
            yield json.loads(line)
        if process.wait():
            complaint = process.stderr.read()
            # An exception is a defect of ours; a signal one of the decoder's.
            assert process.returncode < 0, complaint
            yield {"died": "crashed"}
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("data", [b"", b"\0", b"not a video", bytes(5000), b"\xff" * 5000,
                                  b"\0\0\0\x18ftypmp42" + bytes(3000), b"RIFF\xff\xff\xff\xffAVI ",
                                  b"\x1a\x45\xdf\xa3" + b"\xff" * 400])  # fmt: skip
def test_garbage_is_unreadable(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "garbage.mp4"
    path.write_bytes(data)
    report = check_video(path, isolated=False)
    assert not report.readable
    assert {finding.code for finding in report.findings} & {"unreadable", "missing-moov"}


def test_file_that_vanishes_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "going.mp4"
    path.write_bytes(DEMO.read_bytes())

    def vanish(done: int, total: int | None) -> None:
        path.unlink(missing_ok=True)

    report = check_video(path, progress=vanish)
    assert report.complete or report.findings


def test_file_that_is_cut_off_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "shrinking.mp4"
    path.write_bytes(DEMO.read_bytes())

    def shrink(done: int, total: int | None) -> None:
        with path.open("r+b") as file:
            file.truncate(100_000)

    report = check_video(path, progress=shrink)
    assert report.findings
