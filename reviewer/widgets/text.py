"""Names and labels that came from elsewhere, made safe to show in a terminal."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

MAX_CHARACTERS = 500
MAX_COMBINING = 3  # marks stacked on one character; a pile of them paints over the rows above


@lru_cache(maxsize=65536)
def inert(text: str) -> str:
    """`text` as one line that does nothing but show itself.

    Controls become their visible pictures (ESC is ␛, newline ␊); bidi and other format
    controls, line separators and unassigned characters become "�". The result is still not
    markup-safe by itself: show it through rich Text, Segment or Textual Content, never as markup.
    """
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS] + "…"
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    combining = 0
    for character in text:
        code = ord(character)
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            combining += 1
            if combining > MAX_COMBINING:
                continue
        else:
            combining = 0
        if code < 0x20:
            out.append(chr(0x2400 + code))
        elif code == 0x7F:
            out.append("␡")
        elif category == "Zs":
            out.append(" ")
        elif category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            out.append("�")
        else:
            out.append(character)
    return "".join(out)


def cell_width(text: str) -> int:
    """Character cells that `text` takes."""
    return cell_len(text)


@lru_cache(maxsize=65536)
def shorten(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, the cut marked with "…"."""
    if cell_len(text) <= cells:
        return text
    if cells <= 0:
        return ""
    return set_cell_size(text, cells - 1).rstrip() + "…"


def pad(text: str, cells: int) -> str:
    """`text` in exactly `cells` cells, shortened or filled with spaces."""
    return set_cell_size(shorten(text, cells), max(0, cells))
