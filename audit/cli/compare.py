"""``audit compare``: what changed between two runs, with an interval on the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import option

if TYPE_CHECKING:
    from audit.pipeline.compare import RunComparison

EXIT_PARTIAL = 3


@click.command()
@click.argument("earlier", metavar="A")
@click.argument("later", metavar="B", type=click.Path(exists=True))
@option("--max-increase", type=click.FloatRange(min=0.0, min_open=True), metavar="GAP",
        help="Largest difference accepted (default: B's own limit).")  # fmt: skip
@option("--fail-on", type=click.Choice(["gap", "concern"]), default="gap", show_default=True,
        help="From which verdict on to exit with 1.")  # fmt: skip
@option("--allow-partial", is_flag=True, help="Compare a run that failed on the way.")
@click.option("--json", "json_out", is_flag=True, help="Print the comparison as JSON.")
def compare(earlier: str, later: str, **given: Any) -> int:
    """Compare run B with the earlier run A, template by template on the same sentences.

    A is a run folder, a file made by `audit bless`, or git:REF:PATH. The comparison goes into B's
    results.json and report, unless B is signed.

    Exit status: 0 no gap grew beyond the limit, 1 one did, 4 uncertain or cannot be compared.
    """
    from audit.pipeline.attachments import REPORT
    from audit.pipeline.compare import attach_comparison

    comparison, result = attach_comparison(earlier, later, tolerance=given["max_increase"])
    code = comparison.exit_code(fail_on_concern=given["fail_on"] == "concern")
    if given["json_out"]:
        click.echo(json.dumps(comparison.published(), indent=1, ensure_ascii=False))
    else:
        _show(comparison)
        click.echo(f"Report: {result.folder / REPORT}")
        click.echo("Next: read section 'Since last time' of the report.")
    partial = _partial(comparison)
    if partial and not given["allow_partial"]:
        click.echo(f"Run {partial} is partial; --allow-partial accepts that.", err=True)
        return EXIT_PARTIAL
    return code


def _partial(comparison: RunComparison) -> str | None:
    """Return the id of a run that is partial."""
    for log in (comparison.earlier, comparison.later):
        if log.footer is not None and log.footer["status"] == "partial":
            return str(log.header["run_id"])
    return None


def _show(comparison: RunComparison) -> None:
    """Print a line for each group, then what else is different."""
    from audit.report.inert import inert

    for line in _lines(comparison):
        click.echo(inert(line, limit=1_000))


def _lines(comparison: RunComparison) -> Iterator[str]:
    from audit.pipeline.gate_words import of_change, of_gap

    limits, outcome = comparison.limits, comparison.outcome
    tolerance = outcome.tolerance(limits)
    ids = comparison.earlier.header["run_id"], comparison.later.header["run_id"]
    yield f"Run {ids[1]} compared with run {ids[0]}"
    for row in comparison.groups:
        words = row.change.replace("_", " ")
        if row.change == "new" and row.finding is not None:
            said = of_gap(row.finding, tolerance, outcome)
        else:
            said = of_change(row, tolerance, outcome)
        yield f"{words.upper():15}{row.label} ({row.id}): {said}"
    yield from _term_lines(comparison)
    for item in comparison.differs:
        yield f"Differs: {item['what']}: {_short(item['baseline'])} -> {_short(item['current'])}"
    for note in comparison.notes:
        yield f"Note: {note}"


def _term_lines(comparison: RunComparison) -> Iterator[str]:
    """Yield a line for each group with the terms that are answered differently, or differ."""
    published = comparison.published()
    labels = {row["group"]: row["label"] for row in published["groups"]}
    changed: dict[str, list[str]] = {}
    for item in published["changed_terms"] or ():
        words = f"{item['label']} ({item['answers_changed']})"
        changed.setdefault(labels.get(item["group"], "Placebos"), []).append(words)
    for label, terms in changed.items():
        yield f"Sentences answered differently, {label}: {', '.join(terms)}"
    for change in ("worse", "better", "new", "cannot_compare"):
        names = [row["label"] for row in published["terms"] if row["change"] == change]
        if names:
            yield f"Terms, {change.replace('_', ' ')}: {', '.join(names)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
