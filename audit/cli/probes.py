"""``audit probes``: list probe sets and print what they would send."""

from __future__ import annotations

import csv
import sys
from typing import Any

import click

from audit.cli.options import MODEL_OPTIONS, stack
from audit.cli.probes_diff import diff
from audit.cli.probes_import import import_command
from audit.cli.probes_lint import lint
from audit.cli.probes_stats import stats


@click.group()
def probes() -> None:
    """List, show, check, compare and import probe sets."""


for command in (lint, stats, diff, import_command):
    probes.add_command(command)


@probes.command("list")
def list_command() -> None:
    """List the probe sets that can be named without a path."""
    from audit.probes import list_probe_sets, load_probe_set

    for name, path in list_probe_sets().items():
        probe_set = load_probe_set(path)
        click.echo(
            f"{name:<20} {probe_set.version:<8} {probe_set.language:<4} "
            f"{len(probe_set.groups)} groups, {len(probe_set.templates)} templates"
        )


@probes.command()
@click.argument("source", metavar="PROBES")
@click.option("--prompts", is_flag=True, help="Print the exact prompt of every sentence.")
@click.option("--group", multiple=True, metavar="ID", help="Only sentences of this group, beside "
              "their references (repeatable).")  # fmt: skip
@click.option("--template", multiple=True, metavar="ID", help="Only this template, or context of "
              "a table (repeatable).")  # fmt: skip
@click.option("--include-slurs", is_flag=True, help="Show slurs too, masked.")
@click.option("--csv", "table", is_flag=True, help="Print a table of id and text, for a target "
              "that is asked elsewhere (recorded:).")  # fmt: skip
@stack(MODEL_OPTIONS)
def show(
    source: str,
    prompts: bool,
    group: tuple[str, ...],
    template: tuple[str, ...],
    include_slurs: bool,
    **given: Any,
) -> None:
    """Print every sentence of a probe set as it will be sent."""
    from audit.probes import expand, load_probe_set, masked_variants, render_lines, select

    probe_set = load_probe_set(source)
    whole = expand(probe_set, include_slurs=include_slurs)
    expansion = select(whole, groups=group, contexts=template)
    if given["table"]:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["id", "text"])
        writer.writerows([variant.id, variant.text] for variant in expansion.variants)
        return
    if not prompts:
        for line in render_lines(expansion):
            click.echo(line)
        return
    from audit.classifiers import FewShotPrompt
    from audit.errors import ConfigError

    if probe_set.task is None or probe_set.task.kind != "labels":
        raise ConfigError("only a label task has prompts", where=source)
    prompt = FewShotPrompt(probe_set.task)
    for variant in masked_variants(expansion.variants, expansion.groups):
        click.echo(f"== {variant.id}")
        click.echo(prompt.render(variant.text))
