"""Parts of a log's header that say more of the target than its identity."""

from __future__ import annotations

from typing import Any

from audit.probes import Expansion
from audit.protocols import Classifier


def vocabulary_of(classifier: Classifier, expansion: Expansion) -> dict[str, Any] | None:
    """Return which terms a lexicon has entries for; ``None`` for any other target.

    Returns
    -------
    dict or None
        ``lexicon``, ``known`` and ``unknown``: lists of ``group``, ``term``, ``text`` and
        ``entries`` (word to value, empty for the unknown).
    """
    knows = getattr(classifier, "knows", None)
    if knows is None:
        return None
    terms = [(group.id, term) for group in expansion.groups for term in group.terms]
    entries = knows([term.text for _, term in terms])
    rows = [
        {"group": group, "term": term.id, "text": term.text, "entries": dict(entries[term.text])}
        for group, term in terms
    ]
    return {
        "lexicon": classifier.info.model,
        "known": [row for row in rows if row["entries"]],
        "unknown": [row for row in rows if not row["entries"]],
    }
