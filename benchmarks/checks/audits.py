"""Arrays of simulated audits as the checks need them."""

from __future__ import annotations

import numpy as np

from audit.statistics.intervals import Estimates, floor_h, listed_interval, phrases_interval
from audit.statistics.multiplicity import max_t
from benchmarks.world import World

DRAWS = 999
"""Sign flips per audit: fewer than in a run, so that a check stays quick."""


def template_gaps(world: World) -> np.ndarray:
    """Return D, shape (n, G, T)."""
    return np.asarray(world.y.mean(axis=-1) - world.b.mean(axis=-1)[:, None])


def floors(world: World) -> np.ndarray:
    """Return h, shape (n, G)."""
    n, G = world.y.shape[:2]
    fillers = np.broadcast_to(world.b.reshape(n, 1, -1), (n, G, world.b[0].size))
    return floor_h(np.concatenate([world.y.reshape(n, G, -1), fillers], axis=-1))


def listed(world: World) -> Estimates:
    """Return interval (a) of every audit and group."""
    return listed_interval(template_gaps(world), floors(world))


def phrases(world: World, missing: np.ndarray | None = None) -> Estimates:
    """Return interval (b), with some cells missing."""
    X = world.y - world.b.mean(axis=-1)[:, None, :, None]
    return phrases_interval(X if missing is None else np.where(missing, np.nan, X), floors(world))


def adjusted(world: World, rng: np.random.Generator) -> tuple[Estimates, np.ndarray]:
    """Return interval (a) and max(p_t, max-T p) of every audit and group."""
    D, h = template_gaps(world), floors(world)
    estimates = listed_interval(D, h)
    flips = np.stack(
        [max_t(gaps, floor, rng=rng, draws=DRAWS) for gaps, floor in zip(D, h, strict=True)]
    )
    return estimates, np.maximum(estimates.p_value, flips)


def percent(hits: np.ndarray) -> float:
    """Return the share of true values in percent."""
    return 100 * float(np.mean(hits))


def coverage(estimates: Estimates, truth: np.ndarray) -> float:
    """Return how many intervals hold the true gap, in percent."""
    return percent((estimates.low <= truth) & (truth <= estimates.high))
