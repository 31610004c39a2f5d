"""Parts of a log's header: what the probe set says of itself, and what a lexicon knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.errors import NothingToAuditError
from audit.probes import ANY_TERM, Expansion
from audit.protocols import Classifier
from audit.records import ProbeSet, Term, Variant
from audit.runlog import to_json


def check_something_to_audit(variants: Sequence[Variant]) -> None:
    """Refuse variants that form no pair.

    Raises
    ------
    NothingToAuditError
        Saying what is missing.
    """
    roles = {variant.role for variant in variants}
    if not {"group", "reference"} <= roles:
        missing = "reference sentences" if "group" in roles else "sentences that mention a group"
        raise NothingToAuditError(
            f"the probe set leaves no pair to compare: there are no {missing}",
            hint="raise --limit, or add groups, terms and references to the probe set",
        )


def probe_object(probe_set: ProbeSet, expansion: Expansion) -> dict[str, Any]:
    """Describe the probe set for ``results.json``."""
    meta = {"authors": [], "reviewers": [], "sources": [], **to_json(probe_set.meta)}
    return {
        "name": probe_set.name,
        "version": probe_set.version,
        "language": probe_set.language,
        "attribute": probe_set.attribute,
        **meta,
        "n_templates": len({v.context for v in expansion.variants}),
        "n_terms": len({v.term for v in expansion.variants if v.role == "group"}),
    }


def vocabulary_of(
    classifier: Classifier, expansion: Expansion, fillers: Sequence[Term]
) -> dict[str, Any] | None:
    """Return which terms a lexicon has entries for; ``None`` for any other target.

    Parameters
    ----------
    classifier : Classifier
        The target; a lexicon says what it ``knows``.
    expansion : Expansion
        What is asked, with its texts.
    fillers : sequence of Term
        The set's fillers; in a table those terms of its references count that stand in a text.

    Returns
    -------
    dict or None
        ``lexicon``, ``known`` and ``unknown``: lists of ``group``, ``term``, ``text`` and
        ``entries`` (word to value, empty for the unknown). ``reference`` lists the known words of
        the reference, with an empty ``group``: they move every gap alike.
    """
    knows = getattr(classifier, "knows", None)
    if knows is None:
        return None
    terms = [(group.id, term) for group in expansion.groups for term in group.terms]
    words = [(group, term.id, text) for group, term in terms for text in _texts(term)]
    entries = knows([text for _, _, text in words])
    rows = [
        {"group": group, "term": term, "text": text, "entries": dict(entries[text])}
        for group, term, text in words
    ]
    controls = {term.id: term.text for term in fillers} or _named_controls(expansion.variants)
    held = knows(list(controls.values()))
    return {
        "lexicon": classifier.info.model,
        "known": [row for row in rows if row["entries"]],
        "unknown": [row for row in rows if not row["entries"]],
        "reference": [
            {"group": "", "term": term, "text": text, "entries": dict(held[text])}
            for term, text in controls.items()
            if held[text]
        ],
    }


def _texts(term: Term) -> tuple[str, ...]:
    """Return the text of a term, or of each of those that count as one."""
    return term.mentions if term.id == ANY_TERM else (term.text,)


def _named_controls(variants: Sequence[Variant]) -> dict[str, str]:
    """Return the terms of a table's references that are words of their texts."""
    found = {}
    for variant in variants:
        term = variant.term.partition("#")[0]
        if variant.role == "reference" and term.casefold() in variant.text.casefold():
            found[term] = term
    return found
