"""Alembic runs inside a connection that the store has opened and locked."""

from alembic import context

from audit.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
