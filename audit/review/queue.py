"""What waits for a person: new items, second ratings, disputes, and whose they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select

from audit.review.settings import ReviewSettings, settings
from audit.store import Store
from audit.store.outcomes import RATINGS
from audit.store.state_tables import CLAIMS
from audit.store.tables import TABLES

View = Literal["mine", "waiting", "overdue", "disputed"]
QueueName = Literal["rules", "asked", "faults"]
QUEUES: tuple[QueueName, ...] = ("rules", "asked", "faults")
"""Sent by a rule of the policy; because somebody asked for people; because something failed."""
_ASKED = {"opt_out", "stopped"}
_RULES = {"rule_applies", "counterfactual_differs", "repeats_differ", "counterfactual_unavailable",
          "repeats_unavailable"}  # fmt: skip
_SECOND_DAYS = 14
_D, _R = TABLES["decisions"], TABLES["reviews"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of a queue: nothing of the text, which only whoever works on it sees."""

    id: str
    time: str
    queue: QueueName
    overdue: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are of each kind; ``taken`` are worked on by somebody now."""

    mine: int
    waiting: int
    overdue: int
    disputed: int
    taken: int


def queue_of(reasons: Sequence[str]) -> QueueName:
    """Return the queue of an item by the decisive reason."""
    first = reasons[0] if reasons else ""
    return "asked" if first in _ASKED else "rules" if first in _RULES else "faults"


def counts(store: Store, account: str) -> Counts:
    """Count what waits, as ``account`` sees it."""
    now, late = _times(settings(store))
    held = CLAIMS.c.until > now
    with store.reading() as connection:

        def count(query: Select[Any]) -> int:
            inner = query.subquery()
            return int(connection.execute(select(func.count()).select_from(inner)).scalar_one())

        return Counts(
            mine=count(select(CLAIMS.c.item).where(held, CLAIMS.c.account == account)),
            waiting=count(select(_D.c.id).where(*_unread())),
            overdue=count(select(_D.c.id).where(*_unread(), _D.c.time < late)),
            disputed=count(select(_D.c.id).where(_disputed())),
            taken=count(select(CLAIMS.c.item).where(held)),
        )


def listed(store: Store, view: View, account: str, *, limit: int = 50) -> list[Waiting]:
    """Return the oldest items of a view that nobody else works on."""
    now, late = _times(settings(store))
    wanted: list[ColumnElement[bool]] = [_free(now, account)]
    if view == "disputed":
        wanted += [_disputed()]
    elif view == "mine":
        mine = select(CLAIMS.c.item).where(CLAIMS.c.until > now, CLAIMS.c.account == account)
        wanted += [_D.c.id.in_(mine)]
    else:
        wanted += [*_unread(), *([_D.c.time < late] if view == "overdue" else [])]
    query = select(_D.c.id, _D.c.time, _D.c.body).where(*wanted).order_by(_D.c.seq).limit(limit)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [
        Waiting(row.id, row.time, queue_of(json.loads(row.body)["reasons"]), row.time < late)
        for row in rows
    ]


def next_free(store: Store, account: str) -> Waiting | None:
    """Return the item that ``account`` should take next: the oldest, second ratings last."""
    first = listed(store, "waiting", account, limit=1)
    if first:
        return first[0]
    how = settings(store)
    now, late = _times(how)
    since = (datetime.now(UTC) - timedelta(days=_SECOND_DAYS)).isoformat()
    blind = func.min(_R.c.body).contains('"blind":')  # else an appeal answered it
    rated = select(_R.c.about).group_by(_R.c.about).having(func.count() == 1, blind)
    mine = select(_R.c.about).where(_R.c.body.contains(f'"reviewer":"{account}"'))
    query = (
        select(_D.c.id, _D.c.time, _D.c.body)
        .where(
            _D.c.time > since, _D.c.kind == "review", _free(now, account), _D.c.id.in_(rated),
            _D.c.id.not_in(mine), ~_disputed(),
        )
        .order_by(_D.c.seq)
    )  # fmt: skip
    with store.reading() as connection:
        for row in connection.execute(query):
            if is_doubled(row.id, how):
                queue = queue_of(json.loads(row.body)["reasons"])
                return Waiting(row.id, row.time, queue, row.time < late)
    return None


def is_doubled(identity: str, how: ReviewSettings) -> bool:
    """Tell whether a second person labels an item; nobody can tell which from looking at it.

    Examples
    --------
    >>> is_doubled("an item", ReviewSettings(double_every=1))
    True
    """
    return int(hashlib.sha256(identity.encode()).hexdigest()[:8], 16) % how.double_every == 0


def _times(how: ReviewSettings) -> tuple[str, str]:
    """Return the present time, and before when an item must have come to be overdue."""
    now = datetime.now(UTC)
    late = now - timedelta(hours=how.due_hours)
    return now.isoformat(timespec="milliseconds"), late.isoformat(timespec="milliseconds")


def _unread() -> tuple[ColumnElement[bool], ...]:
    """Return what holds for items that nobody has reviewed."""
    reviewed = select(_R.c.seq).where(_R.c.about == _D.c.id).exists()
    return (_D.c.kind == "review", ~reviewed)


def _disputed() -> ColumnElement[bool]:
    """Return what holds for items that were disputed or passed on, and not settled since."""
    later = _R.alias()
    settled = (
        select(later.c.seq)
        .where(later.c.about == _R.c.about, later.c.seq > _R.c.seq, later.c.kind.in_(RATINGS))
        .exists()
    )
    open_ones = select(_R.c.about).where(_R.c.kind.in_(("dispute", "escalate")), ~settled)
    return _D.c.id.in_(open_ones)


def _free(now: str, account: str) -> ColumnElement[bool]:
    """Return what holds for items that nobody else works on."""
    others = select(CLAIMS.c.item).where(CLAIMS.c.until > now, CLAIMS.c.account != account)
    return _D.c.id.not_in(others)
