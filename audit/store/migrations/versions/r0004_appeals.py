"""A fourth chain: appeals, feedback, opt-outs and the answers to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table and what keeps it append-only."""
    op.create_table(
        "appeals",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("time", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(64)),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("personal", sa.LargeBinary),
        sa.Column("personal_key", sa.String(100)),
        sa.Column("tag", sa.LargeBinary),
        sa.Column("tag_key", sa.String(100)),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_index("appeals_time", "appeals", ["time"])
    op.create_index("appeals_about", "appeals", ["about"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER appeals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appeals "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
        )
        op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON appeals FROM PUBLIC")
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER appeals_no_{action.lower()} BEFORE {action} ON appeals "
            "BEGIN SELECT RAISE(ABORT, 'appeals is append-only'); END"
        )
