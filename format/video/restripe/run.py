"""Restriping from a path to a path: plan, write beside the place, verify, move into place."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import VideoError
from ..index import VideoIndex
from ..mapping import FrameMapping, VideoIdentity, mapping_path
from ..scan import Progress
from ..source import check_file, quoted
from .plan import Plan, Step, make_plan
from .reencode import encode, faults_of
from .remux import copy_packets, muxer_of

Titled = Callable[[str], "Progress | None"]


@dataclass(frozen=True, eq=False)
class Restriped:
    """What was done. ``reencoded`` says why copying was not enough; empty when it was. ``left``
    says what is still wrong and only re-encoding could mend."""

    out: Path
    mapping_file: Path
    mapping: FrameMapping
    rate: Fraction
    steps: tuple[Step, ...]
    reencoded: tuple[str, ...]
    left: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "out": str(self.out),
            "mapping": str(self.mapping_file),
            "old_frames": self.mapping.old.frame_count,
            "new_frames": self.mapping.new.frame_count,
            "placed": self.mapping.placed,
            "lost": len(self.mapping.lost),
            "added": len(self.mapping.added),
            "rate": [self.rate.numerator, self.rate.denominator],
            "lossless": not self.reencoded,
            "reencoded_because": list(self.reencoded),
            "left": list(self.left),
            "done": [{"code": s.code, "frames": s.frames, "text": s.text} for s in self.steps],
        }


def restripe(
    video: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    stream: int = 0,
    keep_gaps: bool = False,
    rate: Fraction | None = None,
    reencode: bool = False,
    replace: bool = False,
    progress: Titled | None = None,
) -> Restriped:
    """Write ``out`` and the mapping beside it: the same pictures with even times.

    ``stream`` chooses among several video streams. ``rate`` (frames per second) overrides the
    estimate. ``keep_gaps`` leaves pauses where frames are missing. ``reencode`` allows encoding
    anew, as H.264, where copying packets cannot mend what is wrong. ``progress(title)`` gives the
    progress function of each stage. VideoError when it cannot be done; then neither file was made
    or changed. The original is only read.
    """
    video, out = Path(video), Path(out)
    stage: Titled = progress or (lambda title: None)
    muxer_of(out)
    _check_out(video, out, replace)
    index = VideoIndex.build(video, stage("Indexing"), stream)
    plan = make_plan(video, index, keep_gaps=keep_gaps, rate=rate, progress=stage("Planning"))
    reasons: tuple[str, ...] = ()
    if reencode:
        reasons = plan.uncopiable + faults_of(video, index, stage("Looking for damage"))
    part = out.with_name(f".{secrets.token_hex(6)}.part{out.suffix}")
    try:
        steps, sound = plan.steps, True
        while True:
            try:
                if reasons:
                    done, extra = encode(plan, video, part, stage("Encoding"), sound=sound)
                    steps = tuple(s for s in steps if s.code != "uncovered")
                else:
                    done, extra = (
                        plan,
                        copy_packets(plan, video, part, stage("Copying"), sound=sound),
                    )
                break
            except VideoError:
                part.unlink(missing_ok=True)
                if not sound:
                    raise
                sound = False  # perhaps it is the sound that does not fit: the pictures matter
        plan, steps = done, steps + extra
        made = _verified(plan, part, not reasons, stage("Verifying"))
        mapping = FrameMapping(
            VideoIdentity.of(index, video.name), VideoIdentity.of(made, out.name), plan.partner
        )
        _settle(part, out, mapping)
    finally:
        part.unlink(missing_ok=True)
    left = () if reasons else plan.uncopiable
    return Restriped(out, mapping_path(out), mapping, plan.rate, steps, reasons, left)


def _check_out(video: Path, out: Path, replace: bool) -> None:
    check_file(video)
    if out.is_dir():
        raise VideoError(f"{quoted(out)} is a folder: give the new file's name.")
    if not out.absolute().parent.is_dir():
        raise VideoError(f"There is no folder {quoted(out.absolute().parent)}: make it first.")
    for path in (out, mapping_path(out)):
        if not path.exists():
            continue
        if path.samefile(video):
            raise VideoError(
                f"{quoted(out)} is the video itself, which is never changed: give another name."
            )
        if not replace:
            raise VideoError(f"{quoted(path)} exists already: give another name, or --force.")


def _verified(plan: Plan, part: Path, same_turn: bool, progress: Progress | None) -> VideoIndex:
    """The index of what was written; VideoError when it does not show what was planned."""
    kind = f"A {part.suffix.lower()} file"
    advice = "nothing was written. Try another ending, as .mkv."
    try:
        made = VideoIndex.build(part, progress)
    except VideoError:
        raise VideoError(f"{kind} cannot hold this {plan.index.codec} video: {advice}") from None
    expected = len(plan.order)
    if made.frame_count != expected:
        raise VideoError(
            f"{kind} shows {made.frame_count} frames of the {expected} copied: {advice}"
        )
    unit = float(made.time_base)
    have = (made.pts - made.pts[0]) * unit
    want = (plan.ticks - plan.ticks[0]) * float(plan.time_base)
    if np.abs(have - want).max() > max(1.01 * unit, 1e-6):
        raise VideoError(f"{kind} does not keep the times exactly: {advice}")
    if same_turn and made.rotation != plan.index.rotation:
        raise VideoError(f"{kind} does not say how the picture is turned: {advice}")
    return made


def _settle(part: Path, out: Path, mapping: FrameMapping) -> None:
    """Move both files into place. The mapping goes first: it names the very video it belongs to,
    so one without its video misleads nobody."""
    try:
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        mapping.save(mapping_path(out))
        part.replace(out)
    except OSError as error:
        raise VideoError(f"{quoted(out)} cannot be written ({error.strerror}).") from None
