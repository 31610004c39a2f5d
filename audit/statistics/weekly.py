"""A confidence sequence over weeks, for answers that cluster strongly within a week."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from audit.statistics.validation import Array, alpha_of

WEEK_AS_UNIT = 3.0
"""Beyond this `audit.statistics.monitoring.dispersion` the week is the unit."""


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
