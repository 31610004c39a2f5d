"""Checks 30 to 32: a review threshold judged on the templates that chose it, and cross-fitted."""

from __future__ import annotations

import numpy as np

from audit.statistics.overrides import (
    OverrideCurve,
    choose_threshold,
    cross_fit,
    override_curve,
    template_folds,
)
from benchmarks.checks.record import Check
from benchmarks.world import simulate

REPLICATIONS, T, TOLERANCE = 2_000, 20, 0.05
THRESHOLDS = np.append(np.linspace(0.5, 0.975, 20), 1.0)


def simulated(rng: np.random.Generator) -> tuple[OverrideCurve, np.ndarray]:
    """Return the curves of simulated audits with a gap of 15 points, and the true gaps.

    One label is drawn for each text, the confidence is its exact probability, and people answer as
    the model does on the reference.
    """
    n = REPLICATIONS
    parts = []
    for p0 in (0.1, 0.3):
        world = simulate(rng, n=n // 2, T=T, R=1, p0=p0, gap=0.15)
        p = world.p_y[:, 0]
        parts.append(
            override_curve(
                world.y[:, 0],
                np.maximum(p, 1 - p),
                world.b,
                world.b,
                thresholds=THRESHOLDS,
            )
        )
    truth = np.stack([part.gaps.mean(axis=(0, 2)) for part in parts])
    curve = OverrideCurve(
        THRESHOLDS,
        np.concatenate([part.gaps for part in parts]),
        np.concatenate([part.loads for part in parts]),
    )
    return curve, np.repeat(truth, n // 2, axis=0)


def optimism(rng: np.random.Generator) -> float:
    """Check 30: true gap minus the gap read on the templates that chose the threshold."""
    curve, truth = simulated(rng)
    chosen = choose_threshold(curve, TOLERANCE, rule="point")[:, None]
    read = np.take_along_axis(curve.gaps.mean(axis=-1), chosen, axis=1)
    return 100 * float((np.take_along_axis(truth, chosen, axis=1) - read).mean())


def crossed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cross-fitted error and whether its interval is too low or too high."""
    curve, truth = simulated(rng)
    folds = template_folds(T, rng)
    fit = cross_fit(curve, TOLERANCE, folds, rule="point")
    share = np.bincount(folds) / T
    target = np.take_along_axis(truth, fit.chosen, axis=1) @ share
    return fit.residual - target, fit.low <= target, fit.high >= target


def bias(rng: np.random.Generator) -> float:
    """Check 31: absolute bias of the cross-fitted gap."""
    return 100 * abs(float(crossed(rng)[0].mean()))


def coverage(rng: np.random.Generator) -> float:
    """Check 32: coverage of its interval."""
    _, above, below = crossed(rng)
    return 100 * float((above & below).mean())


CHECKS = (
    Check(
        "30",
        "override: optimism of a threshold judged on its own templates, T=20",
        optimism,
        1.2,
        2.4,
        "points",
        must_fail=True,
    ),
    Check("31", "override: absolute bias of the cross-fitted gap", bias, 0, 0.6, "points"),
    Check("32", "override: coverage of the cross-fitted interval", coverage, 93, 98.5),
)
