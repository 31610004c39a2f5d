"""From a run's pairs and answers to the arrays that override rules are evaluated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import Outcome, Task, Variant
from audit.statistics.cells import Answers
from audit.statistics.pairs import PairTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupCells:
    """The answers about one group, templates (carriers) x answers; NaN pads missing ones.

    Attributes
    ----------
    value : ndarray, shape (T, N)
        Share of unfavourable answers, or the score mapped to [0, 1] by its range.
    confidence : ndarray, shape (T, N)
        Largest label share among the answers that are labels (1 for scores).
    reference : ndarray, shape (T, N)
        Value of the context's reference: the mean of its fillers.
    expected : ndarray, shape (T, N)
        1 where the template's expected label is unfavourable, 0 where it is another, NaN where
        none is stated.
    unsteady : ndarray, shape (T, N)
        1 where repeats of the answer disagree, 0 where they agree, NaN with fewer than two.
    weight : ndarray, shape (T, N)
        Weight in the template's mean: contexts are averaged within a term, then the terms.
    """

    value: Floats
    confidence: Floats
    reference: Floats
    expected: Floats
    unsteady: Floats
    weight: Floats

    def stated(self) -> GroupCells:
        """Return the part for which an expected label is stated."""
        value = np.where(np.isnan(self.expected), np.nan, self.value)
        kept = ~np.isnan(value).all(axis=1)
        return GroupCells(
            value[kept],
            self.confidence[kept],
            self.reference[kept],
            self.expected[kept],
            self.unsteady[kept],
            self.weight[kept],
        )


@dataclass(frozen=True, slots=True)
class RunCells:
    """Every answer of a run, arranged into pairs."""

    table: PairTable
    answers: Answers
    confidence: Floats
    expected: Floats
    unsteady: Floats

    def group(self, group: str) -> GroupCells | None:
        """Return the cells of a group, or ``None`` where nothing of it can be compared."""
        rows, pair = self.table.counterfactuals
        context, term = self.table.pairs[:, pair]
        reference = self.table.by_context(self.answers.value)[context]
        value = self.answers.value[rows]
        of_group = np.array([key[:2] == ("group", group) for key in self.table.terms], dtype=bool)
        kept = of_group[term] & ~np.isnan(value) & ~np.isnan(reference)
        if not kept.any():
            return None
        rows, pair, term = rows[kept], pair[kept], term[kept]
        unit = self.table.unit_of_context[context[kept]]
        cell = unit * len(self.table.terms) + term
        columns = (
            value[kept],
            self.confidence[rows],
            reference[kept],
            self.expected[rows],
            self.unsteady[rows],
            1 / (_shared(pair) * _distinct(cell, pair)),
        )
        order = np.argsort(unit, kind="stable")
        _, template, size = np.unique(unit[order], return_inverse=True, return_counts=True)
        place = np.arange(len(order)) - np.repeat(np.cumsum(size) - size, size)
        tables = np.full((len(columns), len(size), int(size.max())), np.nan)
        for filled, column in zip(tables, columns, strict=True):
            filled[template, place] = column[order]
        return GroupCells(*tables)


def run_cells(table: PairTable, answers: Answers, task: Task | None, outcome: Outcome) -> RunCells:
    """Take what rules look at from a run's answers.

    Parameters
    ----------
    table : PairTable
        The run's pairs.
    answers : Answers
        Of the table's variants; those without one are missing cells.
    task : Task or None
        The task, for the expected labels.
    outcome : Outcome
        What is unfavourable, or the score's range.

    Returns
    -------
    RunCells
    """
    if outcome.unit == "score":
        confidence = np.ones(len(table.variants))
    else:
        # Three of four must be 0.75, not a hair less: the guard compares with the threshold too.
        confidence = np.round(answers.shares.max(axis=1, initial=0.0), 9)
    expected = np.array([_expected(variant, task) for variant in table.variants], dtype=float)
    # where nothing was drawn the counts are masses, which sum to 1
    repeated = answers.counts.sum(axis=1) > 1.5
    differ = (answers.counts > 0).sum(axis=1) > 1
    return RunCells(table, answers, confidence, expected, np.where(repeated, differ, np.nan))


def _expected(variant: Variant, task: Task | None) -> float:
    """Return 1 if the expected label is unfavourable, 0 if it is another, NaN if none is stated.

    The gold label counts first; else a valence that names one of the task's labels.
    """
    if task is None:
        return float("nan")
    names = {label.casefold(): label for label in task.labels}
    label = variant.gold or names.get(variant.valence or "")
    return float("nan") if label is None else float(label in task.unfavourable)


def _shared(codes: NDArray[np.int64]) -> Floats:
    """Return for every entry how many entries share its code."""
    _, inverse, count = np.unique(codes, return_inverse=True, return_counts=True)
    return count[inverse].astype(float)


def _distinct(outer: NDArray[np.int64], inner: NDArray[np.int64]) -> Floats:
    """Return for every entry how many distinct inner codes its outer code has."""
    pairs = np.unique(np.stack([outer, inner]), axis=1)
    codes, count = np.unique(pairs[0], return_counts=True)
    return count[np.searchsorted(codes, outer)].astype(float)
