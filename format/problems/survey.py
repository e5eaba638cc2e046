"""What the checks look at: all keyframes of all entities as a few arrays, taken at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ..edit import Attributes
from ..geometry import wkt
from ..kinds import Kind
from ..runs import Ints, Runs, packed_keyframes, presence_runs

if TYPE_CHECKING:
    from ..project import Project

Floats = NDArray[np.float64]
# Shapes kept as text are read one by one: above so many of them the rest is not looked at.
MAX_TEXT_SHAPES = 50_000


@dataclass(frozen=True, eq=False)
class Extents:
    """Keyframes of one geometry on frames where their entity is there, by entity and frame:
    ``entity`` and ``frame`` int64 ``(n,)``, ``box`` float64 ``(n, 4)`` left, top, right, bottom in
    px, ``run`` the stretch of presence that each is in (an index into ``Survey.runs``)."""

    name: str
    entity: Ints
    frame: Ints
    box: Floats
    run: Ints

    def __len__(self) -> int:
        return len(self.entity)

    @cached_property
    def center(self) -> Floats:
        """``(n, 2)`` px."""
        return np.asarray((self.box[:, :2] + self.box[:, 2:]) / 2)

    @cached_property
    def size(self) -> Floats:
        """The longer side of each, px."""
        return np.asarray((self.box[:, 2:] - self.box[:, :2]).max(axis=1))


class Survey:
    """The project for the length of one search. Arrays are copies: nobody waits for the checks."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.frame_count = project.frame_count
        self.width, self.height = project.record.width, project.record.height
        with project.snapshot() as state:
            self.ids: list[str] = list(state.ids)
            self.live: Ints = state.live.copy()
            self.attributes: list[Attributes] = [state.attributes[each] for each in self.ids]
            self.runs: Runs = presence_runs(state)
            self._packed = {
                (name, kind): packed_keyframes(state, name, kind)
                for name, kind in list(state.tables)
                if "." not in name
            }
        self.number = {entity: number for number, entity in enumerate(self.ids)}

    def name(self, number: int) -> str:
        """What people call the entity."""
        return self.attributes[number].name

    @cached_property
    def class_code(self) -> Ints:
        """A number for the class of each entity, by the entity's number."""
        names = sorted({item.class_name for item in self.attributes})
        codes = {name: code for code, name in enumerate(names)}
        return np.array([codes[item.class_name] for item in self.attributes], np.int64)

    def keyframes(self, name: str, kind: Kind) -> tuple[Ints, Ints, NDArray[Any]]:
        """Entity numbers, frames and rows of every keyframe of a property."""
        packed = self._packed.get((name, kind))
        if packed is None:
            return np.empty(0, np.int64), np.empty(0, np.int64), kind.empty_rows(0)
        return np.repeat(self.live, np.diff(packed.offsets)), packed.frames, packed.rows

    def kinds_of(self, name: str) -> list[Kind]:
        """The kinds under which keyframes of that name are stored."""
        return [kind for each, kind in self._packed if each == name]

    def run_of(self, entity: Ints, frame: Ints) -> Ints:
        """The stretch of presence that each (entity, frame) is in, -1 where it is not there."""
        stride = self.frame_count + 1
        starts = self.runs.entity * stride + self.runs.first
        at = np.searchsorted(starts, entity * stride + frame, "right") - 1
        if not len(starts):
            return np.full(len(entity), -1, np.int64)
        near = np.maximum(at, 0)
        there = (at >= 0) & (self.runs.entity[near] == entity) & (frame < self.runs.stop[near])
        return np.where(there, at, -1)

    @cached_property
    def extents(self) -> list[Extents]:
        """Every geometry's keyframes as upright boxes."""
        return [
            found
            for (name, kind) in self._packed
            if kind.geometry and len(found := self._extents(name, kind))
        ]

    def _extents(self, name: str, kind: Kind) -> Extents:
        entity, frame, rows = self.keyframes(name, kind)
        if kind.is_text:
            entity, frame, rows = (a[:MAX_TEXT_SHAPES] for a in (entity, frame, rows))
        run = self.run_of(entity, frame)
        box = bounds_of(rows, kind)
        keep = (run >= 0) & np.isfinite(box).all(axis=1)
        return Extents(name, entity[keep], frame[keep], box[keep], run[keep])

    @cached_property
    def first_shape(self) -> Ints:
        """The first frame on which each entity has any geometry; behind the video for none."""
        out = np.full(len(self.ids), self.frame_count, np.int64)
        for name, kind in self._packed:
            if kind.geometry:
                entity, frame, _ = self.keyframes(name, kind)
                np.minimum.at(out, entity, frame)
        return out


def bounds_of(rows: NDArray[Any], kind: Kind) -> Floats:
    """``(n, 4)`` left, top, right, bottom of stored rows; NaN where there is no extent."""
    name = kind.name
    if name == "box":
        return np.asarray(np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1))
    if name in ("rotated_box", "ellipse"):
        half = np.abs(rows[:, 2:4]) / (2 if name == "rotated_box" else 1)
        turn = np.radians(rows[:, 4])
        c, s = np.abs(np.cos(turn)), np.abs(np.sin(turn))
        if name == "rotated_box":
            reach = np.stack([half[:, 0] * c + half[:, 1] * s, half[:, 0] * s + half[:, 1] * c], 1)
        else:
            reach = np.stack(
                [
                    np.hypot(half[:, 0] * c, half[:, 1] * s),
                    np.hypot(half[:, 0] * s, half[:, 1] * c),
                ],
                axis=1,
            )
        return np.asarray(np.concatenate([rows[:, :2] - reach, rows[:, :2] + reach], axis=1))
    if name == "cuboid":
        corners = rows.reshape(len(rows), 8, 2)
        return np.asarray(np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1))
    if name == "points":
        points = rows.reshape(len(rows), -1, 3)
        there = points[:, :, 2:] > 0
        low = np.where(there, points[:, :, :2], np.inf).min(axis=1)
        high = np.where(there, points[:, :, :2], -np.inf).max(axis=1)
        return np.asarray(np.concatenate([low, high], axis=1))
    reader = _mask_bounds if name == "mask" else _shape_bounds
    found = [reader(text) for text in rows[:, 0]]
    return np.array(found, np.float64).reshape(-1, 4)


def _shape_bounds(text: str) -> tuple[float, float, float, float]:
    try:
        return wkt.parse(text).bounds
    except ValueError:
        return (np.nan,) * 4


def _mask_bounds(text: str) -> tuple[float, float, float, float]:
    try:
        data = orjson.loads(text)
        (height, width), (x, y) = data["size"], data.get("offset", [0, 0])
        if height * width == 0:
            return (np.nan,) * 4
        return float(x), float(y), float(x + width), float(y + height)
    except (ValueError, KeyError, TypeError):
        return (np.nan,) * 4
