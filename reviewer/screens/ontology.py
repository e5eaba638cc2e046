"""The ontology editor: classes, properties, choices, conditions, skeletons, colours, hotkeys. What
a change would lose of the annotations is shown before it is made; undo brings it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from reviewer.format import Change, Ontology, ReviewerError
from reviewer.format.evolution import Cost, Merged, cost
from reviewer.screens.board import PROGRAM_KEYS, Board
from reviewer.screens.dialogs import Item, Menu, Preview
from reviewer.screens.keys import EDIT, MOVE, Key
from reviewer.screens.ontology_changes import Questions
from reviewer.screens.ontology_properties import definition_of
from reviewer.screens.ontology_rows import SCENE, Row, ontology_rows
from reviewer.widgets.ontology_list import OntologyList
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

NAMED = ("class", "property", "choice")
COLORED = ("class", "choice")


class OntologyEditor(Board):
    """One list of everything; Enter says what can be done with a line."""

    TITLE_TEXT = "Ontology"
    KEYS = (
        Key(MOVE, "down,j", "↓ j", "row(1)", "next row"),
        Key(MOVE, "up,k", "↑ k", "row(-1)", "previous row", "↑↓ row"),
        Key(MOVE, "pagedown", "PgDn", "page(1)", "a page down"),
        Key(MOVE, "pageup", "PgUp", "page(-1)", "a page up"),
        Key(MOVE, "home", "Home", "page(-1000)", "first row"),
        Key(MOVE, "end", "End", "page(1000)", "last row"),
        Key(MOVE, "right_square_bracket", "]", "owner(1)", "next class"),
        Key(MOVE, "left_square_bracket", "[", "owner(-1)", "previous class"),
        Key(EDIT, "enter,e", "⏎ e", "change", "all that can be changed here", "⏎ change"),
        Key(EDIT, "n", "n", "add", "add something here", "n add"),
        Key(EDIT, "r", "r", "one('relabel')", "rename", "r rename"),
        Key(EDIT, "c", "c", "one('color')", "colour", "c colour"),
        Key(EDIT, "h", "h", "one('hotkey')", "hotkey", "h hotkey"),
        Key(EDIT, "w", "w", "one('condition')", "condition of a property"),
        Key(EDIT, "m", "m", "one('merge_choice')", "merge a choice into another"),
        Key(EDIT, "D,delete", "D Del", "one('remove')", "remove", "D remove"),
        Key(EDIT, "J,shift+down", "J", "move(1)", "move down", "J/K move"),
        Key(EDIT, "K,shift+up", "K", "move(-1)", "move up"),
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        super().__init__(cockpit)
        self.list = OntologyList(id="ontology")
        self.questions = Questions(self.project, self._ask, self._change)

    def body(self) -> Iterable[Widget]:
        yield self.list

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        ontology = self.project.ontology
        self.list.show_rows(ontology_rows(ontology))
        properties = sum(len(one.declared) for one in ontology.classes.values())
        self.heading.show(about=f"{len(ontology.classes)} classes · {properties} properties")

    def project_changed(self, change: Change) -> None:
        if change.edit.ontology is not None or change.origin == "disk":
            self._show()

    # -- doing ----------------------------------------------------------------------------

    def _ask(self, dialog: Widget) -> None:
        self.app.push_screen(dialog)  # type: ignore[arg-type]

    def _change(
        self, label: str, edit: Callable[[Ontology], Ontology], merged: Sequence[Merged]
    ) -> None:
        """Make a change at once where nothing is lost by it; else say what, and ask."""
        try:
            new = edit(self.project.ontology)
            lost = cost(self.project, new, merged)
        except (ReviewerError, KeyError) as error:
            refused = Preview(inert(label), [inert(str(error))], lambda yes: None, possible=False)
            self._ask(refused)
            return

        def commit(_: object = None) -> None:
            # from the ontology as it is by then: others may have changed it meanwhile
            self.cockpit.commit(
                label,
                lambda: self.project.change_ontology(edit(self.project.ontology), label, merged),
            )

        if not lost and not lost.refusals:
            commit()
            return
        possible = not lost.refusals
        warning = str(lost) if possible else "It cannot be done:"
        lines = cost_lines(lost)
        self._ask(Preview(inert(label), lines, commit, warning=warning, possible=possible))

    # -- keys -----------------------------------------------------------------------------

    def action_row(self, by: int) -> None:
        self.list.move_to(self.list.cursor + by)

    def action_page(self, by: int) -> None:
        self.action_row(by * self.list.page_rows)

    def action_owner(self, direction: int) -> None:
        places = [place for place, row in enumerate(self.list.rows) if row.depth == 0]
        if direction > 0:
            after = [place for place in places if place > self.list.cursor]
            self.list.move_to(after[0] if after else self.list.cursor)
        else:
            before = [place for place in places if place < self.list.cursor]
            self.list.move_to(before[-1] if before else self.list.cursor)

    def action_one(self, name: str) -> None:
        """One change by its own key, where the row can have it."""
        row = self.list.current
        if row is None:
            return
        if name not in {item.value for item in self._possible(row)}:
            self.say("not for this row; Enter says what can be done here")
            return
        getattr(self.questions, name)(row)

    def action_move(self, by: int) -> None:
        if (row := self.list.current) is not None and row.kind in NAMED:
            self.questions.move(row, by)

    def _possible(self, row: Row) -> list[Item]:
        """What can be changed of a row, for the menu."""
        items: list[Item] = []
        if row.kind in NAMED:
            items.append(Item("relabel", "Rename", hotkey="r"))
        if row.kind in COLORED:
            items.append(Item("color", "Colour", hotkey="c"))
            items.append(Item("hotkey", "Hotkey", hotkey="h"))
        if row.kind == "class" and row.text != "event":
            items.append(Item("geometry", "Geometry", hotkey="g"))
        if row.kind == "skeleton":
            items.append(Item("skeleton", "Points and edges", hotkey="p"))
        if row.kind == "property":
            items += self._possible_of_property(row)
        if row.kind == "choice":
            items.append(Item("merge_choice", "Merge into another choice", hotkey="m"))
        if row.kind in ("class", "property", "choice", "uses"):
            items.append(Item("remove", "Remove", hotkey="D"))
        return items

    def _possible_of_property(self, row: Row) -> list[Item]:
        definition = definition_of(self.project.ontology, row)
        kind = definition.kind.name.partition(":")[0]
        said = "constant" if definition.time_varying else "changing over time"
        needed = "not required" if definition.required else "required"
        items = [
            Item("required", f"Make it {needed}", hotkey="q"),
            Item("time_varying", f"Make it {said}", hotkey="t"),
            Item("condition", "Condition: when it applies", hotkey="w"),
        ]
        if kind not in ("entity", "entities"):
            items.append(Item("default", "Default value", hotkey="d"))
        if definition.default is not None:
            items.append(Item("no_default", "No default value"))
        if kind == "number":
            items.append(Item("bounds", "Range", hotkey="b"))
        if kind in ("entity", "entities"):
            items.append(Item("classes", "Classes that it may name", hotkey="l"))
        return items

    def action_change(self) -> None:
        row = self.list.current
        if row is None:
            return
        items = self._possible(row)
        if not items:
            self.action_add()
            return

        def answer(name: str) -> None:
            getattr(self.questions, name)(row)

        self._ask(Menu(row.label, items, answer))

    def action_add(self) -> None:
        row = self.list.current
        items = [
            Item("class", "A class", hotkey="c"),
            Item("event", "A class of events", hotkey="e"),
            Item("shared", "A shared property", hotkey="s"),
            Item("scene", "A property of the scene", hotkey="z"),
        ]
        owner = row.owner if row else None
        if row is not None and row.kind in ("property", "choice"):
            definition = definition_of(self.project.ontology, row)
            if definition.choices:
                items.insert(0, Item("choice", f"A choice of {inert(definition.label)}", None, "o"))
        if owner is not None and owner != SCENE:
            found = self.project.ontology.find_class(owner)
            label = inert(found.label if found else owner)
            items.insert(0, Item("property", f"A property of {label}", hotkey="p"))
        if owner is not None and self.project.ontology.shared:
            items.append(Item("use", "A shared property for this class", hotkey="u"))

        def answer(what: str) -> None:
            if what in ("class", "event"):
                self.questions.add_class(what == "event")
            elif what == "choice" and row is not None:
                self.questions.add_choice(row)
            elif what == "use" and owner is not None:
                self.questions.use_shared(owner)
            else:
                places = {"property": owner, "shared": None, "scene": SCENE}
                self.questions.add_property(places[what])

        self._ask(Menu("Add", items, answer))

    # -- the pointer ----------------------------------------------------------------------

    def on_ontology_list_picked(self, message: OntologyList.Picked) -> None:
        self.list.move_to(message.place)


def cost_lines(lost: Cost) -> list[str]:
    """What a change would lose, item by item (inert)."""
    lines = [inert(sentence) for sentence in lost.refusals]
    for item in lost.items:
        parts = [f"{item.entities:,} {'entity' if item.entities == 1 else 'entities'}"]
        if item.keyframes:
            parts.append(f"{item.keyframes:,} keyframes")
        if item.constants:
            parts.append(f"{item.constants:,} values")
        lines.append(f"{inert(item.item)}: {', '.join(parts)}")
    if not lost.refusals:
        lines += ["", "Undo brings all of it back."]
    return lines
