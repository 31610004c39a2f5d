"""Templates that say nearly the same: they would count one piece of evidence twice."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from scipy import sparse

from audit.records import REDACTED

SIMILAR = 0.75
"""Share of distinct words in common from which two sentences count as near-duplicates."""
MOST_UNITS = 5_000
_WORD = re.compile(r"\w+")


def near_duplicates(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Find units whose reference sentences share most of their words.

    Parameters
    ----------
    texts : mapping of unit to text
        One sentence of each unit, without a mention; redacted ones are left out.

    Returns
    -------
    list of (str, str)
        Pairs of units whose sets of words overlap by at least three quarters (Jaccard index);
        with more than 5,000 units only those with the same set of words.

    Examples
    --------
    >>> near_duplicates({"a": "My neighbour baked a cake.", "b": "my neighbour baked a cake"})
    [('a', 'b')]
    """
    units = [unit for unit, text in texts.items() if not text.startswith(REDACTED)]
    words = [frozenset(_WORD.findall(texts[unit].casefold())) for unit in units]
    if len(units) > MOST_UNITS:
        first: dict[frozenset[str], str] = {}
        paired = [
            (first.setdefault(bag, unit), unit) for unit, bag in zip(units, words, strict=True)
        ]
        return [(one, other) for one, other in paired if one != other]
    column = {
        word: index for index, word in enumerate(dict.fromkeys(w for bag in words for w in bag))
    }
    rows = [index for index, bag in enumerate(words) for _ in bag]
    columns = [column[word] for bag in words for word in bag]
    shape = (len(units), len(column))
    incidence = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    common = sparse.triu(incidence @ incidence.T, k=1).tocoo()
    size = np.array([len(bag) for bag in words])
    union = size[common.row] + size[common.col] - common.data
    close = common.data >= SIMILAR * union
    found = zip(common.row[close].tolist(), common.col[close].tolist(), strict=True)
    return [(units[i], units[j]) for i, j in sorted(found)]
