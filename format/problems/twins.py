"""Values that are probably meant to be one: choices, and texts, that differ by a slip."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..evolution import Merged
from ..kinds import CHOICE, CHOICES, TEXT
from ..ontology import PropertyDefinition
from .problem import Fix, Problem, Severity
from .survey import Survey

if TYPE_CHECKING:
    from ..project import Project

# Shorter words differ by a letter and mean different things (cat, car).
_MIN_CHARACTERS, _MAX_CHARACTERS = 5, 60
_MAX_VALUES = 5000
_FILLING = re.compile(r"[\W_]+")


def near_twins(survey: Survey) -> Iterator[Problem]:
    """Near-twins among the choices of each property, and among the texts it has."""
    seen: set[int] = set()
    for owner in survey.project.ontology.classes.values():
        for definition in owner.properties.values():
            if definition.kind in (CHOICE, CHOICES):
                if id(definition) in seen:  # shared by classes: told once
                    continue
                seen.add(id(definition))
                yield from _choices(survey, owner.name, definition)
            elif definition.kind == TEXT:
                yield from _texts(survey, owner.name, definition)


def _choices(survey: Survey, owner: str, definition: PropertyDefinition) -> Iterator[Problem]:
    labels: dict[str, list[str]] = defaultdict(list)
    for choice in definition.choices:
        labels[choice.label or choice.name].append(choice.name)
    uses = _choice_uses(survey, definition)
    same = [(a, b) for names in labels.values() for a, b in pairwise(names)]
    alike = [(labels[a][0], labels[b][0]) for a, b in pairs(labels)]
    shared = definition.name in survey.project.ontology.shared
    for one, two in [*same, *alike]:
        keep, drop = sorted((one, two), key=lambda name: (-uses[name], name))
        by_name = definition.by_name
        kept, dropped = (by_name[n].label or n for n in (keep, drop))
        used = f", used {uses[drop]} and {uses[keep]} times" if uses[drop] else ""
        yield Problem(
            "near-twin", Severity.WARNING if uses[drop] else Severity.NOTE,
            f'{definition.label} has two choices that look like one, "{dropped}" and '
            f'"{kept}"{used}.',
            (), None, definition.name,
            (Fix(f'Make "{dropped}" the same as "{kept}"',
                 partial(_merge, None if shared else owner, definition.name, drop, keep)),),
        )  # fmt: skip


def _choice_uses(survey: Survey, definition: PropertyDefinition) -> Counter[str]:
    uses: Counter[str] = Counter()
    if definition.kind == CHOICE and definition.time_varying:
        _, _, rows = survey.keyframes(definition.name, CHOICE)
        codes, counts = np.unique(rows[:, 0], return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            if (choice := definition.by_code.get(code)) is not None:
                uses[choice.name] += count
    elif not definition.time_varying:
        for number in survey.live.tolist():
            value = survey.attributes[number].constants.get(definition.name)
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str):
                    uses[name] += 1
    return uses


def _merge(owner: str | None, name: str, source: str, target: str, project: Project) -> None:
    data = project.ontology.to_json()
    scopes = data["shared"] if owner is None else next(
        each["properties"] for each in data["classes"] if each["name"] == owner
    )  # fmt: skip
    for each in scopes:
        if each["name"] == name:
            each["choices"] = [c for c in each["choices"] if c["name"] != source]
            if each.get("default") == source:
                each["default"] = target
    project.change_ontology(data, merged=[Merged(owner, name, source, target)])


def _texts(survey: Survey, owner: str, definition: PropertyDefinition) -> Iterator[Problem]:
    mine = [n for n in survey.live.tolist() if survey.attributes[n].class_name == owner]
    where: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    if definition.time_varying:
        entity, frame, rows = survey.keyframes(definition.name, TEXT)
        keep = np.isin(entity, mine)
        places = zip(entity[keep].tolist(), frame[keep].tolist(), rows[keep, 0], strict=True)
        for number, at, text in places:
            where[text].append((number, at))
    else:
        for number in mine:
            value = survey.attributes[number].constants.get(definition.name)
            if isinstance(value, str):
                where[value].append((number, None))
    for one, two in pairs(list(where)[:_MAX_VALUES]):
        keep_text, drop = sorted((one, two), key=lambda text: (-len(where[text]), text))
        rare = where[drop]
        number, at = rare[0]
        entities = tuple(dict.fromkeys(survey.ids[n] for n, _ in rare))
        yield Problem(
            "near-twin", Severity.WARNING,
            f'{definition.label} is "{drop:.60}" {_times(len(rare))} and "{keep_text:.60}" '
            f"{_times(len(where[keep_text]))}: probably one is a slip.",
            entities[:20], None if at is None else (at, at + 1), definition.name,
            (Fix(f'Make "{drop:.60}" the same as "{keep_text:.60}"',
                 partial(_retype, [(survey.ids[n], f) for n, f in rare], definition.name,
                         drop, keep_text)),),
        )  # fmt: skip


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _retype(
    places: list[tuple[str, int | None]], name: str, old: str, new: str, project: Project
) -> None:
    for entity_id, frame in places:
        if frame is None:
            if project.entity(entity_id)[name].value == old:
                project.entity(entity_id)[name] = new
        else:
            track = project.entity(entity_id)[name]
            if frame in track.keyframes and track[frame] == old:
                track[frame] = new


def pairs(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Texts that are equal but for case, spaces and signs, or differ by one letter: one left out,
    put in, replaced, or two exchanged. Digits count: player 1 is not player 2."""
    kept = [text for text in texts if len(text) <= _MAX_CHARACTERS]
    found: dict[tuple[str, str], None] = {}
    by_form: dict[str, list[str]] = defaultdict(list)
    for text in kept:
        by_form[_form(text)].append(text)
    for same in by_form.values():
        for one, two in pairwise(same):
            found[one, two] = None
    near: dict[str, list[str]] = defaultdict(list)
    forms = [form for form in by_form if len(form) >= _MIN_CHARACTERS]
    for form in forms:
        for shorter in {form, *(form[:i] + form[i + 1 :] for i in range(len(form)))}:
            near[shorter].append(form)
    for group in near.values():
        for i, one in enumerate(group):
            for two in group[i + 1 : i + 50]:
                if _is_slip(one, two):
                    found[by_form[one][0], by_form[two][0]] = None
    return list(dict.fromkeys((a, b) if a <= b else (b, a) for a, b in found))


def _form(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _FILLING.sub("", plain) or plain


def _is_slip(one: str, two: str) -> bool:
    """Whether they are at most one edit, or one exchange of neighbours, apart."""
    digits = [re.sub(r"\D", "", text) for text in (one, two)]
    if one == two or digits[0] != digits[1]:
        return False
    if len(one) > len(two):
        one, two = two, one
    at = next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    if len(two) - len(one) == 1:
        return one[at:] == two[at + 1 :]
    if len(one) != len(two):
        return False
    if one[at + 1 :] == two[at + 1 :]:
        return True
    swapped = two[at + 1 : at + 2] + two[at : at + 1] + two[at + 2 :]
    return one[at:] == swapped
