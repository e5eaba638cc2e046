"""An annotator made of chance: edit number n of a seed is the same wherever it is made, so what a
killed process had done can be compared with what the same edits give where nothing is killed."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from reviewer.format import EditError, ontology_edits, operations
from reviewer.format.geometry import mask
from reviewer.format.kinds import Kind
from reviewer.format.simplify import simplify

from reviewer import Entity, Project
from tests.format.whole_model import FRAMES, KIND_OF, POINTS, PROPERTIES

AUTHORS = ("ada", "ben")
# What an edit says when the disk failed, and not because it made no sense.
FAILED = ("not saved", "may be lost", "safe in the journal", "cannot be written")
_MOST_ENTITIES = 6


def value_of(kind: Kind, dice: random.Random, names: list[str]) -> Any:
    """A value of a kind; ``names`` are ids that references may take."""
    number = lambda: round(dice.uniform(0, 900), 2)  # noqa: E731
    match kind.name:
        case "box":
            return [number() for _ in range(4)]
        case "rotated_box" | "ellipse":
            return [*(number() for _ in range(4)), dice.uniform(0, 360)]
        case "cuboid":
            return [number() for _ in range(16)]
        case "points":
            return {name: (number(), number()) for name in POINTS[: dice.randint(1, 3)]}
        case "polyline" | "polygon":
            return [(number(), number()) for _ in range(dice.randint(3, 7))]
        case "mask":
            pixels = np.zeros((9, 9), bool)
            pixels[dice.randint(0, 4) :, dice.randint(0, 4) :] = True
            return mask.from_array(pixels, dice.randint(0, 50), 3)
        case "choice":
            return dice.choice(["up", "down"])
        case "choices":
            return dice.sample(["a", "b", "c"], dice.randint(0, 3))
        case "boolean":
            return dice.random() < 0.5
        case "number" | "number:linear":
            return number()
        case "text":
            return dice.choice(["[red]", "<script>", "\x1b[31m", "naïve \U0001f3d2", "x" * 500])
        case "entity":
            return dice.choice([None, *names])
        case "entities":
            return dice.sample(names, min(len(names), 2))
        case "presence":
            return dice.choice(["present", "occluded", "absent"])
    raise AssertionError(kind.name)


class Annotator:
    """Edits of one author, who touches only what is their own."""

    def __init__(self, project: Project, author: str) -> None:
        self.project = project
        self.author = author

    def mine(self) -> list[str]:
        prefix = f"thing-{self.author}"
        return [entity_id for entity_id in self.project.entities if entity_id.startswith(prefix)]

    def step(self, number: int) -> str:
        """Make edit ``number``, one at most; what was done. An edit that makes no sense is none; a
        failure of the disk is an EditError or ProjectError."""
        dice = random.Random(f"{self.author} {number}")
        made = 0

        def new_id(class_name: str) -> str:
            nonlocal made
            made += 1
            return f"{class_name}-{self.author}{number:06}{made}"

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(operations, "new_entity_id", new_id)
            mine = sorted(self.mine())
            if len(mine) < 2:
                chosen: Callable[..., Any] = self.add
            elif len(mine) > _MOST_ENTITIES:
                chosen = self.delete
            else:
                chosen = dice.choice(self.kinds_of_edit())
            things = [self.project.entity(entity_id) for entity_id in dice.sample(mine, len(mine))]
            try:
                chosen(dice, things, new_id)
            except EditError as error:
                if any(mark in str(error) for mark in FAILED):
                    raise
            return chosen.__name__

    def kinds_of_edit(self) -> list[Callable[..., Any]]:
        often = [self.set_keyframe, self.set_many]
        return [
            *often, *often, self.remove_keyframe, self.rename, self.set_constant, self.set_rule,
            self.set_source, self.keep, self.add, self.delete, self.split, self.merge, self.join,
            self.swap, self.trim, self.shift, self.copy, self.simplify, self.relabel, self.undo,
            self.undo, self.redo, self.flush,
        ]  # fmt: skip

    def add(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        entity_id = new_id("thing")
        with self.project.transaction(f"Add {entity_id}"):
            self.project.add_entity("thing", entity_id, dice.randrange(FRAMES), entity_id)
            self._set(dice, self.project.entity(entity_id), [entity_id])

    def _set(self, dice: random.Random, thing: Entity, names: list[str]) -> None:
        name = dice.choice(["presence", *PROPERTIES])
        thing[name][dice.randrange(FRAMES)] = value_of(KIND_OF[name], dice, names)

    def set_keyframe(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        self._set(dice, things[0], [thing.id for thing in things])

    def set_many(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        """A transaction over several entities, properties and chunk files."""
        with self.project.transaction("Set many"):
            for thing in things:
                for _ in range(3):
                    self._set(dice, thing, [other.id for other in things])

    def remove_keyframe(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        held = [n for n in PROPERTIES if len(things[0][n])]
        if held:
            track = things[0][dice.choice(held)]
            del track[int(dice.choice(track.keyframes.tolist()))]

    def _keyframe(self, dice: random.Random, thing: Entity) -> tuple[Any, int] | None:
        held = [n for n in PROPERTIES if len(thing[n])]
        if not held:
            return None
        track = thing[dice.choice(held)]
        return track, int(dice.choice(track.keyframes.tolist()))

    def set_rule(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        if found := self._keyframe(dice, things[0]):
            track, frame = found
            track.set_rule(frame, dice.choice(track.definition.kind.rules))

    def set_source(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        if found := self._keyframe(dice, things[0]):
            found[0].set_source(found[1], dice.choice(["import", "tracker"]), dice.random())

    def keep(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        things[0][dice.choice(PROPERTIES)].keep(dice.randrange(FRAMES))

    def rename(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        things[0].rename(f"{self.author} {dice.random()}")

    def set_constant(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        with self.project.transaction("Set constants"):
            things[0]["team"] = dice.choice(["home", "away", None])
            things[0]["owner"] = dice.choice([None, things[1].id])

    def delete(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        operations.delete(self.project, things[: dice.randint(1, 2)])

    def split(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        operations.split(self.project, things[0], dice.randrange(FRAMES))

    def merge(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        winner: Any = dice.choice(["first", "second"])
        operations.merge(self.project, things[0], things[1], winner)

    def join(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        for first, second in permutations(things, 2):  # most overlap
            try:
                operations.join(self.project, first, second)
                return
            except EditError as error:
                if "merge them instead" not in str(error):
                    raise

    def swap(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        operations.swap(self.project, things[0], things[1], dice.randrange(FRAMES))

    def trim(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        first = dice.randrange(FRAMES)
        operations.trim(self.project, things[0], first, dice.randint(first + 1, FRAMES))

    def shift(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        operations.shift(self.project, things[0], dice.randint(-5, 5))

    def copy(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        operations.copy(self.project, things[0], f"{self.author} copy")

    def simplify(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        simplify(self.project, things[0], 20.0)

    def relabel(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        """The ontology is edited like anything else."""
        base = self.project.ontology
        new = ontology_edits.relabel_class(base, f"mark_{self.author}", f"{dice.random()}")
        self.project.change_ontology(new, base=base)

    def undo(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        self.project.undo(self.author)

    def redo(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        self.project.redo(self.author)

    def flush(self, dice: random.Random, things: list[Entity], new_id: Any) -> None:
        with suppress(Exception):  # a failing disk is heard of at the next edit
            self.project.flush()

    def contents(self) -> Any:
        """All that is this author's, in a form that compares and prints."""
        state = self.project._core.state
        found: dict[str, Any] = {}
        for entity_id in self.mine():
            number = state.number[entity_id]
            tracks = {}
            for (name, kind), table in sorted(state.tables.items(), key=lambda item: item[0][0]):
                track = table.get(number)
                if len(track):
                    tracks[f"{name} {kind.token}"] = (track.frames.tolist(), track.rows.tolist())
            found[entity_id] = (state.attributes[entity_id].to_json(), tracks)
        label = self.project.ontology.classes[f"mark_{self.author}"].label
        return found, label
