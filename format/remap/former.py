"""Frames of former videos in the numbering of the present one, by the mappings that remaps left.

What reviewers said is pinned to the frames of the video they saw, and its files are never written
again: two branches, one of them remapped, could not be merged otherwise. So the pins stay as they
are, and whoever reads them carries them over.
"""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..shelf import Shelf
from .aside import MAX_BYTES, folder_of

Int64s = npt.NDArray[np.int64]
Span = tuple[int, int]

_NAME = re.compile(r"[0-9a-z]{1,64}\.json\Z")
_MAX_FRAMES = 1 << 25


class FormerVideos:
    """The mappings in a project's ``remapped/``. Videos are told by their pts digest. A file that
    cannot be read maps nothing; ``read_asides`` says what is wrong with it."""

    def __init__(self, root: Path, temporary: Path) -> None:
        self._shelf = Shelf(folder_of(root), temporary, _NAME, MAX_BYTES)
        self._steps: dict[str, tuple[str, str, Int64s]] = {}  # by file: from, to, runs

    def notice(self) -> bool:
        """Take in files that are new, changed or gone; whether there were any."""
        changed = False
        for name, data in self._shelf.changed():
            changed = True
            self._steps.pop(name, None)
            if isinstance(data, dict) and (step := _read(data)) is not None:
                self._steps[name] = step
        return changed

    def way(self, old: str, new: str) -> list[Int64s] | None:
        """The remaps that lead from one video to another, the shortest way, each as int64 (r, 3)
        runs: first frame before, first frame after, count. None when there is no way."""
        if old == new:
            return []
        before: dict[str, tuple[str, Int64s]] = {}
        queue = deque([old])
        while queue:
            here = queue.popleft()
            for start, end, runs in self._steps.values():
                for a, b, turned in ((start, end, runs), (end, start, runs[:, [1, 0, 2]])):
                    if a == here and b != old and b not in before:
                        before[b] = (here, turned)
                        queue.append(b)
        if new not in before:
            return None
        way: list[Int64s] = []
        at = new
        while at != old:
            at, runs = before[at]
            way.append(runs)
        return way[::-1]


def carry(frames: Span, way: list[Int64s]) -> Span | None:
    """The frames ``[first, stop)`` after those remaps: from the first of them that is left to the
    last. None when none is."""
    first, stop = frames
    for runs in way:
        low = np.maximum(runs[:, 0], first)
        high = np.minimum(runs[:, 0] + runs[:, 2], stop)
        there = low < high
        if not there.any():
            return None
        shift = runs[:, 1] - runs[:, 0]
        first = int((low + shift)[there].min())
        stop = int((high + shift)[there].max())
    return first, stop


def _read(data: dict[str, Any]) -> tuple[str, str, Int64s] | None:
    """From, to and runs of a file's content; None when it has none, or not such as may be."""
    try:
        old, new = data["from"]["pts_digest"], data["to"]["pts_digest"]
        runs = np.array(data["runs"], np.int64).reshape(-1, 3)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if not (isinstance(old, str) and isinstance(new, str)):
        return None
    if (runs < 0).any() or (runs > _MAX_FRAMES).any() or (runs[:, 2] < 1).any():
        return None
    ends = runs[:, :2] + runs[:, 2:]
    if (runs[1:, :2] < ends[:-1]).any():
        return None
    return old, new, runs
