"""Makes small videos whose every frame says which one it is.

The frame number stands in a row of 16 squares along the top: square j (bit j, bit 0 leftmost)
occupies x in [j*w/16, (j+1)*w/16) and y in [0, h/8); white is 1, black is 0. The squares survive
any codec, and scaling down to a width of 160 pixels. Below them a texture moves, so that a
decoder with a wrong reference picture shows it.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

os.environ.setdefault("SVT_LOG", "0")  # the AV1 encoder would print a page about itself

BITS = 16
TICKS = 90_000  # the encoder's time base; containers round it to their own


def draw_frame(number: int, size: tuple[int, int]) -> np.ndarray:
    """Frame ``number`` as (height, width, 3) uint8 RGB; ``size`` is (width, height)."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = np.sin((x + 5 * number) / 17) + np.sin((y - 3 * number) / 11)
    rings = np.sin(np.hypot(x - width / 2, y - height / 2) / 7 + number / 3)
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = 128 + 50 * waves
    picture[..., 1] = 128 + 100 * rings
    picture[..., 2] = (x * 2 + number * 4) % 256
    # A block that jumps about: motion that no codec can predict.
    side = max(8, height // 6)
    left = number * 37 % max(1, width - side)
    top = height // 4 + number * 23 % max(1, height * 3 // 4 - side)
    picture[top : top + side, left : left + side] = (255, 255 - number % 256, number * 7 % 256)
    for bit in range(BITS):
        columns = slice(bit * width // BITS, (bit + 1) * width // BITS)
        picture[: height // 8, columns] = 255 if number >> bit & 1 else 0
    return picture


def read_number(rgb: np.ndarray) -> int:
    """The number burnt into a picture (height, width, 3 or 4 channels), whatever its scale."""
    height, width = rgb.shape[:2]
    number = 0
    for bit in range(BITS):
        left, right = bit * width / BITS, (bit + 1) * width / BITS
        margin = (right - left) / 4
        patch = rgb[
            int(height / 32) : max(int(height / 32) + 1, int(height * 3 / 32)),
            int(left + margin) : max(int(left + margin) + 1, int(right - margin)),
            :3,
        ]
        number |= int(patch.mean() > 127) << bit
    return number


def uneven_times(number: int) -> int:
    """Ticks of frame ``number`` in a variable-rate video: steps of 1, 1, 3, 2 and 5 thirtieths."""
    steps = (1, 1, 3, 2, 5)
    rounds, rest = divmod(number, len(steps))
    return (rounds * sum(steps) + sum(steps[:rest])) * TICKS // 30


def make_video(
    path: str | Path,
    *,
    frames: int = 90,
    size: tuple[int, int] = (640, 360),
    rate: int | Fraction = 30,
    codec: str = "libx264",
    bframes: int = 2,
    gop: int = 30,
    open_gop: bool = False,
    intra_refresh: bool = False,
    pix_fmt: str = "yuv420p",
    times: Callable[[int], int] | None = None,
    trim: int = 0,
    fragmented: bool = False,
    rotation: int = 0,
    audio: bool = False,
    hidden: bool = False,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    pictures: Sequence[np.ndarray] | None = None,
) -> Path:
    """Encode a test video; the container follows from the suffix of ``path``.

    ``times`` gives the pts of each frame in ticks of 1/90000 s. ``trim`` cuts the first frames
    away by an edit list (mp4, mov): they are in the file but not shown. ``rotation`` (mp4, mov)
    stores the pictures turned, with a matrix that turns them upright by so many degrees clockwise.
    ``hidden`` (VP8) adds pictures that are decoded but never shown, as alternate references are.
    """
    path = Path(path)
    mux_options = dict(container_options or {})
    if fragmented:
        mux_options["movflags"] = "frag_keyframe+empty_moov"
    rate = Fraction(rate)
    with av.open(str(path), "w", options=mux_options) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height = size if rotation in (0, 180) else size[::-1]
        stream.pix_fmt = pix_fmt
        stream.gop_size = gop
        stream.codec_context.time_base = _encoder_time_base(codec, rate)
        encoder = _encoder_options(codec, bframes, gop, open_gop, intra_refresh)
        stream.options = {**encoder, **(options or {})}
        if codec in ("mpeg4", "mpeg2video", "msmpeg4", "msmpeg4v2"):
            stream.bit_rate = 4_000_000
            stream.codec_context.max_b_frames = 0 if codec.startswith("ms") else bframes
        sound: Any = container.add_stream("aac", rate=48_000) if audio else None
        time_base = stream.codec_context.time_base
        for number in range(frames):
            picture = draw_frame(number, size) if pictures is None else pictures[number]
            turned = np.ascontiguousarray(np.rot90(picture, rotation // 90))
            frame = av.VideoFrame.from_ndarray(turned, format="rgb24")
            ticks = round(number * TICKS / rate) if times is None else times(number)
            frame.pts = round(Fraction(ticks, TICKS) / time_base)
            frame.time_base = time_base
            for packet in stream.encode(frame):
                again = _hidden_copy(packet) if hidden and packet.is_keyframe else None
                container.mux(packet)
                if again is not None:
                    container.mux(again)
        for packet in stream.encode():
            container.mux(packet)
        if sound is not None:
            _add_silence(container, sound, seconds=frames / rate)
    _give_up_real_time()
    if rotation:
        _patch_rotation(path, rotation)
    if trim:
        _patch_edit_list(path, round(1000 * trim / rate), Fraction(trim) / rate)
    return path


def _give_up_real_time() -> None:
    """Undo what SVT-AV1 does to the process that runs it as root: it makes it a real-time one, and
    every browser started later inherits that and starves all else of the machine."""
    if not hasattr(os, "sched_setscheduler"):
        return
    for thread in os.listdir("/proc/self/task"):  # noqa: PTH208  names are all that is needed
        with contextlib.suppress(OSError):
            os.sched_setscheduler(int(thread), os.SCHED_OTHER, os.sched_param(0))


def _encoder_time_base(codec: str, rate: Fraction) -> Fraction:
    # MPEG-4 part 2 allows at most 16 bits, MPEG-2 and MJPEG know only fixed rates.
    if codec in ("libx264", "libx265", "libvpx", "libvpx-vp9", "libsvtav1", "ffv1"):
        return Fraction(1, TICKS)
    return 1 / rate


def _encoder_options(
    codec: str, bframes: int, gop: int, open_gop: bool, intra_refresh: bool
) -> dict[str, str]:
    if codec == "libx264":
        parameters = [f"bframes={bframes}", f"keyint={gop}", f"min-keyint={min(gop, 25)}"]
        parameters += ["scenecut=0", f"open-gop={int(open_gop)}", "log-level=-1"]
        parameters += ["intra-refresh=1"] if intra_refresh else []
        # A fixed number of threads makes the bytes the same on every machine.
        return {"preset": "veryfast", "threads": "1", "x264-params": ":".join(parameters)}
    if codec == "libx265":
        parameters = [f"bframes={bframes}", f"keyint={gop}", f"min-keyint={gop}", "scenecut=0"]
        parameters += [f"open-gop={int(open_gop)}", "log-level=none"]
        return {"preset": "ultrafast", "x265-params": ":".join(parameters)}
    if codec in ("libvpx", "libvpx-vp9"):
        return {"cpu-used": "8", "deadline": "realtime", "crf": "30", "b": "1M"}
    if codec == "libsvtav1":
        return {"preset": "12", "svtav1-params": "enable-stat-report=0"}
    return {}


def _hidden_copy(packet: Any) -> Any:
    """A VP8 key picture once more, hidden. By itself libvpx hides pictures in two passes only."""
    data = bytearray(packet)
    data[0] &= ~0x10  # show_frame, RFC 6386 section 9.1
    copy = av.Packet(bytes(data))
    copy.stream, copy.time_base = packet.stream, packet.time_base
    copy.pts = copy.dts = packet.pts + int(Fraction(1, 100) / packet.time_base)
    return copy


def _add_silence(container: Any, stream: Any, seconds: Fraction) -> None:
    for block in range(int(seconds * 48_000) // 1024):
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 2048), np.int16), format="s16", layout="stereo"
        )
        frame.sample_rate = 48_000
        frame.pts = block * 1024
        for packet in stream.encode(frame):
            container.mux(packet)
    for packet in stream.encode():
        container.mux(packet)


def _patch_rotation(path: Path, degrees: int) -> None:
    """Write the display matrix of the first track (ISO/IEC 14496-12, 8.3.2)."""
    one = 0x10000
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[degrees]
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    at += 40 if data[at] == 0 else 52
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def _patch_edit_list(path: Path, milliseconds: int, seconds: Fraction) -> None:
    """Let the last edit of the first track begin later (ISO/IEC 14496-12, 8.6.6)."""
    data = bytearray(path.read_bytes())
    scale_at = data.index(b"mdhd") + 4
    assert data[scale_at] == 0, "a version 1 header"
    scale = int.from_bytes(data[scale_at + 12 : scale_at + 16], "big")
    at = data.index(b"elst") + 4
    assert data[at] == 0, "a version 1 edit list"
    entries = int.from_bytes(data[at + 4 : at + 8], "big")
    entry = at + 8 + (entries - 1) * 12
    duration, start = struct.unpack(">Ii", data[entry : entry + 8])
    struct.pack_into(">Ii", data, entry, duration - milliseconds, start + round(seconds * scale))
    path.write_bytes(data)
