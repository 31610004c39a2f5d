"""``audit models``: which kinds of systems can be audited here."""

from __future__ import annotations

import dataclasses
import json
import textwrap

import click

_INDENT = " " * 4
_WIDTH = 96


@click.command()
@click.option("--json", "json_out", is_flag=True, help="Print the list as JSON.")
def models(json_out: bool) -> None:
    """List the schemes of --model, what each audits and needs, and whether it is installed."""
    from audit.classifiers import list_schemes

    schemes = list_schemes()
    if json_out:
        rows = [dataclasses.asdict(scheme) for scheme in schemes]
        click.echo(json.dumps({"schema_version": 1, "schemes": rows}, indent=1))
        return
    width = max(len(scheme.spec) for scheme in schemes)
    for scheme in schemes:
        click.echo(f"{scheme.spec:<{width}}  {'ready' if scheme.installed else 'not installed'}")
        for line in (scheme.audits, f"needs: {scheme.needs}"):
            wrapped = textwrap.wrap(
                line, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT * 2
            )
            click.echo("\n".join(wrapped))
