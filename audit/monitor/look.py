"""A look: compute the alarms of a moment and write down which are new and which are over."""

from __future__ import annotations

from datetime import UTC, datetime

from audit.monitor.alarms import due_to_clear, subject_of
from audit.monitor.build import Seen, look_at
from audit.monitor.collect import collect
from audit.monitor.history import write_event
from audit.monitor.intake import expire
from audit.monitor.settings import read_settings
from audit.monitor.view import Alarm, State
from audit.store import Store


def look(store: Store, *, now: datetime | None = None) -> tuple[Alarm, ...]:
    """Count what is new in a store, raise new alarms, clear those that are over, expire groups.

    Parameters
    ----------
    store : Store
        Open.
    now : datetime, optional
        The moment, UTC; the present without.

    Returns
    -------
    tuple of Alarm
        The alarms raised by this look, each once in its life, however many processes look.

    Raises
    ------
    StoreError
        If the store cannot be read or written.
    """
    moment = now or datetime.now(UTC)
    collect(store, now=lambda: moment)
    expire(store, tag_days=read_settings(store).tag_days, now=moment)
    seen = look_at(store, moment)
    _clear(store, seen, moment)
    return tuple(
        alarm
        for alarm in seen.alarms
        if alarm.id not in seen.episodes
        and alarm.state is State.ALERT
        and write_event(
            store, "raised", alarm.id, moment, subject=_subject(alarm), facts=_facts(alarm)
        )
    )


def _clear(store: Store, seen: Seen, moment: datetime) -> None:
    """Write down which alarms are over."""
    for episode in seen.episodes.values():
        kind = episode.facts.get("kind")
        over = due_to_clear(episode, moment) if kind is None else kind not in seen.wrong
        if over and not episode.cleared:
            write_event(store, "cleared", episode.id, moment)


def _subject(alarm: Alarm) -> str:
    """Return what later episodes of the same alarm share."""
    if alarm.group is None or alarm.measure is None:
        return alarm.kind
    return subject_of(alarm.measure, alarm.group)


def _facts(alarm: Alarm) -> dict[str, str]:
    """Return what is kept of an alarm, whatever the counts become."""
    if alarm.week is None or alarm.change_week is None or alarm.direction is None:
        return {"kind": alarm.kind, "text": alarm.text, "todo": alarm.todo}
    return {
        "week": alarm.week.isoformat(),
        "change_week": alarm.change_week.isoformat(),
        "direction": alarm.direction,
    }
