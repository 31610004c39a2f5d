"""The rollup's SQL says the same on every engine."""

import sqlite3

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import text

from audit.monitor.staging import rollup_sql

ROWS = 5_000


def decisions():
    """Decisions as the rollup reads them."""
    rng = np.random.default_rng(0)
    return {
        "day": [f"2026-01-{n:02d}" for n in rng.integers(1, 29, ROWS)],
        "tags": [("", "blind", "blind|deaf", "?")[n] for n in rng.integers(4, size=ROWS)],
        "outcome": rng.integers(6, size=ROWS).tolist(),
        "routed": rng.integers(2, size=ROWS).tolist(),
    }


def test_duckdb_over_parquet_sqlite_and_postgresql_agree(tmp_path, any_store):
    table = decisions()
    for part in range(3):  # as a day's files would lie in a folder
        piece = {name: values[part::3] for name, values in table.items()}
        pq.write_table(pa.table(piece), tmp_path / f"{part}.parquet")
    with duckdb.connect() as duck:
        found = duck.execute(rollup_sql(f"read_parquet('{tmp_path}/*.parquet')")).fetchall()
    with sqlite3.connect(":memory:") as lite:
        lite.execute("CREATE TABLE d (day TEXT, tags TEXT, outcome INTEGER, routed INTEGER)")
        lite.executemany("INSERT INTO d VALUES (?, ?, ?, ?)", zip(*table.values(), strict=True))
        assert sorted(found) == sorted(lite.execute(rollup_sql("d")).fetchall())
    with any_store.writing("monitor") as connection:
        connection.execute(text("CREATE TEMPORARY TABLE d (day TEXT, tags TEXT, outcome SMALLINT, "
                                "routed SMALLINT)"))  # fmt: skip
        rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        connection.execute(text("INSERT INTO d VALUES (:day, :tags, :outcome, :routed)"), rows)
        assert sorted(map(tuple, connection.execute(text(rollup_sql("d"))))) == sorted(found)
    assert sum(row[2] for row in found) == ROWS
