"""``audit monitor``: take events in, look at them, and acknowledge what was found."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audit.cli.monitor_canary import canary
from audit.cli.monitor_demo import demo
from audit.cli.monitor_report import recipes, report, tell
from audit.cli.monitor_store import STORE, opened

if TYPE_CHECKING:
    from audit.monitor import Alarm


@click.group()
def monitor() -> None:
    """Watch live decisions, reviews and appeals by affected group."""


monitor.add_command(demo)
monitor.add_command(canary)
monitor.add_command(report)
monitor.add_command(tell)
monitor.add_command(recipes)


@monitor.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...",
                type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
@STORE
@click.option("--json", "json_out", is_flag=True, help="Print the result as JSON.")
def ingest(files: tuple[Path, ...], store: str, *, json_out: bool) -> int:
    """Take FILEs of events in: JSONL, CSV or Parquet, as docs/monitoring.md describes.

    Events count once by their id. A file that was taken in before is left out; one that was
    interrupted goes on where it stopped.

    Exit status: 0 all taken in, 1 some rows could not be read, 2 usage.
    """
    with opened(store) as found:
        from audit.monitor.files import ingest as take

        whole = {"schema_version": 1, "files": []}
        shown: list[dict[str, Any]] = whole["files"]  # type: ignore[assignment]
        for path in files:
            tally = take(found, path, report=_progress(path))
            shown.append({"file": path.name, **asdict(tally)})
            if not json_out:
                click.echo(f"{path.name}: {tally.taken:,} counted, {tally.duplicates:,} counted "
                           f"before, {tally.rejected:,} left out")  # fmt: skip
                for message in tally.messages:
                    click.echo(f"  {message}", err=True)
    if json_out:
        click.echo(json.dumps(whole, indent=1))
    return 1 if any(each["rejected"] for each in shown) else 0


def _progress(path: Path) -> Any:
    """Return what says every 100,000 rows how far it is."""

    def told(rows: int) -> None:
        if rows % 100_000 == 0:
            click.echo(f"{path.name}: {rows:,} rows", err=True)

    return told


@monitor.command()
@STORE
@click.option("--json", "json_out", is_flag=True, help="Print the new alarms as JSON.")
def look(store: str, *, json_out: bool) -> int:
    """Count what is new in the store and raise alarms: the job to run every hour or day.

    Exit status: 0 no alarm stands unacknowledged, 1 one does.
    """
    with opened(store) as found:
        from audit.monitor import State, build_dashboard
        from audit.monitor import look as look_now

        new = look_now(found)
        standing = [
            alarm
            for alarm in build_dashboard(found).alarms
            if not alarm.cleared and alarm.state is State.ALERT
        ]
    if json_out:
        click.echo(json.dumps({"schema_version": 1, "new": [_object(a) for a in new]}, indent=1))
    else:
        for alarm in standing:
            click.echo(_line(alarm, "NEW  " if alarm.id in {a.id for a in new} else ""))
        click.echo(f"{len(standing)} alarms stand, {len(new)} of them new.")
    return 1 if standing else 0


@monitor.command()
@STORE
@click.option("--json", "json_out", is_flag=True, help="Print them as JSON.")
def alarms(store: str, *, json_out: bool) -> int:
    """List every alarm with its history: those that stand, then those that stood."""
    with opened(store) as found:
        from audit.monitor import build_dashboard

        listed = build_dashboard(found).alarms
    if json_out:
        shown = [_object(alarm) for alarm in listed]
        click.echo(json.dumps({"schema_version": 1, "alarms": shown}, indent=1))
        return 0
    for alarm in listed:
        click.echo(_line(alarm, "over  " if alarm.cleared else ""))
        for event in alarm.history:
            who = f" by {event.by}: {event.reason}" if event.by else ""
            click.echo(f"    {event.time:%Y-%m-%d %H:%M} {event.what}{_inert(who)}")
    if not listed:
        click.echo("No alarm was ever raised.")
    return 0


@monitor.command()
@click.argument("alarm", metavar="ID")
@STORE
@click.option("--by", required=True, help="Who acknowledges.")
@click.option("--reason", required=True, help="Why it may rest, and what is done about it.")
def acknowledge(alarm: str, store: str, by: str, reason: str) -> int:
    """Acknowledge the alarm ID with a reason; both stay in its history.

    Evidence for a gap begins anew: where the gap stays, a new alarm is raised.
    """
    with opened(store) as found:
        from audit.monitor import acknowledge as write

        write(found, alarm, by=by, reason=reason)
    click.echo(f"{alarm} is acknowledged.")
    return 0


@monitor.command("set")
@STORE
@click.option("--policy", metavar="POLICY", type=click.Path(exists=True),
              help="Take groups, unfavourable labels and expiry from a policy.")  # fmt: skip
@click.option("--unfavourable", multiple=True, metavar="LABEL",
              help="A label that is bad for the person (repeatable).")  # fmt: skip
@click.option("--unfavourable-below", type=float, metavar="SCORE",
              help="Scores under this are bad for the person.")  # fmt: skip
@click.option("--unfavourable-above", type=float, metavar="SCORE",
              help="Scores over this are bad for the person.")  # fmt: skip
@click.option("--group", multiple=True, metavar="ID[=LABEL]",
              help="Declare a group; then only declared ones are shown (repeatable).")  # fmt: skip
@click.option("--due-hours", type=float, help="A review is late after this.")
@click.option("--silence-hours", type=float, help="Without a decision for this long, alarm.")
@click.option("--error-share", type=float, help="Largest share of failed decisions of a day.")
@click.option("--tag-days", type=int,
              help="How long it stays readable which groups a decision mentions.")  # fmt: skip
@click.option("--expires", metavar="TIME", help="When the audit ends (ISO 8601).")
def set_command(store: str, policy: str | None, **given: Any) -> int:
    """Say what monitoring needs to know; without options, show it."""
    changes = {
        name: value for name, value in given.items() if value not in (None, ()) and name != "group"
    }
    if given["expires"] is not None:
        try:
            datetime.fromisoformat(given["expires"])
        except ValueError:
            raise click.UsageError("--expires must be ISO 8601, like 2026-12-31") from None
    if given["group"]:
        pairs = (each.partition("=") for each in given["group"])
        changes["groups"] = {name: label or name for name, _, label in pairs}
    with opened(store, create=True) as found:
        from audit.monitor.settings import change_settings, policy_settings

        if policy is not None:
            changes = {**policy_settings(policy), **changes}
        settings = change_settings(found, **changes)
    click.echo(json.dumps(asdict(settings), indent=1, ensure_ascii=False))
    return 0


@monitor.command()
@click.argument("old")
@click.argument("new")
@STORE
def rename(old: str, new: str, store: str) -> int:
    """Say that the group OLD is called NEW now; what was counted of both is one."""
    with opened(store) as found:
        from audit.monitor.settings import rename_group

        rename_group(found, old, new)
    click.echo(f"{old} is {new} from now on.")
    return 0


def _object(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as JSON."""
    shown: dict[str, Any] = json.loads(json.dumps(asdict(alarm), default=str))
    return shown


def _line(alarm: Alarm, before: str) -> str:
    """Return an alarm in one line, and its id."""
    return _inert(f"{before}{alarm.state.words}: {alarm.text} [{alarm.id}]")


def _inert(text: str) -> str:
    """Return a text that cannot act on a terminal."""
    from audit.report.inert import inert

    return inert(text, limit=5_000)
