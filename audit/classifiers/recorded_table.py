"""Reading a table of recorded predictions: CSV, JSONL or Parquet, with line numbers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

from audit.errors import ClassifierError, ConfigError, MissingExtraError

ROLES = ("id", "text", "label", "score", "repeat")
PROBABILITY = "prob."
_ROWS_PER_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: where it stands, and its cells by column."""

    line: int
    cells: Mapping[str, Any]

    def get(self, column: str | None) -> str | None:
        """Return a cell as text, or ``None`` where the column or its content is missing."""
        value = self.cells.get(column) if column is not None else None
        if value is None:
            return None
        return value if isinstance(value, str) else json.dumps(value, default=str)


def open_rows(path: Path) -> tuple[list[str], Iterator[Row]]:
    """Return the column names of a file, and its rows one at a time.

    Raises
    ------
    ConfigError
        If the file is not there or of no known kind.
    ClassifierError
        If it is not UTF-8, or a line cannot be read; also while rows are taken.
    MissingExtraError
        If it is Parquet and pyarrow is not installed.
    """
    if not path.is_file():
        raise ConfigError(
            "there is no such file",
            where=f"recorded:{path}",
            hint="give the path from the folder you are in",
        )
    readers = {
        ".csv": (_csv_columns, _csv_rows),
        ".jsonl": (_json_columns, _json_rows),
        ".parquet": (_parquet_columns, _parquet_rows),
    }
    found = readers.get(path.suffix.lower())
    if found is None:
        raise ConfigError(
            f"recorded predictions are read from {', '.join(readers)}",
            where=path.name,
            hint="save the table as CSV with a header line, in UTF-8",
        )
    columns, rows = found
    with _decoding(path):
        return columns(path), _decoded(path, rows(path))


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Say that a file is not UTF-8."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise ClassifierError(
            "the file is not UTF-8",
            where=path.name,
            hint="save it again in the encoding UTF-8",
        ) from error


def _decoded(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    with _decoding(path):
        yield from rows


def resolve_columns(
    columns: list[str], chosen: Mapping[str, str], file: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Find which column plays which role.

    Parameters
    ----------
    columns : list of str
        The file's columns.
    chosen : mapping of str to str
        ``--column ROLE=NAME``; roles it leaves out take the column of their own name.
    file : str
        Name of the file, for messages.

    Returns
    -------
    tuple of (dict, dict)
        Role to column, and label to the column of its probability.

    Raises
    ------
    ConfigError
        If a role does not exist, a chosen column is missing, or neither ``id`` nor ``text`` is
        there.
    """
    for role, column in chosen.items():
        if role not in ROLES and not (role.startswith(PROBABILITY) and role != PROBABILITY):
            raise ConfigError(
                f"{role!r} is no role of a column",
                where=f"--column {role}={column}",
                hint=f"the roles are {', '.join(ROLES)} and prob.LABEL",
            )
        if column not in columns:
            close = get_close_matches(column, columns, n=1)
            raise ConfigError(
                f"there is no column {column!r}",
                where=file,
                hint=f"did you mean {close[0]!r}?" if close else f"it has: {', '.join(columns)}",
            )
    taken = set(chosen.values())
    free = {column: column for column in columns if column not in taken}
    found = {**free, **chosen}
    roles = {role: found[role] for role in ROLES if role in found}
    masses = {
        role.removeprefix(PROBABILITY): column
        for role, column in found.items()
        if role.startswith(PROBABILITY) and role != PROBABILITY
    }
    if "id" not in roles and "text" not in roles:
        raise ConfigError(
            "no column says which text a row is about",
            where=file,
            hint=f"name it with --column text=NAME; the file has: {', '.join(columns)}",
        )
    return roles, masses


def _delimiter(file: TextIO) -> str:
    """Return what separates cells; spreadsheets of many countries write semicolons or tabs.

    The header decides, and only where it has no comma.
    """
    header = file.readline()
    file.seek(0)
    others = [mark for mark in (";", "\t") if mark in header and "," not in header]
    return others[0] if others else ","


def _no_csv(error: csv.Error, where: str) -> ClassifierError:
    """Return the error for a file that breaks the rules of CSV."""
    return ClassifierError(f"this is no CSV: {error}", where=where)


def _csv_columns(path: Path) -> list[str]:
    """Header of a CSV file; a file without any has no rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True, delimiter=_delimiter(file))
        try:
            header = next(reader, None)
        except csv.Error as error:
            raise _no_csv(error, f"{path.name}:{reader.line_num}") from error
    if not header:
        raise ClassifierError("the file has no rows", where=path.name)
    _check_header(header, path.name)
    return header


def _csv_rows(path: Path) -> Iterator[Row]:
    """Rows of a CSV file with a header line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True, delimiter=_delimiter(file))
        try:
            header = next(reader, [])
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise ClassifierError(
                        f"{len(cells)} cells where the header has {len(header)}",
                        where=f"{path.name}:{reader.line_num}",
                        hint="put cells with commas or line breaks in double quotes",
                    )
                yield Row(reader.line_num, dict(zip(header, cells, strict=True)))
        except csv.Error as error:
            raise _no_csv(error, f"{path.name}:{reader.line_num}") from error


def _check_header(header: list[str], file: str) -> None:
    """Refuse a header in which two columns have one name."""
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ClassifierError(f"the column {twice[0]!r} is there twice", where=f"{file}:1")


def _json_columns(path: Path) -> list[str]:
    """Names that any object of the file has."""
    columns = list(dict.fromkeys(column for row in _json_rows(path) for column in row.cells))
    if not columns:
        raise ClassifierError("the file has no rows", where=path.name)
    return columns


def _json_rows(path: Path) -> Iterator[Row]:
    """Rows of a file with one JSON object on each line."""
    with path.open(encoding="utf-8-sig") as file:
        for line, content in enumerate(file, start=1):
            if not content.strip():
                continue
            try:
                cells = json.loads(content)
            except (ValueError, RecursionError) as error:
                said = getattr(error, "msg", "nested too deep, or a number too long")
                raise ClassifierError(
                    f"this is no JSON: {said}", where=f"{path.name}:{line}"
                ) from error
            if not isinstance(cells, dict):
                raise ClassifierError("this is no JSON object", where=f"{path.name}:{line}")
            yield Row(line, cells)


def _parquet_columns(path: Path) -> list[str]:
    """Columns of a Parquet file."""
    return list(_parquet_file(path).schema_arrow.names)


def _parquet_rows(path: Path) -> Iterator[Row]:
    """Rows of a Parquet file, counted from 1."""
    line = 0
    for batch in _parquet_file(path).iter_batches(batch_size=_ROWS_PER_BATCH):
        for cells in batch.to_pylist():
            line += 1
            yield Row(line, cells)


def _parquet_file(path: Path) -> Any:
    if find_spec("pyarrow") is None:
        raise MissingExtraError(f"recorded:{path.name}", "pyarrow", "parquet")
    from pyarrow import ArrowException, parquet

    try:
        return parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise ClassifierError(
            "this is no Parquet file", where=path.name, hint="its ending must say what it is"
        ) from error
