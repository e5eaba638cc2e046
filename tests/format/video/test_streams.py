"""Files with several video streams, as action cameras and screen recorders write them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from reviewer.format import VideoError
from reviewer.format.video import Video, VideoIndex
from reviewer.format.video.check import check_video
from reviewer.format.video.restripe import restripe

from reviewer import Project
from reviewer.cli import main
from tests.format.video.reference import decode_everything
from tests.videos import make_video, read_number


@pytest.fixture(scope="module", params=[".mkv", ".mp4", ".ts"])
def two(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A file with two streams, and each in a file of its own."""
    folder = tmp_path_factory.mktemp("streams")
    alone = [
        make_video(folder / "wide.mp4", frames=60, size=(640, 360)),
        make_video(folder / "small.mp4", frames=45, size=(320, 180), rate=Fraction(30000, 1001)),
    ]
    both = folder / f"both{request.param}"
    with av.open(str(both), "w") as out:
        packets = []
        for path in alone:
            with av.open(str(path)) as container:
                source = container.streams.video[0]
                target: Any = out.add_stream_from_template(source, opaque=True)
                for packet in container.demux(source):
                    if packet.size:
                        packet.stream = target
                        packets.append(packet)
        for packet in sorted(packets, key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return both, alone


def test_each_stream_has_its_own_frames(two: tuple[Path, list[Path]]) -> None:
    both, alone = two
    for number, path in enumerate(alone):
        index = VideoIndex.build(both, stream=number)
        assert (index.stream, index.streams) == (number, 2)
        with Video(both, index) as video, Video(path) as wanted:
            assert len(video) == len(wanted) == len(decode_everything(path))
            for frame in (len(video) - 1, 0, 17, 16, 40):
                assert (video[frame] == wanted[frame]).all()
                assert read_number(video[frame]) == frame
            assert sum(video.unit(k).frames.size for k in range(len(video.units))) == len(video)
    assert VideoIndex.build(alone[0]).streams == 1


def test_a_stream_that_is_not_there_is_refused(two: tuple[Path, list[Path]]) -> None:
    both, alone = two
    with pytest.raises(VideoError, match="no video stream 2: it has 2 video streams, 0 to 1"):
        VideoIndex.build(both, stream=2)
    with pytest.raises(VideoError, match="no video stream 1: it has only one, stream 0"):
        VideoIndex.build(alone[0], stream=1)


def test_a_project_keeps_to_its_stream(
    two: tuple[Path, list[Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both, _ = two
    folder = tmp_path / "match"
    assert main(["new", str(folder), "--video", str(both), "--stream", "1"]) == 0
    assert "number 1 of 0 to 1" in capsys.readouterr().out
    for _ in range(2):  # the second time from the index that was kept
        with Project.open(folder) as project:
            assert (project.frame_count, project.record.width) == (45, 320)
            assert read_number(project.video[30]) == 30
            assert project.video_problem is None
            findings = project.check_video()
            assert findings.report.video is not None
            assert findings.report.video["stream"] == 1
    assert main(["check", str(folder), "--quick"]) == 0
    # What is kept of another stream is not taken for this one's.
    VideoIndex.build(both).save(next((folder / ".reviewer").glob("*index*")))
    with Project.open(folder) as project:
        assert project.video.index.stream == 1


def test_checks_and_copies_of_the_second_stream(
    two: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    both, alone = two
    report = check_video(both, stream=1)
    assert report.video is not None
    assert report.video["frames"] == 45
    assert not [f for f in report.findings if f.severity == "error"]
    done = restripe(both, tmp_path / "out.mkv", stream=1)
    with Video(done.out) as video, Video(alone[1]) as wanted:
        assert len(video) == 45
        assert (video[20] == wanted[20]).all()
