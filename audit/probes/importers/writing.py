"""The tabular form on disk: one CSV of cases, one of what was left out, and the YAML over them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ruamel.yaml import YAML

from audit.errors import ConfigError
from audit.probes.cells import escape_formula
from audit.probes.importers.cases import Case, LeftOut

COLUMNS = ("text", "group", "term", "role", "context", "template", "label",
           "source_file", "source_row")  # fmt: skip


class CaseWriter:
    """Writes cases and rows left out as they come. Cells that would be formulas are escaped."""

    def __init__(self, cases: TextIO, left_out: TextIO) -> None:
        self._cases = csv.writer(cases, lineterminator="\n")
        self._left_out = csv.writer(left_out, lineterminator="\n")
        self._cases.writerow(COLUMNS)
        self._left_out.writerow(("source_file", "source_row", "why", "what"))

    def case(self, case: Case) -> None:
        """Write one case."""
        role = "reference" if case.is_reference else "group"
        row = (case.text, case.group, case.term, role, case.context, case.template, case.label,
               case.file)  # fmt: skip
        self._cases.writerow((*map(escape_formula, row), case.row))

    def left_out(self, row: LeftOut) -> None:
        """Write one row that was left out."""
        self._left_out.writerow(
            (escape_formula(row.file), row.row, row.why, escape_formula(row.what))
        )


@contextmanager
def case_writer(folder: Path, name: str) -> Iterator[CaseWriter]:
    """Open the two CSV files; they get their names only when everything went well.

    Raises
    ------
    ConfigError
        If they cannot be written.
    """
    finals = [folder / f"{name}.csv", folder / "left-out.csv"]
    drafts = [path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in finals]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            drafts[0].open("w", encoding="utf-8", errors="surrogatepass", newline="") as cases,
            drafts[1].open("w", encoding="utf-8", errors="surrogatepass", newline="") as rest,
        ):
            yield CaseWriter(cases, rest)
        for draft, final in zip(drafts, finals, strict=True):
            draft.replace(final)
    except OSError as error:
        raise ConfigError(
            f"the files cannot be written: {error.strerror}",
            where=str(folder),
            hint="choose a folder you may write to with -o",
        ) from error
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def write_set(path: Path, document: Mapping[str, Any]) -> None:
    """Write the YAML file of the set."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    stream = io.StringIO()
    yaml.dump(dict(document), stream)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.write_text(stream.getvalue(), encoding="utf-8")
    draft.replace(path)
