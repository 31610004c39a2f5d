"""From pairs to template gaps: repeats, then variants, then contexts, then terms are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.statistics.intervals import floor_from_moments
from audit.statistics.pairs import Codes, PairTable, mean_by, noise_of_mean
from audit.statistics.validation import Array


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, sum and sum of squares of cell values, each of shape (S,)."""

    count: Array
    total: Array
    squares: Array

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.count + other.count, self.total + other.total, self.squares + other.squares
        )

    def floor(self) -> Array:
        """Return the floor h of `audit.statistics.intervals.floor_h`, shape (S,)."""
        safe = np.maximum(self.count, 1)
        mean = self.total / safe
        variance = np.maximum(self.squares / safe - mean**2, 0.0)
        return floor_from_moments(mean, variance, self.count)


@dataclass(frozen=True, slots=True)
class Cells:
    """Differences in columns: one row per present (unit, term) cell.

    Attributes
    ----------
    unit, term : ndarray of int, shape (n,)
        Codes of the table.
    y, x : ndarray, shape (n,)
        Counterfactual value and its difference from the reference, scale [0, 1] and [-1, 1]; NaN
        where a side is not measured.
    pairs : ndarray of int, shape (n,)
        Measured pairs (contexts) averaged in the cell.
    filler_unit, filler : ndarray of int, shape (m,)
        Codes of the reference cells.
    b : ndarray, shape (m,)
        Reference values by (unit, filler).
    """

    unit: Codes
    term: Codes
    y: Array
    x: Array
    pairs: Codes
    filler_unit: Codes
    filler: Codes
    b: Array
    n_units: int

    def template_gaps(self, subject_of_term: Codes, subjects: int) -> Array:
        """Return D, shape (subjects, units): the mean over each subject's terms; NaN = missing."""
        return self._by_subject(self.x, subject_of_term, subjects)

    def template_values(self, subject_of_term: Codes, subjects: int) -> Array:
        """Return the mean counterfactual value, shape (subjects, units); NaN = missing."""
        measured = np.where(np.isnan(self.x), np.nan, self.y)
        return self._by_subject(measured, subject_of_term, subjects)

    def _by_subject(self, values: Array, subject_of_term: Codes, subjects: int) -> Array:
        subject = subject_of_term[self.term]
        kept = subject >= 0
        codes = subject[kept] * self.n_units + self.unit[kept]
        means = mean_by(codes, values[kept], subjects * self.n_units)
        return means.reshape(subjects, self.n_units)

    def count_by_subject(
        self, subject_of_term: Codes, subjects: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return measured terms and measured pairs of each subject."""
        subject = subject_of_term[self.term]
        kept = (subject >= 0) & ~np.isnan(self.x)
        pairs = np.bincount(subject[kept], weights=self.pairs[kept], minlength=subjects)
        terms = np.unique(self.term[kept])
        return np.bincount(subject_of_term[terms], minlength=subjects), pairs.astype(np.int64)

    def group_moments(self, subject_of_term: Codes, subjects: int) -> Moments:
        """Return the moments of each subject's measured cells."""
        subject = subject_of_term[self.term]
        kept = (subject >= 0) & ~np.isnan(self.x)
        return _moments(subject[kept], self.y[kept], subjects)

    def reference_moments(self, present: NDArray[np.bool_]) -> Moments:
        """Return the moments of the reference cells in each subject's units, (subjects, units)."""
        kept = ~np.isnan(self.b)
        by_unit = _moments(self.filler_unit[kept], self.b[kept], self.n_units)
        mask = present.astype(float)
        return Moments(mask @ by_unit.count, mask @ by_unit.total, mask @ by_unit.squares)

    def floors(self, subject_of_term: Codes, D: Array) -> Array:
        """Return h of each subject from its cells and the reference cells of its units."""
        own = self.group_moments(subject_of_term, len(D))
        return (own + self.reference_moments(~np.isnan(D))).floor()

    def matrix(self, terms: Sequence[int], values: Array | None = None) -> Array:
        """Return the differences of some terms as a table, shape (units, terms); NaN = missing."""
        place = np.full(int(self.term.max(initial=-1)) + 1, -1)
        place[list(terms)] = np.arange(len(terms))
        column = place[self.term]
        kept = column >= 0
        table = np.full((self.n_units, len(terms)), np.nan)
        table[self.unit[kept], column[kept]] = (self.x if values is None else values)[kept]
        return table

    def filler_matrix(self, values: Array | None = None) -> Array:
        """Return the reference cells as a table, shape (units, fillers); NaN = missing."""
        table = np.full((self.n_units, int(self.filler.max(initial=-1)) + 1), np.nan)
        table[self.filler_unit, self.filler] = self.b if values is None else values
        return table


def cells_of(
    table: PairTable, front: Array, back: Array, keep: NDArray[np.bool_] | None = None
) -> Cells:
    """Average to cells.

    Parameters
    ----------
    table : PairTable
        The pairs.
    front, back : ndarray, shape (n variants,)
        Value of each variant as a counterfactual and as a reference; they differ only when bounds
        are computed. NaN = not measured.
    keep : ndarray of bool, shape (P,), optional
        Pairs to use; default: all.

    Returns
    -------
    Cells
    """
    used = np.ones(table.pairs.shape[1], dtype=bool) if keep is None else keep
    y = table.by_pair(front)[used]
    x = y - table.by_context(back)[table.pairs[0, used]]
    width = max(len(table.terms), 1)
    codes, cell = np.unique(
        table.pair_unit[used] * width + table.pairs[1, used], return_inverse=True
    )
    measured = ~np.isnan(x)
    unit, term = np.divmod(codes, width)
    places, fillers = table.reference_cells(back)
    (filler_unit, filler), by_unit = _filler_codes(table, places)
    return Cells(
        unit=unit,
        term=term,
        y=mean_by(cell, np.where(measured, y, np.nan), codes.size),
        x=mean_by(cell, x, codes.size),
        pairs=np.bincount(cell[measured], minlength=codes.size),
        filler_unit=filler_unit,
        filler=filler,
        b=mean_by(by_unit, fillers, filler.size),
        n_units=len(table.units),
    )


def cell_noise(table: PairTable, noise: Array, present: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the sampling variance of ``y`` and ``b`` of `cells_of`.

    Parameters
    ----------
    table : PairTable
        The pairs.
    noise : ndarray, shape (n variants,)
        Sampling variance of each variant's value, at least 0; NaN = unknown.
    present : ndarray of bool, shape (n variants,)
        Whether a variant is measured.

    Returns
    -------
    y, b : ndarray, shape (n,) and (m,)
        Variances on the squared scale of the values, in the order of `Cells`; NaN = missing or
        unknown.
    """
    by_pair = table.noise_by_pair(noise, present)
    measured = ~np.isnan(table.by_pair(np.where(present, 1.0, np.nan)))
    codes, cell = np.unique(
        table.pair_unit * max(len(table.terms), 1) + table.pairs[1], return_inverse=True
    )
    places, seen = table.reference_cells(np.where(present, 1.0, np.nan))
    (_, filler), by_unit = _filler_codes(table, places)
    back = table.noise_of_reference_cells(noise, present)
    return (
        noise_of_mean(cell, by_pair, measured, codes.size),
        noise_of_mean(by_unit, back, ~np.isnan(seen), filler.size),
    )


def _filler_codes(table: PairTable, places: Codes) -> tuple[Codes, Codes]:
    """Return unit and filler of every (unit, filler), and which of them a reference cell is in."""
    width = max(len(table.fillers), 1)
    context, filler = places
    codes, inverse = np.unique(table.unit_of_context[context] * width + filler, return_inverse=True)
    return np.stack(np.divmod(codes, width)), inverse


def _moments(codes: Codes, values: Array, size: int) -> Moments:
    count, total, squares = np.zeros((3, size))
    np.add.at(count, codes, 1.0)
    np.add.at(total, codes, values)
    np.add.at(squares, codes, values**2)
    return Moments(count, total, squares)
