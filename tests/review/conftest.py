"""Review is tested on SQLite, and what depends on the database on PostgreSQL too."""

import pytest

from tests.store.conftest import postgres, store

__all__ = ["postgres", "store", "url"]


@pytest.fixture
def url(request, tmp_path):
    """The URL of an empty database: SQLite, unless a test asks for PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'audit.db'}"
    return request.getfixturevalue("postgres").new_database()
