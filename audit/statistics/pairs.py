"""Which variants are compared with which: the counterfactual pair is the unit of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import NotTested, Outcome, Pair, PairGap, Prediction, Role, Variant
from audit.statistics.cells import NO_LABEL, Answers, answers_of
from audit.statistics.validation import Array

Codes = NDArray[np.int64]
Key = tuple[Role, str | None, str]
"""A term: its role, its group (``None`` for a placebo) and its id."""
_TIES = 1e-9


@dataclass(frozen=True, slots=True)
class PairTable:
    """All pairs of a probe set in columns.

    Attributes
    ----------
    variants : tuple of Variant
        Every variant, also those without a reference.
    contexts, units, fillers : tuple of str
        Names behind the codes.
    terms : tuple of (role, group, term id)
        Terms that have a pair, in order of appearance.
    unit_of_context : ndarray of int, shape (C,)
        Unit of every context.
    references : ndarray of int, shape (3, n)
        Row of ``variants``, context and filler of every reference variant.
    pairs : ndarray of int, shape (2, P)
        Context and term of every pair.
    counterfactuals : ndarray of int, shape (2, n)
        Row of ``variants`` and pair of every compared variant.
    without_reference : tuple of str
        Contexts that have counterfactuals and no reference; they form no pair.
    """

    variants: tuple[Variant, ...]
    contexts: tuple[str, ...]
    units: tuple[str, ...]
    fillers: tuple[str, ...]
    terms: tuple[Key, ...]
    unit_of_context: Codes
    references: Codes
    pairs: Codes
    counterfactuals: Codes
    without_reference: tuple[str, ...]

    @property
    def pair_unit(self) -> Codes:
        """Unit of every pair, shape (P,)."""
        return np.asarray(self.unit_of_context[self.pairs[0]])

    def not_tested(self) -> tuple[NotTested, ...]:
        """Say which contexts could not be compared."""
        why = "no reference variant to compare with"
        return tuple(NotTested(what=f"context {name}", why=why) for name in self.without_reference)

    def records(self) -> tuple[Pair, ...]:
        """Return the pairs as records, in the order of the columns."""
        fronts: list[list[str]] = [[] for _ in range(self.pairs.shape[1])]
        for row, pair in self.counterfactuals.T.tolist():
            fronts[pair].append(self.variants[row].id)
        backs: list[list[str]] = [[] for _ in self.contexts]
        for row, context, _ in self.references.T.tolist():
            backs[context].append(self.variants[row].id)
        shared = [tuple(names) for names in backs]
        units = self.unit_of_context.tolist()
        return tuple(
            Pair(
                unit=self.units[units[context]],
                context=self.contexts[context],
                role=self.terms[term][0],
                group=self.terms[term][1],
                term=self.terms[term][2],
                counterfactual=tuple(fronts[index]),
                reference=shared[context],
            )
            for index, (context, term) in enumerate(self.pairs.T.tolist())
        )

    def by_pair(self, values: Array) -> Array:
        """Average the variants of each counterfactual cell; NaN where none is measured."""
        rows, pair = self.counterfactuals
        return mean_by(pair, values[rows], self.pairs.shape[1])

    def by_context(self, values: Array) -> Array:
        """Average each context's reference: first within a filler, then over the fillers."""
        (context, _), cells = self.reference_cells(values)
        return mean_by(context, cells, len(self.contexts))

    def reference_cells(self, values: Array) -> tuple[Codes, Array]:
        """Return context and filler, shape (2, n), and the mean of every reference cell."""
        places, cell = self._reference_codes()
        return places, mean_by(cell, values[self.references[0]], places.shape[1])

    def noise_by_pair(self, noise: Array, present: NDArray[np.bool_]) -> Array:
        """Return the sampling variance of `by_pair`, from that of every present variant."""
        rows, pair = self.counterfactuals
        return noise_of_mean(pair, noise[rows], present[rows], self.pairs.shape[1])

    def noise_of_reference_cells(self, noise: Array, present: NDArray[np.bool_]) -> Array:
        """Return the sampling variance of `reference_cells`, from that of every variant."""
        places, cell = self._reference_codes()
        rows = self.references[0]
        return noise_of_mean(cell, noise[rows], present[rows], places.shape[1])

    def noise_by_context(self, noise: Array, present: NDArray[np.bool_]) -> Array:
        """Return the sampling variance of `by_context`, from that of every variant."""
        (context, _), measured = self.reference_cells(np.where(present, 1.0, np.nan))
        cells = self.noise_of_reference_cells(noise, present)
        return noise_of_mean(context, cells, ~np.isnan(measured), len(self.contexts))

    def _reference_codes(self) -> tuple[Codes, Codes]:
        """Return context and filler of every reference cell, and the cell of every reference."""
        _, context, filler = self.references
        codes, cell = np.unique(context * len(self.fillers) + filler, return_inverse=True)
        return np.stack(np.divmod(codes, max(len(self.fillers), 1))), cell


def build_table(variants: Sequence[Variant]) -> PairTable:
    """Arrange variants into pairs.

    Parameters
    ----------
    variants : sequence of Variant
        In any order; those with the same ``context`` are compared with one another.

    Returns
    -------
    PairTable

    Raises
    ------
    ValueError
        If ids repeat, a context belongs to two units, or a role and a group contradict each other.
    """
    contexts: dict[str, int] = {}
    units: dict[str, int] = {}
    fillers: dict[str, int] = {}
    terms: dict[Key, int] = {}
    unit_of_context: list[int] = []
    references: list[tuple[int, int, int]] = []
    fronts: list[tuple[int, int, Key]] = []
    for row, variant in enumerate(variants):
        name, role, group = variant.context, variant.role, variant.group
        if (group is not None) is not (role == "group"):
            raise ValueError(f"variants: {variant.id!r} has role {role!r} and group {group!r}")
        context = contexts.setdefault(name, len(unit_of_context))
        unit = units.setdefault(variant.unit, len(units))
        if context == len(unit_of_context):
            unit_of_context.append(unit)
        elif unit_of_context[context] != unit:
            raise ValueError(f"variants: context {name!r} belongs to two units")
        if role == "reference":
            filler = fillers.setdefault(variant.term, len(fillers))
            references.append((row, context, filler))
        else:
            fronts.append((row, context, (role, group, variant.term)))
    covered = {context for _, context, _ in references}
    pairs: dict[tuple[int, int], int] = {}
    rows = []
    for row, context, key in fronts:
        if context in covered:
            term = terms.setdefault(key, len(terms))
            rows.append((row, pairs.setdefault((context, term), len(pairs))))
    names = tuple(contexts)
    bare = dict.fromkeys(names[context] for _, context, _ in fronts if context not in covered)
    return PairTable(
        variants=tuple(variants),
        contexts=names,
        units=tuple(units),
        fillers=tuple(fillers),
        terms=tuple(terms),
        unit_of_context=np.array(unit_of_context, dtype=np.int64),
        references=_columns(references, 3),
        pairs=_columns(pairs, 2),
        counterfactuals=_columns(rows, 2),
        without_reference=tuple(bare),
    )


def _columns(rows: Iterable[tuple[int, ...]], width: int) -> Codes:
    """Return rows of codes as an array of columns, shape (width, n)."""
    return np.array(list(rows), dtype=np.int64).reshape(-1, width).T


def mean_by(codes: Codes, values: Array, size: int) -> Array:
    """Average values that share a code, leaving NaN out.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Which mean each value belongs to.
    values : ndarray, shape (n,) or (n, L)
        NaN = missing; a row is present or missing as a whole.
    size : int
        Number of means.

    Returns
    -------
    ndarray, shape (size,) or (size, L)
        In the unit of the values; NaN where nothing is left. The definition of a mean.
    """
    missing = np.isnan(values)
    present = ~(missing if values.ndim == 1 else missing.any(axis=1))
    kept, codes = values[present], codes[present]
    count = np.bincount(codes, minlength=size).reshape(-1, *[1] * (values.ndim - 1))
    total = np.zeros((size, *values.shape[1:]))
    np.add.at(total, codes, kept)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def noise_of_mean(codes: Codes, noise: Array, present: NDArray[np.bool_], size: int) -> Array:
    """Return the sampling variance of the mean over the present values that share a code.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Which mean each value belongs to.
    noise : ndarray, shape (n,)
        Sampling variance of each value, at least 0; NaN = unknown.
    present : ndarray of bool, shape (n,)
        Whether a value is measured.
    size : int
        Number of means.

    Returns
    -------
    ndarray, shape (size,)
        At least 0, squared unit of the values; NaN where nothing is present or where the variance
        of a present value is unknown. By definition the sum of the variances over the squared
        count.
    """
    count = np.bincount(codes[present], minlength=size)
    total = np.bincount(codes[present], weights=noise[present], minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1) ** 2, np.nan)


def pair_variants(
    variants: Sequence[Variant],
) -> tuple[tuple[Pair, ...], tuple[NotTested, ...]]:
    """Pair every counterfactual cell with its context's reference.

    Parameters
    ----------
    variants : sequence of Variant
        Variants with the same ``context`` are compared with one another.

    Returns
    -------
    pairs : tuple of Pair
        One for each (context, term) of role group or placebo, against *all* reference variants of
        the context.
    not_tested : tuple of NotTested
        Contexts without any reference variant.

    Raises
    ------
    ValueError
        If a context belongs to two units, or a role and a group contradict each other.
    """
    table = build_table(variants)
    return table.records(), table.not_tested()


def pair_gaps(
    pairs: Sequence[Pair],
    variants: Sequence[Variant],
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    outcome: Outcome,
) -> list[PairGap]:
    """Describe every pair: what each side answered and the difference.

    Parameters
    ----------
    pairs : sequence of Pair
        From `pair_variants` of the same variants, all or some.
    variants, predictions, outcome
        As in `audit.statistics.cells.answers_of`.

    Returns
    -------
    list of PairGap
        In the order of ``pairs``. ``estimate`` is counterfactual minus mean reference in the
        outcome's unit, ``None`` where a side has no parseable answer; a majority label is the
        unique mode, else ``None``.

    Raises
    ------
    ValueError
        As `audit.statistics.cells.answers_of`, or if a pair is none of these variants.
    """
    table = build_table(variants)
    known = {(pair.context, pair.role, pair.group, pair.term): pair for pair in table.records()}
    for pair in pairs:
        if known.get((pair.context, pair.role, pair.group, pair.term)) != pair:
            raise ValueError(f"pairs: {pair.term!r} in {pair.context!r} is no pair of the variants")
    gaps = describe_pairs(table, answers_of(variants, predictions, outcome), outcome)
    of_pair = dict(zip(known, gaps, strict=True))
    return [of_pair[pair.context, pair.role, pair.group, pair.term] for pair in pairs]


def describe_pairs(table: PairTable, answers: Answers, outcome: Outcome) -> list[PairGap]:
    """Describe all pairs of a table.

    Parameters
    ----------
    table : PairTable
        The pairs.
    answers : Answers
        Of the table's variants.
    outcome : Outcome
        Unit and range of the estimate.

    Returns
    -------
    list of PairGap
        In the order of the table, see `pair_gaps`.
    """
    context = table.pairs[0]
    y, b = table.by_pair(answers.value), table.by_context(answers.value)[context]
    low, span = outcome.range[0], outcome.span
    labels = np.array([*answers.labels, None], dtype=object)
    said = labels[majority(table.by_pair(answers.shares))]
    expected = labels[majority(table.by_context(answers.shares))[context]]
    gaps = []
    rows = {variant.id: row for row, variant in enumerate(table.variants)}
    for index, pair in enumerate(table.records()):
        front, back = rows[pair.counterfactual[0]], rows[pair.reference[0]]
        gaps.append(
            PairGap(
                pair=pair,
                estimate=number((y[index] - b[index]) * span),
                value=number(low + y[index] * span),
                reference_value=number(low + b[index] * span),
                label=said[index],
                reference_label=expected[index],
                counts=_counts(answers, [rows[name] for name in pair.counterfactual]),
                reference_counts=_counts(answers, [rows[name] for name in pair.reference]),
                text=table.variants[front].text,
                reference_text=table.variants[back].text,
                valence=table.variants[front].valence,
            )
        )
    return gaps


def modes(shares: Array) -> NDArray[np.bool_]:
    """Return which labels are most frequent in each row.

    Parameters
    ----------
    shares : ndarray, shape (n, L)
        Share of each label, in [0, 1]; a row of NaN = nothing parsed.

    Returns
    -------
    ndarray of bool, shape (n, L)
        True where a label is most frequent, several in a tie (up to 1e-9), none in a missing row.
        The definition of a mode.
    """
    top = np.max(shares, axis=1, initial=0.0, keepdims=True)
    return np.asarray(shares >= top - _TIES)


def majority(shares: Array) -> Codes:
    """Return the column of each row's unique mode.

    Parameters
    ----------
    shares : ndarray, shape (n, L)
        As in `modes`.

    Returns
    -------
    ndarray of int, shape (n,)
        Column, or -1 for a tie or a missing row.
    """
    most = modes(shares)
    unique = most.sum(axis=1) == 1
    return np.where(unique, most.argmax(axis=1) if shares.shape[1] else -1, -1)


def number(value: float) -> float | None:
    """Return a value for a record.

    Parameters
    ----------
    value : float
        In any unit; NaN = missing.

    Returns
    -------
    float or None
        The same value in its unit, ``None`` for NaN: records hold no NaN (see `audit.records`).
    """
    return None if np.isnan(value) else float(value)


def _counts(answers: Answers, rows: list[int]) -> dict[str, float]:
    """Add up the repeats of some variants by label, labels that occur only."""
    total = answers.counts[rows].sum(axis=0).tolist()
    names = (*answers.labels, NO_LABEL)
    return {name: count for name, count in zip(names, total, strict=True) if count}
