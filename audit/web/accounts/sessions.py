"""Sessions on the server: the cookie holds a random token and nothing else.

A token is made at sign-in only, so nobody can be given one beforehand; the store keeps its hash.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response
from sqlalchemy import delete, insert, select, update

from audit.store import Store
from audit.store.state_tables import SESSIONS
from audit.web.accounts.accounts import Account, account
from audit.web.accounts.links import digest
from audit.web.site import Site

LIFE = timedelta(hours=12)
IDLE = timedelta(hours=1)
_TOUCH = timedelta(minutes=1)


def cookie_name(request: Request) -> str:
    """Return the cookie's name; over TLS one that no other host can set."""
    return "__Host-audit" if request.url.scheme == "https" else "audit"


def start_session(site: Site, request: Request, response: Response, person: Account) -> None:
    """Sign somebody in: a new token, and the end of the one the browser came with."""
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    stale = (now - LIFE).isoformat()
    old = digest(request.cookies.get(cookie_name(request), ""))
    with site.store.writing("state") as connection:
        connection.execute(
            delete(SESSIONS).where((SESSIONS.c.id == old) | (SESSIONS.c.created < stale))
        )
        row = {"id": digest(token), "account": person.id, "created": now.isoformat(),
               "seen": now.isoformat()}  # fmt: skip
        connection.execute(insert(SESSIONS), row)
    site.store.note("signed_in", {"account": person.id})
    response.set_cookie(
        cookie_name(request), token, httponly=True, samesite="lax", path="/",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def end_session(site: Site, request: Request, response: Response) -> None:
    """Sign out: the token is worth nothing from now on, wherever it was copied to."""
    old = digest(request.cookies.get(cookie_name(request), ""))
    with site.store.writing("state") as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.id == old))
    response.delete_cookie(cookie_name(request), path="/")


def account_of(site: Site, request: Request) -> Account | None:
    """Return who sends a request, as the store knows them at this moment."""
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    row = _session(site.store, digest(token))
    now = datetime.now(UTC)
    if row is None or row.created < (now - LIFE).isoformat() or row.seen < (now - IDLE).isoformat():
        return None
    if row.seen < (now - _TOUCH).isoformat():
        with site.store.writing("state") as connection:
            connection.execute(
                update(SESSIONS).where(SESSIONS.c.id == row.id).values(seen=now.isoformat())
            )
    found = account(site.store, row.account)
    return found if found is not None and found.active else None


def _session(store: Store, identity: str) -> Any:
    with store.reading() as connection:
        return connection.execute(select(SESSIONS).where(SESSIONS.c.id == identity)).first()
