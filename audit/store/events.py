"""What monitoring reads: decisions and reviews as events, without anything personal."""

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
    """Yield decisions, then reviews, each in order; memory stays flat.

    Parameters
    ----------
    store : Store
        Open.
    after : int
        Only decisions with a larger ``seq``; reviews are always all, and idempotent by id.

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


def _reviews(store: Store) -> Iterator[dict[str, Any]]:
    """Yield what people did; who they are stays in the store."""
    table, seq = TABLES["reviews"], 0
    while True:
        query = select(table).where(table.c.seq > seq).order_by(table.c.seq).limit(_PAGE)
        with store.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            seq = row.seq
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
        if len(rows) < _PAGE:
            return


def event_schema() -> dict[str, Any]:
    """Return the JSON Schema of one event, which ships with the package."""
    text = files("audit.store").joinpath("decision-event.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
