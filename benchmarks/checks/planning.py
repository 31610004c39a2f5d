"""Checks 23 to 25: the planner's formulas against simulated audits."""

from __future__ import annotations

import numpy as np

from audit.statistics.components import Components, estimate_components, prior_components
from audit.statistics.design import Design, detectable_gap, standard_error, templates_for_pass
from audit.statistics.intervals import floor_h, listed_interval
from benchmarks.checks.record import Check
from benchmarks.world import World, simulate

REPLICATIONS = 2_000
T, K, R = 20, 5, 5


def template_gaps(world: World) -> np.ndarray:
    """Return D of the first group, shape (n, T)."""
    return np.asarray(world.y[:, 0].mean(axis=-1) - world.b.mean(axis=-1))


def cells_floor(world: World) -> np.ndarray:
    """Return h of the first group, shape (n,)."""
    n = len(world.y)
    cells = np.concatenate([world.y[:, 0].reshape(n, -1), world.b.reshape(n, -1)], axis=1)
    return np.asarray(floor_h(cells))


def pilot(rng: np.random.Generator, *, J: int, gap: float = 0.0, p0: float = 0.1) -> Components:
    """Return components from one very large pilot."""
    world = simulate(rng, n=1, T=6_000, K=K, R=R, J=J, p0=p0, gap=gap)
    return estimate_components(world.y[0, 0], world.b[0], repeats=R)


def error_ratio(rng: np.random.Generator) -> float:
    """Check 23: planner SE / simulated SE."""
    design = Design(templates=T, terms=K, repeats=R, fillers=3, reference_repeats=R)
    planned = standard_error(pilot(rng, J=3), design)
    world = simulate(rng, n=REPLICATIONS, T=T, K=K, R=R, J=3)
    return planned / float(template_gaps(world).mean(axis=1).std(ddof=1))


def power(rng: np.random.Generator, p0: float = 0.1) -> float:
    """Check 24: simulated power at the gap that 80% of audits should find."""
    design = Design(templates=T, terms=K, repeats=R, fillers=3, reference_repeats=R)
    gap = 0.1
    for _ in range(20):  # the components depend on the gap that they are planned for
        gap = detectable_gap(prior_components(p0, gap), design)
    world = simulate(rng, n=REPLICATIONS, T=T, K=K, R=R, J=3, p0=p0, gap=gap)
    found = listed_interval(template_gaps(world), cells_floor(world))
    return 100 * float((found.low > 0).mean())


def pass_power(rng: np.random.Generator) -> float:
    """Return the simulated share of PASS at the templates planned for 80%."""
    design = Design(templates=1, terms=K, repeats=R, fillers=3, reference_repeats=R)
    needed = templates_for_pass(prior_components(0.1), design, 0.05) or 0
    world = simulate(rng, n=REPLICATIONS, T=needed, K=K, R=R, J=3)
    found = listed_interval(template_gaps(world), cells_floor(world))
    return 100 * float(((found.low >= -0.05) & (found.high <= 0.05)).mean())


def one_filler_costs(rng: np.random.Generator) -> float:
    """Check 25: SE with one reference filler / SE with three, simulated."""
    one, three = (
        template_gaps(simulate(rng, n=REPLICATIONS, T=T, K=K, R=R, J=J)).mean(axis=1).std(ddof=1)
        for J in (1, 3)
    )
    return float(one / three)


CHECKS = (
    Check("23", "planner SE / simulated SE, T=20 K=5 R=5 J=3 p0=.1", error_ratio, 0.93, 1.07, ""),
    Check("24", "simulated power at the planner's 80% gap, same design", power, 74, 87),
    Check("24b", "the same at p0=.3", lambda rng: power(rng, 0.3), 74, 87),
    Check(
        "24c",
        "simulated PASS at gap 0 with the templates planned for 80%, p0=.1",
        pass_power,
        74,
        87,
    ),
    Check(
        "25", "SE with 1 reference filler / SE with 3, R=5 p0=.1", one_filler_costs, 1.15, 1.45, ""
    ),
)
