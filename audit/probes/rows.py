"""Rows of a case file: CSV, TSV, JSON lines or Parquet, strictly read, with line numbers."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from audit.records import CaseSource

if TYPE_CHECKING:
    from _csv import Reader

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_PARQUET_MAGIC = b"PAR1"
_ROWS_PER_BATCH = 10_000
LARGEST_CELL = 1 << 24
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class RowError(Exception):
    """The file cannot be read on; ``line`` is 1-based."""

    def __init__(
        self, message: str, hint: str, line: int | None = None, *, about_encoding: bool = False
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.line = line
        self.about_encoding = about_encoding


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line (in Parquet its number) and its cells as text."""

    line: int
    values: dict[str, str]


Rows = Generator[Row | RowError, None, None]
"""Rows; an error among them is about one row, and reading goes on after it."""


def case_path(source: CaseSource, directory: Path) -> Path:
    """Return the case file, which must lie in the probe file's directory or below it.

    Raises
    ------
    RowError
        If the path leads elsewhere, or its ending is unknown.
    """
    name = source.file
    windows = PureWindowsPath(name)
    parts = {*PurePosixPath(name).parts, *windows.parts}
    if not name or PurePosixPath(name).is_absolute() or windows.drive or windows.root:
        raise RowError(f"{name!r} is an absolute path", _BESIDE)
    if ".." in parts:
        raise RowError(f"{name!r} leads out of the probe file's directory", _BESIDE)
    path = directory / name
    try:
        inside, there = path.resolve().is_relative_to(directory.resolve()), path.is_file()
    except (OSError, ValueError):  # too long, a null, a lone surrogate
        raise RowError(f"{name[:60]!r} is no file name", _BESIDE) from None
    if not inside:
        raise RowError(f"{name!r} is a link that leads out of the directory", _BESIDE)
    if path.suffix.lower() not in SUFFIXES:
        raise RowError(f"{name!r} has an unknown ending", f"one of {', '.join(SUFFIXES)}")
    if not there:
        raise RowError(f"the file {name!r} does not exist", _BESIDE)
    return path


_BESIDE = "put the file next to the YAML file and name it relative to that"


def open_rows(source: CaseSource, directory: Path) -> tuple[Sequence[str] | None, Rows]:
    """Open the case file.

    Returns
    -------
    tuple of (sequence of str or None, generator of Row)
        The column names (``None`` for JSON lines, where each row has its own) and the rows.

    Raises
    ------
    RowError
        If the file cannot be read, at once or while rows are taken.
    """
    path = case_path(source, directory)
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    encoding = _encoding(source.encoding)
    _refuse_binary(path, encoding)
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        return None, _json_rows(path, encoding)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = _delimited(path, encoding, delimiter)
    header = next(rows, None)
    if not isinstance(header, Row):
        raise RowError(f"the file {source.file!r} is empty", "it needs a header and rows", 1)
    return list(header.values), rows


def _encoding(name: str) -> str:
    """Return a codec that decodes bytes to text; a byte order mark of UTF-8 is skipped."""
    try:
        codec = codecs.lookup(name)
        text = isinstance(codec.decode(b"")[0], str)
    except (LookupError, UnicodeError):
        text = False
    if not text:
        raise RowError(
            f"{name[:40]!r} is no text encoding",
            "for example utf-8, windows-1252 or mac-roman",
            about_encoding=True,
        )
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def _refuse_binary(path: Path, encoding: str) -> None:
    """Refuse a file that is no text, whatever its ending says."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    wide = encoding.startswith(("utf-16", "utf-32"))
    if start.startswith((_PARQUET_MAGIC, b"PK\x03\x04", b"\x1f\x8b")) or (
        b"\0" in start and not wide
    ):
        raise RowError(f"{path.name!r} is no text file", "its ending must say what it is")


def _delimited(path: Path, encoding: str, delimiter: str) -> Rows:
    """Yield the header as a first row of names, then the rows."""
    try:
        with path.open(encoding=encoding, errors="strict", newline="") as stream:
            csv.field_size_limit(LARGEST_CELL)
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            header = _header(reader)
            if header is None:
                return
            yield Row(reader.line_num, dict.fromkeys(header, ""))
            yield from _cells(reader, header)
    except UnicodeError as error:
        raise _undecodable(path, encoding, error) from error


def _header(reader: Reader) -> list[str] | None:
    """Read the column names."""
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise RowError(f"not valid CSV: {error}", _QUOTING, reader.line_num) from error
    if not header:
        return None
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise RowError(f"the column {twice[0]!r} is there twice", "rename one of them", 1)
    return header


_QUOTING = 'a cell with a comma, quote or line break stands in double quotes, " is written ""'


def _cells(reader: Reader, header: list[str]) -> Rows:
    """Yield the rows below the header; blank lines are skipped."""
    width = len(header)
    start = reader.line_num + 1
    try:
        for cells in reader:
            if len(cells) == width:
                yield Row(start, dict(zip(header, cells, strict=True)))
            elif cells:
                yield RowError(
                    f"the row has {len(cells)} cells, the header {width}", _QUOTING, start
                )
            start = reader.line_num + 1
    except csv.Error as error:
        raise RowError(f"not valid CSV: {error}", _QUOTING, reader.line_num) from error


def _undecodable(path: Path, encoding: str, error: UnicodeError) -> RowError:
    """Find the byte that is no text in the encoding; decoding in chunks does not say where."""
    data = path.read_bytes()
    try:
        data.decode(encoding)
    except UnicodeDecodeError as exact:
        line = data.count(b"\n", 0, exact.start) + 1
        message = f"byte {exact.start} (0x{data[exact.start]:02x}) is not {encoding}"
    else:
        line, message = 1, f"the file is not {encoding}: {error}"
    hint = "save it as UTF-8, or name its `encoding:` (windows-1252, mac-roman, ...)"
    return RowError(message, hint, line, about_encoding=True)


def _json_rows(path: Path, encoding: str) -> Rows:
    """Yield one row for every line that holds a JSON object."""
    try:
        with path.open(encoding=encoding, errors="strict", newline="\n") as stream:
            for line, content in enumerate(stream, start=1):
                if content.strip():
                    yield Row(line, _json_values(content, line))
    except UnicodeError as error:
        raise _undecodable(path, encoding, error) from error


def _json_values(content: str, line: int) -> dict[str, str]:
    """Read one JSON object with scalar values."""
    hint = 'every line is one object: {"text": "...", "group": "..."}'
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RowError(f"not valid JSON: {error}", hint, line) from error
    if not isinstance(found, dict):
        raise RowError("the line holds no JSON object", hint, line)
    return {name: _as_text(value, name, line) for name, value in found.items()}


def _as_text(value: Any, name: str, line: int) -> str:
    """Return a scalar as text: nothing as an empty text, numbers and booleans as JSON."""
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise RowError(f"{name[:60]!r} holds half of a character", "write it whole", line)
        return value
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise RowError(f"{name[:60]!r} holds a list or object", "cells hold text or numbers", line)
    return json.dumps(value)


def _parquet(path: Path) -> tuple[Sequence[str], Rows]:
    """Open a Parquet file through pyarrow, which is no dependency of ours."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise RowError("Parquet files need the package pyarrow", "pip install pyarrow") from error
    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise RowError(f"not valid Parquet: {error}", "its ending must say what it is") from error

    def rows() -> Rows:
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS_PER_BATCH):
            for record in batch.to_pylist():
                number += 1
                values = {k: _as_text(v, k, number) for k, v in record.items()}
                yield Row(number, values)

    return file.schema_arrow.names, rows()
