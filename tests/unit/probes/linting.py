"""A set without fault, edits of it, and what lint says."""

from __future__ import annotations

from pathlib import Path

from audit.pipeline.lint import LintOptions, lint_probe_sets
from audit.probes import starter_file
from audit.probes.lint import LintFinding

STARTER = starter_file().read_text(encoding="utf-8")


def edited(*edits: tuple[str, str], text: str = STARTER) -> str:
    """Return the starter with edits, each of which must change something."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def lint(
    tmp_path: Path, *edits: tuple[str, str], text: str = STARTER, options: LintOptions | None = None
) -> list[LintFinding]:
    """Lint the edited starter."""
    path = tmp_path / "set.yaml"
    path.write_text(edited(*edits, text=text), encoding="utf-8")
    return lint_probe_sets([path], options)[0].findings


def open_findings(findings: list[LintFinding]) -> list[str]:
    """Return what is not accepted, as ``check: line: message``."""
    return [f"{f.check}: {f.problem.line}: {f.problem.message}" for f in findings if not f.accepted]


def line_of(text: str, part: str) -> int:
    """Return the first line that holds a part."""
    return text[: text.index(part)].count("\n") + 1
