"""The read model: everything that is shown, built from a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.monitor.alarms import condition_alarms, gap_alarms, starts
from audit.monitor.canary import read_canaries
from audit.monitor.conditions import conditions
from audit.monitor.counts import Counts, read_counts
from audit.monitor.disclosure import SMALLEST
from audit.monitor.evidence import FALSE_ALARMS, every_evidence
from audit.monitor.health import Backlog, data_health, read_backlog, silent_groups
from audit.monitor.history import Episode, read_episodes
from audit.monitor.measures import MEASURES
from audit.monitor.publish import Published, published
from audit.monitor.settings import Settings, read_settings
from audit.monitor.view import Alarm, Canary, Dashboard, GroupView, State
from audit.store import Store

ENOUGH_WEEKS = 4
"""A group needs this many complete weeks of at least 20 decisions before it can be OK."""
SHOWN_DAYS = 28


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a store: the counts and all that follows from them."""

    settings: Settings
    daily: Counts | None
    weekly: Counts | None
    backlog: Backlog
    episodes: dict[str, Episode]
    canaries: tuple[Canary, ...]
    alarms: tuple[Alarm, ...]
    wrong: frozenset[str]


def look_at(store: Store, now: datetime) -> Seen:
    """Compute the alarms of a moment.

    Parameters
    ----------
    store : Store
        Open.
    now : datetime
        The moment, UTC; later events are not looked at.
    """
    settings = read_settings(store)
    daily = read_counts(store, settings, until=now.date())
    backlog = read_backlog(store, daily, settings, now)
    episodes, canaries = read_episodes(store), read_canaries(store)
    found: list[Alarm] = []
    weekly = None if daily is None else daily.complete_weeks(now.date())
    if weekly is not None and weekly.days and weekly.groups:
        evidence = every_evidence(weekly, starts(weekly, episodes))
        found += gap_alarms(weekly, evidence, episodes, settings, canaries, now=now)
    wrong = tuple(
        conditions(
            settings,
            daily,
            last=backlog.last_event,
            overdue=backlog.overdue,
            canary=next(iter(canaries), None),
            now=now,
        )
    )
    found += condition_alarms(wrong, episodes, now)
    found.sort(key=lambda alarm: (alarm.raised, alarm.id), reverse=True)
    found.sort(key=lambda alarm: (alarm.cleared, _RANK[alarm.state]))
    kinds = frozenset(each.kind for each in wrong)
    return Seen(settings, daily, weekly, backlog, episodes, canaries, tuple(found), kinds)


def build_dashboard(store: Store, *, now: datetime | None = None) -> Dashboard:
    """Build everything that is shown about a store.

    Parameters
    ----------
    store : Store
        Open.
    now : datetime, optional
        The moment, UTC; the present without.

    Returns
    -------
    Dashboard
        Safe to publish: see `audit.monitor.view`. Weeks that are over are published by the first
        who builds it, and never change (`audit.monitor.publish`).

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    moment = now or datetime.now(UTC)
    seen = look_at(store, moment)
    health = data_health(seen.daily, seen.backlog, seen.settings, moment)
    shown = None
    if seen.daily is not None:
        shown = published(store, seen.daily, seen.settings, moment.date())
    groups = _groups(seen, shown, stale=health.state is State.STALE)
    standing = [alarm.state for alarm in seen.alarms if not alarm.cleared]
    states = [*standing, *(group.state for group in groups)]
    if health.state in (State.STALE, State.NOT_ENOUGH_DATA):
        states.append(health.state)
    expires = seen.settings.expires
    return Dashboard(
        generated=moment,
        state=min(states, key=_RANK.__getitem__, default=State.NOT_ENOUGH_DATA),
        groups=groups,
        alarms=seen.alarms,
        health=health,
        measures=MEASURES,
        totals=() if shown is None else shown.totals,
        feedback=() if shown is None else shown.feedback,
        canaries=seen.canaries,
        waiting=seen.backlog.waiting,
        overdue=seen.backlog.overdue,
        smallest_cell=SMALLEST,
        false_alarms=FALSE_ALARMS,
        expires=None if expires is None else datetime.fromisoformat(expires),
    )


_RANK = {
    State.ALERT: 0,
    State.STALE: 1,
    State.ACKNOWLEDGED: 2,
    State.WATCH: 3,
    State.NOT_ENOUGH_DATA: 4,
    State.OK: 5,
}


def _groups(seen: Seen, shown: Published | None, *, stale: bool) -> tuple[GroupView, ...]:
    """Return every group with its windows, alarms and state."""
    daily, weekly = seen.daily, seen.weekly
    if daily is None or weekly is None or shown is None:
        return tuple(
            GroupView(id=group, label=label, state=State.NOT_ENOUGH_DATA,
                      why="No decision has come in yet.", weeks={}, days={})
            for group, label in sorted(seen.settings.groups.items())
        )  # fmt: skip
    silent = silent_groups(daily)
    found = []
    for row, group in enumerate(daily.groups):
        own = tuple(alarm for alarm in seen.alarms if alarm.group == group)
        state, why = _state(weekly, row, own, stale=stale or group in silent)
        at = daily.by_group["decisions"][row].nonzero()[0]
        view = GroupView(
            id=group,
            label=seen.settings.groups.get(group, group),
            state=state,
            why=why,
            weeks=shown.weeks[group],
            days={measure: rows[-SHOWN_DAYS:] for measure, rows in shown.days[group].items()},
            alarms=own,
            last_seen=daily.first + timedelta(days=int(at[-1])) if len(at) else None,
        )
        found.append(view)
    return tuple(found)


def _state(weekly: Counts, row: int, own: Sequence[Alarm], *, stale: bool) -> tuple[State, str]:
    """Return how a group stands, and why."""
    for state in (State.ALERT, State.STALE, State.ACKNOWLEDGED, State.WATCH):
        if state is State.STALE and stale:
            return state, "No decision mentions this group any more, or none comes in at all."
        for alarm in own:
            if alarm.state is state and not alarm.cleared:
                return state, alarm.text
    enough = int((weekly.by_group["answered"][row] >= SMALLEST).sum())
    if enough < ENOUGH_WEEKS:
        return State.NOT_ENOUGH_DATA, (
            f"{enough} complete weeks with at least {SMALLEST} decisions; {ENOUGH_WEEKS} needed."
        )
    return State.OK, "No measure differs from everyone else's beyond chance."
