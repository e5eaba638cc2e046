"""Damage planted at known places in real clips, against what the check finds.

The truth is taken from pictures: every frame of the damaged file is compared with the picture of
the intact clip that belongs there. What is found has to cover all frames that differ, and may be
at most a GOP wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from reviewer.format.video import VideoIndex
from reviewer.format.video.check import Flag, Report, Severity, check_video

from tests.format.video_check import plant
from tests.format.video_check.clips import (
    Clip,
    clip,
    describe,
    differing,
    intact_pictures,
    pictures,
)

DAMAGE = int(Flag.DAMAGED | Flag.SUSPECT | Flag.CONCEALED)
Rows = list[tuple[str, ...]]


@dataclass
class Planted:
    """A damaged file, what was planted, and what was found."""

    path: Path
    at: int  # packet
    frame: int  # that it would have been
    report: Report


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[Rows]:
    """What was planted and found, printed when all is done."""
    table: Rows = [("clip", "planted", "at frame", "found", "frames found", "frames that differ")]
    yield table
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print()
        for row in table:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def spans(report: Report, code: str) -> list[tuple[int, int]]:
    found = report.of(code)
    return [] if found is None else [(span.first, span.stop) for span in found.spans]


def short(ranges: list[tuple[int, int]]) -> str:
    words = [f"{first}-{stop - 1}" if stop > first + 1 else f"{first}" for first, stop in ranges]
    return ", ".join(words[:3]) + (" ..." if len(words) > 3 else "")


def runs(frames: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for frame in sorted(frames):
        if found and found[-1][1] == frame:
            found[-1] = (found[-1][0], frame + 1)
        else:
            found.append((frame, frame + 1))
    return found


def gop_frames(known: Clip, at: int) -> int:
    """Frames of the GOP a packet lies in."""
    edges = [*known.starts.tolist(), len(known.kinds)]
    return next(b - a for a, b in pairwise(edges) if a <= at < b)


def findings_worth(report: Report) -> str:
    return ", ".join(f.code for f in report.findings if f.severity is not Severity.NOTE)


def check_damage(
    planted: Planted, known: Clip, shown: list, original: list, rows: Rows, name: str, what: str
) -> None:
    """Hold the frames found damaged to those that differ."""
    differ = differing(shown, original)
    found = set(np.flatnonzero(planted.report.frame_flags() & DAMAGE).tolist())
    rows.append(
        (
            name, what, str(planted.frame), findings_worth(planted.report),
            short(runs(found)), short(runs(differ)),
        )
    )  # fmt: skip
    assert differ <= found, f"unseen: {runs(differ - found)}"
    wide = gop_frames(known, planted.at)
    assert len(found - differ) <= wide, f"too wide: {runs(found - differ)}"
    if found:
        first_gop = known.frame[known.starts[known.starts <= planted.at][-1]]
        assert min(found) >= first_gop - wide


H264 = ["cars.mp4", "cars.ts", "bikes.mp4", "bikes.mkv", "bikes.ts", "nasa.mkv", "run.mp4"]
MPEG4 = ["tud.mp4", "bag.avi", "driving.mkv"]
VPX = ["opossum.webm", "flies.webm"]


def source_of(case: str) -> Path:
    path = clip(case.partition(".")[0])
    if path is None:
        pytest.skip("REVIEWER_MATERIAL does not name the folder of real test material")
    return path


def make(
    case: str, tmp_path: Path, damage: plant.Damage, at: int, known: Clip, quick: bool = False
) -> Planted:
    target = plant.remux(source_of(case), tmp_path / case, damage)
    report = check_video(target, quick=quick, isolated=False)
    return Planted(target, at, int(known.frame[at]), report)


def without(original: list, frames: list[int]) -> list:
    return [picture for number, picture in enumerate(original) if number not in frames]


KINDS = {
    "reference P dropped": "P",
    "key frame dropped": "I",
    "disposable B dropped": "b",
}


def position_of(known: Clip, kind: str) -> int | None:
    """A packet of a kind in the middle of the clip; of the last GOP but one if it is a key."""
    if kind == "I":
        return int(known.starts[len(known.starts) // 2]) if len(known.starts) > 1 else None
    total = len(known.kinds)
    try:
        return known.nth(kind, total // 3)
    except StopIteration:
        return None


@pytest.mark.parametrize("restamped", [False, True], ids=["gap", "restamped"])
@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("case", [*H264, *MPEG4, *VPX])
def test_dropped_packet(case: str, what: str, restamped: bool, tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    at = position_of(known, KINDS[what])
    if at is None:
        pytest.skip("the clip has no such picture")
    frame = int(known.frame[at])
    if restamped and describe_codec(case) in ("vp8", "vp9"):
        pytest.skip("nothing in such a file says that a picture was there")
    damage = plant.drop_and_restamp(at) if restamped else plant.drop(at)
    planted = make(case, tmp_path, damage, at, known)
    shown = pictures(planted.path)
    original = without(intact_pictures(source_of(case)), [frame])
    label = f"{what}, {'restamped' if restamped else 'gap'}"
    check_damage(planted, known, shown, original, rows, case, label)
    found = planted.report.of("missing-frames")
    lost_last = frame == len(known.kinds) - 1
    last_before_key = restamped and frame + 1 in known.frame[known.starts]
    if not lost_last and not last_before_key and not (restamped and KINDS[what] == "I"):
        assert found is not None
        assert spans(planted.report, "missing-frames") == [(frame, frame + 1)]
        assert found.data["total"] == 1


def describe_codec(case: str) -> str:
    return VideoIndex.build(source_of(case)).codec


MADE = ["hevc.ts", "av1.mp4", "mpeg2.ts", "mpeg4.mp4", "no_bframes.mp4", "open_gop.mp4",
        "bframes.avi"]  # fmt: skip


@pytest.mark.parametrize("kind", ["I", "P"])
@pytest.mark.parametrize("name", MADE)
def test_dropped_reference_in_other_codecs(
    name: str, kind: str, video_file: Callable[[str], Path], tmp_path: Path, rows: Rows
) -> None:
    """Restamped, so that only the pictures or the decoder tell."""
    source = video_file(name)
    known = describe(source)
    at = position_of(known, kind) if kind == "I" else known.nth("P", len(known.kinds) // 3)
    path = plant.remux(source, tmp_path / name, plant.drop_and_restamp(at))
    planted = Planted(path, at, int(known.frame[at]), check_video(path, isolated=False))
    original = without(intact_pictures(source), [planted.frame])
    label = f"{kind} dropped, restamped"
    check_damage(planted, known, pictures(path), original, rows, name, label)
    assert planted.report.severity is Severity.ERROR


@pytest.mark.parametrize("kind", ["I", "P"])
@pytest.mark.parametrize("case", [*H264, *MPEG4, "flies.webm"])
def test_flipped_bytes(case: str, kind: str, tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    at = position_of(known, kind)
    if at is None:
        pytest.skip("the clip has no such picture")
    planted = make(case, tmp_path, plant.flip(at, seed=3), at, known)
    shown = pictures(planted.path)
    original = intact_pictures(source_of(case))
    if len(shown) != len(original):
        pytest.fail(f"{len(shown)} frames instead of {len(original)}")
    check_damage(planted, known, shown, original, rows, case, f"bytes flipped in {kind}")
    found = planted.report.of("decode-corruption")
    assert found is not None
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize("case", ["cars.mp4", "bikes.mkv", "tud.mp4", "flies.webm"])
def test_zeroed_packet(case: str, tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    at = known.nth("P", 4 if case == "flies.webm" else len(known.kinds) * 2 // 3)
    planted = make(case, tmp_path, plant.zero(at), at, known)
    shown = pictures(planted.path)
    original = intact_pictures(source_of(case))
    if len(shown) == len(original) - 1:  # the file has one frame less
        original = without(original, [int(known.frame[at])])
    check_damage(planted, known, shown, original, rows, case, "packet zeroed")
    assert planted.report.severity is Severity.ERROR


@pytest.mark.parametrize("case", ["cars.mkv", "bikes.mkv", "nasa.mkv", "opossum.webm"])
def test_duplicated_packet(case: str, tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    at = known.nth("P", len(known.kinds) // 2)
    frame = int(known.frame[at])
    planted = make(case, tmp_path, plant.duplicate(at), at, known)
    found = spans(planted.report, "duplicate-pts")
    rows.append(
        (case, "packet twice", str(frame), findings_worth(planted.report), short(found), "")
    )
    # Decoders may present the second of two pictures that are one in the place of the first.
    assert found in ([(frame, frame + 1)], [(frame + 1, frame + 2)])
    assert spans(planted.report, "duplicate-packets") == found


@pytest.mark.parametrize("case", ["cars.mp4", "cars.ts", "tud.mp4", "driving.mkv", "bag.avi"])
def test_duplicated_and_restamped_packet(case: str, tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    at = known.nth("P", len(known.kinds) // 2)
    planted = make(case, tmp_path, plant.duplicate_and_restamp(at), at, known)
    found = spans(planted.report, "duplicate-packets")
    rows.append(
        (case, "packet twice, restamped", str(at), findings_worth(planted.report), short(found), "")
    )
    assert found == [(at + 1, at + 2)]


@pytest.mark.parametrize("case", ["cars.mp4", "cars.mkv", "bikes.mp4", "nasa.mkv", "tud.mp4"])
def test_shuffled_times(case: str, tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    first = known.nth("P", len(known.kinds) // 2)
    second = known.nth("P", first + 7)
    planted = make(case, tmp_path, plant.swap_times(first, second), first, known)
    found = spans(planted.report, "non-monotonic-pts")
    swapped = sorted((int(known.frame[first]), int(known.frame[second])))
    rows.append(
        (case, "times exchanged", f"{swapped[0]}, {swapped[1]}", findings_worth(planted.report),
         short(found), "")
    )  # fmt: skip
    assert found
    assert found[0][0] <= swapped[0] < swapped[1] < found[-1][1]
    width = found[-1][1] - found[0][0]
    assert width <= swapped[1] - swapped[0] + 1 + gop_frames(known, first)


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("cars.mp4", {"movflags": "faststart"}),
        ("bikes.mp4", {"movflags": "faststart"}),
        ("cars.mkv", {}),
        ("nasa.mkv", {}),
        ("tud.avi", {}),
        ("bag.avi", {}),
        ("opossum.webm", {}),
    ],
)
def test_truncated(case: str, options: dict[str, str], tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    whole = plant.remux(source_of(case), tmp_path / f"whole_{case}", options=options)
    path = plant.truncate(whole, tmp_path / case, 0.6)
    report = check_video(path, isolated=False)
    found = report.of("truncated")
    frames = report.frame_count
    last = spans(report, "truncated")
    rows.append((case, "cut to 60%", f"{frames}", findings_worth(report), short(last), ""))
    assert found is not None
    assert 0 < frames < len(known.kinds)
    assert last == [(frames - 1, frames)]
    assert found.data["missing_bytes"] == whole.stat().st_size - path.stat().st_size
    if case.endswith(".mp4"):
        assert found.data["lost_frames"] == len(known.kinds) - frames


@pytest.mark.parametrize("case", ["cars.mp4", "bikes.mp4", "tud.mp4"])
@pytest.mark.parametrize("how", ["never written", "cut off"])
def test_lost_moov(case: str, how: str, tmp_path: Path, rows: Rows) -> None:
    whole = plant.remux(source_of(case), tmp_path / f"whole_{case}")
    path = tmp_path / case
    if how == "cut off":
        plant.truncate(whole, path, 0.7)
    else:
        plant.lose_moov(whole, path)
    report = check_video(path, isolated=False)
    rows.append((case, f"moov {how}", "", findings_worth(report), "", ""))
    assert report.of("missing-moov") is not None
    assert (report.of("truncated") is not None) == (how == "cut off")
    assert not report.readable
    for finding in report.findings:  # no command would find a picture in it
        assert finding.remedy is not None
        assert not finding.remedy.reviewer
        assert not finding.remedy.ffmpeg
    assert len(report.frame_flags()) == 0


@pytest.mark.parametrize("case", ["cars.ts", "bikes.ts", "nasa.ts", "run.ts"])
def test_lost_transport_packets(case: str, tmp_path: Path, rows: Rows) -> None:
    source = source_of(case)
    known = describe(source)
    whole = plant.remux(source, tmp_path / f"whole_{case}")
    path = plant.lose_ts_packets(whole, tmp_path / case, 0.5)
    intact, damaged = VideoIndex.build(whole), VideoIndex.build(path)
    kept = np.isin(intact.packet_pts, damaged.packet_pts)
    changed = (
        intact.packet_size[kept] != damaged.packet_size
        if kept.sum() == len(damaged.packet_size)
        else np.zeros(0, bool)
    )
    at = int(np.flatnonzero(kept)[changed][0]) if changed.any() else int(np.flatnonzero(~kept)[0])
    planted = Planted(path, at, int(known.frame[at]), check_video(path, isolated=False))
    lost = intact.packet_frame[~kept].tolist()
    original = without(intact_pictures(source), lost)
    check_damage(planted, known, pictures(path), original, rows, case, "3 transport packets lost")
    assert planted.report.severity is Severity.ERROR


@pytest.mark.parametrize("case", ["cars.mp4", "cars.ts", "bikes.mkv", "tud.avi", "bag.avi",
                                  "opossum.webm"])  # fmt: skip
def test_leading_key_dropped(case: str, tmp_path: Path, rows: Rows) -> None:
    source = source_of(case)
    known = describe(source)
    planted = make(case, tmp_path, plant.drop(0), 0, known)
    found = planted.report.of("no-leading-key-frame")
    rows.append(
        (case, "first key dropped", "0", findings_worth(planted.report),
         short(spans(planted.report, "no-leading-key-frame")), "")
    )  # fmt: skip
    assert found is not None
    assert found.data["pictures_before"] == known.starts[1] - 1
    shown = pictures(planted.path)
    original = intact_pictures(source)[-len(shown) :]
    differ = differing(shown, original)
    flagged = set(np.flatnonzero(planted.report.frame_flags() & DAMAGE).tolist())
    assert differ <= flagged
    assert len(flagged - differ) <= known.starts[1]


@pytest.mark.parametrize(
    ("case", "steps"),
    [("cars.mp4", [1, 2]), ("tud.mp4", [1, 1, 3, 2, 5]), ("bag.mkv", [2, 3])],
)
def test_variable_rate(case: str, steps: list[int], tmp_path: Path, rows: Rows) -> None:
    known = describe(source_of(case))
    planted = make(case, tmp_path, plant.uneven_times(steps), 0, known, quick=True)
    found = planted.report.of("variable-rate")
    rows.append((case, f"steps {steps}", "all", findings_worth(planted.report), "", ""))
    assert found is not None
    assert found.data["pattern"] == "cycle"
    shortest = min(steps)
    if all(step % shortest == 0 for step in steps):
        assert found.data["cycle"] == [step // shortest for step in steps]
    assert planted.report.of("missing-frames") is None


@pytest.mark.parametrize("case", ["cars.ts", "bikes.ts", "nasa.ts"])
def test_clock_starts_over(case: str, tmp_path: Path, rows: Rows) -> None:
    source = source_of(case)
    known = describe(source)
    index = VideoIndex.build(source)
    two_seconds_before = int((2**33 / 90_000 - 2) / index.time_base)
    planted = make(case, tmp_path, plant.shift_times(two_seconds_before), 0, known, quick=True)
    found = spans(planted.report, "timestamp-wrap")
    rows.append((case, "clock wraps", "2 s", findings_worth(planted.report), short(found), ""))
    assert len(found) == 1
    assert found[0][0] / float(index.rate) == pytest.approx(2, abs=0.3)
    assert planted.report.of("missing-frames") is None


@pytest.mark.parametrize(
    "case",
    ["cars.mp4", "cars.mkv", "cars.ts", "bikes.mp4", "bikes.mkv", "bikes.ts", "nasa.ts", "run.mkv",
     "bag.avi", "driving.mkv", "opossum.webm", "flies.webm"],
)  # fmt: skip
def test_healthy_clips_have_no_errors(case: str, tmp_path: Path, rows: Rows) -> None:
    path = plant.remux(source_of(case), tmp_path / case)
    report = check_video(path, isolated=False)
    rows.append((case, "nothing", "", findings_worth(report), "", ""))
    assert report.complete
    assert findings_worth(report) == ""
    assert not (report.frame_flags() & DAMAGE).any()
