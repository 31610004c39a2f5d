"""The three chains and the keys; rows of a chain can be neither changed nor deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_CHAINS = ("decisions", "reviews", "trail")


def upgrade() -> None:
    """Create the tables and the triggers that keep them append-only."""
    for name in _CHAINS:
        op.create_table(
            name,
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
        op.create_index(f"{name}_time", name, ["time"])
        op.create_index(f"{name}_about", name, ["about"])
    op.create_table(
        "keys",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for name in _CHAINS:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{action.lower()} BEFORE {action} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for name in _CHAINS:
        op.execute(
            f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM PUBLIC")
