"""The difference of two runs' gaps, paired by template over the pairs that both measured."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audit.records import (
    GapDifference,
    Group,
    GroupGap,
    Interval,
    Limits,
    Outcome,
    Prediction,
    Term,
    Variant,
)
from audit.statistics.cells import Answers, answers_of
from audit.statistics.families import METHODS, Family, Subject
from audit.statistics.intervals import Estimates, listed_interval
from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t
from audit.statistics.pairs import Codes, Key, PairTable, build_table, number
from audit.statistics.precision import smallest_detectable_gap
from audit.statistics.units import Cells, cells_of
from audit.statistics.validation import Array

BOUND = 2.0
"""A difference of two gaps lies in [-2, 2] on the [0, 1] scale of the outcome."""
METHOD = f"difference of two runs, paired by template: {METHODS['listed']}"
SAME_ANSWER = 1e-6
"""Probabilities and scores closer than this are the same answer."""
_DECIMALS = (3, 4, 5)
_OPEN_MASS = 1e-9


@dataclass(frozen=True)
class GapDifferences:
    """Differences of a run's groups and terms; each is a family of its own."""

    groups: tuple[GapDifference, ...]
    terms: tuple[GapDifference, ...]
    placebos: tuple[GapDifference, ...]


def compare_gaps(
    variants: Sequence[Variant],
    earlier: Mapping[str, Prediction],
    later: Mapping[str, Prediction],
    *,
    groups: Sequence[Group],
    placebos: Sequence[Term],
    outcome: Outcome,
    limits: Limits,
    rng: np.random.Generator,
    within: float = SAME_ANSWER,
) -> GapDifferences:
    """Estimate how much each gap changed from one run to another on the same sentences.

    Parameters
    ----------
    variants : sequence of Variant
        Sentences that both runs asked about.
    earlier, later : mapping of id to Prediction
        Answers of each run, by the ids of ``variants``. A sentence that either run did not answer
        counts in neither.
    groups, placebos : sequence of Group, sequence of Term
        Who is compared; every group that a variant names must be here.
    outcome, limits : Outcome, Limits
        Those of the later run.
    rng : numpy.random.Generator
        For the sign flips.
    within : float
        How far apart two answers are still the same, as `same_answer_within` gives it.

    Returns
    -------
    GapDifferences
        D'_t = D_t(later) - D_t(earlier) per template; estimate, interval (a) and p-values are of
        its mean, in the outcome's unit. The floor h uses the cells of both runs. Identical runs
        give exactly 0. ``refusal_bounds`` place the mass without a label the same way in both
        runs, least and most unfavourably for the group.

    Raises
    ------
    ValueError
        As `audit.statistics.groups.summarise_gaps`.
    """
    table = build_table(variants)
    pair = _Pair(
        table=table,
        earlier=answers_of(variants, earlier, outcome),
        later=answers_of(variants, later, outcome),
        changed=np.array(
            [answers_differ(earlier.get(v.id), later.get(v.id), within=within) for v in variants],
            bool,
        ),
        outcome=outcome,
        limits=dataclasses.replace(limits, tolerance=outcome.tolerance(limits)),
        rng=rng,
    )
    labels: dict[Key, str] = {("group", g.id, t.id): t.text for g in groups for t in g.terms}
    labels.update({("placebo", None, t.id): t.text for t in placebos})
    place = {group.id: index for index, group in enumerate(groups)}
    of_group = [-1 if group is None else place[group] for _, group, _ in table.terms]
    family = Family(
        tuple(Subject(g.id, g.label, "group", None) for g in groups),
        np.array(of_group, dtype=np.int64),
    )
    return GapDifferences(
        groups=_differences(pair, family),
        terms=_differences(pair, _terms(table, "group", labels)),
        placebos=_differences(pair, _terms(table, "placebo", labels)),
    )


def same_answer_within(*runs: Iterable[Prediction]) -> float:
    """Return how far two answers may lie apart and still be the same one.

    Parameters
    ----------
    *runs : iterable of Prediction
        The answers of each run.

    Returns
    -------
    float
        In the unit of the answers, never missing: half a unit of the last place where a run's
        numbers are all rounded to three to five decimals, as tables of recorded predictions are;
        else `SAME_ANSWER`.

    Examples
    --------
    >>> rounded, exact = ([Prediction(id="a", score=score)] for score in (0.1234, 1 / 3))
    >>> round(same_answer_within(rounded, exact), 7)
    5.1e-05
    """
    return max(_rounding(run) for run in runs)


def _rounding(run: Iterable[Prediction]) -> float:
    """Return `same_answer_within` of one run."""
    values = np.array(
        [
            value
            for answer in run
            for value in (answer.score, *(answer.probabilities or {}).values())
            if value is not None
        ]
    )
    for decimals in _DECIMALS:
        if values.size and np.allclose(values, np.round(values, decimals), rtol=0, atol=1e-12):
            return 0.51 * 10.0**-decimals
    return SAME_ANSWER


def answers_differ(
    first: Prediction | None, second: Prediction | None, *, within: float = SAME_ANSWER
) -> bool:
    """Tell whether two runs answered a sentence differently.

    Parameters
    ----------
    first, second : Prediction or None
        The answers; ``None`` = not answered.
    within : float
        How far apart two scores or probabilities are still the same.

    Returns
    -------
    bool
        Scores and probabilities are compared up to ``within``, equally many labels one by one in
        any order. Where one side has probabilities or more repeats than the other, its most
        frequent label is compared. An answer on one side only is a difference; none on both sides
        is not.
    """
    if first is None or second is None:
        return (first is None) is not (second is None)
    if first.score is not None and second.score is not None:
        return abs(first.score - second.score) > within
    if first.probabilities is not None and second.probabilities is not None:
        labels = {*first.probabilities, *second.probabilities}
        return any(
            abs(first.probabilities.get(label, 0.0) - second.probabilities.get(label, 0.0)) > within
            for label in labels
        )
    drawn = first.probabilities is None and second.probabilities is None
    if drawn and len(first.samples) == len(second.samples):
        return Counter(first.samples) != Counter(second.samples)
    return _most_frequent(first).isdisjoint(_most_frequent(second))


def _most_frequent(answer: Prediction) -> set[str | None]:
    """Return the label with the most mass or samples, or all that tie for it."""
    counts: dict[str | None, float] = dict(Counter(answer.samples))
    if answer.probabilities is not None:
        counts = {None: answer.unparsed or 0.0}
        counts.update(answer.probabilities)
    most = max(counts.values(), default=0.0)
    return {label for label, count in counts.items() if count == most}


@dataclass(frozen=True)
class _Pair:
    """Two runs over one table of pairs."""

    table: PairTable
    earlier: Answers
    later: Answers
    changed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    outcome: Outcome
    limits: Limits
    rng: np.random.Generator

    def cells(self, front: tuple[Array, Array], back: tuple[Array, Array]) -> tuple[Cells, Cells]:
        """Return the cells of both runs, missing in both where either is not measured."""
        gone = np.isnan(np.stack([*front, *back])).any(axis=0)
        first, second = (
            cells_of(self.table, np.where(gone, np.nan, y), np.where(gone, np.nan, b))
            for y, b in zip(front, back, strict=True)
        )
        return first, second

    def measured(self) -> tuple[Cells, Cells]:
        """Return the cells of the outcome itself."""
        values = (self.earlier.value, self.later.value)
        return self.cells(values, values)


def _terms(table: PairTable, role: str, labels: Mapping[Key, str]) -> Family:
    """Return the family of all terms of a role."""
    keys = [key for key in table.terms if key[0] == role]
    place = {key: index for index, key in enumerate(keys)}
    return Family(
        tuple(Subject(key[2], labels.get(key, key[2]), key[0], key[1]) for key in keys),
        np.array([place.get(key, -1) for key in table.terms], dtype=np.int64),
    )


def _estimate(
    pair: _Pair, family: Family, cells: tuple[Cells, Cells]
) -> tuple[Estimates, Array, tuple[Array, Array]]:
    """Return estimates of the differences, adjusted p-values, and both runs' template gaps."""
    before, after = (c.template_gaps(family.of_term, family.size) for c in cells)
    D = after - before
    present = ~np.isnan(D)
    moments = [
        c.group_moments(family.of_term, family.size) + c.reference_moments(present) for c in cells
    ]
    h = (moments[0] + moments[1]).floor()
    level = pair.limits.confidence_level
    estimates = listed_interval(D, h, confidence_level=level, bound=BOUND)
    return estimates, _adjust(pair, estimates.p_value, D, h), (before, after)


def _adjust(pair: _Pair, p: Array, D: Array, h: Array) -> Array:
    """Adjust over the family; max-T does not depend on the scale, which it wants in [-1, 1]."""
    correction = pair.limits.correction
    if correction == "none" or not len(p):
        return p
    if correction == "bh":
        return benjamini_hochberg(p)
    if correction == "holm":
        return holm(p)
    return np.maximum(p, max_t(D / BOUND, h / BOUND, rng=pair.rng))


def _differences(pair: _Pair, family: Family) -> tuple[GapDifference, ...]:
    if not family.subjects:
        return ()
    cells = pair.measured()
    estimates, p_adjusted, (before, after) = _estimate(pair, family, cells)
    n_terms, n_pairs = cells[1].count_by_subject(family.of_term, family.size)
    changed = _answers_changed(pair, family)
    refusal, refusal_p = _bounds(pair, family, pair.earlier.refusal, pair.later.refusal)
    open_, open_p = _bounds(pair, family, pair.earlier.unresolved, pair.later.unresolved)
    span = pair.outcome.span
    found = []
    for s, subject in enumerate(family.subjects):
        gap = GroupGap(
            id=subject.id,
            label=subject.label,
            role=subject.role,
            group=subject.group,
            estimate=number(estimates.estimate[s] * span),
            interval=_interval(pair, estimates, s),
            p_value=number(estimates.p_value[s]),
            p_adjusted=number(p_adjusted[s]),
            n_templates=int(estimates.templates[s]),
            n_terms=int(n_terms[s]),
            n_pairs=int(n_pairs[s]),
            smallest_detectable_gap=_detectable(pair, estimates, s),
            refusal_bounds=refusal[s],
            refusal_bounds_p=refusal_p[s],
            unresolved_bounds=open_[s],
            unresolved_bounds_p=open_p[s],
        )
        found.append(
            GapDifference(
                gap=gap,
                earlier=number(_mean(before[s]) * span),
                later=number(_mean(after[s]) * span),
                answers_changed=int(changed[s]),
            )
        )
    return tuple(found)


def _mean(row: Array) -> float:
    """Average without NaN; NaN where nothing is left."""
    seen = row[~np.isnan(row)]
    return float(seen.mean()) if seen.size else float("nan")


def _answers_changed(pair: _Pair, family: Family) -> Codes:
    """Count each member's own sentences that were answered differently."""
    rows, of_pair = pair.table.counterfactuals
    subject = family.of_term[pair.table.pairs[1]][of_pair]
    kept = (subject >= 0) & pair.changed[rows]
    return np.bincount(subject[kept], minlength=family.size)


def _interval(pair: _Pair, estimates: Estimates, index: int) -> Interval | None:
    low, high = float(estimates.low[index]), float(estimates.high[index])
    if np.isnan(low):
        return None
    span, level = pair.outcome.span, pair.limits.confidence_level
    return Interval(low=low * span, high=high * span, confidence_level=level, method=METHOD)


def _detectable(pair: _Pair, estimates: Estimates, index: int) -> float | None:
    variance, T = float(estimates.variance[index]), int(estimates.templates[index])
    if not variance > 0:
        return None
    level = pair.limits.confidence_level
    found = smallest_detectable_gap(float(np.sqrt(variance)), T, confidence_level=level)
    return found * pair.outcome.span


Bounds = tuple[Interval, Interval] | None
BoundsP = tuple[float | None, float | None] | None


def _bounds(
    pair: _Pair, family: Family, earlier: Array, later: Array
) -> tuple[list[Bounds], list[BoundsP]]:
    """Recompute the intervals with the open mass placed in both ways, alike in both runs."""
    if not any(bool(np.any(v[1] - v[0] > _OPEN_MASS)) for v in (earlier, later)):
        return [None] * family.size, [None] * family.size
    sides = [
        _estimate(pair, family, pair.cells((earlier[f], later[f]), (earlier[b], later[b])))
        for f, b in ((0, 1), (1, 0))
    ]
    (low, low_p, _), (high, high_p, _) = sides
    intervals: list[Bounds] = []
    p_values: list[BoundsP] = []
    for s in range(family.size):
        first, second = _interval(pair, low, s), _interval(pair, high, s)
        known = first is not None and second is not None
        intervals.append((first, second) if first is not None and second is not None else None)
        p_values.append((number(low_p[s]), number(high_p[s])) if known else None)
    return intervals, p_values
