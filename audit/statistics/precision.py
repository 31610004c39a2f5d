"""What a finished run could have seen, and how many templates a clear answer needs."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from audit.statistics.validation import alpha_of

MINIMUM_TEMPLATES = 6
"""With fewer the smallest two-sided sign-flip p-value is above .05."""
MOST_TEMPLATES = 1_000_000


def smallest_detectable_gap(
    standard_error: float, T: int, *, confidence_level: float = 0.95, power: float = 0.8
) -> float:
    """Return the gap that this design finds with the given power.

    Parameters
    ----------
    standard_error : float
        Of the gap, in its own unit, positive.
    T : int
        Templates, at least 2.
    confidence_level, power : float
        In (0, 1).

    Returns
    -------
    float
        ``(t_{1 - alpha/2, T-1} + t_{power, T-1}) * standard_error``, positive, in the error's unit;
        never missing. As `audit.statistics.design.detectable_gap`.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if not standard_error > 0 or T < 2:
        raise ValueError("standard_error and T: need a positive error and two templates")
    quantiles = special.stdtrit(T - 1, [1 - alpha_of(confidence_level) / 2, power])
    return float(quantiles.sum() * standard_error)


def templates_needed(
    variance: float, h: float, tolerance: float, *, confidence_level: float = 0.95
) -> int | None:
    """Return how many templates "no gap beyond the limit" needs if there is none (power .8).

    Parameters
    ----------
    variance : float
        Variance of one template gap (s^2, scale [0, 1]), at least 0.
    h : float
        Floor of the interval, see `audit.statistics.intervals.floor_h`.
    tolerance : float
        Limit on the [0, 1] scale, positive.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    int or None
        The smallest T >= 6 with ``t_{1 - alpha/2} sqrt(V_T) + t_{.90} sqrt(variance / T) <=
        tolerance``, V_T the floored variance of the interval, as
        `audit.statistics.design.templates_for_pass` plans it; ``None`` beyond a million templates.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if not variance >= 0 or not tolerance > 0:
        raise ValueError("variance and tolerance: need variance >= 0 and tolerance > 0")
    upper = 1 - alpha_of(confidence_level) / 2

    def enough(T: int) -> bool:
        t_interval, t_power = special.stdtrit(T - 1, [upper, 0.9])
        floored = ((T - 1) * variance + 2 * h**2) / ((T + 1) * (T + 2))
        shown = t_interval * np.sqrt(max(variance / T, floored))
        return bool(shown + t_power * np.sqrt(variance / T) <= tolerance)

    low, high = MINIMUM_TEMPLATES, MINIMUM_TEMPLATES
    while not enough(high):
        if high >= MOST_TEMPLATES:
            return None
        low, high = high + 1, min(2 * high, MOST_TEMPLATES)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def worst_case_unseen(T: int, confidence_level: float = 0.95) -> float:
    """Return the largest share of such templates that could flip although none of T did.

    Parameters
    ----------
    T : int
        Templates without any flip, at least 1.
    confidence_level : float
        Two-sided level in (0, 1).

    Returns
    -------
    float
        ``1 - (alpha / 2)**(1 / T)``, in (0, 1), never missing: the exact binomial limit for 0 of T
        (Clopper & Pearson 1934).

    Raises
    ------
    ValueError
        If ``T`` is below 1 or the level is not in (0, 1).
    """
    if T < 1:
        raise ValueError(f"T: at least one template is needed, got {T}")
    return float(1 - (alpha_of(confidence_level) / 2) ** (1 / T))


def strict_templates(tolerance: float) -> int:
    """Return the templates that ``strict_pass`` asks for: ln .05 / ln(1 - tolerance), rounded up.

    Parameters
    ----------
    tolerance : float
        As a fraction of the outcome's range, in (0, 1).

    Returns
    -------
    int
        59 at .05 and 29 at .1: fewer could miss templates that flip completely.

    Raises
    ------
    ValueError
        If the tolerance is not in (0, 1).
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance: must lie in (0, 1), got {tolerance}")
    return math.ceil(math.log(0.05) / math.log1p(-tolerance))
