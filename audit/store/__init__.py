"""Decisions, reviews and what was done to them: append-only, hash-chained, erasable.

Needs the extra ``store`` (SQLAlchemy, Alembic, cryptography); PostgreSQL the extra ``postgres``.
"""

from audit.store.open import open_store
from audit.store.store import Store
from audit.store.verify import StoreVerification, verify_store

__all__ = ["Store", "StoreVerification", "open_store", "verify_store"]
