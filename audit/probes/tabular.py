"""The tabular form: every row of a file is a rendered text.

Rows that agree in the context columns are compared with one another; rows that match
``reference`` are their context's reference. Nothing is repaired: what cannot be used is named
with its line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import ProbeError, Problem
from audit.probes.cells import unescape_formula
from audit.probes.controls import merge_units, shared_controls
from audit.probes.expansion import Expansion
from audit.probes.placeholders import unfilled
from audit.probes.rows import Row, RowError, case_path, open_rows
from audit.probes.wording import HIDDEN, did_you_mean, shortened
from audit.records import (
    CaseSource,
    Group,
    NotTested,
    ProbeSet,
    Role,
    RunWarning,
    Term,
    Variant,
)

if TYPE_CHECKING:
    from hashlib import _Hash

    from audit.probes.document import Document
    from audit.probes.schema import CasesPart

MAX_PROBLEMS = 20
MOST_ROWS = 2_000_000
_TOO_MANY = (
    "an audit holds all rows in memory, about 3 GB for a million: keep a part of them, for "
    "example with `audit probes import --only COLUMN=VALUE`"
)
_LONGEST_NAME = 80
_CHUNK = 1 << 20


def check_case_file(cases: CasesPart, document: Document, directory: Path, digest: _Hash) -> None:
    """Check that the file and its columns are there, and add its bytes to the set's hash."""
    from audit.probes.build import cases_of

    source = cases_of(cases)
    try:
        path = case_path(source, directory)
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        header, rows = open_rows(source, directory)
        rows.close()
    except RowError as error:
        field = "encoding" if error.about_encoding else "file"
        where = f"{cases.file}:{error.line}: " if error.line else ""
        document.add(("cases", field), f"{where}{error}", error.hint)
        return
    except OSError as error:
        message = f"the file {cases.file!r} cannot be read: {error.strerror or error}"
        document.add(("cases", "file"), message, "the path is relative to this YAML file")
        return
    for at, column in _columns(source):
        if header is not None and column not in header:
            document.add(
                ("cases", *at),
                f"the file {cases.file!r} has no column {column!r}",
                did_you_mean(column, header) or f"its columns are {', '.join(header)[:200]}",
            )


def _columns(source: CaseSource) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every column that the set names, with its place in the YAML."""
    for name in ("text", "group", "term", "template", "label"):
        column = getattr(source, name)
        if column is not None:
            yield (name,), column
    for index, column in enumerate(source.context):
        yield ("context", index), column
    for column in source.reference:
        yield ("reference", column), column


def read_cases(probe_set: ProbeSet) -> Expansion:
    """Read all rows of a tabular set as variants.

    Raises
    ------
    ProbeError
        With the first problems of the table, each with its line.
    """
    source = probe_set.cases
    if source is None:
        raise ValueError("the probe set has no `cases`")
    table = _Table(source)
    try:
        _, rows = open_rows(source, Path(probe_set.directory))
        for row in rows:
            if isinstance(row, RowError):
                table.problem(row.line, str(row), row.hint)
            else:
                table.add(row)
            if len(table.problems) >= MAX_PROBLEMS:
                break
            if len(table.variants) > MOST_ROWS:
                table.problem(row.line, f"the table has more than {MOST_ROWS:,} rows", _TOO_MANY)
                break
    except RowError as error:
        table.problem(error.line, str(error), error.hint)
    except OSError as error:
        table.problem(None, f"the file cannot be read: {error.strerror or error}", None)
    if table.problems:
        raise ProbeError(table.problems)
    return table.expansion()


class _Table:
    """Collects the rows of a table into contexts."""

    def __init__(self, source: CaseSource) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.variants: list[Variant] = []
        self.names: dict[tuple[str, ...], str] = {}
        self.units: dict[str, str] = {}
        self.columns = [column for _, column in _columns(source)]
        self.ids: set[str] = set()
        self.terms: dict[str, dict[str, Term]] = {}
        self.hidden = 0
        self.unfilled: list[tuple[int, str]] = []
        self.exact: Counter[tuple[str, str, str]] = Counter()

    def problem(self, line: int | None, message: str, hint: str | None) -> None:
        """Note one problem of the table."""
        self.problems.append(
            Problem(
                message=shortened(message),
                file=self.source.file,
                line=line,
                hint=shortened(hint) if hint else None,
            )
        )

    def add(self, row: Row) -> None:
        """Take one row in."""
        source, values = self.source, row.values
        if source.escaped:
            values = {name: unescape_formula(value) for name, value in values.items()}
        missing = [column for column in self.columns if column not in values]
        if missing:
            hint = did_you_mean(missing[0], values)
            self.problem(row.line, f"the row has no {missing[0]!r}", hint)
            return
        text, group, term = (values[c] for c in (source.text, source.group, source.term))
        is_reference = all(values[c] in accepted for c, accepted in source.reference.items())
        if not self._usable(row.line, text, group, term, is_reference):
            return
        blank = unfilled(text)
        if blank is not None:
            self.unfilled.append((row.line, blank))
            return
        context = self._context(tuple(values[column] for column in source.context))
        unit = context if source.template is None else values[source.template]
        if self.units.setdefault(context, unit) != unit:
            self.problem(
                row.line,
                f"the context {context!r} belongs to the templates {self.units[context]!r} "
                f"and {unit!r}",
                f"add {source.template!r} to `context`",
            )
            return
        role: Role = "reference" if is_reference else "group"
        self._keep(values, role, context, unit)

    def _usable(self, line: int, text: str, group: str, term: str, is_reference: bool) -> bool:
        """Check the cells of one row."""
        source = self.source
        wanted = [(source.text, text)]
        if not is_reference:
            wanted += [(source.group, group), (source.term, term)]
        for column, value in wanted:
            if not value.strip():
                self.problem(line, f"{column!r} is empty", "fill the cell or delete the row")
                return False
        return True

    def _context(self, key: tuple[str, ...]) -> str:
        """Return a readable name of a context, the same for equal values only."""
        if key not in self.names:
            name = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in key)
            if len(name) > _LONGEST_NAME:
                digest = sha256("\u001f".join(key).encode("utf-8", "surrogatepass")).hexdigest()
                name = f"{name[: _LONGEST_NAME - 13]}~{digest[:12]}"
            self.names[key] = name
        return self.names[key]

    def _keep(self, values: dict[str, str], role: Role, context: str, unit: str) -> None:
        """Add a variant; repeated ids within a context are numbered."""
        source = self.source
        text, term = values[source.text], values[source.term]
        term = term if term.strip() else "reference"
        group = values[source.group] if role == "group" else None
        self.exact[context, role, text] += 1
        plain = f"{context}/ref:{term}" if role == "reference" else f"{context}/{group}/{term}"
        self.hidden += HIDDEN.search(text) is not None
        number = self._number(plain)
        if group is not None:
            self.terms.setdefault(group, {}).setdefault(term, Term(id=term, text=term))
        self.variants.append(
            Variant(
                id=plain + number,
                text=text,
                role=role,
                context=context,
                unit=unit,
                term=term + number if role == "reference" else term,
                group=group,
                gold=(values[source.label].strip() or None) if source.label else None,
            )
        )

    def _number(self, plain: str) -> str:
        """Return what makes an id unique: nothing, or ``#2``, ``#3`` and so on."""
        number, count = "", 1
        while plain + number in self.ids:
            count += 1
            number = f"#{count}"
        self.ids.add(plain + number)
        return number

    def expansion(self) -> Expansion:
        """Return what can be compared, and say what cannot."""
        roles: dict[str, set[Role]] = {}
        for variant in self.variants:
            roles.setdefault(variant.context, set()).add(variant.role)
        bare = {context for context, found in roles.items() if "reference" not in found}
        alone = {context for context, found in roles.items() if "group" not in found}
        kept = tuple(v for v in self.variants if v.context not in bare and v.context not in alone)
        compared = {(v.group, v.term) for v in kept}
        joined = shared_controls(kept)
        kept = merge_units(kept, joined)
        groups = (
            Group(
                id=name,
                label=name,
                terms=tuple(term for term in terms.values() if (name, term.id) in compared),
            )
            for name, terms in self.terms.items()
        )
        return Expansion(
            variants=kept,
            not_tested=tuple(self._left_out(bare, "no row matches `reference`"))
            + tuple(self._left_out(alone, "they have reference rows only"))
            + tuple(self._unfilled()),
            warnings=(*self._warnings(kept), *self._joined(joined)),
            groups=tuple(group for group in groups if group.terms),
        )

    def _left_out(self, contexts: set[str], why: str) -> Iterator[NotTested]:
        """Say how many contexts and rows cannot be compared."""
        if contexts:
            rows = sum(variant.context in contexts for variant in self.variants)
            first = next(v.context for v in self.variants if v.context in contexts)
            yield NotTested(
                what=f"{len(contexts)} of {len(self.units)} contexts ({rows} rows), "
                f"first {first!r}",
                why=why,
            )

    def _unfilled(self) -> Iterator[NotTested]:
        """Say which rows have a placeholder that nobody filled."""
        if self.unfilled:
            shown = ", ".join(f"line {line} {blank}" for line, blank in self.unfilled[:5])
            yield NotTested(
                what=f"{len(self.unfilled)} rows, first {shortened(shown)}",
                why="a placeholder in the text was never filled",
            )

    def _joined(self, joined: Mapping[str, str]) -> Iterator[RunWarning]:
        """Say how contexts with the same reference text count."""
        if joined:
            yield RunWarning(
                code="shared_controls",
                message=f"{len(joined)} units share a reference text with another, so that they do "
                f"not vary independently; they count as {len(set(joined.values()))}.",
                where=self.source.file,
            )

    def _warnings(self, kept: Iterable[Variant]) -> Iterator[RunWarning]:
        """Name what a reader must know of the rows."""
        repeated = sum(count - 1 for count in self.exact.values() if count > 1)
        if repeated:
            yield RunWarning(
                code="repeated_rows",
                message=f"{repeated} row(s) repeat the text of another row of their context.",
                where=self.source.file,
            )
        if self.hidden:
            yield RunWarning(
                code="hidden_characters",
                message=f"{self.hidden} row(s) have control characters or marks that turn the "
                "reading direction; they are sent as they are.",
                where=self.source.file,
            )
        seen: dict[tuple[str, str], Role] = {}
        same = sum(seen.setdefault((v.context, v.text), v.role) != v.role for v in kept)
        if same:
            yield RunWarning(
                code="same_text",
                message=f"{same} row(s) of a group have the same text as their reference.",
                where=self.source.file,
            )
