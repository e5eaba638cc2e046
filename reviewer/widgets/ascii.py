"""The interface in ASCII, for terminals that show nothing else."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_PLAIN = str.maketrans(
    {
        "●": "o", "◐": "c", "◑": "c", "○": ".", "·": ".", "◆": "*", "◇": "*", "▸": ">", "◂": "<",
        "▶": ">", "‖": "=", "▼": "v", "▲": "^", "▴": "^", "▾": "v", "╵": "'", "│": "|", "┃": "|",
        "─": "-", "━": "-", "╱": "/", "…": ".", "⏎": "~", "⇥": ">", "⇧": "^", "␣": "_", "—": "-",
        "–": "-", "×": "x", "←": "<", "→": ">", "↑": "^", "↓": "v", "✓": "+", "✔": "+", "✗": "x",
        "╭": "+", "╮": "+", "╯": "+", "╰": "+", "┌": "+", "┐": "+", "┘": "+", "└": "+", "├": "|",
        "┤": "|", "▀": "#", "▄": "=", "█": "#", "▌": "|", "▐": "|", "▁": "_", "▔": "-", "▎": "|",
        "▊": "|", "▂": ".", "▃": "-", "▅": "+", "▆": "*", "▇": "%", "▪": "*", "■": "#", "°": "o",
        "“": '"', "”": '"', "‘": "'", "’": "'", "²": "2",
    }
)  # fmt: skip


# Keys that a sign stands for: where there is room, their names say more than another sign.
_NAMES = {"⏎": "Enter", "⇥": "Tab", "␣": "Space", "⇧": "Shift"}


def spelled(text: str) -> str:
    """`text` with the names of keys in the place of their signs; wider than before."""
    for sign, name in _NAMES.items():
        text = text.replace(sign, name)
    return text


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """`text` in ASCII, as many cells wide: letters without their accents, what has no ASCII form
    as question marks."""
    if text.isascii():
        return text
    out: list[str] = []
    for character in text.translate(_PLAIN):
        if character.isascii():
            out.append(character)
            continue
        base = unicodedata.normalize("NFKD", character)[:1]
        cells = cell_len(character)
        out.append(base if base.isascii() and cells == 1 else "?" * cells)
    return "".join(out)


class Ascii(LineFilter):
    """Puts ASCII in the place of everything else, on its way to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(plain(text), style, control) if not control else segment
            for segment in segments
            for text, style, control in (segment,)
        ]
