"""The fields of an operation in an edit message, checked as they are read."""

from __future__ import annotations

from typing import Any

from reviewer.format import EditError, Project, ProjectError, Property
from reviewer.format.entity import Entity
from reviewer.format.ontology import SCENE_ENTITY

MAX_TEXT = 200
MAX_ID = 100

Fields = dict[str, Any]


def text_of(fields: Fields, name: str, limit: int = MAX_TEXT) -> str:
    """A text that is there and not too long; EditError otherwise, as from all of these."""
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise EditError(f"The edit is malformed: {name} must be a text of 1 to {limit} characters.")
    return value


def number_of(fields: Fields, name: str) -> int:
    """A whole number."""
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise EditError(f"The edit is malformed: {name} must be a whole number.")
    return value


def frame_of(fields: Fields) -> int:
    """The field ``frame``; whether the video has it is for the project to say."""
    return number_of(fields, "frame")


def entity_of(project: Project, fields: Fields, name: str = "entity") -> Entity:
    """The entity that a field names by its id; ProjectError when it is not there."""
    entity_id = text_of(fields, name, MAX_ID)
    if entity_id == SCENE_ENTITY:
        return project.scene
    if project.attributes(entity_id).deleted:
        raise ProjectError(f'The entity "{project.attributes(entity_id).name}" was deleted.')
    return Entity(project, entity_id)


def property_of(project: Project, fields: Fields) -> Property:
    """The field ``property`` of the field ``entity``."""
    return entity_of(project, fields)[text_of(fields, "property")]
