"""The store: records decisions, reviews and what is done to them, and reads them back."""

from __future__ import annotations

import dataclasses
import json
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import StoreError
from audit.records import Decision, ReviewEvent
from audit.store.chain import canonical
from audit.store.engine import READING
from audit.store.sealing import name_of, new_key, seal, unseal
from audit.store.stored import StoredDecision
from audit.store.tables import KEYS, TABLES
from audit.store.writing import Writer, lock_chain

STORE_KEY = "store"
_Fresh = dict[str, tuple[bytes, str]]  # id of a key made now: secret and time
_PUBLIC = ("route", "would_route", "label", "score", "confidence", "reasons", "appeal_url",
           "audit_id", "policy_sha256", "shadow")  # fmt: skip
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
        self._secrets: dict[str, tuple[str, bytes]] = {}
        self._store_secret: bytes | None = None
        self._secrets_lock = threading.Lock()
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
            Whom each is about. Explanation and text are sealed with the subject's key; without a
            subject with one of the decision's own.
        texts : sequence of (str or None), optional
            Texts to keep, sealed; none where not given.

        Raises
        ------
        StoreError
            If they could not be written; then none of them is.
        """
        if not decisions:
            return
        fresh: _Fresh = {}
        kept = [None] * len(decisions) if texts is None else texts
        rows = [
            self._row(decision, subject, text, fresh)
            for decision, subject, text in zip(decisions, subjects, kept, strict=True)
        ]
        try:
            self._writer.append("decisions", rows, fresh)
        except StoreError:
            self._forget(fresh)
            raise

    def add_review(self, review: ReviewEvent) -> None:
        """Write what a person did about a decision; return when it is on disk.

        Raises
        ------
        StoreError
            If it could not be written.
        """
        fresh: _Fresh = {}
        note = key = None
        if review.note:
            key, secret = self._key(f"decision:{review.decision_id}", review.time, fresh)
            note = seal(review.note, secret, review.id)
        body = {"label": review.label, "reviewer": review.reviewer}
        row = _row_of(
            review.id, review.time, review.action, canonical(body), about=review.decision_id,
            personal=note, personal_key=key,
        )  # fmt: skip
        self._writer.append("reviews", [row], fresh)

    def note(self, kind: str, body: Mapping[str, Any], *, about: str | None = None) -> None:
        """Write into the trail what was done: an erasure, a retention, a change of policy."""
        row = _row_of(uuid.uuid4().hex, utc_stamp(), kind, canonical(dict(body)), about=about)
        self._writer.append("trail", [row], {})

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
            The decision with this id, and the notes of its reviews.

        Returns
        -------
        int
            How many keys were deleted.

        Raises
        ------
        StoreError
            If the store cannot be written.
        ValueError
            Unless exactly one of the two is given.
        """
        if (subject is None) == (decision is None):
            raise ValueError("give a subject or a decision")
        if subject is not None:
            name = name_of(subject, self._own_secret())
        else:
            name = f"decision:{decision}"
        count = self._delete_keys(KEYS.c.id.startswith(f"{name}:", autoescape=True))
        self.note("erased", {"by": "subject" if subject is not None else "decision",
                             "keys": count})  # fmt: skip
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
        for kinds, days in ((("day:",), tag_days), (("subject:", "decision:"), personal_days)):
            limit = (present - timedelta(days=days)).isoformat(timespec="milliseconds")
            named = [KEYS.c.id.startswith(kind) for kind in kinds]
            condition = named[0] if len(named) == 1 else named[0] | named[1]
            counts.append(self._delete_keys(condition & (KEYS.c.created < limit)))
        body = {"tag_days": tag_days, "personal_days": personal_days, "tags": counts[0],
                "personal": counts[1]}  # fmt: skip
        self.note("retained", body)
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

    def _row(
        self,
        decision: Decision,
        subject: str | None,
        kept: str | None,
        fresh: _Fresh,
    ) -> dict[str, Any]:
        """Seal what is personal and write the rest as it is."""
        whole = dataclasses.asdict(decision)
        nothing = decision.explanation is None and not kept
        sealed = key = None
        if not nothing:
            name = f"decision:{decision.id}"
            if subject is not None:
                name = name_of(subject, self._own_secret())
            key, secret = self._key(name, decision.time, fresh, new=subject is None)
            personal = {"explanation": whole["explanation"]} | ({"text": kept} if kept else {})
            sealed = seal(personal, secret, decision.id)
        day, day_secret = self._key(f"day:{decision.time[:10]}", decision.time, fresh)
        return _row_of(
            decision.id,
            decision.time,
            decision.route,
            canonical({name: whole[name] for name in _PUBLIC}),
            personal=sealed,
            personal_key=key,
            tag=seal(whole["groups"], day_secret, decision.id),
            tag_key=day,
        )

    def _key(
        self, name: str, created: str, fresh: _Fresh, *, new: bool = False
    ) -> tuple[str, bytes]:
        """Return a key of a name, with its id; one made now goes into ``fresh``.

        Every key ever made has its own id, so that what was sealed with a deleted one stays
        unreadable when the same subject comes again.
        """
        made = next((key for key in fresh if key.startswith(f"{name}:")), None)
        if made is not None:
            return made, fresh[made][0]
        daily = name.startswith("day:")
        with self._secrets_lock:
            found = self._secrets.get(name) or (None if new else self._stored_key(name))
            if found is not None and not daily:
                return found  # any other key may be deleted by another process at any time
            if found is None:
                found = (f"{name}:{uuid.uuid4().hex[:12]}", new_key())
            if daily:
                self._secrets[name] = found
        fresh[found[0]] = (found[1], created)
        return found

    def _own_secret(self) -> bytes:
        """Return the secret that hides subjects' names; it is made with the tables."""
        with self._secrets_lock:
            if self._store_secret is None:
                with self.reading() as connection:
                    query = select(KEYS.c.secret).where(KEYS.c.id == STORE_KEY)
                    self._store_secret = bytes(connection.execute(query).scalar_one())
            return self._store_secret

    def _forget(self, fresh: Mapping[str, object]) -> None:
        """Drop cached keys that may not have been written."""
        with self._secrets_lock:
            self._secrets = {n: key for n, key in self._secrets.items() if key[0] not in fresh}

    def _stored_key(self, name: str) -> tuple[str, bytes] | None:
        query = select(KEYS.c.id, KEYS.c.secret).where(
            KEYS.c.id.startswith(f"{name}:", autoescape=True)
        )
        with self.reading() as connection:
            found = connection.execute(query.limit(1)).first()
        return None if found is None else (found.id, bytes(found.secret))

    def _delete_keys(self, condition: Any) -> int:
        """Delete keys for good: SQLite overwrites them and empties its log."""
        self._require_open()
        try:
            with self._engine.begin() as connection:
                count = connection.execute(delete(KEYS).where(condition)).rowcount
        except SQLAlchemyError as error:
            raise StoreError("keys could not be deleted", where=self.name) from error
        with self._secrets_lock:
            self._secrets.clear()
        if self._engine.dialect.name == "sqlite":
            self._empty_log()
        return int(count)

    def _empty_log(self) -> None:
        """Move SQLite's write-ahead log into the file, so that it holds no deleted key."""
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def _stored(
        self, connection: Connection, row: Any, secrets: dict[str, bytes | None]
    ) -> StoredDecision:
        """Open the parts of a row whose keys are still there."""

        def opened(sealed: bytes | None, key: str | None) -> Any:
            if sealed is None or key is None:
                return None
            if key not in secrets:
                query = select(KEYS.c.secret).where(KEYS.c.id == key)
                secrets[key] = connection.execute(query).scalar()
            secret = secrets[key]
            return None if secret is None else unseal(bytes(sealed), bytes(secret), row.id)

        groups = opened(row.tag, row.tag_key)
        return StoredDecision(
            seq=row.seq, id=row.id, time=row.time, route=row.kind, body=json.loads(row.body),
            groups=None if groups is None else tuple(groups),
            personal=opened(row.personal, row.personal_key),
        )  # fmt: skip


def _row_of(identity: str, moment: str, kind: str, body: str, **more: Any) -> dict[str, Any]:
    """Return a row without its place in the chain."""
    empty = {"about": None, "personal": None, "personal_key": None, "tag": None, "tag_key": None}
    return {**empty, **more, "id": identity, "time": moment, "kind": kind, "body": body}


def utc_stamp() -> str:
    """Return the present time as it is written into rows."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
