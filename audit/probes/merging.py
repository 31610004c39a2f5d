"""Tables with almost as many terms as sentences: nothing can be said of one term, so none is kept.

A term that stands in a single sentence has no interval of its own, and terms times units grow with
the square of such a table.
"""

from __future__ import annotations

from dataclasses import replace

from audit.probes.expansion import Expansion
from audit.records import Group, RunWarning, Term

MOST_CELLS = 4_000_000
ANY_TERM = "any term"


def merge_terms(expansion: Expansion) -> Expansion:
    """Return a table whose terms times units are few enough to be analysed.

    Parameters
    ----------
    expansion : Expansion
        A table's.

    Returns
    -------
    Expansion
        The same up to 4 million cells. Beyond, the terms of each group are one (``any term``, with
        all of them as its mentions), which leaves the mean gap of every sentence as it is.
    """
    units = len({variant.unit for variant in expansion.variants})
    terms = sum(len(group.terms) for group in expansion.groups)
    if units * terms <= MOST_CELLS:
        return expansion
    message = (
        f"{terms:,} terms in {units:,} units are too many to be told apart: the terms of each "
        "group count as one, and nothing is said of a single term."
    )
    return replace(
        expansion,
        variants=tuple(
            replace(variant, term=ANY_TERM) if variant.role == "group" else variant
            for variant in expansion.variants
        ),
        groups=tuple(_merged(group) for group in expansion.groups),
        warnings=(*expansion.warnings, RunWarning(code="terms_merged", message=message)),
    )


def _merged(group: Group) -> Group:
    texts = tuple(dict.fromkeys(term.text for term in group.terms))
    return replace(group, terms=(Term(id=ANY_TERM, text=group.label, mentions=texts),))
