"""The terminal's own colour themes; Textual's others can be had from the command palette too."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="reviewer",
        primary="#6cb6ff",
        secondary="#8b98a9",
        accent="#facc5a",
        warning="#e6a94a",
        error="#f2777a",
        success="#7ec699",
        foreground="#d5dae1",
        background="#0d0f12",
        surface="#14171c",
        panel="#1b1f26",
        dark=True,
    ),
    Theme(
        name="reviewer-contrast",
        primary="#7fc4ff",
        secondary="#c8d0da",
        accent="#ffe600",
        warning="#ffb000",
        error="#ff6b6b",
        success="#5dff9b",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#101010",
        dark=True,
    ),
    Theme(
        name="reviewer-light",
        primary="#0b63b0",
        secondary="#5b6675",
        accent="#8a5a00",
        warning="#a05a00",
        error="#b3261e",
        success="#1c7a3e",
        foreground="#1c2128",
        background="#eef1f5",
        surface="#f7f9fb",
        panel="#e3e8ee",
        dark=False,
    ),
)
