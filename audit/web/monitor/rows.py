"""What the monitoring templates show: rows in reading order, words for every empty cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.monitor import Alarm, Dashboard, GroupView, Measure, State, Window
from audit.web.monitor.charts import Chart, day, gap_chart, signed, unit_words

ORDER = (State.ALERT, State.STALE, State.WATCH, State.ACKNOWLEDGED, State.NOT_ENOUGH_DATA, State.OK)
"""What needs somebody first."""
HIDDEN = {
    "small": "too few",
    "complement": "hidden with another",
    "not_over": "not over yet",
    None: "none",
}
"""Why a cell shows no number."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where things are: pages of a server, or places in one file.

    Parameters
    ----------
    overview, alarms, feedback, data : str
        Addresses of the pages.
    group, alarm : callable
        Address by id.
    """

    overview: str
    alarms: str
    feedback: str
    data: str
    group: Callable[[str], str]
    alarm: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure of one group: its chart, and its weeks and days newest first."""

    measure: Measure
    chart: Chart | None
    alarm: Alarm | None
    weeks: tuple[Window, ...]
    days: tuple[Window, ...]


def lead(board: Dashboard) -> str:
    """Return the finding, in one or two sentences; nothing known is never good news."""
    by_state = Counter(group.state for group in board.groups)
    alerted = [group.label for group in board.groups if group.state is State.ALERT]
    silent = by_state[State.NOT_ENOUGH_DATA] + by_state[State.STALE]
    if not board.groups or silent == len(board.groups):
        return "No group has enough data to say anything yet."
    if alerted:
        first = f"Decisions about {'; '.join(alerted)} differ from those about everyone else."
    elif by_state[State.ACKNOWLEDGED]:
        first = "No new alert; one or more that somebody knows of still stand."
    else:
        first = "No alert about any group whose data are enough."
    if silent:
        plural = "group has" if silent == 1 else "groups have"
        first += f" {silent} {plural} too little data, or none any more: nothing is known there."
    return first


def tally(board: Dashboard) -> list[tuple[State, int]]:
    """Return how many groups are in each state, every state named."""
    by_state = Counter(group.state for group in board.groups)
    return [(state, by_state[state]) for state in ORDER]


def in_order(board: Dashboard) -> list[GroupView]:
    """Return the groups, those that need somebody first."""
    return sorted(board.groups, key=lambda group: (ORDER.index(group.state), group.label))


def newest(group: GroupView, measure: Measure) -> Window | None:
    """Return the newest complete week, shown or not."""
    weeks = [week for week in group.weeks.get(measure.id, ()) if week.hidden != "not_over"]
    return weeks[-1] if weeks else None


def panels(group: GroupView, board: Dashboard) -> list[Panel]:
    """Return every measure of a group."""
    found = []
    for measure in board.measures:
        alarm = next((each for each in group.alarms if each.measure == measure.id
                      and not each.cleared), None)  # fmt: skip
        weeks = group.weeks.get(measure.id, ())
        over = [week for week in weeks if week.hidden != "not_over"]
        days = [one for one in group.days.get(measure.id, ()) if one.hidden != "not_over"]
        chart = gap_chart(weeks, measure, group.label, alarm)
        found.append(Panel(measure, chart, alarm, tuple(reversed(over)), tuple(reversed(days))))
    return found


def gap_text(window: Window | None, measure: Measure) -> str:
    """Write a gap with its interval, or why there is none."""
    if window is None:
        return "no data"
    if window.gap is None:
        return HIDDEN[window.hidden]
    text = f"{signed(window.gap, measure)} {unit_words(measure)}"
    if window.low is None or window.high is None:
        return text
    return f"{text} ({signed(window.low, measure)} to {signed(window.high, measure)})"


def value_text(value: float | None, window: Window, measure: Measure) -> str:
    """Write a measure's value, or why there is none."""
    if value is None:
        return HIDDEN[window.hidden]
    return f"{value * 100:.0f}%" if measure.unit == "share" else f"{value:.1f} h"


def span(start: date, end: date) -> str:
    """Write a window: its first day, or both ends of a longer one."""
    return day(start) if (end - start).days <= 1 else f"week of {day(start)}"


def share(value: float | None) -> str:
    """Write a share, or that it is not shown."""
    return "not shown" if value is None else f"{value * 100:.0f}%"


def count(value: int | None) -> str:
    """Write a count, or that it is not shown."""
    return "not shown" if value is None else f"{value:,}"


def moment(value: Any) -> str:
    """Write a time in UTC, or that there is none."""
    return "never" if value is None else f"{day(value.date())}, {value:%H:%M} UTC"


WORDS = {
    "count": count,
    "day": day,
    "gap_text": gap_text,
    "in_order": in_order,
    "lead": lead,
    "moment": moment,
    "newest": newest,
    "panels": panels,
    "share": share,
    "signed": signed,
    "span": span,
    "tally": tally,
    "unit_words": unit_words,
    "value_text": value_text,
}
"""What templates may call."""
