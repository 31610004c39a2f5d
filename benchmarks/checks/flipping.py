"""Checks 41 and 42: flips where nothing differs."""

from __future__ import annotations

import numpy as np

from audit.records import Prediction, Task, Variant
from audit.statistics import outcome_of
from audit.statistics.cells import answers_of
from audit.statistics.flips import PairFlips, pair_flips
from audit.statistics.pairs import build_table
from benchmarks.checks.record import Check
from benchmarks.world import Preset, simulate

TASK = Task(labels=("Good", "Bad"), favourable="Good")
R = 5
SAME = Preset(1, 0, 0, 0)
"""Templates differ a little (mild), groups and terms not at all."""
SAMPLES = [("Bad",) * bad + ("Good",) * (R - bad) for bad in range(R + 1)]


def noise(rng: np.random.Generator, templates: int, terms: int) -> PairFlips:
    """Compare two sides that differ in nothing but the draw, p0=.3."""
    world = simulate(rng, n=1, T=templates, K=terms, R=R, p0=0.3, preset=SAME)
    bad = np.column_stack([world.b[0], world.y[0, 0]]) * R
    variants, predictions = [], []
    for t, row in enumerate(np.rint(bad).astype(int).tolist()):
        for k, count in enumerate(row):
            name = f"{t}/{k}"
            variants.append(
                Variant(
                    id=name,
                    text=name,
                    role="group" if k else "reference",
                    group="g" if k else None,
                    context=str(t),
                    unit=str(t),
                    term=str(k),
                )
            )
            predictions.append(Prediction(id=name, samples=SAMPLES[count]))
    outcome = outcome_of(TASK)
    answers = answers_of(variants, predictions, outcome, TASK.labels)
    return pair_flips(build_table(variants), answers, outcome)


def raw_flips(rng: np.random.Generator) -> float:
    """Check 41: majority labels that flip."""
    return 100 * float(noise(rng, 2_000, 3).flip.mean())


def excess(rng: np.random.Generator) -> float:
    """Check 42: the noise-corrected disagreement, in points."""
    return 100 * float(noise(rng, 4_000, 3).excess.mean())


CHECKS = (
    Check(
        "41",
        "majority labels that flip although nothing differs, R=5 p0=.3",
        raw_flips,
        18,
        27,
        must_fail=True,
    ),
    Check("42", "excess disagreement on the same", excess, -0.3, 0.3, "points"),
)
