"""The entity manager: a sheet of all entities, and everything that can be done to whole ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from textual.widget import Widget
from textual.widgets import Input

from reviewer.format import Change, Entity, ReviewerError
from reviewer.screens import operations
from reviewer.screens.board import PROGRAM_KEYS, Board
from reviewer.screens.dialogs import Item, Menu, Preview
from reviewer.screens.keys import EDIT, ENTITY, MOVE, VIEW, Key
from reviewer.screens.plan import plan
from reviewer.screens.value_text import value_text
from reviewer.widgets.entity_table import EntityRow, matches
from reviewer.widgets.sheet import Facts, Sheet
from reviewer.widgets.text import inert
from reviewer.widgets.text_field import TextField

if TYPE_CHECKING:
    from reviewer.screens.cockpit import Cockpit

SORTS = {
    "order": "in order of creation",
    "name": "by name",
    "class": "by class",
    "first": "by first frame",
    "frames": "longest first",
    "keys": "most keyframes first",
}


class Manager(Board):
    """Acts on the marked entities, else on the one under the cursor. What several would become is
    shown before it is done."""

    TITLE_TEXT = "Entities"
    KEYS = (
        Key(MOVE, "right,l", "→ l", "through('step', 1)", "next frame"),
        Key(MOVE, "left,h", "← h", "through('step', -1)", "previous frame"),
        Key(MOVE, "shift+right,L", "⇧→ L", "through('step', 10)", "ten frames on"),
        Key(MOVE, "shift+left,H", "⇧← H", "through('step', -10)", "ten frames back"),
        Key(MOVE, "g", "g", "through('goto')", "go to a frame or a time", "g goto"),
        Key(ENTITY, "down,j", "↓ j", "row(1)", "next row"),
        Key(ENTITY, "up,k", "↑ k", "row(-1)", "previous row"),
        Key(ENTITY, "pagedown", "PgDn", "page(1)", "a page down"),
        Key(ENTITY, "pageup", "PgUp", "page(-1)", "a page up"),
        Key(ENTITY, "home", "Home", "page(-100000)", "first row"),
        Key(ENTITY, "end", "End", "page(100000)", "last row"),
        Key(ENTITY, "space", "Space", "mark", "mark, and on to the next", "␣ mark"),
        Key(ENTITY, "asterisk", "*", "mark_all", "mark all that are listed, or none", "* all"),
        Key(ENTITY, "enter", "⏎", "open", "to the picture, with this entity", "⏎ open"),
        Key(ENTITY, "slash", "/", "filter", "filter by name, class or value", "/ filter"),
        Key(VIEW, "s", "s", "here", "list only what is in this frame"),
        Key(VIEW, "v", "v", "only_marked", "list only what is marked"),
        Key(VIEW, "S", "S", "sort", "sort rows", "S sort"),
        Key(EDIT, "r", "r", "rename", "rename", "r rename"),
        Key(EDIT, "c", "c", "change_class", "change the class", "c class"),
        Key(EDIT, "e", "e", "set_property", "set a property", "e set"),
        Key(EDIT, "p", "p", "presence('present')", "present from this frame on"),
        Key(EDIT, "o", "o", "presence('occluded')", "occluded from this frame on"),
        Key(EDIT, "a", "a", "presence('absent')", "absent from this frame on"),
        Key(EDIT, "x", "x", "split", "split at this frame", "x split"),
        Key(EDIT, "m", "m", "merge", "merge two", "m merge"),
        Key(EDIT, "J", "J", "join", "join two parts of one"),
        Key(EDIT, "w", "w", "swap", "swap two from this frame on"),
        Key(EDIT, "t", "t", "trim", "trim to some frames", "t trim"),
        Key(EDIT, "f", "f", "shift", "shift in time"),
        Key(EDIT, "C", "C", "copy", "copy"),
        Key(EDIT, "D,delete", "D Del", "delete", "delete", "D delete"),
        *PROGRAM_KEYS,
    )

    def __init__(self, cockpit: Cockpit) -> None:
        super().__init__(cockpit)
        self.sheet = Sheet(self._facts_of, id="sheet")
        self.filter_input = TextField(placeholder="name, class or value", id="filter", compact=True)
        self.sort = "order"
        self.only_here = self.marked_only = False
        self._facts: dict[str, Facts] = {}

    def body(self) -> Iterable[Widget]:
        yield self.filter_input
        yield self.sheet

    def on_mount(self) -> None:
        self._list(self.cockpit.selected)

    # -- what is listed -------------------------------------------------------------------

    def _facts_of(self, entity_id: str) -> Facts:
        found = self._facts.get(entity_id)
        if found is None:
            entity = self.desk.entity(entity_id)
            found = Facts() if entity is None else self._make_facts(entity)
            self._facts[entity_id] = found
        return found

    def _make_facts(self, entity: Entity) -> Facts:
        if "presence" not in entity.properties:  # a class that the ontology has no more
            return Facts()
        spans = [span for span in entity["presence"].spans() if span[2] != "absent"]
        said = []
        for name, definition in entity.properties.items():
            if definition.time_varying:
                continue
            value = entity[name].value
            if value is not None:
                text, _ = value_text(definition, value, self.desk.name)
                said.append(f"{inert(definition.label or name)}: {text}")
        return Facts(
            spans[0][0] if spans else -1,
            spans[-1][1] - 1 if spans else -1,
            sum(stop - first for first, stop, _ in spans),
            self.desk.keyframe_count(entity.id),
            "   ".join(said),
        )

    def _matching(self, rows: list[EntityRow], text: str) -> list[EntityRow]:
        """By name and class; a word with a colon in it looks at the constant properties too."""
        if ":" not in text:
            return matches(rows, text)
        words = text.casefold().split()
        return [
            row
            for row in rows
            if all(
                word in f"{row.haystack}\n{self._facts_of(row.id).constants}"
                .casefold()
                .replace(": ", ":")
                for word in words
            )
        ]  # fmt: skip

    def _list(self, keep: str | None = None) -> None:
        everything = self.desk.entity_rows()
        known = {row.id for row in everything}
        for entity_id in [one for one in self.sheet.marked if one not in known]:
            del self.sheet.marked[entity_id]
        rows = self._matching(everything, self.filter_input.value)
        self.sheet.present = frozenset(
            self.cockpit.figures.evaluate(self.cockpit.frame, None).present
        )
        if self.only_here:
            rows = [row for row in rows if row.id in self.sheet.present]
        if self.marked_only:
            rows = [row for row in rows if row.id in self.sheet.marked]
        self.sheet.show_rows(self._sorted(rows), keep)
        self._title(len(everything))

    def _title(self, total: int) -> None:
        listed = len(self.sheet.rows)
        notes = [f"{total}" if listed == total else f"{listed} of {total}"]
        if self.sheet.marked:
            notes.append(f"{len(self.sheet.marked)} marked")
        notes += [f"frame {self.cockpit.frame}", SORTS[self.sort]]
        notes += ["in this frame"] * self.only_here + ["marked"] * self.marked_only
        self.heading.show(about=" · ".join(notes))

    def _sorted(self, rows: list[EntityRow]) -> list[EntityRow]:
        keys: dict[str, Callable[[EntityRow], Any]] = {
            "name": lambda row: row.name.casefold(),
            "class": lambda row: row.class_label.casefold(),
            "first": lambda row: self._facts_of(row.id).first,
            "frames": lambda row: -self._facts_of(row.id).frames,
            "keys": lambda row: -self.desk.keyframe_count(row.id),
        }
        return sorted(rows, key=keys[self.sort]) if self.sort in keys else rows

    # -- news -----------------------------------------------------------------------------

    def moved(self, frame: int) -> None:
        self._list(self._current_id)

    def project_changed(self, change: Change) -> None:
        if change.origin == "disk" or change.edit.ontology is not None:
            self._facts.clear()
        for entity_id in change.entities:
            self._facts.pop(entity_id, None)
        self._list(self._current_id)

    # -- doing ----------------------------------------------------------------------------

    @property
    def _current_id(self) -> str | None:
        row = self.sheet.current
        return row.id if row else None

    def targets(self) -> list[Entity]:
        """The marked entities in the order they were marked, else the one under the cursor."""
        ids = list(self.sheet.marked) or ([self._current_id] if self._current_id else [])
        found = [entity for one in ids if (entity := self.desk.entity(one)) is not None]
        if not found:
            self.say("there is no entity here")
        return found

    def _pair(self) -> tuple[Entity, Entity] | None:
        """The two marked entities, or the marked one and the one under the cursor."""
        ids = list(self.sheet.marked)
        if len(ids) == 1 and self._current_id not in (None, ids[0]):
            ids.append(str(self._current_id))
        found = [entity for one in ids if (entity := self.desk.entity(one)) is not None]
        if len(found) != 2:
            self.say("mark two entities first: Space marks")
            return None
        return found[0], found[1]

    def _ask(self, dialog: Any) -> None:
        self.app.push_screen(dialog)

    def _do(
        self, label: str, change: Callable[[], Any], *, warning: str = "", lines: Iterable[str] = ()
    ) -> None:
        """Show what would change; do it when that is agreed to."""
        found = plan(self.project, label, change)
        title = inert(label)
        if found.refusal:
            self._ask(Preview(title, [found.refusal], lambda yes: None, possible=False))
            return

        def agreed(_: object) -> None:
            self.cockpit.commit(label, change)
            self.sheet.marked.clear()

        body = [found.summary, "", *lines, *found.lines]
        self._ask(Preview(title, body, agreed, warning=warning))

    def _do_simple(self, label: str, change: Callable[[], Any]) -> None:
        """Do it at once where one entity is meant: undo is a key away. Several are shown first."""
        if len(self.sheet.marked) > 1:
            self._do(label, change)
        else:
            self.cockpit.commit(label, change)

    # -- keys: the sheet ------------------------------------------------------------------

    def action_row(self, by: int) -> None:
        self.sheet.move_to(self.sheet.cursor + by)

    def action_page(self, by: int) -> None:
        self.action_row(by * self.sheet.page_rows)

    def action_mark(self) -> None:
        if (row := self.sheet.current) is None:
            return
        if row.id in self.sheet.marked:
            del self.sheet.marked[row.id]
        else:
            self.sheet.marked[row.id] = None
        self.action_row(1)
        self._title(len(self.desk.entity_rows()))

    def action_mark_all(self) -> None:
        listed = [row.id for row in self.sheet.rows]
        if all(one in self.sheet.marked for one in listed):
            for one in listed:
                self.sheet.marked.pop(one, None)
        else:
            self.sheet.marked.update(dict.fromkeys(listed))
        self.sheet.refresh()
        self._title(len(self.desk.entity_rows()))

    def action_open(self) -> None:
        if self._current_id is not None:
            self.cockpit.select(self._current_id)
            self.action_leave()

    def action_here(self) -> None:
        self.only_here = not self.only_here
        self._list(self._current_id)

    def action_only_marked(self) -> None:
        self.marked_only = not self.marked_only
        self._list(self._current_id)

    def action_sort(self) -> None:
        def answer(sort: str) -> None:
            self.sort = sort
            self._list(self._current_id)

        items = [
            Item(name, text[:1].upper() + text[1:], hotkey=str(place))
            for place, (name, text) in enumerate(SORTS.items(), start=1)
        ]
        self._ask(Menu("Sort rows", items, answer, self.sort))

    # -- keys: operations -----------------------------------------------------------------

    def action_rename(self) -> None:
        if found := self.targets():
            operations.rename(self.project, found, self._ask, self._do_simple)

    def action_change_class(self) -> None:
        if found := self.targets():
            operations.change_class(self.project, found, self._ask, self._do)

    def action_set_property(self) -> None:
        if found := self.targets():
            operations.set_property(self.cockpit, found, self._ask, self._do_simple)

    def action_presence(self, state: str) -> None:
        if found := self.targets():
            operations.set_presence(found, state, self.cockpit.frame, self._do_simple)

    def action_split(self) -> None:
        if found := self.targets():
            operations.split(self.project, found, self.cockpit.frame, self._do)

    def action_trim(self) -> None:
        if found := self.targets():
            operations.trim(self.project, found, self.cockpit.frame, self._ask, self._do)

    def action_shift(self) -> None:
        if found := self.targets():
            operations.shift(self.project, found, self._ask, self._do)

    def action_copy(self) -> None:
        if found := self.targets():
            operations.copy(self.project, found, self._do_simple)

    def action_delete(self) -> None:
        if not (found := self.targets()):
            return
        try:
            lines = operations.reference_lines(self.project, found)
        except ReviewerError as error:
            self.say(str(error))
            return
        warning = ""
        if lines:
            count = f"{len(lines)} properties refer" if len(lines) > 1 else "A property refers"
            warning = f"{count} to what would be deleted."
        operations.delete(
            self.project,
            found,
            lambda label, change: self._do(label, change, warning=warning, lines=lines),
        )

    def action_merge(self) -> None:
        if pair := self._pair():
            operations.merge(self.project, *pair, self._ask, self._do)

    def action_join(self) -> None:
        if pair := self._pair():
            operations.join(self.project, *pair, self._ask, self._do)

    def action_swap(self) -> None:
        if pair := self._pair():
            operations.swap(self.project, *pair, self.cockpit.frame, self._do)

    # -- the filter -----------------------------------------------------------------------

    def action_filter(self) -> None:
        self.filter_input.display = True
        self.set_focus(self.filter_input)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list(self._current_id)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.filter_input.display = bool(event.value)
        self.set_focus(None)

    def action_leave(self) -> None:
        if self.filter_input.has_focus or self.filter_input.value:
            self.filter_input.value = ""
            self.filter_input.display = False
            self.set_focus(None)
            self._list(self._current_id)
        else:
            super().action_leave()

    # -- the pointer ----------------------------------------------------------------------

    def on_sheet_picked(self, message: Sheet.Picked) -> None:
        self.sheet.move_to(message.place)
