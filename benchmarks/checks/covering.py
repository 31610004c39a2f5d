"""Checks 1 to 10, 26 and 43: coverage of our intervals, and of naive ones in the same world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from audit.statistics.intervals import census_interval
from benchmarks.checks.audits import coverage, listed, percent, phrases
from benchmarks.checks.record import Check
from benchmarks.world import simulate

REPLICATIONS = 2_000
Measure = Callable[[np.random.Generator], float]


def covers_listed(**design: Any) -> Measure:
    """Measure the coverage of interval (a)."""

    def measure(rng: np.random.Generator) -> float:
        world = simulate(rng, n=REPLICATIONS, **design)
        return coverage(listed(world), world.gap)

    return measure


def covers_phrases(*, missing: float = 0.0, **design: Any) -> Measure:
    """Measure the coverage of interval (b) over terms that are drawn afresh."""

    def measure(rng: np.random.Generator) -> float:
        world = simulate(rng, n=REPLICATIONS, terms="phrases", **design)
        gone = rng.random(world.y.shape) < missing
        return coverage(phrases(world, gone), world.gap)

    return measure


def all_sample_pairs(rng: np.random.Generator) -> float:
    """Check 9: a t interval over all pairs of samples, as if they were independent."""
    T, K, R, chunk = 20, 8, 20, 200
    hits = []
    for _ in range(REPLICATIONS // chunk):
        world = simulate(rng, n=chunk, T=T, K=K, p0=0.1, gap=0.05, kind="exact", terms="phrases")
        y = rng.random((chunk, T, K, R)) < world.p_y[:, 0, :, :, None]
        b = rng.random((chunk, T, 1, R)) < world.p_b[:, :, :, None]
        hits.append(_naive_covers((y * 1.0 - b).reshape(chunk, -1), world.gap))
    return percent(np.concatenate(hits))


def all_cell_pairs(rng: np.random.Generator) -> float:
    """Check 10: a t interval over all template x term pairs, as if they were independent."""
    world = simulate(rng, n=REPLICATIONS, T=20, K=8, R=5, p0=0.1, gap=0.05, terms="phrases")
    X = world.y[:, 0] - world.b
    return percent(_naive_covers(X.reshape(REPLICATIONS, -1), world.gap))


def _naive_covers(rows: np.ndarray, truth: np.ndarray) -> np.ndarray:
    n = rows.shape[1]
    half = stats.t.ppf(0.975, n - 1) * rows.std(axis=1, ddof=1) / np.sqrt(n)
    return np.asarray(np.abs(rows.mean(axis=1) - truth) <= half)


def covers_census(rng: np.random.Generator) -> float:
    """Check 26: interval (c) of the gap on exactly the prompts that were asked."""
    world = simulate(rng, n=REPLICATIONS, T=20, K=5, R=5, p0=0.3, gap=0.08)
    truth = world.p_y[:, 0].mean(axis=(-1, -2)) - world.p_b.mean(axis=(-1, -2))
    return coverage(census_interval(world.y[:, 0], 5, world.b, 5), truth)


def variance_ratio(rng: np.random.Generator) -> float:
    """Check 43: mean squared error estimate of (b) / variance of its estimate."""
    world = simulate(rng, n=2 * REPLICATIONS, T=20, K=4, R=1, p0=0.3, terms="phrases")
    estimates = phrases(world)
    return float(estimates.variance.mean() / estimates.estimate.var(ddof=1))


CHECKS = (
    Check(
        "1", "coverage (a), T=20 K=5 R=5 p0=.3 gap 8",
        covers_listed(T=20, p0=0.3, gap=0.08), 93.5, 98,
    ),
    Check(
        "2", "coverage (a), rare: p0=.02 gap 5, T=20 K=5 R=5",
        covers_listed(T=20, p0=0.02, gap=0.05), 94, 99,
    ),
    Check(
        "3", "coverage (a), tiny: T=10 K=1 R=1 p0=.3 gap 10",
        covers_listed(T=10, K=1, R=1, p0=0.3, gap=0.1), 93.5, 98.5,
    ),
    Check(
        "4", "coverage (a), exact probabilities, T=50 K=8 p0=.1 gap 5",
        covers_listed(T=50, K=8, p0=0.1, gap=0.05, kind="exact"), 94, 99,
    ),
    Check(
        "5", "coverage (a), deterministic labels, T=20 K=5 p0=.1 gap 5",
        covers_listed(T=20, p0=0.1, gap=0.05, kind="deterministic"), 95, 99.5,
    ),
    Check(
        "6", "coverage (b), T=20 K=5 R=5 p0=.1 gap 5",
        covers_phrases(T=20, p0=0.1, gap=0.05), 94, 98.5,
    ),
    Check(
        "7", "coverage (b), T=50 K=3, exact probabilities (hard)",
        covers_phrases(T=50, K=3, p0=0.1, gap=0.05, kind="exact"), 90.5, 96,
    ),
    Check(
        "8", "coverage (b), 30% missing cells, T=20 K=8 R=5",
        covers_phrases(T=20, K=8, p0=0.1, gap=0.05, missing=0.3), 93.5, 98.5,
    ),
    Check(
        "9", "coverage of a t interval over all sample pairs, T=20 K=8 R=20",
        all_sample_pairs, 30, 52, must_fail=True,
    ),
    Check(
        "10", "coverage of a t interval over all template x term pairs, T=20 K=8 R=5",
        all_cell_pairs, 55, 72, must_fail=True,
    ),
    Check("26", "coverage (c), T=20 K=5 R=5 p0=.3 gap 8", covers_census, 93, 96.5),
    Check(
        "43", "(b): mean squared standard error / variance, T=20 K=4 R=1",
        variance_ratio, 0.95, 1.2, "",
    ),
)  # fmt: skip
