"""From plain data to the models of the schema, with every problem placed in the file.

Each entry of a list is read on its own, so that one wrong entry does not hide what is wrong with
the others, and each keeps its location for the checks that follow.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from audit.probes.document import Document, Location
from audit.probes.schema import (
    CasesPart,
    FillerPart,
    GroupPart,
    LimitsPart,
    ProbeFile,
    SamplingPart,
    SourcePart,
    TaskPart,
    TemplatePart,
    TermPart,
)
from audit.probes.wording import did_you_mean

Part = TypeVar("Part", bound=BaseModel)

_EXAMPLES = {
    "schema": "schema: 1",
    "version": "version: 1.0.0",
    "language": "language: en",
    "id": "id: t01",
    "form": "form: pre, post or noun: the slot it fills",
    "terms": "terms: [{id: blind, text: blind, form: pre}]",
    "label": "label: Negative",
}
_WANTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "finite_number": "must be a finite number",
}


@dataclass(frozen=True)
class Placed(Generic[Part]):
    """A part of the file and where it stands."""

    at: Location
    part: Part


@dataclass
class Parts:
    """What could be read of a probe file; ``whole`` if nothing was wrong with its structure."""

    head: ProbeFile | None = None
    task: TaskPart | None = None
    sampling: SamplingPart = field(default_factory=SamplingPart)
    limits: LimitsPart = field(default_factory=LimitsPart)
    cases: CasesPart | None = None
    sources: list[Placed[SourcePart]] = field(default_factory=list)
    reference: list[Placed[FillerPart]] = field(default_factory=list)
    placebos: list[Placed[TermPart]] = field(default_factory=list)
    groups: list[Placed[GroupPart]] = field(default_factory=list)
    terms: dict[Location, list[Placed[TermPart]]] = field(default_factory=dict)
    templates: list[Placed[TemplatePart]] = field(default_factory=list)
    whole: bool = True

    def all_terms(self) -> Iterator[Placed[TermPart]]:
        """Yield the terms of every group, in order."""
        for group in self.groups:
            yield from self.terms[group.at]

    def phrases(self) -> Iterator[tuple[str, Placed[Any]]]:
        """Yield everything that fills a slot, with what it is called in messages."""
        for filler in self.reference:
            yield "reference filler", filler
        for placebo in self.placebos:
            yield "placebo", placebo
        for term in self.all_terms():
            yield "term", term


_SECTIONS = frozenset(
    [
        "task",
        "sampling",
        "limits",
        "cases",
        "sources",
        "reference",
        "placebos",
        "groups",
        "templates",
    ]
)


def read_structure(document: Document) -> Parts:
    """Read every part of a document that fits the schema; note in the document what does not."""
    parts = Parts(whole=not document.problems)
    before = len(document.problems)
    data = document.data
    rest = {key: value for key, value in data.items() if key not in _SECTIONS}
    parts.head = _read(document, (), rest, ProbeFile)
    parts.task = _section(document, "task", TaskPart)
    parts.sampling = _section(document, "sampling", SamplingPart) or parts.sampling
    parts.limits = _section(document, "limits", LimitsPart) or parts.limits
    parts.cases = _section(document, "cases", CasesPart)
    parts.sources = list(_entries(document, ("sources",), data.get("sources", []), SourcePart))
    parts.reference = list(
        _entries(document, ("reference",), data.get("reference", []), FillerPart)
    )
    parts.placebos = list(_entries(document, ("placebos",), data.get("placebos", []), TermPart))
    parts.templates = list(
        _entries(document, ("templates",), data.get("templates", []), TemplatePart)
    )
    _read_groups(document, parts)
    parts.whole = parts.whole and len(document.problems) == before
    return parts


def _read_groups(document: Document, parts: Parts) -> None:
    """Read the groups, and their terms one by one."""
    raw = document.data.get("groups", [])
    emptied = [
        {**group, "terms": []} if isinstance(group, dict) and "terms" in group else group
        for group in raw
    ] if isinstance(raw, list) else raw  # fmt: skip
    parts.groups = list(_entries(document, ("groups",), emptied, GroupPart))
    for group in parts.groups:
        at = (*group.at, "terms")
        terms = raw[group.at[-1]]["terms"]
        parts.terms[group.at] = list(_entries(document, at, terms, TermPart))


def _section(document: Document, name: str, model: type[Part]) -> Part | None:
    """Read one mapping of the file's top level, if it is there."""
    if name not in document.data:
        return None
    return _read(document, (name,), document.data[name], model)


def _entries(
    document: Document, at: Location, raw: Any, model: type[Part]
) -> Iterator[Placed[Part]]:
    """Yield the entries of a list that fit their model."""
    if not isinstance(raw, list):
        empty = "is empty and " if raw is None else ""
        document.add(at, f"{str(at[-1])!r} {empty}must be a list", "begin each entry with a dash")
        return
    for index, entry in enumerate(raw):
        part = _read(document, (*at, index), entry, model)
        if part is not None:
            yield Placed((*at, index), part)


def _read(document: Document, at: Location, raw: Any, model: type[Part]) -> Part | None:
    """Read one part, noting what is wrong with it."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(document, at, detail, model)
    return None


def _note(document: Document, at: Location, detail: ErrorDetails, model: type[BaseModel]) -> None:
    """Add one validation error to the document's problems."""
    inner: Location = tuple(detail["loc"])
    hint: str | None
    location = (*at, *inner)
    name, kind, given = str(location[-1]) if location else "", detail["type"], detail["input"]
    if kind == "missing":
        example = _EXAMPLES.get(name, f"{name}: ...")
        message = f"the field {name!r} is missing{_in(location[:-1])}"
        document.add(location[:-1], message, f"for example `{example}`")
    elif kind == "extra_forbidden":
        known = _known_keys(model, inner[:-1])
        hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
        document.add(location, f"unknown key {name!r}{_in(location[:-1])}", hint, key=True)
    elif kind == "literal_error":
        allowed = _choices(model, inner)
        hint = did_you_mean(str(given), allowed) or f"one of {', '.join(allowed)}"
        document.add(location, f"{name!r} cannot be {str(given)[:60]!r}", hint)
    else:
        message = _WANTED.get(kind) or detail["msg"].replace("Input should be", "must be")
        scalar = kind == "string_type" and isinstance(given, int | float)
        hint = f'write it in quotes: "{str(given)[:60]}"' if scalar else None
        empty = "is empty and " if given is None else ""
        document.add(location, f"{name!r} {empty}{message}", hint)


def _in(location: Location) -> str:
    """Say which part of the file a location is."""
    names = [part for part in location if isinstance(part, str)]
    return f" in {names[-1]!r}" if names else ""


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that a mapping may have."""
    found = _annotation(model, location)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return []
    return [entry.alias or name for name, entry in found.model_fields.items()]


def _choices(model: type[BaseModel], location: Location) -> list[str]:
    """Return the values that a field may have."""
    found = _annotation(model, location)
    options = [found, *get_args(found)] if get_origin(found) is not Literal else [found]
    return [
        str(value)
        for option in options
        if get_origin(option) is Literal
        for value in get_args(option)
    ]


def _annotation(model: type[BaseModel], location: Location) -> Any:
    """Follow a location through the models to the type of what stands there."""
    found: Any = model
    for part in location:
        if isinstance(part, int):
            found = next(iter(get_args(found)), None)
        elif isinstance(found, type) and issubclass(found, BaseModel):
            fields = {entry.alias or name: entry for name, entry in found.model_fields.items()}
            found = fields[part].annotation if part in fields else None
        if get_origin(found) in {Union, types.UnionType}:
            found = next((kind for kind in get_args(found) if kind is not type(None)), None)
    return found
