"""Two changes of one ontology put together, item by item: what only one of them touched is as that
one has it."""

from __future__ import annotations

from typing import Any

from .ontology import Ontology

_NOTHING = object()  # no such key or item


def merged_ontology(base: Ontology, ours: Ontology, theirs: Ontology) -> Ontology:
    """``ours`` with what changed from ``base`` to ``theirs``; where both changed the same field,
    ``ours`` stays. OntologyError when the parts do not make an ontology together."""
    if base.to_bytes() == ours.to_bytes():
        return theirs
    return Ontology.parse(_merged(base.to_json(), ours.to_json(), theirs.to_json()))


def _merged(base: Any, ours: Any, theirs: Any) -> Any:
    if ours == base:
        return theirs
    if theirs in (base, ours):
        return ours
    if all(isinstance(value, dict) for value in (base, ours, theirs)):
        return _merged_items(base, ours, theirs)
    sides = [items for value in (base, ours, theirs) if (items := _by_name(value)) is not None]
    return list(_merged_items(*sides).values()) if len(sides) == 3 else ours


def _merged_items(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> dict[str, Any]:
    """Keys in our order, then their new ones."""
    merged = {}
    for key in {**ours, **theirs}:
        value = _merged(*(side.get(key, _NOTHING) for side in (base, ours, theirs)))
        if value is not _NOTHING:
            merged[key] = value
    return merged


def _by_name(value: Any) -> dict[str, Any] | None:
    """A list of names, or of objects with a name, as a mapping; None for anything else."""
    if not isinstance(value, list):
        return None
    found: dict[str, Any] = {}
    for item in value:
        name = item.get("name") if isinstance(item, dict) else item
        if not isinstance(name, str) or name in found:
            return None
        found[name] = item
    return found
