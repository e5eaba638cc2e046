"""The ontology: classes, their geometry and their properties, as immutable values. How it is read
from and written to ``ontology.json`` is in ``ontology_json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from . import values
from .errors import EditError
from .kinds import KINDS, Kind, Rows, points_kind

# Legible on dark and bright footage, and told apart by most colour-blind people (Okabe and Ito's
# palette, brightened).
PALETTE = (
    "#56b4e9", "#e69f00", "#2ed3a3", "#f0e442", "#ff7a45", "#cc79a7", "#8fd14f", "#b19cff",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice property; ``code`` is what the store holds."""

    name: str
    code: int
    label: str
    color: str | None = None
    hotkey: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A property applies only while another one, ``property``, has one of ``values``."""

    property: str
    values: tuple[str, ...]

    def met(self, value: Any) -> bool:
        """Whether a value of the other property, as people read it, is one of those asked for: of
        several choices one is enough; booleans are ``true`` and ``false``."""
        several = value if isinstance(value, (tuple, list)) else (value,)
        return any(_as_text(item) in self.values for item in several)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Named points of a class, and the pairs of them that are drawn as edges."""

    points: tuple[str, ...]
    edges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PropertyDefinition:
    """What an ontology says of one property. ``low`` and ``high`` bound a number; ``classes`` are
    those a reference may name (empty: any); ``when`` says in which state it applies."""

    name: str
    kind: Kind
    label: str
    time_varying: bool = True
    required: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()
    low: float | None = None
    high: float | None = None
    classes: tuple[str, ...] = ()
    when: Condition | None = None
    points: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Choice]:
        """Choices by their name."""
        return MappingProxyType({choice.name: choice for choice in self.choices})

    @cached_property
    def by_code(self) -> Mapping[int, Choice]:
        """Choices by their stored code."""
        return MappingProxyType({choice.code: choice for choice in self.choices})

    @cached_property
    def terms(self) -> values.Terms:
        """What rows of this property must keep to."""
        has_choices = bool(self.choices)
        return values.Terms(
            label=self.label,
            codes={c.name: c.code for c in self.choices} if has_choices else None,
            names={c.code: c.name for c in self.choices} if has_choices else None,
            points=self.points,
            low=self.low,
            high=self.high,
        )

    def encode(self, value: Any) -> Rows:
        """A user's value as a ``(columns,)`` row; EditError says what is wrong with it."""
        return values.encode(value, self.kind, self.terms)

    def decode(self, row: Rows) -> Any:
        """A row as a user's value, see :func:`values.decode`; None for fill."""
        return values.decode(row, self.kind, self.terms)

    def takes(self, value: Any) -> bool:
        """Whether ``value`` is one that the property can have."""
        try:
            self.encode(value)
        except EditError:
            return False
        return True

    def problem(self, rows: Rows) -> str | None:
        """What makes ``(n, columns)`` non-fill rows unacceptable here, or None."""
        return values.problem_of(rows, self.kind, self.terms)


PRESENCE_DEFINITION = PropertyDefinition("presence", KINDS["presence"], "Presence")


@dataclass(frozen=True)
class EntityClass:
    """A class of entities. ``own`` are its declared properties and ``shared`` those it takes over
    from the ontology; ``properties`` adds presence and one property for each geometry, named after
    its kind. An event is a class without geometry."""

    name: str
    label: str
    color: str
    hotkey: str | None = None
    geometry: tuple[str, ...] = ("box",)
    own: tuple[PropertyDefinition, ...] = ()
    shared: tuple[PropertyDefinition, ...] = ()
    skeleton: Skeleton | None = None
    event: bool = False

    @cached_property
    def declared(self) -> tuple[PropertyDefinition, ...]:
        """Every property but presence and geometry, in the order they are shown."""
        return self.shared + self.own

    @cached_property
    def properties(self) -> Mapping[str, PropertyDefinition]:
        """Every property an entity of this class can have, by name."""
        found = {"presence": PRESENCE_DEFINITION}
        for name in self.geometry:
            points = self.skeleton.points if name == "points" and self.skeleton else ()
            kind = points_kind(len(points)) if name == "points" else KINDS[name]
            label = name.replace("_", " ").capitalize()
            found[name] = PropertyDefinition(name, kind, label, points=points)
        found.update((definition.name, definition) for definition in self.declared)
        return MappingProxyType(found)

    def constant_defaults(self) -> dict[str, Any]:
        """What a new entity is given for the properties that do not change over time, by name."""
        return {
            definition.name: definition.default
            for definition in self.declared
            if definition.default is not None and not definition.time_varying
        }


# The class of the one entity that stands for the whole picture, and that entity's id.
SCENE = "scene"
SCENE_ENTITY = "scene-0"


@dataclass(frozen=True)
class Ontology:
    """Classes by name, in the order they are shown; ``shared`` properties by name; ``scene`` is the
    class of the scene itself, None without scene properties."""

    classes: Mapping[str, EntityClass] = field(default_factory=dict)
    shared: Mapping[str, PropertyDefinition] = field(default_factory=dict)
    scene: EntityClass | None = None

    @staticmethod
    def default() -> Ontology:
        """One class, ``object``, that takes every geometry (but points, which need a skeleton)."""
        geometry = [kind.name for kind in KINDS.values() if kind.geometry and kind.name != "points"]
        return Ontology.parse({"classes": [{"name": "object", "geometry": geometry}]})

    @staticmethod
    def read(path: Path) -> Ontology:
        """Read a JSON file; OntologyError names the file and what is wrong in it."""
        from . import ontology_json

        return ontology_json.read(path)

    @staticmethod
    def parse(data: Any) -> Ontology:
        """Check a parsed ontology. Short forms are taken: a class or a choice may be just its name,
        and colours, labels and codes are filled in. OntologyError says what is wrong."""
        from . import ontology_json

        return ontology_json.parse(data)

    def to_json(self) -> dict[str, Any]:
        """The complete form, ready for JSON; :meth:`parse` reads it back to an equal ontology."""
        from . import ontology_json

        return ontology_json.to_json(self)

    def to_bytes(self) -> bytes:
        """The file's bytes: indented, one ending newline."""
        from . import ontology_json

        return ontology_json.to_bytes(self)

    def entity_class(self, name: str) -> EntityClass:
        """The class of that name; EditError lists those there are."""
        found = self.find_class(name)
        if found is None:
            known = ", ".join(self.classes)
            raise EditError(f'There is no class "{name:.80}"; the ontology has {known}.')
        return found

    def find_class(self, name: str) -> EntityClass | None:
        """The class of that name, the scene's included, or None."""
        return self.scene if name == SCENE and self.scene else self.classes.get(name)
