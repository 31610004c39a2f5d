"""``audit probes``: list probe sets and print what they would send."""

from __future__ import annotations

from typing import Any

import click

from audit.cli.options import MODEL_OPTIONS, stack
from audit.cli.probes_import import import_command
from audit.cli.probes_lint import lint


@click.group()
def probes() -> None:
    """List, show, check, compare and import probe sets."""


probes.add_command(import_command)
probes.add_command(lint)


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
@click.option("--include-slurs", is_flag=True, help="Show slurs too, masked.")
@stack(MODEL_OPTIONS)
def show(source: str, prompts: bool, include_slurs: bool, **given: Any) -> None:
    """Print every sentence of a probe set as it will be sent."""
    from audit.probes import expand, load_probe_set, masked_variants, render_lines

    probe_set = load_probe_set(source)
    expansion = expand(probe_set, include_slurs=include_slurs)
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
