"""Whether browsers can show a file by themselves, and what the page does if not."""

from __future__ import annotations

from typing import Any

from ..index import VideoIndex
from ..video import Video
from .collect import Findings
from .structure import bit_depth

_EVERYWHERE = {"h264", "vp8", "vp9", "av1"}
_NAMES = {"h264": "H.264", "hevc": "HEVC", "vp8": "VP8", "vp9": "VP9", "av1": "AV1",
          "mpeg4": "MPEG-4 part 2", "mjpeg": "Motion JPEG", "mpeg2video": "MPEG-2"}  # fmt: skip
_PLAYABLE_CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}


def browser_verdict(index: VideoIndex, path: str) -> dict[str, Any]:
    """How the page shows the file, and why; JSON-able.

    ``page`` is "native" (the browser decodes the file's own packets) or "server" (the server
    sends exact pictures). ``video_element`` tells whether a plain <video> would play it, which
    says nothing about showing exact frames.
    """
    video = Video(path, index, cache_bytes=0)
    try:
        native = video.browser_decodable
    finally:
        video.close()
    name = _NAMES.get(index.codec, index.codec)
    reasons = []
    if index.codec not in _EVERYWHERE:
        reasons.append(f"browsers do not decode {name} everywhere")
    elif not native:
        depth = bit_depth(index.pixel_format)
        if index.codec == "h264" and (depth > 8 or not index.pixel_format.endswith("420p")):
            reasons.append(f"browsers do not decode {name} with {index.pixel_format} pictures")
        if not index.start_key.all():
            reasons.append("decoding cannot begin at the first picture")
        if index.new_parameters:
            reasons.append("the decoder's configuration changes on the way")
        if not index.codec_string:
            reasons.append("the stream does not say which profile it has")
        reasons = reasons or [f"its {name} is of a kind that browsers may refuse"]
    return {
        "page": "native" if native else "server",
        "reasons": reasons,
        "codec_string": index.codec_string,
        "video_element": native and index.container in _PLAYABLE_CONTAINERS,
    }


def find_compatibility(verdict: dict[str, Any], findings: Findings) -> None:
    """A note when the page has to fall back on the server."""
    if verdict["page"] != "native":
        because = "; ".join(verdict["reasons"])
        findings.add(
            "browser-codec",
            f"The page shows pictures decoded by the server: {because}.",
            reasons=verdict["reasons"],
        )
