"""Windows as they are shown: every measure of every group by day and week, small cells hidden."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from audit.monitor.counts import Counts, Numbers
from audit.monitor.disclosure import (
    COMPLEMENT,
    SHOWN,
    SMALLEST,
    hidden_cells,
    rounded_count,
    rounded_share,
)
from audit.monitor.measures import DELAY, SHARES
from audit.monitor.view import Feedback, Totals, Window
from audit.statistics.monitoring import dispersion
from audit.statistics.proportions import mean_difference, share_difference

Table = dict[str, dict[str, tuple[Window, ...]]]
"""By group, then by measure."""


def windows(counts: Counts, *, length: int, over: date) -> Table:
    """Return what may be shown of every window.

    Parameters
    ----------
    counts : Counts
        By day (``length`` 1) or week (7).
    length : int
        Days of a window.
    over : date
        Windows that end after this day still run and are not shown.

    Returns
    -------
    dict of group to dict of measure id to tuple of Window
    """
    table: Table = {group: {} for group in counts.groups}
    for columns in SHARES:
        x, n, y, m = counts.compared(columns.cases, columns.totals)
        phi = np.maximum(dispersion(x, n), dispersion(y, m))
        with np.errstate(invalid="ignore", divide="ignore"):
            numbers = (x / n, y / m, *share_difference(x, n, y, m, inflation=phi))
        nobody = sum(counts.nobody[name] for name in columns.totals)
        spans = _Spans(counts.first, length, over, n, np.asarray(nobody), n + m, numbers)
        _fill(table, counts.groups, columns.measure.id, spans)
    s, n, r, m = counts.compared("delay_hours", ("reviews",))
    s2, _, r2, _ = counts.compared("delay_square", ("reviews",))
    with np.errstate(invalid="ignore", divide="ignore"):
        numbers = (s / n, r / m, *mean_difference((s, s2, n), (r, r2, m)))
    spans = _Spans(counts.first, length, over, n, counts.nobody["reviews"], n + m, numbers)
    _fill(table, counts.groups, DELAY.id, spans)
    return table


@dataclass(frozen=True, slots=True)
class _Spans:
    """One measure of all groups and windows: shapes (G, windows)."""

    first: date
    length: int
    over: date
    own: Numbers
    nobody: Numbers
    everyone: Numbers
    numbers: tuple[Numbers, ...]


def _fill(table: Table, groups: tuple[str, ...], measure: str, spans: _Spans) -> None:
    """Put one measure's windows into the table."""
    codes = [
        hidden_cells(own, float(nobody), everyone.max(initial=0))
        for own, nobody, everyone in zip(spans.own.T, spans.nobody, spans.everyone.T, strict=True)
    ]
    for row, group in enumerate(groups):
        table[group][measure] = tuple(
            _window(spans, row, column, int(codes[column][row])) for column in range(len(codes))
        )


def _window(spans: _Spans, row: int, column: int, code: int) -> Window:
    """Return one cell, or that it is hidden and why."""
    start = spans.first + timedelta(days=spans.length * column)
    end = start + timedelta(days=spans.length)
    if end > spans.over:
        return Window(start=start, end=end, hidden="not_over")
    if code != SHOWN:
        return Window(start=start, end=end, hidden="complement" if code == COMPLEMENT else "small")
    value, rest, gap, low, high = (
        rounded_share(float(each[row, column])) for each in spans.numbers
    )
    return Window(
        start=start, end=end, count=rounded_count(spans.own[row, column]),
        value=value, rest=rest, gap=gap, low=low, high=high,
    )  # fmt: skip


def totals(weekly: Counts, *, over: date) -> tuple[Totals, ...]:
    """Return everyone together by week; weeks that still run and small cells are not shown."""
    found = []
    for week in range(weekly.days):
        start = weekly.first + timedelta(weeks=week)
        end = start + timedelta(weeks=1)
        count = {name: float(values[week]) for name, values in weekly.total.items()}
        shown = end <= over

        def share(x: float, n: float, shown: bool = shown) -> float | None:
            return rounded_share(x / n) if shown and n >= SMALLEST else None

        found.append(
            Totals(
                start=start,
                end=end,
                decisions=_shown(count["decisions"], shown=shown),
                unfavourable=share(count["unfavourable"], count["answered"]),
                override=share(count["overrides"], count["reviews"]),
                upheld=share(count["upheld"], count["appeals_decided"]),
                unparsed=share(count["unparsed"], count["answered"] + count["unparsed"]),
                delay=share(count["delay_hours"], count["reviews"]),
                failed=share(count["failed"], count["decisions"]),
            )
        )
    return tuple(found)


def feedback(weekly: Counts, *, over: date) -> tuple[Feedback, ...]:
    """Return what people sent by week."""
    found = []
    for week in range(weekly.days):
        start = weekly.first + timedelta(weeks=week)
        end = start + timedelta(weeks=1)
        count = {name: float(values[week]) for name, values in weekly.total.items()}
        shown = end <= over
        decided = count["appeals_decided"]
        found.append(
            Feedback(
                start=start,
                end=end,
                appeals=_shown(count["appeals"], shown=shown),
                decided=_shown(decided, shown=shown),
                upheld=rounded_share(count["upheld"] / decided)
                if shown and decided >= SMALLEST
                else None,
                feedback=_shown(count["feedback"], shown=shown),
                opt_outs=_shown(count["opt_outs"], shown=shown),
            )
        )
    return tuple(found)


def _shown(count: float, *, shown: bool) -> int | None:
    """Return a count as it may be shown."""
    return rounded_count(count) if shown and count >= SMALLEST else None
