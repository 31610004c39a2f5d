"""``audit config show``: every option in force and where it came from."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from audit.cli.config import NOT_IN_A_FILE


@click.group()
def config() -> None:
    """Show the configuration in force."""


@config.command()
@click.option("--origin", is_flag=True, help="Say where each value came from.")
@click.pass_context
def show(ctx: click.Context, origin: bool) -> None:
    """Print every option of `audit run` as it would be used here."""
    from audit.cli.run import run

    loaded = ctx.meta["audit.config"]
    inner = run.make_context("run", ["any.yaml"], default_map=dict(loaded.values))
    for parameter in run.params:
        name = parameter.name or ""
        if name in NOT_IN_A_FILE:
            continue
        text = f"{name} = {_plain(inner.params[name])}"
        source = inner.get_parameter_source(name)
        click.echo(f"{text:<40} {_origin(parameter, source, loaded)}" if origin else text)


def _plain(value: Any) -> str:
    return "(not set)" if value is None or value == () else str(value)


def _origin(parameter: click.Parameter, source: ParameterSource | None, loaded: Any) -> str:
    """Name the source of a value: variable, file with line, or default."""
    if source is ParameterSource.ENVIRONMENT:
        return f"environment {parameter.envvar}"
    if source is ParameterSource.DEFAULT_MAP:
        line = loaded.lines.get(parameter.name)
        return f"{loaded.path.name}:{line}" if line else loaded.path.name
    return "default"
