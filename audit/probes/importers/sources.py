"""Rows of any source, one at a time: CSV, TSV, JSON lines, Parquet, Excel, lines, data sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, MissingExtraError
from audit.probes.importers.cases import LeftOut, SourceRow
from audit.probes.importers.encodings import Encoding, find_encoding
from audit.probes.importers.excel import workbook_rows
from audit.probes.rows import LARGEST_CELL, RowError, open_rows
from audit.records import CaseSource

Found = Iterator[SourceRow | LeftOut]
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")
_MAGIC = (
    (b"PK\x03\x04", "a zip archive or Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"(\xb5/\xfd", "a zstandard archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document"),
    (b"SQLite format 3", "an SQLite database"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_LARGEST_GROUP = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """How a source is read: the caller's ``--encoding``, ``--sheet`` and ``--split``."""

    encoding: str | None = None
    sheet: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """An opened source: its rows, its columns where they are known, its encoding if it is text."""

    rows: Found
    columns: tuple[str, ...] | None
    encoding: Encoding | None


def open_table(path: Path, options: SourceOptions) -> Table:
    """Open a table by its ending.

    Raises
    ------
    ConfigError
        If its ending is unknown, its content is not what the ending says, it has no header, or
        its encoding is not clear.
    MissingExtraError
        If it needs a package that is not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        _refuse_content(path, "")
        raise ConfigError(
            f"the ending {path.suffix!r} says no kind of table",
            where=path.name,
            hint=f"one of {', '.join(SUFFIXES)}",
        )
    _refuse_content(path, suffix)
    if suffix in {".xlsx", ".xlsm"}:
        return Table(workbook_rows(path, options.sheet), None, None)
    if suffix == ".parquet":
        return _parquet(path)
    encoding = find_encoding(path, options.encoding)
    if suffix in {".jsonl", ".ndjson"}:
        return Table(_json_rows(path, encoding.codec), None, encoding)
    return _delimited(path, encoding)


def _refuse_content(path: Path, suffix: str) -> None:
    """Refuse a file whose first bytes say that it is something else."""
    with path.open("rb") as stream:
        start = stream.read(16)
    if _PICKLE.match(start):
        raise ConfigError(
            "this is a pickle, which can run code; it is not opened",
            where=path.name,
            hint="save the table as CSV; a CheckList suite is read with --format checklist",
        )
    expected = {".parquet": b"PAR1", ".xlsx": b"PK\x03\x04", ".xlsm": b"PK\x03\x04"}.get(suffix)
    if expected is not None and start.startswith(expected):
        return
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise ConfigError(
                f"this is {what}, not what its ending says",
                where=path.name,
                hint="unpack it, or give it the ending of what it is",
            )
    if expected is not None:
        raise ConfigError(
            f"this is no {suffix[1:]} file, whatever its ending says",
            where=path.name,
            hint="its ending must say what it is",
        )


def _delimited(path: Path, encoding: Encoding) -> Table:
    """Open CSV or TSV."""
    source = CaseSource(
        file=path.name, text="", group="", term="", context=(), encoding=encoding.codec
    )
    try:
        header, rows = open_rows(source, path.parent)
    except RowError as error:
        raise _refused(path, error) from error
    columns = list(header or ())
    other = "a comma" if path.suffix.lower() == ".tsv" else "a tab or semicolon"
    if len(columns) == 1 and re.search("[\t;,]", columns[0]):
        raise ConfigError(
            f"the header is one column, {columns[0][:80]!r}",
            where=path.name,
            hint=f"if {other} separates the columns, give the file the ending that says so "
            "(.csv for commas, .tsv for tabs)",
        )

    def cells() -> Found:
        with closing(rows):
            try:
                for row in rows:
                    if isinstance(row, RowError):
                        yield LeftOut(path.name, row.line or 0, _RAGGED, str(row))
                    else:
                        yield SourceRow(path.name, row.line, row.values)
            except RowError as error:
                raise _refused(path, error) from error

    return Table(cells(), tuple(columns), encoding)


_RAGGED = "the row does not have as many cells as the header"


def _refused(path: Path, error: RowError) -> ConfigError:
    """Turn the reader's complaint into an error of the command."""
    where = f"{path.name}:{error.line}" if error.line else path.name
    return ConfigError(str(error), where=where, hint=error.hint)


def _json_rows(path: Path, codec: str) -> Found:
    """Yield the objects of JSON lines; what lies inside them becomes ``outer.inner`` columns."""
    with path.open(encoding=codec, newline="\n") as stream:
        for line, content in enumerate(iter(partial(stream.readline, LARGEST_CELL), ""), start=1):
            if not content.strip():
                continue
            if len(content) == LARGEST_CELL:
                raise ConfigError(
                    f"a line is longer than {LARGEST_CELL:,} characters",
                    where=f"{path.name}:{line}",
                    hint="JSON lines have one object on each line",
                )
            try:
                found = json.loads(content)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                yield SourceRow(path.name, line, flat(found))
            else:
                yield LeftOut(path.name, line, "the line is no JSON object", content[:80].strip())


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Return nested data as columns; lists count from 0 and also stand whole under their name.

    Examples
    --------
    >>> flat({"a": {"b": [1, "x"]}})
    {'a.b': '["1", "x"]', 'a.b.0': '1', 'a.b.1': 'x'}
    """
    if isinstance(value, Mapping):
        return {
            name: text
            for key, item in value.items()
            for name, text in flat(item, f"{prefix}{key}.").items()
        }
    name = prefix.removesuffix(".")
    if isinstance(value, list | tuple):
        whole = json.dumps([item if isinstance(item, dict) else _text(item) for item in value],
                           ensure_ascii=False, default=str)  # fmt: skip
        parts = {
            key: text
            for index, item in enumerate(value)
            for key, text in flat(item, f"{prefix}{index}.").items()
        }
        return {name: whole, **parts}
    return {name: _text(value)}


def _text(value: Any) -> str:
    """Return a scalar as text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _parquet(path: Path) -> Table:
    """Open Parquet; it is read in batches, and a block that unpacks to too much is refused."""
    if find_spec("pyarrow") is None:
        raise MissingExtraError(path.name, "pyarrow", "parquet")
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise ConfigError(
            "this is no Parquet file", where=path.name, hint="its ending must say what it is"
        ) from error
    meta = file.metadata
    blocks = [meta.row_group(index).total_byte_size for index in range(meta.num_row_groups)]
    if max(blocks, default=0) > _LARGEST_GROUP:
        raise ConfigError(
            f"one block of it unpacks to {max(blocks):,} bytes",
            where=path.name,
            hint="write it again with smaller row groups",
        )

    def rows() -> Found:
        number = 0
        for batch in file.iter_batches(batch_size=10_000):
            for record in batch.to_pylist():
                number += 1
                yield SourceRow(path.name, number, flat(record))

    return Table(rows(), tuple(file.schema_arrow.names), None)


def line_rows(path: Path, pattern: str, options: SourceOptions) -> Table:
    """Open a text file whose lines have a shape; the groups of ``pattern`` are its columns.

    Raises
    ------
    ConfigError
        If its encoding is not clear.
    """
    encoding = find_encoding(path, options.encoding)
    shape = re.compile(pattern)

    def rows() -> Found:
        with path.open(encoding=encoding.codec) as stream:
            for number, content in enumerate(stream, start=1):
                line = content.rstrip("\r\n")
                if not line.strip():
                    continue
                match = shape.fullmatch(line)
                if match is None:
                    yield LeftOut(path.name, number, "the line has another shape", line[:80])
                else:
                    cells = {key: value or "" for key, value in match.groupdict().items()}
                    yield SourceRow(path.name, number, cells)

    return Table(rows(), None, encoding)


def matching_files(source: Path, pattern: str) -> list[tuple[Path, Mapping[str, str]]]:
    """Return the files of a folder whose whole name fits, with what its groups caught."""
    shape = re.compile(pattern)
    found: list[tuple[Path, Mapping[str, str]]] = []
    for path in sorted(source.iterdir()):
        match = shape.fullmatch(path.name)
        if match is not None and path.is_file():
            found.append((path, {k: v or "" for k, v in match.groupdict().items()}))
    return found
