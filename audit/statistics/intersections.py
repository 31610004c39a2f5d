"""Intersectional groups: what happens to them beyond what their parts add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.records import Group
from audit.statistics.families import Family, Run, stack
from audit.statistics.intervals import Estimates, listed_interval
from audit.statistics.multiplicity import holm
from audit.statistics.pairs import number
from audit.statistics.strata import interval_record
from audit.statistics.units import Moments
from audit.statistics.validation import Array

Record = dict[str, Any]


def intersections(run: Run, family: Family, groups: Sequence[Group]) -> list[Record]:
    """Compare every group that names its parts with what the parts add up to.

    Parameters
    ----------
    run : Run
        The run.
    family : Family
        Its groups.
    groups : sequence of Group
        The same groups in the same order, with their ``parts``.

    Returns
    -------
    list of dict
        One for each group with at least two parts in the run: ``group``, ``parts``, ``estimate``
        (the group's gap), ``expected`` (the sum of the parts' gaps), ``excess`` (their difference,
        paired by template) with its ``interval`` (estimand ``listed``), ``p_value``,
        ``p_adjusted`` (Holm over these rows) and ``n_templates``: those in which the group and all
        its parts were measured, which all figures are about. In the outcome's unit, counterfactual
        minus reference; ``None`` where there are too few such templates. Outside the verdicts.
    """
    place = {group.id: index for index, group in enumerate(groups)}
    whole = [g for g in groups if len(g.parts) >= 2 and all(part in place for part in g.parts)]
    if not whole:
        return []
    gaps = run.cells.template_gaps(family.of_term, family.size)
    rows = [[place[name] for name in (group.id, *group.parts)] for group in whole]
    shared = np.array([~np.isnan(gaps[row]).any(axis=0) for row in rows])
    own = np.where(shared, gaps[[row[0] for row in rows]], np.nan)
    excess = stack(
        [
            intersection_excess(
                D, list(gaps[row[1:]]), h, confidence_level=run.limits.confidence_level
            )
            for D, row, h in zip(own, rows, _floors(run, family, rows, shared), strict=True)
        ]
    )
    adjusted = holm(excess.p_value)
    found = []
    for index, group in enumerate(whole):
        measured = own[index][shared[index]]
        estimate = float(measured.mean()) if measured.size else float("nan")
        found.append(
            {
                "group": group.id,
                "parts": list(group.parts),
                "estimate": run.scaled(estimate),
                "expected": run.scaled(estimate - float(excess.estimate[index])),
                "excess": run.scaled(float(excess.estimate[index])),
                "interval": interval_record(run.interval(excess, index, "listed")),
                "p_value": number(excess.p_value[index]),
                "p_adjusted": number(adjusted[index]),
                "n_templates": int(excess.templates[index]),
            }
        )
    return found


def _floors(
    run: Run, family: Family, rows: Sequence[Sequence[int]], shared: NDArray[np.bool_]
) -> Array:
    """Return h of each row from the cells of the group, its parts and their reference."""
    by_group = run.cells.group_moments(family.of_term, family.size)
    chosen = np.zeros((len(rows), family.size))
    for index, row in enumerate(rows):
        chosen[index, list(row)] = 1.0
    own = Moments(chosen @ by_group.count, chosen @ by_group.total, chosen @ by_group.squares)
    return (own + run.cells.reference_moments(shared)).floor()


def intersection_excess(
    D: ArrayLike,
    parts: Sequence[ArrayLike],
    h: ArrayLike = 0.5,
    *,
    confidence_level: float = 0.95,
) -> Estimates:
    """Compare an intersectional group with what its parts add up to.

    Parameters
    ----------
    D : array_like, shape (..., T)
        Template gaps of the group (say, blind women), fractions; NaN = missing.
    parts : sequence of array_like, shape (..., T)
        Template gaps of its parts (blind people, women), at least two.
    h : array_like, shape (...)
        Floor of the interval; 1/2 is the most careful.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    Estimates
        Fields of shape (...), fractions, NaN as in `listed_interval`: gap of the group minus the
        sum of the parts' gaps, paired by template, in [-1 - number of parts, 1 + number of parts];
        positive = worse than additive, where larger values are worse.

    Raises
    ------
    ValueError
        With fewer than two parts.

    Examples
    --------
    >>> import numpy as np
    >>> excess = intersection_excess(np.full(20, 0.3), [np.full(20, 0.1), np.full(20, 0.1)])
    >>> round(float(excess.estimate), 2)
    0.1
    """
    if len(parts) < 2:
        raise ValueError("parts: an intersection has at least two")
    expected = np.sum([np.asarray(part, float) for part in parts], axis=0)
    difference = np.asarray(D, float) - expected
    bound = 1.0 + len(parts)
    return listed_interval(difference, h, confidence_level=confidence_level, bound=bound)
