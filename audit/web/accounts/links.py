"""One-time links: how a person signs in the first time, or after a lost password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select

from audit.store import Store
from audit.store.state_tables import ACCOUNTS, LINKS
from audit.web.accounts.accounts import Account, account, accounts, add_account

LIFE = timedelta(hours=24)


def digest(token: str) -> str:
    """Return what the store keeps of a token: nobody who reads the store can use it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_link(store: Store, identity: str, *, by: str, now: datetime | None = None) -> str:
    """Return the token of a new link; an earlier one of the account ends."""
    token = secrets.token_urlsafe(32)
    expires = (now or datetime.now(UTC)) + LIFE
    with store.writing("state") as connection:
        connection.execute(delete(LINKS).where(LINKS.c.account == identity))
        row = {"id": digest(token), "account": identity, "expires": expires.isoformat()}
        connection.execute(insert(LINKS), row)
    store.note("link_made", {"account": identity, "by": by})
    return token


def use_link(store: Store, token: str, *, now: datetime | None = None) -> Account | None:
    """Return whose link this is and use it up; ``None`` if it is unknown, used or too old."""
    present = (now or datetime.now(UTC)).isoformat()
    mine = LINKS.c.id == digest(token)
    with store.writing("state") as connection:
        row = connection.execute(
            select(LINKS.c.account).where(mine, LINKS.c.expires > present)
        ).first()
        connection.execute(delete(LINKS).where(mine))
    found = None if row is None else account(store, row.account)
    return found if found is not None and found.active else None


def first_link(store: Store) -> str | None:
    """Return a link for the first administrator, until one has signed in with it.

    The first start makes the account ``admin``; as long as nobody has set a password or signed in
    otherwise, every start makes a new link.
    """
    there = accounts(store)
    if not there:
        made = add_account(store, "admin", ("admin",), by="first start")
        return new_link(store, made.id, by="first start")
    with store.reading() as connection:
        reachable = connection.execute(
            select(ACCOUNTS.c.id).where(
                ACCOUNTS.c.password.is_not(None) | ACCOUNTS.c.subject.is_not(None)
            )
        ).first()
    return None if reachable else new_link(store, there[0].id, by="first start")
