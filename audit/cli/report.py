"""``audit report``: compute results and report of a run again from its log."""

from __future__ import annotations

import json
from typing import Any

import click

from audit.cli.options import TRAFFIC_OPTION, option, shares_of


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True))
@option("--format", "formats", multiple=True,
        type=click.Choice(["text", "json", "junit", "github", "md", "html"]),
        help="What to print (repeatable; default: text).")  # fmt: skip
@click.option("--json", "json_out", is_flag=True, help="Print results.json instead of the table.")
@option("--tolerance", type=click.FloatRange(min=0.0, min_open=True),
        help="Another limit than the one fixed before the run; the report shows both.")  # fmt: skip
@option("--confidence-level", type=click.FloatRange(0.5, 1.0, min_open=True, max_open=True),
        help="Another confidence level than the one fixed before the run.")  # fmt: skip
@option("--correction", type=click.Choice(["max_t", "holm", "bh", "none"]),
        help="Another adjustment than the one fixed before the run.")  # fmt: skip
@option("--estimand", type=click.Choice(["listed", "phrases", "census"]),
        help="Another question for the intervals than the one fixed before the run.")  # fmt: skip
@option("--strict-pass/--no-strict-pass", "strict_pass", default=None,
        help="Another rule for 'no gap' than the one fixed before the run.")  # fmt: skip
@option("--lang", help="Also write the report in this language, as index.LANG.html (ja).")
@TRAFFIC_OPTION
@option("--fail-on", type=click.Choice(["gap", "concern"]), default="gap", show_default=True,
        help="From which verdict on to exit with 1.")  # fmt: skip
def report(
    folder: str,
    formats: tuple[str, ...],
    json_out: bool,
    fail_on: str,
    lang: str | None,
    *,
    traffic: tuple[str, ...],
    **limits: Any,
) -> int:
    """Render RUN again: results.json, index.html and override-policy.yaml, from its log alone.

    Needs neither the model nor the probe file. Exits like `audit run`.
    """
    from audit.cli.show import show_result
    from audit.pipeline import report_run, write_translation

    result = report_run(
        folder,
        fail_on_concern=fail_on == "concern",
        limits=limits,
        traffic=shares_of(traffic, "--traffic"),
    )
    if lang is not None:
        path = write_translation(result, lang)
        click.echo(f"Report in {lang}: {path}", err=True)
    if json_out:
        click.echo(json.dumps(result.results, indent=1, ensure_ascii=False))
        return result.exit_code
    for form in formats or ("text",):
        show_result(result, form)
    return result.exit_code
