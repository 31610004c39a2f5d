"""Stores to watch, on SQLite and on PostgreSQL."""

import json

import pytest

from audit.monitor import change_settings
from audit.store import open_store
from tests.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def store(tmp_path):
    """An open store that knows which label is unfavourable."""
    with open_store(str(tmp_path / "audit.db"), timeout=60) as opened:
        change_settings(opened, unfavourable=("Negative",))
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request, tmp_path):
    """The same on both databases."""
    url = str(tmp_path / "audit.db")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    with open_store(url, timeout=60) as opened:
        change_settings(opened, unfavourable=("Negative",))
        yield opened


@pytest.fixture
def jsonl(tmp_path):
    """Write events to a file and return its path."""

    def write(events, name="events.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return path

    return write
