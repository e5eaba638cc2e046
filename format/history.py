"""Undo and redo per author, derived from the journal, so that they survive a restart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from .checks import sound, sound_remap
from .edit import Attributes, CellsChange, Edit, EntityChange, OntologyChange
from .errors import EditError, OntologyError, ReviewerError
from .journal import EDIT, REMAP, Record
from .kinds import same_rows
from .ontology import Ontology
from .ontology_merge import merged_ontology
from .remap.edit import RemapEdit, renumbered
from .state import State

_MAX_STEPS = 500


class History:
    """What each author can take back, and take back again."""

    def __init__(self) -> None:
        self._undo: dict[str, list[Edit]] = {}
        self._redo: dict[str, list[Edit]] = {}
        self._before: dict[str, dict[str, Edit]] = {}  # by remap: the edits in the old numbering

    def record(self, edits: Iterable[Edit]) -> None:
        """Follow edits in the order of the journal."""
        for edit in edits:
            if isinstance(edit, RemapEdit):
                self._renumber(edit)
            undo = self._undo.setdefault(edit.author, [])
            redo = self._redo.setdefault(edit.author, [])
            if edit.undoes is not None:
                _drop(undo, edit.undoes)
                redo.append(edit)
            elif edit.redoes is not None:
                _drop(redo, edit.redoes)
                undo.append(edit)
            else:
                undo.append(edit)
                redo.clear()
            del undo[:-_MAX_STEPS], redo[:-_MAX_STEPS]

    def _renumber(self, remap: RemapEdit) -> None:
        """Let the steps so far speak of the new frames; undoing a remap gives them back whole."""
        before = self._before.setdefault(remap.id, {})
        whole = self._before.pop(remap.undoes or remap.redoes or "", {})
        for steps in (*self._undo.values(), *self._redo.values()):
            for place, step in enumerate(steps):
                if not isinstance(step, RemapEdit):
                    before[step.id] = step
                    steps[place] = whole.get(step.id) or renumbered(step, remap.partner)

    def next_undo(self, author: str) -> Edit | None:
        """The author's last edit that still stands."""
        steps = self._undo.get(author)
        return steps[-1] if steps else None

    def next_redo(self, author: str) -> Edit | None:
        """The author's last undo that still stands."""
        steps = self._redo.get(author)
        return steps[-1] if steps else None


def steps_of(records: Iterable[Record], frame_count: int) -> Iterator[Edit]:
    """The edits of a journal, whose last ones speak of ``frame_count`` frames. What cannot be read
    or applied is left out."""
    waiting: list[Record] = []

    def read(count: int) -> Iterator[Edit]:
        for record in waiting:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                yield sound(Edit.from_bytes(record.body), count)
        waiting.clear()

    for record in records:
        if record.type == EDIT:
            waiting.append(record)
        elif record.type == REMAP:
            with contextlib.suppress(ValueError, KeyError, TypeError, ReviewerError):
                remap = sound_remap(record.body)
                yield from read(remap.videos[0].frame_count)
                yield remap
    yield from read(frame_count)


def _drop(steps: list[Edit], edit_id: str) -> None:
    for position in range(len(steps) - 1, -1, -1):
        if steps[position].id == edit_id:
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
