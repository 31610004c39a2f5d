"""What changed between two probe sets: entry by entry, and in the sentences they render."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from audit.probes.expansion import Expansion
from audit.probes.masking import masked_groups
from audit.records import ProbeSet, Term, Variant

Kind = Literal["added", "removed", "changed"]
_HEAD = ("name", "version", "language", "attribute")
_PARTS = ("task", "sampling", "limits", "cases")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes
    ----------
    kind : {'added', 'removed', 'changed'}
        From the first set to the second.
    what : str
        Kind of entry: ``term``, ``template``, ``task.labels``, ...
    name : str
        Its id; empty for parts that have none.
    before, after : mapping
        Fields that differ, with their values; whole entries where it was added or removed.
    """

    kind: Kind
    what: str
    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProbeDiff:
    """Every change, and how many sentences are the same.

    ``same`` counts sentences with the same place (context, role, group, term) and text;
    ``reworded`` those with the same place and another text; ``only_before`` and ``only_after``
    places that one set alone has.
    """

    changes: tuple[Change, ...]
    same: int
    reworded: int
    only_before: int
    only_after: int

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.changes or self.reworded or self.only_before or self.only_after)


def diff_probe_sets(
    before: tuple[ProbeSet, Expansion], after: tuple[ProbeSet, Expansion]
) -> ProbeDiff:
    """Compare two loaded and rendered probe sets."""
    old, new = before[0], after[0]
    texts = [_texts(expansion) for _, expansion in (before, after)]
    shared = texts[0].keys() & texts[1].keys()
    same = sum(texts[0][place] == texts[1][place] for place in shared)
    return ProbeDiff(
        changes=(*_heads(old, new), *_entries(old, new)),
        same=same,
        reworded=len(shared) - same,
        only_before=len(texts[0]) - len(shared),
        only_after=len(texts[1]) - len(shared),
    )


def _texts(expansion: Expansion) -> dict[tuple[str, ...], str]:
    """Return the text of every place."""
    return {_place(variant): variant.text for variant in expansion.variants}


def _place(variant: Variant) -> tuple[str, ...]:
    """Name a sentence by where it comes from."""
    return variant.role, variant.group or "", variant.id


def _heads(old: ProbeSet, new: ProbeSet) -> Iterator[Change]:
    """Yield what differs outside the lists of entries."""
    head = [_fields(entry, _HEAD) for entry in (old, new)]
    yield from _changed("set", "", head[0], head[1])
    for name in _PARTS:
        one, two = getattr(old, name), getattr(new, name)
        yield from _changed(name, "", _all_fields(one), _all_fields(two))
    yield from _changed("set", "", _said(old), _said(new))


def _said(probe_set: ProbeSet) -> dict[str, Any]:
    """Return what only people read, but for the sources, which are entries."""
    return {name: value for name, value in probe_set.meta.items() if name != "sources"}


def _entries(old: ProbeSet, new: ProbeSet) -> Iterator[Change]:
    """Yield what differs in the lists of entries, by id."""
    sources = [{s["id"]: s for s in probe_set.meta.get("sources", ())} for probe_set in (old, new)]
    yield from _listed("source", sources[0], sources[1])
    yield from _listed("reference filler", _by_id(old.reference), _by_id(new.reference))
    yield from _listed("placebo", _by_id(old.placebos), _by_id(new.placebos))
    groups = [
        {g.id: {"label": g.label, "parts": g.parts} for g in probe_set.groups}
        for probe_set in (old, new)
    ]
    yield from _listed("group", groups[0], groups[1])
    yield from _listed("term", _terms(old), _terms(new))
    templates = [
        {template.id: _all_fields(template) for template in probe_set.templates}
        for probe_set in (old, new)
    ]
    yield from _listed("template", templates[0], templates[1])


def _terms(probe_set: ProbeSet) -> dict[str, dict[str, Any]]:
    """Return the terms of all groups by id, each with its group; slurs are masked."""
    return {
        term.id: {"group": group.id, **_all_fields(term)}
        for group in masked_groups(probe_set.groups)
        for term in group.terms
    }


def _by_id(terms: tuple[Term, ...]) -> dict[str, dict[str, Any]]:
    """Return fillers or placebos by id."""
    return {term.id: _all_fields(term) for term in terms}


def _all_fields(entry: Any) -> dict[str, Any]:
    """Return the fields of a record that say something."""
    if entry is None:
        return {}
    fields = dataclasses.asdict(entry)
    return {k: v for k, v in fields.items() if v not in (None, (), "") and k != "id"}


def _fields(entry: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return some fields of a record."""
    return {name: getattr(entry, name) for name in names}


def _listed(
    what: str, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    """Yield entries that are new, gone or changed."""
    for name, entry in old.items():
        if name not in new:
            yield Change("removed", what, name, dict(entry), {})
        else:
            yield from _changed(what, name, entry, new[name])
    for name, entry in new.items():
        if name not in old:
            yield Change("added", what, name, {}, dict(entry))


def _changed(
    what: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    """Yield the fields of one entry that differ."""
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if keys:
        before = {key: old[key] for key in keys if key in old}
        after = {key: new[key] for key in keys if key in new}
        yield Change("changed", what, name, before, after)
