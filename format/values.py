"""Between what people write and the rows that are stored, for each kind of property."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from .errors import EditError
from .geometry import mask as masks
from .geometry import wkt
from .geometry.shape import MAX_COORDINATE_PX, Shape
from .kinds import PRESENCE, VISIBILITY, Kind, Rows

MAX_TEXT_CHARACTERS = 1 << 20
MAX_REFERENCES = 10_000

NOBODY = "none"  # a reference that says: no entity (ids always have a hyphen)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an ontology adds to a kind: choices by name and code, names of points, a range."""

    label: str = ""
    codes: Mapping[str, int] | None = None
    names: Mapping[int, str] | None = None
    points: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


# -- writing ------------------------------------------------------------------------------------


def encode(value: Any, kind: Kind, terms: Terms) -> Rows:
    """A user's value as a ``(columns,)`` row; EditError says what is wrong with it."""
    row = _ENCODERS.get(kind.name, _encode_numbers)(value, kind, terms)
    if problem := problem_of(row[None], kind, terms):
        raise EditError(f"{terms.label or kind.name} {problem}: {value!r:.80}.")
    return row


def _encode_numbers(value: Any, kind: Kind, terms: Terms) -> Rows:
    try:
        if isinstance(value, (list, tuple)) and _PLAIN_NUMBERS.issuperset(map(type, value)):
            # an edit by hand, for which NumPy takes long to set out; one zero, as below
            row = np.array([float(number) + 0.0 for number in value], _F8)
            if len(row) == kind.columns:
                return row
        else:
            row = np.asarray(value, dtype="<f8").reshape(-1)
    except (TypeError, ValueError, OverflowError):
        row = np.empty(0)
    if row.shape != (kind.columns,):
        fields = _FIELDS.get(kind.name, f"{kind.columns} numbers")
        raise EditError(f"{_article(kind.name)} is {fields}, not {value!r:.80}.")
    return row + 0.0  # one zero: -0.0 would give other bytes for the same value


_F8 = np.dtype("<f8")
_PLAIN_NUMBERS = frozenset((int, float))
_FIELDS = {
    "box": "four numbers in pixels (x, y, width, height)",
    "rotated_box": "five numbers (centre x, y, width, height, angle in degrees)",
    "ellipse": "five numbers (centre x, y, radius x, y, angle in degrees)",
    "cuboid": "eight corners (x, y)",
    "number": "a number",
    "number:linear": "a number",
}


def _article(name: str) -> str:
    return f"{'An' if name[0] in 'aeiou' else 'A'} {name.replace('_', ' ')}"


def _encode_points(value: Any, kind: Kind, terms: Terms) -> Rows:
    """A mapping of point names to (x, y[, visibility]), or ``(K, 2)`` or ``(K, 3)`` numbers.
    Points that are not named are absent."""
    row = np.zeros((kind.columns // 3, 3))
    if isinstance(value, Mapping):
        for name, point in value.items():
            if name not in terms.points:
                known = ", ".join(terms.points)
                raise EditError(f'There is no point "{name!s:.60}"; the skeleton has {known}.')
            row[terms.points.index(name)] = _point(point)
        return row.reshape(-1)
    try:
        given = [_point(point) for point in value]
    except TypeError:
        given = []
    if len(given) != len(row):
        raise EditError(f"The skeleton has {len(row)} points (x, y, visibility): {value!r:.60}.")
    return np.array(given, np.float64).reshape(-1)


def _point(point: Any) -> tuple[float, float, float]:
    try:
        x, y, *rest = point
        seen = rest[0] if rest else "visible"
        code = VISIBILITY.index(seen) if isinstance(seen, str) else int(seen)
        if len(rest) > 1 or not 0 <= code < len(VISIBILITY):
            raise ValueError
        return float(x) + 0.0, float(y) + 0.0, float(code)
    except (TypeError, ValueError):
        raise EditError(
            f"A point is (x, y) or (x, y, {' | '.join(VISIBILITY)}), not {point!r:.60}."
        ) from None


def _encode_shape(value: Any, kind: Kind, terms: Terms) -> Rows:
    """A Shape, WKT text, vertices, or for a polygon rings (outline, holes) or parts of rings."""
    try:
        if isinstance(value, str):
            shape = wkt.parse(value)
        else:
            shape = value if isinstance(value, Shape) else _shape_of(value, kind.name)
        if shape.kind != kind.name:
            raise ValueError(f"it is a {shape.kind}")
        return _text_row(wkt.format(shape))
    except (TypeError, ValueError, LookupError) as error:
        raise EditError(
            f"{_article(kind.name)} is WKT text or vertices (x, y), not {value!r:.60} ({error})."
        ) from None


def _shape_of(value: Any, kind_name: str) -> Shape:
    depth, inner = 0, value
    while not np.isscalar(inner):
        depth, inner = depth + 1, inner[0]
    if kind_name == "polyline":
        return Shape.polyline(value) if depth == 2 else Shape.polyline(*value)
    if depth == 2:
        return Shape.polygon([value])
    return Shape.polygon(value) if depth == 3 else Shape.polygon(*value)


def _encode_mask(value: Any, kind: Kind, terms: Terms) -> Rows:
    try:
        mask = value if isinstance(value, masks.Mask) else None
        if isinstance(value, str):
            mask = masks.parse(value)
        elif mask is None:
            mask = masks.from_array(np.asarray(value, dtype=bool))
        return _text_row(masks.format(mask))
    except (TypeError, ValueError) as error:
        raise EditError(f"A mask is a picture of booleans or COCO run lengths ({error}).") from None


def _encode_presence(value: Any, kind: Kind, terms: Terms) -> Rows:
    if not isinstance(value, str) or value not in PRESENCE:
        raise EditError(f"Presence is one of {', '.join(PRESENCE)}, not {value!r:.80}.")
    return np.array([PRESENCE.index(value)], dtype=kind.dtype)


def _encode_boolean(value: Any, kind: Kind, terms: Terms) -> Rows:
    if not isinstance(value, (bool, np.bool_)):
        raise EditError(f"{terms.label} is true or false, not {value!r:.80}.")
    return np.array([int(value)], dtype=kind.dtype)


def _encode_choice(value: Any, kind: Kind, terms: Terms) -> Rows:
    return np.array([_code(value, terms)], dtype=kind.dtype)


def _code(value: Any, terms: Terms) -> int:
    codes = terms.codes or {}
    if not isinstance(value, str) or value not in codes:
        raise EditError(f"{terms.label} is one of {', '.join(codes)}, not {value!r:.80}.")
    return codes[value]


def _encode_choices(value: Any, kind: Kind, terms: Terms) -> Rows:
    items = [value] if isinstance(value, str) else _items(value, terms)
    return _text_row(_json(sorted({_code(item, terms) for item in items})))


def _encode_text(value: Any, kind: Kind, terms: Terms) -> Rows:
    if not isinstance(value, str) or not value:
        raise EditError(f"{terms.label} is a text that is not empty, not {value!r:.80}.")
    return _text_row(value)


def _encode_entity(value: Any, kind: Kind, terms: Terms) -> Rows:
    return _text_row(NOBODY if value in (None, NOBODY) else _entity_id(value, terms))


def _encode_entities(value: Any, kind: Kind, terms: Terms) -> Rows:
    found = {_entity_id(item, terms) for item in _items(value, terms)}
    return _text_row(_json(sorted(found)))


def _entity_id(value: Any, terms: Terms) -> str:
    found = getattr(value, "id", value)
    if not isinstance(found, str) or "-" not in found:
        raise EditError(f"{terms.label} refers to an entity, not {value!r:.80}.")
    return found


def _items(value: Any, terms: Terms) -> list[Any]:
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)):
        return list(value)
    raise EditError(f"{terms.label} takes a list, not {value!r:.80}.")


def _json(value: list[Any]) -> str:
    return orjson.dumps(value).decode()


def _text_row(text: str) -> Rows:
    row = np.empty(1, dtype=object)
    row[0] = text
    return row


_ENCODERS: dict[str, Callable[[Any, Kind, Terms], Rows]] = {
    "points": _encode_points,
    "polyline": _encode_shape,
    "polygon": _encode_shape,
    "mask": _encode_mask,
    "presence": _encode_presence,
    "boolean": _encode_boolean,
    "choice": _encode_choice,
    "choices": _encode_choices,
    "text": _encode_text,
    "entity": _encode_entity,
    "entities": _encode_entities,
}


# -- reading ------------------------------------------------------------------------------------


def decode(row: Rows, kind: Kind, terms: Terms) -> Any:
    """A row as a user's value, None for fill: float64 ``(columns,)`` for boxes, ellipses and
    cuboids (``(8, 2)``), ``(K, 3)`` for points, a Shape for polylines and polygons, a Mask, a name
    for presence and choice, a tuple of names or ids for several, None for "no entity"."""
    if kind.is_fill(row[None])[0]:
        return None
    value: Any = row[0]
    match kind.name:
        case "presence":
            return PRESENCE[value] if value < len(PRESENCE) else None
        case "boolean":
            return bool(value)
        case "choice":
            return (terms.names or {}).get(int(value))
        case "choices":
            names = terms.names or {}
            return tuple(names[code] for code in orjson.loads(value) if code in names)
        case "number" | "number:linear":
            return float(value)
        case "text":
            return str(value)
        case "entity":
            return None if value == NOBODY else str(value)
        case "entities":
            return tuple(orjson.loads(value))
        case "polyline" | "polygon":  # the engine gives shapes, the store has texts
            return wkt.parse(value) if isinstance(value, str) else value
        case "mask":
            return masks.parse(value) if isinstance(value, str) else value
        case "points":
            return np.array(row, np.float64).reshape(-1, 3)
        case "cuboid":
            return np.array(row, np.float64).reshape(8, 2)
    return np.array(row, np.float64)


def constant_of(definition: Any, row: Rows) -> Any:
    """A row as JSON keeps it among an entity's constants: numbers, texts, booleans, lists."""
    value = definition.decode(row)
    if definition.kind.name == "entity" and value is None:
        return NOBODY
    return list(value) if isinstance(value, tuple) else value


# -- checking -----------------------------------------------------------------------------------


def problem_of(rows: Rows, kind: Kind, terms: Terms | None = None) -> str | None:
    """What makes ``(n, columns)`` non-fill rows unacceptable, or None. Without ``terms`` only what
    the format itself demands is looked at."""
    if len(rows) == 0:
        return None
    if kind.is_text:
        for text in rows[:, 0]:
            if problem := _text_problem(text, kind, terms):
                return problem
        return None
    if kind.dtype.kind == "f":
        return _numbers_problem(rows, kind, terms)
    known = _CODES.get(kind.name)
    if known is None:
        known = 32767
    if not np.all((rows >= 0) & (rows <= known)):
        return f"has a code that is not 0 to {known}"
    if kind.name == "choice" and terms is not None and terms.names is not None:
        unknown = set(np.unique(rows).tolist()) - set(terms.names)
        if unknown:
            return f"has choice codes the ontology does not know: {sorted(unknown)[:5]}"
    return None


_FEW_NUMBERS = 64
_CODES = {"presence": len(PRESENCE) - 1, "boolean": 1, "mode": 4}


def _numbers_problem(rows: Rows, kind: Kind, terms: Terms | None) -> str | None:
    is_number = kind.name.startswith("number")
    limit = math.inf if is_number else MAX_COORDINATE_PX
    if not _all_finite(rows, limit):
        return (
            "is not a finite number"
            if is_number
            else "has a coordinate that is not a finite number of pixels"
        )
    if kind.name in ("box", "rotated_box", "ellipse") and _lowest(rows[:, 2:4]) < 0:
        return "has a negative width or height"
    if kind.name == "points" and not np.isin(rows[:, 2::3], (0, 1, 2)).all():
        return f"has a visibility that is none of {', '.join(VISIBILITY)}"
    if is_number and terms is not None:
        low = -math.inf if terms.low is None else terms.low
        high = math.inf if terms.high is None else terms.high
        if np.any((rows < low) | (rows > high)):
            return f"is outside its range {low:g} to {high:g}"
    return None


def _lowest(rows: Rows) -> float:
    return float(min(rows.ravel().tolist()) if rows.size <= _FEW_NUMBERS else rows.min())


def _all_finite(rows: Rows, limit: float) -> bool:
    """Whether every number is finite and of at most this size."""
    if rows.size <= _FEW_NUMBERS:  # an edit by hand: NumPy would take longer to set out
        numbers = rows.ravel().tolist()
        return all(math.isfinite(number) and abs(number) <= limit for number in numbers)
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.isfinite(rows)) and np.all(np.abs(rows) <= limit))


def _text_problem(text: Any, kind: Kind, terms: Terms | None) -> str | None:
    if not isinstance(text, str) or len(text) > MAX_TEXT_CHARACTERS:
        return "is not a text, or one of over a million characters"
    try:
        match kind.name:
            case "polyline" | "polygon":
                if wkt.parse(text).kind != kind.name:
                    return f"is not a {kind.name}"
            case "mask":
                masks.parse(text)
            case "choices":
                return _choices_problem(orjson.loads(text), terms)
            case "entity":
                if text != NOBODY and "-" not in text:
                    return "is not an entity's id"
            case "entities":
                return _entities_problem(orjson.loads(text))
    except ValueError as error:
        return f"is malformed ({error})"
    return None


def _choices_problem(codes: Any, terms: Terms | None) -> str | None:
    if not isinstance(codes, list) or codes != sorted(set(codes)):
        return "is not an ascending list of choice codes"
    if not all(isinstance(code, int) and 0 <= code <= 32767 for code in codes):
        return "has a choice code that is not 0 to 32767"
    if terms is not None and terms.names is not None and set(codes) - set(terms.names):
        return "has choice codes the ontology does not know"
    return None


def _entities_problem(ids: Any) -> str | None:
    if not isinstance(ids, list) or len(ids) > MAX_REFERENCES:
        return "is not a list of entity ids"
    if not all(isinstance(item, str) and "-" in item for item in ids) or ids != sorted(set(ids)):
        return "is not an ascending list of entity ids"
    return None
