"""``audit merge``: the shards of one run become a run."""

from __future__ import annotations

import json
from typing import Any

import click

from audit.cli.options import option


@click.command()
@click.argument("shards", nargs=-1, required=True, metavar="SHARD...",
                type=click.Path(exists=True))  # fmt: skip
@option("--output", "-o", metavar="DIR", default="reports", show_default=True,
        type=click.Path(file_okay=False), help="Folder that gets the run folder.")  # fmt: skip
@option("--fail-on", type=click.Choice(["gap", "concern"]), default="gap", show_default=True,
        help="From which verdict on to exit with 1.")  # fmt: skip
@option("--allow-partial", is_flag=True,
        help="Draw conclusions from the shards that there are.")  # fmt: skip
@click.option("--json", "json_out", is_flag=True, help="Print results.json instead of the table.")
def merge(shards: tuple[str, ...], **given: Any) -> int:
    """Merge the shards of one run (folders made by `audit run --shard N/OF`), in any order.

    The results are those of the run that was never cut, but for times and ids. Shards of different
    runs are refused, and so are missing, unfinished and doubled ones.

    Exit status: as `audit run`.
    """
    from audit.cli.show import show_result
    from audit.pipeline import merge_runs

    result = merge_runs(
        shards,
        output=given["output"],
        allow_partial=given["allow_partial"],
        fail_on_concern=given["fail_on"] == "concern",
    )
    if given["json_out"]:
        click.echo(json.dumps(result.results, indent=1, ensure_ascii=False))
    else:
        show_result(result, "text")
    return result.exit_code
