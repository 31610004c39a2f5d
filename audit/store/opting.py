"""Standing opt-outs: for whom a person decides until they say otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from audit.store.tables import TABLES

SUBJECT = "subject:"
OPT_OUT = "opt_out"
WITHDRAWN = "withdrawn"
_MOST_NAMES = 500  # a database takes only so many values in one query


def standing(connection: Connection, names: Sequence[str]) -> Iterator[str]:
    """Yield those of the pseudonyms whose opt-out was given and not withdrawn."""
    table = TABLES["appeals"]
    withdrawn = select(table.c.about).where(table.c.kind == WITHDRAWN)
    for start in range(0, len(names), _MOST_NAMES):
        query = select(table.c.about).where(
            (table.c.kind == OPT_OUT)
            & table.c.about.in_(names[start : start + _MOST_NAMES])
            & table.c.id.not_in(withdrawn)
        )
        yield from set(connection.execute(query).scalars())
