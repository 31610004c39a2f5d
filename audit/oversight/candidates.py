"""The candidate rules of a group, evaluated together: what each routes and the gap it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.oversight.cells import GroupCells
from audit.records import OverridePoint, RuleKind, Task
from audit.statistics.override_loads import pareto
from audit.statistics.overrides import (
    OverrideCurve,
    disagreement_curve,
    join_curves,
    override_curve,
    score_override_curve,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """One row of ``curve`` for each candidate; ``kinds`` says of which kind each row is."""

    kinds: tuple[RuleKind, ...]
    curve: OverrideCurve

    def points(self, chosen: int, unit: float) -> Iterator[OverridePoint]:
        """Yield the candidates that no other beats in both load and gap, and the chosen one.

        Parameters
        ----------
        chosen : int
            Row of the recommended rule.
        unit : float
            Width of the outcome's range, which turns fractions into its unit.
        """
        loads, gaps = self.curve.loads.mean(axis=-1), self.curve.gaps.mean(axis=-1)
        shown = pareto(loads, np.round(gaps, 12))
        seen: set[tuple[float, float]] = set()
        for row in np.argsort(loads, kind="stable"):
            place = (round(float(loads[row]), 12), round(float(gaps[row]), 12))
            if row != chosen and (not shown[row] or place in seen):
                continue
            seen.add(place)
            routes = self.curve.thresholds[row] > 0
            yield OverridePoint(
                kind=self.kinds[row],
                threshold=float(self.curve.thresholds[row])
                if self.kinds[row] == "unfavourable" or not routes
                else None,
                review_load_per_1000=1000 * float(loads[row]),
                residual_gap=float(gaps[row]) * unit,
                chosen=bool(row == chosen),
            )


def label_candidates(cells: GroupCells, *, human_right: bool) -> Candidates:
    """Evaluate every rule on labels, under one assumption about the people who decide.

    Parameters
    ----------
    cells : GroupCells
        The answers about the group; with ``human_right`` only those with an expected label.
    human_right : bool
        People give the expected label; else they answer as the model does on the reference, and so
        never unfavourably where the answer without the mention is not.

    Returns
    -------
    Candidates
        Confidence thresholds first: where two rules cost the same, the simpler one is chosen, as
        it needs no second answer. Disagreement of repeats only where every answer was repeated.
    """
    human = cells.expected if human_right else cells.reference
    shared = {"reference": cells.reference, "weight": cells.weight}
    grid = override_curve(cells.value, cells.confidence, human, **shared)
    curves = [grid]
    kinds: list[RuleKind] = ["unfavourable"] * len(grid.thresholds)
    without = 1 - cells.reference
    agreed: Floats = cells.expected if human_right else np.zeros_like(without)
    curves.append(disagreement_curve(cells.value, without, agreed, **shared))
    kinds.append("counterfactual")
    if not np.isnan(cells.unsteady[~np.isnan(cells.value)]).any():
        curves.append(disagreement_curve(cells.value, cells.unsteady, human, **shared))
        kinds.append("repeats")
    return Candidates(tuple(kinds), join_curves(curves))


def score_candidates(
    cells: GroupCells, human: Floats, task: Task | None, low: float, span: float
) -> Candidates:
    """Evaluate the one rule on scores: beyond the task's review limit a person looks.

    Parameters
    ----------
    cells : GroupCells
        Scores mapped to [0, 1].
    human : ndarray, shape (T, N)
        The score a person would give, mapped alike.
    task : Task or None
        For ``review_below`` and ``review_above``, in the score's unit.
    low, span : float
        Where the score's range begins and how wide it is.
    """
    below, above = score_limits(task)
    score = low + cells.value * span
    routed = np.zeros(score.shape, bool)
    if below is not None:
        routed |= score < below
    if above is not None:
        routed |= score > above
    curve = score_override_curve(cells.value, routed, human, cells.reference, weight=cells.weight)
    return Candidates(("unfavourable",), curve)


def score_limits(task: Task | None) -> tuple[float | None, float | None]:
    """Return the scores at which a person looks at an answer."""
    return (None, None) if task is None else (task.review_below, task.review_above)
