"""The difference of two independent shares, or means, in one window of live traffic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audit.statistics.validation import Array, alpha_of


def share_difference(
    x: ArrayLike,
    n: ArrayLike,
    x_rest: ArrayLike,
    n_rest: ArrayLike,
    *,
    inflation: ArrayLike = 1.0,
    confidence_level: float = 0.95,
) -> tuple[Array, Array, Array]:
    """Return the difference of two shares with its interval.

    Parameters
    ----------
    x, n, x_rest, n_rest : array_like, shape (...)
        Cases and totals of the group and of everyone else, counts of at least 0.
    inflation : array_like, shape (...)
        How much larger the variance is than of independent cases, at least 1 (`dispersion`).
    confidence_level : float
        In (0, 1).

    Returns
    -------
    difference, low, high : ndarray, shape (...)
        Group minus rest, a fraction in [-1, 1]; NaN where either total is 0.

    Raises
    ------
    ValueError
        If the level is not in (0, 1).

    Notes
    -----
    One case and one non-case are added to each side: Agresti & Caffo (2000). The interval is about
    the adjusted difference and is clipped to [-1, 1]; the difference itself is not adjusted.

    Examples
    --------
    >>> [round(float(v), 3) for v in share_difference(30, 100, 10, 100)]
    [0.2, 0.088, 0.304]
    """
    a, m, b, k, phi = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (x, n, x_rest, n_rest, inflation))
    )
    z = -special.ndtri(alpha_of(confidence_level) / 2)
    known = (m > 0) & (k > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.where(known, a / m - b / k, np.nan)
    p, q = (a + 1) / (m + 2), (b + 1) / (k + 2)
    half = z * np.sqrt(phi * (p * (1 - p) / (m + 2) + q * (1 - q) / (k + 2)))
    low, high = np.clip(p - q - half, -1, 1), np.clip(p - q + half, -1, 1)
    return difference, np.where(known, low, np.nan), np.where(known, high, np.nan)


def mean_difference(
    group: Sequence[ArrayLike], rest: Sequence[ArrayLike], *, confidence_level: float = 0.95
) -> tuple[Array, Array, Array]:
    """Return the difference of two means with its interval, from sums and sums of squares.

    Parameters
    ----------
    group, rest : three array_like, shape (...)
        Sum, sum of squares and number of the values of the group and of everyone else.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    difference, low, high : ndarray, shape (...)
        Group minus rest in the values' unit; NaN where either side has fewer than two values.

    Raises
    ------
    ValueError
        If the level is not in (0, 1).

    Notes
    -----
    Welch (1947), with the degrees of freedom of Welch and Satterthwaite.

    Examples
    --------
    >>> [round(float(v), 2) for v in mean_difference((30, 320, 3), (15, 83, 3))]
    [5.0, -1.46, 11.46]
    """
    s, s2, m, r, r2, k = np.broadcast_arrays(*(np.asarray(v, float) for v in (*group, *rest)))
    known = (m >= 2) & (k >= 2)
    m, k = np.where(known, m, 2.0), np.where(known, k, 2.0)
    u = np.maximum(s2 - s**2 / m, 0.0) / (m - 1) / m
    v = np.maximum(r2 - r**2 / k, 0.0) / (k - 1) / k
    freedom = (u + v) ** 2 / np.maximum(u**2 / (m - 1) + v**2 / (k - 1), 1e-300)
    half = special.stdtrit(np.maximum(freedom, 1.0), 1 - alpha_of(confidence_level) / 2)
    half = half * np.sqrt(u + v)
    difference = np.where(known, s / m - r / k, np.nan)
    return difference, difference - half, difference + half
