"""Appending to a chain, many rows in one durable commit.

Callers hand in rows and wait; one thread takes whatever waits, writes it in one transaction and
answers all of them once the commit has returned. So a burst costs one synchronisation of the disk
and not one each, and nobody is told "recorded" before it is.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from audit.errors import StoreError
from audit.store.chain import FIRST, row_hash
from audit.store.tables import KEYS, TABLES

TIMEOUT = 5.0
MOST_ROWS = 1000
_PAUSE = 0.2
_LOCKS = {"decisions": 7_214_001, "reviews": 7_214_002, "trail": 7_214_003, "keys": 7_214_004,
          "monitor": 7_214_005, "state": 7_214_006, "appeals": 7_214_007}  # fmt: skip


@dataclass(eq=False)
class _Job:
    """Rows that are written together or not at all."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    keys: Mapping[str, tuple[bytes, str]]
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    taken: bool = False
    given_up: bool = False

    def __len__(self) -> int:
        return sum(map(len, self.rows.values()))


class Writer:
    """The one thread of this process that writes."""

    def __init__(self, engine: Engine, timeout: float) -> None:
        self._engine = engine
        self._timeout = timeout
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="audit-store", daemon=True)
        self._thread.start()

    def append(
        self,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        keys: Mapping[str, tuple[bytes, str]],
    ) -> None:
        """Append rows to chains; return when all of them are on disk.

        Parameters
        ----------
        rows : mapping of chain to sequence of mapping
            Every column but ``seq``, ``previous`` and ``sha256``.
        keys : mapping of key id to (secret, time)
            Keys that the rows are sealed with and that may not be there yet.

        Raises
        ------
        StoreError
            If they could not be written in time. Then none of them is.
        """
        job = _Job(rows, keys)
        with self._lock:
            if self._closed:
                raise StoreError("the store is closed")
            self._jobs.put(job)
        if not job.done.wait(2 * self._timeout):
            with self._lock:
                job.given_up = not job.taken
            if job.given_up or not job.done.wait(2 * self._timeout):
                raise StoreError(
                    f"nothing could be written within {2 * self._timeout:g} seconds",
                    hint="look for what locks the database",
                )
        if job.error is not None:
            raise job.error

    def close(self) -> None:
        """Write what waits, and end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join(4 * self._timeout)

    def _run(self) -> None:
        """Take what waits, write it, and answer."""
        ended = False
        while not ended:
            first = self._jobs.get()
            jobs = [] if first is None else [first]
            ended = first is None
            count = len(first) if first else 0
            while count < MOST_ROWS:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    ended = True
                    break
                jobs.append(job)
                count += len(job)
            with self._lock:
                jobs = [job for job in jobs if not job.given_up]
                for job in jobs:
                    job.taken = True
            if jobs:
                self._write(jobs)

    def _write(self, jobs: Sequence[_Job]) -> None:
        """Write jobs in one transaction; where one is at fault, each in its own."""
        try:
            self._commit(jobs)
        except Exception as error:
            if len(jobs) > 1 and isinstance(error, StoreError | IntegrityError):
                for job in jobs:
                    self._write([job])
                return
            for job in jobs:
                job.error = _readable(error)
        for job in jobs:
            job.done.set()

    def _commit(self, jobs: Sequence[_Job]) -> None:
        """Commit, and once more where the server was gone: what did arrive is not written twice."""
        until = time.monotonic() + self._timeout
        again = False
        while True:
            try:
                with self._engine.begin() as connection:
                    self._insert(connection, jobs, again=again)
                return
            except DBAPIError as error:
                lost = error.connection_invalidated or _unreachable(error)
                if not lost or time.monotonic() > until:
                    raise
                again = True
                self._engine.dispose()
                time.sleep(_PAUSE)

    def _insert(self, connection: Connection, jobs: Sequence[_Job], *, again: bool) -> None:
        """Chain the rows of each table after its last row.

        Tables are locked in one order, so that two processes never wait for each other.
        """
        secrets = {name: value for job in jobs for name, value in job.keys.items()}
        if secrets:
            lock_chain(connection, "keys")
            _add_keys(connection, secrets)
        for name in sorted({name for job in jobs for name in job.rows}):
            lock_chain(connection, name)
            rows = [row for job in jobs for row in job.rows.get(name, ())]
            if again:
                rows = _missing(connection, name, rows)
            if rows:
                connection.execute(insert(TABLES[name]), _chained(connection, name, rows))


def lock_chain(connection: Connection, name: str) -> None:
    """Let no other process append to a chain until this transaction ends.

    SQLite has one writer anyway (`BEGIN IMMEDIATE`).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCKS[name]})


def _chained(
    connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the rows numbered, each hung on the one before."""
    table = TABLES[name]
    last = connection.execute(
        select(table.c.seq, table.c.sha256).order_by(table.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq, last.sha256) if last else (0, FIRST)
    chained = []
    for row in rows:
        seq += 1
        whole = {**row, "seq": seq, "previous": previous}
        previous = row_hash(whole)
        chained.append({**whole, "sha256": previous})
    return chained


def _add_keys(connection: Connection, secrets: Mapping[str, tuple[bytes, str]]) -> None:
    """Store the keys that are new; an earlier row of the same day may have brought its key."""
    query = select(KEYS.c.id).where(KEYS.c.id.in_(list(secrets)))
    there = set(connection.execute(query).scalars())
    new = [
        {"id": name, "secret": secret, "created": created}
        for name, (secret, created) in secrets.items()
        if name not in there
    ]
    if new:
        connection.execute(insert(KEYS), new)


def _missing(
    connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the rows that an earlier, unanswered commit did not write."""
    table = TABLES[name]
    ids = [row["id"] for row in rows]
    there = set(connection.execute(select(table.c.id).where(table.c.id.in_(ids))).scalars())
    return [row for row in rows if row["id"] not in there]


def _unreachable(error: DBAPIError) -> bool:
    """Tell whether the server could not be reached or is starting or stopping."""
    state = getattr(error.orig, "sqlstate", None)
    name = type(error.orig).__module__
    if not name.startswith("psycopg"):
        return False
    return (state is None and type(error.orig).__name__ == "OperationalError") or state in {
        "57P01",
        "57P02",
        "57P03",
        "08006",
        "08001",
        "08003",
        "08004",
    }


def _readable(error: Exception) -> Exception:
    """Turn what a database says into an error with a remedy."""
    if isinstance(error, IntegrityError):
        return StoreError("a row with this id is in the store already")
    if isinstance(error, SQLAlchemyError):
        said = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        return StoreError(
            f"the store could not write: {said}",
            hint="check disk space, locks and whether the server runs",
        )
    return error
