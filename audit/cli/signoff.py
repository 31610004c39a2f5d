"""``audit signoff``: the human decision about a run, signed by two people."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import click

from audit.cli.options import option

_DECISIONS = {"approve": "approve", "conditions": "approve_with_conditions", "reject": "reject"}
_NEEDED = 2


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(exists=True))
@click.option("--by", required=True, metavar="NAME",
              help="Who signs, for example 'Ana Lima <ana@example.org>'.")  # fmt: skip
@click.option("--role", default="", help="In which role.")
@click.option("--decision", required=True, type=click.Choice(list(_DECISIONS)),
              help="approve, approve with conditions, or reject.")  # fmt: skip
@click.option("--condition", "conditions", multiple=True, metavar="TEXT",
              help="A condition of the approval (repeatable).")  # fmt: skip
@click.option("--reason", default="", help="Why, in a sentence.")
@click.option("--residual-risk", default="", metavar="TEXT",
              help="First signature: the risk that remains.")  # fmt: skip
@click.option("--risk-owner", default="", metavar="NAME",
              help="First signature: who accepts that risk.")  # fmt: skip
@click.option("--oversight", default="", metavar="TEXT",
              help="First signature: who watches it in use, and how.")  # fmt: skip
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="First signature: last day of the decision, YYYY-MM-DD.")  # fmt: skip
@option("--author", metavar="NAME",
        help="Who made the run, where its log does not say.")  # fmt: skip
def signoff(folder: str, expires: datetime | None, **given: Any) -> int:
    """Sign RUN. Two people sign, and nobody signs their own run.

    The first signature fixes the record: hashes of data, report and tool, all results, residual
    risk, oversight plan and expiry. The report shows the decision beside the machine verdict.
    """
    from audit.pipeline.signoff import Decision, Signature, sign

    signed = sign(
        folder,
        Signature(
            by=given["by"],
            role=given["role"],
            decision=cast("Decision", _DECISIONS[given["decision"]]),
            conditions=given["conditions"],
            reason=given["reason"],
            residual_risk=given["residual_risk"],
            risk_accepted_by=given["risk_owner"],
            oversight_plan=given["oversight"],
            expires=expires.date() if expires else None,
            author=given["author"],
        ),
    )
    count = len(signed["signatures"])
    click.echo(f"Signed by {given['by']}: {count} of {_NEEDED} signatures.")
    click.echo(f"Record {signed['record_sha256']}: keep a copy of this hash elsewhere.")
    if count < _NEEDED:
        click.echo(f"Next: another person signs: audit signoff {folder} --by NAME --decision ...")
    else:
        click.echo(f"Next: audit verify {folder}")
    return 0
