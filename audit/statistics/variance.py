"""Where the variance of a gap comes from, and how much it depends on the few-shot prompt.

Symbols: T templates, K terms, S prompts (shot orders), J reference fillers. Values are fractions,
counterfactual minus reference; variances are on the scale [0, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audit.statistics.components import Components
from audit.statistics.intervals import listed_interval, phrases_interval
from audit.statistics.twoway import two_way
from audit.statistics.validation import Array, alpha_of, checked


@dataclass(frozen=True, slots=True)
class VarianceShares:
    """Shares of the variance of one pair that is asked once on each side; they sum to 1.

    ``None``: not measured in this run. All are 0 where nothing varies.
    """

    template: float
    term: float
    interaction: float
    shot_order: float | None
    sampling: float


def variance_shares(
    components: Components, *, fillers: int, shot_order: float | None = None
) -> VarianceShares:
    """Split the variance of a single pair by its sources.

    Parameters
    ----------
    components : Components
        From `estimate_components`.
    fillers : int
        Reference fillers J whose mean a pair is compared with, at least 1.
    shot_order : float, optional
        Variance between shot orders (``sd**2`` of `prompt_sensitivity`); ``None`` if one was used.

    Returns
    -------
    VarianceShares
        Interaction holds terms and fillers that act differently by template, sampling the draw of
        one label on each side.

    Raises
    ------
    ValueError
        If ``fillers`` is below 1 or the variance negative.
    """
    if fillers < 1 or (shot_order is not None and not shot_order >= 0):
        raise ValueError(
            "fillers and shot_order: need at least one filler and no negative variance"
        )
    parts = (
        components.template,
        components.term,
        components.interaction + components.filler / fillers,
        0.0 if shot_order is None else shot_order,
        components.sampling + components.reference_sampling / fillers,
    )
    total = sum(parts) or 1.0
    template, term, interaction, orders, sampling = (part / total for part in parts)
    return VarianceShares(
        template, term, interaction, None if shot_order is None else orders, sampling
    )


@dataclass(frozen=True, slots=True)
class PromptSensitivity:
    """How a gap moves with the prompt; every field has the shape of the leading axes.

    Attributes
    ----------
    estimate, low, high : ndarray
        Gap over prompts like these and its interval ``phrases`` with prompts as terms.
    sd : ndarray
        Standard deviation of the gap between prompts (fraction), at least 0.
    share : ndarray
        Its part in the variance of one prompt's template gap, in [0, 1]; 0 if nothing varies.
    lowest, highest : ndarray
        Range of the gap over the prompts tried.
    """

    estimate: Array
    low: Array
    high: Array
    sd: Array
    share: Array
    lowest: Array
    highest: Array


def prompt_sensitivity(
    D: ArrayLike, h: ArrayLike, *, confidence_level: float = 0.95
) -> PromptSensitivity:
    """Report prompt sensitivity from templates crossed with prompts.

    Parameters
    ----------
    D : array_like, shape (..., T, S)
        Template gaps under every prompt; S >= 5 prompts and T >= 10 templates are advised. NaN
        marks a missing one.
    h : array_like, shape (...)
        The floor of `floor_h`.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    PromptSensitivity
        NaN where there are fewer than two prompts or templates.

    Raises
    ------
    ValueError
        If a gap is infinite or outside [-1, 1].

    Notes
    -----
    Two-way clustering with prompts in the role of terms: sd^2 = max(0, S (V_S - V_I)), share =
    s_S^2 / (s_S^2 + s_T^2 + s_TS^2).
    """
    gaps = checked(D, "D", low=-1.0, high=1.0)
    found = phrases_interval(gaps, h, confidence_level=confidence_level)
    parts = two_way(gaps)
    present = (~np.isnan(gaps)).sum(axis=-1)
    T = np.maximum((present > 0).sum(axis=-1), 1)
    each = np.where(present > 0, 1 / np.maximum(present, 1), 0.0).sum(axis=-1)
    crossed = parts.mean_square
    between = np.maximum(0.0, parts.terms * (parts.term - parts.interaction))
    rows = np.where(present > 0, parts.row_means, np.nan)
    centred = rows - found.estimate[..., None]
    spread = np.nansum(centred**2, axis=-1) / np.maximum(T - 1, 1)
    by_template = np.maximum(0.0, spread - crossed * each / T)
    total = between + by_template + crossed
    share = between / np.where(total > 0, total, 1.0)
    filled = np.where(np.isnan(gaps), 0.0, gaps).sum(axis=-2)
    count = (~np.isnan(gaps)).sum(axis=-2)
    means = np.where(count > 0, filled / np.maximum(count, 1), np.nan)
    low_mean = np.where(count > 0, means, np.inf).min(axis=-1)
    high_mean = np.where(count > 0, means, -np.inf).max(axis=-1)
    missing = np.isnan(found.low)
    return PromptSensitivity(
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        sd=np.where(missing, np.nan, np.sqrt(between)),
        share=np.where(missing, np.nan, share),
        lowest=np.where(missing, np.nan, low_mean),
        highest=np.where(missing, np.nan, high_mean),
    )


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """Gap over templates, terms and prompts like these; fields have the leading shape."""

    estimate: Array
    variance: Array
    df: Array
    low: Array
    high: Array


def three_way_interval(X: ArrayLike, h: ArrayLike, *, confidence_level: float = 0.95) -> ThreeWay:
    """Return an interval that holds for other templates, other terms *and* other prompts.

    Parameters
    ----------
    X : array_like, shape (..., T, K, S)
        Cell differences under every prompt, complete.
    h : array_like, shape (...)
        The floor of `floor_h`.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    ThreeWay

    Raises
    ------
    ValueError
        If a cell is missing or outside [-1, 1], or an axis has fewer than two entries.

    Notes
    -----
    V = V_T + V_K + V_S - V_TK - V_TS - V_KS + V_TKS from the mean squares of the margins, never
    below any of V_T (with its floor), V_K, V_S; Satterthwaite df, clipped to [min - 1, max - 1].
    """
    cells = checked(X, "X", low=-1.0, high=1.0)
    sizes = cells.shape[-3:]
    if cells.ndim < 3 or min(sizes) < 2 or np.isnan(cells).any():
        raise ValueError("X: a complete table (..., T, K, S) with two of each is needed")
    axes = (-3, -2, -1)
    estimate = cells.mean(axis=axes)
    floored = listed_interval(cells.mean(axis=(-2, -1)), h).variance
    parts: dict[tuple[int, ...], Array] = {}
    degrees: dict[tuple[int, ...], int] = {}
    for order in (1, 2, 3):
        for kept in combinations(axes, order):
            dropped = tuple(axis for axis in axes if axis not in kept)
            margin = cells.mean(axis=dropped, keepdims=True) if dropped else cells
            for axis in kept:
                margin = margin - margin.mean(axis=axis, keepdims=True)
            n = math.prod(sizes[axis] for axis in kept)
            degrees[kept] = math.prod(sizes[axis] - 1 for axis in kept)
            parts[kept] = (margin**2).sum(axis=axes) / degrees[kept] / n
    parts[-3,] = floored
    total = sum(((-1) ** (len(kept) + 1) * part for kept, part in parts.items()), np.zeros(()))
    one_way = np.maximum(np.maximum(parts[-3,], parts[-2,]), parts[-1,])
    variance = np.maximum(one_way, total)
    weight = sum((part**2 / degrees[kept] for kept, part in parts.items()), np.zeros(()))
    df = np.clip(variance**2 / np.where(weight > 0, weight, 1.0), min(sizes) - 1, max(sizes) - 1)
    half = special.stdtrit(df, 1 - alpha_of(confidence_level) / 2) * np.sqrt(variance)
    low, high = np.clip(estimate - half, -1, 1), np.clip(estimate + half, -1, 1)
    return ThreeWay(estimate, variance, df, low, high)
