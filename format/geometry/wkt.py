"""Polygons and polylines as text, and back: well-known text (OGC 06-103r4, section 7).

One shape has one text: numbers in the shortest decimal form that reads back as the same float64,
no ``-0``, ``", "`` between vertices and rings, and ``MULTI...`` only where there are several parts.
Texts are untrusted: parsing takes linear time and refuses what is too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from .shape import (
    MAX_RINGS,
    MAX_VERTICES,
    PathKind,
    Points,
    Shape,
    assemble,
    check_coordinates,
    offsets_of,
)

T = TypeVar("T")

MAX_TEXT_CHARS = 8 << 20

# Also keeps out what float() and split() would take: digits of other scripts, "1_0", \x1c.
_ALLOWED = re.compile(r"[A-Za-z0-9+\-.,() \t\r\n]*")
_TAGS: dict[str, tuple[PathKind, bool]] = {
    "LINESTRING": ("polyline", False),
    "MULTILINESTRING": ("polyline", True),
    "POLYGON": ("polygon", False),
    "MULTIPOLYGON": ("polygon", True),
}


def parse(text: str, kind: PathKind | None = None) -> Shape:
    """The shape that a text describes; ``kind`` says which of the two is expected.

    A polygon's rings must be closed, as the standard asks. Rings of fewer than three vertices and
    paths of one are taken as they are (other tools write them) and left to
    :func:`.checks.inspect`. ValueError says what is wrong.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise ValueError(f"is a text of {len(text)} characters, more than {MAX_TEXT_CHARS}")
    if not _ALLOWED.fullmatch(text):
        raise ValueError("has a character that well-known text does not have")
    tokens = text.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    tag = tokens[0].upper() if tokens else ""
    if tag not in _TAGS:
        raise ValueError(f"begins with {tag[:20]!r}, not with {', '.join(_TAGS)}")
    found, several = _TAGS[tag]
    if kind is not None and found != kind:
        raise ValueError(f"is a {found}, not a {kind}")
    reader = _Reader(tokens, closed=found == "polygon")
    if several:
        parts = reader.listed(reader.part)
    else:
        parts = [reader.part()]
    reader.end()
    rings = [ring for part in parts for ring in part]
    points = np.array(reader.numbers, np.float64).reshape(-1, 2)
    check_coordinates(points)
    # one zero: -0.0 would give other bytes for the same shape
    return assemble(found, points + 0.0, offsets_of(rings), offsets_of(parts))


def format(shape: Shape) -> str:  # named for its counterpart, parse
    """The one text of a shape."""
    tag = "LINESTRING" if shape.kind == "polyline" else "POLYGON"
    if shape.kind == "polyline":
        parts = [_vertices(part[0]) for part in shape.parts]
    else:
        parts = [
            ", ".join(_vertices(np.concatenate([ring, ring[:1]])) for ring in part).join("()")
            for part in shape.parts
        ]
    if len(parts) == 1:
        return f"{tag} {parts[0]}"
    return f"MULTI{tag} ({', '.join(parts)})"


def _vertices(ring: Points) -> str:
    # repr() of nested lists formats all floats in C: "[[1.0, 2.5], [3.0, 4.0]]"
    text = repr((ring + 0.0).tolist())[2:-2].replace("], [", ";") + ";"
    text = text.replace(".0;", ";").replace(".0,", ",").replace(", ", " ")
    return text[:-1].replace(";", ", ").join("()")


class _Reader:
    """Walks once over the tokens and gathers the numbers; the nesting is fixed by the tag."""

    def __init__(self, tokens: list[str], closed: bool) -> None:
        self.numbers: list[float] = []  # x, y, x, y ... of every ring in turn
        self._tokens = tokens
        self._closed = closed
        self._at = 1
        self._rings = 0

    def listed(self, item: Callable[[], T]) -> list[T]:
        """Items between parentheses, with commas between them."""
        self._take("(")
        items = [item()]
        while self._take(",)") == ",":
            items.append(item())
        return items

    def part(self) -> list[range]:
        if not self._closed:
            return [self._ring()]
        return self.listed(self._ring)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise ValueError("goes on after its closing parenthesis")

    def _ring(self) -> range:
        """The vertices of one ring, as the range of their numbers among all vertices."""
        self._take("(")
        try:
            stop = self._tokens.index(")", self._at)
        except ValueError:
            raise ValueError("lacks a closing parenthesis") from None
        inner = self._tokens[self._at : stop]
        self._at = stop + 1
        commas = inner[2::3]
        # x y , x y , x y: two numbers a vertex, a comma after each but the last
        if len(inner) % 3 != 2 or commas.count(",") != len(commas):
            raise ValueError("has a vertex that is not two numbers")
        try:
            xs, ys = list(map(float, inner[0::3])), list(map(float, inner[1::3]))
        except ValueError:
            raise ValueError("has a vertex that is not two numbers") from None
        if self._closed:
            if len(xs) < 2 or xs[0] != xs[-1] or ys[0] != ys[-1]:
                raise ValueError("has a ring that does not end where it begins")
            del xs[-1], ys[-1]
        first = len(self.numbers) // 2
        self._rings += 1
        if first + len(xs) > MAX_VERTICES:
            raise ValueError(f"has more than {MAX_VERTICES} vertices")
        if self._rings > MAX_RINGS:
            raise ValueError(f"has more than {MAX_RINGS} rings")
        pairs = [0.0] * (2 * len(xs))
        pairs[0::2], pairs[1::2] = xs, ys
        self.numbers += pairs
        return range(first, first + len(xs))

    def _take(self, expected: str) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else "its end"
        if token not in tuple(expected):
            raise ValueError(f"has {token[:20]!r} where {' or '.join(expected)} belongs")
        self._at += 1
        return token
