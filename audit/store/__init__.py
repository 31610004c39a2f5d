"""Decisions, reviews, appeals and what was done to them: append-only, hash-chained, erasable.

Needs the extra ``store`` (SQLAlchemy, Alembic, cryptography); PostgreSQL the extra ``postgres``.
"""

from audit.store import monitor_tables
from audit.store.events import event_schema, events
from audit.store.filings import Filing, Filings
from audit.store.open import open_store
from audit.store.store import Store
from audit.store.verify import StoreVerification, verify_store

__all__ = [
    "Filing",
    "Filings",
    "Store",
    "StoreVerification",
    "event_schema",
    "events",
    "monitor_tables",
    "open_store",
    "verify_store",
]
