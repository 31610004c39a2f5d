"""The lock on an item: one person works on it, for a while, and can let it go at any time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from audit.errors import RefusedError
from audit.review.known import KNOWN, known_for
from audit.review.queue import is_doubled, next_free
from audit.review.settings import settings
from audit.store import Store
from audit.store.outcomes import RATINGS, SETTLED, StoredReview, outcome, reviews_of
from audit.store.state_tables import CLAIMS

HOLD = timedelta(minutes=30)
LOST = (
    "Your lock on this item has ended: you let it go, or were away for more than 30 minutes and it "
    "went back to the queue. What you sent was not counted."
)
TAKEN = "Somebody else is working on this item."
DONE = "This item needs nobody any more."
FOR_LEADS = "Disputed items are settled by somebody with the role lead."
OWN = "You have reviewed this item before; somebody else has to."


@dataclass(frozen=True, slots=True)
class Claim:
    """A lock.

    Parameters
    ----------
    token : str
        Names the item in addresses, so that a known item looks like any other.
    item : str
        Id of the decision; for a known item `KNOWN` with its id.
    account : str
        Who holds it.
    blind : str or None
        The label given before the classifier's was shown; it cannot be changed afterwards.
    """

    token: str
    item: str
    account: str
    blind: str | None

    @property
    def known(self) -> str | None:
        """Id of the known item, if it is one."""
        return self.item.split(":")[1] if self.item.startswith(KNOWN) else None


def take_next(store: Store, account: str) -> Claim | None:
    """Lock the next item for somebody, or return the one they hold; ``None`` if there is none."""
    held = claims_of(store, account)
    if held:
        return held[0]
    for _ in range(20):  # another person may take the same item at the same moment
        waiting = next_free(store, account)
        if waiting is None:
            return None
        token = uuid.uuid4().hex
        if int(token[:8], 16) % settings(store).known_every == 0:
            known = known_for(store, account, waiting.queue)
            if known is not None:
                return _insert(store, Claim(token, f"{KNOWN}{known}:{account[:16]}", account, None))
        made = _insert(store, Claim(token, waiting.id, account, None))
        if made is not None:
            return made
    return None


def take(store: Store, decision_id: str, account: str, *, settles: bool) -> Claim:
    """Lock one item of a list.

    Raises
    ------
    RefusedError
        If somebody else holds it, it needs nobody any more, ``account`` reviewed it before, or it
        is disputed and ``settles`` is false.
    """
    held = next((each for each in claims_of(store, account) if each.item == decision_id), None)
    if held is not None:
        return held
    found = store.decision(decision_id)
    reviews = reviews_of(store, [decision_id]).get(decision_id, [])
    state = outcome(reviews).state
    if found is None or state in SETTLED or (not reviews and found.route == "auto"):
        raise RefusedError(DONE)
    if state == "disputed" and not settles:
        raise RefusedError(FOR_LEADS)
    if any(each.reviewer == account for each in reviews):
        raise RefusedError(OWN)
    made = _insert(store, Claim(uuid.uuid4().hex, decision_id, account, None))
    if made is None:
        raise RefusedError(TAKEN)
    return made


def claims_of(store: Store, account: str) -> list[Claim]:
    """Return the locks somebody holds now."""
    query = select(CLAIMS).where(CLAIMS.c.account == account, CLAIMS.c.until > _until(None))
    with store.reading() as connection:
        rows = connection.execute(query.order_by(CLAIMS.c.until)).all()
    return [Claim(row.token, row.item, row.account, row.blind) for row in rows]


def claim(store: Store, token: str, account: str) -> Claim:
    """Return a lock that ``account`` holds.

    Raises
    ------
    RefusedError
        If they do not hold it, or not any more: others' items are shown to nobody.
    """
    found = next((each for each in claims_of(store, account) if each.token == token), None)
    if found is None:
        raise RefusedError(LOST)
    return found


def hold(store: Store, token: str, account: str, *, blind: str | None = None) -> Claim:
    """Make a lock last from now on, and write down the blind label unless there is one.

    Raises
    ------
    RefusedError
        If ``account`` does not hold it any more.
    """
    mine = (CLAIMS.c.token == token, CLAIMS.c.account == account, CLAIMS.c.until > _until(None))
    with store.writing("state") as connection:
        row = connection.execute(select(CLAIMS).where(*mine)).first()
        if row is None:
            raise RefusedError(LOST)
        label = row.blind if row.blind is not None else blind
        connection.execute(update(CLAIMS).where(*mine).values(until=_until(HOLD), blind=label))
    return Claim(row.token, row.item, row.account, label)


def release(store: Store, token: str, account: str) -> None:
    """Let an item go: it is back in the queue, and nothing is counted."""
    with store.writing("state") as connection:
        _delete(connection, token, account)


def _delete(connection: Connection, token: str, account: str) -> None:
    connection.execute(delete(CLAIMS).where(CLAIMS.c.token == token, CLAIMS.c.account == account))


def _insert(store: Store, wanted: Claim) -> Claim | None:
    """Lock an item unless somebody else holds it, or has just dealt with it."""
    with store.writing("state") as connection:
        old = select(CLAIMS.c.account).where(
            CLAIMS.c.item == wanted.item, CLAIMS.c.until > _until(None)
        )
        if connection.execute(old).first() is not None:
            return None
        connection.execute(delete(CLAIMS).where(CLAIMS.c.item == wanted.item))
        row = {"item": wanted.item, "token": wanted.token, "account": wanted.account,
               "until": _until(HOLD), "blind": None}  # fmt: skip
        connection.execute(insert(CLAIMS), row)
    if wanted.known is None and _settled_since(store, wanted):
        release(store, wanted.token, wanted.account)
        return None
    return wanted


def _settled_since(store: Store, wanted: Claim) -> bool:
    """Tell whether somebody dealt with it a moment ago, so that nothing is left to do."""
    reviews = reviews_of(store, [wanted.item]).get(wanted.item, [])
    if any(each.reviewer == wanted.account for each in reviews):
        return True
    ratings = sum(each.action in RATINGS for each in reviews)
    again = ratings == 1 and is_doubled(wanted.item, settings(store))
    return by_appeal(reviews) or (outcome(reviews).state in SETTLED and not again)


def by_appeal(reviews: Sequence[StoredReview]) -> bool:
    """Tell whether an answer to an appeal, which no blind label precedes, settled an item."""
    unseen = any(each.action in RATINGS and each.blind is None for each in reviews)
    return unseen and outcome(reviews).state in SETTLED


def _until(length: timedelta | None) -> str:
    moment = datetime.now(UTC) + (length or timedelta())
    return moment.isoformat(timespec="milliseconds")
