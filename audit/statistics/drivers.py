"""What a gap hangs on: the gap of a group without one of its terms, or without one word.

Outside the verdicts. A gap that one term carries alone is a finding about that word; the same gap
over all terms is one about people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.records import Term
from audit.statistics.families import Family, Run, listed
from audit.statistics.intervals import Estimates
from audit.statistics.pairs import Key, number
from audit.statistics.strata import interval_record
from audit.statistics.validation import Array

MOST_DRIVERS = 5
LEFT_WHEN_EXPLAINED = 0.25
"""One term explains a gap if it leaves at most this share of it, and an interval that holds 0."""
_MOVES = 1e-9
_WORD = re.compile(r"[^\W\d_]{3,}")
_EMPTY_WORDS = frozenset(
    ("and", "are", "has", "have", "her", "his", "lives", "living", "person", "people", "some",
     "someone", "that", "the", "their", "them", "they", "uses", "who", "whose", "with", "without")
)  # fmt: skip
Record = dict[str, Any]


def drivers(run: Run, groups: Family, terms: Mapping[Key, Term]) -> list[Record]:
    """List for each group the terms and words that its gap hangs on most.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.
    terms : mapping of (role, group, term id) to Term
        For the words of each term.

    Returns
    -------
    list of dict
        ``group``, ``estimate``, ``terms`` and ``words`` (at most five each, the most influential
        first; terms without which the gap is the same are left out) and ``explained_by`` (one of
        them, or ``None``). An entry has ``kind``, ``id``, ``text``, ``terms`` (ids left out),
        ``estimate_without`` in the outcome's unit and ``interval_without`` (estimand ``listed``,
        not adjusted). Groups of one term are left out.
    """
    found = []
    for index, subject in enumerate(groups.subjects):
        members = groups.members(index)
        if len(members) < 2:
            continue
        whole = listed(run, _only(run, members), 1, run.cells)
        by_term = _influence(run, members)
        ordered = sorted(range(len(members)), key=lambda place: -by_term[place])
        named = [_text(run, terms, term) for term in members]
        entries = [
            _entry(
                run, members, [place], ("term", run.table.terms[members[place]][2], named[place])
            )
            for place in ordered[:MOST_DRIVERS]
            if by_term[place] > _MOVES
        ]
        words = _words(run, members, named)
        found.append(
            {
                "group": subject.id,
                "estimate": run.scaled(float(whole.estimate[0])),
                "terms": entries,
                "words": words,
                "explained_by": _explanation(whole, [*entries, *words], run.outcome.span),
            }
        )
    return found


def _only(run: Run, members: Sequence[int]) -> NDArray[np.int64]:
    """Return a family of one group with some of the table's terms."""
    of_term = np.full(len(run.table.terms), -1, dtype=np.int64)
    of_term[list(members)] = 0
    return of_term


def _text(run: Run, terms: Mapping[Key, Term], term: int) -> str:
    key = run.table.terms[term]
    return terms[key].text if key in terms else key[2]


def _influence(run: Run, members: Sequence[int]) -> Array:
    """Return how far the mean gap moves without each term; 0 where nothing is left."""
    X = run.cells.matrix(members)
    present = ~np.isnan(X)
    filled = np.where(present, X, 0.0)
    count, total = present.sum(axis=1), filled.sum(axis=1)
    seen = count > 0
    whole = float((total[seen] / count[seen]).mean()) if seen.any() else np.nan
    moved = np.zeros(len(members))
    for place in range(len(members)):
        left = count - present[:, place]
        kept = left > 0
        if kept.any() and present[:, place].any():
            without = (total - filled[:, place])[kept] / left[kept]
            moved[place] = abs(float(without.mean()) - whole)
    return moved


def _entry(
    run: Run, members: Sequence[int], places: Sequence[int], name: tuple[str, str, str]
) -> Record:
    """Return the gap of a group without some of its terms."""
    kept = [term for place, term in enumerate(members) if place not in places]
    estimates = listed(run, _only(run, kept), 1, run.cells) if kept else None
    interval = run.interval(estimates, 0, "listed") if estimates is not None else None
    kind, identity, text = name
    return {
        "kind": kind,
        "id": identity,
        "text": text,
        "terms": [run.table.terms[members[place]][2] for place in places],
        "estimate_without": number(float(estimates.estimate[0]) * run.outcome.span)
        if estimates is not None
        else None,
        "interval_without": interval_record(interval),
    }


def _words(run: Run, members: Sequence[int], named: Sequence[str]) -> list[Record]:
    """Return the words that several terms share, the most influential first."""
    places: dict[str, list[int]] = {}
    for place, text in enumerate(named):
        for word in dict.fromkeys(_WORD.findall(text.casefold())):
            if word not in _EMPTY_WORDS:
                places.setdefault(word, []).append(place)
    shared = {word: where for word, where in places.items() if 1 < len(where) < len(members)}
    widest = sorted(shared, key=lambda word: -len(shared[word]))[: 4 * MOST_DRIVERS]
    entries = [_entry(run, members, shared[word], ("word", word, word)) for word in widest]
    whole = float(listed(run, _only(run, members), 1, run.cells).estimate[0]) * run.outcome.span
    return sorted(entries, key=lambda entry: -abs((entry["estimate_without"] or whole) - whole))[
        :MOST_DRIVERS
    ]


def _explanation(whole: Estimates, entries: Sequence[Record], span: float) -> Record | None:
    """Return the term or word without which nothing is left of a gap, if there is one."""
    low, high = float(whole.low[0]), float(whole.high[0])
    if np.isnan(low) or low <= 0 <= high:
        return None
    most = LEFT_WHEN_EXPLAINED * abs(float(whole.estimate[0])) * span
    enough = [
        entry
        for entry in entries
        if entry["interval_without"] is not None
        and entry["interval_without"]["low"] <= 0 <= entry["interval_without"]["high"]
        and abs(entry["estimate_without"]) <= most
    ]
    return min(enough, key=lambda entry: (len(entry["terms"]), abs(entry["estimate_without"])),
               default=None)  # fmt: skip
