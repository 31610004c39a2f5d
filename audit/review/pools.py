"""Pools of reviewers over time: a review counts for the pool its reviewer was in then.

A pool may say something about a person, such as lived experience. So it lies in a table that can be
changed, and not in the chain of reviews.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import Connection, delete, insert, select

from audit.store import Store
from audit.store.state_tables import POOLS


@dataclass(frozen=True, slots=True)
class Pools:
    """Every account's pools, each with the time since when (ISO 8601, UTC), oldest first."""

    by_account: dict[str, list[tuple[str, str]]]

    def at(self, account: str, time: str) -> str:
        """Return the pool that an account was in at a time; empty for none.

        Examples
        --------
        >>> pools = Pools({"bo": [("2026-01-01", "staff"), ("2026-03-01", "lived")]})
        >>> pools.at("bo", "2026-02-01"), pools.at("bo", "2026-03-01")
        ('staff', 'lived')
        >>> pools.at("ana", "2026-03-01")
        ''
        """
        known = self.by_account.get(account, [])
        place = bisect_right(known, time, key=itemgetter(0))
        return known[place - 1][1] if place else ""


def read_pools(store: Store) -> Pools:
    """Return who was in which pool when."""
    found: dict[str, list[tuple[str, str]]] = {}
    with store.reading() as connection:
        for row in connection.execute(select(POOLS).order_by(POOLS.c.since)):
            found.setdefault(row.account, []).append((row.since, row.pool))
    return Pools(found)


def join_pool(connection: Connection, account: str, pool: str, since: str) -> None:
    """Write down that somebody is in a pool from now on."""
    connection.execute(delete(POOLS).where(POOLS.c.account == account, POOLS.c.since >= since))
    connection.execute(insert(POOLS), {"account": account, "since": since, "pool": pool})
