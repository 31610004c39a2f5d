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
    Evidence,
    Watch,
    accumulate,
    change_week,
    e_bh,
    margin,
    watch,
)
from audit.statistics.weekly import WEEK_AS_UNIT, weekly_confidence_sequence

FALSE_ALARMS = 0.05
"""Largest share of deployments with any false Alert in a year, and e-BH's rate for Watch."""


@dataclass(frozen=True, slots=True)
class GapEvidence:
    """One measure: evidence of every group after every complete week, shape (G, W).

    Attributes
    ----------
    margin : ndarray
        Natural log of evidence over threshold, the larger direction; 0 or more: Alert. In weeks
        with `WEEK_AS_UNIT` it is infinite where the confidence sequence excludes 0.
    higher : ndarray of bool
        The direction of the larger evidence.
    watched : ndarray of bool
        Marked by e-BH among the groups of this measure.
    change : ndarray of int
        Index of the week in which the gap is estimated to have begun.
    inflation : ndarray
        The dispersion.
    compared : Compared
        The counts behind.
    """

    columns: Columns
    margin: Numbers
    higher: NDArray[np.bool_]
    watched: NDArray[np.bool_]
    change: NDArray[np.int64]
    inflation: Numbers
    compared: Compared


def gap_evidence(counts: Counts, columns: Columns, starts: ArrayLike) -> GapEvidence:
    """Compare every group with everyone else.

    Parameters
    ----------
    counts : Counts
        Weekly, complete weeks only.
    columns : Columns
        The measure.
    starts : array_like of int, shape (G,)
        First week whose evidence counts: the one after the last acknowledgement, else 0.

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
    n = compared.totals
    before = np.arange(n.shape[1]) < np.asarray(starts, int)[:, None]
    worse, better = (_since(side, before) for side in (seen.worse, seen.better))
    groups = np.maximum((np.cumsum(n, axis=1) > 0).sum(axis=0), 1)
    factor = 2 * groups / columns.weight
    up, down = margin(worse, factor), margin(better, factor)
    level = 1 - FALSE_ALARMS * columns.weight / max(len(n), 1)
    low, high = _sequence(compared, before, level)
    clustered = seen.dispersion > WEEK_AS_UNIT
    beyond = np.maximum(up, down)
    excluded = np.where((low > 0) | (high < 0), np.inf, np.minimum(beyond, -1e-9))
    higher = np.where(clustered & np.isfinite(low), low + high > 0, up >= down)
    evidence = Watch(worse, better, seen.dispersion).evidence()
    marked = e_bh(evidence.T, FALSE_ALARMS).T & ~clustered
    return GapEvidence(
        columns, np.where(clustered, excluded, beyond), higher, marked,
        _changes(worse, better, higher), seen.dispersion, compared,
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


def _changes(worse: Evidence, better: Evidence, higher: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the estimated change week as known after every week."""
    weeks = higher.shape[1]
    found = np.zeros(higher.shape, np.int64)
    for week in range(weeks):
        up = change_week(worse.steps[:, : week + 1])
        down = change_week(better.steps[:, : week + 1])
        found[:, week] = np.where(higher[:, week], up, down)
    return found


def _sequence(
    compared: Compared, before: NDArray[np.bool_], level: float
) -> tuple[Numbers, Numbers]:
    """Return a confidence sequence of the weekly differences since the last acknowledgement."""
    x, n, y, m = compared
    low, high = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    for group in range(len(x)):
        used = ~before[group] & (n[group] > 0) & (m[group] > 0)
        if used.sum() >= 2:
            difference = x[group, used] / n[group, used] - y[group, used] / m[group, used]
            bounds = weekly_confidence_sequence(difference, confidence_level=level)
            low[group, used], high[group, used] = bounds
    return low, high
