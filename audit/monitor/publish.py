"""What was shown of each week is kept and never changes, so that no two tables can be subtracted.

A week is published once it is over, with its days. What comes in later counts for alarms, and for
the next weeks; the published week stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import insert, select

from audit.monitor.counts import Counts
from audit.monitor.measures import MEASURES
from audit.monitor.settings import Settings
from audit.monitor.view import Feedback, Totals, Window
from audit.monitor.windows import Table, feedback_of, measured, total_of, week_windows
from audit.store import Store
from audit.store.monitor_tables import PUBLISHED

_SIZE = "week"
T = TypeVar("T")
Rows = dict[str, tuple[Window, ...]]


@dataclass(frozen=True, slots=True)
class Published:
    """What may be shown, oldest first; windows by group, then by measure."""

    weeks: Mapping[str, Rows]
    days: Mapping[str, Rows]
    totals: tuple[Totals, ...]
    feedback: tuple[Feedback, ...]


def published(store: Store, daily: Counts, settings: Settings, today: date) -> Published:
    """Return what was published of every week, publishing the weeks that are over.

    Parameters
    ----------
    store : Store
        Open; weeks that are new are written.
    daily : Counts
        By day.
    settings : Settings
        With the present names of groups.
    today : date
        Weeks that end after it still run.
    """
    over = max((today - daily.first).days // 7, 0)
    starts = [daily.first + timedelta(weeks=week) for week in range(over)]
    bodies = _read(store)
    new = [week for week, start in enumerate(starts) if start not in bodies]
    if new:
        _publish(store, daily, new)
        bodies = _read(store)
    running = [daily.first + timedelta(weeks=n) for n in range(over, -(-daily.days // 7))]
    whole = [bodies[start] for start in starts]
    return Published(
        weeks={group: _weeks(whole, group, running, settings) for group in daily.groups},
        days={group: _days(whole, group, settings) for group in daily.groups},
        totals=tuple(_dated(Totals, body["totals"]) for body in whole)
        + tuple(Totals(start=each, end=each + timedelta(weeks=1)) for each in running),
        feedback=tuple(_dated(Feedback, body["feedback"]) for body in whole)
        + tuple(Feedback(start=each, end=each + timedelta(weeks=1)) for each in running),
    )


def _publish(store: Store, daily: Counts, weeks: list[int]) -> None:
    """Write what may be shown of some weeks, where nobody else has."""
    weekly = daily.weekly()
    by_day, by_week = measured(daily), measured(weekly)
    rows = []
    for week in weeks:
        shown, parts = week_windows(daily, by_day, by_week, week)
        body = {
            "weeks": _plain(shown), "days": [_plain(part) for part in parts],
            "totals": asdict(total_of(weekly, week)), "feedback": asdict(feedback_of(weekly, week)),
        }  # fmt: skip
        start = daily.first + timedelta(weeks=week)
        rows.append(
            {"size": _SIZE, "start": start.isoformat(), "body": json.dumps(body, default=str)}
        )
    with store.writing("monitor") as connection:
        there = set(connection.execute(select(PUBLISHED.c.start)).scalars())
        rows = [row for row in rows if row["start"] not in there]
        if rows:
            connection.execute(insert(PUBLISHED), rows)


def _read(store: Store) -> dict[date, dict[str, Any]]:
    """Return what was published, by Monday."""
    with store.reading() as connection:
        rows = connection.execute(select(PUBLISHED.c.start, PUBLISHED.c.body)).all()
    return {date.fromisoformat(row.start): json.loads(row.body) for row in rows}


def _plain(table: Table) -> dict[str, dict[str, dict[str, Any]]]:
    """Return windows as JSON."""
    return {
        group: {name: asdict(window) for name, window in windows.items()}
        for group, windows in table.items()
    }


def _weeks(
    bodies: list[dict[str, Any]], group: str, running: list[date], settings: Settings
) -> Rows:
    """Return a group's weeks by measure, and those that still run."""
    rows: dict[str, list[Window]] = {measure.id: [] for measure in MEASURES}
    for body in bodies:
        start = date.fromisoformat(body["totals"]["start"])
        for name, found in rows.items():
            found.append(_cell(body["weeks"], (group, name), (start, 7), settings))
    for found in rows.values():
        found += [
            Window(start=start, end=start + timedelta(weeks=1), hidden="not_over")
            for start in running
        ]
    return {name: tuple(found) for name, found in rows.items()}


def _days(bodies: list[dict[str, Any]], group: str, settings: Settings) -> Rows:
    """Return a group's days by measure."""
    rows: dict[str, list[Window]] = {measure.id: [] for measure in MEASURES}
    for body in bodies:
        start = date.fromisoformat(body["totals"]["start"])
        for number, day in enumerate(body["days"]):
            for name, found in rows.items():
                found.append(
                    _cell(day, (group, name), (start + timedelta(days=number), 1), settings)
                )
    return {name: tuple(found) for name, found in rows.items()}


def _cell(
    table: Mapping[str, Any], which: tuple[str, str], window: tuple[date, int], settings: Settings
) -> Window:
    """Return what was published of a group under whatever name it had then.

    A group that was not in the table, or two that are one now, stay hidden: adding or subtracting
    published numbers is what this prevents.
    """
    (group, measure), (start, length) = which, window
    names = [name for name in table if settings.current(name) == group]
    if len(names) != 1 or measure not in table[names[0]]:
        end = start + timedelta(days=length)
        return Window(start=start, end=end, hidden="complement")
    return _dated(Window, table[names[0]][measure])


def _dated(kind: Callable[..., T], body: Mapping[str, Any]) -> T:
    """Return a record with its two days."""
    ends = {name: date.fromisoformat(body[name]) for name in ("start", "end")}
    return kind(**{**body, **ends})
