"""Sound goes along: copied, in step with its pictures, left out where its pictures are gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from reviewer.format.video import VideoIndex
from reviewer.format.video.restripe import restripe

from tests.videos import make_video

VideoFile = Callable[[str], Path]


def sound_of(path: Path) -> list[tuple[float, float, bytes]]:
    """(start, duration, data) of each packet of the first sound track; [] without."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [
            (
                float(p.pts * p.time_base),
                float((p.duration or 0) * p.time_base),
                bytes(p),
            )
            for p in container.demux(container.streams.audio[0])
            if p.size and p.pts is not None
        ]


def first_picture_s(path: Path) -> float:
    index = VideoIndex.build(path)
    return float(index.pts[0] * index.time_base)


def tones(path: Path, frames: int = 90) -> Path:
    """A video with sound that changes all the time, so that each packet is another."""
    silent = make_video(path.with_name("silent.mkv"), size=(320, 192), frames=frames, bframes=2)
    with av.open(str(silent)) as old, av.open(str(path), "w") as new:
        template = old.streams.video[0]
        video: Any = new.add_stream_from_template(template, opaque=True)
        audio: Any = new.add_stream("aac", rate=48_000)
        at = np.arange(frames * 1600)
        wave = (9000 * np.sin(at * (0.02 + at * 2e-7))).astype(np.int16)
        for packet in old.demux(template):
            if packet.size:
                packet.stream = video
                new.mux(packet)
        for block in range(len(wave) // 1024):
            chunk = np.repeat(wave[block * 1024 : (block + 1) * 1024], 2)[None]
            frame = av.AudioFrame.from_ndarray(chunk, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, block * 1024
            for packet in audio.encode(frame):
                new.mux(packet)
        for packet in audio.encode(None):
            new.mux(packet)
    return path


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts", ".mov"])
def test_sound_is_copied_in_step(ending: str, tmp_path: Path) -> None:
    source = tones(tmp_path / "tones.mkv")
    done = restripe(source, tmp_path / f"out{ending}")
    assert [step.frames for step in done.steps if step.code == "sound"] == [1]
    old, new = sound_of(source), sound_of(done.out)
    starts = {data: start for start, _, data in old}
    lead_old, lead_new = first_picture_s(source), first_picture_s(done.out)
    if ending == ".ts":  # AAC gets a header there
        assert abs(len(old) - len(new)) <= 2
        assert abs((new[0][0] - lead_new) - (old[0][0] - lead_old)) < 0.06
        return
    assert len(new) >= len(old) - 2
    for start, _, data in new:
        assert abs((start - lead_new) - (starts[data] - lead_old)) < 0.1


def test_sound_of_a_closed_gap_is_left_out(tmp_path: Path) -> None:
    """A second of pictures is gone from the middle: its sound goes too, the rest stays in step."""
    source = tones(tmp_path / "tones.mkv")
    gapped = tmp_path / "gapped.mkv"
    with av.open(str(source)) as old, av.open(str(gapped), "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        for packet in old.demux():
            late = packet.pts is not None and 1.0 <= float(packet.pts * packet.time_base) < 2.0
            if packet.size and not (packet.stream.type == "video" and late):
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
    done = restripe(gapped, tmp_path / "out.mkv")
    assert any(step.code == "gaps-closed" for step in done.steps)
    before, after = sound_of(gapped), sound_of(done.out)
    starts = {data: start for start, _, data in before}
    lost = len(before) - len(after)
    assert 40 <= lost <= 55, "about a second's worth of packets"
    for start, _, data in after:
        shift = starts[data] - start
        expected = 0.0 if starts[data] < 1.1 else 1.0
        assert abs(shift - expected) < 0.2
    # Nothing is heard twice, and never two packets at once.
    ends = [start + duration for start, duration, _ in after]
    assert all(b[0] >= end - 0.035 for end, b in zip(ends, after[1:], strict=False))


def test_sound_that_the_file_cannot_hold_is_said_to_be_left_out(
    video_file: VideoFile, tmp_path: Path
) -> None:
    source = tmp_path / "vp9-aac.mkv"
    with (
        av.open(str(video_file("vp9.webm"))) as pictures,
        av.open(str(video_file("with_sound.mp4"))) as sound,
        av.open(str(source), "w") as new,
    ):
        video: Any = new.add_stream_from_template(pictures.streams.video[0], opaque=True)
        audio: Any = new.add_stream_from_template(sound.streams.audio[0], opaque=True)
        for stream, copy in ((pictures, video), (sound, audio)):
            for packet in stream.demux(stream.streams.get(**{copy.type: 0})[0]):
                if packet.size:
                    packet.stream = copy
                    new.mux(packet)
    done = restripe(source, tmp_path / "out.webm")
    assert [step.code for step in done.steps if "sound" in step.code] == ["sound-left-out"]
    assert sound_of(done.out) == []
    assert sound_of(restripe(source, tmp_path / "out.mkv").out)


def test_encoding_anew_keeps_the_sound(tmp_path: Path) -> None:
    source = tones(tmp_path / "tones.mkv")
    data = bytearray(source.read_bytes())
    index = VideoIndex.build(source)
    at, size = int(index.packet_pos[45]), int(index.packet_size[45])
    data[at + size // 2 : at + size - 4] = bytes(size - 4 - size // 2)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(data)
    done = restripe(broken, tmp_path / "out.mp4", reencode=True)
    assert done.reencoded
    assert len(sound_of(done.out)) >= len(sound_of(broken)) - 3
