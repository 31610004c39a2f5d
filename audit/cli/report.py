"""``audit report``: compute results and report of a run again from its log."""

from __future__ import annotations

import json

import click

from audit.cli.options import option


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True))
@option("--format", "formats", multiple=True, type=click.Choice(["text", "json", "md", "html"]),
        help="What to print (repeatable; default: text).")  # fmt: skip
@click.option("--json", "json_out", is_flag=True, help="Print results.json instead of the table.")
@option("--fail-on", type=click.Choice(["gap", "concern"]), default="gap", show_default=True,
        help="From which verdict on to exit with 1.")  # fmt: skip
def report(folder: str, formats: tuple[str, ...], json_out: bool, fail_on: str) -> int:
    """Render RUN again: results.json, index.html and override-policy.yaml, from its log alone.

    Needs neither the model nor the probe file. Exits like `audit run`.
    """
    from audit.cli.show import show_result
    from audit.pipeline import report_run

    result = report_run(folder, fail_on_concern=fail_on == "concern")
    if json_out:
        click.echo(json.dumps(result.results, indent=1, ensure_ascii=False))
        return result.exit_code
    for form in formats or ("text",):
        show_result(result, form)
    return result.exit_code
