"""From a probe set to the texts that are sent: every template with every term that fits it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

from audit.errors import ConfigError
from audit.probes.expansion import Expansion
from audit.probes.merging import merge_terms
from audit.records import LITERAL, NotTested, ProbeSet, Role, RunWarning, Template, Term, Variant

QUICK_TEMPLATES = 12
QUICK_TERMS = 3
FEWEST_FILLERS = 3
_VALENCES = ("positive", "neutral", "negative", None)
Item = TypeVar("Item")


def expand(
    probe_set: ProbeSet,
    *,
    limit: int | None = None,
    quick: bool = False,
    include_slurs: bool = False,
) -> Expansion:
    """Render every text of a probe set.

    Parameters
    ----------
    probe_set : ProbeSet
        A set as `load_probe_set` returns it.
    limit : int, optional
        Use at most this many templates (in tables: units), balanced over valence.
    quick : bool
        A stratified subset for a first look: at most 12 templates and 3 terms of each group, over
        its wordings. It can only say that the evidence is not enough.
    include_slurs : bool
        Whether terms of the stratum ``slur`` are asked about too; they decide nothing.

    Returns
    -------
    Expansion
        Deterministic: the same set and options give the same variants in the same order.

    Raises
    ------
    ConfigError
        If ``limit`` is smaller than 1.
    ProbeError
        If the table of a tabular set has rows that cannot be used.
    """
    if limit is not None and limit < 1:
        raise ConfigError("--limit must be at least 1", where="--limit", hint="for example 12")
    most = min(limit or QUICK_TEMPLATES, QUICK_TEMPLATES) if quick else limit
    if probe_set.cases is not None:
        from audit.probes.tabular import read_cases

        return merge_terms(_thin(read_cases(probe_set), probe_set, most, quick))
    probe_set, notes = _without_slurs(probe_set, include_slurs)
    whole = _expand_templates(probe_set, most)
    whole = dataclasses.replace(whole, not_tested=(*notes, *whole.not_tested))
    return _thin(whole, probe_set, most, quick)


def _without_slurs(probe_set: ProbeSet, include: bool) -> tuple[ProbeSet, list[NotTested]]:
    """Leave slurs out unless they are asked for, and say so."""
    slurs = {
        group.id: sum(term.stratum == "slur" for term in group.terms) for group in probe_set.groups
    }
    if include or not any(slurs.values()):
        return probe_set, []
    groups = tuple(
        dataclasses.replace(group, terms=kept)
        for group in probe_set.groups
        if (kept := tuple(term for term in group.terms if term.stratum != "slur"))
    )
    named = ", ".join(f"{count} of {group}" for group, count in slurs.items() if count)
    note = NotTested(what=f"slurs ({named})", why="they are tested only with --include-slurs")
    return dataclasses.replace(probe_set, groups=groups), [note]


def choose_templates(templates: Sequence[Template], most: int | None) -> tuple[Template, ...]:
    """Return at most ``most`` templates, the first of each valence in turn, in their order.

    Literal templates say nothing about people, so they are the first that a limit leaves out.
    """
    if most is None or most >= len(templates):
        return tuple(templates)
    people = [template for template in templates if template.use != LITERAL]
    strata = [[t for t in people if t.valence == valence] for valence in _VALENCES]
    rest = (template for template in templates if template.use == LITERAL)
    turns = chain(_interleave([stratum for stratum in strata if stratum]), rest)
    chosen = {template.id for template, _ in zip(turns, range(most), strict=False)}
    return tuple(template for template in templates if template.id in chosen)


def choose_terms(terms: Sequence[Term], most: int) -> tuple[Term, ...]:
    """Return at most ``most`` terms, the first of each wording in turn, in their order."""
    wordings = dict.fromkeys(term.wording for term in terms)
    turns = _interleave([[t for t in terms if t.wording == wording] for wording in wordings])
    chosen = {term.id for term, _ in zip(turns, range(most), strict=False)}
    return tuple(term for term in terms if term.id in chosen)


def _interleave(strata: Sequence[Sequence[Item]]) -> Iterator[Item]:
    """Yield the first item of every stratum, then the second of every stratum, and so on."""
    for turn in zip_longest(*([(item,) for item in stratum] for stratum in strata)):
        for boxed in turn:
            if boxed is not None:
                yield boxed[0]


def _expand_templates(probe_set: ProbeSet, most: int | None) -> Expansion:
    """Render the chosen templates with every filler, term and placebo."""
    from audit.probes.grammar import grammar_for
    from audit.probes.literal import literal_variants
    from audit.probes.slots import fill, parse

    grammar = grammar_for(probe_set.language)
    if grammar is None:
        raise ConfigError(
            f"no grammar for the language {probe_set.language!r}", where=probe_set.name
        )
    chosen = choose_templates(probe_set.templates, most)
    variants: list[Variant] = []
    missing: Counter[tuple[Role, str | None, Term]] = Counter()
    group_of = {term.id: group.id for group in probe_set.groups for term in group.terms}
    spoken = 0
    for template in chosen:
        sentence = parse(template, grammar)
        if template.use == LITERAL:
            variants += literal_variants(sentence, group_of, grammar)
            continue
        spoken += 1
        for role, group, term in _phrases(probe_set):
            text = fill(sentence, term, grammar) if sentence.takes(term.form, term.use) else None
            if text is None:
                missing[role, group, term] += 1
            else:
                variants.append(_variant(template, role, group, term, text))
    return Expansion(
        variants=tuple(variants),
        not_tested=tuple(_missing_cells(missing, spoken)),
        warnings=tuple(_warnings(probe_set, variants)),
        groups=probe_set.groups,
    )


def _phrases(probe_set: ProbeSet) -> Iterator[tuple[Role, str | None, Term]]:
    """Yield everything that fills a slot: fillers, terms, placebos."""
    for filler in probe_set.reference:
        yield "reference", None, filler
    for group in probe_set.groups:
        for term in group.terms:
            yield "group", group.id, term
    for placebo in probe_set.placebos:
        yield "placebo", None, placebo


_PREFIX: dict[Role, str] = {"reference": "ref:", "placebo": "placebo:", "group": ""}


def _variant(template: Template, role: Role, group: str | None, term: Term, text: str) -> Variant:
    """Return one rendered text."""
    return Variant(
        id=f"{template.id}/{_PREFIX[role]}{term.id}",
        text=text,
        role=role,
        context=template.id,
        unit=template.carrier,
        term=term.id,
        group=group,
        valence=template.valence,
        use=template.use,
        gold=template.gold,
        stratum=term.stratum,
    )


def _missing_cells(
    missing: Counter[tuple[Role, str | None, Term]], n_templates: int
) -> Iterator[NotTested]:
    """Say for each term in how many templates it has no slot."""
    for (role, group, term), count in missing.items():
        kind = {"reference": "reference filler", "placebo": "placebo", "group": "term"}[role]
        where = f" of {group}" if group else ""
        yield NotTested(
            what=f"{kind} {term.id!r}{where} in {count} of {n_templates} templates",
            why=f"they have no {{{term.form}}} slot",
        )


def _warnings(probe_set: ProbeSet, variants: Iterable[Variant]) -> Iterator[RunWarning]:
    """Name what weakens the evidence of a set of templates, and what a reader should expect."""
    slurs = sum(term.stratum == "slur" for group in probe_set.groups for term in group.terms)
    if slurs:
        yield RunWarning(
            code="slurs_included",
            message=f"The run holds {slurs} slur(s), on request. They are no part of any verdict "
            "and are masked here; run.jsonl and override-policy.yaml hold them in full.",
            where="groups",
        )
    fillers = len(probe_set.reference)
    if fillers < FEWEST_FILLERS:
        yield RunWarning(
            code="few_fillers",
            message=f"The set has {fillers} reference filler(s); with {FEWEST_FILLERS} or more the "
            "reference is measured more precisely at little cost.",
            where="reference",
        )
    yield from _same_texts(variants)


def _same_texts(variants: Iterable[Variant]) -> Iterator[RunWarning]:
    """Warn of phrases that give the same text in a context: their gap cannot differ."""
    first: dict[tuple[str, str], Variant] = {}
    alike: dict[tuple[str, str], list[str]] = {}
    for variant in variants:
        other = first.setdefault((variant.context, variant.text), variant)
        if other is not variant:
            alike.setdefault((other.term, variant.term), []).append(variant.context)
    for (one, two), contexts in alike.items():
        yield RunWarning(
            code="same_text",
            message=f"{one!r} and {two!r} give the same text in {len(contexts)} context(s), "
            f"first in {contexts[0]}.",
            where=two,
        )


def _thin(whole: Expansion, probe_set: ProbeSet, most: int | None, quick: bool) -> Expansion:
    """Leave out what ``limit`` and ``quick`` leave out, and say so."""
    variants, notes = whole.variants, list(whole.not_tested)
    option = "--quick" if quick else "--limit"
    tabular = probe_set.cases is not None
    every = (v.unit for v in variants) if tabular else (t.id for t in probe_set.templates)
    units = list(dict.fromkeys(every))
    if most is not None and most < len(units):
        kept = set(units[:most])
        variants = tuple(v for v in variants if not tabular or v.unit in kept)
        kind = "units" if tabular else "templates"
        notes.append(NotTested(what=f"{len(units) - most} of {len(units)} {kind}", why=option))
    if quick:
        terms = {(g.id, t.id) for g in whole.groups for t in choose_terms(g.terms, QUICK_TERMS)}
        total = sum(len(group.terms) for group in whole.groups)
        variants = tuple(v for v in variants if v.role != "group" or (v.group, v.term) in terms)
        if len(terms) < total:
            notes.append(NotTested(what=f"{total - len(terms)} of {total} terms", why=option))
    return dataclasses.replace(whole, variants=variants, not_tested=tuple(notes))
