"""What an import did, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.probes.wording import shortened

_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """An import as it happened.

    Attributes
    ----------
    format, title, source, url, licence : str or None
        What was imported; ``source`` is the name of the file, folder or data set.
    path : Path
        The YAML file of the new set.
    read, written, references : int
        Rows read, texts written, and how many of these are references.
    encodings : mapping of file to str
        What each file is encoded in, and how that is known.
    left_out : list
        ``why``, ``rows`` and the first ``examples`` (file, row, what), most rows first.
    never_seen : list
        ``column``, ``value`` and ``near`` of values that were asked for and no row has.
    groups : mapping of group to texts
    counts : mapping
        See `audit.probes.importers.counting.Counts.summary`.
    note : str or None
        What the format needs its reader to know.
    contains_personal_data : bool
        The source says so, or the caller.
    """

    format: str
    title: str
    source: str
    path: Path
    read: int
    written: int
    references: int
    url: str | None = None
    licence: str | None = None
    encodings: Mapping[str, str] = field(default_factory=dict)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    never_seen: list[dict[str, Any]] = field(default_factory=list)
    groups: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    contains_personal_data: bool = False

    def as_json(self) -> str:
        """Return the report as the file ``import-report.json`` has it."""
        names = ("format", "title", "source", "url", "licence", "read", "written", "references",
                 "encodings", "left_out", "never_seen", "groups", "counts", "note",
                 "contains_personal_data")  # fmt: skip
        content = {"schema_version": 1, **{name: getattr(self, name) for name in names}}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def lines(self) -> Iterator[str]:
        """Yield the report in plain lines."""
        yield f"{self.title}: {self.read:,} rows of {self.source} read, {self.written:,} texts "\
              f"written ({self.references:,} references)"  # fmt: skip
        yield f"  set      {self.path}"
        yield f"  source   {self.url or self.source}"
        yield f"  licence  {self.licence or 'not stated; say it with --licence'}"
        for file, encoding in self.encodings.items():
            yield f"  encoding {file}: {encoding}"
        for entry in self.left_out:
            yield f"  left out {entry['rows']:,} row(s): {entry['why']}"
            if entry.get("values"):
                yield f"           {_counted(entry['values'])}"
                continue
            for example in entry["examples"][:2]:
                what = f": {shortened(example['what'])}" if example["what"] else ""
                yield f"           {example['file']}:{example['row']}{what}"
        yield from self._caveats()
        if self.note:
            yield f"  note     {' '.join(self.note.split())}"

    def _caveats(self) -> Iterator[str]:
        """Yield what weakens the set as evidence."""
        counts = self.counts
        for asked in self.never_seen:
            near = f" ({asked['near']})" if asked["near"] else ""
            yield shortened(f"  ! no row has {asked['column']}={asked['value']}{near}")
        if not self.references:
            yield "  ! no row is a reference: nothing can be compared until --reference names some"
        elif counts["contexts_without_reference"]:
            yield (
                f"  ! {counts['contexts_without_reference']:,} of {counts['contexts']:,} contexts "
                "have no reference and will not be scored"
            )
        if counts["contexts_with_reference_only"]:
            yield (f"  ! {counts['contexts_with_reference_only']:,} contexts have references only")
        if counts["repeated_rows"]:
            yield (
                f"  ! {counts['repeated_rows']:,} row(s) repeat a text of their context"
                f"{_at(counts['repeated_rows_first'])}"
            )
        if counts["texts_with_contradictory_labels"]:
            yield (
                f"  ! {counts['texts_with_contradictory_labels']:,} text(s) have several gold "
                f"labels{_at(counts['contradictory_rows_first'])}"
            )
        if counts["garbled_rows"]:
            yield (
                f"  ! {counts['garbled_rows']:,} text(s) look as if they had once been read in the "
                f"wrong encoding{_at(counts['garbled_rows_first'])}; they are written as they are"
            )
        if counts["near_duplicate_units"]:
            yield (
                f"  ! {counts['near_duplicate_units']:,} of {counts['units_compared']:,} units of "
                "the intervals differ from another in one word: name the column they share with "
                "--column template=NAME (`template:`, or `carrier:` in a set of templates)"
            )
        if self.contains_personal_data:
            yield "  ! it contains personal data: runs keep hashes instead of its texts"


def _counted(values: Mapping[str, int]) -> str:
    """Return the first values with their rows."""
    shown = [f"{value!r} ({rows:,})" for value, rows in list(values.items())[:_SHOWN]]
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    return shortened(", ".join(shown)) + more


def _at(rows: list[int]) -> str:
    return f", first in row {', '.join(map(str, rows))}" if rows else ""
