"""One property of one entity as a whole: its keyframes with their rules and their provenance, cut
and put together again so that the engine's values stay what they were.

Between two keyframes a straight line or a held value can be cut anywhere: the value there becomes a
keyframe. Other rules cannot (a curve depends on keyframes further off; shapes whose vertices do not
correspond are matched anew). There the engine decides: where its value would differ, what is out of
sight keeps the keyframes around it, and what is in sight gets a keyframe on every frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import engine
from .geometry import Mask, mask, wkt
from .keyframes import Frames, Keyframes
from .kinds import MODE, MODES, SOURCE, Kind, Rows

Times = NDArray[np.float64] | None

# Rounding may move a coordinate by less than this (px, degrees), a number by this part of it.
_SAME = 1e-9
# A keyframe's influence ends here, counted in keyframes; where one is smooth it may go on.
_REACH = 3
_HOLD, _SMOOTH = MODES.index("hold"), MODES.index("smooth")


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """``frames`` int64 ``(n,)`` and ``rows`` ``(n, columns)`` as in :class:`Keyframes`; ``modes``
    int8 ``(n,)``, an index into ``MODES`` or -1; ``sources`` texts ``(n,)``, empty for manual."""

    kind: Kind
    frames: Frames
    rows: Rows
    modes: NDArray[np.int8]
    sources: NDArray[Any]

    @staticmethod
    def of(keyframes: Keyframes, kind: Kind, modes: Keyframes, sources: Keyframes) -> Track:
        """From stored keyframes and those of their companions."""
        return Track(
            kind,
            keyframes.frames,
            keyframes.rows,
            modes.rows_at(keyframes.frames, MODE)[:, 0],
            sources.rows_at(keyframes.frames, SOURCE)[:, 0],
        )

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def plain(self) -> bool:
        """Whether every value simply holds until the next."""
        return self.kind.rule == "hold" and not (self.modes >= 0).any()

    def holds(self, index: int) -> bool:
        """Whether the keyframe's value holds until the next."""
        mode = self.modes[index]
        return bool(mode == _HOLD or (mode < 0 and self.kind.rule == "hold"))

    def values(self, first: int, stop: int, times: Times) -> Rows:
        """The engine's values on ``[first, stop)``, as rows that can be stored."""
        modes = self.modes if (self.modes >= 0).any() else None
        keyframes = Keyframes(self.frames, self.rows)
        values = engine.evaluate_one(keyframes, self.kind, first, stop, times, modes)
        return as_rows(values, self.kind)

    def at_or_before(self, frame: int) -> int:
        """The index of the keyframe that is in force at ``frame``, -1 before the first."""
        return int(np.searchsorted(self.frames, frame, "right")) - 1

    def taken(self, indices: Any) -> Track:
        """Only some of the keyframes: a mask, a slice or ascending indices."""
        return Track(
            self.kind,
            self.frames[indices],
            self.rows[indices],
            self.modes[indices],
            self.sources[indices],
        )

    def moved(self, frames: int) -> Track:
        """Every keyframe so many frames later."""
        return Track(self.kind, self.frames + frames, self.rows, self.modes, self.sources)

    def put(self, other: Track) -> Track:
        """With the keyframes of ``other`` put over these."""
        kept = self.taken(~np.isin(self.frames, other.frames))
        joined = joined_tracks([kept, other])
        return joined.taken(np.argsort(joined.frames, kind="stable"))

    def sampled(self, frames: Frames, times: Times, modes: NDArray[np.int8] | None = None) -> Track:
        """The engine's values on ``frames`` (ascending, all with a value) as keyframes, each of the
        provenance of the one in force there."""
        if not len(frames):
            return self.taken(slice(0, 0))
        low = int(frames[0])
        rows = self.values(low, int(frames[-1]) + 1, times)[frames - low]
        force = np.searchsorted(self.frames, frames, "right") - 1
        if modes is None:
            modes = np.full(len(frames), -1, np.int8)
        return Track(self.kind, frames, rows, modes, self.sources[force])


@dataclass(frozen=True, slots=True)
class Piece:
    """On ``[first, stop)`` the values are those of ``track``. With ``moves_on`` they do not hold
    from there to what follows, but move there by the kind's rule."""

    first: int
    stop: int
    track: Track
    moves_on: bool = False


def as_rows(values: Rows, kind: Kind) -> Rows:
    """Evaluated ``(n, 1)`` shapes and masks as their texts; other values as they are."""
    if not (kind.is_text and kind.geometry):
        return values
    texts: dict[int, str] = {}  # a held shape is one object on many frames
    rows = kind.empty_rows(len(values))
    for i, value in enumerate(values[:, 0]):
        if value is not None:
            if id(value) not in texts:
                form = mask.format if isinstance(value, Mask) else wkt.format
                texts[id(value)] = form(value)
            rows[i, 0] = texts[id(value)]
    return rows


def joined_tracks(parts: Sequence[Track]) -> Track:
    """Tracks of one kind one behind the other."""
    return Track(
        parts[0].kind,
        np.concatenate([part.frames for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.modes for part in parts]),
        np.concatenate([part.sources for part in parts]),
    )


def compose(pieces: Sequence[Piece], times: Times, nothing: Any = None) -> Track:
    """A track that has each piece's values on its frames; between pieces anything goes.

    ``pieces`` ascend and do not overlap. Where a piece has no value, ``nothing`` is written if it
    is given; without it an earlier piece's value holds on.
    """
    pieces = _merged(pieces)
    out = pieces[0].track.taken(slice(0, 0))
    for number, piece in enumerate(pieces):
        out = _appended(out, piece, times, nothing, last=number == len(pieces) - 1)
    while True:  # the engine has the last word
        missed = [part for piece in pieces for part in _missed(out, piece, times)]
        if not missed:
            return out
        for track in missed:
            out = out.put(track)


def cut(track: Track, first: int, stop: int, times: Times) -> Track:
    """What gives ``track``'s values on ``[first, stop)``, everything outside being out of sight."""
    piece = Piece(first, stop, track)
    out = _appended(track.taken(slice(0, 0)), piece, times, None, last=True)
    begin, end = track.at_or_before(first), int(np.searchsorted(track.frames, stop - 1)) + 1
    margin = 0
    while _missed(out, piece, times):
        out = track.taken(slice(max(begin - margin, 0), end + margin))
        margin += 1
    return out


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one track made one: there is nothing to cut between them."""
    out: list[Piece] = []
    for piece in pieces:
        if piece.first >= piece.stop:
            continue
        if out and out[-1].stop == piece.first and out[-1].track is piece.track:
            out[-1] = Piece(out[-1].first, piece.stop, piece.track, piece.moves_on)
        else:
            out.append(piece)
    return out or list(pieces[:1])


def _appended(out: Track, piece: Piece, times: Times, nothing: Any, *, last: bool) -> Track:
    """``out`` with the piece's keyframes behind it, and those that its two ends need."""
    track = piece.track
    inside = (track.frames >= piece.first) & (track.frames < piece.stop)
    parts = [out]
    force = track.at_or_before(piece.first)
    if force < 0:
        if nothing is not None and len(out) and out.rows[-1, 0] != nothing:
            begins = not inside.any() or int(track.frames[inside][0]) > piece.first
            if begins:
                parts.append(_written(track, piece.first, nothing))
    elif track.frames[force] < piece.first:
        at = np.array([piece.first], np.int64)
        start = track.sampled(at, times, track.modes[force : force + 1])
        holding = track.plain and out.plain and len(out) > 0
        if not (holding and np.array_equal(out.rows[-1], start.rows[0])):
            parts.append(start)
    parts.append(track.taken(inside))
    out = joined_tracks(parts)
    end = track.at_or_before(piece.stop - 1)
    if end < 0:
        return out
    follows = end + 1 < len(track) or not last
    missing = max(int(track.frames[end]), piece.first) < piece.stop - 1
    held = track.holds(end)
    if (missing and follows and not held) or (held and piece.moves_on):
        out = out.put(track.sampled(np.array([piece.stop - 1], np.int64), times))
    return out


def _written(track: Track, frame: int, value: Any) -> Track:
    row = track.kind.empty_rows(1)
    row[0, 0] = value
    none = np.empty(1, dtype=object)
    none[0] = ""
    return Track(track.kind, np.array([frame], np.int64), row, np.array([-1], np.int8), none)


def _missed(out: Track, piece: Piece, times: Times) -> list[Track]:
    """What ``out`` lacks on a piece: a keyframe on every frame between two keyframes where a value
    differs. Only what is near the piece's ends can."""
    track = piece.track
    if track.plain or not len(track):
        return []
    found = []
    for first, stop in _near_ends(piece):
        want = track.values(first, stop, times)
        differs = ~_same(out.values(first, stop, times), want, track.kind)
        differs &= ~track.kind.is_fill(want)
        for force in np.unique(
            np.searchsorted(track.frames, np.flatnonzero(differs) + first, "right") - 1
        ):
            begin = max(int(track.frames[force]), piece.first)
            end = piece.stop
            if force + 1 < len(track):
                end = min(end, int(track.frames[force + 1]))
            found.append(track.sampled(np.arange(begin, end, dtype=np.int64), times))
    return found


def _near_ends(piece: Piece) -> list[tuple[int, int]]:
    """Stretches of a piece, apart from each other, in which a cut at its ends may show."""
    if (piece.track.modes == _SMOOTH).any():
        return [(piece.first, piece.stop)]
    frames = piece.track.frames
    after = int(np.searchsorted(frames, piece.first)) + _REACH
    before = int(np.searchsorted(frames, piece.stop - 1, "right")) - 1 - _REACH
    head = min(int(frames[after]), piece.stop) if after < len(frames) else piece.stop
    tail = max(int(frames[before]), piece.first) if before >= 0 else piece.first
    if head >= tail:
        return [(piece.first, piece.stop)]
    return [(piece.first, head), (tail, piece.stop)]


def _same(left: Rows, right: Rows, kind: Kind) -> NDArray[np.bool_]:
    """``(n,)`` bool: which values are equal, numbers up to rounding, angles modulo a turn."""
    if kind.dtype.kind != "f":
        equal = left[:, 0] == right[:, 0]
        if kind.is_text and kind.geometry and kind.name != "mask":
            for i in np.flatnonzero(~equal).tolist():
                equal[i] = _same_shape(left[i, 0], right[i, 0])
        return np.asarray(equal, bool)
    apart = np.abs(left - right)
    if kind.name in engine.TURNING:
        apart[:, engine.ANGLE] = np.minimum(
            apart[:, engine.ANGLE], np.abs(360 - apart[:, engine.ANGLE])
        )
    scale = 1.0 if kind.geometry else np.maximum(1.0, np.abs(right))
    return np.asarray((apart <= _SAME * scale).all(axis=1))


def _same_shape(left: str, right: str) -> bool:
    if not left or not right:
        return False
    a, b = wkt.parse(left), wkt.parse(right)
    return a.same_layout(b) and bool((np.abs(a.points - b.points) <= _SAME).all())
