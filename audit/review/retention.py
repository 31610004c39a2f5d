"""Retention: what is still readable, and the job that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from audit.review.settings import ReviewSettings, settings
from audit.store import Store
from audit.store.store import PERSONAL, RETAINED
from audit.store.tables import KEYS, TABLES

_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """What is readable of one kind: how many keys, since when, and how many are over their time."""

    kind: str
    keys: int
    oldest: str | None
    over: int


def held(store: Store, how: ReviewSettings) -> list[Held]:
    """Return what is readable: groups mentioned (``tag``), and what is personal."""
    found = []
    with store.reading() as connection:
        for kind, names, days in (
            ("tag", ("day:",), how.tag_days),
            ("personal", PERSONAL, how.personal_days),
        ):
            limit = datetime.now(UTC) - timedelta(days=days)
            named = KEYS.c.id.startswith(names[0])
            for name in names[1:]:
                named = named | KEYS.c.id.startswith(name)
            row = connection.execute(
                select(func.count(), func.min(KEYS.c.created)).where(named)
            ).one()
            over = connection.execute(
                select(func.count()).where(
                    named, KEYS.c.created < limit.isoformat(timespec="milliseconds")
                )
            ).scalar_one()
            found.append(Held(kind, row[0], row[1], over))
    return found


def retain(store: Store) -> tuple[int, int]:
    """Make unreadable what is over its time; return how many keys of each kind were deleted."""
    how = settings(store)
    return store.retain(tag_days=how.tag_days, personal_days=how.personal_days)


def last_retained(store: Store) -> str | None:
    """Return when retention was last applied (ISO 8601, UTC), or ``None``."""
    trail = TABLES["trail"].c
    query = select(trail.time).where(trail.kind == RETAINED).order_by(trail.seq.desc()).limit(1)
    with store.reading() as connection:
        return connection.execute(query).scalar()


def retain_daily(store: Store, *, now: datetime | None = None) -> tuple[int, int] | None:
    """Apply retention if a day has passed since the last time; ``None`` where none has.

    Two processes that do so at once delete the same keys, which does no harm.
    """
    last = last_retained(store)
    present = now or datetime.now(UTC)
    if last is not None and present - datetime.fromisoformat(last) < _EVERY:
        return None
    return retain(store)
