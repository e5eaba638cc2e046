"""The little that must be read out of coded pictures: which keys are clean, and codec names.

Everything here takes bytes from an untrusted file and answers without raising.
"""

from __future__ import annotations

from collections.abc import Iterator

_H264_IDR, _H264_SEI, _H264_SPS = 5, 6, 7
_SEI_RECOVERY_POINT = 6


def is_annexb(extradata: bytes) -> bool:
    """Whether H.264 or HEVC parameter sets are in start-code form, as in MPEG-TS."""
    return not extradata or extradata[:3] == b"\0\0\1" or extradata[:4] == b"\0\0\0\1"


def length_size(codec: str, extradata: bytes) -> int:
    """Bytes of the length before each NAL unit; 0 when start codes separate them."""
    if is_annexb(extradata):
        return 0
    at = 4 if codec == "h264" else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at else 4


def nal_units(data: bytes, prefix: int) -> Iterator[memoryview]:
    """The NAL units of one packet. ``prefix`` is ``length_size()``."""
    view = memoryview(data)
    if prefix:
        at = 0
        while at + prefix < len(data):
            size = int.from_bytes(view[at : at + prefix], "big")
            at += prefix
            if size:
                yield view[at : at + size]
            at += size
        return
    at = data.find(b"\0\0\1")
    while at >= 0:
        after = data.find(b"\0\0\1", at + 3)
        unit = view[at + 3 : after if after >= 0 else len(data)]
        if len(unit):
            yield unit
        at = after


class _Bits:
    """Reads bits, most significant first; beyond the end they are zero."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            return 0
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while self._left > 0 and zeros < 32 and not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)


def _payload(unit: memoryview) -> bytes:
    return bytes(unit).replace(b"\0\0\3", b"\0\0")


def _recovery_frames(sei: memoryview) -> int | None:
    """recovery_frame_cnt of a recovery point SEI message (H.264 Annex D.1.8), if there is one."""
    data = _payload(sei)
    at = 1
    while at + 2 < len(data):
        kind = size = 0
        while at < len(data) and data[at] == 0xFF:
            kind += 255
            at += 1
        kind += data[at] if at < len(data) else 0
        at += 1
        while at < len(data) and data[at] == 0xFF:
            size += 255
            at += 1
        size += data[at] if at < len(data) else 0
        at += 1
        if kind == _SEI_RECOVERY_POINT:
            return _Bits(data[at : at + min(size, 8)]).golomb()
        at += size
    return None


def h264_key_is_clean(data: bytes, prefix: int) -> bool:
    """Whether decoding can start at this packet and be exact from its own picture on.

    True for an IDR and for an I picture whose recovery point says "at once" (open GOP). False
    for intra refresh, where the picture becomes whole only some frames later.
    """
    recovery: int | None = None
    for unit in nal_units(data, prefix):
        kind = unit[0] & 31
        if kind == _H264_IDR:
            return True
        if kind == _H264_SEI and recovery is None:
            recovery = _recovery_frames(unit)
        elif kind == 1:  # a slice of a non-IDR picture: slice types 2 and 7 are I
            bits = _Bits(bytes(unit[1:9]))
            bits.golomb()
            return recovery == 0 and bits.golomb() in (2, 7)
    return False


def h264_has_parameter_sets(data: bytes) -> bool:
    """Whether an Annex B packet brings its own SPS."""
    return any(unit[0] & 31 == _H264_SPS for unit in nal_units(data, 0))


def hevc_has_parameter_sets(data: bytes) -> bool:
    """Whether an Annex B packet brings its own SPS."""
    return any((unit[0] >> 1) & 63 == 33 for unit in nal_units(data, 0))


def mpeg4_types(data: bytes) -> list[int]:
    """Types of the pictures (VOPs) in one MPEG-4 part 2 packet: 0 I, 1 P, 2 B, 3 S."""
    found = []
    at = data.find(b"\0\0\1\xb6")
    while at >= 0 and at + 4 < len(data):
        found.append(data[at + 4] >> 6)
        at = data.find(b"\0\0\1\xb6", at + 4)
    return found


def mpeg2_type(data: bytes) -> int:
    """Type of the first picture of an MPEG-1 or MPEG-2 packet: 1 I, 2 P, 3 B, 0 unknown."""
    at = data.find(b"\0\0\1\0")
    return (data[at + 5] >> 3) & 7 if 0 <= at < len(data) - 5 else 0


def is_clean_key(codec: str, data: bytes, prefix: int) -> bool:
    """Whether a packet that the container calls a key really lets decoding start there."""
    if codec == "h264":
        return h264_key_is_clean(data, prefix)
    if codec == "mpeg4":
        return mpeg4_types(data)[:1] == [0]
    if codec in ("mpeg1video", "mpeg2video"):
        return mpeg2_type(data) == 1
    if codec in ("msmpeg4v2", "msmpeg4v3"):
        return data[0] >> 6 == 0
    if codec == "vp8":
        return data[0] & 1 == 0
    if codec == "vp9":
        first = data[0]
        if first & 0x30 == 0x30:  # profile 3 has one more bit before the rest
            return first & 0xC6 == 0x80
        # The frame marker, then: no frame shown again, and a key.
        return first & 0xCC == 0x80
    return True


# Codecs whose keys is_clean_key() looks into; the rest are taken at the container's word.
INSPECTED_KEYS = frozenset(
    {"h264", "mpeg4", "mpeg1video", "mpeg2video", "msmpeg4v2", "msmpeg4v3", "vp8", "vp9"}
)


def is_hidden(codec: str, data: bytes | memoryview) -> bool:
    """Whether a VP8 or VP9 packet is decoded but never shown (an alternate reference)."""
    if codec == "vp8":
        return data[0] & 0x10 == 0
    if codec == "vp9":
        first = data[0]
        if first & 0x30 == 0x30:  # profile 3 has one more bit before these
            first <<= 1
        # A superframe (its last byte is a marker) ends in a shown frame.
        return not first & 8 and not first & 2 and data[-1] & 0xE0 != 0xC0
    return False


def codec_string(
    codec: str, extradata: bytes, pixel_format: str, profile: str, size: tuple[int, int]
) -> str:
    """The WebCodecs (RFC 6381) name of a stream, e.g. ``avc1.64001f``; '' when unknown."""
    if codec == "h264":
        return _avc_string(extradata)
    if codec == "hevc":
        return _hevc_string(extradata)
    if codec == "vp8":
        return "vp8"
    depth = 12 if "12" in pixel_format else 10 if "10" in pixel_format else 8
    if codec == "vp9":
        number = profile.removeprefix("Profile ")
        return f"vp09.{int(number) if number in '0123' else 0:02}.{_vp9_level(size)}.{depth:02}"
    if codec == "av1":
        if len(extradata) >= 4 and extradata[0] == 0x81:  # av1C box
            level, tier = extradata[1] & 31, "H" if extradata[2] & 0x80 else "M"
            return f"av01.{extradata[1] >> 5}.{level:02}{tier}.{depth:02}"
        return f"av01.0.{'08' if size[0] * size[1] <= 2_228_224 else '13'}M.{depth:02}"
    return ""


def _vp9_level(size: tuple[int, int]) -> int:
    """The smallest level whose picture size fits (VP9 Annex A); rates are not checked."""
    area = size[0] * size[1]
    for level, limit in ((20, 122_880), (30, 552_960), (40, 2_228_224), (50, 8_912_896)):
        if area <= limit:
            return level
    return 60


def _avc_string(extradata: bytes) -> str:
    if is_annexb(extradata):
        for unit in nal_units(extradata, 0):
            if unit[0] & 31 == _H264_SPS and len(unit) >= 4:
                return f"avc1.{bytes(unit[1:4]).hex()}"
        return ""
    return f"avc1.{extradata[1:4].hex()}" if len(extradata) >= 4 else ""


def _hevc_string(extradata: bytes) -> str:
    """ISO/IEC 14496-15 Annex E: hvc1.<profile>.<compatibility>.<tier level>.<constraints>."""
    if is_annexb(extradata):
        general = b""
        for unit in nal_units(extradata, 0):
            if (unit[0] >> 1) & 63 == 33:  # SPS: two bytes header, one of ids, then the profile
                general = _payload(unit)[3:15]
        name = "hev1"
    else:
        general, name = extradata[1:13], "hvc1"
    if len(general) < 12:
        return ""
    space = ("", "A", "B", "C")[general[0] >> 6]
    compatibility = int(f"{int.from_bytes(general[1:5], 'big'):032b}"[::-1], 2)
    constraints = general[5:11].rstrip(b"\0")
    parts = [f"{space}{general[0] & 31}", f"{compatibility:x}"]
    parts.append(f"{'H' if general[0] & 0x20 else 'L'}{general[11]}")
    parts += [f"{byte:x}" for byte in constraints]
    return ".".join([name, *parts])
