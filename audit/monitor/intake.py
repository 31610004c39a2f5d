"""Taking events in: each counted once, whatever comes twice, late, or after a crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from audit.monitor import staging
from audit.monitor.events import UNRATED, DecisionRow, EventError, FollowingRow, read_event
from audit.monitor.settings import read_settings
from audit.monitor.staging import add_up, utc_day
from audit.store import Store
from audit.store.monitor_tables import COUNTS, DECISIONS, HEALTH, SOURCES

BATCH = 50_000
"""Events of one transaction: many, since each commit waits for the disk."""
SKEW = 600
"""Seconds that a clock may be ahead of ours."""
MOST_APPEALS = 20
"""Appeals a day by one sender that count."""
_LATE = 7 * 86_400
_MOST_MESSAGES = 10
LAST_EVENT = "last_event"
Row = DecisionRow | FollowingRow


@dataclass
class Tally:
    """What became of the events.

    Attributes
    ----------
    taken : int
        Counted now.
    duplicates : int
        Counted before; nothing happened.
    rejected : int
        Could not be read.
    messages : list of str
        Where and why, of the first ten that were rejected.
    cut_off : bool
        The file ended in the middle of a row.
    """

    taken: int = 0
    duplicates: int = 0
    rejected: int = 0
    messages: list[str] = field(default_factory=list)
    cut_off: bool = False

    def reject(self, where: str, why: str) -> None:
        """Note an event that cannot be counted."""
        self.rejected += 1
        if len(self.messages) < _MOST_MESSAGES:
            self.messages.append(f"{where}: {why}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a source was read, written in the same transaction as what was read."""

    id: str
    name: str
    rows: int
    finished: bool


class Intake:
    """Takes batches of events into a store.

    Parameters
    ----------
    store : Store
        Open.
    now : callable
        Present time, UTC.
    """

    def __init__(self, store: Store, *, now: Callable[[], datetime] | None = None) -> None:
        self._store = store
        self._now = now or _utc_now
        self.settings = read_settings(store)

    def take(
        self,
        events: Iterable[tuple[str, Any]],
        tally: Tally,
        *,
        progress: Iterable[Progress] = (),
    ) -> None:
        """Check and count events in one transaction.

        Parameters
        ----------
        events : iterable of (where, event)
            ``where`` is for messages; an event that is an `EventError` is rejected.
        tally : Tally
            Added to.
        progress : iterable of Progress
            Written with the events.

        Raises
        ------
        StoreError
            If the store cannot be written; then none of them is counted.
        """
        here = Tally(messages=tally.messages)
        decisions: dict[bytes, DecisionRow] = {}
        following: dict[bytes, FollowingRow] = {}
        health: Counter[str] = Counter()
        ahead = int(self._now().timestamp()) + SKEW
        for where, event in events:
            try:
                if isinstance(event, EventError):
                    raise event
                row = read_event(event, self.settings)
            except EventError as error:
                here.reject(where, str(error))
                continue
            if row.time > ahead:
                health["ahead"] += 1
                row = row._replace(time=ahead - SKEW)
            first: Row
            if isinstance(row, DecisionRow):
                first = decisions.setdefault(row.id, row)
            else:
                first = following.setdefault(row.id, row)
            if first is not row:
                here.duplicates += 1
                health["conflicting"] += first != row
        health["rejected"] += here.rejected
        with self._store.writing("monitor") as connection:
            known = self._count(connection, list(decisions.values()), list(following.values()),
                                health)  # fmt: skip
            here.duplicates += known
            health["duplicates"] += here.duplicates
            self._write_health(connection, health)
            for each in progress:
                _write_progress(connection, each, self._now())
        tally.taken += len(decisions) + len(following) - known
        tally.duplicates += here.duplicates
        tally.rejected += here.rejected

    def _count(
        self,
        connection: Connection,
        decisions: Sequence[DecisionRow],
        following: Sequence[FollowingRow],
        health: Counter[str],
    ) -> int:
        """Count what is new; return how much was there before."""
        staging.prepare(connection)
        staging.load_decisions(
            connection,
            ((r.id, r.time, utc_day(r.time), r.tags, r.outcome, int(r.routed)) for r in decisions),
        )
        known, conflicting = staging.drop_known_decisions(connection)
        health["conflicting"] += conflicting
        if known < len(decisions):
            self._note_odd(connection, decisions, health)
            staging.count_decisions(connection)
        if following:
            staging.load_following(connection, following)
            known += staging.drop_known_following(connection)
            health["flooded"] += staging.flood(connection, MOST_APPEALS)
        matched = staging.matched_now(connection)
        add_up(connection, COUNTS, list(self._followed(matched, health)))
        staging.mark_counted(connection)
        return known

    def _note_odd(
        self, connection: Connection, decisions: Sequence[DecisionRow], health: Counter[str]
    ) -> None:
        """Note what is late, unrated or has a name that cannot be a group's."""
        query = select(HEALTH.c.count).where(HEALTH.c.day == "", HEALTH.c.name == LAST_EVENT)
        last = connection.execute(query).scalar()
        for row in decisions:
            health["unrated"] += row.outcome == UNRATED
            health["unknown_group"] += row.odd_group
            health["late"] += last is not None and row.time < last - _LATE
        newest = max(row.time for row in decisions)
        if last is None or newest > last:
            where = (HEALTH.c.day == "", HEALTH.c.name == LAST_EVENT)
            connection.execute(delete(HEALTH).where(*where))
            row_of_last = {"day": "", "name": LAST_EVENT, "count": newest}
            connection.execute(insert(HEALTH), [row_of_last])

    def _followed(
        self, matched: Sequence[Any], health: Counter[str]
    ) -> Iterator[dict[str, str | float]]:
        """Yield what reviews, appeals and the like add to the counts, one row a day and groups."""
        sums: dict[tuple[str, str], dict[str, float]] = {}
        for row in matched:
            if row.tags is None:
                health["expired_tag"] += 1
            tags = "?" if row.tags is None else row.tags
            counts = sums.setdefault((utc_day(row.time), tags), dict.fromkeys(_ADDED, 0))
            for name in _COLUMNS.get(row.kind, ()):
                counts[name] += 1
            if row.kind in ("keep", "override") and row.decided is not None:
                hours = max(row.time - row.decided, 0) / 3600
                counts["delay_hours"] += hours
                counts["delay_square"] += hours**2
                counts["late_reviews"] += hours > self.settings.due_hours
        for (day, tags), counts in sums.items():
            yield {"day": day, "tags": tags, **counts}

    def _write_health(self, connection: Connection, health: Counter[str]) -> None:
        """Add to today's counts of deliveries."""
        day = self._now().date().isoformat()
        rows = [{"day": day, "name": name, "count": n} for name, n in health.items() if n]
        add_up(connection, HEALTH, rows)


_COLUMNS = {
    "keep": ("reviews",),
    "override": ("reviews", "overrides"),
    "appeal": ("appeals",),
    "upheld": ("appeals_decided", "upheld"),
    "rejected": ("appeals_decided",),
    "feedback": ("feedback",),
    "opt_out": ("opt_outs",),
}
_ADDED = ("reviews", "overrides", "late_reviews", "appeals", "appeals_decided", "upheld",
          "feedback", "opt_outs", "delay_hours", "delay_square")  # fmt: skip


def expire(store: Store, *, tag_days: int, now: datetime) -> int:
    """Forget which groups old decisions mention, and when and what they were; counts stay.

    Parameters
    ----------
    store : Store
        Open.
    tag_days : int
        How long it stays readable.
    now : datetime
        The moment, UTC.

    Returns
    -------
    int
        How many decisions were made unreadable.
    """
    limit = int(now.timestamp()) - tag_days * 86_400
    with store.writing("monitor") as connection:
        query = select(func.count()).select_from(DECISIONS).where(DECISIONS.c.time < limit)
        if not connection.execute(query).scalar_one():
            return 0
        change = update(DECISIONS).where(DECISIONS.c.time < limit)
        done = connection.execute(change.values(time=None, tags=None, outcome=None))
        return int(done.rowcount)


def _write_progress(connection: Connection, progress: Progress, now: datetime) -> None:
    """Write how far a source was read."""
    connection.execute(delete(SOURCES).where(SOURCES.c.id == progress.id))
    row = {"id": progress.id, "name": progress.name, "rows": progress.rows,
           "finished": progress.finished, "time": now.isoformat()}  # fmt: skip
    connection.execute(insert(SOURCES), [row])


def _utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)
