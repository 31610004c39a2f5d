"""Confidence intervals of a gap under the three estimands ``listed``, ``phrases``, ``census``.

Symbols: T templates, K terms of a group, R repeats per cell, J reference fillers. X_tk is a cell's
difference from its template's reference, D_t its mean over the terms of a template; the gap is the
mean of D_t. Everything is on the [0, 1] scale of the outcome and positive when the counterfactual
value is larger than the reference. Leading axes are independent audits, so that a simulation needs
no loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from audit.statistics.twoway import two_way
from audit.statistics.validation import Array, alpha_of, checked

FLOOR = (0.25, 0.5)
"""Limits of the pseudo-template's gap h."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Gaps with their intervals; every field has the shape of the leading axes.

    Attributes
    ----------
    estimate : ndarray
        Mean gap, in [-bound, bound]; NaN where no template is present.
    variance, df : ndarray
        Squared standard error and degrees of freedom (infinite for ``census``); NaN where the
        interval does not exist.
    low, high : ndarray
        Interval limits, clipped to [-bound, bound]; NaN where the interval does not exist.
    p_value : ndarray
        Two-sided p-value of a zero gap, unadjusted, in [0, 1]; NaN as the interval.
    templates : ndarray of int
        Number of templates present.
    """

    estimate: Array
    variance: Array
    df: Array
    low: Array
    high: Array
    p_value: Array
    templates: NDArray[np.int64]


def floor_h(cells: ArrayLike, axis: int = -1) -> Array:
    """Return the gap +-h of the two pseudo-templates that keep an interval from collapsing.

    Parameters
    ----------
    cells : array_like, shape (..., n)
        Cell values of the group and of the reference, in [0, 1]; NaN marks a missing cell.
    axis : int
        Axis of the cells.

    Returns
    -------
    ndarray, shape (...)
        ``SD / sqrt(q (1 - q)) / 2`` with the population standard deviation and the mean q,
        clipped to [1/4, 1/2]; 1/2 where q is 0 or 1 or where there is no cell:
        never NaN. A fraction, in [0, 1].

    Raises
    ------
    ValueError
        If a cell lies outside [0, 1] or is infinite.

    Notes
    -----
    A family with Agresti & Min (2005) and Bonett & Price (2012): h = .71 and h = 1 there.
    """
    values = checked(cells, "cells", low=0.0, high=1.0)
    values = np.moveaxis(values, axis, -1)
    present = ~np.isnan(values)
    filled = np.where(present, values, 0.0)
    # Shifting by a present value keeps the variance of equal cells at exactly zero.
    shift = filled.max(axis=-1, keepdims=True, initial=0.0)
    centred = np.where(present, filled - shift, 0.0)
    count = present.sum(axis=-1).astype(float)
    safe = np.maximum(count, 1)
    mean = centred.sum(axis=-1) / safe
    variance = np.maximum((centred**2).sum(axis=-1) / safe - mean**2, 0.0)
    return floor_from_moments(mean + shift[..., 0], variance, count)


def floor_from_moments(mean: Array, variance: Array, count: Array) -> Array:
    """Return h from the moments of the cells.

    Parameters
    ----------
    mean, variance : ndarray, shape (...)
        Mean, in [0, 1], and population variance of the cells.
    count : ndarray, shape (...)
        Number of cells.

    Returns
    -------
    ndarray, shape (...)
        A fraction in [1/4, 1/2]; 1/2 where there is no cell or no spread is possible, never NaN.
        See `floor_h`.
    """
    spread = mean * (1 - mean)
    inside = (count > 0) & (spread > 0)
    h = 0.5 * np.sqrt(variance / np.where(inside, spread, 1.0))
    return np.where(inside, np.clip(h, *FLOOR), FLOOR[1])


def listed_variance(sum_squares: Array, count: Array, h: Array) -> Array:
    """Return V_T, the variance of a mean of template gaps with its floor.

    Parameters
    ----------
    sum_squares : ndarray, shape (...)
        SS = sum (D - mean)^2, squared fractions.
    count : ndarray, shape (...)
        Templates T, at least 2.
    h : ndarray, shape (...)
        The floor of `floor_h`.

    Returns
    -------
    ndarray, shape (...)
        max(SS / (T - 1) / T, (SS + 2 h^2) / ((T + 1)(T + 2))), a squared fraction, positive with h;
        NaN only where an argument is.

    Notes
    -----
    Two pseudo-templates at +-h (Agresti & Min 2005, Bonett & Price 2012 add them to the counts).
    """
    plain = sum_squares / (count - 1) / count
    floored = (sum_squares + 2 * h**2) / ((count + 1) * (count + 2))
    return np.maximum(plain, floored)


def listed_interval(
    D: ArrayLike, h: ArrayLike, *, confidence_level: float = 0.95, bound: float = 1.0
) -> Estimates:
    """Estimate a gap for these terms and templates like these: estimand ``listed``, interval (a).

    Parameters
    ----------
    D : array_like, shape (..., T)
        Template gaps (fractions, counterfactual minus reference); NaN marks a missing template.
    h : array_like, shape (...)
        The floor of `floor_h`.
    confidence_level : float
        In (0, 1).
    bound : float
        Largest possible absolute gap; the interval is clipped to it.

    Returns
    -------
    Estimates
        Fields of shape (...), fractions with the sign of ``D``; df = T - 1. The interval is NaN
        for T < 2, the estimate for T = 0.

    Raises
    ------
    ValueError
        If a gap is infinite or beyond the bound, or the level is not in (0, 1).

    Notes
    -----
    V = max(s^2 / T, (SS + 2 h^2) / ((T + 1)(T + 2))): the larger of the textbook variance and the
    one with two pseudo-templates at +h and -h. The second acts only if s < about .71 h.

    Examples
    --------
    >>> gap = listed_interval([0.0] * 20, 0.5)
    >>> round(float(gap.high), 4)
    0.0689
    """
    values = checked(D, "D", low=-bound, high=bound)
    count, mean, squares = _moments(values)
    enough = count >= 2
    n = np.where(enough, count, 2).astype(float)
    variance = np.where(enough, listed_variance(squares, n, np.asarray(h, float)), np.nan)
    df = np.where(enough, n - 1, np.nan)
    return _estimates(mean, variance, df, count, confidence_level=confidence_level, bound=bound)


def phrases_interval(
    X: ArrayLike, h: ArrayLike, *, confidence_level: float = 0.95, bound: float = 1.0
) -> Estimates:
    """Estimate a gap that also covers other phrases for the group: ``phrases``, interval (b).

    Parameters
    ----------
    X : array_like, shape (..., T, K)
        Cell differences; NaN marks a missing cell.
    h : array_like, shape (...)
        The floor of `floor_h`.
    confidence_level, bound : float
        As in `listed_interval`.

    Returns
    -------
    Estimates
        Fields of shape (...), fractions with the sign of ``X``.
        Satterthwaite df between min(T, K) - 1 and max(T, K) - 1. The interval is NaN for one term,
        one template, or too few cells to see an interaction; below 4 terms it is weak.

    Raises
    ------
    ValueError
        As in `listed_interval`.

    Notes
    -----
    V = max(V_T, V_K, V_T + V_K - V_I), the two-way clustered variance (Cameron, Gelbach & Miller
    2011) that is never below either one-way variance. With missing cells the weights are
    1 / (T K_t) and the residuals those of the additive least-squares fit.
    """
    values = checked(X, "X", low=-bound, high=bound)
    parts = two_way(values)
    rows = listed_interval(parts.row_means, h, confidence_level=confidence_level, bound=bound)
    v_t, v_k, v_i = rows.variance, parts.term, parts.interaction
    usable = parts.usable & ~np.isnan(v_t)
    v_t = np.where(usable, v_t, 1.0)
    variance = np.maximum(np.maximum(v_t, v_k), v_t + v_k - v_i)
    t, k = rows.templates.astype(float), parts.terms.astype(float)
    df = variance**2 / (
        v_t**2 / np.maximum(t - 1, 1)
        + v_k**2 / np.maximum(k - 1, 1)
        + v_i**2 / np.maximum(parts.residual_df, 1)
    )
    df = np.clip(df, np.minimum(t, k) - 1, np.maximum(t, k) - 1)
    variance = np.where(usable, variance, np.nan)
    df = np.where(usable, df, np.nan)
    return _estimates(
        rows.estimate, variance, df, rows.templates, confidence_level=confidence_level, bound=bound
    )


def census_interval(
    y: ArrayLike,
    R: ArrayLike,
    b: ArrayLike,
    R0: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> Estimates:
    """Estimate the gap on exactly these prompts: estimand ``census``, interval (c).

    Parameters
    ----------
    y : array_like, shape (..., T, K)
        Cell values of the group: shares among the parseable repeats, in [0, 1]; NaN is missing.
    R : array_like
        Repeats per cell, broadcast to ``y``; infinite for exact or deterministic answers.
    b : array_like, shape (..., T, J)
        Cell values of the fillers.
    R0 : array_like
        Repeats per filler cell, broadcast to ``b``.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    Estimates
        Fields of shape (...), fractions, group minus reference; a normal
        interval. It is NaN where a present cell has one repeat, and where repeats
        were drawn but none varied (that shows no sampling noise was seen, not that there is none).

    Raises
    ------
    ValueError
        If a value is outside [0, 1] or a repeat count is below 1.
    """
    cells = checked(y, "y", low=0.0, high=1.0)
    fillers = checked(b, "b", low=0.0, high=1.0)
    noise_y, drawn_y = _sampling_noise(cells, R, "R")
    noise_b, drawn_b = _sampling_noise(fillers, R0, "R0")
    return census_from_noise(
        cells,
        noise_y,
        fillers,
        noise_b,
        np.logical_or(drawn_y, drawn_b),
        confidence_level=confidence_level,
    )


def census_from_noise(
    y: Array,
    noise_y: Array,
    b: Array,
    noise_b: Array,
    drawn: NDArray[np.bool_],
    *,
    confidence_level: float,
) -> Estimates:
    """Return interval (c) from each cell's sampling variance.

    Parameters
    ----------
    y, noise_y : ndarray, shape (..., T, K)
        Cell values of the group, in [0, 1], and their sampling variances; NaN = missing, unknown.
    b, noise_b : ndarray, shape (..., T, J)
        The same of the fillers.
    drawn : ndarray of bool, shape (...)
        Whether answers were sampled.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    Estimates
        Fields of shape (...), fractions, group minus reference; the interval is NaN as in
        `census_interval`.
    """
    rows, weights_y = _weights(y)
    columns, weights_b = _weights(b)
    present = (rows > 0) & (columns > 0)
    count = present.sum(axis=-1)
    safe = np.maximum(count, 1)
    keep = present[..., None]
    difference = np.where(keep, weights_y * np.nan_to_num(y), 0.0).sum(axis=(-1, -2))
    difference = difference - np.where(keep, weights_b * np.nan_to_num(b), 0.0).sum(axis=(-1, -2))
    estimate = np.where(count > 0, difference / safe, np.nan)
    used_y, used_b = keep & ~np.isnan(y), keep & ~np.isnan(b)
    variance = np.where(used_y, weights_y**2 * noise_y, 0.0).sum(axis=(-1, -2))
    variance = variance + np.where(used_b, weights_b**2 * noise_b, 0.0).sum(axis=(-1, -2))
    variance = variance / safe**2
    nothing_varied = drawn & (variance == 0)
    variance = np.where((count > 0) & ~nothing_varied, variance, np.nan)
    return _estimates(
        estimate, variance, np.full_like(variance, np.inf), count, confidence_level=confidence_level
    )


def _moments(values: Array) -> tuple[NDArray[np.int64], Array, Array]:
    """Return count, mean (NaN without any) and sum of squared deviations along the last axis."""
    present = ~np.isnan(values)
    count = present.sum(axis=-1)
    mean = np.where(present, values, 0.0).sum(axis=-1) / np.maximum(count, 1)
    squares = np.where(present, (values - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    return count, np.where(count > 0, mean, np.nan), squares


def _estimates(
    estimate: Array,
    variance: Array,
    df: Array,
    templates: NDArray[np.int64],
    *,
    confidence_level: float,
    bound: float = 1.0,
) -> Estimates:
    """Put interval and p-value around the estimates; NaN variances give NaN limits."""
    error = np.sqrt(variance)
    half = special.stdtrit(df, 1 - alpha_of(confidence_level) / 2) * error
    low, high = np.clip(estimate - half, -bound, bound), np.clip(estimate + half, -bound, bound)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(estimate == 0, 0.0 * error, np.abs(estimate) / error)
    p_value = 2 * special.stdtr(df, -statistic)
    return Estimates(estimate, variance, df, low, high, p_value, templates)


def _sampling_noise(values: Array, repeats: ArrayLike, name: str) -> tuple[Array, Array]:
    """Return y (1 - y) / (R - 1) per cell (NaN for one repeat) and whether repeats were drawn."""
    counts = np.broadcast_to(np.asarray(repeats, float), values.shape)
    present = ~np.isnan(values)
    if np.any(present & ~(counts >= 1)):
        raise ValueError(f"{name}: repeats per cell must be at least 1")
    several = counts > 1
    noise = np.where(several, values * (1 - values) / np.where(several, counts - 1, 1.0), np.nan)
    return noise, np.any(present & np.isfinite(counts), axis=(-1, -2))


def _weights(values: Array) -> tuple[NDArray[np.int64], Array]:
    """Return present cells per template and the weight of each cell in its template's mean."""
    present = ~np.isnan(values)
    count = present.sum(axis=-1)
    return count, present / np.maximum(count, 1)[..., None]
