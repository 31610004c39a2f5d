"""Checks 14 to 22: false alarms, power and verdict errors of whole audits."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from scipy import stats

from audit.statistics.multiplicity import benjamini_hochberg, holm, max_t
from audit.verdicts import decide
from benchmarks.checks.audits import adjusted, percent
from benchmarks.checks.record import Check
from benchmarks.world import simulate

AUDITS, G = 1_000, 10
TOLERANCE, ALPHA = 0.05, 0.05
Measure = Callable[[np.random.Generator], float]


def false_alarm(rng: np.random.Generator) -> float:
    """Check 14: audits without any gap in which some group is flagged."""
    world = simulate(rng, n=3 * AUDITS, T=20, G=G, p0=0.1)
    _, p = adjusted(world, rng)
    return percent(p.min(axis=1) <= ALPHA)


def names_unbiased(rng: np.random.Generator) -> float:
    """Check 14b: audits of the planted oracle's design in which an unbiased group is named."""
    gaps = np.array([0.1, 0.25, *[0.0] * (G - 2)])
    named = 0
    for _ in range(10):
        world = simulate(rng, n=AUDITS // 2, T=48, J=3, G=G, p0=0.1, gap=gaps, kind="exact")
        found, p = adjusted(world, rng)
        inside = (found.low >= -TOLERANCE) & (found.high <= TOLERANCE)
        named += int(((p <= ALPHA) & ~inside)[:, 2:].any(axis=1).sum())
    return 100 * named / (5 * AUDITS)


def finds_three_of_ten(rng: np.random.Generator) -> float:
    """Check 15: groups found when three of ten have a gap of 10 points."""
    gaps = np.where(np.arange(G) < 3, 0.1, 0.0)
    world = simulate(rng, n=AUDITS // 2, T=20, J=3, G=G, p0=0.1, gap=gaps)
    _, p = adjusted(world, rng)
    return percent(p[:, :3] <= ALPHA)


def naive_false_alarm(rng: np.random.Generator) -> float:
    """Check 16: the same audits by a t test over all pairs of cells with Holm."""
    world = simulate(rng, n=AUDITS, T=20, G=G, p0=0.1)
    X = (world.y - world.b[:, None]).reshape(AUDITS, G, -1)
    n = X.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        t = X.mean(axis=-1) / (X.std(axis=-1, ddof=1) / np.sqrt(n))
    p = np.nan_to_num(2 * stats.t.sf(np.abs(t), n - 1), nan=1.0)
    return percent(np.array([holm(row).min() for row in p]) <= ALPHA)


def verdicts(names: Collection[str], **design: Any) -> Measure:
    """Measure how often a group gets one of some verdicts, ten groups an audit."""

    def measure(rng: np.random.Generator) -> float:
        world = simulate(rng, n=200, G=G, **design)
        estimates, p = adjusted(world, rng)
        rows = zip(
            estimates.low.ravel().tolist(),
            estimates.high.ravel().tolist(),
            p.ravel().tolist(),
            strict=True,
        )
        given = [decide(low, high, q, tolerance=TOLERANCE, alpha=ALPHA) for low, high, q in rows]
        return percent(np.isin(given, list(names)))

    return measure


def partition_violations(rng: np.random.Generator) -> float:
    """Check 21: random intervals whose verdict is not the one that the rules single out."""
    size = 1_000_000
    low, high = np.sort(rng.normal(0, 0.06, (size, 2)), axis=1).T
    p = rng.random(size) * 2 * ALPHA
    inside = (low >= -TOLERANCE) & (high <= TOLERANCE)
    clear = ((low > 0) | (high < 0)) & (p <= ALPHA)
    outside = (low > TOLERANCE) | (high < -TOLERANCE)
    rules = {
        "no_gap": inside,
        "gap": ~inside & clear & outside,
        "concern": ~inside & clear & ~outside,
        "not_enough_evidence": ~inside & ~clear,
    }
    many = np.sum(list(rules.values()), axis=0) != 1
    rows = zip(low.tolist(), high.tolist(), p.tolist(), strict=True)
    given = np.array([decide(a, b, q, tolerance=TOLERANCE, alpha=ALPHA) for a, b, q in rows])
    wrong = np.logical_or.reduce([(given == name) != holds for name, holds in rules.items()])
    return float((many | wrong).sum())


def smallest_p(T: int) -> Measure:
    """Measure the p-value of the clearest result that T templates can give, times 2^T."""

    def measure(rng: np.random.Generator) -> float:
        D = 0.3 + rng.random((1, T)) / 100
        return float(max_t(D, np.array([0.25]), rng=rng)[0] * 2**T)

    return measure


def adjusting_error(rng: np.random.Generator) -> float:
    """Check 22c: largest difference of Holm and Benjamini-Hochberg from their definitions."""
    worst = 0.0
    for _ in range(2_000):
        p = rng.beta(0.4, 1, int(rng.integers(1, 25)))
        # Holm by its closed form; the false discovery rate by scipy.
        steps = p * (p.size - (p < p[:, None]).sum(axis=1))
        closed = np.array([min(1.0, steps[p <= own].max()) for own in p])
        errors = (holm(p) - closed, benjamini_hochberg(p) - stats.false_discovery_control(p))
        worst = max(worst, float(np.abs(errors).max()))
    return worst


CHECKS = (
    Check("14", "some unbiased group flagged, G=10 T=20 K=5 R=5 p0=.1", false_alarm, 0, 6.5),
    Check(
        "14b", "an unbiased group named, 2 of 10 with gaps, T=48 J=3, exact probabilities",
        names_unbiased, 0, 6.0,  # 5% and three standard errors of 5,000 audits
    ),
    Check(
        "15", "groups with a gap of 10 points found, 3 of 10, J=3 T=20",
        finds_three_of_ten, 52, 100,
    ),
    Check(
        "16", "some unbiased group flagged by a t test over all pairs with Holm",
        naive_false_alarm, 28, 100, must_fail=True,
    ),
    Check(
        "17", "verdict `gap` at a gap of 25 points, T=40 p0=.1",
        verdicts({"gap"}, T=40, p0=0.1, gap=0.25), 97, 100,
    ),
    Check(
        "18", "verdict `concern` or `gap` at no gap, T=40 p0=.1",
        verdicts({"gap", "concern"}, T=40, p0=0.1), 0, 4,
    ),
    Check(
        "19", "verdict `no_gap` at a gap of exactly 5 points, T=60 J=3 p0=.1",
        verdicts({"no_gap"}, T=60, J=3, p0=0.1, gap=0.05), 0, 5.5,
    ),
    Check(
        "20", "verdict `no_gap` at no gap, T=60 J=3 p0=.02",
        verdicts({"no_gap"}, T=60, J=3, p0=0.02), 95, 100,
    ),
    Check(
        "21", "a million random intervals with another verdict than the rules give",
        partition_violations, 0, 0, "intervals",
    ),
    Check("22", "smallest sign-flip p-value with 6 templates, times 64", smallest_p(6), 2, 2, ""),
    Check("22b", "the same with 5 templates, times 32", smallest_p(5), 2, 2, ""),
    Check(
        "22c", "Holm and Benjamini-Hochberg: largest error on 2,000 random families",
        adjusting_error, 0, 1e-12, "",
    ),
)  # fmt: skip
