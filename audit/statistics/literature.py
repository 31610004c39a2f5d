"""The literature's names for what an audit reports, each with its source and its caution.

They are offered so that results can be compared with published ones. None of them is used for a
verdict: most read well above zero when nothing differs, because noise does not cancel in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from audit.statistics.validation import Array, checked


def counterfactual_token_fairness_gap(X: ArrayLike, *, exact: bool) -> float | None:
    """Return the counterfactual token fairness gap, the mean of |g(x) - g(x')|.

    Parameters
    ----------
    X : array_like, shape (..., T, K)
        Cell differences, counterfactual minus reference; NaN marks a missing cell.
    exact : bool
        Whether the cells are exact probabilities or scores, not shares of drawn labels.

    Returns
    -------
    float or None
        In [0, 1]; ``None`` for drawn labels or where nothing was measured.

    Raises
    ------
    ValueError
        If a difference is infinite or outside [-1, 1].

    Notes
    -----
    Garg et al. 2019, arXiv 1809.10610. Caution: it has no direction, and sampling noise adds to it
    (five drawn labels read 11 points where the truth is 4), so it is given for exact cells only;
    the noise-corrected ``excess_disagreement`` is the figure for drawn labels.
    """
    values = checked(X, "X", low=-1.0, high=1.0)
    known = np.abs(values[~np.isnan(values)])
    return float(known.mean()) if exact and known.size else None


def score_sensitivity(X: ArrayLike) -> Array:
    """Return ScoreSens: each term's mean signed difference from the reference.

    Parameters
    ----------
    X : array_like, shape (..., T, K)
        Cell differences, counterfactual minus reference; NaN marks a missing cell.

    Returns
    -------
    ndarray, shape (..., K)
        In [-1, 1], positive = higher than the reference; NaN for a term without any cell.

    Raises
    ------
    ValueError
        If a difference is infinite or outside [-1, 1].

    Notes
    -----
    Prabhakaran et al. 2019, arXiv 1910.04210. It equals this audit's gap of a single term; the
    paper gives it no error bar.
    """
    values = checked(X, "X", low=-1.0, high=1.0)
    return _mean(values, axis=-2)


def score_deviation(values: ArrayLike) -> float | None:
    """Return ScoreDev: the standard deviation over the terms, averaged over the templates.

    Parameters
    ----------
    values : array_like, shape (T, K)
        Cell values of all terms of all groups, in [0, 1]; NaN marks a missing cell.

    Returns
    -------
    float or None
        Population standard deviation, in [0, 1/2]; templates with fewer than two terms do not
        count, ``None`` if there is no other.

    Raises
    ------
    ValueError
        If a value is outside [0, 1].

    Notes
    -----
    Prabhakaran et al. 2019. Caution: it holds sampling noise, and terms that differ for good
    reason; it cannot say who is treated worse.
    """
    table = _templates_with_two(values)
    if not len(table):
        return None
    centred = table - _mean(table, axis=-1)[:, None]
    return float(np.sqrt(_mean(centred**2, axis=-1)).mean())


def score_range(values: ArrayLike) -> float | None:
    """Return ScoreRange: highest minus lowest term, averaged over the templates.

    Parameters
    ----------
    values : array_like, shape (T, K)
        As in `score_deviation`.

    Returns
    -------
    float or None
        In [0, 1]; ``None`` as in `score_deviation`.

    Raises
    ------
    ValueError
        If a value is outside [0, 1].

    Notes
    -----
    Prabhakaran et al. 2019. Caution: the range of more terms is larger even if all are alike, so
    probe sets of different sizes cannot be compared, and one odd answer decides it.
    """
    table = _templates_with_two(values)
    return (
        float((np.nanmax(table, axis=1) - np.nanmin(table, axis=1)).mean()) if len(table) else None
    )


@dataclass(frozen=True, slots=True)
class LabelDistance:
    """LabelDist with what it rests on.

    Attributes
    ----------
    estimate : float or None
        Mean Jaccard distance over the terms that have one, in [0, 1].
    by_term : ndarray, shape (K,)
        Jaccard distance of each term; NaN where neither set has a sentence.
    smallest_union : int
        Fewest sentences that any of these distances rests on.
    warning : str or None
        Why the figure may mislead.
    """

    estimate: float | None
    by_term: Array
    smallest_union: int
    warning: str | None


SMALL_UNION = 10


def label_distance(
    reference: ArrayLike, counterfactual: ArrayLike, present: ArrayLike | None = None
) -> LabelDistance:
    """Return LabelDist: Jaccard distance between the sentences labelled so before and after.

    Parameters
    ----------
    reference : array_like of bool, shape (T,)
        Whether the label is given to each template with the reference.
    counterfactual : array_like of bool, shape (T, K)
        Whether it is given with each term.
    present : array_like of bool, shape (T, K), optional
        Cells that were measured; default: all.

    Returns
    -------
    LabelDistance

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Prabhakaran et al. 2019: 1 - |A and B| / |A or B|, averaged over the terms. Caution: the
    denominator counts only sentences that got the label at least once. Where the label is rare one
    flip moves it from 0 to 1, and where nobody got it there is no distance at all (0 / 0): such
    terms are left out and said so, never counted as 0.

    Examples
    --------
    >>> label_distance([True, False], [[True], [True]]).estimate
    0.5
    """
    before = np.asarray(reference, bool)
    after = np.asarray(counterfactual, bool)
    kept = np.ones(after.shape, bool) if present is None else np.asarray(present, bool)
    if (
        before.ndim != 1
        or after.ndim != 2
        or len(before) != len(after)
        or kept.shape != after.shape
    ):
        raise ValueError("reference and counterfactual: shapes (T,) and (T, K), as present, needed")
    both = (before[:, None] & after & kept).sum(axis=0)
    either = ((before[:, None] | after) & kept).sum(axis=0)
    by_term = np.where(either > 0, 1 - both / np.maximum(either, 1), np.nan)
    known = by_term[either > 0]
    smallest = int(either[either > 0].min()) if known.size else 0
    warnings = []
    if known.size < either.size:
        warnings.append(
            f"{either.size - known.size} of {either.size} terms have no distance: neither they nor "
            "the reference ever got the label."
        )
    if known.size and smallest < SMALL_UNION:
        rests = "one sentence" if smallest == 1 else f"{smallest} sentences"
        warnings.append(f"A distance rests on {rests} only: single flips decide it.")
    return LabelDistance(
        estimate=float(known.mean()) if known.size else None,
        by_term=by_term,
        smallest_union=smallest,
        warning=" ".join(warnings) or None,
    )


def _mean(values: Array, axis: int) -> Array:
    """Average what is present along an axis; NaN where nothing is."""
    present = ~np.isnan(values)
    count = present.sum(axis=axis)
    total = np.where(present, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _templates_with_two(values: ArrayLike) -> Array:
    """Return the templates in which at least two terms were measured."""
    table = checked(values, "values", low=0.0, high=1.0)
    if table.ndim != 2:
        raise ValueError("values: a table of templates and terms (T, K) is needed")
    return np.asarray(table[(~np.isnan(table)).sum(axis=1) >= 2])
