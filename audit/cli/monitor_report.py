"""``audit monitor report``, ``tell`` and ``recipes``: what leaves the monitor."""

from __future__ import annotations

from pathlib import Path

import click

from audit.cli.monitor_store import STORE, opened
from audit.cli.options import option, require
from audit.errors import ResultsError


@click.command()
@STORE
@option("-o", "--output", metavar="FILE", default="monitoring.html", show_default=True,
        type=click.Path(dir_okay=False, path_type=Path), help="Where to.")  # fmt: skip
def report(store: str, output: Path) -> int:
    """Write every monitoring page as one HTML file: no server, no script, no network.

    Exit status: 0 no alarm stands unacknowledged, 1 one does.
    """
    require("serve", "fastapi")
    with opened(store) as found:
        from audit.monitor import State, build_dashboard
        from audit.web.monitor import render_monitor_report

        board = build_dashboard(found)
    text = render_monitor_report(board)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ResultsError(
            f"the report cannot be written: {error.strerror}", where=str(output),
            hint="name a file in a folder that exists and can be written",
        ) from error  # fmt: skip
    standing = [a for a in board.alarms if not a.cleared and a.state is State.ALERT]
    click.echo(f"{len(standing)} alarms stand unacknowledged. Report: {output}")
    return 1 if standing else 0


@click.command()
@STORE
@option("--webhooks", metavar="FILE", required=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Who is told: receivers, as docs/dashboards.md describes.")  # fmt: skip
@option("--url", metavar="URL", help="Address of the server, for links in messages.")
def tell(store: str, webhooks: Path, url: str | None) -> int:
    """Tell webhooks about alarms that they have not been told about.

    Signed, with retries, and never twice what was taken: run it as often as you like.

    Exit status: 0 nothing is left to tell now, 3 a receiver did not take a message.
    """
    require("monitor", "httpx2", "tenacity", "standardwebhooks")
    with opened(store) as found:
        from audit.monitor import build_dashboard
        from audit.monitor.rounds import tell as tell_now
        from audit.monitor.webhooks import read_receivers

        told = tell_now(found, build_dashboard(found), read_receivers(webhooks), url=url)
    failed = [each for each in told if each.outcome == "failed"]
    for each in failed:
        click.echo(f"{each.receiver} did not take a message: {each.why}", err=True)
    click.echo(f"{len(told) - len(failed)} messages were taken.")
    return 3 if failed else 0


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def recipes(folder: Path) -> int:
    """Write files for Prometheus, Alertmanager and Grafana into FOLDER."""
    from audit.monitor.ecosystem import write_recipes

    try:
        written = write_recipes(folder)
    except OSError as error:
        raise ResultsError(
            f"the files cannot be written: {error.strerror}", where=str(folder),
            hint="name a folder that can be written",
        ) from error  # fmt: skip
    for path in written:
        click.echo(path)
    return 0
