"""Indexing and random access, each measured beside what it is held to.

- the index of a long 1080p file, against a loop that only demuxes with PyAV
- ``video[i]`` at random, against OpenCV's and torchcodec's exact seek, where they are installed
- scrubbing backwards by single frames through GOPs of 250 frames

The frame number burnt into the pictures tells who shows the wrong frame. What the page does with
long files is in bench_long_video.py. Run it on a quiet machine:

    python -m tests.bench.bench_video            # --minutes 2 for a quick look
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from reviewer.format.video import Video, VideoIndex

from tests.bench.machine import describe
from tests.long_video import repeat_video
from tests.videos import read_number
from tests.webview.large_video import make_1080p

Reader = Callable[[int], np.ndarray]
ROUNDS = 5
# So small that no seek is answered from memory.
SMALL_CACHE_BYTES = 1 << 20


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def verdict(good: bool) -> str:
    return "ok" if good else "MISSED"


def demux(path: Path) -> int:
    """What nobody who reads all packets can do without."""
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(container.streams.video[0]) if packet.size)


def bench_index(path: Path) -> None:
    index = VideoIndex.build(path)  # warms the disk's cache
    packets, megabytes = len(index.packet_size), path.stat().st_size / 1e6
    ours, bare = [], []
    for _ in range(ROUNDS):  # in turns: a busy moment of the machine hits both
        bare.append(seconds(lambda: demux(path)))
        ours.append(seconds(lambda: VideoIndex.build(path)))
    print(f"index of {path.name}: {packets:,} packets, {megabytes:,.0f} MB")
    for name, times in (("bare PyAV loop", bare), ("our index", ours)):
        best = min(times)
        print(f"  {name:16} {best:6.2f} s  {packets / best:10,.0f} packets/s"
              f"  {megabytes / best:8,.0f} MB/s")  # fmt: skip
    share = statistics.median(b / o for b, o in zip(bare, ours, strict=True))
    print(f"  {share:.2f} of the bare loop's speed (bar: at least 0.7)  {verdict(share >= 0.7)}")


def opencv_reader(path: Path) -> Reader | None:
    try:
        import cv2
    except ImportError:
        return None
    capture = cv2.VideoCapture(str(path))

    def read(frame: int) -> np.ndarray:
        capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
        came, picture = capture.read()
        return picture if came else np.zeros((9, 16, 3), np.uint8)

    return read


def torchcodec_reader(path: Path) -> Reader | None:
    try:
        from torchcodec.decoders import VideoDecoder
    except (ImportError, OSError, RuntimeError):
        return None
    decoder = VideoDecoder(str(path), seek_mode="exact", dimension_order="NHWC")
    return lambda frame: decoder[frame].numpy()


def bench_random(path: Path, frames: int, seeks: int) -> None:
    video = Video(path, cache_bytes=SMALL_CACHE_BYTES)
    readers: dict[str, Reader] = {"video[i]": video.__getitem__}
    for name, make in (("opencv", opencv_reader), ("torchcodec", torchcodec_reader)):
        reader = make(path)
        if reader is None:
            print(f"  {name} is not installed here")
        else:
            readers[name] = reader
    times: dict[str, list[float]] = {name: [] for name in readers}
    wrong = dict.fromkeys(readers, 0)
    chooser = random.Random(7)
    print(f"random access in {path.name}, {seeks} seeks")
    for reader in readers.values():
        reader(0)
    for _ in range(seeks):
        frame = chooser.randrange(frames)
        for name, reader in readers.items():
            start = time.perf_counter()
            picture = reader(frame)
            times[name].append(time.perf_counter() - start)
            wrong[name] += read_number(picture) != frame
    for name, taken in times.items():
        print(
            f"  {name:16} median {1e3 * statistics.median(taken):6.0f} ms   "
            f"mean {1e3 * statistics.mean(taken):6.0f} ms   wrong {wrong[name]}/{seeks}"
        )
    video.close()
    others = [sum(taken) for name, taken in times.items() if name != "video[i]"]
    if others:
        ratio = sum(times["video[i]"]) / min(others)
        good = ratio <= 1 and wrong["video[i]"] == 0
        print(f"  takes {ratio:.2f} of the faster other's time (bar: at most 1, none wrong)  "
              f"{verdict(good)}")  # fmt: skip


def bench_backwards(path: Path, frames: int) -> None:
    with Video(path) as video:
        video[frames - 1]
        slowest, wrong = 0.0, 0
        start = time.perf_counter()
        for frame in range(frames - 2, -1, -1):
            begun = time.perf_counter()
            picture = video[frame]
            slowest = max(slowest, time.perf_counter() - begun)
            wrong += read_number(picture) != frame
        rate = (frames - 1) / (time.perf_counter() - start)
    print(f"backwards frame by frame through {path.name}")
    print(f"  video[i]         {rate:6.0f} frames/s (bar: at least 50)  {verdict(rate >= 50)}   "
          f"slowest step {1e3 * slowest:.0f} ms   wrong {wrong}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60, help="length of the long file")
    parser.add_argument("--seeks", type=int, default=40)
    parser.add_argument("--frames", type=int, default=750)
    parser.add_argument("--folder", type=Path, help="where the test videos are kept")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.gettempdir()) / "reviewer-bench"
    folder.mkdir(exist_ok=True)
    print(describe())
    short = make_1080p(folder / "1080p-60-gop30.mp4", 60, 30)
    for suffix in (".mp4", ".mkv", ".ts"):
        name = f"1080p-{arguments.minutes}min{suffix}"
        bench_index(repeat_video(short, folder / name, 30 * arguments.minutes))
    for gop in (250, 30):
        path = make_1080p(folder / f"1080p-{arguments.frames}-gop{gop}.mp4", arguments.frames, gop)
        bench_random(path, arguments.frames, arguments.seeks)
        if gop == 250:
            bench_backwards(path, min(500, arguments.frames))


if __name__ == "__main__":
    main()
