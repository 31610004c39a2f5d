"""Variance components of a gap: what templates, terms, fillers and sampling each contribute.

All are variances on the scale [0, 1] of the outcome, so their square roots times 100 are points.
Symbols: T templates, K terms, R repeats per cell, J reference fillers, R0 repeats per filler cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.optimize loads on first use: no run needs it
from numpy.typing import ArrayLike
from scipy import special

from audit.statistics.twoway import two_way
from audit.statistics.validation import Array, checked

PILOT_TEMPLATES = 10
PILOT_TERMS = 3
NODES = 25
TOO_FEW = "y: at least two templates and two terms with shared cells are needed"


@dataclass(frozen=True, slots=True)
class Components:
    """Variance components; every one is at least 0.

    Attributes
    ----------
    template : float
        s_T2: templates differ in the gap of the whole group.
    interaction : float
        s_TK2: a term's gap differs between templates.
    term : float
        s_K2: terms differ in their mean gap.
    filler : float
        s_B2: a reference filler's value differs between templates, beyond its mean.
    sampling, reference_sampling : float
        w_g and w_0: variance of *one* drawn label of the group and of the reference.
    spread : float, optional
        Variance of the cells' probabilities over everything, by which the interval's floor is
        foreseen; ``None`` where unknown.
    pilot_templates : int, optional
        Templates of the pilot they were estimated from; ``None`` for stated priors.
    """

    template: float
    interaction: float
    term: float
    filler: float
    sampling: float
    reference_sampling: float
    spread: float | None = None
    pilot_templates: int | None = None

    def __post_init__(self) -> None:
        if not all(np.isfinite(part) and part >= 0 for part in (*self.values, self.spread or 0.0)):
            raise ValueError("components: every variance must be a number of at least 0")

    @property
    def values(self) -> tuple[float, ...]:
        """The six variances, in the order of the fields."""
        return (
            self.template,
            self.interaction,
            self.term,
            self.filler,
            self.sampling,
            self.reference_sampling,
        )


def estimate_components(
    y: ArrayLike,
    b: ArrayLike,
    *,
    repeats: int | None,
    reference_repeats: int | None = None,
) -> Components:
    """Estimate the components from one group's cells.

    Parameters
    ----------
    y : array_like, shape (T, K)
        Cell values of the group, in [0, 1]; NaN marks a missing cell.
    b : array_like, shape (T, J)
        Cell values of the reference fillers.
    repeats : int or None
        Repeats R behind every ``y``, at least 2; ``None`` for exact probabilities.
    reference_repeats : int or None
        Repeats R0 behind every ``b``; default: as ``repeats``.

    Returns
    -------
    Components
        Negative estimates are set to 0. With one filler its interaction is taken to be the terms'.

    Raises
    ------
    ValueError
        If a value is outside [0, 1], there are too few cells to tell terms from templates, or a
        single repeat hides the sampling variance.

    Notes
    -----
    Method of moments on the two-way split: s_TK2 = TK V_I - w_g / R, s_K2 = K (V_K - V_I),
    s_T2 = s^2 - s_TK2 / K - w_g / (KR) - (s_B2 + w_0 / R0) / J.
    """
    cells = checked(y, "y", low=0.0, high=1.0)
    fillers = checked(b, "b", low=0.0, high=1.0)
    if cells.ndim != 2 or fillers.ndim != 2 or len(cells) != len(fillers):
        raise ValueError("y and b: expected tables of the same templates, (T, K) and (T, J)")
    drawn = reference_repeats if reference_repeats is not None else repeats
    for name, count in (("repeats", repeats), ("reference_repeats", drawn)):
        if count is not None and count < 2:
            raise ValueError(f"{name}: one repeat cannot show how much repeats differ")
    w_g, w_0 = _draw_variance(cells, repeats), _draw_variance(fillers, drawn)
    return split_components(
        cells,
        fillers,
        noise=0.0 if repeats is None else w_g / repeats,
        reference_noise=0.0 if drawn is None else w_0 / drawn,
        sampling=w_g,
        reference_sampling=w_0,
    )


def split_components(
    y: Array,
    b: Array,
    *,
    noise: float,
    reference_noise: float,
    sampling: float,
    reference_sampling: float,
) -> Components:
    """Estimate the components where the sampling variances are known.

    Parameters
    ----------
    y, b : ndarray, shapes (T, K) and (T, J)
        As in `estimate_components`.
    noise, reference_noise : float
        Mean sampling variance of a value of ``y`` and of ``b``; 0 for exact probabilities.
    sampling, reference_sampling : float
        Variance of one drawn label, w_g and w_0.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        If there are too few cells to tell terms from templates.
    """
    both = ~np.isnan(y).all(axis=1) & ~np.isnan(b).all(axis=1)
    cells, fillers = y[both], b[both]
    if not both.any():
        raise ValueError(TOO_FEW)
    X = cells - np.nanmean(fillers, axis=1, keepdims=True)
    parts = two_way(X)
    if not parts.usable:
        raise ValueError(TOO_FEW)
    interaction = max(0.0, float(parts.mean_square) - noise)
    filler, own_fillers = interaction, two_way(fillers)
    if own_fillers.usable:
        filler = max(0.0, float(own_fillers.mean_square) - reference_noise)
    per_term = float(np.mean(1 / (~np.isnan(X)).sum(axis=1)))
    per_filler = float(np.mean(1 / (~np.isnan(fillers)).sum(axis=1)))
    total = float(np.var(parts.row_means, ddof=1))
    own = (interaction + noise) * per_term
    template = total - own - (filler + reference_noise) * per_filler
    return Components(
        template=max(0.0, template),
        interaction=interaction,
        term=max(0.0, float(parts.terms * (parts.term - parts.interaction))),
        filler=filler,
        sampling=sampling,
        reference_sampling=reference_sampling,
        spread=_spread(cells, fillers, noise, reference_noise),
        pilot_templates=len(X),
    )


def pilot_components(
    y: ArrayLike,
    b: ArrayLike,
    *,
    repeats: int | None,
    reference_repeats: int | None = None,
) -> Components:
    """Estimate the components from a pilot that is large enough to plan with.

    Parameters
    ----------
    y, b : array_like, shape (T, K) and (T, J)
        Cell values of one group and of the fillers, in [0, 1]; NaN = missing.
    repeats, reference_repeats : float
        Repeats per cell; infinite for exact answers.

    Returns
    -------
    Components
        As `estimate_components`.

    Raises
    ------
    ValueError
        With fewer than 10 templates or 3 terms, or as `estimate_components`.
    """
    table = np.asarray(y, float)
    if table.ndim != 2 or len(table) < PILOT_TEMPLATES or table.shape[1] < PILOT_TERMS:
        raise ValueError(
            f"y: a pilot needs at least {PILOT_TEMPLATES} templates and {PILOT_TERMS} terms"
        )
    return estimate_components(y, b, repeats=repeats, reference_repeats=reference_repeats)


def prior_components(
    reference_rate: float,
    gap: float = 0.0,
    *,
    template: float = 2.0,
    group_template: float = 0.7,
    term: float = 0.5,
    term_template: float = 0.5,
) -> Components:
    """Compute the components that stated beliefs imply, before anything was run.

    Parameters
    ----------
    reference_rate : float
        Expected share of unfavourable answers on the reference, in (0, 1).
    gap : float
        Gap to plan for; ``0 < reference_rate + gap < 1``.
    template, group_template, term, term_template : float
        Standard deviations of the effects in logits, for the group and the reference alike. The
        defaults are a typical few-shot classifier; 1, .3, .3, .3 is a mild and 3, 1, 1, 1 a strong
        one.

    Returns
    -------
    Components
        By Gauss-Hermite quadrature of the logit-normal world (no simulation).

    Raises
    ------
    ValueError
        If a rate is not in (0, 1) or a standard deviation is negative.
    """
    if not 0 < reference_rate < 1 or not 0 < reference_rate + gap < 1:
        raise ValueError("reference_rate and gap: both rates must lie in (0, 1)")
    if min(template, group_template, term, term_template) < 0:
        raise ValueError("standard deviations must not be negative")
    sd = (template, group_template, term, term_template)
    group, reference = _Side.of(reference_rate + gap, sd), _Side.of(reference_rate, sd)
    shift = group.by_template - reference.by_template
    weights = _quadrature(NODES)[1]
    between = float(weights @ shift**2) - float(weights @ shift) ** 2
    mean = (group.rate + reference.rate) / 2
    return Components(
        template=max(0.0, between) + group.within + reference.within,
        interaction=group.interaction,
        term=group.term,
        filler=reference.interaction,
        sampling=group.rate - group.square,
        reference_sampling=reference.rate - reference.square,
        spread=max(0.0, (group.square + reference.square) / 2 - mean**2),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """Moments of one side's probabilities, by quadrature over its four effects.

    ``by_template`` is the rate given the template, ``within`` the variance around it that all
    phrases of the side share, ``square`` the mean squared probability.
    """

    by_template: Array
    rate: float
    square: float
    within: float
    interaction: float
    term: float

    @classmethod
    def of(cls, rate: float, sd: tuple[float, float, float, float]) -> _Side:
        """Integrate a side with this mean rate."""
        nodes, w = _quadrature(NODES)
        t, g, k, e = np.ix_(*(size * nodes for size in sd))
        p = special.expit(_intercept(rate, math.hypot(*sd)) + t + g + k + e)
        cells = p @ w
        rows = cells @ w
        by_template = rows @ w
        by_term = w @ (w @ cells.transpose(1, 0, 2))
        square = float(p**2 @ w @ w @ w @ w)
        row_square = float(rows**2 @ w @ w)
        term = max(0.0, float(by_term**2 @ w) - float(by_term @ w) ** 2)
        return cls(
            by_template=by_template,
            rate=float(by_template @ w),
            square=square,
            within=max(0.0, row_square - float(by_template**2 @ w)),
            interaction=max(0.0, square - row_square - term),
            term=term,
        )


def _quadrature(size: int) -> tuple[Array, Array]:
    """Return Gauss-Hermite nodes and weights of a standard normal variable."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(size)
    return nodes, weights / weights.sum()


def _spread(y: Array, b: Array, noise: float, reference_noise: float) -> float:
    """Return the variance of all cells without their sampling variance."""
    own, other = y[~np.isnan(y)], b[~np.isnan(b)]
    drawn = (own.size * noise + other.size * reference_noise) / (own.size + other.size)
    return max(0.0, float(np.concatenate([own, other]).var()) - drawn)


def _intercept(rate: float, sd: float) -> float:
    """Solve for the logit at which the mean of a logit-normal rate is ``rate``."""
    nodes, weights = _quadrature(61)

    def miss(start: float) -> float:
        return float(special.expit(start + sd * nodes) @ weights) - rate

    return float(scipy.optimize.brentq(miss, -60, 60, xtol=1e-10))


def _draw_variance(values: Array, repeats: int | None) -> float:
    """Return the variance of one drawn label, averaged over the present cells."""
    factor = 1.0 if repeats is None else repeats / (repeats - 1)
    known = values[~np.isnan(values)]
    return float((known * (1 - known)).mean() * factor) if known.size else 0.0
