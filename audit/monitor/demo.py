"""Half a year of made-up traffic with one planted change, to see the whole chain at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select

from audit.errors import ConfigError
from audit.monitor.intake import Intake, Progress, Tally
from audit.monitor.look import look
from audit.monitor.settings import change_settings
from audit.monitor.view import Alarm
from audit.store import Store
from audit.store.monitor_tables import COUNTS, SOURCES

GROUPS = {
    "blind": "Blind and partially sighted people",
    "deaf": "Deaf people",
    "autistic": "Autistic people",
    "wheelchair-user": "Wheelchair users",
    "chronic-illness": "People with a chronic illness",
}
_ID = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is simulated.

    Parameters
    ----------
    weeks : int
        How long.
    change_week : int
        The week, counted from 1, from which on ``group`` gets more unfavourable answers.
    group : str
        One of `GROUPS`.
    rise : float
        By how much its share of unfavourable answers rises.
    volume : int
        Decisions a week of every group; five times as many mention none.
    seed : int
        Of the random numbers.
    """

    weeks: int = 26
    change_week: int = 15
    group: str = "deaf"
    rise: float = 0.15
    volume: int = 200
    seed: int = 0


def run_demo(
    store: Store,
    plan: Plan,
    *,
    today: date,
    told: Callable[[int, tuple[Alarm, ...]], None] | None = None,
) -> tuple[Alarm, ...]:
    """Simulate week by week: take the week's events in, then look.

    Parameters
    ----------
    store : Store
        Open; empty, or of a demonstration that was interrupted, which then goes on.
    plan : Plan
        What is simulated.
    today : date
        The last week is the last one that is over on this day.
    told : callable, optional
        Told after every week its number and the alarms it raised.

    Returns
    -------
    tuple of Alarm
        The alarms raised now.

    Raises
    ------
    ConfigError
        If the store holds other counts, or the plan cannot be.
    """
    if plan.group not in GROUPS or not 1 <= plan.change_week <= plan.weeks or plan.volume < 1:
        raise ConfigError("this cannot be simulated", hint=f"groups: {', '.join(GROUPS)}")
    first, done = _begun(store, plan, today)
    labels = {"groups": GROUPS, "unfavourable": ("Negative",), "silence_hours": 24.0 * 14}
    change_settings(store, **labels)
    raised: tuple[Alarm, ...] = ()
    for week in range(max(done, 1), plan.weeks + 1):
        end = datetime.combine(first + timedelta(weeks=week), time(1), UTC)
        if week > done:
            intake = Intake(store, now=lambda end=end: end)  # type: ignore[misc]
            progress = Progress(_ID, f"demo from {first}", week, week == plan.weeks)
            events = ((f"week {week}", event) for event in week_events(plan, first, week))
            intake.take(events, Tally(), progress=[progress])
        new = look(store, now=end)
        raised += new
        if told is not None:
            told(week, new)
    return raised


def week_events(plan: Plan, first: date, week: int) -> Iterator[dict[str, Any]]:
    """Yield the events of a week: the same for the same plan, whenever it is asked for.

    A decision is reviewed within two days with probability 0.15, a reviewer replaces 8% of the
    answers, 1% of the decisions are appealed, and 30% of the appeals are upheld.
    """
    rng = np.random.default_rng((plan.seed, week))
    start = datetime.combine(first + timedelta(weeks=week - 1), time(), UTC)
    parts = [*((name,) for name in GROUPS for _ in range(plan.volume)), *[()] * plan.volume * 5]
    for number, groups in enumerate(parts):
        hurt = plan.group in groups and week >= plan.change_week
        rate = 0.1 + (plan.rise if hurt else 0.0)
        identity = f"demo-{week}-{number}"
        bad, parsed, reviewed, replaced, appealed, upheld = rng.random(6)
        moment = start + timedelta(seconds=int(rng.integers(5 * 86_400)))
        label = None if parsed < 0.01 else "Negative" if bad < rate else "Positive"
        yield {"event": "decision", "id": identity, "time": moment.isoformat(),
               "groups": list(groups), "label": label,
               "route": "review" if reviewed < 0.15 else "auto"}  # fmt: skip
        if reviewed < 0.15:
            later = moment + timedelta(hours=float(rng.exponential(10)) + 1)
            yield {"event": "review", "id": f"{identity}-r", "time": _by(later, start),
                   "decision_id": identity,
                   "action": "override" if replaced < 0.08 else "keep"}  # fmt: skip
        if appealed < 0.01:
            about = {"event": "appeal", "decision_id": identity, "filing_id": f"{identity}-a"}
            later = moment + timedelta(hours=12)
            yield {**about, "id": f"{identity}-a", "action": "filed", "time": _by(later, start)}
            yield {**about, "id": f"{identity}-o", "time": _by(later + timedelta(hours=30), start),
                   "action": "upheld" if upheld < 0.3 else "rejected"}  # fmt: skip


def _by(moment: datetime, start: datetime) -> str:
    """Return a moment within the week that began at ``start``."""
    return min(moment, start + timedelta(days=7, seconds=-1)).isoformat()


def _begun(store: Store, plan: Plan, today: date) -> tuple[date, int]:
    """Return the first day, and how many weeks an interrupted demonstration has done."""
    with store.reading() as connection:
        found = connection.execute(select(SOURCES).where(SOURCES.c.id == _ID)).first()
        other = connection.execute(select(COUNTS.c.day).limit(1)).first()
    if found is not None:
        return date.fromisoformat(found.name.rsplit(" ", 1)[1]), int(found.rows)
    if other is not None:
        raise ConfigError(
            "this store holds counts of its own", hint="name a new store for the demonstration"
        )
    return today - timedelta(days=today.weekday(), weeks=plan.weeks), 0
