"""`import_probes`: any published set or table into the tabular form, streamed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, NothingToAuditError
from audit.probes.importers.asked import AskedValues
from audit.probes.importers.cases import PERSONAL, LeftOut, SourceRow, is_personal
from audit.probes.importers.counting import Counts
from audit.probes.importers.derive import steps_of
from audit.probes.importers.mapping import Roles, check_columns, resolve_roles
from audit.probes.importers.opening import Opened, open_source, words_file
from audit.probes.importers.presets import Preset, presets
from audit.probes.importers.reporting import ImportReport
from audit.probes.importers.shapes import (
    NOT_CHOSEN,
    NOT_MAPPED,
    Made,
    pair_cases,
    table_cases,
    version_cases,
)
from audit.probes.importers.sources import Found, SourceOptions
from audit.probes.importers.term_finder import NO_TERM, TermFinder, make_finder, read_terms
from audit.probes.importers.writing import case_writer, write_set
from audit.probes.load import shipped_directory
from audit.probes.wording import did_you_mean

Pairs = Sequence[tuple[str, str]]
_PROGRESS_EVERY = 10_000
_MAKERS = {"table": table_cases, "pairs": pair_cases, "versions": version_cases}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What a caller may say about a source.

    ``columns`` are (role, column), ``reference`` and ``only`` (column, value), ``groups`` value to
    group. The rest replaces what the format's preset says of the set.
    """

    columns: Pairs = ()
    reference: Pairs = ()
    only: Pairs = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    read: SourceOptions = field(default_factory=SourceOptions)
    terms: Path | None = None
    name: str | None = None
    language: str | None = None
    attribute: str | None = None
    licence: str | None = None
    url: str | None = None
    contains_personal_data: bool = False


def import_probes(
    source: str,
    output: str | Path,
    *,
    format: str,
    options: ImportOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Write a published set or a table of texts as a tabular probe set.

    Parameters
    ----------
    source : str
        A file, a folder of files, or ``datasets:NAME`` (of the hub, or a local folder).
    output : str or Path
        Folder that gets ``NAME.yaml``, ``NAME.csv``, ``left-out.csv`` and ``import-report.json``.
    format : str
        A name of `presets`; ``table`` and ``pairs-csv`` take any columns.
    options : ImportOptions, optional
        Columns, encoding and what the set says about itself.
    progress : callable, optional
        Called with the number of rows read, every 10,000 rows.

    Returns
    -------
    ImportReport
        Every row read is either written or left out for a stated reason. Memory does not grow
        with the number of rows.

    Raises
    ------
    ConfigError
        If the source cannot be read, a column is not there, or the output is inside the package.
    MissingExtraError
        If the source needs a package that is not installed.
    NothingToAuditError
        If no row could be used.
    """
    options = options or ImportOptions()
    preset = _preset(format)
    folder = Path(output)
    _refuse_package(folder)
    name = _slug(options.name or (format if preset.url else Path(source).stem))
    job = _Import(preset, source, options, progress)
    with Counts() as counts, case_writer(folder, name) as writer:
        for made in job.cases():
            if isinstance(made, LeftOut):
                counts.leave_out(made)
                writer.left_out(made)
                if made.why == NOT_MAPPED:
                    counts.unmapped[made.what] += 1
            else:
                counts.add(made)
                writer.case(made)
        if not counts.written:
            reasons = "; ".join(f"{rows} x {why}" for why, rows in counts.left_out.most_common(3))
            raise NothingToAuditError(
                f"none of the {job.read} rows of {source} can be used: {reasons or 'it is empty'}",
                hint="see what the columns hold, and name them with --column",
            )
        report = job.report(folder / f"{name}.yaml", format, counts)
    write_set(report.path, _document(name, preset, options, report, counts))
    (folder / "import-report.json").write_text(report.as_json(), encoding="utf-8")
    return report


def _preset(format: str) -> Preset:
    known = presets()
    if format not in known:
        hint = did_you_mean(format, known) or f"one of {', '.join(known)}"
        raise ConfigError(f"there is no format {format!r}", where="--format", hint=hint)
    return known[format]


def _slug(name: str) -> str:
    """Return a name that is also a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60].lower() or "imported"


def _refuse_package(folder: Path) -> None:
    """Keep imported data out of the package and of the shipped sets."""
    place = folder.resolve()
    for taken in (Path(__file__).resolve().parents[2], shipped_directory().resolve()):
        if place.is_relative_to(taken):
            raise ConfigError(
                "what is imported is never written into the package",
                where="-o",
                hint="choose a folder of your own",
            )


class _Import:
    """One import: opens the source, derives columns, makes cases, and remembers what it saw."""

    def __init__(
        self,
        preset: Preset,
        source: str,
        options: ImportOptions,
        progress: Callable[[int], None] | None,
    ) -> None:
        self.preset, self.source, self.options = preset, source, options
        self.progress = progress
        self.read = 0
        self.personal = options.contains_personal_data
        self.opened: Opened = open_source(preset, source, options.read)
        self.roles: Roles = resolve_roles(
            preset if self.opened.columns is None else self.opened.columns,
            columns=options.columns,
            reference=options.reference,
            groups=options.groups,
            only=options.only,
            attribute=options.attribute,
            personal=options.contains_personal_data,
        )
        self.asked = AskedValues(self.roles)

    def cases(self) -> Made:
        """Yield a case or a row left out for every row of the source."""
        for made in _MAKERS[self.opened.shape](self._chosen(self._derived()), self.roles):
            if isinstance(made, LeftOut) and made.why != NOT_MAPPED and self.personal:
                yield replace(made, what="")
            else:
                yield made

    def _derived(self) -> Found:
        """Yield the rows with the columns that the preset adds."""
        steps = steps_of(self.preset.derive)
        finder = self._finder()
        checked: set[str] = set()
        for row in self._counted(self.opened.rows()):
            if isinstance(row, LeftOut):
                yield row
                continue
            cells = dict(row.cells)
            for step in steps:
                step(cells)
            if finder is not None and not finder.add(cells):
                text = cells.get(self.roles.one("text") or "", "")
                yield LeftOut(row.file, row.row, NO_TERM, text[:120])
                continue
            if row.file not in checked:
                self._check(row, cells)
                checked.add(row.file)
            self.personal = self.personal or is_personal(cells)
            self.asked.see(cells)
            yield SourceRow(row.file, row.row, cells)

    def _check(self, row: SourceRow, cells: Mapping[str, str]) -> None:
        """Check the columns once for each file, whose own first row says what they are."""
        optional = {
            column
            for role in ("group", "term", "label")
            for column in self.preset.columns.get(role, ())
        }
        known = [*cells, *(optional if self.opened.partial else ())]
        check_columns(self.roles, known, row.file)

    def _counted(self, rows: Found) -> Found:
        for row in rows:
            self.read += 1
            if self.progress is not None and self.read % _PROGRESS_EVERY == 0:
                self.progress(self.read)
            yield row

    def _finder(self) -> TermFinder | None:
        """Learn the terms of a set that has no column for them, in a pass of its own."""
        rule = self.preset.terms
        if rule is None:
            return None
        if self.options.terms is not None:
            groups = read_terms(self.options.terms)
            return TermFinder(rule.source, groups, groups)
        return make_finder(rule, self.opened.rows(), words_file(self.source, rule.words))

    def _chosen(self, rows: Found) -> Found:
        """Leave out what the preset or ``--only`` leaves out."""
        rules = [(rule.column, frozenset(rule.values), rule.why) for rule in self.preset.leave_out]
        for row in rows:
            if isinstance(row, LeftOut):
                yield row
                continue
            why = next((w for c, values, w in rules if row.cells.get(c, "") in values), None)
            if why is None and any(
                row.cells.get(column, "") not in values
                for column, values in self.roles.only.items()
            ):
                why = NOT_CHOSEN
            yield row if why is None else LeftOut(row.file, row.row, why)

    def report(self, path: Path, format: str, counts: Counts) -> ImportReport:
        """Return what happened."""
        left_out = [
            {
                "why": why,
                "rows": rows,
                "examples": [
                    {"file": item.file, "row": item.row, "what": item.what}
                    for item in counts.examples[why]
                ],
                **({"values": dict(counts.unmapped.most_common(50))} if why == NOT_MAPPED else {}),
            }
            for why, rows in counts.left_out.most_common()
        ]
        is_place = not self.source.startswith("datasets:")
        return ImportReport(
            format=format,
            title=self.preset.title,
            source=Path(self.source).name if is_place else self.source,
            path=path,
            read=self.read,
            written=counts.written,
            references=counts.references,
            url=self.options.url or self.preset.url,
            licence=self.options.licence or self.preset.licence,
            encodings={
                file: f"{found.name} ({found.how})" for file, found in self.opened.encodings.items()
            },
            left_out=left_out,
            never_seen=self.asked.never_seen(),
            groups=dict(counts.groups.most_common(200)),
            counts=counts.summary(),
            note=self.preset.note,
            contains_personal_data=self.personal,
        )


def _document(
    name: str, preset: Preset, options: ImportOptions, report: ImportReport, counts: Counts
) -> dict[str, Any]:
    """Return the YAML of the new set."""
    origin = {
        "id": "origin",
        "title": preset.title if preset.url else report.source,
        **({"url": report.url} if report.url else {}),
        **({"licence": report.licence} if report.licence else {}),
    }
    with_template = bool(report.counts["contexts"]) and _has_templates(preset, options)
    return {
        "schema": 1,
        "name": name,
        "version": "1.0.0",
        "language": options.language or preset.language,
        "attribute": options.attribute or preset.attribute,
        **({"licence": report.licence} if report.licence else {}),
        **({PERSONAL: True} if report.contains_personal_data else {}),
        "sources": [origin],
        "cases": {
            "file": f"{name}.csv",
            "text": "text",
            "group": "group",
            "term": "term",
            "context": "context",
            **({"template": "template"} if with_template else {}),
            "reference": {"role": "reference"},
            **({"label": "label"} if counts.labels else {}),
            "escaped": True,
        },
    }


def _has_templates(preset: Preset, options: ImportOptions) -> bool:
    """Tell whether every case names its template."""
    named = {role for role, _ in options.columns}
    return "template" in named or "template" in preset.columns or preset.shape in {
        "descriptors", "slots"
    }  # fmt: skip


def known_formats() -> Iterable[tuple[str, str]]:
    """Yield every format with a line about it."""
    return ((name, preset.summary) for name, preset in presets().items())
