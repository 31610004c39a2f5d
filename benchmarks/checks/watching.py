"""Checks 36 to 40: alarms over a year of weekly looks."""

from __future__ import annotations

import numpy as np
from scipy import stats

from audit.statistics.monitoring import (
    EFFECTS,
    HORIZON,
    Watch,
    alarm,
    first_alarm,
    null_projection,
    watch,
)
from benchmarks.checks.record import Check

YEARS = 1_500
REST = 1_000
"""Texts a week about everyone else."""
VOLUMES = (10, 50, 200)
RATE = 0.1
CHANGE = 26
"""The change comes after this many weeks."""


def weekly_counts(
    rng: np.random.Generator,
    *,
    volume: int,
    weeks: int = HORIZON,
    rise: float = 0.0,
    icc: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return weekly counts of a group and the rest; ``rise`` begins after `CHANGE` weeks."""
    late = np.arange(weeks) >= CHANGE
    shape = (YEARS, weeks)
    own, rest = np.broadcast_to(RATE + rise * late, shape), np.full(shape, RATE)
    if icc > 0:
        size = 1 / icc - 1
        own, rest = rng.beta(own * size, (1 - own) * size), rng.beta(rest * size, (1 - rest) * size)
    return (
        rng.binomial(volume, own),
        np.full(shape, volume),
        rng.binomial(REST, rest),
        np.full(shape, REST),
    )


def largest_expectation(_: np.random.Generator) -> float:
    """Check 36: the largest expected e-value over a grid of null hypotheses, computed exactly."""
    grid = np.array([0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9])
    b, e, delta, n_g, n_r, p_r, below = np.meshgrid(
        grid, EFFECTS, [0.0, 0.02, 0.05], [1, 10, 200], [1, 50, 2000], grid, [0.0, 0.02, 0.1],
        indexing="ij",
    )  # fmt: skip
    a = np.clip(b + delta + e, 1e-6, 1 - 1e-6)
    a0, b0 = null_projection(a, b, n_g, n_r, delta)
    p_g = np.clip(p_r + delta - below, 0.0, 1.0)
    # Independent texts: the expectation of a product of likelihood ratios is a product of powers.
    own = p_g * a / a0 + (1 - p_g) * (1 - a) / (1 - a0)
    rest = p_r * b / b0 + (1 - p_r) * (1 - b) / (1 - b0)
    return float(np.exp((n_g * np.log(own) + n_r * np.log(rest)).max()))


def share_alarmed(alarms: np.ndarray) -> float:
    """Return the share of years with any alarm, in percent."""
    return 100 * float(alarms.any(axis=-1).mean())


def false_alarms(rng: np.random.Generator, *, two_sided: bool, tempered: bool = False) -> float:
    """Check 37: years with a false alarm, the worst of three volumes."""
    shares = []
    for volume in VOLUMES:
        seen = watch(*weekly_counts(rng, volume=volume), tempered=tempered)
        shares.append(share_alarmed(seen.alarm() if two_sided else alarm(seen.worse)))
    return max(shares)


def naive_alarms(rng: np.random.Generator) -> float:
    """Check 38: years with a false alarm of a weekly z-test at 5%, 50 texts a week."""
    x, n, y, m = weekly_counts(rng, volume=50)
    pooled = (x + y) / (n + m)
    z = (x / n - y / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return share_alarmed(np.abs(z) > stats.norm.ppf(0.975))


def delay(seen: Watch, *, two_sided: bool) -> float:
    """Return the median weeks from the change to the alarm; never counts as infinite."""
    alarms = (seen.alarm() if two_sided else alarm(seen.worse))[..., CHANGE:]
    first = first_alarm(alarms)
    return float(np.median(np.where(first < 0, np.inf, first + 1)))


def tempered_delay(rng: np.random.Generator, *, two_sided: bool) -> float:
    """Check 39: median delay for a rise of 10 points, 50 texts a week."""
    counts = weekly_counts(rng, volume=50, weeks=2 * HORIZON, rise=0.1)
    return delay(watch(*counts), two_sided=two_sided)


def clustered_alarms(rng: np.random.Generator, *, two_sided: bool) -> float:
    """Check 40: false alarms where answers cluster within a week, mean of three volumes."""
    shares = []
    for volume in VOLUMES:
        seen = watch(*weekly_counts(rng, volume=volume, icc=0.02))
        shares.append(share_alarmed(seen.alarm() if two_sided else alarm(seen.worse)))
    return float(np.mean(shares))


CHECKS = (
    Check(
        "36",
        "largest E[e-value] over a grid of nulls (exact)",
        largest_expectation,
        0,
        1 + 1e-9,
        "",
    ),
    Check(
        "37",
        "false alarms in a year, one-sided pair",
        lambda r: false_alarms(r, two_sided=False),
        0,
        5,
    ),
    Check(
        "37b",
        "the same, two-sided at doubled thresholds",
        lambda r: false_alarms(r, two_sided=True),
        0,
        5,
    ),
    Check(
        "38", "weekly z-test at 5%: years with a false alarm", naive_alarms, 50, 100, must_fail=True
    ),
    Check(
        "39",
        "tempered median delay, +10 points, 50 texts a week",
        lambda r: tempered_delay(r, two_sided=False),
        1,
        9,
        "weeks",
    ),
    Check("39b", "the same, two-sided", lambda r: tempered_delay(r, two_sided=True), 1, 9, "weeks"),
    Check(
        "40",
        "tempered false alarms under icc .02",
        lambda r: clustered_alarms(r, two_sided=False),
        0,
        10,
    ),
    Check("40b", "the same, two-sided", lambda r: clustered_alarms(r, two_sided=True), 0, 10),
)
