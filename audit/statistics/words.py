"""Words apart from people: the gap of a term's words where they mention nobody, and of slurs.

"I feel depressed today" is a bad day, not a person with depression. A classifier that moves in
both kinds of sentence may only have read the word; one that moves in sentences about people alone
has not. The gaps of literal sentences, and of slurs, are outside every verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from audit.records import LITERAL, GroupGap, Interval, Outcome, Term
from audit.statistics.families import Family, Run, listed
from audit.statistics.pairs import Key
from audit.statistics.strata import interval_record, stratum_rows

Record = dict[str, Any]
Reading = Literal["word", "person", "both"]
Apart = Literal["literal", "slur"]
"""Sentences that decide nothing."""


def apart_strata(run: Run, groups: Family, stratum: Apart) -> list[Record]:
    """List each group's gap in sentences that decide nothing: literal ones, or those with a slur.

    Parameters
    ----------
    run : Run
        Those sentences alone.
    groups : Family
        The groups in them.
    stratum : {'literal', 'slur'}
        Which sentences these are.

    Returns
    -------
    list of dict
        Rows of `audit.statistics.strata.strata`, by ``use`` or by ``stratum``.
    """
    estimates = listed(run, groups.of_term, groups.size, run.cells)
    by = "use" if stratum == LITERAL else "stratum"
    return stratum_rows(run, groups, estimates, by, stratum)


def word_gaps(
    run: Run, terms: Family, people: Sequence[GroupGap], named: Mapping[Key, Term]
) -> list[Record]:
    """Compare every term's gap as a word with its gap in sentences about people.

    Parameters
    ----------
    run : Run
        The literal sentences.
    terms : Family
        Their terms.
    people : sequence of GroupGap
        The terms' gaps in sentences about people.
    named : mapping of (role, group, term id) to Term
        For their texts.

    Returns
    -------
    list of dict
        ``group``, ``term``, ``text``, ``n_templates``, ``estimate`` and ``interval`` as a word,
        ``person_estimate`` and ``person_interval`` (outcome's unit, counterfactual minus
        reference, estimand ``listed``, not adjusted) and ``reading``: ``word``, ``person`` or
        ``both``, where the term is treated worse beyond the limit with an interval without 0;
        ``None`` where neither is clear or one was not measured.
    """
    estimates = listed(run, terms.of_term, terms.size, run.cells)
    about = {(gap.group, gap.id): gap for gap in people}
    tolerance = run.outcome.tolerance(run.limits)
    rows: list[Record] = []
    for index, subject in enumerate(terms.subjects):
        interval = run.interval(estimates, index, "listed")
        person = about.get((subject.group, subject.id))
        word_worse = worse(interval, run.outcome, tolerance)
        person_worse = worse(person.interval if person else None, run.outcome, tolerance)
        rows.append(
            {
                "group": subject.group,
                "term": subject.id,
                "text": named["group", subject.group, subject.id].text,
                "n_templates": int(estimates.templates[index]),
                "estimate": run.scaled(estimates.estimate[index]),
                "interval": interval_record(interval),
                "person_estimate": person.estimate if person else None,
                "person_interval": interval_record(person.interval) if person else None,
                "reading": reading(word_worse, person_worse),
            }
        )
    return rows


def worse(interval: Interval | None, outcome: Outcome, tolerance: float) -> bool | None:
    """Tell whether an interval lies on the bad side of 0 with its middle beyond the limit.

    Parameters
    ----------
    interval : Interval or None
        Of a gap, in the outcome's unit; ``None`` = not measured.
    outcome : Outcome
        Says which end is bad.
    tolerance : float
        The limit, in the same unit.

    Returns
    -------
    bool or None
        ``None`` where there is no interval.

    Examples
    --------
    >>> from audit.records import Task
    >>> from audit.statistics.cells import outcome_of
    >>> outcome = outcome_of(Task(labels=("Good", "Bad"), favourable="Good"))
    >>> worse(Interval(low=0.02, high=0.2, confidence_level=0.95, method="t"), outcome, 0.05)
    True
    """
    if interval is None:
        return None
    low, high = interval.low, interval.high
    if outcome.favourable_end == "high":
        low, high = -high, -low
    return low > 0 and (low + high) / 2 > tolerance


def reading(word: bool | None, person: bool | None) -> Reading | None:
    """Name where a term is treated worse.

    Parameters
    ----------
    word, person : bool or None
        `worse` in literal sentences and in those about people.

    Returns
    -------
    str or None
        ``word``, ``person`` or ``both``; ``None`` if nowhere, or where one is not known.
    """
    if word is None or person is None or not (word or person):
        return None
    if word and person:
        return "both"
    return "word" if word else "person"
