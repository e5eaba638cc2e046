"""What a remap will do to the annotations, before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import engine
from ..kinds import ABSENT, Kind
from ..video import VideoIndex
from ..video.mapping import FrameMapping
from .perform import tables_of
from .placing import next_survivors, place

if TYPE_CHECKING:
    from ..project import Project
    from ..state import State

Int64s = npt.NDArray[np.int64]

_NOTICEABLE_PX = 0.5
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class Lost:
    """A keyframe that will be set aside: its entity's id and name, property and old frame."""

    entity: str
    name: str
    property: str
    frame: int


@dataclass(frozen=True)
class Survey:
    """Keyframes of entities that are not deleted: ``kept`` stay with their picture (``moved`` of
    these get another frame number), ``postponed`` take effect at the next frame that is left,
    ``lost`` are set aside. ``shifted`` counts the boxes, on frames that are left, that will
    differ by over half a pixel because a keyframe vanished or time runs otherwise between
    keyframes; ``furthest_px`` is the largest such difference, at ``furthest`` (entity name, old
    frame)."""

    kept: int
    moved: int
    postponed: int
    lost: tuple[Lost, ...]
    shifted: int
    furthest_px: float
    furthest: tuple[str, int] | None

    def to_json(self) -> dict[str, Any]:
        """For scripts; the list of what is set aside is whole."""
        return {
            "kept": self.kept,
            "moved": self.moved,
            "postponed": self.postponed,
            "set_aside": [
                {"entity": one.entity, "name": one.name, "property": one.property,
                 "frame": one.frame} for one in self.lost
            ],
            "shifted": self.shifted,
            "furthest_px": round(self.furthest_px, 3),
        }  # fmt: skip


def survey(project: Project, mapping: FrameMapping, index: VideoIndex) -> Survey:
    """Place every keyframe in memory only, and compare what the engine says before and after."""
    partner = mapping.partner
    survivors = next_survivors(partner)
    old_times = project.engine_times
    new_times = index.pts.astype(np.float64) if index.variable_rate else None
    kept = moved = postponed = shifted = 0
    lost: list[Lost] = []
    furthest, where = 0.0, None
    with project.snapshot() as state:
        for entity in project.entities.values():
            number = project.number(entity.id)
            there: npt.NDArray[np.bool_] | None = None
            for name, table in tables_of(state):
                keyframes = table.get(number)
                if not len(keyframes):
                    continue
                placed = place(keyframes, table.kind, partner, survivors)
                own = partner[keyframes.frames]
                kept += int((own >= 0).sum())
                moved += int(((own >= 0) & (own != keyframes.frames)).sum())
                postponed += int((placed.postponed >= 0).sum())
                gone = placed.vanished.frames[placed.postponed < 0]
                lost += [Lost(entity.id, entity.name, name, frame) for frame in gone.tolist()]
                kind = table.kind
                if kind.rule == "hold" or not kind.geometry or kind.dtype.kind != "f":
                    continue
                if there is None:
                    there = _present(state, number, partner)
                differs = _differences(
                    keyframes,
                    placed.keyframes,
                    table.kind,
                    partner,
                    old_times,
                    new_times,
                )
                differs[~there] = 0
                shifted += int((differs > _NOTICEABLE_PX).sum())
                if len(differs) and differs.max() > furthest:
                    at = int(differs.argmax())
                    furthest, where = float(differs[at]), (entity.name, at)
    return Survey(kept, moved, postponed, tuple(lost), shifted, furthest, where)


def _present(state: State, number: int, partner: Int64s) -> npt.NDArray[np.bool_]:
    out = np.zeros(len(partner), np.bool_)
    for name, table in tables_of(state):
        if name == "presence":
            values = engine.evaluate_one(table.get(number), table.kind, 0, len(partner), None)
            out |= values[:, 0] > ABSENT
    return out


def _differences(
    before: Any,
    after: Any,
    kind: Kind,
    partner: Int64s,
    old_times: npt.NDArray[np.float64] | None,
    new_times: npt.NDArray[np.float64] | None,
) -> npt.NDArray[np.float64]:
    """How far values on each old frame that is left move, float64 ``(old frames,)`` in pixels."""
    out = np.zeros(len(partner), np.float64)
    if len(before) < 2:
        return out
    first, last = int(before.frames[0]), int(before.frames[-1])
    for start in range(first, last + 1, _BLOCK_FRAMES):
        stop = min(start + _BLOCK_FRAMES, last + 1)
        left = np.flatnonzero(partner[start:stop] >= 0)
        if not len(left):
            continue
        there = partner[start + left]
        old = engine.evaluate_one(before, kind, start, stop, old_times)[left]
        begin, end = int(there[0]), int(there[-1]) + 1
        new = engine.evaluate_one(after, kind, begin, end, new_times)[there - begin]
        with np.errstate(invalid="ignore"):
            moved = np.abs(old - new).max(axis=1)
        out[start + left] = np.where(np.isnan(moved), np.inf, moved)
    return out
