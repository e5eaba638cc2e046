"""Undo and redo per author, derived from the journal, so that they survive a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .edit import Attributes, CellsChange, Edit, EditSummary, EntityChange, OntologyChange
from .errors import EditError, OntologyError
from .kinds import same_rows
from .ontology import Ontology
from .ontology_merge import merged_ontology
from .state import State

_MAX_STEPS = 500


class _Step(NamedTuple):
    """An edit, or the journal's bytes of one that is read when it is asked for."""

    summary: EditSummary
    edit: Edit | bytes


class History:
    """What each author can take back, and take back again. ``read`` makes an edit of the journal's
    bytes; what it raises ValueError, KeyError or TypeError for is stepped over."""

    def __init__(self, read: Callable[[bytes], Edit]) -> None:
        self._read = read
        self._undo: dict[str, list[_Step]] = {}
        self._redo: dict[str, list[_Step]] = {}

    def record(self, edit: Edit) -> None:
        """Follow an edit, in the order of the journal."""
        self._follow(_Step(EditSummary.of(edit), edit))

    def record_bytes(self, summary: EditSummary, data: bytes) -> None:
        """As :meth:`record`, for an edit that need not be read whole yet."""
        self._follow(_Step(summary, data))

    def _follow(self, step: _Step) -> None:
        summary = step.summary
        undo = self._undo.setdefault(summary.author, [])
        redo = self._redo.setdefault(summary.author, [])
        if summary.undoes is not None:
            _drop(undo, summary.undoes)
            redo.append(step)
        elif summary.redoes is not None:
            _drop(redo, summary.redoes)
            undo.append(step)
        else:
            undo.append(step)
            redo.clear()
        del undo[:-_MAX_STEPS], redo[:-_MAX_STEPS]

    def next_undo(self, author: str) -> Edit | None:
        """The author's last edit that still stands."""
        return self._last(self._undo.get(author, []))

    def next_redo(self, author: str) -> Edit | None:
        """The author's last undo that still stands."""
        return self._last(self._redo.get(author, []))

    def undo_label(self, author: str) -> str | None:
        """The label of :meth:`next_undo`'s edit."""
        steps = self._undo.get(author)
        return steps[-1].summary.label if steps else None

    def redo_label(self, author: str) -> str | None:
        """The label of :meth:`next_redo`'s edit."""
        steps = self._redo.get(author)
        return steps[-1].summary.label if steps else None

    def _last(self, steps: list[_Step]) -> Edit | None:
        while steps:
            summary, edit = steps[-1]
            if isinstance(edit, Edit):
                return edit
            try:
                steps[-1] = _Step(summary, self._read(edit))
            except (ValueError, KeyError, TypeError):
                steps.pop()
        return None


def _drop(steps: list[_Step], edit_id: str) -> None:
    for position in range(len(steps) - 1, -1, -1):
        if steps[position].summary.id == edit_id:
            del steps[position]
            return


def reversal(edit: Edit, state: State, ontology: Ontology) -> Edit:
    """The inverse of ``edit``, less what somebody has changed since: only cells, attributes and
    parts of the ontology that still are what ``edit`` left are put back."""
    inverse = edit.invert()
    entities: list[EntityChange] = []
    for change in inverse.entities:
        current = state.attributes.get(change.entity)
        if current is None:
            continue
        left = change.old  # what the edit left there; None where it took a creation back
        if left is None:
            if current.deleted:
                entities.append(change)
            continue
        merged = _merged(current, left, change.new)
        entities.append(EntityChange(change.entity, current, merged))
    cells: list[CellsChange] = []
    for cell in inverse.cells:
        if cell.entity not in state.number:
            continue
        now = state.keyframes(cell.entity, cell.property, cell.kind).rows_at(cell.frames, cell.kind)
        same = same_rows(now, cell.old)
        if np.any(same):
            cells.append(
                replace(cell, frames=cell.frames[same], old=cell.old[same], new=cell.new[same])
            )
    rules = inverse.ontology
    if rules is not None:
        rules = OntologyChange(ontology, _ontology_without(edit, rules, ontology))
    return replace(inverse, entities=tuple(entities), cells=tuple(cells), ontology=rules)


def _ontology_without(edit: Edit, rules: OntologyChange, ontology: Ontology) -> Ontology:
    try:
        return merged_ontology(rules.old, ontology, rules.new)
    except OntologyError as error:
        raise EditError(
            f'"{edit.label}" cannot be undone: with what was changed since, {error}'
        ) from None


def _merged(current: Attributes, left: Attributes, target: Attributes | None) -> Attributes | None:
    """``current`` with each field that still is as ``left`` set as in ``target``."""
    if target is None or current == left:
        return target
    constants = dict(current.constants)
    for key in {*left.constants, *target.constants}:
        if constants.get(key) == left.constants.get(key):
            if key in target.constants:
                constants[key] = target.constants[key]
            else:
                constants.pop(key, None)
    return Attributes(
        target.class_name if current.class_name == left.class_name else current.class_name,
        target.name if current.name == left.name else current.name,
        constants,
        target.deleted if current.deleted == left.deleted else current.deleted,
    )
