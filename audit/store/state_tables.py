"""Working state of the served pages: it may change; what was done with it is in the trail."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, Text

from audit.store.tables import METADATA

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("password", String(200), nullable=True),
    Column("subject", String(400), nullable=True, unique=True),
    Column("roles", Text, nullable=False),
    Column("pool", String(80), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created", String(40), nullable=False),
)
POOLS = Table(
    "pools",
    METADATA,
    Column("account", String(32), primary_key=True),
    Column("since", String(40), primary_key=True),
    Column("pool", String(80), nullable=False),
)
"""The pools an account was in; the last one is that of `ACCOUNTS`."""
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("account", String(32), nullable=False, index=True),
    Column("created", String(40), nullable=False),
    Column("seen", String(40), nullable=False),
)
LINKS = Table(
    "links",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("account", String(32), nullable=False, index=True),
    Column("expires", String(40), nullable=False),
)
SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)
CLAIMS = Table(
    "claims",
    METADATA,
    Column("item", String(64), primary_key=True),
    Column("token", String(32), nullable=False),
    Column("account", String(32), nullable=False, index=True),
    Column("until", String(40), nullable=False),
    Column("blind", Text, nullable=True),
)
KNOWN_ITEMS = Table(
    "known_items",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("queue", String(40), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("shown", Text, nullable=False),
)
KNOWN_SEEN = Table(
    "known_seen",
    METADATA,
    Column("item", String(32), primary_key=True),
    Column("account", String(32), primary_key=True),
)
KNOWN_RESULTS = Table(
    "known_results",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("queue", String(40), nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("outcome", String(20), nullable=False),
)
