"""The screens that the cockpit opens, once: their keys, help and palette entries come from here.

Each is named by where its class is, and imported when it is first opened. The class is called with
the cockpit, which has `project`, `desk`, `frame`, `selected`, `go(frame)`, `select(entity_id)`,
`commit(label, change)`, `say(note)` and `complain(sentence)`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reviewer.format import Project

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """keys, shown, hint: as in `keys.Key`. where: module:Class."""

    name: str
    keys: str
    shown: str
    text: str
    where: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to jump to: a frame, what is there (any text), and the entity, if it is about
    one."""

    frame: int
    text: str
    entity: str | None = None


SCREENS: tuple[ScreenEntry, ...] = (
    ScreenEntry(
        "timelines", "T", "T", "timelines of all entities",
        "reviewer.screens.timelines:Timelines", "T timelines",
    ),
    ScreenEntry(
        "manager", "E", "E", "manage entities: rename, merge, split, delete ...",
        "reviewer.screens.manager:Manager", "E entities",
    ),
    ScreenEntry(
        "ontology", "O", "O", "edit the ontology",
        "reviewer.screens.ontology:OntologyEditor", "O ontology",
    ),
    ScreenEntry(
        "review", "R", "R", "review: what is left, threads, verdicts",
        "reviewer.screens.reviews:Reviews", "R review",
    ),
    ScreenEntry(
        "problems", "P", "P", "problems of the annotations, and mending them",
        "reviewer.screens.problems:Problems", "P problems",
    ),
    ScreenEntry(
        "statistics", "S", "S", "statistics",
        "reviewer.screens.numbers:Statistics",
    ),
    ScreenEntry(
        "sessions", "W", "W", "work sessions, and submitting one",
        "reviewer.screens.numbers:Sessions",
    ),
)  # fmt: skip

# What the problem checks found, by "module:function" of a project -> places in order of frames;
# None when there are no such checks.
PROBLEM_PLACES: str | None = "reviewer.screens.problems:places"
# Rows for the timelines besides the entities, by "module:function" of a project -> tracks.
EXTRA_TRACKS: tuple[str, ...] = ("reviewer.screens.tracks:review_tracks",)


def load(where: str) -> Any:
    """What `module:name` names."""
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


def make_screen(name: str, cockpit: Cockpit) -> Any:
    """The screen of that name, for this cockpit."""
    entry = next(one for one in SCREENS if one.name == name)
    return load(entry.where)(cockpit)


def problem_places(project: Project) -> Sequence[Place] | None:
    """Where problems are, in order of frames; None when there are no checks for them."""
    if PROBLEM_PLACES is None:
        return None
    find: Callable[[Project], Sequence[Place]] = load(PROBLEM_PLACES)
    return find(project)
