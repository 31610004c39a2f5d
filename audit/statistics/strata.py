"""The same gaps from other sides: wording, preference, valence, use, template, filler, placebo."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit.records import Interval, SecondEstimand, Term
from audit.statistics.families import Family, Run, listed
from audit.statistics.intervals import Estimates, listed_interval
from audit.statistics.pairs import Codes, Key, number
from audit.statistics.twoway import term_spread
from audit.statistics.units import cells_of

PERSON_FIRST, IDENTITY_FIRST = "person-first", "identity-first"
WORDING_DIFFERENCE = "person-first minus identity-first"
MOST_TEMPLATE_ROWS = 20_000
MOST_FILLERS = 50
Record = dict[str, Any]


def strata(run: Run, groups: Family, terms: Mapping[Key, Term]) -> list[Record]:
    """List each group's gap within every wording, preference, valence, use and template.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.
    terms : mapping of (role, group, term id) to Term
        For the wording styles.

    Returns
    -------
    list of dict
        ``by``, ``value``, ``group``, ``estimate`` (outcome's unit) and ``interval`` (estimand
        ``listed``, not adjusted for looking at many strata; ``None`` for a single template). The
        paired difference of the two wordings has the value "person-first minus identity-first".
    """
    return [
        *_by_wording(run, groups, terms),
        *_by_preference(run, groups, terms),
        *_by_context(run, groups, "valence"),
        *_by_context(run, groups, "use"),
        *_by_template(run, groups),
    ]


def _by_wording(run: Run, groups: Family, terms: Mapping[Key, Term]) -> list[Record]:
    """Compare terms by wording style, and the two main styles with each other."""
    styles = [terms[key].wording if key in terms else None for key in run.table.terms]
    within = _within(groups, styles)
    rows = _rows_within(run, groups, within, "wording")
    if PERSON_FIRST in within and IDENTITY_FIRST in within:
        first, second = within[PERSON_FIRST], within[IDENTITY_FIRST]
        estimates = paired_difference(run, first, second, groups.size)
        rows += stratum_rows(run, groups, estimates, "wording", WORDING_DIFFERENCE)
    return rows


def _by_preference(run: Run, groups: Family, terms: Mapping[Key, Term]) -> list[Record]:
    """Compare terms that sources recommend with those that they advise against."""
    named = [terms[key].preference if key in terms else None for key in run.table.terms]
    return _rows_within(run, groups, _within(groups, named), "preference")


def _within(groups: Family, values: Sequence[str | None]) -> dict[str, Codes]:
    """Split the groups' terms by a property of each term."""
    return {
        value: np.where(np.array([other == value for other in values]), groups.of_term, -1)
        for value in dict.fromkeys(value for value in values if value is not None)
    }


def _rows_within(run: Run, groups: Family, within: Mapping[str, Codes], by: str) -> list[Record]:
    """Estimate each group's gap over some of its terms."""
    rows: list[Record] = []
    for value, of_term in within.items():
        estimates = listed(run, of_term, groups.size, run.cells)
        rows += stratum_rows(run, groups, estimates, by, value)
    return rows


def paired_difference(run: Run, first: Codes, second: Codes, size: int) -> Estimates:
    """Estimate D(first) - D(second), paired by template, for each member.

    Parameters
    ----------
    run : Run
        The run.
    first, second : ndarray of int, shape (K,)
        Member of each term of the table on either side, -1 for none.
    size : int
        Number of members.

    Returns
    -------
    Estimates
        Fields of shape (size,), fractions, first minus second; NaN as in
        `audit.statistics.intervals.listed_interval`.

    Notes
    -----
    The reference cancels, so the floor comes from the two sides' own cells.
    """
    left = run.cells.template_gaps(first, size)
    right = run.cells.template_gaps(second, size)
    h = (run.cells.group_moments(first, size) + run.cells.group_moments(second, size)).floor()
    return listed_interval(left - right, h, confidence_level=run.limits.confidence_level)


def _by_context(run: Run, groups: Family, by: str) -> list[Record]:
    """Compare contexts by their valence or use."""
    rows_of_pairs = np.zeros(run.table.pairs.shape[1], dtype=np.int64)
    rows, pair = run.table.counterfactuals
    rows_of_pairs[pair[::-1]] = rows[::-1]
    named = [getattr(run.table.variants[row], by) for row in rows_of_pairs.tolist()]
    values = np.array([name or "" for name in named], dtype=str)
    records: list[Record] = []
    for value in dict.fromkeys(name for name in named if name):
        keep = values == value
        cells = cells_of(run.table, run.answers.value, run.answers.value, keep)
        estimates = listed(run, groups.of_term, groups.size, cells)
        records += stratum_rows(run, groups, estimates, by, value)
    return records


def _by_template(run: Run, groups: Family) -> list[Record]:
    """List every group's gap in every template (group x template table)."""
    D = run.cells.template_gaps(groups.of_term, groups.size)
    present = ~np.isnan(D)
    if present.sum() > MOST_TEMPLATE_ROWS:
        return []
    return [
        {
            "by": "template",
            "value": run.table.units[unit],
            "group": groups.subjects[group].id,
            "estimate": run.scaled(D[group, unit]),
            "interval": None,
        }
        for group, unit in np.argwhere(present).tolist()
    ]


def stratum_rows(
    run: Run, groups: Family, estimates: Estimates, by: str, value: str
) -> list[Record]:
    """Turn estimates into records, leaving out groups without any template.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.
    estimates : Estimates
        Of the groups, fields of shape (G,).
    by, value : str
        The property, and its value in this stratum.

    Returns
    -------
    list of dict
        Rows of `strata`.
    """
    return [
        {
            "by": by,
            "value": value,
            "group": subject.id,
            "estimate": run.scaled(estimates.estimate[index]),
            "interval": interval_record(run.interval(estimates, index, "listed")),
        }
        for index, subject in enumerate(groups.subjects)
        if estimates.templates[index] > 0
    ]


def interval_record(interval: Interval | None) -> Record | None:
    """Return an interval as published.

    Parameters
    ----------
    interval : Interval or None
        In the outcome's unit.

    Returns
    -------
    dict or None
        ``low``, ``high``, ``confidence_level`` and ``method``; ``None`` where there is none.
    """
    if interval is None:
        return None
    return {name: getattr(interval, name) for name in Interval.__slots__}


def reference_sensitivity(run: Run, groups: Family) -> list[Record]:
    """List each group's gap against each filler alone: how much hangs on the choice of reference.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.

    Returns
    -------
    list of dict
        ``group``, ``filler`` and ``estimate`` (outcome's unit) over the templates that have both;
        empty with more than 50 fillers.
    """
    if len(run.table.fillers) > MOST_FILLERS:
        return []
    y = run.cells.template_values(groups.of_term, groups.size)
    fillers = run.cells.filler_matrix()
    records: list[Record] = []
    for group, subject in enumerate(groups.subjects):
        for filler in range(fillers.shape[1]):
            difference = y[group] - fillers[:, filler]
            seen = difference[~np.isnan(difference)]
            if seen.size:
                records.append(
                    {
                        "group": subject.id,
                        "filler": run.table.fillers[filler],
                        "estimate": run.scaled(float(seen.mean())),
                    }
                )
    return records


def placebo_adjusted(
    run: Run, groups: Family, placebos: Family
) -> tuple[SecondEstimand | None, ...]:
    """Subtract the mean placebo gap from each group's gap, paired by template.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.
    placebos : Family
        Its placebos.

    Returns
    -------
    tuple of (SecondEstimand or None)
        One for each group; ``None`` without placebos. An interval that holds 0 says that any
        descriptor moves this classifier as much.
    """
    if not placebos.subjects:
        return (None,) * groups.size
    one = np.where(placebos.of_term >= 0, 0, -1)
    gaps = run.cells.template_gaps(groups.of_term, groups.size)
    difference = gaps - run.cells.template_gaps(one, 1)
    own = run.cells.group_moments(groups.of_term, groups.size)
    h = (own + run.cells.group_moments(one, 1)).floor()
    estimates = listed_interval(difference, h, confidence_level=run.limits.confidence_level)
    return tuple(
        SecondEstimand(
            estimate=run.scaled(estimates.estimate[index]),
            interval=run.interval(estimates, index, "listed"),
            p_value=number(estimates.p_value[index]),
        )
        for index in range(groups.size)
    )


def secondary_outcomes(run: Run, groups: Family) -> list[Record]:
    """List each group's gap of other outcomes, with interval ``listed``: outside the verdicts.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.

    Returns
    -------
    list of dict
        ``outcome`` ("unparsed", and "favourable" where the outcome names such a label), ``group``,
        ``estimate`` (a fraction, counterfactual minus reference), ``interval`` and ``p_value``.
    """
    answers = run.answers
    outcomes = {"unparsed": answers.unparsed}
    if run.outcome.favourable in answers.labels:
        outcomes["favourable"] = answers.shares[:, answers.labels.index(run.outcome.favourable)]
    records: list[Record] = []
    plain = dataclasses.replace(run.outcome, range=(0.0, 1.0))
    shown = dataclasses.replace(run, outcome=plain)
    for name, values in outcomes.items():
        cells = cells_of(run.table, values, values)
        estimates = listed(run, groups.of_term, groups.size, cells)
        for index, subject in enumerate(groups.subjects):
            records.append(
                {
                    "outcome": name,
                    "group": subject.id,
                    "estimate": number(estimates.estimate[index]),
                    "interval": interval_record(shown.interval(estimates, index, "listed")),
                    "p_value": number(estimates.p_value[index]),
                }
            )
    return records


def dispersion(run: Run, groups: Family) -> list[Record]:
    """List how much the terms of each group differ from one another.

    Parameters
    ----------
    run : Run
        The run.
    groups : Family
        Its groups.

    Returns
    -------
    list of dict
        ``group``, ``sd`` (outcome's unit, noise removed), ``f`` and ``p_value`` of equal terms;
        ``None`` where there are too few terms or templates.
    """
    records: list[Record] = []
    for index, subject in enumerate(groups.subjects):
        sd, f, p = term_spread(run.cells.matrix(groups.members(index)))
        records.append(
            {
                "group": subject.id,
                "sd": run.scaled(float(sd)),
                "f": number(float(f)),
                "p_value": number(float(p)),
            }
        )
    return records


def worst_group(
    estimates: Mapping[str, float | None], *, high_is_worse: bool
) -> tuple[str, float] | None:
    """Return the group whose gap points furthest in the unfavourable direction.

    Parameters
    ----------
    estimates : mapping of group id to gap
        ``None`` = not measured.
    high_is_worse : bool
        Whether a larger outcome is the unfavourable one.

    Returns
    -------
    (str, float) or None
        Group and gap, in the estimates' unit; ``None`` where nothing was measured. By definition
        the largest of the list: the estimate of a maximum is biased outwards.
    """
    measured = {group: gap for group, gap in estimates.items() if gap is not None}
    if not measured:
        return None
    sign = 1 if high_is_worse else -1
    worst = max(measured, key=lambda group: sign * measured[group])
    return worst, measured[worst]
