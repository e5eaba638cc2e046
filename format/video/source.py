"""Opening a video file that nobody vouched for.

Only the plain file is read: FFmpeg may neither follow a playlist to other files nor reach the
network, whatever the file says.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import av
import av.error
import av.logging
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from ..errors import VideoError

# Self-contained containers and raw streams. Left out on purpose are the demuxers that open what
# a text file names (hls, dash, concat, sdp, image2, vapoursynth ...).
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,h264,hevc,vvc,m4v,"
    "mpegvideo,mjpeg,ivf,obu,av1,gif,nut,mxf,dv,rm,yuv4mpegpipe,apng,live_flv,kux,wtv,swf,gxf"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}

MAX_SIDE = 32_768
MAX_PIXELS = 1 << 27  # 16k x 8k; one RGB frame is then 400 MB

# FFmpeg's own lines would garble the terminal's screen; what matters is raised.
av.logging.set_level(None)
av.logging.set_libav_level(av.logging.PANIC)

if TYPE_CHECKING:
    VideoPacket = Packet[VideoStream]  # generic in the stubs only
else:
    VideoPacket = Packet


def quoted(path: str | os.PathLike[str]) -> str:
    """The file's name for a message: printable, so that no terminal obeys what is in it."""
    name = os.fspath(path)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


@dataclass
class Source:
    """An opened file and one of its video streams. A context manager."""

    path: Path
    container: InputContainer
    stream: VideoStream
    number: int  # of the stream among the file's video streams
    streams: int  # how many there are to choose from

    @property
    def codec_context(self) -> VideoCodecContext:
        return self.stream.codec_context

    def close(self) -> None:
        self.container.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def check_file(path: str | os.PathLike[str]) -> os.stat_result:
    """Stat a regular, non-empty file, or raise VideoError."""
    name = quoted(path)
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        raise VideoError(f"There is no file {name}: check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise VideoError(
            f"{name} cannot be opened ({reason}): check its name and permissions."
        ) from None
    if stat.S_ISDIR(status.st_mode):
        raise VideoError(f"{name} is a folder: give a video file.")
    if not stat.S_ISREG(status.st_mode):
        raise VideoError(f"{name} is not a regular file: give a video file.")
    if status.st_size == 0:
        raise VideoError(f"{name} is empty (0 bytes): copy or download it again.")
    return status


def open_source(path: str | os.PathLike[str], number: int = 0) -> Source:
    """Open video stream ``number`` of a file, counted from 0 (cover art does not count).

    Raises VideoError, one sentence that names the file, for everything that can be wrong with it.
    """
    name = quoted(path)
    check_file(path)
    # Absolute, so that a name such as "http:x.mp4" is a file name and not a protocol.
    absolute = Path(path).absolute()
    try:
        container: Any = av.open(str(absolute), mode="r", options=dict(_OPTIONS))
    except PermissionError:
        raise VideoError(f"{name} cannot be read: check its permissions.") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(_why_unreadable(absolute, name, error)) from None
    try:
        streams = _video_streams(container, name)
        stream = _chosen(streams, number, name)
    except BaseException:
        container.close()
        raise
    return Source(absolute, container, stream, number, len(streams))


def _video_streams(container: InputContainer, name: str) -> list[VideoStream]:
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        if container.streams.audio:
            raise VideoError(f"{name} has sound but no video: give a file with a video stream.")
        raise VideoError(f"{name} has no video stream: give a video file.")
    return streams


def _chosen(streams: list[VideoStream], number: int, name: str) -> VideoStream:
    if not 0 <= number < len(streams):
        there = f"{len(streams)} video streams, 0 to {len(streams) - 1}"
        raise VideoError(
            f"{name} has no video stream {number}: it has "
            f"{there if len(streams) > 1 else 'only one, stream 0'}."
        )
    stream = streams[number]
    # A stream whose codec is unknown to FFmpeg has no codec context (the stub does not say so).
    context: VideoCodecContext | None = stream.codec_context
    if context is None:
        raise VideoError(
            f"The video in {name} is in a format that FFmpeg cannot decode: convert it first."
        )
    check_size(context.width, context.height, name)
    return stream


def check_size(width: int, height: int, name: str) -> None:
    """Raise VideoError for dimensions that no real video has."""
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise VideoError(
            f"{name} claims to be {width} x {height} pixels, which is more than the "
            f"{MAX_PIXELS >> 20} megapixels that can be handled: scale it down or check the file."
        )


def _why_unreadable(path: Path, name: str, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as problem:
        return f"{name} cannot be read ({problem.strerror}): check its permissions."
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"wide", b"free"):
        return (
            f"{name} is cut short or damaged (its index, the 'moov' box, cannot be read): "
            "copy it again or repair it."
        )
    if b"\0" not in head:
        return f"{name} is a text file or a playlist, not a video: give the video file itself."
    if isinstance(error, av.error.InvalidDataError):
        return f"{name} is not a video that can be read: it is damaged or of another kind."
    reason = getattr(error, "strerror", None) or str(error)
    return f"{name} cannot be opened as a video ({reason}): check the file."
