"""What one machine holds: python -m benchmarks.ingesting [--rows 1000000].

A file of decisions is taken into SQLite and into PostgreSQL by ``audit.monitor.files.ingest``, each
in a process of its own (time, memory, size on disk), then looked at; then the rollup's SQL runs on
SQLite and, over Parquet, on DuckDB, for sizes that double. Limits: 120 s and 1 GB for a million.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.monitor import build_dashboard, change_settings
from audit.monitor.files import ingest
from audit.monitor.staging import rollup_sql
from audit.store import open_store
from tests.postgres import running_postgres

START = datetime(2026, 1, 5, tzinfo=UTC)
TAGS = ("", "", "", "", "blind", "deaf", "autistic", "wheelchair-user", "blind|deaf")
SECONDS, MEGABYTES = 120, 1000
DAYS = 180


def write_decisions(path: Path, rows: int) -> None:
    """Write a JSONL file of decisions over half a year, in the order of time."""
    rng = np.random.default_rng(0)
    tags, bad = rng.integers(len(TAGS), size=rows), rng.random(rows) < 0.1
    routed = rng.random(rows) < 0.02
    with path.open("w", encoding="utf-8") as stream:
        for n in range(rows):
            moment = START + timedelta(seconds=n * DAYS * 86_400 / rows)
            event = {
                "event": "decision", "id": f"{rng.integers(2**63):016x}{n:016x}",
                "time": moment.isoformat(),
                "groups": TAGS[tags[n]].split("|") if TAGS[tags[n]] else [],
                "label": "Negative" if bad[n] else "Positive",
                "route": "review" if routed[n] else "auto",
            }  # fmt: skip
            stream.write(json.dumps(event) + "\n")


def take(url: str, path: Path, answers: multiprocessing.Queue) -> None:
    """Take a file in and look; answer with seconds, memory and what was counted."""
    with open_store(url, timeout=300) as store:
        change_settings(store, unfavourable=("Negative",))
        started = time.perf_counter()
        tally = ingest(store, path)
        taken = time.perf_counter() - started
        started = time.perf_counter()
        shown = build_dashboard(store, now=START + timedelta(days=DAYS))
        answers.put({
            "taken": tally.taken, "seconds": taken, "look": time.perf_counter() - started,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "groups": len(shown.groups),
        })  # fmt: skip


def measured(name: str, url: str, path: Path, rows: int) -> str:
    """Return a line of the table."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=take, args=(url, path, answers))
    process.start()
    got = answers.get()
    process.join()
    if got["taken"] != rows:
        raise RuntimeError(f"{got['taken']} of {rows} decisions were counted")
    return (
        f"| {name} | {got['seconds']:.0f} s | {rows / got['seconds']:,.0f} | "
        f"{got['megabytes']:.0f} MB | {got['look']:.2f} s |"
    )


def columns(rows: int) -> dict[str, list[object]]:
    """Return decisions as the rollup reads them."""
    rng = np.random.default_rng(1)
    days = [(START + timedelta(days=int(n))).date().isoformat() for n in range(DAYS)]
    return {
        "day": [days[n] for n in np.sort(rng.integers(DAYS, size=rows))],
        "tags": [TAGS[n] for n in rng.integers(len(TAGS), size=rows)],
        "outcome": rng.integers(6, size=rows).tolist(),
        "routed": rng.integers(2, size=rows).tolist(),
    }


def rollups(folder: Path, sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield a line for each size: seconds of the same SQL on two engines, with the same answer."""
    for rows in sizes:
        table = columns(rows)
        file = folder / f"{rows}.parquet"
        pq.write_table(pa.table(table), file, row_group_size=100_000)
        with sqlite3.connect(":memory:") as lite:
            lite.execute("CREATE TABLE d (day TEXT, tags TEXT, outcome INTEGER, routed INTEGER)")
            lite.executemany("INSERT INTO d VALUES (?, ?, ?, ?)", zip(*table.values(), strict=True))
            started = time.perf_counter()
            one = lite.execute(rollup_sql("d")).fetchall()
            slow = time.perf_counter() - started
        with duckdb.connect() as duck:
            started = time.perf_counter()
            two = duck.execute(rollup_sql(f"read_parquet('{file}')")).fetchall()
            fast = time.perf_counter() - started
        if sorted(one) != sorted(two):
            raise RuntimeError("the engines do not agree")
        yield (f"| {rows:,} | {slow:.2f} s | {1e9 * slow / rows:.0f} ns | {fast:.3f} s | "
               f"{1e9 * fast / rows:.0f} ns |")  # fmt: skip


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = folder / "decisions.jsonl"
        write_decisions(path, rows)
        print(f"{rows:,} decisions, {path.stat().st_size / 1e6:.0f} MB of JSONL")
        print("| into | time | decisions a second | memory | a look |\n|---|---|---|---|---|")
        print(measured("SQLite", str(folder / "audit.db"), path, rows), flush=True)
        print(f"SQLite file: {(folder / 'audit.db').stat().st_size / 1e6:.0f} MB")
        with running_postgres() as server:
            print(measured("PostgreSQL", server.new_database(), path, rows), flush=True)
        print("\n| decisions | SQLite | each | DuckDB over Parquet | each |\n|---|---|---|---|---|")
        for line in rollups(folder, (250_000, 500_000, 1_000_000, 2_000_000, 4_000_000)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
