"""The simulated world in which the statistics are tried: logit-normal rates with known gaps.

logit p = intercept + template + (group x template) + term + (term x template), all effects normal.
The reference is one more group whose terms are the fillers, which are always fixed.
Intercepts are solved so that the expected rates are exactly ``p0`` (mean over the fillers) and
``p0 + gap``; a "listed" gap is about fixed terms, a "phrases" gap about terms drawn afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

Kind = Literal["sampled", "exact", "deterministic"]
Terms = Literal["listed", "phrases"]


@dataclass(frozen=True, slots=True)
class Preset:
    """Standard deviations of the effects, in logits."""

    template: float
    group_template: float
    term: float
    term_template: float


PRESETS = {
    "mild": Preset(1, 0.3, 0.3, 0.3),
    "typical": Preset(2, 0.7, 0.5, 0.5),
    "strong": Preset(3, 1, 1, 1),
    "noise": Preset(2, 0, 0, 0),
}
"""The three presets of the specification, and ``noise``: nothing but templates differs."""


@dataclass(frozen=True, slots=True)
class World:
    """Simulated audits.

    Attributes
    ----------
    y : ndarray, shape (n, G, T, K)
        Cell values of the groups: shares of unfavourable answers, in [0, 1].
    b : ndarray, shape (n, T, J)
        Cell values of the reference fillers.
    p_y, p_b : ndarray
        The probabilities behind ``y`` and ``b``, same shapes.
    gap : ndarray, shape (G,)
        The true gap of each group (fraction).
    """

    y: NDArray[np.float64]
    b: NDArray[np.float64]
    p_y: NDArray[np.float64]
    p_b: NDArray[np.float64]
    gap: NDArray[np.float64]


def simulate(
    rng: np.random.Generator,
    *,
    n: int,
    T: int,
    K: int = 5,
    R: int = 5,
    J: int = 1,
    R0: int | None = None,
    G: int = 1,
    p0: float = 0.1,
    gap: ArrayLike = 0.0,
    preset: str | Preset = "typical",
    kind: Kind = "sampled",
    terms: Terms = "listed",
) -> World:
    """Simulate ``n`` audits at once.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of all randomness.
    n, T, K, R, J, R0, G : int
        Audits, templates, terms per group, repeats per cell, fillers, repeats per filler cell
        (default ``R``), groups.
    p0 : float
        Reference rate, in (0, 1).
    gap : float or array of shape (G,)
        True gap per group; ``0 < p0 + gap < 1``.
    preset : str or Preset
        Spread of the effects.
    kind : {'sampled', 'exact', 'deterministic'}
        Binomial shares of ``R`` draws, the probabilities themselves, or the more likely label
        (0 or 1; ``p0`` and ``gap`` are then about that label).
    terms : {'listed', 'phrases'}
        Terms fixed at normal scores, or drawn for each audit.

    Returns
    -------
    World
    """
    sd = PRESETS[preset] if isinstance(preset, str) else preset
    gaps = np.broadcast_to(np.asarray(gap, float), (G,)).copy()
    scores = _normal_scores(K) * sd.term
    fillers = _normal_scores(J) * sd.term
    group_sd = float(np.sqrt(sd.template**2 + sd.group_template**2 + sd.term_template**2))
    base = _intercept(p0, tuple(fillers), group_sd, kind)
    if terms == "listed":
        starts = [_intercept(p0 + g, tuple(scores), group_sd, kind) for g in gaps]
        effect = np.broadcast_to(scores, (1, G, 1, K))
    else:
        total = float(np.hypot(group_sd, sd.term))
        starts = [_intercept(p0 + g, (0.0,), total, kind) for g in gaps]
        effect = rng.normal(0, sd.term, (n, G, 1, K))
    template = rng.normal(0, sd.template, (n, T))
    logit_y = (
        np.asarray(starts)[None, :, None, None]
        + template[:, None, :, None]
        + rng.normal(0, sd.group_template, (n, G, T, 1))
        + effect
        + rng.normal(0, sd.term_template, (n, G, T, K))
    )
    logit_b = (
        base
        + template[:, :, None]
        + rng.normal(0, sd.group_template, (n, T, 1))
        + fillers
        + rng.normal(0, sd.term_template, (n, T, J))
    )
    p_y, p_b = special.expit(logit_y), special.expit(logit_b)
    if kind == "exact":
        return World(p_y, p_b, p_y, p_b, gaps)
    if kind == "deterministic":
        y, b = (logit_y > 0).astype(float), (logit_b > 0).astype(float)
        return World(y, b, p_y, p_b, gaps)
    draws_b = R if R0 is None else R0
    return World(rng.binomial(R, p_y) / R, rng.binomial(draws_b, p_b) / draws_b, p_y, p_b, gaps)


def intercept(rate: float, sd: float) -> float:
    """Return the logit at which a rate with normal effects of spread ``sd`` averages ``rate``."""
    return _intercept(rate, (0.0,), sd, "exact")


def _normal_scores(size: int) -> NDArray[np.float64]:
    """Return normal quantiles with mean 0 and standard deviation 1 (one value: 0)."""
    scores = stats.norm.ppf((np.arange(1, size + 1) - 0.5) / size)
    spread = scores.std()
    return np.asarray(scores / spread if spread > 0 else scores, float)


def _mean_rate(intercept: float, offsets: Sequence[float], sd: float, kind: Kind) -> float:
    """Return the expected rate, averaged over the offsets."""
    centres = intercept + np.asarray(offsets)
    if kind == "deterministic":
        return float(stats.norm.cdf(centres / sd).mean())
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    rates = special.expit(centres[:, None] + sd * nodes) @ weights / weights.sum()
    return float(rates.mean())


@cache
def _intercept(rate: float, offsets: tuple[float, ...], sd: float, kind: Kind) -> float:
    """Solve for the intercept at which the expected rate is ``rate``."""
    return float(
        optimize.brentq(lambda m: _mean_rate(m, offsets, sd, kind) - rate, -40, 40, xtol=1e-12)
    )
