"""Rows of an Excel workbook, read one at a time; a workbook that unpacks to too much is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, MissingExtraError
from audit.probes.importers.cases import LeftOut, SourceRow
from audit.probes.wording import did_you_mean

MOST_BYTES = 4 << 30
MOST_RATIO = 250
_FREE_BYTES = 64 << 20


def check_archive(path: Path) -> None:
    """Refuse an archive that unpacks to more than a table can be.

    Raises
    ------
    ConfigError
        If it is no zip archive, or holds more than 4 GB or 250 times its own size.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ConfigError(
            "this is no Excel workbook, whatever its ending says",
            where=path.name,
            hint="its ending must say what it is; .xls files are saved again as .xlsx",
        ) from error
    if size > MOST_BYTES or (size > _FREE_BYTES and size > MOST_RATIO * path.stat().st_size):
        raise ConfigError(
            f"the workbook unpacks to {size:,} bytes, {size // max(path.stat().st_size, 1)} times "
            "its size: it is refused as an archive bomb",
            where=path.name,
            hint="save the sheet as CSV if you trust it",
        )


def workbook_rows(path: Path, sheet: str | None = None) -> Iterator[SourceRow | LeftOut]:
    """Yield the rows of a sheet (default: the first); formulas stand for their stored values.

    Raises
    ------
    MissingExtraError
        If openpyxl is not installed.
    ConfigError
        If the file is no workbook, the sheet is not there, or it has no header.
    """
    if find_spec("openpyxl") is None or find_spec("defusedxml") is None:
        raise MissingExtraError(path.name, "openpyxl", "excel")
    check_archive(path)
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its XML parser meets
        raise ConfigError(
            f"the workbook cannot be read: {type(error).__name__}",
            where=path.name,
            hint="its ending must say what it is",
        ) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise ConfigError(
                f"there is no sheet {sheet!r}",
                where=path.name,
                hint=did_you_mean(sheet, book.sheetnames)
                or f"its sheets are {', '.join(book.sheetnames)}",
            )
        yield from _sheet_rows(path.name, book[sheet or book.sheetnames[0]])
    finally:
        book.close()


def _sheet_rows(file: str, sheet: Any) -> Iterator[SourceRow | LeftOut]:
    """Yield the rows below the header, with their numbers in the sheet."""
    rows = sheet.iter_rows(values_only=True)
    header = [_text(value).strip() for value in next(rows, ())]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise ConfigError("the sheet has no header row", where=file)
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ConfigError(f"the column {twice[0]!r} is there twice", where=f"{file}:1")
    for number, values in enumerate(rows, start=2):
        cells = [_text(value) for value in values]
        if any(cells[len(header) :]):
            yield LeftOut(file, number, "the row has more cells than the header")
        elif any(cells):
            cells += [""] * (len(header) - len(cells))
            yield SourceRow(file, number, dict(zip(header, cells, strict=False)))


def _text(value: Any) -> str:
    """Return a cell as text: whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
