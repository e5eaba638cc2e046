"""How values of one property follow when the property's definition changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from .kinds import Kind, Rows
from .ontology import PropertyDefinition
from .values import NOBODY

# Whether a reference of a property may go on naming an entity.
Allowed = Callable[[PropertyDefinition, str], bool]

_NUMBERS = ("number", "number:linear")


@dataclass(frozen=True, slots=True)
class Carry:
    """One property of one class before and after; None where there is none. ``renamed`` says which
    choices become which others."""

    owner: str
    name: str
    before: PropertyDefinition | None
    after: PropertyDefinition | None
    renamed: Mapping[str, str]

    @property
    def item(self) -> str:
        """The property, in a sentence."""
        return f'"{self.name}" of {self.owner}'

    @property
    def matters(self) -> bool:
        """Whether stored values may have to change."""
        if self.before is None or self.after is None:
            return True
        return bool(self.renamed) or _substance(self.before) != _substance(self.after)

    @property
    def was_constant(self) -> bool:
        """Whether keyframes of this name, if any, mean nothing."""
        return self.before is not None and not self.before.time_varying

    @property
    def becomes_constant(self) -> bool:
        """Whether what changes over time would no longer."""
        varied = self.before is not None and self.before.time_varying
        return varied and self.after is not None and not self.after.time_varying

    def refusal(self, kind: Kind | None = None) -> str:
        """Why values cannot follow, continuing "3 entities have ..."."""
        assert self.after is not None
        found = "keyframes" if kind is not None else "values"
        if kind is not None and self.becomes_constant:
            why = "it cannot become constant"
        else:
            was = kind or (self.before.kind if self.before else None)
            why = f"a {was.token if was else 'value'} cannot become a {self.after.kind.token}"
        return f"{found} of {self.item}, and {why}; remove the property first, then add it anew."


def _substance(definition: PropertyDefinition) -> Any:
    codes = {choice.name: choice.code for choice in definition.choices}
    bounds = (definition.low, definition.high)
    kind = (definition.kind, definition.time_varying, definition.points)
    return (*kind, codes, bounds, set(definition.classes))


@dataclass(frozen=True, slots=True)
class CarriedRows:
    """Rows as they are to be, fill where lost, and how many were lost, or lost a part, by item."""

    rows: Rows
    lost: Mapping[str, int]


def carry_rows(rows: Rows, kind: Kind, carry: Carry, allowed: Allowed) -> CarriedRows | None:
    """``(n, columns)`` stored rows as rows of the new definition, None when they cannot be."""
    after = carry.after
    assert after is not None
    target = after.kind
    if target.name == kind.name == "points":
        return _carry_points(rows, kind, carry)
    if target != kind and not {target.name, kind.name} <= set(_NUMBERS):
        return None
    match target.name:
        case "choice":
            return _carry_choice(rows, target, carry)
        case "number" | "number:linear":
            outside = np.array([not after.takes(value) for value in rows[:, 0].tolist()], bool)
            carried = np.where(outside[:, None], np.nan, rows)
            return CarriedRows(carried, _losses(f"{carry.item} out of range", outside.sum()))
        case "choices" | "entity" | "entities":
            return _carry_texts(rows, target, carry, allowed)
    return CarriedRows(rows, {})


def _losses(item: str, count: Any) -> dict[str, int]:
    return {item: int(count)} if count else {}


def _choice_item(carry: Carry, name: str) -> str:
    return f'the choice "{name}" of {carry.item}'


def _codes(carry: Carry) -> dict[int, tuple[str, int | None]]:
    """For each code there was: its name, and the code it has now (None: no more)."""
    after = carry.after
    assert after is not None
    before = carry.before if carry.before is not None and carry.before.choices else after
    found: dict[int, tuple[str, int | None]] = {}
    for choice in before.choices:
        name = carry.renamed.get(choice.name, choice.name)
        found[choice.code] = (
            choice.name,
            after.by_name[name].code if name in after.by_name else None,
        )
    return found


def _carry_choice(rows: Rows, kind: Kind, carry: Carry) -> CarriedRows:
    codes = _codes(carry)
    carried, lost = rows.copy(), dict[str, int]()
    for code in np.unique(rows).tolist():
        name, becomes = codes.get(code, (f"code {code}", None))
        here = rows[:, 0] == code
        carried[here, 0] = kind.fill if becomes is None else becomes
        if becomes is None:
            lost[_choice_item(carry, name)] = int(here.sum())
    return CarriedRows(carried, lost)


def _carry_texts(rows: Rows, kind: Kind, carry: Carry, allowed: Allowed) -> CarriedRows:
    carried = rows.copy()
    lost: dict[str, int] = {}
    for row, text in enumerate(rows[:, 0]):
        value: Any = text if kind.name == "entity" else orjson.loads(text)
        kept, gone = _kept(value, kind, carry, allowed)
        carried[row, 0] = kept if kind.name == "entity" else orjson.dumps(kept).decode()
        for item in gone:
            lost[item] = lost.get(item, 0) + 1
    return CarriedRows(carried, lost)


def _kept(value: Any, kind: Kind, carry: Carry, allowed: Allowed) -> tuple[Any, set[str]]:
    """What remains of one stored value of several choices or of references, and what is lost."""
    assert carry.after is not None
    if kind.name == "choices":
        codes = _codes(carry)
        found = [codes.get(code, (f"code {code}", None)) for code in value]
        kept = sorted({code for _, code in found if code is not None})
        return kept, {_choice_item(carry, name) for name, code in found if code is None}
    items = [value] if kind.name == "entity" else value
    good = [item for item in items if item == NOBODY or allowed(carry.after, item)]
    gone = {f"references of {carry.item}"} if len(good) < len(items) else set()
    return (good[0] if good else NOBODY) if kind.name == "entity" else good, gone


def _carry_points(rows: Rows, kind: Kind, carry: Carry) -> CarriedRows | None:
    """Points follow their names; new ones are absent."""
    before, after = carry.before, carry.after
    assert after is not None
    if before is None or before.kind != kind:
        return None if after.kind != kind else CarriedRows(rows, {})
    three = rows.reshape(len(rows), -1, 3)
    carried = np.zeros((len(rows), len(after.points), 3))
    for index, name in enumerate(after.points):
        if name in before.points:
            carried[:, index] = three[:, before.points.index(name)]
    lost: dict[str, int] = {}
    for index, name in enumerate(before.points):
        seen = int((three[:, index, 2] > 0).sum())
        if name not in after.points and seen:
            lost[f'the point "{name}" of {carry.owner}'] = seen
    return CarriedRows(carried.reshape(len(rows), -1), lost)


@dataclass(frozen=True, slots=True)
class CarriedConstant:
    """A constant as it is to be, None where lost."""

    value: Any
    lost: Mapping[str, int] = field(default_factory=dict)
    refused: bool = False


def carry_constant(value: Any, carry: Carry, allowed: Allowed) -> CarriedConstant:
    """The value of a constant property under the new definition."""
    after = carry.after
    if after is None:
        return CarriedConstant(None, {carry.item: 1})
    was = carry.before.kind if carry.before is not None else after.kind
    if was != after.kind and not {was.name, after.kind.name} <= set(_NUMBERS):
        return CarriedConstant(value, refused=True)
    match after.kind.name:
        case "choice":
            name = carry.renamed.get(value, value)
            if name not in after.by_name:
                return CarriedConstant(None, {_choice_item(carry, str(value)): 1})
            return CarriedConstant(name)
        case "choices" if isinstance(value, list):
            names = {carry.renamed.get(name, name): name for name in value}
            gone = {name for new, name in names.items() if new not in after.by_name}
            kept = sorted(names.keys() & after.by_name.keys(), key=lambda n: after.by_name[n].code)
            return CarriedConstant(kept, {_choice_item(carry, name): 1 for name in gone})
        case "entity" | "entities" if isinstance(value, (str, list)):
            kept, references = _kept(value, after.kind, carry, allowed)
            return CarriedConstant(None if kept == NOBODY else kept, dict.fromkeys(references, 1))
    if not after.takes(value):
        return CarriedConstant(None, {f"{carry.item} out of range": 1})
    return CarriedConstant(value)
