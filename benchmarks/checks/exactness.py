"""Checks 11 to 13 and 44: what must hold exactly, whatever the data."""

from __future__ import annotations

import numpy as np
from scipy import stats

from audit.statistics.intervals import Estimates, floor_h, listed_interval, phrases_interval
from audit.verdicts import decide
from benchmarks.checks.record import Check
from benchmarks.world import World, simulate

TOLERANCE = 0.05
GOLDEN_A = np.array(
    [[0, 0.2, 0.4], [0, 0, 0.2], [0.2, 0.2, 0.4], [0, 0, 0], [0, 0.2, 0], [0, 0, 0.2]]
)
GOLDEN_B = np.array(
    [[0, 0.4, 1], [0, 0, 0.8], [0.2, 0.4, 0.6], [0, 0, 0.6], [0, 0.2, 1], [0.2, 0, 0.8]]
)
REFERENCE_B = np.array([0, 0, 0.2, 0, 0, 0.4])
PRINTED_A = (11.1111, -3.2741, 25.4963, -6.9002, 29.1224, 5.0)
PRINTED_B = (24.4444, 1.3194, 47.5695, -62.3658, 100.0, 2.5112)


def listed(world: World) -> Estimates:
    """Return interval (a) of every audit's only group."""
    n = len(world.y)
    cells = np.concatenate([world.y.reshape(n, -1), world.b.reshape(n, -1)], axis=1)
    return listed_interval(world.y[:, 0].mean(axis=-1) - world.b.mean(axis=-1), floor_h(cells))


def against_scipy(rng: np.random.Generator) -> float:
    """Check 11: largest difference from scipy's t interval where the floor is inactive."""
    D = rng.uniform(-0.9, 0.9, (500, 20))
    found = listed_interval(D, np.full(500, 0.25))
    error = D.std(axis=1, ddof=1) / np.sqrt(20)
    low, high = stats.t.interval(0.95, 19, loc=D.mean(axis=1), scale=error)
    return float(max(np.abs(found.low - low).max(), np.abs(found.high - high).max()))


def all_zero(T: int, points: float, verdict: str) -> float:
    """Check 12: error of the half-width of all-zero labels in points; 99 for a wrong verdict."""
    found = listed_interval(np.zeros(T), floor_h(np.zeros(2 * T)))
    said = decide(float(found.low), float(found.high), 1.0, tolerance=TOLERANCE, alpha=0.05)
    return abs(100 * float(found.high) - points) if said == verdict else 99.0


def complement(rng: np.random.Generator) -> float:
    """Check 13: the complement of the outcome negates the interval."""
    world = simulate(rng, n=500, T=20, J=3, p0=0.2, gap=0.1)
    other = World(1 - world.y, 1 - world.b, 1 - world.p_y, 1 - world.p_b, -world.gap)
    one, two = listed(world), listed(other)
    return float(max(np.abs(one.low + two.high).max(), np.abs(one.high + two.low).max()))


def copied_terms(rng: np.random.Generator) -> float:
    """Check 13b: copied terms and fillers leave (a) unchanged."""
    world = simulate(rng, n=500, T=20, J=3, p0=0.2, gap=0.1)
    twice = World(
        np.concatenate([world.y, world.y], axis=-1),
        np.concatenate([world.b, world.b], axis=-1),
        world.p_y,
        world.p_b,
        world.gap,
    )
    one, two = listed(world), listed(twice)
    return float(max(np.abs(one.low - two.low).max(), np.abs(one.high - two.high).max()))


def golden(_: np.random.Generator) -> float:
    """Check 44: largest error on the golden tables, in points (degrees of freedom as they are)."""
    worst = 0.0
    for table, reference, printed in (
        (GOLDEN_A, np.zeros(6), PRINTED_A),
        (GOLDEN_B, REFERENCE_B, PRINTED_B),
    ):
        X = table - reference[:, None]
        h = floor_h(np.concatenate([table.ravel(), reference]))
        a, b = listed_interval(X.mean(axis=1), h), phrases_interval(X, h)
        points = 100 * np.array([a.estimate, a.low, a.high, b.low, b.high])
        error = np.abs(np.append(points, b.df) - printed)
        worst = max(worst, float(error.max()))
    return worst


CHECKS = (
    Check(
        "11",
        "(a) against scipy.stats.t.interval where the floor is inactive",
        against_scipy,
        0,
        1e-12,
        "",
    ),
    Check(
        "12",
        "all-zero labels, T=20: half-width 6.89, not enough evidence",
        lambda _: all_zero(20, 6.89, "not_enough_evidence"),
        0,
        0.006,
        "points",
    ),
    Check(
        "12b",
        "all-zero labels, T=28: half-width 4.92, no gap",
        lambda _: all_zero(28, 4.92, "no_gap"),
        0,
        0.006,
        "points",
    ),
    Check("13", "the complement of the outcome negates the interval", complement, 0, 1e-12, ""),
    Check("13b", "copied terms and fillers leave (a) unchanged", copied_terms, 0, 1e-12, ""),
    Check("44", "golden tables A and B: largest error", golden, 0, 0.001, "points"),
)
