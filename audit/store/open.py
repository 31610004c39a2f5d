"""Open a store: connect, and bring its tables up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, insert, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import StoreError
from audit.store.engine import READING, connect, store_url
from audit.store.keys import STORE_KEY
from audit.store.sealing import new_key
from audit.store.store import Store, utc_stamp
from audit.store.tables import KEYS
from audit.store.writing import TIMEOUT, lock_chain

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0005"
"""The revision of the tables that this version writes; the last file of ``migrations``."""


def open_store(where: str, *, timeout: float = TIMEOUT) -> Store:
    """Open or create a store.

    Parameters
    ----------
    where : str
        A file name, ``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``.
    timeout : float
        Seconds to wait for a lock or the server before a write fails.

    Returns
    -------
    Store

    Raises
    ------
    StoreError
        If there is no such database, or it was written by a newer version.
    MissingExtraError
        If the driver is not installed.
    """
    url = store_url(where)
    engine = connect(url, timeout)
    shown = url.render_as_string(hide_password=True)
    try:
        _migrate(engine)
        return Store(engine, timeout=timeout, name=Path(url.database or "").name)
    except StoreError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(
            f"the store cannot be opened: {type(error).__name__}: {reason(error)}",
            where=shown,
            hint="check that it exists, can be written, and that its server runs",
        ) from error


def reason(error: SQLAlchemyError) -> str:
    """Return what the database said, in one line."""
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


def _migrate(engine: Engine) -> None:
    """Run the migrations that are missing, one process at a time."""
    with engine.connect().execution_options(**READING) as connection:
        if _revision(connection) == REVISION:
            return
    with engine.begin() as connection:
        lock_chain(connection, "keys")
        found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise StoreError(
                f"the store was written by a newer version (revision {found})",
                hint="update this package",
            )
        _upgrade(connection)
        if found is None:
            row = {"id": STORE_KEY, "secret": new_key(), "created": utc_stamp()}
            connection.execute(insert(KEYS), row)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    """Let Alembic bring the tables up to date inside this transaction."""
    from alembic import command

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    """Return what Alembic needs to know about the migrations, on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
