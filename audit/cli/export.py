"""``audit export``: a run in the formats of other tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from audit.cli.options import option
from audit.errors import ConfigError

FORMATS = ("parquet", "csv", "json", "model-card", "mlflow", "junit", "pack")


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True))
@click.option("--to", "form", required=True, type=click.Choice(FORMATS), help="Format.")
@click.option("--output", "-o", metavar="PATH",
              help="File (a folder for model-card) to write; - for standard output (csv, json, "
                   "junit). Default: named after the run, in the working directory.")  # fmt: skip
@click.option("--table", type=click.Choice(["gaps", "pairs"]), default="gaps", show_default=True,
              help="For csv and parquet: a row per gap, or per pair of sentences.")  # fmt: skip
@click.option("--card", type=click.Path(exists=True, dir_okay=False), metavar="README.md",
              help="For model-card: the card to extend.")  # fmt: skip
@click.option("--dataset", metavar="OWNER/NAME",
              help="For model-card: the probe set's dataset on the hub, for "
                   ".eval_results.")  # fmt: skip
@option("--tracking-uri", help="For mlflow: where to log (default: MLflow's own).")
@option("--experiment", default="audit", show_default=True, help="For mlflow: its experiment.")
def export(folder: str, form: str, **given: Any) -> int:
    """Write RUN for other tools; every number is a fraction or the score's own unit.

    The columns of csv and parquet are described in the user guide. `pack` is one zip with report,
    results, log, sign-off and all hashes; `audit verify PACK.zip` checks it.
    """
    target = given["output"]
    if target == "-" and form not in {"csv", "json", "junit"}:
        raise ConfigError(f"{form} cannot be printed", where="--output", hint="name a file")
    writers: dict[str, Callable[[_Run, dict[str, Any]], None]] = {
        "parquet": _parquet, "csv": _csv, "json": _json, "model-card": _model_card,
        "mlflow": _mlflow, "junit": _junit, "pack": _pack,
    }  # fmt: skip
    writers[form](_Run(Path(folder)), given)
    return 0


class _Run:
    """A run as its log gives it."""

    def __init__(self, path: Path) -> None:
        from audit.pipeline.attachments import RESULTS, read_attachments
        from audit.pipeline.baseline import check_results_schema
        from audit.runlog import read_run

        self.folder = path if path.is_dir() else path.parent
        if (self.folder / RESULTS).exists():
            check_results_schema(self.folder / RESULTS)
        self.log = read_run(self.folder)
        self.conclusions = read_attachments(self.folder).conclude(self.log)
        self.results = self.conclusions.results
        self.id = str(self.results["run_id"])

    def rows(self, table: str) -> tuple[list[dict[str, Any]], Any]:
        """Return the rows and columns of a table."""
        from audit.exports.tables import COLUMNS, gap_rows, pair_rows
        from audit.pipeline.summaries import summarise_log

        if table == "gaps":
            return gap_rows(self.results), COLUMNS[table]
        return pair_rows(self.results, summarise_log(self.log).pair_gaps), COLUMNS[table]


def _write(text: str, target: str | None, name: str) -> None:
    """Print, or write a file and say where it is."""
    if target == "-":
        click.echo(text, nl=False)
        return
    from audit.pipeline.folders import write_atomically

    path = Path(target or name)
    write_atomically(path, text)
    click.echo(f"Written: {path}")


def _csv(run: _Run, given: dict[str, Any]) -> None:
    from audit.exports.tables import csv_text

    rows, columns = run.rows(given["table"])
    _write(csv_text(rows, columns), given["output"], f"{run.id}-{given['table']}.csv")


def _parquet(run: _Run, given: dict[str, Any]) -> None:
    from audit.exports.tables import write_parquet

    path = Path(given["output"] or f"{run.id}-{given['table']}.parquet")
    write_parquet(*run.rows(given["table"]), path)
    click.echo(f"Written: {path}")


def _json(run: _Run, given: dict[str, Any]) -> None:
    from audit.pipeline.conclude import results_text

    _write(results_text(run.results), given["output"], f"{run.id}.json")


def _junit(run: _Run, given: dict[str, Any]) -> None:
    from audit.exports.junit import junit_xml
    from audit.pipeline.gate import gate_run
    from audit.pipeline.gate_limits import GateOptions

    result = gate_run(run.folder, GateOptions(allow_partial=True))
    _write(junit_xml([result]), given["output"], f"{run.id}.xml")


def _model_card(run: _Run, given: dict[str, Any]) -> None:
    from audit.exports.model_card import write_model_card

    card = Path(given["card"]) if given["card"] else None
    folder = Path(given["output"] or f"{run.id}-card")
    for path in write_model_card(run.results, folder, card=card, dataset=given["dataset"]):
        click.echo(f"Written: {path}")


def _mlflow(run: _Run, given: dict[str, Any]) -> None:
    from audit.exports.mlflow import log_to_mlflow

    identity = log_to_mlflow(
        run.results, run.folder,
        tracking_uri=given["tracking_uri"], experiment=given["experiment"],
    )  # fmt: skip
    click.echo(f"Logged to MLflow as run {identity}")


def _pack(run: _Run, given: dict[str, Any]) -> None:
    from audit.exports.pack import write_pack

    path = Path(given["output"] or f"{run.id}.zip")
    names = write_pack(run.folder, path, run_id=run.id)
    click.echo(f"Written: {path} ({', '.join(names)})")
