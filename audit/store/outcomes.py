"""What became of decisions: the reviews about them, and the label that counts now."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from audit.records import ReviewAction
from audit.store.keys import opened
from audit.store.store import Store
from audit.store.tables import TABLES

State = Literal["waiting", "kept", "overridden", "disputed"]
RATINGS = ("keep", "override")
SETTLED: tuple[State, ...] = ("kept", "overridden")


@dataclass(frozen=True, slots=True)
class StoredReview:
    """What a person did about a decision, as the store has it.

    ``note`` is ``None`` where there was none or its key is gone.
    """

    seq: int
    id: str
    time: str
    decision_id: str
    action: ReviewAction
    label: str | None
    reviewer: str
    blind: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a decision stands.

    ``label`` counts unless the state is ``waiting`` or ``disputed``; ``time`` is that of the last
    review, if there was one.
    """

    state: State
    label: str | None
    time: str | None


def reviews_of(store: Store, decisions: Collection[str]) -> dict[str, list[StoredReview]]:
    """Return the reviews of decisions, oldest first; a decision without one has no entry."""
    table = TABLES["reviews"]
    query = select(table).where(table.c.about.in_(list(decisions))).order_by(table.c.seq)
    found: dict[str, list[StoredReview]] = {}
    secrets: dict[str, bytes | None] = {}
    with store.reading() as connection:
        for row in connection.execute(query).all():
            note = opened(connection, row.id, row.personal, row.personal_key, secrets)
            body = json.loads(row.body)
            found.setdefault(row.about, []).append(
                StoredReview(
                    seq=row.seq, id=row.id, time=row.time, decision_id=row.about, action=row.kind,
                    label=body["label"], reviewer=body["reviewer"], blind=body.get("blind"),
                    note=note,
                )
            )  # fmt: skip
    return found


def outcome(reviews: Sequence[StoredReview]) -> Outcome:
    """Return where a decision stands after its reviews, oldest first.

    The last word counts: a label holds until somebody disputes it or passes it on, and then until
    somebody settles it. An answer to an appeal, which no blind label precedes, is not undone by a
    reviewer who had the item at the same moment.
    """
    state: State = "waiting"
    label = None
    appealed = False
    for review in reviews:
        if review.action not in RATINGS:
            state, label, appealed = "disputed", None, False
        elif review.blind is None or not appealed:
            state = "kept" if review.action == "keep" else "overridden"
            label, appealed = review.label, review.blind is None
    return Outcome(state, label, reviews[-1].time if reviews else None)
