"""Sequential rounds: looking at a running audit a few times without paying in false verdicts.

Templates arrive in random order and are judged after equal rounds against bounds that spend the
error O'Brien-Fleming-like (Lan & DeMets 1983). Rounds are optional; nothing is looked at otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray
from scipy import special

from audit.statistics.intervals import listed_interval
from audit.statistics.validation import Array, alpha_of, checked

_NODES = 64
_WIDEST = 12.0


@dataclass(frozen=True, slots=True)
class Rounds:
    """Where each audit stopped; every field has the shape of the leading axes.

    Attributes
    ----------
    verdict : ndarray of str
        ``no_gap`` or ``gap``, or ``open`` where no round could tell.
    templates : ndarray of int
        Templates used.
    stopped_early : ndarray of bool
        Stopped before the last round; the estimate is then biased outwards by about .5 point.
    estimate, low, high : ndarray
        Gap and interval at the look where it stopped (fractions).
    """

    verdict: NDArray[np.str_]
    templates: NDArray[np.int64]
    stopped_early: NDArray[np.bool_]
    estimate: Array
    low: Array
    high: Array


def spent_alpha(t: ArrayLike, *, confidence_level: float = 0.95) -> Array:
    """Return the two-sided error that may be spent by information time ``t``.

    Parameters
    ----------
    t : array_like, shape (...)
        Share of the templates seen, in (0, 1].
    confidence_level : float
        One minus the error of the whole run.

    Returns
    -------
    ndarray, shape (...)
        A probability: ``4 - 4 Phi(z_{1 - alpha/4} / sqrt(t))``, alpha at t = 1; never missing.

    Raises
    ------
    ValueError
        If a time is outside (0, 1].

    Notes
    -----
    The spending function of O'Brien-Fleming type of Lan & DeMets 1983.
    """
    times = np.asarray(t, float)
    if not ((times > 0) & (times <= 1)).all():
        raise ValueError("t: information times must lie in (0, 1]")
    z = -special.ndtri(alpha_of(confidence_level) / 4)
    return np.asarray(4 * special.ndtr(-z / np.sqrt(times)))


def round_bounds(looks: int | Sequence[float], *, confidence_level: float = 0.95) -> Array:
    """Compute the bounds of the standardised estimate at every look.

    Parameters
    ----------
    looks : int or sequence of float
        Number of equally spaced looks, or increasing information times that end at 1.
    confidence_level : float
        One minus the two-sided error of the whole run.

    Returns
    -------
    ndarray, shape (looks,)
        z, positive multipliers of the standard error, such that P(any |Z_j| >= z_j) spends exactly
        `spent_alpha` at every look; never missing.

    Raises
    ------
    ValueError
        If the times do not increase to 1.

    Notes
    -----
    Recursive numerical integration of the density of paths that have not crossed (Armitage,
    McPherson & Rowe 1969) by Gauss-Legendre quadrature.

    Examples
    --------
    >>> round_bounds(3).round(3).tolist()
    [3.71, 2.511, 1.993]
    """
    times = np.arange(1, looks + 1) / looks if isinstance(looks, int) else np.asarray(looks, float)
    if times.ndim != 1 or not len(times) or times[-1] != 1 or not (np.diff(times) > 0).all():
        raise ValueError("looks: at least one, at times that increase to 1")
    spend = np.diff(spent_alpha(times, confidence_level=confidence_level), prepend=0.0)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # Scores B_j = sqrt(t_j) Z_j have independent normal increments.
    points, mass = np.zeros(1), np.ones(1)
    bounds = []
    before = 0.0
    for time, error in zip(times, spend, strict=True):
        step = math.sqrt(time - before)
        scale = math.sqrt(time)

        def crossing(
            z: float,
            *,
            points: Array = points,
            mass: Array = mass,
            step: float = step,
            scale: float = scale,
        ) -> float:
            upper = special.ndtr((points - z * scale) / step)
            lower = special.ndtr((-z * scale - points) / step)
            return float(mass @ (upper + lower))

        z = scipy.optimize.brentq(lambda z, e=error: crossing(z) - e, 0.0, _WIDEST, xtol=1e-12)
        bounds.append(z)
        edge = z * scale
        fresh = edge * nodes
        density = np.exp(-(((fresh[:, None] - points) / step) ** 2) / 2) / (
            math.sqrt(2 * math.pi) * step
        )
        points, mass, before = fresh, edge * weights * (density @ mass), time
    return np.array(bounds)


def round_levels(bounds: ArrayLike) -> Array:
    """Return the confidence level of the interval shown at every look.

    Parameters
    ----------
    bounds : array_like, shape (looks,)
        Bounds z_j of `round_bounds`, positive.

    Returns
    -------
    ndarray, shape (looks,)
        ``1 - 2 (1 - Phi(z_j))``, in (0, 1); never missing.

    Notes
    -----
    Repeated confidence intervals: Jennison & Turnbull (1989).
    """
    return np.asarray(1 - 2 * special.ndtr(-np.asarray(bounds, float)))


def run_rounds(
    D: ArrayLike,
    h: ArrayLike,
    tolerance: float,
    *,
    looks: int = 5,
    confidence_level: float = 0.95,
    bounds: ArrayLike | None = None,
) -> Rounds:
    """Judge audits round by round and stop each at the first clear verdict.

    Parameters
    ----------
    D : array_like, shape (..., T)
        Template gaps in the random order in which they are run; T is the largest design.
    h : array_like, shape (...) or (..., looks)
        The floor of `floor_h`, one for the whole run or one per look.
    tolerance : float
        The limit (fraction), positive.
    looks : int
        Rounds, 3 or 5, after T / looks, 2 T / looks ... templates.
    confidence_level : float
        Of the whole run.
    bounds : array_like, shape (looks,), optional
        Other bounds than `round_bounds`, to show what they do.

    Returns
    -------
    Rounds
        ``no_gap`` where the round's interval lies within the tolerance, ``gap`` where it lies
        beyond; every other verdict waits for the end.

    Raises
    ------
    ValueError
        If a gap is missing or outside [-1, 1], the tolerance is not positive, or a round would
        have fewer than two templates.

    Notes
    -----
    Round interval: gap +- t_{1 - p/2, T_j - 1} SE with p = 2 (1 - Phi(z_j)).
    """
    gaps = checked(D, "D", low=-1.0, high=1.0)
    T = gaps.shape[-1]
    if np.isnan(gaps).any() or not tolerance > 0 or 2 * looks > T:
        raise ValueError("D, tolerance and looks: need complete gaps, a limit, 2 templates a round")
    limits = round_bounds(looks, confidence_level=confidence_level) if bounds is None else bounds
    levels = round_levels(limits)
    floors = np.asarray(h, float)
    per_look = floors.ndim == gaps.ndim
    shape = gaps.shape[:-1]
    done = np.zeros(shape, bool)
    verdict = np.full(shape, "open", dtype="U6")
    templates = np.full(shape, T, dtype=np.int64)
    numbers = np.full((3, *shape), np.nan)
    for j in range(looks):
        size = round(T * (j + 1) / looks)
        floor = floors[..., j] if per_look else floors
        seen = listed_interval(gaps[..., :size], floor, confidence_level=float(levels[j]))
        passed = (-tolerance <= seen.low) & (seen.high <= tolerance)
        failed = (seen.low > tolerance) | (seen.high < -tolerance)
        now = ~done & (passed | failed | (j == looks - 1))
        verdict[now & passed], verdict[now & failed] = "no_gap", "gap"
        templates[now] = size
        numbers[:, now] = np.stack([seen.estimate, seen.low, seen.high])[:, now]
        done |= now
    return Rounds(verdict, templates, templates < T, *numbers)
