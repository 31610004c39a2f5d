"""The store: records decisions, reviews and what is done to them, and reads them back."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import RefusedError, StoreError
from audit.records import Decision, ReviewEvent
from audit.store.chain import canonical
from audit.store.engine import READING
from audit.store.keys import Fresh, KeyRing, key_name, opened
from audit.store.opting import SUBJECT, standing
from audit.store.sealing import is_shared, name_of, seal, within
from audit.store.stored import StoredDecision
from audit.store.tables import KEYS, TABLES
from audit.store.writing import Writer, lock_chain

_PUBLIC = ("route", "would_route", "label", "score", "confidence", "reasons", "appeal_url",
           "audit_id", "policy_sha256", "shadow")  # fmt: skip
PERSONAL = ("subject:", "decision:", "filing:")  # names of keys that seal what is personal
RETAINED = "retained"
"""The kind of the rows that the trail has of retention."""
_PAGE = 1000


class Store:
    """An open store; use `open_store`. Safe to use from several threads and processes.

    Parameters
    ----------
    engine : Engine
        Connected, with its tables up to date.
    timeout : float
        Seconds to wait for a lock or the server.
    name : str
        For messages.
    """

    def __init__(self, engine: Engine, *, timeout: float, name: str) -> None:
        self._engine = engine
        self._closed = False
        self._writer = Writer(engine, timeout)
        self.keys = KeyRing(engine, self.reading)
        self.name = name

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits and let go of the database."""
        self._closed = True
        self._writer.close()
        self._engine.dispose()

    def record(
        self,
        decisions: Sequence[Decision],
        subjects: Sequence[str | None],
        texts: Sequence[str | None] | None = None,
    ) -> None:
        """Write decisions; return when they are on disk.

        Parameters
        ----------
        decisions : sequence of Decision
            Each with a new id.
        subjects : sequence of str or None
            Whom each is about. Explanation and text are sealed with a key of the decision's own,
            which is deleted with the subject's others where there is one.
        texts : sequence of (str or None), optional
            Texts to keep, sealed; none where not given.

        Raises
        ------
        StoreError
            If they could not be written; then none of them is.
        """
        if not decisions:
            return
        fresh: Fresh = {}
        kept = [None] * len(decisions) if texts is None else texts
        rows = [
            self._row(decision, subject, text, fresh)
            for decision, subject, text in zip(decisions, subjects, kept, strict=True)
        ]
        try:
            self._writer.append({"decisions": rows}, fresh)
        except StoreError:
            self.keys.forget(fresh)
            raise

    def add_review(self, *reviews: ReviewEvent) -> None:
        """Write what people did about decisions; return when all of it is on disk.

        Raises
        ------
        StoreError
            If it could not be written; then none of it is.
        """
        fresh: Fresh = {}
        self.append({"reviews": [self.review_row(review, fresh) for review in reviews]}, fresh)

    def note(
        self, kind: str, body: Mapping[str, Any], *, about: str | None = None,
        identity: str | None = None,
    ) -> None:  # fmt: skip
        """Write into the trail what was done: an erasure, a retention, a change of policy.

        With an ``identity`` (of at most 64 characters) it is written once, whoever tries again.
        """
        row = row_of(
            identity or uuid.uuid4().hex, utc_stamp(), kind, canonical(dict(body)), about=about
        )
        self.append({"trail": [row]}, {})

    def append(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], fresh: Fresh) -> None:
        """Append rows to chains, with the keys made for them; return when all are on disk."""
        self._writer.append(rows, fresh)

    def opted_out(self, subjects: Collection[str]) -> frozenset[str]:
        """Return those of the subjects for whom an opt-out stands: a person decides about them.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        names = {self.pseudonym(subject): subject for subject in subjects}
        with self.reading() as connection:
            return frozenset(names[name] for name in standing(connection, list(names)))

    def pseudonym(self, subject: str) -> str:
        """Return what stands for a subject in this store; only its secret leads back."""
        return name_of(subject, self.keys.own_secret()).removeprefix(SUBJECT)

    def latest(self) -> datetime | None:
        """Return the time of the latest decision, or ``None`` in an empty store."""
        table = TABLES["decisions"]
        with self.reading() as connection:
            found = connection.execute(select(func.max(table.c.time))).scalar()
        return None if found is None else datetime.fromisoformat(found)

    def decision(self, identity: str) -> StoredDecision | None:
        """Return one decision by id, or ``None``."""
        table = TABLES["decisions"]
        with self.reading() as connection:
            row = connection.execute(select(table).where(table.c.id == identity)).first()
            return None if row is None else self._stored(connection, row, {})

    def decisions(self, *, after: int = 0) -> Iterator[StoredDecision]:
        """Yield decisions in order, those with ``seq`` above ``after``; memory stays flat."""
        table = TABLES["decisions"]
        while True:
            query = select(table).where(table.c.seq > after).order_by(table.c.seq).limit(_PAGE)
            with self.reading() as connection:
                rows = connection.execute(query).all()
                page = [self._stored(connection, row, {}) for row in rows]
            yield from page
            if len(rows) < _PAGE:
                return
            after = rows[-1].seq

    def erase(self, *, subject: str | None = None, decision: str | None = None) -> int:
        """Make what is personal unreadable by deleting its key; the chain stays whole.

        Parameters
        ----------
        subject : str, optional
            Everything about this subject.
        decision : str, optional
            The decision with this id, the notes of its reviews, and what was sent about it.

        Returns
        -------
        int
            How many keys were deleted.

        Raises
        ------
        RefusedError
            If there is no such decision, or an earlier version sealed all of its subject's
            decisions with one key.
        StoreError
            If the store cannot be written.
        ValueError
            Unless exactly one of the two is given.
        """
        if (subject is None) == (decision is None):
            raise ValueError("give a subject or a decision")
        if subject is not None:
            name = name_of(subject, self.keys.own_secret())
            return self.erase_keys("subject", name, *self._notes_apart(name))
        found = self.decision(str(decision))
        if found is None:
            raise RefusedError(f"there is no decision {decision}", hint="compare its id")
        if found.owner is not None and is_shared(found.owner) and found.personal is not None:
            raise RefusedError(
                f"decision {decision} is sealed with one key for all decisions about its subject, "
                "as earlier versions did; alone it cannot be erased",
                hint="erase the subject, with all of its decisions",
            )
        return self.erase_keys("decision", *{f"decision:{found.id}", self._own_key(found)})

    def erase_keys(self, by: str, *names: str) -> int:
        """Delete the keys of names and of those that begin with them, and note how many."""
        count = 0
        for start in range(0, len(names), _PAGE // 10):
            page = names[start : start + _PAGE // 10]
            count += self._delete(or_(*(self.keys.named(name) for name in page)))
        self.note("erased", {"by": by, "keys": count})
        return count

    def retain(
        self, *, tag_days: int, personal_days: int, now: datetime | None = None
    ) -> tuple[int, int]:
        """Delete keys that are older than their time: the retention job.

        Parameters
        ----------
        tag_days : int
            How long the groups that texts mention stay readable.
        personal_days : int
            How long explanations, kept texts and notes stay readable.
        now : datetime, optional
            Present time in UTC.

        Returns
        -------
        tuple of int
            Keys of tags and of personal parts that were deleted.
        """
        present = now or datetime.now(UTC)
        counts = []
        for kinds, days in ((("day:",), tag_days), (PERSONAL, personal_days)):
            limit = (present - timedelta(days=days)).isoformat(timespec="milliseconds")
            condition = or_(*(KEYS.c.id.startswith(kind) for kind in kinds))
            counts.append(self._delete(condition & (KEYS.c.created < limit)))
        body = {"tag_days": tag_days, "personal_days": personal_days, "tags": counts[0],
                "personal": counts[1]}  # fmt: skip
        self.note(RETAINED, body)
        return counts[0], counts[1]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that only reads.

        Raises
        ------
        StoreError
            If the database cannot be read, or the store is closed.
        """
        self._require_open()
        try:
            with self._engine.connect().execution_options(**READING) as connection:
                yield connection
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
            raise StoreError(
                f"the store cannot be read: {said}", where=self.name, hint="run `audit verify`"
            ) from error

    @contextmanager
    def writing(self, lock: str) -> Iterator[Connection]:
        """Open a transaction that writes tables other than the chains, one process at a time.

        Parameters
        ----------
        lock : str
            What no other process may write meanwhile, as `lock_chain` names it.

        Raises
        ------
        StoreError
            If the database cannot be written, or the store is closed.
        """
        self._require_open()
        try:
            with self._engine.begin() as connection:
                lock_chain(connection, lock)
                yield connection
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
            raise StoreError(
                f"the store could not write: {said}",
                where=self.name,
                hint="check disk space, locks and whether the server runs",
            ) from error

    def _require_open(self) -> None:
        """Refuse before the disposed engine connects anew and nobody closes that connection."""
        if self._closed:
            raise StoreError("the store is closed")

    def _delete(self, condition: Any) -> int:
        self._require_open()
        return self.keys.delete(condition)

    def _row(
        self,
        decision: Decision,
        subject: str | None,
        kept: str | None,
        fresh: Fresh,
    ) -> dict[str, Any]:
        """Seal what is personal and write the rest as it is."""
        whole = dataclasses.asdict(decision)
        # A subject's decision always names a key of the subject, so that an opt-out can find it.
        nothing = decision.explanation is None and not kept and subject is None
        sealed = key = None
        if not nothing:
            name = f"decision:{decision.id}"
            if subject is not None:
                name = within(name_of(subject, self.keys.own_secret()), decision.id)
            key, secret = self.keys.key(name, decision.time, fresh, new=True)
            personal = {"explanation": whole["explanation"]} | ({"text": kept} if kept else {})
            sealed = seal(personal, secret, decision.id)
        day, day_secret = self.keys.key(f"day:{decision.time[:10]}", decision.time, fresh)
        return row_of(
            decision.id,
            decision.time,
            decision.route,
            canonical({name: whole[name] for name in _PUBLIC} | _unreferenced(decision)),
            personal=sealed,
            personal_key=key,
            tag=seal(whole["groups"], day_secret, decision.id),
            tag_key=day,
        )

    def review_row(self, review: ReviewEvent, fresh: Fresh) -> dict[str, Any]:
        """Return the row of a review, its note sealed; keys made for it go into ``fresh``."""
        note = key = None
        if review.note:
            found = self.decision(review.decision_id)
            name = f"decision:{review.decision_id}" if found is None else self._own_key(found)
            key, secret = self.keys.key(name, review.time, fresh)
            note = seal(review.note, secret, review.id)
        body = {"label": review.label, "reviewer": review.reviewer}
        body |= {} if review.blind is None else {"blind": review.blind}
        return row_of(
            review.id, review.time, review.action, canonical(body), about=review.decision_id,
            personal=note, personal_key=key,
        )  # fmt: skip

    def _own_key(self, found: StoredDecision) -> str:
        """Return the name of the key that seals what is personal about one decision only."""
        shared = found.owner is None or is_shared(found.owner)
        return f"decision:{found.id}" if shared else str(found.owner)

    def _notes_apart(self, subject_name: str) -> list[str]:
        """Return the names of keys that sealed notes when a subject's decisions shared one key."""
        table = TABLES["decisions"]
        query = select(table.c.id).where(self.keys.exactly(subject_name, table.c.personal_key))
        with self.reading() as connection:
            return [f"decision:{identity}" for identity in connection.execute(query).scalars()]

    def _stored(
        self, connection: Connection, row: Any, secrets: dict[str, bytes | None]
    ) -> StoredDecision:
        """Open the parts of a row whose keys are still there."""
        groups = opened(connection, row.id, row.tag, row.tag_key, secrets)
        return StoredDecision(
            seq=row.seq, id=row.id, time=row.time, route=row.kind, body=json.loads(row.body),
            groups=None if groups is None else tuple(groups),
            personal=opened(connection, row.id, row.personal, row.personal_key, secrets),
            owner=row.personal_key and key_name(row.personal_key),
        )  # fmt: skip


def _unreferenced(decision: Decision) -> dict[str, Any]:
    """Return the appeal URL without the reference in it, which is the person's alone."""
    url, reference = decision.appeal_url, decision.reference
    if url is None or reference is None:
        return {}
    return {"appeal_url": url.replace(reference, "{reference}")}


def row_of(identity: str, moment: str, kind: str, body: str, **more: Any) -> dict[str, Any]:
    """Return a row without its place in the chain."""
    empty = {"about": None, "personal": None, "personal_key": None, "tag": None, "tag_key": None}
    return {**empty, **more, "id": identity, "time": moment, "kind": kind, "body": body}


def utc_stamp() -> str:
    """Return the present time as it is written into rows."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
