"""Undo and redo per author, derived from the journal, so that they survive a restart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .checks import sound, sound_remap
from .edit import Attributes, CellsChange, Edit, EditSummary, EntityChange, OntologyChange
from .errors import EditError, OntologyError, ReviewerError
from .journal import EDIT, IDS, REMAP, Record
from .kinds import same_rows
from .ontology import Ontology
from .ontology_merge import merged_ontology
from .remap.edit import RemapEdit, renumbered
from .state import State

_MAX_STEPS = 500
_MAX_PLACES = 4 * _MAX_STEPS


class Unread(NamedTuple):
    """The journal's bytes of an edit, and how many frames the video had then."""

    data: bytes
    frame_count: int

    def read(self) -> Edit:
        """ValueError, KeyError or TypeError when they are not of an edit that can be."""
        return sound(Edit.from_bytes(self.data), self.frame_count)


class Step(NamedTuple):
    """An edit, which may be read only when it is asked for."""

    summary: EditSummary
    edit: Edit | Unread


class History:
    """What each author can take back, and take back again. What cannot be read is stepped over."""

    def __init__(self) -> None:
        self._undo: dict[str, list[Step]] = {}
        self._redo: dict[str, list[Step]] = {}
        self._before: dict[str, dict[str, Edit]] = {}  # by remap: the edits in the old numbering
        self._count = 0
        self._places: dict[str, dict[str, int]] = {}  # by author and edit: the how-manieth it was

    def record(self, edit: Edit) -> None:
        """Follow an edit, in the order of the journal."""
        self.follow(Step(EditSummary.of(edit), edit))

    def follow(self, step: Step) -> None:
        """As :meth:`record`, for an edit that need not be read whole yet."""
        if isinstance(step.edit, RemapEdit):
            self._renumber(step.edit)
        summary = step.summary
        self._count += 1
        places = self._places.setdefault(summary.author, {})
        places[summary.id] = self._count
        if len(places) > _MAX_PLACES:
            del places[next(iter(places))]
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

    def _renumber(self, remap: RemapEdit) -> None:
        """Let the steps so far speak of the new frames; undoing a remap gives them back whole."""
        before = self._before.setdefault(remap.id, {})
        whole = self._before.pop(remap.undoes or remap.redoes or "", {})
        for steps in (*self._undo.values(), *self._redo.values()):
            read = [(summary, _read(edit)) for summary, edit in steps]
            steps.clear()
            for summary, edit in read:
                if edit is None:
                    continue
                if not isinstance(edit, RemapEdit):
                    before[edit.id] = edit
                    edit = whole.get(edit.id) or renumbered(edit, remap.partner)
                steps.append(Step(summary, edit))

    def last(self, author: str) -> str | None:
        """The id of the newest that the author did, undo and redo included."""
        return next(reversed(self._places.get(author, {})), None)

    def next_undo(self, author: str, after: str | None = None) -> Edit | None:
        """The author's last edit that still stands; with ``after``, as it was when the author's
        edit (undo, redo) of that id was the newest. EditError when no such edit is known."""
        return self._last(self._undo.get(author, []), author, after)

    def next_redo(self, author: str, after: str | None = None) -> Edit | None:
        """The author's last undo that still stands; ``after`` as for :meth:`next_undo`."""
        return self._last(self._redo.get(author, []), author, after)

    def undo_label(self, author: str) -> str | None:
        """The label of :meth:`next_undo`'s edit."""
        steps = self._undo.get(author)
        return steps[-1].summary.label if steps else None

    def redo_label(self, author: str) -> str | None:
        """The label of :meth:`next_redo`'s edit."""
        steps = self._redo.get(author)
        return steps[-1].summary.label if steps else None

    def _last(self, steps: list[Step], author: str, after: str | None) -> Edit | None:
        places = self._places.get(author, {})
        if after is not None and after not in places:
            raise EditError("What it was to take back was not done, or too long ago.")
        newest = self._count if after is None else places[after]
        for at in range(len(steps) - 1, -1, -1):
            summary, edit = steps[at]
            if places.get(summary.id, 0) > newest:
                continue
            whole = _read(edit)
            if whole is not None:
                steps[at] = Step(summary, whole)
                return whole
            del steps[at]
        return None


def _read(edit: Edit | Unread) -> Edit | None:
    if isinstance(edit, Edit):
        return edit
    try:
        return edit.read()
    except (ValueError, KeyError, TypeError):
        return None


def steps_of(records: Iterable[Record], frame_count: int) -> Iterator[Step]:
    """The edits of a journal, whose last ones speak of ``frame_count`` frames. What cannot be read
    or applied is left out."""
    waiting: list[Record] = []

    def unread(count: int) -> Iterator[Step]:
        for record in waiting:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                yield Step(EditSummary.from_bytes(record.body), Unread(record.body, count))
        waiting.clear()

    for record in records:
        if record.type == EDIT:
            waiting.append(record)
        elif record.type == REMAP:
            with contextlib.suppress(ValueError, KeyError, TypeError, ReviewerError):
                remap = sound_remap(record.body)
                yield from unread(remap.videos[0].frame_count)
                yield Step(EditSummary.of(remap), remap)
    yield from unread(frame_count)


def edit_ids_of(records: Iterable[Record]) -> Iterator[str]:
    """The ids of a journal's edits, and those it remembers of edits in files that are gone."""
    for record in records:
        with contextlib.suppress(ValueError, KeyError, TypeError, ReviewerError):
            if record.type == EDIT:
                yield EditSummary.from_bytes(record.body).id
            elif record.type == REMAP:
                yield sound_remap(record.body).id
            elif record.type == IDS:
                yield from record.body.decode().splitlines()


def _drop(steps: list[Step], edit_id: str) -> None:
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
