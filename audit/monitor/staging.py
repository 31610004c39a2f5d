"""A batch of rows inside the database: loaded fast, cleaned of what is there, rolled up by SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, Table, select, text
from sqlalchemy.dialects import postgresql, sqlite

from audit.store.monitor_tables import COUNTS, SENDERS

_EPOCH = date(1970, 1, 1)


def rollup_sql(source: str) -> str:
    """Return the query that counts decisions by day and groups.

    Parameters
    ----------
    source : str
        A table, or what an engine reads as one, such as ``read_parquet('decisions/*.parquet')``,
        with the columns ``day``, ``tags``, ``outcome`` and ``routed``.

    Returns
    -------
    str
        SQL that SQLite, PostgreSQL, DuckDB and Spark run alike.
    """
    query = files("audit.monitor").joinpath("rollup.sql").read_text(encoding="utf-8")
    return query.format(source=source)


def prepare(connection: Connection) -> None:
    """Make the two temporary tables of this connection, empty.

    Every query looks a batch up in tables that may hold millions of rows, by their keys. SQLite
    does so in the order that ``CROSS JOIN`` gives; PostgreSQL would rather read all of them.
    """
    binary = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    connection.execute(
        text(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS monitor_staged (id {binary} PRIMARY KEY, "
            "time BIGINT, day TEXT, tags TEXT, outcome SMALLINT, routed SMALLINT)"
        )
    )
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE IF NOT EXISTS monitor_staged_following "
            f"(id {binary} PRIMARY KEY, about {binary}, kind TEXT, time BIGINT, sender {binary}, "
            f"filing {binary})"
        )
    )
    if connection.dialect.name == "postgresql":
        for way in ("hashjoin", "mergejoin", "seqscan"):
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        # Deleted rows of a temporary table stay in it there: nothing ever vacuums it.
        connection.execute(text("TRUNCATE monitor_staged, monitor_staged_following"))
    else:
        connection.execute(text("DELETE FROM monitor_staged"))
        connection.execute(text("DELETE FROM monitor_staged_following"))


def load_decisions(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Load (id, time, day, tags, outcome, routed), ids distinct."""
    _load(connection, "monitor_staged", rows)


def load_following(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Load (id, about, kind, time, sender, filing), ids distinct."""
    _load(connection, "monitor_staged_following", rows)


def drop_known_decisions(connection: Connection) -> tuple[int, int]:
    """Leave only new decisions; return how many were there, and how many of them said otherwise."""
    conflicting = connection.execute(
        text(
            "SELECT COUNT(*) FROM monitor_staged s CROSS JOIN monitor_decisions d "
            "WHERE d.id = s.id "
            "AND (d.time <> s.time OR d.outcome <> s.outcome OR d.tags <> s.tags)"
        )
    ).scalar_one()
    known = connection.execute(
        text("DELETE FROM monitor_staged WHERE id IN (SELECT id FROM monitor_decisions)")
    ).rowcount
    return int(known), int(conflicting)


def drop_known_following(connection: Connection) -> int:
    """Leave only new reviews, appeals and so on; return how many were there."""
    return int(
        connection.execute(
            text(
                "DELETE FROM monitor_staged_following "
                "WHERE id IN (SELECT id FROM monitor_following)"
            )
        ).rowcount
    )


def count_decisions(connection: Connection) -> None:
    """Add the staged decisions to the counts, and keep what later events need of them."""
    counted = connection.execute(text(rollup_sql("monitor_staged"))).mappings().all()
    add_up(connection, COUNTS, [dict(row) for row in counted])
    connection.execute(
        text(
            "INSERT INTO monitor_decisions (id, time, tags, outcome) "
            "SELECT id, time, tags, outcome FROM monitor_staged"
        )
    )
    connection.execute(
        text(
            "INSERT INTO monitor_waiting (id, time) "
            "SELECT s.id, s.time FROM monitor_staged s WHERE s.routed = 1 AND NOT EXISTS ("
            "SELECT 1 FROM monitor_following f WHERE f.about = s.id "
            "AND f.kind IN ('keep', 'override'))"
        )
    )


def flood(connection: Connection, most: int) -> int:
    """Set aside what one sender appeals beyond ``most`` a day, with its outcomes; count it."""
    rows = connection.execute(
        text(
            "SELECT id, sender, time FROM monitor_staged_following "
            "WHERE kind = 'appeal' AND sender IS NOT NULL ORDER BY time, id"
        )
    ).all()
    sent: Counter[tuple[str, bytes]] = Counter()
    for day in {utc_day(row.time) for row in rows}:
        query = select(SENDERS.c.sender, SENDERS.c.appeals).where(SENDERS.c.day == day)
        sent.update({(day, bytes(sender)): count for sender, count in connection.execute(query)})
    before, beyond = Counter(sent), []
    for row in rows:
        key = (utc_day(row.time), bytes(row.sender))
        sent[key] += 1
        if sent[key] > most:
            beyond.append({"one": row.id})
    if beyond:
        connection.execute(
            text("UPDATE monitor_staged_following SET kind = 'flooded' WHERE id = :one"), beyond
        )
    add_up(
        connection, SENDERS,
        [{"day": day, "sender": sender, "appeals": count - before[day, sender]}
         for (day, sender), count in sent.items() if count > before[day, sender]],
    )  # fmt: skip
    connection.execute(
        text(
            "UPDATE monitor_staged_following SET kind = 'flooded' WHERE filing IN ("
            "SELECT id FROM monitor_following WHERE kind = 'flooded') OR filing IN ("
            "SELECT id FROM monitor_staged_following WHERE kind = 'flooded')"
        )
    )
    return len(beyond)


def add_up(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to those of the same key: numbers to numbers."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = make(table)
    sums = {name: table.c[name] + new.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=sums), list(rows))


def utc_day(second: int) -> str:
    """Return the day of a second since 1970.

    Examples
    --------
    >>> utc_day(0)
    '1970-01-01'
    """
    return _day(second // 86_400)


@cache
def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).isoformat()


def matched_now(connection: Connection) -> list[Any]:
    """Keep the staged following rows; return those that a decision can be found for now.

    Returns
    -------
    list of (id, kind, time, sender, decided, tags)
        ``decided`` is the decision's second and ``tags`` its groups, both ``None`` once expired.
        Rows about no decision have ``tags`` ``?``.
    """
    connection.execute(
        text(
            "INSERT INTO monitor_following (id, about, kind, time, counted) "
            "SELECT id, about, kind, time, about IS NULL FROM monitor_staged_following"
        )
    )
    new = connection.execute(
        text(
            "SELECT s.id, s.kind, s.time, s.sender, d.time AS decided, "
            "CASE WHEN s.about IS NULL THEN '?' ELSE d.tags END AS tags "
            "FROM monitor_staged_following s LEFT JOIN monitor_decisions d ON d.id = s.about "
            "WHERE s.about IS NULL OR d.id IS NOT NULL"
        )
    ).all()
    waited = connection.execute(
        text(
            "SELECT f.id, f.kind, f.time, NULL AS sender, s.time AS decided, s.tags "
            "FROM monitor_staged s CROSS JOIN monitor_following f "
            "WHERE f.about = s.id AND NOT f.counted "
            "AND f.id NOT IN (SELECT id FROM monitor_staged_following)"
        )
    ).all()
    return [*new, *waited]


def mark_counted(connection: Connection) -> None:
    """Mark what was matched, and let no reviewed decision wait."""
    connection.execute(
        text(
            "UPDATE monitor_following SET counted = TRUE WHERE NOT counted AND id IN (SELECT s.id "
            "FROM monitor_staged_following s CROSS JOIN monitor_decisions d WHERE d.id = s.about "
            "UNION SELECT f.id FROM monitor_staged s CROSS JOIN monitor_following f "
            "WHERE f.about = s.id)"
        )
    )
    connection.execute(
        text(
            "DELETE FROM monitor_waiting WHERE id IN (SELECT about FROM monitor_staged_following "
            "WHERE kind IN ('keep', 'override'))"
        )
    )


_INTO = {
    "monitor_staged": (
        "COPY monitor_staged FROM STDIN",
        "INSERT INTO monitor_staged VALUES (?, ?, ?, ?, ?, ?)",
    ),
    "monitor_staged_following": (
        "COPY monitor_staged_following FROM STDIN",
        "INSERT INTO monitor_staged_following VALUES (?, ?, ?, ?, ?, ?)",
    ),
}


def _load(connection: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Load rows the fastest way a database has."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection has no driver")
    copying, inserting = _INTO[table]
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)
    else:
        driver.executemany(inserting, rows)
