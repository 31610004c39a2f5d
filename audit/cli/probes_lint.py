"""``audit probes lint``: what weakens a probe set, each finding with its line and a remedy."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import MODEL_OPTIONS, option, stack

if TYPE_CHECKING:
    from audit.probes.lint import LintedFile, LintFinding


@click.command("lint")
@click.argument("sources", nargs=-1, required=True, metavar="PROBES...")
@option(
    "--smallest-gap",
    type=click.FloatRange(0, 0.5, min_open=True),
    help="Gap that the set must be able to show, as a fraction (default: twice the set's limit).",
)
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text",
              show_default=True, help="How findings are printed.")  # fmt: skip
@click.option("--accepted", is_flag=True, help="Show findings that the files justify, too.")
@stack(MODEL_OPTIONS)
@click.pass_context
def lint(
    ctx: click.Context,
    /,
    sources: tuple[str, ...],
    smallest_gap: float | None,
    form: str,
    accepted: bool,
    **given: Any,
) -> int:
    """Check probe sets (files, directories, or shipped names) without asking a model.

    With --model, its answers to the references and placebos are checked too.

    Exit status: 0 clean, 1 findings, 2 usage.
    """
    from audit.cli.run import classifier_options
    from audit.pipeline.lint import LintOptions, lint_probe_sets

    asked = ctx.get_parameter_source("model") is not click.core.ParameterSource.DEFAULT
    options = LintOptions(
        smallest_gap=smallest_gap,
        model=given["model"] if asked else None,
        classifier=classifier_options(given),
    )
    files = lint_probe_sets(sources, options)
    if form == "json":
        click.echo(json.dumps(_object(files), indent=1, ensure_ascii=False))
    else:
        _print(files, github=form == "github", accepted=accepted)
    return 1 if any(not f.accepted for linted in files for f in linted.findings) else 0


def _object(files: Sequence[LintedFile]) -> dict[str, Any]:
    """Return everything as JSON values."""
    from audit.probes.lint import CHECKS

    open_ones = [f for linted in files for f in linted.findings if not f.accepted]
    return {
        "schema_version": 1,
        "clean": not open_ones,
        "counts": dict(Counter(finding.check for finding in open_ones)),
        "checks": dict(CHECKS),
        "files": [
            {
                "file": str(linted.path),
                "name": None if linted.probe_set is None else linted.probe_set.name,
                "findings": [_finding(finding) for finding in linted.findings],
                "notes": list(linted.notes),
            }
            for linted in files
        ],
    }


def _finding(finding: LintFinding) -> dict[str, Any]:
    """Return one finding as JSON values."""
    problem = finding.problem
    return {
        "check": finding.check,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "what_to_do": problem.hint,
        "accepted": finding.accepted,
        "sources": [dict(source) for source in finding.sources],
    }


def _print(files: Sequence[LintedFile], *, github: bool, accepted: bool) -> None:
    """Print findings line by line, then one line that says how many."""
    total = justified = 0
    for linted in files:
        for finding in linted.findings:
            if finding.accepted:
                justified += 1
            else:
                total += 1
            if accepted or not finding.accepted:
                _print_finding(finding, github=github)
        for note in linted.notes:
            click.echo(f"{linted.path}: note: {note}")
    click.echo(
        f"{len(files)} {_plural(len(files), 'file')}, {total} {_plural(total, 'finding')}, "
        f"{justified} more justified in the files."
    )


def _print_finding(finding: LintFinding, *, github: bool) -> None:
    """Print one finding, for people or as an annotation."""
    from audit.exports.github import annotation
    from audit.probes.wording import shortened

    problem = finding.problem
    kept = f"accepted: {shortened(finding.accepted)}" if finding.accepted else None
    if github:
        level = "notice" if kept else "error"
        text = f"{problem.message}. {kept or f'What to do: {problem.hint}'}"
        click.echo(annotation(level, finding.check, text, file=problem.file, line=problem.line))
        return
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
    click.echo(f"{place}: {finding.check}: {problem.message}")
    click.echo(f"    {kept}" if kept else f"    What to do: {problem.hint or 'correct it'}")


def _plural(count: int, noun: str) -> str:
    """Return a noun in the number that a count asks for."""
    return noun if count == 1 else f"{noun}s"
