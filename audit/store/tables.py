"""The tables. Most are append-only chains of one shape; keys can be deleted, nothing else."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()
CHAINS = ("decisions", "reviews", "trail", "appeals")
"""``decisions`` of the guard, ``reviews`` by people, the ``trail`` of what was done here, and the
``appeals``, feedback and opt-outs of those concerned, with the answers to them."""


def _chain(name: str) -> Table:
    """Return a chained table.

    ``body`` is what may be kept (canonical JSON); ``personal`` and ``tag`` are sealed with the keys
    named beside them and are unreadable once those are gone. ``about`` is the id of another row.
    ``sha256`` covers the row and ``previous``, the hash of the row before it.
    """
    return Table(
        name,
        METADATA,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("id", String(64), nullable=False, unique=True),
        Column("time", String(40), nullable=False),
        Column("kind", String(40), nullable=False),
        Column("about", String(64), nullable=True),
        Column("body", Text, nullable=False),
        Column("personal", LargeBinary, nullable=True),
        Column("personal_key", String(100), nullable=True),
        Column("tag", LargeBinary, nullable=True),
        Column("tag_key", String(100), nullable=True),
        Column("previous", String(64), nullable=False),
        Column("sha256", String(64), nullable=False),
        Index(f"{name}_time", "time"),
        Index(f"{name}_about", "about"),
    )


TABLES = {name: _chain(name) for name in CHAINS}
Index("decisions_kind", TABLES["decisions"].c.kind, TABLES["decisions"].c.seq)
KEYS = Table(
    "keys",
    METADATA,
    Column("id", String(100), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created", String(40), nullable=False),
)
