"""Whether the data can be believed: what came late, twice, too much, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, select

from audit.monitor.counts import Counts
from audit.monitor.disclosure import rounded_count
from audit.monitor.intake import LAST_EVENT
from audit.monitor.settings import Settings
from audit.monitor.view import DataHealth, State
from audit.store import Store
from audit.store.monitor_tables import FOLLOWING, HEALTH, SOURCES, WAITING

DAYS = 28
"""Deliveries are counted over this time."""
SILENT_DAYS = 14
"""A group that was seen, and then not for this long, is silent."""
COUNTERS = (
    "duplicates", "conflicting", "late", "ahead", "rejected", "flooded", "unknown_group",
    "expired_tag", "unrated",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and when things were last seen; times UTC."""

    waiting: int
    overdue: int
    last_event: datetime | None
    last_intake: datetime | None
    unmatched: int
    counters: Mapping[str, int]
    sources: tuple[tuple[str, int, bool], ...]


def read_backlog(store: Store, counts: Counts | None, settings: Settings, now: datetime) -> Backlog:
    """Read what waits and what intake wrote down about itself."""
    due = int((now - timedelta(hours=settings.due_hours)).timestamp())
    since = (now - timedelta(days=DAYS)).date().isoformat()
    waiting = select(func.count()).select_from(WAITING)
    unmatched = select(func.count()).select_from(FOLLOWING).where(FOLLOWING.c.counted.is_(False))
    counted = (
        select(HEALTH.c.name, func.sum(HEALTH.c.count))
        .where(HEALTH.c.day >= since)
        .group_by(HEALTH.c.name)
    )
    with store.reading() as connection:
        newest = select(HEALTH.c.count).where(HEALTH.c.day == "", HEALTH.c.name == LAST_EVENT)
        last = connection.execute(newest).scalar()
        sources = connection.execute(select(SOURCES).order_by(SOURCES.c.time)).all()
        return Backlog(
            waiting=connection.execute(waiting).scalar_one(),
            overdue=connection.execute(waiting.where(WAITING.c.time < due)).scalar_one(),
            last_event=_last_day(counts) if last is None else datetime.fromtimestamp(last, UTC),
            last_intake=datetime.fromisoformat(sources[-1].time) if sources else None,
            unmatched=connection.execute(unmatched).scalar_one(),
            counters={name: int(count) for name, count in connection.execute(counted)},
            sources=tuple((row.name, row.rows, row.finished) for row in sources),
        )


def _last_day(counts: Counts | None) -> datetime | None:
    """Return the end of the last day with a decision, for when times have expired."""
    if counts is None or not counts.total["decisions"].any():
        return None
    days = int(counts.total["decisions"].nonzero()[0][-1]) + 1
    return datetime.combine(counts.first, time(), UTC) + timedelta(days=days)


def data_health(
    counts: Counts | None, backlog: Backlog, settings: Settings, now: datetime
) -> DataHealth:
    """Say whether the data can be believed.

    Parameters
    ----------
    counts : Counts or None
        By day, up to now.
    backlog : Backlog
        What intake wrote down.
    settings : Settings
        Declared groups and the time after which silence is wrong.
    now : datetime
        The moment, UTC.
    """
    counters = {name: backlog.counters.get(name, 0) for name in COUNTERS}
    counters["unmatched"] = backlog.unmatched
    silent = () if counts is None else silent_groups(counts)
    undeclared = () if counts is None else counts.undeclared
    problems = tuple(_problems(counters, backlog, undeclared, silent))
    last = backlog.last_event
    if counts is None:
        state = State.NOT_ENOUGH_DATA
    elif last is None or now - last > timedelta(hours=settings.silence_hours):
        state = State.STALE
    else:
        state = State.WATCH if problems else State.OK

    def all_of(name: str) -> int:
        return 0 if counts is None else rounded_count(float(counts.total[name].sum()))

    return DataHealth(
        state=state, last_event=last, last_intake=backlog.last_intake,
        decisions=all_of("decisions"), reviews=all_of("reviews"), appeals=all_of("appeals"),
        problems=problems, counters=counters, unknown_groups=undeclared, silent_groups=silent,
        sources=backlog.sources,
    )  # fmt: skip


def silent_groups(counts: Counts) -> tuple[str, ...]:
    """Return groups that were seen, but not of late, though others were."""
    recent = slice(-SILENT_DAYS, None)
    decisions = counts.by_group["decisions"]
    if not counts.total["decisions"][recent].sum():
        return ()
    return tuple(
        group
        for group, own in zip(counts.groups, decisions, strict=True)
        if own.sum() and not own[recent].sum()
    )


def _problems(
    counters: Mapping[str, int],
    backlog: Backlog,
    undeclared: tuple[str, ...],
    silent: tuple[str, ...],
) -> Iterator[str]:
    """Yield what should be looked at, in sentences."""
    for name, finished in {name: finished for name, _, finished in backlog.sources}.items():
        if not finished:
            yield f"{name} was not taken in to its end; ingest it again, nothing counts twice."
    if undeclared:
        yield f"Groups that nobody declared: {', '.join(undeclared[:10])}."
    if silent:
        yield f"No decision mentions {', '.join(silent[:10])} any more."
    if undeclared and silent:
        yield "If a group was renamed, say so: `audit monitor rename OLD NEW`."
    for name, sentence in _SENTENCES.items():
        if counters[name]:
            yield f"{counters[name]:,} {sentence}"


_SENTENCES = {
    "rejected": "rows could not be read and were left out.",
    "unrated": "answers were counted without knowing whether they are unfavourable: say which "
    "labels are, with `audit monitor set --unfavourable LABEL`.",
    "conflicting": "events came again with another content; the first counts.",
    "flooded": "appeals beyond 20 a day by one sender were not counted.",
    "ahead": "events were dated in the future and count for the day they came: check the clocks.",
    "late": "events came more than a week late; closed weeks were counted anew.",
    "expired_tag": "events are about decisions whose groups nobody knows any more.",
    "unknown_group": "decisions had a group name that cannot be one; they count for everyone only.",
}
