"""A change as a value. An ``Edit`` lists what was and what is to be; it inverts and concatenates,
and undo, redo, the journal, live updates and merging are all uses of that."""

from __future__ import annotations

import secrets
import struct
import time as clock
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import orjson
import zstandard

from .errors import EditError, OntologyError
from .keyframes import Frames, Keyframes
from .kinds import Kind, Rows, kind_of_token, same_rows, some
from .ontology import Ontology
from .rowbytes import rows_from_bytes, rows_to_bytes

MAX_EDIT_BYTES = 2 << 30
_I8 = np.dtype("<i8")
_EDIT_HEAD = struct.Struct("<I?")  # length of the JSON header; whether the arrays are zstd


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is constant about an entity. ``constants`` maps constant properties to their values."""

    class_name: str
    name: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    deleted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The form kept in the entity's group and in the journal."""
        return {
            "class": self.class_name,
            "name": self.name,
            "properties": dict(sorted(self.constants.items())),
            "deleted": self.deleted,
        }

    def over(self, before: Attributes, current: Attributes) -> Attributes:
        """``current`` with what changed from ``before`` to these: what somebody else has changed
        meanwhile stays, unless these change the same."""
        if before == current:
            return self
        constants = dict(current.constants)
        for key in {*before.constants, *self.constants}:
            if before.constants.get(key) != self.constants.get(key):
                constants.pop(key, None)
                if key in self.constants:
                    constants[key] = self.constants[key]
        return Attributes(
            current.class_name if self.class_name == before.class_name else self.class_name,
            current.name if self.name == before.name else self.name,
            constants,
            current.deleted if self.deleted == before.deleted else self.deleted,
        )

    @staticmethod
    def from_json(data: Any) -> Attributes:
        """Read :meth:`to_json`'s form; ValueError when it is malformed."""
        if not isinstance(data, dict):
            raise ValueError("not an object")
        class_name, name = data.get("class"), data.get("name")
        constants, deleted = data.get("properties", {}), data.get("deleted", False)
        if not (isinstance(class_name, str) and isinstance(name, str) and len(name) <= 1000):
            raise ValueError('"class" and "name" are texts')
        if not isinstance(deleted, bool) or not isinstance(constants, dict):
            raise ValueError('"deleted" is true or false and "properties" an object')
        if not all(isinstance(v, (str, bool, int, float, list)) for v in constants.values()):
            raise ValueError("constant properties are texts, numbers, booleans or lists")
        return Attributes(class_name, name, constants, deleted)


@dataclass(frozen=True, slots=True)
class EntityChange:
    """Constant attributes of one entity before and after; ``old`` None creates it, ``new`` None
    takes the creation back."""

    entity: str
    old: Attributes | None
    new: Attributes | None


@dataclass(frozen=True, slots=True, eq=False)
class CellsChange:
    """Keyframes of one property of one entity before and after.

    ``frames`` int64 ``(n,)`` ascending, ``old`` and ``new`` ``(n, columns)``; fill means none.
    """

    entity: str
    property: str
    kind: Kind
    frames: Frames
    old: Rows
    new: Rows

    def invert(self) -> CellsChange:
        return replace(self, old=self.new, new=self.old)

    def then(self, later: CellsChange) -> CellsChange:
        """This change followed by a later one of the same property."""
        frames = np.union1d(self.frames, later.frames)
        old = Keyframes(later.frames, later.old).rows_at(frames, self.kind)
        old = _overlay(old, frames, self.frames, self.old)
        new = Keyframes(self.frames, self.new).rows_at(frames, self.kind)
        new = _overlay(new, frames, later.frames, later.new)
        return replace(self, frames=frames, old=old, new=new)

    def effective(self) -> CellsChange:
        """Without the frames where nothing changes."""
        same = same_rows(self.old, self.new)
        if not some(same):
            return self
        keep = ~same
        return replace(self, frames=self.frames[keep], old=self.old[keep], new=self.new[keep])


@dataclass(frozen=True, slots=True)
class OntologyChange:
    """The ontology before and after."""

    old: Ontology
    new: Ontology

    def invert(self) -> OntologyChange:
        return OntologyChange(self.new, self.old)

    def __bool__(self) -> bool:  # the order of classes counts, which equality does not look at
        return self.old.to_bytes() != self.new.to_bytes()


def _with_frames(cells: Iterable[CellsChange]) -> tuple[CellsChange, ...]:
    return tuple(cell for cell in cells if len(cell.frames))


def _overlay(rows: Rows, frames: Frames, at: Frames, put: Rows) -> Rows:
    rows[np.searchsorted(frames, at)] = put
    return rows


def _read_header(data: bytes) -> tuple[dict[str, Any], int, bool]:
    """The JSON header, where it ends, and whether what follows is compressed."""
    if len(data) < _EDIT_HEAD.size:
        raise ValueError("a record that ends too early")
    length, packed = _EDIT_HEAD.unpack_from(data)
    stop = _EDIT_HEAD.size + length
    header = orjson.loads(data[_EDIT_HEAD.size : stop])
    if not isinstance(header, dict):
        raise ValueError("a record without a header")
    return header, stop, packed


def _as_unicode(text: str) -> str:
    """The text, with marks for what UTF-8 cannot hold: labels quote names of files."""
    return text.encode("utf-8", "replace").decode()


def new_edit_id() -> str:
    """A random identity: an edit sent twice is applied once."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class EditSummary:
    """What a journal says of an edit at first sight, without its values: cheap to read."""

    id: str
    author: str
    label: str
    undoes: str | None
    redoes: str | None

    @staticmethod
    def of(edit: Edit) -> EditSummary:
        """That of an edit in memory."""
        return EditSummary(edit.id, edit.author, edit.label, edit.undoes, edit.redoes)

    @staticmethod
    def from_bytes(data: bytes) -> EditSummary:
        """Read the head of :meth:`Edit.to_bytes`'s form; ValueError or KeyError when malformed."""
        header, _, _ = _read_header(data)
        return EditSummary(
            str(header["id"]),
            str(header["author"]),
            str(header["label"]),
            header["undoes"],
            header["redoes"],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One change to a project, whole or not at all. ``time`` is seconds since 1970. With an
    ``ontology``, the new one judges everything else in the edit."""

    entities: tuple[EntityChange, ...] = ()
    cells: tuple[CellsChange, ...] = ()
    label: str = ""
    author: str = ""
    time: float = field(default_factory=clock.time)
    id: str = field(default_factory=new_edit_id)
    undoes: str | None = None  # the id of the edit that this one takes back
    redoes: str | None = None  # the id of the undo that this one takes back
    ontology: OntologyChange | None = None

    def __bool__(self) -> bool:
        return bool(self.entities or self.cells or self.ontology)

    def with_changes(
        self,
        entities: tuple[EntityChange, ...],
        cells: tuple[CellsChange, ...],
        ontology: OntologyChange | None,
    ) -> Edit:
        """An edit that changes these instead, else as this one."""
        return Edit(
            entities,
            cells,
            self.label,
            self.author,
            self.time,
            self.id,
            self.undoes,
            self.redoes,
            ontology,
        )

    def invert(self) -> Edit:
        """The edit that takes this one back."""
        return replace(
            self,
            entities=tuple(EntityChange(c.entity, c.new, c.old) for c in reversed(self.entities)),
            cells=tuple(change.invert() for change in self.cells),
            ontology=self.ontology and self.ontology.invert(),
            id=new_edit_id(),
            time=clock.time(),
        )

    def __add__(self, later: Edit) -> Edit:
        """Both, one after the other, as one edit with this one's label and author."""
        return Edit.joined([self, later], self)

    @staticmethod
    def joined(parts: Sequence[Edit], like: Edit) -> Edit:
        """Checked edits that follow each other as one, labelled and identified as ``like``."""
        if len(parts) == 1 and not parts[0].entities and len(parts[0].cells) == 1:
            # the everyday edit, normalised when it was checked
            return like.with_changes((), parts[0].cells, parts[0].ontology)
        rules = [part.ontology for part in parts if part.ontology is not None]
        return replace(
            like,
            entities=tuple(change for part in parts for change in part.entities),
            cells=tuple(cell for part in parts for cell in part.cells),
            ontology=OntologyChange(rules[0].old, rules[-1].new) if rules else None,
        ).normalised()

    def normalised(self) -> Edit:
        """At most one change per entity and per property, and none that changes nothing."""
        if not self.entities and self.ontology is None and len(self.cells) == 1:
            only = self.cells[0].effective()  # the everyday edit
            return self if only is self.cells[0] else replace(self, cells=_with_frames([only]))
        entities: dict[str, EntityChange] = {}
        for change in self.entities:
            before = entities.get(change.entity)
            old = before.old if before else change.old
            entities[change.entity] = EntityChange(change.entity, old, change.new)
        cells: dict[tuple[str, str, Kind], CellsChange] = {}
        for cell in self.cells:
            key = (cell.entity, cell.property, cell.kind)
            cells[key] = cells[key].then(cell) if key in cells else cell
        effective = (cell.effective() for cell in cells.values())
        return replace(
            self,
            entities=tuple(c for c in entities.values() if c.old != c.new),
            cells=_with_frames(effective),
            ontology=self.ontology or None,
        )

    @property
    def touched(self) -> frozenset[str]:
        """Ids of the entities this edit changes."""
        return frozenset([c.entity for c in self.entities] + [c.entity for c in self.cells])

    def to_bytes(self) -> bytes:
        """The journal's form: a JSON header, then for each cells change its frames, old and new
        rows, little endian."""
        arrays_of = [
            (
                c.frames.astype(_I8, copy=False).tobytes(),
                rows_to_bytes(c.old, c.kind),
                rows_to_bytes(c.new, c.kind),
            )
            for c in self.cells
        ]
        header: dict[str, Any] = {
            "id": self.id,
            "author": _as_unicode(self.author),
            "time": self.time,
            "label": _as_unicode(self.label),
            "undoes": self.undoes,
            "redoes": self.redoes,
            "entities": [
                [c.entity, c.old and c.old.to_json(), c.new and c.new.to_json()]
                for c in self.entities
            ],
            "cells": [
                [
                    c.entity,
                    c.property,
                    c.kind.token,
                    *(len(part) // 8 if i == 0 else len(part) for i, part in enumerate(parts)),
                ]
                for c, parts in zip(self.cells, arrays_of, strict=True)
            ],
        }
        if self.ontology is not None:
            header["ontology"] = [self.ontology.old.to_json(), self.ontology.new.to_json()]
        head = orjson.dumps(header)
        arrays = b"".join(part for parts in arrays_of for part in parts)
        if len(head) + len(arrays) > MAX_EDIT_BYTES:
            raise EditError("This change is over 2 GiB; make it in several smaller ones.")
        packed = len(arrays) > 4096
        if packed:
            arrays = zstandard.ZstdCompressor(level=1).compress(arrays)
        return _EDIT_HEAD.pack(len(head), packed) + head + arrays

    @staticmethod
    def from_bytes(data: bytes) -> Edit:
        """Read :meth:`to_bytes`'s form; ValueError, KeyError or TypeError when it is malformed."""
        header, head_stop, packed = _read_header(data)
        body = data[head_stop:]
        if packed:
            try:
                if zstandard.frame_content_size(body) > MAX_EDIT_BYTES:
                    raise ValueError("an edit of over 2 GiB")
                body = zstandard.ZstdDecompressor().decompress(body, MAX_EDIT_BYTES)
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from None
        position = 0
        cells: list[CellsChange] = []
        for entity, name, token, count, *lengths in header["cells"]:
            kind = kind_of_token(token)
            parts = []
            for length in (8 * count, *lengths):
                if length < 0 or position + length > len(body):
                    raise ValueError("a record that ends too early")
                parts.append(body[position : position + length])
                position += length
            frames, old, new = parts
            cells.append(
                CellsChange(
                    entity,
                    name,
                    kind,
                    np.frombuffer(frames, "<i8").astype(np.int64),
                    rows_from_bytes(old, count, kind),
                    rows_from_bytes(new, count, kind),
                )
            )
        return Edit(
            entities=tuple(
                EntityChange(
                    entity,
                    None if old is None else Attributes.from_json(old),
                    None if new is None else Attributes.from_json(new),
                )
                for entity, old, new in header["entities"]
            ),
            cells=tuple(cells),
            label=str(header["label"]),
            author=str(header["author"]),
            time=float(header["time"]),
            id=str(header["id"]),
            undoes=header["undoes"],
            redoes=header["redoes"],
            ontology=_ontology_change(header.get("ontology")),
        )


def _ontology_change(data: Any) -> OntologyChange | None:
    if data is None:
        return None
    old, new = data
    try:
        return OntologyChange(Ontology.parse(old), Ontology.parse(new))
    except OntologyError as error:
        raise ValueError(str(error)) from None
