"""What makes an edit acceptable: the ontology, the frames there are, the entities there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from . import provenance
from .edit import Attributes, CellsChange, Edit, EntityChange, OntologyChange
from .errors import EditError, OntologyError
from .evolution import check_complete
from .kinds import BUILT_IN, COMPANIONS, KINDS, MODES, Kind, Rows, every, some
from .layout import is_entity_id, is_name, is_unicode
from .ontology import SCENE, SCENE_ENTITY, Ontology
from .ontology_merge import merged_ontology
from .remap.edit import RemapEdit
from .state import State
from .values import problem_of

MAX_NAME_CHARACTERS = 200
Flags = NDArray[np.bool_]


def sound(edit: Edit, frame_count: int) -> Edit:
    """``edit``, read from a journal, which may have come with somebody's folder; ValueError when it
    names what cannot be in a project, such as a path for an entity."""
    for change in edit.entities:
        if not is_entity_id(change.entity):
            raise ValueError(f"{change.entity!r:.60} is not an entity id")
    for cell in edit.cells:
        base, _, companion = cell.property.partition(".")
        is_property = is_name(base) and (not companion or companion in COMPANIONS)
        if not is_entity_id(cell.entity) or not is_property:
            raise ValueError(f"{cell.entity!r:.60}, {cell.property!r:.60} cannot be a property")
        built_in = KINDS.get(base, cell.kind) if base in BUILT_IN else cell.kind
        expected = COMPANIONS[companion] if companion else built_in
        if expected != cell.kind:
            raise ValueError(f"{cell.property} is not of the kind {cell.kind.name}")
        ascend = bool(np.all(np.diff(cell.frames) > 0)) and len(cell.frames) > 0
        if not ascend or cell.frames[0] < 0 or cell.frames[-1] >= frame_count:
            raise ValueError("its frames are not within the video, ascending")
        if problem := problem_of(cell.new[~cell.kind.is_fill(cell.new)], cell.kind):
            raise ValueError(f"{cell.property} of {cell.entity} {problem}")
    return edit


def sound_remap(data: bytes) -> RemapEdit:
    """A remap read from a journal; ValueError, KeyError, TypeError or ProjectError when it is
    malformed or what it would bring back cannot be in a project."""
    remap = RemapEdit.from_bytes(data)
    back = Edit(cells=tuple(cell.invert() for cell in remap.cells))
    sound(back, remap.videos[0].frame_count)
    return remap


def checked(edit: Edit, state: State, ontology: Ontology, damaged: set[tuple[str, str]]) -> Edit:
    """``edit`` in normal form with its old values as they are in ``state``; EditError with one
    sentence when any part of it is not allowed. Then nothing of it may be applied."""
    if edit.entities or edit.ontology or len(edit.cells) != 1:
        edit = edit.normalised()
    rules = edit.ontology
    if rules is not None:
        rules = OntologyChange(ontology, _on_top_of(ontology, rules))
        edit = replace(edit, ontology=rules)
        check_complete(edit, state, ontology)
        ontology = rules.new  # the edit's own ontology judges the rest of it
    entities = tuple(_checked_entity(change, state, ontology) for change in edit.entities)
    after = {change.entity: change.new for change in entities}
    removed = [cell.kind.is_fill(cell.new) for cell in edit.cells]
    left = _kinds_left(edit, removed, state)
    cells = tuple(
        _checked_cells(cell, gone, state, ontology, after, damaged, left)
        for cell, gone in zip(edit.cells, removed, strict=True)
    )
    # old values were taken afresh, so some changes may have become none
    return edit.with_changes(entities, cells, rules).normalised()


def _on_top_of(current: Ontology, rules: OntologyChange) -> Ontology:
    """What the edit makes of the ontology as it is by now: what others changed meanwhile stays."""
    if current.to_bytes() == rules.old.to_bytes():
        return rules.new
    try:
        return merged_ontology(rules.old, rules.new, current)
    except OntologyError as error:
        raise EditError(
            f"The ontology was changed by somebody else, and both changes together do not fit: "
            f"{error}"
        ) from None


def _kinds_left(edit: Edit, removed: list[Flags], state: State) -> set[tuple[str, str, Kind]]:
    """Properties and kinds of which the edit removes every keyframe there is."""
    left = set()
    for cell, gone in zip(edit.cells, removed, strict=True):
        if cell.entity in state.number and every(gone):
            stored = state.keyframes(cell.entity, cell.property, cell.kind).frames
            if every(np.isin(stored, cell.frames)):
                left.add((cell.entity, cell.property, cell.kind))
    return left


def _checked_entity(change: EntityChange, state: State, ontology: Ontology) -> EntityChange:
    current = state.attributes.get(change.entity)
    new = change.new
    if current is None:
        if new is None:
            raise EditError(f'There is no entity "{change.entity:.100}".')
        if change.old is not None:
            raise EditError(f'The entity "{change.entity:.100}" is not in this project.')
        if not is_entity_id(change.entity):
            raise EditError(f"{change.entity!r:.100} is not an entity id (class-random).")
    elif change.old is None and new is not None and not current.deleted:
        raise EditError(f'There already is an entity "{change.entity}".')
    if new is None:
        assert current is not None
        return EntityChange(change.entity, current, replace(current, deleted=True))
    if not new.name.strip() or len(new.name) > MAX_NAME_CHARACTERS or not is_unicode(new.name):
        raise EditError(f"An entity's name has 1 to {MAX_NAME_CHARACTERS} Unicode characters.")
    if current is not None and change.old is not None:
        new = new.over(change.old, current)
    renamed_only = current is not None and new.class_name == current.class_name
    if not renamed_only:
        ontology.entity_class(new.class_name)
        if ontology.scene and (new.class_name == SCENE) != (change.entity == SCENE_ENTITY):
            raise EditError(f'The class "{SCENE}" is that of the scene, and of nothing else.')
    if current is None or new.constants != current.constants or not renamed_only:
        _check_constants(new, ontology)
    return EntityChange(change.entity, current, new)


def _check_constants(new: Attributes, ontology: Ontology) -> None:
    properties = ontology.entity_class(new.class_name).properties
    for name, value in new.constants.items():
        definition = properties.get(name)
        if definition is None or definition.time_varying:
            raise EditError(f'A {new.class_name} has no constant property "{name:.80}".')
        definition.encode(value)


def _checked_cells(
    cell: CellsChange,
    removed: Flags,
    state: State,
    ontology: Ontology,
    after: dict[str, Attributes | None],
    damaged: set[tuple[str, str]],
    left: set[tuple[str, str, Kind]],
) -> CellsChange:
    attributes = after.get(cell.entity) or state.attributes.get(cell.entity)
    if attributes is None:
        raise EditError(f'There is no entity "{cell.entity:.100}".')
    clears = every(removed)
    if attributes.deleted and not clears:
        raise EditError(f'"{attributes.name}" is deleted: undo that before changing it.')
    if (cell.entity, cell.property) in damaged:
        raise EditError(
            f'"{cell.property}" of "{attributes.name}" is damaged on disk and was not changed; '
            f"restore its files from git first."
        )
    if not clears:
        new = cell.new[~removed] if some(removed) else cell.new
        _check_values(cell, new, attributes, state, ontology, left)
    frames = cell.frames
    if len(frames) and (frames[0] < 0 or frames[-1] >= state.frame_count):
        wrong = frames[0] if frames[0] < 0 else frames[-1]
        raise EditError(
            f"Frame {wrong} is outside the video: its frames are 0 to {state.frame_count - 1}."
        )
    if len(frames) > 1 and np.any(np.diff(frames) <= 0):
        raise EditError("The frames of a change must ascend.")
    if cell.entity in state.number:
        old = state.keyframes(cell.entity, cell.property, cell.kind).rows_at(frames, cell.kind)
    else:
        old = cell.kind.empty_rows(len(frames))
    return CellsChange(cell.entity, cell.property, cell.kind, frames, old, cell.new)


def _check_values(
    cell: CellsChange,
    new: Rows,
    attributes: Attributes,
    state: State,
    ontology: Ontology,
    left: set[tuple[str, str, Kind]],
) -> None:
    """The class must have the property, of this kind, and allow ``new``, the rows that are not
    fill."""
    base, _, companion = cell.property.partition(".")
    definition = ontology.entity_class(attributes.class_name).properties.get(base)
    kind = COMPANIONS.get(companion, cell.kind) if companion else cell.kind
    right_kind = definition is not None and (companion or definition.kind == cell.kind)
    if definition is None or not definition.time_varying or kind != cell.kind or not right_kind:
        raise EditError(
            f'A {attributes.class_name} has no {cell.kind.name} "{cell.property:.80}" that '
            f"changes over time."
        )
    problem = problem_of(new, cell.kind) if companion else definition.problem(new)
    if companion == "source":
        problem = problem or _source_problem(new)
    if problem:
        raise EditError(f"{definition.label} of {attributes.name} {problem}.")
    if companion == "mode":
        allowed = [MODES.index(rule) for rule in definition.kind.rules]
        if not np.isin(new, allowed).all():
            rules = ", ".join(definition.kind.rules)
            raise EditError(f"Between keyframes a {definition.kind.name} can be {rules}.")
    stored = state.stored_kind(cell.entity, cell.property)
    gone = stored is not None and (cell.entity, cell.property, stored) in left
    if stored is not None and stored != cell.kind and not gone:
        raise EditError(
            f'"{cell.property}" of {attributes.name} is stored as {stored.token}: remove those '
            f"keyframes before it can hold a {cell.kind.token}."
        )


def _source_problem(rows: Rows) -> str | None:
    try:
        for text in set(rows[:, 0]):
            provenance.parse(text)
    except ValueError as error:
        return str(error)
    return None
