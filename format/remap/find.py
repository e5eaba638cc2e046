"""Which frame of the project's video is which of the new one: from a mapping file, else by times
that agree, else by the pictures themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..attach import VideoRecord
from ..errors import VideoError
from ..video import Progress, Video
from ..video.mapping import FrameMapping, VideoIdentity, mapping_path
from ..video.source import quoted
from .align import Distances, align, cost_of, doubtful
from .fingerprints import one_picture, seconds_of, take_fingerprints, thumbnail_size

Int64s = npt.NDArray[np.int64]
Titled = Callable[[str], "Progress | None"]

_NEAR = 0.3  # of a frame's duration: times this close are the same time
_SAMPLED_FRAMES = 3000  # in longer videos, agreeing times are checked on samples
_SAMPLES = 240
_AROUND = 3  # frames on both sides that a sampled pair is held against
_PREFER_TIMES = 1.03
_LEAST_SHARE = 0.5
_WORST_USUAL = 400.0  # squared grey levels: more than this is another picture


@dataclass(frozen=True, eq=False)
class Found:
    """``how`` is "mapping", "times" or "pictures"; ``notes`` are sentences for people."""

    mapping: FrameMapping
    how: str
    notes: tuple[str, ...] = ()


def identity_of(record: VideoRecord) -> VideoIdentity:
    """The identity of the video that a project names."""
    return VideoIdentity(
        record.file, record.size, record.fingerprint, record.frame_count, record.time_base,
        record.pts_digest,
    )  # fmt: skip


def find_mapping(
    record: VideoRecord,
    pts: Int64s,
    old: Video | None,
    new: Video,
    *,
    mapping_file: Path | None = None,
    progress: Titled | None = None,
) -> Found:
    """How the frames of the video in ``record``, whose times are ``pts``, became those of ``new``.

    ``old`` is that video where it is at hand. Without ``mapping_file``, one beside either video
    is taken when it belongs to both. VideoError when the videos do not fit together.
    """
    stage: Titled = progress or (lambda title: None)
    identity = identity_of(record)
    target = VideoIdentity.of(new.index, new.path.name)
    if identity.is_video(target.fingerprint, target.pts_digest):
        raise VideoError(f"{quoted(new.path)} is the project's video already.")
    _check_size(record, new)
    found, notes = _mapped(identity, target, old, new, mapping_file)
    if found is not None:
        return Found(found, "mapping", notes)
    seconds = (pts - pts[0]) * float(record.time_base)
    shift = float(pts[0] * record.time_base) - float(new.pts[0] * new.time_base)
    timed = [by_times(seconds, seconds_of(new)), by_times(seconds, seconds_of(new) - shift)]
    if old is None:
        partner = max(timed, key=lambda one: int((one >= 0).sum()))
        if (partner >= 0).sum() < 0.99 * len(new):
            raise VideoError(
                f'The project\'s video "{quoted(identity.file)}" is missing, and the times of '
                f"{quoted(new.path)} do not tell its frames: put the old video back or give a "
                f"--mapping."
            )
        note = "The old video is missing: frames were told by their times alone"
        return Found(FrameMapping(identity, target, partner), "times", (*notes, note))
    if len(new) > _SAMPLED_FRAMES:
        for partner in timed:
            if (partner >= 0).sum() == len(new) and _samples_agree(old, new, partner):
                return Found(FrameMapping(identity, target, partner), "times", notes)
    size = thumbnail_size(old, max(len(old), len(new)))
    distances = Distances(
        take_fingerprints(old, size, stage("Looking at the old video")),
        take_fingerprints(new, size, stage("Looking at the new video")),
    )
    partner, limit = align(distances, stage("Comparing"))
    how = "pictures"
    bound = _PREFER_TIMES * cost_of(distances, partner, limit) + 1e-3 * limit
    for candidate in timed:
        if cost_of(distances, candidate, limit) <= bound:
            partner, how = candidate, "times"
            break
    _check_resemblance(distances, partner, new)
    unsure = doubtful(distances, partner) if how == "pictures" else 0
    if unsure:
        notes = (*notes, f"At {unsure} of the frames that are gone the picture hardly moves: which "
                 "of a few like frames is gone cannot be told for certain")  # fmt: skip
    return Found(FrameMapping(identity, target, partner), how, notes)


def by_times(old: npt.NDArray[np.float64], new: npt.NDArray[np.float64]) -> Int64s:
    """``partner`` of frames whose times in seconds agree, int64 ``(old frames,)``."""
    step = float(np.median(np.diff(old))) if len(old) > 1 else 1.0
    after = np.clip(np.searchsorted(old, new), 1, max(1, len(old) - 1))
    before = after - 1
    after = np.minimum(after, len(old) - 1)
    nearest = np.where(np.abs(old[before] - new) <= np.abs(old[after] - new), before, after)
    off = np.abs(old[nearest] - new)
    partner = np.full(len(old), -1, np.int64)
    # Of several new frames near one old frame the closest, which is written last.
    order = np.argsort(-off, kind="stable")
    order = order[off[order] <= _NEAR * step]
    partner[nearest[order]] = order
    return partner


def _mapped(
    identity: VideoIdentity,
    target: VideoIdentity,
    old: Video | None,
    new: Video,
    mapping_file: Path | None,
) -> tuple[FrameMapping | None, tuple[str, ...]]:
    def fits(one: VideoIdentity, other: VideoIdentity) -> bool:
        same_count = one.frame_count == other.frame_count
        return same_count and one.is_video(other.fingerprint, other.pts_digest)

    def turned(mapping: FrameMapping) -> FrameMapping | None:
        if fits(mapping.old, identity) and fits(mapping.new, target):
            return mapping
        if fits(mapping.new, identity) and fits(mapping.old, target):
            return mapping.inverse()
        return None

    if mapping_file is not None:
        found = turned(FrameMapping.load(mapping_file))
        if found is None:
            raise VideoError(
                f"The mapping {quoted(mapping_file)} is not one between the project's video and "
                f"{quoted(new.path)}: give the right one, or go without."
            )
        return found, ()
    notes: list[str] = []
    beside = [mapping_path(new.path)] + ([mapping_path(old.path)] if old is not None else [])
    for path in beside:
        if not path.is_file():
            continue
        try:
            found = turned(FrameMapping.load(path))
        except VideoError as error:
            notes.append(str(error))
            continue
        if found is not None:
            return found, tuple(notes)
        notes.append(f"{quoted(path)} belongs to other videos and was not used")
    return None, tuple(notes)


def _check_size(record: VideoRecord, new: Video) -> None:
    # Re-encoding may cut an odd last row or column off.
    if abs(new.width - record.width) > 1 or abs(new.height - record.height) > 1:
        raise VideoError(
            f"{quoted(new.path)} is {new.width} x {new.height} pixels and the project's video "
            f"{record.width} x {record.height}: annotations are in pixels and would not fit."
        )


def _samples_agree(old: Video, new: Video, partner: Int64s) -> bool:
    """Whether pairs from all over the video show the same picture, and no neighbour fits better."""
    placed = np.flatnonzero(partner >= 0)
    picked = placed[np.linspace(0, len(placed) - 1, _SAMPLES).astype(np.int64)]
    size = thumbnail_size(old, 0)
    own: list[float] = []
    for frame in np.unique(picked).tolist():
        shown = one_picture(new, int(partner[frame]), size)
        if shown is None:
            continue
        costs = {}
        for near in range(max(0, frame - _AROUND), min(len(old), frame + _AROUND + 1)):
            picture = one_picture(old, near, size)
            if picture is not None:
                delta = picture.astype(np.float32) - shown
                costs[near] = float((delta * delta).mean())
        if frame not in costs:
            continue
        if costs[frame] > 1.05 * min(costs.values()) + 0.01:
            return False
        own.append(costs[frame])
    return len(own) >= _SAMPLES // 4 and float(np.percentile(own, 95)) < _WORST_USUAL


def _check_resemblance(distances: Distances, partner: Int64s, new: Video) -> None:
    placed = np.flatnonzero(partner >= 0)
    fewest = min(len(distances.old), len(distances.new))
    costs = distances.pairs(placed, partner[placed])
    if len(placed) < _LEAST_SHARE * fewest or float(np.median(costs)) > _WORST_USUAL:
        raise VideoError(
            f"{quoted(new.path)} does not look like the project's video: only {len(placed)} of "
            f"{fewest} frames resemble each other. Give the --mapping if it is the right one."
        )
