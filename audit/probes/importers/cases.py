"""What an importer makes of a source: cases, and rows it left out, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PERSONAL = "contains_personal_data"
_TRUE = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a source: file, original row number (1-based line), and its cells as text."""

    file: str
    row: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not written, and why; ``why`` is one of a few sentences, ``what`` its own."""

    file: str
    row: int
    why: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One rendered text as it will be written. ``group`` is empty for reference rows."""

    file: str
    row: int
    text: str
    group: str
    term: str
    is_reference: bool
    context: str
    template: str = ""
    label: str = ""


def is_personal(cells: Mapping[str, str]) -> bool:
    """Tell whether a row says of itself that it contains personal data."""
    return cells.get(PERSONAL, "").strip().lower() in _TRUE


def key_of(values: list[str]) -> str:
    r"""Join values into one text that only equal values share.

    Examples
    --------
    >>> key_of(["a|b", "c"])
    'a\\|b|c'
    """
    if len(values) == 1:
        return values[0]
    return "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
