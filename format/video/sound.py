"""The sound of a video as a file of its own that browsers play: the packets as they are where that
is possible, else Opus. Packet by packet, so that an hour needs no more memory than a second."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from ..errors import VideoError
from .source import open_source, quoted
from .video import Video

# Codecs that go into a file as they are: its format, and its media type.
_AS_IT_IS = {
    "aac": ("mp4", "audio/mp4"),
    "mp3": ("mp3", "audio/mpeg"),
    "opus": ("webm", "audio/webm"),
    "vorbis": ("webm", "audio/webm"),
}
_OPUS_RATE = 48_000
_OPUS_BITS_PER_SECOND = 96_000
_MUXER_OPTIONS = {"mp4": {"movflags": "+faststart"}}


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """What there is to hear: the codec, and when its first packet sounds, in seconds after the
    first frame of the video (negative: before it)."""

    codec: str
    offset_s: float

    def form(self, opus: bool = False) -> tuple[str, str]:
        """The format of its own file, and the media type; ``opus`` asks for Opus in any case."""
        as_opus = ("webm", "audio/webm")
        return as_opus if opus else _AS_IT_IS.get(self.codec, as_opus)


def find_sound(video: Video) -> SoundTrack | None:
    """The first audio stream that has packets, None without any."""
    with open_source(video.path) as source:
        stream = next(iter(source.container.streams.audio), None)
        if stream is None:
            return None
        try:
            packet = next((p for p in source.container.demux(stream) if p.pts is not None), None)
        except av.error.FFmpegError:
            return None
        if packet is None or packet.pts is None or packet.time_base is None:
            return None
        start = float(packet.pts * packet.time_base)
        first_frame = float(int(video.pts[0]) * Fraction(video.time_base))
        return SoundTrack(stream.codec_context.name, start - first_frame)


def write_sound(
    video: Video,
    track: SoundTrack,
    out: Path,
    opus: bool = False,
    stop: threading.Event | None = None,
) -> None:
    """Write the sound to ``out``, its first packet at time 0. VideoError when it cannot be decoded,
    or ``stop`` was set."""
    file_format, _ = track.form(opus)
    copied = not opus and track.codec in _AS_IT_IS
    try:
        with open_source(video.path) as source:
            options = _MUXER_OPTIONS.get(file_format, {})
            with av.open(str(out), "w", format=file_format, options=options) as container:
                stream = source.container.streams.audio[0]
                (_copy if copied else _encode)(source.container, stream, container, stop)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise VideoError(
            f"The sound of {quoted(video.path)} cannot be taken out of it ({error})."
        ) from None


def _checked(stop: threading.Event | None) -> None:
    if stop is not None and stop.is_set():
        raise VideoError("The sound was not finished: the server stops.")


def _copy(source: Any, stream: Any, container: Any, stop: threading.Event | None) -> None:
    target = container.add_stream_from_template(stream, opaque=True)
    first: int | None = None
    last = -1
    for packet in source.demux(stream):
        _checked(stop)
        if packet.pts is None or packet.size == 0:
            continue
        first = packet.pts if first is None else first
        packet.pts -= first
        packet.dts = packet.pts
        if packet.pts <= last:  # muxers refuse what does not ascend; so do players
            continue
        last = packet.pts
        packet.stream = target
        container.mux(packet)


def _encode(source: Any, stream: Any, container: Any, stop: threading.Event | None) -> None:
    target = container.add_stream("libopus", rate=_OPUS_RATE, layout="stereo")
    target.bit_rate = _OPUS_BITS_PER_SECOND
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=_OPUS_RATE)
    first: float | None = None
    written = 0
    for packet in source.demux(stream):
        _checked(stop)
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # damaged: the gap is filled below by what comes next
        for frame in frames:
            if first is None:
                first = frame.time or 0.0
            # Where packets are missing there is silence, so that what follows is not early.
            gap = round(((frame.time or first) - first) * _OPUS_RATE) - written
            if gap > _OPUS_RATE // 10:
                written += _silence(container, target, written, gap)
            frame.pts = None
            for converted in resampler.resample(frame):
                converted.pts, converted.time_base = written, Fraction(1, _OPUS_RATE)
                written += converted.samples
                container.mux(target.encode(converted))
    container.mux(target.encode(None))


def _silence(container: Any, target: Any, at: int, samples: int) -> int:
    done = 0
    while done < samples:
        size = min(_OPUS_RATE, samples - done)
        frame = av.AudioFrame(format="flt", layout="stereo", samples=size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = _OPUS_RATE
        frame.pts, frame.time_base = at + done, Fraction(1, _OPUS_RATE)
        container.mux(target.encode(frame))
        done += size
    return done
