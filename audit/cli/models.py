"""``audit models``: which kinds of systems can be audited here."""

from __future__ import annotations

import click


@click.command()
def models() -> None:
    """List the schemes of --model, what each audits and whether it is installed."""
    from audit.classifiers import list_schemes

    for scheme in list_schemes():
        state = "ready" if scheme.installed else f"needs: {scheme.needs}"
        click.echo(f"{scheme.name:<12} {scheme.audits} [{state}]")
