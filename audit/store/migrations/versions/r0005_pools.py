"""Who was in which pool since when: agreement asks for the pool at the time of a review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table; of earlier changes nothing is known, so that the present pool counts."""
    op.create_table(
        "pools",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("since", sa.String(40), primary_key=True),
        sa.Column("pool", sa.String(80), nullable=False),
    )
    op.execute("INSERT INTO pools (account, since, pool) SELECT id, created, pool FROM accounts")
