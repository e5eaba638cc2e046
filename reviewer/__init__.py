"""Reviewer: a local-first video annotation tool. ``from reviewer import Project`` is the API."""

from .format import Change, Edit, Entity, Ontology, Project, Property, ReviewerError, Table

__version__ = "0.1.0"

__all__ = [
    "Change",
    "Edit",
    "Entity",
    "Ontology",
    "Project",
    "Property",
    "ReviewerError",
    "Table",
    "__version__",
]
