"""Check 44b: the golden tables through variants, repeats and the entry point of every run."""

from __future__ import annotations

import numpy as np

from audit.records import Group, GroupGap, Limits, Prediction, Task, Variant
from audit.statistics import outcome_of, summarise_gaps
from benchmarks.checks.exactness import GOLDEN_A, GOLDEN_B, PRINTED_A, PRINTED_B, REFERENCE_B
from benchmarks.checks.record import Check

R = 5
TASK = Task(labels=("Good", "Bad"), favourable="Good")


def golden_records(_: np.random.Generator) -> float:
    """Return the largest error of the golden tables, in points."""
    worst = 0.0
    for table, reference, printed in (
        (GOLDEN_A, np.zeros(6), PRINTED_A),
        (GOLDEN_B, REFERENCE_B, PRINTED_B),
    ):
        gap = audit_of(table, reference)
        if gap.interval is None or gap.phrases is None or gap.phrases.interval is None:
            return np.inf
        two_way = gap.phrases.interval
        got = (gap.estimate, gap.interval.low, gap.interval.high, two_way.low, two_way.high)
        error = np.abs(100 * np.array(got, dtype=float) - printed[:5])
        worst = max(worst, float(error.max()))
    return worst


def audit_of(table: np.ndarray, reference: np.ndarray) -> GroupGap:
    """Audit a table of shares of five repeats; the first column is the reference."""
    variants, predictions = [], []
    for t, row in enumerate(np.column_stack([reference, table])):
        for k, bad in enumerate(np.rint(R * row).astype(int).tolist()):
            identity, unit = f"{t}-{k}", f"t{t}"
            variants.append(
                Variant(
                    id=identity,
                    text=identity,
                    role="group" if k else "reference",
                    group="g" if k else None,
                    context=unit,
                    unit=unit,
                    term=f"k{k}",
                )
            )
            samples = ("Bad",) * bad + ("Good",) * (R - bad)
            predictions.append(Prediction(id=identity, samples=samples))
    summary = summarise_gaps(
        variants,
        predictions,
        groups=[Group(id="g", label="G", terms=())],
        placebos=(),
        outcome=outcome_of(TASK),
        limits=Limits(),
        rng=np.random.default_rng(0),
    )
    return summary.groups[0]


CHECKS = (
    Check("44b", "golden tables through variants and repeats", golden_records, 0, 1e-3, "points"),
)
