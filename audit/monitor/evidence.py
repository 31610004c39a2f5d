"""Evidence for a gap, by measure, group and week, and when it is enough for Watch or Alert."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.monitor.counts import Compared, Counts, Numbers
from audit.monitor.measures import SHARES, Columns
from audit.statistics.monitoring import (
    ALARM_E,
    ALARM_M,
    EARLY_WEEKS,
    Evidence,
    Watch,
    accumulate,
    change_week,
    e_bh,
    margin,
    watch,
)
from audit.statistics.weekly import WEEK_AS_UNIT, steady_dispersion, weekly_evidence

FALSE_ALARMS = 0.05
"""Largest share of deployments with any false Alert in a year, and e-BH's rate for Watch."""


@dataclass(frozen=True, slots=True)
class GapEvidence:
    """One measure: evidence of every group after every complete week, shape (G, W).

    Attributes
    ----------
    margin : ndarray
        Natural log of evidence over threshold, the larger direction; 0 or more: Alert. Where
        answers cluster beyond `WEEK_AS_UNIT` it needs the evidence of whole weeks too.
    higher : ndarray of bool
        The direction of the larger evidence.
    watched : ndarray of bool
        Marked by e-BH among the groups of this measure.
    worse, better : Evidence
        Of both directions.
    inflation : ndarray
        The dispersion.
    compared : Compared
        The counts behind.
    """

    columns: Columns
    margin: Numbers
    higher: NDArray[np.bool_]
    watched: NDArray[np.bool_]
    worse: Evidence
    better: Evidence
    inflation: Numbers
    compared: Compared

    def change(self, group: int, week: int) -> int:
        """Return the week in which a gap is estimated to have begun, as known after ``week``."""
        side = self.worse if self.higher[group, week] else self.better
        return int(change_week(side.steps[group, : week + 1]))


def gap_evidence(counts: Counts, columns: Columns, starts: ArrayLike) -> GapEvidence:
    """Compare every group with everyone else.

    Parameters
    ----------
    counts : Counts
        Weekly, complete weeks only.
    columns : Columns
        The measure.
    starts : array_like of int, shape (G,)
        First week whose evidence counts: the one after the last acknowledgement, else 0. The
        first `EARLY_WEEKS` never do: nobody knows yet how much the rates vary from week to week.

    Returns
    -------
    GapEvidence

    Notes
    -----
    An alarm of one direction and one group stands at E >= 40 f or M >= 2080 f with f = 2 G / w: two
    directions, G groups seen up to that week, and the measure's part w of all false alarms.
    """
    compared = counts.compared(columns.cases, columns.totals)
    seen = watch(*compared)
    since = np.maximum(np.asarray(starts, int), EARLY_WEEKS)
    before = np.arange(compared.totals.shape[1]) < since[:, None]
    worse, better = (_since(side, before) for side in (seen.worse, seen.better))
    groups = np.maximum((np.cumsum(compared.totals, axis=1) > 0).sum(axis=0), 1)
    factor = 2 * groups / columns.weight
    up, down = margin(worse, factor), margin(better, factor)
    x, n, y, m = compared
    clustered = np.maximum(steady_dispersion(x, n), steady_dispersion(y, m)) > WEEK_AS_UNIT
    beyond = np.maximum(up, down)
    both = np.minimum(beyond, _weekly_margin(compared, before, factor))
    evidence = Watch(worse, better, seen.dispersion).evidence()
    marked = e_bh(evidence.T, FALSE_ALARMS).T & ~clustered
    return GapEvidence(
        columns, np.where(clustered, both, beyond), up >= down, marked,
        worse, better, seen.dispersion, compared,
    )  # fmt: skip


def every_evidence(counts: Counts, starts: Mapping[str, ArrayLike]) -> tuple[GapEvidence, ...]:
    """Return `gap_evidence` of every share; ``starts`` by measure id, 0 where not given."""
    none = np.zeros(len(counts.groups), int)
    return tuple(gap_evidence(counts, each, starts.get(each.measure.id, none)) for each in SHARES)


def shown_evidence(value: float) -> float | None:
    """Return a margin as log10 with one decimal; ``None`` where it is not finite."""
    return round(value / math.log(10), 1) if math.isfinite(value) else None


def _since(side: Evidence, before: NDArray[np.bool_]) -> Evidence:
    """Let evidence begin anew after the weeks ``before``."""
    return accumulate(np.where(before[..., None], 0.0, side.steps)) if before.any() else side


def _weekly_margin(compared: Compared, before: NDArray[np.bool_], factor: Numbers) -> Numbers:
    """Return the margin with the week as the unit, where independent answers cannot be assumed."""
    x, n, y, m = compared
    with np.errstate(invalid="ignore", divide="ignore"):
        differences = np.where(before, np.nan, x / n - y / m)
    log_e, log_m = weekly_evidence(differences)
    over = np.maximum(log_e - math.log(ALARM_E), log_m - math.log(ALARM_M))
    return np.asarray(over - np.log(factor))
