"""What the people concerned sent: appeals, feedback, opt-outs, and the answers to them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from audit.records import ReviewEvent
from audit.store.chain import canonical
from audit.store.keys import Fresh, key_name, opened
from audit.store.opting import OPT_OUT, SUBJECT, WITHDRAWN
from audit.store.sealing import seal
from audit.store.store import Store, row_of
from audit.store.tables import TABLES

OUTCOME = "outcome"
SENT = ("appeal", "feedback", OPT_OUT)
_PAGE = 1000
_OWN_NAME = 16
_TABLE = TABLES["appeals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A row of the chain ``appeals``.

    Parameters
    ----------
    id, time, kind : str
        Unique; ISO 8601, UTC; ``appeal``, ``feedback``, ``opt_out``, or what was done about one.
    about : str or None
        The decision of an appeal, the pseudonym of an opt-out, the row that an answer is about.
    body : mapping
        What may be kept for good.
    personal : mapping or None
        What is sealed; ``None`` once erased.
    under : str
        Name of the key that seals it.
    seq : int
        Its place in the chain; 0 before it is written.
    """

    id: str
    time: str
    kind: str
    about: str | None
    body: Mapping[str, Any]
    personal: Mapping[str, Any] | None = None
    under: str = ""
    seq: int = 0


class Filings:
    """Reads and appends filings of an open store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, filing: Filing, review: ReviewEvent | None = None) -> None:
        """Append a filing; return when it is on disk.

        Parameters
        ----------
        filing : Filing
            With a new id.
        review : ReviewEvent, optional
            What the same act does about the decision: both are written or neither.

        Raises
        ------
        StoreError
            If it could not be written, or its id is there already.
        """
        fresh: Fresh = {}
        sealed = key = None
        if filing.personal is not None:
            key, secret = self._store.keys.key(filing.under, filing.time, fresh)
            sealed = seal(dict(filing.personal), secret, filing.id)
        row = row_of(
            filing.id, filing.time, filing.kind, canonical(dict(filing.body)), about=filing.about,
            personal=sealed, personal_key=key,
        )  # fmt: skip
        rows = {"appeals": [row]}
        if review is not None:
            rows["reviews"] = [self._store.review_row(review, fresh)]
        self._store.append(rows, fresh)

    def get(self, identity: str) -> Filing | None:
        """Return one filing by id, or ``None``."""
        found = self._found(_TABLE.c.id == identity)
        return found[0] if found else None

    def about(self, identity: str) -> list[Filing]:
        """Return the filings about a decision, or the answers to a filing, in order."""
        return self._found(_TABLE.c.about == identity)

    def sent(self, *, after: int = 0) -> Iterator[Filing]:
        """Yield all that was sent, in order; memory stays flat."""
        return self._pages(_TABLE.c.kind.in_(SENT), after)

    def unanswered(self, *, after: int = 0) -> Iterator[Filing]:
        """Yield what was sent and has no answer and was not taken back, in order."""
        about = _TABLE.alias()
        answered = select(about.c.about).where(about.c.kind.in_((OUTCOME, WITHDRAWN)))
        return self._pages(_TABLE.c.kind.in_(SENT) & _TABLE.c.id.not_in(answered), after)

    def count_unnamed(self, kind: str, since: str) -> int:
        """Return how many of a kind that name no decision came since a time (ISO 8601, UTC)."""
        chosen = (_TABLE.c.kind == kind) & (_TABLE.c.time >= since) & _TABLE.c.about.is_(None)
        with self._store.reading() as connection:
            return int(connection.execute(select(func.count()).where(chosen)).scalar_one())

    def key_for(self, identity: str, decision_id: str | None) -> str:
        """Return the name of the key for a new filing.

        It begins with the name of the decision's key, so that erasing a subject or a decision
        erases what was sent about it too, and a filing can still be erased alone.
        """
        decision = None if decision_id is None else self._store.decision(decision_id)
        owner = "filing" if decision is None else decision.owner or f"decision:{decision.id}"
        return f"{owner}:{identity[:_OWN_NAME]}"

    def pseudonym_of(self, decision_id: str) -> str | None:
        """Return the pseudonym of whom a decision is about, where its caller named a subject."""
        decision = self._store.decision(decision_id)
        owner = "" if decision is None else decision.owner or ""
        return owner.split(":")[1] if owner.startswith(SUBJECT) else None

    def secret_for(self, *parts: str) -> bytes:
        """Return 32 bytes that only this store can compute from the parts."""
        message = canonical(list(parts)).encode()
        return hmac.new(self._store.keys.own_secret(), message, hashlib.sha256).digest()

    def erase(self, filing: Filing) -> int:
        """Make what was sent, and the answers to it, unreadable; return how many keys are gone."""
        names = {row.under for row in [filing, *self.about(filing.id)] if row.under}
        return self._store.erase_keys("filing", *names) if names else 0

    def _pages(self, condition: ColumnElement[bool], after: int) -> Iterator[Filing]:
        while True:
            page = self._found(condition & (_TABLE.c.seq > after), limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def _found(self, condition: ColumnElement[bool], *, limit: int | None = None) -> list[Filing]:
        query = select(_TABLE).where(condition).order_by(_TABLE.c.seq).limit(limit)
        with self._store.reading() as connection:
            return [_filing(connection, row) for row in connection.execute(query).all()]


def _filing(connection: Connection, row: Any) -> Filing:
    return Filing(
        id=row.id, time=row.time, kind=row.kind, about=row.about, body=json.loads(row.body),
        personal=opened(connection, row.id, row.personal, row.personal_key, {}),
        under="" if row.personal_key is None else key_name(row.personal_key), seq=row.seq,
    )  # fmt: skip
