"""Which variants are compared with which: the counterfactual pair is the unit of evidence."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.records import NotTested, Role, Variant
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
    references, fronts = array("q"), array("q")
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
            references.extend((row, context, fillers.setdefault(variant.term, len(fillers))))
        else:
            key = (role, group, variant.term)
            fronts.extend((row, context, terms.setdefault(key, len(terms))))
    behind = _columns(references)
    covered = np.zeros(len(contexts), dtype=bool)
    covered[behind[1]] = True
    front = _columns(fronts)
    bare = dict.fromkeys(front[1, ~covered[front[1]]].tolist())
    row, context, term = front if not bare else front[:, covered[front[1]]]
    used, term = _by_appearance(term)
    cells, pair = _by_appearance(context * max(len(used), 1) + term)
    names, keys = tuple(contexts), tuple(terms)
    return PairTable(
        variants=tuple(variants),
        contexts=names,
        units=tuple(units),
        fillers=tuple(fillers),
        terms=tuple(keys[code] for code in used.tolist()),
        unit_of_context=np.array(unit_of_context, dtype=np.int64),
        references=behind,
        pairs=np.stack(np.divmod(cells, max(len(used), 1))),
        counterfactuals=np.stack([row, pair]),
        without_reference=tuple(names[context] for context in bare),
    )


def _columns(rows: array[int]) -> Codes:
    """Return rows of three codes as columns, shape (3, n)."""
    return np.frombuffer(rows, dtype=np.int64).reshape(-1, 3).T


def _by_appearance(codes: Codes) -> tuple[Codes, Codes]:
    """Return distinct codes in the order in which they appear, and which of them each one is."""
    distinct, first, which = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return distinct[order], np.argsort(order)[which]


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
