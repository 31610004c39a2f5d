"""What each pair shows: both answers and the difference, made when somebody reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from typing import overload

import numpy as np

from audit.records import NotTested, Outcome, Pair, PairGap, Prediction, Variant
from audit.records.making import make_records
from audit.statistics.cells import NO_LABEL, Answers, answers_of
from audit.statistics.pairs import Codes, PairTable, build_table, majority
from audit.statistics.validation import Array

_TOGETHER = 4096
"""Pairs whose numbers are taken out of the columns at once."""


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
    pairs = _Pairs(table).between(0, table.pairs.shape[1])
    return tuple(pairs), table.not_tested()


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
    found = PairGaps(build_table(variants), answers_of(variants, predictions, outcome), outcome)
    known = {_key(gap.pair): gap for gap in found}
    for pair in pairs:
        gap = known.get(_key(pair))
        if gap is None or gap.pair != pair:
            raise ValueError(f"pairs: {pair.term!r} in {pair.context!r} is no pair of the variants")
    return [known[_key(pair)] for pair in pairs]


def _key(pair: Pair) -> tuple[str, ...]:
    return pair.context, pair.role, pair.group or "", pair.term


class PairGaps(Sequence[PairGap]):
    """All pairs of a table as `pair_gaps` describes them.

    They lie in columns, about 150 bytes a pair; a record is made when it is read.

    Parameters
    ----------
    table : PairTable
        The pairs, in their order.
    answers : Answers
        Of the table's variants.
    outcome : Outcome
        Unit and range of the estimate.
    """

    def __init__(self, table: PairTable, answers: Answers, outcome: Outcome) -> None:
        context = table.pairs[0]
        y, b = table.by_pair(answers.value), table.by_context(answers.value)
        low, span = outcome.range[0], outcome.span
        self._table, self._pairs = table, _Pairs(table)
        self._estimate = (y - b[context]) * span
        self._value, self._reference_value = low + y * span, low + b * span
        self._labels = (*answers.labels, None)
        self._label = majority(table.by_pair(answers.shares))
        self._reference_label = majority(table.by_context(answers.shares))
        self._names = (*answers.labels, NO_LABEL)
        self._counts = answers.counts
        rows, of_context, _ = table.references
        self._reference_counts = _added(answers.counts[rows], of_context, len(table.contexts))

    def __len__(self) -> int:
        return int(self._table.pairs.shape[1])

    @overload
    def __getitem__(self, index: int) -> PairGap: ...
    @overload
    def __getitem__(self, index: slice) -> list[PairGap]: ...
    def __getitem__(self, index: int | slice) -> PairGap | list[PairGap]:
        chosen = range(len(self))[index]
        if isinstance(chosen, int):
            return self._between(chosen, chosen + 1)[0]
        return [self[place] for place in chosen]

    def __iter__(self) -> Iterator[PairGap]:
        for start in range(0, len(self), _TOGETHER):
            yield from self._between(start, min(start + _TOGETHER, len(self)))

    def _between(self, start: int, stop: int) -> list[PairGap]:
        """Make the records of pairs that lie together."""
        some = slice(start, stop)
        context = self._table.pairs[0, some]
        rows, of_pair = self._pairs.fronts.between(start, stop)
        variants = self._table.variants
        front = [variants[row] for row in self._pairs.fronts.first(range(start, stop))]
        columns: dict[str, Iterable[object]] = {
            "pair": self._pairs.between(start, stop),
            "estimate": _numbers(self._estimate[some]),
            "value": _numbers(self._value[some]),
            "reference_value": _numbers(self._reference_value[context]),
            "label": [self._labels[code] for code in self._label[some].tolist()],
            "reference_label": [
                self._labels[code] for code in self._reference_label[context].tolist()
            ],
            "counts": map(self._named, _added(self._counts[rows], of_pair, stop - start).tolist()),
            "reference_counts": map(self._named, self._reference_counts[context].tolist()),
            "text": [variant.text for variant in front],
            "reference_text": [variants[row].text for row in self._pairs.backs.first(context)],
            "valence": [variant.valence for variant in front],
        }
        return make_records(PairGap, stop - start, columns)

    def _named(self, counts: list[float]) -> dict[str, float]:
        """Return repeats by label, labels that occur only."""
        return {name: count for name, count in zip(self._names, counts, strict=True) if count}


class _Pairs:
    """The pairs of a table as records, some at a time."""

    def __init__(self, table: PairTable) -> None:
        self._table = table
        rows, pair = table.counterfactuals
        self.fronts = _Grouped(rows, pair, table.pairs.shape[1])
        rows, context, _ = table.references
        self.backs = _Grouped(rows, context, len(table.contexts))
        self._ids: dict[int, tuple[str, ...]] = {}

    def between(self, start: int, stop: int) -> list[Pair]:
        """Return records of pairs that lie together."""
        table, variants = self._table, self._table.variants
        contexts, terms = table.pairs[:, start:stop].tolist()
        units = table.unit_of_context[table.pairs[0, start:stop]].tolist()
        for context in contexts:
            if context not in self._ids:
                self._ids[context] = tuple(variants[row].id for row in self.backs.of(context))
        keys = [table.terms[term] for term in terms]
        ids: list[list[str]] = [[] for _ in keys]
        for row, place in zip(
            *map(np.ndarray.tolist, self.fronts.between(start, stop)), strict=True
        ):
            ids[place].append(variants[row].id)
        columns = {
            "unit": [table.units[unit] for unit in units],
            "context": [table.contexts[context] for context in contexts],
            "role": [key[0] for key in keys],
            "group": [key[1] for key in keys],
            "term": [key[2] for key in keys],
            "counterfactual": map(tuple, ids),
            "reference": [self._ids[context] for context in contexts],
        }
        return make_records(Pair, stop - start, columns)


class _Grouped:
    """Rows by what they belong to, in their order."""

    def __init__(self, rows: Codes, codes: Codes, size: int) -> None:
        self._rows = rows[np.argsort(codes, kind="stable")]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=size))])

    def of(self, code: int) -> list[int]:
        """Return the rows of one."""
        return list(self._rows[self._starts[code] : self._starts[code + 1]].tolist())

    def first(self, codes: Codes | range) -> list[int]:
        """Return the first row of some that have one."""
        return list(self._rows[self._starts[codes]].tolist())

    def between(self, start: int, stop: int) -> tuple[Codes, Codes]:
        """Return the rows of some that lie together, and which of these each belongs to."""
        starts = self._starts[start : stop + 1]
        return self._rows[starts[0] : starts[-1]], np.repeat(
            np.arange(stop - start), np.diff(starts)
        )


def _added(counts: Array, codes: Codes, size: int) -> Array:
    """Add up repeats by label, shape (size, L + 1)."""
    total = np.zeros((size, counts.shape[1]))
    np.add.at(total, codes, counts)
    return total


def _numbers(values: Array) -> list[float | None]:
    """Return values for records, which hold no NaN."""
    return [None if isnan(value) else value for value in values.tolist()]
