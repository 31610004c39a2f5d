"""Canaries: the probe set run again on a schedule, to tell a changed model from changed traffic."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from audit.monitor.view import Canary
from audit.store import Store
from audit.store.tables import TABLES

if TYPE_CHECKING:
    from audit.pipeline import RunOptions
    from audit.pipeline.compare import RunComparison

KIND = "monitor_canary"
MOST = 100
"""Canaries that are shown."""


def run_canary(
    store: Store,
    source: str,
    model: str,
    *,
    against: str | Path,
    output: str | Path,
    options: RunOptions | None = None,
    now: datetime | None = None,
) -> Canary:
    """Run a probe set, compare it with the audit's own run, and write down what came out.

    Parameters
    ----------
    store : Store
        Open; the outcome goes into its trail.
    source, model, options
        As for `run_audit`.
    against : path
        Folder of the run that the guard's policy came from, or of the first canary.
    output : path
        Folder in which the canary's run folder is made.
    now : datetime, optional
        The moment, UTC.

    Returns
    -------
    Canary
        ``changed`` is true where a group's gap changed or, with answers that are not drawn, any
        answer did; ``None`` where that cannot be told.

    Raises
    ------
    AuditError
        As `run_audit` and `compare_runs`.
    """
    from audit.pipeline import run_audit
    from audit.pipeline.compare import compare_runs
    from audit.runlog import read_run

    earlier = read_run(against)
    result = run_audit(source, model, output=output, options=options)
    comparison = compare_runs(earlier, read_run(result.folder))
    changed, text, groups = outcome(comparison)
    moment = now or datetime.now(UTC)
    canary = Canary(
        time=moment, run_id=str(result.results["run_id"]),
        audit_id=str(earlier.header["run_id"]), changed=changed, text=text, groups=groups,
    )  # fmt: skip
    body = {"time": moment.isoformat(), "run_id": canary.run_id, "audit_id": canary.audit_id,
            "changed": changed, "text": text, "groups": list(groups)}  # fmt: skip
    store.note(KIND, body)
    return canary


def outcome(comparison: RunComparison) -> tuple[bool | None, str, tuple[str, ...]]:
    """Say whether the model changed, in a sentence, and for which groups."""
    moved = tuple(row.label for row in comparison.groups if row.change in ("worse", "better"))
    compared = [row for row in comparison.groups if row.change != "cannot_compare"]
    other = comparison.other_answers
    if moved:
        return True, f"The model changed: other gaps for {', '.join(moved)}.", moved
    if other:
        return True, f"The model changed: {other} answers to the same sentences are others.", ()
    if not compared:
        return None, "It cannot be told whether the model changed: nothing can be compared.", ()
    if other is None:
        return False, "No gap changed; answers are drawn, so single ones say nothing.", ()
    return False, "The model did not change: every answer is the same.", ()


def read_canaries(store: Store) -> tuple[Canary, ...]:
    """Return the canaries of a store, newest first."""
    table = TABLES["trail"]
    query = (
        select(table.c.body).where(table.c.kind == KIND).order_by(table.c.seq.desc()).limit(MOST)
    )
    with store.reading() as connection:
        bodies = [json.loads(body) for body in connection.execute(query).scalars()]
    return tuple(
        Canary(
            time=datetime.fromisoformat(body["time"]), run_id=body["run_id"],
            audit_id=body["audit_id"], changed=body["changed"], text=body["text"],
            groups=tuple(body["groups"]),
        )
        for body in bodies
    )  # fmt: skip


def cause_since(canaries: tuple[Canary, ...], week: date) -> str:
    """Say what canaries since a week tell about the cause of a gap that began then.

    Parameters
    ----------
    canaries : tuple of Canary
        Newest first.
    week : date
        The Monday of the week.
    """
    for canary in canaries:
        if canary.time.date() >= week and canary.changed is not None:
            on = f"{canary.time:%Y-%m-%d}"
            if canary.changed:
                return f"The canary of {on} found the model changed: look at the model first."
            return (
                f"The canary of {on} found the model as it was: look for what changed in the "
                "traffic, the prompt or the guard."
            )
    return (
        "Run `audit monitor canary`: it tells whether the model changed; if not, look for what "
        "changed in the traffic, the prompt or the guard."
    )
