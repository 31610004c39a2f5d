"""``audit monitor canary``: run the probe set again, and say whether the model changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from audit.cli.options import MODEL_OPTIONS, SAMPLING_OPTIONS, option, require, stack


@click.command()
@click.argument("probes", metavar="PROBES")
@click.option("--against", metavar="RUN", required=True,
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Run folder of the audit behind the guard.")  # fmt: skip
@option("--store", metavar="STORE", default="audit.db", show_default=True,
        help="Where decisions are: a file, or a postgresql:// URL.")  # fmt: skip
@click.option("--output", "-o", metavar="DIR", default="reports", show_default=True,
              help="Folder for the canary's run folder.")  # fmt: skip
@stack(MODEL_OPTIONS)
@stack(SAMPLING_OPTIONS)
def canary(probes: str, against: Path, store: str, output: str, **given: Any) -> int:
    """Run PROBES again and compare with the audit: the job to run every night.

    A gap in live decisions whose canary did not change is one of the traffic, not of the model.

    Exit status: 0 the model did not change, 1 it did, 4 that cannot be told.
    """
    require("store", "sqlalchemy", "alembic", "cryptography")
    if "://" not in store and not Path(store).is_file():
        raise click.UsageError(f"there is no store {store}")
    from audit.cli.run import classifier_options
    from audit.monitor.canary import run_canary
    from audit.pipeline import RunOptions
    from audit.store import open_store

    names = ("repeats", "temperature", "top_k", "top_p", "max_new_tokens", "seed")
    options = RunOptions(
        classifier=classifier_options(given), sampling={name: given[name] for name in names}
    )
    with open_store(store) as opened:
        found = run_canary(
            opened, probes, given["model"], against=against, output=output, options=options
        )
    click.echo(found.text)
    return 4 if found.changed is None else int(found.changed)
