"""Every test of the store runs on SQLite and on PostgreSQL."""

import pytest

from audit.store import open_store
from tests.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'audit.db'}"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def store(url):
    """An open, empty store."""
    with open_store(url) as opened:
        yield opened
