"""Metrics for answers with a gold label: error rates, AUCs and accuracy by group.

``gold`` is whether the *outcome's* label (usually the unfavourable one) is right for a text,
``predicted`` whether the classifier gave it. They answer another question than the gap: whether
mistakes are shared evenly. Templates that state an expected label can supply the gold labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from audit.statistics.intervals import listed_interval
from audit.statistics.validation import Array, alpha_of


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Error rates by group and their summed differences from the overall rates.

    Attributes
    ----------
    false_positive, false_negative : ndarray, shape (G,)
        Rates of each group, in [0, 1]; NaN where the group has no text of that gold label.
    overall_false_positive, overall_false_negative : float
        Rates over all texts.
    fped, fned : float
        False positive and false negative equality difference: the sum over the groups of
        |overall - group|, in [0, G]; groups without such texts do not count.
    """

    false_positive: Array
    false_negative: Array
    overall_false_positive: float
    overall_false_negative: float
    fped: float
    fned: float


def error_rates(gold: ArrayLike, predicted: ArrayLike, members: ArrayLike) -> ErrorRates:
    """Compare false positive and false negative rates between groups.

    Parameters
    ----------
    gold, predicted : array_like of bool, shape (n,)
        Right and given answers.
    members : array_like of bool, shape (G, n)
        Which texts mention each group; a text may mention several or none.

    Returns
    -------
    ErrorRates

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    FPED and FNED: Dixon et al. 2018. They have no error bar, add up noise over groups and so grow
    with their number, and are never 0 by chance: compare them only between runs of one probe set.
    """
    right, given, groups = _table(gold, predicted, members)
    false_positive = _rates(given, groups & ~right)
    false_negative = _rates(~given, groups & right)
    everyone = np.ones((1, right.size), dtype=bool)
    overall_fp = float(_rates(given, everyone & ~right)[0])
    overall_fn = float(_rates(~given, everyone & right)[0])
    return ErrorRates(
        false_positive=false_positive,
        false_negative=false_negative,
        overall_false_positive=overall_fp,
        overall_false_negative=overall_fn,
        fped=_summed_difference(overall_fp, false_positive),
        fned=_summed_difference(overall_fn, false_negative),
    )


@dataclass(frozen=True, slots=True)
class GroupAuc:
    """Three AUCs of one group, in [0, 1]; NaN where one side has no text.

    Attributes
    ----------
    subgroup : float
        Within the group: can it tell right from wrong there at all?
    bpsn : float
        Background positive, subgroup negative: low if the group's innocent texts score high.
    bnsp : float
        Background negative, subgroup positive: low if the group's true cases score low.
    """

    subgroup: float
    bpsn: float
    bnsp: float


def group_auc(gold: ArrayLike, score: ArrayLike, member: ArrayLike) -> GroupAuc:
    """Return subgroup, BPSN and BNSP AUC of one group.

    Parameters
    ----------
    gold : array_like of bool, shape (n,)
        Right answers.
    score : array_like, shape (n,)
        Score or probability of the outcome; higher means more likely.
    member : array_like of bool, shape (n,)
        Texts that mention the group; the others are the background.

    Returns
    -------
    GroupAuc

    Raises
    ------
    ValueError
        If the shapes differ or a score is not finite.

    Notes
    -----
    Borkan et al. 2019. AUCs ignore the threshold that a deployed classifier uses, and templates
    repeated over terms are not independent texts: read them beside the gaps, not instead of them.
    """
    right, inside, _ = _table(gold, member, np.asarray(member, bool)[None])
    values = np.asarray(score, float)
    if values.shape != right.shape or not np.isfinite(values).all():
        raise ValueError("score: one finite number for every text is needed")
    outside = ~inside
    return GroupAuc(
        subgroup=auc(values[inside & right], values[inside & ~right]),
        bpsn=auc(values[outside & right], values[inside & ~right]),
        bnsp=auc(values[inside & right], values[outside & ~right]),
    )


def auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Return the area under the ROC curve: P(a positive scores above a negative) + P(tie) / 2.

    Parameters
    ----------
    positive, negative : array_like, shape (n,) and (m,)
        Scores of the texts whose gold label is, and is not, the outcome's; any unit, higher = more
        likely.

    Returns
    -------
    float
        A probability, in [0, 1]; NaN if a side is empty.

    Notes
    -----
    The Mann-Whitney statistic over n m (Hanley & McNeil 1982).

    Examples
    --------
    >>> auc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    high, low = np.asarray(positive, float), np.asarray(negative, float)
    if not high.size or not low.size:
        return float("nan")
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")
    return float(below.sum() / (2 * high.size * low.size))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of right answers with its interval, in [0, 1]; NaN where there is no text."""

    estimate: float
    low: float
    high: float
    texts: int
    method: str


def accuracy(
    correct: ArrayLike,
    units: Sequence[object] | None = None,
    *,
    confidence_level: float = 0.95,
) -> Accuracy:
    """Return the accuracy on some texts with an interval.

    Parameters
    ----------
    correct : array_like of bool, shape (n,)
        Whether each answer was right.
    units : sequence of hashable, shape (n,), optional
        Template (carrier) of each text. Texts of one template are not independent: they are
        averaged, every template counts alike, and the interval is `listed_interval` with h = 1/2.
        Default: every text stands alone, with Wilson's interval.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    Accuracy
        With fewer than two templates there is no interval (NaN).

    Raises
    ------
    ValueError
        If the shapes differ or the level is not in (0, 1).
    """
    right = np.asarray(correct, bool)
    n = right.size
    if right.ndim != 1 or (units is not None and len(units) != n):
        raise ValueError("correct and units: one entry for every text is needed")
    if units is None or n == 0:
        low, high = wilson(int(right.sum()), n, confidence_level=confidence_level)
        estimate = float(right.mean()) if n else float("nan")
        return Accuracy(estimate, low, high, n, "Wilson")
    codes: dict[object, int] = {}
    unit = np.array([codes.setdefault(name, len(codes)) for name in units])
    means = np.bincount(unit, weights=right.astype(float)) / np.bincount(unit)
    found = listed_interval(means, 0.5, confidence_level=confidence_level)
    return Accuracy(
        estimate=float(found.estimate),
        low=float(np.maximum(found.low, 0.0)),
        high=float(np.minimum(found.high, 1.0)),
        texts=n,
        method="t over templates, variance floored by two pseudo-templates",
    )


def wilson(count: int, n: int, *, confidence_level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share.

    Parameters
    ----------
    count, n : int
        Hits and trials, 0 <= count <= n.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    low, high : float
        Fractions in [0, 1]; NaN for n = 0.

    Raises
    ------
    ValueError
        If the count is not between 0 and n, or the level not in (0, 1).

    Notes
    -----
    Wilson 1927; exactly 0 or 1 at the ends.
    """
    z = float(-special.ndtri(alpha_of(confidence_level) / 2))
    if not 0 <= count <= n:
        raise ValueError(f"count: must lie between 0 and n = {n}, got {count}")
    if n == 0:
        return float("nan"), float("nan")
    share = count / n
    centre = share + z**2 / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    low = 0.0 if count == 0 else (centre - half) / scale
    high = 1.0 if count == n else (centre + half) / scale
    return float(low), float(high)


def _table(
    first: ArrayLike, second: ArrayLike, groups: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the three arrays, or say that they do not fit."""
    one, two = np.asarray(first, bool), np.asarray(second, bool)
    rows = np.asarray(groups, bool)
    if one.ndim != 1 or two.shape != one.shape or rows.ndim != 2 or rows.shape[1] != one.size:
        raise ValueError("gold, predicted and members: shapes (n,), (n,) and (G, n) are needed")
    return one, two, rows


def _rates(hit: NDArray[np.bool_], among: NDArray[np.bool_]) -> Array:
    """Return the share of hits among some texts, row by row; NaN where there are none."""
    count = among.sum(axis=1)
    return np.where(count > 0, (among & hit).sum(axis=1) / np.maximum(count, 1), np.nan)


def _summed_difference(overall: float, rates: Array) -> float:
    """Return the summed absolute difference over the groups that have a rate."""
    known = rates[~np.isnan(rates)]
    return float(np.abs(overall - known).sum()) if known.size else float("nan")
