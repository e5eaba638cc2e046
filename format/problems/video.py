"""Keyframes made on pictures that do not show what the camera saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from ..video.check import Severity as VideoSeverity
from .places import remove_keyframes
from .problem import Fix, Problem, Severity
from .survey import Survey

# Findings after which a picture cannot be trusted; others are about times and containers.
_SPOILT = ("decode-corruption", "corrupt-packet", "concealed", "suspect-after-gap", "black",
           "no-leading-key-frame")  # fmt: skip


def damaged(survey: Survey) -> Iterator[Problem]:
    """Keyframes of shapes on damaged frames, one problem for each entity and finding. Nothing when
    the video was not checked."""
    findings = survey.project.findings()
    if findings is None:
        return
    for item in findings.items:
        if item.code not in _SPOILT or item.severity == VideoSeverity.NOTE or not item.frames:
            continue
        spans = np.array(item.frames, np.int64)
        for extents in survey.extents:
            at = np.searchsorted(spans[:, 0], extents.frame, "right") - 1
            hit = (at >= 0) & (extents.frame < spans[np.maximum(at, 0), 1])
            by_entity: dict[int, list[int]] = defaultdict(list)
            for i in np.flatnonzero(hit).tolist():
                by_entity[int(extents.entity[i])].append(int(extents.frame[i]))
            for number, frames in by_entity.items():
                entity, name = survey.ids[number], survey.name(number)
                count = f"{len(frames)} keyframes" if len(frames) > 1 else "a keyframe"
                others = int((extents.entity == number).sum()) - len(frames)
                fixes: tuple[Fix, ...] = ()
                if others:
                    fixes = (
                        Fix(
                            f"Remove {count} of {name} on damaged frames",
                            remove_keyframes(entity, extents.name, frames),
                        ),
                    )
                yield Problem(
                    "damaged-frame", Severity.WARNING,
                    f"{name} has {count} on frames with {item.code.replace('-', ' ')}.",
                    (entity,), (frames[0], frames[-1] + 1), extents.name, fixes,
                )  # fmt: skip
