"""The dialog that asks for a value of a property, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reviewer.format import EditError, Project, PropertyDefinition
from reviewer.frame_image import parse_color
from reviewer.screens.dialogs import Dialog, Item, Menu, Picker, Prompt
from reviewer.widgets.text import inert

MAX_NAME = 200
NOBODY = "\0nobody"  # no id has a control character


def ask_value(
    project: Project,
    definition: PropertyDefinition,
    title: str,
    current: Any,
    answer: Callable[[Any], None],
    entity_id: str | None = None,
) -> Dialog:
    """Answers a value that the property takes. `title` must be inert; `entity_id` is whose
    property it is, which cannot name itself."""
    kind = definition.kind.name.partition(":")[0]
    if kind == "choice":
        return Menu(title, choice_items(definition), answer, current)
    if kind == "choices":
        return Picker(
            title,
            choice_items(definition),
            lambda names: answer(tuple(names)),
            several=True,
            checked=current or (),
        )
    if kind == "boolean":
        items = [Item("yes", "yes", hotkey="y"), Item("no", "no", hotkey="n")]
        now = None if current is None else "yes" if current else "no"
        return Menu(title, items, lambda word: answer(word == "yes"), now)
    if kind == "number":
        return _ask_number(definition, title, current, answer)
    if kind == "entity":
        items = [Item(NOBODY, "nobody"), *entity_items(project, definition, entity_id)]
        return Picker(title, items, lambda found: answer(None if found == NOBODY else found))
    if kind == "entities":
        return Picker(
            title,
            entity_items(project, definition, entity_id),
            lambda found: answer(tuple(found)),
            several=True,
            checked=current or (),
        )
    return _ask_text(definition, title, current, answer)


def choice_items(definition: PropertyDefinition) -> list[Item]:
    return [
        Item(
            one.name,
            inert(one.label or one.name),
            parse_color(one.color) if one.color else None,
            one.hotkey or "",
        )
        for one in definition.choices
    ]


def entity_items(
    project: Project, definition: PropertyDefinition, without: str | None
) -> list[Item]:
    """The entities that a reference may name."""
    items = []
    for entity in project.entities.values():
        class_name = entity.class_name
        if entity.id == without or (definition.classes and class_name not in definition.classes):
            continue
        found = project.ontology.find_class(class_name)
        label = f"{inert(entity.name)}  {inert(found.label if found else class_name)}"
        items.append(Item(entity.id, label, parse_color(found.color if found else None)))
    return items


def _ask_number(
    definition: PropertyDefinition, title: str, current: Any, answer: Callable[[Any], None]
) -> Prompt:
    low, high = definition.low, definition.high
    bounds = ""
    if low is not None or high is not None:
        least = "" if low is None else f"from {low:g} "
        bounds = f"{least}{'' if high is None else f'to {high:g}'}   "

    def check(text: str) -> str:
        try:
            return _refusal(definition, float(text))
        except ValueError:
            return "" if not text else "a number, such as 3 or 0.25"

    def done(text: str) -> None:
        if text.strip():
            answer(float(text))

    value = "" if current is None else f"{float(current):g}"
    return Prompt(title, done, value, f"{bounds}⏎ set   Esc leave", check)


def _ask_text(
    definition: PropertyDefinition, title: str, current: Any, answer: Callable[[Any], None]
) -> Prompt:
    def check(text: str) -> str:
        return _refusal(definition, text) if text else "a text has at least one character"

    return Prompt(title, answer, str(current or ""), "⏎ set   Esc leave", check)


def _refusal(definition: PropertyDefinition, value: Any) -> str:
    """Why the property does not take a value, "" when it does."""
    try:
        definition.encode(value)
    except EditError as error:
        return inert(str(error))
    return ""


def name_problem(text: str) -> str:
    """What is wrong with a name, or ""."""
    if not text.strip():
        return "a name has at least one character"
    return f"at most {MAX_NAME} characters" if len(text) > MAX_NAME else ""


def class_items(project: Project) -> list[Item]:
    """The classes of the ontology for a menu."""
    return [
        Item(one.name, inert(one.label), parse_color(one.color), one.hotkey or "")
        for one in project.ontology.classes.values()
    ]
