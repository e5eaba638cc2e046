"""The problems of the annotations: where they are, and mending them, with keys alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from reviewer.format import Project
from reviewer.format.problems import Fix, Found, Problem, all_checks, find_problems
from reviewer.screens.dialogs import Item, Menu, Preview
from reviewer.screens.follow import PROGRAM_KEYS, READ_KEYS, ROW_KEYS, ListBoard
from reviewer.screens.keys import EDIT, VIEW, Key
from reviewer.screens.registry import Place
from reviewer.widgets.listing import Cell, Column, Listing, Row
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

LOOK = {"error": "bad", "warning": "busy", "note": "muted"}
MAX_PREVIEW = 200


class Problems(ListBoard):
    """Worst first. The checks run in a thread, again after each change."""

    TITLE_TEXT = "Problems"
    KEYS = (
        *ROW_KEYS,
        *READ_KEYS,
        Key(VIEW, "enter", "⏎", "open", "to the picture, at this place", "⏎ look"),
        Key(VIEW, "s", "s", "sort_of", "only one sort of problem", "s sort"),
        Key(EDIT, "f", "f", "fix(0)", "mend it: the first offer", "f fix"),
        *(Key(EDIT, f"{n}", f"{n}", f"fix({n - 1})", f"mend it: offer {n}") for n in range(2, 10)),
        Key(EDIT, "F", "F", "fix_all", "mend all that are listed, by first offers", "F fix all"),
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        columns = (
            Column("", 7),
            Column("what", 15, least=90),
            Column("entity", 16, least=100),
            Column("frames", 11),
            Column("problem"),
        )
        super().__init__(cockpit, Listing(columns, "Looking ...", id="list"))
        self.found: Found | None = None
        self.code: str | None = None
        self._rows: dict[str, Problem] = {}
        self._titles = {check.code: check.title for check in all_checks()}

    def look(self) -> Found:
        return find_problems(self.project)

    def took(self, found: Found) -> None:
        self.found = found
        listed = [p for p in found.problems if self.code in (None, p.code)]
        self._rows = {}
        rows = []
        for problem in listed:
            key = problem.key()
            while key in self._rows:
                key += "+"
            self._rows[key] = problem
            rows.append(self._row(key, problem))
        self.listing.show_rows(rows, "Nothing is wrong, as far as the checks can tell.")
        counts = Counter(str(problem.severity) for problem in listed)
        notes = [f"{counts[s]} {s}{'s' if counts[s] != 1 else ''}" for s in LOOK if counts[s]]
        notes += [self._titles.get(self.code, self.code)] if self.code else []
        notes += ["more than are listed"] if found.left_out else []
        self.heading.show(about=" · ".join(notes) or "none")
        for name, reason in found.failed.items():
            self.say(f"the check {name} could not run: {reason}")

    def _row(self, key: str, problem: Problem) -> Row:
        severity = str(problem.severity)
        frames = ""
        if problem.frames:
            first, stop = problem.frames
            frames = f"{first}" if stop - first == 1 else f"{first}-{stop - 1}"
        entity = problem.entities[0] if problem.entities else None
        return Row(
            key,
            (
                Cell(severity, LOOK[severity]),
                Cell(inert(problem.code.replace("-", " ")), "muted"),
                Cell(self.entity_name(entity), "strong"),
                Cell(frames),
                Cell(inert(problem.sentence)),
            ),
        )

    @property
    def problem(self) -> Problem | None:
        """What the cursor is on."""
        row = self.listing.current
        return self._rows.get(row.key) if row else None

    def detail(self) -> list[list[Cell]]:
        problem = self.problem
        if problem is None:
            return []
        severity = str(problem.severity)
        lines = [
            [Cell(severity, LOOK[severity]), Cell(f"  {inert(problem.sentence)}", "strong")],
            [],
        ]
        for number, fix in enumerate(problem.fixes[:9], start=1):
            key = "f" if number == 1 else f"{number}"
            lines.append([Cell(f"  {key}  ", "accent"), Cell(inert(fix.label))])
        if not problem.fixes:
            lines.append([Cell("  Look at it: there is no offer to mend it.", "muted")])
        return lines

    # -- keys -----------------------------------------------------------------------------

    def action_open(self) -> None:
        if (problem := self.problem) is not None:
            entity = problem.entities[0] if problem.entities else None
            self.jump(place_of(problem), entity)

    def action_sort_of(self) -> None:
        counts = Counter(problem.code for problem in self.found.problems) if self.found else {}
        items = [Item("", "All", hotkey="0")]
        for number, (code, count) in enumerate(counts.items(), start=1):
            title = inert(self._titles.get(code, code))
            hotkey = str(number) if number < 10 else ""
            items.append(Item(code, f"{title} ({count})", hotkey=hotkey))

        def answer(code: str) -> None:
            self.code = code or None
            if self.found is not None:
                self.took(self.found)

        self.app.push_screen(Menu("Which problems", items, answer, self.code or ""))

    def action_fix(self, number: int) -> None:
        problem = self.problem
        if problem is None or number >= len(problem.fixes):
            self.say("there is no such offer")
            return
        fix = problem.fixes[number]
        self.write(inert(fix.label), lambda: fix.apply(self.project))

    def action_fix_all(self) -> None:
        fixes = [p.fixes[0] for p in self._rows.values() if p.fixes]
        if not fixes:
            self.say("there is nothing that can be mended")
            return
        lines = [inert(fix.label) for fix in fixes[:MAX_PREVIEW]]
        if len(fixes) > MAX_PREVIEW:
            lines.append(f"and {len(fixes) - MAX_PREVIEW} more")
        label = f"Mend {len(fixes)} problems" if len(fixes) > 1 else fixes[0].label
        self.app.push_screen(
            Preview(inert(label), lines, lambda yes: self.cockpit.commit(label, self._all(fixes)))
        )

    def _all(self, fixes: list[Fix]) -> Callable[[], None]:
        def change() -> None:
            for fix in fixes:
                fix.change(self.project)

        return change


def place_of(problem: Problem) -> int | None:
    """The frame to look at: where it shows, not where it begins to."""
    if problem.frames is None:
        return None
    first, stop = problem.frames
    return stop - 1 if problem.code in ("jump", "identity-switch") else first


def places(project: Project) -> list[Place]:
    """Where problems are, in order of frames: what the cockpit's < and > go to."""
    found = [
        Place(at, inert(problem.sentence), problem.entities[0] if problem.entities else None)
        for problem in find_problems(project).problems
        if (at := place_of(problem)) is not None
    ]
    return sorted(found, key=lambda place: place.frame)
