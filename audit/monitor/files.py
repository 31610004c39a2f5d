"""Files of events, read a row at a time: JSONL, CSV and Parquet."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select

from audit.errors import ConfigError, MissingExtraError
from audit.monitor.events import EventError
from audit.monitor.intake import BATCH, Intake, Progress, Tally
from audit.store import Store
from audit.store.monitor_tables import SOURCES

MOST_LINE = 1_000_000
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
Rows = Iterator[tuple[int, Any]]


class CutOffError(EventError):
    """The last row of a file is only half there."""


def ingest(
    store: Store,
    path: Path,
    *,
    now: Callable[[], datetime] | None = None,
    report: Callable[[int], None] | None = None,
) -> Tally:
    """Take a file in; a second time, or after a crash, it goes on where it stopped.

    Parameters
    ----------
    store : Store
        Open.
    path : Path
        ``.jsonl`` (or ``.ndjson``), ``.csv`` or ``.parquet``.
    now : callable, optional
        Present time, UTC.
    report : callable, optional
        Told the rows read so far after every batch.

    Returns
    -------
    Tally

    Raises
    ------
    ConfigError
        If the file cannot be read at all.
    StoreError
        If the store cannot be written; what was counted until then stays counted.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ConfigError(
            f"{path.suffix or 'a file without ending'} is not known", where=path.name,
            hint=f"use one of {', '.join(sorted(_READERS))}",
        )  # fmt: skip
    identity = _content(path)
    with store.reading() as connection:
        found = connection.execute(select(SOURCES).where(SOURCES.c.id == identity)).first()
    done = found.rows if found else 0
    tally = Tally()
    if found and found.finished:
        tally.duplicates = done
        return tally
    intake = Intake(store, now=now)
    name = path.name[:200]
    rows = read(path, done)
    while True:
        batch = list(islice(rows, BATCH))
        tally.cut_off = bool(batch) and isinstance(batch[-1][1], CutOffError)
        last = len(batch) < BATCH
        at = done + len(batch) - tally.cut_off
        events = ((f"{name}, row {number}", event) for number, event in batch)
        finished = last and not tally.cut_off
        intake.take(events, tally, progress=[Progress(identity, name, at, finished)])
        done = at
        if report is not None:
            report(done)
        if last:
            return tally


def _content(path: Path) -> str:
    """Return the hash of a file's content: what tells whether it was taken in before."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror}", where=path.name) from error


def _jsonl(path: Path, skip: int) -> Rows:
    """Yield the lines of a JSONL file after the first ``skip``; blank lines count as rows."""
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(MOST_LINE + 1):
            number += 1
            whole = line.endswith(b"\n")
            if len(line) > MOST_LINE and not whole:
                _leave_line(stream)
                whole = True
                event: Any = EventError(f"the line is longer than {MOST_LINE:,} bytes")
            elif number <= skip or not line.strip():
                event = None
            else:
                event = _json(line, whole=whole)
            if number > skip and event is not None:
                yield number, event
            elif number > skip:
                yield number, EventError("the line is empty")


def _leave_line(stream: Any) -> None:
    """Read on to the end of a line that is too long."""
    while part := stream.readline(MOST_LINE):
        if part.endswith(b"\n"):
            return


def _json(line: bytes, *, whole: bool) -> Any:
    """Return what a line says, or why it says nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        if whole:
            return EventError("the line is not JSON in UTF-8")
        return CutOffError("the file ends in the middle of this line")


def _csv(path: Path, skip: int) -> Rows:
    """Yield the rows of a CSV file with a header after the first ``skip``."""
    csv.field_size_limit(min(MOST_LINE, sys.maxsize))
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as stream:
        ended = _ends_with_newline(path)
        rows = csv.reader(stream, strict=True)
        try:
            header = next(rows, None)
        except csv.Error as error:
            raise ConfigError(f"it is not CSV: {error}", where=path.name) from error
        if not header or len(set(header)) < len(header):
            raise ConfigError("the first line must name the columns, each once", where=path.name)
        number = 0
        before: list[str] | None = None
        while True:
            try:
                row = next(rows, None)
            except csv.Error as error:
                yield number + 1, _broken(error)
                return
            if before is not None:
                number += 1
                if number > skip:
                    yield number, _cells(header, before, whole=row is not None or ended)
            if row is None:
                return
            before = row


def _broken(error: csv.Error) -> EventError:
    """Return why a CSV file cannot be read on."""
    if "unexpected end" in str(error):
        return CutOffError("the file ends in the middle of this row")
    return EventError(f"it is not CSV from here on: {error}")


def _ends_with_newline(path: Path) -> bool:
    """Tell whether the last row is whole."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        if stream.tell():
            stream.seek(-1, 2)
        return stream.read(1) in (b"\n", b"\r")


def _cells(header: list[str], row: list[str], *, whole: bool) -> Any:
    """Return a CSV row as an event; empty cells say nothing, but no groups are no groups."""
    if len(row) != len(header):
        if not whole:
            return CutOffError("the file ends in the middle of this row")
        return EventError(f"{len(row)} cells, but {len(header)} columns")
    event: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        if name == "groups":
            event[name] = None if cell == "?" else cell
        elif cell == "":
            continue
        elif name == "unfavourable":
            known = True if cell.lower() in _TRUE else False if cell.lower() in _FALSE else cell
            event[name] = known
        elif name in ("score", "confidence"):
            try:
                event[name] = float(cell)
            except ValueError:
                return EventError(f"{name} must be a number")
        elif name in ("schema_version", "seq"):
            event[name] = int(cell) if cell.isascii() and cell.isdigit() else cell
        elif name == "reasons":
            event[name] = cell.split("|")
        else:
            event[name] = cell
    return event


def _parquet(path: Path, skip: int) -> Rows:
    """Yield the rows of a Parquet file after the first ``skip``."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError("Parquet", "pyarrow", "parquet") from error
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ConfigError(
            "it is not a whole Parquet file", where=path.name, hint="copy or write it again"
        ) from error
    number = 0
    with file:
        for batch in file.iter_batches(batch_size=BATCH):
            if number + batch.num_rows <= skip:
                number += batch.num_rows
                continue
            for row in batch.to_pylist():
                number += 1
                if number > skip:
                    yield number, {name: value for name, value in row.items() if _says(name, value)}


def _says(name: str, value: Any) -> bool:
    """Tell whether a Parquet cell says something."""
    return value is not None or name == "groups"


_READERS: dict[str, Callable[[Path, int], Rows]] = {
    ".jsonl": _jsonl, ".ndjson": _jsonl, ".csv": _csv, ".parquet": _parquet,
}  # fmt: skip
