"""One gap record for each member of a family: the groups, the terms, or the placebos of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import Estimand, GroupGap, Interval, Limits, Outcome, Role, SecondEstimand
from audit.statistics.cells import NO_LABEL, Answers
from audit.statistics.flips import PairFlips, excess_templates, sum_by_subject
from audit.statistics.intervals import (
    Estimates,
    census_from_noise,
    listed_interval,
    phrases_interval,
)
from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t
from audit.statistics.pairs import Codes, PairTable, number
from audit.statistics.precision import (
    smallest_detectable_gap,
    strict_templates,
    templates_needed,
)
from audit.statistics.units import Cells, cell_noise, cells_of
from audit.statistics.validation import Array

METHODS: dict[Estimand, str] = {
    "listed": "t over templates, variance floored by two pseudo-templates",
    "phrases": "two-way t over templates and terms, Satterthwaite",
    "census": "normal, sampling noise of these prompts only",
}
_OPEN_MASS = 1e-9


@dataclass(frozen=True, slots=True)
class Run:
    """What every family is computed from."""

    table: PairTable
    answers: Answers
    cells: Cells
    flips: PairFlips
    outcome: Outcome
    limits: Limits
    rng: np.random.Generator

    @property
    def tolerance(self) -> float:
        """Tolerance on the [0, 1] scale."""
        return self.outcome.tolerance(self.limits) / self.outcome.span

    def interval(self, estimates: Estimates, index: int, estimand: Estimand) -> Interval | None:
        """Return one interval in the outcome's unit, or ``None`` where it does not exist."""
        low, high = float(estimates.low[index]), float(estimates.high[index])
        if np.isnan(low):
            return None
        span = self.outcome.span
        return Interval(
            low=low * span,
            high=high * span,
            confidence_level=self.limits.confidence_level,
            method=METHODS[estimand],
        )

    def scaled(self, value: float) -> float | None:
        """Return a difference in the outcome's unit."""
        return number(value * self.outcome.span)


@dataclass(frozen=True, slots=True)
class Subject:
    """A member of a family: a group, a term or a placebo."""

    id: str
    label: str
    role: Role
    group: str | None


@dataclass(frozen=True, slots=True)
class Family:
    """Members adjusted together; ``of_term`` is each table term's member, or -1."""

    subjects: tuple[Subject, ...]
    of_term: Codes
    estimand: Estimand = "listed"

    @property
    def size(self) -> int:
        """Number of members."""
        return len(self.subjects)

    def members(self, index: int) -> list[int]:
        """Return the table's terms of one member."""
        return np.flatnonzero(self.of_term == index).tolist()


def estimate(
    run: Run, family: Family, cells: Cells, noise: tuple[Array, Array] | None = None
) -> tuple[Estimates, Array]:
    """Estimate every member's gap from some cells under the family's estimand.

    Parameters
    ----------
    run, family
        The run and the members.
    cells : Cells
        Any outcome of the run's pairs.
    noise : (ndarray, ndarray), shapes (n,) and (m,), optional
        Sampling variances of the cells' ``y`` and ``b``; needed by ``census``.

    Returns
    -------
    estimates : Estimates, fields of shape (S,)
        Fractions, counterfactual minus reference, see `audit.statistics.intervals`.
    p_adjusted : ndarray, shape (S,)
        By the limits' correction; NaN where there is no p-value.
    """
    level = run.limits.confidence_level
    D = cells.template_gaps(family.of_term, family.size)
    h = cells.floors(family.of_term, D)
    if family.estimand == "listed":
        estimates = listed_interval(D, h, confidence_level=level)
    else:
        rows = [
            _two_way(cells, family.members(index), h[index], level)
            if family.estimand == "phrases"
            else _census(run, cells, family.members(index), noise, level)
            for index in range(family.size)
        ]
        estimates = stack(rows)
    return estimates, adjust(run, estimates.p_value, D, h, by_template=family.estimand == "listed")


def listed(run: Run, of_term: Codes, size: int, cells: Cells) -> Estimates:
    """Estimate gaps under ``listed`` without adjusting: for tables, outside the verdicts.

    Parameters
    ----------
    run : Run
        The run.
    of_term : ndarray of int, shape (K,)
        Member of each term of the table, -1 for none.
    size : int
        Number of members.
    cells : Cells
        Any outcome of the run's pairs.

    Returns
    -------
    Estimates
        Fields of shape (S,), fractions on the scale [-1, 1], counterfactual minus reference; NaN as
        in `audit.statistics.intervals.listed_interval`.
    """
    D = cells.template_gaps(of_term, size)
    h = cells.floors(of_term, D)
    return listed_interval(D, h, confidence_level=run.limits.confidence_level)


def adjust(run: Run, p: Array, D: Array, h: Array, *, by_template: bool) -> Array:
    """Adjust a family's p-values as the limits say; sign flips hold for ``listed`` only.

    Parameters
    ----------
    run : Run
        Limits, and the generator of the sign flips.
    p : ndarray, shape (S,)
        p-values of zero gaps, in [0, 1]; NaN = no member.
    D : ndarray, shape (S, T)
        Template gaps, fractions; NaN = missing.
    h : ndarray, shape (S,)
        Floors of `audit.statistics.intervals.floor_h`.
    by_template : bool
        Whether the p-values are of ``listed``; else max-T is replaced by Holm.

    Returns
    -------
    ndarray, shape (S,)
        Adjusted p-values, in [0, 1], never below ``p``; NaN stays.

    Notes
    -----
    ``max(p, max-T)``: no group is flagged whose own interval holds 0. See
    `audit.statistics.multiplicity`.
    """
    correction = run.limits.correction
    if correction == "none":
        return p
    if correction == "bh":
        return benjamini_hochberg(p)
    if correction == "max_t" and by_template:
        return np.maximum(p, max_t(D, h, rng=run.rng))
    return holm(p)


def _two_way(cells: Cells, terms: list[int], h: float, level: float) -> Estimates:
    return phrases_interval(cells.matrix(terms), h, confidence_level=level)


def _census(
    run: Run, cells: Cells, terms: list[int], noise: tuple[Array, Array] | None, level: float
) -> Estimates:
    noise_y, noise_b = noise if noise is not None else (cells.y * np.nan, cells.b * np.nan)
    y = np.where(np.isnan(cells.x), np.nan, cells.y)
    return census_from_noise(
        cells.matrix(terms, y),
        cells.matrix(terms, noise_y),
        cells.filler_matrix(),
        cells.filler_matrix(noise_b),
        np.asarray(run.answers.drawn.any()),
        confidence_level=level,
    )


def stack(rows: Sequence[Estimates]) -> Estimates:
    """Put single estimates into arrays.

    Parameters
    ----------
    rows : sequence of Estimates
        Fields of shape ().

    Returns
    -------
    Estimates
        Fields of shape (S,), in the unit and with the NaN of the rows, as `Estimates` says.
    """
    names = Estimates.__slots__
    return Estimates(*(np.array([getattr(row, name) for row in rows]) for name in names))


def gap_records(run: Run, family: Family) -> tuple[GroupGap, ...]:
    """Compute the record of every member of a family.

    Parameters
    ----------
    run : Run
        The run.
    family : Family
        Its groups, terms or placebos; empty gives no record.

    Returns
    -------
    tuple of GroupGap
        In the order of the family, in the outcome's unit; ``None`` in a record = not available.
    """
    if not family.subjects:
        return ()
    cells, size, of_term = run.cells, family.size, family.of_term
    noise = None
    if family.estimand == "census":
        noise = cell_noise(run.table, run.answers.noise, ~np.isnan(run.answers.value))
    estimates, p_adjusted = estimate(run, family, cells, noise)
    D = cells.template_gaps(of_term, size)
    h = cells.floors(of_term, D)
    group_mean = _row_means(np.where(np.isnan(D), np.nan, cells.template_values(of_term, size)))
    unparsed = cells_of(run.table, run.answers.unparsed, run.answers.unparsed)
    unparsed_gap = _row_means(unparsed.template_gaps(of_term, size))
    excess = _row_means(excess_templates(run.table, run.flips, of_term, size))
    n_terms, n_pairs = cells.count_by_subject(of_term, size)
    pair_subject = of_term[run.table.pairs[1]]
    flips, bad, good = (
        sum_by_subject(values, pair_subject, size)
        for values in (run.flips.flip, run.flips.to_unfavourable, run.flips.to_favourable)
    )
    labelled = np.bincount(
        pair_subject[(pair_subject >= 0) & ~np.isnan(run.flips.flip)], minlength=size
    )
    refusal, refusal_p = bounds(run, family, run.answers.refusal)
    unresolved, unresolved_p = bounds(run, family, run.answers.unresolved)
    counts = _label_counts(run, pair_subject, size)
    records = []
    for s, subject in enumerate(family.subjects):
        T = int(estimates.templates[s])
        records.append(
            GroupGap(
                id=subject.id,
                label=subject.label,
                role=subject.role,
                group=subject.group,
                estimand=family.estimand,
                estimate=run.scaled(estimates.estimate[s]),
                interval=run.interval(estimates, s, family.estimand),
                p_value=number(estimates.p_value[s]),
                p_adjusted=number(p_adjusted[s]),
                n_templates=T,
                n_terms=int(n_terms[s]),
                n_pairs=int(n_pairs[s]),
                flips=number(flips[s]),
                flip_rate=None if labelled[s] == 0 else float(flips[s] / labelled[s]),
                flips_to_unfavourable=number(bad[s]),
                flips_to_favourable=number(good[s]),
                excess_disagreement=number(excess[s]),
                unparsed_gap=number(unparsed_gap[s]),
                smallest_detectable_gap=_detectable(run, float(estimates.variance[s]), T),
                templates_needed=_needed(run, D[s], float(h[s])),
                reference_mean=_level(run, group_mean[s] - estimates.estimate[s]),
                group_mean=_level(run, group_mean[s]),
                counts_by_label=counts[s],
                refusal_bounds=refusal[s],
                refusal_bounds_p=refusal_p[s],
                unresolved_bounds=unresolved[s],
                unresolved_bounds_p=unresolved_p[s],
            )
        )
    return tuple(records)


Bounds = tuple[Interval, Interval] | None
BoundsP = tuple[float | None, float | None] | None


def bounds(run: Run, family: Family, values: Array) -> tuple[list[Bounds], list[BoundsP]]:
    """Recompute the intervals with the open mass placed in both ways.

    Parameters
    ----------
    run, family
        The run and the members.
    values : ndarray, shape (2, n)
        Each variant's outcome with the open mass as favourable and as unfavourable.

    Returns
    -------
    intervals, p-values
        The lower bound has the group's mass as favourable and the reference's as unfavourable, the
        upper the reverse; ``None`` where the run has no open mass. Under ``census`` they are those
        of ``listed``: sampling noise says nothing about answers that are not there.
    """
    nothing: list[Bounds] = [None] * family.size
    if not bool(np.any(values[1] - values[0] > _OPEN_MASS)):
        return nothing, [None] * family.size
    kind: Estimand = "listed" if family.estimand == "census" else family.estimand
    judged = Family(family.subjects, family.of_term, kind)
    (low, low_p), (high, high_p) = (
        estimate(run, judged, cells_of(run.table, front, back))
        for front, back in ((values[0], values[1]), (values[1], values[0]))
    )
    intervals: list[Bounds] = []
    for s in range(family.size):
        pair = (run.interval(low, s, kind), run.interval(high, s, kind))
        intervals.append(None if pair[0] is None or pair[1] is None else (pair[0], pair[1]))
    return intervals, [(number(a), number(b)) for a, b in zip(low_p, high_p, strict=True)]


def second_estimands(run: Run, family: Family) -> tuple[SecondEstimand | None, ...]:
    """Return every group's gap under ``phrases``, Holm-adjusted.

    Parameters
    ----------
    run : Run
        The run.
    family : Family
        Its groups.

    Returns
    -------
    tuple of (SecondEstimand or None)
        One for each group, in the outcome's unit; ``None`` for a single term or without an
        interval.
    """
    n_terms, _ = run.cells.count_by_subject(family.of_term, family.size)
    other = Family(family.subjects, family.of_term, "phrases")
    estimates, p_adjusted = estimate(run, other, run.cells)
    rows: list[SecondEstimand | None] = []
    for s in range(family.size):
        interval = run.interval(estimates, s, "phrases")
        if n_terms[s] < 2 or interval is None:
            rows.append(None)
            continue
        rows.append(
            SecondEstimand(
                estimate=run.scaled(estimates.estimate[s]),
                interval=interval,
                p_value=number(estimates.p_value[s]),
                p_adjusted=number(p_adjusted[s]),
                note="weak: fewer than 4 terms" if n_terms[s] < 4 else None,
            )
        )
    return tuple(rows)


def _row_means(values: Array) -> Array:
    """Average each row without its NaN; NaN where nothing is left."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _level(run: Run, value: float) -> float | None:
    """Return a mean of the outcome in its own unit."""
    return number(run.outcome.range[0] + value * run.outcome.span)


def _detectable(run: Run, variance: float, T: int) -> float | None:
    """Return the smallest gap this run would have found, in the outcome's unit."""
    if not variance > 0:
        return None
    level = run.limits.confidence_level
    return run.scaled(smallest_detectable_gap(float(np.sqrt(variance)), T, confidence_level=level))


def _needed(run: Run, D: NDArray[np.float64], h: float) -> int | None:
    """Return the templates that a clear "no gap" would need at the spread observed."""
    seen = D[~np.isnan(D)]
    if seen.size < 2:
        return None
    level = run.limits.confidence_level
    least = strict_templates(run.tolerance) if run.limits.strict_pass else 0
    found = templates_needed(float(seen.var(ddof=1)), h, run.tolerance, confidence_level=level)
    return None if found is None else max(found, least)


def _label_counts(run: Run, pair_subject: Codes, size: int) -> list[dict[str, float]]:
    """Add up the counterfactual repeats of each member by label."""
    rows, pair = run.table.counterfactuals
    subject = pair_subject[pair]
    kept = subject >= 0
    total = np.zeros((size, len(run.answers.labels) + 1))
    np.add.at(total, subject[kept], run.answers.counts[rows[kept]])
    names = (*run.answers.labels, NO_LABEL)
    return [
        {name: count for name, count in zip(names, row, strict=True) if count}
        for row in total.tolist()
    ]
