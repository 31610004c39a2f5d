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
        rows, pair = table.counterfactuals
        self._counts = _added(answers.counts[rows], pair, table.pairs.shape[1])
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
        fronts, backs = self._pairs.first_rows(start, stop)
        front = [self._table.variants[row] for row in fronts]
        columns: dict[str, Iterable[object]] = {
            "pair": self._pairs.between(start, stop),
            "estimate": _numbers(self._estimate[some]),
            "value": _numbers(self._value[some]),
            "reference_value": _numbers(self._reference_value[context]),
            "label": [self._labels[code] for code in self._label[some].tolist()],
            "reference_label": [
                self._labels[code] for code in self._reference_label[context].tolist()
            ],
            "counts": map(self._named, self._counts[some].tolist()),
            "reference_counts": map(self._named, self._reference_counts[context].tolist()),
            "text": [variant.text for variant in front],
            "reference_text": [self._table.variants[row].text for row in backs],
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
        self._fronts = _Grouped(rows, pair, table.pairs.shape[1])
        rows, context, _ = table.references
        self._backs = _Grouped(rows, context, len(table.contexts))
        self._ids: dict[int, tuple[str, ...]] = {}

    def between(self, start: int, stop: int) -> list[Pair]:
        """Return records of pairs that lie together."""
        table, variants = self._table, self._table.variants
        contexts, terms = table.pairs[:, start:stop].tolist()
        units = table.unit_of_context[table.pairs[0, start:stop]].tolist()
        for context in contexts:
            if context not in self._ids:
                self._ids[context] = tuple(variants[row].id for row in self._backs.of(context))
        keys = [table.terms[term] for term in terms]
        columns = {
            "unit": [table.units[unit] for unit in units],
            "context": [table.contexts[context] for context in contexts],
            "role": [key[0] for key in keys],
            "group": [key[1] for key in keys],
            "term": [key[2] for key in keys],
            "counterfactual": [
                tuple([variants[row].id for row in rows])
                for rows in self._fronts.between(start, stop)
            ],
            "reference": [self._ids[context] for context in contexts],
        }
        return make_records(Pair, stop - start, columns)

    def first_rows(self, start: int, stop: int) -> tuple[list[int], list[int]]:
        """Return the variants whose texts stand for the two sides of each pair."""
        context = self._table.pairs[0, start:stop]
        return self._fronts.first[start:stop].tolist(), self._backs.first[context].tolist()


class _Grouped:
    """Rows by what they belong to, in their order."""

    def __init__(self, rows: Codes, codes: Codes, size: int) -> None:
        self._rows = rows[np.argsort(codes, kind="stable")]
        count = np.bincount(codes, minlength=size)
        self._ends = np.cumsum(count)
        self._starts = self._ends - count
        present = np.minimum(self._starts, max(len(rows) - 1, 0))
        self.first = self._rows[present] if len(rows) else np.zeros(size, dtype=np.int64)

    def of(self, code: int) -> list[int]:
        """Return the rows of one."""
        return self.between(code, code + 1)[0]

    def between(self, start: int, stop: int) -> list[list[int]]:
        """Return the rows of some that lie together."""
        first = int(self._starts[start]) if start < stop else 0
        ends = (self._ends[start:stop] - first).tolist()
        rows = self._rows[first : first + (ends[-1] if ends else 0)].tolist()
        return [rows[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def _added(counts: Array, codes: Codes, size: int) -> Array:
    """Add up repeats by label, shape (size, L + 1)."""
    total = np.zeros((size, counts.shape[1]))
    np.add.at(total, codes, counts)
    return total


def _numbers(values: Array) -> list[float | None]:
    """Return values for records, which hold no NaN."""
    return [None if isnan(value) else value for value in values.tolist()]
