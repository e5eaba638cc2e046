"""The project folder, the engine that evaluates it, the video reader, import and export.

Knows no screen: neither the page nor the terminal is imported here.
"""

from .edit import Attributes, Edit
from .entity import Entity, Property
from .errors import (
    EditError,
    InterchangeError,
    OntologyError,
    ProjectError,
    ReviewerError,
    VideoError,
)
from .ontology import Choice, EntityClass, Ontology, PropertyDefinition
from .project import Change, Project, Transaction
from .table import Table

__all__ = [
    "Attributes",
    "Change",
    "Choice",
    "Edit",
    "EditError",
    "Entity",
    "EntityClass",
    "InterchangeError",
    "Ontology",
    "OntologyError",
    "Project",
    "ProjectError",
    "Property",
    "PropertyDefinition",
    "ReviewerError",
    "Table",
    "Transaction",
    "VideoError",
]
