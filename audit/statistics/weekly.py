"""A confidence sequence over weeks, for answers that cluster strongly within a week."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from audit.statistics.validation import Array, alpha_of

WEEK_AS_UNIT = 3.0
"""Beyond this `steady_dispersion` the week is the unit."""
FEWEST_DIFFERENCES = 6
EFFECT_VARIANCE = 4.0
_MEDIAN_SQUARE = 0.4549364231195724  # of a standard normal variable


def weekly_confidence_sequence(
    differences: ArrayLike,
    *,
    confidence_level: float = 0.95,
    start: int = 8,
    best_at: int = 26,
) -> tuple[Array, Array]:
    """Return a confidence sequence for the mean weekly difference, with the week as the unit.

    Parameters
    ----------
    differences : array_like, shape (..., W)
        Group rate minus rest rate by week.
    confidence_level : float
        Coverage over all weeks together, for many weeks.
    start : int
        First week (counted from 1) with an interval, at least 2.
    best_at : int
        Week at which the interval is tightest.

    Returns
    -------
    low, high : ndarray, shape (..., W)
        NaN before week ``start``.

    Raises
    ------
    ValueError
        If the level is not in (0, 1) or ``start`` or ``best_at`` is below 2 or 1.

    Notes
    -----
    Asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024): mean +-
    sd sqrt(2 (w r^2 + 1) / (w^2 r^2) ln(sqrt(w r^2 + 1) / alpha)). For answers that cluster so
    strongly within weeks that tempering is not enough (`WEEK_AS_UNIT`).
    """
    alpha = alpha_of(confidence_level)
    if start < 2 or best_at < 1:
        raise ValueError("start and best_at: weeks 2 and 1 at the earliest")
    x = np.asarray(differences, float)
    week = np.arange(1, x.shape[-1] + 1, dtype=float)
    mean = np.cumsum(x, axis=-1) / week
    square = np.cumsum(x**2, axis=-1) / week
    sd = np.sqrt(np.maximum(square - mean**2, 0.0) * week / np.maximum(week - 1, 1))
    log = -2 * math.log(alpha)
    r2 = (log + math.log(log + 1)) / best_at
    growth = week * r2 + 1
    half = sd * np.sqrt(2 * growth / (week**2 * r2) * np.log(np.sqrt(growth) / alpha))
    half = np.where(week >= start, half, np.nan)
    return mean - half, mean + half


def steady_dispersion(x: ArrayLike, n: ArrayLike) -> Array:
    """Estimate from earlier weeks how much more the rate varies, whatever a single week did.

    Parameters
    ----------
    x, n : array_like, shape (..., W)
        Unfavourable answers and texts by week.

    Returns
    -------
    ndarray, shape (..., W)
        A multiplier of the variance, known before week w: the median squared successive difference
        of 2 asin(sqrt(rate)) over its variance 1/n + 1/n', divided by the median of a squared
        standard normal variable; 1 before `FEWEST_DIFFERENCES` differences. Never missing.

    Notes
    -----
    A lasting change of the rate moves one difference only, so it moves the median hardly, but the
    mean in `audit.statistics.monitoring.dispersion` a lot: a gap that has just begun must not pass
    for clustering. Hampel 1974 on the median of deviations.
    """
    counts, texts = np.asarray(x, float), np.asarray(n, float)
    seen = texts > 0
    safe = np.where(seen, texts, 1.0)
    angle = 2 * np.arcsin(np.sqrt(np.clip(counts / safe, 0, 1)))
    square = np.diff(angle, axis=-1) ** 2 / (1 / safe[..., 1:] + 1 / safe[..., :-1])
    square = np.where(seen[..., 1:] & seen[..., :-1], square, np.nan)
    phi = np.ones(counts.shape)
    for week in range(FEWEST_DIFFERENCES + 1, counts.shape[-1]):
        known = square[..., : week - 1]
        enough = np.isfinite(known).sum(axis=-1) >= FEWEST_DIFFERENCES
        middle = np.nanmedian(np.where(enough[..., None], known, 0.0), axis=-1)
        phi[..., week] = np.where(enough, middle / _MEDIAN_SQUARE, 1.0)
    return np.maximum(phi, 1.0)


def weekly_evidence(differences: ArrayLike) -> tuple[Array, Array]:
    """Return evidence that the mean weekly difference is not 0, with the week as the unit.

    Parameters
    ----------
    differences : array_like, shape (..., W)
        Group rate minus rest rate by week; NaN in weeks without texts.

    Returns
    -------
    log_e, log_m : ndarray, shape (..., W)
        Natural logs, two-sided: of the evidence for a difference from the first week on, and of the
        largest evidence for one from any later week on. P(ever exp(log_e) >= 1/a) <= a, and over 52
        weeks P(ever exp(log_m) >= 52/a) <= a, for normal differences of whatever variance. 0 where
        fewer than two weeks are known; never missing.

    Notes
    -----
    Bayes factor of a normal effect (variance `EFFECT_VARIANCE` in units of the differences' own)
    against none under the right Haar prior of the variance, an e-process: Wang & Ramdas (2024),
    "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance". The
    start weeks share the error by Bonferroni.
    """
    x = np.asarray(differences, float)
    seen = np.isfinite(x)
    values = np.where(seen, x, 0.0)

    def since(each: Array) -> Array:
        total = np.cumsum(each, axis=-1)
        return np.asarray(total[..., None, :] - (total - each)[..., :, None])

    n, first, second = since(seen.astype(float)), since(values), since(values**2)
    later = np.arange(x.shape[-1])[:, None] <= np.arange(x.shape[-1])
    enough = later & (n >= 2)
    n = np.where(enough, n, 2.0)
    rest = np.maximum(second - first**2 / n, 1e-12)
    ratio = np.where(enough, first**2 / n / rest, 0.0)  # t squared over its degrees of freedom
    growth = 1 + n * EFFECT_VARIANCE
    log = n / 2 * (np.log1p(ratio) - np.log1p(ratio / growth)) - np.log(growth) / 2
    log = np.where(enough, log, 0.0)
    return log[..., 0, :], log.max(axis=-2, initial=0.0)
