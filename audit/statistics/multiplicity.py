"""p-values for many groups at once: step-down max-T by template sign flips, Holm, and FDR."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.statistics.intervals import listed_variance
from audit.statistics.validation import Array, checked

FULL_ENUMERATION = 12
"""Up to this many templates every one of the 2^T sign flips is tried."""
DRAWS = 4_999
_CHUNK_VALUES = 1_000_000
_TIES = 1e-9


def max_t(
    D: ArrayLike, h: ArrayLike, *, rng: np.random.Generator, draws: int = DRAWS
) -> NDArray[np.float64]:
    """Adjust the groups' p-values by step-down max-T under joint template sign flips.

    Parameters
    ----------
    D : array_like, shape (G, T)
        Template gaps of each group; NaN where a group has no cell in a template. A flip turns the
        sign of a template in every group that has it, which keeps the correlation that a shared
        reference causes; a group's mean and variance use its own templates only.
    h : array_like, shape (G,)
        Floors of the variances, held fixed over the flips.
    rng : numpy.random.Generator
        Used only with more than 12 templates.
    draws : int
        Random flips then drawn, at least 1.

    Returns
    -------
    ndarray, shape (G,)
        Adjusted two-sided p-values: of 2^T, or (1 + number at least as large) / (1 + draws).
        NaN for a group with fewer than 2 templates, which then is no member of the family.

    Raises
    ------
    ValueError
        If ``D`` is not a table of values in [-1, 1], ``h`` does not fit, or ``draws`` is below 1.

    Notes
    -----
    Romano & Wolf (2005), with the studentised |mean| / sqrt(V), V as in interval (a) recomputed
    from each flipped mean. Not valid for the ``phrases`` estimand.
    """
    gaps = checked(D, "D", low=-1.0, high=1.0)
    floors = np.asarray(h, float)
    if gaps.ndim != 2 or floors.shape != gaps.shape[:1]:
        raise ValueError("D and h: expected shapes (G, T) and (G,)")
    if draws < 1:
        raise ValueError(f"draws: at least one sign flip is needed, got {draws}")
    present = ~np.isnan(gaps)
    member = present.sum(axis=1) >= 2
    adjusted = np.full(len(gaps), np.nan)
    if member.any():
        used = present[member].any(axis=0)
        family = _Family(gaps[member][:, used], floors[member])
        adjusted[member] = _step_down(family, rng, draws)
    return adjusted


class _Family:
    """Studentised means of all groups under any sign flips."""

    def __init__(self, gaps: Array, floors: Array) -> None:
        present = ~np.isnan(gaps)
        self.values = np.where(present, gaps, 0.0).T
        self.count = present.sum(axis=1).astype(float)
        self.squares = (self.values**2).sum(axis=0)
        self.floors = floors
        self.templates = gaps.shape[1]

    def statistics(self, signs: Array) -> Array:
        """Return |t| for every row of signs, shape (rows, G)."""
        means = signs @ self.values / self.count
        spread = np.maximum(self.squares - self.count * means**2, 0.0)
        return np.asarray(np.abs(means) / np.sqrt(listed_variance(spread, self.count, self.floors)))


def _step_down(family: _Family, rng: np.random.Generator, draws: int) -> Array:
    """Compare each group with the largest statistic of the groups not yet rejected."""
    observed = family.statistics(np.ones((1, family.templates)))[0]
    order = np.argsort(-observed, kind="stable")
    limits = observed[order] * (1 - _TIES)
    full = family.templates <= FULL_ENUMERATION
    total = 2**family.templates if full else draws
    at_least = np.zeros(len(order), dtype=np.int64)
    rows = max(1, _CHUNK_VALUES // max(len(order), family.templates))
    for start in range(0, total, rows):
        size = min(rows, total - start)
        if full:
            bits = (np.arange(start, start + size)[:, None] >> np.arange(family.templates)) & 1
        else:
            bits = rng.integers(0, 2, size=(size, family.templates), dtype=np.int8)
        signs = bits.astype(np.float64)
        signs *= -2.0  # in place: these are all the bytes of a long run
        signs += 1.0
        flipped = family.statistics(signs)[:, order]
        largest = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]
        at_least += (largest >= limits).sum(axis=0)
    p = at_least / total if full else (1 + at_least) / (1 + total)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(p)
    return adjusted


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that any false finding in the family is controlled (Holm 1979).

    Parameters
    ----------
    p : array_like, shape (G,)
        p-values in [0, 1]; NaN is no member of the family and stays NaN.

    Returns
    -------
    ndarray, shape (G,)
        Adjusted p-values in [0, 1]; NaN stays.

    Raises
    ------
    ValueError
        If a value is not a p-value.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    return _adjust(p, lambda s: np.maximum.accumulate(s * np.arange(s.size, 0, -1)))


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values to control the false discovery *rate* (Benjamini & Hochberg 1995).

    A share of the findings may then be false: for exploratory audits, labelled FDR.

    Parameters
    ----------
    p : array_like, shape (G,)
        p-values in [0, 1]; NaN is no member of the family and stays NaN.

    Returns
    -------
    ndarray, shape (G,)
        Adjusted p-values in [0, 1]; NaN stays.

    Raises
    ------
    ValueError
        If a value is not a p-value.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """

    def step_up(s: Array) -> Array:
        ranked = s * s.size / np.arange(1, s.size + 1)
        return np.asarray(np.minimum.accumulate(ranked[::-1])[::-1])

    return _adjust(p, step_up)


def _adjust(p: ArrayLike, rule: Callable[[Array], Array]) -> Array:
    """Apply a rule to the sorted p-values that exist and put them back in place."""
    values = checked(p, "p", low=0.0, high=1.0)
    adjusted = np.full(values.shape, np.nan)
    member = np.flatnonzero(~np.isnan(values))
    order = member[np.argsort(values[member], kind="stable")]
    ascending = values[order]
    # Rounding must not bring an adjusted value below its p-value.
    adjusted[order] = np.clip(rule(ascending), ascending, 1.0)
    return adjusted
