"""``audit monitor demo``: half a year of made-up traffic with one planted change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from audit.cli.options import require

if TYPE_CHECKING:
    from audit.monitor import Alarm


@click.command()
@click.option("--store", metavar="STORE", default="audit-demo.db", show_default=True,
              help="A new store, or one of a demonstration that was interrupted.")  # fmt: skip
@click.option("--weeks", type=click.IntRange(min=8, max=520), default=26, show_default=True,
              help="How long.")  # fmt: skip
@click.option("--change-week", type=click.IntRange(min=1), default=15, show_default=True,
              help="Week of the planted change.")  # fmt: skip
@click.option("--group", default="deaf", show_default=True, help="The group it is about.")
@click.option("--rise", type=click.FloatRange(0, 0.8), default=0.15, show_default=True,
              help="By how much its share of unfavourable answers rises.")  # fmt: skip
@click.option("--volume", type=click.IntRange(1, 100_000), default=200, show_default=True,
              help="Decisions a week of every group.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Seed of the random numbers.")  # fmt: skip
def demo(store: str, **given: Any) -> int:
    """Simulate weeks of traffic of five groups with a change for one of them, and watch it.

    Killed and started again, it goes on and ends with the same result.
    """
    require("store", "sqlalchemy", "alembic", "cryptography")
    from audit.monitor.demo import Plan, run_demo
    from audit.store import open_store

    plan = Plan(**given)

    def told(week: int, new: tuple[Alarm, ...]) -> None:
        for alarm in new:
            click.echo(f"Week {week}: {alarm.state.words}. {alarm.text}")

    with open_store(store, timeout=60) as found:
        run_demo(found, plan, today=datetime.now(UTC).date(), told=told)
    click.echo(
        f"{plan.weeks} weeks are in {store}; the change was planted in week {plan.change_week}."
    )
    click.echo(f"Next: audit monitor alarms --store {store}")
    return 0
