"""Connections: SQLite with a write-ahead log, or PostgreSQL, by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from audit.errors import MissingExtraError, StoreError

READING = {"audit_reading": True}
"""Execution options of a connection that only reads: it waits for no writer."""


def store_url(where: str) -> URL:
    """Return the database that a URL or a file name means.

    Raises
    ------
    StoreError
        If it is neither, or a database that is not supported.
    """
    text = where if "://" in where else f"sqlite:///{Path(where)}"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise StoreError("this is no database URL", where="--store", hint=_HINT) from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise StoreError(f"{url.get_backend_name()} is not supported", where="--store", hint=_HINT)
    if not url.database or url.database == ":memory:":
        raise StoreError("a store in memory keeps nothing", where="--store", hint=_HINT)
    return url


_HINT = "use a file name, sqlite:///FILE or postgresql://USER@HOST/NAME"


def connect(url: URL, timeout: float) -> Engine:
    """Return an engine that waits at most ``timeout`` seconds for locks and servers.

    Raises
    ------
    MissingExtraError
        If the driver is not installed.
    """
    sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"timeout": timeout}
    if not sqlite:
        milliseconds = int(timeout * 1000)
        arguments = {
            "connect_timeout": max(2, int(timeout)),
            "options": f"-c lock_timeout={milliseconds} -c statement_timeout={milliseconds}",
        }
    try:
        # Connections stay open: closing SQLite's last one would empty its log every time.
        engine = create_engine(
            url, connect_args=arguments, poolclass=QueuePool, pool_pre_ping=not sqlite
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtraError("postgresql", "psycopg", "postgres") from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Make commits durable and deleted keys unreadable; leave transactions to `_begin_sqlite`."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once, so that two writers never build on the same last row."""
    reading = connection.get_execution_options().get("audit_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
