"""``audit bless``: make a run the baseline of later gates, with a reason that is kept."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.options import option


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True))
@option("--baseline", default="audit-baseline.json", show_default=True, metavar="FILE",
        type=click.Path(dir_okay=False), help="The baseline file to make or move.")  # fmt: skip
@click.option("--reason", required=True, help="Why this run is the one to compare with.")
@click.option("--by", required=True, metavar="NAME", help="Who decides it.")
def bless(folder: str, baseline: str, reason: str, by: str) -> int:
    """Make RUN the baseline that later runs are compared with.

    The file holds the run's log and the history of every move. Commit it with the code.
    """
    from audit.pipeline.baseline import bless as bless_run

    record = bless_run(Path(folder), Path(baseline), by=by, reason=reason)
    before = record["previous_run_id"]
    click.echo(f"Baseline: run {record['run_id']}" + (f", before: run {before}" if before else ""))
    click.echo(f"By {record['by']} at {record['time']}: {record['reason']}")
    click.echo(f"Next: commit {baseline}, then audit gate RUN --baseline {baseline}")
    return 0
