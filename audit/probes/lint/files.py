"""Which files are meant, and the checks that need nothing but the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from audit.errors import ConfigError, ProbeError, Problem
from audit.probes.document import MAX_BYTES
from audit.probes.expand import expand
from audit.probes.lint.balance import check_balance
from audit.probes.lint.finding import LintFinding
from audit.probes.lint.linted import LintedFile
from audit.probes.lint.renders import check_renders
from audit.probes.lint.table import check_table
from audit.probes.lint.together import check_together
from audit.probes.lint.wordings import check_wordings
from audit.probes.load import find_probe_file, read_probe_file

_SUFFIXES = (".yaml", ".yml")
_TOP_KEYS = re.compile(rb"^(?:\{.*)?[\"']?\b(?:templates|cases|attribute)[\"']?\s*:", re.MULTILINE)


def probe_files(sources: Sequence[str | Path]) -> list[Path]:
    """Return the probe files that paths, directories and names stand for, each once.

    Parameters
    ----------
    sources : sequence of str or Path
        Files, names of shipped sets, or directories, which are searched with those below them. In
        a directory a YAML file is a probe file if `templates:`, `cases:` or `attribute:` is among
        its first keys; policies, limits and configurations beside it are left alone.

    Raises
    ------
    ConfigError
        If one of them does not exist, or a directory holds no probe file.
    """
    found: dict[Path, Path] = {}
    for source in sources:
        path = Path(source)
        if path.is_dir():
            inside = [file for file in _yaml_files(path) if _looks_like_probes(file)]
            if not inside:
                raise ConfigError(
                    "this directory holds no probe file",
                    where=str(path),
                    hint="probe files end in .yaml or .yml; `audit init` writes one",
                )
        else:
            inside = [find_probe_file(source)]
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _yaml_files(directory: Path) -> list[Path]:
    """Return the YAML files below a directory, but those in hidden folders."""
    return sorted(
        path
        for path in directory.rglob("*")
        if path.suffix in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(directory).parts)
    )


def _looks_like_probes(path: Path) -> bool:
    """Tell whether a YAML file means to be a probe set, whole or broken."""
    with path.open("rb") as stream:
        return _TOP_KEYS.search(stream.read(MAX_BYTES)) is not None


def lint_files(paths: Sequence[Path]) -> list[LintedFile]:
    """Run every check that needs the files only, on each and on all of them together.

    Problems that make a file unusable are findings too (``invalid``); its other checks are then
    left out.
    """
    files = [_lint_file(path) for path in paths]
    check_together(files)
    return files


def _lint_file(path: Path) -> LintedFile:
    """Check one file."""
    linted = LintedFile(path)
    try:
        linted.read = read_probe_file(path)
        linted.expansion = expand(linted.read.probe_set)
    except ProbeError as error:
        linted.findings += [LintFinding("invalid", _placed(linted, p)) for p in error.problems]
        return linted
    check_wordings(linted)
    check_renders(linted)
    check_balance(linted)
    check_table(linted)
    return linted


def _placed(linted: LintedFile, problem: Problem) -> Problem:
    """Return a problem of the table with the table's path as people name it."""
    if problem.file == str(linted.path):
        return problem
    place = str(linted.path.parent / problem.file)
    return Problem(problem.message, place, problem.line, problem.column, problem.hint)
