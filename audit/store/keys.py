"""The keys that seal what is personal: made when first needed, deleted for good."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import StoreError
from audit.store.sealing import new_key, unseal
from audit.store.tables import KEYS

STORE_KEY = "store"
Fresh = dict[str, tuple[bytes, str]]  # id of a key made now: secret and time
_SUFFIX = 12


class KeyRing:
    """The keys of one store. Every key ever made has its own id, ``NAME:`` and random digits.

    So what was sealed with a deleted key stays unreadable when the same name comes again.

    Parameters
    ----------
    engine : Engine
        Of the store.
    reading : callable
        Opens a connection that only reads.
    """

    def __init__(
        self, engine: Engine, reading: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        self._engine = engine
        self._reading = reading
        self._secrets: dict[str, tuple[str, bytes]] = {}
        self._store_secret: bytes | None = None
        self._lock = threading.Lock()

    def key(self, name: str, created: str, fresh: Fresh, *, new: bool = False) -> tuple[str, bytes]:
        """Return the id and secret of a name's key; one made now goes into ``fresh``."""
        made = next((key for key in fresh if key_name(key) == name), None)
        if made is not None:
            return made, fresh[made][0]
        daily = name.startswith("day:")
        with self._lock:
            found = self._secrets.get(name) or (None if new else self._stored(name))
            if found is not None and not daily:
                return found  # any other key may be deleted by another process at any time
            if found is None:
                found = (f"{name}:{uuid.uuid4().hex[:_SUFFIX]}", new_key())
            if daily:
                self._secrets[name] = found
        fresh[found[0]] = (found[1], created)
        return found

    def own_secret(self) -> bytes:
        """Return the secret that hides subjects' names; it is made with the tables."""
        with self._lock:
            if self._store_secret is None:
                with self._reading() as connection:
                    query = select(KEYS.c.secret).where(KEYS.c.id == STORE_KEY)
                    self._store_secret = bytes(connection.execute(query).scalar_one())
            return self._store_secret

    def forget(self, fresh: Mapping[str, object]) -> None:
        """Drop cached keys that may not have been written."""
        with self._lock:
            self._secrets = {n: key for n, key in self._secrets.items() if key[0] not in fresh}

    def delete(self, condition: Any) -> int:
        """Delete keys for good: SQLite overwrites them and empties its log.

        Raises
        ------
        StoreError
            If they could not be deleted.
        """
        try:
            with self._engine.begin() as connection:
                count = connection.execute(delete(KEYS).where(condition)).rowcount
        except SQLAlchemyError as error:
            raise StoreError("keys could not be deleted") from error
        with self._lock:
            self._secrets.clear()
        if count and self._engine.dialect.name == "sqlite":  # emptying makes writers wait
            self._empty_log()
        return int(count)

    def named(self, name: str) -> ColumnElement[bool]:
        """Return the condition that a key's name is this one, or begins with it and a colon."""
        return self._begins(name, KEYS.c.id)

    def exactly(self, name: str, column: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the condition that a column holds the id of a key of exactly this name."""
        return self._begins(name, column) & (func.length(column) == len(name) + 1 + _SUFFIX)

    def _begins(self, name: str, column: ColumnElement[str]) -> ColumnElement[bool]:
        if self._engine.dialect.name == "sqlite":  # compares bytes, so that its index serves
            return and_(column > f"{name}:", column < f"{name};")
        return column.startswith(f"{name}:", autoescape=True)

    def _stored(self, name: str) -> tuple[str, bytes] | None:
        """Return the stored key of exactly this name; longer names begin alike."""
        with self._reading() as connection:
            query = select(KEYS.c.id, KEYS.c.secret).where(self.exactly(name, KEYS.c.id))
            found = connection.execute(query.limit(1)).first()
        return None if found is None else (found.id, bytes(found.secret))

    def _empty_log(self) -> None:
        """Move SQLite's write-ahead log into the file, so that it holds no deleted key."""
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def key_name(key: str) -> str:
    """Return the name of a key by its id."""
    return key.rpartition(":")[0]


def opened(
    connection: Connection,
    identity: str,
    sealed: bytes | None,
    key: str | None,
    secrets: dict[str, bytes | None],
) -> Any:
    """Open a sealed part of a row, or return ``None`` where its key is gone.

    ``secrets`` keeps what was looked up, so that the rows of a page ask once for each key.
    """
    if sealed is None or key is None:
        return None
    if key not in secrets:
        query = select(KEYS.c.secret).where(KEYS.c.id == key)
        secrets[key] = connection.execute(query).scalar()
    secret = secrets[key]
    return None if secret is None else unseal(bytes(sealed), bytes(secret), identity)
