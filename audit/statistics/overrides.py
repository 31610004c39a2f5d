"""Human overrides: what routing some answers to a person costs, and the gap it leaves.

A rule sends a text of a group to a person when the predicted label is unfavourable and the
confidence is below a threshold. Everything here works on arrays ``(..., T, K)``: any leading axes,
then templates (carriers), then the cells of a template (contexts x terms); NaN marks a missing
cell. Gaps are fractions, counterfactual minus reference, positive = treated worse.

A cell's value is the share of its answers that are unfavourable (a probability, a share of
repeats, or 0 and 1), so "the answer is unfavourable" is true for that share of its texts and
routing touches that share: a gap without a rule is exactly the audited gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from audit.statistics.intervals import listed_interval

Floats = NDArray[np.float64]
ChoiceRule = Literal["ucl", "point"]

FOLDS = 5
MIN_TEMPLATES = 20
"""Fewer templates than this make a cross-fitted residual gap an illustration only."""

DEFAULT_THRESHOLDS = (0.0, *(round(0.05 * i, 2) for i in range(7, 20)), 0.975, 0.99, 0.999, 1.0)
"""From routing nothing (0) to routing every unfavourable answer (1)."""


@dataclass(frozen=True, slots=True)
class OverrideCurve:
    """Residual gap and review load of every template under every threshold.

    Attributes
    ----------
    thresholds : ndarray, shape (Q,)
        Answers with confidence below it are routed; 1 routes all unfavourable answers.
    gaps : ndarray, shape (..., Q, T)
        Template gap left after the rule (fraction, positive = treated worse). Not clipped: an
        over-correction is negative.
    loads : ndarray, shape (..., Q, T)
        Share of the template's texts that a person reads, in [0, 1].
    """

    thresholds: Floats
    gaps: Floats
    loads: Floats


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Cross-fitted residual gap: chosen on some templates, measured on the others.

    Attributes
    ----------
    residual, low, high : ndarray, shape (...)
        Gap left after the rule and its interval ``listed`` with h = 1/2 (fractions).
    load : ndarray, shape (...)
        Share of texts that mention the group and are routed, in [0, 1].
    chosen : ndarray of int, shape (..., F)
        Index of the threshold each fold was measured with.
    illustration_only : bool
        Fewer than 20 templates: the numbers show the method and carry no promise.
    """

    residual: Floats
    low: Floats
    high: Floats
    load: Floats
    chosen: NDArray[np.intp]
    illustration_only: bool


def override_curve(
    value: ArrayLike,
    confidence: ArrayLike,
    human: ArrayLike,
    reference: ArrayLike,
    *,
    thresholds: ArrayLike = DEFAULT_THRESHOLDS,
    weight: ArrayLike = 1.0,
) -> OverrideCurve:
    """Residual gap and load of the rule "unfavourable and confidence below tau".

    Parameters
    ----------
    value : array_like, shape (..., T, K)
        Share of unfavourable answers of each cell, in [0, 1]; NaN = missing cell.
    confidence : array_like, shape (..., T, K)
        Largest label probability of the cell, or the modal share of its repeats, in [0, 1].
    human : array_like, broadcastable to (..., T, K)
        Probability that a person answers unfavourably, in [0, 1]: the template's expected label
        (0 or 1), or the reference cell ("human like reference").
    reference : array_like, broadcastable to (..., T, K)
        The reference cell under its own rule; by default its value, not routed.
    thresholds : array_like, shape (Q,)
        Confidence thresholds in [0, 1].
    weight : array_like, broadcastable to (..., T, K)
        Weight of each present cell in its template's mean, not negative.

    Returns
    -------
    OverrideCurve

    Raises
    ------
    ValueError
        If an argument is outside [0, 1], or a template has no present cell.

    Examples
    --------
    >>> value = [[1.0, 0.0], [1.0, 1.0]]
    >>> curve = override_curve(value, 0.9, 0.0, 0.0, thresholds=[0.5, 1.0])
    >>> curve.gaps.mean(axis=-1).tolist(), curve.loads.mean(axis=-1).tolist()
    ([0.75, 0.0], [0.0, 0.75])
    """
    tau = _fractions("thresholds", thresholds)
    y = _fractions("value", value, missing=True)
    sure = _fractions("confidence", np.broadcast_to(confidence, y.shape), missing=True)
    h = _fractions("human", np.broadcast_to(human, y.shape), missing=True)
    b = _fractions("reference", np.broadcast_to(reference, y.shape), missing=True)
    levels = tau.reshape((-1, 1, 1))
    below = (sure[..., None, :, :] < levels) | (levels >= 1)
    y, h, b = (array[..., None, :, :] for array in (np.where(np.isnan(sure), np.nan, y), h, b))
    routed = np.where(below, y, 0.0)
    answered = y - routed * (1 - h)
    return _curve(tau, answered - b, routed, _weights(weight, sure.shape))


def score_override_curve(
    score: ArrayLike,
    routed: ArrayLike,
    human: ArrayLike,
    reference: ArrayLike,
    *,
    weight: ArrayLike = 1.0,
) -> OverrideCurve:
    """Residual gap and load of the rule "the score is on the wrong side of the review limit".

    Parameters
    ----------
    score : array_like, shape (..., T, K)
        Scores mapped to [0, 1] by their declared range; NaN = missing cell.
    routed : array_like of bool, broadcastable to (..., T, K)
        Cells that a person reads.
    human, reference : array_like, broadcastable to (..., T, K)
        The score a person would give, and the reference's score, in [0, 1].
    weight : array_like, broadcastable to (..., T, K)
        As in `override_curve`.

    Returns
    -------
    OverrideCurve
        One row, the rule itself (threshold 1): nothing is chosen. Gaps are fractions of the range.

    Raises
    ------
    ValueError
        If an argument is outside [0, 1], or a template has no present cell.
    """
    y = _fractions("score", score, missing=True)
    h = _fractions("human", np.broadcast_to(human, y.shape), missing=True)
    b = _fractions("reference", np.broadcast_to(reference, y.shape), missing=True)
    mask = np.broadcast_to(np.asarray(routed, bool), y.shape)
    gaps = np.where(np.isnan(y), np.nan, np.where(mask, h, y)) - b
    loads = mask.astype(float)[..., None, :, :]
    return _curve(np.ones(1), gaps[..., None, :, :], loads, _weights(weight, y.shape))


def disagreement_curve(
    value: ArrayLike,
    share: ArrayLike,
    human: ArrayLike,
    reference: ArrayLike,
    *,
    weight: ArrayLike = 1.0,
) -> OverrideCurve:
    """Residual gap and load of the rule "unfavourable, and something disagrees".

    Parameters
    ----------
    value : array_like, shape (..., T, K)
        As in `override_curve`.
    share : array_like, broadcastable to (..., T, K)
        Share of the cell's unfavourable answers that the rule routes, in [0, 1]: the probability
        that the answer without the mention is not unfavourable, or whether repeats disagree. NaN
        makes the cell missing.
    human : array_like, broadcastable to (..., T, K)
        Probability that a person answers a *routed* text unfavourably, in [0, 1]. A person who
        answers as the model does without the mention never does so where the two disagree: 0.
    reference : array_like, broadcastable to (..., T, K)
        As in `override_curve`.
    weight : array_like, broadcastable to (..., T, K)
        As in `override_curve`.

    Returns
    -------
    OverrideCurve
        One row with threshold 1.

    Raises
    ------
    ValueError
        If an argument is outside [0, 1], or a template has no present cell.
    """
    y = _fractions("value", value, missing=True)
    part = _fractions("share", np.broadcast_to(share, y.shape), missing=True)
    h = _fractions("human", np.broadcast_to(human, y.shape), missing=True)
    b = _fractions("reference", np.broadcast_to(reference, y.shape), missing=True)
    routed = y * part
    gaps = y - routed * (1 - h) - b
    return _curve(
        np.ones(1), gaps[..., None, :, :], routed[..., None, :, :], _weights(weight, y.shape)
    )


def join_curves(curves: Sequence[OverrideCurve]) -> OverrideCurve:
    """Put the rows of several curves about the same templates into one, in order.

    Parameters
    ----------
    curves : sequence of OverrideCurve
        At least one, of equal shapes but for the rows.

    Returns
    -------
    OverrideCurve
        With all rows, in the unit of the parts.
    """
    return OverrideCurve(
        thresholds=np.concatenate([curve.thresholds for curve in curves]),
        gaps=np.concatenate([curve.gaps for curve in curves], axis=-2),
        loads=np.concatenate([curve.loads for curve in curves], axis=-2),
    )


def choose_threshold(
    curve: OverrideCurve,
    tolerance: float,
    *,
    rule: ChoiceRule = "ucl",
    confidence_level: float = 0.95,
) -> NDArray[np.intp]:
    """Choose the smallest load whose residual gap is within the tolerance.

    Parameters
    ----------
    curve : OverrideCurve
        Gaps and loads by template.
    tolerance : float
        Largest gap to accept, in the gap's unit.
    rule : {'ucl', 'point'}
        ``ucl`` asks |gap| + t_{level, T-1} SE <= tolerance, ``point`` only |gap| <= tolerance
        (it keeps its promise in about half of the cases and is there to show that).
    confidence_level : float
        Level of the one-sided t quantile.

    Returns
    -------
    ndarray of int, shape (...)
        Index into ``curve.thresholds``; where none reaches the tolerance, the one with the
        smallest absolute residual gap. Ties go to the lower threshold.
    """
    gap = curve.gaps.mean(axis=-1)
    T = curve.gaps.shape[-1]
    bound = np.abs(gap)
    if rule == "ucl":
        # One template has no standard error, so nothing can be promised from it.
        error = curve.gaps.std(axis=-1, ddof=1) / np.sqrt(T) if T > 1 else np.inf
        bound = bound + special.stdtrit(max(T - 1, 1), confidence_level) * error
    reached = bound <= tolerance
    load = np.where(reached, curve.loads.mean(axis=-1), np.inf)
    chosen = np.where(reached.any(axis=-1), load.argmin(axis=-1), np.abs(gap).argmin(axis=-1))
    return np.asarray(chosen, np.intp)


def template_folds(T: int, rng: np.random.Generator, folds: int = FOLDS) -> NDArray[np.intp]:
    """Deal ``T`` whole templates into folds of nearly equal size, at random.

    Parameters
    ----------
    T : int
        Templates, at least 2.
    rng : numpy.random.Generator
        Deals them.
    folds : int
        Folds, at least 2; never more than templates.

    Returns
    -------
    ndarray of int, shape (T,)
        Fold of each template, ``0 .. min(folds, T) - 1``.

    Raises
    ------
    ValueError
        If there are fewer than two templates or folds.
    """
    if T < 2 or folds < 2:
        raise ValueError("T and folds must be at least 2: a fold is measured by the others")
    return np.asarray(rng.permutation(np.arange(T) % min(folds, T)), np.intp)


def cross_fit(
    curve: OverrideCurve,
    tolerance: float,
    folds: ArrayLike,
    *,
    chooser: OverrideCurve | None = None,
    rule: ChoiceRule = "ucl",
    confidence_level: float = 0.95,
) -> CrossFit:
    """Measure a chosen threshold on templates that did not choose it.

    Parameters
    ----------
    curve : OverrideCurve
        What is measured.
    tolerance : float
        Largest gap to accept.
    folds : array_like of int, shape (T,)
        Fold of each template, for example by `template_folds`.
    chooser : OverrideCurve, optional
        Chooses the threshold, where that is another assumption than the one measured.
    rule, confidence_level
        As in `choose_threshold`; the level is also the interval's.

    Returns
    -------
    CrossFit
        Gaps and loads pooled over the folds, with interval ``listed`` (h = 1/2).

    Raises
    ------
    ValueError
        If ``folds`` does not name a fold for every template.

    Notes
    -----
    A threshold chosen and evaluated on the same templates promises too much: at 20 templates the
    residual gap reads about 2 points too small.
    """
    chooser = curve if chooser is None else chooser
    fold_of = np.asarray(folds, np.intp)
    T = curve.gaps.shape[-1]
    if fold_of.shape != (T,):
        raise ValueError(f"folds must have one entry for each of the {T} templates")
    gaps = np.empty((*curve.gaps.shape[:-2], T))
    loads = np.empty_like(gaps)
    chosen = []
    for fold in np.unique(fold_of):
        held = fold_of == fold
        seen = OverrideCurve(
            chooser.thresholds, chooser.gaps[..., ~held], chooser.loads[..., ~held]
        )
        index = choose_threshold(seen, tolerance, rule=rule, confidence_level=confidence_level)
        at = index[..., None, None]
        gaps[..., held] = np.take_along_axis(curve.gaps[..., held], at, axis=-2)[..., 0, :]
        loads[..., held] = np.take_along_axis(curve.loads[..., held], at, axis=-2)[..., 0, :]
        chosen.append(index)
    found = listed_interval(gaps, 0.5, confidence_level=confidence_level)
    return CrossFit(
        residual=found.estimate,
        low=found.low,
        high=found.high,
        load=loads.mean(axis=-1),
        chosen=np.stack(chosen, axis=-1),
        illustration_only=T < MIN_TEMPLATES,
    )


def _fractions(name: str, values: ArrayLike, *, missing: bool = False) -> Floats:
    """Return an array of fractions, or say which argument is none."""
    array = np.asarray(values, float)
    inside = (array >= 0) & (array <= 1)
    if not (inside | (np.isnan(array) & missing)).all():
        raise ValueError(f"{name} must lie in [0, 1]")
    return array


def _weights(weight: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Return the weight of every cell, with an axis for the thresholds."""
    weights = np.broadcast_to(np.nan_to_num(np.asarray(weight, float)), shape)
    if not (weights >= 0).all():
        raise ValueError("weight must not be negative")
    return weights[..., None, :, :]


def _curve(tau: Floats, gaps: Floats, loads: Floats, weights: Floats) -> OverrideCurve:
    """Average the cells of every template; a cell is missing if any part of it is."""
    weights = np.where(np.isnan(gaps).any(axis=-3, keepdims=True), 0.0, weights)
    total = weights.sum(axis=-1)
    if not total.all():
        raise ValueError("value: every template needs at least one present cell")
    return OverrideCurve(
        thresholds=tau,
        gaps=(weights * np.nan_to_num(gaps)).sum(axis=-1) / total,
        loads=(weights * np.nan_to_num(loads)).sum(axis=-1) / total,
    )
