"""Frames are found again by their pictures alone."""

from __future__ import annotations

import numpy as np
import pytest
from reviewer.format.remap import align as module
from reviewer.format.remap.align import Distances, align
from reviewer.format.remap.find import by_times
from reviewer.format.remap.fingerprints import Fingerprints

PIXELS = 400


def film(frames: int, seed: int = 0) -> np.ndarray:
    """Pictures that drift: neighbours are alike, others are not."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 6, (frames, PIXELS))
    return np.clip(128 + np.cumsum(steps, axis=0) * 0.7, 0, 255)


def prints(pictures: np.ndarray, noise: float = 0.0, seed: int = 1) -> Fingerprints:
    rng = np.random.default_rng(seed)
    shown = np.clip(pictures + rng.normal(0, noise, pictures.shape), 0, 255).astype(np.uint8)
    return Fingerprints(shown, np.ones(len(shown), np.bool_), np.arange(len(shown)) / 30)


def truth_of(count: int, source: list[int]) -> np.ndarray:
    """Partner of each old frame when new frame j shows old frame source[j], -1 a foreign one; of
    repeated frames the first counts."""
    out = np.full(count, -1, np.int64)
    for new, old in reversed(list(enumerate(source))):
        if old >= 0:
            out[old] = new
    return out


CASES = {
    "same": lambda n, rng: list(range(n)),
    "5 % lost": lambda n, rng: sorted(rng.choice(n, n - n // 20, replace=False).tolist()),
    "cut at both ends": lambda n, rng: list(range(n // 5, n - n // 7)),
    "a piece cut out": lambda n, rng: [*range(n // 3), *range(n // 2, n)],
    "repeated": lambda n, rng: sorted([*range(n), *rng.choice(n, n // 15).tolist()]),
    "repeated, then lost": lambda n, rng: sorted([*range(n - 30), *range(n - 20, n), 10, 10, 99]),
    "title in front": lambda n, rng: [-1] * 12 + list(range(n)),
}


@pytest.mark.parametrize("banded", [False, True], ids=["whole", "banded"])
@pytest.mark.parametrize("noise", [0.0, 3.0])
@pytest.mark.parametrize("case", CASES)
def test_every_frame_is_found(
    case: str, noise: float, banded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if banded:
        monkeypatch.setattr(module, "_MAX_CELLS", 40_000)
        monkeypatch.setattr(module, "_MARGIN", 20)
    count = 600
    pictures = film(count)
    source = CASES[case](count, np.random.default_rng(7))
    foreign = np.full(PIXELS, 16.0)
    new = np.stack([pictures[old] if old >= 0 else foreign for old in source])
    distances = Distances(prints(pictures), prints(new, noise))
    partner, _ = align(distances)
    truth = truth_of(count, source)
    doubles = {old for old in source if source.count(old) > 1}
    for old in range(count):
        if old in doubles:  # either of two equal pictures is right
            assert source[partner[old]] == old
        else:
            assert partner[old] == truth[old], old


def test_frames_that_cannot_be_decoded_keep_their_place() -> None:
    pictures = film(200)
    new = prints(np.delete(pictures, [30, 150], axis=0), 2.0)
    new.known[80] = False
    new.pictures[80] = 0
    partner, _ = align(Distances(prints(pictures), new))
    truth = truth_of(200, np.delete(np.arange(200), [30, 150]).tolist())
    np.testing.assert_array_equal(partner, truth)


def test_times_that_agree() -> None:
    old = np.arange(100) / 30
    kept = np.delete(np.arange(100), [3, 50, 51])
    partner = by_times(old, np.round(old[kept], 3))
    np.testing.assert_array_equal(np.flatnonzero(partner >= 0), kept)
    np.testing.assert_array_equal(partner[kept], np.arange(97))
