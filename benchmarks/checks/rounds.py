"""Checks 27 to 29: sequential bounds and what early stopping gives."""

from __future__ import annotations

import numpy as np

from audit.statistics.intervals import floor_h, listed_interval
from audit.statistics.multiplicity import max_t
from audit.statistics.sequential import Rounds, round_bounds, round_levels, run_rounds
from benchmarks.checks.audits import template_gaps
from benchmarks.checks.record import Check
from benchmarks.world import simulate

PUBLISHED = {3: (3.710, 2.512, 1.994), 5: (4.877, 3.357, 2.680, 2.290, 2.031)}
"""Bounds as the specification prints them."""
LARGEST, LOOKS, TOLERANCE = 60, 5, 0.05
REPLICATIONS = 2_000


def bounds_error(looks: int) -> float:
    """Check 27: largest difference from the printed bounds."""
    return float(np.abs(round_bounds(looks) - np.array(PUBLISHED[looks])).max())


def sequential(rng: np.random.Generator, *, gap: float, p0: float, **more: object) -> Rounds:
    """Run simulated audits in rounds, each with the floor of what was seen so far."""
    world = simulate(rng, n=REPLICATIONS, T=LARGEST, p0=p0, gap=gap, J=1)
    cells = np.concatenate([world.y[:, 0], world.b], axis=-1)
    sizes = [round(LARGEST * (look + 1) / LOOKS) for look in range(LOOKS)]
    floors = np.stack(
        [floor_h(cells[:, :size].reshape(REPLICATIONS, -1)) for size in sizes], axis=-1
    )
    D = world.y[:, 0].mean(axis=-1) - world.b.mean(axis=-1)
    return run_rounds(D, floors, TOLERANCE, looks=LOOKS, **more)  # type: ignore[arg-type]


def false_pass(rng: np.random.Generator) -> float:
    """Check 28: PASS although the gap is exactly the tolerance (rare outcome)."""
    return 100 * float((sequential(rng, gap=TOLERANCE, p0=0.02).verdict == "no_gap").mean())


def false_pass_peeking(rng: np.random.Generator) -> float:
    """Return the same with 1.96 at every look."""
    peeked = sequential(rng, gap=TOLERANCE, p0=0.02, bounds=[1.959964] * LOOKS)
    return 100 * float((peeked.verdict == "no_gap").mean())


def saved(rng: np.random.Generator) -> float:
    """Check 29: calls saved where the gap is 25 points."""
    return 100 * (1 - float(sequential(rng, gap=0.25, p0=0.1).templates.mean()) / LARGEST)


def named_in_rounds(rng: np.random.Generator) -> float:
    """Check 28c: audits in three rounds without any gap in which some group is named."""
    audits, G, T, looks = 500, 5, 30, 3
    world = simulate(rng, n=audits, T=T, G=G, J=3, p0=0.1)
    D = template_gaps(world)
    levels = round_levels(round_bounds(looks))
    named = 0
    for audit in range(audits):
        last = np.zeros(G, dtype=int)  # templates of a group that is decided
        flagged = False
        for look, level in enumerate(levels, start=1):
            size = round(T * look / looks)
            until = np.where(last > 0, last, size)
            seen = np.where(np.arange(T) < until[:, None], D[audit], np.nan)
            h = [
                floor_h(np.append(world.y[audit, g, :n].ravel(), world.b[audit, :n].ravel()))
                for g, n in enumerate(until)
            ]
            found = listed_interval(seen, np.array(h), confidence_level=float(level))
            p = np.maximum(found.p_value, max_t(seen, np.array(h), rng=rng))
            inside = (found.low >= -TOLERANCE) & (found.high <= TOLERANCE)
            beyond = (found.low > TOLERANCE) | (found.high < -TOLERANCE)
            flag = ~inside & (p <= 1 - level) & (beyond if look < looks else True) & (last == 0)
            flagged = flagged or bool(flag.any())
            last = np.where((last == 0) & (inside | flag), size, last)
        named += flagged
    return 100 * named / audits


CHECKS = (
    Check(
        "27",
        "5 Lan-DeMets bounds: largest error against the printed ones",
        lambda _: bounds_error(5),
        0,
        0.006,
        "",
    ),
    Check(
        "27b",
        "3 Lan-DeMets bounds: largest error against the printed ones",
        lambda _: bounds_error(3),
        0,
        0.006,
        "",
    ),
    Check("28", "5 looks: PASS at a gap of exactly the tolerance, p0=.02", false_pass, 0, 6),
    Check(
        "28n",
        "the same with 1.96 at every look",
        false_pass_peeking,
        5.5,
        12,
        must_fail=True,
    ),
    Check(
        "28c", "3 rounds, G=5 T=30 J=3 p0=.1: some unbiased group named", named_in_rounds, 0, 6.5
    ),
    Check("29", "5 looks: calls saved at a gap of 25, p0=.1, T max 60", saved, 45, 65),
)
