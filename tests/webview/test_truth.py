"""One frame, three ways: the page's canvas, ``video[i]``, and a plain decoder that decodes all.

They show the same picture, or all of them say that the frame is damaged. The reference knows
nothing of our index: it decodes a file from start to end and tells frames apart by their times, or
by their order where the file has no times worth the name.
"""

from __future__ import annotations

import base64
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright
from reviewer.format.errors import VideoError
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.check import Flag, Report, check_video
from reviewer.format.video_findings import Findings

from tests.conftest import VARIANTS
from tests.format.video.reference import checksum
from tests.format.video.test_exactness import MATERIAL
from tests.format.video_check import plant
from tests.webview.picture_server import PictureServer

VideoFile = Callable[[str], Path]
WIDTH, HEIGHT = 96, 54
# A frame of a picture that is marked is left out of comparing: the mark lies on it.
MARGIN = 10
DAMAGED = int(Flag.DAMAGED)
# Mean of 0 to 255. Most are below 1; browsers bend the colours of 10-bit pictures.
LARGEST_DISTANCE = 6


# What tells a frame from others: its pts, or its place in the order, and how many came before with
# the same.
Key = tuple[int, int]


def count_up(values: Iterable[int]) -> Iterator[Key]:
    """Each value with how often it came before."""
    seen: Counter[int] = Counter()
    for value in values:
        yield value, seen[value]
        seen[value] += 1


@dataclass
class Reference:
    """What a plain decoder gives."""

    key: list[Key]
    checksums: dict[Key, int] = field(default_factory=dict)
    small: dict[Key, np.ndarray] = field(default_factory=dict)


def shrink(rgb: np.ndarray, turns: int) -> np.ndarray:
    """Means of the same cells as thumbnail() in frame_source_check.js, of an upright picture."""
    cells = np.rot90(rgb, -turns).astype(np.float64)
    for axis, wanted in ((0, HEIGHT), (1, WIDTH)):
        have = cells.shape[axis]
        edges = -(-np.arange(wanted) * have // wanted)
        counts = np.diff(edges, append=have).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        cells = np.add.reduceat(cells, edges, axis=axis) / counts
    return cells.astype(np.float32)


def decode_plainly(path: Path, index: VideoIndex) -> Reference:
    """From start to end, one packet after the other."""
    by_order = index.by_output
    # As the file has them: the index sets equal ones apart.
    stamps = range(index.frame_count) if by_order else index.packet_pts[index.frame_position]
    found = Reference(list(count_up(int(stamp) for stamp in stamps)))
    times: Counter[int] = Counter()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        came = 0
        packets = iter(container.demux(stream))
        while True:
            try:
                packet = next(packets, None)
                frames = stream.codec_context.decode(packet if packet and packet.size else None)
            except av.error.EOFError:
                break
            except av.error.FFmpegError:
                continue
            for frame in frames:
                stamp = came if by_order else frame.pts
                came += 1
                if stamp is None:
                    continue
                key = (stamp, times[stamp])
                times[stamp] += 1
                rgb = frame.to_ndarray(format="rgb24")
                found.checksums[key] = checksum(rgb)
                found.small[key] = shrink(rgb, index.rotation // 90)
            if packet is None or not packet.size:
                break
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[PictureServer]:
    with PictureServer({}, {"check": Path(__file__).resolve().parent}) as server:
        yield server
        for video in server.videos.values():
            video.close()


@pytest.fixture(scope="module")
def page(server: PictureServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.goto(server.url)
        page.evaluate("import('/check/frame_source_check.js').then((c) => { window.check = c })")
        yield page
        browser.close()


def distance(pixels: np.ndarray, wanted: np.ndarray) -> float:
    """Mean difference of two small pictures, 0 to 255, but for what colour conversion explains.

    Where a file does not say by which matrix its colours were made, browsers and swscale guess
    differently: that is a linear map of colours, the same everywhere in the picture.
    """
    one = pixels[MARGIN:-MARGIN, MARGIN:-MARGIN].reshape(-1, 3)
    other = wanted[MARGIN:-MARGIN, MARGIN:-MARGIN].reshape(-1, 3)
    known = np.column_stack([other, np.ones(len(other), np.float32)])
    mapped, *_ = np.linalg.lstsq(known, one, rcond=None)
    return float(np.abs(known @ mapped - one).mean())


class Truth:
    """Holds page and ``video[i]`` to the reference."""

    def __init__(self, path: Path, page: Page, server: PictureServer) -> None:
        self.path = path
        self.report: Report = check_video(path, isolated=False)
        self.video = Video(path)
        self.reference = decode_plainly(path, self.video.index)
        flags = self.report.frame_flags()
        assert len(flags) == len(self.video)
        self.damaged = set(np.flatnonzero(flags & DAMAGED).tolist())
        name = f"truth-{len(server.videos)}"
        server.videos[name] = self.video
        server.findings[name] = {"checked": True, **Findings(self.report).to_json()}
        page.evaluate("(name) => check.open(name)", name)
        self.page = page

    def frames(self, few: int) -> list[int]:
        """Frames to look at: scattered, and on both edges of each damaged stretch."""
        count = len(self.video)
        random = np.random.default_rng(count)
        chosen = set(random.integers(0, count, few).tolist()) | {0, count - 1}
        edges = [f for f in self.damaged if not {f - 1, f + 1} <= self.damaged]
        for edge in sorted(edges)[: 2 * few]:
            chosen |= {f for f in (edge - 1, edge, edge + 1) if 0 <= f < count}
        some = np.array(sorted(chosen))
        random.shuffle(some)
        return some.tolist()

    def check(self, frames: list[int]) -> dict[str, int]:
        """Compare; returns how many frames were whole, damaged, and lost."""
        looked: list[dict[str, Any]] = self.page.evaluate(
            "([f, w, h]) => check.look(f, w, h)", [frames, WIDTH, HEIGHT]
        )
        told = {"whole": 0, "damaged": 0, "lost": 0}
        for seen in looked:
            seen["picture"] = np.frombuffer(base64.b64decode(seen["picture"]), "<f4")
        for frame, seen in zip(frames, looked, strict=True):
            assert seen["frame"] == frame, seen["status"]
            told[self._compare(frame, seen)] += 1
        return told

    def _compare(self, frame: int, seen: dict[str, Any]) -> str:
        key = self.reference.key[frame]
        page_says = f"Frame {frame} is damaged" in seen["status"]
        try:
            rgb = self.video[frame]
        except VideoError:
            assert frame in self.damaged, f"frame {frame} gives no picture, and no check says so"
            assert key not in self.reference.checksums, f"a plain decoder decodes frame {frame}"
            assert page_says, f"the page hides that frame {frame} is lost: {seen['status']}"
            assert "what is left" not in seen["status"]
            return "lost"
        turns = self.video.index.rotation // 90
        if frame in self.damaged:
            assert page_says, f"the page hides that {frame} is damaged: {seen['status']}"
        else:
            assert not page_says, f"the page finds fault with frame {frame}: {seen['status']}"
            assert key in self.reference.checksums, f"a plain decoder does not decode {frame}"
        if key in self.reference.checksums:
            mine = checksum(np.rot90(rgb, turns))
            # How a decoder patches up a damaged key depends on what it decoded before.
            assert frame in self.damaged or mine == self.reference.checksums[key], (
                f"video[{frame}] is another picture"
            )
        if frame in self.damaged:
            # Both show what could be saved; how it is patched up can differ from time to time.
            assert np.std(seen["picture"]) > 5, f"the page shows nothing of frame {frame}"
            return "damaged"
        self._compare_page(frame, seen, shrink(rgb, 0))
        return "whole"

    def _compare_page(self, frame: int, seen: dict[str, Any], wanted: np.ndarray) -> None:
        pixels = seen["picture"].reshape(HEIGHT, WIDTH, 4)[..., :3]
        own = distance(pixels, wanted)
        assert own < LARGEST_DISTANCE, (
            f"the page shows something else as frame {frame}: off by {own:.1f}"
        )
        for other in (frame - 1, frame + 1):
            key = self.reference.key[other] if 0 <= other < len(self.video) else None
            small = self.reference.small.get(key) if key is not None else None
            if small is not None:
                # In a scene at rest neighbours cannot be told apart.
                apart = distance(pixels, small)
                assert own <= apart + 0.15, f"frame {frame} in the page looks like {other}"


@pytest.fixture
def truth(page: Page, server: PictureServer) -> Callable[[Path], Truth]:
    return lambda path: Truth(path, page, server)


# The kinds that break players, one or two of each; the whole list runs with --full.
KINDS = [
    "plain.mp4",  # B-frames, negative decoding times
    "open_gop.mkv",
    "open_gop.ts",
    "intra_refresh.mp4",
    "fragmented.mp4",
    "edit_list.mp4",
    "variable_rate.mp4",
    "ntsc.ts",  # 29.97
    "rotated_90.mp4",
    "hevc.mp4",
    "vp9_altref.webm",
    "av1.mp4",
    "mpeg4.mp4",
    "mpeg4.avi",
    "motion_jpeg.avi",
    "ten_bits.mp4",
    "interlaced.mp4",
]


@pytest.mark.parametrize("name", VARIANTS)
def test_healthy_videos(
    name: str, video_file: VideoFile, truth: Callable[[Path], Truth], request: Any
) -> None:
    full = request.config.getoption("--full")
    if name not in KINDS and not full:
        pytest.skip("in the long run only")
    one = truth(video_file(name))
    assert one.damaged == set()
    told = one.check(one.frames(60 if full else 6))
    assert told["damaged"] == told["lost"] == 0


@pytest.mark.parametrize("name", MATERIAL)
def test_real_videos(
    name: str, material: Path, truth: Callable[[Path], Truth], request: Any
) -> None:
    full = request.config.getoption("--full")
    if not full and "odd/" not in name:
        pytest.skip("in the long run only")
    one = truth(material / name)
    told = one.check(one.frames(40 if full else 4))
    assert told["lost"] == 0
    assert told["damaged"] == len(one.damaged) == 0


def reference_packet(path: Path) -> int:
    """A packet in the second half of the file that begins no GOP, if there are such."""
    index = VideoIndex.build(path)
    keys = set(index.start_position.tolist())
    packets = len(index.packet_size)
    half = packets * 11 // 20
    return next((at for at in range(half, packets) if at not in keys), half)


def key_packet(path: Path) -> int:
    """The last key but one, or the last."""
    starts = VideoIndex.build(path).start_position.tolist()
    return int(starts[-2] if len(starts) > 2 else starts[-1])


DAMAGES: dict[str, Callable[[Path], plant.Damage]] = {
    "bytes of a key changed": lambda path: plant.flip(key_packet(path), seed=2),
    "bytes of a picture changed": lambda path: plant.flip(reference_packet(path), seed=1),
    "a picture zeroed": lambda path: plant.zero(reference_packet(path)),
    "a key zeroed": lambda path: plant.zero(key_packet(path)),
    "a picture dropped": lambda path: plant.drop(reference_packet(path)),
    "a key dropped": lambda path: plant.drop(key_packet(path)),
    "a picture twice": lambda path: plant.duplicate(reference_packet(path)),
}
BREAKABLE = {
    "plain.mp4": ".mp4",
    "no_bframes.mp4": ".mkv",
    "open_gop.mkv": ".mkv",
    "open_gop.ts": ".ts",
    "intra_refresh.mp4": ".mp4",
    "long_gop.mp4": ".mp4",
    "variable_rate.mp4": ".mkv",
    "interlaced.mp4": ".mp4",
    "ten_bits.mp4": ".mp4",
    "hevc.mp4": ".mp4",
    "vp9_altref.webm": ".webm",
    "av1.mp4": ".mkv",
    "mpeg4.mp4": ".mkv",
    "mpeg2.ts": ".ts",
    "motion_jpeg.avi": ".avi",
}
ALWAYS = {
    ("plain.mp4", "bytes of a key changed"),
    ("plain.mp4", "a picture zeroed"),
    ("open_gop.ts", "a picture dropped"),
    ("open_gop.mkv", "a key zeroed"),
    ("hevc.mp4", "a picture zeroed"),
    ("vp9_altref.webm", "a picture zeroed"),
    ("mpeg4.mp4", "bytes of a picture changed"),
    ("no_bframes.mp4", "a picture twice"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", BREAKABLE)
def test_damaged_videos(
    name: str,
    damage: str,
    video_file: VideoFile,
    tmp_path: Path,
    truth: Callable[[Path], Truth],
    request: Any,
) -> None:
    full = request.config.getoption("--full")
    if (name, damage) not in ALWAYS and not full:
        pytest.skip("in the long run only")
    source = video_file(name)
    path = tmp_path / f"damaged{BREAKABLE[name]}"
    try:
        plant.remux(source, path, DAMAGES[damage](source))
    except av.error.FFmpegError:
        pytest.skip("this container cannot hold that")
    one = truth(path)
    frames = one.frames(40 if full else 6)
    told = one.check(frames)
    # Where there is but one place to begin at, nothing comes out right that began badly.
    ruined = " key" in damage and key_packet(source) == 0
    assert told["whole"] > 0 or ruined, "nothing is left of it"
    if not full:
        return
    # And back again, as somebody does who looks where it begins.
    assert one.check(frames[::-1]) == told
