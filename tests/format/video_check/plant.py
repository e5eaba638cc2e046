"""Plants known damage in real clips, by remuxing: nothing is encoded anew.

A clip is a list of packets in decode order; damage is a function from one list to another. The
functions name packets by position, so a test knows what it broke.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np


@dataclass(frozen=True)
class Piece:
    """One packet of the video stream; times in the clip's time base."""

    data: bytes
    pts: int
    dts: int
    duration: int
    key: bool


Damage = Callable[[list[Piece]], list[Piece]]


def read_pieces(path: Path) -> list[Piece]:
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(container.streams.video[0]) if p.size]
        stamps = [packet.dts for packet in packets]
        if None in stamps:
            # Matroska keeps no decode times, and FFmpeg does not guess the first ones.
            shown = sorted(packet.pts for packet in packets)
            late = max(at - p.pts for at, p in zip(shown, packets, strict=True))
            stamps = [at - late for at in shown]
        return [
            Piece(bytes(packet), packet.pts, dts, packet.duration or 0, packet.is_keyframe)
            for packet, dts in zip(packets, stamps, strict=True)
        ]


def remux(
    source: Path,
    target: Path,
    damage: Damage = lambda pieces: pieces,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip's video stream to ``target`` (the suffix names the container), damaged."""
    pieces = damage(read_pieces(source))
    with (
        av.open(str(source)) as clip,
        av.open(str(target), "w", options=options or {}) as out,
    ):
        template = clip.streams.video[0]
        stream: Any = out.add_stream_from_template(template, opaque=True)
        for piece in pieces:
            packet = av.Packet(piece.data)
            packet.stream = stream
            packet.time_base = template.time_base
            packet.pts, packet.dts, packet.duration = piece.pts, piece.dts, piece.duration
            packet.is_keyframe = piece.key
            out.mux(packet)
    return target


def drop(*positions: int) -> Damage:
    """Leave packets out; times stay, so there is a gap."""
    return lambda pieces: [piece for at, piece in enumerate(pieces) if at not in positions]


def drop_and_restamp(*positions: int) -> Damage:
    """Leave packets out and close the gap: later pictures move up in time."""

    def damage(pieces: list[Piece]) -> list[Piece]:
        kept = [piece for at, piece in enumerate(pieces) if at not in positions]
        lost = {pieces[at].pts for at in positions}
        old = sorted(piece.pts for piece in pieces)
        new = dict(zip((stamp for stamp in old if stamp not in lost), old, strict=False))
        decode = sorted(piece.dts for piece in pieces)
        return [
            dataclasses.replace(piece, pts=new[piece.pts], dts=stamp)
            for piece, stamp in zip(kept, decode, strict=False)
        ]

    return damage


def duplicate(*positions: int) -> Damage:
    """Write packets twice, with the same times."""

    def damage(pieces: list[Piece]) -> list[Piece]:
        return [
            piece for at, piece in enumerate(pieces) for _ in range(2 if at in positions else 1)
        ]

    return damage


def duplicate_and_restamp(*positions: int) -> Damage:
    """Write packets twice, and shift all that follows by a frame (for clips without B-frames)."""

    def damage(pieces: list[Piece]) -> list[Piece]:
        step = sorted(b.pts - a.pts for a, b in pairwise(pieces))
        usual, shift, out = step[len(step) // 2], 0, []
        for at, piece in enumerate(pieces):
            for again in range(2 if at in positions else 1):
                shift += usual * again
                out.append(dataclasses.replace(piece, pts=piece.pts + shift, dts=piece.dts + shift))
        return out

    return damage


def flip(position: int, seed: int = 0, count: int = 40) -> Damage:
    """Change bytes all over one packet, behind what looks like its headers."""

    def damage(pieces: list[Piece]) -> list[Piece]:
        data = bytearray(pieces[position].data)
        first = min(len(data) - 1, max(16, len(data) // 8))
        random = np.random.default_rng(seed)
        for at in random.integers(first, len(data), min(count, len(data) - first)):
            data[at] ^= int(random.integers(1, 256))
        changed = dataclasses.replace(pieces[position], data=bytes(data))
        return [*pieces[:position], changed, *pieces[position + 1 :]]

    return damage


def zero(position: int) -> Damage:
    """Put zeros in the place of a packet's data."""

    def damage(pieces: list[Piece]) -> list[Piece]:
        changed = dataclasses.replace(pieces[position], data=bytes(len(pieces[position].data)))
        return [*pieces[:position], changed, *pieces[position + 1 :]]

    return damage


def swap_times(first: int, second: int) -> Damage:
    """Exchange the presentation times of two packets."""

    def damage(pieces: list[Piece]) -> list[Piece]:
        # Nothing may be shown before it is decoded: muxers insist.
        delay = abs(pieces[second].pts - pieces[first].pts)
        pieces = [dataclasses.replace(piece, pts=piece.pts + delay) for piece in pieces]
        out = list(pieces)
        out[first] = dataclasses.replace(pieces[first], pts=pieces[second].pts)
        out[second] = dataclasses.replace(pieces[second], pts=pieces[first].pts)
        return out

    return damage


def shift_times(ticks: int) -> Damage:
    """Move the whole clip in time."""
    return lambda pieces: [
        dataclasses.replace(piece, pts=piece.pts + ticks, dts=piece.dts + ticks) for piece in pieces
    ]


def uneven_times(steps: Iterable[int]) -> Damage:
    """Give the pictures of a clip without B-frames a pattern of steps, in frame durations."""
    pattern = list(steps)

    def damage(pieces: list[Piece]) -> list[Piece]:
        usual = sorted(b.pts - a.pts for a, b in pairwise(pieces))
        step = usual[len(usual) // 2]
        at, out = 0, []
        for number, piece in enumerate(pieces):
            out.append(dataclasses.replace(piece, pts=at, dts=at))
            at += step * pattern[number % len(pattern)]
        return out

    return damage


def truncate(source: Path, target: Path, share: float) -> Path:
    """Keep only the first part of a file's bytes."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def lose_moov(source: Path, target: Path) -> Path:
    """An mp4 as a recorder leaves it that was switched off: everything but the index."""
    data = source.read_bytes()
    out, at = bytearray(), 0
    while at + 8 <= len(data):
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size < header:
            break
        if data[at + 4 : at + 8] != b"moov":
            out += data[at : at + size]
        at += size
    target.write_bytes(out)
    return target


def lose_ts_packets(source: Path, target: Path, share: float, count: int = 3) -> Path:
    """Take a few consecutive transport packets out, as a bad reception does."""
    data = source.read_bytes()
    at = int(len(data) * share) // 188 * 188
    target.write_bytes(data[:at] + data[at + 188 * count :])
    return target
