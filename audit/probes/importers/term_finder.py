"""Finding the terms of a set that has no column for them.

Sentences of a plain shape ("I am X") say what the terms are; the other sentences are searched for
them. What is left of a sentence without its term is its frame: sentences with one frame are
compared with one another.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from audit.errors import ConfigError
from audit.probes.importers.cases import LeftOut, SourceRow
from audit.probes.importers.derive import Cells
from audit.probes.importers.encodings import find_encoding
from audit.probes.importers.presets import Terms

NO_TERM = "none of the terms stands in the text"
_TERM_COLUMNS = ("term", "word", "TERM")
_GROUP_COLUMNS = ("group", "subtype", "GROUP")


class TermFinder:
    """Finds the longest term of a text, of several that are equally long the last one.

    Parameters
    ----------
    source : str
        The column with the text.
    terms : iterable of str
        The terms; letters of scripts without spaces are found inside a run of letters.
    groups : dict
        Group of each term, where it is known.
    """

    def __init__(self, source: str, terms: Iterable[str], groups: dict[str, str]) -> None:
        self._source = source
        self._groups = {term.casefold(): group for term, group in groups.items()}
        ordered = sorted({term for term in terms if term}, key=len, reverse=True)
        self.terms = tuple(ordered)
        pieces = [
            rf"(?<!\w){re.escape(term)}(?!\w)" if term.isascii() else re.escape(term)
            for term in ordered
        ]
        self._pattern = re.compile("|".join(pieces), re.IGNORECASE) if pieces else None

    def add(self, cells: Cells) -> bool:
        """Add ``term``, ``term_group`` and ``frame`` to a row; false where no term is in it."""
        text = cells.get(self._source, "")
        found = list(self._pattern.finditer(text)) if self._pattern else []
        if not found:
            return False
        best = max(found, key=lambda match: (len(match.group()), match.start()))
        cells["term"] = best.group()
        cells["term_group"] = self._groups.get(best.group().casefold(), "identity")
        cells["frame"] = f"{text[: best.start()]}…{text[best.end() :]}"
        return True


def make_finder(rule: Terms, rows: Iterable[SourceRow | LeftOut], words: Path | None) -> TermFinder:
    """Learn the terms from rows of the plain shape, and their groups from a list of words.

    Raises
    ------
    ConfigError
        If the list of words has no column with terms.
    """
    groups = read_terms(words) if words is not None else {}
    shape = re.compile(rule.learn)
    learnt: dict[str, None] = {}
    for row in rows:
        if isinstance(row, SourceRow):
            match = shape.fullmatch(row.cells.get(rule.source, "").strip())
            if match is not None:
                learnt[match.group(1)] = None
    return TermFinder(rule.source, learnt or groups, groups)


def read_terms(path: Path) -> dict[str, str]:
    """Read a list of terms with their groups (CSV with ``term`` and ``group``).

    Raises
    ------
    ConfigError
        If it has no column with terms, or its encoding is not clear.
    """
    if not path.is_file():
        raise ConfigError("there is no such file", where=str(path), hint="--terms names a CSV file")
    with path.open(encoding=find_encoding(path).codec, newline="") as stream:
        reader = csv.DictReader(stream)
        columns = reader.fieldnames or ()
        term = next((name for name in _TERM_COLUMNS if name in columns), None)
        group = next((name for name in _GROUP_COLUMNS if name in columns), None)
        if term is None:
            raise ConfigError(
                "the list of terms has no column 'term'",
                where=path.name,
                hint=f"it has: {', '.join(columns)[:200]}",
            )
        return {
            row[term].strip(): (row[group] or "").strip() or "identity" if group else "identity"
            for row in reader
            if row.get(term)
        }
