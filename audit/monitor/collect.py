"""Decisions, reviews and appeals of the store itself become counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select

from audit.monitor.events import known_fields
from audit.monitor.intake import BATCH, Intake, Progress, Tally
from audit.store import Store, events
from audit.store.monitor_tables import SOURCES

_NAME = "this store"
_CHAINS = {"decision": "decisions", "review": "reviews"}


def collect(store: Store, *, now: Callable[[], datetime] | None = None) -> Tally:
    """Count what came into the store since the last time.

    Parameters
    ----------
    store : Store
        Open; guard, reviewers and appeals write into it.
    now : callable, optional
        Present time, UTC.

    Returns
    -------
    Tally

    Raises
    ------
    StoreError
        If the store cannot be read or written; what was counted until then stays counted.
    """
    with store.reading() as connection:
        rows = connection.execute(select(SOURCES).where(SOURCES.c.name == _NAME)).all()
    done = {row.id: row.rows for row in rows}
    intake, tally = Intake(store, now=now), Tally()
    found = _new(store, done)
    while batch := list(islice(found, BATCH)):
        for event in batch:
            chain = _chain_of(event)
            done[chain] = max(done.get(chain, 0), event["seq"])
        progress = [Progress(chain, _NAME, rows, True) for chain, rows in done.items()]
        intake.take(((f"{_chain_of(e)}, row {e['seq']}", _known(e)) for e in batch), tally,
                    progress=progress)  # fmt: skip
    return tally


def _new(store: Store, done: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """Yield the events that were not counted yet."""
    seen = dict(done)
    for event in events(store, after=seen.get("decisions", 0)):
        if event["seq"] > seen.get(_chain_of(event), 0):
            yield event


def _chain_of(event: Mapping[str, Any]) -> str:
    """Return the chain that an event was read from."""
    return _CHAINS.get(event["event"], "appeals")


def _known(event: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what later versions of the store say besides."""
    fields = known_fields(event["event"])
    return {name: value for name, value in event.items() if name in fields}
