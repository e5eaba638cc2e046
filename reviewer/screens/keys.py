"""Every key of the cockpit, once. Bindings, key bar, help and palette are all made from it.
Screens that it opens have lists of their own, of the same form."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from reviewer.screens.registry import SCREENS


@dataclass(frozen=True, slots=True)
class Key:
    """keys: Textual key names, comma separated. shown: how people read them. hint: the word in
    the key bar, "" when it is not important enough to stand there."""

    group: str
    keys: str
    shown: str
    action: str
    text: str
    hint: str = ""

    def binding(self) -> Binding:
        return Binding(self.keys, self.action, self.text, show=False)


MOVE, ENTITY, EDIT = "Move", "Entity", "Edit"
VIEW, SCREEN, PROGRAM = "View", "Screens", "Program"

KEYS: tuple[Key, ...] = (
    Key(MOVE, "right,l", "→ l", "step(1)", "next frame"),
    Key(MOVE, "left,h", "← h", "step(-1)", "previous frame", "←→ frame"),
    Key(MOVE, "shift+right,L", "⇧→ L", "step(10)", "ten frames on"),
    Key(MOVE, "shift+left,H", "⇧← H", "step(-10)", "ten frames back", "⇧←→ 10"),
    Key(MOVE, "ctrl+right,w", "^→ w", "seconds(1)", "a second on"),
    Key(MOVE, "ctrl+left,b", "^← b", "seconds(-1)", "a second back"),
    Key(MOVE, "right_square_bracket", "]", "keyframe(1)", "next keyframe of the entity"),
    Key(
        MOVE,
        "left_square_bracket",
        "[",
        "keyframe(-1)",
        "previous keyframe of the entity",
        "[] key",
    ),
    Key(MOVE, "right_curly_bracket", "}", "event(1)", "next beginning or end of an event"),
    Key(MOVE, "left_curly_bracket", "{", "event(-1)", "previous beginning or end of an event"),
    Key(MOVE, "right_parenthesis", ")", "finding(1)", "next finding about the video"),
    Key(MOVE, "left_parenthesis", "(", "finding(-1)", "previous finding about the video"),
    Key(MOVE, "greater_than_sign", ">", "problem(1)", "next problem of the annotations"),
    Key(MOVE, "less_than_sign", "<", "problem(-1)", "previous problem of the annotations"),
    Key(MOVE, "enter", "⏎", "enter", "to the entity's start; change a property"),
    Key(MOVE, "home,0", "Home 0", "first", "first frame"),
    Key(MOVE, "end,dollar_sign", "End $", "last", "last frame"),
    Key(MOVE, "g", "g", "goto", "go to a frame or a time", "g goto"),
    Key(MOVE, "space", "Space", "play", "play, pause", "␣ play"),
    Key(ENTITY, "down,j", "↓ j", "cursor(1)", "next row"),
    Key(ENTITY, "up,k", "↑ k", "cursor(-1)", "previous row", "↑↓ entity"),
    Key(ENTITY, "pagedown", "PgDn", "page(1)", "a page down"),
    Key(ENTITY, "pageup", "PgUp", "page(-1)", "a page up"),
    Key(ENTITY, "n", "n", "visible(1)", "next entity in this frame"),
    Key(ENTITY, "N", "N", "visible(-1)", "previous entity in this frame"),
    Key(ENTITY, "slash", "/", "filter", "filter by name or class", "/ filter"),
    Key(ENTITY, "s", "s", "only_present", "list only what is in this frame"),
    Key(ENTITY, "escape", "Esc", "escape", "clear the filter, then the selection"),
    Key(EDIT, "p", "p", "presence('present')", "present from here on", "p/o/a presence"),
    Key(EDIT, "o", "o", "presence('occluded')", "occluded from here on"),
    Key(EDIT, "a", "a", "presence('absent')", "absent from here on"),
    Key(EDIT, "e", "e", "edit", "set a property", "e edit"),
    Key(EDIT, "c", "c", "change_class", "change the class"),
    Key(EDIT, "r", "r", "rename", "rename", "r rename"),
    Key(EDIT, "x", "x", "delete_keyframes", "delete keyframes at this frame"),
    Key(EDIT, "D,delete", "D Del", "delete_entity", "delete the entity"),
    Key(EDIT, "m", "m", "comment", "comment on this frame and entity", "m comment"),
    Key(EDIT, "M", "M", "pin", "comment on a range, a property, a place ..."),
    Key(EDIT, "u", "u", "undo", "undo", "u undo"),
    Key(EDIT, "U,ctrl+r", "U ^r", "redo", "redo"),
    Key(VIEW, "tab,shift+tab", "Tab", "pane", "entities or properties", "⇥ pane"),
    Key(VIEW, "v", "v", "labels", "names on the picture on, off"),
    Key(VIEW, "V", "V", "color_by", "colour shapes by class, entity or choice"),
    Key(VIEW, "full_stop", ".", "closer(2.0)", "picture: closer"),
    Key(VIEW, "comma", ",", "closer(0.5)", "picture: wider"),
    Key(VIEW, "4", "4 ◂", "pan(-1, 0)", "picture: look left"),
    Key(VIEW, "6", "6 ▸", "pan(1, 0)", "picture: look right"),
    Key(VIEW, "8", "8 ▴", "pan(0, -1)", "picture: look up"),
    Key(VIEW, "2", "2 ▾", "pan(0, 1)", "picture: look down"),
    Key(VIEW, "5", "5", "center", "picture: closer to the selected entity"),
    Key(VIEW, "Z", "Z", "whole", "picture: all of it"),
    Key(VIEW, "plus,equals_sign", "+", "zoom(0.5)", "timeline: closer"),
    Key(VIEW, "minus", "-", "zoom(2)", "timeline: wider"),
    Key(VIEW, "z", "z", "zoom(0)", "timeline: the whole video"),
    *(
        Key(SCREEN, one.keys, one.shown, f"open_screen('{one.name}')", one.text, one.hint)
        for one in SCREENS
    ),
    Key(PROGRAM, "y", "y", "copy_link", "copy a link: the page at this frame"),
    Key(PROGRAM, "question_mark", "?", "help", "this help", "? help"),
    Key(PROGRAM, "ctrl+p", "^p", "app.command_palette", "command palette"),
    Key(PROGRAM, "q,ctrl+c", "q", "app.quit", "quit", "q quit"),
)

# What must not be lost when the key bar is narrow, most needed first.
HINT_ORDER = (
    "? help",
    "q quit",
    "␣ play",
    "←→ frame",
    "↑↓ entity",
    "[] key",
    "p/o/a presence",
    "e edit",
    "u undo",
    "/ filter",
    "g goto",
    "m comment",
    *(one.hint for one in SCREENS if one.hint),
    "r rename",
    "⇥ pane",
    "⇧←→ 10",
)
