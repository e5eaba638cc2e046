"""What coded pictures say about their own place, whatever the container's times say.

H.264 numbers its pictures in order of display (POC) and counts reference pictures (frame_num);
MPEG-4 part 2 carries clock ticks. A hole in these numbers is a picture that was taken out, also
where the times were closed up behind it. Everything here takes bytes from an untrusted file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..bitstream import _Bits as Bits
from ..bitstream import is_annexb, length_size, nal_units
from ..scan import Int64s

_SLICE_BYTES = 48  # more than the fields read here take
_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
# Of an intact stream nearly all steps are equal; one that is not is numbered in another way.
_REGULAR_SHARE = 0.9


@dataclass(frozen=True)
class Place:
    """What one packet says of itself."""

    period: int  # numbers start over with each
    order: int  # place in order of display within the period
    lost: int = 0  # reference pictures that should have come before it, and did not
    reference: bool = True  # other pictures may be predicted from it


class Reader(Protocol):
    """Reads the packets of one stream in decode order."""

    def read(self, data: bytes) -> Place | None:
        """The place of a packet; None when it cannot be told."""


def reader_for(codec: str, extradata: bytes) -> Reader | None:
    """A reader for a stream, where its codec numbers pictures in a way known here."""
    if codec == "h264":
        return _H264(extradata)
    if codec == "mpeg4":
        return _Mpeg4(extradata)
    return None


@dataclass(frozen=True, eq=False)
class Continuity:
    """Holes in the pictures' own numbers; arrays by packet."""

    missing_before: Int64s  # in order of display
    lost_references: Int64s  # in order of decoding
    disposable: npt.NDArray[np.bool_]  # no other picture is predicted from it
    repeated: npt.NDArray[np.bool_]  # it says it is the same picture as the one before
    told: bool  # the stream numbers its pictures, in a regular way


def continuity(places: list[Place | None]) -> Continuity:
    """Find the holes. Streams that number irregularly get none."""
    total = len(places)
    missing, lost = np.zeros(total, np.int64), np.zeros(total, np.int64)
    disposable, repeated = np.zeros(total, bool), np.zeros(total, bool)
    known = [at for at, place in enumerate(places) if place is not None]
    told = False
    if len(known) > 2 and len(known) >= 0.9 * total:
        periods = np.array([place.period for place in places if place is not None])
        orders = np.array([place.order for place in places if place is not None])
        positions = np.array(known)
        shown = np.lexsort((orders, periods))
        steps = np.diff(orders[shown])
        inside = np.diff(periods[shown]) == 0
        rising = inside & (steps > 0)
        if rising.any():
            values, counts = np.unique(steps[rising], return_counts=True)
            step = int(values[counts.argmax()])
            regular = rising & (steps == step)
            told = bool(regular.sum() >= _REGULAR_SHARE * inside.sum())
            if told:
                holes = np.where(rising, np.round(steps / step).astype(np.int64) - 1, 0)
                missing[positions[shown[1:]]] = np.maximum(holes, 0)
                repeated[positions[shown[1:]]] = inside & (steps == 0)
        for at in known:
            place = places[at]
            assert place is not None
            lost[at], disposable[at] = place.lost, not place.reference
        if (lost > 0).sum() > (1 - _REGULAR_SHARE) * total:
            lost[:] = 0  # a stream that counts in another way
    return Continuity(missing, lost, disposable, repeated, told)


@dataclass
class _Sps:
    frame_num_bits: int
    poc_bits: int  # 0 when POC is not written in slices
    frames_only: bool
    separate_planes: bool
    gaps_allowed: bool


class _H264:
    def __init__(self, extradata: bytes) -> None:
        self._prefix = length_size("h264", extradata)
        self._sps: dict[int, _Sps] = {}
        self._sps_of: dict[int, int] = {}
        self._period = 0
        self._previous_reference = 0
        self._poc_msb = self._poc_lsb = 0
        for unit in _parameter_sets(extradata):
            self._learn(unit)

    def read(self, data: bytes) -> Place | None:
        for unit in nal_units(data, self._prefix):
            kind = unit[0] & 31
            if kind in (7, 8):
                self._learn(unit)
            elif kind in (1, 2, 5):
                return self._slice(bytes(unit[:_SLICE_BYTES]))
        return None

    def _learn(self, unit: memoryview) -> None:
        bits = Bits(bytes(unit[1:256]).replace(b"\0\0\3", b"\0\0"))
        if unit[0] & 31 == 8:
            picture = bits.golomb()
            self._sps_of[picture & 255] = bits.golomb() & 31
        elif unit[0] & 31 == 7:
            number, sps = _read_sps(bits)
            self._sps[number & 31] = sps

    def _slice(self, unit: bytes) -> Place | None:
        idr, reference = unit[0] & 31 == 5, bool(unit[0] & 0x60)
        bits = Bits(unit[1:].replace(b"\0\0\3", b"\0\0"))
        bits.golomb()  # first_mb_in_slice
        bits.golomb()  # slice_type
        sps = self._sps.get(self._sps_of.get(bits.golomb() & 255, -1))
        if sps is None or not sps.poc_bits or sps.gaps_allowed:
            return None
        if sps.separate_planes:
            bits.read(2)
        frame_num = bits.read(sps.frame_num_bits)
        if not sps.frames_only and bits.read(1):
            return None  # fields are numbered each by itself
        if idr:
            bits.golomb()  # idr_pic_id
        lsb = bits.read(sps.poc_bits)
        order = self._order(lsb, sps, idr, reference)
        lost = self._lost(frame_num, 1 << sps.frame_num_bits, idr, reference)
        return Place(self._period, order, lost, reference)

    def _order(self, lsb: int, sps: _Sps, idr: bool, reference: bool) -> int:
        """Picture order count (H.264 8.2.1.1)."""
        if idr:
            self._period += 1
            self._poc_msb = self._poc_lsb = 0
        span = 1 << sps.poc_bits
        msb = self._poc_msb
        if lsb < self._poc_lsb and self._poc_lsb - lsb >= span // 2:
            msb += span
        elif lsb > self._poc_lsb and lsb - self._poc_lsb > span // 2:
            msb -= span
        if reference:
            self._poc_msb, self._poc_lsb = msb, lsb
        return msb + lsb

    def _lost(self, frame_num: int, span: int, idr: bool, reference: bool) -> int:
        """Reference pictures that should have come before this one (H.264 8.2.5.2)."""
        previous = 0 if idr else self._previous_reference
        ahead = (frame_num - previous) % span
        if reference:
            self._previous_reference = frame_num
        return 0 if idr else max(0, ahead - 1)


def _parameter_sets(extradata: bytes) -> list[memoryview]:
    if is_annexb(extradata):
        return list(nal_units(extradata, 0))
    found, view, at = [], memoryview(extradata), 5
    for mask in (31, 255):  # SPS, then PPS: a count, then each with its length in two bytes
        if at >= len(view):
            break
        number = view[at] & mask
        at += 1
        for _ in range(number):
            size = int.from_bytes(view[at : at + 2], "big")
            unit = view[at + 2 : at + 2 + size]
            if len(unit):
                found.append(unit)
            at += 2 + size
    return found


def _read_sps(bits: Bits) -> tuple[int, _Sps]:
    """Sequence parameter set up to what matters here (H.264 7.3.2.1.1)."""
    profile = bits.read(8)
    bits.read(16)
    number = bits.golomb()
    separate = False
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        if chroma == 3:
            separate = bool(bits.read(1))
        bits.golomb()
        bits.golomb()
        bits.read(1)
        if bits.read(1):
            for index in range(8 if chroma != 3 else 12):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    frame_num_bits = min(bits.golomb() + 4, 16)
    poc_type, poc_bits = bits.golomb(), 0
    if poc_type == 0:
        poc_bits = min(bits.golomb() + 4, 16)
    elif poc_type == 1:
        return number, _Sps(frame_num_bits, 0, True, separate, True)
    bits.golomb()  # max_num_ref_frames
    gaps = bool(bits.read(1))
    bits.golomb()
    bits.golomb()
    return number, _Sps(frame_num_bits, poc_bits, bool(bits.read(1)), separate, gaps)


def _signed(bits: Bits) -> int:
    value = bits.golomb()
    return (value + 1) // 2 if value & 1 else -(value // 2)


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + _signed(bits)) % 256
        last = following or last


class _Mpeg4:
    """Times of video object planes (ISO/IEC 14496-2 6.2.5)."""

    def __init__(self, extradata: bytes) -> None:
        self._resolution = 0
        self._base = self._next_base = 0  # seconds
        self._learn(extradata)

    def _learn(self, data: bytes) -> None:
        at = data.find(b"\0\0\1")
        while at >= 0 and at + 4 < len(data):
            if 0x20 <= data[at + 3] <= 0x2F:
                self._resolution = _vop_resolution(Bits(data[at + 4 : at + 64]))
            at = data.find(b"\0\0\1", at + 3)

    def read(self, data: bytes) -> Place | None:
        start = data.find(b"\0\0\1\xb6")
        if start < 0 or data.find(b"\0\0\1\xb6", start + 4) >= 0:
            return None  # nothing coded, or two pictures packed in one
        if start:
            head = data[:start]
            self._learn(head)
            group = head.find(b"\0\0\1\xb3")
            if group >= 0:
                self._next_base = _group_seconds(Bits(head[group + 4 : group + 8]))
        if not self._resolution:
            return None
        bits = Bits(data[start + 4 : start + 36])
        kind, seconds = bits.read(2), 0
        while bits.read(1):
            seconds += 1
        bits.read(1)
        ticks = bits.read(max(1, (self._resolution - 1).bit_length()))
        if kind == 2:  # B: counts from the reference before the last one
            return Place(0, (self._base + seconds) * self._resolution + ticks, 0, False)
        self._base = self._next_base
        self._next_base += seconds
        return Place(0, self._next_base * self._resolution + ticks)


def _vop_resolution(bits: Bits) -> int:
    """Ticks a second, from a video object layer header (6.2.3); 0 when it has another form."""
    bits.read(9)
    version = 1
    if bits.read(1):
        version = bits.read(4)
        bits.read(3)
    if bits.read(4) == 15:
        bits.read(16)
    if bits.read(1):
        bits.read(3)
        if bits.read(1):
            bits.read(79)
    if bits.read(2) != 0 or version > 2:  # not rectangular
        return 0
    bits.read(1)
    return bits.read(16)


def _group_seconds(bits: Bits) -> int:
    hours, minutes = bits.read(5), bits.read(6)
    bits.read(1)
    return hours * 3600 + minutes * 60 + bits.read(6)
