"""A process killed while it takes a file in: the next one goes on, and nothing counts twice."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from audit.monitor import change_settings
from audit.monitor.files import ingest
from audit.store import open_store
from audit.store.monitor_tables import COUNTS, HEALTH, SOURCES
from tests.monitor.events import decision, review

ROWS = 6_000
SLOWLY = """
import sys
from pathlib import Path
from audit.monitor import files
from audit.store import open_store
files.BATCH = 1000
with open_store(sys.argv[1]) as store:
    files.ingest(store, Path(sys.argv[2]), report=lambda rows: print(rows, flush=True))
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_anywhere_everything_counts_once(kind, tmp_path, jsonl, request):
    url = str(tmp_path / "killed.db")
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").new_database()
    path = jsonl(
        event
        for n in range(ROWS // 2)
        for event in (decision(n, day=n % 5, route="review"), review(n, day=n % 5))
    )
    with open_store(url) as store:
        change_settings(store, unfavourable=("Negative",))
    for stop in (1_000, 4_000):
        process = subprocess.Popen(
            [sys.executable, "-c", SLOWLY, url, path], stdout=subprocess.PIPE, text=True
        )
        for line in process.stdout:
            if int(line) >= stop:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
        process.stdout.close()
        with open_store(url) as store, store.reading() as connection:
            (source,) = connection.execute(select(SOURCES)).all()
            assert stop <= source.rows < ROWS
            assert not source.finished
    with open_store(url) as store:
        tally = ingest(store, path)
        assert tally.taken == ROWS - source.rows
        with store.reading() as connection:
            counts = connection.execute(select(COUNTS)).all()
            health = dict(connection.execute(select(HEALTH.c.name, HEALTH.c.count)).all())
    assert sum(row.decisions for row in counts) == ROWS // 2
    assert sum(row.reviews for row in counts) == ROWS // 2
    assert "duplicates" not in health
