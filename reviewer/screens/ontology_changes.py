"""The questions of the ontology editor. Each gives `change(label, edit)` a function that makes a
new ontology of whatever the ontology is when the change is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from reviewer.format import Ontology, OntologyError, Project, PropertyDefinition
from reviewer.format import ontology_edits as edits
from reviewer.format.evolution import Merged, free_code
from reviewer.format.kinds import GEOMETRIES
from reviewer.screens.asking import ask_value, choice_items
from reviewer.screens.dialogs import Dialog, Item, Menu, Picker, Prompt
from reviewer.screens.ontology_rows import SCENE, Row
from reviewer.widgets.text import inert

Edit = Callable[[Ontology], Ontology]
Change = Callable[[str, Edit, Sequence[Merged]], None]
Ask = Callable[[Dialog], Any]

KINDS = ("choice", "choices", "boolean", "number", "text", "entity", "entities")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
NONE = ""


def definition_of(ontology: Ontology, row: Row) -> PropertyDefinition:
    """The property that a row is of."""
    if row.owner is None:
        return ontology.shared[row.name]
    found = ontology.find_class(row.owner)
    if found is None or row.name not in found.properties:
        raise OntologyError("It is not there any more: somebody else changed the ontology.")
    return found.properties[row.name]


class Questions:
    """Asks for one change of one row."""

    def __init__(self, project: Project, ask: Ask, change: Change) -> None:
        self.project = project
        self.ask = ask
        self.change = change

    @property
    def ontology(self) -> Ontology:
        return self.project.ontology

    # -- texts ----------------------------------------------------------------------------

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

    def relabel(self, row: Row) -> None:
        def edit(text: str) -> Edit:
            if row.kind == "class":
                return lambda old: edits.relabel_class(old, row.name, text)
            if row.kind == "choice":
                return lambda old: edits.relabel_choice(old, row.owner, row.name, row.choice, text)
            return lambda old: edits.relabel_property(old, row.owner, row.name, text)

        hint = "what people see; annotations keep what they have   ⏎ rename   Esc leave"
        self._prompt("Rename", row.label, hint, lambda text: f"Rename {row.label} to {text}", edit)

    def color(self, row: Row) -> None:
        def edit(text: str) -> Edit:
            value = text or None
            if row.kind == "class":
                return lambda old: edits.set_class(old, row.name, color=value)
            return lambda old: edits.set_choice(old, row.owner, row.name, row.choice, color=value)

        now = "#{:02x}{:02x}{:02x}".format(*row.color) if row.color else ""
        title = f"Colour of {row.label}"
        self._prompt(
            title, now, "#rrggbb   ⏎ set   Esc leave", lambda text: f"{title}: {text}", edit
        )

    def hotkey(self, row: Row) -> None:
        def edit(text: str) -> Edit:
            value = None if text in ("", "none") else text
            if row.kind == "class":
                return lambda old: edits.set_class(old, row.name, hotkey=value)
            return lambda old: edits.set_choice(old, row.owner, row.name, row.choice, hotkey=value)

        title = f"Hotkey of {row.label}"
        hint = "one character, or none   ⏎ set   Esc leave"
        self._prompt(title, "", hint, lambda text: f"{title}: {text}", edit)

    # -- adding ---------------------------------------------------------------------------

    def add_class(self, event: bool = False) -> None:
        what = "event class" if event else "class"

        def edit(text: str) -> Edit:
            item: dict[str, Any] = {"name": text}
            if event:
                item["event"] = True
            return lambda old: edits.add_class(old, item)

        hint = "letters, digits and _   ⏎ add   Esc leave"
        self._prompt(f"New {what}", "", hint, lambda text: f"Add the {what} {text}", edit)

    def add_property(self, owner: str | None) -> None:
        """Name, kind, and for choices their names."""

        def kind_of(name: str) -> None:
            def answer(kind: tuple[str, bool]) -> None:
                kind_name, varying = kind
                item = {"name": name, "kind": kind_name, "time_varying": varying}
                label = f"Add the property {name}"
                if kind_name not in ("choice", "choices"):
                    self.change(label, lambda old: edits.add_property(old, owner, item), ())
                    return

                def edit(text: str) -> Edit:
                    names = [one.strip() for one in text.split(",") if one.strip()]
                    return lambda old: edits.add_property(old, owner, {**item, "choices": names})

                hint = "choices with commas between   ⏎ add   Esc leave"
                self._prompt(f"Choices of {inert(name)}", "", hint, lambda text: label, edit)

            items = [
                Item((kind, varying), f"{kind}, {'over time' if varying else 'constant'}")
                for kind in KINDS
                for varying in (False, True)
            ]
            self.ask(Menu(f"Kind of {inert(name)}", items, answer))

        def check(text: str) -> str:
            probe = {"name": text.strip(), "kind": "text"}
            return self.objection(lambda old: edits.add_property(old, owner, probe))

        where = "shared" if owner is None else "scene" if owner == SCENE else inert(owner)
        hint = "letters, digits and _   ⏎ on   Esc leave"
        title = f"New property of {where}" if owner else "New shared property"
        self.ask(Prompt(title, lambda text: kind_of(text.strip()), "", hint, check))

    def use_shared(self, owner: str) -> None:
        found = self.ontology.find_class(owner)
        used = {one.name for one in found.shared} if found else set()
        items = [
            Item(one.name, inert(one.label))
            for one in self.ontology.shared.values()
            if one.name not in used
        ]
        self.ask(
            Menu(
                f"Shared property for {inert(owner)}",
                items,
                lambda name: self.change(
                    f"Let {owner} use {name}", lambda old: edits.use_shared(old, owner, name), ()
                ),
            )
        )

    def add_choice(self, row: Row) -> None:
        definition = definition_of(self.ontology, row)
        # a code that no removed choice's keyframes hold: they would come to mean the new one
        code = free_code(self.project, definition)

        def edit(text: str) -> Edit:
            item = {"name": text, "code": code}
            return lambda old: edits.add_choice(old, row.owner, row.name, item)

        title = f"New choice of {inert(definition.label)}"
        self._prompt(title, "", "⏎ add   Esc leave", lambda text: f"Add the choice {text}", edit)

    # -- classes --------------------------------------------------------------------------

    def geometry(self, row: Row) -> None:
        entity_class = self.ontology.classes[row.name]
        items = [Item(name, name.replace("_", " ")) for name in GEOMETRIES]

        def answer(names: list[str]) -> None:
            fields: dict[str, Any] = {"geometry": names}
            if "points" not in names:
                fields["skeleton"] = None
            elif entity_class.skeleton is None:
                fields["skeleton"] = {"points": ["point"], "edges": []}
            self.change(
                f"Geometry of {row.label}: {', '.join(names) or 'none'}",
                lambda old: edits.set_class(old, row.name, **fields),
                (),
            )

        title = f"Geometry of {row.label}"
        self.ask(Picker(title, items, answer, several=True, checked=entity_class.geometry))

    def skeleton(self, row: Row) -> None:
        """Points with spaces between, edges as a-b."""
        assert row.owner is not None
        owner = row.owner
        skeleton = self.ontology.classes[owner].skeleton
        points = " ".join(skeleton.points) if skeleton else ""
        pairs = " ".join(f"{a}-{b}" for a, b in skeleton.edges) if skeleton else ""

        def ask_edges(names: list[str]) -> None:
            def edit(text: str) -> Edit:
                edges = [one.split("-", 1) for one in text.split()]
                shape = {"points": names, "edges": edges}
                return lambda old: edits.set_class(old, owner, skeleton=shape)

            kept = [one for one in pairs.split() if all(end in names for end in one.split("-", 1))]
            hint = "pairs with - between, such as head-hip hip-knee   ⏎ set   Esc leave"
            self._prompt(
                f"Edges of the skeleton of {inert(owner)}",
                " ".join(kept),
                hint,
                lambda text: f"Change the skeleton of {owner}",
                edit,
                empty=True,
            )

        def check(text: str) -> str:
            shape = {"points": text.split(), "edges": []}
            return self.objection(lambda old: edits.set_class(old, owner, skeleton=shape))

        hint = "names with spaces between   ⏎ on to the edges   Esc leave"
        title = f"Points of the skeleton of {inert(owner)}"
        self.ask(_AlwaysPrompt(title, lambda text: ask_edges(text.split()), points, hint, check))

    # -- properties -----------------------------------------------------------------------

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

    # -- removing and moving --------------------------------------------------------------

    def remove(self, row: Row) -> None:
        if row.kind == "class":
            self.change(
                f"Remove the class {row.label}", lambda old: edits.remove_class(old, row.name), ()
            )
        elif row.kind == "choice":
            self.change(
                f"Remove the choice {row.label}",
                lambda old: edits.remove_choice(old, row.owner, row.name, row.choice),
                (),
            )
        elif row.kind in ("property", "uses"):
            self.change(
                f"Remove the property {row.label}",
                lambda old: edits.remove_property(old, row.owner, row.name),
                (),
            )

    def merge_choice(self, row: Row) -> None:
        definition = definition_of(self.ontology, row)
        items = [item for item in choice_items(definition) if item.value != row.choice]

        def answer(target: str) -> None:
            owner = None if row.owner is None else row.owner
            self.change(
                f"Merge the choice {row.label} into {target}",
                lambda old: edits.merge_choices(old, row.owner, row.name, row.choice, target),
                (Merged(owner, row.name, row.choice, target),),
            )

        self.ask(Menu(f"{row.label} becomes", items, answer))

    def move(self, row: Row, by: int) -> None:
        label = f"Move {row.label} {'down' if by > 0 else 'up'}"
        if row.kind == "class":
            self.change(label, lambda old: edits.move_class(old, row.name, by), ())
        elif row.kind == "property":
            self.change(label, lambda old: edits.move_property(old, row.owner, row.name, by), ())
        elif row.kind == "choice":
            self.change(
                label,
                lambda old: edits.move_choice(old, row.owner, row.name, row.choice, by),
                (),
            )


class _AlwaysPrompt(Prompt):
    """One whose text is taken also as it was: there is a second question."""

    def on_input_submitted(self, event: Any) -> None:
        event.stop()
        if not self._check(event.value):
            self.finish(event.value)


def _refusing(sentence: str) -> Edit:
    def refuse(old: Ontology) -> Ontology:
        raise OntologyError(sentence)

    return refuse
