"""Windows as they are shown: every measure of every group by week and day, small cells hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from audit.monitor.counts import Counts, Numbers
from audit.monitor.disclosure import (
    COMPLEMENT,
    SHOWN,
    SMALLEST,
    Behind,
    hidden_week,
    rounded_count,
    rounded_share,
)
from audit.monitor.measures import DELAY, SHARES
from audit.monitor.view import Feedback, Hidden, Totals, Window
from audit.statistics.monitoring import dispersion
from audit.statistics.proportions import mean_difference, share_difference

Table = dict[str, dict[str, Window]]
"""By group, then by measure."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of all groups and windows: value, rest, gap, low and high, shape (G, windows)."""

    behind: Behind
    numbers: tuple[Numbers, ...]

    def window(self, group: int, at: int, days: tuple[date, date], code: int) -> Window:
        """Return one cell, or that it is hidden and why."""
        start, end = days
        if code != SHOWN:
            why: Hidden = "complement" if code == COMPLEMENT else "small"
            return Window(start=start, end=end, hidden=why)
        value, rest, gap, low, high = (
            rounded_share(float(each[group, at])) for each in self.numbers
        )
        return Window(
            start=start, end=end, count=rounded_count(self.behind.own[group, at]),
            value=value, rest=rest, gap=gap, low=low, high=high,
        )  # fmt: skip


def measured(counts: Counts) -> dict[str, Measured]:
    """Return every measure of all windows, by measure id.

    Parameters
    ----------
    counts : Counts
        By day or by week.
    """
    found = {}
    for columns in SHARES:
        x, n, y, m = counts.compared(columns.cases, columns.totals)
        phi = np.maximum(dispersion(x, n), dispersion(y, m))
        with np.errstate(invalid="ignore", divide="ignore"):
            numbers = (x / n, y / m, *share_difference(x, n, y, m, inflation=phi))
        found[columns.measure.id] = Measured(_behind(counts, columns.totals), numbers)
    s, n, r, m = counts.compared("delay_hours", ("reviews",))
    s2, _, r2, _ = counts.compared("delay_square", ("reviews",))
    with np.errstate(invalid="ignore", divide="ignore"):
        numbers = (s / n, r / m, *mean_difference((s, s2, n), (r, r2, m)))
    found[DELAY.id] = Measured(_behind(counts, ("reviews",)), numbers)
    return found


def _behind(counts: Counts, names: tuple[str, ...]) -> Behind:
    """Return the numbers behind the cells of a measure."""

    def total(of: Mapping[str, Numbers]) -> Numbers:
        return np.asarray(sum(of[name] for name in names))

    return Behind(total(counts.by_group), total(counts.nobody), total(counts.known))


def week_windows(
    daily: Counts, days: Mapping[str, Measured], weeks: Mapping[str, Measured], week: int
) -> tuple[Table, list[Table]]:
    """Return what may be shown of one week: the week itself and its seven days.

    Parameters
    ----------
    daily : Counts
        By day.
    days, weeks : mapping of measure id to Measured
        Of all days, and of all weeks.
    week : int
        Its index.
    """
    start = daily.first + timedelta(weeks=week)
    span = slice(7 * week, 7 * week + 7)
    shown: Table = {group: {} for group in daily.groups}
    parts: list[Table] = [{group: {} for group in daily.groups} for _ in range(7)]
    answered: tuple[NDArray[np.int8], NDArray[np.int8]] | None = None
    for name, whole in weeks.items():
        by_day = days[name]
        code, codes = hidden_week(_part(whole.behind, slice(week, week + 1)),
                                  _part(by_day.behind, span))  # fmt: skip
        if name == "unfavourable":
            answered = code, codes
        elif name == "unparsed" and answered is not None:
            # Their number is known from the share that is no label, where that is shown.
            code, codes = (
                np.where((mine == SHOWN) & (other != SHOWN), COMPLEMENT, mine)
                for mine, other in zip((code, codes), answered, strict=True)
            )
        for row, group in enumerate(daily.groups):
            ends = start, start + timedelta(weeks=1)
            shown[group][name] = whole.window(row, week, ends, int(code[row]))
            for day in range(7):
                one = start + timedelta(days=day)
                ends = one, one + timedelta(days=1)
                parts[day][group][name] = by_day.window(
                    row, 7 * week + day, ends, int(codes[row, day])
                )
    return shown, parts


def _part(behind: Behind, span: slice) -> Behind:
    """Return the numbers of some windows."""
    return Behind(behind.own[:, span], behind.nobody[span], behind.everyone[span])


def total_of(weekly: Counts, week: int) -> Totals:
    """Return everyone together in one week; small cells are not shown."""
    start, end, count = _whole(weekly, week)

    def share(x: str, *of: str) -> float | None:
        n = sum(count[name] for name in of)
        return rounded_share(count[x] / n) if n >= SMALLEST else None

    return Totals(
        start=start,
        end=end,
        decisions=_shown(count["decisions"]),
        unfavourable=share("unfavourable", "answered"),
        override=share("overrides", "reviews"),
        upheld=share("upheld", "appeals_decided"),
        unparsed=share("unparsed", "answered", "unparsed"),
        delay=share("delay_hours", "reviews"),
        failed=share("failed", "decisions"),
    )


def feedback_of(weekly: Counts, week: int) -> Feedback:
    """Return what people sent in one week."""
    start, end, count = _whole(weekly, week)
    decided = count["appeals_decided"]
    return Feedback(
        start=start,
        end=end,
        appeals=_shown(count["appeals"]),
        decided=_shown(decided),
        upheld=rounded_share(count["upheld"] / decided) if decided >= SMALLEST else None,
        feedback=_shown(count["feedback"]),
        opt_outs=_shown(count["opt_outs"]),
    )


def _whole(weekly: Counts, week: int) -> tuple[date, date, dict[str, float]]:
    """Return a week's days and its counts of everyone."""
    start = weekly.first + timedelta(weeks=week)
    counts = {name: float(values[week]) for name, values in weekly.total.items()}
    return start, start + timedelta(weeks=1), counts


def _shown(count: float) -> int | None:
    """Return a count as it may be shown."""
    return rounded_count(count) if count >= SMALLEST else None
