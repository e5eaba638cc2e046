"""The checks there are, and the search that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from itertools import islice
from typing import TYPE_CHECKING

from . import duplicates, motion, places, presence, references, rules, twins, video
from .problem import Problem, Severity
from .survey import Survey

if TYPE_CHECKING:
    from ..project import Project

GROUP = "reviewer.problems"
# More of one code say no more than these.
MAX_OF_A_CODE = 1000
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its code, what it looks for, and the function that finds it."""

    code: str
    title: str
    find: Callable[[Survey], Iterable[Problem]]


CHECKS: tuple[Check, ...] = (
    Check("no-size", "shapes of no size", places.no_size),
    Check("outside", "shapes outside the picture", places.outside),
    Check("identity-switch", "two tracks that change places", motion.switches),
    Check("jump", "tracks that jump", motion.jumps),
    Check("duplicate", "two shapes around one thing", duplicates.duplicates),
    Check("gap", "short absences", presence.gaps),
    Check("no-geometry", "entities without a shape", presence.no_geometry),
    Check("required", "required properties without a value", rules.required),
    Check("reference", "references that contradict", references.conflicting),
    Check("near-twin", "values that differ by a slip", twins.near_twins),
    Check("damaged-frame", "keyframes on damaged frames", video.damaged),
)


@dataclass(frozen=True, slots=True)
class Found:
    """The problems, worst first and then by frame. ``left_out`` says of which codes there were more
    than are listed; ``failed`` which checks could not be run, and why."""

    problems: tuple[Problem, ...]
    left_out: frozenset[str] = frozenset()
    failed: dict[str, str] = field(default_factory=dict)


@cache
def _from_plugins() -> tuple[tuple[Check, ...], dict[str, str]]:
    checks: list[Check] = []
    failed: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        try:
            loaded = point.load()
        except Exception as error:  # a plug-in may fail in any way; the others go on
            failed[point.name] = f"{type(error).__name__}: {error}"[:300]
            continue
        if not isinstance(loaded, Check):
            title = (getattr(loaded, "__doc__", None) or point.name).strip().splitlines()[0]
            loaded = Check(point.name, title, loaded)
        checks.append(loaded)
    return tuple(checks), failed


def all_checks() -> tuple[Check, ...]:
    """Those of Reviewer, then those that are installed with the entry points of ``GROUP``: each
    names a :class:`Check`, or a function of a :class:`Survey` that gives problems."""
    return (*CHECKS, *_from_plugins()[0])


def find_problems(project: Project, codes: Sequence[str] | None = None) -> Found:
    """Run the checks (all, or those of some codes). Costs what the keyframes cost, and edits go on
    meanwhile."""
    survey = Survey(project)
    problems: list[Problem] = []
    left_out: set[str] = set()
    failed = dict(_from_plugins()[1])
    for check in all_checks():
        if codes is not None and check.code not in codes:
            continue
        try:
            found = list(islice(check.find(survey), MAX_OF_A_CODE + 1))
        except Exception as error:
            if check in CHECKS:
                raise
            failed[check.code] = f"{type(error).__name__}: {error}"[:300]
            continue
        if len(found) > MAX_OF_A_CODE:
            left_out.add(check.code)
        problems += found[:MAX_OF_A_CODE]
    order = {check.code: place for place, check in enumerate(all_checks())}
    problems.sort(
        key=lambda p: (
            _RANK[p.severity], p.frames[0] if p.frames else -1, order.get(p.code, 0), p.entities
        )
    )  # fmt: skip
    return Found(tuple(problems), frozenset(left_out), failed)
