"""Which colour an entity has, as in the page: its class's, its own, or that of its choice."""

from __future__ import annotations

import math

RGB = tuple[int, int, int]

ENTITY_HUES = 24
NO_VALUE_COLOR: RGB = (0x8B, 0x95, 0xA3)


def _hsl(hue: float, saturation: float, lightness: float) -> RGB:
    a = saturation * min(lightness, 1 - lightness)

    def channel(n: int) -> int:
        k = (n + hue / 30) % 12
        value = lightness - a * max(-1.0, min(k - 3, 9 - k, 1.0))
        return math.floor(255 * value + 0.5)  # as JavaScript rounds: the page has the same table

    return channel(0), channel(8), channel(4)


# Distinct, equally light colours; neighbours in creation order are far apart in hue.
ENTITY_PALETTE: tuple[RGB, ...] = tuple(
    _hsl((i * 137.508) % 360, 0.85 if i % 2 else 0.7, 0.62 if i % 3 else 0.7)
    for i in range(ENTITY_HUES)
)


def entity_color(number: int) -> RGB:
    """The colour of the entity with that number in the project."""
    return ENTITY_PALETTE[number % ENTITY_HUES]
