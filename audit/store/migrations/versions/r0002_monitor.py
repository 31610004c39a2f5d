"""The tables of monitoring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNTED = (
    "decisions", "answered", "unfavourable", "unparsed", "failed", "routed", "reviews",
    "overrides", "late_reviews", "appeals", "appeals_decided", "upheld", "feedback", "opt_outs",
)  # fmt: skip


def upgrade() -> None:
    """Create counts by group and day, digests of what was counted, and intake's own records."""
    op.create_table(
        "monitor_decisions",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("time", sa.BigInteger),
        sa.Column("tags", sa.Text),
        sa.Column("outcome", sa.SmallInteger),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "monitor_following",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("about", sa.LargeBinary(16)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("monitor_following_about", "monitor_following", ["about"])
    op.create_table(
        "monitor_waiting",
        sa.Column("id", sa.LargeBinary(16), primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "monitor_counts",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("tags", sa.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in _COUNTED),
        sa.Column("delay_hours", sa.Float, nullable=False, server_default="0"),
        sa.Column("delay_square", sa.Float, nullable=False, server_default="0"),
    )
    op.create_table(
        "monitor_sources",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.Column("time", sa.String(40), nullable=False),
    )
    op.create_table(
        "monitor_senders",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("sender", sa.LargeBinary(16), primary_key=True),
        sa.Column("appeals", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "monitor_health",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "monitor_settings",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "monitor_published",
        sa.Column("size", sa.String(4), primary_key=True),
        sa.Column("start", sa.String(10), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
