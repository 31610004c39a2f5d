"""What was settled last, for those who want to object."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from audit.store import Store
from audit.store.outcomes import SETTLED, Outcome, outcome, reviews_of
from audit.store.tables import TABLES

_R = TABLES["reviews"]


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision that counts now; ``mine`` says whether the reader had a part in it."""

    decision_id: str
    outcome: Outcome
    mine: bool


def settled(store: Store, account: str, *, limit: int = 50) -> list[Settled]:
    """Return what was settled last, newest first; nothing of the texts."""
    last = func.max(_R.c.seq)
    query = select(_R.c.about).group_by(_R.c.about).order_by(last.desc()).limit(limit)
    with store.reading() as connection:
        ids = list(connection.execute(query).scalars())
    reviews = reviews_of(store, ids)
    found = [
        Settled(each, outcome(reviews[each]), any(r.reviewer == account for r in reviews[each]))
        for each in ids
    ]
    return [each for each in found if each.outcome.state in SETTLED]
