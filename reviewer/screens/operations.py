"""What can be done to one or several whole entities: the questions, and the edit that follows.

Each function asks what it needs to know and hands `(label, change)` on; whoever called shows what
would change and does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from reviewer.format import Entity, Project, PropertyDefinition, operations
from reviewer.screens.asking import ask_value, class_items, name_problem
from reviewer.screens.dialogs import Dialog, Item, Menu, Prompt
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

Do = Callable[[str, Callable[[], Any]], None]
Ask = Callable[[Dialog], Any]

_RANGE = re.compile(r"(\d{0,12}):(\d{0,12})$")


def named(entities: Sequence[Entity]) -> str:
    """Who is meant: a name, or how many."""
    return entities[0].name if len(entities) == 1 else f"{len(entities)} entities"


def rename(project: Project, entities: Sequence[Entity], ask: Ask, do: Do) -> None:
    """One gets a name. Several get one with a number in the place of #."""
    if len(entities) == 1:
        only = entities[0]
        ask(
            Prompt(
                "Rename",
                lambda name: do(
                    f"Rename {only.name} to {name.strip()}", lambda: only.rename(name.strip())
                ),
                only.name,
                "⏎ rename   Esc leave",
                name_problem,
            )
        )
        return

    def check(text: str) -> str:
        return name_problem(text) or ("" if "#" in text else "put # where the number goes")

    def answer(text: str) -> None:
        def change() -> None:
            for number, entity in enumerate(entities, start=1):
                entity.rename(text.strip().replace("#", str(number)))

        do(f"Rename {named(entities)} to {text.strip()}", change)

    hint = "# becomes 1, 2, 3 …   ⏎ rename   Esc leave"
    title = f"Rename {len(entities)} entities"
    ask(Prompt(title, answer, f"{inert(entities[0].class_name)}_#", hint, check))


def change_class(project: Project, entities: Sequence[Entity], ask: Ask, do: Do) -> None:
    def answer(name: str) -> None:
        def change() -> None:
            for entity in entities:
                if entity.class_name != name:
                    entity.change_class(name)

        do(f"Make {named(entities)} {name}", change)

    title = f"Class of {inert(named(entities))}"
    ask(Menu(title, class_items(project), answer, entities[0].class_name))


def common_properties(entities: Sequence[Entity]) -> dict[str, PropertyDefinition]:
    """What all of them have in the same form, shapes and presence left out."""
    found: dict[str, PropertyDefinition] = {
        name: definition
        for name, definition in entities[0].properties.items()
        if not definition.kind.geometry and name != "presence"
    }
    seen = {entities[0].class_name}
    for entity in entities:
        if entity.class_name in seen:
            continue
        seen.add(entity.class_name)
        theirs = entity.properties
        found = {name: one for name, one in found.items() if theirs.get(name) == one}
    return found


def set_property(cockpit: Cockpit, entities: Sequence[Entity], ask: Ask, do: Do) -> None:
    """A property that all of them have, then its value, from the current frame on."""
    frame = cockpit.frame
    found = common_properties(entities)
    if not found:
        cockpit.say("these entities have no property in common")
        return

    def value_of(name: str) -> None:
        definition = found[name]
        when = f" from frame {frame}" if definition.time_varying else ""
        label = inert(definition.label or name)

        def answer(value: Any) -> None:
            def change() -> None:
                for entity in entities:
                    if definition.time_varying:
                        entity[name][frame] = value
                    else:
                        entity[name] = value

            do(f"Set {label} of {named(entities)}{when}", change)

        prop = entities[0][name]
        current = prop.at(frame) if definition.time_varying else prop.value
        only = entities[0].id if len(entities) == 1 else None
        ask(ask_value(cockpit.project, definition, f"{label}{when}", current, answer, only))

    items = [
        Item(name, inert(definition.label or name), hotkey=str(place) if place < 10 else "")
        for place, (name, definition) in enumerate(found.items(), start=1)
    ]
    ask(Menu(f"Set for {inert(named(entities))}", items, value_of))


def set_presence(entities: Sequence[Entity], state: str, frame: int, do: Do) -> None:
    def change() -> None:
        for entity in entities:
            entity["presence"][frame] = state

    do(f"{named(entities)} {state} from frame {frame}", change)


def split(project: Project, entities: Sequence[Entity], frame: int, do: Do) -> None:
    def change() -> None:
        for entity in entities:
            operations.split(project, entity, frame)

    do(f"Split {named(entities)} at frame {frame}", change)


def trim(project: Project, entities: Sequence[Entity], frame: int, ask: Ask, do: Do) -> None:
    """To the frames that are written A:B, half-open as everywhere."""
    count = project.frame_count

    def bounds(text: str) -> tuple[int, int] | None:
        found = _RANGE.match(text.strip())
        if not found:
            return None
        first, stop = int(found[1] or 0), int(found[2] or count)
        return (first, stop) if 0 <= first < stop <= count else None

    def check(text: str) -> str:
        return "" if bounds(text) else f"frames from:to, such as {frame}:{count}"

    def answer(text: str) -> None:
        first, stop = bounds(text) or (0, count)

        def change() -> None:
            for entity in entities:
                operations.trim(project, entity, first, stop)

        do(f"Trim {named(entities)} to frames {first} to {stop - 1}", change)

    hint = "from:to, the last one left out   ⏎ trim   Esc leave"
    ask(Prompt(f"Trim {inert(named(entities))} to", answer, f"{frame}:{count}", hint, check))


def shift(project: Project, entities: Sequence[Entity], ask: Ask, do: Do) -> None:
    def check(text: str) -> str:
        return "" if re.fullmatch(r"[+-]?\d{1,9}", text.strip()) else "a number of frames: +5 or -5"

    def answer(text: str) -> None:
        frames = int(text.strip())

        def change() -> None:
            for entity in entities:
                operations.shift(project, entity, frames)

        do(f"Shift {named(entities)} by {frames:+} frames", change)

    hint = "+5 later, -5 earlier   ⏎ shift   Esc leave"
    ask(Prompt(f"Shift {inert(named(entities))} by frames", answer, "", hint, check))


def copy(project: Project, entities: Sequence[Entity], do: Do) -> None:
    def change() -> None:
        for entity in entities:
            operations.copy(project, entity)

    do(f"Copy {named(entities)}", change)


def delete(project: Project, entities: Sequence[Entity], do: Do) -> None:
    do(f"Delete {named(entities)}", lambda: operations.delete(project, entities))


def reference_lines(project: Project, entities: Sequence[Entity]) -> list[str]:
    """Who names one of them, a line for each property (inert)."""
    places: dict[tuple[str, str], list[int | None]] = {}
    for found in operations.references_to(project, {entity.id for entity in entities}):
        places.setdefault((found.entity, found.property), []).append(found.frame)
    lines = []
    for (entity_id, name), frames in places.items():
        who = inert(project.attributes(entity_id).name)
        at = [frame for frame in frames if frame is not None]
        when = f" from frame {at[0]}" if at else ""
        if len(at) > 1:
            when = f" at {len(at)} keyframes, first at frame {at[0]}"
        lines.append(f"{who}: {inert(name)} refers to it{when}; it would mean nobody")
    return lines


def merge(project: Project, first: Entity, second: Entity, ask: Ask, do: Do) -> None:
    """Which one stays, and whose values count where both have some."""
    a, b = inert(first.name), inert(second.name)
    ways: list[tuple[Entity, Entity, operations.Winner]] = [
        (first, second, "first"),
        (first, second, "second"),
        (second, first, "first"),
        (second, first, "second"),
    ]
    items = [
        Item(0, f"{a} stays, and its values where both have some", hotkey="1"),
        Item(1, f"{a} stays, with {b}'s values where both have some", hotkey="2"),
        Item(2, f"{b} stays, and its values where both have some", hotkey="3"),
        Item(3, f"{b} stays, with {a}'s values where both have some", hotkey="4"),
    ]

    def answer(place: int) -> None:
        keep, lend, winner = ways[place]
        do(
            f"Merge {lend.name} into {keep.name}",
            lambda: operations.merge(project, keep, lend, winner),
        )

    ask(Menu("Merge two entities", items, answer))


def join(project: Project, first: Entity, second: Entity, ask: Ask, do: Do) -> None:
    """Which one's name the whole has."""

    def answer(place: int) -> None:
        keep, lend = (first, second) if place == 0 else (second, first)
        do(f"Join {lend.name} to {keep.name}", lambda: operations.join(project, keep, lend))

    items = [
        Item(0, f"the whole is {inert(first.name)}", hotkey="1"),
        Item(1, f"the whole is {inert(second.name)}", hotkey="2"),
    ]
    ask(Menu("Join two parts of one entity, and the gap between", items, answer))


def swap(project: Project, first: Entity, second: Entity, frame: int, do: Do) -> None:
    do(
        f"Swap {first.name} and {second.name} from frame {frame}",
        lambda: operations.swap(project, first, second, frame),
    )
