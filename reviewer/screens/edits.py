"""The edits of the cockpit. Each is one transaction of the project, done off the event loop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from textual.message import Message

from reviewer.format import Project, ReviewerError
from reviewer.format.operations import delete
from reviewer.screens.asking import ask_value, class_items, name_problem
from reviewer.screens.desk import Desk
from reviewer.screens.dialogs import Item, Menu, Preview, Prompt
from reviewer.screens.operations import reference_lines
from reviewer.screens.value_text import OCCLUDED_COLOR
from reviewer.widgets.properties import PropertyRow
from reviewer.widgets.text import inert

if TYPE_CHECKING:
    from textual.app import App

EDIT_ORDER = ("value", "presence", "class", "rename")


class Edits:
    """Mixed into the cockpit: the keys that change the project."""

    app: App[None]
    project: Project
    desk: Desk
    frame: int
    selected: str | None
    saving: int
    trouble: str
    _writer: ThreadPoolExecutor
    _hand_over: Callable[[Message], None]
    say: Callable[[str], None]
    complain: Callable[[str], None]
    show_status: Callable[[], None]
    go: Callable[[int], None]

    class Saved(Message):
        """An edit is on disk, or was refused."""

        def __init__(self, note: str, problem: str) -> None:
            super().__init__()
            self.note, self.problem = note, problem

    # -- doing it -------------------------------------------------------------------------

    def commit(self, label: str, change: Callable[[], Any]) -> None:
        """Make `change` one edit called `label`; "saved" is shown when it is on disk."""

        def work() -> str:
            with self.project.transaction(label):
                change()
            return label

        self._submit(work)

    def write(self, done: str, work: Callable[[], object]) -> None:
        """Say something into the project's files; `done` is shown when it is there."""

        def run() -> str:
            work()
            return done

        self._submit(run)

    def _submit(self, work: Callable[[], str]) -> None:
        self.saving += 1
        self.show_status()
        try:
            self._writer.submit(work).add_done_callback(self._done)
        except RuntimeError:  # the program is on its way out
            self.saving -= 1

    def _done(self, future: Future[str]) -> None:
        error = future.exception()
        if error is None:
            self._hand_over(self.Saved(future.result(), ""))
        elif isinstance(error, ReviewerError):
            self._hand_over(self.Saved("", str(error)))
        elif isinstance(error, OSError):
            self._hand_over(self.Saved("", f"It could not be written: {error.strerror or error}."))
        elif isinstance(error, KeyError):
            self._hand_over(self.Saved("", "It is not there any more: somebody else changed it."))
        else:
            self._hand_over(self.Saved("", f"It could not be done: {error}"))

    def on_edits_saved(self, message: Saved) -> None:
        self.saving -= 1
        if message.problem:
            self.trouble = message.problem
            self.complain(message.problem)
        else:
            self.trouble = ""
            self.say(message.note)
        self.show_status()

    def _entity(self) -> Any | None:
        """The selected entity; None, and a remark, when there is none."""
        entity = self.desk.entity(self.selected)
        if entity is None:
            self.say("select an entity first")
        return entity

    # -- keys -----------------------------------------------------------------------------

    def action_undo(self) -> None:
        def work() -> str:
            edit = self.project.undo()
            return "nothing to undo" if edit is None else f"undone: {edit.label}"

        self._submit(work)

    def action_redo(self) -> None:
        def work() -> str:
            edit = self.project.redo()
            return "nothing to redo" if edit is None else f"redone: {edit.label}"

        self._submit(work)

    def action_presence(self, state: str) -> None:
        entity, frame = self._entity(), self.frame
        if entity is not None:

            def change() -> None:
                entity["presence"][frame] = state

            self.commit(f"{entity.name} {state} from frame {frame}", change)

    def action_rename(self) -> None:
        entity = self._entity()
        if entity is None:
            return

        def answer(name: str) -> None:
            new = name.strip()
            self.commit(f"Rename {entity.name} to {new}", lambda: entity.rename(new))

        self.app.push_screen(
            Prompt("Rename", answer, entity.name, "⏎ rename   Esc leave", name_problem)
        )

    def action_change_class(self) -> None:
        entity = self._entity()
        if entity is None:
            return

        def answer(name: str) -> None:
            if name != entity.class_name:
                self.commit(f"Change {entity.name} to {name}", lambda: entity.change_class(name))

        title = f"Class of {inert(entity.name)}"
        self.app.push_screen(Menu(title, class_items(self.project), answer, entity.class_name))

    def action_edit(self) -> None:
        """Choose a property, then its value."""
        entity = self._entity()
        if entity is None:
            return
        _, rows = self.desk.property_rows(entity.id, self.frame)
        # What is set most often comes first, and has a digit.
        rows = sorted(
            (row for row in rows if row.action), key=lambda row: EDIT_ORDER.index(row.action)
        )
        items = [
            Item(row, f"{row.label}: {row.value}", row.color, str(place) if place < 10 else "")
            for place, row in enumerate(rows, start=1)
        ]
        self.app.push_screen(Menu(f"Set for {inert(entity.name)}", items, self.edit_row))

    def edit_row(self, row: PropertyRow | None) -> None:
        """Ask for a new value of a line of the properties panel."""
        if row is None:
            return
        if row.action == "rename":
            self.action_rename()
        elif row.action == "class":
            self.action_change_class()
        elif row.action == "presence":
            self._ask_presence()
        elif row.action == "value":
            self._ask_value(row.name)
        else:
            self.say(f"{row.label} is drawn in the page")

    def _ask_presence(self) -> None:
        entity = self._entity()
        if entity is None:
            return
        items = [
            Item("present", "present", hotkey="p"),
            Item("occluded", "occluded", OCCLUDED_COLOR, "o"),
            Item("absent", "absent", hotkey="a"),
        ]

        title = f"Presence from frame {self.frame}"
        self.app.push_screen(
            Menu(title, items, self.action_presence, entity["presence"].at(self.frame))
        )

    def _ask_value(self, name: str) -> None:
        entity, frame = self._entity(), self.frame
        if entity is None:
            return
        definition = entity[name].definition
        when = f" from frame {frame}" if definition.time_varying else ""
        label = inert(definition.label or name)

        def answer(value: Any) -> None:
            def change() -> None:
                if definition.time_varying:
                    entity[name][frame] = value
                else:
                    entity[name] = value

            self.commit(f"{entity.name}: {label} = {value}{when}"[:200], change)

        prop = entity[name]
        current = prop.at(frame) if definition.time_varying else prop.value
        self.app.push_screen(
            ask_value(self.project, definition, f"{label}{when}", current, answer, entity.id)
        )

    def action_delete_keyframes(self) -> None:
        entity, frame = self._entity(), self.frame
        if entity is None:
            return
        found = self.desk.keyed_here(entity.id, frame)
        if not found:
            self.say("no keyframe at this frame; [ and ] find them")
            return

        def answer(names: tuple[str, ...]) -> None:
            def change() -> None:
                for name in names:
                    del entity[name][frame]

            self.commit(f"Delete {entity.name}: {', '.join(names)} at frame {frame}", change)

        if len(found) == 1:
            answer((found[0][0],))
            return
        items = [Item((name,), label) for name, label in found]
        items.append(Item(tuple(name for name, _ in found), "all of them", hotkey="*"))
        self.app.push_screen(Menu(f"Delete keyframes at frame {frame}", items, answer))

    def action_delete_entity(self) -> None:
        entity = self._entity()
        if entity is None:
            return
        label = f"Delete {entity.name}"

        def agreed(_: object = None) -> None:
            self.commit(label, lambda: delete(self.project, [entity]))

        lines = reference_lines(self.project, [entity])
        if lines:  # undo brings all of it back, but who would know that it was there?
            warning = "Others refer to it:"
            self.app.push_screen(Preview(inert(label), lines, agreed, warning=warning))
        else:
            agreed()
