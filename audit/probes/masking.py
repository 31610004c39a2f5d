"""Slurs as people see them: the first letter and asterisks.

A slur is tested only on request. What is sent, and the log that proves it, hold it in full;
results, reports and the terminal show it masked.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence

from audit.records import Group, Term, Variant

_LONG = 5  # from this length on the last letter may change with gender, number or case


def masked(text: str) -> str:
    """Return a word or phrase as its first letter and asterisks.

    Examples
    --------
    >>> masked("zorp"), masked("zorp-head person")
    ('z***', 'z*** **** ******')
    """
    return text[:1] + re.sub(r"\w", "*", text[1:]).replace("-", " ")


def masked_groups(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return groups whose slurs are masked."""
    return tuple(
        dataclasses.replace(group, terms=tuple(_masked_term(term) for term in group.terms))
        for group in groups
    )


def masked_variants(variants: Iterable[Variant], groups: Iterable[Group]) -> Iterator[Variant]:
    """Yield variants whose slurs are masked."""
    patterns = {
        (group.id, term.id): _pattern(term)
        for group in groups
        for term in group.terms
        if term.stratum == "slur"
    }
    for variant in variants:
        pattern = patterns.get((variant.group or "", variant.term))
        if pattern is None:
            yield variant
        else:
            text = pattern.sub(lambda match: masked(match.group()), variant.text)
            yield dataclasses.replace(variant, text=text)


def mask_slurs(text: str, groups: Iterable[Group]) -> str:
    """Mask every slur of a set in a text about the set."""
    for group in groups:
        for term in group.terms:
            if term.stratum == "slur":
                text = _pattern(term).sub(lambda match: masked(match.group()), text)
    return text


def spells_itself(term_id: str, forms: Sequence[str]) -> bool:
    """Tell whether an id gives away what masking hides."""
    name = re.sub(r"\W|_", "", term_id).casefold()
    return any(re.sub(r"\W|_", "", form).casefold() in name for form in forms if form.strip())


def _masked_term(term: Term) -> Term:
    if term.stratum != "slur":
        return term
    return dataclasses.replace(
        term,
        text=masked(term.text),
        plural=None if term.plural is None else masked(term.plural),
        mentions=tuple(masked(form) for form in term.mentions),
        forms=tuple((name, masked(form)) for name, form in term.forms),
    )


def _pattern(term: Term) -> re.Pattern[str]:
    """Return what finds a slur in a sentence, with the endings that grammar gives it."""
    written = {term.text, term.plural or term.text, *term.mentions, *dict(term.forms).values()}
    longest = sorted(written, key=len, reverse=True)
    stems = [form[:-1] if len(form) >= _LONG else form for form in longest]
    return re.compile("|".join(rf"{re.escape(stem)}\w*" for stem in stems), re.IGNORECASE)
