"""The questions of the ontology editor. Each gives `change(label, edit)` a function that makes a
new ontology of whatever the ontology is when the change is made."""

from __future__ import annotations

import re
from typing import Any

from reviewer.format import ontology_edits as edits
from reviewer.format.evolution import Merged, free_code
from reviewer.format.kinds import GEOMETRIES
from reviewer.screens.asking import choice_items
from reviewer.screens.dialogs import Item, Menu, Picker, Prompt
from reviewer.screens.ontology_properties import Edit, PropertyQuestions, definition_of
from reviewer.screens.ontology_rows import SCENE, Row
from reviewer.widgets.text import inert

KINDS = ("choice", "choices", "boolean", "number", "text", "entity", "entities")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class Questions(PropertyQuestions):
    """Asks for one change of one row."""

    # -- texts ----------------------------------------------------------------------------

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
