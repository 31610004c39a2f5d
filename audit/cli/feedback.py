"""``audit feedback``: what the people concerned sent: list, show, answer, export, erase."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import click

from audit.cli.guard import open_existing
from audit.cli.options import require
from audit.errors import RefusedError

if TYPE_CHECKING:
    from audit.appeals import Status
    from audit.store import Store

STORE = click.argument("store", metavar="STORE")
ID = click.argument("identity", metavar="ID")


@click.group()
def feedback() -> None:
    """Look after appeals, feedback and opt-outs; STORE is that of `audit serve`."""


@feedback.command("list")
@STORE
@click.option("--all", "everything", is_flag=True, help="Also what is answered.")
@click.option("--json", "json_out", is_flag=True, help="Print as JSON.")
def list_command(store: str, everything: bool, json_out: bool) -> int:
    """List what waits for an answer, oldest first; what people wrote is not shown."""
    from audit.appeals import waiting

    with open_existing(store) as opened:
        found = list(waiting(opened, answered=everything))
    if json_out:
        rows = [_row(each) for each in found]
        click.echo(json.dumps({"schema_version": 1, "filings": rows}, indent=1))
        return 0
    for each in found:
        about = f"decision {each.decision_id}" if each.decision_id else "no decision named"
        click.echo(
            f"{each.filing_id}  {each.received[:10]}  {each.kind:8}  {_state(each)}  {about}"
        )
    if not found:
        click.echo("Nothing was sent." if everything else "Nothing waits.")
    return 0


@feedback.command()
@STORE
@ID
@click.option("--json", "json_out", is_flag=True, help="Print as JSON.")
def show(store: str, identity: str, json_out: bool) -> int:
    """Show one thing that was sent, with what the person wrote."""
    from audit.appeals.resolving import find
    from audit.report.inert import inert

    with open_existing(store) as opened:
        found = find(opened, identity)
    if json_out:
        click.echo(json.dumps({"schema_version": 1, **_row(found), "text": found.text,
                               "reply": found.reply}, indent=1, ensure_ascii=False))  # fmt: skip
        return 0
    click.echo(f"{found.kind} of {found.received}: {_state(found)}")
    click.echo(f"Decision: {found.decision_id or 'none named'}")
    if found.erased:
        click.echo("What was written is erased.")
    for head, text in (("They wrote", found.text), ("Reply", found.reply)):
        if text is not None:
            click.echo(f"{head}:\n{inert(text, limit=20_000, lines=True)}")
    return 0


@feedback.command()
@STORE
@ID
@click.argument("outcome", type=click.Choice(["upheld", "overturned", "rejected"]))
@click.option("--by", required=True, metavar="NAME", help="Who answers, as on the pages.")
@click.option("--label", metavar="LABEL", help="The answer that counts instead (overturned).")
@click.option("--reply", metavar="TEXT", default="", help="What the person is told.")
def resolve(
    store: str, identity: str, outcome: Any, *, by: str, label: str | None, reply: str
) -> int:
    """Answer what was sent; the person sees it by their code.

    `overturned` puts another label in the place of the decision's, `upheld` says that the person
    was right though the answer stays, `rejected` that it was looked at and stays. It is answered
    once, and never by who decided it in review. Exit status: 0 answered, 2 refused.
    """
    from audit.appeals import resolve as resolved

    with open_existing(store) as opened:
        try:
            account = _account(opened, by)
            resolved(opened, identity, outcome, by=account, label=label, reply=reply)
        except RefusedError as error:
            raise click.UsageError(str(error)) from error
    click.echo(f"Answered: {outcome}. The person sees it by their code.")
    return 0


@feedback.command()
@STORE
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="File (default: stdout).")
@click.option("--failures", is_flag=True,
              help="Confirmed failures, redacted, for `audit probes import`.")  # fmt: skip
@click.option("--with-text", is_flag=True, help="With what people wrote and were told.")
def export(store: str, output: str | None, *, failures: bool, with_text: bool) -> int:
    """Write what was sent as JSON, one object a line; without --with-text nothing personal.

    With --failures: sentence pairs of answers that people confirmed as wrong, for
    `audit probes import FILE --format feedback`.
    """
    if failures and with_text:
        raise click.UsageError("confirmed failures are never exported with personal text")
    from audit.appeals import Unusable, confirmed_failures, waiting

    left_out: list[Unusable] = []
    with (
        open_existing(store) as opened,
        click.open_file(output or "-", "w", encoding="utf-8", atomic=bool(output)) as stream,
    ):
        if failures:
            for each in confirmed_failures(opened):
                if isinstance(each, Unusable):
                    left_out.append(each)
                else:
                    stream.write(_line(dataclasses.asdict(each)))
        else:
            for found in waiting(opened, answered=True):
                words = {"text": found.text, "reply": found.reply} if with_text else {}
                stream.write(_line(_row(found) | words))
    for unusable in left_out:
        click.echo(f"Left out: decision {unusable.decision_id}: {unusable.why}", err=True)
    return 0


@feedback.command()
@STORE
@ID
def erase(store: str, identity: str) -> int:
    """Make what a person wrote, and the reply to it, unreadable; the chain stays whole."""
    from audit.appeals.resolving import erase as erased

    with open_existing(store) as opened:
        count = erased(opened, identity)
    click.echo(f"{count} {'key' if count == 1 else 'keys'} deleted")
    return 0


def _account(store: Store, name: str) -> str:
    """Return the id of an account by its name; somebody without one stands for themselves."""
    require("serve", "fastapi", "argon2")
    from audit.web.accounts.accounts import accounts

    wanted = name.strip().casefold()
    return next((each.id for each in accounts(store) if each.name.casefold() == wanted), name)


def _row(found: Status) -> dict[str, Any]:
    """Return what is not personal."""
    row = dataclasses.asdict(found)
    del row["text"], row["reply"]
    return row


def _state(found: Status) -> str:
    if found.outcome is not None:
        return found.outcome
    return "withdrawn" if found.withdrawn else "stands" if found.standing else "waits"


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
