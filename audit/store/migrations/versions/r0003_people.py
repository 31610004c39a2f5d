"""Working state of the served pages: people, sessions, settings, locks on items, known items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(
    name: str, length: int, *, primary_key: bool = False, unique: bool = False, index: bool = False
) -> sa.Column[str]:
    return sa.Column(
        name, sa.String(length), nullable=False, primary_key=primary_key,
        unique=unique or None, index=index or None,
    )  # fmt: skip


def upgrade() -> None:
    """Create the tables, and the index that finds what waits for a person."""
    op.create_table(
        "accounts",
        _text("id", 32, primary_key=True),
        _text("name", 80, unique=True),
        sa.Column("password", sa.String(200)),
        sa.Column("subject", sa.String(400), unique=True),
        sa.Column("roles", sa.Text, nullable=False),
        _text("pool", 80),
        sa.Column("active", sa.Boolean, nullable=False),
        _text("created", 40),
    )
    op.create_table(
        "sessions",
        _text("id", 64, primary_key=True),
        _text("account", 32, index=True),
        _text("created", 40),
        _text("seen", 40),
    )
    op.create_table(
        "links",
        _text("id", 64, primary_key=True),
        _text("account", 32, index=True),
        _text("expires", 40),
    )
    op.create_table(
        "settings",
        _text("name", 80, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "claims",
        _text("item", 64, primary_key=True),
        _text("token", 32),
        _text("account", 32, index=True),
        _text("until", 40),
        sa.Column("blind", sa.Text),
    )
    op.create_table(
        "known_items",
        _text("id", 32, primary_key=True),
        _text("queue", 40, index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
    )
    op.create_table(
        "known_seen",
        _text("item", 32, primary_key=True),
        _text("account", 32, primary_key=True),
    )
    op.create_table(
        "known_results",
        _text("id", 32, primary_key=True),
        _text("queue", 40, index=True),
        _text("day", 10),
        _text("outcome", 20),
    )
    op.create_index("decisions_kind", "decisions", ["kind", "seq"])
