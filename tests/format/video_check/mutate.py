"""Mutations of real files, for fuzzing: deterministic by seed."""

from __future__ import annotations

import numpy as np

_BLOCK = 512


def mutate(data: bytes, seed: int) -> bytes:
    """One of many ways to spoil a file, chosen and placed by ``seed``."""
    random = np.random.default_rng(seed)
    out = bytearray(data)
    # Half of the files keep their lengths, so that containers stay readable.
    kinds = _KINDS if random.random() < 0.5 else _KINDS[:_KEEPING]
    for _ in range(int(random.integers(1, 3))):
        if len(out) < 16:
            break
        kinds[int(random.integers(len(kinds)))](out, random)
    return bytes(out)


def _somewhere(out: bytearray, random: np.random.Generator) -> int:
    """Often among headers and indexes, which are mostly at the ends."""
    choice = random.random()
    if choice < 0.12:
        return int(random.integers(min(len(out), 4096)))
    if choice < 0.25:
        return int(len(out) - 1 - random.integers(min(len(out), 8192)))
    return int(random.integers(len(out)))


def _flip_bits(out: bytearray, random: np.random.Generator) -> None:
    for _ in range(int(random.integers(1, 12))):
        out[_somewhere(out, random)] ^= 1 << int(random.integers(8))


def _random_bytes(out: bytearray, random: np.random.Generator) -> None:
    at = _somewhere(out, random)
    length = int(random.integers(1, 64))
    out[at : at + length] = random.bytes(min(length, len(out) - at))


def _extreme_number(out: bytearray, random: np.random.Generator) -> None:
    at = _somewhere(out, random)
    size = int(random.choice([1, 2, 4, 8]))
    values = [0, 1, (1 << (8 * size)) - 1, 1 << (8 * size - 1), (1 << (8 * size - 1)) - 1]
    value = values[int(random.integers(len(values)))]
    order = "big" if random.random() < 0.7 else "little"
    out[at : at + size] = value.to_bytes(size, order)


def _zeros(out: bytearray, random: np.random.Generator) -> None:
    at = _somewhere(out, random)
    length = min(int(random.integers(1, 600)), len(out) - at)
    out[at : at + length] = bytes(length)


def _remove(out: bytearray, random: np.random.Generator) -> None:
    at = _somewhere(out, random)
    del out[at : at + int(random.integers(1, 3000))]


def _repeat(out: bytearray, random: np.random.Generator) -> None:
    at = _somewhere(out, random)
    piece = bytes(out[at : at + int(random.integers(1, 3000))])
    out[at:at] = piece * int(random.integers(1, 4))


def _cut(out: bytearray, random: np.random.Generator) -> None:
    del out[int(len(out) * random.random()) :]


def _exchange_blocks(out: bytearray, random: np.random.Generator) -> None:
    a, b = _somewhere(out, random), _somewhere(out, random)
    first, second = bytes(out[a : a + _BLOCK]), bytes(out[b : b + _BLOCK])
    if abs(a - b) >= _BLOCK and len(first) == len(second):
        out[a : a + _BLOCK], out[b : b + _BLOCK] = second, first


_KINDS = (
    _flip_bits, _random_bytes, _extreme_number, _zeros, _exchange_blocks, _remove, _repeat, _cut,
)  # fmt: skip
_KEEPING = 5
