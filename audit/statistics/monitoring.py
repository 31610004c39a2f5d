"""Watching weekly counts with tests that stay valid however often one looks.

Counts have shape (..., W): any leading axes, then weeks. ``x_g`` of ``n_g`` answers about the group
and ``x_r`` of ``n_r`` answers about the rest are unfavourable. The null hypothesis of one direction
is p_g <= p_r + delta in every week, whatever the rates do from week to week.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from audit.statistics.validation import Array

EFFECTS = (0.02, 0.05, 0.10, 0.20)
"""Gaps beyond delta that the alternatives stand for; evidence is averaged over them."""
HORIZON = 52
"""Weeks for which the false alarm rate of the restarting process is stated."""
ALARM_E = 40.0
ALARM_M = ALARM_E * HORIZON
"""One-sided alarm: 2.5% a year for each process, 5% together."""
EARLY_WEEKS = 4
EARLY_DISPERSION = 2.0
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence for one direction after every week, shape (..., W), as natural logarithms.

    Attributes
    ----------
    log_e : ndarray
        e-process: a gap from the start. P(ever >= 1/a) <= a under the null.
    log_m : ndarray
        e-SR: a gap from some later week. E[M_w] <= w under the null.
    steps : ndarray, shape (..., W, alternatives)
        The weeks' own log e-values, for `change_week`.
    """

    log_e: Array
    log_m: Array
    steps: Array


@dataclass(frozen=True, slots=True)
class Watch:
    """Both directions of one comparison after every week.

    Attributes
    ----------
    worse, better : Evidence
        Evidence that the group's rate is more than delta above, or below, the rest's.
    dispersion : ndarray, shape (..., W)
        The divisor phi_w >= 1 of the log evidence; 1 without tempering.
    """

    worse: Evidence
    better: Evidence
    dispersion: Array

    def alarm(self, groups: int = 1) -> NDArray[np.bool_]:
        """Tell in which weeks the two-sided alarm stands (E >= 80 or M >= 4160, times groups)."""
        factor = 2 * groups
        return alarm(self.worse, factor) | alarm(self.better, factor)

    def evidence(self) -> Array:
        """Return one e-value for every week up to the horizon, for `e_bh`, shape (..., W).

        The mean of E and M / 52 over both directions: its expectation is at most 1 under the null
        at any week, or stopping time, within the horizon.
        """
        total = [side.log_e for side in (self.worse, self.better)]
        total += [side.log_m - math.log(HORIZON) for side in (self.worse, self.better)]
        return np.asarray(np.exp(np.minimum(special.logsumexp(total, axis=0), 700.0)) / 4)


def null_projection(
    a: ArrayLike, b: ArrayLike, n_g: ArrayLike, n_r: ArrayLike, delta: ArrayLike = 0.0
) -> tuple[Array, Array]:
    """Project an alternative onto the null by Kullback-Leibler divergence (RIPr).

    Parameters
    ----------
    a, b : array_like, shape (...)
        Rates of the group and of the rest under the alternative, in (0, 1).
    n_g, n_r : array_like, shape (...)
        Texts of the group and of the rest, the weights of the two divergences.
    delta : array_like, shape (...)
        Difference that the null allows, in (-1, 1).

    Returns
    -------
    a0, b0 : ndarray, shape (...)
        Rates in (0, 1), never missing. The closest pair with a0 <= b0 + delta; the alternative
        itself where it is in the null.

    Raises
    ------
    ValueError
        If a rate, count or difference is out of its range.

    Notes
    -----
    The divergence is convex along the boundary a0 = b0 + delta, so its slope is bisected; for
    delta = 0 this is the pooled rate. Turner, Ly & Gruenwald 2021, arXiv 2106.02693.
    """
    a, b, m, n, d = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (a, b, n_g, n_r, delta))
    )
    if not ((a > 0) & (a < 1) & (b > 0) & (b < 1)).all():
        raise ValueError("a and b: rates must lie inside (0, 1)")
    if not ((m >= 0) & (n >= 0)).all() or not (np.abs(d) < 1).all():
        raise ValueError("n_g, n_r and delta: counts must not be negative, |delta| below 1")
    pooled = (m * a + n * b) / np.where(m + n > 0, m + n, 1.0)
    q = _slope_root(a, b, m, n, d) if d.any() else pooled
    inside = (a <= b + d) | (m + n == 0)
    return np.where(inside, a, q + d), np.where(inside, b, q)


def _slope_root(a: Array, b: Array, m: Array, n: Array, d: Array) -> Array:
    """Return the rest's rate at which the divergence along the boundary is smallest."""
    low, high = np.maximum(0.0, -d), np.minimum(1.0, 1.0 - d)
    for _ in range(_BISECTIONS):
        q = (low + high) / 2
        p = q + d
        slope = m * (p - a) / (p * (1 - p)) + n * (q - b) / (q * (1 - q))
        low, high = np.where(slope < 0, q, low), np.where(slope < 0, high, q)
    return np.asarray((low + high) / 2)


def log_e_values(
    x_g: ArrayLike,
    n_g: ArrayLike,
    x_r: ArrayLike,
    n_r: ArrayLike,
    rest_rate: ArrayLike,
    *,
    delta: float = 0.0,
) -> Array:
    """Return the log e-value of each week for every alternative.

    Parameters
    ----------
    x_g, n_g, x_r, n_r : array_like, shape (...)
        Unfavourable answers and texts of the group and of the rest in one week.
    rest_rate : array_like, shape (...)
        The rest's rate as known *before* the week, in (0, 1).
    delta : float
        Difference that the null allows.

    Returns
    -------
    ndarray, shape (..., 4)
        Natural logs; one column for each of `EFFECTS`; 0 in weeks without texts, never missing.
        E[exp] <= 1 under the null.
    """
    xg, ng, xr, nr, b = (
        np.asarray(value, float)[..., None] for value in (x_g, n_g, x_r, n_r, rest_rate)
    )
    a = np.clip(b + delta + np.array(EFFECTS), 1e-6, 1 - 1e-6)
    a0, b0 = null_projection(a, b, ng, nr, delta)
    group = special.xlogy(xg, a / a0) + special.xlogy(ng - xg, (1 - a) / (1 - a0))
    rest = special.xlogy(xr, b / b0) + special.xlogy(nr - xr, (1 - b) / (1 - b0))
    return np.asarray(group + rest)


def past_rate(x_r: ArrayLike, n_r: ArrayLike) -> Array:
    """Return the smoothed rate of the rest over all *earlier* weeks.

    Parameters
    ----------
    x_r, n_r : array_like, shape (..., W)
        Unfavourable answers and texts of the rest by week, counts of at least 0.

    Returns
    -------
    ndarray, shape (..., W)
        ``(x + .5) / (n + 5)``, in (0, 1): a probability that the week itself has no part in. It is
        never missing; before the first text it is .1.

    Notes
    -----
    The plug-in rate of the alternatives in `log_e_values`; any past rate keeps the e-value valid
    (Turner & Gruenwald 2023).
    """
    x, n = np.asarray(x_r, float), np.asarray(n_r, float)
    return np.asarray((np.cumsum(x, axis=-1) - x + 0.5) / (np.cumsum(n, axis=-1) - n + 5))


def dispersion(x: ArrayLike, n: ArrayLike) -> Array:
    """Estimate from earlier weeks how much more the rate varies than independent texts would.

    Parameters
    ----------
    x, n : array_like, shape (..., W)
        Unfavourable answers and texts by week.

    Returns
    -------
    ndarray, shape (..., W)
        phi_w >= 1, known before week w: the mean squared successive difference of
        2 asin(sqrt(rate)) over its variance 1/n + 1/n', times (1 + 2 / sqrt(k)) for k differences;
        2 in the first four weeks. Weeks without texts give no difference. A multiplier, never
        missing (see `watch`).
    """
    counts, texts = np.asarray(x, float), np.asarray(n, float)
    seen = texts > 0
    safe = np.where(seen, texts, 1.0)
    angle = 2 * np.arcsin(np.sqrt(np.clip(counts / safe, 0, 1)))
    pair = seen[..., 1:] & seen[..., :-1]
    square = np.diff(angle, axis=-1) ** 2 / (1 / safe[..., 1:] + 1 / safe[..., :-1])
    total = np.cumsum(np.where(pair, square, 0.0), axis=-1)
    k = np.cumsum(pair, axis=-1)
    phi = np.full(counts.shape, EARLY_DISPERSION)
    # A difference between weeks w-2 and w-1 is known before week w.
    known = np.maximum(k, 1)
    late = total / known * (1 + 2 / np.sqrt(known))
    phi[..., 2:] = np.where(k > 0, late, EARLY_DISPERSION)[..., :-1]
    phi[..., :EARLY_WEEKS] = EARLY_DISPERSION
    return np.asarray(np.maximum(phi, 1.0))


def accumulate(log_e: ArrayLike) -> Evidence:
    """Accumulate weekly evidence, averaging over the alternatives.

    Parameters
    ----------
    log_e : array_like, shape (..., W, alternatives)
        Natural logs of the weekly e-values.

    Returns
    -------
    Evidence
        ``log_e`` (a change from the start) and ``log_m`` (a change at any week), natural logs of
        shape (..., W); -infinity for no evidence, never NaN.

    Notes
    -----
    E-process and e-SR statistic M_w = e_w (M_{w-1} + 1): Shin, Ramdas & Rinaldo (2023).
    """
    steps = np.asarray(log_e, float)
    weeks, alternatives = steps.shape[-2:]
    restarted = np.empty_like(steps)
    state = np.full((*steps.shape[:-2], alternatives), -np.inf)
    for week in range(weeks):
        state = steps[..., week, :] + np.logaddexp(state, 0.0)
        restarted[..., week, :] = state
    count = math.log(alternatives)
    return Evidence(
        log_e=special.logsumexp(np.cumsum(steps, axis=-2), axis=-1) - count,
        log_m=special.logsumexp(restarted, axis=-1) - count,
        steps=steps,
    )


def watch(
    x_g: ArrayLike,
    n_g: ArrayLike,
    x_r: ArrayLike,
    n_r: ArrayLike,
    *,
    delta: float = 0.0,
    tempered: bool = True,
) -> Watch:
    """Compare a group with the rest week by week, in both directions.

    Parameters
    ----------
    x_g, n_g, x_r, n_r : array_like, shape (..., W)
        Unfavourable answers and texts of the group and of everyone else.
    delta : float
        Difference that is tolerated, in [0, 1).
    tempered : bool
        Divide the log evidence by `dispersion`, against answers that cluster within a week.

    Returns
    -------
    Watch

    Raises
    ------
    ValueError
        If counts are negative, not finite, or larger than their texts.

    Notes
    -----
    Under the null the one-sided pair E >= 40 or M >= 2080 alarms in at most 5% of years, the
    two-sided form at doubled thresholds likewise. Texts are taken to be independent within a week;
    deduplicate near-identical ones.
    """
    xg, ng, xr, nr = _counts(x_g, n_g, x_r, n_r)
    b = past_rate(xr, nr)
    phi = np.ones_like(xg)
    if tempered:
        phi = np.maximum(dispersion(xg, ng), dispersion(xr, nr))
    divisor = phi[..., None]
    worse = log_e_values(xg, ng, xr, nr, b, delta=delta) / divisor
    # "Below the rest" is "above the rest" for the favourable answers.
    better = log_e_values(ng - xg, ng, nr - xr, nr, 1 - b, delta=delta) / divisor
    return Watch(accumulate(worse), accumulate(better), phi)


def margin(evidence: Evidence, factor: ArrayLike = 1.0) -> Array:
    """Return how far the evidence of one direction is beyond the alarm.

    Parameters
    ----------
    evidence : Evidence
        Of one direction.
    factor : array_like, shape (..., W)
        Multiplier of both thresholds: 2 for two directions, times the number of groups.

    Returns
    -------
    ndarray, shape (..., W)
        Natural log of the larger of E / 40 and M / 2080, minus that of the factor: 0 or more where
        an alarm stands, NaN where the evidence is.
    """
    over = np.maximum(evidence.log_e - math.log(ALARM_E), evidence.log_m - math.log(ALARM_M))
    return np.asarray(over - np.log(np.asarray(factor, float)))


def alarm(evidence: Evidence, factor: float = 1.0) -> NDArray[np.bool_]:
    """Tell in which weeks an alarm stands.

    Parameters
    ----------
    evidence : Evidence
        Of one direction.
    factor : float
        As for `margin`.

    Returns
    -------
    ndarray of bool, shape (..., W)
        True where E >= 40 or M >= 2080, both times ``factor``; a missing week raises none.
    """
    return np.asarray(margin(evidence, factor) >= 0)


def first_alarm(alarms: ArrayLike) -> NDArray[np.int64]:
    """Return the first week with an alarm.

    Parameters
    ----------
    alarms : array_like of bool, shape (..., W)
        Weeks with an alarm.

    Returns
    -------
    ndarray of int, shape (...)
        Index of the week, from 0 on; -1 where there is none.
    """
    flags = np.asarray(alarms, bool)
    return np.where(flags.any(axis=-1), flags.argmax(axis=-1), -1).astype(np.int64)


def change_week(steps: ArrayLike) -> NDArray[np.int64]:
    """Estimate the week in which a gap began.

    Parameters
    ----------
    steps : array_like, shape (..., W, alternatives)
        Weekly log e-values up to now (`Evidence.steps`).

    Returns
    -------
    ndarray of int, shape (...)
        Index of the start week whose evidence until now is largest; always one (Shin, Ramdas &
        Rinaldo 2023).
    """
    weekly = np.asarray(steps, float)
    since = np.cumsum(weekly[..., ::-1, :], axis=-2)[..., ::-1, :]
    return np.asarray(special.logsumexp(since, axis=-1).argmax(axis=-1), np.int64)


def e_bh(evidence: ArrayLike, rate: float = 0.05) -> NDArray[np.bool_]:
    """Mark groups by e-BH: the false discovery rate stays below ``rate`` under any dependence.

    Parameters
    ----------
    evidence : array_like, shape (..., G)
        e-values, at least 0; NaN (nothing known) is never marked and counts as 0.
    rate : float
        In (0, 1).

    Returns
    -------
    ndarray of bool, shape (..., G)
        The k groups with the largest e-values, k the largest with e_(k) >= G / (rate k).

    Raises
    ------
    ValueError
        If an e-value is negative or the rate not in (0, 1).

    Notes
    -----
    Wang & Ramdas (2022).

    Examples
    --------
    >>> e_bh([70.0, 45.0, 1.0]).tolist()
    [True, True, False]
    """
    values = np.nan_to_num(np.asarray(evidence, float), nan=0.0)
    if not 0 < rate < 1 or (values < 0).any():
        raise ValueError("evidence and rate: need e-values of at least 0 and a rate in (0, 1)")
    G = values.shape[-1]
    order = np.argsort(-values, axis=-1, kind="stable")
    sorted_values = np.take_along_axis(values, order, axis=-1)
    enough = sorted_values * np.arange(1, G + 1) * rate >= G
    k = np.where(enough.any(axis=-1), G - enough[..., ::-1].argmax(axis=-1), 0)
    marked = np.zeros(values.shape, bool)
    np.put_along_axis(marked, order, np.arange(G) < k[..., None], axis=-1)
    return marked


def _counts(*values: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Return the four arrays of counts, or say what is wrong with them."""
    xg, ng, xr, nr = (
        np.array(v) for v in np.broadcast_arrays(*(np.asarray(v, float) for v in values))
    )
    for name, x, n in (("x_g", xg, ng), ("x_r", xr, nr)):
        if not ((x >= 0) & (x <= n) & np.isfinite(n)).all():
            raise ValueError(f"{name}: counts must lie between 0 and their texts")
    return xg, ng, xr, nr
