"""Labels that change between a reference and its counterfactual, raw and corrected for noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import Outcome
from audit.statistics.cells import Answers
from audit.statistics.pairs import Codes, PairTable, mean_by, modes
from audit.statistics.validation import Array


@dataclass(frozen=True, slots=True)
class PairFlips:
    """What happened to the label of every pair; NaN where a side has no label.

    Attributes
    ----------
    flip : ndarray, shape (P,)
        1 where the majority label changed, 0 where it stayed, 1/2 where a side has no unique one.
    to_unfavourable, to_favourable : ndarray, shape (P,)
        The part of ``flip`` that went into the unfavourable labels from outside, and into the
        favourable label; NaN where the outcome names no such label.
    excess : ndarray, shape (P,)
        Estimate of 1/2 sum_c (p_c - q_c)^2, free of sampling noise; it averages 0 where nothing
        differs and may be negative. NaN with a single repeat.
    before, after : ndarray, shape (P, L)
        Weight of each label on the reference and the counterfactual side: 1 on a unique majority
        label, spread evenly over tied ones.
    """

    flip: Array
    to_unfavourable: Array
    to_favourable: Array
    excess: Array
    before: Array
    after: Array

    def moved(self, start: int, end: int) -> Array:
        """Return each pair's weight that went from one label to another, shape (P,).

        It sums to 1 over a pair's labels and to ``flip`` where they differ.
        """
        leaving, tied = _leaving(self.before, self.after)
        weight = self.before[:, start] * self.after[:, end]
        if start == end:
            weight = np.where(tied, 0.5 * self.before[:, start], weight)
        else:
            weight = np.where(tied, 0.5 * weight / np.where(tied, leaving, 1.0), weight)
        return np.where(np.isnan(self.flip), np.nan, weight)


def pair_flips(table: PairTable, answers: Answers, outcome: Outcome) -> PairFlips:
    """Compare the labels of every pair.

    Parameters
    ----------
    table : PairTable
        The pairs.
    answers : Answers
        Of the table's variants.
    outcome : Outcome
        Names the favourable and the unfavourable labels.

    Returns
    -------
    PairFlips
    """
    context = table.pairs[0]
    p, q = table.by_pair(answers.shares), table.by_context(answers.shares)[context]
    present = np.asarray(~np.isnan(answers.shares).any(axis=1), dtype=bool)
    before, after = _weights(q), _weights(p)
    leaving, tied = _leaving(before, after)
    missing = np.isnan(p).any(axis=1) | np.isnan(q).any(axis=1) | (p.shape[1] == 0)
    scale = np.where(missing, np.nan, np.where(tied, 0.5 / np.where(tied, leaving, 1.0), 1.0))
    bad = np.array([label in outcome.unfavourable for label in answers.labels], dtype=bool)
    good = np.array([label == outcome.favourable for label in answers.labels], dtype=bool)
    noise = table.noise_by_pair(answers.pair_noise, present)
    noise = noise + table.noise_by_context(answers.pair_noise, present)[context]
    return PairFlips(
        flip=leaving * scale,
        to_unfavourable=_into(bad, before, after) * scale,
        to_favourable=_into(good, before, after) * scale,
        excess=np.where(missing, np.nan, (((p - q) ** 2).sum(axis=1) - noise) / 2),
        before=before,
        after=after,
    )


def _weights(shares: Array) -> Array:
    """Spread a weight of 1 evenly over each row's modes."""
    most = modes(shares)
    return np.asarray(most / np.maximum(most.sum(axis=1, keepdims=True), 1))


def _leaving(before: Array, after: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return the weight of each pair that changes its label, and whether a side is tied.

    A tied pair counts 1/2 whatever its labels: callers scale its leaving weight to that.
    """
    tied = ((before > 0).sum(axis=1) > 1) | ((after > 0).sum(axis=1) > 1)
    return 1 - (before * after).sum(axis=1), tied


def _into(goal: NDArray[np.bool_], before: Array, after: Array) -> Array:
    """Return the weight that moved into some labels from others; NaN where there are none."""
    if not goal.any():
        return np.full(len(before), np.nan)
    return np.asarray(before[:, ~goal].sum(axis=1) * after[:, goal].sum(axis=1))


def repeat_instability(answers: Answers) -> float | None:
    """Return how often two repeats of one sentence would differ: the mean of 1 - sum p^2.

    Parameters
    ----------
    answers : Answers
        Of all variants. Exact answers count with their probabilities; a single repeat says
        nothing and is left out.

    Returns
    -------
    float or None
        In [0, 1]; ``None`` where no variant has two parsed repeats or probabilities.
    """
    measured = ~np.isnan(answers.pair_noise)
    if not measured.any():
        return None
    return float((1 - (answers.shares[measured] ** 2).sum(axis=1)).mean())


def excess_templates(
    table: PairTable, flips: PairFlips, subject_of_term: Codes, size: int
) -> Array:
    """Average the pairs' excess disagreement within templates.

    Parameters
    ----------
    table : PairTable
        The pairs.
    flips : PairFlips
        Of the same pairs.
    subject_of_term : ndarray of int, shape (K,)
        Member of each term of the table, -1 for none.
    size : int
        Number of members.

    Returns
    -------
    ndarray, shape (size, units)
        Unbiased for 1/2 sum (p - q)^2, on the scale of probabilities, in [-1, 1] (negative by
        chance); NaN = missing.

    Notes
    -----
    Its interval is `audit.statistics.intervals.listed_interval` of these template means.
    """
    n_units, width = len(table.units), max(len(table.terms), 1)
    codes, cell = np.unique(table.pair_unit * width + table.pairs[1], return_inverse=True)
    by_cell = mean_by(cell, flips.excess, codes.size)
    unit, term = np.divmod(codes, width)
    subject = subject_of_term[term]
    kept = subject >= 0
    means = mean_by(subject[kept] * n_units + unit[kept], by_cell[kept], size * n_units)
    return means.reshape(size, n_units)


def sum_by_subject(values: Array, subject: Codes, size: int) -> Array:
    """Add up a pair's values by subject.

    Parameters
    ----------
    values : ndarray, shape (P,)
        A number of each pair, in any unit; NaN = missing.
    subject : ndarray of int, shape (P,)
        Subject of each pair, -1 for none.
    size : int
        Number of subjects.

    Returns
    -------
    ndarray, shape (size,)
        Sums in the unit of the values; NaN where a subject has no value. The definition of a sum.
    """
    kept = (subject >= 0) & ~np.isnan(values)
    count = np.bincount(subject[kept], minlength=size)
    total = np.bincount(subject[kept], weights=values[kept], minlength=size)
    return np.where(count > 0, total, np.nan)


def transitions(
    table: PairTable, flips: PairFlips, labels: tuple[str, ...]
) -> list[dict[str, object]]:
    """List how many pairs went from which reference label to which counterfactual label.

    Parameters
    ----------
    table : PairTable
        The pairs.
    flips : PairFlips
        Of the same pairs.
    labels : tuple of str
        Column names of the answers.

    Returns
    -------
    list of dict
        ``group`` (``None`` for placebos), ``role``, ``from``, ``to`` and ``n``, which need not be
        whole because of ties; pairs that kept their label stand on the diagonal.
    """
    subjects = list(dict.fromkeys((role, group) for role, group, _ in table.terms))
    place = {subject: index for index, subject in enumerate(subjects)}
    of_term = np.array([place[role, group] for role, group, _ in table.terms], dtype=np.int64)
    subject_of_pair = of_term[table.pairs[1]]
    rows: list[dict[str, object]] = []
    totals = {
        (start, end): sum_by_subject(flips.moved(i, j), subject_of_pair, len(subjects))
        for i, start in enumerate(labels)
        for j, end in enumerate(labels)
    }
    for (role, group), index in place.items():
        rows += [
            {"group": group, "role": role, "from": start, "to": end, "n": float(total[index])}
            for (start, end), total in totals.items()
            if total[index] > 0
        ]
    return rows
