"""What monitoring reads: decisions, reviews and appeals as events, without anything personal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from audit.store.store import Store
from audit.store.tables import TABLES

SCHEMA_VERSION = 1
_PAGE = 1000


def events(store: Store, *, after: int = 0) -> Iterator[dict[str, Any]]:
    """Yield decisions, then reviews, then what people sent, each in order; memory stays flat.

    Parameters
    ----------
    store : Store
        Open.
    after : int
        Only decisions with a larger ``seq``; all else is always whole, and idempotent by id.

    Yields
    ------
    dict
        As ``decision-event.schema.json`` says. ``groups`` is ``None`` once the tag has expired.
    """
    for stored in store.decisions(after=after):
        yield {
            "schema_version": SCHEMA_VERSION,
            "event": "decision",
            "id": stored.id,
            "seq": stored.seq,
            "time": stored.time,
            **{name: value for name, value in stored.body.items() if name != "appeal_url"},
            "groups": None if stored.groups is None else list(stored.groups),
        }
    yield from _reviews(store)
    yield from _filings(store)


def _reviews(store: Store) -> Iterator[dict[str, Any]]:
    """Yield what people did; who they are stays in the store."""
    for row in _rows(store, "reviews"):
        yield {
            "schema_version": SCHEMA_VERSION,
            "event": "review",
            "id": row.id,
            "seq": row.seq,
            "time": row.time,
            "decision_id": row.about,
            "action": row.kind,
            "label": json.loads(row.body)["label"],
        }


def _filings(store: Store) -> Iterator[dict[str, Any]]:
    """Yield what the people concerned sent, and how it was answered; never their words."""
    for row in _rows(store, "appeals"):
        body = json.loads(row.body)
        yield {
            "schema_version": SCHEMA_VERSION,
            "event": body["filing"],
            "id": row.id,
            "seq": row.seq,
            "time": row.time,
            "filing_id": body["filing_id"],
            "decision_id": body["decision_id"],
            "action": body["action"],
            "label": body["label"],
        }


def _rows(store: Store, chain: str) -> Iterator[Any]:
    """Yield the rows of a chain, a page at a time."""
    table, seq = TABLES[chain], 0
    while True:
        query = select(table).where(table.c.seq > seq).order_by(table.c.seq).limit(_PAGE)
        with store.reading() as connection:
            rows = connection.execute(query).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        seq = rows[-1].seq


def event_schema() -> dict[str, Any]:
    """Return the JSON Schema of one event, which ships with the package."""
    text = files("audit.store").joinpath("decision-event.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
