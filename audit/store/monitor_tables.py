"""The tables of monitoring: what was counted, and what keeps anything from counting twice.

No id, text or name of a person is in them: ids are digests, and the groups of a decision (``tags``,
sorted names joined by ``|``) are set to NULL when they expire. Counts stay.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from audit.store.tables import METADATA

COUNTED = (
    "decisions", "answered", "unfavourable", "unparsed", "failed", "routed", "reviews",
    "overrides", "late_reviews", "appeals", "appeals_decided", "upheld", "feedback", "opt_outs",
)  # fmt: skip
"""Whole numbers of `COUNTS`; ``delay_hours`` and ``delay_square`` are sums over reviews."""
SUMMED = ("delay_hours", "delay_square")

DECISIONS = Table(
    "monitor_decisions",
    METADATA,
    Column("id", LargeBinary(16), primary_key=True),
    Column("time", BigInteger),
    Column("tags", Text),
    Column("outcome", SmallInteger),
    sqlite_with_rowid=False,
)
FOLLOWING = Table(
    "monitor_following",
    METADATA,
    Column("id", LargeBinary(16), primary_key=True),
    Column("about", LargeBinary(16)),
    Column("kind", String(16), nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("counted", Boolean, nullable=False),
    Index("monitor_following_about", "about"),
    sqlite_with_rowid=False,
)
"""Reviews, appeals and what else follows a decision; not ``counted`` until that is known."""
WAITING = Table(
    "monitor_waiting",
    METADATA,
    Column("id", LargeBinary(16), primary_key=True),
    Column("time", BigInteger, nullable=False),
)
"""Decisions that wait for a person."""
COUNTS = Table(
    "monitor_counts",
    METADATA,
    Column("day", String(10), primary_key=True),
    Column("tags", Text, primary_key=True),
    *(Column(name, BigInteger, nullable=False, server_default="0") for name in COUNTED),
    *(Column(name, Float, nullable=False, server_default="0") for name in SUMMED),
)
SOURCES = Table(
    "monitor_sources",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("time", String(40), nullable=False),
)
"""How far each file, or the store itself, was taken in."""
SENDERS = Table(
    "monitor_senders",
    METADATA,
    Column("day", String(10), primary_key=True),
    Column("sender", LargeBinary(16), primary_key=True),
    Column("appeals", BigInteger, nullable=False),
)
"""Appeals a day by one sender, so that a flood is seen."""
HEALTH = Table(
    "monitor_health",
    METADATA,
    Column("day", String(10), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
SETTINGS = Table(
    "monitor_settings",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
PUBLISHED = Table(
    "monitor_published",
    METADATA,
    Column("size", String(4), primary_key=True),
    Column("start", String(10), primary_key=True),
    Column("body", Text, nullable=False),
)
"""What was shown of each window, so that later tables reveal nothing by comparison."""
