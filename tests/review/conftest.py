"""Review is tested on SQLite and on PostgreSQL."""

from tests.store.conftest import postgres, store, url

__all__ = ["postgres", "store", "url"]
