"""The questions of the ontology editor about one property, and what all its questions share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reviewer.format import Ontology, OntologyError, Project, PropertyDefinition
from reviewer.format import ontology_edits as edits
from reviewer.format.evolution import Merged
from reviewer.screens.asking import ask_value, choice_items
from reviewer.screens.dialogs import Dialog, Item, Menu, Picker, Prompt
from reviewer.screens.ontology_rows import Row
from reviewer.widgets.text import inert

Edit = Callable[[Ontology], Ontology]
Change = Callable[[str, Edit, Sequence[Merged]], None]
Ask = Callable[[Dialog], Any]

NONE = ""


def definition_of(ontology: Ontology, row: Row) -> PropertyDefinition:
    """The property that a row is of."""
    if row.owner is None:
        return ontology.shared[row.name]
    found = ontology.find_class(row.owner)
    if found is None or row.name not in found.properties:
        raise OntologyError("It is not there any more: somebody else changed the ontology.")
    return found.properties[row.name]


class PropertyQuestions:
    """Asks for one change of a property."""

    def __init__(self, project: Project, ask: Ask, change: Change) -> None:
        self.project = project
        self.ask = ask
        self.change = change

    @property
    def ontology(self) -> Ontology:
        return self.project.ontology

    def _prompt(
        self,
        title: str,
        value: str,
        hint: str,
        label: Callable[[str], str],
        edit: Callable[[str], Edit],
        *,
        empty: bool = False,
    ) -> None:
        """A line of text; what the ontology says against it stands below while one types."""

        def check(text: str) -> str:
            if not text.strip():
                return "" if empty else "at least one character"
            return self.objection(edit(text.strip()))

        def answer(text: str) -> None:
            self.change(label(text.strip()), edit(text.strip()), ())

        self.ask(Prompt(title, answer, value, hint, check))

    def objection(self, edit: Edit) -> str:
        """Why the ontology cannot be changed so (inert), "" when it can."""
        try:
            edit(self.ontology)
        except (OntologyError, KeyError, ValueError) as error:
            return inert(str(error))
        return ""

    def default(self, row: Row) -> None:
        definition = definition_of(self.ontology, row)

        def answer(value: Any) -> None:
            stored = list(value) if isinstance(value, tuple) else value
            self.change(
                f"Default of {row.label}",
                lambda old: edits.set_property(old, row.owner, row.name, default=stored),
                (),
            )

        title = f"Default of {row.label}, for new entities"
        self.ask(ask_value(self.project, definition, title, definition.default, answer))

    def no_default(self, row: Row) -> None:
        self.change(
            f"No default for {row.label}",
            lambda old: edits.set_property(old, row.owner, row.name, default=None),
            (),
        )

    def required(self, row: Row) -> None:
        wanted = not definition_of(self.ontology, row).required
        said = "required" if wanted else "not required"
        self.change(
            f"{row.label} is {said}",
            lambda old: edits.set_property(old, row.owner, row.name, required=wanted),
            (),
        )

    def time_varying(self, row: Row) -> None:
        wanted = not definition_of(self.ontology, row).time_varying
        said = "changes over time" if wanted else "is constant"
        self.change(
            f"{row.label} {said}",
            lambda old: edits.set_property(old, row.owner, row.name, time_varying=wanted),
            (),
        )

    def bounds(self, row: Row) -> None:
        definition = definition_of(self.ontology, row)
        low, high = definition.low, definition.high
        now = ":".join("" if one is None else f"{one:g}" for one in (low, high))

        def edit(text: str) -> Edit:
            first, _, last = text.partition(":")
            given = [float(one) if one.strip() else None for one in (first, last)]
            return lambda old: edits.set_property(old, row.owner, row.name, range=given)

        def safe(text: str) -> Edit:
            try:
                return edit(text)
            except ValueError:
                return _refusing("write lowest:highest, such as 0:100 or 0:")

        hint = "lowest:highest, either may be left out   ⏎ set   Esc leave"
        title = f"Range of {row.label}"
        self._prompt(title, now, hint, lambda text: f"{title}: {text}", safe)

    def classes(self, row: Row) -> None:
        definition = definition_of(self.ontology, row)
        items = [Item(one.name, inert(one.label)) for one in self.ontology.classes.values()]
        self.ask(
            Picker(
                f"Classes that {row.label} may name; none for any",
                items,
                lambda names: self.change(
                    f"{row.label} may name {', '.join(names) or 'any class'}",
                    lambda old: edits.set_property(old, row.owner, row.name, classes=list(names)),
                    (),
                ),
                several=True,
                checked=definition.classes,
            )
        )

    def condition(self, row: Row) -> None:
        """Another property, then the values of it with which this one means something."""
        owner = self.ontology.find_class(row.owner) if row.owner else None
        beside = owner.declared if owner else tuple(self.ontology.shared.values())
        items = [Item(NONE, "always: no condition")]
        items += [
            Item(one.name, f"only when {inert(one.label)} is …")
            for one in beside
            if one.name != row.name and one.kind.name in ("choice", "choices", "boolean")
        ]
        by_name = {one.name: one for one in beside}

        def put(when: Any) -> None:
            said = "always applies" if when is None else f"applies with {when['property']}"
            self.change(
                f"{row.label} {said}",
                lambda old: edits.set_property(old, row.owner, row.name, when=when),
                (),
            )

        def answer(name: str) -> None:
            if name == NONE:
                put(None)
                return
            other = by_name[name]
            values = choice_items(other) or [Item("true", "yes"), Item("false", "no")]
            self.ask(
                Picker(
                    f"{row.label} applies when {inert(other.label)} is",
                    values,
                    lambda found: put({"property": name, "is": list(found)}),
                    several=True,
                )
            )

        self.ask(Menu(f"When does {row.label} apply?", items, answer))


def _refusing(sentence: str) -> Edit:
    def refuse(old: Ontology) -> Ontology:
        raise OntologyError(sentence)

    return refuse
