"""``audit review``: what a shell is handier for than a page."""

from __future__ import annotations

import json
from pathlib import Path

import click

from audit.cli.options import require
from audit.errors import ConfigError

_NEEDED = ("fastapi", "sqlalchemy", "alembic", "cryptography", "argon2", "krippendorff")


@click.group()
def review() -> None:
    """Plant known items, show agreement, make a sign-in link."""


@review.command()
@click.argument("store")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--queue", default="rules", show_default=True,
              help="The queue they are planted in: rules, asked or faults.")  # fmt: skip
@click.option("--label", "labels", multiple=True, metavar="LABEL",
              help="A label of the task, to check the file against (repeatable).")  # fmt: skip
def known(store: str, file: Path, queue: str, labels: tuple[str, ...]) -> int:
    """Plant the known items of FILE (CSV or JSONL: text, label, shown) in STORE.

    `label` is the right answer, `shown` the wrong one that reviewers see as the classifier's. How
    often it is kept is counted per queue, never per person.
    """
    require("serve", *_NEEDED)
    from audit.review.known import add_known, read_known
    from audit.store import open_store

    items = read_known(file, queue, labels)
    with open_store(store) as opened:
        count = add_known(opened, items, by="command line")
    click.echo(f"{count} known items planted in the queue {queue}.")
    click.echo("Next: /agreement shows how often the wrong answer is kept, from 30 answers on.")
    return 0


@review.command()
@click.argument("store")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def agreement(store: str, *, as_json: bool) -> int:
    """Show how far reviewers of STORE agree, by group and pool."""
    require("serve", *_NEEDED)
    from audit.review.agreement import ENOUGH, as_object
    from audit.review.agreement import agreement as found_in
    from audit.store import open_store

    with open_store(store) as opened:
        rows = found_in(opened)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "agreement": [as_object(row) for row in rows]}))
        return 0
    for row in rows:
        said = f"{row.by} {row.name}".strip()
        click.echo(f"{said}: {row.items} labelled twice, {row.same} alike")
        for name, value in (("alpha", row.alpha), ("AC1", row.ac1)):
            if value is not None:
                click.echo(f"  {name} {value.estimate:.3f} ({value.low:.3f} to {value.high:.3f})")
        if row.items < ENOUGH:
            click.echo(f"  not enough: from {ENOUGH} items on")
    return 0


@review.command()
@click.argument("store")
@click.argument("name")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True,
              help="Where the pages are served.")  # fmt: skip
def link(store: str, name: str, url: str) -> int:
    """Make a one-time sign-in link for the account NAME, for when nobody can sign in."""
    require("serve", *_NEEDED)
    from audit.store import open_store
    from audit.web.accounts.accounts import accounts
    from audit.web.accounts.links import new_link

    with open_store(store) as opened:
        found = [each for each in accounts(opened) if each.name.lower() == name.lower()]
        if not found:
            raise ConfigError(f"there is no account {name!r}", where="NAME",
                              hint="the page /people lists them")  # fmt: skip
        token = new_link(opened, found[0].id, by="command line")
    click.echo(f"{url.rstrip('/')}/sign-in/link/{token}")
    return 0
