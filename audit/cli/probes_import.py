"""``audit probes import``: published sets and tables into the tabular form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from audit.cli.options import pairs_of, stack
from audit.cli.progress import Progress
from audit.errors import ConfigError

FORMATS = (
    "eec", "bits", "holistic-bias", "crows-pairs", "bbq", "kobbq", "winobias", "jigsaw-templates",
    "checklist", "gfm", "pairs-csv", "feedback", "table",
)  # fmt: skip

IMPORT_OPTIONS = [
    click.option("--format", "form", type=click.Choice(FORMATS), default="table",
                 show_default=True, help="What the source is."),
    click.option("--output", "-o", metavar="DIR", required=True,
                 type=click.Path(file_okay=False), help="Folder that gets the new set."),
    click.option("--column", multiple=True, metavar="ROLE=NAME",
                 help="Column of a role: text, reference_text, group, term, context, template, "
                      "label. Context and template may come several times."),
    click.option("--reference", multiple=True, metavar="COLUMN=VALUE",
                 help="Rows that are their context's reference (repeatable)."),
    click.option("--only", multiple=True, metavar="COLUMN=VALUE",
                 help="Keep these rows (repeatable)."),
    click.option("--group-map", multiple=True, metavar="VALUE=GROUP",
                 help="Rename the values of the group column; rows with others are left out."),
    click.option("--encoding", metavar="NAME",
                 help="Encoding of a text file that is neither UTF-8 nor marked."),
    click.option("--sheet", metavar="NAME", help="Sheet of a workbook (default: the first)."),
    click.option("--split", metavar="NAME", help="Split of a data set, or version of a folder."),
    click.option("--terms", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
                 help="CSV with term and group, for sets that have no column for them."),
    click.option("--name", help="Name of the new set (default: the format or the file)."),
    click.option("--language", help="Language of the texts, e.g. en."),
    click.option("--attribute", help="What the groups are groups of, e.g. disability."),
    click.option("--licence", help="Licence of the source."),
    click.option("--url", help="Where the source comes from."),
    click.option("--contains-personal-data", is_flag=True,
                 help="Runs of the set keep hashes instead of its texts."),
    click.option("--json", "json_out", is_flag=True, help="Print import-report.json."),
]  # fmt: skip


@click.command("import")
@click.argument("source", metavar="SOURCE")
@stack(IMPORT_OPTIONS)
def import_command(source: str, form: str, output: str, **given: Any) -> None:
    """Import a file, a folder or datasets:NAME as a tabular probe set.

    Everything that is read is either written or listed in left-out.csv with its reason.
    """
    from audit.probes.importers import ImportOptions, SourceOptions, import_probes

    options = ImportOptions(
        columns=several(given["column"], "--column"),
        reference=several(given["reference"], "--reference"),
        only=several(given["only"], "--only"),
        groups=pairs_of(given["group_map"], "--group-map"),
        read=SourceOptions(
            encoding=given["encoding"], sheet=given["sheet"], split=given["split"]
        ),
        **{
            name: given[name]
            for name in ("terms", "name", "language", "attribute", "licence", "url",
                         "contains_personal_data")
        },
    )  # fmt: skip
    with Progress(f"Importing {Path(source).name}", counts="rows") as progress:
        report = import_probes(source, output, format=form, options=options, progress=progress)
    if given["json_out"]:
        click.echo(report.as_json(), nl=False)
        return
    for line in report.lines():
        click.echo(line)
    if report.references:
        click.echo(f"Audit it with: audit run {report.path} --model ...")
    else:
        click.echo("Import it again with --reference COLUMN=VALUE before it is audited.")


def several(values: Sequence[str], option: str) -> tuple[tuple[str, str], ...]:
    """Split repeated ``KEY=VALUE`` options whose keys may come again.

    Raises
    ------
    ConfigError
        If a value has no ``=``.
    """
    found = []
    for value in values:
        key, sign, item = value.partition("=")
        if not sign or not key:
            raise ConfigError(f"{value!r} is not KEY=VALUE", where=option)
        found.append((key, item))
    return tuple(found)
